/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_SHELL_REMEMBERED_H
#define TL_TESTS_SHELL_REMEMBERED_H

#include "tests/shell/session.h"

/* Traces of an arm64 guest with memory, made by hand: one of every kind that a page can be. */

#define RAM	UINT64_C(0x7f0000000000) /* in the VMM; the guest sees it at 0x40000000 */
#define SHARED	UINT64_C(0x7e0000000000) /* at 0x50000000 */
#define REFUSED UINT64_C(0x7d0000000000) /* at 0x60000000 */
#define LOGGED	UINT64_C(0x7c0000000000) /* at 0x70000000 */

static inline void add_slot(
	struct tl_writer *w, tl_seq seq, uint32_t slot, uint64_t gpa, uint64_t size, uint64_t host)
{
	const struct {
		uint32_t slot, flags;
		uint64_t gpa, size, host;
	} region = { slot, 0, gpa, size, host };
	const struct tl_record_input input = { .seq = seq,
		.time = seq * MS,
		.vcpu = TL_NO_VCPU,
		.request = (uint32_t)KVM_SET_USER_MEMORY_REGION,
		.size = sizeof(region) };

	assert_ok(tl_writer_input(w, &input, &region));
}

static inline void add_region(struct tl_writer *w, uint64_t scan, uint64_t host, uint64_t bytes,
	enum tl_region_kind kind, const char *why)
{
	const struct tl_record_region region = {
		.scan = scan, .host = host, .bytes = bytes, .kind = kind
	};

	assert_ok(tl_writer_region(w, &region, why));
}

/** A page that begins with `text` and, in its last eight bytes, holds `last`. */
static inline void add_page(
	struct tl_writer *w, uint64_t scan, uint64_t host, const char *text, uint64_t last)
{
	const struct tl_record_pages pages = { .scan = scan, .pages = 1 };
	uint8_t bytes[TL_PAGE_BYTES] = { 0 };

	snprintf((char *)bytes, sizeof(bytes), "%s", text);
	memcpy(bytes + TL_PAGE_BYTES - 8, &last, 8);
	assert_ok(tl_writer_pages(w, &pages, &host, bytes));
}

/** A page of translation tables: entries in pairs of index and value, to an index below 0. */
static inline void add_table(
	struct tl_writer *w, uint64_t scan, uint64_t host, const int64_t *entries)
{
	const struct tl_record_pages pages = { .scan = scan, .pages = 1 };
	uint64_t table[TL_PAGE_BYTES / 8] = { 0 };

	for (; *entries >= 0; entries += 2)
		table[entries[0]] = (uint64_t)entries[1];
	assert_ok(tl_writer_pages(w, &pages, &host, (const uint8_t *)table));
}

static inline void add_scan(struct tl_writer *w, uint64_t scan, tl_seq seq, enum tl_phase phase,
	enum tl_scan_kind kind, uint64_t pages, uint32_t running)
{
	const struct tl_record_scan record = { .scan = scan,
		.seq = seq,
		.pages = pages,
		.phase = phase,
		.kind = kind,
		.running = running };

	assert_ok(tl_writer_scan(w, &record));
}

/** 4K granule, a table at 0x40001000 for 0..2^39; PC 0x40003010, SP 0x40003040. */
static inline struct tl_regs paging_regs(void)
{
	struct tl_regs regs = { 0 };

	tl_regs_set(&regs, TL_ARM64_pstate, 0x3c5);
	tl_regs_set(&regs, TL_ARM64_sctlr_el1, 1);
	tl_regs_set(&regs, TL_ARM64_tcr_el1, UINT64_C(25) | 1 << 23);
	tl_regs_set(&regs, TL_ARM64_ttbr0_el1, 0x40001000);
	tl_regs_set(&regs, TL_ARM64_ttbr1_el1, 0);
	tl_regs_set(&regs, TL_ARM64_mair_el1, 0xff);
	tl_regs_set(&regs, TL_ARM64_pc, 0x40003010);
	tl_regs_set(&regs, TL_ARM64_sp_el1, 0x40003040);
	return regs;
}

static inline void add_stop(struct tl_writer *w, tl_seq seq, const struct tl_regs *regs)
{
	const struct mmio mmio = { 0x9000000, { 0x41 }, 1, 1, { 0 } };

	add_exit(w, exit_of(seq, 0, KVM_EXIT_MMIO, &mmio, sizeof(mmio)), TL_ARCH_ARM64,
		TL_ABI_MAINLINE, regs);
}

