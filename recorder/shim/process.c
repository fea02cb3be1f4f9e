// SPDX-License-Identifier: MIT
// This process in the recording: its hello, and the ring for everything that is no vCPU's own.
#include "recorder/shim/shim.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

// A forked child takes another one.
static struct tl_shim_ring process_ring;
// 0: none, 1: being claimed, 2: there, -1: none is left
static _Atomic int process_ring_state;

bool tl_shim_owns_descriptor(int fd)
{
	return fd >= 0 &&
	       (tl_shim_arena_owns(fd) || tl_shim_control_owns(fd) || tl_shim_pagemap_owns(fd));
}

void tl_shim_descriptor_make_way(int fd)
{
	tl_shim_arena_make_way(fd);
	tl_shim_control_make_way(fd);
	tl_shim_pagemap_make_way(fd);
}

bool tl_shim_joined(void)
{
	return atomic_load(&process_ring_state) == 2;
}

static bool reads_memory(void)
{
	return tl_shim_may(SYS_process_vm_readv) ||
	       tl_shim_may(SYS_rt_sigprocmask, UINT64_MAX, 0, 0, 8);
}

static bool reads_registers(void)
{
#ifdef __aarch64__
	return tl_shim_may(SYS_ioctl, 0, KVM_GET_ONE_REG);
#else
	return tl_shim_options()->level < TL_REGS_FULL || tl_shim_may(SYS_ioctl, 0, KVM_GET_MSRS);
#endif
}

// Once for each thing, however many threads it is taken from.
void tl_shim_filter_say(void)
{
	static const struct {
		bool (*can)(void);
		const char *text;
	} losses[] = {
		{ reads_memory,
			"a seccomp filter of the VMM forbids process_vm_readv: memory and code are "
			"not recorded in its threads" },
		{ reads_registers,
			"a seccomp filter of the VMM forbids the ioctls that read registers: they "
			"are not recorded in its threads" },
	};
	static _Atomic bool said[sizeof(losses) / sizeof(*losses)];

	if (!tl_shim_joined())
		return;
	for (unsigned i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		if (!losses[i].can() && !atomic_exchange(&said[i], true))
			tl_shim_notice(
				&process_ring, TL_NO_VCPU, TL_NOTICE_WARNING, losses[i].text);
}

static void announce(void)
{
	struct tl_record_process *body =
		tl_shim_reserve(&process_ring, TL_NO_VCPU, sizeof(*body), 0);

	if (!body)
		return;
	*body = (struct tl_record_process){ .pid = (uint32_t)tl_shim_pid(), .time = tl_shim_now() };
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
	if (!claimed)
		return;
	announce();
	tl_shim_filter_say();
}

struct tl_shim_ring *tl_shim_process_ring(void)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&process_ring_state, &none, 1))
		join();
	return &process_ring;
}
