// SPDX-License-Identifier: MIT
// The exit table against the kernel's own header, at compile time. Makes no code.
#include "schema/wire/exit.h"
#include "schema/wire/idsr.h"

#include <linux/kvm.h>
#include <stddef.h>

// Kinds that share a number with another, and the patch that was never merged.
#define KVM_EXIT_ARM_DEBUG	KVM_EXIT_DEBUG
#define KVM_EXIT_ARM_IDSR	TL_RUN_ARM_IDSR
#define KVM_EXIT_ARM_IDSR_TOOLS TL_RUN_ARM_IDSR

// Newer than the oldest headers that we build with (Linux 6.1).
#ifdef KVM_EXIT_MEMORY_FAULT
_Static_assert(TL_RUN_MEMORY_FAULT == KVM_EXIT_MEMORY_FAULT, "exit.h");
#else
#define KVM_EXIT_MEMORY_FAULT TL_RUN_MEMORY_FAULT
#endif
#ifndef KVM_EXIT_TDX
#define KVM_EXIT_TDX 40
#endif
#ifdef KVM_EXIT_ARM_SEA
_Static_assert(TL_RUN_ARM_SEA == KVM_EXIT_ARM_SEA, "exit.h");
#else
#define KVM_EXIT_ARM_SEA TL_RUN_ARM_SEA
#endif
#ifdef KVM_EXIT_ARM_LDST64B
_Static_assert(TL_RUN_ARM_LDST64B == KVM_EXIT_ARM_LDST64B, "exit.h");
#else
#define KVM_EXIT_ARM_LDST64B TL_RUN_ARM_LDST64B
#endif
#ifndef KVM_EXIT_SNP_REQ_CERTS
#define KVM_EXIT_SNP_REQ_CERTS 43
#endif

#define TL_EXIT(symbol, number, archs, abi, name, payload)                                         \
	_Static_assert((number) == KVM_EXIT_##symbol, name);                                       \
	_Static_assert((payload) <= TL_RUN_UNION_BYTES, name);
#define TL_FIELD(symbol, field, offset, size, role, look)                                          \
	_Static_assert((offset) >= TL_RUN_UNION, #field);                                          \
	_Static_assert((offset) + (size) <= TL_RUN_UNION + TL_RUN_UNION_BYTES, #field);
#include "schema/wire/exits.def"

#define AT(member, offset) _Static_assert(offsetof(struct kvm_run, member) == (offset), #member)

AT(request_interrupt_window, 0);
AT(immediate_exit, 1);
AT(exit_reason, 8);
AT(flags, 14);
AT(cr8, 16);
AT(hw, TL_RUN_UNION);
AT(fail_entry.cpu, 40);
AT(ex.error_code, 36);
AT(io.direction, 32);
AT(io.size, 33);
AT(io.port, 34);
AT(io.count, 36);
AT(io.data_offset, 40);
AT(mmio.phys_addr, 32);
AT(mmio.data, 40);
AT(mmio.len, 48);
AT(mmio.is_write, 52);
AT(hypercall.nr, 32);
AT(hypercall.args, 40);
AT(hypercall.ret, 88);
AT(tpr_access.is_write, 40);
AT(internal.suberror, 32);
AT(internal.ndata, 36);
AT(internal.data, 40);
AT(emulation_failure.insn_size, 48);
AT(emulation_failure.insn_bytes, 49);
AT(system_event.type, 32);
AT(system_event.ndata, 36);
AT(system_event.data, 40);
AT(eoi.vector, 32);
AT(arm_nisv.esr_iss, 32);
AT(arm_nisv.fault_ipa, 40);
#define IDSR_AT(member, offset)                                                                    \
	_Static_assert(TL_RUN_UNION + offsetof(struct tl_run_idsr, member) == (offset), #member)

IDSR_AT(op0, 32);
IDSR_AT(op1, 33);
IDSR_AT(crn, 34);
IDSR_AT(crm, 35);
IDSR_AT(op2, 36);
IDSR_AT(regval, 40);
IDSR_AT(is_write, 48);
IDSR_AT(is_needed, 49);
IDSR_AT(is_handled, 50);
AT(msr.error, 32);
AT(msr.reason, 40);
AT(msr.index, 44);
AT(msr.data, 48);
AT(notify.flags, 32);
AT(kvm_valid_regs, 288);
AT(kvm_dirty_regs, 296);
AT(s, 304);
