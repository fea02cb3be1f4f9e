// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "foreign: %s: %s\n", what, strerror(errno));
	exit(3);
}

void vm_open(struct vm *vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	int size;

	vm->system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->system < 0)
		die("/dev/kvm");
	size = ioctl(vm->system, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->fd = ioctl(vm->system, KVM_CREATE_VM, 0);
	if (size < 0 || vm->fd < 0)
		die("KVM_CREATE_VM");
	vm->run_size = (size_t)size;
	vm->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (vm->memory == MAP_FAILED)
		die("memory");
	region.userspace_addr = (uintptr_t)vm->memory;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

void vm_close(struct vm *vm)
{
	munmap(vm->memory, MEMORY);
	close(vm->fd);
	close(vm->system);
}

void vcpu_open(
	const struct vm *vm, unsigned long id, const void *code, size_t size, struct vcpu *ret)
{
	vcpu_open_at(vm, id, id, code, size, ret);
}

void vcpu_open_at(const struct vm *vm, unsigned long id, unsigned long place, const void *code,
	size_t size, struct vcpu *ret)
{
	const unsigned long start = CODE_AT + place * CODE_ROOM;

	memcpy(vm->memory + start, code, size);
	ret->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (ret->fd < 0)
		die("KVM_CREATE_VCPU");
	ret->run_size = vm->run_size;
	ret->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, ret->fd, 0);
	if (ret->run == MAP_FAILED)
		die("kvm_run");
	vcpu_start(vm, ret, start);
}

void vcpu_close(struct vcpu *vcpu)
{
	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
}

int run(int fd)
{
	return ioctl(fd, KVM_RUN, 0) < 0 ? errno : 0;
}

void run_times(int fd, unsigned n)
{
	while (n--)
		if ((errno = run(fd)))
			die("KVM_RUN");
}

void sleep_ms(unsigned ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}
