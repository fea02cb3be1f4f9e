/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_ARM64_ENTER_H
#define TL_ARCH_ARM64_ENTER_H

#include "arch/effect.h"

enum tl_arm64_event {
	TL_ARM64_ABORT,	      /**< external, of data */
	TL_ARM64_ABORT_FETCH, /**< of an instruction */
	TL_ARM64_ABORT_WALK,  /**< of data, on the walk of stage 1 */
	TL_ARM64_SIZE_FAULT,  /**< address size fault of data, level 0 */
	TL_ARM64_SIZE_FAULT_FETCH,
	TL_ARM64_UNDEFINED,
	TL_ARM64_SERROR,
	TL_ARM64_UNSUPPORTED_ATOMIC, /**< exclusive or atomic where memory has none */
	TL_ARM64_EVENTS,
};

/** An exception that a vCPU takes. */
struct tl_arm64_exception {
	enum tl_arm64_event event;
	uint64_t far; /**< aborts and size faults: what FAR_EL1 gets */
	int8_t level; /**< TL_ARM64_ABORT_WALK: of stage 1, -1 to 3 */
	/**
	 * The exit's syndrome had IL clear: ISV=1 and a 16-bit instruction. Kernels before 7.2 hand
	 * that on.
	 */
	bool narrow;
	bool has_esr;
	uint64_t esr; /**< TL_ARM64_SERROR: the syndrome that userspace gives, ISS only */
};

/**
 * The exception entry to EL1, in AArch64 or AArch32, as KVM of the state's kernel carries it out
 * (kernel not known: the newest that is modelled, 7.2; kernels between two that are modelled are
 * taken for the older one). An SError before 7.2 is entered by the CPU instead. The registers after
 * it are those that the guest's handler starts with; `ret`, which the caller has initialized, gets
 * them, note, outlook and `witnessed`, and keeps the rest. A masked SError stays pending: no
 * register changes, `outlook` says so. SCTLR2_EL1, by which FEAT_DoubleFault2 changes vectors and
 * masks, is taken to be 0. False: a register that it needs is not known, or a form is unsupported;
 * `why` says so. Arm ARM D1.3.2, G1.12; AArch64.TakeException, AArch32.EnterMode.
 */
bool tl_arm64_enter(const struct tl_state *state, const struct tl_arm64_exception *exception,
	struct tl_effect *ret, struct tl_why *ret_why);

/**
 * On to the next instruction, without the one at PC: BTYPE, SS and ITSTATE as KVM leaves them (an
 * executed instruction does the same). `bytes` is the length of the one at PC, 2 or 4. `ret`, which
 * the caller has initialized, gets PC and what changes of PSTATE, and keeps the rest.
 */
bool tl_arm64_skip(const struct tl_state *state, unsigned bytes, struct tl_effect *ret,
	struct tl_why *ret_why);

#endif
