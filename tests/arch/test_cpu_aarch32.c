/* SPDX-License-Identifier: MIT */
// labels: kvm arm64
//
// The CPU as a witness of what translates for AArch32: a 32-bit guest asks it by ATS1C* operations
// about random tables of short and long descriptors, and branches to addresses in them.
#include "tests/arch/asking_arm64.h"

#define SCTLR_RES1 UINT64_C(0x00c50818)
#define SCTLR_MCI  UINT64_C(0x1005)
#define SVC_MODE   (TL_ARM32_SVC | 0xc0)
#define CODE_AT	   (RAM + 0x18)
#define SVC_A32	   0xef000000
#define OWN_GIB	   1 // the guest's own code is in this GiB of addresses

// Of A32, which is not what this program is compiled to. r0: the question; r1: how many; r7: CPSR.PAN;
// r8: where a write ends the run.
static const uint32_t asking_code[] = {
	// clang-format off
	0xeafffffe, //  0 reset: b 0
	0xeafffffe, //  4 undefined: b 4
	0xea00001b, //  8 svc: b 7c
	0xea00001c, //  c prefetch abort: b 84
	0xeafffffe, // 10 data abort: b 10
	0xeafffffe, // 14 b 14
	0xee080f17, // 18 TLBIALL: mcr p15, 0, r0, c8, c7, 0
	0xf57ff04f, // 1c dsb sy
	0xf57ff06f, // 20 isb sy
	0xe5902000, // 24 next: ldr r2, [r0]
	0xe5903008, // 28 ldr r3, [r0, #8]
	0xe08ff183, // 2c add pc, pc, r3, lsl #3
	0xe320f000, // 30 nop
	0xee072f18, // 34 ATS1CPR: mcr p15, 0, r2, c7, c8, 0
	0xea000014, // 38 b 90
	0xee072f38, // 3c ATS1CPW: mcr p15, 0, r2, c7, c8, 1
	0xea000012, // 40 b 90
	0xee072f58, // 44 ATS1CUR: mcr p15, 0, r2, c7, c8, 2
	0xea000010, // 48 b 90
	0xee072f78, // 4c ATS1CUW: mcr p15, 0, r2, c7, c8, 3
	0xea00000e, // 50 b 90
	0xee072f19, // 54 ATS1CPRP: mcr p15, 0, r2, c7, c9, 0
	0xea00000c, // 58 b 90
	0xee072f39, // 5c ATS1CPWP: mcr p15, 0, r2, c7, c9, 1
	0xea00000a, // 60 b 90
	0xe3a090d3, // 64 SVC mode: mov r9, #0xd3
	0xea000000, // 68 b 70
	0xe3a090d0, // 6c USR mode: mov r9, #0xd0
	0xe1899007, // 70 fetch: orr r9, r9, r7
	0xe16ff009, // 74 msr spsr_fsxc, r9
	0xe1b0f002, // 78 movs pc, r2
	0xe3a04000, // 7c right: mov r4, #0
	0xea000004, // 80 b 98
	0xee154f30, // 84 abort: mrc p15, 0, r4, c5, c0, 1
	0xe3844102, // 88 orr r4, r4, #0x80000000
	0xea000001, // 8c b 98
	0xf57ff06f, // 90 asked: isb sy
	0xec554f07, // 94 mrrc p15, 0, r4, r5, c7
	0xe1c041f0, // 98 store: strd r4, [r0, #16]
	0xe2800018, // 9c add r0, r0, #24
	0xe2511001, // a0 subs r1, r1, #1
	0x1affffde, // a4 bne 24
	0xe5881000, // a8 str r1, [r8]
	0xeafffffe, // ac b ac
	// clang-format on
};

static struct asking asking;
static bool fetching; // every leaf shows the targets

static int open_asking(void **state)
{
	asking.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	assert_true(asking.kvm >= 0);
	random_start();
	if (ioctl(asking.kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT) <= 0)
		return 0;
	asking_open(&asking, 1 << KVM_ARM_VCPU_EL1_32BIT, asking_code, sizeof(asking_code));
	for (tl_gpa gpa = TARGETS; gpa < RAM + RAM_SIZE; gpa += 4)
		asking_put_word(&asking, gpa, SVC_A32);
	return 0;
}

static int close_asking(void **state)
{
	if (asking.ram)
		asking_close(&asking);
	return close(asking.kvm);
}

static bool no_aarch32(void)
{
	if (!asking.ram)
		printf("note: not compared: this KVM has no AArch32 at EL1\n");
	return !asking.ram;
}

/*
 * Short descriptors: tables of the first level at TABLES, those of the second level above.
 */
#define FIRSTS	4
#define SECONDS 32

static tl_gpa first_table(unsigned n)
{
	return TABLES + n * UINT64_C(0x4000);
}

