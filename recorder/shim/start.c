// SPDX-License-Identifier: MIT
// A VMM that records itself: the collector is started from here.
#include "recorder/shim/keep.h"
#include "recorder/shim/shim.h"

#include "recorder/shim/trapline.h"
#include "schema/wire/control.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int collector = -1; // our end of the socket to it
static char why[TL_COLLECT_TEXT] = "nothing has failed";

const char *trapline_error(void)
{
	return why;
}

static int fail(int error, const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(error));
	errno = error;
	return -1;
}

// The collector's own words, where it had any.
static int refused(void)
{
	if (!why[0])
		snprintf(why, sizeof(why), "the collector ended without a word");
	errno = EPROTO;
	return -1;
}

enum { OWN_WORDS = 10, MORE_WORDS = 32 };

static int spawn(const struct trapline_options *options, int fd)
{
	const char *const program = options->program ? options->program : "trapline";
	char number[16];
	const char *argv[OWN_WORDS + MORE_WORDS + 1] = { program, "collect", "--socket", number,
		"--regs", options->regs ? options->regs : "core", "--mem",
		options->mem ? options->mem : "fault" };
	unsigned n = OWN_WORDS - 2;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	for (unsigned i = 0; options->more && options->more[i] && i < MORE_WORDS; i++)
		argv[n++] = options->more[i];
	if (options->output) {
		argv[n++] = "--output";
		argv[n] = options->output;
	}
	snprintf(number, sizeof(number), "%d", fd);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, fd); // clears close-on-exec
	error = posix_spawnp(&pid, program, &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	// It forks and ends at once, so that this process has no child it does not know.
	if (!error)
		waitpid(pid, NULL, 0);
	return error;
}

// One message: text, and a descriptor or -1.
static void receive(int from, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec text = { why, sizeof(why) - 1 };
	struct msghdr message = { .msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *head;
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	why[n > 0 ? n : 0] = 0;
	head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	*fd = -1;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
}

static int begin(const struct trapline_options *options, const int ends[2])
{
	int error = spawn(options, ends[1]), arena;

	tl_shim_real_close(ends[1]);
	if (error)
		return fail(error, options->program ? options->program : "trapline");
	receive(ends[0], &arena);
	if (arena < 0)
		return refused();
	if (!tl_shim_attach(arena)) {
		snprintf(why, sizeof(why), "the trapline program is of another version");
		return refused();
	}
	collector = tl_shim_move_up(ends[0]);
	return 0;
}

int trapline_start(const struct trapline_options *options)
{
	const struct trapline_options defaults = { .size = sizeof(defaults) };
	int ends[2], error;

	if (collector >= 0)
		return fail(EBUSY, "this process has been recorded already");
	if (tl_shim_arena)
		return 0;
	if (options && options->size < sizeof(*options))
		return fail(EINVAL, "struct trapline_options has no size");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return fail(errno, "socketpair");
	if (!begin(options ? options : &defaults, ends))
		return 0;
	error = errno;
	tl_shim_real_close(ends[0]);
	errno = error;
	return -1;
}

int trapline_stop(void)
{
	int none;

	if (collector < 0)
		return 0;
	if (send(collector, "", 1, MSG_NOSIGNAL) < 0)
		return fail(errno, "the collector");
	receive(collector, &none);
	if (!strcmp(why, TL_COLLECT_DONE))
		return 0;
	return refused();
}
