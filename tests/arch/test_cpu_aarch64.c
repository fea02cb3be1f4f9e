/* SPDX-License-Identifier: MIT */
// labels: kvm arm64
//
// The CPU as a witness of walk, attributes and judgement: a guest asks it by AT instructions about
// random tables, and branches to addresses in them.
#include "tests/arch/asking_arm64.h"

#define POOL	  4 // tables of a level
#define TABLE_MAX UINT64_C(0x10000)
#define BIT(n)	  (UINT64_C(1) << (n))
#define LOW(n)	  (BIT(n) - 1)

#define SCTLR_RES1 UINT64_C(0x30500980) // and SPAN: exceptions leave PSTATE.PAN
#define SCTLR_MCI  UINT64_C(0x1005)
#define SCTLR_SPAN BIT(23)
#define SCTLR_EE   BIT(25)
#define SCTLR_WXN  BIT(19)

// Non-cacheable, Device of two kinds, write-through, write-back.
#define MAIR UINT64_C(0xff4f4044aa0c0400)

#define PAN	BIT(22)
#define MASKED	UINT64_C(0x3c0) // D, A, I, F
#define CODE_AT (RAM + 0x800)

// ID_AA64MMFR0_EL1, ID_AA64MMFR2_EL1
#define MMFR0 UINT64_C(0x603000000013c038)
#define MMFR2 UINT64_C(0x603000000013c03a)

enum kind { S1E1R, S1E1W, S1E0R, S1E0W, S1E1RP, S1E1WP, FETCH_EL1, FETCH_EL0, KINDS };

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

// A random way of translating one range; the other one is the guest's own.
struct form {
	bool upper;
	unsigned granule; // log2 bytes
	unsigned va_bits;
	bool ds, bits52;
	unsigned address_bits; // of an output, TCR_EL1.IPS
	bool tagged;
	bool fetch; // every leaf shows the targets
};

struct cpu {
	unsigned pa_bits;
	bool lpa2_4k, lpa2_16k, has_16k, has_64k, e0pd;
};

static struct asking asking;
static struct cpu cpu;

static unsigned ips(unsigned address_bits)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned n = 0;

	while (bits[n] != address_bits)
		n++;
	return n;
}

static void read_cpu(void)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	uint64_t mmfr0 = asking_register(&asking, MMFR0);

	cpu.pa_bits = bits[(mmfr0 & 0xf) < 7 ? mmfr0 & 0xf : 6];
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

static unsigned pick(const uint8_t *of, unsigned n, unsigned most)
{
	unsigned value;

	do
		value = of[below(n)];
	while (value > most);
	return value;
}

static struct form random_form(void)
{
	static const uint8_t granules[] = { 12, 14, 16 }, bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	struct form f = { .upper = one_in(2), .tagged = one_in(2), .granule = granules[below(3)] };
	unsigned least = f.granule == 16 ? 17 : 16, most = 48;

	if ((f.granule == 14 && !cpu.has_16k) || (f.granule == 16 && !cpu.has_64k))
		f.granule = 12;
	f.address_bits = pick(bits, 7, cpu.pa_bits);
	f.ds = f.address_bits == 52 && f.granule != 16 &&
	       (f.granule == 12 ? cpu.lpa2_4k : cpu.lpa2_16k) && one_in(2);
	f.bits52 = f.ds || (f.granule == 16 && f.address_bits == 52);
	if (f.bits52)
		most = 52;
	f.va_bits = one_in(3) ? most : least + below(most - least + 1);
	if (f.va_bits < 20)
		f.va_bits = 25;
	return f;
}

static unsigned stride(const struct form *f)
{
	return f->granule - 3;
}

static int first_level(const struct form *f)
{
	return 4 - (int)((f->va_bits - f->granule + stride(f) - 1) / stride(f));
}

static unsigned level_shift(const struct form *f, int level)
{
	return f->granule + (unsigned)(3 - level) * stride(f);
}

static int block_level(const struct form *f)
{
	return (f->granule == 12 ? 1 : 2) - f->bits52;
}

