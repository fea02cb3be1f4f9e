/* SPDX-License-Identifier: MIT */
// labels: kvm x86_64
//
// KVM's own walker, by KVM_TRANSLATE, as a witness of ours: both walk random tables.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/x86_64/regs.h"

#define RAM_SIZE    (UINT64_C(4) << 20)
#define POOL	    8 // tables of a level
#define TABLES	    (UINT64_C(1) << 20)
#define ROUNDS	    20
#define PER_ROUND   500
#define MAX_CPUID   256
#define PAGE	    UINT64_C(4096)
#define PHYSICAL_36 UINT64_C(0xffffff000)

struct mode {
	uint64_t cr0, cr4, efer;
	int levels;
	int entry_size;
	unsigned va_bits;
};

struct machine {
	int kvm, vm, vcpu;
	uint8_t *ram;
	bool has_1g, has_la57;
	uint64_t random;
	unsigned valid, invalid;
};

// splitmix64, with a fixed seed: a failure comes again.
static uint64_t any(struct machine *m)
{
	uint64_t z = m->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool one_in(struct machine *m, unsigned n)
{
	return any(m) % n == 0;
}

static void read_cpuid(struct machine *m, struct kvm_cpuid2 *cpuid)
{
	for (unsigned i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == 0x80000001)
			m->has_1g = entry->edx >> 26 & 1;
		if (entry->function == 7 && entry->index == 0)
			m->has_la57 = entry->ecx >> 16 & 1;
	}
}

static void set_cpuid(struct machine *m)
{
	size_t size = sizeof(struct kvm_cpuid2) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, size);

	assert_non_null(cpuid);
	cpuid->nent = MAX_CPUID;
	assert_int_equal(ioctl(m->kvm, KVM_GET_SUPPORTED_CPUID, cpuid), 0);
	assert_int_equal(ioctl(m->vcpu, KVM_SET_CPUID2, cpuid), 0);
	read_cpuid(m, cpuid);
	free(cpuid);
}

