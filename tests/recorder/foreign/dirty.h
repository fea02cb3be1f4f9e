/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_DIRTY_H
#define TL_TESTS_RECORDER_FOREIGN_DIRTY_H

#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/memory.h"

/*
 * The machine of the modes about what a guest has written: a VM, one vCPU, and two memories for slots
 * of their own. Each has more pages than a word of a dirty log has bits.
 */
enum {
	LOG = KVM_MEM_LOG_DIRTY_PAGES,
	PAGE = DUMP_PAGE,
	FIRST = 1,
	FIRST_AT = 0x20000,
	FIRST_PAGES = 70,
	SECOND = 2,
	SECOND_AT = 0x80000,
	SECOND_PAGES = 65,
	WORDS = 2, /* of a dirty log */
};

extern struct machine {
	struct vm vm;
	struct vcpu vcpu;
	uint8_t *first, *second;
} machine;

uint8_t *some_memory(unsigned pages);

/** All but the VM, which is there. The slots are not set. */
void open_machine(const void *code, size_t size);

/** Sets FIRST or SECOND; gives errno, 0 when it succeeded. */
int try_set_slot(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages);
/** The same, and it must succeed. */
void set_slot(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages);
void set_first(uint32_t flags);

/** The guest, at poke_loop, writes to that page and to none but its own. */
void poke(uint64_t gpa);
/** To one after the other: "1 2 69", counted from `base`. */
void poke_pages(uint64_t base, const char *pages);

/* These print `what`, and "yes" or errno's text. */

void say(const char *what, int result);
void get_log_into(const char *what, unsigned slot, void *bitmap);
/** Prints the log too, and the word behind it. */
void get_log(const char *what, unsigned slot);
void enable(const char *what, uint32_t cap, uint64_t value);
/** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2. */
void manual(const char *what, uint64_t value);

#endif
