// SPDX-License-Identifier: MIT
#include "shell/report.h"
#include "shell/space.h"

static void json_process(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, NULL, '{');
	tl_json_int(r->json, "pid", (int64_t)tl_row_u64(row, 0));
	tl_json_string(r->json, "arguments", tl_row_text(row, 1));
	tl_json_close(r->json, '}');
}

static void json_vm(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, NULL, '{');
	tl_json_int(r->json, "vm", (int64_t)tl_row_u64(row, 0));
	tl_json_hex(r->json, "type", tl_row_u64(row, 1));
	tl_json_int(r->json, "abi", (int64_t)tl_row_u64(row, 2));
	tl_json_bool(r->json, "adopted", tl_row_u64(row, 3));
	tl_json_string(r->json, "vcpus", tl_row_text(row, 4));
	tl_json_close(r->json, '}');
}

static void json_kind(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, NULL, '{');
	tl_json_string(r->json, "reason", tl_row_text(row, 1));
	tl_json_string(r->json, "error", tl_row_text(row, 2));
	tl_json_int(r->json, "exits", (int64_t)tl_row_u64(row, 0));
	tl_json_close(r->json, '}');
}

static void json_count(struct tl_report *r, struct tl_row *row)
{
	tl_json_int(r->json, tl_row_text(row, 0), (int64_t)tl_row_u64(row, 1));
}

static void json_gap(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, NULL, '{');
	tl_json_int(r->json, "lost", (int64_t)tl_row_u64(row, 0));
	if (tl_row_has(row, 1)) {
		tl_json_int(r->json, "from", (int64_t)tl_row_u64(row, 1));
		tl_json_int(r->json, "to", (int64_t)tl_row_u64(row, 2));
	}
	tl_json_string(r->json, "why", tl_row_text(row, 3));
	tl_json_close(r->json, '}');
}

static void json_notice(struct tl_report *r, struct tl_row *row)
{
	tl_json_open(r->json, NULL, '{');
	tl_json_string(r->json, "level", tl_row_text(row, 0));
	tl_json_int(r->json, "seq", (int64_t)tl_row_u64(row, 1));
	tl_json_string(r->json, "text", tl_row_text(row, 2));
	tl_json_close(r->json, '}');
}

static void json_head(struct tl_report *r)
{
	static const char *const numbers[] = { "started", "ended", "status", "no_coalesce", "every",
		"kvm_api", "host_ipa_bits", "last", "seen", "until_seq", "cut_from", "cut_to",
		"cut_of" };
	int64_t number;

	tl_json_string(r->json, "trace", tl_trace_path(r->trace));
	tl_json_bool(r->json, "recording", tl_trace_is_recording(r->trace));
	for (const struct tl_fact *f = tl_stat_facts; f->key; f++)
		tl_json_string(r->json, f->key, tl_trace_meta(r->trace, f->key));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (tl_trace_meta_int(r->trace, numbers[i], &number))
			tl_json_int(r->json, numbers[i], number);
	if (tl_trace_meta(r->trace, "until"))
		tl_json_string(r->json, "until", tl_trace_meta(r->trace, "until"));
	tl_json_int(r->json, "exits", (int64_t)r->span.exits);
	tl_json_int(r->json, "first", (int64_t)r->span.first);
	tl_json_int(r->json, "last", (int64_t)r->span.last);
	tl_json_int(r->json, "first_time", (int64_t)r->span.first_time);
	tl_json_int(r->json, "last_time", (int64_t)r->span.last_time);
	tl_json_int(r->json, "bytes", (int64_t)r->bytes);
}

static struct tl_error *json_list(struct tl_report *r, const char *key, const char *sql,
	void (*put)(struct tl_report *r, struct tl_row *row))
{
	struct tl_error *err;

	tl_json_open(r->json, key, '[');
	err = tl_stat_each(r, sql, put);
	tl_json_close(r->json, ']');
	return err;
}

static struct tl_error *json_space(struct tl_report *r)
{
	struct tl_space spaces[TL_SPACES];
	struct tl_error *err;
	size_t n;

	err = tl_space(r->trace, r->bytes, r->exactly, spaces, &n);
	tl_json_open(r->json, "space", '{');
	for (size_t i = 0; !err && i < n; i++)
		tl_json_int(r->json, spaces[i].name, (int64_t)spaces[i].bytes);
	tl_json_close(r->json, '}');
	return err;
}

struct tl_error *tl_stat_json(struct tl_report *r)
{
	struct tl_json j = { .to = stdout };
	struct tl_error *err;

	r->json = &j;
	tl_json_open(&j, NULL, '{');
	json_head(r);
	err = json_list(r, "processes", tl_stat_processes, json_process);
	if (!err)
		err = json_list(r, "vms", tl_stat_vms, json_vm);
	if (!err)
		err = json_list(r, "kinds", tl_stat_kinds, json_kind);
	if (!err)
		err = tl_stat_each(r, tl_stat_counts, json_count);
	if (!err)
		err = tl_stat_memory_json(r);
	if (!err)
		err = json_list(r, "gaps", tl_stat_gaps, json_gap);
	if (!err)
		err = json_list(r, "notices", tl_stat_notices, json_notice);
	if (!err)
		err = json_space(r);
	if (!err)
		tl_json_line(&j);
	return err;
}
