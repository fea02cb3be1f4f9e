// SPDX-License-Identifier: MIT
// The sentences by which a report begins, and what they say.
#include "arch/arm64/regs.h"
#include "replayer/import-read.h"
#include "replayer/import-word.h"

#include <ctype.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

enum { ERRNOS = 134 };

// "kvm run failed Function not implemented": the words are strerror()'s, in C's locale.
static void run_failed(struct tl_import_facts *f, const char *rest)
{
	for (int error = 1; error < ERRNOS; error++) {
		const char *words = strerrordesc_np(error);

		if (words && tl_word_is(rest, words)) {
			tl_fact_set_error(f, error);
			return;
		}
	}
	tl_fact_trouble(f, "an error of kvm run that has no number: %.40s", rest);
}

static void internal_error(struct tl_import_facts *f, const char *rest)
{
	uint64_t number;

	tl_fact_set_reason(f, KVM_EXIT_INTERNAL_ERROR);
	rest = tl_word_is(tl_word_skip(rest), "Suberror");
	if (!rest || !tl_word_dec(tl_word_skip(rest + (*rest == ':')), &number) ||
		number > UINT32_MAX)
		return;
	f->has_suberror = true;
	f->suberror = (uint32_t)number;
}

static void fail_entry(struct tl_import_facts *f, const char *rest)
{
	tl_fact_set_reason(f, KVM_EXIT_FAIL_ENTRY);
	tl_fact_set_hex(f, TL_FACT_VALUE, tl_word_skip(rest));
}

static void unknown_exit(struct tl_import_facts *f, const char *rest)
{
	uint64_t number;

	tl_fact_set_reason(f, KVM_EXIT_UNKNOWN);
	if (tl_word_dec(tl_word_skip(rest), &number)) {
		f->n_data = 1;
		f->data[0] = number;
	}
}

// The kernel says so right before it fails with ENOSYS, which on arm64 means nothing else.
static void no_syndrome(struct tl_import_facts *f, const char *rest)
{
	(void)rest;
	f->isa = TL_ISA_ARMS;
	tl_fact_set_reason(f, KVM_EXIT_ARM_NISV);
	tl_fact_set_error(f, ENOSYS);
}

// Hypervisor.framework: QEMU counts on ISV.
static void asserted(struct tl_import_facts *f, const char *rest)
{
	(void)rest;
	f->isa = TL_ISA_ARM64;
	tl_fact_set_reason(f, KVM_EXIT_ARM_NISV);
}

static void abort_at(struct tl_import_facts *f, const char *rest)
{
	tl_fact_set_hex(f, TL_FACT_FAR, tl_word_after(rest, "at virtual address "));
}

// "Oops: 0000000096000004 [#1]", "synchronous external abort: 0000000096000010 [#1] SMP". x86 has
// its page fault's error code there.
static void internal(struct tl_import_facts *f, const char *rest)
{
	const char *mark = strstr(rest, " [#"), *at = mark;

	while (at && at > rest && isxdigit((unsigned char)at[-1]))
		at--;
	if (at && at < mark && f->isa != TL_ISA_X86)
		tl_fact_set_hex(f, TL_FACT_ESR, at);
}

// "(0x96000010) at 0xffff800010001000"
static void unhandled(struct tl_import_facts *f, const char *rest)
{
	rest = strstr(rest, " (0x");
	if (!rest)
		return;
	tl_fact_set_hex(f, TL_FACT_ESR, rest + 2);
	tl_fact_set_hex(f, TL_FACT_FAR, tl_word_after(rest, ") at "));
}

// U-Boot: ", esr 0x96000010, far 0x10100040"; barebox: "0x96000010) at 0x10100040"
static void handler(struct tl_import_facts *f, const char *rest)
{
	f->isa = TL_ISA_ARM64;
	tl_fact_set_hex(f, TL_FACT_ESR, rest);
	tl_fact_set_hex(f, TL_FACT_FAR, tl_word_after(rest, ") at "));
}

static void is_x86(struct tl_import_facts *f, const char *rest)
{
	(void)rest;
	f->isa = TL_ISA_X86;
}

