// SPDX-License-Identifier: MIT
#include "recorder/vmm/living.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "recorder/vmm/idsr.h"

enum { CODE_BEFORE = 16, PAGE = 4096 };

void *tl_living_memory(struct tl_machine *machine, tl_gpa gpa, size_t size)
{
	void *at = tl_memory_at(&machine->ram, gpa, size);

	return at ? at : tl_memory_at(&machine->rom, gpa, size);
}

static bool read_memory(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	const void *at = tl_living_memory(ctx, gpa, size);

	if (at)
		memcpy(buf, at, size);
	return at;
}

static void fill_slots(struct tl_living *l)
{
	const struct tl_machine *machine = l->vcpu->machine;
	struct tl_state *state = &l->state;

	l->slots[0] = (struct tl_slot){ machine->ram.base, machine->ram.size, false };
	l->slots[1] = (struct tl_slot){ machine->rom.base, machine->rom.size, true };
	state->slots = l->slots;
	state->n_slots = machine->rom.size ? 2 : 1;
	state->slots_known = true;
}

static uint32_t this_kernel(void)
{
	struct utsname name;
	unsigned long major;
	char *end;

	if (uname(&name))
		return 0;
	major = strtoul(name.release, &end, 10);
	return *end == '.' ? TL_KERNEL((uint32_t)major, (uint32_t)strtoul(end + 1, NULL, 10)) : 0;
}

static struct tl_error *fill_state(struct tl_living *l)
{
	const struct tl_cpu_ops *ops = l->vcpu->cpu->ops;
	struct tl_error *err = ops->get(l->vcpu->cpu, TL_REGS_FULL, &l->state.regs);

	l->state.arch = &TL_ARCH_HOST;
	l->state.mem = (struct tl_mem){ read_memory, l->vcpu->machine };
	l->state.platform.kernel = this_kernel();
	l->state.platform.nisv_to_user = true;
	fill_slots(l);
	if (!err && ops->get_vectors)
		err = ops->get_vectors(l->vcpu->cpu, &l->state.vectors);
	return err;
}

// The code around PC, of which only what is on PC's page.
static void fill_code(struct tl_living *l)
{
	struct tl_walk walk;
	tl_gva pc;

	if (!l->state.arch->fetch_address(&l->state.regs, &pc))
		return;
	l->state.arch->walk(&l->state.regs, &l->state.mem, pc, &walk);
	if (walk.status != TL_WALK_OK)
		return;
	l->trap.code_before = pc % PAGE < CODE_BEFORE ? pc % PAGE : CODE_BEFORE;
	l->trap.code_size = TL_LIVING_CODE;
	if (pc % PAGE - l->trap.code_before + TL_LIVING_CODE > PAGE)
		l->trap.code_size = (uint16_t)(PAGE - pc % PAGE + l->trap.code_before);
	l->trap.code = l->code;
	if (!read_memory(
		    l->vcpu->machine, walk.gpa - l->trap.code_before, l->code, l->trap.code_size))
		l->trap.code_size = 0;
}

static uint64_t number(const void *bytes, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size);
	return value;
}

static void fill_access(struct tl_living *l)
{
	const struct tl_access *a = l->access;

	l->trap.has_address = l->trap.has_size = l->trap.has_write = true;
	l->trap.address = a->address;
	l->trap.size = a->size;
	l->trap.write = a->is_write;
	l->trap.has_value = a->is_write;
	l->trap.value = a->is_write ? number(a->data, a->size) : 0;
}

static void fill_nisv(struct tl_living *l)
{
#if defined(__aarch64__)
	const struct kvm_run *run = l->vcpu->cpu->run;

	l->trap.has_address = l->trap.has_esr = l->trap.has_write = true;
	l->trap.address = run->arm_nisv.fault_ipa;
	l->trap.esr = run->arm_nisv.esr_iss;
	l->trap.esr_is_iss = true;
	l->trap.write = run->arm_nisv.esr_iss >> 6 & 1;
#endif
}

static void fill_idsr(struct tl_living *l)
{
	const struct tl_run_idsr *idsr = tl_idsr_of(l->vcpu->cpu->run);

	l->trap.has_address = l->trap.has_write = true;
	l->trap.address = (idsr->op1 & 8u) << 13 | (idsr->op0 & 3u) << 14 | (idsr->op1 & 7u) << 11 |
			  (idsr->crn & 15u) << 7 | (idsr->crm & 15u) << 3 | (idsr->op2 & 7u);
	l->trap.write = idsr->is_write;
	l->trap.has_value = idsr->is_write;
	l->trap.value = idsr->regval;
}

static void fill_trap(struct tl_living *l, enum tl_trap_kind kind)
{
	l->trap.kind = kind;
	l->trap.count = 1;
	fill_code(l);
	if (l->access)
		fill_access(l);
	else if (l->trap.kind == TL_TRAP_NISV)
		fill_nisv(l);
	else if (l->trap.kind == TL_TRAP_IDSR)
		fill_idsr(l);
}

struct tl_error *tl_living_read(struct tl_vcpu *vcpu, enum tl_trap_kind kind,
	const struct tl_access *access, struct tl_living *ret)
{
	struct tl_error *err;

	*ret = (struct tl_living){ .vcpu = vcpu, .access = access };
	err = fill_state(ret);
	if (!err)
		fill_trap(ret, kind);
	return err;
}
