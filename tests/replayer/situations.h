/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_REPLAYER_SITUATIONS_H
#define TL_TESTS_REPLAYER_SITUATIONS_H

#include "replayer/answers.h"
#include "replayer/diagnosis.h"
#include "tests/replayer/imported.h"

#include <errno.h>

/*
 * Exits of small traces. The guest of arm64 has RAM at 0x40000000, read-only memory at 0xc000000 and,
 * but where a test says so, no translation; its one exit is number 9, so that others fit in before.
 */

#define PC    0x40080000
#define RAM   0x40000000
#define ROM   0xc000000
#define HOLE  0xa000000
#define EXIT  9
#define STR   0xb8004401 /* str w1, [x0], #4 */
#define LDR   0xb8404401 /* ldr w1, [x0], #4 */
#define PLAIN 0xb9000001 /* str w1, [x0] */
#define LDADD 0xf8220003 /* ldadd x2, x3, [x0] */
#define ZVA   0xd50b7420 /* dc zva, x0 */
#define IVAC  0xd5087620 /* dc ivac, x0 */
#define WRITE 0x40	 /* ESR.ISS: WnR */

static inline void add_slot_of(
	struct tl_writer *w, uint32_t slot, uint64_t gpa, uint64_t size, bool rom)
{
	const struct {
		uint32_t slot, flags;
		uint64_t gpa, size, host;
	} region = { slot, rom ? KVM_MEM_READONLY : 0, gpa, size, 0x7f0000000000 + gpa };
	const struct tl_record_input input = { .time = MS,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_SET_USER_MEMORY_REGION,
		.size = sizeof(region) };

	assert_ok(tl_writer_input(w, &input, &region));
}

static inline struct tl_writer *begin_trace(enum tl_arch_id arch, enum tl_abi abi, const char *vmm)
{
	struct tl_writer *w;

	unlink("a.trap");
	w = create("a.trap", arch);
	assert_ok(tl_writer_meta(w, "vmm", vmm));
	add_machine(w, abi, 1);
	add_slot_of(w, 0, RAM, 0x1000000, false);
	add_slot_of(w, 1, ROM, 0x10000, true);
	return w;
}

static inline struct tl_writer *begin_arm64(void)
{
	return begin_trace(TL_ARCH_ARM64, TL_ABI_MAINLINE, "myvmm");
}

static inline void add_read(struct tl_writer *w, tl_seq seq, uint64_t gpa, uint64_t value)
{
	add_mmio(w, seq, 0, (struct mmio){ .gpa = gpa, .size = 4 }, PC);
	add_reply(w, seq, 0, &value, 8);
}

/** EL1h, translation off, X0 as given. */
static inline struct tl_regs arm64_regs(uint64_t x0)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_x0, x0);
	tl_regs_set(&regs, TL_ARM64_x1, 0x11);
	tl_regs_set(&regs, TL_ARM64_x2, 0x22);
	tl_regs_set(&regs, TL_ARM64_pc, PC);
	tl_regs_set(&regs, TL_ARM64_pstate, 0x3c5);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, 0);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, 0);
	tl_regs_set(&regs, TL_ARM64_vbar_el1, 0x40001000);
	return regs;
}

/** Exit 9, with `words` at PC, the second of them when there are two: the first stands before PC. */
static inline void add_last(struct tl_writer *w, struct tl_exit e, enum tl_arch_id arch,
	enum tl_abi abi, const struct tl_regs *regs, const void *code, unsigned size,
	unsigned before)
{
	uint64_t pc;

	e.code = code;
	e.code_size = (uint16_t)size;
	e.code_before = (uint16_t)before;
	if (regs && tl_arch_by_id(arch)->fetch_address(regs, &pc)) {
		e.pc = pc;
		e.has |= TL_EXIT_HAS_PC;
	}
	add_exit(w, e, arch, abi, regs);
}

static inline void add_arm64(
	struct tl_writer *w, struct tl_exit e, const struct tl_regs *regs, uint32_t word)
{
	add_last(w, e, TL_ARCH_ARM64, TL_ABI_MAINLINE, regs, word ? &word : NULL, word ? 4 : 0, 0);
}

static inline void add_nisv_of(
	struct tl_writer *w, uint64_t gpa, uint64_t iss, const struct tl_regs *regs, uint32_t word)
{
	const uint64_t nisv[2] = { iss, gpa };

	add_arm64(w, exit_of(EXIT, 0, KVM_EXIT_ARM_NISV, nisv, sizeof(nisv)), regs, word);
}

/** One NISV by that instruction, through X0, at that address, as a CPU would tell it. */
static inline void add_nisv(struct tl_writer *w, uint64_t gpa, uint32_t word)
{
	const struct tl_regs regs = arm64_regs(gpa);
	const bool is_read = word == LDR;

	add_nisv_of(w, gpa, is_read ? 5 : WRITE | 5, &regs, word);
}

/** What is at hand of one exit. */
struct hand {
	struct tl_trace *trace;
	struct tl_situation situation;
	struct tl_diagnosis diagnosis;
	struct tl_tried tried;
};

static inline struct hand *look_at(struct tl_trace *trace, tl_seq seq)
{
	static struct hand hand;

	hand.trace = trace;
	assert_ok(tl_situation_open(trace, seq, &hand.situation));
	return &hand;
}

static inline struct hand *finish_and_look(struct tl_writer *w)
{
	assert_ok(tl_writer_finish(w));
	return look_at(open_trace("a.trap"), EXIT);
}

/** The exit of an imported text of arm64. */
static inline struct hand *import_and_look(const char *text)
{
	struct tl_error *err;
	struct tl_trace *trace;
	tl_seq seq;

	import_bytes(text, strlen(text), &tl_arch_arm64, &err);
	assert_ok(err);
	trace = open_trace("out.trap");
	assert_ok(tl_situation_last(trace, &seq));
	return look_at(trace, seq);
}

static inline void put_away(struct hand *hand)
{
	tl_situation_deinit(&hand->situation);
	tl_trace_close(hand->trace);
	unlink("a.trap");
	unlink("out.trap");
}

/** "NAME WEIGHT: what", then "- evidence", a line each; "? what is missing". */
static inline const char *causes_of(struct hand *hand)
{
	static char text[8192];
	const struct tl_diagnosis *d = &hand->diagnosis;

	*text = 0;
	assert_ok(tl_diagnose(&hand->situation, NULL, 0, &hand->diagnosis));
	for (unsigned i = 0; i < d->n_causes; i++) {
		append(text, sizeof(text), "%s %u: %s\n", d->cause[i].name, d->cause[i].weight,
			d->cause[i].what);
		for (unsigned k = 0; k < d->cause[i].n_evidence; k++)
			append(text, sizeof(text), "- %s\n", d->cause[i].evidence[k]);
	}
	for (unsigned i = 0; i < d->n_missing; i++)
		append(text, sizeof(text), "? %s\n", d->missing[i]);
	return text;
}

/** "GUEST | VMM" of the cause of that name, after causes_of(); "-" for none. */
static inline const char *advice_of(const struct hand *hand, const char *name)
{
	const struct tl_diagnosis *d = &hand->diagnosis;
	static char text[1024];

	snprintf(text, sizeof(text), "no cause %s", name);
	for (unsigned i = 0; i < d->n_causes; i++)
		if (!strcmp(d->cause[i].name, name))
			snprintf(text, sizeof(text), "%s | %s",
				d->cause[i].guest ? d->cause[i].guest : "-",
				d->cause[i].vmm ? d->cause[i].vmm : "-");
	return text;
}

#endif
