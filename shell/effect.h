/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_EFFECT_H
#define TL_SHELL_EFFECT_H

#include "replayer/answers.h"
#include "shell/json.h"

#include <stdio.h>

/** What answers do, in words. */

/** How it is given: "KVM_SET_VCPU_EVENTS, ext_dabt_pending". */
void tl_put_given(FILE *to, const struct tl_situation *situation, const struct tl_tried *tried);

/** Its accesses: "write 4 0x10000040 = 0x1", with `separator` between them. */
void tl_put_accesses(FILE *to, const struct tl_effect *effect, const char *separator);

/** All on one line: "write 4 0x10000040 = 0x1, x0 = 0x10000044, pc = 0x4770f23c", or why not. */
void tl_put_outcome(FILE *to, const struct tl_situation *situation, const struct tl_tried *tried);

/** One answer with all that it does, to stdout. */
void tl_effect_print(const struct tl_situation *situation, const struct tl_tried *tried);

/** The registers that several answers leave, one column each; answers without any have lines. */
TL_CHECK struct tl_error *tl_effects_print(
	const struct tl_situation *situation, const struct tl_tried *tried, unsigned n);

/** An object in an open JSON array. */
void tl_json_tried(
	struct tl_json *json, const struct tl_situation *situation, const struct tl_tried *tried);

#endif