static tl_gpa second_table(unsigned n)
{
	return TABLES + FIRSTS * UINT64_C(0x4000) + n * UINT64_C(0x400);
}

static uint32_t random_base(unsigned shift)
{
	uint64_t base = any();

	if (fetching)
		base = shift > 23 ? RAM : TARGETS + (any() & 0x7fffff);
	return (uint32_t)(base & ~LOW(shift));
}

// Targets are Normal memory: TEX 1, C, B; with TRE that is index 7.
static uint32_t random_section(void)
{
	uint32_t flags = (uint32_t)any() & (fetching ? 0x38df1 : 0x3fdfd);

	return random_base(20) | flags | 2 | (fetching ? 0x100c : 0);
}

static uint32_t random_supersection(void)
{
	uint32_t flags = (uint32_t)any() & (fetching ? 0x38c11 : 0xf3fdfd);

	return random_base(24) | flags | BIT(18) | 2 | (fetching ? 0x100c : 0);
}

static uint32_t random_first(void)
{
	if (one_in(12))
		return (uint32_t)any() & ~3u;
	if (one_in(3))
		return random_section();
	return (uint32_t)second_table(below(SECONDS)) | ((uint32_t)any() & 0x1e4) | 1;
}

static uint32_t random_large(void)
{
	uint32_t flags = (uint32_t)any() & (fetching ? 0x8e30 : 0xfe3c);

	return random_base(16) | flags | 1 | (fetching ? 0x100c : 0);
}

static uint32_t random_second(void)
{
	uint32_t flags = (uint32_t)any() & (fetching ? 0xe31 : 0xffd);

	return one_in(12) ? (uint32_t)any() & ~3u
			  : random_base(12) | flags | 2 | (fetching ? 0x4c : 0);
}

// Supersections and large pages are 16 entries alike.
static void fill_words(tl_gpa table, unsigned n, uint32_t (*one)(void), uint32_t (*sixteen)(void))
{
	for (unsigned i = 0; i < n; i += 16) {
		bool large = one_in(6);
		uint32_t entry = sixteen();

		for (unsigned j = 0; j < 16; j++)
			asking_put_word(&asking, table + 4 * (i + j), large ? entry : one());
	}
}

// Sections of domain 15, write-back: code is read-only, the rest is not executed.
static void put_own_sections(tl_gpa table)
{
	uint32_t section = 15 << 5 | 1 << 10 | 0x100c | 2;

	for (unsigned i = 0; i < 16; i++)
		asking_put_word(&asking, table + 4 * (0x400 + i), 0);
	asking_put_word(&asking, table + 4 * 0x400, (uint32_t)RAM | section | 1 << 15);
	asking_put_word(&asking, table + 4 * 0x402, (uint32_t)QUESTIONS | section | 1 << 4);
	asking_put_word(&asking, table + 4 * 0x404, (uint32_t)NOTHING | section | 1 << 4);
}

static void fill_short(void)
{
	for (unsigned n = 0; n < FIRSTS; n++) {
		fill_words(first_table(n), 4096, random_first, random_supersection);
		put_own_sections(first_table(n));
	}
	for (unsigned n = 0; n < SECONDS; n++)
		fill_words(second_table(n), 256, random_second, random_large);
}

// Domains without access, clients and managers; 15 is a client. QEMU lets managers use pages whose
// access flag is clear, so that there are none with SCTLR.AFE.
static uint64_t random_dacr(bool afe)
{
	static const uint8_t access[] = { 0, 1, 1, 1, 1, 3 };
	uint64_t dacr = 1 << 30;

	for (unsigned i = 0; i < 15; i++)
		dacr |= (uint64_t)access[below(6)] << 2 * i;
	return afe ? dacr & 0x55555555 : dacr;
}

// PD0 is for tables that the guest's own code does not need.
static uint64_t random_ttbcr(void)
{
	unsigned n = below(8);

	return n | (n >= 2 && one_in(8) ? BIT(4) : 0);
}

/*
 * Long descriptors: tables of 4 KiB.
 */
#define POOL 8

static tl_gpa long_table(int level, unsigned n)
{
	return TABLES + ((unsigned)level * POOL + n) * UINT64_C(0x1000);
}

// AArch32 has 40 bits of address; more fault.
static uint64_t oversized(uint64_t entry)
{
	return one_in(20) ? entry | BIT(40 + below(8)) : entry;
}

static uint64_t random_long_leaf(int level)
{
	static const uint8_t shareabilities[] = { 0, 2, 3 };
	unsigned shift = 39 - 9 * (unsigned)level;
	uint64_t address = any() & LOW(40) & ~LOW(shift);
	uint64_t flags = any() & (7 << 2 | 3 << 6 | BIT(11) | BIT(51) | BIT(53) | BIT(54));

	if (fetching) {
		address = shift > 23 ? RAM : (TARGETS + (any() & 0x7fffff)) & ~LOW(shift);
		flags |= 7 << 2;
	}
	flags |= (uint64_t)shareabilities[below(3)] << 8 | (one_in(6) ? 0 : BIT(10));
	return address | flags | (level == 3 ? 3 : 1);
}

