/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_VMM_GUEST_H
#define TL_TESTS_RECORDER_VMM_GUEST_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/vmm/vmm.h"

#define SKIPPED 77

/** How a guest's run ended. */
struct outcome {
	int status;
	char error[256];   /**< empty: none */
	char console[256]; /**< what it printed */
	uint64_t n_runs;   /**< returns of KVM_RUN */
};

/** Runs tests/guests/NAME.elf of the build; `options` may hold all but elf, console and n_runs. */
static inline struct outcome run_guest(const char *name, struct tl_vmm_options options)
{
	struct outcome outcome = { .status = -1 };
	_Atomic uint64_t n_runs = 0;
	struct tl_error *err;
	char path[512];

	snprintf(path, sizeof(path), "%s/guests/%s.elf", TL_BUILD_TESTS, name);
	options.elf = path;
	options.console = memfd_create("console", MFD_CLOEXEC);
	options.n_runs = &n_runs;
	assert_true(options.console >= 0);
	err = tl_vmm_run(&options, &outcome.status);
	if (err)
		snprintf(outcome.error, sizeof(outcome.error), "%s", err->message);
	tl_error_free(err);
	assert_true(pread(options.console, outcome.console, sizeof(outcome.console) - 1, 0) >= 0);
	close(options.console);
	outcome.n_runs = n_runs;
	return outcome;
}

static inline void assert_ends(
	const struct outcome *outcome, int status, const char *console, const char *error)
{
	assert_string_equal(outcome->error, error);
	assert_string_equal(outcome->console, console);
	assert_int_equal(outcome->status, status);
}

/** True, after saying why, when /dev/kvm cannot be opened here. */
static inline bool no_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return false;
	}
	printf("skipped: /dev/kvm: %s\n", strerror(errno));
	return true;
}

#endif
