// SPDX-License-Identifier: MIT
// Which instruction trapped, and why.
#include "shell/explain.h"

#include "shell/option.h"
#include "shell/position.h"
#include "shell/trace-arg.h"
#include "shell/verb.h"
#include "shell/wish.h"

#include <stdlib.h>

// clang-format off
static const char help[] =
	"usage: trapline explain [TRACE] [POS] [OPTIONS]\n"
	"\n"
	"Says which instruction made the guest exit, and why: the code around it, its access with registers\n"
	"and page tables, what stands at that address, the likely causes with what speaks for each, what\n"
	"to do about it, and what each answer of the VMM would have done. Without POS: the newest exit at\n"
	"which the guest was in trouble. It needs no more than a pasted log: see trapline import.\n"
	"\n"
	"  --elf FILE[@LOAD]  symbols and lines of this program; may be given many times. LOAD is where\n"
	"                     its lowest byte stands; else it is found by its code, also for firmware that\n"
	"                     relocates itself and for kernels at a random address\n"
	"  -t, --trace TRACE  the trace; else a word with a '/' or ending in .trap, else the newest one\n"
	"                     in $TRAPLINE_DIR or this folder\n"
	"  --json             one JSON object\n"
	"\n"
	"example: trapline explain boot.trap 2702 --elf u-boot\n";
// clang-format on

struct request {
	struct tl_words elfs;
	bool json;
};

static struct tl_error *try_answers(struct tl_explained *e)
{
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < TL_ANSWERS; i++) {
		const struct tl_wish wish = { .id = i };
		struct tl_why why;

		if (i != TL_ANSWER_VALUE && // which needs one
			tl_answer_is_legal(&e->situation.state, &e->situation.trap, i, &why))
			err = tl_answers_try(&e->situation, &wish, &e->tried[e->n_tried++]);
	}
	return err;
}

static struct tl_error *explain(struct tl_trace *trace, tl_seq seq, struct tl_symbols *const *elfs,
	unsigned n_elfs, bool json)
{
	struct tl_explained *e = calloc(1, sizeof(*e));
	struct tl_error *err;

	if (!e)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_situation_open(trace, seq, &e->situation);
	if (!err)
		err = tl_diagnose(&e->situation, elfs, n_elfs, &e->diagnosis);
	if (!err)
		err = try_answers(e);
	if (!err && json)
		tl_explain_json(e);
	else if (!err)
		err = tl_explain_print(e);
	tl_situation_deinit(&e->situation);
	free(e);
	return err;
}

static struct tl_error *with_elfs(struct tl_trace *trace, tl_seq seq, const struct request *r)
{
	struct tl_symbols *elfs[TL_WORDS] = { NULL };
	struct tl_error *err = NULL;
	unsigned n = 0;

	while (!err && n < r->elfs.n) {
		err = tl_symbols_open(r->elfs.word[n], &elfs[n]);
		n += !err;
	}
	if (!err)
		err = explain(trace, seq, elfs, n, r->json);
	while (n)
		tl_symbols_close(elfs[--n]);
	return err;
}

// A word that is no position may be meant as one; another word is one too many.
static struct tl_error *no_more_words(struct tl_trace *trace, int argc, char **argv)
{
	struct tl_position position;
	struct tl_error *err = argc > 1 ? tl_parse_position(trace, argv[1], &position) : NULL;

	return err ? err : tl_no_more_words(argc, argv, 1);
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	const char *path = NULL;
	struct request r = { 0 };
	const struct tl_option options[] = { { "trace", 't', TL_OPTION_TEXT, &path, NULL },
		{ "elf", 0, TL_OPTION_WORDS, &r.elfs, NULL },
		{ "json", 0, TL_OPTION_FLAG, &r.json, NULL },
		{ NULL, 0, TL_OPTION_FLAG, NULL, NULL } };
	struct tl_trace *trace = NULL;
	struct tl_error *err;
	tl_seq seq;

	err = tl_options(options, &argc, argv, false);
	if (!err)
		err = tl_trace_arg(path, &argc, argv, &trace);
	if (!err)
		err = tl_which_exit(trace, &argc, argv, &seq);
	if (!err)
		err = no_more_words(trace, argc, argv);
	if (!err)
		err = with_elfs(trace, seq, &r);
	tl_trace_close(trace);
	return err;
}

const struct tl_verb tl_verb_explain = { "explain",
	"say which instruction made the guest exit, and why", help, run };
