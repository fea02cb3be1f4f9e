// SPDX-License-Identifier: MIT
// With --stop-all a VM's other vCPUs stay out of the guest while an exit in trouble is recorded. One
// thread holds a VM at a time; every wait ends, so that a VMM that waits for its own vCPUs goes on.
#include "recorder/shim/filter.h"
#include "recorder/shim/shim.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE_NS = 20000000 }; // for a vCPU that admits no signal: it may be on its way in or out

static bool wanted(void)
{
	return tl_shim_options()->stop_all;
}

static bool held_by_other(const struct tl_shim_hold *hold)
{
	const void *by = atomic_load(&hold->by);

	return by && by != tl_shim_thread();
}

// What the holder has put into its ring.
static uint64_t progress(const struct tl_shim_hold *hold)
{
	const struct tl_ring_control *control = atomic_load(&hold->ring);

	return control ? atomic_load(&control->reserved) : 0;
}

// As long as the holder gets on, and then as long as for room in a ring.
static bool wait_for_release(struct tl_shim_hold *hold)
{
	uint64_t since = tl_shim_now(), at = progress(hold);

	while (held_by_other(hold) && tl_shim_recording()) {
		tl_shim_nap();
		if (progress(hold) != at) {
			at = progress(hold);
			since = tl_shim_now();
		} else if (tl_shim_now() - since > tl_shim_options()->max_wait_ns) {
			return false;
		}
	}
	return true;
}

static void say_where(struct tl_shim_vcpu *vcpu)
{
	const bool may = tl_shim_may(SYS_gettid);

	atomic_store(&vcpu->stop.tid, may ? (uint32_t)syscall(SYS_gettid) : 0);
	atomic_store(&vcpu->stop.takes_kicks,
		tl_shim_may(SYS_rt_sigreturn) && tl_shim_may(SYS_rt_sigtimedwait));
}

// Only the vCPU's own thread counts.
static void count_entry(struct tl_shim_vcpu *vcpu)
{
	const uint64_t n = atomic_load_explicit(&vcpu->entries, memory_order_relaxed);

	atomic_store_explicit(&vcpu->entries, n + 1, memory_order_release);
}

// Who holds says so and then looks at `running`; here it is the other way round.
bool tl_shim_hold_enter(struct tl_shim_vcpu *vcpu)
{
	bool waited = false, released = true;

	if (!wanted()) {
		atomic_store_explicit(&vcpu->running, true, memory_order_relaxed);
		count_entry(vcpu);
		return false;
	}
	say_where(vcpu);
	atomic_store(&vcpu->running, true);
	while (released && held_by_other(&vcpu->vm->hold)) {
		atomic_store(&vcpu->running, false);
		released = wait_for_release(&vcpu->vm->hold);
		tl_shim_kicks_taken(vcpu);
		waited = true;
		atomic_store(&vcpu->running, true);
	}
	count_entry(vcpu);
	return waited;
}

bool tl_shim_hold_leave(struct tl_shim_vcpu *vcpu, int error)
{
	uint64_t kicks;

	if (!wanted())
		return false;
	wait_for_release(&vcpu->vm->hold);
	kicks = tl_shim_kicks_taken(vcpu);
	return !atomic_exchange(&vcpu->stop.shared, false) && kicks && error == EINTR;
}

static bool take(struct tl_shim_hold *hold)
{
	const void *nobody = NULL;

	while (!atomic_compare_exchange_strong(&hold->by, &nobody, tl_shim_thread())) {
		if (nobody == tl_shim_thread()) // a signal handler, in the middle of that
			return false;
		if (!wait_for_release(hold) || !tl_shim_recording())
			return false;
		nobody = NULL;
	}
	return true;
}

struct round {
	uint32_t running;
	const char *refused; // why one of them cannot be stopped
};

static void stop_one(void *ctx, struct tl_shim_vcpu *vcpu)
{
	struct round *round = ctx;
	const char *refused;

	if (!atomic_load(&vcpu->running))
		return;
	refused = tl_shim_kick(vcpu);
	round->running++;
	if (refused)
		round->refused = refused;
}

static void say(struct tl_shim_vcpu *vcpu, const char *text)
{
	if (!atomic_exchange(&vcpu->vm->hold.said, true))
		tl_shim_notice(&vcpu->ring, vcpu->index, TL_NOTICE_WARNING, text);
}

// Kicks again and again: a thread that is about to enter KVM_RUN takes a signal outside of it.
static void stop_others(struct tl_shim_vcpu *vcpu)
{
	const uint64_t start = tl_shim_now();
	uint64_t waited = 0, heeded = 0;
	struct round round;

	for (;;) {
		round = (struct round){ 0 };
		tl_shim_each_other(vcpu, stop_one, &round);
		waited = tl_shim_now() - start;
		if (!round.refused)
			heeded = waited;
		if (!round.running || !tl_shim_recording() ||
			waited > tl_shim_options()->max_wait_ns)
			break;
		if (round.refused &&
			(atomic_load(&vcpu->vm->hold.said) || waited - heeded > PATIENCE_NS))
			break;
		tl_shim_nap();
	}
	if (round.running && tl_shim_recording())
		say(vcpu, round.refused
				  ? round.refused
				  : "--stop-all: a vCPU did not stop within --max-wait: exits "
				    "in trouble are recorded while it runs");
}

bool tl_shim_hold(struct tl_shim_vcpu *vcpu)
{
	struct tl_shim_hold *hold = &vcpu->vm->hold;

	if (!wanted() || !take(hold))
		return false;
	atomic_store(&hold->ring, vcpu->ring.ring.control);
	stop_others(vcpu);
	return true;
}

void tl_shim_hold_release(struct tl_shim_vcpu *vcpu)
{
	atomic_store(&vcpu->vm->hold.by, NULL);
}
