// SPDX-License-Identifier: MIT
// What another answer would have done.
#include "shell/effect.h"
#include "shell/option.h"
#include "shell/text.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"
#include "shell/wish.h"

#include <inttypes.h>
#include <stdlib.h>

// clang-format off
static const char help[] =
	"usage: trapline answer [TRACE] [POS] [ANSWER[=VALUE[,VALUE...]]...] [OPTIONS]\n"
	"\n"
	"Says what another answer of the VMM to an exit would have done: each is held against the rules of\n"
	"the KVM API, then its effect on registers and memory is worked out, as kernel and CPU would have\n"
	"it. Without ANSWER: all that this exit may have, side by side. Without POS: the newest exit at\n"
	"which the guest was in trouble.\n"
	"\n"
	"  recorded       what the VMM answered\n"
	"  value=V        a read gives V; the result of a hypercall\n"
	"  zero, ones     a read gives all zeroes, or ones\n"
	"  ignore         a write is accepted, and lost\n"
	"  emulate[=V..]  arm64, NISV: the instruction is carried out against a device whose reads give\n"
	"                 V, one after the other; else the last value at that address in the trace\n"
	"  abort          arm64: an external data abort\n"
	"  undef          arm64: an undefined instruction\n"
	"  size-fault     arm64: an address size fault\n"
	"  serror[=ESR]   arm64: a system error interrupt\n"
	"  skip           arm64: on to the next instruction\n"
	"  raz, cell[=V]  arm64, IDSR: reads as zero; holds what was written last, or V\n"
	"  retry, map     the instruction runs again; on memory that appears there\n"
	"  gp             x86_64, MSRs: #GP\n"
	"  restart, suspend, dump, stop\n"
	"                 the VM as a whole\n"
	"\n"
	"  -t, --trace TRACE  the trace; else a word with a '/' or ending in .trap, else the newest one\n"
	"                     in $TRAPLINE_DIR or this folder\n"
	"  --json             one JSON object\n"
	"\n"
	"Status 1: an answer that was named is refused, or its effect is not known.\n"
	"\n"
	"example: trapline answer boot.trap 2702 emulate abort\n";
// clang-format on

struct sheet {
	struct tl_situation situation;
	struct tl_tried tried[TL_ANSWERS];
	unsigned n;
};

static struct tl_error *try_all(struct sheet *sheet)
{
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < TL_ANSWERS; i++) {
		const struct tl_wish wish = { .id = i };
		struct tl_why why;

		if (i == TL_ANSWER_VALUE || // which needs one
			!tl_answer_is_legal(
				&sheet->situation.state, &sheet->situation.trap, i, &why))
			continue;
		err = tl_answers_try(&sheet->situation, &wish, &sheet->tried[sheet->n++]);
	}
	return err;
}

static struct tl_error *try_named(struct sheet *sheet, int argc, char **argv)
{
	struct tl_error *err = NULL;
	struct tl_wish wish;

	if (argc - 1 > TL_ANSWERS)
		return tl_error_new(
			TL_ERROR_USAGE, "%d answers: expected at most %d", argc - 1, TL_ANSWERS);
	for (int i = 1; !err && i < argc; i++) {
		err = tl_parse_wish(argv[i], &wish);
		if (!err)
			err = tl_answers_try(&sheet->situation, &wish, &sheet->tried[sheet->n++]);
	}
	return err;
}

static void print_head(const struct sheet *sheet)
{
	const struct tl_situation *s = &sheet->situation;

	printf("exit %" PRIu64 " on vCPU %" PRIu32 ": %s", s->exit.seq, s->exit.vcpu,
		tl_trap_name(s->trap.kind));
	if (s->exit.has & TL_EXIT_HAS_PC)
		printf(" at pc 0x%" PRIx64, s->exit.pc);
	puts("\n");
}

static struct tl_error *print(const struct sheet *sheet, bool all)
{
	print_head(sheet);
	if (all)
		return tl_effects_print(&sheet->situation, sheet->tried, sheet->n);
	for (unsigned i = 0; i < sheet->n; i++) {
		if (i)
			putchar('\n');
		tl_effect_print(&sheet->situation, &sheet->tried[i]);
	}
	return NULL;
}

static struct tl_error *print_json(const struct sheet *sheet)
{
	const struct tl_situation *s = &sheet->situation;
	struct tl_json j = { .to = stdout };

	tl_json_open(&j, NULL, '{');
	tl_json_int(&j, "seq", (int64_t)s->exit.seq);
	tl_json_string(&j, "exit", tl_trap_name(s->trap.kind));
	tl_json_open(&j, "answers", '[');
	for (unsigned i = 0; i < sheet->n; i++)
		tl_json_tried(&j, s, &sheet->tried[i]);
	tl_json_close(&j, ']');
	tl_json_line(&j);
	return NULL;
}

static bool all_done(const struct sheet *sheet)
{
	for (unsigned i = 0; i < sheet->n; i++)
		if (sheet->tried[i].status != TL_ANSWER_DONE)
			return false;
	return sheet->n;
}

static struct tl_error *no_answer(const struct tl_situation *s)
{
	struct tl_why why = { "" };

	tl_answer_is_legal(&s->state, &s->trap, TL_ANSWER_STOP, &why);
	return tl_error_new(TL_ERROR_REFUSED, "exit %" PRIu64 ": %s", s->exit.seq, why.text);
}

static struct tl_error *answer(struct tl_trace *trace, struct sheet *sheet, int argc, char **argv,
	bool json, int *ret_status)
{
	struct tl_error *err;
	const bool all = argc < 2;

	err = all ? try_all(sheet) : try_named(sheet, argc, argv);
	if (err)
		return err;
	if (all && !sheet->n)
		return no_answer(&sheet->situation);
	err = json ? print_json(sheet) : print(sheet, all);
	if (!all && !all_done(sheet))
		*ret_status = TL_STATUS_NO;
	return err;
}

static struct tl_error *at_exit(
	struct tl_trace *trace, int argc, char **argv, bool json, int *ret_status)
{
	struct sheet *sheet = calloc(1, sizeof(*sheet));
	struct tl_error *err;
	tl_seq seq;

	if (!sheet)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_which_exit(trace, &argc, argv, &seq);
	if (!err)
		err = tl_situation_open(trace, seq, &sheet->situation);
	if (!err)
		err = answer(trace, sheet, argc, argv, json, ret_status);
	tl_situation_deinit(&sheet->situation);
	free(sheet);
	return err;
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	const char *path = NULL;
	bool json = false;
	const struct tl_option options[] = { { "trace", 't', TL_OPTION_TEXT, &path, NULL },
		{ "json", 0, TL_OPTION_FLAG, &json, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_trace *trace = NULL;
	struct tl_error *err;

	err = tl_options(options, &argc, argv, false);
	if (!err)
		err = tl_trace_arg(path, &argc, argv, &trace);
	if (!err)
		err = at_exit(trace, argc, argv, json, ret_status);
	tl_trace_close(trace);
	return err;
}

const struct tl_verb tl_verb_answer = { "answer",
	"say what another answer of the VMM would have done", help, run };
