/* SPDX-License-Identifier: MIT */
// labels: unit golden
//
// What stands behind an address: made-up traces, and U-Boot's death under QEMU.
#include "tests/schema/trace/fixture.h"

#include "replayer/devices.h"

#include <inttypes.h>

#define ECAM		 UINT64_C(0x4010000000)
#define FUNCTION(device) (ECAM + ((device) << 15))
#define QEMU_ARM64	 "/usr/bin/qemu-system-aarch64 -accel kvm -M virt,gic-version=3 -m 128"

// "NAME at FIRST-LAST: WHY", one a line, as a program would show it.
static void guess_as_text(const struct tl_device_guess *guess, char *text, size_t size)
{
	static const char *const from[] = { "in kernel", "PCI", "seen", "assumed" };
	size_t at = 0;

	*text = '\0';
	for (unsigned n = 0; n < guess->n; n++) {
		const struct tl_belief *b = &guess->device[n];

		at += (size_t)snprintf(text + at, size - at,
			"%s: %s at 0x%" PRIx64 "-0x%" PRIx64 ": %s\n", from[b->from], b->name,
			b->first, b->last, b->why);
		assert_true(at < size);
	}
}

static void assert_guess(struct tl_trace *t, tl_seq seq, tl_gpa gpa, const char *expected)
{
	struct tl_device_guess guess;
	char text[2000];

	assert_ok(tl_devices_find(t, 0, seq, gpa, &guess));
	guess_as_text(&guess, text, sizeof(text));
	assert_string_equal(text, expected);
}

static struct tl_writer *begin(const char *vmm, enum tl_arch_id arch)
{
	struct tl_writer *w = create("a.trap", arch);

	if (vmm)
		assert_ok(tl_writer_meta(w, "vmm", vmm));
	add_machine(w, TL_ABI_MAINLINE, 2);
	return w;
}

static struct tl_trace *finish(struct tl_writer *w)
{
	assert_ok(tl_writer_finish(w));
	return open_trace("a.trap");
}

static void end(struct tl_trace *t)
{
	tl_trace_close(t);
	unlink("a.trap");
}

static void put(struct tl_writer *w, tl_seq seq, uint64_t gpa, uint32_t size, uint64_t value)
{
	struct mmio mmio = { .gpa = gpa, .size = size, .write = 1 };

	memcpy(mmio.data, &value, size);
	add_mmio(w, seq, 0, mmio, 0x1000);
	add_reply(w, seq, 0, NULL, 0);
}

static void get(struct tl_writer *w, tl_seq seq, uint64_t gpa, uint32_t size, uint64_t value)
{
	add_mmio(w, seq, 0, (struct mmio){ .gpa = gpa, .size = size }, 0x1000);
	add_reply(w, seq, 0, &value, 8);
}

static void add_input(struct tl_writer *w, tl_seq seq, uint32_t device, uint32_t number,
	const void *data, uint32_t size)
{
	const struct tl_record_input input = { .seq = seq,
		.time = (seq + 1) * MS,
		.vcpu = TL_NO_VCPU,
		.device = device,
		.request = number,
		.size = size };

	assert_ok(tl_writer_input(w, &input, data));
}

static void accesses_nearby_are_counted(void **state)
{
	struct tl_writer *w = begin("myvmm", TL_ARCH_ARM64);
	struct tl_trace *t;

	get(w, 1, 0x9000018, 4, 0x90);
	put(w, 2, 0x9000000, 4, 'a');
	get(w, 3, 0x9000018, 4, 0x80);
	get(w, 4, 0x900f000, 2, 7);
	add_mmio(w, 5, 0, (struct mmio){ .gpa = 0x9000004, .size = 4 }, 0x1000);
	t = finish(w);
	assert_guess(t, 5, 0x9000018,
		"seen: a device of the VMM at 0x9000000-0x9000fff: 2 reads and 1 write at "
		"0x9000000-0x900001b, the last at exit 3; here exit 3 read 0x80\n");
	assert_guess(t, 5, 0x9000000,
		"seen: a device of the VMM at 0x9000000-0x9000fff: 2 reads and 1 write at "
		"0x9000000-0x900001b, the last at exit 3; here exit 2 wrote 0x61\n");
	assert_guess(t, 2, 0x9000004, // its own access is none of the evidence
		"seen: a device of the VMM at 0x9000000-0x9000fff: 2 reads at "
		"0x9000018-0x900001b, the last at exit 3\n");
	assert_guess(t, 5, 0x9003000, // a page without any, in 64 KiB with some
		"seen: a device of the VMM at 0x9000000-0x900ffff: 3 reads and 1 write at "
		"0x9000000-0x900f001, the last at exit 4\n");
	assert_guess(t, 5, 0x9010000, "");
	end(t);
}

