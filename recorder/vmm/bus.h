/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_BUS_H
#define TL_RECORDER_VMM_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/error.h"

struct tl_machine;

enum tl_space { TL_SPACE_MMIO, TL_SPACE_PIO };

/** One access of the guest to what is not memory. */
struct tl_access {
	enum tl_space space;
	uint64_t address; /**< gpa or port */
	unsigned size;	  /**< bytes: 1 to 8 */
	bool is_write;
	void *data; /**< borrowed: `size` bytes, little-endian; a read's answer goes there */
};

/** Registers at fixed addresses. Called by one vCPU at a time. */
struct tl_bus_device {
	enum tl_space space;
	uint64_t base;
	uint64_t size;
	uint64_t (*read)(struct tl_machine *machine, uint64_t offset);
	struct tl_error *(*write)(struct tl_machine *machine, uint64_t offset, uint64_t value);
};

/** Lets the device at that address do the access; `ret_answered` is false when there is none. */
TL_CHECK struct tl_error *tl_bus_access(
	struct tl_machine *machine, const struct tl_access *access, bool *ret_answered);

/** There is a device at that address. */
bool tl_bus_has(const struct tl_machine *machine, const struct tl_access *access);

#endif
