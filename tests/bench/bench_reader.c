// SPDX-License-Identifier: MIT
// How quickly a large trace is read: the verbs on a trace of ten million exits of two vCPUs, with
// registers that change as a loop's do, and an input now and then.
//
//   bench_reader [EXITS]
#include "arch/x86_64/regs.h"
#include "schema/trace/writer.h"
#include "shell/verb.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	VCPUS = 2,
	BATCH = 20000,
	TICK = 5000 /* ns between exits */,
	INPUT_EVERY = 64,
	ROUNDS = 5,
	LIMIT = 100 /* ms to explain an exit */
};

static void check(struct tl_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s\n", err->message);
	exit(2);
}

static void describe(struct tl_writer *w)
{
	const struct tl_record_vm vm = { .time = 1 };

	check(tl_writer_meta(w, "vmm", "bench"));
	check(tl_writer_vm(w, &vm, NULL));
	for (uint32_t i = 0; i < VCPUS; i++) {
		const struct tl_record_vcpu vcpu = { .vcpu = i, .id = i, .time = 1 };

		check(tl_writer_vcpu(w, &vcpu));
	}
}

static void step(struct tl_regs *regs, uint64_t n)
{
	tl_regs_set(regs, TL_X86_rax, n & 0xff);
	tl_regs_set(regs, TL_X86_rcx, regs->word[TL_X86_rcx] - 1);
	tl_regs_set(regs, TL_X86_rsi, regs->word[TL_X86_rsi] + 4);
	tl_regs_set(regs, TL_X86_rip, 0xffffffff81000000 + n % 7 * 3);
}

static struct tl_exit access_of(uint64_t n)
{
	struct tl_exit exit = { .seq = n,
		.vcpu = (uint32_t)(n / 3 % VCPUS),
		.time = n * TICK,
		.ran = 1200 + n % 100,
		.reason = KVM_EXIT_MMIO,
		.pc = 0xffffffff81000000 + n % 7 * 3,
		.addr = 0xfebf0000 + n % 64 * 4,
		.size = 4,
		.write = n & 1,
		.value = n & 0xff,
		.count = 1,
		.has = TL_EXIT_HAS_REASON | TL_EXIT_HAS_PC | TL_EXIT_HAS_ADDR | TL_EXIT_HAS_SIZE |
		       TL_EXIT_HAS_WRITE };

	if (exit.write)
		exit.has |= TL_EXIT_HAS_VALUE;
	return exit;
}

static void add_reply(struct tl_writer *w, const struct tl_exit *exit)
{
	const struct tl_record_reply reply = { .seq = exit->seq,
		.time = exit->time + 900,
		.vcpu = exit->vcpu,
		.answer = exit->write ? 0 : 8 };
	const uint8_t answer[8] = { (uint8_t)exit->seq };

	check(tl_writer_reply(w, &reply, answer, NULL));
}

static void add_input(struct tl_writer *w, const struct tl_exit *exit)
{
	const struct tl_record_input input = { .seq = exit->seq,
		.time = exit->time + 500,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_IRQ_LINE,
		.size = sizeof(struct kvm_irq_level) };
	const struct kvm_irq_level level = { .irq = 4, .level = 1 };

	check(tl_writer_input(w, &input, &level));
}

static void add_exits(struct tl_writer *w, uint64_t exits)
{
	const struct tl_exit_kind *kind =
		tl_exit_kind(TL_ARCH_X86_64, TL_ABI_MAINLINE, KVM_EXIT_MMIO);
	struct tl_regs regs[VCPUS] = { 0 };

	for (uint64_t n = 1; n <= exits; n++) {
		const struct tl_exit exit = access_of(n);

		step(&regs[exit.vcpu], n);
		check(tl_writer_exit(w, &exit, kind, &regs[exit.vcpu], NULL, 0));
		add_reply(w, &exit);
		if (n % INPUT_EVERY == 0)
			add_input(w, &exit);
		if (n % BATCH == 0)
			check(tl_writer_commit(w));
	}
}

static void write_trace(const char *path, uint64_t exits)
{
	const struct tl_writer_options options = { .arch = TL_ARCH_X86_64 };
	struct tl_writer *w;

	check(tl_writer_create(path, &options, &w));
	describe(w);
	add_exits(w, exits);
	check(tl_writer_finish(w));
}

static double ms_since(uint64_t start)
{
	return (double)(tl_bench_now() - start) / 1e6;
}

// A verb as main() would run it, its output to nowhere; in ms.
static double time_once(const struct tl_verb *verb, const char *path, const char *a, const char *b)
{
	char *argv[] = { (char *)verb->name, (char *)path, (char *)a, (char *)b, NULL };
	const int out = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
	const uint64_t start = tl_bench_now();
	int status;

	fflush(stdout);
	dup2(nowhere, STDOUT_FILENO);
	check(verb->run(b ? 4 : a ? 3 : 2, argv, &status));
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(nowhere);
	return ms_since(start);
}

static void time_verb(const struct tl_verb *verb, const char *path, const char *a, const char *b)
{
	const double ms = time_once(verb, path, a, b);

	printf("%8.1f ms  trapline %s %s %s\n", ms, verb->name, a ? a : "", b ? b : "");
}

// The median of ROUNDS, which has a limit.
static bool is_quick(const struct tl_verb *verb, const char *path, const char *a)
{
	double ms[ROUNDS], median;

	for (unsigned i = 0; i < ROUNDS; i++)
		ms[i] = time_once(verb, path, a, NULL);
	median = tl_bench_median(ms, ROUNDS);
	printf("%8.1f ms  trapline %s %s; limit %d ms%s\n", median, verb->name, a, LIMIT,
		median < LIMIT ? "" : ": BROKEN");
	return median < LIMIT;
}

static bool time_verbs(const char *path, uint64_t exits)
{
	bool quick;
	char middle[32], range[64];

	snprintf(middle, sizeof(middle), "%llu", (unsigned long long)exits / 2);
	snprintf(range, sizeof(range), "%llu..%llu", (unsigned long long)exits / 2,
		(unsigned long long)exits / 2 + 999);
	time_verb(&tl_verb_stat, path, NULL, NULL);
	time_verb(&tl_verb_stat, path, "--space", NULL);
	time_verb(&tl_verb_show, path, "1", NULL);
	time_verb(&tl_verb_show, path, middle, NULL);
	time_verb(&tl_verb_show, path, "last", NULL);
	time_verb(&tl_verb_show, path, range, NULL);
	quick = is_quick(&tl_verb_explain, path, "1");
	quick &= is_quick(&tl_verb_explain, path, middle);
	quick &= is_quick(&tl_verb_explain, path, "last");
	time_verb(&tl_verb_answer, path, middle, NULL);
	time_verb(&tl_verb_show, path, "--limit=20", NULL);
	time_verb(&tl_verb_show, path, "--where=addr = 0xfebf0040", "--limit=20");
	time_verb(&tl_verb_sql, path, "select rw, count(*) from mmio group by rw", NULL);
	return quick;
}

int main(int argc, char **argv)
{
	const uint64_t exits = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
	char folder[] = "/tmp/trapline-bench-XXXXXX", path[64];
	const uint64_t start = tl_bench_now();
	bool quick;

	if (!exits || !mkdtemp(folder)) {
		fputs("bench: bench_reader [EXITS], and a folder in /tmp\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/bench.trap", folder);
	write_trace(path, exits);
	printf("%8.1f ms  to write %llu exits\n", ms_since(start), (unsigned long long)exits);
	quick = time_verbs(path, exits);
	unlink(path);
	rmdir(folder);
	return quick ? 0 : 1;
}