static void queued_writes_count_too(void **state)
{
	const struct tl_record_coalesced queued = {
		.seq = 1, .addr = 0xfd000010, .size = 4, .data = { 1 }
	};
	struct tl_writer *w = begin("myvmm", TL_ARCH_X86_64);
	struct tl_trace *t;

	assert_ok(tl_writer_coalesced(w, &queued));
	get(w, 1, 0xfd000000, 4, 5);
	t = finish(w);
	assert_guess(t, 2, 0xfd000000,
		"seen: a device of the VMM at 0xfd000000-0xfd000fff: 1 read and 1 write at "
		"0xfd000000-0xfd000013, the last at exit 1; here exit 1 read 0x5\n");
	end(t);
}

static void accesses_of_another_vm_do_not_count(void **state)
{
	struct tl_writer *w = begin("myvmm", TL_ARCH_ARM64);
	struct tl_device_guess guess;
	struct tl_trace *t;

	get(w, 1, 0x9000018, 4, 0x90);
	t = finish(w);
	assert_ok(tl_devices_find(t, 1, 2, 0x9000018, &guess));
	assert_int_equal(guess.n, 0);
	end(t);
}

// As U-Boot sizes and places BAR 0 of an xHCI controller, 64 bits wide.
static tl_seq configure_xhci(struct tl_writer *w, tl_seq seq)
{
	const uint64_t at = FUNCTION(1);

	get(w, seq++, at, 4, 0x000d1b36);
	get(w, seq++, at + 8, 4, 0x0c033001);
	get(w, seq++, at + 0xe, 1, 0);
	put(w, seq++, at + 0x10, 4, 0xffffffff);
	get(w, seq++, at + 0x10, 4, 0xffffc004);
	put(w, seq++, at + 0x14, 4, 0xffffffff);
	get(w, seq++, at + 0x14, 4, 0xffffffff);
	put(w, seq++, at + 0x10, 4, 0x10000000);
	put(w, seq++, at + 0x14, 4, 0);
	get(w, seq++, at + 0x10, 4, 0x10000004);
	put(w, seq++, at + 4, 2, 6);
	return seq;
}

