/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_TEST_H
#define TL_TESTS_RECORDER_TEST_H

/* What every test of the recorder includes: cmocka with what it needs, and a folder of its own. */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SKIPPED	 77
#define TRAPLINE TL_BUILD_BIN "/trapline"

/**
 * A path in a folder that is this test's own and goes with it. Borrowed: the sixteenth call after
 * this one takes its room.
 */
const char *in_scratch(const char *name);

/** The same with nothing there. */
const char *fresh(const char *name);

/** Writes a file; `mode` as open() takes it. */
void write_file(const char *path, const void *bytes, size_t size, unsigned mode);

/** The whole file and a NUL behind it, owned by the caller. */
char *read_file(const char *path, size_t *ret_size);

void sleep_ms(unsigned ms);

/** True, after saying why, when /dev/kvm cannot be opened here. */
bool no_kvm(void);

#endif
