/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_ANSWERS_H
#define TL_REPLAYER_ANSWERS_H

#include "arch/answer.h"
#include "replayer/situation.h"

#define TL_WISH_VALUES 16

/** An answer that somebody wants to see, with what they say a device gives. */
struct tl_wish {
	enum tl_answer_id id;
	unsigned n_values; /**< EMULATE: of its reads in their order; else at most one */
	uint64_t values[TL_WISH_VALUES];
};

/** Where the value of a read came from. */
enum tl_value_source {
	TL_VALUE_NONE,	   /**< there was no read, or its value is the answer itself */
	TL_VALUE_SAID,	   /**< by the wish */
	TL_VALUE_TRACE,	   /**< the last value at that address in the trace: exit `value_seq` */
	TL_VALUE_RECORDED, /**< in the reply of this exit */
};

/** What came of it. */
struct tl_tried {
	enum tl_answer_id id;
	enum tl_answer_status status;
	struct tl_effect effect; /**< TL_ANSWER_DONE */
	struct tl_why why;	 /**< the others */
	enum tl_value_source source;
	tl_seq value_seq;
	bool is_recorded; /**< it is what the VMM answered */
	bool is_partial;  /**< registers that depend on what is not known are left out */
};

/** Tries one answer. An error is one of the trace; a refusal is in `ret`. */
TL_CHECK struct tl_error *tl_answers_try(
	struct tl_situation *situation, const struct tl_wish *wish, struct tl_tried *ret);

/**
 * What the VMM answered, as one of the answers, from its reply and inputs. `*ret_known` is false when
 * the recording ended before, or it was none that has a name.
 */
TL_CHECK struct tl_error *tl_answers_recorded(
	struct tl_situation *situation, enum tl_answer_id *ret, bool *ret_known);

#endif
