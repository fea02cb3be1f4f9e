/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_REPLAYER_MUTATION_H
#define TL_TESTS_REPLAYER_MUTATION_H

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/*
 * A trace changed by somebody else, in the values that explanations go by. Whoever includes this has
 * any(), below() and one_in(): of tests/arch/random.h, or its own.
 */

enum { MUTATION_BYTES = 4096 };

static inline void mutation_sql(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, message);
		abort();
	}
}

static inline int64_t wild_number(void)
{
	switch (below(8)) {
	case 0:
		return below(256);
	case 1:
		return (int64_t)(UINT64_C(1) << below(64));
	case 2:
		return -(int64_t)below(1000);
	case 3:
		return INT64_MAX - below(2);
	case 4:
		return INT64_MIN + below(2);
	case 5:
		return (int64_t)(any() & 0xfffff000);
	case 6:
		return (int64_t)(any() & 0xffffffff);
	}
	return (int64_t)any();
}

static inline const char *wild_text(void)
{
	static const char *const texts[] = { "", "6.1.0", "6.12.99999999999999999999", "-1.-1",
		"255.65535", "256.0", "7", ".", "imported:", "imported: registers alone, :0-0",
		"imported: the guest's own report, x:1-2\nESR_EL1=ffffffffffffffff FAR=0\n"
		"[ffff000000000000] pgd=1000000012345003, pud=, "
		"pte=3\nPTE@0x40000000=0x0060000000000f01",
		"imported: the VMM's report, a:1-18446744073709551615\nesr=0x96000010 "
		"ipa=ffffffffffff"
		"ffff far=8\n\033[2J\001\177\xff\xc0\x80",
		"imported: trace events, \n\n\n\n:\r", "\033]0;title\a",
		"\xe2\x80\xae%s%n%n\xe2\x80\xac", "nisv", "idsr", "io", "mmio", "rdmsr",
		"internal_error",
		"qemu-system-aarch64 -M virt,gic-version=99999999999 -m 99999999999G",
		"qemu-system-x86_64 -M q35 -m ", "arm64", "x86_64" };

	return texts[below(sizeof(texts) / sizeof(*texts))];
}

static inline size_t wild_bytes(uint8_t *to)
{
	const size_t n = below(3) ? below(300) : below(MUTATION_BYTES);

	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(one_in(2) ? any() : 0);
	return n;
}

