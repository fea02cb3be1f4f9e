/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What answers exits of arm64 may have, and by which rules. test_answer_arm64_effect.c has what each does.
#include "tests/arch/answer_arm64.h"

#define A(name) (UINT32_C(1) << TL_ANSWER_##name)
#define END	(A(RESTART) | A(SUSPEND) | A(DUMP) | A(STOP))
#define VM	(A(SERROR) | END)
#define ACCESS	(A(EMULATE) | A(ABORT) | A(UNDEF) | A(SIZE_FAULT) | A(SKIP) | A(RETRY) | A(MAP) | VM)

static void each_kind_of_exit_has_its_answers(void **state)
{
	static const uint32_t legal[TL_TRAP_KINDS] = {
		[TL_TRAP_OTHER] = VM,
		[TL_TRAP_PIO] = END, // which arm64 has not
		[TL_TRAP_RDMSR] = END,
		[TL_TRAP_WRMSR] = END,
		[TL_TRAP_MMIO] = A(RECORDED) | A(VALUE) | A(ZERO) | A(ONES) | A(IGNORE) | A(ABORT) |
				 A(UNDEF) | A(SIZE_FAULT) | A(SKIP) | VM,
		[TL_TRAP_NISV] = ACCESS,
		[TL_TRAP_LDST64B] = ACCESS,
		[TL_TRAP_IDSR] =
			A(RECORDED) | A(VALUE) | A(ONES) | A(CELL) | A(RAZ) | A(UNDEF) | VM,
		[TL_TRAP_SEA] = A(ABORT) | A(RETRY) | VM,
		[TL_TRAP_HYPERCALL] = A(VALUE) | VM,
		[TL_TRAP_SYSTEM_EVENT] = VM,
		[TL_TRAP_INTERNAL_ERROR] = VM,
		[TL_TRAP_FAILED] = A(RETRY) | A(MAP) | VM,
	};
	struct tl_state s = { .arch = &tl_arch_arm64 };

	for (unsigned kind = 0; kind < TL_TRAP_KINDS; kind++) {
		const struct tl_trap trap = { .kind = kind, .error = EFAULT };

		for (unsigned id = 0; id < TL_ANSWERS; id++) {
			struct tl_why why = { "" };
			const bool is_legal = tl_answer_is_legal(&s, &trap, id, &why);

			if (is_legal != (legal[kind] >> id & 1))
				fail_msg("%s to %s: %s", tl_answer_name(id), tl_trap_name(kind),
					is_legal ? "legal" : why.text);
			assert_int_equal(is_legal, !*why.text);
		}
	}
}

static const char kvm_run[] = "KVM API 5, kvm_run", read_only[] = "a value is the answer to a read "
								  "that KVM completes";
static const char no_idsr[] = "only an IMPLEMENTATION DEFINED register of arm64 can be answered so";

static const struct {
	enum tl_trap_kind kind;
	enum tl_answer_id id;
	const char *text, *source;
} rules[] = {
	{ TL_TRAP_NISV, TL_ANSWER_RECORDED, "only an exit whose reply was recorded has that answer",
		NULL },
	{ TL_TRAP_NISV, TL_ANSWER_VALUE,
		"a value is the answer to a read that KVM completes: of MMIO, a port, an MSR, an "
		"IMPLEMENTATION DEFINED register, or to a hypercall",
		kvm_run },
	{ TL_TRAP_NISV, TL_ANSWER_ZERO, read_only, kvm_run },
	{ TL_TRAP_SEA, TL_ANSWER_ONES, read_only, kvm_run },
	{ TL_TRAP_NISV, TL_ANSWER_IGNORE, "only a write that KVM completes can be ignored",
		kvm_run },
	{ TL_TRAP_MMIO, TL_ANSWER_EMULATE,
		"userspace emulates where KVM does not complete the instruction: NISV",
		"KVM API 5, KVM_EXIT_ARM_NISV" },
	{ TL_TRAP_IDSR, TL_ANSWER_ABORT,
		"ext_dabt_pending is allowed only after MMIO, NISV and LDST64B",
		"KVM API 4.32, KVM_SET_VCPU_EVENTS" },
	{ TL_TRAP_HYPERCALL, TL_ANSWER_UNDEF, "only an access of the guest can be made undefined",
		NULL },
	{ TL_TRAP_IDSR, TL_ANSWER_SIZE_FAULT,
		"only an access to a guest physical address can be too large for it", NULL },
	{ TL_TRAP_SEA, TL_ANSWER_SKIP, "only an access of the guest can be skipped", NULL },
	{ TL_TRAP_MMIO, TL_ANSWER_RAZ, no_idsr, NULL },
	{ TL_TRAP_NISV, TL_ANSWER_CELL, no_idsr, NULL },
	{ TL_TRAP_MMIO, TL_ANSWER_RETRY,
		"KVM completes this exit at the next KVM_RUN: it cannot be tried again", kvm_run },
	{ TL_TRAP_MMIO, TL_ANSWER_MAP,
		"a slot helps only an access to memory that KVM does not complete", NULL },
	{ TL_TRAP_NISV, TL_ANSWER_GP, "only an access to an MSR of x86_64 can be answered so",
		"KVM API 5, KVM_EXIT_X86_RDMSR" },
};

