// SPDX-License-Identifier: MIT
// labels: kvm arm64
// KVM_RUN fails. A VMM of the test's own, which prints what it finds in kvm_run, sees the same with
// us and without us, and the trace tells what the VMM could not see.
#include "arch/arm64/regs.h"
#include "tests/recorder/arm64/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define CODE	0x40000000
#define NOTHING 0x50000000 // a slot without memory behind it
#define PAGE	0x1000
#define OLD	0xa5 // what stands in kvm_run before, with the reason of an exit long past

static const uint32_t code[] = {
	0xb8404401, // ldr w1, [x0], #4
	0xf9000043, // str x3, [x2]
};

struct vmm {
	int vm, vcpu;
	struct kvm_run *run;
};

static void *memory(size_t size, int protection)
{
	void *at = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	return at;
}

static void add_slot(const struct vmm *v, uint32_t slot, uint64_t gpa, void *at)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = PAGE,
		.userspace_addr = (uintptr_t)at };

	assert_int_equal(ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
}

static void set(const struct vmm *v, enum tl_arm64_reg reg, uint64_t value)
{
	struct kvm_one_reg one = { .id = tl_arch_arm64.regs[reg].kvm_id,
		.addr = (uintptr_t)&value };

	assert_int_equal(ioctl(v->vcpu, KVM_SET_ONE_REG, &one), 0);
}

static struct vmm create(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct vmm v = { .vm = ioctl(kvm, KVM_CREATE_VM, 0) };

	v.vcpu = ioctl(v.vm, KVM_CREATE_VCPU, 0);
	assert_true(v.vcpu >= 0);
	v.run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		MAP_SHARED, v.vcpu, 0);
	assert_true(v.run != MAP_FAILED);
	return v;
}

static void init(const struct vmm *v)
{
	struct kvm_vcpu_init target;
	void *page = memory(PAGE, PROT_READ | PROT_WRITE);

	memcpy(page, code, sizeof(code));
	add_slot(v, 0, CODE, page);
	add_slot(v, 1, NOTHING, memory(PAGE, PROT_NONE));
	assert_int_equal(ioctl(v->vm, KVM_ARM_PREFERRED_TARGET, &target), 0);
	assert_int_equal(ioctl(v->vcpu, KVM_ARM_VCPU_INIT, &target), 0);
	set(v, TL_ARM64_x0, HOLE);
	set(v, TL_ARM64_x2, NOTHING);
	set(v, TL_ARM64_pc, CODE);
}

// The whole of kvm_run's payload, and all before it.
static void run(const struct vmm *v)
{
	const uint8_t *bytes = (const uint8_t *)v->run;
	int error;

	memset((uint8_t *)v->run + 32, OLD, 256);
	v->run->exit_reason = KVM_EXIT_MMIO;
	error = ioctl(v->vcpu, KVM_RUN, 0) ? errno : 0;
	printf("%s reason %u:", strerrorname_np(error), v->run->exit_reason);
	for (unsigned i = 0; i < 288; i++)
		printf("%s%02x", i % 32 ? "" : "\n", bytes[i]);
	puts("");
}

static int be_the_vmm(void)
{
	struct vmm v = create();

	run(&v); // not initialised: ENOEXEC
	init(&v);
	run(&v); // NISV: ENOSYS, as often as one tries
	run(&v);
	set(&v, TL_ARM64_pc, CODE + 4);
	run(&v); // EFAULT
	v.run->immediate_exit = 1;
	run(&v); // EINTR
	return 0;
}

static struct outcome run_vmm(const char *prefix)
{
	char command[1024];

	snprintf(command, sizeof(command), "%s " TL_BUILD_TESTS "/recorder/arm64/test_failed vmm",
		prefix);
	return lane_run(NULL, command);
}

static void a_vmm_sees_what_it_would_see_without_us(void **state)
{
	const char *path = fresh("failed.trap");
	char prefix[512];
	struct outcome plain = run_vmm(""), recorded;

	snprintf(prefix, sizeof(prefix), TRAPLINE " record -q -o %s --", path);
	recorded = run_vmm(prefix);
	assert_int_equal(plain.status, 0);
	assert_int_equal(recorded.status, 0);
	assert_string_equal(recorded.err, plain.err);
	assert_string_equal(recorded.out, plain.out);
	assert_non_null(strstr(plain.out, "ENOSYS reason 0:"));
	outcome_free(&plain);
	outcome_free(&recorded);
}

static struct sqlite3 *record_vmm(void)
{
	const char *path = fresh("failed.trap");
	char prefix[512];
	struct outcome outcome;

	snprintf(prefix, sizeof(prefix), TRAPLINE " record -q -o %s --", path);
	outcome = run_vmm(prefix);
	assert_int_equal(outcome.status, 0);
	outcome_free(&outcome);
	return trace_open(path);
}

static void every_failure_is_an_exit_with_its_errno(void **state)
{
	struct sqlite3 *trace = record_vmm();

	assert_rows(trace, "SELECT seq, error, reason, pc FROM failed_run",
		"1|ENOEXEC||\n"
		"2|ENOSYS|nisv|0x40000000\n"
		"3|ENOSYS|nisv|0x40000000\n"
		"4|EFAULT||0x40000004\n"
		"5|EINTR||0x40000004");
	assert_rows(trace, "SELECT count(*) FROM exit", "5");
	trace_close(trace);
}

static void what_the_vmm_did_not_see_is_in_the_trace(void **state)
{
	struct sqlite3 *trace = record_vmm();

	assert_rows(trace, "SELECT seq, pc, insn, fault_ipa, rw, fault_status, reply FROM nisv",
		"2|0x40000000|b8404401|0xa000000|read|translation fault, level 1|"
		"ENOSYS, the VMM did not ask for NISV\n"
		"3|0x40000000|b8404401|0xa000000|read|translation fault, level 1|"
		"ENOSYS, the VMM did not ask for NISV");
	assert_rows(
		trace, "SELECT count(*) FROM exit WHERE addr IS NOT NULL AND reason IS NULL", "0");
	trace_close(trace);
}

// Before KVM_ARM_VCPU_INIT nothing can be read of a vCPU: not recorded, which is not zero.
static void a_vcpu_that_cannot_be_asked_has_no_registers(void **state)
{
	struct sqlite3 *trace = record_vmm();
	const struct tl_regs before = trace_regs(trace, 1), after = trace_regs(trace, 2);

	for (unsigned i = 0; i < TL_ARM64_device_irq_level; i++) {
		assert_false(tl_regs_known(&before, i));
		assert_true(tl_regs_known(&after, i));
	}
	assert_rows(trace, "SELECT pc IS NULL FROM exit WHERE seq = 1", "1");
	assert_int_equal(after.word[TL_ARM64_x0], HOLE);
	assert_int_equal(after.word[TL_ARM64_x2], NOTHING);
	trace_close(trace);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vmm_sees_what_it_would_see_without_us),
		cmocka_unit_test(every_failure_is_an_exit_with_its_errno),
		cmocka_unit_test(what_the_vmm_did_not_see_is_in_the_trace),
		cmocka_unit_test(a_vcpu_that_cannot_be_asked_has_no_registers),
	};

	if (argc == 2 && !strcmp(argv[1], "vmm"))
		return be_the_vmm();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
