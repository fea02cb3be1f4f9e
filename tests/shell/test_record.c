// SPDX-License-Identifier: MIT
// labels: kvm x86_64
// What "trapline record" and "trapline run" say when there is nothing to record, and what they make
// of a VMM's end: every word, as a person reads it.
#include "tests/recorder/foreign.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#define STATIC TL_BUILD_TESTS "/recorder/foreign-static"
#define HELLO  TL_BUILD_TESTS "/guests/hello.elf"

// "X.trap: what": the text with the scratch folder's path in the place of @.
static const char *at(const char *path, const char *text)
{
	static char filled[8192];
	const char *mark = strchr(text, '@');

	snprintf(filled, sizeof(filled), "%.*s%s%s", (int)(mark - text), text, path, mark + 1);
	return filled;
}

// Recording these words ends with status 2 and that one line, and leaves no trace.
#define assert_refused(message, ...)                                                               \
	do {                                                                                       \
		const char *trap_ = fresh("refused.trap");                                         \
		assert_run(2, "", message, TRAPLINE, "record", "-o", trap_, "--", __VA_ARGS__);    \
		assert_int_equal(access(trap_, F_OK), -1);                                         \
	} while (0)

static void a_vmm_that_is_not_there(void **state)
{
	assert_refused("trapline record: no-such-vmm: no such program in PATH\n", "no-such-vmm");
	assert_refused(
		"trapline record: /no/such/vmm: No such file or directory\n", "/no/such/vmm");
	assert_refused("trapline record: /usr/bin/: a folder, not a program\n", "/usr/bin/");
	assert_refused("trapline record: /etc/passwd: Permission denied\n", "/etc/passwd");
}

static void a_program_that_is_no_vmm(void **state)
{
	assert_refused(
		"trapline record: true: ended with status 0 and no exit was seen: it made no "
		"VM (is it a VMM, and told to use KVM?); no trace is left\n",
		"true");
	assert_refused("trapline record: cat: ended with status 0 and no exit was seen: it made no "
		       "VM (is it a VMM, and told to use KVM?); no trace is left\n",
		"cat");
	assert_refused(
		"trapline record: sh: ended with status 143 and no exit was seen: it made no "
		"VM (is it a VMM, and told to use KVM?); no trace is left\n",
		"sh", "-c", "kill $$");
}

static void a_vmm_that_never_ran_a_guest(void **state)
{
	assert_refused("trapline record: " FOREIGN ": ended with status 0 and no exit was seen: it "
		       "made no VM (is it a VMM, and told to use KVM?); no trace is left\n",
		FOREIGN, "idle", "kvm");
	assert_refused("trapline record: " FOREIGN
		       ": ended with status 0 and no exit was seen: its "
		       "VM has no vCPU; no trace is left\n",
		FOREIGN, "idle", "vm");
	assert_refused("trapline record: " FOREIGN
		       ": ended with status 0 and no exit was seen: its "
		       "vCPUs never ran; no trace is left\n",
		FOREIGN, "idle", "vcpu");
}

static void a_static_vmm(void **state)
{
	assert_refused("trapline record: " STATIC ": statically linked: nothing can be preloaded; "
		       "link the VMM with libtrapline or dynamically\n",
		STATIC, "vms");
}

static const char *copy_of(const char *program, const char *name, unsigned mode)
{
	const char *path = fresh(name);
	size_t size;
	char *bytes = read_file(program, &size);

	write_file(path, bytes, size, mode);
	free(bytes);
	return path;
}

static void a_set_user_id_vmm(void **state)
{
	const char *user = copy_of(FOREIGN, "suid", 04755),
		   *group = copy_of(FOREIGN, "sgid", 02755);
	static const char message[] =
		"trapline record: @: set-user-id or set-group-id: the loader ignores preloaded "
		"libraries there; record a copy without that bit\n";

	assert_refused(at(user, message), user, "vms");
	assert_refused(at(group, message), group, "vms");
}

