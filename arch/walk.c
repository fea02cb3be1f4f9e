/* SPDX-License-Identifier: MIT */
#include "arch/walk.h"

#include "arch/bytes.h"

static uint64_t load(const uint8_t *bytes, unsigned size, bool big_endian)
{
	const uint64_t value = tl_load_le(bytes, size);

	return big_endian ? tl_bytes_swap(value, size) : value;
}

bool tl_walk_entry(struct tl_walk *walk, const struct tl_walk_tables *tables, int level, tl_gpa gpa,
	uint64_t *ret)
{
	uint8_t bytes[8];
	struct tl_walk_step *step = &walk->step[walk->n_steps];

	// No form of paging has more levels, but the recorder walks too, and must not assert.
	if (walk->n_steps == TL_WALK_STEPS) {
		walk->status = TL_WALK_UNSUPPORTED;
		return false;
	}
	if (!tables->mem->read ||
		!tables->mem->read(tables->mem->ctx, gpa, bytes, tables->entry_size)) {
		walk->status = TL_WALK_NO_MEMORY;
		walk->level = (int8_t)level;
		walk->gpa = gpa;
		return false;
	}
	*step = (struct tl_walk_step){ .level = (int8_t)level,
		.size = tables->entry_size,
		.gpa = gpa,
		.entry = load(bytes, tables->entry_size, tables->big_endian) };
	walk->n_steps++;
	*ret = step->entry;
	return true;
}

void tl_walk_fault(struct tl_walk *walk, int level)
{
	walk->status = TL_WALK_FAULT;
	walk->level = (int8_t)level;
}

void tl_walk_identity(struct tl_walk *walk, tl_gpa gpa)
{
	walk->status = TL_WALK_OK;
	walk->gpa = gpa;
}

static void set_output(struct tl_walk *walk, enum tl_entry_kind kind, tl_gpa output)
{
	struct tl_walk_step *step = &walk->step[walk->n_steps - 1];

	step->kind = (uint8_t)kind;
	step->output = output;
}

void tl_walk_table(struct tl_walk *walk, tl_gpa table)
{
	set_output(walk, TL_ENTRY_TABLE, table);
}

void tl_walk_leaf(struct tl_walk *walk, enum tl_entry_kind kind, tl_gpa base, unsigned shift)
{
	set_output(walk, kind, base);
	walk->status = TL_WALK_OK;
	walk->level = walk->step[walk->n_steps - 1].level;
	walk->page_size = UINT64_C(1) << shift;
	walk->gpa = base | (walk->va & TL_LOW_BITS(shift));
}
