// SPDX-License-Identifier: MIT
#include "schema/trace/writer.h"

#include "schema/trace/batch.h"
#include "schema/trace/code.h"
#include "schema/trace/state.h"
#include "schema/trace/statement.h"
#include "schema/trace/tables.h"
#include "schema/trace/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { VCPUS = 4096 };

enum statement {
	PUT_META,
	PUT_PROCESS,
	PUT_VM,
	PUT_CAP,
	PUT_VCPU,
	PUT_EXIT,
	PUT_DETAIL,
	PUT_ANSWER,
	PUT_INPUT,
	PUT_COALESCED,
	PUT_SLOT,
	PUT_CODE,
	PUT_STATE,
	PUT_EXTRA,
	PUT_NOTICE,
	PUT_GAP,
	PUT_TALLY,
	SET_REPLY,
	SET_DATA,
	SET_VM_CLOSED,
	SET_VCPU_CLOSED,
	N_STATEMENTS
};

static const char *const statements[N_STATEMENTS] = {
	[PUT_META] = "INSERT OR REPLACE INTO meta VALUES(?, ?)",
	[PUT_PROCESS] = "INSERT INTO process(pid, time, exe, arguments) VALUES(?, ?, ?, ?)",
	[PUT_VM] = "INSERT OR REPLACE INTO vm VALUES(?, ?, ?, ?, ?, ?, NULL)",
	[PUT_CAP] = "INSERT OR REPLACE INTO cap VALUES(?, ?, ?)",
	[PUT_VCPU] = "INSERT OR REPLACE INTO vcpu VALUES(?, ?, ?, ?, ?, NULL)",
	[PUT_EXIT] = "INSERT INTO exit VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_DETAIL] = "INSERT INTO detail VALUES(?, ?, ?)",
	[PUT_ANSWER] = "INSERT OR REPLACE INTO answer VALUES(?, ?, ?, ?, ?, ?, ?)",
	[PUT_INPUT] = "INSERT INTO input(seq, time, vm, vcpu, device, request, arg, result, data) "
		      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_COALESCED] = "INSERT INTO coalesced(seq, vm, pio, addr, size, value) "
			  "VALUES(?, ?, ?, ?, ?, ?)",
	[PUT_SLOT] = "INSERT INTO slot(seq, time, vm, space, slot, flags, gpa, size, host) "
		     "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_CODE] = "INSERT INTO code VALUES(?, ?, ?)",
	[PUT_STATE] = "INSERT OR REPLACE INTO state VALUES(?, ?, ?, ?)",
	[PUT_EXTRA] = "INSERT INTO extra VALUES(?, ?)",
	[PUT_NOTICE] = "INSERT INTO notice(seq, time, vcpu, level, text) VALUES(?, ?, ?, ?, ?)",
	[PUT_GAP] = "INSERT INTO gap(vcpu, from_seq, to_seq, lost, why) VALUES(?, ?, ?, ?, ?)",
	[PUT_TALLY] = "INSERT OR REPLACE INTO tally VALUES(?, ?, ?, ?)",
	[SET_REPLY] = "UPDATE exit SET reply = ? WHERE seq = ?",
	[SET_DATA] =
		"INSERT INTO detail VALUES(?1, NULL, ?2) ON CONFLICT(seq) DO UPDATE SET data = ?2",
	[SET_VM_CLOSED] = "UPDATE vm SET closed = ? WHERE vm = ?",
	[SET_VCPU_CLOSED] = "UPDATE vcpu SET closed = ? WHERE vcpu = ?",
};

// A vCPU's registers, and the last exit that reached the file with its reply still due.
struct vcpu {
	struct tl_state_writer *state;
	unsigned stored; // exits of the chunk that are in the file
	struct tl_exit last;
	const struct tl_exit_kind *kind;
};