static tl_gpa table(int level, unsigned n)
{
	return TABLES + ((unsigned)(level + 1) * POOL + n) * TABLE_MAX;
}

// An address as a descriptor has it.
static uint64_t encoded(const struct form *f, tl_gpa address)
{
	if (f->ds)
		return (address & LOW(50)) | (address >> 50 & 3) << 8;
	if (f->granule == 16)
		return (address & LOW(48)) | (address >> 48 & 0xf) << 12;
	return address & LOW(48);
}

// A bit too many, where there is one.
static tl_gpa oversized(const struct form *f, tl_gpa address)
{
	unsigned most = f->granule == 16 || f->ds ? f->address_bits : 48;

	return f->address_bits < most
		       ? address | BIT(f->address_bits + below(most - f->address_bits))
		       : address;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static tl_gpa random_output(const struct form *f, unsigned shift)
{
	unsigned bits = f->bits52 ? f->address_bits : smaller(f->address_bits, 48);
	tl_gpa address = any() & LOW(bits);

	if (f->fetch)
		address = shift > 23 ? RAM : TARGETS + (any() & 0x7fffff);
	else if (one_in(12))
		address = oversized(f, address);
	return address & ~LOW(shift);
}

// AttrIndx, AP, AF, nG, DBM, PXN, UXN; SH, which 1 is reserved in, where it is no address.
static uint64_t random_attributes(const struct form *f)
{
	static const uint8_t shareabilities[] = { 0, 2, 3 };
	uint64_t bits = any() & (7 << 2 | 3 << 6 | BIT(11) | BIT(51) | BIT(53) | BIT(54));

	// What is executed is Normal memory. A page that is clean is writable to all checks, but QEMU
	// leaves its code to those that may not write.
	if (f->fetch)
		bits = (bits | 7 << 2) & ~BIT(51);
	if (!f->ds)
		bits |= (uint64_t)shareabilities[below(3)] << 8;
	return bits | (one_in(6) ? 0 : BIT(10));
}

static bool may_be_leaf(const struct form *f, int level)
{
	return level == 3 || level >= block_level(f);
}

static uint64_t random_table(const struct form *f, int level)
{
	tl_gpa next = table(level + 1, below(POOL));
	uint64_t limits = one_in(3) ? (any() & 0x1f) << 59 : 0; // APTable, UXN, PXN, NS

	if (one_in(40))
		next = oversized(f, next);
	return encoded(f, next) | (limits & ~BIT(63)) | 3;
}

static uint64_t random_entry(const struct form *f, int level)
{
	if (one_in(12))
		return any() & ~UINT64_C(1);
	// Reserved too where there is no block, but QEMU 7.2 takes it for one.
	if (level == 3 && one_in(24))
		return (any() & ~UINT64_C(3)) | 1;
	if (level == 3 || (may_be_leaf(f, level) && one_in(3)))
		return encoded(f, random_output(f, level_shift(f, level))) | random_attributes(f) |
		       (level == 3 ? 3 : 1);
	return random_table(f, level);
}

static unsigned run_entries(const struct form *f, int level)
{
	if (f->granule == 12)
		return level >= 1 ? 16 : 0;
	if (f->granule == 14)
		return level == 3 ? 128 : level == 2 ? 32 : 0;
	return level >= 2 ? 32 : 0;
}

// Entries whose outputs are side by side, alike in all else.
static void put_run(const struct form *f, int level, tl_gpa at, unsigned n)
{
	unsigned shift = level_shift(f, level);
	tl_gpa output = random_output(f, shift) & ~((tl_gpa)n * BIT(shift) - 1);
	uint64_t attributes = random_attributes(f) | BIT(52) | (level == 3 ? 3 : 1);

	if (f->fetch && output < RAM)
		output = RAM;
	for (unsigned i = 0; i < n; i++)
		asking_put(&asking, at + 8 * i, encoded(f, output + i * BIT(shift)) | attributes);
}

static void fill_level(const struct form *f, int level)
{
	unsigned n = 1u << stride(f), run = run_entries(f, level);

	for (unsigned t = 0; t < POOL; t++) {
		for (unsigned i = 0; i < n;) {
			tl_gpa at = table(level, t) + 8 * i;

			if (run && i % run == 0 && may_be_leaf(f, level) && one_in(8)) {
				put_run(f, level, at, run);
				i += run;
			} else {
				asking_put(&asking, at, random_entry(f, level));
				i++;
			}
		}
	}
}

// 4K tables for 39 bits: one GiB at RAM, by 2 MiB blocks (write-back, AF, not shared).
static void put_own_tables(void)
{
	uint64_t block = BIT(10) | 7 << 2 | 1, never = BIT(53) | BIT(54);

	asking_put(&asking, OWN + 8, (OWN + 0x1000) | 3);
	asking_put(&asking, OWN + 0x1000, RAM | BIT(7) | block);
	asking_put(&asking, OWN + 0x1008, QUESTIONS | never | block);
	asking_put(&asking, OWN + 0x1010, NOTHING | never | block);
}

// The first table's address, aligned to its size; 51:48 stand in 5:2.
static uint64_t random_ttbr(const struct form *f)
{
	tl_gpa base = table(first_level(f), below(POOL));

	if (one_in(30))
		base = oversized(f, base);
	return (base & LOW(48)) | (f->bits52 ? (base >> 48 & 0xf) << 2 : 0) | (any() & 0xff) << 48;
}

static uint64_t tcr(const struct form *f)
{
	static const uint8_t tg[2][3] = { { 0, 2, 1 }, { 2, 1, 3 } }; // by range; 4K, 16K, 64K
	unsigned at = f->upper ? 16 : 0, other = 16 - at;
	uint64_t value = (uint64_t)ips(f->address_bits) << 32 | (f->ds ? BIT(59) : 0);

	value |= (uint64_t)(64 - f->va_bits) << at | (uint64_t)tg[f->upper][(f->granule - 12) / 2]
							     << (14 + at);
	value |= UINT64_C(25) << other | (uint64_t)tg[!f->upper][0] << (14 + other);
	value |= (one_in(2) ? UINT64_C(3) : 2) << (12 + at); // SH, for DS
	if (f->tagged)
		value |= BIT(37 + f->upper) | (one_in(2) ? BIT(51 + f->upper) : 0); // TBI, TBID
	if (cpu.e0pd && one_in(10))
		value |= BIT(55 + f->upper);
	if (one_in(40))
		value |= BIT(7 + at); // EPD
	if (one_in(3))
		value |= BIT(41 + f->upper); // HPD
	if (one_in(3))
		value |= BIT(39) | (one_in(2) ? BIT(40) : 0); // HA, HD
	return value;
}

// The registers of a round; those that the guest needs beside them are set on the way.
static struct tl_regs load(const struct form *f)
{
	struct tl_regs regs = { 0 };
	uint64_t sctlr = SCTLR_RES1 | SCTLR_MCI | SCTLR_SPAN, high = f->upper ? 0 : ~LOW(39);
	uint64_t pan = one_in(2) ? PAN : 0;

	sctlr |= (asking.big_endian ? SCTLR_EE : 0) | (one_in(3) ? SCTLR_WXN : 0);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, sctlr);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, tcr(f));
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