static uint64_t random_long(int level)
{
	uint64_t limits = one_in(3) ? (any() & 0xf) << 59 : 0;

	if (one_in(12))
		return any() & ~UINT64_C(1);
	if (level == 3 && one_in(24)) // reserved
		return any() & ~UINT64_C(2);
	if (level == 3 || one_in(3))
		return oversized(random_long_leaf(level));
	return oversized(long_table(level + 1, below(POOL)) | limits | 3);
}

// A GiB with a table of its own: 2 MiB blocks, write-back.
static void put_own_blocks(void)
{
	uint64_t block = BIT(10) | 7 << 2 | 1;

	for (unsigned n = 0; n < POOL; n++)
		asking_put(&asking, long_table(1, n) + 8 * OWN_GIB, OWN | 3);
	asking_put(&asking, OWN, RAM | BIT(7) | block);
	asking_put(&asking, OWN + 8, QUESTIONS | BIT(54) | block);
	asking_put(&asking, OWN + 16, NOTHING | BIT(54) | block);
}

static void fill_long(void)
{
	for (int level = 1; level <= 3; level++) {
		for (unsigned i = 0; i < POOL * 512; i++)
			asking_put(&asking, long_table(level, 0) + 8 * i, random_long(level));
	}
	put_own_blocks();
}

// T0SZ and T1SZ, of which the guest's GiB is in a range that starts at level 1.
static uint64_t random_long_ttbcr(void)
{
	static const uint8_t sizes[][2] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 }, { 7, 0 },
		{ 0, 1 }, { 0, 2 }, { 0, 5 } };
	const uint8_t *size = sizes[below(8)];
	uint64_t ttbcr = TTBCR_EAE | size[0] | (uint64_t)size[1] << 16;

	if (size[0] > 1 && one_in(8))
		ttbcr |= BIT(7); // EPD0
	if (size[1] && one_in(8))
		ttbcr |= BIT(23); // EPD1
	return ttbcr | (one_in(2) ? TTBCR_T2E : 0) | (any() & (BIT(41) | BIT(42)));
}

static uint64_t long_ttbr(unsigned size)
{
	return long_table(size > 1 ? 2 : 1, below(POOL)) | (any() & 0xff) << 48;
}

static struct tl_regs load(bool is_long)
{
	uint64_t ttbcr = is_long ? random_long_ttbcr() : random_ttbcr();
	uint64_t sctlr = SCTLR_RES1 | SCTLR_MCI | SCTLR_SPAN, pan = 0;
	struct tl_regs regs = { 0 };

	if (!fetching && one_in(2)) // QEMU lets PAN refuse fetches too
		pan = PAN;
	// QEMU has WXN and UWXN with long descriptors only.
	if (is_long)
		sctlr |= (one_in(3) ? SCTLR_WXN : 0) | (one_in(3) ? SCTLR_UWXN : 0);
	else
		sctlr |= one_in(2) ? SCTLR_AFE : 0;
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, sctlr);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, ttbcr);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1,
		is_long ? long_ttbr(ttbcr & 7) : first_table(below(FIRSTS)));
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1,
		is_long ? long_ttbr(ttbcr >> 16 & 7) : first_table(below(FIRSTS)));
	tl_regs_set(&regs, TL_ARM64_dacr32_el2, random_dacr(sctlr & SCTLR_AFE));
	tl_regs_set(&regs, TL_ARM64_mair_el1, MAIR);
	tl_regs_set(&regs, TL_ARM64_pstate, SVC_MODE | pan);
	tl_regs_set(&regs, TL_ARM64_vbar_el1, RAM);
	tl_regs_set(&regs, TL_ARM64_pc, CODE_AT);
	tl_regs_set(&regs, TL_ARM64_x0, QUESTIONS);
	tl_regs_set(&regs, TL_ARM64_x1, MOST);
	tl_regs_set(&regs, TL_ARM64_x7, pan);
	tl_regs_set(&regs, TL_ARM64_x8, END);
	asking_load(&asking, &regs);
	return regs;
}

// PAR with short descriptors: FST 5:1; SS 1 says supersection. Its attributes are not compared: QEMU
// 7.2 gives none.
static uint64_t expected_short_par(const struct view *view)
{
	const struct tl_walk *walk = &view->walk;

	if (view->judgement.verdict != TL_VERDICT_OK)
		return asking_fault(view);
	if (walk->page_size == BIT(24))
		return (walk->gpa & 0xff000000) | 2;
	return walk->gpa & 0xfffff000;
}

