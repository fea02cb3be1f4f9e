// SPDX-License-Identifier: MIT
#include "recorder/vmm/machine.h"

#include <linux/kvm.h>
#include <signal.h>

void tl_vcpu_leave(struct tl_vcpu *vcpu, bool at_once)
{
	__atomic_store_n(&vcpu->cpu->run->immediate_exit, at_once, __ATOMIC_SEQ_CST);
}

// A vCPU that is in the guest takes the signal, one about to enter finds the flag.
static void kick_all(struct tl_machine *machine)
{
	for (unsigned i = 0; i < machine->n_threads; i++) {
		tl_vcpu_leave(&machine->vcpus[i], true);
		pthread_kill(machine->vcpus[i].thread, SIGRTMIN);
	}
}

static void end(struct tl_machine *machine, int status, struct tl_error *err)
{
	if (machine->ended) {
		tl_error_free(err);
		return;
	}
	machine->status = status;
	machine->error = err;
	machine->ended = true;
	kick_all(machine);
}

void tl_machine_end(struct tl_machine *machine, int status, struct tl_error *err)
{
	pthread_mutex_lock(&machine->end_lock);
	end(machine, status, err);
	pthread_mutex_unlock(&machine->end_lock);
}

void tl_machine_halt(struct tl_vcpu *vcpu)
{
	struct tl_machine *machine = vcpu->machine;

	vcpu->halted = true;
	pthread_mutex_lock(&machine->end_lock);
	if (++machine->n_halted == machine->n_vcpus)
		end(machine, 0, NULL);
	pthread_mutex_unlock(&machine->end_lock);
}
