// SPDX-License-Identifier: MIT
// What a report is as a row of table `exit`.
#include "arch/arm64/regs.h"
#include "arch/bytes.h"
#include "replayer/import-trace.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

static const struct {
	uint32_t fact, has;
	size_t at;
} numbers[] = {
	{ TL_FACT_ADDR, TL_EXIT_HAS_ADDR, offsetof(struct tl_exit, addr) },
	{ TL_FACT_SIZE, TL_EXIT_HAS_SIZE, offsetof(struct tl_exit, size) },
	{ TL_FACT_VALUE, TL_EXIT_HAS_VALUE, offsetof(struct tl_exit, value) },
	{ TL_FACT_IPA, TL_EXIT_HAS_ADDR, offsetof(struct tl_exit, addr) },
	{ TL_FACT_PC, TL_EXIT_HAS_PC, offsetof(struct tl_exit, pc) },
};

static void set(struct tl_exit *e, uint32_t has, size_t at, uint64_t value)
{
	e->has |= has;
	memcpy((char *)e + at, &value, sizeof(value));
}

// suberror 32, ndata 36, data[16] 40 (KVM API 5).
static void internal_error(const struct tl_import_facts *f, const struct tl_exit_kind *kind,
	uint8_t *payload, struct tl_exit *e)
{
	if (!f->has_suberror)
		return;
	tl_store_le(payload, f->suberror, 4);
	tl_store_le(payload + 4, f->n_data, 4);
	for (unsigned i = 0; i < f->n_data; i++)
		tl_store_le(payload + 8 + (size_t)8 * i, f->data[i], 8);
	e->payload = payload;
	e->payload_size = kind->payload;
}

static void unknown(const struct tl_import_facts *f, const struct tl_exit_kind *kind,
	uint8_t *payload, struct tl_exit *e)
{
	if (!f->n_data)
		return;
	tl_store_le(payload, f->data[0], 8);
	e->payload = payload;
	e->payload_size = kind->payload;
}

// A data abort (ESR.EC 0x24; esr_iss has no EC) as somebody noted it: with a syndrome that says
// what was accessed (ISV, bit 24) KVM makes MMIO of it, else there is nothing but NISV.
static void fault(const struct tl_import_report *r, struct tl_exit *e)
{
	const struct tl_import_facts *f = &r->facts;
	const uint64_t esr = tl_fact_get(f, TL_FACT_ESR), ec = esr >> 26 & 0x3f;
	const unsigned srt = esr >> 16 & 31, size = 1u << (esr >> 22 & 3);

	if (e->has & TL_EXIT_HAS_REASON || !tl_fact(f, TL_FACT_ESR) || (ec && ec != 0x24))
		return;
	e->has |= TL_EXIT_HAS_REASON | TL_EXIT_HAS_WRITE;
	e->reason = esr >> 24 & 1 ? KVM_EXIT_MMIO : KVM_EXIT_ARM_NISV;
	e->write = esr >> 6 & 1;
	if (e->reason == KVM_EXIT_ARM_NISV)
		return;
	set(e, TL_EXIT_HAS_SIZE, offsetof(struct tl_exit, size), size);
	if (e->write && (srt == 31 || tl_regs_known(&f->regs, TL_ARM64_x0 + srt)))
		set(e, TL_EXIT_HAS_VALUE, offsetof(struct tl_exit, value),
			(srt == 31 ? 0 : f->regs.word[TL_ARM64_x0 + srt]) & tl_bytes_mask(size));
}

