// SPDX-License-Identifier: MIT
#include "arch/walk.h"
#include "arch/x86_64/regs.h"

// Bits of an entry (Intel SDM volume 3, 5.5; AMD APM volume 2, 5.4).
#define ENTRY_RW     (UINT64_C(1) << 1)
#define ENTRY_US     (UINT64_C(1) << 2)
#define ENTRY_A	     (UINT64_C(1) << 5)
#define ENTRY_D	     (UINT64_C(1) << 6)
#define ENTRY_G	     (UINT64_C(1) << 8)
#define ENTRY_NX     (UINT64_C(1) << 63)
#define PAT_OF_PAGE  7
#define PAT_OF_BLOCK 12
#define KEY_SHIFT    59
#define EVERY	     (TL_RIGHT_READ | TL_RIGHT_WRITE | TL_RIGHT_EXECUTE)
#define DATA	     (TL_RIGHT_READ | TL_RIGHT_WRITE)

// The error code of a page fault (SDM volume 3, 5.7).
#define CODE_P	  0x01
#define CODE_W	  0x02
#define CODE_U	  0x04
#define CODE_RSVD 0x08
#define CODE_I	  0x10
#define CODE_PK	  0x20

struct control {
	uint64_t cr0, cr4, efer, rflags;
};

static bool read_control(const struct tl_regs *regs, struct control *ret)
{
	return tl_x86_get(regs, TL_X86_cr0, &ret->cr0) && tl_x86_get(regs, TL_X86_cr4, &ret->cr4) &&
	       tl_x86_get(regs, TL_X86_efer, &ret->efer) &&
	       tl_x86_get(regs, TL_X86_rflags, &ret->rflags);
}

static void control_attributes(const struct control *c, struct tl_attributes *ret)
{
	bool nx = (c->efer & TL_X86_EFER_NXE) && (c->cr4 & TL_X86_CR4_PAE);

	*ret = (struct tl_attributes){
		.disabled = !(c->cr0 & TL_X86_CR0_PG),
		.pan = (c->cr4 & TL_X86_CR4_SMAP) && !(c->rflags & TL_X86_RFLAGS_AC),
		.smep = c->cr4 & TL_X86_CR4_SMEP,
		.wp = c->cr0 & TL_X86_CR0_WP,
		.fetch_named = nx || (c->cr4 & TL_X86_CR4_SMEP),
		.sets_accessed = true,
		.sets_dirty = true,
		.domain_access = 1,
	};
}

// A PAE PDPTE has neither R/W nor U/S: no level forbids what it cannot speak of.
static uint64_t step_grants(const struct tl_walk_step *step, bool pae)
{
	return pae && step->level == 3 ? ENTRY_RW | ENTRY_US : step->entry;
}

// SDM volume 3, 5.6: a right that one level lacks is not there, and NX of one level counts.
static void rights(const struct tl_walk *walk, bool pae, struct tl_attributes *ret)
{
	uint64_t grants = UINT64_MAX, nx = 0;
	unsigned allowed = TL_RIGHT_READ;

	for (unsigned i = 0; i < walk->n_steps; i++) {
		grants &= step_grants(&walk->step[i], pae);
		nx |= walk->step[i].entry & ENTRY_NX;
	}
	if (grants & ENTRY_RW)
		allowed |= TL_RIGHT_WRITE;
	if (!nx)
		allowed |= TL_RIGHT_EXECUTE;
	ret->user_page = grants & ENTRY_US;
	ret->user = ret->user_page ? (uint8_t)allowed : 0;
	ret->privileged = (uint8_t)(allowed | (ret->wp ? 0 : TL_RIGHT_WRITE));
}

static void leaf_attributes(
	const struct control *c, const struct tl_walk *walk, struct tl_attributes *ret)
{
	const struct tl_walk_step *leaf = &walk->step[walk->n_steps - 1];
	uint64_t entry = leaf->entry;
	bool pat = entry >> (leaf->kind == TL_ENTRY_PAGE ? PAT_OF_PAGE : PAT_OF_BLOCK) & 1;

	ret->accessed = entry & ENTRY_A;
	ret->dirty = entry & ENTRY_D;
	ret->global = (entry & ENTRY_G) && (c->cr4 & TL_X86_CR4_PGE);
	ret->memory_index = (uint8_t)((entry >> 3 & 3) | (unsigned)pat << 2);
	if (!(c->efer & TL_X86_EFER_LMA))
		return;
	ret->key_checked = c->cr4 & (ret->user_page ? TL_X86_CR4_PKE : TL_X86_CR4_PKS);
	ret->key = entry >> KEY_SHIFT & 0xf;
}

