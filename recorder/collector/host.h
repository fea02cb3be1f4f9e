/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_HOST_H
#define TL_RECORDER_COLLECTOR_HOST_H

#include "schema/trace/writer.h"

/** Puts into the trace what this machine is: kernel, CPU, KVM, and the VMM's arguments. */
TL_CHECK struct tl_error *tl_host_describe(struct tl_writer *writer, const char *const *arguments);

/** What KVM offers here, for `trapline check` and the trace. Values below 0: could not be asked. */
struct tl_host_kvm {
	int error;	 /**< errno of opening /dev/kvm; 0 when it could be opened */
	int api_version; /**< KVM_GET_API_VERSION */
	int sync_regs;	 /**< KVM_CAP_SYNC_REGS */
	int coalesced;	 /**< KVM_CAP_COALESCED_MMIO */
	int nisv;	 /**< KVM_CAP_ARM_NISV_TO_USER */
	int ipa_bits;	 /**< KVM_CAP_ARM_VM_IPA_SIZE */
	int idsr;	 /**< capability 180 on arm64: the IDSR patch */
};
struct tl_host_kvm tl_host_ask_kvm(void);

#endif
