/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_SITUATION_H
#define TL_REPLAYER_SITUATION_H

#include "arch/trap.h"
#include "replayer/import.h"
#include "replayer/place.h"

/** An exit of a trace as explanations and answers take it. */
struct tl_situation {
	struct tl_place place; /**< owned: memory at the exit */
	struct tl_exit exit;   /**< its bytes are copies that the situation owns */
	const struct tl_exit_kind *kind;
	struct tl_state state; /**< borrows from the situation, which must not be moved */
	struct tl_trap trap;
	/**
	 * arm64: PSTATE was not known, and what is in `state` is EL1h, or EL0t where a report's own
	 * syndrome says so: enough to decode by, no more.
	 */
	bool pstate_assumed;
	/**
	 * A guest's report of an external abort that only userspace can have injected is taken for the
	 * NISV exit that came before it.
	 */
	bool from_report;
	bool flat_assumed;	    /**< then: its IPA is taken to be its virtual address */
	struct tl_import_told told; /**< owned: what a report says besides the rows */
	struct tl_slot *slots;	    /**< owned */
	uint8_t code[256];
	uint8_t payload[TL_RUN_UNION_BYTES];
};

/** TL_ERROR_NOT_FOUND when there is no such exit. What was not recorded is left unknown. */
TL_CHECK struct tl_error *tl_situation_open(
	struct tl_trace *trace, tl_seq seq, struct tl_situation *ret);
void tl_situation_deinit(struct tl_situation *situation);

/** KVM_RUN was interrupted: EINTR or EAGAIN. */
bool tl_situation_is_interrupted(const struct tl_situation *situation);

/** No instruction trapped, or it is behind PC: an interruption, a call, a halt. */
bool tl_situation_is_idle(const struct tl_situation *situation);

/**
 * The newest exit at which the guest was in trouble: an access without syndrome, a system register that
 * KVM does not know, an SEA, an internal error, a triple fault, a KVM_RUN that failed for good, or what
 * a log reports. TL_ERROR_NOT_FOUND when there is none.
 */
TL_CHECK struct tl_error *tl_situation_last(struct tl_trace *trace, tl_seq *ret);

#endif
