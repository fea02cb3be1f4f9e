/* SPDX-License-Identifier: MIT */
// labels: unit golden
//
// An exit of a trace as explanations take it: what it was, by what rules, and at which the guest was in
// trouble.
#include "tests/replayer/situations.h"

#define EACH(rows) (sizeof(rows) / sizeof(*(rows)))
#define GOLDEN	   TL_SOURCE_DIR "/tests/data/"

static void a_nisv_has_address_and_a_part_of_the_syndrome(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_situation *s;
	struct hand *hand;

	add_nisv(w, HOLE, STR);
	hand = finish_and_look(w);
	s = &hand->situation;
	assert_int_equal(s->trap.kind, TL_TRAP_NISV);
	assert_true(s->trap.has_address && s->trap.has_esr && s->trap.esr_is_iss);
	assert_true(s->trap.has_write && s->trap.write);
	assert_false(s->trap.has_value || s->trap.has_far || s->trap.has_reply);
	assert_int_equal(s->trap.address, HOLE);
	assert_int_equal(s->trap.esr, WRITE | 5);
	assert_int_equal(s->trap.code_size, 4);
	assert_memory_equal(s->trap.code, "\x01\x44\x00\xb8", 4);
	assert_false(s->pstate_assumed || s->from_report);
	put_away(hand);
}

static void slots_come_with_their_rights(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_state *s;
	struct hand *hand;

	add_nisv(w, HOLE, STR);
	hand = finish_and_look(w);
	s = &hand->situation.state;
	assert_true(s->slots_known);
	assert_int_equal(s->n_slots, 2);
	assert_int_equal(s->slots[0].gpa, ROM);
	assert_int_equal(s->slots[0].size, 0x10000);
	assert_true(s->slots[0].read_only);
	assert_int_equal(s->slots[1].gpa, RAM);
	assert_false(s->slots[1].read_only);
	put_away(hand);
}

static void add_enable(struct tl_writer *w, tl_seq seq, uint32_t cap)
{
	const uint32_t argument[26] = { cap };
	const struct tl_record_input input = { .seq = seq,
		.time = MS,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_ENABLE_CAP,
		.size = sizeof(argument) };

	assert_ok(tl_writer_input(w, &input, argument));
}

static void the_platform_is_what_was_set_up(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct tl_platform p;
	struct hand *hand;

	assert_ok(tl_writer_meta(w, "kernel", "6.12.107+deb13-cloud-arm64"));
	assert_ok(tl_writer_meta_int(w, "host_ipa_bits", 48));
	add_enable(w, 0, 177);
	add_enable(w, 0, 205);
	add_nisv(w, HOLE, STR);
	assert_ok(tl_writer_finish(w));
	change("a.trap", "INSERT INTO cap VALUES(0, 158, 1)");
	hand = look_at(open_trace("a.trap"), EXIT);
	p = hand->situation.state.platform;
	assert_int_equal(p.kernel, TL_KERNEL(6, 12));
	assert_int_equal(p.ipa_bits, 36);
	assert_int_equal(p.host_ipa_bits, 48);
	assert_true(p.nisv_to_user && p.mte && p.serror_esr);
	assert_false(p.idsr_to_user);
	put_away(hand);
}

static void what_was_not_set_up_is_not_known(void **state)
{
	static const char *const kernels[] = { "6", "x.y", "300.1", "6.70000", "" };

	for (unsigned i = 0; i < EACH(kernels); i++) {
		struct tl_writer *w = begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "myvmm");
		struct tl_platform p;
		struct hand *hand;

		assert_ok(tl_writer_meta(w, "kernel", kernels[i]));
		add_nisv(w, HOLE, STR);
		add_enable(w, EXIT, 177); // too late
		hand = finish_and_look(w);
		p = hand->situation.state.platform;
		assert_int_equal(p.kernel, 0);
		assert_int_equal(p.host_ipa_bits, 0);
		assert_false(p.nisv_to_user || p.mte || p.serror_esr);
		assert_true(p.idsr_to_user);
		put_away(hand);
	}
}

static enum tl_trap_kind kind_of(enum tl_arch_id arch, enum tl_abi abi, struct tl_exit e)
{
	struct tl_writer *w = begin_trace(arch, abi, "myvmm");
	enum tl_trap_kind kind;
	struct hand *hand;

	add_exit(w, e, arch, abi, NULL);
	hand = finish_and_look(w);
	kind = hand->situation.trap.kind;
	put_away(hand);
	return kind;
}

