// SPDX-License-Identifier: MIT
// VMMs that ask for no log of what the guest writes, and keep account of it themselves.
#include "tests/recorder/foreign/dirty.h"
#include "tests/recorder/foreign/modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a page was when the guest last wrote to it, or was first entered with its slot.
static uint64_t seen[2][FIRST_PAGES];

static void see(const uint8_t *memory, unsigned which, unsigned page)
{
	seen[which][page] = dump_hash(memory + (size_t)page * PAGE);
}

static void see_all(const uint8_t *memory, unsigned which, unsigned pages)
{
	for (unsigned page = 0; page < pages; page++)
		see(memory, which, page);
}

static void dump_seen(FILE *file, uint64_t seq, uint32_t phase)
{
	const struct dump head = { seq, phase, 2 };
	const struct dumped_slot slots[2] = { { FIRST, 0, FIRST_AT, FIRST_PAGES * PAGE },
		{ SECOND, 0, SECOND_AT, SECOND_PAGES * PAGE } };

	fwrite(&head, sizeof(head), 1, file);
	for (unsigned i = 0; i < 2; i++) {
		fwrite(&slots[i], sizeof(slots[i]), 1, file);
		fwrite(seen[i], sizeof(**seen), slots[i].size / PAGE, file);
	}
}

static void write_and_poke(unsigned i, bool new_slot)
{
	const unsigned page = i * 7 % FIRST_PAGES, other = i * 13 % SECOND_PAGES;

	machine.first[i * 5 % FIRST_PAGES * PAGE + 100] += 3;
	machine.second[i * 3 % SECOND_PAGES * PAGE + 200] += 5;
	if (new_slot)
		see_all(machine.second, 1, SECOND_PAGES);
	poke(i % 2 ? FIRST_AT + page * PAGE : SECOND_AT + other * PAGE);
	if (i % 2)
		see(machine.first, 0, page);
	else
		see(machine.second, 1, other);
}

// The VMM writes here and there, the guest too, and now and then a slot is replaced.
int mode_dirty_seen(char **argv)
{
	FILE *file = fopen(argv[1], "we");

	if (!file)
		die(argv[1]);
	vm_open(&machine.vm);
	open_machine(poke_loop, sizeof(poke_loop));
	memset(machine.first + PAGE, 0x11, 9 * PAGE);
	set_first(0);
	set_slot(SECOND, 0, SECOND_AT, SECOND_PAGES);
	see_all(machine.first, 0, FIRST_PAGES);
	see_all(machine.second, 1, SECOND_PAGES);
	dump_seen(file, 0, 1);
	run_times(machine.vcpu.fd, 1);
	for (unsigned i = 1; i < 400; i++) {
		write_and_poke(i, i > 1 && i % 50 == 1);
		dump_seen(file, i + 1, 0);
		if (i % 50 == 0) {
			set_slot(SECOND, 0, 0, 0);
			set_slot(SECOND, 0, SECOND_AT, SECOND_PAGES);
		}
		if (i % 50 == 25)
			set_first(i % 100 == 25 ? LOG : 0);
	}
	return fclose(file) != 0;
}

// What a guest writes costs: one page at each exit.
int mode_dirty_cost(char **argv)
{
	const unsigned mib = (unsigned)atoi(argv[1]), n = (unsigned)atoi(argv[2]);

	vm_open(&machine.vm);
	open_machine(poke_loop, sizeof(poke_loop));
	machine.second = some_memory(mib * 256);
	memset(machine.second, 1, (size_t)mib << 20);
	set_first(0);
	set_slot(SECOND, 0, 16 << 20, mib * 256);
	run_times(machine.vcpu.fd, 1);
	for (unsigned i = 0; i < n; i++)
		poke(FIRST_AT + i % FIRST_PAGES * PAGE);
	return 0;
}
