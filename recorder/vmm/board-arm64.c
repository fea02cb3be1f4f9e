// SPDX-License-Identifier: MIT
#include <elf.h>
#include <inttypes.h>

#include "arch/arm64/regs.h"
#include "recorder/vmm/board.h"
#include "recorder/vmm/uart.h"

static const struct tl_bus_device devices[] = {
	{ TL_SPACE_MMIO, 0x09000000, 0x1000, tl_uart_pl011_read, tl_uart_pl011_write },
	{ TL_SPACE_MMIO, 0x090f0000, 4, tl_exit_port_read, tl_exit_port_write },
};

// The vCPUs that are off get their entry from PSCI CPU_ON.
static struct tl_error *start(struct tl_cpu *cpu, const struct tl_image *image,
	const struct tl_memory *ram, unsigned n_vcpus)
{
	struct tl_regs regs = { 0 };

	if (cpu->index)
		return NULL;
	if (image->is_32bit && image->entry & 1)
		return tl_error_new(TL_ERROR_UNSUPPORTED,
			"the entry point 0x%" PRIx64 " is Thumb code, expected A32", image->entry);
	tl_regs_set(&regs, TL_ARM64_pc, image->entry);
	tl_regs_set(&regs, TL_ARM64_x0, cpu->index);
	tl_regs_set(&regs, TL_ARM64_x1, n_vcpus);
	return cpu->ops->set(cpu, &regs);
}

const struct tl_board tl_board = {
	.name = "arm64",
	.elf_machine = EM_AARCH64,
	.elf_32 = EM_ARM,
	.ram_base = 0x40000000,
	.ram_limit = 32ULL << 30,
	.devices = devices,
	.n_devices = sizeof(devices) / sizeof(devices[0]),
	.start = start,
};
