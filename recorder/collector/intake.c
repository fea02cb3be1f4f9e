// SPDX-License-Identifier: MIT
#include "recorder/collector/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tl_intake_vcpu {
	struct tl_regs regs; // as of its last exit
	bool has_regs;	     // an exit came whole since the last gap
};

void tl_intake_deinit(struct tl_intake *in)
{
	for (unsigned i = 0; i < TL_INTAKE_VCPUS; i++)
		free(in->vcpus[i]);
	tl_process_list_deinit(&in->processes);
}

// A record's body, taken apart from the front.
struct body {
	const uint8_t *at;
	size_t left;
};

static const void *take(struct body *b, size_t size)
{
	const void *at = b->at;

	if (size > b->left)
		return NULL;
	b->at += size;
	b->left -= size;
	return at;
}

static struct tl_error *lies(const char *what)
{
	return tl_error_new(TL_ERROR_CORRUPT, "%s record: its lengths contradict its size", what);
}

static bool head(struct body *b, void *to, size_t size)
{
	const void *from = take(b, size);

	if (from)
		memcpy(to, from, size);
	return from;
}

static struct tl_error *vcpu_of(struct tl_intake *in, uint32_t number, struct tl_intake_vcpu **ret)
{
	if (number >= TL_INTAKE_VCPUS)
		return tl_error_new(TL_ERROR_CORRUPT, "vCPU %u, expected less than %d", number,
			TL_INTAKE_VCPUS);
	if (!in->vcpus[number])
		in->vcpus[number] = calloc(1, sizeof(struct tl_intake_vcpu));
	if (!in->vcpus[number])
		return tl_error_new(TL_ERROR_IO, "out of memory");
	*ret = in->vcpus[number];
	return NULL;
}

static struct tl_error *process(struct tl_intake *in, struct body *b)
{
	struct tl_record_process process;
	const struct tl_watched *watched;

	if (!head(b, &process, sizeof(process)))
		return lies("process");
	watched = tl_process_list_find(&in->processes, process.pid);
	if (!watched) // it could not say hello
		watched = tl_process_list_add(&in->processes, process.pid, process.pid);
	return tl_writer_process(in->writer, &process, watched ? watched->exe : NULL,
		watched ? watched->arguments : NULL);
}

static struct tl_error *vm(struct tl_intake *in, struct body *b)
{
	struct tl_record_cap *caps;
	struct tl_record_vm head_;
	struct tl_error *err;
	const void *bytes;

	if (!head(b, &head_, sizeof(head_)) || head_.n_caps > b->left / sizeof(*caps))
		return lies("vm");
	bytes = take(b, head_.n_caps * sizeof(*caps));
	caps = malloc(head_.n_caps * sizeof(*caps) + 1);
	if (!caps)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	memcpy(caps, bytes, head_.n_caps * sizeof(*caps));
	if (head_.abi <= TL_ABI_IDSR_TOOLS)
		in->abi = head_.abi;
	in->n_vms++;
	err = tl_writer_vm(in->writer, &head_, caps);
	free(caps);
	return err;
}

static struct tl_error *vcpu(struct tl_intake *in, struct body *b)
{
	struct tl_record_vcpu head_;
	struct tl_error *err;
	struct tl_intake_vcpu *v;

	if (!head(b, &head_, sizeof(head_)))
		return lies("vcpu");
	err = vcpu_of(in, head_.vcpu, &v);
	if (err)
		return err;
	in->n_vcpus++;
	return tl_writer_vcpu(in->writer, &head_);
}

// Brings the vCPU's registers up to this exit; false when the words are not all there.
static bool apply(const struct tl_intake *in, struct tl_intake_vcpu *v,
	const struct tl_record_exit *exit, struct body *b)
{
	if (exit->flags & TL_EXIT_KEY) {
		memset(&v->regs, 0, sizeof(v->regs));
		v->has_regs = true;
	}
	for (unsigned i = 0; i < in->arch->words; i++) {
		if (!(exit->changed[i / 64] >> i % 64 & 1))
			continue;
		if (!head(b, &v->regs.word[i], sizeof(v->regs.word[i])))
			return false;
	}
	memcpy(v->regs.known, exit->known, sizeof(v->regs.known));
	return true;
}

