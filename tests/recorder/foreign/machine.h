/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_MACHINE_H
#define TL_TESTS_RECORDER_FOREIGN_MACHINE_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A VMM that has never heard of Trapline: raw KVM ioctls by way of libc, guests in real mode with
 * 64 KiB of memory at 0, nothing above. Each mode of it (modes.h) is one thing that VMMs do. What
 * goes wrong ends it with a line on stderr and status 3.
 */
enum { MEMORY = 0x10000, CODE_AT = 0x1000, CODE_ROOM = 0x100, STACK_AT = 0xf000, HOLE = 0xd0000 };

struct vm {
	int system, fd;
	uint8_t *memory;
	size_t run_size;
};

struct vcpu {
	int fd;
	struct kvm_run *run;
	size_t run_size;
};

/** Prints what, with errno, and ends the program. */
void die(const char *what) __attribute__((noreturn));

void vm_open(struct vm *vm);
void vm_close(struct vm *vm);

/** A vCPU that starts at `code`, with a stack and all segments at 0. */
void vcpu_open(
	const struct vm *vm, unsigned long id, const void *code, size_t size, struct vcpu *ret);
/** The same with its code elsewhere: there are more numbers than room for code. */
void vcpu_open_at(const struct vm *vm, unsigned long id, unsigned long place, const void *code,
	size_t size, struct vcpu *ret);
void vcpu_close(struct vcpu *vcpu);

/** KVM_RUN on that descriptor; gives errno, 0 when it succeeded. */
int run(int fd);

/** KVM_RUN that must succeed, n times. */
void run_times(int fd, unsigned n);

void sleep_ms(unsigned ms);

/** For ever: `out %al, $0x600` with al counting. */
extern const uint8_t out_loop[8];
/** For ever: a 2-byte write of a count to HOLE. */
extern const uint8_t mmio_loop[14];

#endif
