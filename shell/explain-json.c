// SPDX-License-Identifier: MIT
#include "shell/effect.h"
#include "shell/explain.h"

#include <stdlib.h>

static const char *const backings[] = {
	[TL_BACKING_NOT_KNOWN] = "not known",
	[TL_BACKING_RAM] = "ram",
	[TL_BACKING_ROM] = "read-only memory",
	[TL_BACKING_HOLE] = "hole",
	[TL_BACKING_BEYOND_VM] = "beyond the VM's IPA size",
	[TL_BACKING_BEYOND_HOST] = "beyond the host's PARange",
};

static void put_code(struct tl_json *j, const struct tl_diagnosis *d)
{
	tl_json_open(j, "code", '[');
	for (size_t i = 0; i < d->n_lines; i++) {
		const struct tl_disassembled *line = &d->line[i];

		tl_json_open(j, NULL, '{');
		tl_json_hex(j, "va", line->va);
		tl_json_bytes(j, "bytes", line->bytes, line->size);
		tl_json_string(j, "mnemonic", line->mnemonic);
		tl_json_string(j, "operands", line->operands);
		tl_json_bool(j, "trapped", line->is_pc);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
}

static void put_symbol(struct tl_json *j, const struct tl_symbol *s)
{
	tl_json_open(j, "symbol", '{');
	tl_json_string(j, "elf", s->elf);
	tl_json_string(j, "how", s->how);
	tl_json_int(j, "shift", s->shift);
	tl_json_string(j, "name", s->name);
	tl_json_int(j, "offset", (int64_t)s->offset);
	tl_json_string(j, "function", s->function);
	tl_json_string(j, "file", s->file);
	if (s->file)
		tl_json_int(j, "line", s->line);
	tl_json_close(j, '}');
}

static void put_access(struct tl_json *j, const struct tl_diagnosis *d)
{
	tl_json_open(j, "access", '{');
	tl_json_string(j, "what", *d->deed ? d->deed : NULL);
	if (d->has_va)
		tl_json_hex(j, "va", d->va);
	if (d->has_gpa)
		tl_json_hex(j, "gpa", d->gpa);
	if (d->has_gpa)
		tl_json_string(j, "backing", backings[d->backing.kind]);
	tl_json_open(j, "device", '[');
	for (unsigned i = 0; i < d->n_device_lines; i++)
		tl_json_string(j, NULL, d->device_line[i]);
	tl_json_close(j, ']');
	tl_json_close(j, '}');
}

static void put_syndrome(struct tl_json *j, const struct tl_diagnosis *d)
{
	const struct tl_arm64_syndrome *s = &d->syndrome;

	tl_json_open(j, "syndrome", '{');
	tl_json_hex(j, "value", d->situation->trap.esr);
	for (unsigned i = 0; i < s->n_fields; i++) {
		tl_json_open(j, s->field[i].name, '{');
		tl_json_int(j, "value", (int64_t)s->field[i].value);
		tl_json_string(j, "meaning", s->field[i].meaning);
		tl_json_close(j, '}');
	}
	tl_json_close(j, '}');
}

static void put_causes(struct tl_json *j, const struct tl_diagnosis *d)
{
	tl_json_open(j, "causes", '[');
	for (unsigned i = 0; i < d->n_causes; i++) {
		const struct tl_cause *c = &d->cause[i];

		tl_json_open(j, NULL, '{');
		tl_json_string(j, "name", c->name);
		tl_json_string(j, "certainty", tl_certainty_names[c->certainty]);
		tl_json_int(j, "weight", c->weight);
		tl_json_string(j, "what", c->what);
		tl_json_open(j, "evidence", '[');
		for (unsigned k = 0; k < c->n_evidence; k++)
			tl_json_string(j, NULL, c->evidence[k]);
		tl_json_close(j, ']');
		tl_json_string(j, "guest", c->guest);
		tl_json_string(j, "vmm", c->vmm);
		tl_json_close(j, '}');
	}
	tl_json_close(j, ']');
}

static void put_lists(struct tl_json *j, const struct tl_diagnosis *d)
{
	tl_json_open(j, "contradictions", '[');
	for (unsigned i = 0; i < d->n_contradictions; i++)
		tl_json_string(j, NULL, d->contradiction[i].text);
	tl_json_close(j, ']');
	put_causes(j, d);
	tl_json_open(j, "missing", '[');
	for (unsigned i = 0; i < d->n_missing; i++)
		tl_json_string(j, NULL, d->missing[i]);
	tl_json_close(j, ']');
}

void tl_explain_json(const struct tl_explained *e)
{
	const struct tl_diagnosis *d = &e->diagnosis;
	struct tl_json j = { .to = stdout };

	tl_json_open(&j, NULL, '{');
	tl_json_int(&j, "seq", (int64_t)e->situation.exit.seq);
	tl_json_int(&j, "vcpu", e->situation.exit.vcpu);
	tl_json_string(&j, "exit", tl_trap_name(e->situation.trap.kind));
	if (d->has_at)
		tl_json_hex(&j, "instruction", d->at);
	put_code(&j, d);
	if (d->has_symbol)
		put_symbol(&j, &d->symbol);
	put_access(&j, d);
	if (d->has_syndrome)
		put_syndrome(&j, d);
	put_lists(&j, d);
	tl_json_open(&j, "answers", '[');
	for (unsigned i = 0; i < e->n_tried; i++)
		tl_json_tried(&j, &e->situation, &e->tried[i]);
	tl_json_close(&j, ']');
	tl_json_line(&j);
}
