// SPDX-License-Identifier: MIT
#include "shell/text.h"
#include "shell/verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct tl_verb *const verbs[] = { &tl_verb_record, &tl_verb_run, &tl_verb_check,
	&tl_verb_ls, &tl_verb_stat, &tl_verb_show, &tl_verb_explain, &tl_verb_answer, &tl_verb_sql,
	&tl_verb_cut, &tl_verb_import, &tl_verb_collect };

enum { N_VERBS = sizeof(verbs) / sizeof(*verbs) };

static void help(FILE *to)
{
	fputs("trapline records every exit of a KVM virtual machine, and reads the recording "
	      "back.\n\n"
	      "usage: trapline VERB [ARGUMENTS]\n\n",
		to);
	for (unsigned i = 0; i < N_VERBS; i++)
		if (verbs[i]->summary)
			fprintf(to, "  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\ntrapline VERB --help says more; trapline --version says which one this is.\n", to);
}

static const struct tl_verb *find(const char *name)
{
	for (unsigned i = 0; i < N_VERBS; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

// Before any "--", behind which words are a VMM's own.
static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run(const struct tl_verb *verb, int argc, char **argv)
{
	int status = TL_STATUS_DONE;
	struct tl_error *err;

	if (wants_help(argc, argv)) {
		fputs(verb->help, stdout);
		return TL_STATUS_DONE;
	}
	err = verb->run(argc, argv, &status);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = tl_error_errno(errno, "standard output");
	if (!err)
		return status;
	fprintf(stderr, "trapline %s: ", verb->name);
	tl_put_string(stderr, err->message);
	fputc('\n', stderr);
	tl_error_free(err);
	return TL_STATUS_FAILED;
}

int main(int argc, char **argv)
{
	const struct tl_verb *verb = argc > 1 ? find(argv[1]) : NULL;

	if (verb)
		return run(verb, argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("trapline " TL_VERSION);
		return TL_STATUS_DONE;
	}
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		help(stdout);
		return TL_STATUS_DONE;
	}
	if (argc > 1)
		fprintf(stderr, "trapline: %s: no such verb\n\n", argv[1]);
	help(stderr);
	return TL_STATUS_FAILED;
}
