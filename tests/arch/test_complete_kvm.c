// SPDX-License-Identifier: MIT
// labels: kvm arm64 old_kernel
//
// KVM as the witness of how it completes an access that userspace has answered: width, sign and byte order
// of loads, in A64, A32 and T32, with the instruction decoded as nothing else tells of the register.
#include "arch/arm64/complete.h"
#include "arch/arm64/decode.h"
#include "tests/arch/entering_arm64.h"

static struct entering guest64, guest32;

// Of [x0] and [r0]; every one has a syndrome.
static const struct entering_code accesses[] = {
	{ WORD(0x39400001), false, false, false, true, false }, // ldrb w1, [x0]
	{ WORD(0x39c00001), false, false, false, true, false }, // ldrsb w1, [x0]
	{ WORD(0x39800001), false, false, false, true, false }, // ldrsb x1, [x0]
	{ WORD(0x79400003), false, false, false, true, false }, // ldrh w3, [x0]
	{ WORD(0x79c00003), false, false, false, true, false }, // ldrsh w3, [x0]
	{ WORD(0x79800003), false, false, false, true, false }, // ldrsh x3, [x0]
	{ WORD(0xb940001e), false, false, false, true, false }, // ldr w30, [x0]
	{ WORD(0xb980001e), false, false, false, true, false }, // ldrsw x30, [x0]
	{ WORD(0xf9400011), false, false, false, true, false }, // ldr x17, [x0]
	{ WORD(0xf940001f), false, false, false, true, false }, // ldr xzr, [x0]
	{ WORD(0xf8400801), false, false, false, true, false }, // ldtr x1, [x0]
	{ WORD(0xc8dffc01), false, false, false, true, false }, // ldar x1, [x0]
	{ WORD(0x38bf6801), false, false, false, true, false }, // ldrsb x1, [x0, xzr]
	{ WORD(0xf9000001), false, false, false, true, true },	// str x1, [x0]
	{ WORD(0x39000001), false, false, false, true, true },	// strb w1, [x0]
	{ WORD(0xe5d01000), true, false, false, true, false },	// ldrb r1, [r0]
	{ WORD(0xe1d010b0), true, false, false, true, false },	// ldrh r1, [r0]
	{ WORD(0xe5801000), true, false, false, true, true },	// str r1, [r0]
	{ WORD(0x00006801), true, true, true, true, false },	// ldr r1, [r0]
	{ WORD(0x00008803), true, true, true, true, false },	// ldrh r3, [r0]
	{ WORD(0x00007801), true, true, true, true, false },	// ldrb r1, [r0]
	{ WORD(0x00006001), true, true, true, true, true },	// str r1, [r0]
	{ WORD(0x1000f990), true, true, false, true, false },	// ldrsb.w r1, [r0]
	{ WORD(0x1000f8c0), true, true, false, true, true },	// str.w r1, [r0]
};

#define N_ACCESSES (sizeof(accesses) / sizeof(*accesses))

// QEMU's syndrome has these by number, instead of the register that holds them (Arm ARM D17.2.37, SRT): both are
// the same in User and System mode alone.
static const struct entering_code banked[] = {
	{ WORD(0xe1d0e0d0), true, false, false, true, false }, // ldrsb lr, [r0]
	{ WORD(0xe1d090f0), true, false, false, true, false }, // ldrsh r9, [r0]
	{ WORD(0xe590d000), true, false, false, true, false }, // ldr sp, [r0]
	{ WORD(0x9000f9b0), true, true, false, true, false },  // ldrsh.w r9, [r0]
	{ WORD(0xe000f8d0), true, true, false, true, false },  // ldr.w lr, [r0]
};

#define N_BANKED (sizeof(banked) / sizeof(*banked))

static const uint8_t modes64[] = { TL_ARM64_EL1H, TL_ARM64_EL1T, TL_ARM64_EL0T };
static const uint8_t modes32[] = { TL_ARM32_SVC, TL_ARM32_USR, TL_ARM32_SYS, TL_ARM32_IRQ,
	TL_ARM32_FIQ, TL_ARM32_ABT, TL_ARM32_UND };

static struct tl_trap trap_of(const struct entering *e)
{
	const struct kvm_run *run = e->tiny.run;

	return (struct tl_trap){ .kind = TL_TRAP_MMIO,
		.has_address = true,
		.address = run->mmio.phys_addr,
		.has_size = true,
		.size = run->mmio.len,
		.has_write = true,
		.write = run->mmio.is_write,
		.code = e->code->bytes,
		.code_size = e->code->thumb && e->code->narrow ? 2 : 4 };
}

static void compare(struct entering *e, const struct entering_code *code, uint8_t mode)
{
	const uint64_t value = any();
	struct tl_effect effect;
	struct tl_state state;
	struct tl_trap trap;
	struct tl_why why;

	entering_start(e, code, mode);
	state = entering_state(e);
	trap = trap_of(e);
	assert_int_equal(trap.write, code->write);
	tl_effect_init(&effect, &state);
	if (tl_arm64_complete(&state, &trap, value, &effect, &why) != TL_ANSWER_DONE)
		fail_msg("%s", why.text);
	assert_true(effect.witnessed);
	memcpy(e->tiny.run->mmio.data, &value, sizeof(value));
	tiny_complete(&e->tiny);
	entering_compare(e, &effect.regs);
}

static void compare_one(struct entering *e, const struct entering_code *code)
{
	if (e->is_32bit && code->aarch32)
		compare(e, code, modes32[below(sizeof(modes32))]);
	else if (!e->is_32bit)
		compare(e, code, code->aarch32 ? TL_ARM32_USR : modes64[below(sizeof(modes64))]);
}

static void compare_all(struct entering *e)
{
	e->far_vbar = true;
	for (unsigned round = entering_rounds(20); round; round--) {
		for (unsigned i = 0; i < N_ACCESSES; i++)
			compare_one(e, &accesses[i]);
		for (unsigned i = 0; i < N_BANKED; i++)
			compare(e, &banked[i],
				e->is_32bit && one_in(2) ? TL_ARM32_SYS : TL_ARM32_USR);
	}
	printf("note: %u accesses completed\n", e->n);
}

static void accesses_are_completed_as_by_kvm(void **state)
{
	entering_open(&guest64, false);
	compare_all(&guest64);
	entering_close(&guest64);
}

static void accesses_of_aarch32_are_completed_as_by_kvm(void **state)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (ioctl(kvm, KVM_CHECK_EXTENSION, (long)KVM_CAP_ARM_EL1_32BIT) > 0) {
		entering_open(&guest32, true);
		compare_all(&guest32);
		entering_close(&guest32);
	} else {
		printf("note: not compared: this KVM has no AArch32 at EL1\n");
	}
	close(kvm);
}

static int start(void **state)
{
	random_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_are_completed_as_by_kvm),
		cmocka_unit_test(accesses_of_aarch32_are_completed_as_by_kvm),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("skipped: /dev/kvm cannot be opened\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, start, NULL);
}