static void a_vmm_with_file_capabilities(void **state)
{
	const char *vmm = copy_of(FOREIGN, "capable", 0755);
	const struct vfs_cap_data caps = { .magic_etc =
						   VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = { { .permitted = 1U << CAP_NET_ADMIN } } };

	assert_int_equal(setxattr(vmm, "security.capability", &caps, sizeof(caps), 0), 0);
	assert_refused(at(vmm, "trapline record: @: has file capabilities: the loader ignores "
			       "preloaded libraries there; record a copy without them\n"),
		vmm, "vms");
}

static void a_vmm_for_another_machine(void **state)
{
	const char *vmm = copy_of(FOREIGN, "arm64", 0755);
	int fd = open(vmm, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "\xb7", 1, 18), 1); // e_machine: EM_AARCH64
	close(fd);
	assert_refused(at(vmm, "trapline record: @: not a program for x86_64\n"), vmm, "vms");
}

static void a_trace_that_is_there_already(void **state)
{
	const char *trap = fresh("there.trap");
	size_t size;
	char *kept;

	write_file(trap, "precious", 8, 0600);
	assert_run(2, "",
		at(trap, "trapline record: @: exists already; a recording never overwrites\n"),
		TRAPLINE, "record", "-o", trap, "--", FOREIGN, "vms");
	assert_run(2, "",
		at(trap, "trapline run: @: exists already; a recording never overwrites\n"),
		TRAPLINE, "run", "-o", trap, HELLO);
	kept = read_file(trap, &size);
	assert_string_equal(kept, "precious");
	free(kept);
}

static void a_folder_that_cannot_be_written(void **state)
{
	assert_run(2, "",
		"trapline record: /no/such/x.trap: cannot be made: No such file or directory\n",
		TRAPLINE, "record", "-o", "/no/such/x.trap", "--", FOREIGN, "vms");
	assert_run(2, "", "trapline record: /sys/x.trap: cannot be made: Permission denied\n",
		TRAPLINE, "record", "-o", "/sys/x.trap", "--", FOREIGN, "vms");
	assert_run(2, "", "trapline run: /sys/x.trap: cannot be made: Permission denied\n",
		TRAPLINE, "run", "-o", "/sys/x.trap", HELLO);
}

static void wait_until_ready(const struct program *program)
{
	char text[8] = "";

	while (pread(program->out, text, sizeof(text) - 1, 0) < 6)
		usleep(1000);
	assert_string_equal(text, "ready\n");
}

static struct program start_waiting(const char *trap)
{
	struct program program =
		program_start(NULL, (const char *const[]){ TRAPLINE, "record", "-q", "-o", trap,
					    "--", FOREIGN, "signal", NULL });

	wait_until_ready(&program);
	return program;
}

static void assert_ended(struct program *program, const char *trap, int status)
{
	struct outcome outcome = program_wait(program);
	struct sqlite3 *trace;

	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, status);
	trace = trace_open(trap);
	assert_rows(trace, "SELECT count(*) FROM exit", "3");
	trace_close(trace);
	outcome_free(&outcome);
}

static void two_recorders_of_one_trace(void **state)
{
	const char *trap = fresh("two.trap");
	struct program first = start_waiting(trap);

	assert_run(2, "", at(trap, "trapline record: @: another recorder is writing it\n"),
		TRAPLINE, "record", "-o", trap, "--", FOREIGN, "vms");
	kill(first.pid, SIGTERM);
	assert_ended(&first, trap, 40);
}

// SIGTERM it handles, and ends with a status of its own; the others end it.
static void signals_reach_the_vmm(void **state)
{
	static const struct {
		int signal, status;
	} cases[] = { { SIGTERM, 40 }, { SIGINT, 128 + SIGINT }, { SIGHUP, 128 + SIGHUP },
		{ SIGQUIT, 128 + SIGQUIT }, { SIGUSR1, 128 + SIGUSR1 } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *trap = fresh("signal.trap");
		struct program program = start_waiting(trap);

		assert_int_equal(kill(program.pid, cases[i].signal), 0);
		assert_ended(&program, trap, cases[i].status);
	}
}

// Of the kind that people have: the device is not there, or is not theirs. In a place of our own.
// What is mounted on /dev goes nowhere else; in a chroot "/" has no propagation to change.
#define OF_OUR_OWN "unshare", "-m", "--propagation", "unchanged", "sh", "-c"
#define WITHOUT_KVM                                                                                \
	OF_OUR_OWN, "mount --make-private /dev && mount -t tmpfs none /dev && exec \"$@\"", "sh"
