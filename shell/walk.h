/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_WALK_H
#define TL_SHELL_WALK_H

#include "shell/json.h"
#include "shell/place-page.h"

/** A walk with all that can be told of it. */
struct tl_told_walk {
	struct tl_place *place; /**< borrowed */
	struct tl_walk walk;
	bool has_attributes;
	struct tl_attributes attributes;
	bool has_page; /**< `page` is: of the translation, or of the entry that was not read */
	struct tl_place_page page;
};

TL_CHECK struct tl_error *tl_walk_tell(struct tl_place *place, tl_gva va, struct tl_told_walk *ret);

/** How it ended when not well: "translation fault, level 2". Of a trace: not for terminals. */
void tl_walk_end(const struct tl_told_walk *walk, char *ret, size_t size);

/** "ok", or the fault in the architecture's words; `code`: with x86's error code. */
void tl_walk_verdict(const struct tl_told_walk *walk, struct tl_attempt attempt, bool code,
	char *ret, size_t size);

/** The registers that a walk with these may use; NULL-terminated. */
const char *const *tl_walk_registers(const struct tl_arch *arch, const struct tl_regs *regs);

/** Translates one address: `*ret_found` is false, and `why` says why, when it leads nowhere. */
TL_CHECK struct tl_error *tl_walk_to(
	struct tl_place *place, tl_gva va, tl_gpa *ret, bool *ret_found, char *why, size_t size);

/**
 * Prints the walk of a virtual address. `*ret_status` is TL_STATUS_NO when it is not known where it
 * leads; a fault is known.
 */
TL_CHECK struct tl_error *tl_walk_print(
	struct tl_place *place, const char *word, bool json, int *ret_status);
void tl_walk_json(const struct tl_told_walk *walk);

/** The place as members of an open JSON object. */
void tl_json_place(struct tl_json *json, const struct tl_place *place);

#endif
