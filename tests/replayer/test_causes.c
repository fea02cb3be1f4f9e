/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Why exits happen: each cause with its evidence, where it stands and where it does not, on exits of
// arm64 made by hand and on reports. tests/replayer/test_causes_x86.c has those of x86.
#include "tests/replayer/situations.h"

static void assert_causes(struct hand *hand, const char *expected)
{
	assert_string_equal(causes_of(hand), expected);
	put_away(hand);
}

// Of an access of X0 in a hole of the slots, what is said of the place.
#define NO_SLOT(at) "- no memory slot shows " at "\n"
#define WILD(weight, at)                                                                           \
	"wild-pointer " weight ": a wild pointer: nothing is known to stand at " at "\n"           \
	"- no slot, no device seen in this trace, and no device of a known board\n"
#define MERGED(weight, deed, name)                                                                 \
	"merged-device-access " weight ": the guest accesses a device by " deed                    \
	", as compilers make it of plain accesses\n"                                               \
	"- " name " gives no syndrome: the CPU does not say what was accessed (Arm ARM "           \
	"D17.2.37, ISV)\n"
#define QEMU  "qemu-system-aarch64 -M virt"
#define STORE "a post-index store of 4 bytes"

static void an_unknown_place_is_a_wild_pointer_first(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, HOLE, STR);
	assert_causes(finish_and_look(w),
		WILD("65", "0xa000000") MERGED("45", STORE, "str") NO_SLOT("0xa000000"));
}

static void a_device_seen_is_accessed_first(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_read(w, 1, HOLE + 8, 1);
	add_nisv(w, HOLE, STR);
	assert_causes(finish_and_look(w),
		MERGED("92", STORE, "str") "- 0xa000000 is a device of the VMM\n"
					   "wild-pointer 10: a wild pointer, which happens to lead "
					   "to a device of the VMM\n");
}

static void a_device_of_the_board_is_an_assumption(void **state)
{
	struct tl_writer *w = begin_trace(TL_ARCH_ARM64, TL_ABI_MAINLINE, QEMU);

	add_nisv(w, 0x9000000, STR);
	assert_causes(finish_and_look(w),
		MERGED("70", STORE, "str") "- 0x9000000 is PL011 serial port (assumed)\n"
					   "wild-pointer 40: a wild pointer, which happens to lead "
					   "to PL011 serial port (assumed)\n");
}

static void a_plain_access_is_no_merged_one(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_nisv(w, HOLE, PLAIN);
	hand = finish_and_look(w);
	assert_null(strstr(causes_of(hand), "merged-device-access"));
	put_away(hand);
}

static void null_is_told_by_its_offset(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, 0x18, STR);
	assert_causes(finish_and_look(w),
		"null-pointer 85: a NULL pointer: the access goes to 0x18\n"
		"- 0x18 would be the offset of a member\n" MERGED("45", STORE, "str")
			NO_SLOT("0x18"));
	w = begin_arm64();
	add_nisv(w, 0, STR);
	assert_causes(finish_and_look(w),
		"null-pointer 85: a NULL pointer: the access goes to 0x0\n" MERGED(
			"45", STORE, "str") NO_SLOT("0x0"));
}

static void the_base_is_named_where_it_differs(void **state)
{
	struct tl_writer *w = begin_arm64();
	const struct tl_regs regs = arm64_regs(HOLE - 8);

	add_nisv_of(w, HOLE, WRITE | 5, &regs, 0xf8008c02); // str x2, [x0, #8]!
	assert_causes(finish_and_look(w),
		WILD("65", "0xa000000") "- its base register holds 0x9fffff8\n" MERGED(
			"45", "a pre-index store of 8 bytes", "str") NO_SLOT("0xa000000"));
}

#define FLASH(deed)                                                                                \
	"write-to-flash 90: the guest writes to read-only memory, such as flash in array mode, "   \
	"by " deed "\n"                                                                            \
	"- 0xc000000 is in a read-only slot\n"                                                     \
	"- in command mode the VMM takes the slot away, and reads trap as well\n"

static void stores_to_read_only_memory_are_told_apart(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, ROM, STR);
	assert_causes(finish_and_look(w), FLASH(STORE));
	w = begin_arm64();
	add_nisv(w, ROM, LDADD);
	assert_causes(finish_and_look(w), FLASH("an atomic update of 8 bytes"));
	w = begin_arm64();
	add_nisv(w, ROM, LDR); // which does not trap there
	assert_causes(
		finish_and_look(w), "unknown 1: nothing that is known of this exit tells why\n");
}

