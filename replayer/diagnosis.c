// SPDX-License-Identifier: MIT
#include "replayer/diagnosis.h"

#include "arch/arm64/decode.h"
#include "arch/arm64/emulate.h"
#include "arch/arm64/regs.h"
#include "arch/x86_64/decode.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/port.h"
#include "replayer/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GENERAL = 31 /* x0 to x30 come first */, PAGE = 4096 };

// HVC and SMC as A64, A32 and T32 have them. Arm ARM C6.2, F5.1.
static bool is_call(const struct tl_state *state, const uint8_t *b)
{
	const uint32_t word = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	uint64_t pstate;

	if (!tl_arm64_get(&state->regs, TL_ARM64_pstate, &pstate))
		return false;
	if (!(pstate & 0x10))
		return (word & 0xffe0001e) == 0xd4000002;
	if (!(pstate & 0x20))
		return (word & 0x0fd000f0) == 0x01400070 || (word & 0x0ff000f0) == 0x01600070;
	return (word & 0xf000ffe0) == 0x8000f7e0;
}

// After a call PC is behind it. KVM API 5, KVM_EXIT_HYPERCALL.
static void find_call(struct tl_diagnosis *d, int *ret_offset)
{
	const struct tl_situation *s = d->situation;
	uint8_t bytes[4];

	if ((s->trap.kind != TL_TRAP_HYPERCALL && s->trap.kind != TL_TRAP_SYSTEM_EVENT) ||
		!tl_trap_code(&s->trap, -4, bytes, sizeof(bytes)) || !is_call(&s->state, bytes))
		return;
	*ret_offset = -4;
	d->at -= 4;
}

static void find_arm64(struct tl_diagnosis *d, int *ret_offset)
{
	const struct tl_situation *s = d->situation;

	d->has_at = s->state.arch->fetch_address(&s->state.regs, &d->at);
	if (d->has_at)
		find_call(d, ret_offset);
	d->has_insn = !tl_situation_is_idle(s) && tl_arm64_insn_at(&s->state, &s->trap, &d->arm64);
	if (!d->has_insn)
		return;
	tl_arm64_deed(&d->arm64, d->deed, sizeof(d->deed));
	d->has_va = tl_arm64_effective_address(&s->state, &d->arm64, &d->va);
}

static void find_x86(struct tl_diagnosis *d, int *ret_offset)
{
	const struct tl_situation *s = d->situation;
	tl_gva pc = 0;

	d->has_at = s->state.arch->fetch_address(&s->state.regs, &pc);
	d->has_insn = !tl_situation_is_idle(s) &&
		      tl_x86_trapping(&s->state, &s->trap, &d->x86, ret_offset);
	d->at = pc + (uint64_t)(int64_t)*ret_offset;
	if (!d->has_insn)
		return;
	tl_x86_deed(&d->x86, d->deed, sizeof(d->deed));
	d->has_va = tl_x86_effective_address(&s->state, &d->x86, &d->va);
}

static struct tl_error *disassemble(struct tl_diagnosis *d, int offset)
{
	const struct tl_situation *s = d->situation;
	const int at = s->trap.code_before + offset;

	if (!s->trap.code_size || at < 0)
		return NULL;
	return tl_disassemble(
		&s->state, &s->trap, d->at, (unsigned)at, d->line, TL_DIAGNOSIS_LINES, &d->n_lines);
}

// What the trace holds of the guest's code: around PC, and in memory where that was recorded.
static bool read_code(void *ctx, tl_gva va, void *buf, size_t size)
{
	struct tl_diagnosis *d = ctx;
	struct tl_situation *s = d->situation;
	struct tl_walk walk;
	tl_gva pc;

	if (!s->state.arch->fetch_address(&s->state.regs, &pc))
		return false;
	if (va - pc + 4096 < 8192 && tl_trap_code(&s->trap, (int)(int64_t)(va - pc), buf, size))
		return true;
	s->state.arch->walk(&s->state.regs, &s->state.mem, va, &walk);
	return walk.status == TL_WALK_OK && va % PAGE + size <= PAGE &&
	       s->state.mem.read(s->state.mem.ctx, walk.gpa, buf, size);
}

static void find_symbol(struct tl_diagnosis *d, struct tl_symbols *const *elfs, unsigned n)
{
	const struct tl_code_view code = { read_code, d };

	for (unsigned i = 0; d->has_at && !d->has_symbol && i < n; i++) {
		tl_symbols_locate(elfs[i], d->at, &code);
		d->has_symbol = tl_symbols_find(elfs[i], d->at, &d->symbol);
	}
}

// The exit's address is that of the byte that faulted, the instruction's that of its first.
static struct tl_error *find_access(struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	const enum tl_trap_kind kind = s->trap.kind;

	if (s->trap.has_far) {
		d->has_va = true;
		d->va = s->trap.far;
	}
	if (d->has_va)
		s->state.arch->walk(&s->state.regs, &s->state.mem, d->va, &d->walk);
	d->has_gpa = s->trap.has_address &&
		     (kind == TL_TRAP_MMIO || kind == TL_TRAP_NISV || kind == TL_TRAP_LDST64B ||
			     kind == TL_TRAP_SEA || kind == TL_TRAP_OOPS);
	d->gpa = s->trap.address;
	if (!d->has_gpa && d->has_va && d->walk.status == TL_WALK_OK) {
		d->has_gpa = true;
		d->gpa = d->walk.gpa;
	}
	return tl_memory_error(s->place.memory);
}

