// SPDX-License-Identifier: MIT
// The maps of known boards. Which one it is, the VMM's command line says.
#include "replayer/devices-parts.h"

#include <stdio.h>
#include <string.h>

enum board_id {
#define BOARD(id, arch, program, machine, words) BOARD_##id,
#define WINDOW(id, first, last, use, name)
#include "replayer/boards.def"
#undef BOARD
#undef WINDOW
};

static const struct tl_board boards[] = {
#define BOARD(id, arch, program, machine, words)                                                   \
	{ program, machine, words, TL_ARCH_##arch, BOARD_##id, false },
#define WINDOW(id, first, last, use, name)
#include "replayer/boards.def"
#undef BOARD
#undef WINDOW
};

static const struct tl_window windows[] = {
#define BOARD(id, arch, program, machine, words)
#define WINDOW(id, first, last, use, name) { BOARD_##id, TL_WINDOW_##use, first, last, name },
#include "replayer/boards.def"
#undef BOARD
#undef WINDOW
};

#define N_BOARDS  (sizeof(boards) / sizeof(boards[0]))
#define N_WINDOWS (sizeof(windows) / sizeof(windows[0]))

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

// "/usr/bin/qemu-system-aarch64 -M virt": any word may be the program, for there are wrappers.
static bool runs(const char *command, const char *program)
{
	for (const char *word = command; word; word = strchr(word, ' ')) {
		const char *end, *slash;

		word += strspn(word, " ");
		end = word + strcspn(word, " ");
		for (slash = end; slash > word && slash[-1] != '/'; slash--)
			;
		if (starts(slash, program))
			return true;
	}
	return false;
}

// What stands behind the last -M, -machine or --machine; "" when that names none, as accel=kvm.
static const char *machine_of(const char *command)
{
	static const char *const options[] = { " -M ", " -machine ", " --machine " };
	const char *ret = "";

	for (size_t n = 0; n < sizeof(options) / sizeof(options[0]); n++)
		for (const char *at = command; (at = strstr(at, options[n])) != NULL; at++)
			ret = at + strlen(options[n]);
	if (starts(ret, "type="))
		return ret + strlen("type=");
	return ret[strcspn(ret, "=, ")] == '=' ? "" : ret;
}

// A machine that is not named: QEMU's default of x86 is pc, that of arm64 is none.
static bool is_of(const struct tl_board *board, const char *vmm)
{
	const char *machine = machine_of(vmm);

	return runs(vmm, board->program) && (!*machine || starts(machine, board->machine));
}

bool tl_board_of(const struct tl_trace *trace, struct tl_board *ret)
{
	const char *vmm = tl_trace_meta(trace, "vmm");

	for (size_t n = 0; n < N_BOARDS; n++) {
		if (boards[n].arch != tl_trace_arch(trace)->id)
			continue;
		if (vmm && !is_of(&boards[n], vmm))
			continue;
		*ret = boards[n];
		ret->assumed = !vmm;
		return true;
	}
	return false;
}

static const struct tl_window *window_at(const struct tl_board *board, tl_gpa gpa)
{
	for (size_t n = 0; n < N_WINDOWS; n++) {
		const struct tl_window *w = &windows[n];

		if (w->board == board->id && gpa >= w->first && gpa <= w->last)
			return w;
	}
	return NULL;
}

const struct tl_window *tl_board_pci(const struct tl_board *board, unsigned n)
{
	for (size_t i = 0; i < N_WINDOWS; i++) {
		const struct tl_window *w = &windows[i];

		if (w->board != board->id || (w->use != TL_WINDOW_ECAM && w->use != TL_WINDOW_CAM))
			continue;
		if (!n--)
			return w;
	}
	return NULL;
}

bool tl_devices_assumed(const struct tl_trace *trace, tl_gpa gpa, struct tl_belief *ret)
{
	const struct tl_window *w;
	struct tl_board board;

	if (!tl_board_of(trace, &board))
		return false;
	w = window_at(&board, gpa);
	if (!w || w->use == TL_WINDOW_RAM)
		return false;
	*ret = (struct tl_belief){ .from = TL_DEVICE_ASSUMED, .first = w->first, .last = w->last };
	snprintf(ret->name, sizeof(ret->name), "%s", w->name);
	if (board.assumed)
		snprintf(ret->why, sizeof(ret->why),
			"%s has it there: an assumption, for the trace names no VMM", board.words);
	else
		snprintf(ret->why, sizeof(ret->why), "%s has it there", board.words);
	return true;
}
