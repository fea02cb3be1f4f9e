/* SPDX-License-Identifier: MIT */
// labels: unit
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arch/arm64/regs.h"
#include "arch/x86_64/regs.h"

static const struct tl_arch *const archs[] = { &tl_arch_arm64, &tl_arch_x86_64 };

static void set(struct tl_regs *regs, const struct tl_arch *arch, const char *name, uint64_t value)
{
	const struct tl_reg *reg = tl_arch_reg(arch, name);

	assert_non_null(reg);
	tl_regs_set(regs, reg->offset / 8, regs->word[reg->offset / 8]);
	assert_true(tl_reg_set(reg, regs, value));
}

static uint64_t get(const struct tl_regs *regs, const struct tl_arch *arch, const char *name)
{
	const struct tl_reg *reg = tl_arch_reg(arch, name);
	uint64_t value;

	assert_non_null(reg);
	assert_true(tl_reg_get(reg, regs, &value));
	return value;
}

static void an_architecture_is_found_by_id_and_by_name(void **state)
{
	assert_ptr_equal(tl_arch_by_id(1), &tl_arch_arm64);
	assert_ptr_equal(tl_arch_by_id(2), &tl_arch_x86_64);
	assert_ptr_equal(tl_arch_by_name("arm64"), &tl_arch_arm64);
	assert_ptr_equal(tl_arch_by_name("x86_64"), &tl_arch_x86_64);
}

static void an_unknown_architecture_is_null(void **state)
{
	assert_null(tl_arch_by_id(0));
	assert_null(tl_arch_by_id(3));
	assert_null(tl_arch_by_name("riscv"));
	assert_null(tl_arch_by_name(""));
}

static void a_register_is_found_in_any_case(void **state)
{
	assert_string_equal(tl_arch_reg(&tl_arch_x86_64, "RIP")->name, "rip");
	assert_string_equal(tl_arch_reg(&tl_arch_arm64, "SCTLR_EL1")->name, "sctlr_el1");
	assert_null(tl_arch_reg(&tl_arch_arm64, "rip"));
	assert_null(tl_arch_reg(&tl_arch_arm64, "x31"));
}

static void the_pc_register_is_the_pc(void **state)
{
	assert_string_equal(tl_arch_x86_64.regs[tl_arch_x86_64.pc_reg].name, "rip");
	assert_string_equal(tl_arch_arm64.regs[tl_arch_arm64.pc_reg].name, "pc");
}

static void every_register_stands_within_one_word_of_the_architecture(void **state)
{
	for (unsigned a = 0; a < 2; a++) {
		for (unsigned i = 0; i < archs[a]->n_regs; i++) {
			const struct tl_reg *reg = &archs[a]->regs[i];
			unsigned last = reg->offset + reg->bits / 8 - 1;

			assert_true(reg->bits == 8 || reg->bits == 16 || reg->bits == 32 ||
				    reg->bits == 64);
			assert_int_equal(reg->offset / 8, last / 8);
			assert_true(last / 8 < archs[a]->words);
			assert_ptr_equal(tl_arch_reg(archs[a], reg->name), reg);
		}
	}
}

static void no_two_registers_overlap(void **state)
{
	for (unsigned a = 0; a < 2; a++) {
		uint8_t taken[8 * TL_REG_WORDS] = { 0 };

		for (unsigned i = 0; i < archs[a]->n_regs; i++) {
			const struct tl_reg *reg = &archs[a]->regs[i];

			for (unsigned b = 0; b < reg->bits / 8u; b++)
				assert_int_equal(taken[reg->offset + b]++, 0);
		}
	}
}

static void level_pc_of_arm64_is_two_registers(void **state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tl_arch_arm64.n_regs; i++)
		n += tl_arch_arm64.regs[i].level == TL_REGS_PC;
	assert_int_equal(n, 2);
	assert_int_equal(tl_arch_reg(&tl_arch_arm64, "pc")->level, TL_REGS_PC);
	assert_int_equal(tl_arch_reg(&tl_arch_arm64, "pstate")->level, TL_REGS_PC);
}

