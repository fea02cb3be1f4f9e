// SPDX-License-Identifier: MIT
#include "replayer/situation-parts.h"

#include "schema/trace/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 /* that a person could have, and a file may claim */ };

// KVM API 4.68: V0 to V31 of arm64, 128 bits each.
#define VECTOR_ID   UINT64_C(0x6040000000100054)
#define VECTOR_STEP 4

static uint32_t kernel_of(const struct tl_trace *trace)
{
	const char *text = tl_trace_meta(trace, "kernel");
	char *end = NULL;
	unsigned long major, minor;

	if (!text)
		return 0;
	major = strtoul(text, &end, 10);
	if (*end != '.' || major > 255)
		return 0;
	minor = strtoul(end + 1, NULL, 10);
	return minor > 65535 ? 0 : TL_KERNEL((uint32_t)major, (uint32_t)minor);
}

// What the VMM enabled before the first exit, and what there was. 0x4068aea3 is KVM_ENABLE_CAP, whose
// argument begins with the number: 177 is NISV_TO_USER, 205 MTE. 158 is INJECT_SERROR_ESR.
static struct tl_error *fill_platform(struct tl_situation *s)
{
	struct tl_platform *p = &s->state.platform;
	const uint64_t vm = s->place.vm;
	struct tl_error *err;
	uint64_t row[5] = { 0 };
	int64_t host;
	bool found;

	err = tl_ask(s->place.trace,
		"SELECT type, abi, "
		"(SELECT max(substr(data, 1, 2) = x'b100') FROM main.input "
		"WHERE seq = 0 AND request = 1080602275 AND vm = ?1), "
		"(SELECT max(substr(data, 1, 2) = x'cd00') FROM main.input "
		"WHERE seq = 0 AND request = 1080602275 AND vm = ?1), "
		"(SELECT value > 0 FROM main.cap WHERE cap = 158 AND vm = ?1) "
		"FROM main.vm WHERE vm = ?1",
		&vm, row, 5, &found);
	if (err)
		return err;
	p->kernel = kernel_of(s->place.trace);
	if (found && s->state.arch->id == TL_ARCH_ARM64 &&
		!tl_trace_meta(s->place.trace, "imported"))
		p->ipa_bits = row[0] & 0xff ? row[0] & 0xff : 40;
	if (tl_trace_meta_int(s->place.trace, "host_ipa_bits", &host) && host > 0 && host < 64)
		p->host_ipa_bits = (uint8_t)host;
	p->idsr_to_user = row[1];
	p->nisv_to_user = row[2];
	p->mte = row[3];
	p->serror_esr = row[4];
	return NULL;
}

static struct tl_error *fill_vectors(struct tl_situation *s)
{
	struct tl_extras extras;
	struct tl_extra extra;
	struct tl_error *err = tl_trace_extras(s->place.trace, s->exit.seq, &extras);

	while (!err && tl_extras_next(&extras, &extra)) {
		const uint64_t n = (extra.id - VECTOR_ID) / VECTOR_STEP;

		if (n >= 32 || (extra.id - VECTOR_ID) % VECTOR_STEP || extra.size != 16)
			continue;
		memcpy(s->state.vectors.v[n], extra.bytes, 16);
		s->state.vectors.known |= UINT32_C(1) << n;
	}
	if (!err)
		tl_extras_deinit(&extras);
	return err;
}

static bool read_only(struct tl_situation *s, tl_gpa gpa, struct tl_error **ret_err)
{
	static const struct tl_memory_page none;
	struct tl_memory_page page = none;
	uint8_t bytes[TL_PAGE_BYTES];

	*ret_err = tl_memory_page(s->place.memory, gpa, bytes, &page);
	return page.read_only;
}

// A file that claims more slots than there could be has its first ones.
static struct tl_error *fill_slots(struct tl_situation *s)
{
	struct tl_error *err = NULL;
	struct tl_slot slot = { 0 };
	tl_gpa at = 0;
	size_t room = 0;

	while (!err && s->state.n_slots < SLOTS &&
		tl_memory_next(s->place.memory, at, &slot.gpa, &slot.size)) {
		if (s->state.n_slots == room) {
			room = room ? 2 * room : 16;
			s->slots = realloc(s->slots, room * sizeof(*s->slots));
			if (!s->slots)
				return tl_error_new(TL_ERROR_IO, "out of memory");
		}
		slot.read_only = read_only(s, slot.gpa, &err);
		s->slots[s->state.n_slots++] = slot;
		at = slot.gpa + slot.size;
		if (!at)
			break;
	}
	s->state.slots = s->slots;
	s->state.slots_known = s->state.n_slots > 0;
	return err;
}

