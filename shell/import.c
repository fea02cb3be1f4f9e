// SPDX-License-Identifier: MIT
#include "replayer/import.h"

#include "schema/trace/code.h"
#include "shell/json.h"
#include "shell/option.h"
#include "shell/recording.h"
#include "shell/text.h"
#include "shell/verb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const char help[] =
	"usage: trapline import [FILE]... [-o FILE] [--arch ARCH]\n"
	"\n"
	"Makes a trace of text that somebody has instead of a recording: one exit for each report in it, with\n"
	"what stood there and nothing else. Without a FILE, or with -, it reads standard input.\n"
	"\n"
	"It knows QEMU's \"kvm run failed\" and \"KVM internal error\" with their registers (arm64, arm, x86),\n"
	"what Linux, U-Boot and barebox print when they crash, events of KVM from ftrace, trace-cmd and perf\n"
	"(kvm_exit, kvm_guest_fault, kvm_mmio, kvm_mmio_nisv, kvm_pio, kvm_msr, kvm_userspace_exit), the host\n"
	"kernel's \"Unsupported guest sys_reg access\" and \"no valid syndrome\", page table entries such as\n"
	"PTE@0x43deb0e70=0x42000043bb72fdf, and lines that name esr, ipa, far, pc and registers in any order.\n"
	"Other text around them does not matter, nor do time stamps, quoting, colours and HTML.\n"
	"\n"
	"  -o, --output FILE   the trace, which must not exist; default: the text's name with .trap, in\n"
	"                      $TRAPLINE_DIR or this folder\n"
	"  --arch ARCH         any (the default: what the first report is of), arm64 (also of 32-bit Arm guests)\n"
	"                      or x86_64\n"
	"  --json              what was found: one JSON object an exit, a line each\n"
	"  -q, --quiet         no closing line on stderr\n"
	"\n"
	"The lines of each report stand in table notice, at their exit. What cannot be used is named on\n"
	"stderr with its line. Exit status: 0 there is a trace, 1 nothing was found in the text, 2 it could\n"
	"not be done.\n"
	"\n"
	"example: trapline import qemu.log && trapline explain\n";
// clang-format on

static const char *const archs[] = { "any", "arm64", "x86_64", NULL };

static void say(void *ctx, const char *name, uint64_t line, const char *text)
{
	(void)ctx;
	tl_put_string(stderr, name);
	if (line)
		fprintf(stderr, ":%" PRIu64, line);
	fputs(": ", stderr);
	tl_put_string(stderr, text);
	fputc('\n', stderr);
}

static void json_exit(
	struct tl_json *j, const struct tl_exit *exit, const struct tl_exit_kind *kind)
{
	if (exit->has & TL_EXIT_HAS_REASON)
		tl_json_int(j, "reason", exit->reason);
	if (kind)
		tl_json_string(j, "exit", kind->name);
	if (exit->error)
		tl_json_string(j, "error", strerrorname_np(exit->error));
	if (exit->has & TL_EXIT_HAS_PC)
		tl_json_hex(j, "pc", exit->pc);
	if (exit->has & TL_EXIT_HAS_ADDR)
		tl_json_hex(j, "addr", exit->addr);
	if (exit->has & TL_EXIT_HAS_SIZE)
		tl_json_int(j, "size", (int64_t)exit->size);
	if (exit->has & TL_EXIT_HAS_WRITE)
		tl_json_bool(j, "write", exit->write);
	if (exit->has & TL_EXIT_HAS_VALUE)
		tl_json_hex(j, "value", exit->value);
	if (exit->code_size)
		tl_json_bytes(j, "code", exit->code, exit->code_size);
}

static void json_registers(
	struct tl_json *j, const struct tl_arch *arch, const struct tl_regs *regs)
{
	uint64_t value;

	tl_json_open(j, "registers", '{');
	for (unsigned i = 0; i < arch->n_regs; i++)
		if (tl_reg_get(&arch->regs[i], regs, &value))
			tl_json_hex(j, arch->regs[i].name, value);
	tl_json_close(j, '}');
}

