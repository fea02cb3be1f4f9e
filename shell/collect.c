// SPDX-License-Identifier: MIT
// The collector of a VMM that records itself: what trapline_start() starts. Not for people.
#include "shell/verb.h"

#include "arch/regs.h"
#include "shell/option.h"
#include "shell/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS = 256, CMDLINE = 1 << 16 };

// The words of the process that started us.
static void starter(pid_t pid, const char **words)
{
	static char text[CMDLINE];
	char path[40];
	unsigned n = 0;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < size && n < WORDS - 1; i++)
		if (!i || !text[i - 1])
			words[n++] = text + i;
	if (!n)
		words[n++] = "vmm";
	words[n] = NULL;
}

static bool is_socket(uint64_t fd)
{
	struct stat st;

	return fd <= INT_MAX && !fstat((int)fd, &st) && S_ISSOCK(st.st_mode);
}

// The VMM's terminal sends its signals to us too; we end when the VMM does.
static void outlive(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

static struct tl_error *collect(int argc, char **argv, int *ret_status)
{
	const char *words[WORDS];
	struct tl_recording recording = { TL_RECORDING_DEFAULTS, .quiet = true,
		.arguments = words };
	uint64_t socket = 0;
	const struct tl_option options[] = {
		{ "socket", 0, TL_OPTION_NUMBER, &socket, NULL },
		TL_RECORDING_OPTIONS(&recording),
		{ 0 },
	};
	struct tl_error *err = tl_options(options, &argc, argv, false);
	pid_t pid;

	if (!err)
		err = tl_recording_check(&recording);
	if (err)
		return err;
	if (!socket || !is_socket(socket) || argc > 1)
		return tl_error_new(
			TL_ERROR_USAGE, "is started by trapline_start(), not by people");
	starter(getppid(), words);
	pid = fork();
	if (pid)
		return pid < 0 ? tl_error_errno(errno, "fork") : NULL;
	outlive();
	err = tl_recording_of_starter(&recording, (int)socket);
	*ret_status = err ? TL_STATUS_FAILED : TL_STATUS_DONE;
	tl_error_free(err); // the starter has been told
	return NULL;
}

const struct tl_verb tl_verb_collect = {
	.name = "collect",
	.summary = NULL,
	.help = "usage: trapline collect --socket FD [OPTIONS of trapline record]\n"
		"\n"
		"The collector of a VMM that records itself; trapline_start() of trapline.h starts "
		"it.\n",
	.run = collect,
};
