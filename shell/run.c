// SPDX-License-Identifier: MIT
// The reference VMM: by itself, or recording itself.
#include "shell/verb.h"

#include "recorder/shim/trapline.h"
#include "recorder/vmm/vmm.h"
#include "shell/option.h"
#include "shell/recording.h"
#include "shell/wish.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	struct tl_vmm_options vmm;
	struct tl_recording recording;
	const char *rom, *coalesced;
	struct tl_words answers;
	bool record;
	unsigned unanswered, nisv, idsr;
	uint64_t vcpus, interrupt_every;
};

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

// The kinds of exits that the machine answers so, as people name them.
static bool answered_kind(const char *name, size_t size, enum tl_trap_kind *ret)
{
	static const struct {
		const char *name;
		enum tl_trap_kind kind;
	} kinds[] = { { "mmio", TL_TRAP_MMIO }, { "pio", TL_TRAP_PIO }, { "nisv", TL_TRAP_NISV },
		{ "idsr", TL_TRAP_IDSR } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == size && !strncmp(kinds[i].name, name, size)) {
			*ret = kinds[i].kind;
			return true;
		}
	return false;
}

// "KIND=ANSWER[=VALUE[,VALUE...]]"
static struct tl_error *add_answer(const char *text, struct tl_vmm_options *vmm)
{
	struct tl_vmm_answer *answer = &vmm->answers[vmm->n_answers];
	const size_t size = strcspn(text, "=");
	struct tl_error *err;
	struct tl_wish wish;

	if (vmm->n_answers == TL_VMM_ANSWERS)
		return tl_error_new(
			TL_ERROR_USAGE, "--answer %s: at most %d of them", text, TL_VMM_ANSWERS);
	if (!text[size] || !answered_kind(text, size, &answer->kind))
		return tl_error_new(TL_ERROR_USAGE,
			"--answer %s: expected KIND=ANSWER, KIND being mmio, pio, nisv or idsr",
			text);
	err = tl_parse_wish(text + size + 1, &wish);
	if (err)
		return tl_error_in(err, "--answer %s", text);
	answer->id = wish.id;
	answer->n_values = wish.n_values;
	memcpy(answer->values, wish.values, sizeof(wish.values));
	vmm->n_answers++;
	return NULL;
}

static struct tl_error *add_answers(struct run *run)
{
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < run->answers.n; i++)
		err = add_answer(run->answers.word[i], &run->vmm);
	return err;
}

static struct tl_error *count(const char *name, uint64_t value, unsigned *ret)
{
	if (value > UINT_MAX)
		return tl_error_new(TL_ERROR_USAGE, "--%s %" PRIu64 ": expected at most %u", name,
			value, UINT_MAX);
	*ret = (unsigned)value;
	return NULL;
}

static struct tl_error *parse(struct run *run, int *argc, char **argv)
{
	const struct tl_option options[] = {
		TL_RECORDING_OPTIONS(&run->recording),
		{ "record", 0, TL_OPTION_FLAG, &run->record, NULL },
		{ "ram", 0, TL_OPTION_BYTES, &run->vmm.ram, NULL },
		{ "vcpus", 0, TL_OPTION_NUMBER, &run->vcpus, NULL },
		{ "unanswered", 0, TL_OPTION_CHOICE, &run->unanswered, tl_unanswered_names },
		{ "nisv", 0, TL_OPTION_CHOICE, &run->nisv, tl_nisv_names },
		{ "idsr", 0, TL_OPTION_CHOICE, &run->idsr, tl_idsr_names },
		{ "answer", 0, TL_OPTION_WORDS, &run->answers, NULL },
		{ "rom", 0, TL_OPTION_TEXT, &run->rom, NULL },
		{ "coalesced", 0, TL_OPTION_TEXT, &run->coalesced, NULL },
		{ "sync-regs", 0, TL_OPTION_FLAG, &run->vmm.sync_regs, NULL },
		{ "interrupt-every", 0, TL_OPTION_NUMBER, &run->interrupt_every, NULL },
		{ 0 },
	};
	struct tl_error *err = tl_options(options, argc, argv, false);

