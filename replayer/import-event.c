// SPDX-License-Identifier: MIT
// Trace events of KVM, as ftrace, trace-cmd and perf print them. Source: arch/*/kvm/trace*.h,
// include/trace/events/kvm.h.
#include "replayer/import-event.h"

#include "replayer/import-word.h"

#include <ctype.h>
#include <linux/kvm.h>
#include <string.h>

static bool number(const char *text, const char *name, uint32_t fact, struct tl_import_facts *f)
{
	const char *at = tl_word_after(text, name);
	struct tl_word_hex hex;

	if (!at || !tl_word_hex(tl_word_skip(at), &hex))
		return false;
	if (hex.overflow) {
		tl_fact_trouble(f, "%shas more than 64 bits; left out", name);
		return false;
	}
	tl_fact_set(f, fact, hex.value);
	return true;
}

// "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x...", "reason EPT_VIOLATION rip 0x... info ..."
static bool read_exit(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	e->kind = TL_EVENT_EXIT;
	f->isa = strstr(at, "_EC: ") ? TL_ISA_ARMS : strstr(at, " rip ") ? TL_ISA_X86 : TL_ISA_NONE;
	if (f->isa == TL_ISA_X86)
		return number(at, " rip ", TL_FACT_PC, f);
	return number(at, "PC: ", TL_FACT_PC, f);
}

static bool read_entry(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	(void)at, (void)f;
	e->kind = TL_EVENT_ENTRY;
	return true;
}

// "ipa 0x9000000, hsr 0x93820046, hxfar 0xffff800010001000, pc 0xffff800010203040"
static bool read_guest_fault(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	const bool has_ipa = number(at, "ipa ", TL_FACT_IPA, f);

	if (!number(at, "hsr ", TL_FACT_ESR, f))
		number(at, "esr ", TL_FACT_ESR, f);
	number(at, "far ", TL_FACT_FAR, f);
	number(at, "pc ", TL_FACT_PC, f);
	f->isa = TL_ISA_ARMS;
	return has_ipa || tl_fact(f, TL_FACT_ESR);
}

static bool read_nisv(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	e->surely = true;
	tl_fact_set_reason(f, KVM_EXIT_ARM_NISV);
	return read_guest_fault(at, e, f);
}

// "mmio unsatisfied-read len 4 gpa 0x9000018 val 0x0", "mmio write len 1 gpa ...", "mmio read ..."
static bool read_mmio(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	const bool asks = strstr(at, "unsatisfied-read"), write = strstr(at, "mmio write");
	const char *len = tl_word_after(at, "len ");
	uint64_t size;

	if (!len || !tl_word_dec(len, &size) || !number(at, "gpa ", TL_FACT_ADDR, f))
		return false;
	if (!asks && !number(at, "val ", write ? TL_FACT_VALUE : TL_FACT_REPLY, f))
		return false;
	if (!asks && !write)
		e->kind = TL_EVENT_DONE;
	tl_fact_set_reason(f, KVM_EXIT_MMIO);
	tl_fact_set(f, TL_FACT_SIZE, size);
	tl_fact_set(f, TL_FACT_WRITE, write);
	return true;
}

// "pio_write at 0x3f8 size 1 count 1 val 0x41"
static bool read_pio(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	const bool write = strstr(at, "pio_write");
	const char *size_at = tl_word_after(at, "size "), *count_at = tl_word_after(at, "count ");
	uint64_t size, count;

	if (!size_at || !count_at || !tl_word_dec(size_at, &size) ||
		!tl_word_dec(count_at, &count) || count > UINT32_MAX ||
		!number(at, "at ", TL_FACT_ADDR, f))
		return false;
	number(at, "val ", write ? TL_FACT_VALUE : TL_FACT_REPLY, f);
	if (count != 1) // the value is of the first element only
		f->has &= ~(uint32_t)(TL_FACT_VALUE | TL_FACT_REPLY);
	if (!write)
		e->kind = TL_EVENT_DONE;
	f->isa = TL_ISA_X86;
	f->count = (uint32_t)count;
	tl_fact_set_reason(f, KVM_EXIT_IO);
	tl_fact_set(f, TL_FACT_SIZE, size);
	tl_fact_set(f, TL_FACT_WRITE, write);
	return true;
}

