// SPDX-License-Identifier: MIT
#include "recorder/collector/drain.h"

#include "schema/wire/ring.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	VCPUS = 4096,
	PROCESSES = 1024,
	ROOM = 2 << 20,	  // longest record that a shim makes is a quarter of its ring
	PER_ROUND = 4096, // records of one ring before the next gets its turn
	CMDLINE = 1 << 16,
};

struct vcpu {
	struct tl_regs regs; // as of its last exit
	uint32_t vm;
	bool known;
	bool has_regs; // an exit came whole since the last gap
};

struct ring {
	uint64_t at;
	bool bad;
};

struct tl_drain {
	struct tl_arena *arena;
	uint64_t ring_bytes;
	const struct tl_arch *arch;
	struct tl_writer *writer;
	uint8_t *room;
	struct ring rings[TL_ARENA_RINGS];
	struct vcpu *vcpus[VCPUS];
	enum tl_abi abi;
	struct process {
		uint32_t pid;
		int fd; // pidfd, -1 once it has ended
	} processes[PROCESSES];
	struct tl_drain_counts counts;
};

struct tl_error *tl_drain_open(struct tl_arena *arena, uint64_t ring_bytes, enum tl_arch_id arch,
	struct tl_writer *writer, struct tl_drain **ret)
{
	struct tl_drain *d = calloc(1, sizeof(*d));

	if (d)
		d->room = malloc(ROOM);
	if (!d || !d->room) {
		tl_drain_close(d);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	d->arena = arena;
	d->ring_bytes = ring_bytes;
	d->arch = tl_arch_by_id(arch);
	d->writer = writer;
	*ret = d;
	return NULL;
}

void tl_drain_close(struct tl_drain *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < VCPUS; i++)
		free(d->vcpus[i]);
	for (unsigned i = 0; i < d->counts.processes; i++)
		if (d->processes[i].fd >= 0)
			close(d->processes[i].fd);
	free(d->room);
	free(d);
}

struct tl_drain_counts tl_drain_counts(const struct tl_drain *d)
{
	return d->counts;
}

static bool lives(struct process *p)
{
	struct pollfd ended = { .fd = p->fd, .events = POLLIN };

	if (p->fd < 0)
		return false;
	if (!poll(&ended, 1, 0))
		return true;
	close(p->fd);
	p->fd = -1;
	return false;
}

bool tl_drain_any_process(struct tl_drain *d)
{
	bool any = false;

	for (unsigned i = 0; i < d->counts.processes; i++)
		any |= lives(&d->processes[i]);
	return any;
}

// One that we have not heard of yet is no dead one.
static bool is_dead(struct tl_drain *d, uint32_t pid)
{
	bool known = false;

	for (unsigned i = 0; i < d->counts.processes; i++) {
		if (d->processes[i].pid != pid)
			continue;
		if (lives(&d->processes[i]))
			return false;
		known = true;
	}
	return known;
}

void tl_drain_reclaim(struct tl_drain *d)
{
	for (unsigned i = 0; i < TL_ARENA_RINGS; i++) {
		struct tl_ring_control *c = &d->arena->ring[i];
		uint32_t owner = atomic_load(&c->owner);

		if (owner && !d->rings[i].bad && atomic_load(&c->reserved) == d->rings[i].at &&
			is_dead(d, owner))
			atomic_compare_exchange_strong(&c->owner, &owner, 0);
	}
}

// A record's body, taken apart from the front.
struct body {
	const uint8_t *at;
	size_t left;
};

static const void *take(struct body *b, size_t size)
{
	const void *at = b->at;

	if (size > b->left)
		return NULL;
	b->at += size;
	b->left -= size;
	return at;
}

static struct tl_error *lies(const char *what)
{
	return tl_error_new(TL_ERROR_CORRUPT, "%s record: its lengths contradict its size", what);
}

static bool head(struct body *b, void *to, size_t size)
{
	const void *from = take(b, size);

	if (from)
		memcpy(to, from, size);
	return from;
}

