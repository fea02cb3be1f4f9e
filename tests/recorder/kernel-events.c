// SPDX-License-Identifier: MIT
#include "tests/recorder/kernel-events.h"

#include "tests/recorder/test.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
#define SWITCH	"events/kvm/enable"

// A kernel has the events of its own machine.
#ifdef __aarch64__
static const char *const wanted[] = { "kvm_userspace_exit", "kvm_mmio", "kvm_exit",
	"kvm_mmio_nisv" };
enum { N_NEEDED = 3 }; // the last is newer than Linux 6.1
#else
static const char *const wanted[] = { "kvm_userspace_exit", "kvm_mmio", "kvm_pio" };
enum { N_NEEDED = 3 };
#endif
enum { N_WANTED = sizeof(wanted) / sizeof(wanted[0]) };

struct kernel_events {
	char folder[128];
	unsigned n_wanted; /**< of those, which this kernel has */
	struct kernel_event *events;
	size_t n, room;
};

// Seen by this test and its children only: what is mounted on /sys goes nowhere else. (In a chroot
// "/" is no mount whose propagation could be changed.)
static bool mount_tracefs(void)
{
	if (!access(TRACEFS "/instances", F_OK))
		return true;
	return !unshare(CLONE_NEWNS) && !mount("", "/sys", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tracefs", TRACEFS, "tracefs", 0, NULL);
}

static void put(const struct kernel_events *e, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", e->folder, file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	close(fd);
}

static void turn(const struct kernel_events *e, const char *on)
{
	char file[64];

	for (unsigned i = 0; i < e->n_wanted && i < N_WANTED; i++) {
		snprintf(file, sizeof(file), "events/kvm/%s/enable", wanted[i]);
		put(e, file, on);
	}
}

static bool has_events(struct kernel_events *e)
{
	char path[PATH_MAX];

	for (e->n_wanted = 0; e->n_wanted < N_WANTED; e->n_wanted++) {
		snprintf(path, sizeof(path), TRACEFS "/events/kvm/%s/enable", wanted[e->n_wanted]);
		if (access(path, F_OK))
			break;
	}
	if (e->n_wanted < N_NEEDED)
		printf("skipped: %s: %s\n", path, strerror(errno));
	return e->n_wanted >= N_NEEDED;
}

struct kernel_events *kernel_events_open(void)
{
	struct kernel_events *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	snprintf(e->folder, sizeof(e->folder), TRACEFS "/instances/trapline-test-%d", getpid());
	if (!mount_tracefs()) {
		printf("skipped: " TRACEFS ": %s\n", strerror(errno));
	} else if (has_events(e) && mkdir(e->folder, 0700)) {
		printf("skipped: %s: %s\n", e->folder, strerror(errno));
	} else if (!access(e->folder, F_OK)) {
		put(e, "trace_clock", "global");
		put(e, "buffer_size_kb", "32768");
		put(e, "options/event-fork", "1");
		return e;
	}
	free(e);
	return NULL;
}

void kernel_events_close(struct kernel_events *e)
{
	if (!e)
		return;
	turn(e, "0");
	rmdir(e->folder);
	free(e->events);
	free(e);
}

void kernel_events_follow(struct kernel_events *e, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	turn(e, "0");
	put(e, "trace", "");
	put(e, "set_event_pid", text);
	turn(e, "1");
}

static bool parse_exit(const char *text, struct kernel_event *ret)
{
	char word[64];
	long number;

	ret->kind = KERNEL_EXIT;
	if (sscanf(text, "reason %63s (%ld)", word, &number) != 2)
		return false;
	ret->reason = !strcmp(word, "restart") || !strcmp(word, "error") ? -number : number;
	return true;
}

static bool parse_mmio(const char *text, struct kernel_event *ret)
{
	char word[64];

	if (sscanf(text, "mmio %63s len %u gpa 0x%" SCNx64 " val 0x%" SCNx64, word, &ret->size,
		    &ret->addr, &ret->value) != 4)
		return false;
	ret->kind = !strcmp(word, "write")  ? KERNEL_MMIO_WRITE
		    : !strcmp(word, "read") ? KERNEL_MMIO_READ
					    : KERNEL_MMIO_ASKED;
	ret->count = 1;
	return true;
}

#ifdef __aarch64__
// "TRAP: HSR_EC: 0x0018 (SYS64), PC: 0x0000000040080024"
static bool parse_trap(const char *text, struct kernel_event *ret)
{
	const char *pc = strstr(text, "PC: ");

	ret->kind = KERNEL_TRAP;
	if (sscanf(text, "TRAP: HSR_EC: 0x%" SCNx64, &ret->value) != 1)
		ret->value = 0;
	return pc && sscanf(pc, "PC: 0x%" SCNx64, &ret->pc) == 1;
}

static bool parse_of_the_machine(const char *text, struct kernel_event *ret)
{
	uint64_t far;

	ret->kind = KERNEL_NISV;
	return sscanf(text,
		       "ipa 0x%" SCNx64 ", esr 0x%" SCNx64 ", far 0x%" SCNx64 ", pc 0x%" SCNx64,
		       &ret->addr, &ret->value, &far, &ret->pc) == 4;
}
#else
static bool parse_of_the_machine(const char *text, struct kernel_event *ret)
{
	char word[64];

	if (sscanf(text, "pio_%63s at 0x%" SCNx64 " size %u count %u val 0x%" SCNx64, word,
		    &ret->addr, &ret->size, &ret->count, &ret->value) != 5)
		return false;
	ret->kind = !strcmp(word, "write") ? KERNEL_PIO_OUT : KERNEL_PIO_IN;
	return true;
}
#endif

// "a command-1234    [001] .....  123.456789: kvm_pio: pio_write at ..."
static int thread_of(const char *line, const char *event)
{
	const char *at = event;

	while (at > line && *at != '[')
		at--;
	while (at > line && *at != '-')
		at--;
	return atoi(at + 1);
}

static bool parse(const char *line, struct kernel_event *ret)
{
	static bool (*const parsers[])(const char *, struct kernel_event *) = { parse_exit,
		parse_mmio,
#ifdef __aarch64__
		parse_trap,
#endif
		parse_of_the_machine };
	char name[64];

	for (unsigned i = 0; i < N_WANTED; i++) {
		const char *event;

		snprintf(name, sizeof(name), ": %s: ", wanted[i]);
		event = strstr(line, name);
		if (!event)
			continue;
		*ret = (struct kernel_event){ .thread = thread_of(line, event) };
		return parsers[i](event + strlen(name), ret);
	}
	return false;
}

static void add(struct kernel_events *e, const struct kernel_event *event)
{
	if (e->n == e->room) {
		e->room = e->room ? 2 * e->room : 4096;
		e->events = realloc(e->events, e->room * sizeof(*e->events));
		assert_non_null(e->events);
	}
	e->events[e->n++] = *event;
}

static void none_lost(const char *path)
{
	static const char *const counts[] = {
		"\noverrun: ", "\ncommit overrun: ", "\ndropped events: "
	};
	size_t size;
	char *stats = read_file(path, &size);

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const char *at = strstr(stats, counts[i]);

		assert_non_null(at);
		assert_int_equal(atol(at + strlen(counts[i])), 0);
	}
	free(stats);
}

static void none_lost_anywhere(const struct kernel_events *e)
{
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/per_cpu/cpu*/stats", e->folder);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		none_lost(found.gl_pathv[i]);
	globfree(&found);
}

struct kernel_event *kernel_events_read(struct kernel_events *e, size_t *ret_n)
{
	struct kernel_event event;
	char path[PATH_MAX], *text, *line, *rest;
	size_t size;

	turn(e, "0");
	none_lost_anywhere(e);
	snprintf(path, sizeof(path), "%s/trace", e->folder);
	text = rest = read_file(path, &size);
	e->n = 0;
	while ((line = strsep(&rest, "\n")))
		if (*line && *line != '#') {
			if (!parse(line, &event))
				fail_msg("an event that the test cannot read: %s", line);
			add(e, &event);
		}
	free(text);
	*ret_n = e->n;
	return e->events;
}