// NISV, and what has no reason: the value is the syndrome. A 32-bit guest's own is a DFSR.
static void syndrome(const struct tl_import_facts *f, struct tl_exit *e)
{
	const bool nisv = e->has & TL_EXIT_HAS_REASON && e->reason == KVM_EXIT_ARM_NISV;

	if (!tl_fact(f, TL_FACT_ESR) || (e->has & TL_EXIT_HAS_REASON && !nisv) ||
		(f->isa == TL_ISA_ARM32 && f->source == TL_IMPORT_GUEST))
		return;
	set(e, TL_EXIT_HAS_VALUE, offsetof(struct tl_exit, value), tl_fact_get(f, TL_FACT_ESR));
	if (!nisv)
		return;
	e->has |= TL_EXIT_HAS_WRITE;
	e->write = tl_fact_get(f, TL_FACT_ESR) >> 6 & 1;
}

static void set_numbers(const struct tl_import_facts *f, struct tl_exit *e)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (tl_fact(f, numbers[i].fact))
			set(e, numbers[i].has, numbers[i].at, tl_fact_get(f, numbers[i].fact));
	if (!tl_fact(f, TL_FACT_WRITE))
		return;
	e->has |= TL_EXIT_HAS_WRITE;
	e->write = tl_fact_get(f, TL_FACT_WRITE);
}

static void put_code(const struct tl_import_facts *f, struct tl_exit *e)
{
	e->code = f->code;
	e->code_size = f->code_size;
	e->code_before = f->code_before;
}

void tl_import_exit(const struct tl_import_report *report, const struct tl_arch *arch,
	uint8_t payload[TL_RUN_UNION_BYTES], struct tl_exit *ret,
	const struct tl_exit_kind **ret_kind)
{
	const struct tl_import_facts *f = &report->facts;
	struct tl_exit e = { .count = f->count ? f->count : 1,
		.error = tl_fact(f, TL_FACT_ERROR) ? f->error : 0,
		.reason = f->reason,
		.has = tl_fact(f, TL_FACT_REASON) ? TL_EXIT_HAS_REASON : 0 };
	const struct tl_exit_kind *kind = NULL;

	set_numbers(f, &e);
	// ENOSYS on arm64 is a data abort without a syndrome, and nothing else (KVM API 5).
	if (e.error == ENOSYS && !(e.has & TL_EXIT_HAS_REASON) && arch->id == TL_ARCH_ARM64) {
		e.has |= TL_EXIT_HAS_REASON;
		e.reason = KVM_EXIT_ARM_NISV;
	}
	if (f->source == TL_IMPORT_FAULT)
		fault(report, &e);
	syndrome(f, &e);
	if (e.has & TL_EXIT_HAS_REASON)
		kind = tl_exit_kind((enum tl_arch_id)arch->id,
			f->idsr ? TL_ABI_IDSR : TL_ABI_MAINLINE, e.reason);
	memset(payload, 0, TL_RUN_UNION_BYTES);
	if (kind && e.reason == KVM_EXIT_INTERNAL_ERROR)
		internal_error(f, kind, payload, &e);
	if (kind && e.reason == KVM_EXIT_UNKNOWN)
		unknown(f, kind, payload, &e);
	if (e.payload)
		tl_exit_fill(&e, kind);
	put_code(f, &e);
	*ret = e;
	*ret_kind = kind;
}

uint32_t tl_import_reply(const struct tl_import_report *report, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, uint8_t ret[TL_RUN_UNION_BYTES])
{
	const uint64_t value = tl_fact_get(&report->facts, TL_FACT_REPLY);
	const struct tl_field *field;
	unsigned from = 0, to = 0, at = 0, size;

	if (!kind || !tl_fact(&report->facts, TL_FACT_REPLY))
		return 0;
	tl_exit_answer(kind, &from, &to);
	field = tl_exit_field(kind, TL_ROLE_BOTH);
	if (!field)
		field = tl_exit_value_answer(kind);
	if (field)
		at = field->offset - from;
	size = field ? to - from : (uint32_t)exit->size; // of a port: the data alone
	if (!size || size > TL_RUN_UNION_BYTES || exit->size > 8)
		return 0;
	memset(ret, 0, size);
	tl_store_le(ret + at, value, field ? field->size : size);
	return size;
}
