/* SPDX-License-Identifier: MIT */
// labels: unit
//
// Syndromes taken apart: each field that is told, and none that is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/syndrome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// One field a line: "WnR[6] 1 a write".
static void as_text(const struct tl_arm64_syndrome *s, char *text, size_t size)
{
	size_t at = 0;

	*text = '\0';
	for (unsigned n = 0; n < s->n_fields; n++) {
		const struct tl_arm64_syndrome_field *f = &s->field[n];
		char low[8] = "";

		if (f->low != f->high)
			snprintf(low, sizeof(low), ":%u", f->low);
		at += (size_t)snprintf(text + at, size - at, "%s[%u%s] %#" PRIx64 "%s%s\n", f->name,
			f->high, low, f->value, f->meaning ? " " : "",
			f->meaning ? f->meaning : "");
		assert_true(at < size);
	}
}

static struct tl_arm64_syndrome assert_fields(uint64_t esr, bool is_iss, const char *expected)
{
	struct tl_arm64_syndrome s;
	char text[2000];

	tl_arm64_syndrome(esr, is_iss, &s);
	as_text(&s, text, sizeof(text));
	assert_string_equal(text, expected);
	return s;
}

static void an_abort_without_a_syndrome_tells_no_register(void **state)
{
	const struct tl_arm64_syndrome s = assert_fields(0x96000010, false,
		"EC[31:26] 0x25 data abort from the same EL\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISV[24] 0 no instruction syndrome\n"
		"SET[12:11] 0 recoverable\n"
		"FnV[10] 0 FAR is valid\n"
		"EA[9] 0\n"
		"CM[8] 0 no cache maintenance\n"
		"S1PTW[7] 0 not on a walk of stage 1\n"
		"WnR[6] 0 a read\n"
		"DFSC[5:0] 0x10 synchronous external abort\n");

	assert_true(s.has_class && s.is_abort);
	assert_false(s.is_fetch || s.isv || s.wnr || s.cm || s.s1ptw || s.fnv || s.ea);
	assert_int_equal(s.ec, 0x25);
	assert_string_equal(s.ec_name, "data abort from the same EL");
	assert_int_equal(s.fsc, 0x10);
}

static void an_abort_with_a_syndrome_tells_size_and_register(void **state)
{
	const struct tl_arm64_syndrome s = assert_fields(0x93a3c046, false,
		"EC[31:26] 0x24 data abort from a lower EL\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISV[24] 0x1 SAS, SSE, SRT, SF and AR are valid\n"
		"SAS[23:22] 0x2 4 bytes\n"
		"SSE[21] 0x1 sign-extended\n"
		"SRT[20:16] 0x3\n"
		"SF[15] 0x1 a 64-bit register\n"
		"AR[14] 0x1 acquire or release\n"
		"FnV[10] 0 FAR is valid\n"
		"EA[9] 0\n"
		"CM[8] 0 no cache maintenance\n"
		"S1PTW[7] 0 not on a walk of stage 1\n"
		"WnR[6] 0x1 a write\n"
		"DFSC[5:0] 0x6 translation fault, level 2\n");

	assert_true(s.isv && s.wnr && s.sse && s.sf && s.ar);
	assert_int_equal(s.sas, 2);
	assert_int_equal(s.srt, 3);
}

static void every_flag_of_a_data_abort_has_its_bit(void **state)
{
	const struct tl_arm64_syndrome s = assert_fields(0x90002787, false,
		"EC[31:26] 0x24 data abort from a lower EL\n"
		"IL[25] 0 a 16-bit instruction\n"
		"ISV[24] 0 no instruction syndrome\n"
		"VNCR[13] 0x1 at an offset of VNCR_EL2\n"
		"FnV[10] 0x1 FAR is not valid\n"
		"EA[9] 0x1\n"
		"CM[8] 0x1 cache maintenance or AT\n"
		"S1PTW[7] 0x1 on a walk of stage 1\n"
		"WnR[6] 0 a read\n"
		"DFSC[5:0] 0x7 translation fault, level 3\n");

	assert_true(s.fnv && s.ea && s.cm && s.s1ptw);
	assert_false(s.wnr);
}

static void what_kvm_leaves_of_a_nisv_exit_has_three_fields(void **state)
{
	const struct tl_arm64_syndrome s = assert_fields(0x145, true,
		"CM[8] 0x1 cache maintenance or AT\n"
		"WnR[6] 0x1 a write\n"
		"DFSC[5:0] 0x5 translation fault, level 1\n");

	assert_false(s.has_class);
	assert_null(s.ec_name);
	assert_true(s.is_abort && s.wnr && s.cm);
	assert_int_equal(s.fsc, 5);
}

