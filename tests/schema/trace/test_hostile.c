// SPDX-License-Identifier: MIT
// labels: unit here
// Files that lie, in every way that we could think of: each is one clear line, and never a crash.
#include "tests/schema/trace/fixture.h"

#include "schema/trace/filter.h"

#include <sys/stat.h>

static void make_small(const char *path)
{
	struct tl_writer *w = create(path, TL_ARCH_ARM64);
	struct tl_exit e = exit_of(3, 0, KVM_EXIT_INTR, NULL, 0);
	const struct tl_record_extra extra = { 1, 0, 0 };

	add_machine(w, TL_ABI_MAINLINE, 1);
	add_mmio(w, 1, 0,
		(struct mmio){ .gpa = 0x9000000, .data = { 0x41 }, .size = 1, .write = 1 },
		0x40080000);
	add_reply(w, 1, 0, NULL, 0);
	add_mmio(w, 2, 0, (struct mmio){ .gpa = 0x9000018, .size = 4 }, 0x40080004);
	add_reply(w, 2, 0, (uint8_t[8]){ 0x90 }, 8);
	add_vcpu_input(w, 2, 0, (uint32_t)KVM_SET_ONE_REG, "0123456789abcdef01234567", 24);
	e.code = (const uint8_t *)"abcdefgh";
	e.code_size = 8;
	e.code_before = 4;
	assert_ok(tl_writer_exit(w, &e, NULL, NULL, &extra, sizeof(extra)));
	assert_ok(tl_writer_finish(w));
}

// A fresh small trace, changed by somebody else.
static void changed(const char *path, const char *sql)
{
	unlink(path);
	make_small(path);
	change(path, sql);
}