static tl_gva random_address(const struct form *f)
{
	tl_gva va = any() & LOW(f->va_bits), above = ~LOW(f->va_bits) & LOW(56);

	if (f->fetch) // within what the blocks show of the targets
		va = (va & ~LOW(30)) | 0x800000 | (va & 0x7ffffc);
	if (f->upper)
		va |= ~LOW(f->va_bits);
	if (one_in(30) && f->va_bits < 55) // between the ranges
		va ^= BIT(f->va_bits + below(55 - f->va_bits)) & above;
	if (one_in(f->tagged ? 2 : 30))
		va = (va & LOW(56)) | any() << 56;
	return va;
}

static struct tl_attempt attempt(enum kind kind)
{
	static const struct tl_attempt attempts[KINDS] = {
		[S1E1R] = { TL_RIGHT_READ, false },
		[S1E1W] = { TL_RIGHT_WRITE, false },
		[S1E0R] = { TL_RIGHT_READ, true },
		[S1E0W] = { TL_RIGHT_WRITE, true },
		[S1E1RP] = { TL_RIGHT_READ, false },
		[S1E1WP] = { TL_RIGHT_WRITE, false },
		[FETCH_EL1] = { TL_RIGHT_EXECUTE, false },
		[FETCH_EL0] = { TL_RIGHT_EXECUTE, true },
	};

