/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_UNICORN_UNPREDICTABLE_H
#define TL_TESTS_UNICORN_UNPREDICTABLE_H

#include "tests/unicorn/trial.h"

/** Is the reason why our decoder calls it CONSTRAINED UNPREDICTABLE true of its registers? */
bool unpredictable(const struct trial *trial);

#endif
