/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_IMPORT_EVENT_H
#define TL_REPLAYER_IMPORT_EVENT_H

#include "replayer/import-facts.h"
#include "replayer/import-line.h"

enum tl_import_event_kind {
	TL_EVENT_EXIT,	   /**< kvm_exit: the CPU left the guest */
	TL_EVENT_ENTRY,	   /**< kvm_entry: and goes back into it */
	TL_EVENT_DETAIL,   /**< why: an access */
	TL_EVENT_DONE,	   /**< a read got its value */
	TL_EVENT_USERSPACE /**< kvm_userspace_exit: KVM_RUN returned */
};

/** A line of ftrace or trace-cmd. */
struct tl_import_event {
	enum tl_import_event_kind kind;
	char task[32]; /**< the thread's number, which is a vCPU's; "" when the line names none */
	bool surely;   /**< nothing but userspace handles that: kvm_mmio_nisv */
	bool has_time;
	uint64_t time; /**< ns */
	bool has_id;
	unsigned id; /**< of the vCPU, where the thread's name has it: "CPU 1/KVM" */
};

/** False when the line is no event of KVM's that says anything about an exit. */
bool tl_import_read_event(
	const char *text, struct tl_import_event *ret, struct tl_import_facts *ret_facts);

#endif
