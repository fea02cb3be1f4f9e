// SPDX-License-Identifier: MIT
#include "shell/recording.h"

#include "schema/wire/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

// qemu-system-x86_64.trap, qemu-system-x86_64-2.trap, ...
struct tl_error *tl_recording_name(const char *program, char **ret)
{
	const char *dir = getenv("TRAPLINE_DIR");

	for (unsigned n = 1; n < 100000; n++) {
		char number[16] = "", *path;

		if (n > 1)
			snprintf(number, sizeof(number), "-%u", n);
		if (asprintf(&path, "%s%s%s%s.trap", dir ? dir : "", dir ? "/" : "", base(program),
			    number) < 0)
			return tl_error_new(TL_ERROR_IO, "out of memory");
		if (access(path, F_OK)) {
			*ret = path;
			return NULL;
		}
		free(path);
	}
	return tl_error_new(
		TL_ERROR_REFUSED, "%s.trap: too many recordings of that name", base(program));
}

// Why there is nothing in the trace, from how far the program came.
static struct tl_error *nothing(
	const struct tl_recording *recording, const struct tl_collector_result *result)
{
	const char *why = "its vCPUs never ran";

	if (!result->attached)
		why = "the recorder never got into it";
	else if (result->trouble[0])
		why = result->trouble;
	else if (!result->vms)
		why = "it made no VM (is it a VMM, and told to use KVM?)";
	else if (!result->vcpus)
		why = "its VM has no vCPU";
	return tl_error_new(TL_ERROR_NOT_FOUND,
		"%s: ended with status %d and no exit was seen: %s; no trace is left",
		recording->arguments[0], result->status, why);
}

void tl_recording_say(const char *path, uint64_t exits, unsigned vcpus, uint64_t lost)
{
	struct stat st = { 0 };

	stat(path, &st);
	fprintf(stderr, "trapline: %s: %" PRIu64 " exit%s of %u vCPU%s, %jd KiB", path, exits,
		exits == 1 ? "" : "s", vcpus, vcpus == 1 ? "" : "s",
		(intmax_t)(st.st_size + 1023) / 1024);
	if (lost)
		fprintf(stderr, "; %" PRIu64 " records lost: see table gap", lost);
	fputs("\n", stderr);
}

// Consumes the collector. An empty trace is none.
static struct tl_error *finish(const struct tl_recording *recording, const char *path,
	struct tl_collector *collector, const struct tl_collector_result *result)
{
	struct tl_error *err = tl_collector_finish(collector);

	if (!err && !result->exits) {
		unlink(path);
		return nothing(recording, result);
	}
	if (!err && !recording->quiet)
		tl_recording_say(path, result->exits, result->vcpus, result->lost);
	return err;
}

// Consumes the collector. What the VMM's own errors were is not ours to report.
static struct tl_error *collect(const struct tl_recording *recording, const char *path,
	struct tl_collector *collector, pid_t child, int *ret_status)
{
	struct tl_collector_result result;
	struct tl_error *err = tl_collector_run(collector, child, &result);

	*ret_status = result.status;
	if (!err)
		return finish(recording, path, collector, &result);
	tl_collector_close(collector);
	return tl_error_in(err, "recording ended early");
}

static struct tl_error *output(const struct tl_recording *recording, char **ret)
{
	if (!recording->output)
		return tl_recording_name(recording->arguments[0], ret);
	*ret = strdup(recording->output);
	return *ret ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static struct tl_error *open_collector(
	const struct tl_recording *recording, const char *path, struct tl_collector **ret)
{
	const struct tl_collector_options options = {
		.path = path, .record = recording->options, .arguments = recording->arguments
	};

	return tl_collector_open(&options, ret);
}

struct tl_error *tl_recording_of_program(
	const struct tl_recording *recording, char *const argv[], int *ret_status)
{
	struct tl_collector *collector;
	struct tl_error *err;
	pid_t child;
	char *path;

	err = tl_collector_preloadable(argv[0]);
	if (!err)
		err = output(recording, &path);
	if (err)
		return err;
	err = open_collector(recording, path, &collector);
	if (!err && (err = tl_collector_spawn(collector, argv, &child))) {
		tl_collector_close(collector);
		unlink(path);
	} else if (!err) {
		err = collect(recording, path, collector, child, ret_status);
	}
	free(path);
	return err;
}

// Text, and the arena's descriptor unless it is -1.
static void tell(int socket, const char *text, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec words = { (void *)text, strnlen(text, TL_COLLECT_TEXT - 1) };
	struct msghdr message = { .msg_iov = &words,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = fd < 0 ? 0 : sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	if (head) {
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		return; // it has gone, and the trace is whole all the same
}

static struct tl_error *follow(const struct tl_recording *recording, const char *path, int socket)
{
	struct tl_collector_result result;
	struct tl_collector *collector;
	struct tl_error *err = open_collector(recording, path, &collector);

	if (err)
		return err;
	tell(socket, "collecting", tl_collector_arena(collector));
	err = tl_collector_follow(collector, socket, &result);
	if (!err)
		return finish(recording, path, collector, &result);
	tl_collector_close(collector);
	return tl_error_in(err, "recording ended early");
}

struct tl_error *tl_recording_of_starter(const struct tl_recording *recording, int socket)
{
	struct tl_error *err;
	char *path;

	err = output(recording, &path);
	if (!err) {
		err = follow(recording, path, socket);
		free(path);
	}
	tell(socket, err ? err->message : TL_COLLECT_DONE, -1);
	return err;
}