static void flash_of_the_board_has_two_modes(void **state)
{
	struct tl_writer *w = begin_trace(TL_ARCH_ARM64, TL_ABI_MAINLINE, QEMU);

	add_nisv(w, 0x4000000, LDR);
	assert_causes(finish_and_look(w),
		"flash 72: the guest accesses flash by a post-index load of 4 bytes\n"
		"- in array mode flash is a read-only slot: loads work, and stores trap\n"
		"- in command mode it is no slot: loads trap too\n" MERGED("70",
			"a post-index load of 4 bytes",
			"ldr") "- 0x4000000 is flash 1 (assumed)\n"
			       "wild-pointer 40: a wild pointer, which happens to lead to flash 1 "
			       "(assumed)\n");
}

#define KVM_AND_CMOS                                                                               \
	"- KVM skips it where there is no slot, and lets it through on RAM; on a read-only slot "  \
	"it exits\n"

static void cache_maintenance_is_named(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv_of(w, ROM, 0x100 | WRITE | 0xf, &(struct tl_regs){ 0 }, 0);
	assert_causes(finish_and_look(w),
		"cache-maintenance 94: cache maintenance (CM=1) on read-only memory\n" KVM_AND_CMOS
		"access-without-syndrome 38: the guest accesses what is no RAM by an instruction "
		"that gives no syndrome: with writeback, of several registers, of vectors, "
		"exclusive or atomic\n"
		"- there is no memory slot, or it is a write to a read-only one: flash is a "
		"read-only slot in array mode, and none in command mode\n"
		"- 0xc000000 is in a read-only slot\n"
		"? pstate: which instruction set, which exception level\n"
		"? the instruction at pc\n"
		"? the virtual address of the access (FAR)\n");
}

static void maintenance_is_told_by_the_instruction_too(void **state)
{
	const struct tl_regs regs = arm64_regs(ROM);
	struct tl_writer *w = begin_arm64();

	add_nisv_of(w, ROM, 0x100 | WRITE | 0xf, &regs, IVAC);
	assert_causes(finish_and_look(w), "cache-maintenance 94: cache maintenance (dc ivac) on "
					  "read-only memory\n" KVM_AND_CMOS);
}

static void zeroing_a_block_is_named(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_nisv(w, ROM, ZVA);
	assert_causes(finish_and_look(w),
		"zeroing-of-device 90: the guest zeroes a block by dc zva, as memset() does, where "
		"there is no RAM\n"
		"- 0xc000000 is in a read-only slot\n");
}

static void atomics_have_no_device(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_read(w, 1, HOLE + 8, 1);
	add_nisv(w, HOLE, LDADD);
	assert_causes(finish_and_look(w),
		"atomic-on-device 92: an atomic update of 8 bytes where there is no memory: "
		"devices have no atomic accesses\n"
		"- 0xa000000 is a device of the VMM\n"
		"wild-pointer 10: a wild pointer, which happens to lead to a device of the VMM\n");
}

static void an_interrupt_controller_in_kvm_has_no_path(void **state)
{
	const uint64_t distributor[2] = { 0, 0x8000000 };
	struct tl_writer *w = begin_arm64();
	const struct tl_record_input input = { .time = MS,
		.vcpu = TL_NO_VCPU,
		.request = 0x4010aeab, // KVM_ARM_SET_DEVICE_ADDR
		.size = sizeof(distributor) };
	struct hand *hand;

	assert_ok(tl_writer_input(w, &input, distributor));
	add_nisv(w, 0x8000008, LDR);
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"in-kernel-device 96: in-kernel device: userspace has no path that gives the guest "
		"the access it made\n"
		"- 0x8000008 is GICv2 distributor\n"
		"- ldr gives no syndrome, so KVM cannot pass it to its device\n"));
	assert_ptr_equal(strstr(causes_of(hand), "in-kernel-device"), causes_of(hand));
	put_away(hand);
}