struct tl_writer {
	char *path;
	int lock; // held with flock() while we write, so that a second recorder can tell
	sqlite3 *db;
	sqlite3_stmt *stmt[N_STATEMENTS];
	struct tl_writer_options options;
	unsigned words;
	struct tl_batch *batch;
	struct tl_code *code;
	struct tl_tally *tally;
	struct vcpu *vcpus[VCPUS];
	bool in_transaction;
};

static struct tl_error *at(const struct tl_writer *w, struct tl_error *err)
{
	return tl_error_in(err, "%s", w->path);
}

static uint64_t since_start(const struct tl_writer *w, uint64_t time)
{
	return time > w->options.start ? time - w->options.start : 0;
}

static struct tl_error *busy_or_exists(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	if (busy)
		return tl_error_new(TL_ERROR_REFUSED, "another recorder is writing it");
	return tl_error_new(TL_ERROR_REFUSED, "exists already; a recording never overwrites");
}

static struct tl_error *make_file(struct tl_writer *w)
{
	w->lock = open(w->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->lock < 0 && errno == EEXIST)
		return busy_or_exists(w->path);
	if (w->lock < 0)
		return tl_error_errno(errno, "cannot be made");
	if (flock(w->lock, LOCK_EX | LOCK_NB))
		return tl_error_errno(errno, "cannot be locked");
	return NULL;
}

static struct tl_error *make_objects(sqlite3 *db, const struct tl_trace_object *objects)
{
	struct tl_error *err = NULL;

	for (; !err && objects->name; objects++)
		err = tl_error_in(tl_sql(db, objects->sql), "%s", objects->name);
	return err;
}

static struct tl_error *prepare(struct tl_writer *w)
{
	for (int i = 0; i < N_STATEMENTS; i++)
		if (sqlite3_prepare_v3(w->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &w->stmt[i], NULL) != SQLITE_OK)
			return tl_sql_error(w->db);
	return NULL;
}

static struct tl_error *make_database(struct tl_writer *w)
{
	struct tl_error *err;

	if (sqlite3_open_v2(w->path, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		return tl_sql_error(w->db);
	err = tl_sql(w->db, "PRAGMA application_id = 1414676816; PRAGMA user_version = 1;"
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			    "PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -16384; BEGIN");
	if (!err)
		err = make_objects(w->db, tl_trace_tables);
	if (!err)
		err = make_objects(w->db, tl_trace_views);
	if (!err)
		err = tl_trace_fill_names(w->db, "main", w->options.arch, TL_ABI_MAINLINE);
	if (!err)
		err = tl_sql(w->db, "COMMIT");
	return err ? err : prepare(w);
}

_Static_assert(TL_TRACE_APPLICATION_ID == 1414676816 && TL_TRACE_VERSION == 1, "as in the pragmas");

static struct tl_error *build(struct tl_writer *w)
{
	struct tl_error *err;

	w->words = tl_arch_by_id(w->options.arch)->words;
	w->batch = tl_batch_open();
	w->code = tl_code_open();
	w->tally = tl_tally_open();
	if (!w->batch || !w->code || !w->tally)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = make_file(w);
	if (!err)
		err = make_database(w);
	return err ? err : tl_writer_meta(w, "arch", tl_arch_by_id(w->options.arch)->name);
}

struct tl_error *tl_writer_create(
	const char *path, const struct tl_writer_options *options, struct tl_writer **ret)
{
	struct tl_writer *w = calloc(1, sizeof(*w));
	struct tl_error *err;

	if (!w || !(w->path = strdup(path))) {
		free(w);
		return tl_error_new(TL_ERROR_IO, "out of memory");
	}
	w->lock = -1;
	w->options = *options;
	err = at(w, build(w));
	if (err) {
		tl_writer_close(w);
		return err;
	}
	*ret = w;
	return NULL;
}

static void close_vcpus(struct tl_writer *w)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		if (w->vcpus[i])
			tl_state_writer_close(w->vcpus[i]->state);
		free(w->vcpus[i]);
	}
}

