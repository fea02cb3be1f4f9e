// SPDX-License-Identifier: MIT
#include "recorder/vmm/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#define PAGE_MASK UINT64_C(4095)

struct tl_error *tl_memory_init(struct tl_memory *memory, tl_gpa base, uint64_t size)
{
	void *bytes;

	*memory = (struct tl_memory){ 0 };
	if (!size)
		return NULL;
	if ((base | size) & PAGE_MASK)
		return tl_error_new(TL_ERROR_USAGE,
			"memory at 0x%" PRIx64 " of 0x%" PRIx64
			" bytes: expected whole pages of 4096",
			base, size);
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return tl_error_errno(errno, "memory of 0x%" PRIx64 " bytes", size);
	*memory = (struct tl_memory){ .base = base, .size = size, .bytes = bytes };
	return NULL;
}

void tl_memory_deinit(struct tl_memory *memory)
{
	if (memory->bytes)
		munmap(memory->bytes, memory->size);
	*memory = (struct tl_memory){ 0 };
}

void *tl_memory_at(const struct tl_memory *memory, tl_gpa gpa, uint64_t size)
{
	uint64_t offset = gpa - memory->base;

	if (gpa < memory->base || offset > memory->size || size > memory->size - offset)
		return NULL;
	return memory->bytes + offset;
}