static void found(void *ctx, const struct tl_import_found *f)
{
	struct tl_json *j = ctx; // NULL: nobody asked for it

	if (!j)
		return;
	tl_json_open(j, NULL, '{');
	tl_json_int(j, "seq", (int64_t)f->exit->seq);
	tl_json_string(j, "source", tl_import_source_name(f->source));
	tl_json_string(j, "text", f->name);
	tl_json_int(j, "first", (int64_t)f->first);
	tl_json_int(j, "last", (int64_t)f->last);
	tl_json_int(j, "vcpu", f->exit->vcpu);
	tl_json_string(j, "arch", f->arch->name);
	json_exit(j, f->exit, f->kind);
	json_registers(j, f->arch, f->regs);
	tl_json_line(j);
}

// A closed stdin is like any other text that cannot be read.
static struct tl_error *read_one(struct tl_import *import, const char *path)
{
	const bool standard = !strcmp(path, "-");
	FILE *from = standard ? stdin : fopen(path, "re");
	struct tl_error *err;

	if (!from)
		return tl_error_errno(errno, "%s", path);
	err = tl_import_text(import, from, standard ? "standard input" : path);
	if (!standard)
		fclose(from);
	return err;
}

// log.txt: log.trap
static struct tl_error *output(const char *said, const char *first, char **ret)
{
	const char *base = strrchr(first, '/') ? strrchr(first, '/') + 1 : first;
	const char *dot = strrchr(base, '.');
	struct tl_error *err;
	char *stem;

	if (said) {
		*ret = strdup(said);
		return *ret ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
	}
	if (!strcmp(first, "-"))
		return tl_recording_name("stdin", ret);
	stem = strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	if (!stem)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	err = tl_recording_name(stem, ret);
	free(stem);
	return err;
}

static struct tl_error *import_all(
	const struct tl_import_options *options, char **paths, int n, struct tl_import_result *ret)
{
	struct tl_import *import;
	struct tl_error *err = tl_import_open(options, &import);

	if (err)
		return err;
	for (int i = 0; !err && i < n; i++)
		err = read_one(import, paths[i]);
	if (!err)
		return tl_import_finish(import, ret);
	tl_import_close(import);
	return err;
}

static struct tl_error *import_to(
	const char *path, unsigned arch, bool json, char **paths, int n, uint64_t *ret_exits)
{
	struct tl_json j = { .to = stdout };
	const struct tl_import_options options = { .output = path,
		.arch = arch ? tl_arch_by_name(archs[arch]) : NULL,
		.say = say,
		.found = found,
		.ctx = json ? &j : NULL };
	struct tl_import_result result = { 0 };
	struct tl_error *err = import_all(&options, paths, n, &result);

	if (!err && !result.exits)
		fprintf(stderr, "trapline import: nothing found in %" PRIu64 " line%s\n",
			result.lines, result.lines == 1 ? "" : "s");
	if (!err)
		*ret_exits = result.exits;
	return err;
}

static struct tl_error *run(int argc, char **argv, int *ret_status)
{
	static char *standard[] = { "-" };
	const char *said = NULL;
	bool json = false, quiet = false;
	unsigned arch = 0;
	const struct tl_option options[] = { { "output", 'o', TL_OPTION_TEXT, &said, NULL },
		{ "arch", 0, TL_OPTION_CHOICE, &arch, archs },
		{ "json", 0, TL_OPTION_FLAG, &json, NULL },
		{ "quiet", 'q', TL_OPTION_FLAG, &quiet, NULL }, { 0 } };
	struct tl_error *err = tl_options(options, &argc, argv, false);
	char **paths = argc > 1 ? argv + 1 : standard;
	uint64_t exits = 0;
	char *path;

	if (!err)
		err = output(said, paths[0], &path);
	if (err)
		return err;
	err = import_to(path, arch, json, paths, argc > 1 ? argc - 1 : 1, &exits);
	if (!err && !exits)
		*ret_status = TL_STATUS_NO;
	if (!err && exits && !quiet)
		err = tl_recording_say(path);
	free(path);
	return err;
}

const struct tl_verb tl_verb_import = {
	.name = "import",
	.summary = "make a trace of a log: a register dump, a crash, trace events",
	.help = help,
	.run = run,
};
