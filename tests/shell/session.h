/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_SHELL_SESSION_H
#define TL_TESTS_SHELL_SESSION_H

#include "tests/schema/trace/fixture.h"

#include <pty.h>
#include <sys/wait.h>

/* What people see: trapline run in the test's folder, and all that it writes. */

struct said {
	char text[1 << 16]; /**< stdout, then stderr */
	int status;
};

/** `words` go through the shell; "trapline" and the reading verbs are found by their names. */
static inline struct said *run(const char *words)
{
	static struct said said;
	char command[4096];
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command), "PATH=%s:$PATH TZ=UTC; export TZ; exec 2>&1; %s",
		TL_BUILD_BIN, words);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(said.text, 1, sizeof(said.text) - 1, f);
	said.text[n] = 0;
	said.status = WEXITSTATUS(pclose(f));
	return &said;
}

/** The same on a terminal. */
static inline struct said *run_on_terminal(const char *words)
{
	static struct said said;
	size_t size = 0;
	int terminal, status;
	ssize_t n;
	pid_t pid;

	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (!pid) {
		setenv("PATH", TL_BUILD_BIN, 1);
		setenv("TERM", "xterm", 1);
		execl("/bin/sh", "sh", "-c", words, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	while (size < sizeof(said.text) - 1 &&
		(n = read(terminal, said.text + size, sizeof(said.text) - 1 - size)) > 0)
		size += (size_t)n;
	said.text[size] = 0;
	close(terminal);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	said.status = WEXITSTATUS(status);
	return &said;
}

static inline void says(const char *words, int status, const char *text)
{
	const struct said *said = run(words);

	assert_string_equal(said->text, text);
	assert_int_equal(said->status, status);
}

static inline void add_session_facts(struct tl_writer *w)
{
	const struct tl_record_process process = { .pid = 41, .time = MS };
	const struct tl_record_gap gap = { .from_seq = 8, .to_seq = 9, .lost = 2, .vcpu = 1 };
	const struct tl_record_notice notice = {
		.seq = 5, .time = 5 * MS, .vcpu = TL_NO_VCPU, .level = 2
	};

	assert_ok(tl_writer_meta(w, "vmm", "qemu-system-aarch64 -M virt"));
	assert_ok(tl_writer_meta(w, "regs", "pc"));
	assert_ok(tl_writer_meta_int(w, "started", 1700000000));
	assert_ok(tl_writer_meta_int(w, "ended", 1700000003));
	assert_ok(tl_writer_meta_int(w, "status", 137));
	assert_ok(tl_writer_process(w, &process, "/usr/bin/qemu", "qemu \033[31m-M virt"));
	assert_ok(tl_writer_gap(w, &gap, "the ring was full"));
	assert_ok(tl_writer_notice(w, &notice, "odd \033]0;owned\007 text"));
	add_machine(w, TL_ABI_IDSR, 2);
}

static inline void add_session_mmio(struct tl_writer *w)
{
	const struct tl_record_coalesced early = {
		.seq = 2, .addr = 0x9000000, .size = 1, .data = { 0x48 }
	};

	add_mmio(w, 1, 0, (struct mmio){ 0x9000000, { 0x41 }, 1, 1, { 0 } }, 0xffff800012340000);
	add_reply(w, 1, 0, NULL, 0);
	add_mmio(w, 2, 1, (struct mmio){ .gpa = 0x9000018, .size = 4 }, 0xffff800012340004);
	add_reply(w, 2, 1, (uint8_t[8]){ 0x90 }, 8);
	assert_ok(tl_writer_coalesced(w, &early));
}

static inline void add_session_nisv(struct tl_writer *w)
{
	static const uint8_t nisv[16] = { 0x45, [11] = 0x0a }, reg[24] = { 2, 0, 0x10, 0, 0, 0,
		0x30, 0x60, [16] = 0x78, 0x56, 0x34, 0x12 };
	struct tl_exit e = exit_of(3, 0, KVM_EXIT_ARM_NISV, nisv, sizeof(nisv));
	struct tl_regs regs = { 0 };

	e.error = 38;
	e.code = (const uint8_t *)"\x1f\x20\x03\xd5\x01\x84\x00\xb8\x1f\x20\x03\xd5";
	e.code_size = 12;
	e.code_before = 4;
	e.pc = 0xffff800012340010;
	e.has |= TL_EXIT_HAS_PC;
	tl_regs_set(&regs, TL_ARM64_pc, e.pc);
	tl_regs_set(&regs, TL_ARM64_x0, 3);
	add_exit(w, e, TL_ARCH_ARM64, TL_ABI_IDSR, &regs);
	add_reply(w, 3, 0, NULL, 0);
	add_vcpu_input(w, 3, 0, (uint32_t)KVM_SET_ONE_REG, reg, sizeof(reg));
}

static inline void add_session_rest(struct tl_writer *w)
{
	static const uint8_t idsr[24] = { 3, 0, 0, 4, 1 }, off[136] = { 1 }, odd[256] = { 0xab };
	const struct tl_record_reply handled = { .seq = 5, .time = 5 * MS + 700, .answer = 11 };
	const struct tl_record_input irq = { .seq = 4,
		.time = 4 * MS + 9000,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_IRQ_LINE,
		.size = 8 };
	const struct tl_exit failed = { .seq = 4, .time = 4 * MS, .error = 4 };

	add_exit(w, failed, TL_ARCH_ARM64, TL_ABI_IDSR, NULL);
	add_reply(w, 4, 0, NULL, 0);
	assert_ok(tl_writer_input(w, &irq, "\4\0\0\0\1\0\0"));
	add_exit(w, exit_of(5, 0, 29, idsr, sizeof(idsr)), TL_ARCH_ARM64, TL_ABI_IDSR, NULL);
	assert_ok(tl_writer_reply(w, &handled, (uint8_t[11]){ 0x22, [10] = 1 }, NULL));
	add_exit(w, exit_of(6, 1, 777, odd, sizeof(odd)), TL_ARCH_ARM64, TL_ABI_IDSR, NULL);
	add_exit(w, exit_of(7, 0, KVM_EXIT_SYSTEM_EVENT, off, sizeof(off)), TL_ARCH_ARM64,
		TL_ABI_IDSR, NULL);
}

/** A trace with one of everything, of an arm64 guest: see the tests' text. */
static inline void make_session(const char *path)
{
	struct tl_writer *w = create(path, TL_ARCH_ARM64);

	add_session_facts(w);
	add_session_mmio(w);
	add_session_nisv(w);
	add_session_rest(w);
	assert_ok(tl_writer_finish(w));
}

#endif