void tl_writer_close(struct tl_writer *w)
{
	if (!w)
		return;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(w->stmt[i]);
	sqlite3_close(w->db);
	close_vcpus(w);
	tl_batch_close(w->batch);
	tl_code_close(w->code);
	tl_tally_close(w->tally);
	if (w->lock >= 0)
		close(w->lock);
	free(w->path);
	free(w);
}

static struct tl_error *begin(struct tl_writer *w)
{
	struct tl_error *err;

	if (w->in_transaction)
		return NULL;
	err = tl_sql(w->db, "BEGIN");
	w->in_transaction = !err;
	return err;
}

#define PUT(w, statement, ...)                                                                     \
	({                                                                                         \
		struct tl_error *put_err_ = begin(w);                                              \
		put_err_ ? put_err_ : tl_step((w)->stmt[statement], __VA_ARGS__);                  \
	})

static struct tl_error *vcpu_of(struct tl_writer *w, uint32_t number, struct vcpu **ret)
{
	if (number >= VCPUS)
		return tl_error_new(
			TL_ERROR_CORRUPT, "vCPU %u, expected less than %d", number, VCPUS);
	if (!w->vcpus[number]) {
		struct vcpu *v = calloc(1, sizeof(*v));
		struct tl_error *err;

		if (!v)
			return tl_error_new(TL_ERROR_IO, "out of memory");
		err = tl_state_writer_open(w->words, &v->state);
		if (err) {
			free(v);
			return err;
		}
		w->vcpus[number] = v;
	}
	*ret = w->vcpus[number];
	return NULL;
}

static struct tl_error *store_state(struct tl_writer *w, uint32_t number, struct vcpu *v)
{
	const unsigned count = tl_state_count(v->state);
	struct tl_error *err;
	const void *chunk;
	size_t size;

	if (count == v->stored)
		return NULL;
	err = tl_state_chunk(v->state, &chunk, &size);
	v->stored = count;
	return err ? err
		   : PUT(w, PUT_STATE, "iuib", (int64_t)number, tl_state_first(v->state),
			     (int64_t)count, chunk, size);
}

static struct tl_error *add_state(struct tl_writer *w, uint32_t number, struct vcpu *v, tl_seq seq,
	const struct tl_regs *regs)
{
	struct tl_error *err = NULL;

	if (tl_state_count(v->state) == TL_STATE_EXITS) {
		err = store_state(w, number, v);
		tl_state_restart(v->state);
		v->stored = 0;
	}
	return err ? err : tl_state_add(v->state, seq, regs);
}

static struct tl_error *add_extras(struct tl_writer *w, tl_seq seq, const void *extras, size_t size)
{
	struct tl_error *err;
	size_t packed_size;
	void *packed;

	if (!size)
		return NULL;
	err = tl_pack(extras, size, &packed, &packed_size);
	if (err)
		return err;
	err = PUT(w, PUT_EXTRA, "ub", seq, packed, packed_size);
	free(packed);
	return err;
}

static struct tl_error *add_code(struct tl_writer *w, const struct tl_exit *exit, int64_t *ret)
{
	bool is_new;

	*ret = 0;
	if (!exit->code_size)
		return NULL;
	*ret = tl_code_row(w->code, exit->code, exit->code_size, exit->code_before, &is_new);
	return is_new ? PUT(w, PUT_CODE, "iib", *ret, (int64_t)exit->code_before, exit->code,
				(size_t)exit->code_size)
		      : NULL;
}

