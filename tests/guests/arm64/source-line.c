// SPDX-License-Identifier: MIT
// C with debug information: clears registers of a device, which is nothing at HOLE. The store
// writes its base back, as compilers like it and KVM has no syndrome for; it is in a function
// that is inlined.
#include "tests/guests/arm64/board.inc"

#include <stdint.h>

static uint8_t stack[4096] __attribute__((aligned(16), used));

__asm__(".globl _start\n"
	"_start:\n"
	"	adrp	x9, stack\n"
	"	add	x9, x9, :lo12:stack\n"
	"	add	sp, x9, #4096\n"
	"	b	run\n");

static inline __attribute__((always_inline)) uint32_t *store(uint32_t *to, uint32_t value)
{
	__asm__ volatile("str %w1, [%0], #4" : "+r"(to) : "r"(value) : "memory"); // here it dies
	return to;
}

static __attribute__((noinline)) void clear_device(uint32_t *regs, unsigned n)
{
	while (n--)
		regs = store(regs, 0);
}

void run(void);

void run(void)
{
	clear_device((uint32_t *)HOLE, 4);
	*(volatile uint32_t *)EXIT_PORT = 0;
	for (;;)
		;
}
