/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_INPUT_H
#define TL_SHELL_INPUT_H

#include "schema/trace/reader.h"
#include "shell/json.h"

#include <stdio.h>

/** One line: "+0.001200 KVM_IRQ_LINE on VM 0: irq 0xa = 1". */
void tl_put_input(FILE *to, const struct tl_arch *arch, const struct tl_input *input);

void tl_json_input(struct tl_json *json, const struct tl_input *input);

#endif
