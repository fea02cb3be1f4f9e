// SPDX-License-Identifier: MIT
// This process in the recording: its hello, and the ring for everything that is no vCPU's own.
#include "recorder/shim/shim.h"

#include <pthread.h>
#include <unistd.h>

// A forked child takes another one.
static struct tl_shim_ring process_ring;
// 0: none, 1: being claimed, 2: there, -1: none is left
static _Atomic int process_ring_state;

bool tl_shim_owns_descriptor(int fd)
{
	return fd >= 0 && (fd == tl_shim_arena_descriptor() || fd == tl_shim_control_descriptor());
}

static void announce(void)
{
	struct tl_record_process *body =
		tl_shim_reserve(&process_ring, TL_NO_VCPU, sizeof(*body), 0);

	if (!body)
		return;
	*body = (struct tl_record_process){ .pid = (uint32_t)getpid(), .time = tl_shim_now() };
	tl_ring_commit(body, TL_RECORD_PROCESS, sizeof(*body));
}

// The child's records must not wait behind one that the parent was in the middle of.
static void in_forked_child(void)
{
	process_ring.ring.data = NULL;
	tl_shim_control_forget();
	atomic_store(&process_ring_state, 0);
}

static void join(void)
{
	static _Atomic bool watching_forks;
	const bool welcome = tl_shim_control_open();
	const bool claimed = welcome && tl_shim_ring_claim(&process_ring);

	if (!welcome)
		tl_shim_refuse();
	if (!atomic_exchange(&watching_forks, true))
		pthread_atfork(NULL, NULL, in_forked_child);
	atomic_store(&process_ring_state, claimed ? 2 : -1);
	if (claimed)
		announce();
}

struct tl_shim_ring *tl_shim_process_ring(void)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&process_ring_state, &none, 1))
		join();
	return &process_ring;
}
