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

/** All ones in the low `size` bytes; in all from 8 on. */
static inline uint64_t tl_bytes_mask(uint64_t size)
{
	return size < 8 ? (UINT64_C(1) << 8 * size) - 1 : UINT64_MAX;
}

/** The low `size` bytes with their sign; 0 when there are none. */
static inline int64_t tl_bytes_extend(uint64_t value, unsigned size)
{
	const uint64_t mask = tl_bytes_mask(size), sign = mask ^ mask >> 1;

	return (int64_t)(((value & mask) ^ sign) - sign);
}

/** The low `size` bytes, up to 8, in the other order. */
static inline uint64_t tl_bytes_swap(uint64_t value, unsigned size)
{
	return size ? __builtin_bswap64(value) >> (64 - 8 * size) : 0;
}

#endif
