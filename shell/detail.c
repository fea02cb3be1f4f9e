// SPDX-License-Identifier: MIT
#include "shell/detail.h"

#include "schema/wire/record.h"
#include "shell/access.h"
#include "shell/code.h"
#include "shell/fields.h"
#include "shell/input.h"
#include "shell/looks.h"
#include "shell/regs.h"
#include "shell/text.h"

#include <inttypes.h>
#include <stdio.h>

// The exit that is printed, and what stands around it.
struct detail {
	struct tl_trace *trace;
	struct tl_exit exit;
	const struct tl_exit_kind *kind;
	tl_seq before, after; // of the same vCPU; 0: none
	bool has_vmm_time;
	tl_time_ns vmm_time; // from this exit to the vCPU's next KVM_RUN
	char reply[32];	     // in words of its own; may be empty
};

static void title(const char *text)
{
	tl_style(TL_STYLE_BOLD);
	printf("\n%s\n", text);
	tl_style(TL_STYLE_PLAIN);
}

static void label(const char *text)
{
	printf("  %-10s ", text);
}

static struct tl_error *load(struct tl_trace *trace, tl_seq seq, struct detail *ret)
{
	const struct tl_exit_kind *kind;
	struct detail d = { .trace = trace };
	struct tl_exit next;
	struct tl_error *err;

	err = tl_trace_exit(trace, seq, &d.exit, &d.kind);
	if (!err)
		err = tl_trace_before(trace, d.exit.vcpu, seq, &d.before);
	if (!err)
		err = tl_trace_after(trace, d.exit.vcpu, seq, &d.after);
	if (!err && d.after) {
		err = tl_trace_exit(trace, d.after, &next, &kind);
		d.has_vmm_time = !err && next.time - next.ran >= d.exit.time;
		if (d.has_vmm_time)
			d.vmm_time = next.time - next.ran - d.exit.time;
		if (!err) // its bytes were borrowed
			err = tl_trace_exit(trace, seq, &d.exit, &d.kind);
	}
	if (!err)
		err = tl_reply_words(trace, &d.exit, d.kind, d.reply, sizeof(d.reply));
	if (!err)
		*ret = d;
	return err;
}

// An exit that the VMM did not ask for, and never saw.
static bool entered_by_us(const struct detail *d)
{
	struct tl_answer answer;
	bool found;
	struct tl_error *err = tl_trace_answer(d->trace, d->exit.seq, &answer, &found);
	const bool ours = !err && found && answer.flags & TL_REPLY_OURS;

	tl_error_free(err);
	return ours;
}

static void print_times(const struct detail *d)
{
	label("time");
	tl_put_time(stdout, d->exit.time);
	fputs(" s, after the guest ran ", stdout);
	tl_put_duration(stdout, d->exit.ran);
	fputs("\n", stdout);
	label("answered");
	if (d->has_vmm_time) {
		printf("by %s in ", entered_by_us(d) ? "trapline" : "the VMM");
		tl_put_duration(stdout, d->vmm_time);
		printf("; the vCPU's next exit is %" PRIu64 "\n", d->after);
	} else {
		puts(d->after ? "not recorded" : "not recorded: the vCPU has no later exit");
	}
}

static void print_where(const struct detail *d)
{
	label("pc");
	if (d->exit.has & TL_EXIT_HAS_PC)
		printf("0x%" PRIx64 "\n", d->exit.pc);
	else
		puts("not recorded");
	if (d->exit.has & ~(TL_EXIT_HAS_REASON | TL_EXIT_HAS_PC)) {
		label("access");
		tl_put_access(stdout, &d->exit, d->kind);
		putchar('\n');
	}
	label("reply");
	if (*d->reply)
		fputs(d->reply, stdout);
	else if (!d->exit.error && d->exit.reply_kind == TL_REPLY_EMPTY)
		fputs("entered again", stdout);
	tl_put_reply(stdout, &d->exit);
	putchar('\n');
}

static void print_head(const struct detail *d)
{
	tl_style(TL_STYLE_BOLD);
	printf("exit %" PRIu64 ": ", d->exit.seq);
	tl_put_reason(stdout, &d->exit, d->kind);
	printf(" on vCPU %u\n", d->exit.vcpu);
	tl_style(TL_STYLE_PLAIN);
}

static struct tl_error *print_reply(const struct detail *d)
{
	struct tl_answer answer;
	struct tl_error *err;
	bool found;

