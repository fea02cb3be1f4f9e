// SPDX-License-Identifier: MIT
// labels: kvm arm64 idsr
// The patched kernel by itself, without anything of Trapline: what its documentation says.
#include "tests/kernel/tiny.h"

#define READ	0xd538fd00 // mrs x0, s3_0_c15_c13_0
#define WRITE	0xd51bff00 // msr s3_3_c15_c15_0, x0
#define READ32	0xee1f0f10 // mrc p15, 0, r0, c15, c0, 0
#define FLAGS32 0xee1fff10 // mrc p15, 0, apsr_nzcv, c15, c0, 0
#define PAIR32	0xec510f9f // mrrc p15, 9, r0, r1, c15
#define ANSWER	UINT64_C(0x123456789abcdef0)

static void open_at(struct tiny *t, bool is_32bit, uint32_t word)
{
	const uint32_t code[] = { word, is_32bit ? 0xeafffffe : 0x14000000 }; // b .

	tiny_open(t, ioctl, is_32bit);
	tiny_code(t, TINY_BASE, code, sizeof(code));
	assert_true(tiny_enable(t, 0));
	tiny_set(t, TL_ARM64_x0, 0x77);
	assert_int_equal(tiny_run(t), 0);
	assert_int_equal(t->run->exit_reason, TL_RUN_ARM_IDSR);
}

static void answer(const struct tiny *t, uint64_t value)
{
	tiny_idsr(t)->regval = value;
	tiny_idsr(t)->is_handled = 1;
}

static void the_capability_takes_no_argument(void **state)
{
	struct tiny t;

	tiny_open(&t, ioctl, false);
	assert_int_equal(t.ioctl(t.vm, KVM_CHECK_EXTENSION, (long)TL_CAP_ARM_IDSR_TO_USER), 1);
	assert_false(tiny_enable(&t, 1));
	assert_int_equal(errno, EINVAL);
	assert_true(tiny_enable(&t, 0));
	tiny_close(&t);
}

static void an_exit_says_what_is_accessed(void **state)
{
	static const struct tl_run_idsr read = { 3, 0, 15, 13, 0, { 0 }, 0, 0, 1, 0 },
					write = { 3, 3, 15, 15, 0, { 0 }, 0x77, 1, 1, 0 },
					pair = { 0, 9, 0, 15, 0, { 0 }, 0, 0, 1, 0 };
	struct tiny t;

	open_at(&t, false, READ);
	assert_memory_equal(tiny_idsr(&t), &read, offsetof(struct tl_run_idsr, is_handled) + 1);
	tiny_close(&t);
	open_at(&t, false, WRITE);
	assert_memory_equal(tiny_idsr(&t), &write, offsetof(struct tl_run_idsr, is_handled) + 1);
	tiny_close(&t);
	open_at(&t, true, PAIR32);
	assert_memory_equal(tiny_idsr(&t), &pair, offsetof(struct tl_run_idsr, is_handled) + 1);
	tiny_close(&t);
}

// Before the EINTR of immediate_exit, so that the registers can be saved then.
static void a_read_is_completed_even_if_the_guest_is_not_entered(void **state)
{
	struct tiny t;

	open_at(&t, false, READ);
	assert_int_equal(tiny_idsr(&t)->is_needed, 1);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE);
	answer(&t, ANSWER);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), 0x77);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), ANSWER);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	assert_int_equal(tiny_idsr(&t)->is_needed, 0);
	tiny_complete(&t); // once only
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	tiny_close(&t);
}

static void an_answer_to_a_write_changes_no_register(void **state)
{
	struct tiny t;

	open_at(&t, false, WRITE);
	answer(&t, ANSWER);
	tiny_idsr(&t)->is_write = 0; // the kernel knows better
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), 0x77);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	tiny_close(&t);
}

static void what_is_not_handled_is_undefined(void **state)
{
	struct tiny t;

	open_at(&t, false, READ);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_VECTORS + TINY_SYNC);
	assert_int_equal(tiny_get(&t, TL_ARM64_elr_el1), TINY_BASE);
	assert_int_equal((uint32_t)tiny_get(&t, TL_ARM64_esr_el1), 0x02000000);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), 0x77);
	tiny_close(&t);
	open_at(&t, true, READ32);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_VECTORS + TINY_UND32);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0 + 22), TINY_BASE + 4); // LR_und
	assert_int_equal(tiny_get(&t, TL_ARM64_pstate) & 0x1f, 0x1b);
	tiny_close(&t);
}

