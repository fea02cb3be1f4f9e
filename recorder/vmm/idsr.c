// SPDX-License-Identifier: MIT
// arm64: IMPLEMENTATION DEFINED system registers, which have no meaning here: each is zero, or a cell.
#include "recorder/vmm/idsr.h"

#include <errno.h>
#include <stdlib.h>

#include "schema/wire/exit.h"

// Every register there can be, also MCRR's and MRRC's, whose Op1 has four bits.
enum { CELLS = 1 << (2 + 4 + 4 + 4 + 3) };

static bool has_cells(const struct tl_vmm_options *options)
{
	for (unsigned i = 0; i < options->n_answers; i++)
		if (options->answers[i].kind == TL_TRAP_IDSR)
			return options->answers[i].id == TL_ANSWER_CELL;
	return options->idsr == TL_IDSR_CELL;
}

struct tl_error *tl_idsr_init(struct tl_vcpu *vcpu)
{
	if (!has_cells(vcpu->machine->options))
		return NULL;
	vcpu->cells = calloc(CELLS, sizeof(*vcpu->cells));
	return vcpu->cells ? NULL : tl_error_errno(ENOMEM, "implementation defined registers");
}

void tl_idsr_deinit(struct tl_vcpu *vcpu)
{
	free(vcpu->cells);
}

struct tl_run_idsr *tl_idsr_of(struct kvm_run *run)
{
	return (struct tl_run_idsr *)((char *)run + TL_RUN_UNION);
}

static uint64_t *cell_of(const struct tl_vcpu *vcpu)
{
	const struct tl_run_idsr *idsr = tl_idsr_of(vcpu->cpu->run);
	const unsigned number = (idsr->op0 & 3u) << 15 | (idsr->op1 & 15u) << 11 |
				(idsr->crn & 15u) << 7 | (idsr->crm & 15u) << 3 | (idsr->op2 & 7u);

	return &vcpu->cells[number];
}

uint64_t tl_idsr_cell(const struct tl_vcpu *vcpu)
{
	return vcpu->cells ? *cell_of(vcpu) : 0;
}

void tl_idsr_reply(struct tl_vcpu *vcpu, bool handled, bool has_value, uint64_t value)
{
	struct tl_run_idsr *idsr = tl_idsr_of(vcpu->cpu->run);

	idsr->is_handled = handled;
	if (has_value && !idsr->is_write)
		idsr->regval = value;
	if (handled && idsr->is_write && vcpu->cells)
		*cell_of(vcpu) = idsr->regval;
}
