/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_ARCH_SEEN_H
#define TL_TESTS_ARCH_SEEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arch.h"

/** A walk, and what it allows. */
struct seen {
	struct tl_walk walk;
	struct tl_attributes a;
};

#define assert_rights(seen, of_privileged, of_user)                                                \
	do {                                                                                       \
		assert_int_equal((seen).walk.status, TL_WALK_OK);                                  \
		assert_int_equal((seen).a.privileged, of_privileged);                              \
		assert_int_equal((seen).a.user, of_user);                                          \
	} while (0)

static inline struct tl_judgement judge(
	const struct tl_arch *arch, const struct seen *seen, enum tl_right right, bool user)
{
	struct tl_judgement judgement;

	arch->judge(&seen->walk, &seen->a, (struct tl_attempt){ right, user }, &judgement);
	return judgement;
}

#endif
