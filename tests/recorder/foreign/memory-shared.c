// SPDX-License-Identifier: MIT
// Memory that a VM does not have for itself.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, WATCHED_AT = 0x5000, WRITTEN_AT = 0x8000, ROUNDS = 5 };

// Both run by turns, and something is written before each turn.
int mode_memory_twice(char **argv)
{
	struct vm vms[2];
	struct vcpu vcpus[2];
	struct kvm_userspace_memory_region region = { .memory_size = 0 };

	for (unsigned i = 0; i < 2; i++) {
		vm_open(&vms[i]);
		vcpu_open(&vms[i], 0, out_loop, sizeof(out_loop), &vcpus[i]);
	}
	if (ioctl(vms[1].fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	region.memory_size = MEMORY;
	region.userspace_addr = (uintptr_t)vms[0].memory;
	if (ioctl(vms[1].fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < 2; i++) {
			vms[0].memory[WRITTEN_AT + round * PAGE + i]++;
			run_times(vcpus[i].fd, 1);
		}
	return 0;
}

static void be_heir(uint8_t *memory)
{
	struct kvm_userspace_memory_region region = { .memory_size = 0 };
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	region.memory_size = MEMORY;
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 2);
	_exit(0);
}

int mode_memory_forked(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;
	pid_t child;
	int status;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 2);
	child = fork();
	if (!child)
		be_heir(vm.memory);
	if (waitpid(child, &status, 0) != child || status)
		die("a child");
	return 0;
}

// Bit 57 of an entry of pagemap: write-protected by a userfaultfd.
static int is_protected(const uint8_t *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)at / PAGE * sizeof(entry))) !=
		sizeof(entry))
		die("pagemap");
	close(fd);
	return (int)(entry >> 57 & 1);
}

static int open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);

	if (ioctl(fd, UFFDIO_API, &api))
		die("UFFDIO_API");
	return fd;
}

int mode_memory_watched(char **argv)
{
	const unsigned before = (unsigned)atoi(argv[1]);
	struct uffdio_register watch = { .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect protect = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	struct vcpu vcpu;
	struct vm vm;
	int fd = open_uffd(), other = open_uffd();

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, before);
	vm.memory[WATCHED_AT] = 1;
	watch.range = (struct uffdio_range){ (uintptr_t)vm.memory, MEMORY };
	protect.range = (struct uffdio_range){ (uintptr_t)vm.memory + WATCHED_AT, PAGE };
	if (ioctl(fd, UFFDIO_REGISTER, &watch) || ioctl(fd, UFFDIO_WRITEPROTECT, &protect))
		die("userfaultfd");
	run_times(vcpu.fd, ROUNDS);
	if (!ioctl(other, UFFDIO_REGISTER, &watch) || errno != EBUSY)
		die("two may watch it");
	puts(is_protected(vm.memory + WATCHED_AT) ? "still watched" : "no longer watched");
	return 0;
}

// Whoever has a userfaultfd on it: "uw" among its VmFlags, write-protection.
static int is_registered(const uint8_t *at)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	char line[512];
	int here = 0;

	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)at >= start && (uintptr_t)at < end;
		if (here && !strncmp(line, "VmFlags:", 8))
			break;
	}
	fclose(maps);
	return strstr(line, " uw") != NULL;
}

// At the end of a VM, or of a recording that ends while it runs.
int mode_memory_left(char **argv)
{
	const int closes = !strcmp(argv[1], "closed");
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, ROUNDS);
	if (closes) {
		vcpu_close(&vcpu);
		close(vm.fd);
	}
	for (unsigned ms = 0; !closes && ms < 5000 && is_registered(vm.memory); ms += 10) {
		sleep_ms(10);
		run_times(vcpu.fd, 1);
	}
	puts(is_registered(vm.memory) ? "under watch" : "left alone");
	return 0;
}
