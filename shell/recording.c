// SPDX-License-Identifier: MIT
#include "shell/recording.h"

#include "schema/trace/reader.h"
#include "schema/trace/row.h"
#include "schema/wire/control.h"
#include "shell/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const tl_recording_regs[] = { "pc", "core", "full", NULL };
const char *const tl_recording_mem[] = { "none", "fault", "exact", NULL };

struct tl_error *tl_recording_check(const struct tl_recording *recording)
{
	if (!recording->every || recording->every > UINT32_MAX)
		return tl_error_new(TL_ERROR_USAGE, "--every %" PRIu64 ": expected 1 to %u",
			recording->every, UINT32_MAX);
	if (recording->every != 1 && recording->mem != TL_MEM_EXACT)
		return tl_error_new(TL_ERROR_USAGE, "--every is for --mem exact");
	return NULL;
}

const char *const *tl_recording_words(const struct tl_recording *recording)
{
	static char every[32], wait[32], last[32];
	static const char *words[TL_RECORDING_WORDS];
	unsigned n = 0;

	snprintf(every, sizeof(every), "--every=%" PRIu64, recording->every);
	snprintf(wait, sizeof(wait), "--max-wait=%" PRIu64 "ns", recording->max_wait_ns);
	words[n++] = every;
	if (recording->max_wait_ns)
		words[n++] = wait;
	snprintf(last, sizeof(last), "--last=%" PRIu64, recording->last);
	if (recording->last)
		words[n++] = last;
	if (recording->until) {
		words[n++] = "--until";
		words[n++] = recording->until;
	}
	if (recording->no_coalesce)
		words[n++] = "--no-coalesce";
	if (recording->stop_all)
		words[n++] = "--stop-all";
	words[n] = NULL;
	return words;
}

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

// "22 exits", "the last 5000 of 219052 exits", or "6 of 22 exits (10 to 15)"
static void say_exits(const struct tl_trace *trace, uint64_t exits)
{
	int64_t seen = 0;

	tl_trace_meta_int(trace, "seen", &seen);
	if (tl_trace_meta(trace, "cut_from"))
		fprintf(stderr, "%" PRIu64 " of %s exits (%s to %s)", exits,
			tl_trace_meta(trace, "cut_of"), tl_trace_meta(trace, "cut_from"),
			tl_trace_meta(trace, "cut_to"));
	else if (tl_trace_meta(trace, "last") && (uint64_t)seen > exits)
		fprintf(stderr, "the last %" PRIu64 " of %" PRIi64 " exits", exits, seen);
	else
		fprintf(stderr, "%" PRIu64 " exit%s", exits, exits == 1 ? "" : "s");
}

// A part that was cut out has its condition from another trace: it is no news, and not our own text.
static void say_end(const struct tl_trace *trace)
{
	const char *until = tl_trace_meta(trace, "until"), *seq = tl_trace_meta(trace, "until_seq");

	if (!until || tl_trace_meta(trace, "cut_from"))
		return;
	if (seq)
		fprintf(stderr, "; ended at exit %s, where ", seq);
	else
		fputs("; at no exit ", stderr);
	tl_put_string(stderr, until);
}

static void say(struct tl_trace *trace, uint64_t exits, uint64_t vcpus, uint64_t lost)
{
	struct stat st = { 0 };

	stat(tl_trace_path(trace), &st);
	fprintf(stderr, "trapline: %s: ", tl_trace_path(trace));
	say_exits(trace, exits);
	fprintf(stderr, " of %" PRIu64 " vCPU%s, %jd KiB", vcpus, vcpus == 1 ? "" : "s",
		(intmax_t)(st.st_size + 1023) / 1024);
	say_end(trace);
	if (lost)
		fprintf(stderr, "; %" PRIu64 " records lost: see table gap", lost);
	fputs("\n", stderr);
}

static struct tl_error *say_of(struct tl_trace *trace)
{
	sqlite3_stmt *stmt;
	struct tl_error *err = tl_trace_prepare(trace,
		"SELECT ifnull(sum(exits), 0), count(DISTINCT vcpu), "
		"(SELECT ifnull(sum(lost), 0) FROM gap) FROM tally",
		&stmt);
	struct tl_row row = { 0 };

	if (err)
		return err;
	row.stmt = stmt;
	if (tl_row_next(&row))
		say(trace, tl_row_u64(&row, 0), tl_row_u64(&row, 1), tl_row_u64(&row, 2));
	sqlite3_finalize(stmt);
	return tl_row_error(&row);
}

struct tl_error *tl_recording_say(const char *path)
{
	struct tl_trace *trace;
	struct tl_error *err = tl_trace_open(path, &trace);

	if (err)
		return err;
	err = say_of(trace);
	tl_trace_close(trace);
	return err;
}

// What was recorded until then is a trace, and the VMM has ended as it would have.
static void say_early(struct tl_error *err)
{
	fputs("trapline record: recording ended early: ", stderr);
	tl_put_string(stderr, err->message);
	fputc('\n', stderr);
	tl_error_free(err);
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
		err = tl_recording_say(path);
	return err;
}

// Consumes the collector. What the VMM's own errors were is not ours to report.
static struct tl_error *collect(const struct tl_recording *recording, const char *path,
	struct tl_collector *collector, pid_t child, int *ret_status)
{
	struct tl_collector_result result;
	struct tl_error *err = tl_collector_run(collector, child, &result);

	*ret_status = result.status;
	if (!err) {
		err = finish(recording, path, collector, &result);
	} else {
		tl_collector_close(collector);
	}
	if (!err || !result.exits)
		return err;
	say_early(err);
	return NULL;
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
		.path = path,
		.record = { .level = recording->regs,
			.mem = recording->mem,
			.every = (uint32_t)recording->every,
			.no_coalesce = recording->no_coalesce,
			.stop_all = recording->stop_all,
			.max_wait_ns = recording->max_wait_ns },
		.last = recording->last,
		.until = recording->until,
		.arguments = recording->arguments,
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
