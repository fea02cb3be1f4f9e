// SPDX-License-Identifier: MIT
#include "recorder/collector/collector.h"

#include "recorder/collector/control.h"
#include "recorder/collector/drain.h"
#include "recorder/collector/host.h"
#include "recorder/collector/signals.h"
#include "schema/trace/writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	RING_BYTES = 4 << 20,
	LEAST_RING_BYTES = 64 << 10,
	COMMIT_RECORDS = 16384,
	COMMIT_BYTES = 64 << 20,
	COMMIT_NS = 100000000,
	IDLE_NS = 500000,
	WAIT_NS = 1000000000,
};

struct tl_collector {
	int fd;
	struct tl_arena *arena;
	uint64_t ring_bytes;
	struct tl_writer *writer;
	struct tl_drain *drain;
	struct tl_control *control;
	struct tl_error *failed; // why the trace ended before the VMM did
	size_t uncommitted;
	uint64_t committed_bytes; // of records
	uint64_t committed_at;
	pid_t child;
	bool child_ended;
	bool childless;
	int status; // of the child; -1: there is none
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// Sealed, so that neither side can take the memory away from under the other.
static struct tl_error *make_arena(struct tl_collector *c)
{
	size_t size = tl_arena_size(c->ring_bytes);

	c->fd = memfd_create("trapline", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->fd < 0)
		return tl_error_errno(errno, "arena");
	// The limit on the size of files (RLIMIT_FSIZE) is for this one too.
	while (ftruncate(c->fd, (off_t)size) && errno == EFBIG &&
		c->ring_bytes > LEAST_RING_BYTES) {
		c->ring_bytes /= 2;
		size = tl_arena_size(c->ring_bytes);
	}
	if (lseek(c->fd, 0, SEEK_END) != (off_t)size ||
		fcntl(c->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return tl_error_errno(errno, "arena of %zu bytes", size);
	c->arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, c->fd, 0);
	if (c->arena == MAP_FAILED) {
		c->arena = NULL;
		return tl_error_errno(errno, "arena of %zu bytes", size);
	}
	return NULL;
}

static void fill_arena(struct tl_collector *c, const struct tl_record_options *options)
{
	assert(c->arena);
	c->arena->version = TL_ARENA_VERSION;
	c->arena->n_rings = TL_ARENA_RINGS;
	c->arena->ring_bytes = c->ring_bytes;
	c->arena->options = *options;
	if (!c->arena->options.max_wait_ns)
		c->arena->options.max_wait_ns = WAIT_NS;
	if (!c->arena->options.every)
		c->arena->options.every = 1;
	c->arena->magic = TL_ARENA_MAGIC;
}

static struct tl_error *make_trace(
	struct tl_collector *c, const struct tl_collector_options *options)
{
	static const char *const levels[] = { "pc", "core", "full" };
	static const char *const policies[] = { "none", "fault", "exact" };
	const struct tl_writer_options writer = { .arch = TL_ARCH_HOST.id,
		.start = now(),
		.last = options->last,
		.until = options->until };
	struct tl_error *err = tl_writer_create(options->path, &writer, &c->writer);

	if (!err)
		err = tl_writer_meta(c->writer, "regs", levels[options->record.level]);
	if (!err)
		err = tl_writer_meta(c->writer, "mem", policies[options->record.mem]);
	if (!err)
		err = tl_writer_meta_int(c->writer, "no_coalesce", options->record.no_coalesce);
	if (!err)
		err = tl_writer_meta_int(c->writer, "stop_all", options->record.stop_all);
	if (!err && options->record.mem == TL_MEM_EXACT)
		err = tl_writer_meta_int(c->writer, "every", options->record.every);
	if (!err)
		err = tl_host_describe(c->writer, options->arguments);
	return err ? err : tl_writer_commit(c->writer);
}

static struct tl_error *build(struct tl_collector *c, const struct tl_collector_options *options)
{
	struct tl_error *err;