struct tl_error *tl_writer_exit(struct tl_writer *w, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, const struct tl_regs *regs, const void *extras,
	uint32_t extras_size)
{
	struct tl_error *err;
	struct vcpu *v;
	int64_t code;

	err = vcpu_of(w, exit->vcpu, &v);
	if (!err && regs)
		err = add_state(w, exit->vcpu, v, exit->seq, regs);
	if (!err)
		err = add_extras(w, exit->seq, extras, extras_size);
	if (!err)
		err = add_code(w, exit, &code);
	if (!err)
		err = tl_batch_add(w->batch, exit, kind, code);
	if (err)
		return at(w, tl_error_in(err, "exit %llu", (unsigned long long)exit->seq));
	v->last = *exit;
	v->kind = kind;
	tl_tally_add(w->tally, exit->vcpu,
		exit->has & TL_EXIT_HAS_REASON ? (int64_t)exit->reason : -1, exit->error);
	return NULL;
}

static bool worth_a_row(const struct tl_record_reply *reply, const struct tl_exit *exit,
	const struct tl_exit_kind *kind)
{
	return reply->flags || reply->dirty ||
	       (kind && reply->answer && !tl_exit_row_is_whole(exit, kind));
}

static struct tl_error *put_answer(struct tl_writer *w, const struct tl_record_reply *reply,
	const uint8_t *answer, const uint8_t *sync)
{
	return PUT(w, PUT_ANSWER, "uubiuub", reply->seq, since_start(w, reply->time),
		reply->answer ? answer : NULL, (size_t)reply->answer, (int64_t)reply->flags,
		reply->cr8, reply->dirty, reply->sync ? sync : NULL, (size_t)reply->sync);
}

// As tl_step() takes it: 0 for NULL, 1 for the number, 2 for an empty blob.
static int reply_of(const struct tl_exit *e)
{
	switch (e->reply_kind) {
	case TL_REPLY_NONE:
		return 0;
	case TL_REPLY_VALUE:
		return 1;
	case TL_REPLY_EMPTY:
	case TL_REPLY_BYTES:
		break;
	}
	return 2;
}

static struct tl_error *late_reply(struct tl_writer *w, const struct tl_exit *exit)
{
	struct tl_error *err = PUT(w, SET_REPLY, "ru", reply_of(exit), exit->reply, exit->seq);

	if (!err && exit->reply_kind == TL_REPLY_BYTES)
		err = PUT(w, SET_DATA, "ub", exit->seq, exit->data, (size_t)exit->data_size);
	return err;
}

struct tl_error *tl_writer_reply(struct tl_writer *w, const struct tl_record_reply *reply,
	const uint8_t *answer, const uint8_t *sync)
{
	struct tl_batch_exit *waiting = tl_batch_last(w->batch, reply->vcpu, reply->seq);
	struct tl_error *err;
	struct vcpu *v;

	err = vcpu_of(w, reply->vcpu, &v);
	if (err || v->last.seq != reply->seq)
		return at(w, err); // the exit was lost; the gap says so
	if (worth_a_row(reply, &v->last, v->kind))
		err = put_answer(w, reply, answer, sync);
	tl_exit_reply(waiting ? &waiting->exit : &v->last, v->kind, answer, reply->answer);
	if (!err && waiting && waiting->exit.reply_kind == TL_REPLY_BYTES)
		err = tl_batch_set_data(w->batch, waiting, answer, reply->answer);
	if (!err && !waiting)
		err = late_reply(w, &v->last);
	return at(w, tl_error_in(err, "reply to exit %llu", (unsigned long long)reply->seq));
}

static struct tl_error *put_exit(struct tl_writer *w, const struct tl_batch_exit *b)
{
	const struct tl_exit *e = &b->exit;
	struct tl_error *err;

