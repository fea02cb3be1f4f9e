// SPDX-License-Identifier: MIT
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static FILE *list;

// "request|number|result|BYTES", as the trace's table input is held against it.
static void note(unsigned long request, unsigned long number, int result, const void *arg, size_t n)
{
	fprintf(list, "%08lx|", request);
	if (_IOC_DIR(request) == _IOC_NONE)
		fprintf(list, "%lu", number);
	fprintf(list, "|%d|", result);
	for (size_t i = 0; i < n; i++)
		fprintf(list, "%02X", ((const uint8_t *)arg)[i]);
	fputc('\n', list);
}

static int with_number(int fd, unsigned long request, unsigned long number)
{
	int result = ioctl(fd, request, number);

	if (result >= 0)
		note(request, number, result, NULL, 0);
	return result;
}

// `size` bytes at `arg`, and what they are after it: the kernel may write there as well.
static int with_bytes(int fd, unsigned long request, void *arg, size_t size)
{
	int result = ioctl(fd, request, arg);

	if (result >= 0)
		note(request, 0, result, arg, size);
	return result;
}

#define WITH(fd, request, value) with_bytes(fd, request, &(value), sizeof(value))

static void must(int result, const char *what)
{
	if (result < 0)
		die(what);
}

static void set_routes(int vm)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[2];
	} routes = { .head = { .nr = 2 },
		.entry = { { .gsi = 4,
				   .type = KVM_IRQ_ROUTING_IRQCHIP,
				   .u.irqchip = { KVM_IRQCHIP_IOAPIC, 4 } },
			{ .gsi = 40,
				.type = KVM_IRQ_ROUTING_MSI,
				.u.msi = { .address_lo = 0xfee00000, .data = 0x41 } } } };

	must(WITH(vm, KVM_SET_GSI_ROUTING, routes), "KVM_SET_GSI_ROUTING");
}

static void set_memory(int vm, void *memory)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY,
		.userspace_addr = (uintptr_t)memory };

	must(WITH(vm, KVM_SET_USER_MEMORY_REGION, region), "KVM_SET_USER_MEMORY_REGION");
	region.slot = 1;
	region.guest_phys_addr = 0x100000;
	region.flags = KVM_MEM_READONLY;
	must(WITH(vm, KVM_SET_USER_MEMORY_REGION, region), "KVM_SET_USER_MEMORY_REGION");
	region.memory_size = 0;
	must(WITH(vm, KVM_SET_USER_MEMORY_REGION, region), "KVM_SET_USER_MEMORY_REGION");
	region.slot = 77777;
	region.memory_size = 1;
	if (WITH(vm, KVM_SET_USER_MEMORY_REGION, region) >= 0)
		die("a slot of one byte");
}

static void set_lines(int vm)
{
	struct kvm_irq_level line = { .irq = 4, .level = 1 };
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x42 };
	struct kvm_irqfd irqfd = { .gsi = 40 };
	struct kvm_ioeventfd ioeventfd = {
		.addr = 0x700, .len = 2, .flags = KVM_IOEVENTFD_FLAG_PIO
	};
	struct kvm_clock_data clock;

	must(WITH(vm, KVM_IRQ_LINE, line), "KVM_IRQ_LINE");
	line.level = 0;
	must(WITH(vm, KVM_IRQ_LINE_STATUS, line), "KVM_IRQ_LINE_STATUS");
	WITH(vm, KVM_SIGNAL_MSI, msi);
	irqfd.fd = (uint32_t)eventfd(0, EFD_CLOEXEC);
	must(WITH(vm, KVM_IRQFD, irqfd), "KVM_IRQFD");
	ioeventfd.fd = (int)irqfd.fd;
	must(WITH(vm, KVM_IOEVENTFD, ioeventfd), "KVM_IOEVENTFD");
	must(ioctl(vm, KVM_GET_CLOCK, &clock), "KVM_GET_CLOCK");
	clock.flags = 0;
	must(WITH(vm, KVM_SET_CLOCK, clock), "KVM_SET_CLOCK");
}

