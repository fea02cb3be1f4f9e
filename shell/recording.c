// SPDX-License-Identifier: MIT
#include "shell/recording.h"

#include "recorder/shim/shim.h"
#include "shell/verb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

// qemu-system-x86_64.trap, qemu-system-x86_64-2.trap, ...
static struct tl_error *free_name(const char *program, char **ret)
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
	const char *why = "it was not a VMM, or its vCPUs never ran";

	if (!result->attached)
		why = "the recorder never got into it";
	else if (result->refused)
		why = result->why_refused;
	else if (!result->processes)
		why = "it never used KVM; is it a VMM, and was it told to use KVM?";
	else if (!result->vms)
		why = "it opened KVM and made no VM";
	else if (!result->vcpus)
		why = "its VM has no vCPU";
	return tl_error_new(TL_ERROR_NOT_FOUND,
		"%s: no exit was seen (status %d): %s; no trace is left", recording->arguments[0],
		result->status, why);
}

static void say(const struct tl_recording *recording, const char *path,
	const struct tl_collector_result *result)
{
	struct stat st = { 0 };

	if (recording->quiet)
		return;
	stat(path, &st);
	fprintf(stderr, "trapline: %s: %" PRIu64 " exit%s of %u vCPU%s, %jd KiB", path,
		result->exits, result->exits == 1 ? "" : "s", result->vcpus,
		result->vcpus == 1 ? "" : "s", (intmax_t)(st.st_size + 1023) / 1024);
	if (result->lost)
		fprintf(stderr, "; %" PRIu64 " records lost: see table gap", result->lost);
	fputs("\n", stderr);
}

// Consumes the collector. What the VMM's own errors were is not ours to report.
static struct tl_error *collect(const struct tl_recording *recording, const char *path,
	struct tl_collector *collector, pid_t child, int *ret_status)
{
	struct tl_collector_result result;
	struct tl_error *err = tl_collector_run(collector, child, &result);

	*ret_status = result.status;
	if (err) {
		tl_collector_close(collector);
		return tl_error_in(err, "recording ended early");
	}
	err = tl_collector_finish(collector);
	if (!err && !result.exits) {
		unlink(path);
		return nothing(recording, &result);
	}
	if (!err)
		say(recording, path, &result);
	return err;
}

static struct tl_error *output(const struct tl_recording *recording, char **ret)
{
	if (!recording->output)
		return free_name(recording->arguments[0], ret);
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

static struct tl_error *start_child(
	struct tl_collector *collector, int (*body)(void *ctx), void *ctx, pid_t *ret)
{
	fflush(NULL);
	*ret = fork();
	if (*ret < 0)
		return tl_error_errno(errno, "fork");
	if (*ret)
		return NULL;
	if (!tl_shim_attach(dup(tl_collector_arena(collector))))
		_exit(TL_STATUS_FAILED);
	_exit(body(ctx));
}

struct tl_error *tl_recording_of_child(
	const struct tl_recording *recording, int (*body)(void *ctx), void *ctx, int *ret_status)
{
	struct tl_collector *collector;
	struct tl_error *err;
	pid_t child;
	char *path;

	err = output(recording, &path);
	if (err)
		return err;
	err = open_collector(recording, path, &collector);
	if (!err && (err = start_child(collector, body, ctx, &child))) {
		tl_collector_close(collector);
		unlink(path);
	} else if (!err) {
		err = collect(recording, path, collector, child, ret_status);
	}
	free(path);
	return err;
}
