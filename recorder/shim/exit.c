// SPDX-License-Identifier: MIT
// One return of KVM_RUN as a record.
#include "recorder/shim/shim.h"

#include <string.h>

enum { N_MASKS = sizeof(((struct tl_record_exit *)0)->changed) / sizeof(uint64_t) };

// Published whole: against zeroes.
static void all_changed(const struct tl_regs *regs, uint64_t *changed)
{
	for (unsigned i = 0; i < TL_REG_WORDS; i++)
		changed[i / 64] |= (uint64_t)(regs->word[i] != 0) << i % 64;
}

static unsigned count(const uint64_t *changed)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_MASKS; i++)
		n += (unsigned)__builtin_popcountll(changed[i]);
	return n;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *put_words(uint8_t *at, const struct tl_regs *regs, const uint64_t *changed)
{
	for (unsigned i = 0; i < N_MASKS; i++)
		for (uint64_t left = changed[i]; left; left &= left - 1)
			at = put(at, &regs->word[64 * i + __builtin_ctzll(left)], 8);
	return at;
}

static uint16_t payload_bytes(const struct tl_shim_return *ret)
{
	if (ret->reason == TL_NO_REASON)
		return 0;
	return ret->kind ? ret->kind->payload : TL_RUN_UNION_BYTES;
}

static struct tl_record_exit head(const struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret)
{
	struct tl_record_exit exit = { .seq = ret->seq,
		.entered = ret->entered,
		.exited = ret->exited,
		.vcpu = vcpu->index,
		.reason = ret->reason,
		.error = ret->error,
		.flags = (uint16_t)((vcpu->key ? TL_EXIT_KEY : 0) |
				    (ret->give_back ? TL_EXIT_GIVEN_BACK : 0)),
		.payload = payload_bytes(ret),
		.data = (uint16_t)ret->data_size,
		.code = ret->code_size,
		.code_before = ret->code_before,
		.extra = vcpu->extras_size };

	memcpy(exit.known, vcpu->regs.known, sizeof(exit.known));
	memcpy(exit.changed, ret->changed, sizeof(exit.changed));
	return exit;
}

static void remember(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret, bool published)
{
	vcpu->key = !published;
	vcpu->open_seq = ret->seq;
	vcpu->open_kind = ret->kind;
	vcpu->open_cr8 = vcpu->run->cr8;
	vcpu->open_data_at = ret->data_at;
	vcpu->open_data_size = ret->data_size;
	vcpu->extras_size = 0;
	vcpu->exits++;
}

void tl_shim_exit(struct tl_shim_vcpu *vcpu, struct tl_shim_return *ret)
{
	const uint8_t *run = (const uint8_t *)vcpu->run;
	struct tl_record_exit exit;
	uint8_t *record, *at;
	uint32_t size;

	if (vcpu->key)
		all_changed(&vcpu->regs, ret->changed);
	exit = head(vcpu, ret);
	size = (uint32_t)sizeof(exit) + count(exit.changed) * 8 + exit.payload + exit.data +
	       exit.code + exit.extra;
	record = at = tl_shim_reserve(&vcpu->ring, vcpu->index, size, ret->seq);
	if (record) {
		at = put(at, &exit, sizeof(exit));
		at = put_words(at, &vcpu->regs, exit.changed);
		at = put(at, run + TL_RUN_UNION, exit.payload);
		at = put(at, run + ret->data_at, exit.data);
		at = put(at, ret->code, exit.code);
		if (exit.extra)
			put(at, vcpu->extras, exit.extra);
		tl_ring_commit(record, TL_RECORD_EXIT, size);
	}
	remember(vcpu, ret, record);
}
