// SPDX-License-Identifier: MIT
// The code around PC. The walk is remembered and its table entries are read again with the code in
// one go, so that what is recorded is what the tables say at this exit, for the price of one copy.
#include "recorder/shim/shim.h"

#include <string.h>

enum { BEFORE = 16, AFTER = 16, PAGE = 4096 };

struct reader {
	struct tl_shim_vcpu *vcpu;
	unsigned space;
	struct tl_shim_translation *into; // where the walk's steps stand in this process
	unsigned step;
};

static unsigned address_space(const struct tl_shim_vcpu *vcpu)
{
#ifdef KVM_RUN_X86_SMM
	return vcpu->run->flags & KVM_RUN_X86_SMM ? 1 : 0;
#else
	(void)vcpu;
	return 0;
#endif
}

static bool read_guest(void *ctx, tl_gpa gpa, void *buf, size_t size)
{
	struct reader *reader = ctx;
	uint64_t host = tl_shim_slot_find(reader->vcpu->vm, reader->space, gpa, size);

	if (!host || reader->step >= TL_WALK_STEPS)
		return false;
	reader->into->step_host[reader->step++] = host;
	return tl_shim_read(&reader->vcpu->ring, host, buf, size);
}

static void translate(struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, tl_gva page,
	struct tl_shim_translation *t)
{
	struct reader reader = { vcpu, address_space(vcpu), t, 0 };
	const struct tl_mem mem = { read_guest, &reader };

	t->valid = false;
	t->slots_version = atomic_load(&vcpu->vm->slots_version);
	t->page = page;
	tl_shim_translation_key(regs, t->key);
	TL_ARCH_HOST.walk(regs, &mem, page, &t->walk);
	if (t->walk.status != TL_WALK_OK)
		return;
	t->page_host = tl_shim_slot_find(vcpu->vm, reader.space, t->walk.gpa, PAGE);
	t->valid = t->page_host && reader.step == t->walk.n_steps;
}

static bool still_holds(const struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, tl_gva page,
	const struct tl_shim_translation *t)
{
	uint64_t key[6];

	if (!t->valid || t->page != page ||
		t->slots_version != atomic_load(&vcpu->vm->slots_version))
		return false;
	tl_shim_translation_key(regs, key);
	return !memcmp(key, t->key, sizeof(key));
}

// The entries as they are now, then the code; NULL when something is not there or has changed.
static const uint8_t *gather(struct tl_shim_vcpu *vcpu, const struct tl_shim_translation *t,
	unsigned offset, unsigned size)
{
	struct tl_shim_piece pieces[TL_WALK_STEPS + 1];
	const unsigned n = t->walk.n_steps;
	const uint8_t *bytes, *at;

	for (unsigned i = 0; i < n; i++)
		pieces[i] = (struct tl_shim_piece){ t->step_host[i], t->walk.step[i].size };
	pieces[n] = (struct tl_shim_piece){ t->page_host + offset, (uint16_t)size };
	at = bytes = tl_shim_gather(&vcpu->ring, pieces, n + 1);
	for (unsigned i = 0; bytes && i < n; at += t->walk.step[i].size, i++) {
		uint64_t entry = 0;

		memcpy(&entry, at, t->walk.step[i].size);
		if (entry != t->walk.step[i].entry)
			return NULL;
	}
	return bytes ? at : NULL;
}

// `size` bytes at `va`, which do not cross a page.
static bool read_code(struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, tl_gva va,
	unsigned size, uint8_t *buf)
{
	const tl_gva page = va & ~(tl_gva)(PAGE - 1);
	struct tl_shim_translation *t = &vcpu->translation[va / PAGE % 2];
	const uint8_t *bytes = NULL;

	if (still_holds(vcpu, regs, page, t))
		bytes = gather(vcpu, t, va % PAGE, size);
	if (!bytes) {
		translate(vcpu, regs, page, t);
		bytes = t->valid ? gather(vcpu, t, va % PAGE, size) : NULL;
	}
	if (bytes)
		memcpy(buf, bytes, size);
	return bytes;
}

void tl_shim_code(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const unsigned most = BEFORE + AFTER;
	tl_gva pc, start;
	unsigned head, size;

	if (!TL_ARCH_HOST.fetch_address(&ret->regs, &pc))
		return;
	start = pc - BEFORE;
	head = PAGE - start % PAGE;
	size = head < most ? head : most;
	if (!read_code(vcpu, &ret->regs, start, size, ret->code)) {
		// What stands before PC may be on a page that is not there.
		if (size == most || size > BEFORE)
			return;
		start += size;
		if (!read_code(vcpu, &ret->regs, start, most - size, ret->code))
			return;
		size = most - size;
	} else if (size < most &&
		   read_code(vcpu, &ret->regs, start + size, most - size, ret->code + size)) {
		size = most;
	}
	ret->code_size = (uint16_t)size;
	ret->code_before = (uint16_t)(pc - start);
}
