/* SPDX-License-Identifier: MIT */
/* Every vCPU halts; the first says so. */
#include "guest.inc"

_start:
	test	%edi, %edi
	jnz	1f
	print	"halt"
1:	hlt
	print	"ran on after hlt"
	exit	1
