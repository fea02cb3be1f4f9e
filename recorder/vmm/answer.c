// SPDX-License-Identifier: MIT
// Answers by name, given as arch/answer.h has them.
#include "recorder/vmm/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "recorder/vmm/exits.h"
#include "recorder/vmm/idsr.h"
#include "schema/wire/idsr.h"

enum { CODE_BEFORE = 16, CODE = 32, PAGE = 4096 };

// An exit with all that the answer takes and gives.
struct giving {
	struct tl_vcpu *vcpu;
	const struct tl_vmm_answer *answer;
	const struct tl_access *access;
	struct tl_slot slots[2];
	uint8_t code[CODE];
	struct tl_state state;
	struct tl_trap trap;
	struct tl_effect effect;
	unsigned next; // value of the device
	struct tl_error *err;
};

const struct tl_vmm_answer *tl_vmm_answer_to(
	const struct tl_vmm_options *options, enum tl_trap_kind kind)
{
	for (unsigned i = 0; i < options->n_answers; i++)
		if (options->answers[i].kind == kind)
			return &options->answers[i];
	return NULL;
}

bool tl_vmm_answer_fits(const struct tl_vmm_answer *answer, const struct tl_access *access)
{
	const enum tl_answer_id id = answer->id;

	if (id == TL_ANSWER_VALUE || id == TL_ANSWER_ZERO || id == TL_ANSWER_ONES)
		return !access->is_write;
	return id != TL_ANSWER_IGNORE || access->is_write;
}

static void *memory_at(struct tl_machine *machine, tl_gpa gpa, size_t size)
{
	void *at = tl_memory_at(&machine->ram, gpa, size);

	return at ? at : tl_memory_at(&machine->rom, gpa, size);
}

static bool read_memory(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	const void *at = memory_at(ctx, gpa, size);

	if (at)
		memcpy(buf, at, size);
	return at;
}

static void fill_slots(struct giving *g)
{
	const struct tl_machine *machine = g->vcpu->machine;
	struct tl_state *state = &g->state;

	g->slots[0] = (struct tl_slot){ machine->ram.base, machine->ram.size, false };
	g->slots[1] = (struct tl_slot){ machine->rom.base, machine->rom.size, true };
	state->slots = g->slots;
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

static struct tl_error *fill_state(struct giving *g)
{
	const struct tl_cpu_ops *ops = g->vcpu->cpu->ops;
	struct tl_error *err = ops->get(g->vcpu->cpu, TL_REGS_FULL, &g->state.regs);

	g->state.arch = &TL_ARCH_HOST;
	g->state.mem = (struct tl_mem){ read_memory, g->vcpu->machine };
	g->state.platform.kernel = this_kernel();
	g->state.platform.nisv_to_user = true;
	fill_slots(g);
	if (!err && ops->get_vectors)
		err = ops->get_vectors(g->vcpu->cpu, &g->state.vectors);
	return err;
}

// The code around PC, of which only what is on PC's page.
static void fill_code(struct giving *g)
{
	struct tl_walk walk;
	tl_gva pc;

	if (!g->state.arch->fetch_address(&g->state.regs, &pc))
		return;
	g->state.arch->walk(&g->state.regs, &g->state.mem, pc, &walk);
	if (walk.status != TL_WALK_OK)
		return;
	g->trap.code_before = pc % PAGE < CODE_BEFORE ? pc % PAGE : CODE_BEFORE;
	g->trap.code_size = CODE;
	if (pc % PAGE - g->trap.code_before + CODE > PAGE)
		g->trap.code_size = (uint16_t)(PAGE - pc % PAGE + g->trap.code_before);
	g->trap.code = g->code;
	if (!read_memory(
		    g->vcpu->machine, walk.gpa - g->trap.code_before, g->code, g->trap.code_size))
		g->trap.code_size = 0;
}

static uint64_t number(const void *bytes, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size);
	return value;
}

