/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_DEVICES_PARTS_H
#define TL_REPLAYER_DEVICES_PARTS_H

#include "replayer/devices.h"

/* What finds the beliefs of a guess, a file for each kind. */

/** Rows of a table, both ends included: no table has an index by address. */
struct tl_rows {
	tl_seq from, to;
};

/** What is asked about, and how far around. */
struct tl_question {
	struct tl_trace *trace;
	uint32_t vm;
	tl_seq seq;
	tl_gpa gpa;
	struct tl_rows near; /**< around `seq` */
	/** The start, where devices are set up; empty when `near` holds it. */
	struct tl_rows early;
	bool partial; /**< `near` is not the whole trace */
};

enum tl_window_use { TL_WINDOW_DEVICE, TL_WINDOW_RAM, TL_WINDOW_ECAM, TL_WINDOW_CAM };

struct tl_window {
	uint8_t board;
	uint8_t use; /**< enum tl_window_use */
	tl_gpa first, last;
	const char *name;
};

struct tl_board {
	const char *program, *machine, *words;
	enum tl_arch_id arch;
	uint8_t id;
	bool assumed; /**< the trace names no VMM */
};

/** The board of the trace's VMM; false for a VMM that has none here. */
bool tl_board_of(const struct tl_trace *trace, struct tl_board *ret);
/** The window of its PCI configuration number `n`; NULL when there is none. */
const struct tl_window *tl_board_pci(const struct tl_board *board, unsigned n);

/** Each adds what it finds. */
TL_CHECK struct tl_error *tl_devices_in_kernel(
	const struct tl_question *q, struct tl_device_guess *ret);
TL_CHECK struct tl_error *tl_devices_pci(const struct tl_question *q, struct tl_device_guess *ret);
TL_CHECK struct tl_error *tl_devices_seen(const struct tl_question *q, struct tl_device_guess *ret);

/** The next belief to be filled; NULL when there is no room. */
struct tl_belief *tl_devices_add(struct tl_device_guess *guess, enum tl_device_from from);

#endif
