// SPDX-License-Identifier: MIT
// Writes that KVM queues without an exit (KVM API 4.116), and VMMs that take them when they like.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

// 1: mov $1000, %cx; 2: mov %bx, HOLE; inc %bx; loop 2b; out %al, $0x60; jmp 1b
static const uint8_t thousand_writes[] = { 0xb8, 0x00, 0xd0, 0x8e, 0xd8, 0xb9, 0xe8, 0x03, 0x89,
	0x1e, 0x00, 0x00, 0x43, 0xe2, 0xf9, 0xe6, 0x60, 0xeb, 0xf2 };

static _Atomic bool drained_enough;

static void coalesce(const struct vm *vm)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = HOLE, .size = 4096 };

	if (ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone))
		die("KVM_REGISTER_COALESCED_MMIO");
}

static struct kvm_coalesced_mmio_ring *ring_of(const struct vcpu *vcpu)
{
	return (void *)((char *)vcpu->run + KVM_COALESCED_MMIO_PAGE_OFFSET * getpagesize());
}

static void empty(struct kvm_coalesced_mmio_ring *ring)
{
	__atomic_store_n(
		&ring->first, __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

static void *drain(void *arg)
{
	while (!drained_enough)
		empty(arg);
	return NULL;
}

// Writes leave the ring between two exits, as when a VMM's display refreshes.
int mode_drained(char **argv)
{
	pthread_t thread;
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, thousand_writes, sizeof(thousand_writes), &vcpu);
	coalesce(&vm);
	pthread_create(&thread, NULL, drain, ring_of(&vcpu));
	for (int outs = 0; outs < atoi(argv[1]); outs += vcpu.run->exit_reason == KVM_EXIT_IO)
		run_times(vcpu.fd, 1);
	drained_enough = true;
	pthread_join(thread, NULL);
	return 0;
}

static int rounds;

static void *share(void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct vcpu *vcpu = arg;

	for (int outs = 0; outs < rounds; outs += vcpu->run->exit_reason == KVM_EXIT_IO) {
		run_times(vcpu->fd, 1);
		pthread_mutex_lock(&lock);
		empty(ring_of(vcpu));
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

// Every write has a value of its own: the second vCPU begins at 0x8000.
int mode_shared_ring(char **argv)
{
	struct vcpu vcpus[2];
	pthread_t thread[2];
	struct kvm_regs regs;
	struct vm vm;

	rounds = atoi(argv[1]);
	vm_open(&vm);
	coalesce(&vm);
	for (unsigned i = 0; i < 2; i++) {
		vcpu_open(&vm, i, thousand_writes, sizeof(thousand_writes), &vcpus[i]);
		ioctl(vcpus[i].fd, KVM_GET_REGS, &regs);
		regs.rbx = i * 0x8000;
		ioctl(vcpus[i].fd, KVM_SET_REGS, &regs);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, share, &vcpus[i]);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
