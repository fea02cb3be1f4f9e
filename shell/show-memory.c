// SPDX-License-Identifier: MIT
#include "shell/show-memory.h"

#include "shell/dump.h"
#include "shell/position.h"
#include "shell/trace-arg.h"
#include "shell/walk.h"

struct tl_error *tl_show_memory_check(const struct tl_show_memory *m, bool filters)
{
	const bool asked = m->mem || m->walk;

	if (m->mem && m->walk)
		return tl_error_new(TL_ERROR_USAGE, "--mem and --walk: one of them");
	if (m->raw && !m->mem)
		return tl_error_new(TL_ERROR_USAGE, "--raw is for --mem");
	if (m->raw && m->json)
		return tl_error_new(TL_ERROR_USAGE, "--raw and --json: one of them");
	if (!asked && (m->vm != UINT64_MAX || m->space != UINT64_MAX))
		return tl_error_new(TL_ERROR_USAGE, "--vm and --space are for --mem and --walk");
	if (asked && filters)
		return tl_error_new(TL_ERROR_USAGE,
			"--%s shows one position: --where, --reason, --addr, --vcpu, --limit and "
			"--regs are for exits",
			m->mem ? "mem" : "walk");
	return NULL;
}

static struct tl_error *show(
	struct tl_trace *trace, const struct tl_show_memory *m, char **argv, int *ret_status)
{
	const struct tl_place_options options = { .vm = m->vm, .space = m->space };
	const enum tl_dump_form form = m->raw ? TL_DUMP_RAW : m->json ? TL_DUMP_JSON : TL_DUMP_TEXT;
	struct tl_place place = { 0 };
	struct tl_position position;
	struct tl_error *err;

	err = tl_parse_position(trace, argv[1], &position);
	if (!err)
		err = tl_place_open(trace, position, &options, &place);
	if (!err && m->mem)
		err = tl_dump(&place, argv[2], form, ret_status);
	else if (!err)
		err = tl_walk_print(&place, argv[2], m->json, ret_status);
	tl_place_deinit(&place);
	return err;
}

struct tl_error *tl_show_memory(struct tl_trace *trace, const struct tl_show_memory *m, int argc,
	char **argv, int *ret_status)
{
	struct tl_error *err = tl_no_more_words(argc, argv, 3);

	if (!err && argc < 3)
		err = tl_error_new(TL_ERROR_USAGE,
			"--%s: needs a position and an address, such as %s",
			m->mem ? "mem" : "walk", m->mem ? "41 0x1000,64" : "41 0xffff800010000000");
	return err ? err : show(trace, m, argv, ret_status);
}
