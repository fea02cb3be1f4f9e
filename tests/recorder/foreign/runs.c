// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_VCPUS = 8 };

struct job {
	pthread_t thread;
	struct vcpu vcpu;
	uint64_t exits; // 0: for ever
	_Atomic uint64_t *entered, *left;
};

static void *work(void *arg)
{
	struct job *job = arg;

	for (uint64_t n = 0; !job->exits || n < job->exits; n++) {
		if (job->entered)
			++*job->entered;
		run_times(job->vcpu.fd, 1);
		if (job->left)
			++*job->left;
	}
	return NULL;
}

static void work_all(struct job *jobs, unsigned n)
{
	struct vm vm;

	vm_open(&vm);
	for (unsigned i = 0; i < n; i++)
		vcpu_open(&vm, i, mmio_loop, sizeof(mmio_loop), &jobs[i].vcpu);
	for (unsigned i = 0; i < n; i++)
		pthread_create(&jobs[i].thread, NULL, work, &jobs[i]);
	for (unsigned i = 0; i < n; i++)
		pthread_join(jobs[i].thread, NULL);
}

int mode_endless(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[2]);
	struct job jobs[MOST_VCPUS] = { 0 };
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);
	struct counts *counts =
		mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (counts == MAP_FAILED)
		die(argv[1]);
	counts->pid = getpid();
	for (unsigned i = 0; i < n; i++) {
		jobs[i].entered = &counts->entered[i];
		jobs[i].left = &counts->left[i];
	}
	work_all(jobs, n);
	return 0;
}

int mode_threads(char **argv)
{
	const unsigned n = (unsigned)atoi(argv[1]);
	struct job jobs[MOST_VCPUS] = { 0 };

	for (unsigned i = 0; i < n; i++)
		jobs[i].exits = (uint64_t)atoll(argv[2]);
	work_all(jobs, n);
	return 0;
}

// mov $0xd000, %ax; mov %ax, %ds; 1: mov %cx, 0; in $0x60, %al; inc %cx; jmp 1b
static const uint8_t write_and_in[] = { 0xb8, 0x00, 0xd0, 0x8e, 0xd8, 0x89, 0x0e, 0x00, 0x00, 0xe4,
	0x60, 0x41, 0xeb, 0xf7 };

int mode_interrupted(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, write_and_in, sizeof(write_and_in), &vcpu);
	for (unsigned i = 0; i < 4; i++) {
		run_times(vcpu.fd, 1);
		if (vcpu.run->exit_reason == KVM_EXIT_IO)
			*((uint8_t *)vcpu.run + vcpu.run->io.data_offset) = 0x77;
		vcpu.run->immediate_exit = 1;
		printf("errno %d with reason %u\n", run(vcpu.fd), vcpu.run->exit_reason);
		vcpu.run->immediate_exit = 0;
	}
	return 0;
}

static void say(const struct vcpu *vcpu, const char *what, int error)
{
	printf("%s: errno %d, reason %u\n", what, error, vcpu->run->exit_reason);
}

static void bad_valid_regs(struct vcpu *vcpu)
{
	vcpu->run->kvm_valid_regs = 1 << 20;
	say(vcpu, "unknown kvm_valid_regs", run(vcpu->fd));
	printf("kvm_valid_regs 0x%llx\n", (unsigned long long)vcpu->run->kvm_valid_regs);
	vcpu->run->kvm_valid_regs = 0;
}

static void bad_argument(struct vcpu *vcpu)
{
	int result = ioctl(vcpu->fd, KVM_RUN, 1);

	say(vcpu, "an argument", result < 0 ? errno : 0);
}

// A slot whose memory is gone from this process: mov %cx, HOLE is in it now.
static void no_memory(const struct vm *vm, struct vcpu *vcpu)
{
	struct kvm_userspace_memory_region region = {
		.slot = 1, .guest_phys_addr = HOLE, .memory_size = MEMORY
	};
	void *memory =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	munmap(memory, MEMORY);
	say(vcpu, "memory that is gone", run(vcpu->fd));
}

static void on_alarm(int number)
{
}

// The signal finds the guest running: this EINTR has a reason of its own.
static void signalled(const struct vm *vm)
{
	static const uint8_t jump_to_itself[] = { 0xeb, 0xfe };
	const struct itimerval soon = { .it_value = { .tv_usec = 30000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	struct vcpu vcpu;

	vcpu_open(vm, 1, jump_to_itself, sizeof(jump_to_itself), &vcpu);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	say(&vcpu, "a signal", run(vcpu.fd));
}

// A vCPU is its process's own.
static void by_a_child(struct vcpu *vcpu)
{
	int status;

	fflush(stdout);
	if (!fork())
		_exit(run(vcpu->fd));
	wait(&status);
	say(vcpu, "another process", WEXITSTATUS(status));
}

int mode_failing(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, mmio_loop, sizeof(mmio_loop), &vcpu);
	run_times(vcpu.fd, 1);
	bad_valid_regs(&vcpu);
	bad_argument(&vcpu);
	by_a_child(&vcpu);
	signalled(&vm);
	no_memory(&vm, &vcpu);
	return 0;
}

int mode_registers(char **argv)
{
	FILE *to = fopen(argv[1], "we");
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct vcpu vcpu;
	struct vm vm;

	if (!to)
		die(argv[1]);
	vm_open(&vm);
	vcpu_open(&vm, 0, write_and_in, sizeof(write_and_in), &vcpu);
	for (unsigned i = 0; i < 200; i++) {
		run_times(vcpu.fd, 1);
		if (ioctl(vcpu.fd, KVM_GET_REGS, &regs) || ioctl(vcpu.fd, KVM_GET_SREGS, &sregs))
			die("KVM_GET_REGS, KVM_GET_SREGS");
		fwrite(&regs, sizeof(regs), 1, to);
		fwrite(&sregs, sizeof(sregs), 1, to);
		if (vcpu.run->exit_reason == KVM_EXIT_IO)
			*((uint8_t *)vcpu.run + vcpu.run->io.data_offset) = (uint8_t)i;
	}
	fclose(to);
	return 0;
}

// libc leaves it alone where nothing has failed; only a call that fails sets it.
int mode_errno(char **argv)
{
	struct kvm_userspace_memory_region region = {
		.slot = 1, .guest_phys_addr = HOLE, .memory_size = MEMORY
	};
	struct kvm_regs regs;
	struct vcpu vcpu;
	struct vm vm;

	errno = 71;
	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	printf("a machine: %d\n", errno);
	errno = 72;
	for (unsigned i = 0; i < 3; i++)
		if (ioctl(vcpu.fd, KVM_RUN, 0))
			die("KVM_RUN");
	printf("KVM_RUN: %d\n", errno);
	errno = 73;
	region.userspace_addr = (uintptr_t)vm.memory;
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region) ||
		ioctl(vcpu.fd, KVM_GET_REGS, &regs) || ioctl(vcpu.fd, KVM_SET_REGS, &regs))
		die("ioctl");
	printf("others: %d\n", errno);
	errno = run(-1);
	printf("no descriptor: %d\n", errno);
	vcpu_close(&vcpu);
	printf("close: %d\n", errno);
	return 0;
}