static void refused(const char *path, const char *message)
{
	struct tl_trace *t;

	assert_error(tl_trace_open(path, &t), message);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

static void what_is_no_trace_is_said_to_be_none(void **state)
{
	static const char text[200] = "#!/bin/sh\n";

	refused("none.trap", "none.trap: cannot be opened: No such file or directory");
	write_file("empty.trap", "", 0);
	refused("empty.trap", "empty.trap: is empty");
	write_file("text.trap", text, sizeof(text));
	refused("text.trap", "text.trap: is no trace: not an SQLite file");
	write_file("short.trap", "SQLite format 3", 16);
	refused("short.trap", "short.trap: is no trace: not an SQLite file");
	write_file("boot.trap.zst", "\x28\xb5\x2f\xfd....", 8);
	refused("boot.trap.zst", "boot.trap.zst: is compressed; unpack it with zstd -d first");
	mkdir("folder.trap", 0700);
	refused("folder.trap", "folder.trap: is a folder");
	assert_int_equal(mkfifo("fifo.trap", 0600), 0);
	refused("fifo.trap", "fifo.trap: is not a regular file");
	change("other.trap", "CREATE TABLE t(x)");
	refused("other.trap", "other.trap: is no trace: an SQLite file of something else");
}

static void another_version_is_refused_by_number(void **state)
{
	changed("boot.trap", "PRAGMA user_version = 7");
	refused("boot.trap",
		"boot.trap: written by a newer trapline (format 7, this one reads up to 1)");
	changed("boot.trap", "PRAGMA user_version = 0");
	refused("boot.trap", "boot.trap: format 0, expected 1 to 1");
}

static void a_table_is_ours_to_the_letter(void **state)
{
	changed("boot.trap", "DROP TABLE tally");
	refused("boot.trap", "boot.trap: table tally is missing");
	changed("boot.trap", "ALTER TABLE exit ADD COLUMN more");
	refused("boot.trap", "boot.trap: table exit is not the one that trapline writes");
	changed("boot.trap", "DROP TABLE exit; CREATE TABLE exit(seq INTEGER PRIMARY KEY, vcpu AS "
			     "(1))");
	refused("boot.trap", "boot.trap: table exit is not the one that trapline writes");
	changed("boot.trap",
		"DROP TABLE meta; CREATE VIEW meta AS SELECT 'arch' AS key, 'arm64' AS value");
	refused("boot.trap", "boot.trap: table meta is not the one that trapline writes");
}

static void a_view_is_ours_to_the_letter(void **state)
{
	changed("boot.trap",
		"DROP VIEW mmio; CREATE VIEW mmio AS SELECT load_extension('x') AS seq");
	refused("boot.trap", "boot.trap: view mmio is not the one that trapline writes");
	changed("boot.trap", "DROP VIEW mmio; CREATE TABLE mmio(seq)");
	refused("boot.trap", "boot.trap: view mmio is not the one that trapline writes");
}

static void the_trace_says_a_machine_that_we_know(void **state)
{
	changed("boot.trap", "DELETE FROM meta WHERE key = 'arch'");
	refused("boot.trap", "boot.trap: does not say its architecture");
	changed("boot.trap", "UPDATE meta SET value = 'vax' WHERE key = 'arch'");
	refused("boot.trap", "boot.trap: architecture vax, expected arm64 or x86_64");
	changed("boot.trap", "UPDATE vm SET abi = 'x'");
	refused("boot.trap", "boot.trap: vm: abi is text, expected a number");
	changed("boot.trap", "UPDATE vm SET abi = 9");
	refused("boot.trap", "boot.trap: vm: abi is 9, expected 0 to 2");
}

static void a_change_that_was_cut_short_is_not_undone_by_us(void **state)
{
	unlink("boot.trap");
	make_small("boot.trap");
	write_file("boot.trap-journal", "not zero", 8);
	refused("boot.trap",
		"boot.trap: its last change was cut short; \"sqlite3 FILE .tables\" undoes it");
	unlink("boot.trap-journal");
}

static struct tl_trace *opened(const char *sql)
{
	struct tl_trace *t;

	changed("boot.trap", sql);
	assert_ok(tl_trace_open("boot.trap", &t));
	return t;
}

static void exit_error(const char *sql, tl_seq seq, const char *message)
{
	struct tl_trace *t = opened(sql);
	const struct tl_exit_kind *kind;
	struct tl_exit e;

	assert_error(tl_trace_exit(t, seq, &e, &kind), message);
	tl_trace_close(t);
}

static void a_wrong_value_is_named_with_its_place(void **state)
{
	exit_error("UPDATE exit SET size = 'four' WHERE seq = 1", 1,
		"boot.trap: exit 1: size is text, expected a number");
	exit_error("UPDATE exit SET time = NULL WHERE seq = 2", 2,
		"boot.trap: exit 2: time is NULL, expected a number");
	exit_error("UPDATE exit SET pc = 1.5 WHERE seq = 2", 2,
		"boot.trap: exit 2: pc is a real number, expected a number");
	exit_error("UPDATE exit SET vcpu = 1 << 40 WHERE seq = 2", 2,
		"boot.trap: exit 2: vcpu is 1099511627776, expected 0 to 4294967294");
	exit_error("UPDATE exit SET reason = -1 WHERE seq = 2", 2,
		"boot.trap: exit 2: reason is -1, expected 0 to 4294967295");
	exit_error("UPDATE exit SET reply = 'yes' WHERE seq = 2", 2,
		"boot.trap: exit 2: reply is text, expected a number");
	exit_error("UPDATE exit SET reply = x'01' WHERE seq = 2", 2,
		"boot.trap: exit 2: reply: 1 bytes, expected at most 0");
	exit_error("INSERT INTO detail VALUES(2, x'010203', NULL)", 2,
		"boot.trap: exit 2: payload: 3 bytes, expected 24");
	exit_error("INSERT INTO detail VALUES(2, zeroblob(257), NULL)", 2,
		"boot.trap: exit 2: payload: 257 bytes, expected at most 256");
	exit_error("INSERT INTO detail VALUES(2, 'text', NULL)", 2,
		"boot.trap: exit 2: payload is text, expected bytes");
	exit_error("UPDATE exit SET code = 9 WHERE seq = 3", 3,
		"boot.trap: exit 3: code 9 is not there");
	exit_error("UPDATE exit SET code = 'nine' WHERE seq = 3", 3,
		"boot.trap: exit 3: code is text, expected a number");
	exit_error(
		"UPDATE code SET before = 9", 3, "boot.trap: exit 3: before is 9, expected 0 to 8");
	exit_error("UPDATE code SET bytes = zeroblob(65)", 3,
		"boot.trap: exit 3: code: 65 bytes, expected at most 64");
	exit_error("UPDATE code SET bytes = NULL", 3, "boot.trap: exit 3: code 1 is not there");
}

static void regs_error(const char *sql, const char *message)
{
	struct tl_trace *t = opened(sql);
	struct tl_regs regs;

	assert_error(tl_trace_regs(t, 0, 2, &regs), message);
	tl_trace_close(t);
}

static void registers_that_cannot_be_are_refused(void **state)
{
	regs_error("UPDATE state SET chunk = NULL",
		"boot.trap: exit 2: state: chunk is NULL, expected bytes");
	regs_error("UPDATE state SET chunk = 7",
		"boot.trap: exit 2: state: chunk is a number, expected bytes");
	regs_error("UPDATE state SET chunk = x''",
		"boot.trap: exit 2: state chunk: not a zstd frame of known size");
	regs_error("UPDATE state SET chunk = x'28b52ffd2000010000'",
		"boot.trap: exit 2: registers were not recorded");
	// a frame that says 3 GiB
	regs_error("UPDATE state SET chunk = x'28b52ffda0000000c0010000'",
		"boot.trap: exit 2: state chunk: would unpack to 3221225472 bytes, at most "
		"4194304");
	// one raw block: seq 2, words known differ, and no more
	regs_error("UPDATE state SET chunk = x'28b52ffd20021100000201'",
		"boot.trap: exit 2: state chunk ends in the middle of an exit");
}

static void extras_error(const char *sql, const char *message)
{
	struct tl_trace *t = opened(sql);
	struct tl_extras extras;

	assert_error(tl_trace_extras(t, 3, &extras), message);
	tl_extras_deinit(&extras);
	tl_trace_close(t);
}

static void extra_registers_that_cannot_be_are_refused(void **state)
{
	extras_error("UPDATE extra SET chunk = 'x'",
		"boot.trap: exit 3: extra registers: chunk is text, expected bytes");
	extras_error("UPDATE extra SET chunk = x'28b52ffd20021100000201'",
		"boot.trap: exit 3: extra registers: 2 bytes at its end are no register");
}

static void inputs_that_cannot_be_are_refused(void **state)
{
	struct tl_trace *t = opened("UPDATE input SET request = 'ioctl'");
	const struct tl_exit_kind *kind;
	struct tl_input input;
	struct tl_exit e;
	bool more;

	assert_ok(tl_trace_exit(t, 2, &e, &kind));
	assert_ok(tl_trace_inputs(t, &e));
	assert_error(tl_trace_next_input(t, &input, &more),
		"boot.trap: inputs: request is text, expected a number");
	tl_trace_close(t);
}

static int64_t ask(struct tl_trace *t, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value;

	assert_ok(tl_trace_prepare(t, sql, &stmt));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void denied(struct tl_trace *t, const char *sql, const char *message)
{
	sqlite3_stmt *stmt;

	assert_error(tl_trace_prepare(t, sql, &stmt), message);
}

static void what_others_put_into_the_file_is_not_there_for_us(void **state)
{
	struct tl_trace *t =
		opened("CREATE VIEW evil AS SELECT * FROM exit; CREATE TABLE more(x);"
		       "CREATE TRIGGER fire AFTER INSERT ON exit BEGIN DELETE FROM exit; END;"
		       "CREATE VIRTUAL TABLE words USING fts5(x); INSERT INTO more VALUES(1);"
		       "CREATE INDEX by_pc ON exit(pc)");

	assert_int_equal(ask(t, "SELECT count(*) FROM mmio"), 2);
	assert_int_equal(ask(t, "WITH t AS (SELECT * FROM exits) SELECT max(seq) FROM t"), 3);
	assert_int_equal(ask(t, "SELECT seq FROM exit WHERE pc = 0x40080004"), 2);
	assert_int_equal(ask(t, "SELECT sum(value) FROM json_each('[1, 2]')"), 3);
	denied(t, "SELECT * FROM evil", "access to view \"evil\" prohibited");
	denied(t, "SELECT x FROM more", "access to more.x is prohibited");
	denied(t, "SELECT count(*) FROM MORE", "not authorized");
	denied(t, "SELECT * FROM words", "no such module: fts5");
	tl_trace_close(t);
}

static void a_hostile_name_never_answers_for_ours(void **state)
{
	struct tl_trace *t = opened("UPDATE name SET name = 'lie'; CREATE TABLE temp_name(x)");
	sqlite3_stmt *stmt;

	assert_ok(tl_trace_prepare(t, "SELECT reason FROM exits WHERE seq = 1", &stmt));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "mmio");
	sqlite3_finalize(stmt);
	tl_trace_close(t);
}

static void statements_can_only_read(void **state)
{
	struct tl_trace *t = opened("SELECT 1");

	denied(t, "DELETE FROM exit", "not authorized");
	denied(t, "INSERT INTO temp.name VALUES('exit', 6, 'lie')", "not authorized");
	denied(t, "UPDATE sqlite_master SET sql = ''", "table sqlite_master may not be modified");
	denied(t, "CREATE TEMP TABLE x(y)", "not authorized");
	denied(t, "CREATE TEMP VIEW x AS SELECT 1", "not authorized");
	denied(t, "DROP VIEW temp.mmio", "not authorized");
	denied(t, "ATTACH '/etc/passwd' AS p", "not authorized");
	denied(t, "PRAGMA trusted_schema = ON", "not authorized");
	denied(t, "PRAGMA user_version", "not authorized");
	denied(t, "BEGIN", "not authorized");
	denied(t, "COMMIT", "not authorized");
	denied(t, "SAVEPOINT s", "not authorized");
	denied(t, "ANALYZE", "not authorized");
	denied(t, "REINDEX", "not authorized");
	denied(t, "SELECT load_extension('x')", "not authorized to use function: load_extension");
	denied(t, "SELECT fts3_tokenizer('x')", "not authorized to use function: fts3_tokenizer");
	tl_trace_close(t);
}

// Errors are fine here, crashes are not.
static bool good(struct tl_error *err)
{
	const bool is_good = !err;

	tl_error_free(err);
	return is_good;
}

static void read_beside(struct tl_trace *t, const struct tl_exit *e)
{
	struct tl_coalesced write;
	struct tl_answer answer;
	struct tl_input input;
	struct tl_extra extra;
	struct tl_extras extras;
	struct tl_regs regs;
	bool more = true;

	good(tl_trace_regs(t, e->vcpu, e->seq, &regs));
	if (good(tl_trace_extras(t, e->seq, &extras)))
		while (tl_extras_next(&extras, &extra))
			;
	tl_extras_deinit(&extras);
	good(tl_trace_answer(t, e->seq, &answer, &more));
	if (good(tl_trace_coalesced(t, e->seq)))
		while (good(tl_trace_next_coalesced(t, &write, &more)) && more)
			;
	if (good(tl_trace_inputs(t, e)))
		while (good(tl_trace_next_input(t, &input, &more)) && more)
			;
}

static void read_exits(struct tl_trace *t, struct tl_cursor *cursor)
{
	const struct tl_exit_kind *kind;
	unsigned n = 0;
	struct tl_exit e;
	tl_seq seq;

	while (n++ < 100 && good(tl_cursor_next(cursor, &seq)) && seq)
		if (good(tl_trace_exit(t, seq, &e, &kind)))
			read_beside(t, &e);
}

static void read_all(const char *path)
{
	static const struct tl_filter everything = { .where = "reason != 'x' OR pc_hex > ''" };
	struct tl_cursor *cursor;
	struct tl_trace *t;
	struct tl_span span;

	if (!good(tl_trace_open(path, &t)))
		return;
	good(tl_trace_span(t, &span));
	if (good(tl_cursor_open(t, &everything, &cursor))) {
		read_exits(t, cursor);
		tl_cursor_close(cursor);
	}
	tl_trace_close(t);
}

static uint8_t *load(const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");
	uint8_t *bytes;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*size);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	fclose(f);
	return bytes;
}

