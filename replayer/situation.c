// SPDX-License-Identifier: MIT
#include "replayer/situation.h"

#include "arch/arm64/decode.h"
#include "arch/arm64/regs.h"
#include "schema/trace/ask.h"
#include "schema/trace/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 /* that a person could have, and a file may claim */ };

// KVM API 4.68: V0 to V31 of arm64, 128 bits each.
#define VECTOR_ID   UINT64_C(0x6040000000100054)
#define VECTOR_STEP 4

static const struct {
	const char *name;
	enum tl_trap_kind kind;
} kinds[] = { { "mmio", TL_TRAP_MMIO }, { "io", TL_TRAP_PIO }, { "nisv", TL_TRAP_NISV },
	{ "ldst64b", TL_TRAP_LDST64B }, { "idsr", TL_TRAP_IDSR }, { "sea", TL_TRAP_SEA },
	{ "rdmsr", TL_TRAP_RDMSR }, { "wrmsr", TL_TRAP_WRMSR }, { "hypercall", TL_TRAP_HYPERCALL },
	{ "system_event", TL_TRAP_SYSTEM_EVENT }, { "internal_error", TL_TRAP_INTERNAL_ERROR } };

// ENOSYS on arm64 is a NISV that nobody has asked for (KVM API 5, KVM_EXIT_ARM_NISV).
static enum tl_trap_kind trap_kind(
	const struct tl_arch *arch, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, kind->name))
			return kinds[i].kind;
	if (exit->error)
		return exit->error == ENOSYS && arch->id == TL_ARCH_ARM64 ? TL_TRAP_NISV
									  : TL_TRAP_FAILED;
	return exit->has & TL_EXIT_HAS_REASON ? TL_TRAP_OTHER : TL_TRAP_OOPS;
}

static bool payload_field(const struct tl_situation *s, const char *name, uint64_t *ret)
{
	const struct tl_field *fields;
	unsigned n;

	if (!s->kind)
		return false;
	fields = tl_exit_fields(s->kind, &n);
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(fields[i].name, name))
			return tl_payload_value(&s->exit, s->kind, &fields[i], ret);
	return false;
}

// KVM leaves CM, WnR and FSC alone in a NISV exit's syndrome; a whole one has an exception class.
static void fill_syndrome(struct tl_situation *s)
{
	struct tl_trap *t = &s->trap;
	uint64_t flags;

	if (t->kind == TL_TRAP_NISV || t->kind == TL_TRAP_LDST64B || t->kind == TL_TRAP_OOPS) {
		t->has_esr = s->exit.has & TL_EXIT_HAS_VALUE;
		t->esr = s->exit.value;
		t->esr_is_iss = t->has_esr && !(t->esr >> 26);
		t->has_value = false;
	}
	if (t->kind != TL_TRAP_SEA)
		return;
	t->has_esr = payload_field(s, "esr", &t->esr);
	t->has_far = payload_field(s, "gva", &t->far) && t->has_esr && !(t->esr >> 10 & 1);
	t->has_address = payload_field(s, "gpa", &t->address) &&
			 payload_field(s, "flags", &flags) && flags & 1;
}

static void fill_trap(struct tl_situation *s)
{
	const struct tl_exit *e = &s->exit;

	s->trap = (struct tl_trap){ .kind = trap_kind(s->state.arch, e, s->kind),
		.error = e->error,
		.has_address = e->has & TL_EXIT_HAS_ADDR,
		.has_size = e->has & TL_EXIT_HAS_SIZE,
		.has_write = e->has & TL_EXIT_HAS_WRITE,
		.has_value = e->has & TL_EXIT_HAS_VALUE,
		.address = e->addr,
		.size = e->size,
		.write = e->write,
		.value = e->value,
		.count = e->count,
		.code = e->code,
		.code_size = e->code_size,
		.code_before = e->code_before,
		.has_reply = e->reply_kind == TL_REPLY_VALUE,
		.reply = e->reply };
	fill_syndrome(s);
}

