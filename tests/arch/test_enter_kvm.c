// SPDX-License-Identifier: MIT
// labels: kvm arm64 old_kernel
//
// KVM as the witness of what userspace gives: aborts, SErrors, what it skips, and what it enters itself by
// writing registers. What no kernel here does, 7.2 and later, is not witnessed.
#include "tests/arch/entering_guests.h"

static void give(struct entering *e, struct kvm_vcpu_events events)
{
	assert_int_equal(ioctl(e->tiny.vcpu, KVM_SET_VCPU_EVENTS, &events), 0);
}

// Registers that userspace writes, as far as they are to change. PSTATE comes first: KVM shortens PC while
// it is one of AArch32.
static void write_effect(const struct entering *e, const struct tl_effect *effect)
{
	tiny_set(&e->tiny, TL_ARM64_pstate, effect->regs.word[TL_ARM64_pstate]);
	for (unsigned i = 0; i < TL_ARM64_N_REGS; i++)
		if (effect->origin[i] != TL_ORIGIN_NONE)
			tiny_set(&e->tiny, i, effect->regs.word[i]);
}

static struct tl_arm64_exception data_abort(const struct entering *e)
{
	return (struct tl_arm64_exception){
		.event = TL_ARM64_ABORT, .far = HOLE, .narrow = e->code->narrow && e->code->mmio
	};
}

static void compare_abort(struct entering *e)
{
	struct tl_effect effect;

	start_randomly(e, false);
	effect = enter(e, &e->before, data_abort(e));
	assert_true(effect.witnessed);
	give(e, (struct kvm_vcpu_events){ .exception.ext_dabt_pending = 1 });
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

static struct tl_effect skipped(const struct entering *e)
{
	struct tl_state state = entering_state(e);
	struct tl_effect effect;
	struct tl_why why;

	tl_effect_init(&effect, &state);
	assert_true(tl_arm64_skip(&state, e->code->narrow ? 2 : 4, &effect, &why));
	return effect;
}

// KVM skips a store that userspace has got; after NISV userspace itself has to.
static void compare_skip(struct entering *e)
{
	struct tl_effect effect;

	do
		start_randomly(e, false);
	while (e->code->mmio && !e->code->write);
	effect = skipped(e);
	if (!e->code->mmio)
		write_effect(e, &effect);
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

// What comes with an SError: KVM completes an access first.
static struct tl_regs completed(const struct entering *e)
{
	return e->code->mmio ? skipped(e).regs : e->before;
}

static bool is_masked(const struct entering *e)
{
	return e->before.word[TL_ARM64_pstate] & BIT(8);
}

/*
 * After an entry by the CPU: whether ALLINT is set is not known to the model; QEMU clears flags
 * and DIT, which the Arm ARM (AArch64.TakeException) leaves as they are.
 */
static void forgive_aarch64(const struct entering *e, struct tl_regs *ours)
{
	entering_forgive(e, ours, TL_ARM64_pstate, BIT(13) | 15 << 28 | BIT(24));
}

// When an AArch32 CPU changes modes by itself, QEMU does not show the host its SPSRs: the guest has put the
// one that counts into R1.
static void forgive_aarch32(const struct entering *e, struct tl_regs *ours)
{
	static const enum tl_arm64_reg spsrs[] = { TL_ARM64_spsr_el1, TL_ARM64_spsr_abt,
		TL_ARM64_spsr_und, TL_ARM64_spsr_irq, TL_ARM64_spsr_fiq };

	tl_regs_set(ours, TL_ARM64_x1, ours->word[TL_ARM64_spsr_abt]);
	tl_regs_set(ours, TL_ARM64_pc, ours->word[TL_ARM64_pc] + 4);
	for (size_t i = 0; i < sizeof(spsrs) / sizeof(*spsrs); i++)
		entering_forgive(e, ours, spsrs[i], UINT64_MAX);
}

static void compare_serror(struct entering *e)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1 };
	struct tl_arm64_exception serror = { .event = TL_ARM64_SERROR };
	struct tl_effect effect;
	struct tl_regs regs;

	do
		start_randomly(e, false);
	while (e->code->mmio && !e->code->write);
	if (can_give_esr(e) && one_in(2)) {
		serror.has_esr = true;
		serror.esr = any() & LOW(25);
		events.exception.serror_has_esr = 1;
		events.exception.serror_esr = serror.esr;
	}
	regs = completed(e);
	effect = enter(e, &regs, serror);
	assert_true(effect.witnessed);
	give(e, events);
	assert_true(entering_is_pending(e));
	if (is_masked(e)) {
		tiny_complete(&e->tiny);
		entering_compare(e, &effect.regs);
		assert_string_equal(effect.outlook, "pending until the guest unmasks SErrors");
		entering_drain(e);
	} else {
		entering_run_to_vector(e);
		(e->is_32bit ? forgive_aarch32 : forgive_aarch64)(e, &effect.regs);
		entering_compare(e, &effect.regs);
		assert_false(entering_is_pending(e));
	}
}