static void fill_access(struct giving *g)
{
	const struct tl_access *a = g->access;

	g->trap.has_address = g->trap.has_size = g->trap.has_write = true;
	g->trap.address = a->address;
	g->trap.size = a->size;
	g->trap.write = a->is_write;
	g->trap.has_value = a->is_write;
	g->trap.value = a->is_write ? number(a->data, a->size) : 0;
}

static void fill_nisv(struct giving *g)
{
#if defined(__aarch64__)
	const struct kvm_run *run = g->vcpu->cpu->run;

	g->trap.has_address = g->trap.has_esr = g->trap.has_write = true;
	g->trap.address = run->arm_nisv.fault_ipa;
	g->trap.esr = run->arm_nisv.esr_iss;
	g->trap.esr_is_iss = true;
	g->trap.write = run->arm_nisv.esr_iss >> 6 & 1;
#endif
}

static void fill_idsr(struct giving *g)
{
	const struct tl_run_idsr *idsr = tl_idsr_of(g->vcpu->cpu->run);

	g->trap.has_address = g->trap.has_write = true;
	g->trap.address = (idsr->op1 & 8u) << 13 | (idsr->op0 & 3u) << 14 | (idsr->op1 & 7u) << 11 |
			  (idsr->crn & 15u) << 7 | (idsr->crm & 15u) << 3 | (idsr->op2 & 7u);
	g->trap.write = idsr->is_write;
	g->trap.has_value = idsr->is_write;
	g->trap.value = idsr->regval;
}

static void fill_trap(struct giving *g)
{
	g->trap.kind = g->answer->kind;
	g->trap.count = 1;
	fill_code(g);
	if (g->access)
		fill_access(g);
	else if (g->trap.kind == TL_TRAP_NISV)
		fill_nisv(g);
	else if (g->trap.kind == TL_TRAP_IDSR)
		fill_idsr(g);
}

// The bus is 8 bytes wide.
static void read_bus(struct giving *g, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	for (unsigned done = 0; !g->err && done < size; done += 8) {
		const struct tl_access access = { .space = TL_SPACE_MMIO,
			.address = gpa + done,
			.size = size - done < 8 ? size - done : 8,
			.data = ret + done };

		g->err = tl_exit_access(g->vcpu, &access);
	}
}

static bool read_device(void *ctx, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	struct giving *g = ctx;

	memset(ret, 0, size);
	if (!g->answer->n_values) {
		read_bus(g, gpa, size, ret);
		return !g->err;
	}
	for (unsigned done = 0; done < size; done += 8) {
		if (g->next == g->answer->n_values)
			return false;
		memcpy(ret + done, &g->answer->values[g->next++],
			size - done < 8 ? size - done : 8);
	}
	return true;
}

static struct tl_error *work_out(struct giving *g)
{
	struct tl_choice choice = { .id = g->answer->id,
		.has_value = g->answer->n_values,
		.value = g->answer->values[0],
		.device = { read_device, g } };
	struct tl_why why;

	if (choice.id == TL_ANSWER_CELL) {
		choice.has_value = true;
		choice.value = tl_idsr_cell(g->vcpu);
	}
	if (tl_answer_give(&g->state, &g->trap, &choice, &g->effect, &why) == TL_ANSWER_DONE)
		return g->err;
	if (g->err)
		return g->err;
	return tl_error_new(
		TL_ERROR_UNSUPPORTED, "answer %s: %s", tl_answer_name(choice.id), why.text);
}

static struct tl_error *transfer(struct giving *g, const struct tl_transfer *t)
{
	void *at = t->is_device ? NULL : memory_at(g->vcpu->machine, t->gpa, t->size);
	uint8_t data[sizeof(t->data)];
	struct tl_error *err = NULL;

	if (at) {
		memcpy(at, t->data, t->size);
		return NULL;
	}
	memcpy(data, t->data, sizeof(data));
	for (unsigned done = 0; !err && done < t->size; done += 8) {
		const struct tl_access access = { .space = TL_SPACE_MMIO,
			.address = t->gpa + done,
			.size = t->size - done < 8 ? t->size - done : 8,
			.is_write = true,
			.data = data + done };

		err = tl_exit_access(g->vcpu, &access);
	}
	return err;
}

