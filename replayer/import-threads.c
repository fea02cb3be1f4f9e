// SPDX-License-Identifier: MIT
#include "replayer/import-threads.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

static struct tl_import_report *thread_of(struct tl_import_threads *t, const char *task)
{
	for (unsigned i = 0; i < TL_IMPORT_THREADS; i++)
		if (t->reports[i].open && !strcmp(t->reports[i].task, task))
			return &t->reports[i];
	return NULL;
}

// Once it is known that the text has every return to userspace, what did not get there was KVM's
// own.
static struct tl_error *end_report(
	struct tl_import_threads *t, struct tl_import_trace *trace, struct tl_import_report *r)
{
	if (r->open && t->has_userspace && !r->surely) {
		r->open = false;
		t->inside++;
	}
	return tl_import_trace_end_report(trace, r);
}

static bool is_its_value(const struct tl_import_facts *r, const struct tl_import_facts *done)
{
	return !tl_fact(r, TL_FACT_REPLY) && !tl_fact_get(r, TL_FACT_WRITE) &&
	       tl_fact_get(r, TL_FACT_ADDR) == tl_fact_get(done, TL_FACT_ADDR);
}

// A new exit, or an event that says what this one has been told already.
static bool is_another_exit(const struct tl_import_report *r, const struct tl_import_event *e,
	const struct tl_import_facts *facts)
{
	const bool returned = r->facts.heads;

	switch (e->kind) {
	case TL_EVENT_EXIT:
	case TL_EVENT_ENTRY:
		return true;
	case TL_EVENT_DONE:
		return tl_fact(&r->facts, TL_FACT_ADDR) && !is_its_value(&r->facts, facts);
	case TL_EVENT_USERSPACE:
		return returned;
	case TL_EVENT_DETAIL:
		break;
	}
	return returned || r->facts.has & facts->has & (TL_FACT_ADDR | TL_FACT_ESR);
}

static struct tl_error *begin(struct tl_import_threads *t, struct tl_import_trace *trace,
	const struct tl_import_event *e, const struct tl_import_line *line,
	struct tl_import_report **r)
{
	struct tl_error *err;

	if (!*r)
		*r = tl_import_report_oldest(t->reports, TL_IMPORT_THREADS);
	err = end_report(t, trace, *r);
	tl_import_report_begin(*r, line);
	memcpy((*r)->task, e->task, sizeof(e->task));
	(*r)->has_id = e->has_id;
	(*r)->id = e->id;
	return err;
}

// KVM_RUN returns: its reason is the one that counts, and an errno leaves none but that of a NISV.
static void end_run(
	struct tl_import_report *r, struct tl_import_trace *trace, struct tl_import_facts *facts)
{
	if (tl_fact(facts, TL_FACT_REASON) || r->facts.reason != KVM_EXIT_ARM_NISV)
		r->facts.has &= ~(uint32_t)TL_FACT_REASON;
	facts->heads = true;
	r->surely = true;
	r->has_time = false;
	r->seq = tl_import_trace_number(trace);
}

static void add(struct tl_import_report *r, struct tl_import_trace *trace,
	const struct tl_import_event *e, struct tl_import_line line, struct tl_import_facts facts)
{
	if (e->has_time) {
		line.has_time = true;
		line.time = e->time;
	}
	if (e->kind == TL_EVENT_DONE)
		r->done = line.time;
	if (e->kind == TL_EVENT_USERSPACE)
		end_run(r, trace, &facts);
	r->surely |= e->surely;
	tl_import_report_add(r, &line, &facts);
}

struct tl_error *tl_import_threads_take(struct tl_import_threads *t, struct tl_import_trace *trace,
	const struct tl_import_event *event, const struct tl_import_line *line,
	const struct tl_import_facts *facts)
{
	struct tl_import_report *r = thread_of(t, event->task);
	struct tl_error *err = NULL;

	if (facts->trouble[0])
		tl_import_trace_say(trace, line->number, facts->trouble);
	t->has_userspace |= event->kind == TL_EVENT_USERSPACE;
	if (event->kind == TL_EVENT_ENTRY)
		return r ? end_report(t, trace, r) : NULL;
	if (!r || is_another_exit(r, event, facts))
		err = begin(t, trace, event, line, &r);
	if (!err)
		add(r, trace, event, *line, *facts);
	return err;
}

static void say_inside(const struct tl_import_threads *t, struct tl_import_trace *trace)
{
	char text[100];

	if (!t->inside)
		return;
	snprintf(text, sizeof(text),
		"%" PRIu64 " exit%s of the guest never left the kernel (no kvm_userspace_exit); "
		"left out",
		t->inside, t->inside == 1 ? "" : "s");
	tl_import_trace_say(trace, 0, text);
}

struct tl_error *tl_import_threads_end(struct tl_import_threads *t, struct tl_import_trace *trace)
{
	struct tl_import_report *r;
	struct tl_error *err = NULL;

	while (!err &&
		(r = tl_import_report_first(t->reports, TL_IMPORT_THREADS, UINT64_MAX)) != NULL)
		err = end_report(t, trace, r);
	say_inside(t, trace);
	t->inside = 0;
	t->has_userspace = false;
	return err;
}
