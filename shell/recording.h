/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_RECORDING_H
#define TL_SHELL_RECORDING_H

#include "recorder/collector/collector.h"

#include <stdbool.h>
#include <stdint.h>

/** One recording as a person asks for it. */
struct tl_recording {
	const char *output; /**< the trace; NULL: a free name after the program's */
	unsigned regs;	    /**< enum tl_reg_level */
	unsigned mem;	    /**< enum tl_mem_policy */
	uint64_t every;	    /**< with TL_MEM_EXACT */
	uint64_t last;	    /**< only so many of the newest exits; 0: all */
	const char *until;  /**< an SQL condition over view exits; NULL: none */
	bool no_coalesce;
	bool stop_all;
	uint64_t max_wait_ns;
	const char *const *arguments; /**< the VMM's, for the trace and the default name */
	bool quiet;		      /**< no closing line */
};

#define TL_RECORDING_DEFAULTS .regs = TL_REGS_CORE, .mem = TL_MEM_FAULT, .every = 1

/** The options of every verb that records, as struct tl_option. */
#define TL_RECORDING_OPTIONS(r)                                                                    \
	{ "output", 'o', TL_OPTION_TEXT, &(r)->output, NULL },                                     \
		{ "regs", 0, TL_OPTION_CHOICE, &(r)->regs, tl_recording_regs },                    \
		{ "mem", 0, TL_OPTION_CHOICE, &(r)->mem, tl_recording_mem },                       \
		{ "every", 0, TL_OPTION_NUMBER, &(r)->every, NULL },                               \
		{ "last", 0, TL_OPTION_NUMBER, &(r)->last, NULL },                                 \
		{ "until", 0, TL_OPTION_TEXT, &(r)->until, NULL },                                 \
		{ "no-coalesce", 0, TL_OPTION_FLAG, &(r)->no_coalesce, NULL },                     \
		{ "stop-all", 0, TL_OPTION_FLAG, &(r)->stop_all, NULL },                           \
		{ "max-wait", 0, TL_OPTION_TIME, &(r)->max_wait_ns, NULL },                        \
	{                                                                                          \
		"quiet", 'q', TL_OPTION_FLAG, &(r)->quiet, NULL                                    \
	}

extern const char *const tl_recording_regs[], *const tl_recording_mem[];

/** What contradicts itself in them. */
TL_CHECK struct tl_error *tl_recording_check(const struct tl_recording *recording);

enum { TL_RECORDING_WORDS = 16 };

/**
 * The options that trapline_start() has no field for, as words; NULL-terminated, borrowed until the
 * next call.
 */
const char *const *tl_recording_words(const struct tl_recording *recording);

/** Records a program that the shim is preloaded into. `*ret_status` is the program's. */
TL_CHECK struct tl_error *tl_recording_of_program(
	const struct tl_recording *recording, char *const argv[], int *ret_status);

/**
 * Records the process at the other end of `socket`, which started us (schema/wire/control.h), until
 * it ends or says so; it is told how that went.
 */
TL_CHECK struct tl_error *tl_recording_of_starter(const struct tl_recording *recording, int socket);

/** A path that nothing has yet, for a trace of that program: owned by the caller (free()). */
TL_CHECK struct tl_error *tl_recording_name(const char *program, char **ret);

/** The closing line of a recording, on stderr: what the trace holds and what it lost. */
TL_CHECK struct tl_error *tl_recording_say(const char *path);

#endif