// The VM of the traces has 36 bits.
static void addresses_may_be_too_wide(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_nisv(w, UINT64_C(1) << 36, STR);
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"ipa-width 95: the address 0x1000000000 needs more than the 36 bits of the VM's "
		"IPA "
		"size\n"
		"- KVM from 5.19 on injects an external abort with FAR = IPA; older ones exit\n"));
	put_away(hand);
	w = begin_arm64();
	assert_ok(tl_writer_meta_int(w, "host_ipa_bits", 32));
	add_nisv(w, UINT64_C(1) << 32, STR);
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"ipa-width 95: the address 0x100000000 needs more than the 32 bits of the host's "
		"PARange\n"
		"- KVM from 5.19 on injects an address size fault with FAR = IPA; older ones "
		"exit\n"));
	put_away(hand);
	w = begin_arm64();
	add_nisv(w, (UINT64_C(1) << 36) - 16, STR);
	hand = finish_and_look(w);
	assert_null(strstr(causes_of(hand), "ipa-width"));
	put_away(hand);
}

// Tables at 0xc000000, of which nothing was recorded: the walk ends at their first entry.
static void a_walk_may_go_where_no_ram_is(void **state)
{
	struct tl_regs regs = arm64_regs(0x1234);
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	tl_regs_set(&regs, TL_ARM64_sctlr_el1, 1);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, 25 | 1 << 23);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, ROM);
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1, 0);
	add_nisv_of(w, ROM, 5, &regs, LDR);
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"table-walk 93: the CPU's own page-table walk went where there is no RAM: page "
		"tables in flash, or a wild entry\n"
		"- the address is that of a table entry of the walk\n"));
	assert_non_null(strstr(causes_of(hand), "? the memory of the page tables\n"));
	put_away(hand);
	w = begin_arm64();
	add_nisv_of(w, ROM + 64, 0x15, &regs, LDR);
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"- the syndrome says that the fault came on the walk of stage 1\n"));
	assert_null(strstr(causes_of(hand), "that of a table entry"));
	put_away(hand);
}

static void a_stack_pointer_off_by_8_is_no_reason_to_exit(void **state)
{
	struct tl_regs regs = arm64_regs(0);
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	tl_regs_set(&regs, TL_ARM64_sp_el1, HOLE + 8);
	add_nisv_of(w, HOLE + 8, WRITE | 5, &regs, 0xa90007e0); // stp x0, x1, [sp]
	hand = finish_and_look(w);
	assert_non_null(strstr(causes_of(hand),
		"misaligned-sp 5: not the stack pointer's alignment: such a fault goes to the "
		"guest, never to the VMM\n"
		"- sp = 0xa000008 is not a multiple of 16\n"));
	put_away(hand);
}

static const char stack[] = "pstate: 600003c5\npc : 0000000040001000 lr : 0000000040000f00\n"
			    "sp : 000000004007fff8\nCode: (a90007e0)\n";

static void in_a_report_it_is_the_reason(void **state)
{
	struct hand *hand = import_and_look(stack);

	assert_non_null(strstr(causes_of(hand),
		"misaligned-sp 95: the stack pointer is misaligned: the access faults if "
		"SCTLR_EL1.SA is set, which was not recorded\n"
		"- sp = 0x4007fff8 is not a multiple of 16\n"));
	tl_regs_set(&hand->situation.state.regs, TL_ARM64_sctlr_el1, 8);
	assert_non_null(strstr(causes_of(hand),
		"misaligned-sp 95: the stack pointer is misaligned: SCTLR_EL1.SA is set, so the "
		"access faults\n"));
	tl_regs_set(&hand->situation.state.regs, TL_ARM64_sctlr_el1, 0);
	assert_non_null(strstr(causes_of(hand),
		"misaligned-sp 5: the stack pointer is misaligned: but SCTLR_EL1.SA is clear, so "
		"the access does not fault\n"));
	put_away(hand);
}

static void half_of_an_address_may_be_lost(void **state)
{
	struct hand *hand = import_and_look("IPA=0x3deb0000 FAR=0xb6dce3c4\nTTBR0=0x5b06cc40\n"
					    "PMD@0x5b150db0=0x43deb0003\n");

	assert_ptr_equal(
		strstr(causes_of(hand),
			"syndrome-bug 97: reported IPA disagrees with the walk: 0x3deb0000 "
			"against 0x43deb0000, low 32 bits equal\n"
			"- entry pmd of the report leads to 0x43deb0000\n"
			"- a CPU that loses the upper half of HPFAR_EL2 on a walk's fault "
			"does so\n"),
		causes_of(hand));
	put_away(hand);
	hand = import_and_look("IPA=0x3deb0000 FAR=0xb6dce3c4\nPMD@0x5b150db0=0x3deb0003\n");
	assert_null(strstr(causes_of(hand), "syndrome-bug"));
	put_away(hand);
}

