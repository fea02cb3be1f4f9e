// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// A SeaBIOS boot, as our trace has it and as KVM's own events have it.
#include "tests/recorder/program.h"
#include "tests/recorder/test.h"
#include "tests/recorder/trace-file.h"
#include "tests/recorder/witness.h"

#include <linux/kvm.h>
#include <unistd.h>

static struct kernel_events *kernel;

enum { SECTOR = 512, DISK = 64 * SECTOR, STATUS = 0x10 };

// In real mode at 0x7c00. It waits until SeaBIOS, which writes to the serial line when its timer
// ticks, has said all it had to say; then there is nothing left to chance in what QEMU prints.
static const uint8_t boot_code[] = {
	0x31, 0xc0,		// xor %ax, %ax
	0x8e, 0xd8,		// mov %ax, %ds
	0xfb,			// sti
	0x8b, 0x1e, 0x6c, 0x04, // mov 0x46c, %bx	the BIOS's tick count
	0x83, 0xc3, 0x04,	// add $4, %bx
	0xf4,			// 1: hlt
	0x39, 0x1e, 0x6c, 0x04, // cmp %bx, 0x46c
	0x72, 0xf9,		// jb 1b
	0xbe, 0x2a, 0x7c,	// mov $text, %si
	0xba, 0xf8, 0x03,	// mov $0x3f8, %dx
	0xac,			// 2: lodsb
	0x84, 0xc0,		// test %al, %al
	0x74, 0x03,		// jz 3f
	0xee,			// out %al, %dx
	0xeb, 0xf8,		// jmp 2b
	0xba, 0x01, 0x05,	// 3: mov $0x501, %dx
	0xb0, STATUS,		// mov $STATUS, %al
	0xee,			// out %al, %dx		QEMU ends with 2 * STATUS + 1
	0xf4,			// 4: hlt
	0xeb, 0xfd,		// jmp 4b
};
static const char boot_text[] = "the boot sector ran\r\n";

_Static_assert(sizeof(boot_code) == 0x2a, "text stands behind the code");

static const char *boot_disk(void)
{
	const char *path = in_scratch("disk.img");
	uint8_t disk[DISK] = { [510] = 0x55, [511] = 0xaa };

	memcpy(disk, boot_code, sizeof(boot_code));
	memcpy(disk + sizeof(boot_code), boot_text, sizeof(boot_text));
	if (access(path, F_OK))
		write_file(path, disk, sizeof(disk), 0600);
	return path;
}

#define QEMU                                                                                       \
	"qemu-system-x86_64", "-accel", "kvm", "-m", "128", "-nographic", "-net", "none",          \
		"-device", "isa-debug-exit,iobase=0x501,iosize=1", "-drive", drive()

static const char *drive(void)
{
	static char text[4200];

	snprintf(text, sizeof(text), "file=%s,format=raw,if=ide", boot_disk());
	return text;
}

static struct outcome unrecorded;

static int boot_unrecorded(void **state)
{
	unrecorded = RUN(NULL, QEMU);
	assert_int_equal(unrecorded.status, 2 * STATUS + 1);
	assert_non_null(strstr(unrecorded.out, "SeaBIOS"));
	assert_non_null(strstr(unrecorded.out, boot_text));
	return 0;
}

static int forget_it(void **state)
{
	outcome_free(&unrecorded);
	return 0;
}

// The same bytes on the console, the same words of QEMU's own, the same end. Consumes `boot`.
static void assert_like_unrecorded(struct outcome *boot)
{
	assert_int_equal(boot->status, unrecorded.status);
	assert_string_equal(boot->err, unrecorded.err);
	assert_int_equal(boot->out_size, unrecorded.out_size);
	assert_memory_equal(boot->out, unrecorded.out, boot->out_size);
	outcome_free(boot);
}

static void report(const struct witnessed *w)
{
	print_message("%" PRIu64 " exits (%" PRIu64 " failed), %" PRIu64 " pio, %" PRIu64
		      " mmio, %" PRIu64 " coalesced, %" PRIu64 " taken by KVM's own devices\n",
		w->exits, w->failed, w->pio, w->mmio, w->coalesced, w->in_kernel);
}

static void a_recorded_boot_is_what_the_kernel_saw(void **state)
{
	const char *trap = fresh("boot.trap");
	struct outcome boot = RUN(kernel, TRAPLINE, "record", "-q", "-o", trap, "--", QEMU);
	struct witnessed seen = assert_witnessed(trap, kernel);

	report(&seen);
	assert_true(seen.pio > 3000 && seen.mmio > 300);
	assert_true(seen.coalesced > 15000);
	assert_true(seen.in_kernel > 0);
	assert_like_unrecorded(&boot);
}

static void without_coalescing_every_write_exits(void **state)
{
	const char *trap = fresh("exits.trap");
	struct outcome boot =
		RUN(kernel, TRAPLINE, "record", "-q", "--no-coalesce", "-o", trap, "--", QEMU);
	struct witnessed seen = assert_witnessed(trap, kernel);

	report(&seen);
	assert_true(seen.mmio > 15000);
	assert_int_equal(seen.coalesced, 0);
	assert_like_unrecorded(&boot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_boot_is_what_the_kernel_saw),
		cmocka_unit_test(without_coalescing_every_write_exits),
	};
	int failed;

	if (no_kvm() || !(kernel = kernel_events_open()))
		return SKIPPED;
	failed = cmocka_run_group_tests(tests, boot_unrecorded, forget_it);
	kernel_events_close(kernel);
	return failed;
}
