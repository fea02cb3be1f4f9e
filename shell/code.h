/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_CODE_H
#define TL_SHELL_CODE_H

#include "schema/trace/exit.h"

/** The bytes around PC, with a '>' at it: instruction words on arm64. */
void tl_print_code(const struct tl_arch *arch, const struct tl_exit *exit);

#endif
