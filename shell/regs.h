/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_REGS_H
#define TL_SHELL_REGS_H

#include "arch/arch.h"

/**
 * Prints the registers, those that differ from `before` (NULL: nothing to compare with) marked with
 * an asterisk; those that were not read at this exit are named as not recorded.
 */
void tl_print_regs(
	const struct tl_arch *arch, const struct tl_regs *regs, const struct tl_regs *before);

#endif
