/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_VCPUS_H
#define TL_REPLAYER_IMPORT_VCPUS_H

#include "replayer/import-report.h"

enum { TL_IMPORT_VCPUS = 512 };

/** The vCPUs of a trace, by what the text calls them. All zero: none yet. */
struct tl_import_vcpus {
	unsigned n;
	char names[TL_IMPORT_VCPUS][40];
	uint64_t times[TL_IMPORT_VCPUS]; /**< of each one's last exit, ns */
	uint64_t seqs[TL_IMPORT_VCPUS];	 /**< its number */
};

/** Whether an exit of that vCPU may have this number: it comes after its last one's, and is it now. */
bool tl_import_vcpu_follows(struct tl_import_vcpus *vcpus, uint32_t vcpu, uint64_t seq);

/** The number of a report's vCPU; TL_IMPORT_VCPUS when there are too many. */
uint32_t tl_import_vcpu(
	struct tl_import_vcpus *vcpus, const struct tl_import_report *report, bool *ret_is_new);

/** The time of its next exit: `time`, but the times of a vCPU never go back. */
uint64_t tl_import_vcpu_time(struct tl_import_vcpus *vcpus, uint32_t vcpu, uint64_t time);

#endif
