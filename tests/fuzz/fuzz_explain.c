// SPDX-License-Identifier: MIT
// A golden trace with changed values, explained. Run in the source folder: fuzz_explain [CORPUS]
#include "tests/fuzz/input.h"
#include "tests/replayer/mutation.h"

#include "tests/replayer/explained.h"

#include <glob.h>
#include <unistd.h>

enum { TRACES = 32, MOST_BYTES = 256 << 10 /* so that there are many rounds */ };

static struct {
	uint8_t *bytes;
	size_t size;
} traces[TRACES];
static unsigned n_traces;
static char path[64];

static void load(const char *name)
{
	FILE *f = fopen(name, "r");

	if (!f) {
		perror(name);
		exit(2);
	}
	fseek(f, 0, SEEK_END);
	traces[n_traces].size = (size_t)ftell(f);
	rewind(f);
	if (traces[n_traces].size > MOST_BYTES) {
		fclose(f);
		return;
	}
	traces[n_traces].bytes = malloc(traces[n_traces].size);
	assert(fread(traces[n_traces].bytes, 1, traces[n_traces].size, f) == traces[n_traces].size);
	fclose(f);
	n_traces++;
}

static void start(void)
{
	glob_t found;

	if (glob("tests/data/*.trap", 0, NULL, &found)) {
		fputs("no tests/data/*.trap here\n", stderr);
		exit(2);
	}
	for (size_t i = 0; i < found.gl_pathc && n_traces < TRACES; i++)
		load(found.gl_pathv[i]);
	globfree(&found);
	snprintf(path, sizeof(path), "/dev/shm/fuzz-explain-%d.trap", (int)getpid());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct explained e;
	unsigned n;
	FILE *f;

	if (!n_traces)
		start();
	input_start(data, size);
	n = below(n_traces);
	f = fopen(path, "w");
	assert(f && fwrite(traces[n].bytes, 1, traces[n].size, f) == traces[n].size);
	fclose(f);
	mutate(path);
	e = explain_trace(path);
	unlink(path);
	if (e.wrong)
		fprintf(stderr, "%s\n", e.wrong);
	assert(!e.wrong);
	return 0;
}
