// SPDX-License-Identifier: MIT
// arm64: IMPLEMENTATION DEFINED system registers, which have no meaning here: each is zero, or a cell.
#include "recorder/vmm/idsr.h"

#include <errno.h>
#include <stdlib.h>

#include "schema/wire/exit.h"
#include "schema/wire/idsr.h"

// Every register there can be, also MCRR's and MRRC's, whose Op1 has four bits.
enum { CELLS = 1 << (2 + 4 + 4 + 4 + 3) };

struct tl_error *tl_idsr_init(struct tl_vcpu *vcpu)
{
	if (vcpu->machine->options->idsr != TL_IDSR_CELL)
		return NULL;
	vcpu->cells = calloc(CELLS, sizeof(*vcpu->cells));
	return vcpu->cells ? NULL : tl_error_errno(ENOMEM, "implementation defined registers");
}

void tl_idsr_deinit(struct tl_vcpu *vcpu)
{
	free(vcpu->cells);
}

static struct tl_run_idsr *access_of(struct kvm_run *run)
{
	return (struct tl_run_idsr *)((char *)run + TL_RUN_UNION);
}

static uint64_t *cell_of(const struct tl_vcpu *vcpu, const struct tl_run_idsr *idsr)
{
	const unsigned number = (idsr->op0 & 3u) << 15 | (idsr->op1 & 15u) << 11 |
				(idsr->crn & 15u) << 7 | (idsr->crm & 15u) << 3 | (idsr->op2 & 7u);

	return &vcpu->cells[number];
}

struct tl_error *tl_idsr_exit(struct tl_vcpu *vcpu)
{
	struct tl_run_idsr *idsr = access_of(vcpu->cpu->run);

	switch (vcpu->machine->options->idsr) {
	case TL_IDSR_OFF:
		return tl_error_new(TL_ERROR_UNSUPPORTED, "exit %u, which nobody has asked for",
			(unsigned)TL_RUN_ARM_IDSR);
	case TL_IDSR_UNDEF:
		return NULL;
	case TL_IDSR_RAZ:
		if (!idsr->is_write)
			idsr->regval = 0;
		break;
	case TL_IDSR_CELL:
		if (idsr->is_write)
			*cell_of(vcpu, idsr) = idsr->regval;
		else
			idsr->regval = *cell_of(vcpu, idsr);
		break;
	}
	idsr->is_handled = 1;
	return NULL;
}
