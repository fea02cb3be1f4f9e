// SPDX-License-Identifier: MIT
#include "shell/access.h"

#include "arch/arm64/fault.h"
#include "schema/trace/ask.h"
#include "schema/trace/payload.h"
#include "shell/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_rw(FILE *to, const struct tl_exit *exit, const char *read, const char *write)
{
	if (exit->has & TL_EXIT_HAS_WRITE)
		fprintf(to, "%s ", exit->write ? write : read);
}

static void put_size(FILE *to, const struct tl_exit *exit)
{
	if (exit->has & TL_EXIT_HAS_SIZE)
		fprintf(to, "%" PRIu64 " ", exit->size);
}

static void put_addr(FILE *to, const struct tl_exit *exit)
{
	if (exit->has & TL_EXIT_HAS_ADDR)
		fprintf(to, "0x%" PRIx64, exit->addr);
	else
		fputs("not recorded", to);
}

static void put_value(FILE *to, const struct tl_exit *exit)
{
	if (exit->has & TL_EXIT_HAS_VALUE)
		fprintf(to, " = 0x%" PRIx64, exit->value);
}

static void put_mmio(FILE *to, const struct tl_exit *exit)
{
	put_rw(to, exit, "read", "write");
	put_size(to, exit);
	put_addr(to, exit);
	put_value(to, exit);
}

static void put_io(FILE *to, const struct tl_exit *exit)
{
	put_rw(to, exit, "in", "out");
	put_size(to, exit);
	put_addr(to, exit);
	if (exit->count != 1)
		fprintf(to, " x%u", exit->count);
	if (exit->write && exit->count != 1 && exit->data) {
		fputs(" = ", to);
		tl_put_data(to, exit->data, exit->data_size);
	} else {
		put_value(to, exit);
	}
}

static void put_nisv(FILE *to, const struct tl_exit *exit)
{
	const char *status =
		exit->has & TL_EXIT_HAS_VALUE ? tl_arm64_fault_status(exit->value & 63) : NULL;

	put_rw(to, exit, "read", "write");
	put_addr(to, exit);
	if (status)
		fprintf(to, ", %s", status);
}

// "s3_0_c15_c13_0"; from AArch32 "p15_0_c15_c0_0", and "p15_9_c15" for MRRC and MCRR.
static void put_register(FILE *to, unsigned reg)
{
	const unsigned op0 = reg >> 14 & 3, op1 = (reg >> 13 & 8) | (reg >> 11 & 7),
		       crn = reg >> 7 & 15, crm = reg >> 3 & 15, op2 = reg & 7;

	if (op0)
		fprintf(to, "s%u_%u_c%u_c%u_%u", op0, op1, crn, crm, op2);
	else if (crn)
		fprintf(to, "p15_%u_c%u_c%u_%u", op1, crn, crm, op2);
	else
		fprintf(to, "p15_%u_c%u", op1, crm);
}

static void put_idsr(FILE *to, const struct tl_exit *exit)
{
	put_rw(to, exit, "read", "write");
	if (exit->has & TL_EXIT_HAS_ADDR)
		put_register(to, (unsigned)exit->addr);
	put_value(to, exit);
}

static void put_named(FILE *to, const struct tl_exit *exit, const char *name)
{
	if (name)
		fputs(name, to);
	else if (exit->has & TL_EXIT_HAS_VALUE)
		fprintf(to, "type %" PRIu64, exit->value);
}

static void put_system_event(FILE *to, const struct tl_exit *exit)
{
	put_named(to, exit, tl_system_event_name(exit->value));
}

static void put_internal_error(FILE *to, const struct tl_exit *exit)
{
	put_named(to, exit, tl_internal_error_name(exit->value));
}

static const struct {
	const char *name;
	void (*put)(FILE *to, const struct tl_exit *exit);
} accesses[] = { { "mmio", put_mmio }, { "io", put_io }, { "nisv", put_nisv },
	{ "ldst64b", put_nisv }, { "idsr", put_idsr }, { "rdmsr", put_mmio }, { "wrmsr", put_mmio },
	{ "system_event", put_system_event }, { "internal_error", put_internal_error } };

// An exit that has no words of its own: those of its fields that are in the row, by name.
static void put_fields(FILE *to, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	const struct tl_field *fields;
	const char *comma = "";
	uint64_t value;
	unsigned n;

	fields = tl_exit_fields(kind, &n);
	for (unsigned i = 0; i < n; i++) {
		if (fields[i].role == TL_ROLE_NONE ||
			!tl_payload_value(exit, kind, &fields[i], &value))
			continue;
		fprintf(to, fields[i].look == TL_LOOK_DEC ? "%s%s %" PRIu64 : "%s%s 0x%" PRIx64,
			comma, fields[i].name, value);
		comma = ", ";
	}
}

void tl_put_access(FILE *to, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	if (!kind)
		return;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(*accesses); i++)
		if (!strcmp(accesses[i].name, kind->name)) {
			accesses[i].put(to, exit);
			return;
		}
	put_fields(to, exit, kind);
}

void tl_put_errno(FILE *to, int error)
{
	const char *name = strerrorname_np(error);

	if (name)
		fputs(name, to);
	else
		fprintf(to, "errno %d", error);
}

void tl_put_reply(FILE *to, const struct tl_exit *exit)
{
	if (exit->error) {
		tl_put_errno(to, exit->error);
		fputs(exit->reply_kind == TL_REPLY_EMPTY ? "" : " ", to);
	}
	switch (exit->reply_kind) {
	case TL_REPLY_NONE:
		fputs("-> not recorded", to);
		break;
	case TL_REPLY_EMPTY:
		break;
	case TL_REPLY_VALUE:
		fprintf(to, "-> 0x%" PRIx64, exit->reply);
		break;
	case TL_REPLY_BYTES:
		fputs("-> ", to);
		tl_put_data(to, exit->data, exit->data_size);
		break;
	}
}

void tl_put_reason(FILE *to, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	if (kind)
		fputs(kind->name, to);
	else if (exit->has & TL_EXIT_HAS_REASON)
		fprintf(to, "exit %u", exit->reason);
	else
		fputs("failed", to);
}

struct tl_error *tl_reply_words(struct tl_trace *trace, const struct tl_exit *exit,
	const struct tl_exit_kind *kind, char *buf, size_t size)
{
	struct tl_error *err;
	char *text;

	*buf = 0;
	if (!kind || strcmp(kind->name, "nisv") != 0 || exit->error ||
		exit->reply_kind != TL_REPLY_EMPTY)
		return NULL;
	err = tl_ask_text(
		trace, "SELECT reply FROM nisv WHERE seq = ?", (uint64_t[]){ exit->seq }, &text);
	if (!err && text)
		snprintf(buf, size, "%s", text);
	free(text);
	return err;
}
