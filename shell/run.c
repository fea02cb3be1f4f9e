// SPDX-License-Identifier: MIT
// The reference VMM: by itself, or recording itself.
#include "shell/verb.h"

#include "recorder/vmm/vmm.h"
#include "shell/option.h"
#include "shell/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	struct tl_vmm_options vmm;
	const char *output, *rom, *coalesced;
	bool record, quiet;
	unsigned level, mem, unanswered, nisv;
	uint64_t vcpus, interrupt_every;
};

static const char *const levels[] = { "pc", "core", "full", NULL };
static const char *const policies[] = { "none", "fault", NULL };

// "GPA,SIZE"
static struct tl_error *range(const char *name, const char *text, struct tl_range *ret)
{
	char *copy, *comma;
	bool good;

	if (!text)
		return NULL;
	copy = strdup(text);
	comma = copy ? strchr(copy, ',') : NULL;
	if (comma)
		*comma = 0;
	good = comma && tl_parse_number(copy, &ret->base) && tl_parse_number(comma + 1, &ret->size);
	free(copy);
	return good ? NULL : tl_error_new(TL_ERROR_USAGE, "--%s %s: expected GPA,SIZE", name, text);
}

static struct tl_error *parse(struct run *run, int *argc, char **argv)
{
	const struct tl_option options[] = {
		{ "output", 'o', TL_OPTION_TEXT, &run->output, NULL },
		{ "record", 0, TL_OPTION_FLAG, &run->record, NULL },
		{ "quiet", 'q', TL_OPTION_FLAG, &run->quiet, NULL },
		{ "regs", 0, TL_OPTION_CHOICE, &run->level, levels },
		{ "mem", 0, TL_OPTION_CHOICE, &run->mem, policies },
		{ "ram", 0, TL_OPTION_BYTES, &run->vmm.ram, NULL },
		{ "vcpus", 0, TL_OPTION_NUMBER, &run->vcpus, NULL },
		{ "unanswered", 0, TL_OPTION_CHOICE, &run->unanswered, tl_unanswered_names },
		{ "nisv", 0, TL_OPTION_CHOICE, &run->nisv, tl_nisv_names },
		{ "rom", 0, TL_OPTION_TEXT, &run->rom, NULL },
		{ "coalesced", 0, TL_OPTION_TEXT, &run->coalesced, NULL },
		{ "sync-regs", 0, TL_OPTION_FLAG, &run->vmm.sync_regs, NULL },
		{ "interrupt-every", 0, TL_OPTION_NUMBER, &run->interrupt_every, NULL },
		{ 0 },
	};
	struct tl_error *err = tl_options(options, argc, argv, false);

	if (!err)
		err = range("rom", run->rom, &run->vmm.rom);
	if (!err)
		err = range("coalesced", run->coalesced, &run->vmm.coalesced_mmio);
	if (!err && *argc != 2)
		err = tl_error_new(TL_ERROR_USAGE, "which guest? trapline run [OPTIONS] GUEST.elf");
	return err;
}

static struct tl_error *start(const struct run *run, int *ret_status)
{
	struct tl_error *err = tl_vmm_run(&run->vmm, ret_status);

	*ret_status &= 0xff;
	return err;
}

static int in_child(void *ctx)
{
	int status = 0;
	struct tl_error *err = start(ctx, &status);

	if (!err)
		return status;
	fprintf(stderr, "trapline run: %s\n", err->message);
	tl_error_free(err);
	return TL_STATUS_FAILED;
}

static struct tl_error *run_verb(int argc, char **argv, int *ret_status)
{
	struct run run = {
		.level = TL_REGS_CORE, .mem = TL_MEM_FAULT, .vmm = { .console = STDOUT_FILENO }
	};
	struct tl_recording recording = { 0 };
	const char *arguments[] = { NULL, NULL };
	struct tl_error *err = parse(&run, &argc, argv);

	if (err)
		return err;
	run.vmm.elf = arguments[0] = argv[1];
	run.vmm.n_vcpus = (unsigned)run.vcpus;
	run.vmm.interrupt_every = (unsigned)run.interrupt_every;
	run.vmm.unanswered = run.unanswered;
	run.vmm.nisv = run.nisv;
	if (!run.record && !run.output)
		return start(&run, ret_status);
	recording = (struct tl_recording){ .output = run.output,
		.arguments = arguments,
		.quiet = run.quiet,
		.options = { .level = run.level, .mem = run.mem } };
	return tl_recording_of_child(&recording, in_child, &run, ret_status);
}

const struct tl_verb tl_verb_run = {
	.name = "run",
	.summary = "run a small guest on the reference VMM, and record it with -o",
	.help = "usage: trapline run [OPTIONS] GUEST.elf\n"
		"\n"
		"Runs a static ELF file on the reference VMM: RAM, a UART whose output goes to "
		"stdout,\n"
		"an exit port, on arm64 PSCI. The exit status is what the guest wrote to the exit "
		"port.\n"
		"\n"
		"  --ram BYTES            default 64M; from 0 on x86_64, from 0x40000000 on arm64\n"
		"  --vcpus N              default 1\n"
		"  --unanswered POLICY    an access that nothing answers: stop (the default), "
		"zero,\n"
		"                         ones, abort (arm64: an external abort)\n"
		"  --nisv POLICY          arm64, an access without syndrome: off (KVM_RUN fails, "
		"the\n"
		"                         default), abort, stop, skip\n"
		"  --rom GPA,SIZE         memory that the guest can only read\n"
		"  --coalesced GPA,SIZE   a window whose writes KVM queues without an exit\n"
		"  --sync-regs            x86_64: use KVM_CAP_SYNC_REGS\n"
		"  --interrupt-every N    every Nth KVM_RUN returns at once (immediate_exit)\n"
		"\n"
		"Recording itself, through the linked recorder:\n"
		"  --record, -o FILE      as `trapline record`; also --regs, --mem, -q\n"
		"\n"
		"  trapline run -o hello.trap hello.elf && trapline show hello.trap\n",
	.run = run_verb,
};