static void a_syndrome_may_contradict_the_instruction(void **state)
{
	struct hand *hand = import_and_look("esr=0x93830047 ipa=0x9000000 far=0x9000000 "
					    "x6=0x9000000 x3=0x41 insn=0xb80044c3\n");

	assert_ptr_equal(strstr(causes_of(hand), "syndrome-bug 97: the report, the emulator or the "
						 "CPU contradicts itself\n"),
		causes_of(hand));
	assert_non_null(strstr(causes_of(hand), "trusting it would lose the writeback"));
	put_away(hand);
}

static void a_dump_alone_has_candidates(void **state)
{
	struct hand *hand =
		import_and_look("error: kvm run failed Function not implemented\n"
				" PC=0000000040205afc X08=0000000000000009 X09=0000000048000000\n"
				"X14=0000000048000000 PSTATE=600003c5\n");

	assert_non_null(strstr(causes_of(hand),
		"candidate-base 40: x9 = 0x48000000 may be the base: 128 MiB of RAM would end "
		"there on QEMU's board (an assumption)\n"
		"- or x14 = 0x48000000: 128 MiB of RAM would end there on QEMU's board (an "
		"assumption)\n"));
	assert_non_null(strstr(causes_of(hand), "? the memory slots of the VM\n"));
	put_away(hand);
}

static void a_register_may_tell_of_earlier_trouble(void **state)
{
	struct hand *hand =
		import_and_look("error: kvm run failed Function not implemented\n"
				"PC=000000013f7ff804 X05=0000000096000044 PSTATE=800003c5\n");

	assert_ptr_equal(
		strstr(causes_of(hand),
			"wild-pointer 62: a wild or NULL pointer: the guest was handling a "
			"data abort of its own\n"
			"- x5 = 0x96000044 reads as ESR_EL1 of a data abort\n"),
		causes_of(hand));
	put_away(hand);
	hand = import_and_look("error: kvm run failed Function not implemented\n"
			       "PC=000000013f7ff804 X05=0000000056000044 PSTATE=800003c5\n");
	assert_null(strstr(causes_of(hand), "reads as ESR_EL1"));
	put_away(hand);
}

static void add_idsr(
	struct tl_writer *w, uint8_t op0, uint8_t op1, uint8_t crn, uint8_t op2, bool write)
{
	const uint8_t idsr[24] = { op0, op1, crn, 0, op2, [16] = write };
	const struct tl_regs regs = arm64_regs(0);
	const uint32_t word = 0xd53af000; // mrs x0, s3_2_c15_c0_0

	add_last(w, exit_of(EXIT, 0, 29, idsr, sizeof(idsr)), TL_ARCH_ARM64, TL_ABI_IDSR, &regs,
		&word, 4, 0);
}

#define WITHOUT                                                                                    \
	"- without KVM_CAP_ARM_IDSR_TO_USER, which takes a patch, the guest finds it undefined\n"

static void a_register_of_one_cpu_is_named(void **state)
{
	struct tl_writer *w = begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "myvmm");

	add_idsr(w, 3, 2, 15, 0, false);
	assert_causes(finish_and_look(w),
		"implementation-defined-register 95: the guest reads s3_2_c15_c0_0, pmc0_el1, a "
		"register that each CPU implementation defines for itself\n"
		"- Apple: performance counter 0\n" WITHOUT);
	w = begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "myvmm");
	add_idsr(w, 3, 7, 2, 7, true);
	assert_causes(finish_and_look(w), "implementation-defined-register 95: the guest writes "
					  "s3_7_c2_c0_7, a register that "
					  "KVM does not know\n" WITHOUT);
}

static void mmio_is_an_ordinary_access(void **state)
{
	const struct mmio mmio = { .gpa = HOLE, .size = 4, .write = 1 };
	const struct tl_regs regs = arm64_regs(HOLE);
	struct tl_writer *w = begin_arm64();

	add_arm64(w, exit_of(EXIT, 0, KVM_EXIT_MMIO, &mmio, sizeof(mmio)), &regs, PLAIN);
	assert_causes(finish_and_look(w),
		"device-access 90: an ordinary access to a device, which KVM describes and the VMM "
		"answers\n"
		"- no memory slot shows 0xa000000\n");
}

