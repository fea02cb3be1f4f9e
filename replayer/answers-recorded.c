// SPDX-License-Identifier: MIT
// What the VMM answered.
#include "replayer/answers.h"

#include <string.h>

static bool is(const struct tl_input *input, const char *name)
{
	const struct tl_ioctl *ioctl = tl_ioctl_find(input->on, input->request);

	return ioctl && !strcmp(ioctl->name, name);
}

// struct kvm_vcpu_events of arm64: serror_pending at 0, ext_dabt_pending at 2. Others give it back as
// they got it, with nothing pending.
static bool event_of(const struct tl_input *input, enum tl_answer_id *ret)
{
	if (!is(input, "SET_VCPU_EVENTS") || input->size < 3)
		return false;
	if (input->data[2])
		*ret = TL_ANSWER_ABORT;
	else if (input->data[0])
		*ret = TL_ANSWER_SERROR;
	else
		return false;
	return true;
}

static struct tl_error *from_inputs(
	struct tl_situation *s, enum tl_answer_id *ret, bool *ret_known, bool *ret_registers)
{
	struct tl_trace *trace = s->place.trace;
	struct tl_error *err = tl_trace_inputs(trace, &s->exit);
	struct tl_input input;
	bool more;

	*ret_known = *ret_registers = false;
	while (!err && !(err = tl_trace_next_input(trace, &input, &more)) && more) {
		if (event_of(&input, ret))
			*ret_known = true;
		*ret_registers |= is(&input, "SET_ONE_REG") || is(&input, "SET_REGS");
	}
	return err;
}

// The recording goes on to the end of the VMM: what is not in it did not happen.
static bool is_ended(const struct tl_situation *s)
{
	int64_t ended;

	return tl_trace_meta_int(s->place.trace, "ended", &ended);
}

// The vCPU entered again, and no event or register was set.
static enum tl_answer_id entered_again(const struct tl_situation *s)
{
	switch (s->trap.kind) {
	case TL_TRAP_NISV:
	case TL_TRAP_LDST64B:
	case TL_TRAP_SEA:
	case TL_TRAP_FAILED:
		return TL_ANSWER_RETRY;
	case TL_TRAP_IDSR:
		return s->trap.handled ? TL_ANSWER_RECORDED : TL_ANSWER_UNDEF;
	case TL_TRAP_RDMSR:
	case TL_TRAP_WRMSR:
		return s->trap.handled ? TL_ANSWER_RECORDED : TL_ANSWER_GP;
	case TL_TRAP_OTHER:
	case TL_TRAP_MMIO:
	case TL_TRAP_PIO:
	case TL_TRAP_HYPERCALL:
	case TL_TRAP_SYSTEM_EVENT:
	case TL_TRAP_INTERNAL_ERROR:
	case TL_TRAP_OOPS:
	case TL_TRAP_KINDS:
		break;
	}
	return TL_ANSWER_RECORDED;
}

// Where KVM completes the access the reply is the answer; else it is what the VMM did meanwhile.
struct tl_error *tl_answers_recorded(
	struct tl_situation *s, enum tl_answer_id *ret, bool *ret_known)
{
	bool registers = false;
	struct tl_error *err = NULL;

	*ret_known = false;
	if (s->state.arch->id == TL_ARCH_ARM64)
		err = from_inputs(s, ret, ret_known, &registers);
	if (err || *ret_known || registers)
		return err;
	if (s->exit.reply_kind != TL_REPLY_NONE) {
		*ret = entered_again(s);
		*ret_known = true;
	} else if (s->exit.error && !tl_situation_is_interrupted(s) && is_ended(s)) {
		*ret = TL_ANSWER_STOP;
		*ret_known = true;
	}
	return NULL;
}
