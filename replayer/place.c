// SPDX-License-Identifier: MIT
#include "replayer/place.h"

#include "schema/trace/ask.h"

#include <inttypes.h>
#include <string.h>

// The registers' address space: KVM_RUN_X86_SMM in kvm_run's flags, where they were read.
static unsigned space_of(const struct tl_arch *arch, const struct tl_regs *regs)
{
	const struct tl_reg *flags =
		arch->id == TL_ARCH_X86_64 ? tl_arch_reg(arch, "run_flags") : NULL;
	uint64_t value;

	return flags && tl_reg_get(flags, regs, &value) ? value & 1 : 0;
}

static bool sets_registers(const struct tl_input *input)
{
	static const char *const names[] = { "SET_REGS", "SET_SREGS", "SET_SREGS2", "SET_ONE_REG",
		"SET_MSRS" };
	const struct tl_ioctl *ioctl = tl_ioctl_find(input->on, input->request);

	for (size_t i = 0; ioctl && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(ioctl->name, names[i]))
			return true;
	return false;
}

// Between the exit and its reply; what they were set to does not count.
static struct tl_error *find_sets(struct tl_place *p, const struct tl_exit *exit)
{
	struct tl_answer answer;
	struct tl_input input;
	struct tl_error *err;
	bool found, more;

	if (p->position.phase != TL_PHASE_REPLY)
		return NULL;
	err = tl_trace_answer(p->trace, exit->seq, &answer, &found);
	if (!err)
		p->registers_set = found && answer.dirty;
	if (!err)
		err = tl_trace_inputs(p->trace, exit);
	while (!err && !(err = tl_trace_next_input(p->trace, &input, &more)) && more)
		p->registers_set |= sets_registers(&input);
	return err;
}

// Registers that were not recorded are no error: only virtual addresses need them.
static struct tl_error *find_exit(struct tl_place *p)
{
	const struct tl_exit_kind *kind;
	struct tl_exit exit;
	struct tl_error *err;
	uint64_t vm = 0;
	bool found;

	err = tl_trace_exit(p->trace, p->position.seq, &exit, &kind);
	if (err)
		return err;
	err = tl_trace_regs(p->trace, exit.vcpu, exit.seq, &p->regs);
	if (err && err->code != TL_ERROR_NOT_RECORDED)
		return err;
	tl_error_free(err);
	p->vcpu = exit.vcpu;
	err = tl_ask(p->trace, "SELECT vm FROM main.vcpu WHERE vcpu = ?", (uint64_t[]){ exit.vcpu },
		&vm, 1, &found);
	p->vm = (uint32_t)vm;
	p->space = space_of(tl_trace_arch(p->trace), &p->regs);
	return err ? err : find_sets(p, &exit);
}

static struct tl_error *find_only_vm(struct tl_place *p)
{
	uint64_t vms[2] = { 0 };
	struct tl_error *err;
	bool found;

	err = tl_ask(p->trace, "SELECT count(*), min(vm) FROM main.vm", NULL, vms, 2, &found);
	if (!err && vms[0] > 1)
		err = tl_error_new(
			TL_ERROR_USAGE, "the trace has %" PRIu64 " VMs: which one? --vm N", vms[0]);
	p->vm = (uint32_t)vms[1];
	return err;
}

static struct tl_error *choose_vm(struct tl_place *p, uint64_t vm)
{
	uint64_t number;
	struct tl_error *err;
	bool found;

	err = tl_ask(p->trace, "SELECT vm FROM main.vm WHERE vm = ?", &vm, &number, 1, &found);
	if (!err && !found)
		err = tl_error_new(
			TL_ERROR_NOT_FOUND, "--vm %" PRIu64 ": the trace has no such VM", vm);
	if (err)
		return err;
	if (p->vm != vm)
		p->vcpu = TL_NO_VCPU;
	p->vm = (uint32_t)vm;
	return NULL;
}

static struct tl_error *choose_space(struct tl_place *p, uint64_t space)
{
	if (space > 1 || (space && tl_trace_arch(p->trace)->id != TL_ARCH_X86_64))
		return tl_error_new(TL_ERROR_USAGE,
			"--space %" PRIu64
			": expected 0, or on x86_64 1 for system management mode",
			space);
	p->space = (unsigned)space;
	return NULL;
}

struct tl_error *tl_place_open(struct tl_trace *trace, struct tl_position position,
	const struct tl_place_options *options, struct tl_place *ret)
{
	struct tl_place p = { .trace = trace, .position = position, .vcpu = TL_NO_VCPU };
	struct tl_error *err = NULL;

	if (p.position.seq)
		err = find_exit(&p);
	else if (options->vm == UINT64_MAX)
		err = find_only_vm(&p);
	if (!err && options->vm != UINT64_MAX)
		err = choose_vm(&p, options->vm);
	if (!err && options->space != UINT64_MAX)
		err = choose_space(&p, options->space);
	if (!err)
		err = tl_memory_open(trace, p.vm, p.space, p.position, &p.memory);
	if (!err)
		*ret = p;
	return err;
}

void tl_place_deinit(struct tl_place *place)
{
	tl_memory_close(place->memory);
	place->memory = NULL;
}

struct tl_error *tl_place_walk(struct tl_place *p, tl_gva va, struct tl_walk *ret)
{
	const struct tl_mem mem = tl_memory_mem(p->memory);

	tl_trace_arch(p->trace)->walk(&p->regs, &mem, va, ret);
	return tl_memory_error(p->memory);
}
