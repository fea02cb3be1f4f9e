// SPDX-License-Identifier: MIT
// One return of KVM_RUN as a record.
#include "recorder/shim/shim.h"

#include <string.h>

static unsigned changed_words(
	const struct tl_shim_vcpu *vcpu, const struct tl_regs *regs, uint64_t *changed)
{
	const unsigned words = TL_ARCH_HOST.words;
	unsigned n = 0;

	for (unsigned i = 0; i < words; i++) {
		const uint64_t before = vcpu->key ? 0 : vcpu->last.word[i];

		if (regs->word[i] == before)
			continue;
		changed[i / 64] |= UINT64_C(1) << i % 64;
		n++;
	}
	return n;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *put_words(uint8_t *at, const struct tl_regs *regs, const uint64_t *changed)
{
	for (unsigned i = 0; i < TL_REG_WORDS; i++)
		if (changed[i / 64] >> i % 64 & 1)
			at = put(at, &regs->word[i], sizeof(regs->word[i]));
	return at;
}

static uint16_t payload_bytes(const struct tl_shim_return *ret)
{
	if (ret->reason == TL_NO_REASON)
		return 0;
	return ret->kind ? ret->kind->payload : TL_RUN_UNION_BYTES;
}

static void fill(const struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret,
	struct tl_record_exit *exit)
{
	exit->seq = ret->seq;
	exit->entered = ret->entered;
	exit->exited = ret->exited;
	exit->vcpu = vcpu->index;
	exit->reason = ret->reason;
	exit->error = ret->error;
	exit->flags = (uint16_t)((vcpu->key ? TL_EXIT_KEY : 0) |
				 (ret->give_back ? TL_EXIT_GIVEN_BACK : 0));
	exit->payload = payload_bytes(ret);
	exit->data = (uint16_t)ret->data_size;
	exit->code = ret->code_size;
	exit->code_before = ret->code_before;
	exit->extra = vcpu->extras_size;
	memcpy(exit->known, ret->regs.known, sizeof(exit->known));
}

static void remember(struct tl_shim_vcpu *vcpu, const struct tl_shim_return *ret, bool published)
{
	vcpu->last = ret->regs;
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
	struct tl_record_exit exit = { 0 };
	const unsigned n = changed_words(vcpu, &ret->regs, exit.changed);
	uint8_t *record, *at;
	uint32_t size;

	fill(vcpu, ret, &exit);
	size = (uint32_t)sizeof(exit) + n * 8 + exit.payload + exit.data + exit.code + exit.extra;
	record = at = tl_shim_reserve(&vcpu->ring, vcpu->index, size, ret->seq);
	if (record) {
		at = put(at, &exit, sizeof(exit));
		at = put_words(at, &ret->regs, exit.changed);
		at = put(at, run + TL_RUN_UNION, exit.payload);
		at = put(at, run + ret->data_at, exit.data);
		at = put(at, ret->code, exit.code);
		if (exit.extra)
			put(at, vcpu->extras, exit.extra);
		tl_ring_commit(record, TL_RECORD_EXIT, size);
	}
	remember(vcpu, ret, record);
}
