/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_ARGUMENT_H
#define TL_RECORDER_SHIM_ARGUMENT_H

#include "schema/wire/ioctl.h"

/** An ioctl's argument in this process: the structure, and what it points to where that counts. */
struct tl_shim_argument {
	const void *bytes;
	uint32_t size;
	const void *tail;
	uint32_t tail_size;
};

/** The argument of a request that the kernel has accepted. Borrowed from the VMM. */
struct tl_shim_argument tl_shim_argument(
	const struct tl_ioctl *entry, uint32_t request, const void *arg);

#endif
