// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int mode_vms(char **argv)
{
	struct vcpu vcpus[3][2];
	struct vm vms[3];

	for (unsigned i = 0; i < 3; i++)
		vm_open(&vms[i]);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 2; j++)
			vcpu_open(&vms[i], 10 * i + j, out_loop, sizeof(out_loop), &vcpus[i][j]);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 2; j++)
			run_times(vcpus[i][j].fd, 10 * i + j + 1);
	return 0;
}

static void open_and_run(unsigned n)
{
	struct vcpu vcpus[8];
	struct vm vm;

	vm_open(&vm);
	for (unsigned i = 0; i < n; i++)
		vcpu_open(&vm, i, out_loop, sizeof(out_loop), &vcpus[i]);
	for (unsigned i = 0; i < n; i++)
		run_times(vcpus[i].fd, 1);
	for (unsigned i = 0; i < n; i++)
		vcpu_close(&vcpus[i]);
	vm_close(&vm);
}

int mode_reopen(char **argv)
{
	for (int i = 0; i < atoi(argv[1]); i++)
		open_and_run((unsigned)atoi(argv[2]));
	return 0;
}

// Through the kernel and back, as a file in a message.
static int passed(int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int pair[2], copy;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (sendmsg(pair[0], &message, 0) != 1 || recvmsg(pair[1], &message, 0) != 1)
		die("SCM_RIGHTS");
	head = CMSG_FIRSTHDR(&message);
	if (!head)
		die("SCM_RIGHTS");
	memcpy(&copy, CMSG_DATA(head), sizeof(copy));
	close(pair[0]);
	close(pair[1]);
	return copy;
}

int mode_copies(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;
	int copy[5];

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	copy[0] = dup(vcpu.fd);
	copy[1] = dup2(vcpu.fd, 77);
	copy[2] = dup3(vcpu.fd, 78, O_CLOEXEC);
	copy[3] = fcntl(vcpu.fd, F_DUPFD_CLOEXEC, 100);
	copy[4] = passed(vcpu.fd);
	run_times(copy[4], 1);
	run_times(vcpu.fd, 1);
	close(vcpu.fd);
	close(vm.fd);
	for (unsigned i = 0; i < 5; i++) {
		run_times(copy[i], 1);
		if (i < 4)
			close(copy[i]);
	}
	run_times(copy[4], 1);
	return 0;
}

// The only descriptor that is left of a vCPU comes from where nobody could see it.
int mode_passed(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;
	int copy;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 1);
	copy = passed(vcpu.fd);
	close(vcpu.fd);
	run_times(copy, 1);
	return 0;
}

static void close_all(void)
{
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
}

static void wait_for(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("a child");
}

static void fork_and_close(void)
{
	const pid_t child = fork();

	if (!child) {
		close_all();
		close_range(3, ~0U, 0);
		_exit(0);
	}
	wait_for(child);
}

// Such a child has its parent's memory and descriptors of its own.
static void vfork_and_close(void)
{
	const pid_t child = vfork(); // NOLINT: as programs do it

	if (!child) {
		close_all(); // NOLINT: as programs do it
		dup2(2, 3);
		closefrom(3);
		_exit(0);
	}
	wait_for(child);
}

// Helpers that a VMM starts close what is not theirs.
int mode_helpers(char **argv)
{
	struct vcpu vcpus[2];
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpus[0]);
	run_times(vcpus[0].fd, 2);
	fork_and_close();
	vcpu_open(&vm, 1, mmio_loop, sizeof(mmio_loop), &vcpus[1]);
	run_times(vcpus[0].fd, 2);
	run_times(vcpus[1].fd, 2);
	vfork_and_close();
	run_times(vcpus[0].fd, 2);
	run_times(vcpus[1].fd, 2);
	return 0;
}

static void close_by_range(void)
{
	if (close_range(3, ~0U, 0))
		die("close_range");
}

static void close_by_name(void)
{
	closefrom(3);
}

static void close_one_by_one(void)
{
	for (int fd = 3; fd < 2048; fd++)
		close(fd);
}

static void replace_one_by_one(void)
{
	for (int fd = 3; fd < 1024; fd++)
		dup2(STDERR_FILENO, fd);
	close_by_range();
}

int mode_closing(char **argv)
{
	static void (*const ways[])(
		void) = { close_by_range, close_by_name, close_one_by_one, replace_one_by_one };

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct vcpu vcpu;
		struct vm vm;

		vm_open(&vm);
		vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
		run_times(vcpu.fd, 3);
		ways[i]();
		if (run(vcpu.fd) != EBADF)
			die("a closed vCPU runs");
	}
	return 0;
}

static void be_daemon(const char *ms, const char *file)
{
	struct vcpu vcpu;
	struct vm vm;
	FILE *to;

	setsid();
	if (fork())
		_exit(0);
	sleep_ms((unsigned)atoi(ms));
	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	for (unsigned i = 0; i < 50; i++, sleep_ms(2))
		run_times(vcpu.fd, 1);
	to = fopen(file, "we");
	if (!to || fputs("50", to) < 0 || fclose(to))
		die(file);
	_exit(0);
}

int mode_daemon(char **argv)
{
	if (!fork())
		be_daemon(argv[1], argv[2]);
	return 0;
}

int mode_exec(char **argv)
{
	char *const next[] = { argv[1], "threads", "1", "4", NULL };
	struct vcpu vcpu;
	struct vm vm;

	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 3);
	execv(next[0], next);
	die(next[0]);
}

int mode_idle(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;

	if (!strcmp(argv[1], "kvm"))
		return open("/dev/kvm", O_RDWR | O_CLOEXEC) < 0;
	vm_open(&vm);
	if (!strcmp(argv[1], "vcpu"))
		vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	return 0;
}

static void on_term(int number)
{
	_exit(40);
}

int mode_signal(char **argv)
{
	struct vcpu vcpu;
	struct vm vm;

	signal(SIGTERM, on_term);
	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	run_times(vcpu.fd, 3);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
