// SPDX-License-Identifier: MIT
#include "replayer/import-trace.h"

#include "replayer/import-vcpus.h"
#include "schema/trace/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HELD = 8, // reports that wait for the architecture

	MESSAGES = 200,
	COMMIT = 4096,
};

struct tl_import_trace {
	const struct tl_import_options *options;
	const struct tl_arch *arch; // NULL: not known yet
	struct tl_writer *writer;
	const char *name;
	char names[1024]; // of all texts
	tl_seq seq;
	uint64_t exits, time, messages, kept_back;
	bool idsr;
	unsigned n_held;
	struct tl_import_vcpus vcpus;
	struct tl_import_report held[HELD];
	const char *held_names[HELD];
};

struct tl_error *tl_import_trace_open(
	const struct tl_import_options *options, struct tl_import_trace **ret)
{
	struct tl_import_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	t->options = options;
	t->arch = options->arch;
	*ret = t;
	return NULL;
}

void tl_import_trace_close(struct tl_import_trace *t)
{
	if (!t)
		return;
	tl_writer_discard(t->writer);
	free(t);
}

// A name for which there is no room is left out of the list.
void tl_import_trace_name(struct tl_import_trace *t, const char *name)
{
	const size_t n = strlen(t->names);

	t->name = name;
	if (n + 2 + strlen(name) < sizeof(t->names))
		snprintf(t->names + n, sizeof(t->names) - n, "%s%s", n ? ", " : "", name);
}

tl_seq tl_import_trace_number(struct tl_import_trace *t)
{
	return ++t->seq;
}

void tl_import_trace_say(struct tl_import_trace *t, uint64_t line, const char *text)
{
	if (t->messages++ < MESSAGES)
		t->options->say(t->options->ctx, t->name, line, text);
	else
		t->kept_back++;
}

static void say(void *ctx, uint64_t line, const char *text)
{
	tl_import_trace_say(ctx, line, text);
}

static struct tl_error *vcpu_of(
	struct tl_import_trace *t, const struct tl_import_report *r, uint32_t *ret)
{
	struct tl_record_vcpu vcpu = { .id = UINT64_MAX, .adopted = 1, .time = t->time };
	bool is_new;

	*ret = vcpu.vcpu = tl_import_vcpu(&t->vcpus, r, &is_new);
	if (r->has_id || r->facts.has_cpu)
		vcpu.id = r->has_id ? r->id : r->facts.cpu;
	return is_new ? tl_writer_vcpu(t->writer, &vcpu) : NULL;
}

static struct tl_error *begin(struct tl_import_trace *t)
{
	const struct tl_writer_options options = { .arch = (enum tl_arch_id)t->arch->id };

	return tl_writer_create(t->options->output, &options, &t->writer);
}

static enum tl_import_source source_of(const struct tl_import_report *r)
{
	return r->facts.source == TL_IMPORT_NONE ? TL_IMPORT_REGISTERS : r->facts.source;
}

// The lines themselves, so that nothing of them is lost.
static struct tl_error *put_lines(
	struct tl_import_trace *t, const struct tl_import_report *r, const struct tl_exit *exit)
{
	struct tl_record_notice notice = {
		.seq = exit->seq, .time = t->time, .vcpu = exit->vcpu, .level = TL_NOTICE_INFO
	};
	struct tl_error *err;
	char *text;

	if (asprintf(&text, TL_IMPORT_PREFIX "%s, %s:%" PRIu64 "-%" PRIu64 "\n%.*s",
		    tl_import_source_name(source_of(r)), t->name, r->first, r->last, (int)r->size,
		    r->text) < 0)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	notice.size = (uint32_t)strlen(text);
	err = tl_writer_notice(t->writer, &notice, text);
	free(text);
	return err;
}

static struct tl_error *put_reply(struct tl_import_trace *t, const struct tl_import_report *r,
	const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	struct tl_record_reply reply = { .seq = exit->seq,
		.time = r->done > exit->time ? r->done : exit->time,
		.vcpu = exit->vcpu };
	uint8_t answer[TL_RUN_UNION_BYTES];

	reply.answer = tl_import_reply(r, exit, kind, answer);
	return reply.answer ? tl_writer_reply(t->writer, &reply, answer, NULL) : NULL;
}

static void tell(struct tl_import_trace *t, const struct tl_import_report *r,
	const struct tl_exit *exit, const struct tl_exit_kind *kind, const struct tl_regs *regs)
{
	const struct tl_import_found found = { .source = source_of(r),
		.name = t->name,
		.first = r->first,
		.last = r->last,
		.arch = t->arch,
		.exit = exit,
		.kind = kind,
		.regs = regs };

	if (t->options->found)
		t->options->found(t->options->ctx, &found);
}

// A number that was set aside for it is lost, which the trace says.
// A number that was set aside, and that no exit gets.
static struct tl_error *put_gap(
	struct tl_import_trace *t, const struct tl_import_report *r, const char *why)
{
	const struct tl_record_gap gap = {
		.vcpu = TL_NO_VCPU, .from_seq = r->seq, .to_seq = r->seq, .lost = 1
	};

	return r->seq && t->writer ? tl_writer_gap(t->writer, &gap, why) : NULL;
}

static struct tl_error *leave_out(
	struct tl_import_trace *t, const struct tl_import_report *r, const char *why)
{
	tl_import_trace_say(t, r->first, why);
	return put_gap(t, r, why);
}

