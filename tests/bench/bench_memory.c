// SPDX-License-Identifier: MIT
// labels: x86_64
// What exact memory costs: a guest of 256 MiB that is looked at twice at each exit, beside a program
// that does nothing but those two PAGEMAP_SCANs of as much memory; the same guest looked at at every
// hundredth exit, beside one that is not recorded; all in one run. A ratio is that of a run to the mean
// of the other runs before and after it; of several the median is given. And the start image's size.
//
//   bench_memory [--limits] [ROUNDS]   --limits: status 1 when a limit is broken
#include "recorder/collector/collector.h"
#include "recorder/shim/shim.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUNDS = 5,
	MIB = 1 << 20,
	MEMORY = 256 * MIB,
	USED = 30 * MIB, // of the start image
	PAGE = 4096,
	GUEST_AT = 0x1000,
	WARM = 100,
	EXITS = 2000,
	MANY_EXITS = 40000,
};

// 1: out %al, $0x10; incl (%ebx); add %ecx, %ebx; and %edx, %ebx; jmp 1b: a write at each exit, to
// another page or to the same
static const uint8_t guest[] = { 0xe6, 0x10, 0xff, 0x03, 0x01, 0xcb, 0x21, 0xd3, 0xeb, 0xf6 };

static uint64_t *ns; // of the child's timed exits

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	_exit(1);
}

static void check(struct tl_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s\n", err->message);
	exit(1);
}

struct machine {
	int vm, vcpu;
	uint8_t *memory;
};

static void enter_protected_mode(int vcpu, bool wanders)
{
	const struct kvm_regs regs = { .rip = GUEST_AT,
		.rflags = 2,
		.rbx = 64 * MIB,
		.rcx = wanders ? PAGE : 0,
		.rdx = 68 * MIB - 1 };
	struct kvm_segment flat = {
		.limit = ~0U, .selector = 8, .type = 11, .present = 1, .s = 1, .db = 1, .g = 1
	};
	struct kvm_sregs sregs;

	need(!tl_shim_ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cr0 |= 1;
	sregs.cs = flat;
	flat.selector = 16;
	flat.type = 3;
	sregs.ds = sregs.es = sregs.ss = flat;
	need(!tl_shim_ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	need(!tl_shim_ioctl(vcpu, KVM_SET_REGS, (void *)&regs), "KVM_SET_REGS");
}

static struct machine machine(uint8_t *memory, bool wanders)
{
	struct machine m = { .memory = memory };
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY,
		.userspace_addr = (uintptr_t)memory };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	m.vm = tl_shim_ioctl(kvm, KVM_CREATE_VM, NULL);
	need(m.vm >= 0, "KVM_CREATE_VM");
	need(!tl_shim_ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region), "memory");
	m.vcpu = tl_shim_ioctl(m.vm, KVM_CREATE_VCPU, NULL);
	need(m.vcpu >= 0, "KVM_CREATE_VCPU");
	memcpy(memory + GUEST_AT, guest, sizeof(guest));
	enter_protected_mode(m.vcpu, wanders);
	return m;
}

static uint8_t *make_memory(void)
{
	uint8_t *at =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(at != MAP_FAILED, "memory");
	return at;
}

static void nothing(void *ctx, uint64_t start, uint64_t bytes, bool exists)
{
	(void)ctx, (void)start, (void)bytes, (void)exists;
}

static void bare_scan(const struct machine *m)
{
	need(tl_shim_pagemap_written((uintptr_t)m->memory, MEMORY, nothing, NULL), "PAGEMAP_SCAN");
}

static void run(const struct machine *m, unsigned n, bool scan)
{
	while (n--) {
		if (scan)
			bare_scan(m);
		need(!tl_shim_ioctl(m->vcpu, KVM_RUN, NULL), "KVM_RUN");
		if (scan)
			bare_scan(m);
	}
}

// All of the memory is there, as after a guest has used it for a while.
static void child_runs(unsigned exits, bool wanders, bool scan)
{
	uint8_t *memory = make_memory();
	struct machine m;
	uint64_t start;

	memset(memory, 0, MEMORY);
	m = machine(memory, wanders);
	need(!scan || tl_shim_pagemap_watch((uintptr_t)memory, MEMORY), "userfaultfd");
	run(&m, WARM, scan);
	start = tl_bench_now();
	run(&m, exits, scan);
	*ns = tl_bench_now() - start;
}

