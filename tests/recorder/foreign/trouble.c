// SPDX-License-Identifier: MIT
// Bad days of a VMM that are its own.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PLACES = 100, MOST_VCPUS = 512 };

int mode_crash(char **argv)
{
	volatile uint8_t *nothing = NULL;
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, (unsigned)atoi(argv[2]));
	if (!strcmp(argv[1], "abort"))
		abort();
	*nothing = 1; // NOLINT: a device of it has a bug
	return 0;
}

static void set_slot(const struct vm *vm, unsigned slot, uint64_t gpa, uint64_t size, void *memory)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory };

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

static void *some_memory(uint64_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("memory");
	return at;
}

// 1 to n at once, then one of them CHANGES times somewhere else; the guest runs on between all that.
int mode_slots(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[1]), changes = (unsigned)atoi(argv[2]);
	const uint64_t base = 1 << 20, page = 4096;
	uint8_t *memory = some_memory((n + 1) * page);
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	for (unsigned i = 1; i <= n; i++)
		set_slot(&vm, i, base + 2 * i * page, page, memory + i * page);
	run_times(vcpu.fd, 5);
	for (unsigned i = 0; i < changes; i++) {
		set_slot(&vm, 1, base + 2 * page, 0, NULL);
		set_slot(&vm, 1, base + 2 * page, page, memory + page);
		run_times(vcpu.fd, 1);
	}
	return 0;
}

// Each is an input of half a kilobyte.
int mode_flood(char **argv)
{
	const int n = atoi(argv[1]);
	struct kvm_fpu fpu;
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 5);
	if (ioctl(vcpu.fd, KVM_GET_FPU, &fpu))
		die("KVM_GET_FPU");
	for (int i = 0; i < n; i++)
		if (ioctl(vcpu.fd, KVM_SET_FPU, &fpu))
			die("KVM_SET_FPU");
	run_times(vcpu.fd, 5);
	return 0;
}

struct job {
	pthread_t thread;
	struct vcpu vcpu;
	unsigned exits;
};

static void *work(void *arg)
{
	struct job *job = arg;

	run_times(job->vcpu.fd, job->exits);
	return NULL;
}

int mode_many(char **argv)
{
	static struct job jobs[MOST_VCPUS];
	const unsigned n = (unsigned)atoi(argv[1]);
	struct vm vm;

	vm_open(&vm);
	for (unsigned i = 0; i < n; i++) {
		jobs[i].exits = (unsigned)atoi(argv[2]);
		vcpu_open_at(&vm, i, i % PLACES, out_loop, sizeof(out_loop), &jobs[i].vcpu);
	}
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&jobs[i].thread, NULL, work, &jobs[i]))
			die("pthread_create");
	for (unsigned i = 0; i < n; i++)
		pthread_join(jobs[i].thread, NULL);
	return 0;
}

static struct vcpu handled;
static bool runs_in_handler;
static _Atomic unsigned set_in_handler, ran_in_handler;

static void on_timer(int number)
{
	const int error = errno;
	struct kvm_fpu fpu;
	int n;

	ioctl(STDERR_FILENO, FIONREAD, &n);
	if (ioctl(handled.fd, KVM_GET_FPU, &fpu) || ioctl(handled.fd, KVM_SET_FPU, &fpu))
		_exit(5);
	set_in_handler++;
	if (runs_in_handler && !run(handled.fd))
		ran_in_handler++;
	errno = error;
}

// A timer that strikes anywhere, and a handler that asks KVM things, some of which are inputs.
int mode_handler(char **argv)
{
	const struct itimerval often = { { 0, 150 }, { 0, 150 } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_timer };
	unsigned left = (unsigned)atoi(argv[1]);
	struct vm vm;

	runs_in_handler = !strcmp(argv[2], "run");
	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &handled);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (left) {
		const int error = run(handled.fd);

		if (error && error != EINTR)
			die("KVM_RUN");
		left -= !error;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("%u %u\n", set_in_handler, ran_in_handler);
	return 0;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// How long the longest exit took goes into a file: nobody else may hold a guest for longer.
int mode_timed(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[1]);
	uint64_t longest = 0, started = now_us();
	struct vcpu vcpu;
	struct vm vm;
	FILE *to;

	vm_open(&vm);
	vcpu_open(&vm, 0, mmio_loop, sizeof(mmio_loop), &vcpu);
	for (unsigned i = 0; i < n; i++) {
		const uint64_t start = now_us();
		uint64_t took;

		while ((errno = run(vcpu.fd)))
			if (errno != EINTR)
				die("KVM_RUN");
		took = now_us() - start;
		longest = took > longest ? took : longest;
	}
	to = fopen(argv[2], "we");
	if (!to ||
		fprintf(to, "%llu %llu", (unsigned long long)longest,
			(unsigned long long)(now_us() - started)) < 0 ||
		fclose(to))
		die(argv[2]);
	return 0;
}