static struct tl_error *vcpu_of(struct tl_drain *d, uint32_t number, struct vcpu **ret)
{
	if (number >= VCPUS)
		return tl_error_new(
			TL_ERROR_CORRUPT, "vCPU %u, expected less than %d", number, VCPUS);
	if (!d->vcpus[number])
		d->vcpus[number] = calloc(1, sizeof(struct vcpu));
	if (!d->vcpus[number])
		return tl_error_new(TL_ERROR_IO, "out of memory");
	*ret = d->vcpus[number];
	return NULL;
}

static void read_file(const char *path, char *buf, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, room - 1);

	if (n < 0)
		n = 0;
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[n] = 0;
	if (fd >= 0)
		close(fd);
}

static void watch(struct tl_drain *d, uint32_t pid)
{
	if (d->counts.processes < PROCESSES)
		d->processes[d->counts.processes++] =
			(struct process){ pid, (int)syscall(SYS_pidfd_open, pid, 0) };
}

static struct tl_error *process(struct tl_drain *d, struct body *b)
{
	struct tl_record_process process;
	char path[40], exe[512] = "", *arguments = malloc(CMDLINE);
	struct tl_error *err = NULL;

	if (!arguments)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	if (!head(b, &process, sizeof(process))) {
		free(arguments);
		return lies("process");
	}
	snprintf(path, sizeof(path), "/proc/%u/exe", process.pid);
	if (readlink(path, exe, sizeof(exe) - 1) < 0)
		exe[0] = 0;
	snprintf(path, sizeof(path), "/proc/%u/cmdline", process.pid);
	read_file(path, arguments, CMDLINE);
	watch(d, process.pid);
	err = tl_writer_process(d->writer, &process, exe, arguments);
	free(arguments);
	return err;
}

static struct tl_error *vm(struct tl_drain *d, struct body *b)
{
	struct tl_record_cap *caps;
	struct tl_record_vm head_;
	struct tl_error *err;
	const void *bytes;

	if (!head(b, &head_, sizeof(head_)) || head_.n_caps > b->left / sizeof(*caps))
		return lies("vm");
	bytes = take(b, head_.n_caps * sizeof(*caps));
	caps = malloc(head_.n_caps * sizeof(*caps) + 1);
	if (!caps)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	memcpy(caps, bytes, head_.n_caps * sizeof(*caps));
	if (head_.abi <= TL_ABI_IDSR_TOOLS)
		d->abi = head_.abi;
	d->counts.vms++;
	err = tl_writer_vm(d->writer, &head_, caps);
	free(caps);
	return err;
}

static struct tl_error *vcpu(struct tl_drain *d, struct body *b)
{
	struct tl_record_vcpu head_;
	struct tl_error *err;
	struct vcpu *v;

	if (!head(b, &head_, sizeof(head_)))
		return lies("vcpu");
	err = vcpu_of(d, head_.vcpu, &v);
	if (err)
		return err;
	v->vm = head_.vm;
	v->known = true;
	d->counts.vcpus++;
	return tl_writer_vcpu(d->writer, &head_);
}

// Brings the vCPU's registers up to this exit; false when the words are not all there.
static bool apply(
	const struct tl_drain *d, struct vcpu *v, const struct tl_record_exit *exit, struct body *b)
{
	if (exit->flags & TL_EXIT_KEY) {
		memset(&v->regs, 0, sizeof(v->regs));
		v->has_regs = true;
	}
	for (unsigned i = 0; i < d->arch->words; i++) {
		if (!(exit->changed[i / 64] >> i % 64 & 1))
			continue;
		if (!head(b, &v->regs.word[i], sizeof(v->regs.word[i])))
			return false;
	}
	memcpy(v->regs.known, exit->known, sizeof(v->regs.known));
	return true;
}

static void known_words_only(const struct tl_drain *d, struct tl_regs *regs)
{
	for (unsigned i = d->arch->words; i < 64 * (sizeof(regs->known) / sizeof(*regs->known));
		i++)
		regs->known[i / 64] &= ~(UINT64_C(1) << i % 64);
}