static void known_words_only(const struct tl_intake *in, struct tl_regs *regs)
{
	const unsigned words = in->arch->words;

	for (unsigned i = 0; i < sizeof(regs->known) / sizeof(*regs->known); i++)
		if (words < 64 * (i + 1))
			regs->known[i] &= words > 64 * i ? (UINT64_C(1) << words % 64) - 1 : 0;
}

static void fill(const struct tl_intake *in, const struct tl_record_exit *from,
	const struct tl_intake_vcpu *v, struct tl_exit *exit)
{
	*exit = (struct tl_exit){ .seq = from->seq,
		.vcpu = from->vcpu,
		.time = from->exited,
		.ran = from->exited - from->entered,
		.error = from->error };
	if (from->reason != TL_NO_REASON) {
		exit->reason = from->reason;
		exit->has |= TL_EXIT_HAS_REASON;
	}
	if (from->flags & TL_EXIT_GIVEN_BACK)
		exit->error = ENOSYS; // which is what the VMM saw
	if (v->has_regs && tl_reg_get(&in->arch->regs[in->arch->pc_reg], &v->regs, &exit->pc))
		exit->has |= TL_EXIT_HAS_PC;
}

static bool take_bytes(const struct tl_record_exit *from, struct body *b, struct tl_exit *exit)
{
	exit->payload = take(b, exit->payload_size = from->payload);
	exit->data = take(b, exit->data_size = from->data);
	exit->code = take(b, exit->code_size = from->code);
	exit->code_before = from->code_before;
	return exit->payload && exit->data && exit->code && from->code <= 64 &&
	       from->code_before <= from->code;
}

static struct tl_error *exit_(struct tl_intake *in, struct body *b)
{
	const struct tl_exit_kind *kind = NULL;
	struct tl_record_exit from;
	struct tl_error *err;
	struct tl_exit exit;
	struct tl_intake_vcpu *v;

	if (!head(b, &from, sizeof(from)))
		return lies("exit");
	err = vcpu_of(in, from.vcpu, &v);
	if (err)
		return err;
	if (!apply(in, v, &from, b))
		return lies("exit");
	known_words_only(in, &v->regs);
	fill(in, &from, v, &exit);
	if (!take_bytes(&from, b, &exit) || from.extra > b->left)
		return lies("exit");
	if (exit.has & TL_EXIT_HAS_REASON)
		kind = tl_exit_kind(in->arch->id, in->abi, exit.reason);
	tl_exit_fill(&exit, kind);
	in->exits++;
	return tl_writer_exit(in->writer, &exit, kind, v->has_regs ? &v->regs : NULL,
		take(b, from.extra), from.extra);
}

static struct tl_error *reply(struct tl_intake *in, struct body *b)
{
	struct tl_record_reply from;
	const uint8_t *answer, *sync;

	if (!head(b, &from, sizeof(from)))
		return lies("reply");
	answer = take(b, from.answer);
	sync = take(b, from.sync);
	if (!answer || !sync)
		return lies("reply");
	return tl_writer_reply(in->writer, &from, answer, sync);
}

static struct tl_error *input(struct tl_intake *in, struct body *b)
{
	struct tl_record_input from;
	const void *bytes;

	if (!head(b, &from, sizeof(from)) || !(bytes = take(b, from.size)))
		return lies("input");
	return tl_writer_input(in->writer, &from, bytes);
}

static struct tl_error *coalesced(struct tl_intake *in, struct body *b)
{
	struct tl_record_coalesced from;

	if (!head(b, &from, sizeof(from)) || from.size > sizeof(from.data))
		return lies("coalesced");
	return tl_writer_coalesced(in->writer, &from);
}

