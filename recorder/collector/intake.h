/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_INTAKE_H
#define TL_RECORDER_COLLECTOR_INTAKE_H

#include "recorder/collector/process-list.h"
#include "schema/trace/writer.h"

#include <stddef.h>

enum { TL_INTAKE_VCPUS = 1 << 16 };

/**
 * Where records from the VMM are taken apart, bounded and given to a writer. Nothing in them is
 * trusted: they are copied before they get here, and every length is held against the size.
 */
struct tl_intake {
	const struct tl_arch *arch;
	struct tl_writer *writer; /**< borrowed */
	enum tl_abi abi;
	struct tl_intake_vcpu
		*vcpus[TL_INTAKE_VCPUS]; /**< made when first heard of, gone when closed */
	struct tl_process_list processes;
	uint64_t exits, lost;
	uint32_t n_vms, n_vcpus;
	char trouble[256]; /**< the last notice that is an error; empty: there was none */
};

void tl_intake_deinit(struct tl_intake *intake);

/** One record's body. TL_ERROR_CORRUPT when it contradicts itself; nothing is written then. */
TL_CHECK struct tl_error *tl_intake_record(
	struct tl_intake *intake, uint32_t type, const void *body, size_t size);

#endif
