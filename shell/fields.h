/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_FIELDS_H
#define TL_SHELL_FIELDS_H

#include "schema/trace/reader.h"

/**
 * The fields of the payload that userspace did not fill, a line each; without a kind raw
 * bytes, by their offset in struct kvm_run.
 */
void tl_print_payload(const struct tl_exit *exit, const struct tl_exit_kind *kind);

/** The fields that it did fill, and what else it changed. */
void tl_print_answer(const struct tl_exit_kind *kind, const struct tl_answer *answer);

#endif