static struct tl_error *notice(struct tl_intake *in, struct body *b)
{
	struct tl_record_notice from;
	char text[512];
	const void *bytes;

	if (!head(b, &from, sizeof(from)) || !(bytes = take(b, from.size)))
		return lies("notice");
	snprintf(text, sizeof(text), "%.*s", (int)(from.size < 500 ? from.size : 500),
		(const char *)bytes);
	if (from.level == TL_NOTICE_ERROR)
		snprintf(in->trouble, sizeof(in->trouble), "%.250s", text);
	return tl_writer_notice(in->writer, &from, text);
}

static struct tl_error *gap(struct tl_intake *in, struct body *b)
{
	struct tl_record_gap from;
	struct tl_intake_vcpu *v;

	if (!head(b, &from, sizeof(from)))
		return lies("gap");
	if (from.vcpu < TL_INTAKE_VCPUS && (v = in->vcpus[from.vcpu]))
		v->has_regs = false;
	in->lost += from.lost;
	return tl_writer_gap(in->writer, &from, "the ring was full");
}

static struct tl_error *region(struct tl_intake *in, struct body *b)
{
	struct tl_record_region from;
	const void *bytes;
	char why[256];

	if (!head(b, &from, sizeof(from)) || !(bytes = take(b, from.size)) ||
		from.kind >= TL_REGION_KINDS)
		return lies("region");
	snprintf(why, sizeof(why), "%.*s", (int)(from.size < 250 ? from.size : 250),
		(const char *)bytes);
	return tl_writer_region(in->writer, &from, why);
}

static struct tl_error *pages(struct tl_intake *in, struct body *b)
{
	uint64_t hosts[TL_PAGES_MOST];
	struct tl_record_pages from;
	const uint8_t *bytes;

	if (!head(b, &from, sizeof(from)) || from.pages > TL_PAGES_MOST ||
		!head(b, hosts, from.pages * sizeof(*hosts)) ||
		!(bytes = take(b, (size_t)from.pages * TL_PAGE_BYTES)))
		return lies("pages");
	return tl_writer_pages(in->writer, &from, hosts, bytes);
}

static struct tl_error *scan(struct tl_intake *in, struct body *b)
{
	struct tl_record_scan from;

	if (!head(b, &from, sizeof(from)) || from.kind >= TL_SCAN_KINDS || from.phase >= TL_PHASES)
		return lies("scan");
	return tl_writer_scan(in->writer, &from);
}

static struct tl_error *closed(struct tl_intake *in, struct body *b)
{
	struct tl_record_closed from;

	if (!head(b, &from, sizeof(from)))
		return lies("closed");
	if (from.vcpu < TL_INTAKE_VCPUS) {
		free(in->vcpus[from.vcpu]);
		in->vcpus[from.vcpu] = NULL;
	}
	return tl_writer_closed(in->writer, &from);
}

static struct tl_error *(*const readers[TL_RECORD_END])(struct tl_intake *, struct body *) = {
	[TL_RECORD_PROCESS] = process,
	[TL_RECORD_VM] = vm,
	[TL_RECORD_VCPU] = vcpu,
	[TL_RECORD_EXIT] = exit_,
	[TL_RECORD_REPLY] = reply,
	[TL_RECORD_INPUT] = input,
	[TL_RECORD_COALESCED] = coalesced,
	[TL_RECORD_NOTICE] = notice,
	[TL_RECORD_GAP] = gap,
	[TL_RECORD_CLOSED] = closed,
	[TL_RECORD_REGION] = region,
	[TL_RECORD_PAGES] = pages,
	[TL_RECORD_SCAN] = scan,
};

struct tl_error *tl_intake_record(
	struct tl_intake *in, uint32_t type, const void *bytes, size_t size)
{
	struct body b = { bytes, size };

	if (type >= TL_RECORD_END || !readers[type])
		return tl_error_new(TL_ERROR_CORRUPT, "record of type %u", type);
	return readers[type](in, &b);
}
