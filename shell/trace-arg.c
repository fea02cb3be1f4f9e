// SPDX-License-Identifier: MIT
#include "shell/trace-arg.h"

#include "shell/folder.h"

#include <string.h>

bool tl_is_trace_word(const char *word)
{
	return strchr(word, '/') || tl_is_trace_name(word);
}

static struct tl_error *open_newest(struct tl_trace **ret)
{
	const char *path = tl_folder_default();
	struct tl_folder folder;
	struct tl_error *err;

	err = tl_folder_read(path, &folder);
	if (!err && !folder.n)
		err = tl_error_new(TL_ERROR_NOT_FOUND,
			"no trace in %s: name one, or make one with "
			"\"trapline record\"",
			strcmp(path, ".") ? path : "this folder");
	if (!err)
		err = tl_trace_open(
			path[0] == '.' && !path[1] ? folder.traces[0].name : folder.traces[0].path,
			ret);
	tl_folder_deinit(&folder);
	return err;
}

static void take_first(int *argc, char **argv)
{
	memmove(&argv[1], &argv[2], (size_t)(*argc - 1) * sizeof(*argv));
	--*argc;
}

struct tl_error *tl_trace_arg(const char *said, int *argc, char **argv, struct tl_trace **ret)
{
	const char *path = said;

	if (!path && *argc > 1 && tl_is_trace_word(argv[1])) {
		path = argv[1];
		take_first(argc, argv);
	}
	return path ? tl_trace_open(path, ret) : open_newest(ret);
}

struct tl_error *tl_no_more_words(int argc, char **argv, int at)
{
	if (argc <= at)
		return NULL;
	return tl_error_new(TL_ERROR_USAGE, "%s: one word too many; see --help", argv[at]);
}
