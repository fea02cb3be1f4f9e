/* SPDX-License-Identifier: MIT */
// labels: unit
//
// What each answer to an exit of arm64 does. That a real kernel does so is for test_enter_kvm.c,
// test_complete_kvm.c and test_complete_idsr.c.
#include "tests/arch/answer_arm64.h"

static const char kvm_run[] = "KVM API 5, kvm_run";

/* NISV. */

static void emulating_a_store_writes_and_steps_the_base(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	assert_done(&m, give(&m, TL_ANSWER_EMULATE));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_int_equal(m.effect.n_transfers, 1);
	assert_access(&m, 0, true, DEVICE, 4, 0x11223344);
	assert_word(&m, x0, DEVICE + 4, WRITEBACK);
	assert_word(&m, pc, PC + 4, NEXT);
	ASSERT_SET(&m, TL_ARM64_x0, TL_ARM64_pc);
}

static void emulating_a_pair_reads_twice(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, LDP, DEVICE);
	assert_done(&m, give(&m, TL_ANSWER_EMULATE));
	assert_int_equal(m.effect.n_transfers, 2);
	assert_access(&m, 1, false, DEVICE + 8, 8, 0x0f0e0d0c0b0a0908);
	assert_word(&m, x2, 0x0706050403020100, DATA);
	assert_word(&m, x3, 0x0f0e0d0c0b0a0908, DATA);
	ASSERT_SET(&m, TL_ARM64_x2, TL_ARM64_x3, TL_ARM64_pc);
}

static void what_a_device_gives_may_be_unknown(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, LDP, DEVICE);
	m.device.read = NULL;
	assert_not_known(
		&m, give(&m, TL_ANSWER_EMULATE), "what the device gives at 0x9000000 is not known");
}

static void an_abort_tells_the_address_of_the_instruction(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE + 0x44);
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_int_equal(m.effect.given, TL_GIVEN_ABORT);
	assert_entry(&m, 0x200, 0x96000010);
	assert_word(&m, far_el1, DEVICE + 0x44, ENTRY);
	ASSERT_SET(&m, ENTRY, TL_ARM64_far_el1);
	assert_null(m.effect.note);
	assert_true(m.effect.witnessed);
	m.trap.error = ENOSYS;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_string_equal(m.effect.note, "the VMM has to enable KVM_CAP_ARM_NISV_TO_USER first");
}

static void an_abort_tells_the_byte_that_faulted(void **state)
{
	struct machine m;

	begin(&m, TL_TRAP_NISV, LDP, DEVICE + 0xff8); // the second of the pair is on the next page
	m.trap.has_address = true;
	m.trap.address = 0xa000000;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, far_el1, DEVICE + 0x1000, ENTRY);
	m.trap.has_far = true;
	m.trap.far = 0xffff000012345678;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, far_el1, 0xffff000012345678, ENTRY);
}

static void an_abort_needs_the_faulting_address(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	m.trap.address = DEVICE + 8;
	assert_not_known(&m, give(&m, TL_ANSWER_ABORT),
		"the faulting virtual address: the instruction at pc accesses 0x9000000, which the "
		"IPA contradicts");
	begin_at(&m, TL_TRAP_NISV, 0xd503201f, DEVICE); // nop
	assert_not_known(&m, give(&m, TL_ANSWER_ABORT),
		"the faulting virtual address: the exit does not carry it, and the instruction at "
		"pc gives none");
	m.trap.code_size = 0;
	assert_not_known(&m, give(&m, TL_ANSWER_ABORT), "the instruction at pc was not recorded");
	machine_forget(&m, TL_ARM64_pstate);
	assert_not_known(&m, give(&m, TL_ANSWER_ABORT), "pstate was not recorded");
}

static void other_entries_at_an_access(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE + 0x44);
	assert_done(&m, give(&m, TL_ANSWER_UNDEF));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_entry(&m, 0x200, 0x2000000);
	ASSERT_SET(&m, ENTRY);
	assert_done(&m, give(&m, TL_ANSWER_SIZE_FAULT));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_entry(&m, 0x200, 0x96000000);
	assert_word(&m, far_el1, DEVICE + 0x44, ENTRY); // the IPA
	m.trap.has_address = false;
	assert_not_known(&m, give(&m, TL_ANSWER_SIZE_FAULT),
		"the faulting IPA, which FAR gets, was not recorded");
	machine_forget(&m, TL_ARM64_vbar_el1);
	assert_not_known(&m, give(&m, TL_ANSWER_UNDEF), "needs vbar_el1, which was not recorded");
}

