/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_MACHINE_H
#define TL_TESTS_RECORDER_FOREIGN_MACHINE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A VMM that has never heard of Trapline: raw KVM ioctls by way of libc, guests in real mode (arm64:
 * EL1 without MMU) with 64 KiB of memory at 0, nothing above. Each mode of it (modes.h) is one thing
 * that VMMs do. What goes wrong ends it with a line on stderr and status 3.
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

/* What is another thing on another machine: machine-x86_64.c, machine-arm64.c. */

/** Sets the vCPU up to begin at `start`. */
void vcpu_start(const struct vm *vm, struct vcpu *vcpu, uint64_t start);
/** One that has been set up sees all memory from now on. */
void vcpu_start_flat(struct vcpu *vcpu);

#ifdef __x86_64__
/** For ever: `out %al, $0x600` with al counting. */
extern const uint8_t out_loop[8];
/** For ever: a 2-byte write of a count to HOLE. */
extern const uint8_t mmio_loop[14];
/** For ever: asks for a page and increments the 2 bytes that it begins with. */
extern const uint8_t poke_loop[10];
/** For ever: does that to each of the 70 pages from 0x20000, and then exits. */
extern const uint8_t sweep_loop[24];
/** For ever: asks for a number, and seeded by it writes 24 numbers where it was aimed at. */
extern const uint8_t scribble_loop[33];
#define DEADLY "\x0f\x0b"	  /* ud2 */
#else				  /* the same */
extern const uint32_t out_loop[3], poke_loop[6], sweep_loop[10], scribble_loop[13];
#define DEADLY "\x01\x44\x40\xb8" /* ldr w1, [x0], #4 */
#endif

/** It has left the guest to ask for something. */
bool asks(const struct vcpu *vcpu);
void answer_page(struct vcpu *vcpu, uint64_t gpa);
void answer_number(struct vcpu *vcpu, uint32_t number);

/** Where scribble_loop writes: at `base`, up to `mask` behind it, which has no bit below the third. */
void vcpu_aim(struct vcpu *vcpu, uint64_t base, uint64_t mask);

/** The guest goes on at `code_at`, which the VMM has at `code`, with what it cannot survive: DEADLY. */
void vcpu_aim_at_death(struct vcpu *vcpu, uint8_t *code, uint64_t code_at, uint64_t stack_at);
/** Runs it, and it did not. */
bool dies(struct vcpu *vcpu);

#endif
