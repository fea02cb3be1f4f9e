// SPDX-License-Identifier: MIT
#include "shell/walk.h"

void tl_json_place(struct tl_json *j, const struct tl_place *p)
{
	tl_json_int(j, "seq", (int64_t)p->position.seq);
	tl_json_bool(j, "replied", p->position.phase == TL_PHASE_REPLY);
	tl_json_int(j, "vm", p->vm);
	tl_json_int(j, "space", p->space);
	if (p->vcpu != TL_NO_VCPU)
		tl_json_int(j, "vcpu", p->vcpu);
	if (p->registers_set)
		tl_json_bool(j, "registers_set_since", true);
}

static void put_registers(struct tl_json *j, const struct tl_told_walk *t)
{
	const struct tl_arch *arch = tl_trace_arch(t->place->trace);
	uint64_t value;

	tl_json_open(j, "registers", '{');
	for (const char *const *name = tl_walk_registers(arch, &t->place->regs); *name; name++)
		if (tl_reg_get(tl_arch_reg(arch, *name), &t->place->regs, &value))
			tl_json_hex(j, *name, value);
		else
			tl_json_null(j, *name);
	tl_json_close(j, '}');
}

static void put_steps(struct tl_json *j, const struct tl_walk *walk)
{
	static const char *const kinds[] = { "invalid", "reserved", "table", "block", "page" };

	tl_json_open(j, "steps", '[');
	for (unsigned i = 0; i < walk->n_steps; i++) {
		const struct tl_walk_step *s = &walk->step[i];

		tl_json_open(j, NULL, '{');
		tl_json_int(j, "level", s->level);
		tl_json_hex(j, "gpa", s->gpa);
		tl_json_int(j, "size", s->size);
		tl_json_hex(j, "entry", s->entry);
		tl_json_string(j, "kind", kinds[s->kind]);
		if (s->kind >= TL_ENTRY_TABLE)
			tl_json_hex(j, "output", s->output);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
}

static void put_accesses(struct tl_json *j, const struct tl_told_walk *t, bool user)
{
	static const struct {
		const char *name;
		enum tl_right right;
	} rights[] = { { "read", TL_RIGHT_READ }, { "write", TL_RIGHT_WRITE },
		{ "execute", TL_RIGHT_EXECUTE } };
	char text[96];

	tl_json_open(j, user ? "user" : "privileged", '{');
	for (unsigned i = 0; i < 3; i++) {
		tl_walk_verdict(
			t, (struct tl_attempt){ rights[i].right, user }, true, text, sizeof(text));
		tl_json_string(j, rights[i].name, text);
	}
	tl_json_close(j, '}');
}

static void put_attributes(struct tl_json *j, const struct tl_attributes *a)
{
	tl_json_open(j, "attributes", '{');
	tl_json_bool(j, "user_page", a->user_page);
	tl_json_bool(j, "accessed", a->accessed);
	tl_json_bool(j, "dirty", a->dirty);
	tl_json_bool(j, "dbm", a->dbm);
	tl_json_bool(j, "global", a->global);
	tl_json_int(j, "run", (int64_t)a->run);
	tl_json_int(j, "memory_index", a->memory_index);
	if (a->memory_known)
		tl_json_hex(j, "memory", a->memory);
	tl_json_int(j, "shareability", a->shareability);
	if (a->short_form)
		tl_json_int(j, "domain", a->domain);
	tl_json_int(j, "key", a->key);
	tl_json_close(j, '}');
}

static void put_page(struct tl_json *j, const struct tl_place_page *page)
{
	tl_json_bool(j, "recorded", page->page.status == TL_MEMORY_RECORDED);
	if (page->page.status != TL_MEMORY_RECORDED)
		tl_json_string(j, "not_recorded", page->why);
	if (*page->note)
		tl_json_string(j, "note", page->note);
}

void tl_walk_json(const struct tl_told_walk *t)
{
	struct tl_json j = { .to = stdout };
	char end[600];

	tl_walk_end(t, end, sizeof(end));
	tl_json_open(&j, NULL, '{');
	tl_json_place(&j, t->place);
	tl_json_hex(&j, "va", t->walk.va);
	put_registers(&j, t);
	put_steps(&j, &t->walk);
	tl_json_string(&j, "end", end);
	if (t->walk.status == TL_WALK_OK) {
		tl_json_hex(&j, "gpa", t->walk.gpa);
		tl_json_int(&j, "page_size", (int64_t)t->walk.page_size);
		put_page(&j, &t->page);
	}
	if (t->walk.status == TL_WALK_OK && t->has_attributes) {
		put_attributes(&j, &t->attributes);
		put_accesses(&j, t, false);
		put_accesses(&j, t, true);
	}
	tl_json_line(&j);
}
