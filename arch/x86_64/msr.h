/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_MSR_H
#define TL_ARCH_X86_64_MSR_H

#include <stdint.h>

/**
 * The name of an MSR as the SDM, the APM, KVM or Hyper-V's TLFS has it, in lower case: "ia32_efer",
 * "kvm_system_time_new"; NULL for one that no table here has.
 */
const char *tl_x86_msr_name(uint32_t index);

#endif