static struct tl_error *copy_exit(struct tl_situation *s, tl_seq seq)
{
	struct tl_exit *e = &s->exit;
	struct tl_error *err = tl_trace_exit(s->place.trace, seq, e, &s->kind);

	if (err)
		return err;
	if (e->payload_size > sizeof(s->payload))
		e->payload_size = sizeof(s->payload);
	if (e->payload)
		e->payload = memcpy(s->payload, e->payload, e->payload_size);
	if (e->code_size > sizeof(s->code))
		e->code_size = 0;
	if (e->code)
		e->code = memcpy(s->code, e->code, e->code_size);
	e->data = NULL;
	e->data_size = 0;
	return NULL;
}

static struct tl_error *fill(struct tl_situation *s, struct tl_trace *trace, tl_seq seq)
{
	static const struct tl_place_options any = { UINT64_MAX, UINT64_MAX };
	const struct tl_position position = { seq, TL_PHASE_EXIT };
	struct tl_error *err = tl_place_open(trace, position, &any, &s->place);

	if (err)
		return err;
	s->state.arch = tl_trace_arch(trace);
	s->state.regs = s->place.regs;
	s->state.mem = tl_memory_mem(s->place.memory);
	err = copy_exit(s, seq);
	if (!err)
		tl_situation_trap(s);
	if (!err)
		err = tl_situation_reply(s);
	if (!err)
		err = fill_platform(s);
	if (!err)
		err = fill_vectors(s);
	if (!err)
		err = fill_slots(s);
	if (!err)
		err = tl_situation_told(s);
	if (err)
		return err;
	tl_situation_assume(s);
	tl_situation_look_behind(s);
	return NULL;
}

struct tl_error *tl_situation_open(struct tl_trace *trace, tl_seq seq, struct tl_situation *ret)
{
	struct tl_error *err;

	memset(ret, 0, sizeof(*ret));
	err = fill(ret, trace, seq);
	if (err)
		tl_situation_deinit(ret);
	return err;
}

void tl_situation_deinit(struct tl_situation *s)
{
	if (s->place.memory)
		tl_place_deinit(&s->place);
	tl_import_told_deinit(&s->told);
	free(s->slots);
	s->slots = NULL;
}

bool tl_situation_is_interrupted(const struct tl_situation *s)
{
	return s->exit.error == EINTR || s->exit.error == EAGAIN;
}

// RIP of a triple fault is that of the instruction that began it.
bool tl_situation_is_idle(const struct tl_situation *s)
{
	const enum tl_trap_kind kind = s->trap.kind;

	if (kind == TL_TRAP_OTHER)
		return !s->kind || strcmp(s->kind->name, "shutdown") != 0;
	return kind == TL_TRAP_HYPERCALL || kind == TL_TRAP_SYSTEM_EVENT ||
	       tl_situation_is_interrupted(s);
}

// Interrupted runs (EINTR 4, EAGAIN 11) are no trouble; neither are exits that ask for nothing. A row
// without a reason and an error is what a log reports.
#define TROUBLE                                                                                    \
	"(error IS NOT NULL AND error NOT IN (4, 11) OR reason IS NULL AND error IS NULL "         \
	"OR reason IN (SELECT number FROM main.name WHERE what = 'exit' AND name IN ('nisv', "     \
	"'idsr', 'ldst64b', 'sea', 'internal_error', 'fail_entry', 'shutdown', 'memory_fault', "   \
	"'exception', 'unknown')))"

struct tl_error *tl_situation_last(struct tl_trace *trace, tl_seq *ret)
{
	uint64_t seq;
	struct tl_error *err;
	bool found;

	err = tl_ask(trace, "SELECT seq FROM main.exit WHERE " TROUBLE " ORDER BY seq DESC LIMIT 1",
		NULL, &seq, 1, &found);
	if (!err && !found && tl_trace_meta(trace, "imported"))
		err = tl_ask(trace, "SELECT max(seq) FROM main.exit", NULL, &seq, 1, &found);
	if (err)
		return err;
	if (!found)
		return tl_error_new(TL_ERROR_NOT_FOUND,
			"%s: at no exit was the guest in trouble: name one, such as last",
			tl_trace_path(trace));
	*ret = seq;
	return NULL;
}
