/* SPDX-License-Identifier: MIT */
/*
 * Accesses whose syndrome does not describe them, on HOLE and (writes) on ROM, each at a named label;
 * nisv.expect lists them. Before each, x0 is the address, x1 to x7 are 0x1111111111111111 to
 * 0x7777777777777777 and v0, v1 are 0x2222222222222222:0x1111111111111111 and 0x4444444444444444:
 * 0x3333333333333333. x28 counts them.
 *
 * An external data abort is counted and passed over (vectors.inc). Ends with a line of the numbers
 * (hexadecimal), and x26 as its status.
 *
 * The MMU is on, with all memory Normal, as exclusives, atomics and DC ZVA want it: with the MMU off
 * the architecture gives DC ZVA an alignment fault at EL1, before stage 2 is looked at.
 */
	.arch	armv8.1-a
#include "guest.inc"
#include "vectors.inc"

	/* x0 = `base`; at `offset` from it something will be accessed. */
	.macro prepare base, offset
	ldr	x0, =\base
	add	x25, x0, #\offset
	bl	set_known
	add	x28, x28, #1
	.endm

	.macro access name, base, offset, insn:vararg
	prepare	\base, \offset
	.globl	\name
\name:	\insn
	.endm

_start:
	bl	set_up
	access	post_load_hole, HOLE, 0, ldr w1, [x0], #4
	access	post_store_hole, HOLE, 0, str w1, [x0], #4
	access	post_load_signed_hole, HOLE, 0, ldrsb x2, [x0], #1
	access	pre_load_hole, HOLE, 8, ldr x2, [x0, #8]!
	access	pre_store_hole, HOLE, 8, str x2, [x0, #8]!
	access	pair_load_hole, HOLE, 0, ldp x2, x3, [x0]
	access	pair_store_hole, HOLE, 0, stp x2, x3, [x0]
	access	pair_pre_store_hole, HOLE, 16, stp w2, w3, [x0, #16]!
	access	simd_load_hole, HOLE, 0, ldr q0, [x0]
	access	simd_store_hole, HOLE, 0, str q0, [x0]
	access	simd_pair_store_hole, HOLE, 0, stp q0, q1, [x0]
	access	simd_struct_load_hole, HOLE, 0, ld1 {v0.16b}, [x0]
	access	simd_struct_store_hole, HOLE, 0, st1 {v0.16b}, [x0]
	access	exclusive_load_hole, HOLE, 0, ldxr x2, [x0]
	access	atomic_add_hole, HOLE, 0, ldadd x2, x3, [x0]
	access	atomic_store_add_hole, HOLE, 0, stadd w2, [x0]
	access	atomic_swap_hole, HOLE, 0, swp x2, x3, [x0]
	access	atomic_compare_hole, HOLE, 0, cas x2, x3, [x0]
	access	zero_block_hole, HOLE, 0, dc zva, x0

	access	post_store_rom, ROM, 0, str w1, [x0], #4
	access	pre_store_rom, ROM, 8, str x2, [x0, #8]!
	access	pair_store_rom, ROM, 0, stp x2, x3, [x0]
	access	simd_store_rom, ROM, 0, str q0, [x0]
	access	simd_struct_store_rom, ROM, 0, st1 {v0.16b}, [x0]
	prepare	ROM, 0
1:	ldxr	x8, [x0]
	.globl	exclusive_store_rom
exclusive_store_rom:
	stxr	w4, x2, [x0]
	cmp	w4, #1 /* the monitor was lost in between, so that nothing was stored */
	b.eq	1b
	access	atomic_add_rom, ROM, 0, ldadd x2, x3, [x0]
	access	atomic_swap_rom, ROM, 0, swp x2, x3, [x0]
	access	zero_block_rom, ROM, 0, dc zva, x0

	print	"nisv: accesses "
	mov	x12, x28
	bl	put_byte
	print	" aborts "
	mov	x12, x27
	bl	put_byte
	print	" wrong "
	mov	x12, x26
	bl	put_byte
	print	"\n"
	mov	w9, w26
	exit_w9

	/* x1 = 0x1111111111111111 ... x7 = 0x7777777777777777, v0 = x2:x1, v1 = x4:x3. */
set_known:
	ldr	x1, =0x1111111111111111
	add	x2, x1, x1
	add	x3, x2, x1
	add	x4, x3, x1
	add	x5, x4, x1
	add	x6, x5, x1
	add	x7, x6, x1
	mov	v0.d[0], x1
	mov	v0.d[1], x2
	mov	v1.d[0], x3
	mov	v1.d[1], x4
	ret

	/* Vectors, SIMD, the MMU, and the counts at 0. */
set_up:
	ldr	x9, =vectors
	msr	vbar_el1, x9
	mov	x26, #0
	mov	x27, #0
	mov	x28, #0
	mov	x9, #3 << 20 /* CPACR_EL1.FPEN */
	msr	cpacr_el1, x9
	mov	x9, #0xff /* MAIR_EL1: index 0 is Normal, write-back */
	msr	mair_el1, x9
	ldr	x9, =0x200803519 /* TCR_EL1: T0SZ 25, cached walks, no TTBR1, 40-bit IPA, 4 KiB pages */
	msr	tcr_el1, x9
	ldr	x9, =tables
	msr	ttbr0_el1, x9
	isb
	mrs	x9, sctlr_el1
	orr	x9, x9, #1 << 0 /* M */
	orr	x9, x9, #1 << 2 /* C */
	msr	sctlr_el1, x9
	isb
	ret

	/* Prints the low byte of x12. */
put_byte:
	ldr	x11, =UART
	ldr	x13, =digits
	ubfx	x10, x12, #4, #4
	ldrb	w10, [x13, x10]
	str	w10, [x11]
	ubfx	x10, x12, #0, #4
	ldrb	w10, [x13, x10]
	str	w10, [x11]
	ret

	.section .rodata
digits:	.ascii	"0123456789abcdef"

	/* The first 2 GiB mapped to themselves: Normal, inner shareable, accessed, blocks of 1 GiB. */
	.data
	.balign	4096
tables:	.quad	0x00000701
	.quad	0x40000701
	.fill	510, 8, 0
