// SPDX-License-Identifier: MIT
#include "tests/unicorn/window.h"

#include <string.h>

static const enum page pages[PAGES] = {
	[5] = PAGE_DEVICE,
	[6] = PAGE_DEVICE,
	[7] = PAGE_CODE,
	[10] = PAGE_DEVICE,
	[11] = PAGE_DEVICE,
	[12] = PAGE_DEVICE,
	[13] = PAGE_NOTHING,
}; // the others are RAM

#define RAM    UINT64_C(0x80000000)
#define DEVICE UINT64_C(0x09000000)

const struct tl_slot window_slots[WINDOW_SLOTS] = {
	{ WINDOW_TABLES, 6 * PAGE, false },
	{ RAM, PAGES *PAGE, false },
};

uint8_t window_bytes[PAGES * PAGE];
static uint64_t tables[6][PAGE / 8]; // the last three with their bytes swapped

enum page window_page(tl_gva va)
{
	return va < WINDOW || va >= WINDOW_END ? PAGE_NOTHING : pages[(va - WINDOW) / PAGE];
}

// Page n stands in frame 5 * n of sixteen, and 13 is the inverse of 5.
tl_gpa window_gpa(tl_gva va)
{
	const tl_gva offset = va - WINDOW;
	const tl_gpa base = window_page(va) == PAGE_RAM ? RAM : DEVICE;

	return base + offset / PAGE * 5 % PAGES * PAGE + offset % PAGE;
}

bool window_va(tl_gpa gpa, tl_gva *ret)
{
	const tl_gpa base = gpa >= RAM ? RAM : DEVICE, offset = gpa - base;
	const tl_gva va = WINDOW + offset / PAGE * 13 % PAGES * PAGE + offset % PAGE;

	if (gpa < base || offset >= PAGES * PAGE || window_page(va) > PAGE_DEVICE)
		return false;
	if ((window_page(va) == PAGE_RAM) != (base == RAM))
		return false;
	*ret = va;
	return true;
}

static void set_entry(unsigned level, unsigned n, uint64_t next, uint64_t bits)
{
	const uint64_t big = next + (level < 2 ? 3 * PAGE : 0);

	tables[level][n] = next | bits;
	tables[level + 3][n] = __builtin_bswap64(big | bits);
}

// Normal memory for both privileges, with the access flag; the window is the second GiB.
void window_map(void)
{
	const uint64_t table = 3, page = 3 | 1 << 6 | 3 << 8 | 1 << 10;

	set_entry(0, 1, WINDOW_TABLES + PAGE, table);
	set_entry(1, 0, WINDOW_TABLES + 2 * PAGE, table);
	for (unsigned i = 0; i < PAGES; i++) {
		const tl_gva va = WINDOW + i * PAGE;

		if (window_page(va) <= PAGE_DEVICE)
			set_entry(2, i, window_gpa(va), page);
	}
}

static bool copy(tl_gpa gpa, void *buf, size_t size, enum page kind)
{
	tl_gva va;

	if (!window_va(gpa, &va) || window_page(va) != kind || va % PAGE + size > PAGE)
		return false;
	memcpy(buf, window_bytes + (va - WINDOW), size);
	return true;
}

bool window_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	if (gpa < WINDOW_TABLES || gpa + size > WINDOW_TABLES + sizeof(tables))
		return copy(gpa, buf, size, PAGE_RAM);
	memcpy(buf, (const uint8_t *)tables + (gpa - WINDOW_TABLES), size);
	return true;
}

bool window_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	return copy(gpa, ret, size, PAGE_DEVICE);
}