static inline void wild_value(sqlite3_stmt *stmt, int at)
{
	uint8_t bytes[MUTATION_BYTES];

	switch (below(10)) {
	case 0:
		sqlite3_bind_null(stmt, at);
		break;
	case 1:
		sqlite3_bind_double(stmt, at, (double)wild_number() / 3);
		break;
	case 2:
		sqlite3_bind_text(stmt, at, wild_text(), -1, SQLITE_STATIC);
		break;
	case 3:
		sqlite3_bind_blob(stmt, at, bytes, (int)wild_bytes(bytes), SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_int64(stmt, at, wild_number());
	}
}

static inline void flip(uint8_t *bytes, size_t size)
{
	for (unsigned n = 1 + below(6); size && n; n--)
		bytes[any() % size] ^= (uint8_t)(one_in(2) ? UINT64_C(1) << below(8) : any());
}

/** Compressed bytes are changed as they are when they are unpacked. */
static inline void flip_frame(sqlite3_stmt *stmt, int at, const void *from, size_t size)
{
	const unsigned long long n = ZSTD_getFrameContentSize(from, size);
	uint8_t *plain, *packed;

	if (n > 1 << 22 || !n) {
		wild_value(stmt, at);
		return;
	}
	plain = malloc(n);
	packed = malloc(ZSTD_compressBound(n));
	assert(plain && packed);
	ZSTD_decompress(plain, n, from, size);
	flip(plain, n);
	size = ZSTD_compress(packed, ZSTD_compressBound(n), plain, n, 1);
	sqlite3_bind_blob(stmt, at, packed, (int)size, SQLITE_TRANSIENT);
	free(packed);
	free(plain);
}

/** What stands there, a little different. */
static inline void near_value(sqlite3_stmt *stmt, int at, sqlite3_stmt *old)
{
	const int size = sqlite3_column_bytes(old, 0);
	uint8_t *bytes;

	switch (sqlite3_column_type(old, 0)) {
	case SQLITE_INTEGER:
		sqlite3_bind_int64(stmt, at,
			sqlite3_column_int64(old, 0) ^ (int64_t)(UINT64_C(1) << below(64)));
		return;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		break;
	default:
		wild_value(stmt, at);
		return;
	}
	if (size > 4 && !memcmp(sqlite3_column_blob(old, 0), "\x28\xb5\x2f\xfd", 4)) {
		flip_frame(stmt, at, sqlite3_column_blob(old, 0), (size_t)size);
		return;
	}
	bytes = malloc((size_t)size + 1);
	assert(bytes);
	memcpy(bytes, sqlite3_column_text(old, 0), (size_t)size);
	flip(bytes, (size_t)size);
	if (sqlite3_column_type(old, 0) == SQLITE_BLOB)
		sqlite3_bind_blob(stmt, at, bytes,
			one_in(3) && size ? (int)below((unsigned)size) : size, SQLITE_TRANSIENT);
	else
		sqlite3_bind_text(stmt, at, (char *)bytes, size, SQLITE_TRANSIENT);
	free(bytes);
}

static const struct {
	const char *table, *key, *columns[14];
	unsigned weight;
} mutation_tables[] = {
	{ "exit", "seq",
		{ "vcpu", "reason", "error", "pc", "addr", "size", "write", "count", "code",
			"reply", "value", "seq" },
		10 },
	{ "state", "vcpu, seq", { "chunk", "chunk", "chunk", "seq", "exits" }, 10 },
	{ "detail", "seq", { "payload", "payload", "data", "seq" }, 4 },
	{ "code", "code", { "bytes", "bytes", "before" }, 5 },
	{ "slot", "id", { "gpa", "size", "flags", "host", "seq", "space", "vm", "time" }, 5 },
	{ "vm", "vm", { "type", "abi", "vm" }, 3 },
	{ "vcpu", "vcpu", { "vm", "id", "vcpu" }, 2 },
	{ "cap", "vm, cap", { "cap", "value", "vm" }, 2 },
	{ "input", "id", { "data", "data", "request", "seq", "vcpu", "vm", "device", "arg" }, 5 },
	{ "answer", "seq", { "bytes", "flags", "dirty", "sync" }, 3 },
	{ "extra", "seq", { "chunk", "seq" }, 3 },
	{ "meta", "key", { "value", "value", "key" }, 4 },
	{ "notice", "id", { "text", "seq", "level" }, 2 },
	{ "name", "what, number", { "name", "number" }, 2 },
	{ "page", "page", { "bytes", "pages", "base" }, 2 },
	{ "page_version", "vm, host, scan", { "page", "host", "scan" }, 2 },
	{ "scan", "scan", { "seq", "kind", "phase" }, 2 },
	{ "region", "vm, scan, host", { "kind", "bytes", "why" }, 2 },
};

/** The row: often the last, where an exit that is explained is likely to be. */
static inline int64_t mutation_row(sqlite3 *db, const char *table)
{
	char sql[128];
	sqlite3_stmt *stmt;
	int64_t n;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", table);
	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	sqlite3_step(stmt);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (n <= 1)
		return 0;
	return one_in(3) ? (int64_t)(any() % (uint64_t)n) : one_in(3) ? 0 : n - 1;
}

static inline void mutation_put(sqlite3 *db, const char *table, const char *key, const char *column)
{
	const int64_t row = mutation_row(db, table);
	sqlite3_stmt *old, *stmt;
	char sql[512];

	snprintf(sql, sizeof(sql), "SELECT \"%s\" FROM \"%s\" LIMIT 1 OFFSET %lld", column, table,
		(long long)row);
	sqlite3_prepare_v2(db, sql, -1, &old, NULL);
	snprintf(sql, sizeof(sql),
		"UPDATE OR IGNORE \"%s\" SET \"%s\" = ?1 WHERE (%s) = "
		"(SELECT %s FROM \"%s\" LIMIT 1 OFFSET %lld)",
		table, column, key, key, table, (long long)row);
	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (sqlite3_step(old) == SQLITE_ROW && !one_in(3))
		near_value(stmt, 1, old);
	else
		wild_value(stmt, 1);
	sqlite3_step(stmt); // a key that is no number is refused, which is as well
	sqlite3_finalize(stmt);
	sqlite3_finalize(old);
}

static inline void mutation_value(sqlite3 *db)
{
	unsigned total = 0, n = 0, columns = 0, weight;

	for (size_t i = 0; i < sizeof(mutation_tables) / sizeof(*mutation_tables); i++)
		total += mutation_tables[i].weight;
	weight = below(total);
	while (weight >= mutation_tables[n].weight)
		weight -= mutation_tables[n++].weight;
	while (mutation_tables[n].columns[columns])
		columns++;
	mutation_put(db, mutation_tables[n].table, mutation_tables[n].key,
		mutation_tables[n].columns[below(columns)]);
}

static inline void mutation_run(sqlite3 *db, const char *format)
{
	char sql[1024];

	snprintf(sql, sizeof(sql), format, (long long)wild_number(), (long long)wild_number(),
		(long long)wild_number());
	mutation_sql(db, sql);
}

/** Rows that were not there. */
static inline void mutation_rows(sqlite3 *db)
{
	static const char *const sql[] = {
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
		"INSERT INTO slot SELECT NULL, 0, 0, 0, 0, i + 1000, i %% 2, %lld + i * 4096, "
		"%lld, "
		"%lld + i FROM n",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
		"INSERT INTO slot SELECT NULL, 0, 0, 0, 0, i + 1000, 2, i * 8192, 4096, i * 8192 "
		"FROM n",
		"INSERT INTO slot VALUES(NULL, 0, 0, 0, 0, 77, 0, %lld, %lld, %lld)",
		"INSERT INTO slot VALUES(NULL, 0, 0, 0, 0, 78, 2, -4096, %lld, %lld)",
		"INSERT OR IGNORE INTO cap VALUES(0, 158, %lld)",
		"INSERT OR IGNORE INTO cap VALUES(0, %lld, %lld)",
		"INSERT INTO input VALUES(NULL, 0, 0, 0, NULL, NULL, 1080602275, NULL, 0, x'b1')",
		"INSERT INTO input VALUES(NULL, (SELECT max(seq) FROM exit), 0, 0, 0, NULL, "
		"1077980832, NULL, 0, x'0000')",
		"INSERT OR REPLACE INTO meta VALUES('host_ipa_bits', %lld)",
		"INSERT OR REPLACE INTO meta VALUES('imported', 'x')",
		"UPDATE exit SET reason = NULL, error = NULL WHERE seq = (SELECT max(seq) FROM "
		"exit)",
		"UPDATE exit SET reason = 28, value = %lld, addr = %lld "
		"WHERE seq = (SELECT max(seq) FROM exit)",
		"UPDATE exit SET reason = 29, addr = %lld, write = %lld & 1 "
		"WHERE seq = (SELECT max(seq) FROM exit)",
		"UPDATE exit SET reason = abs(%lld %% 45) WHERE seq = (SELECT max(seq) FROM exit)",
		"UPDATE exit SET reason = abs(%lld %% 45)",
		"UPDATE vm SET type = %lld & 255, abi = abs(%lld %% 3)",
	};

	mutation_run(db, sql[below(sizeof(sql) / sizeof(*sql))]);
}

static inline void mutation_notice(sqlite3 *db)
{
	sqlite3_stmt *stmt;

	sqlite3_prepare_v2(db,
		"INSERT INTO notice VALUES(NULL, (SELECT max(seq) FROM exit), 0, 0, 1, ?1)", -1,
		&stmt, NULL);
	sqlite3_bind_text(stmt, 1, wild_text(), -1, SQLITE_STATIC);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

/** Other code everywhere. */
static inline void mutation_code(sqlite3 *db)
{
	uint8_t bytes[64];
	sqlite3_stmt *stmt;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)any();
	sqlite3_prepare_v2(db, "UPDATE code SET bytes = ?1", -1, &stmt, NULL);
	sqlite3_bind_blob(stmt, 1, bytes, sizeof(bytes), SQLITE_STATIC);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

/** Changes the trace at `path` in some places. */
static inline void mutate(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		abort();
	mutation_sql(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
	for (unsigned n = 1 + below(5); n; n--)
		switch (below(8)) {
		case 0:
			mutation_rows(db);
			break;
		case 1:
			mutation_notice(db);
			break;
		case 2:
			mutation_code(db);
			break;
		default:
			mutation_value(db);
		}
	mutation_sql(db, "COMMIT");
	sqlite3_close(db);
}

#endif