static void fill(const struct tl_drain *d, const struct tl_record_exit *from, const struct vcpu *v,
	struct tl_exit *exit)
{
	*exit = (struct tl_exit){ .seq = from->seq,
		.vcpu = from->vcpu,
		.time = from->exited,
		.ran = from->exited - from->entered,
		.error = from->error };
	if (from->reason != TL_NO_REASON) {
		exit->reason = from->reason;
		exit->has |= TL_EXIT_HAS_REASON;
	}
	if (from->flags & TL_EXIT_GIVEN_BACK)
		exit->error = 38; // ENOSYS, which is what the VMM saw
	if (v->has_regs && tl_reg_get(&d->arch->regs[d->arch->pc_reg], &v->regs, &exit->pc))
		exit->has |= TL_EXIT_HAS_PC;
}

static bool take_bytes(const struct tl_record_exit *from, struct body *b, struct tl_exit *exit)
{
	exit->payload = take(b, exit->payload_size = from->payload);
	exit->data = take(b, exit->data_size = from->data);
	exit->code = take(b, exit->code_size = from->code);
	exit->code_before = from->code_before;
	return exit->payload && exit->data && exit->code && from->code <= 64 &&
	       from->code_before <= from->code;
}

static struct tl_error *exit_(struct tl_drain *d, struct body *b)
{
	const struct tl_exit_kind *kind = NULL;
	struct tl_record_exit from;
	struct tl_error *err;
	struct tl_exit exit;
	struct vcpu *v;

	if (!head(b, &from, sizeof(from)))
		return lies("exit");
	err = vcpu_of(d, from.vcpu, &v);
	if (err)
		return err;
	if (!apply(d, v, &from, b))
		return lies("exit");
	known_words_only(d, &v->regs);
	fill(d, &from, v, &exit);
	if (!take_bytes(&from, b, &exit) || from.extra > b->left)
		return lies("exit");
	if (exit.has & TL_EXIT_HAS_REASON)
		kind = tl_exit_kind(d->arch->id, d->abi, exit.reason);
	tl_exit_fill(&exit, kind);
	d->counts.exits++;
	return tl_writer_exit(d->writer, &exit, kind, v->has_regs ? &v->regs : NULL,
		take(b, from.extra), from.extra);
}

static struct tl_error *reply(struct tl_drain *d, struct body *b)
{
	struct tl_record_reply from;
	const uint8_t *answer, *sync;

	if (!head(b, &from, sizeof(from)))
		return lies("reply");
	answer = take(b, from.answer);
	sync = take(b, from.sync);
	if (!answer || !sync)
		return lies("reply");
	return tl_writer_reply(d->writer, &from, answer, sync);
}

static struct tl_error *input(struct tl_drain *d, struct body *b)
{
	struct tl_record_input from;
	const void *bytes;

	if (!head(b, &from, sizeof(from)) || !(bytes = take(b, from.size)))
		return lies("input");
	return tl_writer_input(d->writer, &from, bytes);
}

static struct tl_error *coalesced(struct tl_drain *d, struct body *b)
{
	struct tl_record_coalesced from;

	if (!head(b, &from, sizeof(from)) || from.size > sizeof(from.data))
		return lies("coalesced");
	return tl_writer_coalesced(d->writer, &from);
}

static struct tl_error *notice(struct tl_drain *d, struct body *b)
{
	struct tl_record_notice from;
	char text[512];
	const void *bytes;

	if (!head(b, &from, sizeof(from)) || !(bytes = take(b, from.size)))
		return lies("notice");
	snprintf(text, sizeof(text), "%.*s", (int)(from.size < 500 ? from.size : 500),
		(const char *)bytes);
	return tl_writer_notice(d->writer, &from, text);
}

static struct tl_error *gap(struct tl_drain *d, struct body *b)
{
	struct tl_record_gap from;
	struct vcpu *v;

	if (!head(b, &from, sizeof(from)))
		return lies("gap");
	if (from.vcpu < VCPUS && (v = d->vcpus[from.vcpu]))
		v->has_regs = false;
	d->counts.lost += from.lost;
	return tl_writer_gap(d->writer, &from, "the ring was full");
}

static struct tl_error *closed(struct tl_drain *d, struct body *b)
{
	struct tl_record_closed from;