// "msr_read c0000080 = 0x500", "msr_write 10 = 0x0 (#GP)"
static bool read_msr(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	const bool write = strstr(at, "msr_write ");

	if (!number(at, write ? "msr_write " : "msr_read ", TL_FACT_ADDR, f))
		return false;
	if (!strstr(at, "(#GP)") || write)
		number(at, "= ", write ? TL_FACT_VALUE : TL_FACT_REPLY, f);
	if (!write)
		e->kind = TL_EVENT_DONE;
	f->isa = TL_ISA_X86;
	tl_fact_set_reason(f, write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR);
	tl_fact_set(f, TL_FACT_WRITE, write);
	return true;
}

// "reason KVM_EXIT_MMIO (6)", "reason restart (4)", "reason error (38)": an errno
static bool read_userspace(const char *at, struct tl_import_event *e, struct tl_import_facts *f)
{
	const char *bracket = strrchr(at, '(');
	uint64_t value;

	e->kind = TL_EVENT_USERSPACE;
	if (!bracket || !tl_word_dec(bracket + 1, &value) || value > INT32_MAX)
		return false;
	if (strstr(at, "reason restart") || strstr(at, "reason error"))
		tl_fact_set_error(f, (int)value);
	else
		tl_fact_set_reason(f, (uint32_t)value);
	return true;
}

static const struct {
	const char *name;
	bool (*read)(const char *at, struct tl_import_event *e, struct tl_import_facts *f);
} events[] = { { "kvm_exit:", read_exit }, { "kvm_entry:", read_entry },
	{ "kvm_guest_fault:", read_guest_fault }, { "kvm_mmio_nisv:", read_nisv },
	{ "kvm_mmio:", read_mmio }, { "kvm_pio:", read_pio }, { "kvm_msr:", read_msr },
	{ "kvm_userspace_exit:", read_userspace } };

// "CPU 1/KVM-1234  [002] d..1  123.456789: " before the event's name.
static void read_head(const char *text, const char *name, struct tl_import_event *e)
{
	const char *bracket = memchr(text, '[', (size_t)(name - text)), *start = bracket;
	const char *time =
		name - (name - text >= 4 && !strncmp(name - 4, "kvm:", 4) ? 4 : 0); // perf
	uint64_t id;

	while (time > text && (time[-1] == ' ' || time[-1] == ':'))
		time--;
	while (time > text && (isdigit((unsigned char)time[-1]) || time[-1] == '.'))
		time--;
	e->has_time = tl_word_seconds(time, &e->time) != NULL;
	if (!bracket)
		return;
	// A thread group's number may stand in between, in parentheses.
	while (start > text && strchr(" ()0123456789-", start[-1]) && start[-1] != '-')
		start--;
	if (start < bracket)
		snprintf(e->task, sizeof(e->task), "%.*s", (int)strspn(start, "0123456789"), start);
	text = tl_word_after(text, "CPU ");
	e->has_id = text && text < bracket && tl_word_dec(text, &id) && id < 65536;
	if (e->has_id)
		e->id = (unsigned)id;
}

bool tl_import_read_event(
	const char *text, struct tl_import_event *ret, struct tl_import_facts *ret_facts)
{
	struct tl_import_event e = { .kind = TL_EVENT_DETAIL };

	if (!strstr(text, "kvm_"))
		return false;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		const char *at = tl_word_after(text, events[i].name);

		if (!at)
			continue;
		memset(ret_facts, 0, sizeof(*ret_facts));
		ret_facts->source = TL_IMPORT_EVENT;
		ret_facts->begins = true;
		if (!events[i].read(at, &e, ret_facts))
			return false;
		read_head(text, at - strlen(events[i].name), &e);
		*ret = e;
		return true;
	}
	return false;
}