// The abort is entered first, and masks the SError.
static void compare_both(struct entering *e)
{
	struct tl_effect effect;

	start_randomly(e, true);
	effect = enter(e, &e->before, data_abort(e));
	give(e, (struct kvm_vcpu_events){
			.exception = { .ext_dabt_pending = 1, .serror_pending = 1 } });
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
	assert_true(entering_is_pending(e));
	effect = enter(e, &effect.regs, (struct tl_arm64_exception){ .event = TL_ARM64_SERROR });
	assert_string_equal(effect.outlook, "pending until the guest unmasks SErrors");
	entering_drain(e);
}

// KVM has no such events: it takes the registers, and gives them back.
static void compare_written(struct entering *e)
{
	static const enum tl_arm64_event events[] = { TL_ARM64_UNDEFINED, TL_ARM64_SIZE_FAULT,
		TL_ARM64_SIZE_FAULT_FETCH };
	const struct tl_arm64_exception exception = { .event = events[below(3)],
		.far = any() & LOW(40) };
	struct tl_effect effect;

	start_randomly(e, true);
	effect = enter(e, &e->before, exception);
	write_effect(e, &effect);
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

static void an_external_abort_is_entered_as_kvm_does(void **state)
{
	compare_rounds(&guest64, 240, true, compare_abort);
}

static void an_serror_is_entered_as_the_cpu_does(void **state)
{
	compare_rounds(&guest64, 240, false, compare_serror);
}

static void an_abort_goes_before_an_serror(void **state)
{
	compare_rounds(&guest64, 80, true, compare_both);
}

static void an_instruction_is_skipped_as_kvm_does(void **state)
{
	compare_rounds(&guest64, 160, true, compare_skip);
}

static void what_userspace_enters_by_registers_is_taken(void **state)
{
	compare_rounds(&guest64, 160, true, compare_written);
}

// What a VMM has to know that completes an abort by immediate_exit: before 7.2 the access that it has taken
// the place of is completed by the KVM_RUN after that, into the handler's registers, if exit_reason is left.
static void an_aborted_access_comes_back_if_exit_reason_is_left(void **state)
{
	static const struct entering_code load = { WORD(0xb9400001), .mmio = true };
	const uint64_t x1 = 0x11223344;
	struct tl_effect effect;

	if (guest64.kernel >= TL_KERNEL(7, 2))
		return;
	entering_start(&guest64, &load, TL_ARM64_EL1H);
	effect = enter(&guest64, &guest64.before, data_abort(&guest64));
	give(&guest64, (struct kvm_vcpu_events){ .exception.ext_dabt_pending = 1 });
	tiny_complete(&guest64.tiny);
	entering_compare(&guest64, &effect.regs);
	memcpy(guest64.tiny.run->mmio.data, &x1, sizeof(x1));
	tiny_complete(&guest64.tiny);
	assert_int_equal(tiny_get(&guest64.tiny, TL_ARM64_pc), effect.regs.word[TL_ARM64_pc] + 4);
	assert_int_not_equal(tiny_get(&guest64.tiny, TL_ARM64_x1), effect.regs.word[TL_ARM64_x1]);
}

static void aarch32_takes_an_external_abort_as_from_kvm(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 240, true, compare_abort);
}

static void aarch32_takes_an_serror_as_from_the_cpu(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 240, false, compare_serror);
}

static void aarch32_takes_an_abort_before_an_serror(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 80, true, compare_both);
}

static void aarch32_skips_as_kvm_does(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 240, true, compare_skip);
}

static void aarch32_takes_what_userspace_enters_by_registers(void **state)
{
	if (!no_aarch32())
		compare_rounds(&guest32, 160, true, compare_written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_external_abort_is_entered_as_kvm_does),
		cmocka_unit_test(an_serror_is_entered_as_the_cpu_does),
		cmocka_unit_test(an_abort_goes_before_an_serror),
		cmocka_unit_test(an_instruction_is_skipped_as_kvm_does),
		cmocka_unit_test(what_userspace_enters_by_registers_is_taken),
		cmocka_unit_test(an_aborted_access_comes_back_if_exit_reason_is_left),
		cmocka_unit_test(aarch32_takes_an_external_abort_as_from_kvm),
		cmocka_unit_test(aarch32_takes_an_serror_as_from_the_cpu),
		cmocka_unit_test(aarch32_takes_an_abort_before_an_serror),
		cmocka_unit_test(aarch32_skips_as_kvm_does),
		cmocka_unit_test(aarch32_takes_what_userspace_enters_by_registers),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, open_guests, close_guests);
}
