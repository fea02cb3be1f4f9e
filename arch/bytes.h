/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_BYTES_H
#define TL_ARCH_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of so many bytes. */

/** The little-endian number in `size` bytes, of more than 8 that in the first 8. */
static inline uint64_t tl_load_le(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

/** The reverse of it; bytes beyond 8 stay as they are. */
static inline void tl_store_le(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size && i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

/** All ones in the low `size` bytes, 1 to 8. */
static inline uint64_t tl_bytes_mask(unsigned size)
{
	return UINT64_MAX >> (64 - 8 * size);
}

/** The low `size` bytes, 1 to 8, with their sign. */
static inline int64_t tl_bytes_extend(uint64_t value, unsigned size)
{
	return (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
}

/** The low `size` bytes, 1 to 8, in the other order. */
static inline uint64_t tl_bytes_swap(uint64_t value, unsigned size)
{
	return __builtin_bswap64(value) >> (64 - 8 * size);
}

#endif