// PC is behind HVC; the store there did nothing yet.
static void calls_are_of_the_instruction_before_pc(void **state)
{
	static const uint32_t words[2] = { 0xd4000002, STR };
	static const char *const causes[] = { "call 95: the guest called for it: a system event\n",
		"call 95: the guest called for it: shutdown\n",
		"call 95: the guest called for it: reset\n",
		"call 95: the guest called for it: a crash\n",
		"call 95: the guest called for it: wakeup\n",
		"call 95: the guest called for it: suspend\n",
		"call 95: the guest called for it: a system event\n" };
	const struct tl_regs regs = arm64_regs(HOLE);

	for (uint8_t type = 0; type < 7; type++) {
		const uint8_t event[136] = { type };
		struct tl_writer *w = begin_arm64();
		struct hand *hand;

		add_last(w, exit_of(EXIT, 0, KVM_EXIT_SYSTEM_EVENT, event, sizeof(event)),
			TL_ARCH_ARM64, TL_ABI_MAINLINE, &regs, words, 8, 4);
		hand = finish_and_look(w);
		assert_string_equal(causes_of(hand), causes[type]);
		assert_int_equal(hand->diagnosis.at, PC - 4);
		assert_false(hand->diagnosis.has_insn);
		assert_true(hand->diagnosis.line[0].is_pc);
		assert_string_equal(hand->diagnosis.line[0].mnemonic, "hvc");
		put_away(hand);
	}
}

static void calls_of_32_bit_guests_are_found(void **state)
{
	static const struct {
		uint64_t pstate;
		uint8_t code[4];
		bool is_call;
	} rows[] = { { 0x1d3, { 0x70, 0x00, 0x40, 0xe1 }, true }, // hvc
		{ 0x1d3, { 0x70, 0x00, 0x60, 0xe1 }, true },	  // smc
		{ 0x1d3, { 0x70, 0x00, 0x20, 0xe1 }, false },	  // bkpt
		{ 0x1f3, { 0xe0, 0xf7, 0x00, 0x80 }, true },	  // hvc
		{ 0x1f3, { 0xf0, 0xf7, 0x00, 0x80 }, true },	  // smc
		{ 0x1f3, { 0xd0, 0xf7, 0x00, 0x80 }, false },
		{ 0x3c5, { 0x03, 0x00, 0x00, 0xd4 }, true },	// smc
		{ 0x3c5, { 0x01, 0x00, 0x00, 0xd4 }, false } }; // svc

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint64_t call[9] = { 0x84000008 };
		struct tl_regs regs = arm64_regs(0);
		struct tl_writer *w = begin_arm64();
		struct hand *hand;

		tl_regs_set(&regs, TL_ARM64_pstate, rows[i].pstate);
		add_last(w, exit_of(EXIT, 0, KVM_EXIT_HYPERCALL, call, sizeof(call)), TL_ARCH_ARM64,
			TL_ABI_MAINLINE, &regs, rows[i].code, 4, 4);
		hand = finish_and_look(w);
		assert_string_equal(causes_of(hand),
			"call 95: the guest called for it: hypercall 0x84000008\n");
		assert_int_equal(hand->diagnosis.at, rows[i].is_call ? PC - 4 : PC);
		put_away(hand);
	}
}

static void add_failed(struct tl_writer *w, int error)
{
	const struct tl_regs regs = arm64_regs(HOLE);

	add_arm64(
		w, (struct tl_exit){ .seq = EXIT, .time = EXIT * MS, .error = error }, &regs, STR);
}

static void an_interruption_has_no_instruction(void **state)
{
	static const int errors[] = { EINTR, EAGAIN };

	for (unsigned i = 0; i < 2; i++) {
		struct tl_writer *w = begin_arm64();
		struct hand *hand;

		add_failed(w, errors[i]);
		hand = finish_and_look(w);
		assert_string_equal(causes_of(hand),
			"interrupted 95: no instruction trapped: KVM_RUN was interrupted, by a "
			"signal or by immediate_exit\n");
		assert_false(hand->diagnosis.has_insn);
		assert_false(hand->diagnosis.has_va);
		assert_string_equal(hand->diagnosis.deed, "");
		put_away(hand);
	}
}

static void a_failed_run_has_its_errno(void **state)
{
	struct tl_writer *w = begin_arm64();

	add_failed(w, EFAULT);
	assert_causes(finish_and_look(w),
		"failed-run 75: KVM could not reach the memory behind a slot: the VMM unmapped it, "
		"or a page of it is poisoned\n");
	w = begin_arm64();
	add_failed(w, ENOEXEC);
	assert_causes(finish_and_look(w), "failed-run 40: KVM_RUN failed with errno 8\n");
}

