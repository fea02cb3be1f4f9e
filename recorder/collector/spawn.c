// SPDX-License-Identifier: MIT
// Starting a VMM with the shim in front of its libc.
#include "recorder/collector/collector.h"

#include "recorder/collector/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SHIM "libtrapline-shim.so"

static char *beside_us(void)
{
	char exe[PATH_MAX], *slash, *path = NULL, *plain;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return NULL;
	exe[n] = 0;
	slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	if (asprintf(&path, "%s/../lib/" SHIM, exe) < 0)
		return NULL;
	plain = realpath(path, NULL);
	if (!plain)
		return path;
	free(path);
	return plain;
}

struct tl_error *tl_collector_shim_path(char **ret)
{
	const char *said = getenv("TRAPLINE_SHIM");
	char *path = said ? strdup(said) : beside_us();

	if (path && !said && access(path, R_OK)) {
		free(path);
		path = strdup(TL_LIBDIR "/" SHIM);
	}
	if (!path)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (access(path, R_OK)) {
		struct tl_error *err = tl_error_errno(errno, "%s", path);

		free(path);
		return err;
	}
	*ret = path;
	return NULL;
}

// What others preload stays in use, behind us.
static int set_preload(const char *shim)
{
	const char *before = getenv("LD_PRELOAD");
	char *value;
	int bad;

	if (asprintf(&value, "%s%s%s", shim, before && *before ? ":" : "", before ? before : "") <
		0)
		return -1;
	bad = setenv("LD_PRELOAD", value, 1);
	free(value);
	return bad;
}

static int set_arena(pid_t parent, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)parent, fd);
	return setenv(TL_ARENA_ENV, path, 1);
}

// In the child. The exec's errno comes back through `report`, which closes when it succeeds.
static void become(char *const argv[], const char *shim, pid_t parent, int fd, int report)
{
	int error;

	if (!set_preload(shim) && !set_arena(parent, fd))
		execvp(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static struct tl_error *start(
	struct tl_collector *c, char *const argv[], const char *shim, pid_t *ret)
{
	const pid_t parent = getpid();
	int report[2], error = 0;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return tl_error_errno(errno, "pipe");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid)
		become(argv, shim, parent, tl_collector_arena(c), report[1]);
	if (pid < 0)
		error = errno;
	close(report[1]);
	if (pid > 0 && read(report[0], &error, sizeof(error)) < 0)
		error = errno;
	close(report[0]);
	if (error)
		return tl_error_errno(error, "%s", argv[0]);
	*ret = pid;
	return NULL;
}

struct tl_error *tl_collector_spawn(struct tl_collector *c, char *const argv[], pid_t *ret)
{
	struct tl_error *err;
	char *shim;

	err = tl_collector_preloadable(argv[0]);
	if (!err)
		err = tl_collector_shim_path(&shim);
	if (err)
		return err;
	err = start(c, argv, shim, ret);
	free(shim);
	return err;
}
