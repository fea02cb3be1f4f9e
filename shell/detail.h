/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_DETAIL_H
#define TL_SHELL_DETAIL_H

#include "schema/trace/reader.h"
#include "shell/json.h"

/** All that the trace has of one exit, for people. */
TL_CHECK struct tl_error *tl_print_detail(struct tl_trace *trace, tl_seq seq);

/** The numbers and names of an exit, as members of an open JSON object. */
void tl_json_exit(
	struct tl_json *json, const struct tl_exit *exit, const struct tl_exit_kind *kind);

/** All that the trace has of one exit, as a JSON object on a line. */
TL_CHECK struct tl_error *tl_json_detail(struct tl_json *json, struct tl_trace *trace, tl_seq seq);

/** Registers under their names, as members of an open JSON object; those not read are left out. */
void tl_json_regs(struct tl_json *json, const struct tl_arch *arch, const struct tl_regs *regs);

#endif