	c->fd = -1;
	c->ring_bytes = options->ring_bytes ? options->ring_bytes : RING_BYTES;
	tl_signals_let_writes_fail();
	err = make_trace(c, options);
	if (!err)
		err = make_arena(c);
	if (err)
		return err;
	fill_arena(c, &options->record);
	err = tl_control_open(c->arena, &c->control);
	return err ? err
		   : tl_drain_open(c->arena, c->ring_bytes, TL_ARCH_HOST.id, c->writer, &c->drain);
}

struct tl_error *tl_collector_open(
	const struct tl_collector_options *options, struct tl_collector **ret)
{
	struct tl_collector *c = calloc(1, sizeof(*c));
	struct tl_error *err = c ? build(c, options) : tl_error_new(TL_ERROR_IO, "out of memory");

	if (err) {
		if (c) {
			tl_writer_discard(c->writer);
			c->writer = NULL;
		}
		tl_collector_close(c);
		return err;
	}
	*ret = c;
	return NULL;
}

void tl_collector_close(struct tl_collector *c)
{
	if (!c)
		return;
	tl_control_close(c->control);
	tl_drain_close(c->drain);
	tl_writer_close(c->writer);
	if (c->arena)
		munmap(c->arena, tl_arena_size(c->ring_bytes));
	if (c->fd >= 0)
		close(c->fd);
	tl_signals_let_writes_kill();
	tl_error_free(c->failed);
	free(c);
}

int tl_collector_arena(const struct tl_collector *c)
{
	return c->fd;
}

// The trace says so itself, if it can: then what is said of the failure is no less true.
static void say_last_words(struct tl_collector *c, const char *why)
{
	const uint64_t newest = atomic_load(&c->arena->seq);
	char text[512];

	snprintf(text, sizeof(text), "the recording ended early: %s", why);
	tl_error_free(tl_writer_last_words(c->writer, newest, text));
}

// The VMM runs on, and its shim stops producing.
static void give_up(struct tl_collector *c, struct tl_error *why)
{
	atomic_store(&c->arena->stopped, 1);
	if (c->failed) {
		tl_error_free(why);
		return;
	}
	c->failed = why;
	say_last_words(c, why->message);
}

static bool due(const struct tl_collector *c)
{
	return c->uncommitted >= COMMIT_RECORDS ||
	       tl_drain_counts(c->drain).bytes - c->committed_bytes >= COMMIT_BYTES ||
	       (c->uncommitted && now() - c->committed_at > COMMIT_NS);
}

static void commit(struct tl_collector *c)
{
	struct tl_error *err = tl_writer_commit(c->writer);

	c->uncommitted = 0;
	c->committed_bytes = tl_drain_counts(c->drain).bytes;
	c->committed_at = now();
	tl_drain_reclaim(c->drain);
	if (err)
		give_up(c, err);
	else if (tl_writer_ended_at(c->writer))
		atomic_store(&c->arena->stopped, 1);
}

static size_t collect(struct tl_collector *c)
{
	struct tl_error *err;
	size_t n = 0;

	if (c->failed || tl_writer_ended_at(c->writer))
		return 0;
	err = tl_drain_round(c->drain, &n);
	c->uncommitted += n;
	if (err)
		give_up(c, err);
	else if (due(c))
		commit(c);
	return n;
}

// Orphans of a VMM that daemonised come to us, so every one of its processes ends here.
static void reap(struct tl_collector *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != c->child)
			continue;
		c->child_ended = true;
		c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	c->childless = pid < 0 && errno == ECHILD;
	if (c->childless)
		c->child_ended = true;
	if (c->child_ended)
		tl_signals_turn_to((pid_t)tl_drain_living_process(c->drain));
}

// A VMM may daemonise before it touches KVM: until there was an exit, any descendant may be it.
static bool under_way(struct tl_collector *c)
{
	return !c->child_ended || tl_drain_living_process(c->drain) ||
	       (!c->childless && !tl_drain_counts(c->drain).exits);
}

static void nap(void)
{
	const struct timespec while_ = { .tv_nsec = IDLE_NS };

	nanosleep(&while_, NULL);
}

static void result(const struct tl_collector *c, struct tl_collector_result *ret)
{
	const struct tl_drain_counts n = tl_drain_counts(c->drain);

	*ret = (struct tl_collector_result){ .status = c->status,
		.exits = n.exits,
		.lost = n.lost,
		.waits = n.waits,
		.waited_ns = n.waited_ns,
		.ioctls = n.ioctls,
		.vms = n.vms,
		.vcpus = n.vcpus,
		.attached = atomic_load(&c->arena->attached),
		.processes = n.processes };
	snprintf(ret->trouble, sizeof(ret->trouble), "%s",
		tl_control_refused(c->control) ? tl_control_refused(c->control)
					       : tl_drain_trouble(c->drain));
}

// What is still in the rings, and what it all came to.
static struct tl_error *end(struct tl_collector *c, struct tl_collector_result *ret)
{
	struct tl_error *err;

	while (collect(c))
		;
	err = tl_drain_end(c->drain);
	if (err)
		give_up(c, err);
	result(c, ret);
	err = c->failed;
	c->failed = NULL;
	return err;
}

struct tl_error *tl_collector_run(
	struct tl_collector *c, pid_t child, struct tl_collector_result *ret)
{
	c->child = child;
	c->committed_at = now();
	tl_signals_pass_to(child);
	while (under_way(c)) {
		tl_control_serve(c->control, tl_drain_processes(c->drain));
		if (!collect(c))
			nap();
		reap(c);
	}
	tl_signals_restore();
	return end(c, ret);
}

static bool said_stop(int socket, bool *gone)
{
	struct pollfd heard = { .fd = socket, .events = POLLIN };
	char byte;

	if (*gone || poll(&heard, 1, 0) <= 0)
		return false;
	*gone = recv(socket, &byte, 1, MSG_DONTWAIT) <= 0;
	return !*gone;
}

struct tl_error *tl_collector_follow(
	struct tl_collector *c, int socket, struct tl_collector_result *ret)
{
	bool gone = false;

	c->status = -1;
	c->committed_at = now();
	while (!said_stop(socket, &gone) && !(gone && !tl_drain_living_process(c->drain))) {
		tl_control_serve(c->control, tl_drain_processes(c->drain));
		if (!collect(c))
			nap();
	}
	atomic_store(&c->arena->stopped, 1);
	return end(c, ret);
}

static struct tl_error *write_end(struct tl_collector *c)
{
	const struct tl_drain_counts n = tl_drain_counts(c->drain);
	const struct {
		const char *key;
		int64_t value;
	} facts[] = {
		{ "ended", (int64_t)time(NULL) },
		{ "status", c->status },
		{ "ioctls", (int64_t)n.ioctls },
		{ "lost", (int64_t)n.lost },
		{ "waits", (int64_t)n.waits },
		{ "waited_ns", (int64_t)n.waited_ns },
	};
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < sizeof(facts) / sizeof(*facts); i++)
		if (facts[i].value >= 0)
			err = tl_writer_meta_int(c->writer, facts[i].key, facts[i].value);
	return err;
}

struct tl_error *tl_collector_finish(struct tl_collector *c)
{
	struct tl_error *err = write_end(c);

	if (!err)
		err = tl_writer_commit(c->writer);
	if (err) {
		say_last_words(c, err->message);
	} else {
		err = tl_writer_finish(c->writer);
		c->writer = NULL;
	}
	tl_collector_close(c);
	return err;
}
