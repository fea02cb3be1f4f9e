// SPDX-License-Identifier: MIT
#include "shell/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

bool tl_is_trace_name(const char *name)
{
	return ends_with(name, ".trap") || ends_with(name, ".trap.zst");
}

const char *tl_folder_default(void)
{
	const char *said = getenv("TRAPLINE_DIR");

	return said && *said ? said : ".";
}

static bool later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

// What is not checkpointed yet stands in the log beside the file.
static void add_log(struct tl_folder_trace *trace)
{
	struct stat st;
	char *log;

	if (asprintf(&log, "%s-wal", trace->path) < 0)
		return;
	if (!stat(log, &st)) {
		trace->size += (uint64_t)st.st_size;
		if (later(st.st_mtim, trace->written))
			trace->written = st.st_mtim;
	}
	free(log);
}

// False when it is no file.
static bool describe(const char *folder, const char *name, struct tl_folder_trace *ret)
{
	struct tl_folder_trace trace;
	struct stat st;

	if (asprintf(&trace.path, "%s/%s", folder, name) < 0)
		return false;
	if (stat(trace.path, &st) || !S_ISREG(st.st_mode)) {
		free(trace.path);
		return false;
	}
	trace.name = trace.path + strlen(folder) + 1;
	trace.written = st.st_mtim;
	trace.size = (uint64_t)st.st_size;
	add_log(&trace);
	*ret = trace;
	return true;
}

static struct tl_error *add(struct tl_folder *f, const char *folder, const char *name)
{
	struct tl_folder_trace *grown = realloc(f->traces, (f->n + 1) * sizeof(*grown));

	if (!grown)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	f->traces = grown;
	f->n += describe(folder, name, &grown[f->n]);
	return NULL;
}

static int newest_first(const void *a, const void *b)
{
	const struct tl_folder_trace *x = a, *y = b;

	if (later(x->written, y->written))
		return -1;
	return later(y->written, x->written) ? 1 : strcmp(x->name, y->name);
}

struct tl_error *tl_folder_read(const char *path, struct tl_folder *ret)
{
	DIR *dir = opendir(path);
	struct tl_error *err = NULL;
	const struct dirent *entry;

	*ret = (struct tl_folder){ 0 };
	if (!dir)
		return tl_error_errno(errno, "%s", path);
	while (!err && (entry = readdir(dir)))
		if (tl_is_trace_name(entry->d_name))
			err = add(ret, path, entry->d_name);
	closedir(dir);
	if (ret->n)
		qsort(ret->traces, ret->n, sizeof(*ret->traces), newest_first);
	return err;
}

void tl_folder_deinit(struct tl_folder *folder)
{
	for (size_t i = 0; i < folder->n; i++)
		free(folder->traces[i].path);
	free(folder->traces);
}