static void a_truncated_trace_says_so(void **state)
{
	char message[128];
	uint8_t *bytes;
	size_t size;

	unlink("boot.trap");
	make_small("boot.trap");
	bytes = load("boot.trap", &size);
	for (size_t n = 100; n < size; n += n < 5000 ? 61 : 1777) {
		write_file("cut.trap", bytes, n);
		snprintf(message, sizeof(message), "cut.trap: truncated: %zu bytes, expected %zu",
			n, size);
		refused("cut.trap", message);
	}
	free(bytes);
}

static void put_byte(const char *path, size_t at, int byte)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	fseek(f, (long)at, SEEK_SET);
	fputc(byte, f);
	fclose(f);
}

// With TL_LONG every byte where something stands; else some of them, and fewer of the zeroes.
static void a_damaged_byte_is_never_a_crash(void **state)
{
	const bool all = getenv("TL_LONG");
	uint8_t *bytes;
	size_t size;

	unlink("boot.trap");
	make_small("boot.trap");
	bytes = load("boot.trap", &size);
	write_file("flip.trap", bytes, size);
	for (size_t i = 0; i < size; i++) {
		if (i % (bytes[i] ? (all ? 1 : 13) : 499))
			continue;
		put_byte("flip.trap", i, bytes[i] ^ (i % 3 ? 0xff : 1 << i % 8));
		read_all("flip.trap");
		put_byte("flip.trap", i, bytes[i]);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_trace_is_said_to_be_none),
		cmocka_unit_test(another_version_is_refused_by_number),
		cmocka_unit_test(a_table_is_ours_to_the_letter),
		cmocka_unit_test(a_view_is_ours_to_the_letter),
		cmocka_unit_test(the_trace_says_a_machine_that_we_know),
		cmocka_unit_test(a_change_that_was_cut_short_is_not_undone_by_us),
		cmocka_unit_test(a_wrong_value_is_named_with_its_place),
		cmocka_unit_test(registers_that_cannot_be_are_refused),
		cmocka_unit_test(extra_registers_that_cannot_be_are_refused),
		cmocka_unit_test(inputs_that_cannot_be_are_refused),
		cmocka_unit_test(what_others_put_into_the_file_is_not_there_for_us),
		cmocka_unit_test(a_hostile_name_never_answers_for_ours),
		cmocka_unit_test(statements_can_only_read),
		cmocka_unit_test(a_truncated_trace_says_so),
		cmocka_unit_test(a_damaged_byte_is_never_a_crash),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
