/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_DUMP_H
#define TL_SHELL_DUMP_H

#include "shell/place-page.h"

enum tl_dump_form { TL_DUMP_TEXT, TL_DUMP_JSON, TL_DUMP_RAW };

/**
 * Prints guest memory: `words` is "ADDR[,LEN]". `*ret_status` is TL_STATUS_NO when a part of it is
 * not recorded, which is said.
 */
TL_CHECK struct tl_error *tl_dump(
	struct tl_place *place, const char *words, enum tl_dump_form form, int *ret_status);

#endif