	if (!err)
		err = tl_recording_check(&run->recording);
	if (!err)
		err = add_answers(run);
	if (!err)
		err = range("rom", run->rom, &run->vmm.rom);
	if (!err)
		err = count("vcpus", run->vcpus, &run->vmm.n_vcpus);
	if (!err)
		err = count("interrupt-every", run->interrupt_every, &run->vmm.interrupt_every);
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

// As any VMM does that embeds the recorder.
static struct tl_error *recorded(const struct run *run, const char *path, int *ret_status)
{
	const struct trapline_options options = { .size = sizeof(options),
		.output = path,
		.regs = tl_recording_regs[run->recording.regs],
		.mem = tl_recording_mem[run->recording.mem],
		.program = "/proc/self/exe",
		.more = tl_recording_words(&run->recording) };
	struct tl_error *err;

	if (trapline_start(&options))
		return tl_error_new(TL_ERROR_REFUSED, "%s", trapline_error());
	err = start(run, ret_status);
	if (trapline_stop() && !err)
		return tl_error_new(TL_ERROR_REFUSED, "%s", trapline_error());
	if (err || run->recording.quiet)
		return err;
	return tl_recording_say(path);
}

static struct tl_error *run_verb(int argc, char **argv, int *ret_status)
{
	struct run run = { .recording = { TL_RECORDING_DEFAULTS },
		.vmm = { .console = STDOUT_FILENO } };
	struct tl_error *err = parse(&run, &argc, argv);
	char *path;

	if (err)
		return err;
	run.vmm.elf = argv[1];
	run.vmm.unanswered = run.unanswered;
	run.vmm.nisv = run.nisv;
	run.vmm.idsr = run.idsr;
	if (!run.record && !run.recording.output)
		return start(&run, ret_status);
	if (run.recording.output)
		return recorded(&run, run.recording.output, ret_status);
	err = tl_recording_name(run.vmm.elf, &path);
	if (err)
		return err;
	err = recorded(&run, path, ret_status);
	free(path);
	return err;
}

// clang-format off
static const char help[] =
	"usage: trapline run [OPTIONS] GUEST.elf\n"
	"\n"
	"Runs a static ELF file on the reference VMM: RAM, a UART whose output goes to stdout,\n"
	"an exit port, on arm64 PSCI. The exit status is what the guest wrote to the exit port.\n"
	"\n"
	"  --ram BYTES            default 64M; from 0 on x86_64, from 0x40000000 on arm64\n"
	"  --vcpus N              default 1\n"
	"  --unanswered POLICY    an access that nothing answers: stop (the default), zero,\n"
	"                         ones, abort (arm64: an external abort)\n"
	"  --nisv POLICY          arm64, an access without syndrome: off (KVM_RUN fails, the\n"
	"                         default), abort, stop, skip\n"
	"  --idsr POLICY          arm64, an access to an implementation defined register:\n"
	"                         off (no exit, undefined, the default), raz, cell, undef\n"
	"  --answer KIND=ANSWER   what exits of a kind are answered: nisv, idsr, and mmio or pio where no\n"
	"                         device is; as `trapline answer` names answers, also with values:\n"
	"                         nisv=emulate, mmio=value=0x20, idsr=cell\n"
	"  --rom GPA,SIZE         memory that the guest can only read\n"
	"  --coalesced GPA,SIZE   a window whose writes KVM queues without an exit\n"
	"  --sync-regs            x86_64: use KVM_CAP_SYNC_REGS\n"
	"  --interrupt-every N    every Nth KVM_RUN returns at once (immediate_exit)\n"
	"\n"
	"Recording itself, through the linked recorder:\n"
	"  --record               into a trace named after the guest\n"
	"  -o, --output FILE      into this one\n"
	"  --regs, --mem, --every, --last, --until, --no-coalesce, --stop-all,\n"
	"  --max-wait, -q, --quiet\n"
	"                         as `trapline record`\n"
	"\n"
	"  trapline run -o hello.trap hello.elf && trapline show hello.trap\n";
// clang-format on

const struct tl_verb tl_verb_run = {
	.name = "run",
	.summary = "run a small guest on the reference VMM, and record it with -o",
	.help = help,
	.run = run_verb,
};
