// SPDX-License-Identifier: MIT
#include "recorder/vmm/machine.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>

#include "recorder/vmm/coalesced.h"
#include "recorder/vmm/exits.h"

// Any thread may set it, to get the vCPU out of the guest; only its own takes it back.
static void set_immediate_exit(struct tl_cpu *cpu, bool on)
{
	__atomic_store_n(&cpu->run->immediate_exit, on, __ATOMIC_SEQ_CST);
}

// A vCPU that is in the guest takes the signal, one about to enter finds the flag.
static void kick_all(struct tl_machine *machine)
{
	for (unsigned i = 0; i < machine->n_threads; i++) {
		set_immediate_exit(machine->vcpus[i].cpu, true);
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
		set_immediate_exit(vcpu->cpu, every && n % every == 0);
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
	pthread_mutex_lock(&machine->end_lock);
	while (machine->n_threads < machine->n_vcpus) {
		struct tl_vcpu *vcpu = &machine->vcpus[machine->n_threads];
		int number = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);

		if (number) {
			end(machine, 0, tl_error_errno(number, "vcpu %u", vcpu->cpu->index));
			break;
		}
		machine->n_threads++;
	}
	pthread_mutex_unlock(&machine->end_lock);
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
