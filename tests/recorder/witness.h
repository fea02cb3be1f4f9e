/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_WITNESS_H
#define TL_TESTS_RECORDER_WITNESS_H

#include "tests/recorder/kernel-events.h"

/** What agreed, counted so that a test can tell a witness who saw nothing. */
struct witnessed {
	uint64_t exits, failed, mmio, pio, nisv, idsr, coalesced, in_kernel;
};

/**
 * Holds the trace at `path` against what KVM itself said of the same run: exits one for one in each
 * vCPU's thread, each exit's MMIO or PIO with address, size, direction and value, and every write
 * that KVM took without an exit against the trace's coalesced ones. Of accesses that are left, each
 * is to a device that KVM itself has (`in_kernel` counts those), or the test fails.
 */
struct witnessed assert_witnessed(const char *path, struct kernel_events *events);

#endif