static void certainty_follows_the_weight(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_nisv(w, HOLE, STR);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_int_equal(hand->diagnosis.cause[0].certainty, TL_LIKELY);
	assert_int_equal(hand->diagnosis.cause[1].certainty, TL_POSSIBLE);
	put_away(hand);
	w = begin_arm64();
	add_read(w, 1, HOLE + 8, 1);
	add_nisv(w, HOLE, STR);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_int_equal(hand->diagnosis.cause[0].certainty, TL_CERTAIN);
	assert_int_equal(hand->diagnosis.cause[1].certainty, TL_UNLIKELY);
	put_away(hand);
	w = begin_arm64();
	add_nisv(w, ROM, LDR);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_int_equal(hand->diagnosis.cause[0].certainty, TL_NO_CAUSE);
	put_away(hand);
}

#define LOOK_BASE "look where the base register got its value"
#define AT_ONCE	  "an external abort tells the guest at once"

// What an access without syndrome is of, and what to do about it.
static const struct {
	uint64_t gpa, iss;
	uint32_t word;
	const char *vmm, *name, *advice;
} advices[] = {
	{ HOLE, WRITE | 5, STR, "myvmm", "merged-device-access",
		"access registers of devices by accessors that are one plain load or store each "
		"(readl, writel in assembly), so that the compiler cannot merge them | enable "
		"KVM_CAP_ARM_NISV_TO_USER and carry the instruction out, or inject an external "
		"abort" },
	{ HOLE, WRITE | 5, STR, "myvmm", "wild-pointer", LOOK_BASE " | " AT_ONCE },
	{ 8, WRITE | 5, STR, "myvmm", "null-pointer",
		"find who passed NULL: the caller is in x30 (r14), the stack at sp | " AT_ONCE },
	{ HOLE, 5, 0, "myvmm", "access-without-syndrome",
		"access devices and flash by plain loads and stores of one register | record the "
		"exit with trapline record: the instruction and the address are in it" },
	{ ROM, WRITE | 15, STR, "myvmm", "write-to-flash",
		"write to flash by plain stores of one register | carry the store out as a command "
		"to the flash" },
	{ 0x4000000, 5, LDR, QEMU, "flash",
		"access flash by plain loads and stores of one register | carry the access out as "
		"a "
		"command to the flash" },
	{ ROM, 0x100, IVAC, "myvmm", "cache-maintenance",
		"no maintenance is needed for read-only memory | DC IVAC needs the right to write: "
		"abort it; all others can be skipped" },
	{ HOLE, WRITE | 5, ZVA, "myvmm", "zeroing-of-device",
		"do not memset() registers of devices; use memset_io() | write zeroes to the "
		"device, "
		"or inject an external abort" },
	{ HOLE, WRITE | 5, LDADD, "myvmm", "atomic-on-device",
		"use plain accesses and a lock for a device | inject an external abort: to emulate "
		"it would not be atomic" },
	{ 0x8000008, 5, LDR, QEMU, "in-kernel-device",
		"access it by plain loads and stores of one register | only device attributes can "
		"read a few of its registers; inject an external abort" },
	{ UINT64_C(1) << 36, 5, LDR, "myvmm", "ipa-width",
		"ID_AA64MMFR0_EL1.PARange is the host's, and may promise more than the VM has | "
		"create the VM with a larger IPA size (KVM_VM_TYPE_ARM_IPA_SIZE)" },
	{ ROM, 0x15, LDR, "myvmm", "table-walk",
		"page tables must stand in RAM; clear the access flag handling (TCR_EL1.HA) on "
		"tables in flash | -" },
	{ HOLE + 8, WRITE | 5, 0xa90007e0, "myvmm", "misaligned-sp", "- | -" },
	{ HOLE + 4, WRITE | 5, 0xb8004421, "myvmm", "syndrome-bug", // str w1, [x1], #4
		"- | do not act on the syndrome alone: look for an erratum of the CPU, or a bug of "
		"the emulator under KVM" },
};

