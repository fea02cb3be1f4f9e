/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_EFFECT_H
#define TL_ARCH_EFFECT_H

#include "arch/state.h"

/** Where the value of a register comes from. */
enum tl_origin {
	TL_ORIGIN_NONE,	     /**< it is as it was */
	TL_ORIGIN_DATA,	     /**< of a device or of memory, as the instruction loads it */
	TL_ORIGIN_REPLY,     /**< as userspace said */
	TL_ORIGIN_WRITEBACK, /**< of the base */
	TL_ORIGIN_STATUS,    /**< of a store that may fail */
	TL_ORIGIN_RESULT,    /**< flags and other results */
	TL_ORIGIN_NEXT,	     /**< on to the next instruction */
	TL_ORIGIN_ENTRY,     /**< of an exception */
};

/** One access of an instruction that was carried out. */
struct tl_transfer {
	bool has_va;
	bool no_gpa; /**< arm64: a log told the virtual address alone */
	bool write;
	bool is_device; /**< there is no memory */
	uint8_t size;	/**< bytes, up to 16 */
	tl_gva va;
	tl_gpa gpa;
	uint8_t data[16]; /**< little endian; what is read, or written */
};

/** ST4 of bytes has 64; DC ZVA of 2048 bytes 128. */
#define TL_TRANSFERS 128

/** How userspace gives an answer. */
enum tl_given {
	TL_GIVEN_REPLY,	 /**< in kvm_run; KVM completes the access at the next KVM_RUN */
	TL_GIVEN_ABORT,	 /**< KVM_SET_VCPU_EVENTS, ext_dabt_pending */
	TL_GIVEN_SERROR, /**< KVM_SET_VCPU_EVENTS, serror_pending */
	TL_GIVEN_REGS,	 /**< registers are written; an access that KVM completes comes first */
	TL_GIVEN_SLOT,	 /**< a memory slot is made */
	TL_GIVEN_AGAIN,	 /**< nothing is given: the vCPU enters again */
	TL_GIVEN_NEVER,	 /**< the vCPU does not enter again as it is */
};

/**
 * What an answer does: state after it, and how that came about. Registers are as they are before the
 * next instruction of the guest.
 */
struct tl_effect {
	enum tl_given given;
	bool handled;	/**< TL_GIVEN_REPLY to an IDSR; of an MSR false is an error */
	bool has_reply; /**< `reply` means something */
	uint64_t reply; /**< TL_GIVEN_REPLY: of a read */
	bool has_esr;
	uint64_t esr; /**< TL_GIVEN_SERROR */

	struct tl_regs regs;
	uint8_t origin[TL_REG_WORDS]; /**< enum tl_origin */
	struct tl_vectors vectors;
	uint32_t vectors_set; /**< bit n: v[n] was loaded */

	unsigned n_transfers;
	struct tl_transfer transfer[TL_TRANSFERS];

	bool livelock;	     /**< the same instruction traps again at once */
	const char *note;    /**< one clause more that people should know; NULL */
	const char *outlook; /**< what happens next, where registers do not tell; NULL */
	bool witnessed;	     /**< a real kernel of that version was seen to do so */
};

/** Nothing changes yet. */
void tl_effect_init(struct tl_effect *effect, const struct tl_state *state);

/** Sets a word of the flat vector. */
void tl_effect_set(struct tl_effect *effect, unsigned word, uint64_t value, enum tl_origin origin);

/** Adds an access; false when there is no room, which no instruction comes to. */
bool tl_effect_transfer(struct tl_effect *effect, const struct tl_transfer *transfer);

#endif
