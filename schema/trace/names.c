// SPDX-License-Identifier: MIT
// What numbers are called, for the people who query a trace.
#include "schema/trace/tables.h"

#include "arch/arm64/fault.h"
#include "schema/wire/ioctl.h"

#include <string.h>

struct namer {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static struct tl_error *failed(struct namer *n)
{
	return tl_error_new(TL_ERROR_IO, "names: %s", sqlite3_errmsg(n->db));
}

static struct tl_error *name(struct namer *n, const char *what, int64_t number, const char *text)
{
	sqlite3_bind_text(n->insert, 1, what, -1, SQLITE_STATIC);
	sqlite3_bind_int64(n->insert, 2, number);
	sqlite3_bind_text(n->insert, 3, text, -1, SQLITE_STATIC);
	if (sqlite3_step(n->insert) != SQLITE_DONE)
		return failed(n);
	sqlite3_reset(n->insert);
	return NULL;
}

static struct tl_error *exits(struct namer *n, enum tl_arch_id arch, enum tl_abi abi)
{
	struct tl_error *err = NULL;
	const struct tl_exit_kind *kind;

	for (unsigned i = 0; !err && (kind = tl_exit_kind_at(i)); i++)
		if (tl_exit_kind(arch, abi, kind->number) == kind)
			err = name(n, "exit", kind->number, kind->name);
	return err;
}

static struct tl_error *errnos(struct namer *n)
{
	struct tl_error *err = NULL;

	for (int number = 1; !err && number < 256; number++)
		if (strerrorname_np(number))
			err = name(n, "errno", number, strerrorname_np(number));
	return err;
}

static struct tl_error *fault_statuses(struct namer *n)
{
	struct tl_error *err = NULL;

	for (unsigned fsc = 0; !err && fsc < 64; fsc++)
		if (tl_arm64_fault_status(fsc))
			err = name(n, "fault_status", fsc, tl_arm64_fault_status(fsc));
	return err;
}

static struct tl_error *system_events(struct namer *n)
{
	struct tl_error *err = NULL;

	for (unsigned type = 1; !err && tl_system_event_name(type); type++)
		err = name(n, "system_event", type, tl_system_event_name(type));
	return err;
}

static struct tl_error *levels(struct namer *n)
{
	static const char *const text[] = { "info", "warning", "error" };
	struct tl_error *err = NULL;

	for (unsigned i = 0; !err && i < 3; i++)
		err = name(n, "notice_level", i + 1, text[i]);
	return err;
}

static struct tl_error *all(struct namer *n, enum tl_arch_id arch, enum tl_abi abi)
{
	struct tl_error *err = exits(n, arch, abi);

	if (!err)
		err = errnos(n);
	if (!err && arch == TL_ARCH_ARM64)
		err = fault_statuses(n);
	if (!err)
		err = system_events(n);
	return err ? err : levels(n);
}

struct tl_error *tl_trace_fill_names(
	sqlite3 *db, const char *schema, enum tl_arch_id arch, enum tl_abi abi)
{
	struct namer n = { .db = db };
	struct tl_error *err;
	char sql[80];

	sqlite3_snprintf(
		sizeof(sql), sql, "INSERT OR REPLACE INTO %s.name VALUES(?, ?, ?)", schema);
	if (sqlite3_prepare_v2(db, sql, -1, &n.insert, NULL) != SQLITE_OK)
		return failed(&n);
	err = all(&n, arch, abi);
	sqlite3_finalize(n.insert);
	return err;
}
