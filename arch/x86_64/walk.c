/* SPDX-License-Identifier: MIT */
#include "arch/walk.h"
#include "arch/x86_64/regs.h"

#define PHYSICAL (TL_LOW_BITS(52) & ~TL_LOW_BITS(12))

#define ENTRY_P	     (UINT64_C(1) << 0)
#define ENTRY_PS     (UINT64_C(1) << 7)
#define ENTRY_PSE_21 (UINT64_C(1) << 21)
#define ENTRY_NX     (UINT64_C(1) << 63)

// One of the forms of paging: Intel SDM volume 3, chapter 5; AMD APM volume 2, chapter 5.
struct paging {
	uint8_t levels;
	uint8_t entry_size;
	uint8_t index_bits;
	uint8_t va_bits;
	uint8_t leaf_levels; // a leaf stands at level 1..leaf_levels
	uint64_t root;	     // the bits of CR3 that are the top table's address
	uint64_t reserved;   // in an entry of any level
};

static const struct paging paging_32bit = { 2, 4, 10, 32, 2, 0xfffff000, 0 };
static const struct paging paging_pae = { 3, 8, 9, 32, 2, 0xffffffe0,
	TL_LOW_BITS(63) & ~TL_LOW_BITS(52) };
static const struct paging paging_4level = { 4, 8, 9, 48, 3, PHYSICAL, 0 };
static const struct paging paging_5level = { 5, 8, 9, 57, 3, PHYSICAL, 0 };

struct control {
	uint64_t cr3, cr4, efer;
};

static bool read_control(const struct tl_regs *regs, struct control *ret)
{
	return tl_x86_get(regs, TL_X86_cr3, &ret->cr3) && tl_x86_get(regs, TL_X86_cr4, &ret->cr4) &&
	       tl_x86_get(regs, TL_X86_efer, &ret->efer);
}

static const struct paging *paging_form(const struct control *control)
{
	if (control->efer & TL_X86_EFER_LMA)
		return control->cr4 & TL_X86_CR4_LA57 ? &paging_5level : &paging_4level;
	return control->cr4 & TL_X86_CR4_PAE ? &paging_pae : &paging_32bit;
}

static bool canonical(const struct paging *paging, tl_gva va)
{
	uint64_t top = va >> (paging->va_bits - 1);

	return top == 0 || top == UINT64_MAX >> (paging->va_bits - 1);
}

static unsigned level_shift(const struct paging *paging, int level)
{
	return 12 + (unsigned)(level - 1) * paging->index_bits;
}

static bool is_leaf(
	const struct paging *paging, const struct control *control, int level, uint64_t entry)
{
	if (level == 1)
		return true;
	if (paging->entry_size == 4 && !(control->cr4 & TL_X86_CR4_PSE))
		return false;
	return level <= paging->leaf_levels && (entry & ENTRY_PS);
}

// The bits that every CPU reserves. Those above MAXPHYADDR are not known here, and those of a PAE
// PDPTE are judged when CR3 is loaded.
static bool is_reserved(
	const struct paging *paging, const struct control *control, int level, uint64_t entry)
{
	bool leaf = is_leaf(paging, control, level, entry);

	if (paging == &paging_pae && level == 3)
		return false;
	if (paging->entry_size == 4)
		return leaf && level > 1 && (entry & ENTRY_PSE_21);
	if ((entry & ENTRY_NX) && !(control->efer & TL_X86_EFER_NXE))
		return true;
	if (leaf && level > 1 &&
		(entry & TL_LOW_BITS(level_shift(paging, level)) & ~TL_LOW_BITS(13)))
		return true;
	return (entry & paging->reserved) || (level > 3 && (entry & ENTRY_PS));
}

// A 4 MiB page's entry (PSE-36): 31:22 are the address' 31:22, 20:13 its 39:32.
static tl_gpa leaf_base(const struct paging *paging, int level, uint64_t entry)
{
	tl_gpa base = entry & PHYSICAL & ~TL_LOW_BITS(level_shift(paging, level));

	if (paging->entry_size == 4 && level == 2)
		base |= (entry >> 13 & 0xff) << 32;
	return base;
}

static void walk_tables(const struct paging *paging, const struct control *control,
	const struct tl_mem *mem, tl_gva va, struct tl_walk *ret)
{
	struct tl_walk_tables tables = { .mem = mem, .entry_size = paging->entry_size };
	tl_gpa table = control->cr3 & paging->root;

	for (int level = paging->levels; level > 0; level--) {
		unsigned shift = level_shift(paging, level);
		uint64_t index = va >> shift & TL_LOW_BITS(paging->index_bits), entry;

		if (!tl_walk_entry(ret, &tables, level, table + index * paging->entry_size, &entry))
			return;
		if (!(entry & ENTRY_P)) {
			tl_walk_fault(ret, level);
			return;
		}
		if (is_reserved(paging, control, level, entry)) {
			ret->step[ret->n_steps - 1].kind = TL_ENTRY_RESERVED;
			tl_walk_fault(ret, level);
			return;
		}
		if (is_leaf(paging, control, level, entry)) {
			tl_walk_leaf(ret, level == 1 ? TL_ENTRY_PAGE : TL_ENTRY_BLOCK,
				leaf_base(paging, level, entry), shift);
			return;
		}
		table = entry & PHYSICAL;
		tl_walk_table(ret, table);
	}
}

void tl_x86_walk(
	const struct tl_regs *regs, const struct tl_mem *mem, tl_gva va, struct tl_walk *ret)
{
	struct control control;
	const struct paging *paging;
	uint64_t cr0;

	*ret = (struct tl_walk){ .status = TL_WALK_NOT_KNOWN, .va = va };
	if (!tl_x86_get(regs, TL_X86_cr0, &cr0))
		return;
	if (!(cr0 & TL_X86_CR0_PG)) {
		tl_walk_identity(ret, (uint32_t)va);
		return;
	}
	if (!read_control(regs, &control))
		return;
	paging = paging_form(&control);
	if (paging->va_bits == 32)
		va = (uint32_t)va;
	else if (!canonical(paging, va)) {
		tl_walk_fault(ret, 0);
		return;
	}
	walk_tables(paging, &control, mem, va, ret);
}