// What stands in the part of kvm_run that userspace fills: is_handled of IDSR, error of MSRs.
static struct tl_error *fill_reply(struct tl_situation *s)
{
	struct tl_trap *t = &s->trap;
	struct tl_answer answer;
	struct tl_error *err;
	unsigned from, to;
	bool found;

	if (t->kind != TL_TRAP_IDSR && t->kind != TL_TRAP_RDMSR && t->kind != TL_TRAP_WRMSR)
		return NULL;
	err = tl_trace_answer(s->place.trace, s->exit.seq, &answer, &found);
	if (err || !found || !answer.size)
		return err;
	tl_exit_answer(s->kind, &from, &to);
	if (t->kind == TL_TRAP_IDSR)
		t->handled = answer.size == to - from && answer.bytes[answer.size - 1];
	else
		t->handled = !answer.bytes[0];
	return NULL;
}

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

// ESR.EC of an abort from where the vCPU was, or from EL0. Arm ARM D17.2.37.
enum { EC_SHIFT = 26, EC_ABORT_EL0 = 0x24, EC_ABORT = 0x25, EXTERNAL = 0x10, ISS = 0x1ffffff };

static bool is_report(const struct tl_trap *trap)
{
	return trap->kind == TL_TRAP_OOPS && trap->has_esr && !trap->esr_is_iss;
}

static void assume_pstate(struct tl_situation *s)
{
	const bool user = is_report(&s->trap) && s->trap.esr >> EC_SHIFT == EC_ABORT_EL0;
	uint64_t value;

	if (s->state.arch->id != TL_ARCH_ARM64 ||
		tl_arm64_get(&s->state.regs, TL_ARM64_pstate, &value) ||
		!(tl_arm64_get(&s->state.regs, TL_ARM64_pc, &value) || s->trap.code_size))
		return;
	tl_regs_set(&s->state.regs, TL_ARM64_pstate, user ? TL_ARM64_EL0T : TL_ARM64_EL1H);
	s->pstate_assumed = true;
}

// KVM injects an abort with a syndrome that has nothing but "external"; a load or store that gives no
// syndrome to KVM is why userspace had it injected.
static void look_behind_report(struct tl_situation *s)
{
	const uint64_t ec = s->trap.esr >> EC_SHIFT;
	struct tl_arm64_insn insn;

	if (!is_report(&s->trap) || (ec != EC_ABORT && ec != EC_ABORT_EL0) ||
		(s->trap.esr & ISS) != EXTERNAL)
		return;
	if (!tl_arm64_insn_at(&s->state, &s->trap, &insn) || insn.syndrome || !insn.size)
		return;
	s->from_report = true;
	s->trap.kind = TL_TRAP_NISV;
	if (!s->trap.has_far || s->trap.has_address)
		return;
	s->flat_assumed = true;
	s->trap.has_address = true;
	s->trap.address = s->trap.far;
}

// What a report tells that rows have no place for. A guest's own report names FAR_EL1 and ESR_EL1, all
// others FAR_EL2 and ESR_EL2, of which a NISV exit has a part only.
static struct tl_error *fill_told(struct tl_situation *s)
{
	struct tl_error *err = tl_import_told(s->place.trace, s->exit.seq, &s->told);
	struct tl_trap *t = &s->trap;

	if (err || s->told.source == TL_IMPORT_NONE)
		return err;
	if (s->told.has_esr && (!t->has_esr || t->esr_is_iss)) {
		t->has_esr = true;
		t->esr = s->told.esr;
		t->esr_is_iss = !(t->esr >> EC_SHIFT);
	}
	if (s->told.has_far) {
		t->has_far = true;
		t->far = s->told.far;
	}
	if (s->told.has_ipa && !t->has_address) {
		t->has_address = true;
		t->address = s->told.ipa;
	}
	if (s->told.n_entries)
		s->state.mem = tl_import_told_mem(&s->told);
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
		fill_trap(s);
	if (!err)
		err = fill_reply(s);
	if (!err)
		err = fill_platform(s);
	if (!err)
		err = fill_vectors(s);
	if (!err)
		err = fill_slots(s);
	if (!err)
		err = fill_told(s);
	if (err)
		return err;
	assume_pstate(s);
	look_behind_report(s);
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
