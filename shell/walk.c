// SPDX-License-Identifier: MIT
// What a walk of page tables met, in the architecture's words.
#include "shell/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Those that only say what is allowed stand last.
static const char *const aarch64_registers[] = { "pstate", "sctlr_el1", "tcr_el1", "ttbr0_el1",
	"ttbr1_el1", "mair_el1", NULL };
static const char *const aarch32_registers[] = { "pstate", "sctlr_el1", "tcr_el1", "ttbr0_el1",
	"ttbr1_el1", "mair_el1", "dacr32_el2", NULL };
static const char *const x86_registers[] = { "cr0", "cr3", "cr4", "efer", "rflags", NULL };

enum { ARM64_NEEDED = 5, X86_NEEDED = 4 };

#define PSTATE_AARCH32 (1 << 4)

const char *const *tl_walk_registers(const struct tl_arch *arch, const struct tl_regs *regs)
{
	uint64_t pstate;

	if (arch->id != TL_ARCH_ARM64)
		return x86_registers;
	return tl_reg_get(tl_arch_reg(arch, "pstate"), regs, &pstate) && (pstate & PSTATE_AARCH32)
		       ? aarch32_registers
		       : aarch64_registers;
}

struct tl_error *tl_walk_tell(struct tl_place *place, tl_gva va, struct tl_told_walk *ret)
{
	const struct tl_arch *arch = tl_trace_arch(place->trace);
	struct tl_told_walk t = { .place = place };
	uint8_t bytes[TL_PAGE_BYTES];
	struct tl_error *err;

	err = tl_place_walk(place, va, &t.walk);
	if (err)
		return err;
	t.has_attributes = (t.walk.status == TL_WALK_OK || t.walk.status == TL_WALK_FAULT) &&
			   arch->attributes(&place->regs, &t.walk, &t.attributes);
	t.has_page = t.walk.status == TL_WALK_OK || t.walk.status == TL_WALK_NO_MEMORY;
	if (t.has_page)
		err = tl_place_page(place, t.walk.gpa, bytes, &t.page);
	if (!err)
		*ret = t;
	return err;
}

static const char *verdict_words(const struct tl_arch *arch, enum tl_verdict verdict)
{
	const bool arm64 = arch->id == TL_ARCH_ARM64;

	switch (verdict) {
	case TL_VERDICT_OK:
		return "ok";
	case TL_VERDICT_TRANSLATION:
		return arm64 ? "translation fault" : "page fault, not present";
	case TL_VERDICT_ADDRESS_SIZE:
		return "address size fault";
	case TL_VERDICT_ACCESS_FLAG:
		return "access flag fault";
	case TL_VERDICT_DOMAIN:
		return "domain fault";
	case TL_VERDICT_PERMISSION:
		return arm64 ? "permission fault" : "page fault, protection";
	case TL_VERDICT_RESERVED:
		return "page fault, reserved bit";
	case TL_VERDICT_NOT_CANONICAL:
		return "not canonical: #GP, or #SS for the stack";
	case TL_VERDICT_NOT_KNOWN:
		return "not known";
	}
	return "not known";
}

void tl_walk_verdict(
	const struct tl_told_walk *t, struct tl_attempt attempt, bool code, char *ret, size_t size)
{
	const struct tl_arch *arch = tl_trace_arch(t->place->trace);
	struct tl_judgement j = { .verdict = TL_VERDICT_NOT_KNOWN };
	const char *words;

	// That the tables lead nowhere is known without attributes; x86's error code needs them.
	if (t->has_attributes || t->walk.status == TL_WALK_FAULT)
		arch->judge(&t->walk, &t->attributes, attempt, &j);
	words = verdict_words(arch, j.verdict);
	if (j.verdict == TL_VERDICT_OK || j.verdict == TL_VERDICT_NOT_KNOWN ||
		j.verdict == TL_VERDICT_NOT_CANONICAL)
		snprintf(ret, size, "%s", words);
	else if (!code || !t->has_attributes || arch->id == TL_ARCH_ARM64)
		snprintf(ret, size, "%s, level %d", words, j.level);
	else
		snprintf(ret, size, "%s, level %d, error code 0x%x", words, j.level, j.code);
}

// The names of those that were not read.
static void put_not_known(const struct tl_told_walk *t, char *ret, size_t size)
{
	const struct tl_arch *arch = tl_trace_arch(t->place->trace);
	const char *const *names = tl_walk_registers(arch, &t->place->regs);
	const unsigned needed = arch->id == TL_ARCH_ARM64 ? ARM64_NEEDED : X86_NEEDED;
	uint64_t value;
	size_t n, start;

	start = n = (size_t)snprintf(
		ret, size, "registers not recorded at exit %" PRIu64 ":", t->place->position.seq);
	for (unsigned i = 0; i < needed && n < size; i++)
		if (!tl_reg_get(tl_arch_reg(arch, names[i]), &t->place->regs, &value))
			n += (size_t)snprintf(ret + n, size - n, " %s", names[i]);
	if (n == start) // of an AArch32 program, whose kernel may be of either width
		snprintf(ret + n, size - n, " some that tell the form of translation");
}

void tl_walk_end(const struct tl_told_walk *t, char *ret, size_t size)
{
	switch (t->walk.status) {
	case TL_WALK_OK:
		snprintf(ret, size, "ok");
		return;
	case TL_WALK_FAULT:
		tl_walk_verdict(t, (struct tl_attempt){ .right = TL_RIGHT_READ }, true, ret, size);
		return;
	case TL_WALK_NO_MEMORY:
		snprintf(ret, size, "the table entry of level %d at 0x%" PRIx64 ": %s",
			t->walk.level, t->walk.gpa, *t->page.why ? t->page.why : "not recorded");
		return;
	case TL_WALK_NOT_KNOWN:
		put_not_known(t, ret, size);
		return;
	case TL_WALK_UNSUPPORTED:
		snprintf(ret, size, "a form of translation that trapline does not know");
		return;
	}
}

struct tl_error *tl_walk_to(
	struct tl_place *place, tl_gva va, tl_gpa *ret, bool *ret_found, char *why, size_t size)
{
	struct tl_told_walk t;
	char end[600];
	struct tl_error *err;

	err = tl_place_walk(place, va, &t.walk);
	*ret_found = !err && t.walk.status == TL_WALK_OK;
	*ret = t.walk.gpa;
	if (!err && !*ret_found)
		err = tl_walk_tell(place, va, &t);
	if (err || *ret_found)
		return err;
	tl_walk_end(&t, end, sizeof(end));
	snprintf(why, size, "no translation: %s", end);
	return NULL;
}