static void skipping_moves_pc_alone(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	assert_done(&m, give(&m, TL_ANSWER_SKIP));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_word(&m, pc, PC + 4, NEXT);
	ASSERT_SET(&m, TL_ARM64_pc);
	machine_set(&m, TL_ARM64_pstate, 0x1f3); // T32, and two bytes of it: strb r1, [r0]
	code[0] = 0x01;
	code[1] = 0x70;
	assert_done(&m, give(&m, TL_ANSWER_SKIP));
	assert_word(&m, pc, PC + 2, NEXT);
	m.trap.code_size = 0;
	assert_not_known(&m, give(&m, TL_ANSWER_SKIP), "the instruction at pc was not recorded");
	machine_forget(&m, TL_ARM64_pc);
	machine_set(&m, TL_ARM64_pstate, EL1H);
	assert_not_known(&m, give(&m, TL_ANSWER_SKIP), "needs pc, which was not recorded");
}

static void nisv_tried_again_traps_for_ever(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	assert_done(&m, give(&m, TL_ANSWER_RETRY));
	assert_int_equal(m.effect.given, TL_GIVEN_AGAIN);
	assert_true(m.effect.livelock);
	assert_string_equal(
		m.effect.outlook, "the same instruction traps again, at once and for ever");
	assert_done(&m, give(&m, TL_ANSWER_MAP));
	assert_int_equal(m.effect.given, TL_GIVEN_SLOT);
	assert_false(m.effect.livelock);
	assert_string_equal(m.effect.outlook, "the instruction runs again, on memory");
	m.trap.kind = TL_TRAP_FAILED;
	assert_done(&m, give(&m, TL_ANSWER_RETRY));
	assert_false(m.effect.livelock);
	assert_string_equal(m.effect.outlook, "the instruction runs again");
}

static void the_vm_as_a_whole_may_end(void **state)
{
	static const struct {
		enum tl_answer_id id;
		const char *outlook;
	} rows[] = { { TL_ANSWER_RESTART, "the VM starts over" },
		{ TL_ANSWER_SUSPEND, "the VM stands still" },
		{ TL_ANSWER_DUMP, "the guest's memory is written to a file, and it stops" },
		{ TL_ANSWER_STOP, "the VM ends" } };
	struct machine m;

	begin(&m, TL_TRAP_OTHER, STR, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_done(&m, give(&m, rows[i].id));
		assert_int_equal(m.effect.given, TL_GIVEN_NEVER);
		assert_string_equal(m.effect.outlook, rows[i].outlook);
	}
}

/* Cache maintenance of read-only memory: maz's patch of 2021, which no kernel here has. */

static void dc_ivac_on_read_only_memory_is_an_abort(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, IVAC, ROM + 0x40);
	assert_done(&m, give(&m, TL_ANSWER_EMULATE));
	assert_int_equal(m.effect.given, TL_GIVEN_ABORT);
	assert_entry(&m, 0x200, 0x96000010);
	assert_word(&m, far_el1, ROM + 0x40, ENTRY);
	assert_string_equal(m.effect.note,
		"DC IVAC needs the right to write, which read-only memory does not give");
	assert_false(m.effect.witnessed);
}

static void dc_civac_on_read_only_memory_is_done(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, CIVAC, ROM + 0x40);
	assert_done(&m, give(&m, TL_ANSWER_EMULATE));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_word(&m, pc, PC + 4, NEXT);
	ASSERT_SET(&m, TL_ARM64_pc);
	assert_int_equal(m.effect.n_transfers, 0);
	assert_string_equal(m.effect.note,
		"caches need no maintenance here: the memory is coherent for KVM's guests");
	assert_false(m.effect.witnessed);
}

static void dc_ivac_elsewhere_is_skipped(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, IVAC, DEVICE);
	assert_done(&m, give(&m, TL_ANSWER_EMULATE));
	assert_word(&m, pc, PC + 4, NEXT);
	ASSERT_SET(&m, TL_ARM64_pc);
}