static void an_instruction_abort_has_no_direction(void **state)
{
	const struct tl_arm64_syndrome s = assert_fields(0x82000085, false,
		"EC[31:26] 0x20 instruction abort from a lower EL\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"FnV[10] 0 FAR is valid\n"
		"EA[9] 0\n"
		"S1PTW[7] 0x1 on a walk of stage 1\n"
		"IFSC[5:0] 0x5 translation fault, level 1\n");

	assert_true(s.is_abort && s.is_fetch && s.s1ptw);
	assert_string_equal(assert_fields(0x86000010, false,
				    "EC[31:26] 0x21 instruction abort from the same EL\n"
				    "IL[25] 0x1 a 32-bit instruction, or none\n"
				    "SET[12:11] 0 recoverable\n"
				    "FnV[10] 0 FAR is valid\n"
				    "EA[9] 0\n"
				    "S1PTW[7] 0 not on a walk of stage 1\n"
				    "IFSC[5:0] 0x10 synchronous external abort\n")
				    .ec_name,
		"instruction abort from the same EL");
}

// ST64BV0 with Xs = X5 and FSC 6 as the CPU has it, and as KVM passes it on.
static void a_64_byte_store_names_its_kind_with_and_without_fsc(void **state)
{
	struct tl_arm64_syndrome s = assert_fields(0x593c29846, false,
		"TnD[42] 0\n"
		"TagAccess[41] 0\n"
		"GCS[40] 0\n"
		"AssuredOnly[39] 0\n"
		"Overlay[38] 0\n"
		"DirtyBit[37] 0\n"
		"Xs[36:32] 0x5\n"
		"EC[31:26] 0x24 data abort from a lower EL\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISV[24] 0x1 SAS, SSE, SRT, SF and AR are valid\n"
		"SAS[23:22] 0x3 8 bytes\n"
		"SSE[21] 0 zero-extended\n"
		"SRT[20:16] 0x2\n"
		"SF[15] 0x1 a 64-bit register\n"
		"AR[14] 0 no acquire or release\n"
		"LST[12:11] 0x3 ST64BV0\n"
		"FnV[10] 0 FAR is valid\n"
		"EA[9] 0\n"
		"CM[8] 0 no cache maintenance\n"
		"S1PTW[7] 0 not on a walk of stage 1\n"
		"WnR[6] 0x1 a write\n"
		"DFSC[5:0] 0x6 translation fault, level 2\n");

	assert_int_equal(s.lst, 3);
	tl_arm64_syndrome(0x93c29040, false, &s);
	assert_int_equal(s.lst, 2);
	assert_string_equal(s.field[s.n_fields - 1].meaning, "left out by KVM");
}

static void what_6_1_sign_extends_is_told_so(void **state)
{
	struct tl_arm64_syndrome s;

	tl_arm64_syndrome(0xffffffff96000010, false, &s);
	assert_string_equal(s.field[0].name, "ISS2");
	assert_int_equal(s.field[0].value, 0xffffff);
	assert_string_equal(s.field[0].meaning, "the kernel's sign extension of a 32-bit syndrome");
	assert_int_equal(s.fsc, 0x10);
	assert_true(s.is_abort);
}

static void a_trapped_register_has_its_encoding(void **state)
{
	// mrs x3, s3_0_c15_c13_0
	assert_fields(0x62300000 | 0xf << 10 | 3 << 5 | 13 << 1 | 1, false,
		"EC[31:26] 0x18 trapped MSR, MRS or system instruction\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"Op0[21:20] 0x3\n"
		"Op2[19:17] 0\n"
		"Op1[16:14] 0\n"
		"CRn[13:10] 0xf\n"
		"Rt[9:5] 0x3\n"
		"CRm[4:1] 0xd\n"
		"Direction[0] 0x1 a read (MRS)\n");
}

static void a_trapped_coprocessor_has_its_operands(void **state)
{
	assert_fields(
		0x0e000000 | 1 << 24 | 14 << 20 | 2 << 17 | 1 << 14 | 9 << 10 | 4 << 5 | 5 << 1,
		false,
		"EC[31:26] 0x3 trapped MCR or MRC, coprocessor 15\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"CV[24] 0x1 COND is valid\n"
		"COND[23:20] 0xe\n"
		"Opc2[19:17] 0x2\n"
		"Opc1[16:14] 0x1\n"
		"CRn[13:10] 0x9\n"
		"Rt[9:5] 0x4\n"
		"CRm[4:1] 0x5\n"
		"Direction[0] 0 a write (MCR)\n");
	assert_fields(0x12000000 | 9 << 16 | 6 << 10 | 4 << 5 | 15 << 1 | 1, false,
		"EC[31:26] 0x4 trapped MCRR or MRRC, coprocessor 15\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"CV[24] 0 COND is not valid\n"
		"COND[23:20] 0\n"
		"Opc1[19:16] 0x9\n"
		"Rt2[14:10] 0x6\n"
		"Rt[9:5] 0x4\n"
		"CRm[4:1] 0xf\n"
		"Direction[0] 0x1 a read (MRRC)\n");
	assert_fields(0x1a000000 | 0x7f << 12 | 3 << 5 | 1 << 4 | 2 << 1, false,
		"EC[31:26] 0x6 trapped LDC or STC\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"CV[24] 0 COND is not valid\n"
		"COND[23:20] 0\n"
		"imm8[19:12] 0x7f\n"
		"Rn[9:5] 0x3\n"
		"Offset[4] 0x1 the offset is added\n"
		"AM[3:1] 0x2\n"
		"Direction[0] 0 a read of memory (LDC)\n");
}

