/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_ARM64_ANSWERS_H
#define TL_TESTS_RECORDER_ARM64_ANSWERS_H

#include "arch/arm64/regs.h"
#include "replayer/answers.h"
#include "tests/recorder/arm64/lane.h"

/*
 * The reference VMM gives an answer and enters again with immediate_exit, so that the next exit shows the
 * registers as the kernel has left them: they are what the model says of the exit before.
 */

#define ANSWERED "--interrupt-every 2 "

static inline struct tl_trace *answers_open(const struct lane *lane)
{
	struct tl_trace *trace;

	assert_null(tl_trace_open(lane->path, &trace));
	return trace;
}

static inline void answers_compare_one(struct tl_trace *trace, const struct lane *lane,
	uint64_t seq, uint64_t after_seq, const struct tl_wish *wish)
{
	const struct tl_regs after = trace_regs(lane->trace, after_seq);
	static struct tl_situation situation;
	static struct tl_tried tried;

	assert_null(tl_situation_open(trace, seq, &situation));
	assert_null(tl_answers_try(&situation, wish, &tried));
	if (tried.status != TL_ANSWER_DONE)
		fail_msg("exit %" PRIu64 ": %s", seq, tried.why.text);
	for (unsigned i = 0; i < tl_arch_arm64.n_regs; i++)
		if (tl_regs_known(&after, i) && tried.effect.regs.word[i] != after.word[i])
			fail_msg("exit %" PRIu64 ", %s: %s is 0x%" PRIx64 ", expected 0x%" PRIx64,
				seq, tl_answer_name(wish->id), tl_arch_arm64.regs[i].name,
				after.word[i], tried.effect.regs.word[i]);
	tl_situation_deinit(&situation);
}

/**
 * Holds the model against every exit that `where` (SQL) selects, and returns how many those were. `runs`
 * is how many runs with immediate_exit come after it: 2 where the first completes an access.
 */
static inline unsigned answers_compare(
	const struct lane *lane, const char *where, unsigned runs, const struct tl_wish *wish)
{
	struct tl_trace *trace = answers_open(lane);
	char sql[512];
	unsigned n = 0;
	int64_t seq = 0;

	for (;;) {
		snprintf(sql, sizeof(sql),
			"SELECT ifnull(min(a.seq), -1) FROM exit a JOIN exit b ON b.seq = a.seq + "
			"%u "
			"WHERE a.seq > %" PRId64 " AND b.error = 4 AND a.error IS NULL AND %s",
			runs, seq, where);
		seq = trace_number(lane->trace, sql);
		if (seq < 0)
			break;
		answers_compare_one(trace, lane, (uint64_t)seq, (uint64_t)seq + runs, wish);
		n++;
	}
	tl_trace_close(trace);
	return n;
}

#endif
