// SPDX-License-Identifier: MIT
// Any text imported, and what came of it explained. Run: fuzz_import CORPUS [tests/data/cases]
#include "replayer/import.h"
#include "tests/fuzz/input.h"

#include "tests/replayer/explained.h"

#include <assert.h>
#include <unistd.h>

static void say(void *ctx, const char *name, uint64_t line, const char *text)
{
	assert(*text && !strchr(text, '\n'));
}

static uint64_t import(const uint8_t *data, size_t size, const char *path)
{
	static const struct tl_arch *const archs[] = { NULL, &tl_arch_arm64, &tl_arch_x86_64 };
	const struct tl_import_options options = {
		.output = path, .arch = archs[size % 3], .say = say
	};
	struct tl_import_result result = { 0 };
	struct tl_import *import = NULL;
	struct tl_error *err = tl_import_open(&options, &import);
	FILE *from = fmemopen((void *)data, size, "r");

	assert(!err && from);
	err = tl_import_text(import, from, "log.txt");
	fclose(from);
	if (err)
		tl_import_close(import);
	else
		err = tl_import_finish(import, &result);
	tl_error_free(err);
	return result.exits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct explained e;
	char path[64];

	if (!size)
		return 0;
	snprintf(path, sizeof(path), "/dev/shm/fuzz-import-%d.trap", (int)getpid());
	unlink(path);
	input_start(data, size);
	if (!import(data, size, path))
		return 0;
	e = explain_trace(path);
	unlink(path);
	if (e.wrong || *e.error)
		fprintf(stderr, "%s%s\n", e.error, e.wrong ? e.wrong : "");
	assert(!e.wrong);
	return 0;
}
