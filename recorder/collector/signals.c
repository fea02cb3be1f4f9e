// SPDX-License-Identifier: MIT
#include "recorder/collector/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static const int passed[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
enum { N_PASSED = sizeof(passed) / sizeof(*passed) };

static struct sigaction before[N_PASSED];
static volatile pid_t to;

static void pass(int signal, siginfo_t *info, void *context)
{
	const int error = errno;

	if (to > 0 && info->si_code != SI_KERNEL)
		kill(to, signal);
	errno = error;
}

void tl_signals_pass_to(pid_t child)
{
	struct sigaction action = { .sa_sigaction = pass, .sa_flags = SA_SIGINFO | SA_RESTART };

	to = child;
	sigemptyset(&action.sa_mask);
	for (unsigned i = 0; i < N_PASSED; i++)
		sigaction(passed[i], &action, &before[i]);
}

void tl_signals_turn_to(pid_t process)
{
	to = process;
}

void tl_signals_restore(void)
{
	for (unsigned i = 0; i < N_PASSED; i++)
		sigaction(passed[i], &before[i], NULL);
}

static struct sigaction xfsz_before;
static bool xfsz_caught;

// No SIG_IGN, which programs that are started would inherit.
static void nothing(int signal)
{
	(void)signal;
}

void tl_signals_let_writes_fail(void)
{
	const struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };

	if (xfsz_caught || sigaction(SIGXFSZ, NULL, &xfsz_before) ||
		xfsz_before.sa_handler != SIG_DFL)
		return;
	xfsz_caught = !sigaction(SIGXFSZ, &action, NULL);
}

void tl_signals_let_writes_kill(void)
{
	if (xfsz_caught)
		sigaction(SIGXFSZ, &xfsz_before, NULL);
	xfsz_caught = false;
}
