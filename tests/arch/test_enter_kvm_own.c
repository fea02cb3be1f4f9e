// SPDX-License-Identifier: MIT
// labels: kvm arm64 old_kernel
//
// KVM as the witness of the exceptions that it makes itself: what the guest does has no exit, and goes on in
// the guest's handler.
#include "tests/arch/entering_guests.h"

// KVM's own exceptions: the guest does something else than at the exit, and goes on to its vector.
static void compare_own(struct entering *e, uint64_t pc, const struct tl_arm64_exception *exception)
{
	struct tl_regs regs = e->before;
	struct tl_effect effect;

	tl_regs_set(&regs, TL_ARM64_pc, pc);
	tiny_set(&e->tiny, TL_ARM64_pc, pc);
	effect = enter(e, &regs, *exception);
	assert_true(effect.witnessed);
	entering_run_to_vector(e);
	entering_compare(e, &effect.regs);
}

static void compare_fetch_from_a_hole(struct entering *e)
{
	const uint64_t pc = HOLE + (any() & 0xfffc);

	start_randomly(e, true);
	compare_own(
		e, pc, &(struct tl_arm64_exception){ .event = TL_ARM64_ABORT_FETCH, .far = pc });
}

// The PMU, which the vCPU does not have, is KVM's business at EL1.
static void compare_undefined(struct entering *e)
{
	static const struct entering_code reads[] = {
		{ .bytes = WORD(0xd53b9c01) },			// mrs x1, pmcr_el0
		{ .bytes = WORD(0xee191f1c), .aarch32 = true }, // mrc p15, 0, r1, c9, c12, 0
		{ .bytes = WORD(0x1f1cee19), .aarch32 = true, .thumb = true }, // the same of T32
	};
	unsigned n;

	do
		start_randomly(e, true);
	while (e->mode == TL_ARM64_EL0T || e->mode == TL_ARM32_USR);
	n = e->code->aarch32 ? 1 + e->code->thumb : 0;
	entering_put(e, EVENT_AT, reads[n].bytes, 4);
	compare_own(e, EVENT_AT, &(struct tl_arm64_exception){ .event = TL_ARM64_UNDEFINED });
}

// Beyond the addresses of the VM, whose 40 bits are the default, FAR gets the IPA.
static void compare_beyond(struct entering *e)
{
	const bool beyond_host = one_in(2) && ipa_limit < 52, fetch = one_in(2);
	const uint64_t at = beyond_host ? BIT(ipa_limit) + 0x1238 : BIT(40) + 0x5678;
	struct tl_arm64_exception exception = { .far = at };

	do
		start_randomly(e, true);
	while (e->code->aarch32);
	if (beyond_host)
		exception.event = fetch ? TL_ARM64_SIZE_FAULT_FETCH : TL_ARM64_SIZE_FAULT;
	else
		exception.event = fetch ? TL_ARM64_ABORT_FETCH : TL_ARM64_ABORT;
	if (!fetch) {
		tiny_set(&e->tiny, TL_ARM64_x0, at);
		tl_regs_set(&e->before, TL_ARM64_x0, at);
	}
	compare_own(e, fetch ? at : CODE_AT, &exception);
}

static void set(struct entering *e, enum tl_arm64_reg reg, uint64_t value)
{
	tiny_set(&e->tiny, reg, value);
	tl_regs_set(&e->before, reg, value);
}

/*
 * 39 bits of address: 0x00000000 by way of a table that is not in memory, 0x40000000 the memory, and
 * 0x80000000 what the vectors access; nothing for EL0, so that PAN has no say.
 */
static void compare_walk(struct entering *e)
{
	const uint64_t block = BIT(54) | BIT(10) | 1,
		       table[4] = { HOLE | 3, TINY_BASE | block, block };

	do
		start_randomly(e, true);
	while (e->code->aarch32 || e->mode == TL_ARM64_EL0T);
	entering_put(e, TABLE_AT, table, sizeof(table));
	set(e, TL_ARM64_tcr_el1, T0SZ(39) | EPD1);
	set(e, TL_ARM64_ttbr0_el1, TABLE_AT);
	set(e, TL_ARM64_mair_el1, 0xff);
	set(e, TL_ARM64_x2, BIT(31) + VECTOR_HOLE);
	set(e, TL_ARM64_x0, 0x1238);
	set(e, TL_ARM64_sctlr_el1, (e->before.word[TL_ARM64_sctlr_el1] & ~SCTLR_EE) | SCTLR_M);
	compare_own(e, CODE_AT,
		&(struct tl_arm64_exception){ .event = TL_ARM64_ABORT_WALK, .far = 0x1238 });
}

static void a_fetch_from_nowhere_is_aborted_as_kvm_does(void **state)
{
	compare_rounds(&guest64, 80, false, compare_fetch_from_a_hole);
}

static void an_undefined_instruction_is_entered_as_kvm_does(void **state)
{
	compare_rounds(&guest64, 80, false, compare_undefined);
}

static void what_is_beyond_the_vm_or_the_host_is_entered_as_kvm_does(void **state)
{
	if (ipa_limit >= 52)
		printf("note: not compared: this KVM has IPAs of 52 bits, none is beyond\n");
	compare_rounds(&guest64, 160, false, compare_beyond);
}

static void a_walk_into_nowhere_is_aborted_as_kvm_does(void **state)
{
	compare_rounds(&guest64, 80, false, compare_walk);
}

static void aarch32_takes_a_prefetch_abort_as_from_kvm(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 120, false, compare_fetch_from_a_hole);
}

static void aarch32_takes_an_undefined_instruction_as_from_kvm(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 120, false, compare_undefined);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fetch_from_nowhere_is_aborted_as_kvm_does),
		cmocka_unit_test(an_undefined_instruction_is_entered_as_kvm_does),
		cmocka_unit_test(what_is_beyond_the_vm_or_the_host_is_entered_as_kvm_does),
		cmocka_unit_test(a_walk_into_nowhere_is_aborted_as_kvm_does),
		cmocka_unit_test(aarch32_takes_a_prefetch_abort_as_from_kvm),
		cmocka_unit_test(aarch32_takes_an_undefined_instruction_as_from_kvm),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_guests, close_guests);
}
