// SPDX-License-Identifier: MIT
// The pages that tell why a guest is in trouble: where it executes, its stack, what it accessed,
// and the page tables that lead there.
#include "recorder/shim/shim.h"

enum {
	PAGES = 128,
	GENERAL = 31, // x0 to x30 come first in regs.def
};

struct pages {
	struct tl_shim_scan *scan;
	unsigned space;
	unsigned n;
	uint64_t of[PAGES]; // those that the scan has already
};

static bool add(struct pages *pages, tl_gpa gpa)
{
	const tl_gpa page = gpa & ~(tl_gpa)(TL_PAGE_BYTES - 1);
	const uint64_t host =
		tl_shim_slot_find(pages->scan->vcpu->vm, pages->space, page, TL_PAGE_BYTES);

	for (unsigned i = 0; i < pages->n; i++)
		if (pages->of[i] == host)
			return true;
	if (!host || pages->n == PAGES)
		return host;
	pages->of[pages->n++] = host;
	tl_shim_scan_pages(pages->scan, host, TL_PAGE_BYTES);
	return true;
}

static bool read_table(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct pages *pages = ctx;
	const uint64_t host = tl_shim_slot_find(pages->scan->vcpu->vm, pages->space, gpa, size);

	return host && add(pages, gpa) && tl_shim_read(host, buf, size);
}

static bool translate(struct pages *pages, const struct tl_regs *regs, tl_gva va, tl_gpa *ret)
{
	const struct tl_mem mem = { read_table, pages };
	struct tl_walk walk;

	TL_ARCH_HOST.walk(regs, &mem, va, &walk);
	*ret = walk.gpa;
	return walk.status == TL_WALK_OK;
}

// The page of `va` with its page tables, and of bytes beside it that are on another page.
static void around(
	struct pages *pages, const struct tl_regs *regs, tl_gva va, int before, int after)
{
	const tl_gva first = (va - (tl_gva)before) / TL_PAGE_BYTES;
	const tl_gva last = (va + (tl_gva)after) / TL_PAGE_BYTES;
	tl_gpa gpa;

	if (translate(pages, regs, va, &gpa))
		add(pages, gpa);
	if (first != va / TL_PAGE_BYTES && translate(pages, regs, first * TL_PAGE_BYTES, &gpa))
		add(pages, gpa);
	if (last != va / TL_PAGE_BYTES && translate(pages, regs, last * TL_PAGE_BYTES, &gpa))
		add(pages, gpa);
}

// No exit gives the virtual address. A general register holds it, or one near it.
static void access_tables(struct pages *pages, const struct tl_regs *regs, tl_gpa access)
{
	uint64_t value;
	tl_gpa gpa;

	for (unsigned i = 0; i < GENERAL; i++)
		if (tl_reg_get(&TL_ARCH_HOST.regs[i], regs, &value) &&
			translate(pages, regs, value, &gpa) &&
			gpa / TL_PAGE_BYTES == access / TL_PAGE_BYTES)
			return;
}

static bool accessed(const struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret, tl_gpa *gpa)
{
	if (ret->reason != KVM_EXIT_ARM_NISV && ret->reason != TL_RUN_ARM_LDST64B)
		return false;
	*gpa = vcpu->run->arm_nisv.fault_ipa; // LDST64B has the same struct
	return true;
}

void tl_shim_fault_pages(struct tl_shim_scan *scan, const struct tl_shim_return *ret)
{
	struct pages pages = { .scan = scan, .space = tl_shim_address_space(scan->vcpu) };
	const struct tl_regs *regs = &scan->vcpu->regs;
	tl_gva va;
	tl_gpa gpa;

	if (TL_ARCH_HOST.fetch_address(regs, &va))
		around(&pages, regs, va, 64, 64);
	if (TL_ARCH_HOST.stack_pointer(regs, &va))
		around(&pages, regs, va, 0, TL_PAGE_BYTES);
	if (accessed(scan->vcpu, ret, &gpa)) {
		add(&pages, gpa);
		access_tables(&pages, regs, gpa);
	}
}

static void put_part(void *ctx, const struct tl_shim_mapping *mapping, uint64_t start, uint64_t end)
{
	struct tl_shim_scan *scan = ctx;

	tl_shim_ranges_add(&scan->vcpu->vm->watch.seen, start, end);
	tl_shim_scan_existing(scan, mapping, start, end);
}

void tl_shim_fault_whole(struct tl_shim_scan *scan, const struct tl_shim_return *ret)
{
	struct tl_shim_vm *vm = scan->vcpu->vm;
	uint32_t version;

	if (!tl_shim_slot_ranges(vm, &vm->watch.now, &version))
		scan->lost = true; // or the trace would have all of it as zeroes
	else if (!tl_shim_scan_parts(scan, &vm->watch.now, put_part))
		tl_shim_fault_pages(scan, ret);
}
