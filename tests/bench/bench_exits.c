// SPDX-License-Identifier: MIT
// What recording costs an exit-heavy guest: unrecorded, recorded and traced by ftrace, side by side
// in one run, as medians of pairs. Usage: bench_exits GUEST.elf [ROUNDS]
#include "recorder/collector/collector.h"
#include "recorder/shim/shim.h"
#include "recorder/vmm/vmm.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

enum { ROUNDS = 5 };

// Filled by the child that runs the guest.
struct run {
	uint64_t ns;
	_Atomic uint64_t exits;
	int status;
};

static struct run *shared;
static const char *guest;

static void run_guest(void)
{
	const struct tl_vmm_options options = { .elf = guest,
		.console = open("/dev/null", O_WRONLY),
		.unanswered = TL_UNANSWERED_ZERO,
		.n_runs = &shared->exits };
	const uint64_t start = tl_bench_now();
	struct tl_error *err = tl_vmm_run(&options, &shared->status);

	shared->ns = tl_bench_now() - start;
	if (err) {
		fprintf(stderr, "bench: %s\n", err->message);
		_exit(1);
	}
	_exit(0);
}

static pid_t start(int arena)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	if (arena >= 0 && !tl_shim_attach(dup(arena)))
		_exit(1);
	run_guest();
	return 0;
}

static double per_exit(void)
{
	return (double)shared->ns / (double)shared->exits;
}

static double plain(void)
{
	int status;

	waitpid(start(-1), &status, 0);
	if (status)
		exit(1);
	return per_exit();
}

static void check(struct tl_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s\n", err->message);
	exit(1);
}

struct sizes {
	double bytes, packed; // an exit
};

static void measure(const char *path, uint64_t exits, struct sizes *sizes)
{
	size_t room, n;
	struct stat st;
	void *raw, *packed;
	int fd = open(path, O_RDONLY);

	fstat(fd, &st);
	raw = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	room = ZSTD_compressBound((size_t)st.st_size);
	packed = malloc(room);
	n = ZSTD_compress(packed, room, raw, (size_t)st.st_size, 19);
	sizes->bytes = (double)st.st_size / (double)exits;
	sizes->packed = (double)n / (double)exits;
	free(packed);
	munmap(raw, (size_t)st.st_size);
	close(fd);
}

static double recorded(enum tl_reg_level level, enum tl_mem_policy mem, struct sizes *sizes)
{
	const char *path = tl_bench_file("exits.trap");
	const struct tl_collector_options options = { .path = path,
		.record = { .level = level, .mem = mem } };
	struct tl_collector_result result;
	struct tl_collector *collector;

	unlink(path);
	check(tl_collector_open(&options, &collector));
	check(tl_collector_run(collector, start(tl_collector_arena(collector)), &result));
	check(tl_collector_finish(collector));
	if (result.lost || result.status)
		fprintf(stderr, "bench: %llu lost, status %d\n", (unsigned long long)result.lost,
			result.status);
	if (sizes)
		measure(path, result.exits, sizes);
	unlink(path);
	return per_exit();
}

static bool ftrace(bool on)
{
	static const char *const path = "/sys/kernel/tracing/events/kvm/enable";
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, on ? "1" : "0", 1) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

static double traced(void)
{
	double ns;

	ftrace(true);
	ns = plain();
	ftrace(false);
	return ns;
}

static void print(const char *what, double *ns, double *base, int n)
{
	double ratio[TL_BENCH_MOST], more[TL_BENCH_MOST];

	for (int i = 0; i < n; i++) {
		ratio[i] = ns[i] / base[i];
		more[i] = ns[i] - base[i];
	}
	printf("%-28s %8.0f ns an exit  %6.3f x  %+6.0f ns\n", what, tl_bench_median(ns, n),
		tl_bench_median(ratio, n), tl_bench_median(more, n));
}

int main(int argc, char **argv)
{
	static double base[TL_BENCH_MOST], none[TL_BENCH_MOST], fault[TL_BENCH_MOST],
		pc[TL_BENCH_MOST], traces[TL_BENCH_MOST];
	const int n = argc > 2 ? atoi(argv[2]) : ROUNDS;
	const bool can_trace = ftrace(true) && ftrace(false);
	struct sizes sizes;

	if (argc < 2 || n < 1 || n > TL_BENCH_MOST)
		return 2;
	guest = argv[1];
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	plain();
	for (int i = 0; i < n; i++) {
		base[i] = plain();
		pc[i] = recorded(TL_REGS_PC, TL_MEM_NONE, NULL);
		none[i] = recorded(TL_REGS_CORE, TL_MEM_NONE, NULL);
		fault[i] = recorded(TL_REGS_CORE, TL_MEM_FAULT, &sizes);
		if (can_trace)
			traces[i] = traced();
	}
	print("unrecorded", base, base, n);
	print("--regs pc --mem none", pc, base, n);
	print("--regs core --mem none", none, base, n);
	print("--regs core --mem fault", fault, base, n);
	if (can_trace)
		print("ftrace, all kvm events", traces, base, n);
	printf("file: %.1f bytes an exit, %.2f after zstd -19\n", sizes.bytes, sizes.packed);
	return 0;
}