static void level_pc_of_x86_suffices_for_a_fetch_and_its_walk(void **state)
{
	static const char *const names[] = { "rip", "rflags", "cs", "cs_base", "cs_l", "cr0", "cr3",
		"cr4", "efer" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(tl_arch_reg(&tl_arch_x86_64, names[i])->level, TL_REGS_PC);
}

static void arm64_registers_carry_their_one_reg_ids(void **state)
{
	static const struct {
		const char *name;
		uint64_t id;
	} known[] = {
		{ "x0", 0x6030000000100000 },
		{ "x30", 0x603000000010003c },
		{ "sp_el0", 0x603000000010003e },
		{ "pc", 0x6030000000100040 },
		{ "pstate", 0x6030000000100042 },
		{ "sp_el1", 0x6030000000100044 },
		{ "spsr_fiq", 0x6030000000100050 },
		{ "sctlr_el1", 0x603000000013c080 },
		{ "tcr_el1", 0x603000000013c102 },
		{ "esr_el1", 0x603000000013c290 },
		{ "vbar_el1", 0x603000000013c600 },
		{ "dacr32_el2", 0x603000000013e180 },
		{ "ifsr32_el2", 0x603000000013e281 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(tl_arch_reg(&tl_arch_arm64, known[i].name)->kvm_id, known[i].id);
}

static void a_register_that_was_not_read_has_no_value(void **state)
{
	struct tl_regs regs = { 0 };
	uint64_t value = 1;

	assert_false(tl_reg_get(tl_arch_reg(&tl_arch_x86_64, "rax"), &regs, &value));
	assert_int_equal(value, 1);
}

static void a_whole_word_may_be_set_when_it_was_not_read(void **state)
{
	struct tl_regs regs = { 0 };

	assert_true(tl_reg_set(tl_arch_reg(&tl_arch_x86_64, "rax"), &regs, UINT64_MAX));
	assert_int_equal(get(&regs, &tl_arch_x86_64, "rax"), UINT64_MAX);
}

static void a_part_of_a_word_that_was_not_read_cannot_be_set(void **state)
{
	struct tl_regs regs = { 0 };

	assert_false(tl_reg_set(tl_arch_reg(&tl_arch_x86_64, "cs"), &regs, 8));
	assert_false(tl_regs_known(&regs, 19));
}

static void setting_a_part_leaves_its_neighbours(void **state)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, 19, 0x1122334455667788);
	assert_int_equal(get(&regs, &tl_arch_x86_64, "cs_limit"), 0x55667788);
	assert_int_equal(get(&regs, &tl_arch_x86_64, "cs"), 0x3344);
	assert_int_equal(get(&regs, &tl_arch_x86_64, "cs_type"), 0x22);
	assert_int_equal(get(&regs, &tl_arch_x86_64, "cs_present"), 0x11);
	set(&regs, &tl_arch_x86_64, "cs", 0xabcdef);
	assert_int_equal(regs.word[19], 0x1122cdef55667788);
}

static void x86_fetches_from_rip_in_64_bit_mode(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva address;

	set(&regs, &tl_arch_x86_64, "rip", 0xffffffff81000000);
	set(&regs, &tl_arch_x86_64, "cs_base", 0x1000);
	set(&regs, &tl_arch_x86_64, "efer", TL_X86_EFER_LMA);
	set(&regs, &tl_arch_x86_64, "cs_l", 1);
	assert_true(tl_arch_x86_64.fetch_address(&regs, &address));
	assert_int_equal(address, 0xffffffff81000000);
}

static void x86_fetches_from_cs_base_elsewhere(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva address;

	set(&regs, &tl_arch_x86_64, "rip", 0xfff0);
	set(&regs, &tl_arch_x86_64, "cs_base", 0xffff0000);
	set(&regs, &tl_arch_x86_64, "efer", 0);
	set(&regs, &tl_arch_x86_64, "cs_l", 0);
	assert_true(tl_arch_x86_64.fetch_address(&regs, &address));
	assert_int_equal(address, 0xfffffff0);
	set(&regs, &tl_arch_x86_64, "rip", 0x1fff0);
	assert_true(tl_arch_x86_64.fetch_address(&regs, &address));
	assert_int_equal(address, 0xfff0);
	set(&regs, &tl_arch_x86_64, "efer", TL_X86_EFER_LMA); // compatibility mode
	assert_true(tl_arch_x86_64.fetch_address(&regs, &address));
	assert_int_equal(address, 0xfff0);
}

static void a_fetch_address_needs_its_registers(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva address;

	set(&regs, &tl_arch_x86_64, "rip", 0xfff0);
	assert_false(tl_arch_x86_64.fetch_address(&regs, &address));
	assert_false(tl_arch_arm64.fetch_address(&(struct tl_regs){ 0 }, &address));
}

static void arm64_fetches_from_pc_as_it_is(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva address;

	set(&regs, &tl_arch_arm64, "pc", 0xaa00000040080000);
	assert_true(tl_arch_arm64.fetch_address(&regs, &address));
	assert_int_equal(address, 0xaa00000040080000);
}

static void the_arm64_stack_pointer_follows_the_mode(void **state)
{
	static const struct {
		uint64_t mode;
		const char *reg;
	} modes[] = { { 0x00, "sp_el0" }, { 0x04, "sp_el0" }, { 0x05, "sp_el1" }, { 0x10, "x13" },
		{ 0x11, "x29" }, { 0x12, "x17" }, { 0x13, "x19" }, { 0x17, "x21" }, { 0x1b, "x23" },
		{ 0x1f, "x13" } };
	tl_gva sp;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct tl_regs regs = { 0 };

		set(&regs, &tl_arch_arm64, "pstate", 0x600003c0 | modes[i].mode);
		assert_false(tl_arch_arm64.stack_pointer(&regs, &sp));
		set(&regs, &tl_arch_arm64, modes[i].reg, 0x1000 + i);
		assert_true(tl_arch_arm64.stack_pointer(&regs, &sp));
		assert_int_equal(sp, 0x1000 + i);
	}
}

