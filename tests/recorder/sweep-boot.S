/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that knows what its memory should be: it counts in a word of each page from 0x10000 to
 * 0x80000, once a tick, and ends with 0x20 when one is not what it left there. It says A in a graphics
 * mode, B when the screen is painted, and after 20 more sweeps from the first byte on the serial line
 * C, with 0x10.
 */
	.code16
	.text
start:	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %ss
	mov $0x7000, %sp
	sti
	cld
	mov $0x13, %ax
	int $0x10
	mov $'A', %al
	call say
	mov $0x1000, %ax
1:	mov %ax, %es
	movw $0, %es:0
	add $0x100, %ax
	cmp $0x8000, %ax
	jb 1b
	xor %bp, %bp
	mov $20, %si
sweep:	inc %bp
	mov $0x1000, %ax
2:	mov %ax, %es
	mov %es:0, %bx
	inc %bx
	cmp %bp, %bx
	jne bad
	mov %bx, %es:0
	out %al, $0x80
	add $0x100, %ax
	cmp $0x8000, %ax
	jb 2b
	hlt
	cmp $20, %bp
	jne 3f
	mov $0xa000, %ax
	mov %ax, %es
	xor %di, %di
	mov $64000, %cx
4:	mov %di, %ax
	stosb
	loop 4b
	mov $'B', %al
	call say
3:	mov $0x3fd, %dx
	in %dx, %al
	test $1, %al
	jz sweep
	dec %si
	jnz sweep
	mov $'C', %al
	call say
	mov $0x10, %al
	jmp end
bad:	mov $'X', %al
	call say
	mov $0x20, %al
end:	mov $0x501, %dx
	out %al, %dx
5:	hlt
	jmp 5b
say:	mov $0x3f8, %dx
	out %al, %dx
	ret
