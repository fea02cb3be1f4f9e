// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/modes.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} modes[] = {
	{ "memory", 4, mode_memory },
	{ "memory-death", 3, mode_memory_death },
	{ "memory-twice", 0, mode_memory_twice },
	{ "memory-forked", 0, mode_memory_forked },
	{ "memory-watched", 1, mode_memory_watched },
	{ "memory-left", 1, mode_memory_left },
	{ "dirty-calls", 0, mode_dirty_calls },
	{ "dirty-copy", 1, mode_dirty_copy },
	{ "dirty-handler", 1, mode_dirty_handler },
	{ "dirty-late", 0, mode_dirty_late },
	{ "dirty-closed", 0, mode_dirty_closed },
	{ "dirty-ring", 0, mode_dirty_ring },
	{ "dirty-seen", 1, mode_dirty_seen },
	{ "dirty-cost", 2, mode_dirty_cost },
	{ "filtered", 3, mode_filtered },
	{ "forbidden", 1, mode_forbidden },
#ifdef __x86_64__
	{ "endless", 2, mode_endless },
	{ "threads", 2, mode_threads },
	{ "interrupted", 0, mode_interrupted },
	{ "failing", 0, mode_failing },
	{ "drained", 1, mode_drained },
	{ "shared-ring", 1, mode_shared_ring },
	{ "errno", 0, mode_errno },
	{ "registers", 1, mode_registers },
	{ "replies", 0, mode_replies },
	{ "msr", 0, mode_msr },
	{ "sync", 0, mode_sync },
	{ "vms", 0, mode_vms },
	{ "reopen", 2, mode_reopen },
	{ "copies", 0, mode_copies },
	{ "passed", 0, mode_passed },
	{ "helpers", 0, mode_helpers },
	{ "closing", 0, mode_closing },
	{ "daemon", 2, mode_daemon },
	{ "exec", 1, mode_exec },
	{ "idle", 1, mode_idle },
	{ "signal", 0, mode_signal },
	{ "crash", 2, mode_crash },
	{ "slots", 2, mode_slots },
	{ "flood", 1, mode_flood },
	{ "many", 2, mode_many },
	{ "handler", 2, mode_handler },
	{ "timed", 2, mode_timed },
	{ "careless", 1, mode_careless },
	{ "several", 3, mode_several },
	{ "together", 3, mode_together },
	{ "inputs", 1, mode_inputs },
#endif
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, argv[1]) && argc == 2 + modes[i].arguments)
			return modes[i].run(argv + 1);
	fprintf(stderr, "foreign: no such mode\n");
	return 3;
}