bool tl_x86_attributes(
	const struct tl_regs *regs, const struct tl_walk *walk, struct tl_attributes *ret)
{
	struct tl_attributes found;
	struct control c;

	if (walk->status == TL_WALK_NOT_KNOWN || walk->status == TL_WALK_UNSUPPORTED ||
		!read_control(regs, &c))
		return false;
	control_attributes(&c, &found);
	if (found.disabled) {
		found.privileged = found.user = EVERY;
		found.accessed = found.dirty = found.global = true;
		found.pan = found.smep = false;
	} else if (walk->status == TL_WALK_OK && walk->n_steps) {
		rights(walk, walk->step[0].size == 8 && !(c.efer & TL_X86_EFER_LMA), &found);
		leaf_attributes(&c, walk, &found);
	}
	*ret = found;
	return true;
}

static bool is_allowed(const struct tl_attributes *a, struct tl_attempt attempt)
{
	unsigned rights = attempt.user ? a->user : a->privileged;

	if (!attempt.user && a->user_page && a->pan)
		rights &= ~(unsigned)DATA;
	if (!attempt.user && a->user_page && a->smep)
		rights &= ~(unsigned)TL_RIGHT_EXECUTE;
	return rights & attempt.right;
}

// Keys say nothing about fetches, nor about the writes of the privileged without CR0.WP.
static bool key_counts(const struct tl_attributes *a, struct tl_attempt attempt)
{
	return a->key_checked && (attempt.right & DATA);
}

static bool key_refuses(const struct tl_attributes *a, struct tl_attempt attempt)
{
	unsigned refuses = a->key_refuses;

	// A key that refuses writes alone refuses them to the privileged with CR0.WP only.
	if (!attempt.user && !a->wp && refuses == TL_RIGHT_WRITE)
		refuses = 0;
	return key_counts(a, attempt) && (refuses & attempt.right);
}

static enum tl_verdict faulted(const struct tl_walk *walk)
{
	if (walk->n_steps == 0)
		return TL_VERDICT_NOT_CANONICAL;
	if (walk->step[walk->n_steps - 1].kind == TL_ENTRY_RESERVED)
		return TL_VERDICT_RESERVED;
	return TL_VERDICT_TRANSLATION;
}

static enum tl_verdict verdict(
	const struct tl_walk *walk, const struct tl_attributes *a, struct tl_attempt attempt)
{
	if (walk->status == TL_WALK_FAULT)
		return faulted(walk);
	if (walk->status != TL_WALK_OK)
		return TL_VERDICT_NOT_KNOWN;
	if (!is_allowed(a, attempt))
		return TL_VERDICT_PERMISSION;
	if (key_counts(a, attempt) && !a->key_known)
		return TL_VERDICT_NOT_KNOWN;
	return key_refuses(a, attempt) ? TL_VERDICT_PERMISSION : TL_VERDICT_OK;
}

static unsigned error_code(
	enum tl_verdict verdict, const struct tl_attributes *a, struct tl_attempt attempt)
{
	unsigned code =
		(attempt.right == TL_RIGHT_WRITE ? CODE_W : 0) | (attempt.user ? CODE_U : 0);

	if (attempt.right == TL_RIGHT_EXECUTE && a->fetch_named)
		code |= CODE_I;
	if (verdict == TL_VERDICT_RESERVED)
		code |= CODE_P | CODE_RSVD;
	if (verdict == TL_VERDICT_PERMISSION)
		code |= CODE_P | (a->key_known && key_refuses(a, attempt) ? CODE_PK : 0);
	return code;
}

void tl_x86_judge(const struct tl_walk *walk, const struct tl_attributes *attributes,
	struct tl_attempt attempt, struct tl_judgement *ret)
{
	enum tl_verdict found = verdict(walk, attributes, attempt);
	bool page_fault = found == TL_VERDICT_TRANSLATION || found == TL_VERDICT_RESERVED ||
			  found == TL_VERDICT_PERMISSION;

	*ret = (struct tl_judgement){
		.verdict = found,
		.level = walk->level,
		.code = page_fault ? (uint16_t)error_code(found, attributes, attempt) : 0,
	};
}