static void each_exit_is_of_a_kind(void **state)
{
	static const struct {
		enum tl_arch_id arch;
		enum tl_abi abi;
		uint32_t reason;
		enum tl_trap_kind kind;
	} rows[] = { { TL_ARCH_ARM64, TL_ABI_MAINLINE, 6, TL_TRAP_MMIO },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 2, TL_TRAP_PIO },
		{ TL_ARCH_ARM64, TL_ABI_MAINLINE, 28, TL_TRAP_NISV },
		{ TL_ARCH_ARM64, TL_ABI_MAINLINE, 42, TL_TRAP_LDST64B },
		{ TL_ARCH_ARM64, TL_ABI_IDSR, 29, TL_TRAP_IDSR },
		{ TL_ARCH_ARM64, TL_ABI_MAINLINE, 41, TL_TRAP_SEA },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 29, TL_TRAP_RDMSR },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 30, TL_TRAP_WRMSR },
		{ TL_ARCH_ARM64, TL_ABI_MAINLINE, 3, TL_TRAP_HYPERCALL },
		{ TL_ARCH_ARM64, TL_ABI_MAINLINE, 24, TL_TRAP_SYSTEM_EVENT },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 17, TL_TRAP_INTERNAL_ERROR },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 5, TL_TRAP_OTHER },
		{ TL_ARCH_X86_64, TL_ABI_MAINLINE, 777, TL_TRAP_OTHER } };
	static const uint8_t payload[256];

	for (size_t i = 0; i < EACH(rows); i++)
		assert_int_equal(
			kind_of(rows[i].arch, rows[i].abi,
				exit_of(EXIT, 0, rows[i].reason, payload, sizeof(payload))),
			rows[i].kind);
}

static void failed_runs_are_nisv_where_enosys_stands_for_it(void **state)
{
	const struct tl_exit enosys = { .seq = EXIT, .time = EXIT * MS, .error = ENOSYS };
	const struct tl_exit efault = { .seq = EXIT, .time = EXIT * MS, .error = EFAULT };

	assert_int_equal(kind_of(TL_ARCH_ARM64, TL_ABI_MAINLINE, enosys), TL_TRAP_NISV);
	assert_int_equal(kind_of(TL_ARCH_ARM64, TL_ABI_MAINLINE, efault), TL_TRAP_FAILED);
	assert_int_equal(kind_of(TL_ARCH_X86_64, TL_ABI_MAINLINE, enosys), TL_TRAP_FAILED);
}

static void an_sea_says_which_of_its_addresses_count(void **state)
{
	static const struct {
		uint64_t sea[4]; // flags, esr, gva, gpa
		bool has_far, has_address;
	} rows[] = { { { 1, 0x92000010, 0x1234, 0x5678 }, true, true },
		{ { 0, 0x92000010, 0x1234, 0 }, true, false },
		{ { 1, 0x92000410, 0, 0x5678 }, false, true } }; // FnV

	for (size_t i = 0; i < EACH(rows); i++) {
		struct tl_writer *w = begin_arm64();
		struct tl_trap *t;
		struct hand *hand;

		add_exit(w, exit_of(EXIT, 0, 41, rows[i].sea, sizeof(rows[i].sea)), TL_ARCH_ARM64,
			TL_ABI_MAINLINE, NULL);
		hand = finish_and_look(w);
		t = &hand->situation.trap;
		assert_true(t->has_esr && !t->esr_is_iss);
		assert_int_equal(t->esr, rows[i].sea[1]);
		assert_int_equal(t->has_far, rows[i].has_far);
		assert_int_equal(t->has_address, rows[i].has_address);
		assert_true(!t->has_far || t->far == 0x1234);
		assert_true(!t->has_address || t->address == 0x5678);
		put_away(hand);
	}
}

static bool is_handled(struct tl_writer *w, enum tl_arch_id arch, enum tl_abi abi, struct tl_exit e,
	const void *answer, uint32_t size)
{
	struct hand *hand;
	bool handled;

	add_exit(w, e, arch, abi, NULL);
	add_reply(w, EXIT, 0, answer, size);
	hand = finish_and_look(w);
	handled = hand->situation.trap.handled;
	put_away(hand);
	return handled;
}