static void a_32_bit_read_takes_as_much_as_there_is_room_for(void **state)
{
	struct tiny t;

	open_at(&t, true, READ32);
	answer(&t, ANSWER);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), (uint32_t)ANSWER);
	tiny_close(&t);
	open_at(&t, true, PAIR32);
	answer(&t, ANSWER);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), (uint32_t)ANSWER);
	assert_int_equal(tiny_get(&t, TL_ARM64_x1), ANSWER >> 32);
	tiny_close(&t);
}

static void a_32_bit_read_into_the_flags_leaves_the_rest_alone(void **state)
{
	struct tiny t;
	uint64_t before;

	open_at(&t, true, FLAGS32);
	before = tiny_get(&t, TL_ARM64_pstate) & 0x0fffffff;
	answer(&t, 0xffffffff50000000);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_pstate), before | 0x50000000);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	tiny_close(&t);
}

static void an_abort_that_is_injected_takes_the_place_of_the_answer(void **state)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	struct tiny t;

	open_at(&t, false, READ);
	answer(&t, ANSWER);
	assert_int_equal(t.ioctl(t.vcpu, KVM_SET_VCPU_EVENTS, &events), 0);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), 0x77);
	assert_int_equal(tiny_get(&t, TL_ARM64_elr_el1), TINY_BASE);
	assert_int_equal((uint32_t)tiny_get(&t, TL_ARM64_esr_el1), 0x96000010);
	tiny_close(&t);
}

static void a_reset_drops_the_access(void **state)
{
	struct tiny t;

	open_at(&t, false, READ);
	answer(&t, ANSWER);
	tiny_reset(&t, false);
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), 0);
	assert_int_equal(tiny_run(&t), 0);
	assert_int_equal(t.run->exit_reason, TL_RUN_ARM_IDSR);
	tiny_close(&t);
}

// The answer is the flag's and the syndrome's matter, not that of what stands in kvm_run.
static void an_exit_reason_that_userspace_writes_changes_nothing(void **state)
{
	struct tiny t;

	open_at(&t, false, READ);
	answer(&t, ANSWER);
	t.run->exit_reason = KVM_EXIT_UNKNOWN;
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), ANSWER);
	t.run->exit_reason = TL_RUN_ARM_IDSR;
	tiny_complete(&t);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	tiny_close(&t);
}

static void a_single_step_over_an_access_ends_behind_it(void **state)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };
	struct tiny t;

	open_at(&t, false, READ);
	answer(&t, ANSWER);
	assert_int_equal(t.ioctl(t.vcpu, KVM_SET_GUEST_DEBUG, &debug), 0);
	assert_int_equal(tiny_run(&t), 0);
	assert_int_equal(t.run->exit_reason, KVM_EXIT_DEBUG);
	assert_int_equal(tiny_get(&t, TL_ARM64_pc), TINY_BASE + 4);
	assert_int_equal(tiny_get(&t, TL_ARM64_x0), ANSWER);
	tiny_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_capability_takes_no_argument),
		cmocka_unit_test(an_exit_says_what_is_accessed),
		cmocka_unit_test(a_read_is_completed_even_if_the_guest_is_not_entered),
		cmocka_unit_test(an_answer_to_a_write_changes_no_register),
		cmocka_unit_test(what_is_not_handled_is_undefined),
		cmocka_unit_test(a_32_bit_read_takes_as_much_as_there_is_room_for),
		cmocka_unit_test(a_32_bit_read_into_the_flags_leaves_the_rest_alone),
		cmocka_unit_test(an_abort_that_is_injected_takes_the_place_of_the_answer),
		cmocka_unit_test(a_reset_drops_the_access),
		cmocka_unit_test(an_exit_reason_that_userspace_writes_changes_nothing),
		cmocka_unit_test(a_single_step_over_an_access_ends_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