static uint64_t short_par_fields(uint64_t par)
{
	return par & (par & 1 ? 0x3f : par & 2 ? 0xff000002 : 0xfffff000);
}

// IFSR: FS 10, 3:0; with long descriptors STATUS 5:0. The guest sets bit 31.
static uint64_t ifsr_fields(uint64_t ifsr, bool is_long)
{
	uint64_t code = is_long ? ifsr & 0x3f : (ifsr & 0xf) | (ifsr >> 10 & 1) << 4;

	return ifsr >> 31 ? code << 1 | 1 : 0;
}

// With short descriptors QEMU looks at the domain before it reads the second level, and at domain and
// XN before it looks at the access flag; the Arm ARM (G5.11) has them the other way round.
static bool out_of_order(const struct tl_regs *regs, const struct view *view, uint64_t theirs)
{
	const struct tl_walk *walk = &view->walk;
	bool has_domain = walk->n_steps && walk->page_size != BIT(24); // a supersection's is 0
	unsigned domain = has_domain ? walk->step[0].entry >> 5 & 0xf : 0;
	bool refused = !(regs->word[TL_ARM64_dacr32_el2] >> 2 * domain & 1);
	bool flag = view->judgement.verdict == TL_VERDICT_ACCESS_FLAG;

	if (!view->attributes.short_form)
		return false;
	if (fetching && flag && (theirs == (0x0d << 1 | 1) || theirs == (0x0f << 1 | 1)))
		return true;
	return refused && (theirs == (0x09 << 1 | 1) || theirs == (0x0b << 1 | 1));
}

static bool agrees(const struct tl_regs *regs, tl_gva va, enum kind kind, uint64_t answer)
{
	const struct view view = asking_view(&asking, regs, va, kind);
	const bool is_short = view.attributes.short_form;
	uint64_t ours, theirs;

	if (kind >= FETCH) {
		ours = asking_fault(&view);
		theirs = ifsr_fields((uint32_t)answer, !is_short);
	} else if (is_short) {
		ours = expected_short_par(&view);
		theirs = short_par_fields(answer);
	} else {
		ours = asking_par(&view);
		theirs = asking_par_fields(answer, 40, ours);
	}
	if (ours == theirs || out_of_order(regs, &view, theirs))
		return true;
	asking_show_both(regs, &view, kind, ours, theirs, answer);
	return false;
}

static tl_gva random_address(void)
{
	tl_gva va = any() & 0xffffffff;

	return fetching ? (va & 0xc0fffffc) | 0x800000 : va;
}

static void ask(bool is_long, unsigned first_kind, unsigned n_kinds)
{
	unsigned kind[MOST], wrong = 0;
	struct tl_regs regs;
	tl_gva va[MOST];

	fetching = first_kind >= FETCH;
	regs = load(is_long);
	if (is_long)
		fill_long();
	else
		fill_short();
	for (unsigned i = 0; i < MOST; i++) {
		kind[i] = first_kind + below(n_kinds);
		do
			va[i] = random_address();
		while (fetching && asking_leads_astray(&asking, &regs, va[i]));
		asking_question(&asking, i, va[i], kind[i]);
	}
	asking_run(&asking);
	for (unsigned i = 0; i < MOST && wrong < 5; i++)
		wrong += !agrees(&regs, va[i], (enum kind)kind[i], asking_answer(&asking, i));
	if (wrong)
		fail_msg("the CPU says something else");
}

static void short_descriptors_are_as_the_cpu_sees_them(void **state)
{
	if (no_aarch32())
		return;
	for (unsigned round = random_rounds(20); round; round--)
		ask(false, READ, FETCH);
	asking_report(&asking, "short descriptors");
}

static void fetches_by_short_descriptors_end_as_we_judge(void **state)
{
	if (no_aarch32())
		return;
	for (unsigned round = random_rounds(10); round; round--)
		ask(false, FETCH, 2);
	asking_report(&asking, "short descriptors, fetches");
}

static void long_descriptors_are_as_the_cpu_sees_them(void **state)
{
	if (no_aarch32())
		return;
	for (unsigned round = random_rounds(20); round; round--)
		ask(true, READ, FETCH);
	asking_report(&asking, "long descriptors");
}

static void fetches_by_long_descriptors_end_as_we_judge(void **state)
{
	if (no_aarch32())
		return;
	for (unsigned round = random_rounds(10); round; round--)
		ask(true, FETCH, 2);
	asking_report(&asking, "long descriptors, fetches");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_descriptors_are_as_the_cpu_sees_them),
		cmocka_unit_test(fetches_by_short_descriptors_end_as_we_judge),
		cmocka_unit_test(long_descriptors_are_as_the_cpu_sees_them),
		cmocka_unit_test(fetches_by_long_descriptors_end_as_we_judge),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_asking, close_asking);
}