static int open_machine(void **state)
{
	static struct machine m;
	struct kvm_userspace_memory_region slot = { .memory_size = RAM_SIZE };

	m.random = 1;
	m.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	m.vm = ioctl(m.kvm, KVM_CREATE_VM, 0);
	m.vcpu = ioctl(m.vm, KVM_CREATE_VCPU, 0);
	m.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(m.kvm >= 0 && m.vm >= 0 && m.vcpu >= 0 && m.ram != MAP_FAILED);
	slot.userspace_addr = (uintptr_t)m.ram;
	assert_int_equal(ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
	set_cpuid(&m);
	*state = &m;
	return 0;
}

static int close_machine(void **state)
{
	struct machine *m = *state;

	close(m->vcpu);
	close(m->vm);
	close(m->kvm);
	return munmap(m->ram, RAM_SIZE);
}

static bool ram_read(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct machine *m = ctx;

	if (gpa > RAM_SIZE || size > RAM_SIZE - gpa)
		return false;
	memcpy(buf, m->ram + gpa, size);
	return true;
}

static tl_gpa table(int level, unsigned n)
{
	return TABLES + ((unsigned)level * POOL + n) * PAGE;
}

// A large page's address, sometimes with a bit that is reserved in it.
static uint64_t large_page(struct machine *m, const struct mode *mode, int level)
{
	uint64_t address = any(m) & PHYSICAL_36;

	if (mode->entry_size == 4) // bits 16:13 are an address' 35:32
		return (address & 0xffc00000) | (any(m) & 0x1e000) | (one_in(m, 16) ? 1u << 21 : 0);
	address &= ~((UINT64_C(1) << (level == 2 ? 21 : 30)) - 1);
	return address | (one_in(m, 16) ? 1u << 20 : 0);
}

static bool may_be_large(struct machine *m, const struct mode *mode, int level)
{
	return level == 2 || (level == 3 && (mode->efer & TL_X86_EFER_LMA) && m->has_1g);
}

// The flags of bits 1..6 and the software bits 9..11 change no translation for the supervisor.
static uint64_t random_entry(struct machine *m, const struct mode *mode, int level)
{
	uint64_t flags = (any(m) & 0xe7e) | 1, high = 0;

	if (one_in(m, 8))
		return any(m) & ~UINT64_C(1);
	if (mode->entry_size == 8 && one_in(m, 12))
		high = UINT64_C(1) << (52 + any(m) % 12);
	if (level == 1)
		return (any(m) & PHYSICAL_36) | flags | high | (any(m) & 0x180);
	if (may_be_large(m, mode, level) && one_in(m, 3))
		return large_page(m, mode, level) | 0x80 | flags | high;
	if (level > 3 && one_in(m, 16))
		flags |= 0x80;
	if (one_in(m, 32))
		return (RAM_SIZE + (any(m) & 0x3ff000)) | flags | high;
	return table(level - 1, (unsigned)(any(m) % POOL)) | flags | high;
}

// KVM_SET_SREGS refuses a PDPTE with a reserved bit, as the CPU does when it loads CR3.
static uint64_t random_pdpte(struct machine *m)
{
	return one_in(m, 6) ? 0 : table(2, (unsigned)(any(m) % POOL)) | 1;
}

static void fill_tables(struct machine *m, const struct mode *mode)
{
	for (int level = 1; level <= mode->levels; level++) {
		uint8_t *at = m->ram + table(level, 0), *end = at + POOL * PAGE;
		bool pdpt = mode->va_bits == 32 && level == 3;

		for (; at < end; at += mode->entry_size) {
			uint64_t entry = pdpt ? random_pdpte(m) : random_entry(m, mode, level);

			memcpy(at, &entry, (size_t)mode->entry_size);
		}
	}
}

// False when this KVM does not take the mode: the one without hardware virtualisation (PVM) leaves
// CR0.PG clear outside long mode.
static bool load(struct machine *m, const struct mode *mode, struct tl_regs *regs)
{
	struct kvm_sregs sregs;
	unsigned words = sizeof(sregs) / 8;

	assert_int_equal(ioctl(m->vcpu, KVM_GET_SREGS, &sregs), 0);
	sregs.cr0 = mode->cr0;
	sregs.cr4 = mode->cr4;
	sregs.efer = mode->efer;
	sregs.cr3 = table(mode->levels, (unsigned)(any(m) % POOL));
	if (mode->va_bits == 32 && mode->levels == 3)
		sregs.cr3 |= any(m) & 0xfe0;
	sregs.cs.db = mode->va_bits == 32;
	sregs.cs.l = mode->va_bits != 32;
	assert_int_equal(ioctl(m->vcpu, KVM_SET_SREGS, &sregs), 0);
	assert_int_equal(ioctl(m->vcpu, KVM_GET_SREGS, &sregs), 0);
	memset(regs, 0, sizeof(*regs));
	memcpy(&regs->word[TL_X86_WORD_SREGS], &sregs, sizeof(sregs));
	for (unsigned i = 0; i < words; i++)
		tl_regs_set(regs, TL_X86_WORD_SREGS + i, regs->word[TL_X86_WORD_SREGS + i]);
	return sregs.cr0 == mode->cr0;
}

static uint64_t random_address(struct machine *m, const struct mode *mode)
{
	unsigned unused = 64 - mode->va_bits;
	uint64_t va = any(m);

	if (mode->va_bits == 32)
		return (uint32_t)va;
	return (uint64_t)((int64_t)(va << unused) >> unused);
}

static void compare(struct machine *m, const struct tl_regs *regs, uint64_t va)
{
	struct kvm_translation theirs = { .linear_address = va };
	struct tl_mem mem = { .read = ram_read, .ctx = m };
	struct tl_walk ours;
	bool valid;

	tl_arch_x86_64.walk(regs, &mem, va, &ours);
	valid = ours.status == TL_WALK_OK;
	assert_int_equal(ioctl(m->vcpu, KVM_TRANSLATE, &theirs), 0);
	if (valid != theirs.valid || (valid && ours.gpa != theirs.physical_address)) {
		for (unsigned i = 0; i < ours.n_steps; i++)
			print_error("level %d at %#" PRIx64 ": %#" PRIx64 "\n", ours.step[i].level,
				ours.step[i].gpa, ours.step[i].entry);
		fail_msg("%#" PRIx64 ": ours is status %d, %#" PRIx64 "; KVM's is %d, %#" PRIx64,
			va, ours.status, ours.gpa, theirs.valid, (uint64_t)theirs.physical_address);
	}
	m->valid += valid;
	m->invalid += !valid;
}

static void compare_mode(struct machine *m, const struct mode *mode)
{
	struct tl_regs regs;

	m->valid = m->invalid = 0;
	for (int round = 0; round < ROUNDS; round++) {
		fill_tables(m, mode);
		if (!load(m, mode, &regs)) {
			assert_false(mode->efer & TL_X86_EFER_LMA);
			print_message("not compared: this KVM has no paging outside long mode\n");
			return;
		}
		for (int i = 0; i < PER_ROUND; i++)
			compare(m, &regs, random_address(m, mode));
	}
	print_message("%u mapped alike, %u not mapped alike\n", m->valid, m->invalid);
	assert_true(m->valid > 1000 && m->invalid > 1000);
}

#define PG_PE	   (TL_X86_CR0_PG | TL_X86_CR0_PE | 0x10)
#define LME_LMA	   (TL_X86_EFER_LMA | 0x100)
#define CR4_5LEVEL (TL_X86_CR4_PAE | TL_X86_CR4_LA57)

static void kvm_agrees_on_32bit_paging(void **state)
{
	compare_mode(*state,
		&(struct mode){ .cr0 = PG_PE, .levels = 2, .entry_size = 4, .va_bits = 32 });
}

static void kvm_agrees_on_32bit_paging_with_4m_pages(void **state)
{
	compare_mode(*state, &(struct mode){ PG_PE, TL_X86_CR4_PSE, 0, .levels = 2, .entry_size = 4,
				     .va_bits = 32 });
}

static void kvm_agrees_on_pae_paging(void **state)
{
	compare_mode(*state, &(struct mode){ PG_PE, TL_X86_CR4_PAE, 0, 3, 8, 32 });
	compare_mode(*state, &(struct mode){ PG_PE, TL_X86_CR4_PAE, TL_X86_EFER_NXE, 3, 8, 32 });
}

static void kvm_agrees_on_4_level_paging(void **state)
{
	compare_mode(*state, &(struct mode){ PG_PE, TL_X86_CR4_PAE, LME_LMA, 4, 8, 48 });
	compare_mode(*state,
		&(struct mode){ PG_PE, TL_X86_CR4_PAE, LME_LMA | TL_X86_EFER_NXE, 4, 8, 48 });
}

static void kvm_agrees_on_5_level_paging(void **state)
{
	struct machine *m = *state;

	if (!m->has_la57) {
		print_message("this CPU has no 5-level paging (CPUID 7: LA57)\n");
		return;
	}
	compare_mode(m, &(struct mode){ PG_PE, CR4_5LEVEL, LME_LMA, 5, 8, 57 });
	compare_mode(m, &(struct mode){ PG_PE, CR4_5LEVEL, LME_LMA | TL_X86_EFER_NXE, 5, 8, 57 });
}

static void kvm_agrees_that_without_paging_addresses_are_physical(void **state)
{
	struct mode mode = { .cr0 = 0x11, .va_bits = 32 };
	struct machine *m = *state;
	struct tl_regs regs;

	assert_true(load(m, &mode, &regs));
	for (int i = 0; i < PER_ROUND; i++)
		compare(m, &regs, random_address(m, &mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_agrees_that_without_paging_addresses_are_physical),
		cmocka_unit_test(kvm_agrees_on_32bit_paging),
		cmocka_unit_test(kvm_agrees_on_32bit_paging_with_4m_pages),
		cmocka_unit_test(kvm_agrees_on_pae_paging),
		cmocka_unit_test(kvm_agrees_on_4_level_paging),
		cmocka_unit_test(kvm_agrees_on_5_level_paging),
	};

	if (access("/dev/kvm", F_OK) != 0) {
		fprintf(stderr, "skipped: /dev/kvm: %s\n", strerror(errno));
		return 77;
	}
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
