// SPDX-License-Identifier: MIT
#include "arch/arm64/regs.h"

#define DOMAIN_MANAGER 3

// Arm ARM D17.2.37: a fault's code at level 0; the level is added. Level -1 has codes of its own.
static unsigned long_code(enum tl_verdict verdict, int level)
{
	static const uint8_t base[] = {
		[TL_VERDICT_ADDRESS_SIZE] = 0x00,
		[TL_VERDICT_TRANSLATION] = 0x04,
		[TL_VERDICT_ACCESS_FLAG] = 0x08,
		[TL_VERDICT_PERMISSION] = 0x0c,
	};

	if (level < 0)
		return verdict == TL_VERDICT_TRANSLATION ? 0x2b : 0x29;
	return base[verdict] + (unsigned)level;
}

// Arm ARM G8.2.42, DFSR.FS.
static unsigned short_code(enum tl_verdict verdict, int level)
{
	static const uint8_t code[][2] = {
		[TL_VERDICT_TRANSLATION] = { 0x05, 0x07 },
		[TL_VERDICT_ACCESS_FLAG] = { 0x03, 0x06 },
		[TL_VERDICT_DOMAIN] = { 0x09, 0x0b },
		[TL_VERDICT_PERMISSION] = { 0x0d, 0x0f },
	};

	return code[verdict][level == 2];
}

static bool is_fault(enum tl_verdict verdict)
{
	return verdict != TL_VERDICT_OK && verdict != TL_VERDICT_NOT_KNOWN;
}

static bool is_allowed(const struct tl_attributes *a, struct tl_attempt attempt)
{
	unsigned rights = attempt.user ? a->user : a->privileged;

	if (a->domain_access == DOMAIN_MANAGER)
		return true;
	if (a->pan && a->user_page && !attempt.user)
		rights &= TL_RIGHT_EXECUTE;
	return rights & attempt.right;
}

// In the order in which the CPU checks (Arm ARM D8.14, G5.11): whatever is wrong with an address on
// the way comes before what is wrong with the entry that it leads to.
static enum tl_verdict verdict(const struct tl_walk *walk, const struct tl_attributes *a,
	struct tl_attempt attempt, int *level)
{
	*level = 0;
	if (a->no_fetch && attempt.right == TL_RIGHT_EXECUTE)
		return TL_VERDICT_TRANSLATION;
	if (a->no_user && attempt.user)
		return TL_VERDICT_TRANSLATION;
	*level = a->oversized ? a->oversized_level : walk->level;
	if (a->oversized)
		return TL_VERDICT_ADDRESS_SIZE;
	if (walk->status == TL_WALK_FAULT)
		return a->disabled ? TL_VERDICT_ADDRESS_SIZE : TL_VERDICT_TRANSLATION;
	if (walk->status != TL_WALK_OK)
		return TL_VERDICT_NOT_KNOWN;
	if (!a->accessed && !a->sets_accessed)
		return TL_VERDICT_ACCESS_FLAG;
	if (!(a->domain_access & 1))
		return TL_VERDICT_DOMAIN;
	return is_allowed(a, attempt) ? TL_VERDICT_OK : TL_VERDICT_PERMISSION;
}

void tl_arm64_judge(const struct tl_walk *walk, const struct tl_attributes *attributes,
	struct tl_attempt attempt, struct tl_judgement *ret)
{
	int level;

	ret->verdict = verdict(walk, attributes, attempt, &level);
	ret->level = (int8_t)level;
	ret->code = 0;
	if (is_fault(ret->verdict) && attributes->short_form)
		ret->code = (uint16_t)short_code(ret->verdict, level);
	else if (is_fault(ret->verdict))
		ret->code = (uint16_t)long_code(ret->verdict, level);
}
