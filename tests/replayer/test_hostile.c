// SPDX-License-Identifier: MIT
// labels: unit golden fuzz
//
// Golden traces with values that somebody changed: whatever is explained of them is text that harms
// nobody, in no time, or else a clear error. TL_SEED, TL_LONG; TL_VERBOSE shows what is wrong.
#include "tests/arch/random.h"
#include "tests/replayer/mutation.h"
#include "tests/schema/trace/fixture.h"

#include "tests/replayer/explained.h"

#include <glob.h>
#include <time.h>

enum { TRACES = 32, MOST_MS = 2000 };

static struct {
	char *path;
	uint8_t *bytes;
	size_t size;
} traces[TRACES];
static unsigned n_traces;

static void load(const char *path)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(n_traces < TRACES);
	fseek(f, 0, SEEK_END);
	traces[n_traces].size = (size_t)ftell(f);
	rewind(f);
	traces[n_traces].path = strdup(path);
	traces[n_traces].bytes = malloc(traces[n_traces].size);
	assert_int_equal(
		fread(traces[n_traces].bytes, 1, traces[n_traces].size, f), traces[n_traces].size);
	fclose(f);
	n_traces++;
}

static int load_traces(void **state)
{
	glob_t found;

	random_start();
	if (enter_folder(state) || glob(TL_SOURCE_DIR "/tests/data/*.trap", 0, NULL, &found))
		return -1;
	for (size_t i = 0; i < found.gl_pathc; i++)
		load(found.gl_pathv[i]);
	globfree(&found);
	return 0;
}

static int free_traces(void **state)
{
	while (n_traces) {
		free(traces[--n_traces].path);
		free(traces[n_traces].bytes);
	}
	return leave_folder(state);
}

static void put(unsigned n)
{
	FILE *f = fopen("a.trap", "w");

	assert_non_null(f);
	assert_int_equal(fwrite(traces[n].bytes, 1, traces[n].size, f), traces[n].size);
	fclose(f);
}

static unsigned used_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (unsigned)(used.tv_sec * 1000 + used.tv_nsec / 1000000);
}

static struct explained explain(unsigned n, uint64_t seed)
{
	const unsigned before = used_ms();
	struct explained e = explain_trace("a.trap");
	const unsigned took = used_ms() - before;

	if (e.wrong || took > MOST_MS)
		fail_msg("%s, changed by seed %" PRIu64 ", %u ms: %s", traces[n].path, seed, took,
			e.wrong ? e.wrong : "too slow");
	return e;
}

static void what_is_explained_of_a_golden_trace_is_text(void **state)
{
	for (unsigned n = 0; n < n_traces; n++) {
		struct explained e;

		put(n);
		e = explain(n, 0);
		assert_true(e.has_text);
	}
}

static void no_change_of_a_trace_does_harm(void **state)
{
	unsigned texts = 0, errors = 0;

	for (unsigned i = random_rounds(250); i; i--) {
		const uint64_t seed = random_state;
		const unsigned n = below(n_traces);
		struct explained e;

		put(n);
		mutate("a.trap");
		e = explain(n, seed);
		texts += e.has_text;
		errors += *e.error != '\0';
	}
	print_message("note: %u with text, %u with errors\n", texts, errors);
	assert_true(texts > 100 && errors > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_explained_of_a_golden_trace_is_text),
		cmocka_unit_test(no_change_of_a_trace_does_harm),
	};

	return cmocka_run_group_tests(tests, load_traces, free_traces);
}