static void a_bar_names_the_device(void **state)
{
	struct tl_writer *w = begin(QEMU_ARM64, TL_ARCH_ARM64);
	const tl_seq seq = configure_xhci(w, 1);
	struct tl_trace *t = finish(w);

	assert_guess(t, seq, 0x10000040,
		"PCI: BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB controller) at "
		"0x10000000-0x10003fff: the BAR was written at exit 8\n"
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	assert_guess(t, seq, 0x10003fff + 1,
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	assert_guess(t, 7, 0x10000040, // before it was placed
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	end(t);
}

static void a_bar_may_lie_high_or_have_no_known_size(void **state)
{
	struct tl_writer *w = begin(QEMU_ARM64, TL_ARCH_ARM64);
	struct tl_trace *t;

	get(w, 1, FUNCTION(2), 2, 0x1af4);
	get(w, 2, FUNCTION(2) + 2, 2, 0x1041);
	get(w, 3, FUNCTION(2) + 0xa, 2, 0x0200);
	put(w, 4, FUNCTION(2) + 0x20, 4, 0xffffffff);
	get(w, 5, FUNCTION(2) + 0x20, 4, 0xffffc00c);
	put(w, 6, FUNCTION(2) + 0x20, 4, 0x00004000);
	put(w, 7, FUNCTION(2) + 0x24, 4, 0x80);
	get(w, 8, FUNCTION(3) + 0x14, 4, 0x10080000);
	put(w, 9, FUNCTION(4) + 0x10, 4, 0x1001); // ports
	get(w, 10, FUNCTION(4) + 0x10, 4, 0x1001);
	t = finish(w);
	assert_guess(t, 11, UINT64_C(0x8000007000),
		"PCI: BAR 4 of PCI 00:02.0, 1af4:1041 (Ethernet controller) at "
		"0x8000004000-0x8000007fff: the BAR was written at exit 6\n"
		"assumed: memory of PCI devices, high at 0x8000000000-0xffffffffff: QEMU's virt "
		"board has it there\n");
	assert_guess(t, 11, 0x10080ffc,
		"PCI: BAR 1 of PCI 00:03.0 at 0x10080000-0x10080fff: the BAR was read at exit 8; "
		"its size is not known, a page is taken\n"
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	assert_guess(t, 11, 0x1000,
		"assumed: flash 0 at 0x0-0x3ffffff: QEMU's virt board has it there\n");
	end(t);
}

struct pio {
	uint8_t direction, size;
	uint16_t port;
	uint32_t count;
	uint64_t offset;
};

static void port(
	struct tl_writer *w, tl_seq seq, uint16_t number, uint32_t size, bool out, uint32_t value)
{
	const struct pio pio = {
		.direction = out, .size = (uint8_t)size, .port = number, .count = 1
	};
	struct tl_exit exit = exit_of(seq, 0, KVM_EXIT_IO, &pio, sizeof(pio));

	if (out) {
		exit.data = (const uint8_t *)&value;
		exit.data_size = size;
	}
	add_exit(w, exit, TL_ARCH_X86_64, TL_ABI_MAINLINE, NULL);
	add_reply(w, seq, 0, &value, out ? 0 : size);
}

// 00:02.0 by ports, the last address queued by KVM.
static void configuration_by_ports_is_followed(void **state)
{
	const struct tl_record_coalesced address = {
		.seq = 8, .pio = 1, .addr = 0xcf8, .size = 4, .data = { 0x10, 0x10, 0x00, 0x80 }
	};
	struct tl_writer *w = begin("qemu-system-x86_64 -accel kvm", TL_ARCH_X86_64);
	struct tl_trace *t;

	port(w, 1, 0xcf8, 4, true, 0x80001000);
	port(w, 2, 0xcfc, 4, false, 0x11111234);
	port(w, 3, 0xcf8, 4, true, 0x80001008);
	port(w, 4, 0xcfe, 2, false, 0x0300);
	port(w, 5, 0xcf8, 4, true, 0x80001010);
	port(w, 6, 0xcfc, 4, true, 0xffffffff);
	port(w, 7, 0xcfc, 4, false, 0xff000008);
	port(w, 8, 0xcf8, 4, true, 0);
	assert_ok(tl_writer_coalesced(w, &address)); // before exit 8
	port(w, 9, 0xcf8, 4, true, 0x80001010);
	port(w, 10, 0xcfc, 4, true, 0xfd000008);
	t = finish(w);
	assert_guess(t, 11, 0xfdabcdef,
		"PCI: BAR 0 of PCI 00:02.0, 1234:1111 (VGA controller) at "
		"0xfd000000-0xfdffffff: the BAR was written at exit 10\n"
		"assumed: memory of PCI devices at 0xc0000000-0xfebfffff: QEMU's pc board has it "
		"there\n");
	end(t);
}

static void a_queued_address_is_of_the_access_after_it(void **state)
{
	const struct tl_record_coalesced address = {
		.seq = 2, .pio = 1, .addr = 0xcf8, .size = 4, .data = { 0x10, 0x18, 0x00, 0x80 }
	};
	struct tl_writer *w = begin("qemu-system-x86_64 -accel kvm", TL_ARCH_X86_64);
	struct tl_trace *t;

	port(w, 1, 0xcf8, 4, true, 0x80001010);
	assert_ok(tl_writer_coalesced(w, &address));
	port(w, 2, 0xcfc, 4, true, 0xfe000000);
	t = finish(w);
	assert_guess(t, 3, 0xfe000000,
		"PCI: BAR 0 of PCI 00:03.0 at 0xfe000000-0xfe000fff: the BAR was written at exit "
		"2; "
		"its size is not known, a page is taken\n"
		"assumed: memory of PCI devices at 0xc0000000-0xfebfffff: QEMU's pc board has it "
		"there\n");
	end(t);
}

#define DEVICE_ATTR UINT32_C(0x4018aee1)
#define IOEVENTFD   UINT32_C(0x4040ae79)

static void set_attribute(struct tl_writer *w, uint64_t attribute, uint64_t value)
{
	const uint64_t attr[4] = { 0, attribute, 0xaaaa, value }; // flags and group 0

	add_input(w, 0, 11, DEVICE_ATTR, attr, sizeof(attr));
}

static void interrupt_controllers_in_the_kernel_are_named(void **state)
{
	struct tl_writer *w = begin("myvmm", TL_ARCH_ARM64);
	struct tl_trace *t;

	set_attribute(w, 2, 0x8000000);
	set_attribute(w, 3, 0x8010000);
	set_attribute(w, 4, 0x8080000);
	set_attribute(w, 5, UINT64_C(3) << 52 | 0x80a0000 | 1);
	t = finish(w);
	assert_guess(t, 1, 0x8000008,
		"in kernel: GICv3 distributor at 0x8000000-0x800ffff: in KVM: the VMM put it there "
		"before the first exit\n");
	assert_guess(t, 1, 0x804ffff, // of two vCPUs
		"in kernel: GICv3 redistributors at 0x8010000-0x804ffff: in KVM: the VMM put it "
		"there before the first exit\n");
	assert_guess(t, 1, 0x8080000,
		"in kernel: GICv3 ITS at 0x8080000-0x809ffff: in KVM: the VMM put it there before "
		"the first exit\n");
	assert_guess(t, 1, 0x80fffff,
		"in kernel: GICv3 redistributors at 0x80a0000-0x80fffff: in KVM: the VMM put it "
		"there before the first exit\n");
	assert_guess(t, 1, 0x8100000, "");
	end(t);
}

static void an_older_call_names_a_gicv2(void **state)
{
	const uint64_t distributor[2] = { 0, 0x8000000 }, interface[2] = { 1, 0x8010000 };
	struct tl_writer *w = begin("myvmm", TL_ARCH_ARM64);
	struct tl_trace *t;

	add_input(w, 0, 0, 0x4010aeab, distributor, sizeof(distributor));
	add_input(w, 0, 0, 0x4010aeab, interface, sizeof(interface));
	t = finish(w);
	assert_guess(t, 1, 0x8000fff,
		"in kernel: GICv2 distributor at 0x8000000-0x8000fff: in KVM: the VMM put it there "
		"before the first exit\n");
	assert_guess(t, 1, 0x8010000,
		"in kernel: GICv2 CPU interface at 0x8010000-0x8011fff: in KVM: the VMM put it "
		"there before the first exit\n");
	end(t);
}

static void the_interrupt_controllers_of_x86_are_named(void **state)
{
	const uint32_t split[26] = { 121 };
	struct tl_writer *w = begin("myvmm", TL_ARCH_X86_64);
	struct tl_trace *t;

	add_input(w, 0, 0, 0xae60, NULL, 0);
	t = finish(w);
	assert_guess(t, 1, 0xfee00020,
		"in kernel: local APIC at 0xfee00000-0xfee00fff: in KVM: the VMM put it there "
		"before the first exit\n");
	assert_guess(t, 1, 0xfec00010,
		"in kernel: I/O APIC at 0xfec00000-0xfec000ff: in KVM: the VMM put it there before "
		"the first exit\n");
	end(t);
	w = begin("myvmm", TL_ARCH_X86_64);
	add_input(w, 0, 0, 0x4068aea3, split, sizeof(split));
	t = finish(w);
	assert_guess(t, 1, 0xfec00010, "");
	assert_guess(t, 1, 0xfee00020,
		"in kernel: local APIC at 0xfee00000-0xfee00fff: in KVM: the VMM put it there "
		"before the first exit\n");
	end(t);
}

struct ioeventfd {
	uint64_t datamatch, addr;
	uint32_t len;
	int32_t fd;
	uint32_t flags;
	uint8_t pad[36];
};

static void an_ioeventfd_stands_until_it_is_taken_away(void **state)
{
	const struct ioeventfd on = { .addr = 0x10003000, .len = 2, .fd = 9 },
			       off = { .addr = 0x10003000, .len = 2, .fd = 9, .flags = 4 },
			       pio = { .addr = 0x10003000, .len = 2, .fd = 9, .flags = 2 };
	struct tl_writer *w = begin("myvmm", TL_ARCH_ARM64);
	struct tl_trace *t;

	for (tl_seq seq = 1; seq <= 9; seq++)
		add_exit(w, exit_of(seq, 0, KVM_EXIT_INTR, NULL, 0), TL_ARCH_ARM64, TL_ABI_MAINLINE,
			NULL);
	add_input(w, 2, 0, IOEVENTFD, &pio, sizeof(pio));
	add_input(w, 5, 0, IOEVENTFD, &on, sizeof(on));
	add_input(w, 8, 0, IOEVENTFD, &off, sizeof(off));
	t = finish(w);
	assert_guess(t, 4, 0x10003000, "");
	assert_guess(t, 7, 0x10003001,
		"in kernel: ioeventfd: a write signals the VMM without an exit at "
		"0x10003000-0x10003001: in KVM: the VMM put it there after exit 5\n");
	assert_guess(t, 7, 0x10003002, "");
	assert_guess(t, 9, 0x10003000, "");
	end(t);
}

static void the_board_follows_from_the_command_line(void **state)
{
	static const struct {
		enum tl_arch_id arch;
		const char *vmm;
		tl_gpa gpa;
		const char *name, *why;
	} boards[] = {
		{ TL_ARCH_ARM64, NULL, 0x9000000, "PL011 serial port",
			"QEMU's virt board has it there: an assumption, for the trace names no "
			"VMM" },
		{ TL_ARCH_ARM64, QEMU_ARM64, 0x401fffffff, "PCI configuration",
			"QEMU's virt board has it there" },
		{ TL_ARCH_ARM64, QEMU_ARM64, 0x40000000, NULL, NULL }, // RAM
		{ TL_ARCH_ARM64, "nice qemu-system-aarch64 -machine type=virt", 0x9010000,
			"PL031 clock", "QEMU's virt board has it there" },
		{ TL_ARCH_ARM64, "qemu-system-aarch64 -M sbsa-ref", 0x9010000, NULL, NULL },
		{ TL_ARCH_ARM64, "/usr/bin/lkvm run -k Image", 0x1010000, "clock",
			"kvmtool's board has it there" },
		{ TL_ARCH_ARM64, "crosvm run Image", 0x2000, "PL030 clock",
			"crosvm's board has it there" },
		{ TL_ARCH_ARM64, "cloud-hypervisor --kernel x", 0x9000000, "PL011 serial port",
			"cloud-hypervisor's board has it there" },
		{ TL_ARCH_ARM64, "./firecracker --no-api", 0x40002000,
			"serial port, clock or virtio-mmio", "Firecracker's board has it there" },
		{ TL_ARCH_ARM64, "trapline run hello.elf", 0x9000000, NULL, NULL },
		{ TL_ARCH_X86_64, NULL, 0xfed00000, "HPET",
			"QEMU's pc board has it there: an assumption, for the trace names no VMM" },
		{ TL_ARCH_X86_64, "qemu-system-x86_64 -machine accel=kvm", 0xb0000000, NULL, NULL },
		{ TL_ARCH_X86_64, "qemu-system-x86_64 -M q35,accel=kvm", 0xb0000000,
			"PCI configuration", "QEMU's q35 board has it there" },
		{ TL_ARCH_X86_64, "qemu-system-x86_64 -M microvm", 0xfed00000, NULL, NULL },
		{ TL_ARCH_X86_64, "qemu-kvm -M pc-i440fx-7.2", 0xa0000, "VGA memory",
			"QEMU's pc board has it there" },
	};

	for (size_t n = 0; n < sizeof(boards) / sizeof(boards[0]); n++) {
		struct tl_trace *t = finish(begin(boards[n].vmm, boards[n].arch));
		struct tl_belief belief;

		assert_int_equal(
			tl_devices_assumed(t, boards[n].gpa, &belief), boards[n].name != NULL);
		if (boards[n].name) {
			assert_string_equal(belief.name, boards[n].name);
			assert_string_equal(belief.why, boards[n].why);
			assert_int_equal(belief.from, TL_DEVICE_ASSUMED);
			assert_true(belief.first <= boards[n].gpa && boards[n].gpa <= belief.last);
		}
		end(t);
	}
}

// More exits than are read around one: the start, with the BAR, is read too; what lies between is not.
static void a_long_trace_is_read_at_its_start_and_near_the_exit(void **state)
{
	struct tl_writer *w = begin(QEMU_ARM64, TL_ARCH_ARM64);
	struct tl_trace *t;
	tl_seq seq;

	configure_xhci(w, 1);
	get(w, 25000, 0x10000040, 4, 1);
	for (seq = 25001; seq < 100000; seq++) {
		add_exit(w, exit_of(seq, 0, KVM_EXIT_INTR, NULL, 0), TL_ARCH_ARM64, TL_ABI_MAINLINE,
			NULL);
		if (seq % 10000 == 0)
			assert_ok(tl_writer_commit(w));
	}
	get(w, seq, 0x10000044, 4, 3);
	t = finish(w);
	assert_guess(t, 98000, 0x10000040,
		"PCI: BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB controller) at "
		"0x10000000-0x10003fff: the BAR was written at exit 8\n"
		"seen: a device of the VMM at 0x10000000-0x10000fff: 1 read at "
		"0x10000044-0x10000047, the last at exit 100000; of exits 68000-100000\n"
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	end(t);
}

static void a_damaged_trace_is_an_error_with_its_name(void **state)
{
	struct tl_writer *w = begin(QEMU_ARM64, TL_ARCH_ARM64);
	struct tl_device_guess guess = { .n = 9 };
	struct tl_trace *t;

	get(w, 1, ECAM, 4, 1);
	tl_trace_close(finish(w));
	change("a.trap", "UPDATE exit SET size = 'four'");
	t = open_trace("a.trap");
	assert_error(tl_devices_find(t, 0, 2, 0x10000000, &guess),
		"a.trap: size is text, expected a number");
	assert_int_equal(guess.n, 9);
	end(t);
}

static void uboots_xhci_and_interrupt_controller_are_found(void **state)
{
	struct tl_trace *t = open_trace(TL_SOURCE_DIR "/tests/data/arm64-uboot-nisv.trap");

	assert_guess(t, 2702, 0x10000040,
		"PCI: BAR 0 of PCI 00:01.0, 1b36:000d (xHCI USB controller) at "
		"0x10000000-0x10003fff: the BAR was written at exit 2266\n"
		"seen: a device of the VMM at 0x10000000-0x10000fff: 17 reads and 7 writes at "
		"0x10000000-0x1000007b, the last at exit 2701; here exit 2701 read 0x0\n"
		"assumed: memory of PCI devices at 0x10000000-0x3efeffff: QEMU's virt board has "
		"it there\n");
	assert_guess(t, 2702, 0x8000008,
		"in kernel: GICv3 distributor at 0x8000000-0x800ffff: in KVM: the VMM put it there "
		"before the first exit\n"
		"assumed: GIC distributor at 0x8000000-0x800ffff: QEMU's virt board has it "
		"there\n");
	tl_trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_nearby_are_counted),
		cmocka_unit_test(queued_writes_count_too),
		cmocka_unit_test(accesses_of_another_vm_do_not_count),
		cmocka_unit_test(a_bar_names_the_device),
		cmocka_unit_test(a_bar_may_lie_high_or_have_no_known_size),
		cmocka_unit_test(configuration_by_ports_is_followed),
		cmocka_unit_test(a_queued_address_is_of_the_access_after_it),
		cmocka_unit_test(interrupt_controllers_in_the_kernel_are_named),
		cmocka_unit_test(an_older_call_names_a_gicv2),
		cmocka_unit_test(the_interrupt_controllers_of_x86_are_named),
		cmocka_unit_test(an_ioeventfd_stands_until_it_is_taken_away),
		cmocka_unit_test(the_board_follows_from_the_command_line),
		cmocka_unit_test(a_long_trace_is_read_at_its_start_and_near_the_exit),
		cmocka_unit_test(a_damaged_trace_is_an_error_with_its_name),
		cmocka_unit_test(uboots_xhci_and_interrupt_controller_are_found),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
