// SPDX-License-Identifier: MIT
// The threads that run vCPUs.
#include <errno.h>
#include <signal.h>

#include "recorder/vmm/coalesced.h"
#include "recorder/vmm/exits.h"
#include "recorder/vmm/machine.h"

// Once round: into the guest, out of it, and the answer.
static struct tl_error *run_once(struct tl_vcpu *vcpu)
{
	const struct tl_vmm_options *options = vcpu->machine->options;
	int number = vcpu->cpu->ops->run(vcpu->cpu);
	struct tl_error *err;

	if (options->n_runs)
		++*options->n_runs;
	err = tl_coalesced_drain(vcpu);
	if (err || number == EINTR || number == EAGAIN)
		return err;
	return number ? tl_exit_failed(vcpu, number) : tl_exit_handle(vcpu);
}

static void run_vcpu(struct tl_vcpu *vcpu)
{
	struct tl_machine *machine = vcpu->machine;
	unsigned every = machine->options->interrupt_every;
	struct tl_error *err = NULL;

	for (uint64_t n = 1; !vcpu->halted; n++) {
		// Before `ended` is looked at, or an end in between would lose its kick.
		tl_vcpu_leave(vcpu, every && n % every == 0);
		if (machine->ended)
			return;
		err = run_once(vcpu);
		if (err)
			tl_machine_end(machine, 0, tl_error_in(err, "vcpu %u", vcpu->cpu->index));
	}
}

static void *vcpu_thread(void *arg)
{
	struct tl_vcpu *vcpu = arg;

	// Held while the threads are being made: all are there to be kicked.
	pthread_mutex_lock(&vcpu->machine->end_lock);
	pthread_mutex_unlock(&vcpu->machine->end_lock);
	run_vcpu(vcpu);
	return NULL;
}

static void make_threads(struct tl_machine *machine)
{
	struct tl_error *err = NULL;

	pthread_mutex_lock(&machine->end_lock);
	while (!err && machine->n_threads < machine->n_vcpus) {
		struct tl_vcpu *vcpu = &machine->vcpus[machine->n_threads];
		int number = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);

		if (number)
			err = tl_error_errno(number, "vcpu %u", vcpu->cpu->index);
		else
			machine->n_threads++;
	}
	pthread_mutex_unlock(&machine->end_lock);
	if (err)
		tl_machine_end(machine, 0, err);
}

static void on_kick(int number)
{
}

struct tl_error *tl_machine_run(struct tl_machine *machine, int *ret_status)
{
	struct sigaction action = { .sa_handler = on_kick };

	sigaction(SIGRTMIN, &action, NULL);
	make_threads(machine);
	for (unsigned i = 0; i < machine->n_threads; i++)
		pthread_join(machine->vcpus[i].thread, NULL);
	if (!machine->error)
		*ret_status = machine->status;
	return machine->error;
}