static const struct {
	const char *text;
	void (*read)(struct tl_import_facts *facts, const char *rest);
	enum tl_import_source source;
	bool whole; // the line holds nothing else
} titles[] = {
	{ "kvm run failed ", run_failed, TL_IMPORT_VMM },
	{ "KVM internal error.", internal_error, TL_IMPORT_VMM },
	{ "KVM: entry failed, hardware error ", fail_entry, TL_IMPORT_VMM },
	{ "KVM: unknown exit, hardware reason ", unknown_exit, TL_IMPORT_VMM },
	{ "Assertion failed: (isv)", asserted, TL_IMPORT_VMM },
	{ "Assertion `isv' failed", asserted, TL_IMPORT_VMM },
	{ "load/store instruction decoding not implemented", no_syndrome, TL_IMPORT_HOST },
	{ "Data abort outside memslots with no valid syndrome info", no_syndrome, TL_IMPORT_HOST },
	{ "\" handler, esr ", handler, TL_IMPORT_GUEST },
	{ " exception (ESR ", handler, TL_IMPORT_GUEST },
	{ "Unable to handle kernel ", abort_at, TL_IMPORT_GUEST },
	{ "BUG: unable to handle ", is_x86, TL_IMPORT_GUEST },
	{ "general protection fault", is_x86, TL_IMPORT_GUEST },
	{ "invalid opcode: ", is_x86, TL_IMPORT_GUEST },
	{ "Internal error: ", internal, TL_IMPORT_GUEST },
	{ "Unhandled fault: ", unhandled, TL_IMPORT_GUEST },
	{ "data abort", NULL, TL_IMPORT_GUEST, true },
	{ "prefetch abort", NULL, TL_IMPORT_GUEST, true },
	{ "undefined instruction", NULL, TL_IMPORT_GUEST, true },
};

static void read_title(size_t i, const char *text, struct tl_import_facts *facts)
{
	const char *rest = tl_word_after(text, titles[i].text);

	if (!rest || (titles[i].whole && (rest != text + strlen(titles[i].text) || *rest)))
		return;
	if (facts->source == TL_IMPORT_NONE)
		facts->source = titles[i].source;
	facts->begins = facts->heads = facts->said = true;
	if (titles[i].read)
		titles[i].read(facts, rest);
}

// "SError Interrupt on CPU0, code 0x00000000bf000002 -- SError"
static void read_serror(const char *text, struct tl_import_facts *facts)
{
	const char *at = tl_word_after(text, "SError Interrupt on CPU");
	uint64_t cpu;

	at = at ? tl_word_dec(at, &cpu) : NULL;
	at = at ? tl_word_after(at, "code ") : NULL;
	if (!at || cpu > INT32_MAX)
		return;
	facts->source = TL_IMPORT_GUEST;
	facts->isa = TL_ISA_ARM64;
	facts->begins = facts->heads = facts->said = facts->has_cpu = true;
	facts->cpu = (unsigned)cpu;
	tl_fact_set_hex(facts, TL_FACT_ESR, at);
}

// "extra data[0]: 0x0000000000000002", "emulation failure"
static void read_data(const char *text, struct tl_import_facts *facts)
{
	const char *at = tl_word_is(text, "extra data[");
	struct tl_word_hex hex;
	uint64_t n;

	if (tl_word_is(text, "emulation failure")) {
		facts->said = facts->has_suberror = true;
		facts->suberror = 1;
	}
	at = at ? tl_word_dec(at, &n) : NULL;
	at = at ? tl_word_is(at, "]:") : NULL;
	if (!at || !tl_word_hex(tl_word_skip(at), &hex) || hex.overflow)
		return;
	facts->said = true;
	facts->n_data = 1;
	facts->data[0] = hex.value;
}

// "CPU: 1 PID: 42 Comm: swapper/0 Not tainted"
static void read_cpu(const char *text, struct tl_import_facts *facts)
{
	const char *at = tl_word_is(text, "CPU:");
	uint64_t cpu;

	at = at ? tl_word_dec(tl_word_skip(at), &cpu) : NULL;
	if (!at || cpu > INT32_MAX || !strstr(at, "PID:"))
		return;
	facts->said = facts->has_cpu = true;
	facts->cpu = (unsigned)cpu;
}

// "Flags: nzCv  IRQs off  FIQs off  Mode SVC_32 (T)": of the flags word no more than that is sure.
static void read_mode(const char *text, struct tl_import_facts *facts)
{
	static const struct {
		const char *name;
		enum tl_arm64_mode mode;
	} modes[] = { { "USER_32", TL_ARM32_USR }, { "FIQ_32", TL_ARM32_FIQ },
		{ "IRQ_32", TL_ARM32_IRQ }, { "SVC_32", TL_ARM32_SVC }, { "ABT_32", TL_ARM32_ABT },
		{ "UND_32", TL_ARM32_UND }, { "SYS_32", TL_ARM32_SYS } };
	const char *at = tl_word_is(text, "Flags:") ? tl_word_after(text, "Mode ") : NULL;

	for (size_t i = 0; at && i < sizeof(modes) / sizeof(*modes); i++) {
		if (!tl_word_is(at, modes[i].name))
			continue;
		tl_fact_set(facts, TL_FACT_MODE, modes[i].mode);
		facts->isa = TL_ISA_ARM32;
	}
}

void tl_import_read_title(const char *text, struct tl_import_facts *facts)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		read_title(i, text, facts);
	read_serror(text, facts);
	read_data(text, facts);
	read_cpu(text, facts);
	read_mode(text, facts);
}