#define REFUSED_KVM                                                                                \
	OF_OUR_OWN,                                                                                \
		"mount --make-private /dev && mount --bind /dev/kvm /dev/kvm && mount -o "         \
		"remount,bind,nodev /dev/kvm && "                                                  \
		"exec \"$@\"",                                                                     \
		"sh"

#define SHIM_LINE "shim       yes     " TL_BUILD_LIB "/libtrapline-shim.so\n"

static void a_machine_without_kvm(void **state)
{
	const char *trap = fresh("nothing.trap");

	assert_run(1,
		"kvm        no      /dev/kvm: No such file or directory; is the kvm module loaded, "
		"and virtualisation on?\n" SHIM_LINE,
		"", WITHOUT_KVM, TRAPLINE, "check");
	assert_run(2, "", "trapline run: /dev/kvm: No such file or directory\n", WITHOUT_KVM,
		TRAPLINE, "run", HELLO);
	assert_run(2, "",
		"foreign: /dev/kvm: No such file or directory\n"
		"trapline record: " FOREIGN ": ended with status 3 and no exit was seen: it made "
		"no VM (is it a VMM, and told to "
		"use KVM?); no trace is left\n",
		WITHOUT_KVM, TRAPLINE, "record", "-o", trap, "--", FOREIGN, "vms");
	assert_int_equal(access(trap, F_OK), -1);
}

static void a_kvm_that_is_not_ours(void **state)
{
	const char *trap = fresh("nothing.trap");

	assert_run(1,
		"kvm        no      /dev/kvm: Permission denied; join the group that owns "
		"it\n" SHIM_LINE,
		"", REFUSED_KVM, TRAPLINE, "check");
	assert_run(2, "", "trapline run: /dev/kvm: Permission denied\n", REFUSED_KVM, TRAPLINE,
		"run", HELLO);
	assert_run(2, "",
		"foreign: /dev/kvm: Permission denied\n"
		"trapline record: " FOREIGN ": ended with status 3 and no exit was seen: it made "
		"no VM (is it a VMM, and told to "
		"use KVM?); no trace is left\n",
		REFUSED_KVM, TRAPLINE, "record", "-o", trap, "--", FOREIGN, "vms");
	assert_int_equal(access(trap, F_OK), -1);
}

static void check_judges_a_vmm_that_it_does_not_start(void **state)
{
	struct outcome good = RUN(NULL, TRAPLINE, "check", "--", FOREIGN, "endless");
	struct outcome bad = RUN(NULL, TRAPLINE, "check", "--", STATIC, "endless");
	struct outcome old =
		RUN(NULL, TL_BUILD_TESTS "/recorder/no-userfaultfd", TRAPLINE, "check");

	assert_int_equal(good.status, 0);
	assert_non_null(strstr(good.out, "kvm        yes     API version 12\n"));
	assert_non_null(strstr(good.out, "\nvmm        yes     can be preloaded\n"));
	assert_non_null(strstr(good.out, "\nmemory     yes     --mem exact sees what the guest "
					 "and the VMM write (PAGEMAP_SCAN)\n"));
	assert_non_null(strstr(old.out,
		"\nmemory     partly  this kernel does not tell which pages were written "));
	assert_int_equal(old.status, 0);
	outcome_free(&old);
	assert_int_equal(bad.status, 1);
	assert_non_null(strstr(bad.out, "\nvmm        no      " STATIC
					": statically linked: nothing can be preloaded; link "
					"the VMM with libtrapline or dynamically\n"));
	outcome_free(&good);
	outcome_free(&bad);
}

