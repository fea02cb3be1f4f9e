// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// What a foreign VMM lists of its own doings is what the trace has: each ioctl that changed something,
// with its bytes, and the registers at each exit.
#include "arch/x86_64/regs.h"
#include "tests/recorder/foreign.h"
#include "tests/recorder/trace-state.h"

#include <linux/kvm.h>
#include <sys/stat.h>

static void every_ioctl_that_changed_something(void **state)
{
	const char *list = fresh("list");
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "inputs", list);
	size_t size;
	char *expected = read_file(list, &size);

	assert_true(size > 5000);
	expected[size - 1] = 0; // the last line's end
	assert_rows(trace,
		"SELECT printf('%08x', request), arg, result, hex(data) FROM input "
		"ORDER BY time, id",
		expected);
	// KVM_SET_REGS, _SREGS, _MSRS, _CPUID2 are a vCPU's; KVM_IRQ_LINE and memory are the VM's.
	assert_rows(trace,
		"SELECT DISTINCT vm, vcpu FROM input WHERE request & 255 IN (130, 132, 137, 144)",
		"0|0");
	assert_rows(
		trace, "SELECT DISTINCT vm, vcpu FROM input WHERE request & 255 IN (97, 70)", "0|");
	assert_rows(trace, "SELECT slot, flags, printf('%x', gpa), size FROM slot ORDER BY id",
		"0|0|0|65536\n1|2|100000|65536\n1|2|100000|0");
	close_clean(trace);
	free(expected);
}

struct listed {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
};

static void the_registers_that_the_vmm_read_itself(void **state)
{
	const char *list = fresh("list");
	struct sqlite3 *trace = FOREIGN_RECORDED(NULL, "registers", list);
	size_t size;
	char *bytes = read_file(list, &size);
	const struct listed *listed = (const void *)bytes;

	assert_int_equal(size, 200 * sizeof(*listed));
	assert_rows(trace, "SELECT count(*), max(seq) FROM exit", "200|200");
	for (unsigned i = 0; i < 200; i++) {
		const struct tl_regs regs = trace_regs(trace, i + 1);

		for (unsigned word = 0; word < TL_X86_WORD_VCPU_EVENTS; word++)
			assert_true(tl_regs_known(&regs, word));
		assert_memory_equal(
			&regs.word[TL_X86_WORD_REGS], &listed[i].regs, sizeof(listed[i].regs));
		assert_memory_equal(
			&regs.word[TL_X86_WORD_SREGS], &listed[i].sregs, sizeof(listed[i].sregs));
	}
	close_clean(trace);
	free(bytes);
}

// It stays between the VMM and libc, behind us.
static void another_preloaded_library_goes_on_working(void **state)
{
	const char *count = fresh("count");
	struct sqlite3 *trace;
	size_t size;
	char *text;

	setenv("LD_PRELOAD", TL_BUILD_TESTS "/recorder/count-ioctls.so", 1);
	setenv("COUNT_IOCTLS", count, 1);
	trace = FOREIGN_RECORDED(NULL, "threads", "2", "500");
	unsetenv("LD_PRELOAD");
	assert_rows(trace, "SELECT count(*) FROM exit", "1000");
	text = read_file(count, &size);
	assert_string_equal(text, "1000");
	close_clean(trace);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ioctl_that_changed_something),
		cmocka_unit_test(the_registers_that_the_vmm_read_itself),
		cmocka_unit_test(another_preloaded_library_goes_on_working),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
