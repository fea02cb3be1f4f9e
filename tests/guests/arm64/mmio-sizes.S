/* SPDX-License-Identifier: MIT */
/*
 * MMIO of every size, sign and direction that the syndrome describes, in this order, each at a named
 * label; x2 = 0x8877665544332211 before each:
 *
 *   writes at HOLE		strb, strh, str w2, str x2, str wzr, str xzr; stlr w2
 *   writes at HOLE + 8		sturh w2; str w2 by register offset
 *   reads at HOLE + 0x10	ldrb, ldrh, ldr w3, ldr x3; ldrsb w3, x3; ldrsh w3, x3; ldrsw x3;
 *				ldar w3; ldr xzr
 *
 * x3 is 0x5a5a5a5a5a5a5a5a before each read. The status is how many reads did not give all zeroes or
 * all ones throughout, by the first. A kernel that zero-extends signed loads (6.12 does, 7.2 does not)
 * makes it 5 when they are ones.
 */
#include "guest.inc"

	.macro access name, insn:vararg
	.globl	\name
\name:	\insn
	.endm

	/* A read into x3, which then is the first read (x20) cut to `mask`. */
	.macro read name, mask, insn:vararg
	mov	x3, x21
	access	\name, \insn
	ldr	x4, =\mask
	and	x4, x4, x20
	cmp	x3, x4
	cinc	x19, x19, ne
	.endm

_start:
	ldr	x0, =HOLE
	mov	x1, #8
	ldr	x2, =0x8877665544332211
	mov	x19, #0
	ldr	x21, =0x5a5a5a5a5a5a5a5a
	access	store_b, strb w2, [x0]
	access	store_h, strh w2, [x0]
	access	store_w, str w2, [x0]
	access	store_x, str x2, [x0]
	access	store_wzr, str wzr, [x0]
	access	store_xzr, str xzr, [x0]
	access	store_release, stlr w2, [x0]
	access	store_unscaled, sturh w2, [x0, #9 - 1]
	access	store_offset, str w2, [x0, x1]

	add	x0, x0, #0x10
	mov	x3, x21
	access	load_first, ldrsb x3, [x0]
	sbfx	x20, x3, #0, #8
	read	load_b, 0xff, ldrb w3, [x0]
	read	load_h, 0xffff, ldrh w3, [x0]
	read	load_w, 0xffffffff, ldr w3, [x0]
	read	load_x, 0xffffffffffffffff, ldr x3, [x0]
	read	load_sb_w, 0xffffffff, ldrsb w3, [x0]
	read	load_sb_x, 0xffffffffffffffff, ldrsb x3, [x0]
	read	load_sh_w, 0xffffffff, ldrsh w3, [x0]
	read	load_sh_x, 0xffffffffffffffff, ldrsh x3, [x0]
	read	load_sw_x, 0xffffffffffffffff, ldrsw x3, [x0]
	read	load_acquire, 0xffffffff, ldar w3, [x0]
	access	load_xzr, ldr xzr, [x0]

	print	"mmio-sizes done\n"
	mov	w9, w19
	exit_w9
