/* SPDX-License-Identifier: MIT */
// labels: kvm arm64
//
// The CPU as a witness of walk, attributes and judgement: a guest asks it by AT instructions about
// random tables, and branches to addresses in them.
#include "tests/arch/random_aarch64.h"

#define SCTLR_RES1 UINT64_C(0x30500980)
#define SCTLR_MCI  UINT64_C(0x1005)
#define MASKED	   UINT64_C(0x3c0) // D, A, I, F
#define CODE_AT	   (RAM + 0x800)

// ID_AA64MMFR0_EL1, ID_AA64MMFR2_EL1
#define MMFR0 UINT64_C(0x603000000013c038)
#define MMFR2 UINT64_C(0x603000000013c03a)

// x0: the question; x1: how many; x7: PSTATE.PAN; x8: where a write ends the run.
__asm__(".pushsection .rodata\n"
	".arch armv8.2-a\n"
	".globl asking_code, asking_code_end\n"
	".balign 8\n"
	"asking_code:\n"
	"	.org asking_code + 0x200\n" // an exception at EL1
	"	b	caught\n"
	"	.org asking_code + 0x400\n" // one from EL0
	"	b	caught\n"
	"	.org asking_code + 0x800\n"
	"	tlbi	vmalle1\n"
	"	dsb	nsh\n"
	"	isb\n"
	"next:	ldp	x2, x3, [x0]\n"
	"	adr	x4, kinds\n"
	"	add	x4, x4, x3, lsl #3\n"
	"	br	x4\n"
	"kinds:	at	s1e1r, x2\n"
	"	b	asked\n"
	"	at	s1e1w, x2\n"
	"	b	asked\n"
	"	at	s1e0r, x2\n"
	"	b	asked\n"
	"	at	s1e0w, x2\n"
	"	b	asked\n"
	"	at	s1e1rp, x2\n"
	"	b	asked\n"
	"	at	s1e1wp, x2\n"
	"	b	asked\n"
	"	mov	x6, #0x3c5\n" // EL1h
	"	b	fetch\n"
	"	mov	x6, #0x3c0\n" // EL0t
	"fetch:	orr	x6, x6, x7\n"
	"	msr	spsr_el1, x6\n"
	"	msr	elr_el1, x2\n"
	"	eret\n"
	"caught: mrs	x5, esr_el1\n"
	"	b	answer\n"
	"asked:	isb\n"
	"	mrs	x5, par_el1\n"
	"answer: str	x5, [x0, #16]\n"
	"	add	x0, x0, #24\n"
	"	subs	x1, x1, #1\n"
	"	b.ne	next\n"
	"	str	xzr, [x8]\n"
	"	b	.\n"
	"asking_code_end:\n"
	".popsection\n");
extern const char asking_code[], asking_code_end[];

static struct asking asking;
static struct cpu cpu;

static void read_cpu(void)
{
	uint64_t mmfr0 = asking_register(&asking, MMFR0);

	cpu.pa_bits = address_sizes[(mmfr0 & 0xf) < 7 ? mmfr0 & 0xf : 6];
	cpu.lpa2_4k = (mmfr0 >> 28 & 0xf) == 1;
	cpu.has_16k = (mmfr0 >> 20 & 0xf) != 0;
	cpu.lpa2_16k = (mmfr0 >> 20 & 0xf) == 2;
	cpu.has_64k = (mmfr0 >> 24 & 0xf) == 0;
	cpu.e0pd = asking_register(&asking, MMFR2) >> 60;
	printf("note: %u bits of address,%s%s%s%s%s\n", cpu.pa_bits, cpu.has_16k ? " 16K" : "",
		cpu.has_64k ? " 64K" : "", cpu.lpa2_4k ? " LPA2 (4K)" : "",
		cpu.lpa2_16k ? " LPA2 (16K)" : "", cpu.e0pd ? " E0PD" : "");
}

static int open_asking(void **state)
{
	asking.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	assert_true(asking.kvm >= 0);
	asking_open(&asking, 0, asking_code, (size_t)(asking_code_end - asking_code));
	random_start();
	read_cpu();
	return 0;
}

static int close_asking(void **state)
{
	asking_close(&asking);
	return close(asking.kvm);
}

// The registers of a round; those that the guest needs beside them are set on the way.
static struct tl_regs load(const struct form *f)
{
	struct tl_regs regs = { 0 };
	uint64_t sctlr = SCTLR_RES1 | SCTLR_MCI | SCTLR_SPAN, high = f->upper ? 0 : ~LOW(39);
	uint64_t pan = one_in(2) ? PAN : 0;