static void a_trapped_wait_says_which(void **state)
{
	assert_fields(0x06000001 | 1 << 24 | 14 << 20, false,
		"EC[31:26] 0x1 trapped WFI or WFE\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"CV[24] 0x1 COND is valid\n"
		"COND[23:20] 0xe\n"
		"RN[9:5] 0\n"
		"RV[2] 0\n"
		"TI[1:0] 0x1 WFE\n");
}

static void a_call_has_its_immediate(void **state)
{
	assert_fields(0x5600abcd, false,
		"EC[31:26] 0x15 SVC\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"imm16[15:0] 0xabcd\n");
	assert_fields(0x5a000001, false,
		"EC[31:26] 0x16 HVC\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"imm16[15:0] 0x1\n");
}

static void an_serror_is_of_the_architecture_or_not(void **state)
{
	assert_fields(0xbf000000, false,
		"EC[31:26] 0x2f SError\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"IDS[24] 0x1 IMPLEMENTATION DEFINED\n"
		"ISS[23:0] 0\n");
	assert_fields(0xbe000c11, false,
		"EC[31:26] 0x2f SError\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"IDS[24] 0 as the architecture defines\n"
		"IESB[13] 0\n"
		"AET[12:10] 0x3 recoverable\n"
		"EA[9] 0\n"
		"DFSC[5:0] 0x11 asynchronous SError\n");
}

static void of_other_classes_the_iss_is_a_number(void **state)
{
	assert_fields(0x02000000, false,
		"EC[31:26] 0 undefined instruction, or unknown reason\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISS[24:0] 0\n");
	assert_fields(0x3a000000, false,
		"EC[31:26] 0xe illegal execution state\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISS[24:0] 0\n");
	assert_false(assert_fields(0xfe000020, false,
		"EC[31:26] 0x3f\n"
		"IL[25] 0x1 a 32-bit instruction, or none\n"
		"ISS[24:0] 0x20\n")
			     .is_abort);
}

static void a_class_that_is_reserved_has_no_name(void **state)
{
	assert_string_equal(tl_arm64_exception_class(0x26), "SP alignment fault");
	assert_null(tl_arm64_exception_class(0x3f));
	assert_null(tl_arm64_exception_class(64));
}

// Whatever is told fits, and every meaning is of its value.
static void every_syndrome_fits(void **state)
{
	for (unsigned ec = 0; ec < 64; ec++)
		for (unsigned fsc = 0; fsc < 64; fsc++)
			for (unsigned fill = 0; fill < 4; fill++) {
				const uint64_t high = fill & 1 ? UINT64_C(0x7ff01ffffc0) : 0,
					       esr = high | (uint64_t)ec << 26 | fsc;
				struct tl_arm64_syndrome s;

				tl_arm64_syndrome(esr, fill & 2, &s);
				assert_true(s.n_fields && s.n_fields <= TL_ARM64_SYNDROME_FIELDS);
				for (unsigned n = 1; n < s.n_fields; n++)
					assert_true(s.field[n].high < s.field[n - 1].low);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_abort_without_a_syndrome_tells_no_register),
		cmocka_unit_test(an_abort_with_a_syndrome_tells_size_and_register),
		cmocka_unit_test(every_flag_of_a_data_abort_has_its_bit),
		cmocka_unit_test(what_kvm_leaves_of_a_nisv_exit_has_three_fields),
		cmocka_unit_test(an_instruction_abort_has_no_direction),
		cmocka_unit_test(a_64_byte_store_names_its_kind_with_and_without_fsc),
		cmocka_unit_test(what_6_1_sign_extends_is_told_so),
		cmocka_unit_test(a_trapped_register_has_its_encoding),
		cmocka_unit_test(a_trapped_coprocessor_has_its_operands),
		cmocka_unit_test(a_trapped_wait_says_which),
		cmocka_unit_test(a_call_has_its_immediate),
		cmocka_unit_test(an_serror_is_of_the_architecture_or_not),
		cmocka_unit_test(of_other_classes_the_iss_is_a_number),
		cmocka_unit_test(a_class_that_is_reserved_has_no_name),
		cmocka_unit_test(every_syndrome_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