static void each_cause_comes_with_advice(void **state)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		struct tl_writer *w = begin_trace(TL_ARCH_ARM64, TL_ABI_MAINLINE, advices[i].vmm);
		struct tl_regs regs = arm64_regs(advices[i].gpa);
		struct hand *hand;

		tl_regs_set(&regs, TL_ARM64_sp_el1, HOLE + 8);
		add_nisv_of(w, advices[i].gpa, advices[i].iss, &regs, advices[i].word);
		hand = finish_and_look(w);
		causes_of(hand);
		assert_string_equal(advice_of(hand, advices[i].name), advices[i].advice);
		put_away(hand);
	}
}

static void reports_come_with_advice(void **state)
{
	struct hand *hand = import_and_look(stack);

	causes_of(hand);
	assert_string_equal(advice_of(hand, "misaligned-sp"),
		"keep sp a multiple of 16 at every access through it | -");
	put_away(hand);
	hand = import_and_look("IPA=0x3deb0000 FAR=0xb6dce3c4\nPMD@0x5b150db0=0x43deb0003\n");
	causes_of(hand);
	assert_string_equal(advice_of(hand, "syndrome-bug"),
		"- | look for an erratum of the host's CPU; memory below 4 GiB avoids it");
	put_away(hand);
	hand = import_and_look("error: kvm run failed Function not implemented\n"
			       "PC=000000013f7ff804 X05=0000000096000044 PSTATE=800003c5\n");
	causes_of(hand);
	assert_string_equal(advice_of(hand, "wild-pointer"),
		"look at the first exception, not at this one | -");
	put_away(hand);
}

static void failed_runs_and_registers_come_with_advice(void **state)
{
	struct tl_writer *w = begin_arm64();
	struct hand *hand;

	add_failed(w, EFAULT);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_string_equal(
		advice_of(hand, "failed-run"), "- | look at the mappings behind the memory slots");
	put_away(hand);
	w = begin_arm64();
	add_failed(w, EINVAL);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_string_equal(advice_of(hand, "failed-run"), "- | look into the host's kernel log");
	put_away(hand);
	w = begin_trace(TL_ARCH_ARM64, TL_ABI_IDSR, "myvmm");
	add_idsr(w, 3, 2, 15, 0, false);
	hand = finish_and_look(w);
	causes_of(hand);
	assert_string_equal(advice_of(hand, "implementation-defined-register"),
		"look at MIDR_EL1 before using registers of one CPU | most such registers do as "
		"plain cells, or as RAZ/WI");
	put_away(hand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_place_is_a_wild_pointer_first),
		cmocka_unit_test(a_device_seen_is_accessed_first),
		cmocka_unit_test(a_device_of_the_board_is_an_assumption),
		cmocka_unit_test(a_plain_access_is_no_merged_one),
		cmocka_unit_test(null_is_told_by_its_offset),
		cmocka_unit_test(the_base_is_named_where_it_differs),
		cmocka_unit_test(stores_to_read_only_memory_are_told_apart),
		cmocka_unit_test(flash_of_the_board_has_two_modes),
		cmocka_unit_test(cache_maintenance_is_named),
		cmocka_unit_test(maintenance_is_told_by_the_instruction_too),
		cmocka_unit_test(zeroing_a_block_is_named),
		cmocka_unit_test(atomics_have_no_device),
		cmocka_unit_test(an_interrupt_controller_in_kvm_has_no_path),
		cmocka_unit_test(addresses_may_be_too_wide),
		cmocka_unit_test(a_walk_may_go_where_no_ram_is),
		cmocka_unit_test(a_stack_pointer_off_by_8_is_no_reason_to_exit),
		cmocka_unit_test(in_a_report_it_is_the_reason),
		cmocka_unit_test(half_of_an_address_may_be_lost),
		cmocka_unit_test(a_syndrome_may_contradict_the_instruction),
		cmocka_unit_test(a_dump_alone_has_candidates),
		cmocka_unit_test(a_register_may_tell_of_earlier_trouble),
		cmocka_unit_test(a_register_of_one_cpu_is_named),
		cmocka_unit_test(mmio_is_an_ordinary_access),
		cmocka_unit_test(calls_are_of_the_instruction_before_pc),
		cmocka_unit_test(calls_of_32_bit_guests_are_found),
		cmocka_unit_test(an_interruption_has_no_instruction),
		cmocka_unit_test(a_failed_run_has_its_errno),
		cmocka_unit_test(certainty_follows_the_weight),
		cmocka_unit_test(each_cause_comes_with_advice),
		cmocka_unit_test(reports_come_with_advice),
		cmocka_unit_test(failed_runs_and_registers_come_with_advice),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
