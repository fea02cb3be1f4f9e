// SPDX-License-Identifier: MIT
// Everything but exits: each goes into the file as it comes.
#include "schema/trace/tables.h"
#include "schema/trace/writing.h"

#include <linux/ioctl.h>
#include <string.h>

struct tl_error *tl_writer_process(struct tl_writer *w, const struct tl_record_process *process,
	const char *exe, const char *arguments)
{
	return tl_writer_at(w, TL_WRITER_PUT(w, PUT_PROCESS, "iutt", (int64_t)process->pid,
				       tl_writer_since_start(w, process->time), exe, arguments));
}

struct tl_error *tl_writer_vm(
	struct tl_writer *w, const struct tl_record_vm *vm, const struct tl_record_cap *caps)
{
	struct tl_error *err;

	err = TL_WRITER_PUT(w, PUT_VM, "iiuuii", (int64_t)vm->vm, (int64_t)vm->pid,
		tl_writer_since_start(w, vm->time), vm->type, (int64_t)vm->abi,
		(int64_t)vm->adopted);
	for (uint32_t i = 0; !err && i < vm->n_caps; i++)
		err = TL_WRITER_PUT(w, PUT_CAP, "iii", (int64_t)vm->vm, (int64_t)caps[i].cap,
			(int64_t)caps[i].value);
	if (!err && vm->abi != TL_ABI_MAINLINE)
		err = tl_trace_fill_names(w->db, "main", w->options.arch, vm->abi);
	return tl_writer_at(w, err);
}

struct tl_error *tl_writer_vcpu(struct tl_writer *w, const struct tl_record_vcpu *vcpu)
{
	return tl_writer_at(
		w, TL_WRITER_PUT(w, PUT_VCPU, "iioui", (int64_t)vcpu->vcpu, (int64_t)vcpu->vm,
			   vcpu->id != UINT64_MAX, vcpu->id, tl_writer_since_start(w, vcpu->time),
			   (int64_t)vcpu->adopted));
}

static struct tl_error *put_slot(
	struct tl_writer *w, const struct tl_record_input *input, const void *data)
{
	struct {
		uint32_t slot, flags;
		uint64_t gpa, size, host;
	} region;

	if (input->size < sizeof(region))
		return NULL;
	memcpy(&region, data, sizeof(region));
	return TL_WRITER_PUT(w, PUT_SLOT, "uuiiiiuuu", input->seq,
		tl_writer_since_start(w, input->time), (int64_t)input->vm,
		(int64_t)(region.slot >> 16), (int64_t)(region.slot & 0xffff),
		(int64_t)region.flags, region.gpa, region.size, region.host);
}

static bool sets_slot(const struct tl_record_input *input)
{
	return input->vcpu == TL_NO_VCPU && input->vm != TL_NO_VM && !input->device &&
	       _IOC_DIR(input->request) == _IOC_WRITE &&
	       (_IOC_NR(input->request) == 0x46 || _IOC_NR(input->request) == 0x49);
}

struct tl_error *tl_writer_input(
	struct tl_writer *w, const struct tl_record_input *input, const void *data)
{
	const bool by_value = _IOC_DIR(input->request) == _IOC_NONE;
	struct tl_error *err;

	err = TL_WRITER_PUT(w, PUT_INPUT, "uuoooioib", input->seq,
		tl_writer_since_start(w, input->time), input->vm != TL_NO_VM, (uint64_t)input->vm,
		input->vcpu != TL_NO_VCPU, (uint64_t)input->vcpu, input->device != 0,
		(uint64_t)input->device, (int64_t)input->request, by_value, input->arg,
		input->result, input->size ? data : NULL, (size_t)input->size);
	if (!err && sets_slot(input))
		err = put_slot(w, input, data);
	return tl_writer_at(w, err);
}

struct tl_error *tl_writer_coalesced(struct tl_writer *w, const struct tl_record_coalesced *write)
{
	const int64_t id = (int64_t)((uint64_t)write->vm << 32 | write->number);
	uint64_t value = 0;

	for (unsigned i = 0; i < write->size && i < 8; i++)
		value |= (uint64_t)write->data[i] << 8 * i;
	return tl_writer_at(
		w, TL_WRITER_PUT(w, PUT_COALESCED, "iuiiuiu", id, write->seq, (int64_t)write->vm,
			   (int64_t)write->pio, write->addr, (int64_t)write->size, value));
}

struct tl_error *tl_writer_notice(
	struct tl_writer *w, const struct tl_record_notice *notice, const char *text)
{
	return tl_writer_at(
		w, TL_WRITER_PUT(w, PUT_NOTICE, "uuoit", notice->seq,
			   tl_writer_since_start(w, notice->time), notice->vcpu != TL_NO_VCPU,
			   (uint64_t)notice->vcpu, (int64_t)notice->level, text));
}

struct tl_error *tl_writer_gap(
	struct tl_writer *w, const struct tl_record_gap *gap, const char *why)
{
	return tl_writer_at(w, tl_writer_put_gap(w, gap, why));
}