static void set_devices(int vm)
{
	unsigned long long identity_map = 0xfffbc000;
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_DISABLE_EXITS };
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	must(with_number(vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	must(WITH(vm, KVM_SET_IDENTITY_MAP_ADDR, identity_map), "KVM_SET_IDENTITY_MAP_ADDR");
	must(with_number(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	must(WITH(vm, KVM_CREATE_PIT2, pit), "KVM_CREATE_PIT2");
	must(ioctl(vm, KVM_GET_IRQCHIP, &chip), "KVM_GET_IRQCHIP");
	must(WITH(vm, KVM_SET_IRQCHIP, chip), "KVM_SET_IRQCHIP");
	WITH(vm, KVM_ENABLE_CAP, cap);
	WITH(vm, KVM_CREATE_DEVICE, device);
}

static void set_cpuid(int system, int vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry[256];
	} cpuid = { .head = { .nent = 256 } };

	must(ioctl(system, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(with_bytes(vcpu, KVM_SET_CPUID2, &cpuid,
		     sizeof(cpuid.head) + cpuid.head.nent * sizeof(cpuid.entry[0])),
		"KVM_SET_CPUID2");
}

static void set_msrs(int vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[3];
	} msrs = { .head = { .nmsrs = 3 },
		.entry = { { .index = 0x174, .data = 0x10 }, { .index = 0x175, .data = 0x1234 },
			{ .index = 0xc0000081, .data = 0xffff } } };

	must(WITH(vcpu, KVM_SET_MSRS, msrs), "KVM_SET_MSRS");
	msrs.head.nmsrs = 1;
	must(with_bytes(vcpu, KVM_SET_MSRS, &msrs, sizeof(msrs.head) + sizeof(msrs.entry[0])),
		"KVM_SET_MSRS");
}

// What is read is written back, so that it is accepted.
#define PUT_BACK(fd, get, set, type)                                                               \
	do {                                                                                       \
		type value_;                                                                       \
		memset(&value_, 0, sizeof(value_));                                                \
		must(ioctl(fd, get, &value_), #get);                                               \
		must(WITH(fd, set, value_), #set);                                                 \
	} while (0)

static void set_state(int vcpu)
{
	PUT_BACK(vcpu, KVM_GET_SREGS, KVM_SET_SREGS, struct kvm_sregs);
	PUT_BACK(vcpu, KVM_GET_REGS, KVM_SET_REGS, struct kvm_regs);
	PUT_BACK(vcpu, KVM_GET_FPU, KVM_SET_FPU, struct kvm_fpu);
	PUT_BACK(vcpu, KVM_GET_XSAVE, KVM_SET_XSAVE, struct kvm_xsave);
	PUT_BACK(vcpu, KVM_GET_XCRS, KVM_SET_XCRS, struct kvm_xcrs);
	PUT_BACK(vcpu, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, struct kvm_debugregs);
	PUT_BACK(vcpu, KVM_GET_LAPIC, KVM_SET_LAPIC, struct kvm_lapic_state);
	PUT_BACK(vcpu, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events);
	PUT_BACK(vcpu, KVM_GET_MP_STATE, KVM_SET_MP_STATE, struct kvm_mp_state);
}

static void poke(int vcpu)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE };
	struct kvm_sregs sregs;

	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cr4 = ~0ULL;
	if (WITH(vcpu, KVM_SET_SREGS, sregs) >= 0)
		die("a CR4 of all ones");
	must(with_number(vcpu, KVM_NMI, 0), "KVM_NMI");
	must(WITH(vcpu, KVM_SET_GUEST_DEBUG, debug), "KVM_SET_GUEST_DEBUG");
	with_number(vcpu, KVM_SET_TSC_KHZ, (unsigned long)ioctl(vcpu, KVM_GET_TSC_KHZ, 0));
	if (with_number(vcpu, _IO(KVMIO, 0xfe), 1) >= 0)
		die("ioctl 0xfe");
}

// The attribute, and behind it what it points to.
static void set_attribute(int vcpu)
{
	uint64_t offset = 0x123456789;
	struct kvm_device_attr attr = { .group = 0, .attr = 0, .addr = (uintptr_t)&offset };
	uint8_t both[sizeof(attr) + sizeof(offset)];
	int result = ioctl(vcpu, KVM_SET_DEVICE_ATTR, &attr);

	memcpy(both, &attr, sizeof(attr));
	memcpy(both + sizeof(attr), &offset, sizeof(offset));
	if (result >= 0)
		note(KVM_SET_DEVICE_ATTR, 0, result, both, sizeof(both));
}

int mode_inputs(char **argv)
{
	void *memory =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = ioctl(system, KVM_CREATE_VM, 0), vcpu;

	list = fopen(argv[1], "we");
	if (vm < 0 || !list)
		die("KVM_CREATE_VM");
	set_memory(vm, memory);
	set_devices(vm);
	set_routes(vm);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	must(vcpu, "KVM_CREATE_VCPU");
	set_cpuid(system, vcpu);
	set_state(vcpu);
	set_msrs(vcpu);
	set_attribute(vcpu);
	set_lines(vm);
	poke(vcpu);
	fclose(list);
	run(vcpu); // a trace without an exit is none
	return 0;
}