	return attempts[kind];
}

// PAR_EL1 (Arm ARM D17.2.102): F 0; FST 6:1 or SH 8:7, PA 51:12, ATTR 63:56.
static uint64_t expected_par(const struct tl_walk *walk, const struct tl_attributes *attributes,
	const struct tl_judgement *judgement)
{
	if (judgement->verdict != TL_VERDICT_OK)
		return (uint64_t)judgement->code << 1 | 1;
	return (uint64_t)attributes->memory << 56 | (uint64_t)attributes->shareability << 7 |
	       (walk->gpa & LOW(52) & ~LOW(12));
}

// Of memory that is outer shareable whatever the entry says, QEMU 7.2 shows what the entry says.
static uint64_t par_fields(uint64_t par)
{
	unsigned memory = par >> 56;

	if (par & 1)
		return par & LOW(7);
	if (memory >> 4 == 0 || memory == 0x44)
		par = (par & ~(UINT64_C(3) << 7)) | 2 << 7;
	return par & (UINT64_C(0xff) << 56 | 3 << 7 | (LOW(52) & ~LOW(12)));
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
	struct tl_mem mem = { .read = asking_read, .ctx = &asking };
	struct tl_judgement judgement;
	struct tl_attributes attributes;
	struct tl_walk walk;
	uint64_t ours, theirs;

	tl_arch_arm64.walk(regs, &mem, va, &walk);
	assert_true(tl_arch_arm64.attributes(regs, &walk, &attributes));
	if (kind < S1E1RP)
		attributes.pan = false;
	tl_arch_arm64.judge(&walk, &attributes, attempt(kind), &judgement);
	asking.n[judgement.verdict]++;
	if (kind < FETCH_EL1) {
		ours = expected_par(&walk, &attributes, &judgement);
		theirs = par_fields(answer);
	} else {
		ours = expected_esr(&judgement, attempt(kind).user);
		theirs = esr_fields(answer);
	}
	if (ours == theirs)
		return true;
	asking_show(regs, &walk);
	print_error("%#" PRIx64 ", kind %u: ours is %#" PRIx64 ", the CPU's %#" PRIx64 " (%#" PRIx64
		    ")\n",
		va, kind, ours, theirs, answer);
	return false;
}

static void fill(const struct form *f)
{
	for (int level = first_level(f); level <= 3; level++)
		fill_level(f, level);
	put_own_tables();
}

static void ask(const struct form *f, unsigned first_kind, unsigned n_kinds)
{
	struct tl_regs regs = load(f);
	unsigned kind[MOST], wrong = 0;
	tl_gva va[MOST];

	fill(f);
	for (unsigned i = 0; i < MOST; i++) {
		kind[i] = first_kind + below(n_kinds);
		do
			va[i] = random_address(f);
		while (kind[i] >= FETCH_EL1 && asking_leads_astray(&asking, &regs, va[i]));
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
		struct form form = random_form();

		ask(&form, S1E1R, FETCH_EL1);
	}
	asking_report(&asking, "AT");
}

static void at_instructions_see_what_we_see_in_big_endian_tables(void **state)
{
	asking.big_endian = true;
	for (unsigned round = random_rounds(10); round; round--) {
		struct form form = random_form();

		ask(&form, S1E1R, FETCH_EL1);
	}
	asking.big_endian = false;
	asking_report(&asking, "AT, big-endian");
}

static void fetches_end_as_we_judge(void **state)
{
	for (unsigned round = random_rounds(10); round; round--) {
		struct form form = random_form();

		form.fetch = true;
		ask(&form, FETCH_EL1, 2);
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
