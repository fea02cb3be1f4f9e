// SPDX-License-Identifier: MIT
#include "shell/verb.h"

#include "arch/regs.h"
#include "shell/option.h"
#include "shell/recording.h"

#include <stddef.h>

static const char *const levels[] = { "pc", "core", "full", NULL };
static const char *const policies[] = { "none", "fault", NULL };

static struct tl_error *record(int argc, char **argv, int *ret_status)
{
	struct tl_recording recording = { 0 };
	unsigned level = TL_REGS_CORE, mem = TL_MEM_FAULT;
	bool no_coalesce = false;
	const struct tl_option options[] = {
		{ "output", 'o', TL_OPTION_TEXT, &recording.output, NULL },
		{ "regs", 0, TL_OPTION_CHOICE, &level, levels },
		{ "mem", 0, TL_OPTION_CHOICE, &mem, policies },
		{ "no-coalesce", 0, TL_OPTION_FLAG, &no_coalesce, NULL },
		{ "max-wait", 0, TL_OPTION_TIME, &recording.options.max_wait_ns, NULL },
		{ "quiet", 'q', TL_OPTION_FLAG, &recording.quiet, NULL },
		{ 0 },
	};
	struct tl_error *err = tl_options(options, &argc, argv, true);

	if (err)
		return err;
	if (argc < 2)
		return tl_error_new(
			TL_ERROR_USAGE, "which VMM? trapline record [OPTIONS] -- VMM ARGUMENTS");
	recording.options.level = level;
	recording.options.mem = mem;
	recording.options.no_coalesce = no_coalesce;
	recording.arguments = (const char *const *)argv + 1;
	return tl_recording_of_program(&recording, argv + 1, ret_status);
}

const struct tl_verb tl_verb_record = {
	.name = "record",
	.summary = "run a VMM and record every exit of its guests",
	.help = "usage: trapline record [OPTIONS] -- VMM ARGUMENTS\n"
		"\n"
		"Runs the VMM and writes every return of KVM_RUN, with registers, the VMM's reply "
		"and\n"
		"everything else it told KVM, into one SQLite file. The VMM is not changed: a "
		"library\n"
		"is preloaded into it. `trapline check -- VMM` says beforehand whether that "
		"works.\n"
		"\n"
		"  -o, --output FILE   the trace; default: the VMM's name with .trap, in\n"
		"                      $TRAPLINE_DIR or here; it must not exist\n"
		"  --regs pc           the program counter and what names the code there; on arm64 "
		"PC and\n"
		"                      PSTATE alone, which is not enough to find the code in "
		"memory\n"
		"  --regs core         general, special and exception registers (the default)\n"
		"  --regs full         also vectors, MSRs, debug registers and the local APIC: at "
		"the\n"
		"                      first exit, every 65,536th, and where the guest is in "
		"trouble\n"
		"  --mem fault         the code at PC (the default)\n"
		"  --mem none          no memory\n"
		"  --no-coalesce       hide coalesced MMIO from the VMM, so that every write "
		"exits\n"
		"  --max-wait TIME     how long an exit may wait for room in its ring before it "
		"is\n"
		"                      dropped and the gap is noted; default 1s\n"
		"  -q, --quiet         no closing line on stderr\n"
		"\n"
		"The exit status is the VMM's, 128 + N when signal N ended it; 2 when nothing "
		"could be\n"
		"recorded. Signals sent to trapline are passed on to the VMM.\n"
		"\n"
		"  trapline record -o boot.trap -- qemu-system-x86_64 -accel kvm -nographic\n",
	.run = record,
};
