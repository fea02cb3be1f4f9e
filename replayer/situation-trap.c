// SPDX-License-Identifier: MIT
// The exit of a trace as a trap.
#include "replayer/situation-parts.h"

#include "schema/trace/payload.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum tl_trap_kind kind;
} kinds[] = { { "mmio", TL_TRAP_MMIO }, { "io", TL_TRAP_PIO }, { "nisv", TL_TRAP_NISV },
	{ "ldst64b", TL_TRAP_LDST64B }, { "idsr", TL_TRAP_IDSR }, { "sea", TL_TRAP_SEA },
	{ "rdmsr", TL_TRAP_RDMSR }, { "wrmsr", TL_TRAP_WRMSR }, { "hypercall", TL_TRAP_HYPERCALL },
	{ "system_event", TL_TRAP_SYSTEM_EVENT }, { "internal_error", TL_TRAP_INTERNAL_ERROR } };

// ENOSYS on arm64 is a NISV that nobody has asked for (KVM API 5, KVM_EXIT_ARM_NISV).
static enum tl_trap_kind trap_kind(
	const struct tl_arch *arch, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, kind->name))
			return kinds[i].kind;
	if (exit->error)
		return exit->error == ENOSYS && arch->id == TL_ARCH_ARM64 ? TL_TRAP_NISV
									  : TL_TRAP_FAILED;
	return exit->has & TL_EXIT_HAS_REASON ? TL_TRAP_OTHER : TL_TRAP_OOPS;
}

static bool payload_field(const struct tl_situation *s, const char *name, uint64_t *ret)
{
	const struct tl_field *fields;
	unsigned n;

	if (!s->kind)
		return false;
	fields = tl_exit_fields(s->kind, &n);
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(fields[i].name, name))
			return tl_payload_value(&s->exit, s->kind, &fields[i], ret);
	return false;
}

// KVM leaves CM, WnR and FSC alone in a NISV exit's syndrome; a whole one has an exception class.
static void fill_syndrome(struct tl_situation *s)
{
	struct tl_trap *t = &s->trap;
	uint64_t flags;

	if (t->kind == TL_TRAP_NISV || t->kind == TL_TRAP_LDST64B || t->kind == TL_TRAP_OOPS) {
		t->has_esr = s->exit.has & TL_EXIT_HAS_VALUE;
		t->esr = s->exit.value;
		t->esr_is_iss = t->has_esr && !(t->esr >> 26);
		t->has_value = false;
	}
	if (t->kind != TL_TRAP_SEA)
		return;
	t->has_esr = payload_field(s, "esr", &t->esr);
	t->has_far = payload_field(s, "gva", &t->far) && t->has_esr && !(t->esr >> 10 & 1);
	t->has_address = payload_field(s, "gpa", &t->address) &&
			 payload_field(s, "flags", &flags) && flags & 1;
}

// Where emulation failed KVM gives the instruction's bytes itself, if it could read them (KVM API 5,
// kvm_run, emulation_failure: flags, insn_size, insn_bytes).
static void take_insn_bytes(struct tl_situation *s)
{
	enum { EMULATION = 1, HAS_BYTES = 1, BYTES = 49 - TL_RUN_UNION, MOST = 15 };
	uint64_t flags, size;

	if (s->trap.kind != TL_TRAP_INTERNAL_ERROR || s->exit.value != EMULATION ||
		s->trap.code_size > s->trap.code_before)
		return;
	if (!payload_field(s, "flags", &flags) || !(flags & HAS_BYTES) ||
		!payload_field(s, "insn_size", &size) || !size || size > MOST ||
		s->exit.payload_size < BYTES + size)
		return;
	s->trap.code = s->exit.payload + BYTES;
	s->trap.code_size = (uint16_t)size;
	s->trap.code_before = 0;
}

void tl_situation_trap(struct tl_situation *s)
{
	const struct tl_exit *e = &s->exit;

	s->trap = (struct tl_trap){ .kind = trap_kind(s->state.arch, e, s->kind),
		.error = e->error,
		.has_address = e->has & TL_EXIT_HAS_ADDR,
		.has_size = e->has & TL_EXIT_HAS_SIZE,
		.has_write = e->has & TL_EXIT_HAS_WRITE,
		.has_value = e->has & TL_EXIT_HAS_VALUE,
		.address = e->addr,
		.size = e->size,
		.write = e->write,
		.value = e->value,
		.count = e->count,
		.code = e->code,
		.code_size = e->code_size,
		.code_before = e->code_before,
		.has_reply = e->reply_kind == TL_REPLY_VALUE,
		.reply = e->reply };
	take_insn_bytes(s);
	fill_syndrome(s);
}

// What stands in the part of kvm_run that userspace fills: is_handled of IDSR, error of MSRs.
struct tl_error *tl_situation_reply(struct tl_situation *s)
{
	struct tl_trap *t = &s->trap;
	struct tl_answer answer;
	struct tl_error *err;
	unsigned from, to;
	bool found;

	if (t->kind != TL_TRAP_IDSR && t->kind != TL_TRAP_RDMSR && t->kind != TL_TRAP_WRMSR)
		return NULL;
	err = tl_trace_answer(s->place.trace, s->exit.seq, &answer, &found);
	if (err || !found || !answer.size)
		return err;
	tl_exit_answer(s->kind, &from, &to);
	if (t->kind == TL_TRAP_IDSR)
		t->handled = answer.size == to - from && answer.bytes[answer.size - 1];
	else
		t->handled = !answer.bytes[0];
	return NULL;
}