/* MMIO. */

static void a_read_gets_its_value(void **state)
{
	static const struct {
		enum tl_answer_id id;
		uint64_t value, x3;
	} rows[] = { { TL_ANSWER_VALUE, 0x89abcdef, 0x89abcdef }, { TL_ANSWER_ZERO, 7, 0 },
		{ TL_ANSWER_ONES, 7, 0xffffffff }, { TL_ANSWER_RECORDED, 7, 0x55 } };
	struct machine m;

	begin_mmio(&m, LDR, 4, false);
	m.trap.has_reply = true;
	m.trap.reply = 0x55;
	for (unsigned i = 0; i < 4; i++) {
		assert_done(&m, give_value(&m, rows[i].id, rows[i].value));
		assert_int_equal(m.effect.given, TL_GIVEN_REPLY);
		assert_true(m.effect.has_reply);
		assert_int_equal(m.effect.reply, rows[i].x3);
		assert_word(&m, x3, rows[i].x3, REPLY);
		assert_word(&m, pc, PC + 4, NEXT);
		ASSERT_SET(&m, TL_ARM64_x3, TL_ARM64_pc);
	}
}

static void a_value_has_to_fit(void **state)
{
	struct machine m;

	begin_mmio(&m, LDR, 4, false);
	assert_refused(&m, give_value(&m, TL_ANSWER_VALUE, 0x100000000),
		"0x100000000 does not fit into the 4 bytes that are read");
	m.trap.size = 1;
	assert_refused(&m, give_value(&m, TL_ANSWER_VALUE, 0x100),
		"0x100 does not fit into the 1 byte that is read");
	assert_not_known(&m, give(&m, TL_ANSWER_VALUE), "value needs a value: value=V");
}

static void reads_and_writes_have_their_own_answers(void **state)
{
	struct machine m;

	begin_mmio(&m, LDR, 4, false);
	assert_int_equal(give(&m, TL_ANSWER_IGNORE), TL_ANSWER_REFUSED);
	assert_why(&m, "this is a read: the guest gets a value, whatever it is", kvm_run);
	assert_refused(&m, give(&m, TL_ANSWER_RECORDED), "the reply was not recorded");
	begin_mmio(&m, STRB, 1, true);
	for (unsigned id = TL_ANSWER_VALUE; id <= TL_ANSWER_ONES; id++) {
		assert_int_equal(give_value(&m, id, 1), TL_ANSWER_REFUSED);
		assert_why(&m, "this is a write: userspace gives no value back", kvm_run);
	}
	assert_done(&m, give(&m, TL_ANSWER_IGNORE));
	assert_int_equal(m.effect.given, TL_GIVEN_REPLY);
	assert_false(m.effect.has_reply);
	ASSERT_SET(&m, TL_ARM64_pc);
	assert_done(&m, give(&m, TL_ANSWER_RECORDED));
	ASSERT_SET(&m, TL_ARM64_pc);
}

static void mmio_may_abort_instead(void **state)
{
	struct machine m;

	begin_mmio(&m, LDR, 4, false);
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_entry(&m, 0x200, 0x96000010);
	ASSERT_SET(&m, ENTRY, TL_ARM64_far_el1);
}

/* SErrors. */

static void an_serror_waits_while_it_is_masked(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	assert_done(&m, give_value(&m, TL_ANSWER_SERROR, 0x42));
	assert_int_equal(m.effect.given, TL_GIVEN_SERROR);
	assert_true(m.effect.has_esr);
	assert_int_equal(m.effect.esr, 0x42);
	assert_string_equal(m.effect.outlook, "pending until the guest unmasks SErrors");
	assert_true(m.effect.livelock);
	assert_set(&m, (const uint8_t[]){ TL_ARM64_N_REGS });
	machine_set(&m, TL_ARM64_pstate, EL1H_OPEN);
	m.state.platform.serror_esr = true;
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_false(m.effect.livelock);
	assert_false(m.effect.has_esr);
	assert_entry(&m, 0x380, 0xbf000000);
}

