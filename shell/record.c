// SPDX-License-Identifier: MIT
#include "shell/verb.h"

#include "arch/regs.h"
#include "shell/option.h"
#include "shell/recording.h"

#include <stddef.h>

static struct tl_error *record(int argc, char **argv, int *ret_status)
{
	struct tl_recording recording = { TL_RECORDING_DEFAULTS };
	const struct tl_option options[] = { TL_RECORDING_OPTIONS(&recording), { 0 } };
	struct tl_error *err = tl_options(options, &argc, argv, true);

	if (!err)
		err = tl_recording_check(&recording);
	if (err)
		return err;
	if (argc < 2)
		return tl_error_new(
			TL_ERROR_USAGE, "which VMM? trapline record [OPTIONS] -- VMM ARGUMENTS");
	recording.arguments = (const char *const *)argv + 1;
	return tl_recording_of_program(&recording, argv + 1, ret_status);
}

// clang-format off
static const char help[] =
	"usage: trapline record [OPTIONS] -- VMM ARGUMENTS\n"
	"\n"
	"Runs the VMM and writes every return of KVM_RUN, with registers, the VMM's reply and\n"
	"everything else it told KVM, into one SQLite file. The VMM is not changed: a library\n"
	"is preloaded into it. `trapline check -- VMM` says beforehand whether that works.\n"
	"\n"
	"  -o, --output FILE   the trace; default: the VMM's name with .trap, in\n"
	"                      $TRAPLINE_DIR or here; it must not exist\n"
	"  --regs pc           the program counter and what names the code there; on arm64 PC and\n"
	"                      PSTATE alone, which is not enough to find the code in memory\n"
	"  --regs core         general, special and exception registers (the default)\n"
	"  --regs full         also vectors, MSRs, debug registers and the local APIC: at the\n"
	"                      first exit, every 65,536th, and where the guest is in trouble\n"
	"  --mem fault         the code at PC; where the guest is in trouble also the pages around\n"
	"                      PC, the stack, the access and their page tables; all memory when\n"
	"                      it dies (the default)\n"
	"  --mem exact         all memory at the start, then every page that the guest or the VMM\n"
	"                      has written, at each exit and before each entry\n"
	"  --mem none          no memory\n"
	"  --every N           with --mem exact: only at each Nth exit, and in trouble\n"
	"  --last N            keep only the newest N exits, however long it runs, and what is\n"
	"                      needed to know memory at the first of them\n"
	"  --until CONDITION   end the recording, not the VMM, after the first exit for which\n"
	"                      this SQL over view exits is true: \"reason = 'nisv'\"\n"
	"  --no-coalesce       hide coalesced MMIO from the VMM, so that every write exits\n"
	"  --stop-all          where the guest is in trouble, keep its other vCPUs out of it while\n"
	"                      that is recorded, by a signal that they admit\n"
	"  --max-wait TIME     how long an exit may wait for room in its ring before it is\n"
	"                      dropped and the gap is noted; default 1s\n"
	"  -q, --quiet         no closing line on stderr\n"
	"\n"
	"The exit status is the VMM's, 128 + N when signal N ended it; 2 when nothing could be\n"
	"recorded. Signals sent to trapline are passed on to the VMM.\n"
	"\n"
	"  trapline record -o boot.trap -- qemu-system-x86_64 -accel kvm -nographic\n";
// clang-format on

const struct tl_verb tl_verb_record = {
	.name = "record",
	.summary = "run a VMM and record every exit of its guests",
	.help = help,
	.run = record,
};