	err = tl_trace_answer(d->trace, d->exit.seq, &answer, &found);
	if (err || !found)
		return err;
	title("reply");
	tl_print_answer(d->kind, &answer);
	return NULL;
}

enum { MOST_WRITES = 12 };

static struct tl_error *print_coalesced(const struct detail *d)
{
	struct tl_coalesced write;
	struct tl_error *err;
	unsigned n = 0;
	bool more;

	err = tl_trace_coalesced(d->trace, d->exit.seq);
	while (!err && !(err = tl_trace_next_coalesced(d->trace, &write, &more)) && more) {
		if (!n++)
			title("writes before it, without an exit");
		if (n <= MOST_WRITES)
			printf("  %s %" PRIu64 " 0x%" PRIx64 " = 0x%" PRIx64 "\n",
				write.pio ? "out" : "write", write.size, write.addr, write.value);
	}
	if (n > MOST_WRITES)
		printf("  and %u more: trapline sql \"select * from coalesced where seq = %" PRIu64
		       "\"\n",
			n - MOST_WRITES, d->exit.seq);
	return err;
}

static struct tl_error *print_inputs(const struct detail *d)
{
	struct tl_input input;
	struct tl_error *err;
	bool more, titled = false;

	err = tl_trace_inputs(d->trace, &d->exit);
	while (!err && !(err = tl_trace_next_input(d->trace, &input, &more)) && more) {
		if (!titled)
			title("what the VMM did before the next run");
		titled = true;
		fputs("  ", stdout);
		tl_put_input(stdout, tl_trace_arch(d->trace), &input);
		putchar('\n');
	}
	return err;
}

static void print_code(const struct detail *d)
{
	title("code at pc");
	if (!d->exit.code_size)
		puts("  not recorded");
	else
		tl_print_code(tl_trace_arch(d->trace), &d->exit);
}

// Registers that were not recorded are no error here.
static struct tl_error *read_regs(
	const struct detail *d, tl_seq seq, struct tl_regs *ret, bool *ret_found)
{
	struct tl_error *err;

	*ret_found = false;
	if (!seq)
		return NULL;
	err = tl_trace_regs(d->trace, d->exit.vcpu, seq, ret);
	*ret_found = !err;
	if (!err || err->code != TL_ERROR_NOT_RECORDED)
		return err;
	tl_error_free(err);
	return NULL;
}

static void print_extra(const struct tl_extra *extra)
{
	printf("  0x%-16" PRIx64 " ", extra->id);
	if (extra->size <= 16)
		tl_put_hex(stdout, extra->bytes, extra->size);
	else
		printf("%u bytes", extra->size);
	putchar('\n');
}

static struct tl_error *print_extras(const struct detail *d)
{
	struct tl_extras extras;
	struct tl_extra extra;
	struct tl_error *err;

	err = tl_trace_extras(d->trace, d->exit.seq, &extras);
	if (err)
		return err;
	if (extras.size)
		title("registers beside them, by KVM's number");
	while (tl_extras_next(&extras, &extra))
		print_extra(&extra);
	tl_extras_deinit(&extras);
	return NULL;
}

static struct tl_error *print_registers(const struct detail *d)
{
	struct tl_regs regs, before;
	bool found, compared;
	struct tl_error *err;

	err = read_regs(d, d->exit.seq, &regs, &found);
	if (!err)
		err = read_regs(d, d->before, &before, &compared);
	if (err)
		return err;
	title(found && compared ? "registers (* changed since this vCPU's exit before)"
				: "registers");
	if (found)
		tl_print_regs(tl_trace_arch(d->trace), &regs, compared ? &before : NULL);
	else
		puts("  not recorded");
	return print_extras(d);
}

struct tl_error *tl_print_detail(struct tl_trace *trace, tl_seq seq)
{
	struct tl_error *err;
	struct detail d;

	err = load(trace, seq, &d);
	if (err)
		return err;
	print_head(&d);
	print_times(&d);
	print_where(&d);
	err = tl_print_looks(trace, &d.exit, d.before, "  memory     ");
	if (err)
		return err;
	if (d.exit.payload || (d.kind && d.kind->payload)) {
		title("payload");
		tl_print_payload(&d.exit, d.kind);
	}
	err = print_reply(&d);
	if (!err)
		err = print_coalesced(&d);
	if (!err)
		err = print_inputs(&d);
	if (err)
		return err;
	print_code(&d);
	return print_registers(&d);
}
