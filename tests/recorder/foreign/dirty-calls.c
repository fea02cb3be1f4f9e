// SPDX-License-Identifier: MIT
// KVM's dirty log asked for in every way, also in those that KVM refuses; what it says is printed.
#include "tests/recorder/foreign/dirty.h"
#include "tests/recorder/foreign/modes.h"

#include <stdio.h>
#include <sys/ioctl.h>

enum { MOVED_AT = 0xe0000 - FIRST_PAGES * PAGE };

static void clear_from(
	const char *what, unsigned slot, uint64_t from, uint32_t pages, const void *bitmap)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot, .first_page = from, .num_pages = pages, .dirty_bitmap = (void *)bitmap
	};

	// With its sign, as QEMU gives it: it is in an int there.
	say(what, ioctl(machine.vm.fd, (unsigned long)(int)KVM_CLEAR_DIRTY_LOG, &log));
}

static void clear(const char *what, unsigned slot, uint32_t pages, uint64_t low, uint64_t high)
{
	clear_from(what, slot, 0, pages, (const uint64_t[WORDS]){ low, high });
}

static void not_asked_for(void)
{
	uint64_t words[WORDS] = { 0 };

	get_log("a slot that is not logged", FIRST);
	get_log("no such slot", 7);
	get_log("no such number", 0xffff);
	clear("clear one that is not logged", FIRST, FIRST_PAGES, 1, 0);
	clear_from("clear it from page 1", FIRST, 1, 1, words);
	say("nowhere", ioctl(machine.vm.fd, KVM_GET_DIRTY_LOG, 8));
	say("a slot from nowhere", ioctl(machine.vm.fd, KVM_SET_USER_MEMORY_REGION, 8));
}

static void come_and_go(void)
{
	poke_pages(FIRST_AT, "1 2 3");
	set_first(LOG);
	get_log("logged from now on", FIRST);
	poke_pages(FIRST_AT, "4 69 4");
	get_log("written", FIRST);
	get_log("once more", FIRST);
	poke_pages(FIRST_AT, "5");
	get_log_into("no bitmap", FIRST, (void *)8);
	get_log("after that", FIRST);
	poke_pages(FIRST_AT, "6 7");
	set_first(0);
	get_log("no longer logged", FIRST);
	poke_pages(FIRST_AT, "8");
	set_first(LOG);
	get_log("logged again", FIRST);
	poke_pages(FIRST_AT, "9 10");
	set_first(LOG);
	get_log("as it was", FIRST);
}

static void move_and_remove(void)
{
	poke_pages(FIRST_AT, "11");
	set_slot(FIRST, LOG, MOVED_AT, FIRST_PAGES);
	poke_pages(MOVED_AT, "12");
	get_log("moved", FIRST);
	poke_pages(MOVED_AT, "13");
	set_slot(FIRST, 0, FIRST_AT, FIRST_PAGES);
	poke_pages(FIRST_AT, "14");
	set_slot(FIRST, LOG, MOVED_AT, FIRST_PAGES);
	poke_pages(MOVED_AT, "15");
	get_log("moved and logged", FIRST);
	poke_pages(MOVED_AT, "16");
	set_slot(FIRST, 0, 0, 0);
	get_log("removed", FIRST);
	set_first(LOG);
	get_log("another one", FIRST);
	poke_pages(FIRST_AT, "17 68");
	get_log("written again", FIRST);
}

static void refused(void)
{
	printf("flags: %d, overlap: %d, size: %d, read-only: %d, none: %d\n",
		try_set_slot(FIRST, 1 << 20, FIRST_AT, FIRST_PAGES),
		try_set_slot(3, 0, FIRST_AT, 1), try_set_slot(FIRST, LOG, FIRST_AT, 3),
		try_set_slot(FIRST, LOG | KVM_MEM_READONLY, FIRST_AT, FIRST_PAGES),
		try_set_slot(3, 0, 0, 0));
	get_log("the first as it was", FIRST);
}

static void two(void)
{
	set_slot(SECOND, LOG, SECOND_AT, SECOND_PAGES);
	poke_pages(SECOND_AT, "0 63 64");
	poke_pages(FIRST_AT, "0 1");
	get_log("the second", SECOND);
	get_log("the first", FIRST);
	set_slot(SECOND, 0, 0, 0);
	set_slot(SECOND, KVM_MEM_READONLY | LOG, SECOND_AT, SECOND_PAGES);
	get_log("a ROM", SECOND);
	set_slot(SECOND, KVM_MEM_READONLY, SECOND_AT, SECOND_PAGES);
	get_log("a ROM that is not logged", SECOND);
	set_slot(SECOND, 0, 0, 0);
}

static void by_hand(void)
{
	manual("manual", 1);
	poke_pages(FIRST_AT, "21");
	clear("never asked for", FIRST, 64, 1 << 21, 0);
	poke_pages(FIRST_AT, "2 3 65");
	get_log("written", FIRST);
	get_log("kept", FIRST);
	clear("some", FIRST, 64, 1 << 2, 0);
	get_log("some less", FIRST);
	get_log_into("no bitmap", FIRST, (void *)8);
	poke_pages(FIRST_AT, "2 20");
	clear("never seen", FIRST, 64, 1 << 20 | 1 << 3, 0);
	get_log("then", FIRST);
	clear_from("the second word", FIRST, 64, FIRST_PAGES - 64, (const uint64_t[]){ ~0ULL });
	clear_from("from page 1", FIRST, 1, 1, (const uint64_t[]){ ~0ULL });
	clear_from("part of a word", FIRST, 0, 3, (const uint64_t[]){ ~0ULL });
	clear_from("too much", FIRST, 64, 64, (const uint64_t[]){ ~0ULL });
	clear_from("from nowhere", FIRST, 0, 64, (void *)8);
	get_log("the rest", FIRST);
	clear("all", FIRST, FIRST_PAGES, ~0ULL, ~0ULL);
	get_log("none", FIRST);
	poke_pages(FIRST_AT, "2");
	get_log("written once more", FIRST);
}

static void all_at_first(void)
{
	manual("no such way", 4);
	manual("half a way", 2);
	manual("all at first", 3);
	get_log("one from before", FIRST);
	set_first(0);
	set_first(LOG);
	get_log("all", FIRST);
	clear("most", FIRST, FIRST_PAGES, ~7ULL, ~0ULL);
	poke_pages(FIRST_AT, "30");
	get_log("three and one", FIRST);
	set_slot(SECOND, LOG, SECOND_AT, SECOND_PAGES);
	get_log("a new one", SECOND);
	set_slot(SECOND, 0, 0, 0);
	manual("not any more", 0);
	get_log("cleared when read", FIRST);
	get_log("nothing", FIRST);
	set_first(0);
	set_first(LOG);
	get_log("nothing at first", FIRST);
}

int mode_dirty_calls(char **argv)
{
	vm_open(&machine.vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(0);
	run_times(machine.vcpu.fd, 1);
	not_asked_for();
	come_and_go();
	move_and_remove();
	refused();
	two();
	by_hand();
	all_at_first();
	return 0;
}
