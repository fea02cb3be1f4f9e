/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_CAUSE_H
#define TL_REPLAYER_CAUSE_H

#include "replayer/diagnosis.h"

/** Looks whether it is the cause: leaves `ret->weight` 0 when it is not. */
typedef void tl_detector(const struct tl_diagnosis *d, struct tl_cause *ret);

/** Those of one architecture, NULL-terminated. */
extern tl_detector *const tl_arm64_causes[], *const tl_x86_causes[];

/** Fills `cause` and `missing` of a diagnosis, all else of which is there. */
void tl_causes_rank(struct tl_diagnosis *d);

__attribute__((format(printf, 2, 3))) void tl_cause_what(
	struct tl_cause *cause, const char *format, ...);
__attribute__((format(printf, 2, 3))) void tl_cause_evidence(
	struct tl_cause *cause, const char *format, ...);

/** "a post-index store of 4 bytes"; "" for what accesses nothing. */
void tl_arm64_deed(const struct tl_arm64_insn *insn, char *buf, size_t size);
void tl_x86_deed(const struct tl_x86_insn *insn, char *buf, size_t size);

#endif
