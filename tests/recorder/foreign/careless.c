// SPDX-License-Identifier: MIT
// A VMM that takes every descriptor for its own.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 65536, HIGH = 1200 };

// By a way that nobody in this process can see.
static long unseen(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static void by_loop(void)
{
	for (int fd = 3; fd < MOST; fd++)
		close(fd);
}

static void by_syscall(void)
{
	if (syscall(SYS_close_range, 3, ~0U, 0))
		die("close_range");
}

static void one_by_one_by_syscall(void)
{
	for (long fd = 3; fd < HIGH; fd++)
		syscall(SYS_close, fd);
}

static void by_no_library(void)
{
	if (unseen(SYS_close_range, 3, ~0U, 0))
		die("close_range");
}

// Every number is a file of ours afterwards, and stays one.
static void in_its_place(void)
{
	for (int fd = 3; fd < HIGH; fd++)
		if (dup2(STDERR_FILENO, fd) != fd)
			die("dup2");
	for (int fd = 3; fd < HIGH; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			die("a copy is gone");
	for (int fd = 3; fd < HIGH; fd++)
		if (close(fd))
			die("close");
}

// The same by a way that nobody sees.
static void unseen_in_its_place(void)
{
	for (int fd = 3; fd < HIGH; fd++)
		if (unseen(SYS_dup2, STDERR_FILENO, fd, 0) != fd)
			die("dup2");
	for (int fd = 3; fd < HIGH; fd++)
		if (close(fd))
			die("a copy is not its own");
}

static const struct {
	const char *name;
	void (*way)(void);
} ways[] = {
	{ "loop", by_loop },
	{ "syscall", by_syscall },
	{ "syscalls", one_by_one_by_syscall },
	{ "unseen", by_no_library },
	{ "dup2", in_its_place },
	{ "unseen-dup2", unseen_in_its_place },
};

static void run_a_guest(void)
{
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 3);
}

// A guest before, and one after.
int mode_careless(char **argv)
{
	for (unsigned i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (strcmp(ways[i].name, argv[1]) != 0)
			continue;
		run_a_guest();
		ways[i].way();
		run_a_guest();
		return 0;
	}
	return 3;
}
