// SPDX-License-Identifier: MIT
// Some vCPUs count in memory without pause while the first one's KVM_RUN fails now and then. VMMs differ
// in the signals that their vCPU threads admit.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
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

enum { MOST_VCPUS = 8, STOP_AT = 0x100, BETWEEN = 8 << 20, PAGE = 4096 };

// mov $0x2000, %ax; mov %ax, %ds; mov $0xffff, %ax; mov %ax, %es; 1: incl N; incl %es:0x10 + N;
// cmpb $0, STOP_AT; je 1b; hlt
static const uint8_t count[] = { 0xb8, 0x00, 0x20, 0x8e, 0xd8, 0xb8, 0xff, 0xff, 0x8e, 0xc0, 0x66,
	0xff, 0x06, 0x00, 0x00, 0x26, 0x66, 0xff, 0x06, 0x10, 0x00, 0x80, 0x3e, 0x00, 0x01, 0x00,
	0x74, 0xee, 0xf4 };
enum { FIRST_N = 13, SECOND_N = 19 };

// What is between the two counters takes a while to be recorded.
struct memory {
	uint8_t low[MEMORY];	  // from 0x20000
	uint8_t between[BETWEEN]; // from 0x200000
	uint8_t high[MEMORY];	  // from 0x100000
};

struct counter {
	pthread_t thread;
	struct vcpu vcpu;
	const struct manner *manner;
	_Atomic uint32_t *low, *high;
	uint64_t interrupted;
};

static struct memory *memory;

static void on_kick(int number)
{
}

static void handle(int number)
{
	struct sigaction action = { .sa_handler = on_kick };

	sigaction(number, &action, NULL);
}

static void admit_in_run(int fd, const sigset_t *blocked)
{
	struct {
		struct kvm_signal_mask head;
		uint8_t bits[8];
	} mask = { .head.len = 8 };

	memcpy(mask.bits, blocked, sizeof(mask.bits));
	if (ioctl(fd, KVM_SET_SIGNAL_MASK, &mask))
		die("KVM_SET_SIGNAL_MASK");
}

// Called by each vCPU's thread, before it runs.
static void as_born(int fd)
{
}

static void nothing_admitted(int fd)
{
	sigset_t all;

	sigfillset(&all);
	admit_in_run(fd, &all);
}

// As QEMU: blocked, but in KVM_RUN.
static void one_admitted(int fd)
{
	sigset_t set;

	handle(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	admit_in_run(fd, &set);
}

static void all_admitted_in_run_alone(int fd)
{
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	admit_in_run(fd, &set);
}

static void one_handled(int fd)
{
	handle(SIGUSR2);
}

static const struct manner {
	const char *name;
	void (*prepare)(int fd);
	bool ready_for_eintr;
} manners[] = {
	{ "plain", as_born, false },
	{ "deaf", nothing_admitted, false },
	{ "usr1", one_admitted, true },
	{ "in-run", all_admitted_in_run_alone, false },
	{ "handler", one_handled, true },
};

static void eat(void)
{
	const struct timespec at_once = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigtimedwait(&set, NULL, &at_once);
}

static void *work(void *arg)
{
	struct counter *c = arg;
	int error;

	c->manner->prepare(c->vcpu.fd);
	while ((error = run(c->vcpu.fd)) == EINTR && c->manner->ready_for_eintr) {
		c->interrupted++;
		eat();
	}
	if ((errno = error))
		die("KVM_RUN");
	if (c->vcpu.run->exit_reason != KVM_EXIT_HLT)
		die("exit");
	return NULL;
}

static void map(const struct vm *vm, unsigned slot, uint64_t gpa, uint8_t *at, uint64_t size)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)at };

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