	err = tl_step(w->stmt[PUT_EXIT], "uioooooooorouu", e->seq, (int64_t)e->vcpu,
		e->has & TL_EXIT_HAS_REASON, (uint64_t)e->reason, e->error, (uint64_t)e->error,
		e->has & TL_EXIT_HAS_PC, e->pc, e->has & TL_EXIT_HAS_ADDR, e->addr,
		e->has & TL_EXIT_HAS_SIZE, e->size, e->has & TL_EXIT_HAS_WRITE, (uint64_t)e->write,
		e->count != 1, (uint64_t)e->count, b->code != 0, (uint64_t)b->code, reply_of(e),
		e->reply, e->has & TL_EXIT_HAS_VALUE, e->value, since_start(w, e->time), e->ran);
	if (err || (!e->payload_size && !e->data_size))
		return err;
	return tl_step(w->stmt[PUT_DETAIL], "ubb", e->seq, e->payload_size ? e->payload : NULL,
		(size_t)e->payload_size, e->data_size ? e->data : NULL, (size_t)e->data_size);
}

static struct tl_error *put_batch(struct tl_writer *w)
{
	struct tl_error *err = NULL;
	struct tl_batch_exit *exits;
	size_t n;

	exits = tl_batch_sorted(w->batch, &n);
	if (n)
		err = begin(w);
	for (size_t i = 0; !err && i < n; i++)
		err = put_exit(w, &exits[i]);
	tl_batch_clear(w->batch);
	return err;
}

static struct tl_error *put_states(struct tl_writer *w)
{
	struct tl_error *err = NULL;

	for (uint32_t i = 0; !err && i < VCPUS; i++)
		if (w->vcpus[i])
			err = store_state(w, i, w->vcpus[i]);
	return err;
}

static struct tl_error *put_tally(struct tl_writer *w)
{
	struct tl_error *err = NULL;
	struct tl_tally_row row;

	while (!err && tl_tally_next(w->tally, &row))
		err = PUT(w, PUT_TALLY, "iiiu", (int64_t)row.vcpu, row.reason, (int64_t)row.error,
			row.exits);
	return err;
}

struct tl_error *tl_writer_commit(struct tl_writer *w)
{
	struct tl_error *err = put_batch(w);

	if (!err)
		err = put_states(w);
	if (!err)
		err = put_tally(w);
	if (!err && w->in_transaction) {
		err = tl_sql(w->db, "COMMIT");
		w->in_transaction = false;
	}
	return at(w, err);
}

static void finalize(struct tl_writer *w)
{
	for (int i = 0; i < N_STATEMENTS; i++) {
		sqlite3_finalize(w->stmt[i]);
		w->stmt[i] = NULL;
	}
}

struct tl_error *tl_writer_finish(struct tl_writer *w)
{
	struct tl_error *err = tl_writer_commit(w);

	finalize(w);
	if (!err)
		err = at(w,
			tl_sql(w->db,
				"PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE"));
	tl_writer_close(w);
	return err;
}

struct tl_error *tl_writer_meta(struct tl_writer *w, const char *key, const char *value)
{
	return at(w, PUT(w, PUT_META, "tt", key, value));
}

struct tl_error *tl_writer_meta_int(struct tl_writer *w, const char *key, int64_t value)
{
	return at(w, PUT(w, PUT_META, "ti", key, value));
}

struct tl_error *tl_writer_process(struct tl_writer *w, const struct tl_record_process *process,
	const char *exe, const char *arguments)
{
	return at(w, PUT(w, PUT_PROCESS, "iutt", (int64_t)process->pid,
			     since_start(w, process->time), exe, arguments));
}

struct tl_error *tl_writer_vm(
	struct tl_writer *w, const struct tl_record_vm *vm, const struct tl_record_cap *caps)
{
	struct tl_error *err;

	err = PUT(w, PUT_VM, "iiuuii", (int64_t)vm->vm, (int64_t)vm->pid, since_start(w, vm->time),
		vm->type, (int64_t)vm->abi, (int64_t)vm->adopted);
	for (uint32_t i = 0; !err && i < vm->n_caps; i++)
		err = PUT(w, PUT_CAP, "iii", (int64_t)vm->vm, (int64_t)caps[i].cap,
			(int64_t)caps[i].value);
	if (!err && vm->abi != TL_ABI_MAINLINE)
		err = tl_trace_fill_names(w->db, "main", w->options.arch, vm->abi);
	return at(w, err);
}

