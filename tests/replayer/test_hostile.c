// SPDX-License-Identifier: MIT
// labels: unit golden fuzz here
//
// Golden traces with values that somebody changed: whatever is explained of them is text that harms
// nobody, in no time, or else a clear error. TL_SEED, TL_LONG; TL_VERBOSE shows what is wrong.
#include "tests/arch/random.h"
#include "tests/replayer/mutation.h"
#include "tests/schema/trace/fixture.h"

#include "arch/x86_64/regs.h"
#include "tests/replayer/explained.h"

#include <glob.h>
#include <time.h>

enum { TRACES = 32, MOST_MS = 5000 /* of three exits, with sanitizers */ };

static struct {
	char *path;
	uint8_t *bytes;
	size_t size;
} traces[TRACES];
static unsigned n_traces, slowest;

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

// One of each kind that is explained; the golden ones are all of arm64.
static const struct {
	uint32_t reason, payload[4];
	uint8_t code[4];
} x86_exits[] = {
	{ KVM_EXIT_MMIO, { 0xa000000, 0, 0, 0 }, { 0x8b, 0x03 } },
	{ KVM_EXIT_IO, { 0x600100, 1 }, { 0xe4, 0x60 } },
	{ KVM_EXIT_IO, { 0x600100, 9 }, { 0xf3, 0x6c } },
	{ KVM_EXIT_IO, { 0x3f80101, 1 }, { 0xee } },
	{ KVM_EXIT_X86_RDMSR, { 0, 2, 0x1b }, { 0x0f, 0x32 } },
	{ KVM_EXIT_X86_WRMSR, { 0, 2, 0xc0000080 }, { 0x0f, 0x30 } },
	{ KVM_EXIT_HYPERCALL, { 5 }, { 0x0f, 0x01, 0xc1 } },
	{ KVM_EXIT_SHUTDOWN, { 0 }, { 0x0f, 0x0b } },
	{ KVM_EXIT_INTERNAL_ERROR, { 1 }, { 0x0f, 0x28, 0x00 } },
};

static struct tl_regs x86_regs(void)
{
	static const struct {
		enum tl_x86_reg reg;
		uint64_t value;
	} values[] = { { TL_X86_rip, 0x1000 }, { TL_X86_rflags, 2 }, { TL_X86_rbx, 0xa000000 },
		{ TL_X86_efer, TL_X86_EFER_LMA | 0x100 }, { TL_X86_cr0, TL_X86_CR0_PE },
		{ TL_X86_cs_l, 1 }, { TL_X86_idt_limit, 0xfff } };
	struct tl_regs regs = { 0 };

	for (unsigned n = 0; n < TL_X86_WORDS; n++)
		tl_regs_set(&regs, n, 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		tl_reg_set(&tl_arch_x86_64.regs[values[i].reg], &regs, values[i].value);
	return regs;
}

static void make_x86(const char *path)
{
	struct tl_writer *w = create(path, TL_ARCH_X86_64);
	const struct tl_regs regs = x86_regs();
	uint32_t payload[TL_RUN_UNION_BYTES / 4] = { 0 };

	add_machine(w, TL_ABI_MAINLINE, 1);
	for (size_t i = 0; i < sizeof(x86_exits) / sizeof(*x86_exits); i++) {
		struct tl_exit e = exit_of(i + 1, 0, x86_exits[i].reason, payload, sizeof(payload));

		memcpy(payload, x86_exits[i].payload, sizeof(x86_exits[i].payload));
		e.code = x86_exits[i].code;
		e.code_size = sizeof(x86_exits[i].code);
		add_exit(w, e, TL_ARCH_X86_64, TL_ABI_MAINLINE, &regs);
	}
	assert_ok(tl_writer_finish(w));
}

static int load_traces(void **state)
{
	glob_t found;

	random_start();
	if (enter_folder(state) || glob(TL_SOURCE_DIR "/tests/data/*.trap", 0, NULL, &found))
		return -1;
	for (size_t i = 0; i < found.gl_pathc; i++)
		load(found.gl_pathv[i]);
	make_x86("x86.trap");
	for (size_t i = 0; i < found.gl_pathc; i++) // as often as all others
		load("x86.trap");
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

	slowest = took > slowest ? took : slowest;
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
	print_message("note: %u with text, %u with errors; the slowest took %u ms\n", texts, errors,
		slowest);
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