static void a_reply_says_whether_it_was_handled(void **state)
{
	static const uint8_t idsr[24] = { 3, 0, 15, 13 }, msr[24] = { [12] = 0x10 };
	static const uint8_t yes[11] = { 0x55, [10] = 1 }, no[11] = { 0 }, error[24] = { 1 },
			     good[24];
	const struct tl_exit read = exit_of(EXIT, 0, 29, idsr, sizeof(idsr));
	const struct tl_exit rdmsr = exit_of(EXIT, 0, 29, msr, sizeof(msr));

	assert_true(is_handled(begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "v"), TL_ARCH_ARM64,
		TL_ABI_IDSR, read, yes, 11));
	assert_false(is_handled(begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "v"), TL_ARCH_ARM64,
		TL_ABI_IDSR, read, no, 11));
	assert_true(is_handled(begin_trace(TL_ARCH_X86_64, TL_ABI_MAINLINE, "v"), TL_ARCH_X86_64,
		TL_ABI_MAINLINE, rdmsr, good, 24));
	assert_false(is_handled(begin_trace(TL_ARCH_X86_64, TL_ABI_MAINLINE, "v"), TL_ARCH_X86_64,
		TL_ABI_MAINLINE, rdmsr, error, 24));
}

static void the_mode_is_assumed_only_to_decode(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct tl_regs regs = { 0 };
	uint64_t pstate = 0;
	struct hand *hand;

	tl_regs_set(&regs, TL_ARM64_pc, PC);
	add_nisv_of(w, HOLE, 5, &regs, STR);
	hand = finish_and_look(w);
	assert_true(hand->situation.pstate_assumed);
	assert_true(tl_arm64_get(&hand->situation.state.regs, TL_ARM64_pstate, &pstate));
	assert_int_equal(pstate, TL_ARM64_EL1H);
	put_away(hand);
	w = begin_arm64();
	add_nisv_of(w, HOLE, 5, &(struct tl_regs){ 0 }, 0); // nothing to decode
	hand = finish_and_look(w);
	assert_false(hand->situation.pstate_assumed);
	assert_false(tl_arm64_get(&hand->situation.state.regs, TL_ARM64_pstate, &pstate));
	put_away(hand);
}

static void a_report_of_an_injected_abort_is_about_the_exit_before_it(void **state)
{
	static const char uboot[] =
		"\"Synchronous Abort\" handler, esr 0x96000010, far 0x10100040\n"
		"elr: 00000000000551c8 lr : 00000000000551a4 (reloc)\n"
		"elr: 00000000476fc1c8 lr : 00000000476fc1a4\n"
		"x0 : 0000000010100040 x1 : 0000000000000001\n\n"
		"Code: (b8004401)\n";
	static const char other[] =
		"\"Synchronous Abort\" handler, esr 0x96000045, far 0x10100040\n"
		"elr: 00000000476fc1c8 lr : 00000000476fc1a4\n"
		"x0 : 0000000010100040 x1 : 0000000000000001\n\n"
		"Code: (b8004401)\n";
	struct hand *hand = import_and_look(uboot);
	const struct tl_situation *s = &hand->situation;

	assert_true(s->from_report && s->flat_assumed && s->pstate_assumed);
	assert_int_equal(s->trap.kind, TL_TRAP_NISV);
	assert_int_equal(s->trap.address, 0x10100040);
	assert_int_equal(s->told.source, TL_IMPORT_GUEST);
	put_away(hand);
	hand = import_and_look(other); // a translation fault of the guest's own
	assert_int_equal(hand->situation.trap.kind, TL_TRAP_OOPS);
	assert_false(hand->situation.from_report);
	assert_int_equal(hand->situation.trap.esr, 0x96000045);
	put_away(hand);
}

static void vectors_are_there_where_they_were_recorded(void **state)
{
	struct hand *hand = look_at(open_trace(GOLDEN "arm64-nisv-abort.trap"), 10);
	static const uint8_t q0[16] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22,
		0x22, 0x22, 0x22, 0x22, 0x22, 0x22 };

	assert_int_equal(hand->situation.state.vectors.known, UINT32_MAX);
	assert_memory_equal(hand->situation.state.vectors.v[0], q0, 16);
	put_away(hand);
	hand = look_at(open_trace(GOLDEN "arm64-mmio.trap"), 1);
	assert_int_equal(hand->situation.state.vectors.known, 0);
	put_away(hand);
}

static void an_exit_has_to_be_there(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct tl_situation situation;
	struct tl_trace *t;

	add_nisv(w, HOLE, STR);
	assert_ok(tl_writer_finish(w));
	t = open_trace("a.trap");
	assert_error(tl_situation_open(t, 10, &situation),
		"a.trap: exit 10: not there; the trace has 9 to 9");
	tl_trace_close(t);
}