struct tl_error *tl_writer_vcpu(struct tl_writer *w, const struct tl_record_vcpu *vcpu)
{
	return at(w, PUT(w, PUT_VCPU, "iioui", (int64_t)vcpu->vcpu, (int64_t)vcpu->vm,
			     vcpu->id != UINT64_MAX, vcpu->id, since_start(w, vcpu->time),
			     (int64_t)vcpu->adopted));
}

static struct tl_error *put_slot(
	struct tl_writer *w, const struct tl_record_input *input, const void *data)
{
	struct {
		uint32_t slot, flags;
		uint64_t gpa, size, host;
	} region;

	if (input->size < sizeof(region))
		return NULL;
	memcpy(&region, data, sizeof(region));
	return PUT(w, PUT_SLOT, "uuiiiiuuu", input->seq, since_start(w, input->time),
		(int64_t)input->vm, (int64_t)(region.slot >> 16), (int64_t)(region.slot & 0xffff),
		(int64_t)region.flags, region.gpa, region.size, region.host);
}

static bool sets_slot(const struct tl_record_input *input)
{
	return input->vcpu == TL_NO_VCPU && input->vm != TL_NO_VM && !input->device &&
	       _IOC_DIR(input->request) == _IOC_WRITE &&
	       (_IOC_NR(input->request) == 0x46 || _IOC_NR(input->request) == 0x49);
}

struct tl_error *tl_writer_input(
	struct tl_writer *w, const struct tl_record_input *input, const void *data)
{
	const bool by_value = _IOC_DIR(input->request) == _IOC_NONE;
	struct tl_error *err;

	err = PUT(w, PUT_INPUT, "uuoooioib", input->seq, since_start(w, input->time),
		input->vm != TL_NO_VM, (uint64_t)input->vm, input->vcpu != TL_NO_VCPU,
		(uint64_t)input->vcpu, input->device != 0, (uint64_t)input->device,
		(int64_t)input->request, by_value, input->arg, input->result,
		input->size ? data : NULL, (size_t)input->size);
	if (!err && sets_slot(input))
		err = put_slot(w, input, data);
	return at(w, err);
}

struct tl_error *tl_writer_coalesced(struct tl_writer *w, const struct tl_record_coalesced *write)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < write->size && i < 8; i++)
		value |= (uint64_t)write->data[i] << 8 * i;
	return at(w, PUT(w, PUT_COALESCED, "uiiuiu", write->seq, (int64_t)write->vm,
			     (int64_t)write->pio, write->addr, (int64_t)write->size, value));
}

struct tl_error *tl_writer_notice(
	struct tl_writer *w, const struct tl_record_notice *notice, const char *text)
{
	return at(w, PUT(w, PUT_NOTICE, "uuoit", notice->seq, since_start(w, notice->time),
			     notice->vcpu != TL_NO_VCPU, (uint64_t)notice->vcpu,
			     (int64_t)notice->level, text));
}

struct tl_error *tl_writer_gap(
	struct tl_writer *w, const struct tl_record_gap *gap, const char *why)
{
	const bool exits = gap->from_seq;

	return at(w, PUT(w, PUT_GAP, "oooit", gap->vcpu != TL_NO_VCPU, (uint64_t)gap->vcpu, exits,
			     gap->from_seq, exits, gap->to_seq, (int64_t)gap->lost, why));
}

struct tl_error *tl_writer_closed(struct tl_writer *w, const struct tl_record_closed *closed)
{
	const uint64_t time = since_start(w, closed->time);

	if (closed->vcpu != TL_NO_VCPU)
		return at(w, PUT(w, SET_VCPU_CLOSED, "ui", time, (int64_t)closed->vcpu));
	return at(w, PUT(w, SET_VM_CLOSED, "ui", time, (int64_t)closed->vm));
}
