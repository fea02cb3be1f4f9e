// SPDX-License-Identifier: MIT
// Where an access of an instruction that is carried out lies: the page that trapped by what the
// trap tells, any other by a walk.
#include "arch/arm64/emulate_parts.h"

#include "arch/walk.h"

#include <inttypes.h>

#define PAGE	    4096
#define PAGE_BITS   UINT64_C(0xfff)
#define PSTATE_UAO  (UINT64_C(1) << 23)
#define MEMORY_RULE "Arm ARM B2.2.1"

// The part of a virtual address that finds a page: a tag does not.
static tl_gva page_of(const struct tl_emulation *e, tl_gva va)
{
	return va & ~PAGE_BITS & (e->aarch32 ? TL_LOW_BITS(32) : TL_LOW_BITS(56));
}

static bool has_trap_address(const struct tl_trap *fault)
{
	const uint32_t memory = 1u << TL_TRAP_MMIO | 1u << TL_TRAP_NISV | 1u << TL_TRAP_LDST64B |
				1u << TL_TRAP_SEA | 1u << TL_TRAP_FAILED | 1u << TL_TRAP_OOPS |
				1u << TL_TRAP_OTHER;

	return fault && (memory >> fault->kind & 1) && (fault->has_address || fault->has_far);
}

// The low bits of the trap's address are those of the first byte that failed, in whatever element.
static bool find_failed(const struct tl_emulation *e, unsigned bytes, tl_gva *ret)
{
	const struct tl_trap *fault = e->fault;
	const uint64_t low = fault->has_far ? fault->far : fault->address;
	const uint64_t at = (low - e->va) & PAGE_BITS;

	*ret = tl_emulate_advance(e, e->va, at);
	return at < bytes && (!fault->has_far || page_of(e, *ret) == page_of(e, fault->far));
}

bool tl_emulate_find_trapped(struct tl_emulation *e, unsigned bytes)
{
	const struct tl_trap *fault = e->fault;
	tl_gva failed;

	if (!has_trap_address(fault))
		return true;
	if (!find_failed(e, bytes, &failed))
		return TL_EMULATE_LACK(e, NULL,
			"the access that trapped, at 0x%" PRIx64
			", is none of those of the registers, from 0x%" PRIx64 " on",
			fault->has_far ? fault->far : fault->address, e->va);
	e->trapped = (struct tl_emulate_page){ .known = true,
		.has_gpa = fault->has_address,
		.va = page_of(e, failed),
		.gpa = fault->address & ~PAGE_BITS };
	return true;
}

static bool no_memory(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	return false;
}

struct tl_mem tl_emulate_mem(const struct tl_emulation *e)
{
	return e->state->mem.read ? e->state->mem : (struct tl_mem){ .read = no_memory };
}

static bool as_user(const struct tl_emulation *e)
{
	return tl_emulate_is_el0(e) ||
	       (e->insn->unprivileged && !(e->pstate & PSTATE_UAO && !e->aarch32));
}

static const char *const faults[] = {
	[TL_VERDICT_TRANSLATION] = "translation",
	[TL_VERDICT_ADDRESS_SIZE] = "address size",
	[TL_VERDICT_ACCESS_FLAG] = "access flag",
	[TL_VERDICT_DOMAIN] = "domain",
	[TL_VERDICT_PERMISSION] = "permission",
};

// A page that did not trap may be one that the guest's own tables refuse.
static bool judge(struct tl_emulation *e, const struct tl_walk *walk, bool write)
{
	const struct tl_attempt attempt = { .right = write ? TL_RIGHT_WRITE : TL_RIGHT_READ,
		.user = as_user(e) };
	struct tl_judgement judged = { .verdict = TL_VERDICT_TRANSLATION, .level = walk->level };
	struct tl_attributes attributes;

	if (e->state->arch->attributes(&e->state->regs, walk, &attributes))
		e->state->arch->judge(walk, &attributes, attempt, &judged);
	else if (walk->status == TL_WALK_OK)
		return true;
	if (judged.verdict == TL_VERDICT_OK || judged.verdict == TL_VERDICT_NOT_KNOWN)
		return true;
	return TL_EMULATE_REFUSE(e, "Arm ARM D8.14",
		"the guest takes a fault of its own at 0x%" PRIx64 ": %s fault, level %d", walk->va,
		faults[judged.verdict], judged.level);
}