static struct tl_error *set_registers(struct giving *g)
{
	struct tl_cpu *cpu = g->vcpu->cpu;
	struct tl_regs regs = { 0 };
	struct tl_error *err;

	for (unsigned i = 0; i < g->state.arch->words; i++)
		if (g->effect.origin[i])
			tl_regs_set(&regs, i, g->effect.regs.word[i]);
	err = cpu->ops->set(cpu, &regs);
	if (!err && g->effect.vectors_set)
		err = cpu->ops->set_vectors(cpu, &g->effect.vectors, g->effect.vectors_set);
	return err;
}

// An access that KVM completes is completed first, or it would change registers after us.
static struct tl_error *give_registers(struct giving *g)
{
	struct tl_cpu *cpu = g->vcpu->cpu;
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < g->effect.n_transfers; i++)
		if (g->effect.transfer[i].write)
			err = transfer(g, &g->effect.transfer[i]);
	if (err)
		return err;
	if (g->access) {
		int number;

		__atomic_store_n(&cpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		number = cpu->ops->run(cpu);
		if (number != EINTR)
			return tl_error_errno(number, "completing the access");
		// What completion changed and the answer does not have goes back.
		for (unsigned i = 0; i < g->state.arch->words; i++)
			if (!g->effect.origin[i] && i < 31)
				g->effect.origin[i] = TL_ORIGIN_REPLY;
	}
	return set_registers(g);
}

static struct tl_error *give_reply(struct giving *g)
{
	const struct tl_effect *e = &g->effect;

	if (g->access && e->has_reply)
		memcpy(g->access->data, &e->reply, g->access->size);
	if (g->trap.kind == TL_TRAP_IDSR)
		tl_idsr_reply(g->vcpu, e->handled, e->has_reply, e->reply);
	return NULL;
}

static struct tl_error *give_slot(struct giving *g)
{
	struct tl_machine *machine = g->vcpu->machine;
	struct tl_memory *slot = &machine->mapped[machine->n_mapped];
	struct tl_error *err;

	if (machine->n_mapped == TL_MACHINE_MAPPED)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "answer map: at most %d slots appear",
			TL_MACHINE_MAPPED);
	err = tl_memory_init(slot, g->trap.address / PAGE * PAGE, PAGE);
	if (err)
		return err;
	machine->n_mapped++;
	return tl_kvm_add_memory(machine->kvm, 1 + machine->n_mapped, slot, false);
}

static struct tl_error *never(const struct giving *g)
{
	return tl_error_new(TL_ERROR_UNSUPPORTED, "answer %s: %s", tl_answer_name(g->answer->id),
		g->answer->id == TL_ANSWER_STOP ? "the machine ends"
						: "this machine can only stop");
}

static struct tl_error *carry_out(struct giving *g)
{
	struct tl_cpu *cpu = g->vcpu->cpu;

	switch (g->effect.given) {
	case TL_GIVEN_REPLY:
		return give_reply(g);
	case TL_GIVEN_ABORT:
		return cpu->ops->abort(cpu);
	case TL_GIVEN_SERROR:
		return cpu->ops->serror(cpu, g->effect.has_esr, g->effect.esr);
	case TL_GIVEN_REGS:
		return give_registers(g);
	case TL_GIVEN_SLOT:
		return give_slot(g);
	case TL_GIVEN_AGAIN:
		return NULL;
	case TL_GIVEN_NEVER:
		return never(g);
	}
	return NULL;
}

static struct tl_error *give(struct giving *g)
{
	struct tl_error *err = fill_state(g);

	if (err)
		return err;
	fill_trap(g);
	err = work_out(g);
	return err ? err : carry_out(g);
}

struct tl_error *tl_vmm_answer_give(
	struct tl_vcpu *vcpu, const struct tl_vmm_answer *answer, const struct tl_access *access)
{
	struct giving *g = calloc(1, sizeof(*g));
	struct tl_error *err;

	if (!g)
		return tl_error_errno(ENOMEM, "an answer");
	g->vcpu = vcpu;
	g->answer = answer;
	g->access = access;
	err = give(g);
	free(g);
	return err;
}
