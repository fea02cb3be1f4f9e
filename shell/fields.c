// SPDX-License-Identifier: MIT
#include "shell/fields.h"

#include "schema/trace/payload.h"
#include "schema/wire/record.h"
#include "shell/text.h"

#include <inttypes.h>
#include <stdio.h>

enum { IN_A_ROW = 32 /* raw bytes */ };

static void print_number(const struct tl_field *f, uint64_t value)
{
	printf(f->look == TL_LOOK_DEC ? "  %-30s %" PRIu64 "\n" : "  %-30s 0x%" PRIx64 "\n",
		f->name, value);
}

static void print_field(
	const struct tl_exit *exit, const struct tl_exit_kind *kind, const struct tl_field *f)
{
	const uint8_t *bytes = f->size > 8 ? tl_payload_bytes(exit, f) : NULL;
	uint64_t value;

	if (bytes) {
		printf("  %-30s ", f->name);
		tl_put_hex(stdout, bytes, f->size);
		putchar('\n');
	} else if (tl_payload_value(exit, kind, f, &value)) {
		print_number(f, value);
	}
}

void tl_print_payload(const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	const struct tl_field *fields;
	unsigned n = 0;

	fields = kind ? tl_exit_fields(kind, &n) : NULL;
	for (unsigned i = 0; i < n; i++)
		print_field(exit, kind, &fields[i]);
	for (unsigned i = 0; !n && i < exit->payload_size; i += IN_A_ROW) {
		const unsigned left = exit->payload_size - i;

		printf("  %3u  ", TL_RUN_UNION + i);
		tl_put_hex(stdout, exit->payload + i, left < IN_A_ROW ? left : IN_A_ROW);
		putchar('\n');
	}
}

void tl_print_answer(const struct tl_exit_kind *kind, const struct tl_answer *a)
{
	const struct tl_field *fields;
	unsigned n = 0;
	uint64_t value;

	fields = kind ? tl_exit_fields(kind, &n) : NULL;
	for (unsigned i = 0; i < n; i++)
		if ((fields[i].role == TL_ROLE_ANSWER || fields[i].role == TL_ROLE_BOTH) &&
			tl_answer_value(kind, &fields[i], a->bytes, a->size, &value))
			print_number(&fields[i], value);
	if (a->flags & TL_REPLY_CR8)
		printf("  %-30s 0x%" PRIx64 "\n", "cr8", a->cr8);
	if (a->flags & TL_REPLY_IRQ_WINDOW)
		printf("  %-30s 1\n", "request_interrupt_window");
	if (a->flags & TL_REPLY_IMMEDIATE)
		printf("  %-30s 1\n", "immediate_exit");
	if (a->flags & TL_REPLY_OURS)
		printf("  %-30s trapline: the VMM did not ask for this exit\n", "entered again by");
	if (a->dirty)
		printf("  %-30s 0x%" PRIx64 ", %zu bytes\n", "kvm_dirty_regs", a->dirty,
			a->sync_size);
}
