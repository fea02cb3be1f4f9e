// SPDX-License-Identifier: MIT
// What recording costs an exit-heavy guest: unrecorded, recorded and traced by ftrace, side by side
// in one run. A ratio is that of a run to the mean of the unrecorded runs before and after it; of
// several the median is given.
//
//   bench_exits GUEST.elf [ROUNDS]       at every level
//   bench_exits --limits LONG.elf SHORT.elf [ROUNDS]
//                                        what has a limit: times by the short guest, sizes by the
//                                        long one; status 1 when a limit is broken
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

enum { ROUNDS = 5, SHORT_ROUNDS = 24 };

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

// A tracefs instance of our own, so that nobody else's tracing changes.
static char instance[64];

static bool ftrace(bool on)
{
	char path[128];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "%s/events/kvm/enable", instance);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, on ? "1" : "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return done;
}

static void ftrace_close(void)
{
	rmdir(instance);
}

static bool ftrace_open(void)
{
	snprintf(instance, sizeof(instance), "/sys/kernel/tracing/instances/trapline-bench-%d",
		(int)getpid());
	if (mkdir(instance, 0700))
		return false;
	atexit(ftrace_close);
	return ftrace(false);
}

static double traced(void)
{
	double ns;

	ftrace(true);
	ns = plain();
	ftrace(false);
	return ns;
}

// One way to run the guest, and its figures by round.
struct way {
	const char *name;
	enum { RECORDED, TRACED } by;
	enum tl_reg_level level;
	enum tl_mem_policy mem;
	double ns[TL_BENCH_MOST], ratio[TL_BENCH_MOST], more[TL_BENCH_MOST];
};

static double bare[TL_BENCH_MOST + 1];

static void run_round(struct way *ways, unsigned n_ways, int round)
{
	for (struct way *w = ways; w < ways + n_ways; w++)
		w->ns[round] = w->by == TRACED ? traced() : recorded(w->level, w->mem, NULL);
	bare[round + 1] = plain();
	for (struct way *w = ways; w < ways + n_ways; w++) {
		const double base = (bare[round] + bare[round + 1]) / 2;

		w->ratio[round] = w->ns[round] / base;
		w->more[round] = w->ns[round] - base;
	}
}

static void run_rounds(struct way *ways, unsigned n_ways, int n)
{
	plain(); // what only the first run pays
	bare[0] = plain();
	for (int i = 0; i < n; i++)
		run_round(ways, n_ways, i);
}

static struct sizes sizes_of(const char *path)
{
	struct sizes sizes;

	guest = path;
	recorded(TL_REGS_CORE, TL_MEM_FAULT, &sizes);
	return sizes;
}

static int all_levels(const char *path, int n)
{
	static struct way ways[] = {
		{ "--regs pc --mem none", RECORDED, TL_REGS_PC, TL_MEM_NONE },
		{ "--regs core --mem none", RECORDED, TL_REGS_CORE, TL_MEM_NONE },
		{ "--regs core --mem fault (the default)", RECORDED, TL_REGS_CORE, TL_MEM_FAULT },
		{ "ftrace, all kvm events", TRACED },
	};
	const unsigned n_ways = ftrace_open() ? 4 : 3;
	struct sizes sizes;

	run_rounds(ways, n_ways, n);
	sizes = sizes_of(path);
	printf("%-40s %8.0f ns an exit\n", "unrecorded", tl_bench_median(bare, n + 1));
	for (const struct way *w = ways; w < ways + n_ways; w++)
		printf("%-40s %8.0f ns an exit  %6.3f x  %+6.0f ns\n", w->name,
			tl_bench_median(w->ns, n), tl_bench_median(w->ratio, n),
			tl_bench_median(w->more, n));
	printf("the file: %.1f bytes an exit, %.2f after zstd -19\n", sizes.bytes, sizes.packed);
	return 0;
}

static int limits(const char *long_guest, int n)
{
	static struct way ways[] = {
		{ "recorded", RECORDED, TL_REGS_CORE, TL_MEM_FAULT },
		{ "traced", TRACED },
	};
	const bool can_trace = ftrace_open();
	struct tl_bench_limit l[] = {
		{ "recorded run, of a bare one", "x", 0, 1.10, false },
		{ "more on the vCPU thread", "ns/exit", 0, 1000, false },
		{ "file", "B/exit", 0, 64, false },
		{ "file after zstd -19", "B/exit", 0, 8, false },
		{ "recorded run, below a traced one", "x", 0, 0, false },
	};
	struct sizes sizes;

	run_rounds(ways, can_trace ? 2 : 1, n);
	sizes = sizes_of(long_guest);
	l[0].value = l[4].value = tl_bench_median(ways[0].ratio, n);
	l[1].value = tl_bench_median(ways[0].more, n);
	l[2].value = sizes.bytes;
	l[3].value = sizes.packed;
	if (can_trace)
		l[4].limit = tl_bench_median(ways[1].ratio, n);
	else
		puts("no tracefs instance can be made: recording is not held against ftrace");
	return !tl_bench_limits(l, can_trace ? 5 : 4);
}

int main(int argc, char **argv)
{
	const bool limited = argc > 1 && !strcmp(argv[1], "--limits");
	const int words = limited ? 4 : 2;
	const int n = argc > words ? atoi(argv[words]) : limited ? SHORT_ROUNDS : ROUNDS;

	if (argc < words || n < 1 || n >= TL_BENCH_MOST)
		return 2;
	guest = argv[words - 1];
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return limited ? limits(argv[2], n) : all_levels(guest, n);
}