static inline void add_start(struct tl_writer *w)
{
	static const int64_t level1[] = { 1, 0x40002003, 2, 0x90000003, -1 },
			     level2[] = { 0, 0x40003003, 1, 0x40200721, -1 },
			     level3[] = { 3, 0x40000783, -1 };

	add_region(w, 1, RAM, 0x8000, TL_REGION_EXACT, "");
	add_region(w, 1, SHARED, 0x1000, TL_REGION_SHARED, "/dev/shm/ram\033: shared");
	add_region(
		w, 1, REFUSED, 0x1000, TL_REGION_NONE, "guest memory (vfio) is not recorded: no");
	add_region(w, 1, REFUSED + 0x1000, 0x1000, TL_REGION_NONE, "nor is this");
	add_region(w, 1, LOGGED, 0x1000, TL_REGION_GUEST, "dirty log");
	add_page(w, 1, RAM, "at the start", 0);
	add_table(w, 1, RAM + 0x1000, level1);
	add_table(w, 1, RAM + 0x2000, level2);
	add_table(w, 1, RAM + 0x3000, level3);
	add_page(w, 1, SHARED, "shared", 0);
	add_page(w, 1, LOGGED, "logged", 0);
	add_page(w, 1, (RAM + 0x5000) | TL_PAGE_UNREADABLE, "", 0);
	add_scan(w, 1, 0, TL_PHASE_REPLY, TL_SCAN_CHANGES, 7, 0);
}

/** --mem exact --every 2: looks at 0+0, 2 and 2+0, of exits 1 to 3. */
static inline void make_exact(const char *path)
{
	struct tl_writer *w = create(path, TL_ARCH_ARM64);
	struct tl_regs regs = paging_regs(), changed = paging_regs();

	assert_ok(tl_writer_meta(w, "mem", "exact"));
	assert_ok(tl_writer_meta_int(w, "every", 2));
	add_machine(w, TL_ABI_MAINLINE, 1);
	add_slot(w, 0, 0, 0x40000000, 0x8000, RAM);
	add_slot(w, 0, 1, 0x50000000, 0x1000, SHARED);
	add_slot(w, 0, 2, 0x60000000, 0x2000, REFUSED);
	add_slot(w, 0, 3, 0x70000000, 0x1000, LOGGED);
	add_slot(w, 2, 4, 0x78000000, 0x1000, LOGGED + 0x1000);
	add_start(w);
	tl_regs_set(&changed, TL_ARM64_x0, 1);
	changed.known[0] &= ~(UINT64_C(1) << TL_ARM64_ttbr0_el1 % 64);
	add_stop(w, 1, &regs);
	add_reply(w, 1, 0, NULL, 0);
	add_stop(w, 2, &regs);
	add_page(w, 2, RAM, "by the guest", 0);
	add_scan(w, 2, 2, TL_PHASE_EXIT, TL_SCAN_CHANGES, 1, 1);
	add_vcpu_input(w, 2, 0, (uint32_t)KVM_SET_ONE_REG, (uint8_t[24]){ 0 }, 24);
	add_page(w, 3, RAM, "by the VMM", 0x2a);
	add_scan(w, 3, 2, TL_PHASE_REPLY, TL_SCAN_CHANGES, 1, 0);
	add_reply(w, 2, 0, NULL, 0);
	add_stop(w, 3, NULL);
	assert_ok(tl_writer_finish(w));
}

/** --mem fault: two pages at exit 2, all memory at exit 3. */
static inline void make_fault(const char *path)
{
	struct tl_writer *w = create(path, TL_ARCH_ARM64);
	struct tl_regs regs = paging_regs();

	assert_ok(tl_writer_meta(w, "mem", "fault"));
	add_machine(w, TL_ABI_MAINLINE, 1);
	add_slot(w, 0, 0, 0x40000000, 0x8000, RAM);
	for (tl_seq seq = 1; seq <= 4; seq++)
		add_stop(w, seq, &regs);
	add_page(w, 1, RAM, "in trouble", 0);
	add_page(w, 1, RAM + 0x2000, "its stack", 0);
	add_scan(w, 1, 2, TL_PHASE_EXIT, TL_SCAN_PAGES, 2, 0);
	add_page(w, 2, RAM, "dead", 0);
	add_scan(w, 2, 3, TL_PHASE_EXIT, TL_SCAN_WHOLE, 1, 0);
	assert_ok(tl_writer_finish(w));
}

/** Memory that was never looked at, with this policy; NULL: the trace does not say. */
static inline void make_empty(const char *path, const char *policy)
{
	struct tl_writer *w = create(path, TL_ARCH_ARM64);

	if (policy)
		assert_ok(tl_writer_meta(w, "mem", policy));
	add_machine(w, TL_ABI_MAINLINE, 1);
	add_slot(w, 0, 0, 0x40000000, 0x8000, RAM);
	add_stop(w, 1, NULL);
	assert_ok(tl_writer_finish(w));
}

#endif
