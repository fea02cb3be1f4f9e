// SPDX-License-Identifier: MIT
// C with debug information: clears registers of a device, which is nothing at HOLE, by a store in a
// function that is inlined.
#include <stdint.h>

#define EXIT_PORT 0xf4	     // as guest.inc, which is assembly
#define HOLE	  0xd0000000 // the same

static inline __attribute__((always_inline)) volatile uint32_t *store(
	volatile uint32_t *to, uint32_t value)
{
	*to = value; // here it exits
	return to + 1;
}

static __attribute__((noinline)) void clear_device(volatile uint32_t *regs, unsigned n)
{
	while (n--)
		regs = store(regs, 0);
}

void _start(void);

void _start(void)
{
	clear_device((volatile uint32_t *)HOLE, 4);
	__asm__ volatile("outb %b0, %w1" : : "a"(0), "Nd"(EXIT_PORT));
	for (;;)
		;
}
