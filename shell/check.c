// SPDX-License-Identifier: MIT
// What this machine can record, and why not the rest.
#include "shell/verb.h"

#include "recorder/collector/collector.h"
#include "recorder/collector/host.h"
#include "recorder/shim/shim.h"
#include "shell/json.h"
#include "shell/option.h"
#include "shell/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
	bool json;
	bool bad;
	struct tl_json out;
};

enum verdict { YES, PARTLY, NO };

static void line(struct report *r, const char *what, enum verdict verdict, const char *text)
{
	static const char *const words[] = { "yes", "partly", "no" };

	if (verdict == NO)
		r->bad = true;
	if (!r->json) {
		printf("%-10s %-7s ", what, words[verdict]);
		tl_put_string(stdout, text);
		putchar('\n');
		return;
	}
	tl_json_open(&r->out, NULL, '{');
	tl_json_string(&r->out, "check", what);
	tl_json_string(&r->out, "ok", words[verdict]);
	tl_json_string(&r->out, "text", text);
	tl_json_close(&r->out, '}');
}

static void check_kvm(struct report *r, const struct tl_host_kvm *kvm)
{
	char text[200];

	if (kvm->error) {
		snprintf(text, sizeof(text), "/dev/kvm: %s%s", strerror(kvm->error),
			kvm->error == ENOENT ? "; is the kvm module loaded, and virtualisation on?"
			: kvm->error == EACCES ? "; join the group that owns it"
					       : "");
		return line(r, "kvm", NO, text);
	}
	snprintf(text, sizeof(text), "API version %d", kvm->api_version);
	line(r, "kvm", YES, text);
}

static void check_registers(struct report *r, const struct tl_host_kvm *kvm)
{
	if (kvm->error)
		return;
	if (TL_ARCH_HOST.id == TL_ARCH_ARM64)
		line(r, "registers", YES,
			"one ioctl each at every exit; --regs pc reads two of them");
	else if ((kvm->sync_regs & 7) == 7)
		line(r, "registers", YES, "come with the exit (KVM_CAP_SYNC_REGS)");
	else
		line(r, "registers", PARTLY, "KVM_CAP_SYNC_REGS is missing: three ioctls an exit");
}

static void check_memory(struct report *r, const struct tl_host_kvm *kvm)
{
	if (kvm->error)
		return;
	if (tl_shim_pagemap_usable())
		line(r, "memory", YES,
			"--mem exact sees what the guest and the VMM write (PAGEMAP_SCAN)");
	else
		line(r, "memory", PARTLY,
			"this kernel does not tell which pages were written (Linux 6.7, on arm64 "
			"6.10): --mem exact has the guest's writes alone, by KVM's dirty log");
}

static void check_nisv(struct report *r, const struct tl_host_kvm *kvm)
{
	if (kvm->error || TL_ARCH_HOST.id != TL_ARCH_ARM64)
		return;
	if (kvm->nisv > 0)
		line(r, "nisv", YES, "recorded, whether the VMM asks for it or not");
	else
		line(r, "nisv", PARTLY,
			"KVM_CAP_ARM_NISV_TO_USER is missing: only the failed KVM_RUN");
	if (kvm->idsr > 0)
		line(r, "idsr", YES, "this kernel has the IDSR patch");
	else
		line(r, "idsr", PARTLY, "this kernel has no such exits: they take the IDSR patch");
}

static void check_shim(struct report *r)
{
	char *path;
	struct tl_error *err = tl_collector_shim_path(&path);

	line(r, "shim", err ? NO : YES, err ? err->message : path);
	if (!err)
		free(path);
	tl_error_free(err);
}

static void check_vmm(struct report *r, const char *program)
{
	struct tl_error *err = tl_collector_preloadable(program);

	line(r, "vmm", err ? NO : YES, err ? err->message : "can be preloaded");
	tl_error_free(err);
}

static struct tl_error *check(int argc, char **argv, int *ret_status)
{
	struct report r = { .out = { .to = stdout } };
	const struct tl_option options[] = { { "json", 0, TL_OPTION_FLAG, &r.json, NULL }, { 0 } };
	struct tl_error *err = tl_options(options, &argc, argv, true);
	struct tl_host_kvm kvm;

	if (err)
		return err;
	if (r.json)
		tl_json_open(&r.out, NULL, '[');
	kvm = tl_host_ask_kvm();
	check_kvm(&r, &kvm);
	check_registers(&r, &kvm);
	check_memory(&r, &kvm);
	check_nisv(&r, &kvm);
	check_shim(&r);
	if (argc > 1)
		check_vmm(&r, argv[1]);
	if (r.json) {
		tl_json_close(&r.out, ']');
		putchar('\n');
	}
	*ret_status = r.bad ? TL_STATUS_NO : TL_STATUS_DONE;
	return NULL;
}

// clang-format off
static const char help[] =
	"usage: trapline check [--json] [-- VMM]\n"
	"\n"
	"One line for each thing that recording needs: KVM, registers, memory, NISV and IDSR on arm64,\n"
	"the library that is preloaded, and the VMM when one is named (it is not started).\n"
	"Exit status 1 when something is missing without which nothing can be recorded.\n"
	"\n"
	"  --json   one JSON array\n"
	"\n"
	"  trapline check -- qemu-system-x86_64\n";
// clang-format on

const struct tl_verb tl_verb_check = {
	.name = "check",
	.summary = "say what can be recorded on this machine, and why not the rest",
	.help = help,
	.run = check,
};
