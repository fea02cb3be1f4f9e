// SPDX-License-Identifier: MIT
// The code around PC. A walk is remembered, and at each exit its table entries are read again with
// the code, so that what is recorded is what the tables say at this exit.
//
// Those reads are plain loads: a copy by the kernel costs more than the rest of the recorder. They
// cannot fault: every place was read through the kernel when the walk was made, its slot is still
// there (who changes slots waits for us), and the guest has just executed here, so that KVM had the
// page a moment ago. After a KVM_RUN that failed the last of these does not hold, and the kernel
// copies.
#include "recorder/shim/shim.h"

#include <string.h>

enum { BEFORE = 16, AFTER = 16, PAGE = 4096 };

struct reader {
	struct tl_shim_vcpu *vcpu;
	unsigned space;
	struct tl_shim_translation *into; // where the walk's entries stand in this process
};

static bool read_guest(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct reader *reader = ctx;
	struct tl_shim_translation *into = reader->into;
	const uint64_t host = tl_shim_slot_find(reader->vcpu->vm, reader->space, gpa, size);
	uint64_t raw = 0;

	if (!host || into->n_entries >= TL_WALK_STEPS)
		return false;
	if (size > sizeof(raw) || !tl_shim_read(host, &raw, size))
		return false;
	memcpy(buf, &raw, size);
	into->entry[into->n_entries].size = (uint32_t)size;
	into->entry[into->n_entries].host = host;
	into->entry[into->n_entries++].raw = raw;
	return true;
}

static void translate(struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, tl_gva page,
	struct tl_shim_translation *t)
{
	struct reader reader = { vcpu, tl_shim_address_space(vcpu), t };
	const struct tl_mem mem = { read_guest, &reader };
	struct tl_walk walk;

	t->valid = false;
	t->n_entries = 0;
	t->slots_version = atomic_load(&vcpu->vm->slots_version);
	t->page = page;
	tl_shim_translation_key(regs, t->key);
	TL_ARCH_HOST.walk(regs, &mem, page, &walk);
	if (walk.status != TL_WALK_OK)
		return;
	t->page_host = tl_shim_slot_find(vcpu->vm, reader.space, walk.gpa, PAGE);
	t->valid = t->page_host && t->n_entries == walk.n_steps;
}

static bool still_holds(const struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, tl_gva page,
	const struct tl_shim_translation *t)
{
	uint64_t key[TL_SHIM_KEY];

	if (!t->valid || t->page != page ||
		t->slots_version != atomic_load(&vcpu->vm->slots_version))
		return false;
	tl_shim_translation_key(regs, key);
	return !memcmp(key, t->key, sizeof(key));
}

static uint64_t load(uint64_t host, unsigned size)
{
	const void *at = (const void *)(uintptr_t)host; // NOLINT: see above

	return size == 8 ? *(const volatile uint64_t *)at : *(const volatile uint32_t *)at;
}

static bool entries_hold(const struct tl_shim_translation *t)
{
	for (unsigned i = 0; i < t->n_entries; i++)
		if (load(t->entry[i].host, t->entry[i].size) != t->entry[i].raw)
			return false;
	return true;
}

// From the remembered walk; false when it does not hold any more.
static bool read_again(struct tl_shim_vcpu *vcpu, const struct tl_shim_translation *t,
	unsigned offset, unsigned size, uint8_t *buf)
{
	bool holds;

	atomic_store(&vcpu->reading, tl_shim_thread());
	holds = atomic_load(&vcpu->vm->slots_version) == t->slots_version && entries_hold(t);
	if (holds)
		memcpy(buf, (const void *)(uintptr_t)(t->page_host + offset), size); // NOLINT
	atomic_store_explicit(&vcpu->reading, NULL, memory_order_release);
	return holds;
}

// `size` bytes at `va`, which do not cross a page.
static bool read_code(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret, tl_gva va,
	unsigned size, uint8_t *buf)
{
	const tl_gva page = va & ~(tl_gva)(PAGE - 1);
	struct tl_shim_translation *t = &vcpu->translation[va / PAGE % 2];

	if (!ret->error && still_holds(vcpu, &vcpu->regs, page, t) &&
		read_again(vcpu, t, va % PAGE, size, buf))
		return true;
	translate(vcpu, &vcpu->regs, page, t);
	t->valid = t->valid && tl_shim_read(t->page_host + va % PAGE, buf, size);
	return t->valid;
}

void tl_shim_code(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const unsigned most = BEFORE + AFTER;
	tl_gva pc, start;
	unsigned head, size;

	if (!TL_ARCH_HOST.fetch_address(&vcpu->regs, &pc))
		return;
	start = pc - BEFORE;
	head = PAGE - start % PAGE;
	size = head < most ? head : most;
	if (!read_code(vcpu, ret, start, size, ret->code)) {
		// What stands before PC may be on a page that is not there.
		if (size == most || size > BEFORE)
			return;
		start += size;
		if (!read_code(vcpu, ret, start, most - size, ret->code))
			return;
		size = most - size;
	} else if (size < most &&
		   read_code(vcpu, ret, start + size, most - size, ret->code + size)) {
		size = most;
	}
	ret->code_size = (uint16_t)size;
	ret->code_before = (uint16_t)(pc - start);
}