static void a_guest_that_cannot_run(void **state)
{
	const char *text = in_scratch("text.elf"), *arm64 = copy_of(HELLO, "arm64.elf", 0644);
	int fd = open(arm64, O_WRONLY | O_CLOEXEC);

	write_file(text, "#!/bin/sh\n", 10, 0644);
	assert_int_equal(pwrite(fd, "\xb7", 1, 18), 1); // e_machine: EM_AARCH64
	close(fd);
	assert_run(2, "", "trapline run: /no/such.elf: No such file or directory\n", TRAPLINE,
		"run", "/no/such.elf");
	assert_run(2, "",
		at(text, "trapline run: @: is not an ELF file: starts with 23 21 2f 62, expected "
			 "7f 45 "
			 "4c 46\n"),
		TRAPLINE, "run", text);
	assert_run(2, "",
		at(arm64, "trapline run: @: is for arm64, this host runs x86_64 guests\n"),
		TRAPLINE, "run", arm64);
	assert_run(2, "",
		"trapline run: " HELLO ": segment at 0x100000 of 31 bytes: does not fit in RAM "
		"0x0..0x100000\n",
		TRAPLINE, "run", "--ram", "1M", HELLO);
}

static void a_guest_that_cannot_run_leaves_no_trace(void **state)
{
	const char *trap = fresh("nothing.trap");
	struct outcome outcome = RUN(NULL, TRAPLINE, "run", "-o", trap, "/no/such.elf");

	assert_string_equal(outcome.err, "trapline run: /no/such.elf: No such file or directory\n");
	assert_int_equal(outcome.status, 2);
	assert_int_equal(access(trap, F_OK), -1);
	outcome_free(&outcome);
}

static void words_that_make_no_sense(void **state)
{
	assert_run(2, "",
		"trapline record: which VMM? trapline record [OPTIONS] -- VMM ARGUMENTS\n",
		TRAPLINE, "record");
	assert_run(2, "", "trapline record: --regs some: expected one of pc, core, full\n",
		TRAPLINE, "record", "--regs", "some", "--", FOREIGN, "vms");
	assert_run(2, "",
		"trapline record: --max-wait 1: expected a time, such as 2s, 500ms, 10us\n",
		TRAPLINE, "record", "--max-wait", "1", "--", FOREIGN, "vms");
	assert_run(2, "", "trapline record: --no-such: no such option; see --help\n", TRAPLINE,
		"record", "--no-such", FOREIGN);
	assert_run(2, "", "trapline record: -o: needs a value\n", TRAPLINE, "record", "-o");
}

// The first free name, in $TRAPLINE_DIR.
static void a_trace_is_named_after_its_vmm(void **state)
{
	const char *dir = in_scratch("");
	static const char *const names[] = { "foreign.trap", "foreign-2.trap" };
	char line[8192];

	setenv("TRAPLINE_DIR", dir, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct outcome outcome =
			RUN(NULL, TRAPLINE, "record", FOREIGN, "threads", "1", "7");

		snprintf(line, sizeof(line), "trapline: %s/%s: 7 exits of 1 vCPU, ", dir, names[i]);
		assert_int_equal(strncmp(outcome.err, line, strlen(line)), 0);
		assert_string_equal(strrchr(outcome.err, ' '), " KiB\n");
		assert_int_equal(outcome.status, 0);
		outcome_free(&outcome);
		trace_close(trace_open(in_scratch(names[i])));
	}
	unsetenv("TRAPLINE_DIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vmm_that_is_not_there),
		cmocka_unit_test(a_program_that_is_no_vmm),
		cmocka_unit_test(a_vmm_that_never_ran_a_guest),
		cmocka_unit_test(a_static_vmm),
		cmocka_unit_test(a_set_user_id_vmm),
		cmocka_unit_test(a_vmm_with_file_capabilities),
		cmocka_unit_test(a_vmm_for_another_machine),
		cmocka_unit_test(a_trace_that_is_there_already),
		cmocka_unit_test(a_folder_that_cannot_be_written),
		cmocka_unit_test(two_recorders_of_one_trace),
		cmocka_unit_test(signals_reach_the_vmm),
		cmocka_unit_test(a_machine_without_kvm),
		cmocka_unit_test(a_kvm_that_is_not_ours),
		cmocka_unit_test(check_judges_a_vmm_that_it_does_not_start),
		cmocka_unit_test(a_guest_that_cannot_run),
		cmocka_unit_test(a_guest_that_cannot_run_leaves_no_trace),
		cmocka_unit_test(words_that_make_no_sense),
		cmocka_unit_test(a_trace_is_named_after_its_vmm),
	};

	if (no_kvm())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