	sctlr |= (asking.big_endian ? SCTLR_EE : 0) | (one_in(3) ? SCTLR_WXN : 0);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, sctlr);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, random_tcr(f, cpu.e0pd));
	tl_regs_set(&regs, f->upper ? TL_ARM64_ttbr1_el1 : TL_ARM64_ttbr0_el1, random_ttbr(f));
	tl_regs_set(&regs, f->upper ? TL_ARM64_ttbr0_el1 : TL_ARM64_ttbr1_el1, OWN);
	tl_regs_set(&regs, TL_ARM64_mair_el1, MAIR);
	tl_regs_set(&regs, TL_ARM64_pstate, TL_ARM64_EL1H | MASKED | pan);
	tl_regs_set(&regs, TL_ARM64_vbar_el1, high | RAM);
	tl_regs_set(&regs, TL_ARM64_pc, high | CODE_AT);
	tl_regs_set(&regs, TL_ARM64_x0, high | QUESTIONS);
	tl_regs_set(&regs, TL_ARM64_x1, MOST);
	tl_regs_set(&regs, TL_ARM64_x7, pan);
	tl_regs_set(&regs, TL_ARM64_x8, high | END);
	asking_load(&asking, &regs);
	return regs;
}

// ESR_EL1: an SVC, or an instruction abort with its IFSC.
static uint64_t expected_esr(const struct tl_judgement *judgement, bool user)
{
	if (judgement->verdict == TL_VERDICT_OK)
		return 0x15;
	return (user ? 0x20 : 0x21) | (uint64_t)judgement->code << 8;
}

static uint64_t esr_fields(uint64_t esr)
{
	uint64_t class = esr >> 26 & 0x3f;

	return class == 0x15 ? class : class | (esr & 0x3f) << 8;
}

// True: the CPU says what we say.
static bool agrees(const struct tl_regs *regs, tl_gva va, enum kind kind, uint64_t answer)
{
	const struct view view = asking_view(&asking, regs, va, kind);
	uint64_t ours, theirs;

	if (kind < FETCH) {
		ours = asking_par(&view);
		theirs = asking_par_fields(answer, 52, ours);
	} else {
		ours = expected_esr(&view.judgement, kind == USER_FETCH);
		theirs = esr_fields(answer);
	}
	if (ours != theirs)
		asking_show_both(regs, &view, kind, ours, theirs, answer);
	return ours == theirs;
}

static void ask(const struct form *f, unsigned first_kind, unsigned n_kinds)
{
	struct tl_regs regs = load(f);
	unsigned kind[MOST], wrong = 0;
	tl_gva va[MOST];

	fill(&asking, f);
	for (unsigned i = 0; i < MOST; i++) {
		kind[i] = first_kind + below(n_kinds);
		do
			va[i] = random_address(f);
		while (kind[i] >= FETCH && asking_leads_astray(&asking, &regs, va[i]));
		asking_question(&asking, i, va[i], kind[i]);
	}
	asking_run(&asking);
	for (unsigned i = 0; i < MOST && wrong < 5; i++)
		wrong += !agrees(&regs, va[i], (enum kind)kind[i], asking_answer(&asking, i));
	if (wrong)
		fail_msg("granule %u, %u bits, output %u bits, LPA2 %d", f->granule, f->va_bits,
			f->address_bits, f->ds);
}

static void at_instructions_see_what_we_see(void **state)
{
	for (unsigned round = random_rounds(60); round; round--) {
		struct form form = random_form(&cpu);

		ask(&form, READ, FETCH);
	}
	asking_report(&asking, "AT");
}

static void at_instructions_see_what_we_see_in_big_endian_tables(void **state)
{
	asking.big_endian = true;
	for (unsigned round = random_rounds(10); round; round--) {
		struct form form = random_form(&cpu);

		ask(&form, READ, FETCH);
	}
	asking.big_endian = false;
	asking_report(&asking, "AT, big-endian");
}

static void fetches_end_as_we_judge(void **state)
{
	for (unsigned round = random_rounds(10); round; round--) {
		struct form form = random_form(&cpu);

		form.fetch = true;
		ask(&form, FETCH, 2);
	}
	asking_report(&asking, "fetches");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_instructions_see_what_we_see),
		cmocka_unit_test(at_instructions_see_what_we_see_in_big_endian_tables),
		cmocka_unit_test(fetches_end_as_we_judge),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_asking, close_asking);
}
