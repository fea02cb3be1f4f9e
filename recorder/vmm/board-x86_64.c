// SPDX-License-Identifier: MIT
#include <elf.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/x86_64/regs.h"
#include "recorder/vmm/board.h"
#include "recorder/vmm/uart.h"

// PML4 at 0x1000, its page directory pointer table at 0x2000, four page directories from 0x3000.
enum { PML4 = 0x1000, PDPT = 0x2000, PD = 0x3000, TABLES_END = 0x7000 };

#define ENTRY_TABLE 0x03 // present, writable
#define ENTRY_2MIB  0x83 // present, writable, page size

#define CR0_ET	 0x10
#define CR4_SSE	 0x600 // OSFXSR, OSXMMEXCPT
#define EFER_LME 0x100

#define RFLAGS_FIXED 0x2
#define STACK_SIZE   0x10000

static const struct tl_bus_device devices[] = {
	{ TL_SPACE_PIO, 0x3f8, 8, tl_uart_16550_read, tl_uart_16550_write },
	{ TL_SPACE_PIO, 0xf4, 1, tl_exit_port_read, tl_exit_port_write },
};

// Maps the first 4 GiB to themselves.
static void make_tables(const struct tl_memory *ram)
{
	uint64_t *pml4 = tl_memory_at(ram, PML4, 4096);
	uint64_t *pdpt = tl_memory_at(ram, PDPT, 4096);
	uint64_t *pd = tl_memory_at(ram, PD, 4 * 4096UL);

	pml4[0] = PDPT | ENTRY_TABLE;
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (PD + i * 4096UL) | ENTRY_TABLE;
	for (uint64_t i = 0; i < 2048; i++)
		pd[i] = i << 21 | ENTRY_2MIB;
}

static const struct kvm_segment flat_code = {
	.limit = 0xffffffff,
	.selector = 0x08,
	.type = 11, // code, readable, accessed
	.present = 1,
	.s = 1,
	.g = 1,
};

static const struct kvm_segment flat_data = {
	.limit = 0xffffffff,
	.selector = 0x10,
	.type = 3, // data, writable, accessed
	.present = 1,
	.db = 1,
	.s = 1,
	.g = 1,
};

static void set_segments(struct kvm_sregs *sregs, bool is_32bit)
{
	sregs->cs = flat_code;
	sregs->cs.db = is_32bit;
	sregs->cs.l = !is_32bit;
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = flat_data;
}

static void set_mode(struct kvm_sregs *sregs, bool is_32bit)
{
	set_segments(sregs, is_32bit);
	sregs->cr0 = TL_X86_CR0_PE | CR0_ET;
	if (is_32bit)
		return;
	sregs->cr0 |= TL_X86_CR0_PG;
	sregs->cr3 = PML4;
	sregs->cr4 = TL_X86_CR4_PAE | CR4_SSE;
	sregs->efer = EFER_LME | TL_X86_EFER_LMA;
}

static struct tl_error *start(struct tl_cpu *cpu, const struct tl_image *image,
	const struct tl_memory *ram, unsigned n_vcpus)
{
	struct kvm_regs general = {
		.rip = image->entry,
		.rflags = RFLAGS_FIXED,
		.rsp = ram->size - (uint64_t)cpu->index * STACK_SIZE,
		.rdi = cpu->index,
		.rsi = n_vcpus,
	};
	struct kvm_sregs special;
	struct tl_regs regs;
	struct tl_error *err = cpu->ops->get(cpu, TL_REGS_CORE, &regs);

	if (err)
		return err;
	make_tables(ram);
	memcpy(&special, &regs.word[TL_X86_WORD_SREGS], sizeof(special));
	set_mode(&special, image->is_32bit);
	memcpy(&regs.word[TL_X86_WORD_REGS], &general, sizeof(general));
	memcpy(&regs.word[TL_X86_WORD_SREGS], &special, sizeof(special));
	return cpu->ops->set(cpu, &regs);
}

const struct tl_board tl_board = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.elf_32 = EM_386,
	.ram_base = 0,
	.ram_limit = 0xc0000000,
	.reserved = { PML4, TABLES_END - PML4 },
	.devices = devices,
	.n_devices = sizeof(devices) / sizeof(devices[0]),
	.start = start,
};