static void each_rule_is_quoted_with_its_source(void **state)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct machine m;

		begin(&m, rules[i].kind, STR, DEVICE);
		assert_int_equal(give(&m, rules[i].id), TL_ANSWER_REFUSED);
		assert_why(&m, rules[i].text, rules[i].source);
	}
}

static void a_report_of_the_guest_has_no_answer(void **state)
{
	struct machine m;

	begin(&m, TL_TRAP_OOPS, STR, DEVICE);
	for (unsigned id = 0; id < TL_ANSWERS; id++) {
		assert_int_equal(give(&m, id), TL_ANSWER_REFUSED);
		assert_why(&m,
			"this is the guest's own report of an exception, no exit: userspace was "
			"not asked",
			NULL);
	}
}

static void a_slot_helps_a_failed_run_only_when_memory_lacks(void **state)
{
	struct machine m;

	begin(&m, TL_TRAP_FAILED, STR, DEVICE);
	m.trap.error = EFAULT;
	assert_done(&m, give(&m, TL_ANSWER_MAP));
	m.trap.error = EINTR;
	assert_refused(&m, give(&m, TL_ANSWER_MAP),
		"a slot helps only an access to memory that KVM does not complete");
}

static void answers_have_names(void **state)
{
	enum tl_answer_id id = TL_ANSWERS;

	for (unsigned i = 0; i < TL_ANSWERS; i++) {
		assert_true(tl_answer_named(tl_answer_name(i), &id));
		assert_int_equal(id, i);
		assert_true(*tl_answer_summary(i));
	}
	assert_false(tl_answer_named("abortive", &id));
	assert_false(tl_answer_named("", &id));
	assert_string_equal(tl_answer_name(TL_ANSWER_SIZE_FAULT), "size-fault");
	assert_string_equal(
		tl_answer_summary(TL_ANSWER_SKIP), "on to the next instruction, nothing else");
}

static void kinds_of_exits_have_names(void **state)
{
	static const char *const names[] = { "other exit", "MMIO", "port I/O", "NISV", "LDST64B",
		"IDSR", "SEA", "RDMSR", "WRMSR", "hypercall", "system event", "internal error",
		"failed KVM_RUN", "guest's own report" };

	for (unsigned i = 0; i < TL_TRAP_KINDS; i++)
		assert_string_equal(tl_trap_name(i), names[i]);
}

static void code_is_read_around_pc(void **state)
{
	const uint8_t bytes[6] = { 1, 2, 3, 4, 5, 6 };
	const struct tl_trap trap = { .code = bytes, .code_size = 6, .code_before = 2 };
	uint8_t two[2];

	assert_true(tl_trap_code(&trap, -2, two, 2));
	assert_int_equal(two[0], 1);
	assert_true(tl_trap_code(&trap, 2, two, 2));
	assert_int_equal(two[1], 6);
	assert_false(tl_trap_code(&trap, -3, two, 2));
	assert_false(tl_trap_code(&trap, 3, two, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_exit_has_its_answers),
		cmocka_unit_test(each_rule_is_quoted_with_its_source),
		cmocka_unit_test(a_report_of_the_guest_has_no_answer),
		cmocka_unit_test(a_slot_helps_a_failed_run_only_when_memory_lacks),
		cmocka_unit_test(answers_have_names),
		cmocka_unit_test(kinds_of_exits_have_names),
		cmocka_unit_test(code_is_read_around_pc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
