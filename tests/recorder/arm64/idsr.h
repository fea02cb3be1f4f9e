/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_ARM64_IDSR_H
#define TL_TESTS_RECORDER_ARM64_IDSR_H

#include <stdbool.h>
#include <stdint.h>

/* What idsr.elf and idsr32.elf do, worked out from their instructions. */

enum { NOWHERE = 31, FLAGS = 32 };

/** An access to a register, as its instruction has it. */
struct access {
	bool read;
	bool pair;	  /**< MRRC or MCRR */
	uint32_t addr;	  /**< as the trace numbers registers */
	unsigned rt, rt2; /**< 0 to 30, NOWHERE, FLAGS */
};

/** MRS and MSR: what stands at 19:5 is the register's number, less the upper bit of Op0. */
static inline struct access access_of_a64(uint32_t word)
{
	return (struct access){
		.read = word >> 21 & 1, .addr = (word >> 5 & 0x7fff) | 0x8000, .rt = word & 31
	};
}

// The host's number of a register: LR of IRQ mode is another than that of SVC, which is not used here.
static inline unsigned a32_number(unsigned r, uint64_t cpsr)
{
	return r == 14 && (cpsr & 0x1f) == 0x12 ? 16 : r;
}

/** MRC, MCR, MRRC and MCRR of coprocessor 15; T32 has the same, upper half first. */
static inline struct access access_of_a32(uint32_t word, uint64_t cpsr)
{
	struct access a = { 0 };

	if (cpsr & 0x20)
		word = word << 16 | word >> 16;
	a.rt = a32_number(word >> 12 & 15, cpsr);
	a.read = word >> 20 & 1;
	a.pair = (word >> 25 & 7) == 6;
	if (a.pair) {
		a.rt2 = a32_number(word >> 16 & 15, cpsr);
		a.addr = (word >> 4 & 8) << 13 | (word >> 4 & 7) << 11 | (word & 15) << 3;
	} else {
		a.addr = (word >> 21 & 7) << 11 | (word >> 16 & 15) << 7 | (word & 15) << 3 |
			 (word >> 5 & 7);
	}
	if (a.read && a.rt == 15)
		a.rt = FLAGS;
	return a;
}

#endif
