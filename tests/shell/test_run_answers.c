/* SPDX-License-Identifier: MIT */
// labels: kvm x86_64
//
// trapline run --answer: what a guest really gets, and that the trace and the model say the same.
#include "tests/recorder/test.h"
#include "tests/shell/session.h"

#define RUN   "trapline run -q -o run.trap "
#define SIZES " " TL_BUILD_TESTS "/guests/mmio-sizes.elf"

static int forget(void **state)
{
	unlink("run.trap");
	return 0;
}

// The guest counts the reads that gave neither all zeroes nor all ones.
static void zeroes_and_ones_are_read(void **state)
{
	says(RUN "--answer mmio=zero --answer mmio=ignore --answer pio=zero --answer "
		 "pio=ignore" SIZES,
		0, "mmio-sizes done\n");
	forget(state);
	says(RUN "--answer mmio=ones --answer pio=ones --unanswered zero" SIZES, 0,
		"mmio-sizes done\n");
	says("trapline sql \"SELECT count(*) FROM mmio WHERE rw = 'read' AND value = "
	     "'0xffffffff'\" "
	     "--csv",
		0, "count(*)\r\n3\r\n");
}

static void a_value_is_read(void **state)
{
	const struct said *said =
		run(RUN "--answer mmio=value=0x12 --answer pio=value=0x34 --unanswered zero" SIZES);

	assert_int_not_equal(said->status, 0); // of the guest: neither
	says("trapline sql \"SELECT DISTINCT value FROM mmio WHERE rw = 'read'\" --csv", 0,
		"value\r\n0x12\r\n");
	says("trapline sql \"SELECT DISTINCT value FROM pio WHERE rw = 'in' AND port != '0x3fd'\" "
	     "--csv",
		0, "value\r\n0x34\r\n");
}

static void machines_stop_as_they_are_told(void **state)
{
	says(RUN "--answer mmio=stop" SIZES, 2,
		"trapline run: vcpu 0: answer stop: the machine ends\n");
	forget(state);
	says(RUN "--answer pio=suspend --unanswered zero" SIZES, 2,
		"trapline run: vcpu 0: answer suspend: this machine can only stop\n");
}

static void what_cannot_be_answered_is_said(void **state)
{
	says(RUN "--answer mmio=abort" SIZES, 2,
		"trapline run: vcpu 0: answer abort: only exits of arm64 can be answered so\n");
	forget(state);
	says(RUN "--answer mmio=retry" SIZES, 2,
		"trapline run: vcpu 0: answer retry: KVM completes this exit at the next KVM_RUN: "
		"it "
		"cannot be tried again\n");
	forget(state);
	says(RUN "--answer mmio=ignore" SIZES, 2,
		"trapline run: vcpu 0: rip 0x100029: no device answers the 1-byte read from "
		"0xd0000010\n");
}

#define KINDS "expected KIND=ANSWER, KIND being mmio, pio, nisv or idsr\n"
#define NAMES                                                                                      \
	"no such answer: there are recorded, value, zero, ones, ignore, emulate, abort, undef, "   \
	"size-fault, serror, skip, raz, cell, retry, map, gp, restart, suspend, dump, stop\n"

static void what_was_typed_is_checked_before_the_guest_runs(void **state)
{
	says(RUN "--answer mmio" SIZES, 2, "trapline run: --answer mmio: " KINDS);
	says(RUN "--answer msr=gp" SIZES, 2, "trapline run: --answer msr=gp: " KINDS);
	says(RUN "--answer =zero" SIZES, 2, "trapline run: --answer =zero: " KINDS);
	says(RUN "--answer mmi=zero" SIZES, 2, "trapline run: --answer mmi=zero: " KINDS);
	says(RUN "--answer mmio=nought" SIZES, 2,
		"trapline run: --answer mmio=nought: nought: " NAMES);
	says(RUN "--answer mmio=zero=1" SIZES, 2,
		"trapline run: --answer mmio=zero=1: zero=1: zero takes no value\n");
	says(RUN "--answer mmio=value" SIZES, 2,
		"trapline run: --answer mmio=value: value: which value? expected value=V\n");
	says(RUN "--answer pio=value=1,2" SIZES, 2,
		"trapline run: --answer pio=value=1,2: value=1,2: value takes at most 1 value\n");
	says(RUN "$(yes -- --answer=pio=zero | head -9)" SIZES, 2,
		"trapline run: --answer pio=zero: at most 8 of them\n");
	assert_int_equal(access("run.trap", F_OK), -1);
}

// Of an exit that was answered so, the answer and what was recorded are the same.
static void the_model_agrees_with_what_was_given(void **state)
{
	run(RUN "--answer mmio=value=0x12 --unanswered zero" SIZES);
	says("trapline answer run.trap 5 recorded value=0x12", 0,
		"exit 5 on vCPU 0: MMIO at pc 0x100029\n"
		"\n"
		"recorded: what the VMM answered\n"
		"  given by   kvm_run, data = 0x12\n"
		"  accesses   read 1 0xd0000010 -> 0x12\n"
		"  r12        0x0                  -> 0x12                 what was read\n"
		"  rip        0x100029             -> 0x10002e             next instruction\n"
		"\n"
		"value: a read gives this value\n"
		"  given by   kvm_run, data = 0x12\n"
		"  accesses   read 1 0xd0000010 -> 0x12\n"
		"  r12        0x0                  -> 0x12                 what was read\n"
		"  rip        0x100029             -> 0x10002e             next instruction\n");
	assert_non_null(
		strstr(run("trapline show run.trap --regs 6..6")->text, "  r12       0x12 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(zeroes_and_ones_are_read, forget),
		cmocka_unit_test_teardown(a_value_is_read, forget),
		cmocka_unit_test_teardown(machines_stop_as_they_are_told, forget),
		cmocka_unit_test_teardown(what_cannot_be_answered_is_said, forget),
		cmocka_unit_test_teardown(what_was_typed_is_checked_before_the_guest_runs, forget),
		cmocka_unit_test_teardown(the_model_agrees_with_what_was_given, forget),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
