// SPDX-License-Identifier: MIT
// A signal that gets a vCPU out of KVM_RUN and does nothing else: one of ours, where the thread admits
// one that nobody uses, else one that the VMM itself kicks its vCPUs with.
#include "recorder/shim/filter.h"
#include "recorder/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// As /proc/PID/status has them, a bit for each signal.
struct signals {
	uint64_t pending, blocked, ignored, caught;
};

static _Atomic uint64_t ours; // of the same bits: those whose handler is on_kick()

static void on_kick(int number)
{
}

static uint64_t bit(int number)
{
	return UINT64_C(1) << (number - 1);
}

static bool field(const char *text, const char *name, uint64_t *ret)
{
	const char *at = strstr(text, name);

	if (at)
		*ret = strtoull(at + strlen(name), NULL, 16);
	return at;
}

static size_t read_status(uint32_t tid, char *text, size_t size)
{
	char path[48];
	ssize_t n = 0;
	size_t at = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%u/status", tid);
	fd = tl_shim_own_open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	while (at < size && (n = read(fd, text + at, size - at)) > 0)
		at += (size_t)n;
	tl_shim_real_close(fd);
	return at;
}

// In KVM_RUN the blocked ones are those of KVM_SET_SIGNAL_MASK.
static bool look(uint32_t tid, struct signals *ret)
{
	char text[4096];
	size_t n = 0;

	if (tl_shim_may(SYS_read))
		n = read_status(tid, text, sizeof(text) - 1);
	text[n] = 0;
	return field(text, "\nSigPnd:", &ret->pending) && field(text, "\nSigBlk:", &ret->blocked) &&
	       field(text, "\nSigIgn:", &ret->ignored) && field(text, "\nSigCgt:", &ret->caught);
}

// Once ours it stays so: a kick that comes late would end the VMM. One that the VMM has taken since is
// the VMM's.
static bool still_ours(int number)
{
	struct sigaction now;

	if (!sigaction(number, NULL, &now) && now.sa_handler == on_kick)
		return true;
	atomic_fetch_and(&ours, ~bit(number));
	return false;
}

static bool make_ours(int number)
{
	const struct sigaction action = { .sa_handler = on_kick,
		.sa_flags = SA_RESTART | SA_ONSTACK };
	struct sigaction before;

	if (sigaction(number, &action, &before))
		return false;
	if (before.sa_handler != SIG_DFL) {
		sigaction(number, &before, NULL);
		return false;
	}
	atomic_fetch_or(&ours, bit(number));
	return true;
}

// VMMs take real-time signals from either end.
static int one_of_ours(const struct signals *signals)
{
	for (int n = SIGRTMAX - 4; n > SIGRTMIN + 4; n--) {
		if ((signals->blocked | signals->ignored) & bit(n))
			continue;
		if (atomic_load(&ours) & bit(n) ? still_ours(n)
						: !(signals->caught & bit(n)) && make_ours(n))
			return n;
	}
	return 0;
}

// Others end, stop or time a VMM, or tell it of a fault, a child or a descriptor.
static bool is_a_kick(int number)
{
	return number == SIGUSR1 || number == SIGUSR2 || (number >= SIGRTMIN && number <= SIGRTMAX);
}

static int one_of_theirs(const struct signals *signals)
{
	for (int n = 1; n <= SIGRTMAX; n++)
		if (is_a_kick(n) &&
			signals->caught & ~signals->blocked & ~atomic_load(&ours) & bit(n))
			return n;
	return 0;
}

// Signals that come of what the thread itself does, and libc's own, which no VMM sends.
static uint64_t not_from_others(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, 32, 33 };
	uint64_t bits = atomic_load(&ours);

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		bits |= bit(numbers[i]);
	return bits;
}

static int choose(struct tl_shim_vcpu *vcpu, const struct signals *signals)
{
	int number = 0;

	if (atomic_load(&vcpu->stop.takes_kicks) && tl_shim_may(SYS_rt_sigaction))
		number = one_of_ours(signals);
	return number ? number : one_of_theirs(signals);
}

const char *tl_shim_kick(struct tl_shim_vcpu *vcpu)
{
	const uint32_t tid = atomic_load(&vcpu->stop.tid);
	const uint64_t pid = (uint64_t)tl_shim_pid();
	struct signals signals;
	int number;

	if (!tid || !look(tid, &signals))
		return "--stop-all: the signals that a vCPU admits cannot be looked up: exits in "
		       "trouble are recorded while it runs";
	number = choose(vcpu, &signals);
	if (!number)
		return "--stop-all: a vCPU admits no signal in KVM_RUN: exits in trouble are "
		       "recorded while it runs";
	if (!tl_shim_may(SYS_tgkill, pid, tid, (uint64_t)number))
		return "--stop-all: a seccomp filter of the VMM forbids tgkill: exits in trouble "
		       "are recorded while other vCPUs run";
	if (signals.pending & bit(number))
		return NULL;
	// It may be on its way out already, where it admits others than in KVM_RUN.
	if (signals.caught & ~signals.blocked & ~not_from_others())
		atomic_store(&vcpu->stop.shared, true);
	atomic_fetch_or(&vcpu->stop.kicks, bit(number));
	syscall(SYS_tgkill, (pid_t)pid, (pid_t)tid, number);
	return NULL;
}

uint64_t tl_shim_kicks_taken(struct tl_shim_vcpu *vcpu)
{
	const uint64_t kicks = atomic_exchange(&vcpu->stop.kicks, 0);
	const uint64_t of_ours = kicks & atomic_load(&ours);
	const struct timespec at_once = { 0 };
	sigset_t set;

	sigemptyset(&set);
	for (int n = SIGRTMIN; n <= SIGRTMAX; n++)
		if (of_ours & bit(n))
			sigaddset(&set, n);
	while (of_ours && sigtimedwait(&set, NULL, &at_once) > 0)
		;
	return kicks;
}