static void make_memory(const struct vm *vm)
{
	memory = mmap(
		NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("memory");
	for (unsigned i = 0; i < BETWEEN / PAGE; i++)
		memcpy(memory->between + i * PAGE, &i, sizeof(i));
	memory->low[PAGE] = memory->high[PAGE] = 1;
	map(vm, 1, 0x20000, memory->low, MEMORY);
	map(vm, 2, 0x200000, memory->between, BETWEEN);
	map(vm, 3, 0x100000, memory->high, MEMORY);
}

static void start(const struct vm *vm, unsigned i, struct counter *c)
{
	uint8_t code[sizeof(count)];

	memcpy(code, count, sizeof(code));
	code[FIRST_N] += (uint8_t)(8 * i);
	code[SECOND_N] += (uint8_t)(8 * i);
	c->low = (_Atomic uint32_t *)(memory->low + (size_t)8 * i);
	c->high = (_Atomic uint32_t *)(memory->high + (size_t)8 * i);
	vcpu_open(vm, i, code, sizeof(code), &c->vcpu);
	if (pthread_create(&c->thread, NULL, work, c))
		die("pthread_create");
}

// It counts, so it is in the guest.
static void await(const struct counter *c)
{
	const uint32_t before = *c->high;

	while (*c->high == before)
		sleep_ms(1);
}

static void fail_once(struct vcpu *vcpu)
{
	vcpu->run->kvm_valid_regs = 1 << 20;
	if (run(vcpu->fd) != EINVAL)
		die("unknown kvm_valid_regs");
	vcpu->run->kvm_valid_regs = 0;
}

static const struct manner *find(const char *name)
{
	for (unsigned i = 0; i < sizeof(manners) / sizeof(manners[0]); i++)
		if (!strcmp(manners[i].name, name))
			return &manners[i];
	die(name);
}

static void end(struct counter *c)
{
	pthread_join(c->thread, NULL);
	if (*c->low != *c->high)
		die("the guest miscounted");
}

int mode_several(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[1]), rounds = (unsigned)atoi(argv[3]);
	struct counter counters[MOST_VCPUS] = { 0 };
	struct vcpu first;
	struct vm vm;

	vm_open(&vm);
	make_memory(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &first);
	for (unsigned i = 1; i < n; i++) {
		counters[i].manner = find(argv[2]);
		start(&vm, i, &counters[i]);
	}
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 1; i < n; i++)
			await(&counters[i]);
		fail_once(&first);
	}
	memory->low[STOP_AT] = 1;
	for (unsigned i = 1; i < n; i++)
		end(&counters[i]);
	run_times(first.fd, 3);
	puts("done");
	return 0;
}

static _Thread_local int own = -1; // this thread's vCPU

static void on_alarm(int number)
{
	const int error = errno;

	if (own >= 0)
		ioctl(own, KVM_RUN, 1);
	errno = error;
}

static void often(void (*handler)(int number))
{
	const struct itimerval interval = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = handler };

	sigaction(SIGALRM, &action, NULL);
	if (setitimer(ITIMER_REAL, &interval, NULL))
		die("setitimer");
}

struct failing {
	pthread_t thread;
	struct vcpu vcpu;
	unsigned rounds;
	bool alarms;
};

static void run_one(const struct failing *f)
{
	int error;

	while ((error = run(f->vcpu.fd)))
		if (error != EINTR || !f->alarms) {
			errno = error;
			die("KVM_RUN");
		}
}

static void *fail_often(void *arg)
{
	struct failing *f = arg;

	own = f->vcpu.fd;
	for (unsigned i = 0; i < f->rounds; i++) {
		run_one(f);
		if (ioctl(f->vcpu.fd, KVM_RUN, 1) == 0 || errno != EINVAL)
			die("an argument");
	}
	own = -1;
	vcpu_close(&f->vcpu);
	return NULL;
}

int mode_together(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[1]), rounds = (unsigned)atoi(argv[2]);
	const bool alarms = !strcmp(argv[3], "alarms");
	struct failing failing[MOST_VCPUS];
	struct vm vm;

	vm_open(&vm);
	if (alarms)
		often(on_alarm);
	for (unsigned i = 0; i < n; i++) {
		failing[i] = (struct failing){ .rounds = rounds * (i + 1), .alarms = alarms };
		vcpu_open(&vm, i, mmio_loop, sizeof(mmio_loop), &failing[i].vcpu);
	}
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&failing[i].thread, NULL, fail_often, &failing[i]))
			die("pthread_create");
	for (unsigned i = 0; i < n; i++)
		pthread_join(failing[i].thread, NULL);
	puts("done");
	return 0;
}