static void the_stack_pointer_of_el2_is_not_known(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva sp;

	memset(regs.known, 0xff, sizeof(regs.known));
	set(&regs, &tl_arch_arm64, "pstate", 0x3c9);
	assert_false(tl_arch_arm64.stack_pointer(&regs, &sp));
}

static void the_x86_stack_pointer_is_as_wide_as_its_segment(void **state)
{
	struct tl_regs regs = { 0 };
	tl_gva sp;

	set(&regs, &tl_arch_x86_64, "rsp", 0x1234567890);
	set(&regs, &tl_arch_x86_64, "ss_base", 0x10000000);
	set(&regs, &tl_arch_x86_64, "ss_db", 0);
	set(&regs, &tl_arch_x86_64, "efer", 0);
	set(&regs, &tl_arch_x86_64, "cs_l", 0);
	assert_true(tl_arch_x86_64.stack_pointer(&regs, &sp));
	assert_int_equal(sp, 0x10007890);
	set(&regs, &tl_arch_x86_64, "ss_db", 1);
	assert_true(tl_arch_x86_64.stack_pointer(&regs, &sp));
	assert_int_equal(sp, 0x44567890);
	set(&regs, &tl_arch_x86_64, "efer", TL_X86_EFER_LMA);
	set(&regs, &tl_arch_x86_64, "cs_l", 1);
	assert_true(tl_arch_x86_64.stack_pointer(&regs, &sp));
	assert_int_equal(sp, 0x1234567890);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_architecture_is_found_by_id_and_by_name),
		cmocka_unit_test(an_unknown_architecture_is_null),
		cmocka_unit_test(a_register_is_found_in_any_case),
		cmocka_unit_test(the_pc_register_is_the_pc),
		cmocka_unit_test(every_register_stands_within_one_word_of_the_architecture),
		cmocka_unit_test(no_two_registers_overlap),
		cmocka_unit_test(level_pc_of_arm64_is_two_registers),
		cmocka_unit_test(level_pc_of_x86_suffices_for_a_fetch_and_its_walk),
		cmocka_unit_test(arm64_registers_carry_their_one_reg_ids),
		cmocka_unit_test(a_register_that_was_not_read_has_no_value),
		cmocka_unit_test(a_whole_word_may_be_set_when_it_was_not_read),
		cmocka_unit_test(a_part_of_a_word_that_was_not_read_cannot_be_set),
		cmocka_unit_test(setting_a_part_leaves_its_neighbours),
		cmocka_unit_test(x86_fetches_from_rip_in_64_bit_mode),
		cmocka_unit_test(x86_fetches_from_cs_base_elsewhere),
		cmocka_unit_test(a_fetch_address_needs_its_registers),
		cmocka_unit_test(arm64_fetches_from_pc_as_it_is),
		cmocka_unit_test(the_arm64_stack_pointer_follows_the_mode),
		cmocka_unit_test(the_stack_pointer_of_el2_is_not_known),
		cmocka_unit_test(the_x86_stack_pointer_is_as_wide_as_its_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
