/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_ACCESS_H
#define TL_SHELL_ACCESS_H

#include "schema/trace/reader.h"

#include <stdio.h>

/** What the guest did, in the words of the field: "write 4 0x9000000 = 0x41". */
void tl_put_access(FILE *to, const struct tl_exit *exit, const struct tl_exit_kind *kind);

/** How it was answered: "-> 0x20", "ENOSYS", "-> not recorded"; nothing when there is nothing to say. */
void tl_put_reply(FILE *to, const struct tl_exit *exit);

/**
 * What an exit was answered where its reply has nothing to say and the VMM did something else: "external
 * abort". An empty text for all others.
 */
TL_CHECK struct tl_error *tl_reply_words(struct tl_trace *trace, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, char *buf, size_t size);

/** The name of an exit: "mmio", "exit 77", "failed". */
void tl_put_reason(FILE *to, const struct tl_exit *exit, const struct tl_exit_kind *kind);

/** "ENOSYS", or the number. */
void tl_put_errno(FILE *to, int error);

#endif
