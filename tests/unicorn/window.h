/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_WINDOW_H
#define TL_TESTS_UNICORN_WINDOW_H

/*
 * The guest's memory: a window of sixteen pages of virtual addresses, of RAM, of a device, one of code
 * and one of nothing. Unicorn sees virtual addresses; our model has translation tables by which the pages
 * lie scattered in physical memory, those of the device where there is no slot.
 */

#include "arch/state.h"

enum { PAGE = 4096, PAGES = 16 };

#define WINDOW	    UINT64_C(0x40000000)
#define WINDOW_END  (WINDOW + PAGES * PAGE)
#define WINDOW_CODE (WINDOW + 7 * PAGE)

enum page { PAGE_RAM, PAGE_DEVICE, PAGE_CODE, PAGE_NOTHING };

/** What stands at `va`; outside of the window it is nothing. */
enum page window_page(tl_gva va);

/** The bytes as they are before each instruction; a device gives them too. */
extern uint8_t window_bytes[PAGES * PAGE];

/** The virtual address of a physical one; false for one that no page of the window has. */
bool window_va(tl_gpa gpa, tl_gva *ret);
tl_gpa window_gpa(tl_gva va);

/** Tables for the EL1&0 regime with 4 KiB pages, of either width: what TTBR0 holds; for SCTLR.EE. */
#define WINDOW_TABLES	  UINT64_C(0x70000000)
#define WINDOW_TABLES_BIG (WINDOW_TABLES + 3 * PAGE)
void window_map(void);

#define WINDOW_SLOTS 2
extern const struct tl_slot window_slots[WINDOW_SLOTS];

/** See struct tl_mem and struct tl_device; there is no context. */
bool window_read(void *ctx, tl_gpa gpa, void *buf, size_t size);
bool window_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret);

#endif
