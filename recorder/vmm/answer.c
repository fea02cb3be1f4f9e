// SPDX-License-Identifier: MIT
// Answers by name, given as arch/answer.h has them.
#include "recorder/vmm/answer.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/vmm/access.h"
#include "recorder/vmm/idsr.h"
#include "recorder/vmm/living.h"

enum { PAGE = 4096 };

// An exit with the answer, and what comes of it.
struct giving {
	struct tl_living exit;
	const struct tl_vmm_answer *answer;
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

static bool fits(const struct tl_vmm_answer *answer, const struct tl_access *access)
{
	const enum tl_answer_id id = answer->id;

	if (answer->kind != (access->space == TL_SPACE_PIO ? TL_TRAP_PIO : TL_TRAP_MMIO))
		return false;
	if (id == TL_ANSWER_VALUE || id == TL_ANSWER_ZERO || id == TL_ANSWER_ONES)
		return !access->is_write;
	return id != TL_ANSWER_IGNORE || access->is_write;
}

const struct tl_vmm_answer *tl_vmm_answer_to_access(
	const struct tl_vmm_options *options, const struct tl_access *access)
{
	for (unsigned i = 0; i < options->n_answers; i++)
		if (fits(&options->answers[i], access))
			return &options->answers[i];
	return NULL;
}

// The bus is 8 bytes wide.
static void read_bus(struct giving *g, tl_gpa gpa, unsigned size, uint8_t *ret)
{
	for (unsigned done = 0; !g->err && done < size; done += 8) {
		const struct tl_access access = { .space = TL_SPACE_MMIO,
			.address = gpa + done,
			.size = size - done < 8 ? size - done : 8,
			.data = ret + done };

		g->err = tl_access_perform(g->exit.vcpu, &access);
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
		choice.value = tl_idsr_cell(g->exit.vcpu);
	}
	if (tl_answer_give(&g->exit.state, &g->exit.trap, &choice, &g->effect, &why) ==
		TL_ANSWER_DONE)
		return g->err;
	if (g->err)
		return g->err;
	return tl_error_new(
		TL_ERROR_UNSUPPORTED, "answer %s: %s", tl_answer_name(choice.id), why.text);
}

static struct tl_error *transfer(struct giving *g, const struct tl_transfer *t)
{
	void *at = t->is_device ? NULL : tl_living_memory(g->exit.vcpu->machine, t->gpa, t->size);
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

		err = tl_access_perform(g->exit.vcpu, &access);
	}
	return err;
}

static struct tl_error *set_registers(struct giving *g)
{
	struct tl_cpu *cpu = g->exit.vcpu->cpu;
	struct tl_regs regs = { 0 };
	struct tl_error *err;

	for (unsigned i = 0; i < g->exit.state.arch->words; i++)
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
	struct tl_cpu *cpu = g->exit.vcpu->cpu;
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < g->effect.n_transfers; i++)
		if (g->effect.transfer[i].write)
			err = transfer(g, &g->effect.transfer[i]);
	if (err)
		return err;
	if (g->exit.access) {
		int number;

		__atomic_store_n(&cpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		number = cpu->ops->run(cpu);
		if (number != EINTR)
			return tl_error_errno(number, "completing the access");
		// What completion changed and the answer does not have goes back.
		for (unsigned i = 0; i < g->exit.state.arch->words; i++)
			if (!g->effect.origin[i] && i < 31)
				g->effect.origin[i] = TL_ORIGIN_REPLY;
	}
	return set_registers(g);
}

static struct tl_error *give_reply(struct giving *g)
{
	const struct tl_effect *e = &g->effect;

	if (g->exit.access && e->has_reply)
		memcpy(g->exit.access->data, &e->reply, g->exit.access->size);
	if (g->exit.trap.kind == TL_TRAP_IDSR)
		tl_idsr_reply(g->exit.vcpu, e->handled, e->has_reply, e->reply);
	return NULL;
}

static struct tl_error *give_slot(struct giving *g)
{
	struct tl_machine *machine = g->exit.vcpu->machine;
	struct tl_memory *slot = &machine->mapped[machine->n_mapped];
	struct tl_error *err;

	if (machine->n_mapped == TL_MACHINE_MAPPED)
		return tl_error_new(TL_ERROR_UNSUPPORTED, "answer map: at most %d slots appear",
			TL_MACHINE_MAPPED);
	err = tl_memory_init(slot, g->exit.trap.address / PAGE * PAGE, PAGE);
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
	struct tl_cpu *cpu = g->exit.vcpu->cpu;

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

static struct tl_error *give(struct giving *g, struct tl_vcpu *vcpu, const struct tl_access *access)
{
	struct tl_error *err = tl_living_read(vcpu, g->answer->kind, access, &g->exit);

	if (!err)
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
	g->answer = answer;
	err = give(g, vcpu, access);
	free(g);
	return err;
}
