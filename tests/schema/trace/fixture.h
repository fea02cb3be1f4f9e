/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_SCHEMA_TRACE_FIXTURE_H
#define TL_TESTS_SCHEMA_TRACE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arm64/regs.h"
#include "schema/trace/reader.h"
#include "schema/trace/writer.h"

#include <linux/kvm.h>

/* Small traces, made by the writer in a folder of the test's own. */

/** A time of the traces: ms after the start. */
#define MS UINT64_C(1000000)

/** Fails with the error's text. */
static inline void assert_ok(struct tl_error *err)
{
	if (err)
		fail_msg("%s", err->message);
}

/** The text of an error, which is freed. */
static inline void assert_error(struct tl_error *err, const char *text)
{
	char message[512];

	assert_non_null(err);
	snprintf(message, sizeof(message), "%s", err->message);
	tl_error_free(err);
	assert_string_equal(message, text);
}

/** A new folder, and the test in it: traces are then called what they are in messages. */
static inline int enter_folder(void **state)
{
	char folder[] = "/tmp/trapline-test-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	*state = strdup(folder);
	return 0;
}

static inline int leave_folder(void **state)
{
	char *command;

	if (asprintf(&command, "rm -rf '%s'", (char *)*state) < 0 || chdir("/") || system(command))
		return -1;
	free(command);
	free(*state);
	return 0;
}

static inline struct tl_trace *open_trace(const char *path)
{
	struct tl_trace *t;

	assert_ok(tl_trace_open(path, &t));
	return t;
}

static inline struct tl_writer *create(const char *path, enum tl_arch_id arch)
{
	const struct tl_writer_options options = { .arch = arch };
	struct tl_writer *writer;

	assert_ok(tl_writer_create(path, &options, &writer));
	return writer;
}

static inline void add_machine(struct tl_writer *w, enum tl_abi abi, unsigned n_vcpus)
{
	const struct tl_record_vm vm = { .pid = 41, .time = 1 * MS, .type = 36, .abi = abi };

	assert_ok(tl_writer_vm(w, &vm, NULL));
	for (unsigned i = 0; i < n_vcpus; i++) {
		const struct tl_record_vcpu vcpu = { .vcpu = i, .id = i, .time = 2 * MS };

		assert_ok(tl_writer_vcpu(w, &vcpu));
	}
}

/** An exit of that reason with that payload, at `seq` ms, after running 1 us. */
static inline struct tl_exit exit_of(
	tl_seq seq, uint32_t vcpu, uint32_t reason, const void *payload, uint32_t size)
{
	return (struct tl_exit){ .seq = seq,
		.vcpu = vcpu,
		.time = seq * MS,
		.ran = 1000,
		.reason = reason,
		.has = TL_EXIT_HAS_REASON,
		.payload = payload,
		.payload_size = size };
}

struct mmio {
	uint64_t gpa;
	uint8_t data[8];
	uint32_t size;
	uint8_t write;
	uint8_t pad[3];
};

static inline void add_exit(struct tl_writer *w, struct tl_exit exit, enum tl_arch_id arch,
	enum tl_abi abi, const struct tl_regs *regs)
{
	const struct tl_exit_kind *kind = NULL;

	if (exit.has & TL_EXIT_HAS_REASON)
		kind = tl_exit_kind(arch, abi, exit.reason);
	tl_exit_fill(&exit, kind);
	assert_ok(tl_writer_exit(w, &exit, kind, regs, NULL, 0));
}

static inline void add_mmio(
	struct tl_writer *w, tl_seq seq, uint32_t vcpu, struct mmio mmio, uint64_t pc)
{
	struct tl_exit exit = exit_of(seq, vcpu, KVM_EXIT_MMIO, &mmio, sizeof(mmio));
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_pc, pc);
	tl_regs_set(&regs, TL_ARM64_x0, seq);
	exit.pc = pc;
	exit.has |= TL_EXIT_HAS_PC;
	add_exit(w, exit, TL_ARCH_ARM64, TL_ABI_MAINLINE, &regs);
}

static inline void add_reply(
	struct tl_writer *w, tl_seq seq, uint32_t vcpu, const void *answer, uint32_t size)
{
	const struct tl_record_reply reply = {
		.seq = seq, .time = seq * MS + 5000, .vcpu = vcpu, .answer = size
	};

	assert_ok(tl_writer_reply(w, &reply, answer, NULL));
}

static inline void add_vcpu_input(struct tl_writer *w, tl_seq seq, uint32_t vcpu, uint32_t request,
	const void *data, uint32_t size)
{
	const struct tl_record_input input = {
		.seq = seq, .time = seq * MS + 3000, .vcpu = vcpu, .request = request, .size = size
	};

	assert_ok(tl_writer_input(w, &input, data));
}

/** Runs SQL on the file, as somebody else would. */
static inline void change(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

#endif