// What a large program is made of, over and over; no page is like another.
static void fill(uint8_t *memory)
{
	const char *const qemu = "/usr/bin/qemu-system-x86_64";
	int fd = open(access(qemu, R_OK) ? "/proc/self/exe" : qemu, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	need(fd >= 0, qemu);
	for (size_t at = 0; at < USED; at += PAGE) {
		got = read(fd, memory + at, PAGE);
		if (got < PAGE)
			need(!lseek(fd, 0, SEEK_SET) && read(fd, memory + at, PAGE) > 0, qemu);
		memcpy(memory + at + 1000, &at, sizeof(at));
	}
	close(fd);
}

static void child_has_an_image(void)
{
	uint8_t *memory = make_memory();
	struct machine m;

	fill(memory + 16 * MIB);
	m = machine(memory, false);
	run(&m, 1, false);
}

enum work { BARE, SCANS, MANY, IMAGE };

static pid_t start(enum work work, int arena)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	if (arena >= 0 && !tl_shim_attach(dup(arena)))
		_exit(1);
	if (work == IMAGE)
		child_has_an_image();
	else
		child_runs(work == SCANS ? EXITS : MANY_EXITS, work == SCANS,
			work == SCANS && arena < 0);
	_exit(0);
}

static double unrecorded(enum work work)
{
	int status;

	waitpid(start(work, -1), &status, 0);
	if (status)
		exit(1);
	return (double)*ns;
}

static double recorded(enum work work, uint32_t every, double *ret_bytes)
{
	const char *path = tl_bench_file("memory.trap");
	const struct tl_collector_options options = { .path = path,
		.record = { .level = TL_REGS_CORE,
			.mem = TL_MEM_EXACT,
			.every = every,
			.max_wait_ns = UINT64_C(10000000000) } };
	struct tl_collector_result result;
	struct tl_collector *collector;
	struct stat st;

	unlink(path);
	check(tl_collector_open(&options, &collector));
	check(tl_collector_run(collector, start(work, tl_collector_arena(collector)), &result));
	check(tl_collector_finish(collector));
	if (result.lost || result.status)
		fprintf(stderr, "bench: %llu lost, status %d\n", (unsigned long long)result.lost,
			result.status);
	stat(path, &st);
	*ret_bytes = (double)st.st_size;
	unlink(path);
	return (double)*ns;
}

struct figures {
	double other[TL_BENCH_MOST + 1], ours[TL_BENCH_MOST], ratio[TL_BENCH_MOST], bytes;
};

static void measure(enum work work, uint32_t every, int n, struct figures *f)
{
	f->other[0] = unrecorded(work);
	for (int i = 0; i < n; i++) {
		f->ours[i] = recorded(work, every, &f->bytes);
		f->other[i + 1] = unrecorded(work);
		f->ratio[i] = 2 * f->ours[i] / (f->other[i] + f->other[i + 1]);
	}
}

static void print(const char *what, const double *values, int n, unsigned exits)
{
	printf("%-52s %8.0f ns an exit\n", what, tl_bench_median(values, n) / exits);
}

int main(int argc, char **argv)
{
	const bool limited = argc > 1 && !strcmp(argv[1], "--limits");
	const int n = argc > 1 + limited ? atoi(argv[1 + limited]) : ROUNDS;
	static struct figures each, some;
	double image;

	ns = mmap(NULL, sizeof(*ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (n < 1 || n >= TL_BENCH_MOST)
		return 2;
	if (!tl_shim_pagemap_usable()) {
		puts("this kernel does not tell which pages were written: exact memory is left "
		     "out");
		return 0;
	}
	measure(SCANS, 1, n, &each);
	measure(MANY, 100, n, &some);
	recorded(IMAGE, 1, &image);
	if (limited) {
		const struct tl_bench_limit l[] = {
			{ "--mem exact, of two bare scans an exit", "x",
				tl_bench_median(each.ratio, n), 1.3, false },
			{ "--mem exact --every 100, of a bare run", "x",
				tl_bench_median(some.ratio, n), 1.5, false },
			{ "start image, 30 of 256 MiB used", "MB", image / 1e6, 12.0, false },
		};

		return !tl_bench_limits(l, 3);
	}
	print("256 MiB, two bare PAGEMAP_SCANs an exit", each.other, n + 1, EXITS);
	print("256 MiB, --mem exact", each.ours, n, EXITS);
	printf("%-52s %8.3f x, %.0f bytes an exit\n", "", tl_bench_median(each.ratio, n),
		each.bytes / (EXITS + WARM));
	print("256 MiB, unrecorded", some.other, n + 1, MANY_EXITS);
	print("256 MiB, --mem exact --every 100", some.ours, n, MANY_EXITS);
	printf("%-52s %8.3f x, %.0f bytes an exit\n", "", tl_bench_median(some.ratio, n),
		some.bytes / (MANY_EXITS + WARM));
	printf("the start image of 256 MiB, 30 of them used: %.2f MB\n", image / 1e6);
	return 0;
}
