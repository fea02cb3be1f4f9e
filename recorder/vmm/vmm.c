// SPDX-License-Identifier: MIT
#include "recorder/vmm/vmm.h"

#include <inttypes.h>

#include "recorder/vmm/idsr.h"
#include "recorder/vmm/machine.h"

#define RAM_LEAST (1ULL << 20)

static struct tl_error *add_vcpu(struct tl_machine *machine, const struct tl_image *image)
{
	struct tl_vcpu *vcpu = &machine->vcpus[machine->n_vcpus];
	unsigned total = machine->options->n_vcpus ? machine->options->n_vcpus : 1;
	struct tl_error *err = tl_kvm_cpu_open(machine->kvm, machine->n_vcpus, &vcpu->cpu);

	if (err)
		return err;
	vcpu->machine = machine;
	machine->n_vcpus++;
	err = tl_idsr_init(vcpu);
	if (err)
		return err;
	return machine->board->start(vcpu->cpu, image, &machine->ram, total);
}

static struct tl_error *add_vcpus(struct tl_machine *machine, const struct tl_image *image)
{
	struct tl_error *err = NULL;

	do
		err = add_vcpu(machine, image);
	while (!err && machine->n_vcpus < machine->options->n_vcpus);
	return err;
}

static struct tl_error *build(struct tl_machine *machine)
{
	struct tl_image image;
	struct tl_error *err =
		tl_elf_load(machine->options->elf, machine->board, &machine->ram, &image);

	if (!err)
		err = tl_kvm_open(machine->options, image.is_32bit, &machine->kvm);
	if (!err)
		err = tl_kvm_add_memory(machine->kvm, 0, &machine->ram, false);
	if (!err)
		err = tl_kvm_add_memory(machine->kvm, 1, &machine->rom, true);
	if (!err)
		err = add_vcpus(machine, &image);
	return err;
}

static struct tl_error *check(const struct tl_vmm_options *options, const struct tl_board *board)
{
	uint64_t ram = options->ram;

	if (ram && (ram < RAM_LEAST || ram > board->ram_limit))
		return tl_error_new(TL_ERROR_USAGE,
			"0x%" PRIx64 " bytes of RAM: expected 0x%llx to 0x%" PRIx64, ram, RAM_LEAST,
			board->ram_limit);
	if (options->n_vcpus > TL_VMM_VCPUS)
		return tl_error_new(TL_ERROR_USAGE, "%u vcpus: expected at most %u",
			options->n_vcpus, TL_VMM_VCPUS);
	if (options->interrupt_every == 1)
		return tl_error_new(TL_ERROR_USAGE,
			"immediate_exit at every KVM_RUN: the guest would never run");
	if (options->unanswered == TL_UNANSWERED_ABORT && !tl_kvm_cpu_ops.abort)
		return tl_error_new(
			TL_ERROR_USAGE, "an access cannot end in an abort on %s", board->name);
	return NULL;
}

static struct tl_error *make_memory(struct tl_machine *machine)
{
	const struct tl_vmm_options *options = machine->options;
	struct tl_error *err = tl_memory_init(
		&machine->ram, machine->board->ram_base, options->ram ? options->ram : TL_VMM_RAM);

	if (!err)
		err = tl_memory_init(&machine->rom, options->rom.base, options->rom.size);
	return err;
}

static void destroy(struct tl_machine *machine)
{
	for (unsigned i = 0; i < machine->n_vcpus; i++) {
		machine->vcpus[i].cpu->ops->close(machine->vcpus[i].cpu);
		tl_idsr_deinit(&machine->vcpus[i]);
	}
	tl_kvm_close(machine->kvm);
	while (machine->n_mapped)
		tl_memory_deinit(&machine->mapped[--machine->n_mapped]);
	tl_memory_deinit(&machine->rom);
	tl_memory_deinit(&machine->ram);
}

struct tl_error *tl_vmm_run(const struct tl_vmm_options *options, int *ret_status)
{
	struct tl_machine machine = {
		.options = options,
		.board = &tl_board,
		.bus_lock = PTHREAD_MUTEX_INITIALIZER,
		.ring_lock = PTHREAD_MUTEX_INITIALIZER,
		.end_lock = PTHREAD_MUTEX_INITIALIZER,
	};
	struct tl_error *err = check(options, machine.board);

	if (!err)
		err = make_memory(&machine);
	if (!err)
		err = build(&machine);
	if (!err)
		err = tl_machine_run(&machine, ret_status);
	destroy(&machine);
	return err;
}