	return head(b, &from, sizeof(from)) ? tl_writer_closed(d->writer, &from) : lies("closed");
}

static struct tl_error *(*const readers[TL_RECORD_END])(struct tl_drain *, struct body *) = {
	[TL_RECORD_PROCESS] = process,
	[TL_RECORD_VM] = vm,
	[TL_RECORD_VCPU] = vcpu,
	[TL_RECORD_EXIT] = exit_,
	[TL_RECORD_REPLY] = reply,
	[TL_RECORD_INPUT] = input,
	[TL_RECORD_COALESCED] = coalesced,
	[TL_RECORD_NOTICE] = notice,
	[TL_RECORD_GAP] = gap,
	[TL_RECORD_CLOSED] = closed,
};

struct tl_error *tl_drain_record(struct tl_drain *d, uint32_t type, const void *bytes, size_t size)
{
	struct body b = { bytes, size };

	if (type >= TL_RECORD_END || !readers[type])
		return tl_error_new(TL_ERROR_CORRUPT, "record of type %u", type);
	return readers[type](d, &b);
}

static struct tl_ring ring_of(const struct tl_drain *d, unsigned i)
{
	return (struct tl_ring){ .control = &d->arena->ring[i],
		.data = (uint8_t *)d->arena + tl_arena_ring_at(d->ring_bytes, i),
		.bytes = d->ring_bytes };
}

// What cannot be read is said in the trace, and costs what else is in that ring, but no more.
static struct tl_error *bad(struct tl_drain *d, unsigned i, struct tl_error *why)
{
	const struct tl_record_gap gap_ = { .vcpu = TL_NO_VCPU };
	char text[256];

	snprintf(text, sizeof(text), "ring %u cannot be read any further: %s", i, why->message);
	tl_error_free(why);
	d->rings[i].bad = true;
	return tl_writer_gap(d->writer, &gap_, text);
}

static struct tl_error *drain_ring(struct tl_drain *d, unsigned i, size_t *n)
{
	const struct tl_ring ring = ring_of(d, i);
	struct tl_ring_record record = { .body = d->room, .room = ROOM };
	enum tl_ring_status status = TL_RING_EMPTY;
	struct tl_error *err = NULL;
	const size_t before = *n;

	while (!err && *n - before < PER_ROUND &&
		(status = tl_ring_take(&ring, &d->rings[i].at, &record)) == TL_RING_RECORD) {
		err = tl_drain_record(d, record.type, record.body, record.size);
		(*n)++;
	}
	if (*n != before)
		tl_ring_release(&ring, d->rings[i].at);
	if (err && err->code == TL_ERROR_CORRUPT)
		return bad(d, i, err);
	if (!err && status == TL_RING_BAD)
		return bad(d, i, tl_error_new(TL_ERROR_CORRUPT, "a record's length lies"));
	return err;
}

struct tl_error *tl_drain_round(struct tl_drain *d, size_t *ret)
{
	struct tl_error *err = NULL;
	size_t n = 0;

	for (unsigned i = 0; !err && i < TL_ARENA_RINGS; i++)
		if (!d->rings[i].bad && atomic_load(&d->arena->ring[i].reserved) != d->rings[i].at)
			err = drain_ring(d, i, &n);
	*ret = n;
	return err;
}

struct tl_error *tl_drain_end(struct tl_drain *d)
{
	struct tl_error *err = NULL;
	uint64_t lost = 0;

	for (unsigned i = 0; i < TL_ARENA_RINGS; i++) {
		struct tl_ring_control *c = &d->arena->ring[i];

		lost += atomic_load(&c->lost);
		d->counts.waits += atomic_load(&c->waits);
		d->counts.waited_ns += atomic_load(&c->waited_ns);
		d->counts.ioctls += atomic_load(&c->ioctls);
	}
	if (lost > d->counts.lost) {
		const struct tl_record_gap gap_ = { .lost = lost - d->counts.lost,
			.vcpu = TL_NO_VCPU };

		d->counts.lost = lost;
		err = tl_writer_gap(d->writer, &gap_, "the ring was full until the end");
	}
	return err;
}