// Where a text mixes what one vCPU did, its exits are in the order in which they ended.
static struct tl_error *number(
	struct tl_import_trace *t, const struct tl_import_report *r, uint32_t vcpu, uint64_t *ret)
{
	*ret = r->seq ? r->seq : tl_import_trace_number(t);
	if (tl_import_vcpu_follows(&t->vcpus, vcpu, *ret))
		return NULL;
	*ret = tl_import_trace_number(t);
	tl_import_vcpu_follows(&t->vcpus, vcpu, *ret);
	return put_gap(t, r, "its report ended after the next one of its vCPU");
}

static struct tl_error *put(struct tl_import_trace *t, const struct tl_import_report *r)
{
	uint8_t payload[TL_RUN_UNION_BYTES];
	const struct tl_exit_kind *kind;
	struct tl_error *err = NULL;
	struct tl_regs regs;
	struct tl_exit exit;
	uint32_t vcpu;

	if (!t->writer)
		err = begin(t);
	if (!err)
		err = vcpu_of(t, r, &vcpu);
	if (err)
		return err;
	if (vcpu == TL_IMPORT_VCPUS)
		return leave_out(t, r, "of more than 512 vCPUs; left out");
	tl_import_exit(r, t->arch, payload, &exit, &kind);
	tl_import_settle(r, say, t, &regs);
	t->time = r->has_time ? r->time : t->time;
	t->idsr |= r->facts.idsr;
	err = number(t, r, vcpu, &exit.seq);
	if (err)
		return err;
	exit.vcpu = vcpu;
	exit.time = tl_import_vcpu_time(&t->vcpus, vcpu, t->time);
	err = tl_writer_exit(t->writer, &exit, kind, &regs, NULL, 0);
	if (!err)
		err = put_lines(t, r, &exit);
	if (!err)
		err = put_reply(t, r, &exit, kind);
	if (!err && ++t->exits % COMMIT == 0)
		err = tl_writer_commit(t->writer);
	if (!err)
		tell(t, r, &exit, kind, &regs);
	return err;
}

static struct tl_error *refuse(
	struct tl_import_trace *t, const struct tl_import_report *r, const struct tl_arch *arch)
{
	char text[160];

	if (t->options->arch)
		snprintf(text, sizeof(text), "of %s, but --arch is %s; left out", arch->name,
			t->arch->name);
	else
		snprintf(text, sizeof(text),
			"of %s, but the trace is of %s; left out: it needs a trace of its own "
			"(--arch %s)",
			arch->name, t->arch->name, arch->name);
	return leave_out(t, r, text);
}

static struct tl_error *put_held(struct tl_import_trace *t)
{
	const char *name = t->name;
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < t->n_held; i++) {
		t->name = t->held_names[i];
		err = put(t, &t->held[i]);
	}
	t->name = name;
	t->n_held = 0;
	return err;
}

static struct tl_error *no_arch(const struct tl_import_trace *t)
{
	return tl_error_new(TL_ERROR_USAGE,
		"%s:%" PRIu64
		": nothing here says of which architecture it is: --arch arm64 or --arch "
		"x86_64?",
		t->held_names[0], t->held[0].first);
}

static struct tl_error *take(struct tl_import_trace *t, const struct tl_import_report *report)
{
	const struct tl_arch *arch = tl_import_isa_arch(report->facts.isa);
	struct tl_error *err;

	if (arch && t->arch && arch != t->arch)
		return refuse(t, report, arch);
	if (!t->arch)
		t->arch = arch;
	if (!t->arch && t->n_held == HELD)
		return no_arch(t);
	if (!t->arch) {
		t->held_names[t->n_held] = t->name;
		t->held[t->n_held++] = *report;
		return NULL;
	}
	err = put_held(t);
	return err ? err : put(t, report);
}

struct tl_error *tl_import_trace_end_report(
	struct tl_import_trace *t, struct tl_import_report *report)
{
	if (!report->open)
		return NULL;
	report->open = false;
	return tl_import_report_counts(report) ? take(t, report) : NULL;
}

static struct tl_error *end(struct tl_import_trace *t)
{
	const struct tl_record_vm vm = { .abi = t->idsr ? TL_ABI_IDSR : TL_ABI_MAINLINE,
		.adopted = 1 };
	struct tl_error *err = tl_writer_vm(t->writer, &vm, NULL);

	if (!err)
		err = tl_writer_meta(t->writer, "trapline", TL_VERSION);
	if (!err)
		err = tl_writer_meta(t->writer, "imported", t->names);
	if (!err)
		err = tl_writer_meta_int(t->writer, "ended", (int64_t)time(NULL));
	return err;
}

struct tl_error *tl_import_trace_finish(struct tl_import_trace *t, uint64_t *ret_exits)
{
	struct tl_error *err = t->n_held ? no_arch(t) : NULL;
	char text[80];

	if (t->kept_back) {
		snprintf(text, sizeof(text), "%" PRIu64 " more such messages", t->kept_back);
		t->options->say(t->options->ctx, t->name, 0, text);
	}
	*ret_exits = t->exits;
	if (!err && t->writer)
		err = end(t);
	if (!err && t->writer) {
		err = tl_writer_finish(t->writer);
		t->writer = NULL;
	}
	tl_import_trace_close(t);
	return err;
}