static bool walk_ends(struct tl_emulation *e, const struct tl_walk *walk)
{
	switch (walk->status) {
	case TL_WALK_OK:
	case TL_WALK_FAULT:
		return true;
	case TL_WALK_NO_MEMORY:
		return TL_EMULATE_LACK(e, NULL,
			"where 0x%" PRIx64 " lies is not known: the table entry at 0x%" PRIx64
			" is not there",
			walk->va, walk->gpa);
	case TL_WALK_NOT_KNOWN:
		return TL_EMULATE_LACK(e, NULL,
			"where 0x%" PRIx64
			" lies is not known: a register that its walk needs was not recorded",
			walk->va);
	case TL_WALK_UNSUPPORTED:
		break;
	}
	return TL_EMULATE_LACK(e, NULL,
		"where 0x%" PRIx64 " lies is not known: its form of translation is unsupported",
		walk->va);
}

static bool translate(struct tl_emulation *e, bool write, struct tl_emulate_place *ret)
{
	const struct tl_mem mem = tl_emulate_mem(e);
	struct tl_walk walk;

	e->state->arch->walk(&e->state->regs, &mem, ret->va, &walk);
	if (!walk_ends(e, &walk) || !judge(e, &walk, write))
		return false;
	ret->has_gpa = true;
	ret->gpa = walk.gpa;
	return true;
}

static bool is_trapped(const struct tl_emulation *e, tl_gva va)
{
	return e->trapped.known && e->trapped.va == page_of(e, va);
}

// A log may tell the virtual address alone: then only the tables could tell the other.
static bool find_trapped(struct tl_emulation *e, bool write, struct tl_emulate_place *ret)
{
	ret->has_gpa = e->trapped.has_gpa;
	ret->gpa = e->trapped.gpa | (ret->va & PAGE_BITS);
	if (!ret->has_gpa)
		(void)translate(e, write, ret);
	return true;
}

static bool settle_kind(struct tl_emulation *e, struct tl_emulate_place *place)
{
	struct tl_backing backing = { .kind = TL_BACKING_NOT_KNOWN };

	if (place->has_gpa)
		tl_backing(e->state, place->gpa, &backing);
	place->kind = backing.kind;
	switch (backing.kind) {
	case TL_BACKING_RAM:
	case TL_BACKING_ROM:
	case TL_BACKING_HOLE:
		return true;
	case TL_BACKING_NOT_KNOWN:
		place->kind = TL_BACKING_HOLE;
		return is_trapped(e, place->va) ||
		       TL_EMULATE_LACK(e, NULL,
			       "what is at 0x%" PRIx64 " is not known: the memory slots are not",
			       place->gpa);
	case TL_BACKING_BEYOND_VM:
	case TL_BACKING_BEYOND_HOST:
		break;
	}
	return TL_EMULATE_REFUSE(e, "KVM API 4.2",
		"0x%" PRIx64 " is no address of this VM: KVM itself injects a fault", place->gpa);
}

static bool find_place(struct tl_emulation *e, bool write, struct tl_emulate_place *ret)
{
	return (is_trapped(e, ret->va) ? find_trapped(e, write, ret) : translate(e, write, ret)) &&
	       settle_kind(e, ret);
}

static const char *kind_name(enum tl_backing_kind kind)
{
	return kind == TL_BACKING_RAM	? "RAM"
	       : kind == TL_BACKING_ROM ? "a read-only slot"
					: "no slot";
}

bool tl_emulate_find_places(struct tl_emulation *e, tl_gva va, unsigned size, bool write,
	struct tl_emulate_place ret[2])
{
	const unsigned room = PAGE - (unsigned)(va & PAGE_BITS), first = size < room ? size : room;

	ret[0] = (struct tl_emulate_place){ .va = va, .size = first };
	ret[1] = (struct tl_emulate_place){ .va = tl_emulate_advance(e, va, first),
		.size = size - first };
	if (!find_place(e, write, &ret[0]) || (ret[1].size && !find_place(e, write, &ret[1])))
		return false;
	if (ret[1].size && ret[0].kind != ret[1].kind)
		return TL_EMULATE_REFUSE(e, MEMORY_RULE,
			"the %u bytes at 0x%" PRIx64
			" straddle two pages that are not alike: %s, then %s",
			size, va, kind_name(ret[0].kind), kind_name(ret[1].kind));
	if (ret[1].size && ret[0].has_gpa && ret[1].gpa == ret[0].gpa + first) {
		ret[0].size = size;
		ret[1].size = 0;
	}
	return true;
}