static void a_syndrome_of_serrors_has_25_bits(void **state)
{
	struct machine m;

	begin_at(&m, TL_TRAP_NISV, STR, DEVICE);
	assert_int_equal(give_value(&m, TL_ANSWER_SERROR, 0xbe000000), TL_ANSWER_REFUSED);
	assert_why(&m, "KVM refuses the syndrome 0xbe000000: it takes the 25 bits of ISS",
		"KVM API 4.32");
}

// KVM enters it in the ioctl from 7.2 on; before, the access is completed and the CPU takes it.
static void an_access_is_completed_before_the_serror(void **state)
{
	struct machine m;

	begin_mmio(&m, LDR, 4, false);
	machine_set(&m, TL_ARM64_pstate, EL1H_OPEN);
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_word(&m, elr_el1, PC + 4, ENTRY);
	assert_word(&m, x3, 0, REPLY);
	assert_string_equal(m.effect.note,
		"the access is completed first, with what stands in kvm_run: 0 is assumed");
	m.trap.has_reply = true;
	m.trap.reply = 0x77;
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_word(&m, x3, 0x77, REPLY);
	assert_string_equal(m.effect.note, "the access is completed first, as it was");
	m.state.platform.kernel = TL_KERNEL(7, 2);
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_word(&m, elr_el1, PC, ENTRY);
	assert_int_equal(m.effect.origin[TL_ARM64_x3], TL_ORIGIN_NONE);
	machine_set(&m, TL_ARM64_pstate, EL1H); // masked: it waits
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_word(&m, pc, PC + 4, NEXT);
	ASSERT_SET(&m, TL_ARM64_x3, TL_ARM64_pc);
}

/* IDSR. */

static void a_register_of_one_cpu_is_answered(void **state)
{
	static const struct {
		enum tl_answer_id id;
		uint64_t x0;
	} rows[] = { { TL_ANSWER_VALUE, 0x1234567890 }, { TL_ANSWER_ONES, UINT64_MAX },
		{ TL_ANSWER_CELL, 0x1234567890 }, { TL_ANSWER_RAZ, 0 } };
	struct machine m;

	begin_idsr(&m, MRS, false);
	for (unsigned i = 0; i < 4; i++) {
		assert_done(&m, give_value(&m, rows[i].id, 0x1234567890));
		assert_int_equal(m.effect.given, TL_GIVEN_REPLY);
		assert_true(m.effect.handled);
		assert_int_equal(m.effect.reply, rows[i].x0);
		assert_word(&m, x0, rows[i].x0, REPLY);
		ASSERT_SET(&m, TL_ARM64_x0, TL_ARM64_pc);
		assert_null(m.effect.note);
	}
	assert_done(&m, give(&m, TL_ANSWER_CELL));
	assert_word(&m, x0, 0, REPLY);
	assert_string_equal(m.effect.note, "as nothing was written to it before");
	assert_not_known(&m, give(&m, TL_ANSWER_VALUE), "value needs a value: value=V");
}

static void a_write_to_it_changes_no_register(void **state)
{
	struct machine m;

	begin_idsr(&m, MSR, true);
	assert_done(&m, give(&m, TL_ANSWER_CELL));
	assert_true(m.effect.handled);
	assert_false(m.effect.has_reply);
	assert_string_equal(m.effect.note, "the value is read back from now on");
	ASSERT_SET(&m, TL_ARM64_pc);
	assert_done(&m, give(&m, TL_ANSWER_RAZ));
	ASSERT_SET(&m, TL_ARM64_pc);
	assert_null(m.effect.note);
	assert_refused(&m, give_value(&m, TL_ANSWER_ONES, 0),
		"this is a write: userspace gives no value back");
}

static void left_alone_it_is_undefined(void **state)
{
	struct machine m;

	begin_idsr(&m, MRS, false);
	assert_done(&m, give(&m, TL_ANSWER_UNDEF));
	assert_int_equal(m.effect.given, TL_GIVEN_REPLY);
	assert_false(m.effect.handled);
	assert_entry(&m, 0x200, 0x2000000);
	m.trap.has_reply = true; // as recorded: not handled
	assert_done(&m, give(&m, TL_ANSWER_RECORDED));
	assert_false(m.effect.handled);
	assert_entry(&m, 0x200, 0x2000000);
	m.trap.handled = true;
	m.trap.reply = 0x66;
	assert_done(&m, give(&m, TL_ANSWER_RECORDED));
	assert_true(m.effect.handled);
	assert_word(&m, x0, 0x66, REPLY);
}

