/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_KNOWN_H
#define TL_TESTS_UNICORN_KNOWN_H

/* Where Unicorn and our model are known to differ, with the Arm ARM's word on who is right. */

#include "tests/unicorn/trial.h"

/** What is not the same. */
enum difference {
	ONLY_THEIRS, /**< Unicorn executes it, we do not */
	ONLY_OURS,
	REGISTERS,
	MEMORY,
	ACCESSES, /**< what is told of them; registers and memory are the same */
};

/** True when a row of the list says that they differ so; which one. */
bool known(enum difference difference, const struct trial *trial, const struct step *theirs,
	const struct step *ours, unsigned *ret);

/** The rows, for the report; NULL behind the last. */
const char *known_name(unsigned row);

#endif
