/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_REPORT_H
#define TL_TESTS_UNICORN_REPORT_H

#include "tests/unicorn/judge.h"

/** Prints all there is to know of an instruction that is WRONG. */
void report_wrong(const struct trial *trial, const struct step *theirs, const struct step *ours,
	const char *text);

#endif