/* The newest exit in trouble. */

static tl_seq last_of(const char *path)
{
	struct tl_trace *t = open_trace(path);
	tl_seq seq = 0;

	assert_ok(tl_situation_last(t, &seq));
	tl_trace_close(t);
	return seq;
}

static void trouble_is_found_in_recordings(void **state)
{
	assert_int_equal(last_of(GOLDEN "arm64-nisv-abort.trap"), 28);
	assert_int_equal(last_of(GOLDEN "arm64-nisv-off.trap"), 10);
	assert_int_equal(last_of(GOLDEN "arm64-uboot-nisv.trap"), 2702);
	assert_int_equal(last_of(GOLDEN "arm64-idsr-cell.trap"), 84);
}

static void assert_trouble(enum tl_arch_id arch, struct tl_exit e, bool is_trouble)
{
	struct tl_writer *w = begin_trace(arch, TL_ABI_MAINLINE, "myvmm");
	struct tl_trace *t;
	tl_seq seq = 0;

	add_exit(w, e, arch, TL_ABI_MAINLINE, NULL);
	add_exit(w, exit_of(EXIT + 1, 0, 10, NULL, 0), arch, TL_ABI_MAINLINE, NULL); // intr
	assert_ok(tl_writer_finish(w));
	t = open_trace("a.trap");
	if (is_trouble) {
		assert_ok(tl_situation_last(t, &seq));
		assert_int_equal(seq, EXIT);
	} else {
		assert_error(tl_situation_last(t, &seq),
			"a.trap: at no exit was the guest in trouble: name one, such as last");
	}
	tl_trace_close(t);
}

static void trouble_is_what_a_guest_cannot_go_on_from(void **state)
{
	static const uint32_t reasons[] = { 0, 1, 8, 9, 17, 28, 39, 41, 42 };
	static const uint32_t quiet[] = { 3, 6, 24, 10, 777 };
	static const uint8_t payload[256];

	for (size_t i = 0; i < EACH(reasons); i++)
		assert_trouble(TL_ARCH_ARM64, exit_of(EXIT, 0, reasons[i], payload, 256), true);
	for (size_t i = 0; i < EACH(quiet); i++)
		assert_trouble(TL_ARCH_ARM64, exit_of(EXIT, 0, quiet[i], payload, 256), false);
}

static void trouble_is_a_run_that_failed_for_good(void **state)
{
	static const int errors[] = { ENOSYS, EFAULT, EINVAL, ENOEXEC };
	struct tl_exit e = { .seq = EXIT, .time = EXIT * MS };

	for (size_t i = 0; i < EACH(errors); i++) {
		e.error = errors[i];
		assert_trouble(TL_ARCH_X86_64, e, true);
	}
	e.error = EINTR;
	assert_trouble(TL_ARCH_X86_64, e, false);
	e.error = EAGAIN;
	assert_trouble(TL_ARCH_X86_64, e, false);
}

static void of_an_imported_log_any_exit_will_do(void **state)
{
	struct hand *hand = import_and_look(
		"qemu-17 [003] 12.3: kvm_mmio: mmio write len 4 gpa 0x9000000 val 0x41\n");

	assert_int_equal(hand->situation.trap.kind, TL_TRAP_MMIO);
	put_away(hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nisv_has_address_and_a_part_of_the_syndrome),
		cmocka_unit_test(slots_come_with_their_rights),
		cmocka_unit_test(the_platform_is_what_was_set_up),
		cmocka_unit_test(what_was_not_set_up_is_not_known),
		cmocka_unit_test(each_exit_is_of_a_kind),
		cmocka_unit_test(failed_runs_are_nisv_where_enosys_stands_for_it),
		cmocka_unit_test(an_sea_says_which_of_its_addresses_count),
		cmocka_unit_test(a_reply_says_whether_it_was_handled),
		cmocka_unit_test(the_mode_is_assumed_only_to_decode),
		cmocka_unit_test(a_report_of_an_injected_abort_is_about_the_exit_before_it),
		cmocka_unit_test(vectors_are_there_where_they_were_recorded),
		cmocka_unit_test(an_exit_has_to_be_there),
		cmocka_unit_test(trouble_is_found_in_recordings),
		cmocka_unit_test(trouble_is_what_a_guest_cannot_go_on_from),
		cmocka_unit_test(trouble_is_a_run_that_failed_for_good),
		cmocka_unit_test(of_an_imported_log_any_exit_will_do),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