static void an_idsr_with_an_serror_is_undefined_first(void **state)
{
	struct machine m;

	begin_idsr(&m, MRS, false);
	machine_set(&m, TL_ARM64_pstate, EL1H_OPEN);
	assert_done(&m, give(&m, TL_ANSWER_SERROR));
	assert_entry(&m, 0x200, 0x2000000);
	assert_string_equal(m.effect.outlook, "pending until the guest unmasks SErrors");
}

/* Others. */

static void an_external_abort_of_the_host_is_passed_on(void **state)
{
	struct machine m;

	begin(&m, TL_TRAP_SEA, STR, DEVICE);
	m.trap.has_far = true;
	m.trap.far = 0xffff000000001234;
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_entry(&m, 0x200, 0x96000010);
	assert_word(&m, far_el1, 0xffff000000001234, ENTRY);
	assert_string_equal(m.effect.note, "KVM takes it, though the API does not list SEA exits");
	m.trap.has_far = false; // FnV: the instruction tells
	assert_done(&m, give(&m, TL_ANSWER_ABORT));
	assert_word(&m, far_el1, DEVICE, ENTRY);
}

static void a_hypercall_has_a_result(void **state)
{
	struct machine m;

	begin(&m, TL_TRAP_HYPERCALL, STR, 0x84000008);
	assert_done(&m, give_value(&m, TL_ANSWER_VALUE, UINT64_MAX));
	assert_int_equal(m.effect.given, TL_GIVEN_REGS);
	assert_word(&m, x0, UINT64_MAX, REPLY);
	ASSERT_SET(&m, TL_ARM64_x0);
}

static void what_kvm_completes_needs_the_instruction(void **state)
{
	struct machine m;

	begin_mmio(&m, STR, 4, false); // a store cannot be the read
	assert_not_known(&m, give(&m, TL_ANSWER_ZERO),
		"the instruction at pc (0xb8004401 str) is none that KVM gets such a read from");
	m.trap.code_size = 0;
	assert_not_known(&m, give(&m, TL_ANSWER_ZERO),
		"needs the instruction at pc, which was not recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emulating_a_store_writes_and_steps_the_base),
		cmocka_unit_test(emulating_a_pair_reads_twice),
		cmocka_unit_test(what_a_device_gives_may_be_unknown),
		cmocka_unit_test(an_abort_tells_the_address_of_the_instruction),
		cmocka_unit_test(an_abort_tells_the_byte_that_faulted),
		cmocka_unit_test(an_abort_needs_the_faulting_address),
		cmocka_unit_test(other_entries_at_an_access),
		cmocka_unit_test(skipping_moves_pc_alone),
		cmocka_unit_test(nisv_tried_again_traps_for_ever),
		cmocka_unit_test(the_vm_as_a_whole_may_end),
		cmocka_unit_test(dc_ivac_on_read_only_memory_is_an_abort),
		cmocka_unit_test(dc_civac_on_read_only_memory_is_done),
		cmocka_unit_test(dc_ivac_elsewhere_is_skipped),
		cmocka_unit_test(a_read_gets_its_value),
		cmocka_unit_test(a_value_has_to_fit),
		cmocka_unit_test(reads_and_writes_have_their_own_answers),
		cmocka_unit_test(mmio_may_abort_instead),
		cmocka_unit_test(an_serror_waits_while_it_is_masked),
		cmocka_unit_test(a_syndrome_of_serrors_has_25_bits),
		cmocka_unit_test(an_access_is_completed_before_the_serror),
		cmocka_unit_test(a_register_of_one_cpu_is_answered),
		cmocka_unit_test(a_write_to_it_changes_no_register),
		cmocka_unit_test(left_alone_it_is_undefined),
		cmocka_unit_test(an_idsr_with_an_serror_is_undefined_first),
		cmocka_unit_test(an_external_abort_of_the_host_is_passed_on),
		cmocka_unit_test(a_hypercall_has_a_result),
		cmocka_unit_test(what_kvm_completes_needs_the_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
