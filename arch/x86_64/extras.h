/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_EXTRAS_H
#define TL_ARCH_X86_64_EXTRAS_H

#include <stdint.h>

/**
 * Ids of x86 registers outside the flat vector (struct tl_extra), each the KVM structure verbatim.
 * An MSR's id is TL_X86_EXTRA_MSR with its index in the lower 32 bits; its value is 8 bytes.
 */
#define TL_X86_EXTRA_MSR       (UINT64_C(1) << 32)
#define TL_X86_EXTRA_XSAVE     (UINT64_C(2) << 32) /**< struct kvm_xsave */
#define TL_X86_EXTRA_XCRS      (UINT64_C(3) << 32) /**< struct kvm_xcrs */
#define TL_X86_EXTRA_DEBUGREGS (UINT64_C(4) << 32) /**< struct kvm_debugregs */
#define TL_X86_EXTRA_LAPIC     (UINT64_C(5) << 32) /**< struct kvm_lapic_state */

#endif
