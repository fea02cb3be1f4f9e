/* SPDX-License-Identifier: MIT */
/* MMIO for ever, after one line: writes of an increasing count to HOLE. */
#include "guest.inc"

_start:
	print	"endless begins"
	mov	$HOLE, %ebx
	xor	%ecx, %ecx
1:	mov	%rcx, (%rbx)
	inc	%rcx
	jmp	1b
