// SPDX-License-Identifier: MIT
// labels: kvm arm64
// What recording adds to an exit: every register is an ioctl of its own. What the recorder says of
// that is held against the system calls that the kernel saw.
#include "arch/arm64/regs.h"
#include "tests/recorder/arm64/lane.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define INSTANCE "/sys/kernel/tracing/instances/trapline-cost"
#define IOCTLS	 INSTANCE "/events/syscalls/sys_enter_ioctl"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

// From now on reads of registers are counted, whoever makes them: the reference VMM makes none.
static void watch(void)
{
	char filter[80];

	snprintf(filter, sizeof(filter), "cmd == 0x%x || cmd == 0x%x", (unsigned)KVM_GET_ONE_REG,
		(unsigned)KVM_GET_REG_LIST);
	assert_int_equal(mkdir(INSTANCE, 0700), 0);
	put(INSTANCE "/buffer_size_kb", "8192");
	put(IOCTLS "/filter", filter);
	put(IOCTLS "/enable", "1");
}

// "# entries-in-buffer/entries-written: 132/132   #P:2"
static uint64_t watched(void)
{
	uint64_t kept, all;
	size_t size;
	char *text, *counts;

	put(IOCTLS "/enable", "0");
	text = read_file(INSTANCE "/trace", &size);
	counts = strstr(text, "entries-written: ");
	assert_non_null(counts);
	assert_int_equal(sscanf(counts, "entries-written: %" SCNu64 "/%" SCNu64, &kept, &all), 2);
	assert_int_equal(kept, all);
	free(text);
	rmdir(INSTANCE);
	return all;
}

static bool in_table(uint64_t id)
{
	for (unsigned i = 0; i < tl_arch_arm64.n_regs; i++)
		if (tl_arch_arm64.regs[i].kvm_id == id)
			return true;
	return false;
}

static unsigned table(enum tl_reg_level level)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tl_arch_arm64.n_regs; i++)
		n += tl_arch_arm64.regs[i].kvm_id && tl_arch_arm64.regs[i].level <= level;
	return n;
}

// Registers of a vCPU like the reference VMM's that are not in the table.
static unsigned others(void)
{
	struct {
		uint64_t n, id[2048];
	} list = { .n = 2048 };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	struct kvm_vcpu_init init;
	unsigned n = 0;

	assert_int_equal(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), 0);
	init.features[0] = 1 << KVM_ARM_VCPU_PSCI_0_2;
	assert_int_equal(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), 0);
	assert_int_equal(ioctl(vcpu, KVM_GET_REG_LIST, &list), 0);
	for (uint64_t i = 0; i < list.n; i++)
		n += !in_table(list.id[i]);
	close(vcpu);
	close(vm);
	close(kvm);
	return n;
}

// `once` is what the first exit takes beside: the list, and what it names.
static void check(enum way way, const char *level, unsigned each, unsigned once)
{
	struct lane lane;
	int64_t exits, ioctls;

	watch();
	lane = lane_record(NULL, way, level, "--unanswered zero", "mmio-loop-short");
	exits = trace_number(lane.trace, "SELECT count(*) FROM exit");
	ioctls = trace_number(lane.trace, "SELECT value FROM meta WHERE key = 'ioctls'");
	assert_true(exits > 200);
	assert_int_equal(ioctls, exits * each + once);
	assert_int_equal(watched(), ioctls);
	if (once)
		assert_int_equal(trace_extras(lane.trace, 1), once - 1);
	if (way == EMBEDDED)
		print_message("note: --regs %s adds %u ioctls to an MMIO exit%s", level, each,
			once ? "" : "\n");
	if (way == EMBEDDED && once)
		print_message(", and %u to the first\n", once);
	lane_close(&lane);
}

static void each_level_adds_the_registers_of_its_table(void **state)
{
	for (enum way way = 0; way < N_WAYS; way++) {
		check(way, "pc", 2, 0);
		check(way, "core", table(TL_REGS_CORE), 0);
		check(way, "full", table(TL_REGS_FULL), 1 + others());
	}
}

static void a_recording_says_what_it_lost_and_how_long_it_waited(void **state)
{
	struct lane lane =
		lane_record(NULL, EMBEDDED, "core", "--unanswered zero", "mmio-loop-short");

	assert_rows(lane.trace,
		"SELECT key, value FROM meta WHERE key IN ('lost', 'waits', 'waited_ns')",
		"lost|0\nwaited_ns|0\nwaits|0");
	lane_close(&lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_adds_the_registers_of_its_table),
		cmocka_unit_test(a_recording_says_what_it_lost_and_how_long_it_waited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