static void say_devices(struct tl_diagnosis *d)
{
	for (unsigned i = 0; i < d->device.n && i < TL_DIAGNOSIS_DEVICES; i++) {
		const struct tl_belief *b = &d->device.device[i];

		snprintf(d->device_line[d->n_device_lines++], sizeof(d->device_line[0]),
			"%s, at 0x%" PRIx64 "-0x%" PRIx64 ": %s", b->name, b->first, b->last,
			b->why);
		// KVM is the interrupt controller of nearly every VM.
		d->device_in_kernel |= b->from == TL_DEVICE_IN_KERNEL ||
				       (b->from == TL_DEVICE_ASSUMED &&
					       !strncmp(b->name, "GIC", 3) && !d->device_seen);
		d->device_seen |= b->from == TL_DEVICE_PCI || b->from == TL_DEVICE_SEEN;
		d->device_assumed |= b->from == TL_DEVICE_ASSUMED;
	}
	if (d->device.n)
		snprintf(d->device_name, sizeof(d->device_name), "%s%s", d->device.device[0].name,
			d->device.device[0].from == TL_DEVICE_ASSUMED ? " (assumed)" : "");
}

// Ports and MSRs are known by their number.
static void find_number(struct tl_diagnosis *d)
{
	const struct tl_trap *t = &d->situation->trap;
	const bool port = t->kind == TL_TRAP_PIO && t->address <= UINT16_MAX;
	const char *name = NULL;

	if (port)
		name = tl_x86_port_name((uint16_t)t->address);
	else if (t->kind == TL_TRAP_RDMSR || t->kind == TL_TRAP_WRMSR)
		name = tl_x86_msr_name((uint32_t)t->address);
	if (!name)
		return;
	d->device_assumed = port && tl_x86_port_is_assumed((uint16_t)t->address);
	snprintf(d->device_name, sizeof(d->device_name), "%s%s", name,
		d->device_assumed ? " (assumed)" : "");
	snprintf(d->device_line[d->n_device_lines++], sizeof(d->device_line[0]),
		"%s 0x%" PRIx64 ": %s%s", port ? "port" : "MSR", t->address, name,
		d->device_assumed ? ", where QEMU has it: an assumption" : "");
}

static struct tl_error *find_device(struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	struct tl_error *err;

	find_number(d);
	if (!d->has_gpa)
		return NULL;
	tl_backing(&s->state, d->gpa, &d->backing);
	if (d->backing.kind == TL_BACKING_RAM)
		return NULL;
	err = tl_devices_find(s->place.trace, s->place.vm, s->exit.seq, d->gpa, &d->device);
	if (!err)
		say_devices(d);
	return err;
}

// Without an address: what registers hold that could be one of a device.
static bool is_candidate(const struct tl_situation *s, uint64_t value, struct tl_candidate *c)
{
	const uint64_t ram = UINT64_C(0x40000000), step = 64 << 20;
	struct tl_belief belief;

	if (value < 65536)
		return false;
	if (tl_devices_assumed(s->place.trace, value, &belief)) {
		snprintf(c->what, sizeof(c->what), "QEMU's board has %.60s there (an assumption)",
			belief.name);
		return true;
	}
	if (value <= ram || value - ram > 64 * step || value % step)
		return false;
	snprintf(c->what, sizeof(c->what),
		"%" PRIu64 " MiB of RAM would end there on QEMU's board (an assumption)",
		(value - ram) >> 20);
	return true;
}

static void find_candidates(struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;
	uint64_t value;

	if (d->has_gpa || d->has_va || s->state.arch->id != TL_ARCH_ARM64)
		return;
	for (unsigned i = 0; i < GENERAL && d->n_candidates < TL_DIAGNOSIS_CANDIDATES; i++) {
		struct tl_candidate *c = &d->candidate[d->n_candidates];

		if (!tl_arm64_get(&s->state.regs, i, &value) || !is_candidate(s, value, c))
			continue;
		c->reg = s->state.arch->regs[i].name;
		c->value = value;
		d->n_candidates++;
	}
}

static void find_syndrome(struct tl_diagnosis *d)
{
	const struct tl_situation *s = d->situation;

	if (s->state.arch->id != TL_ARCH_ARM64)
		return;
	d->has_syndrome = s->trap.has_esr;
	if (d->has_syndrome)
		tl_arm64_syndrome(s->trap.esr, s->trap.esr_is_iss, &d->syndrome);
	d->n_contradictions = tl_arm64_contradictions(
		&s->state, &s->trap, d->has_insn ? &d->arm64 : NULL, d->contradiction);
}

struct tl_error *tl_diagnose(struct tl_situation *s, struct tl_symbols *const *elfs,
	unsigned n_elfs, struct tl_diagnosis *d)
{
	struct tl_error *err;
	int offset = 0;

	memset(d, 0, sizeof(*d));
	d->situation = s;
	if (s->state.arch->id == TL_ARCH_ARM64)
		find_arm64(d, &offset);
	else
		find_x86(d, &offset);
	err = disassemble(d, offset);
	if (!err)
		err = find_access(d);
	if (!err)
		err = find_device(d);
	if (err)
		return err;
	find_symbol(d, elfs, n_elfs);
	find_candidates(d);
	find_syndrome(d);
	tl_causes_rank(d);
	return NULL;
}
