// SPDX-License-Identifier: MIT
// What the preloaded library puts in front of libc to know which seccomp filters are in force
// (filter.h), and syscall(2), by which they are installed. Not part of the linkable library.
#include "recorder/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef long syscall_fn(long number, long a, long b, long c, long d, long e, long f);

EXPORT int prctl(int option, ...);
EXPORT int pthread_create(
	pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg);

/*
 * syscall(2) is in assembly: a system call that returns twice, or on another stack, must find
 * nothing of ours on it. The numbers that matter go to seen_call(), all others on to libc with every
 * register and the stack as they came.
 */
syscall_fn *tl_shim_next_syscall __attribute__((visibility("hidden")));
syscall_fn tl_shim_seen_call __attribute__((visibility("hidden")));

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number
#ifdef __x86_64__
#define SEEN(number)	 "	cmpq $" TEXT(number) ", %rdi\n	je tl_shim_seen_call\n"
#define SEEN_WHERE_IT_IS SEEN(__NR_dup2)
#define ON_TO_NEXT                                                                                 \
	"	movq tl_shim_next_syscall(%rip), %rax\n"                                                 \
	"	testq %rax, %rax\n"                                                                      \
	"	je tl_shim_seen_call\n"                                                                  \
	"	jmp *%rax\n"
#else
#define SEEN(number) "	cmp x0, #" TEXT(number) "\n	b.eq tl_shim_seen_call\n"
#define SEEN_WHERE_IT_IS
#define ON_TO_NEXT                                                                                 \
	"	adrp x16, tl_shim_next_syscall\n"                                                        \
	"	ldr x16, [x16, #:lo12:tl_shim_next_syscall]\n"                                           \
	"	cbz x16, tl_shim_seen_call\n"                                                            \
	"	br x16\n"
#endif

// clang-format off
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	SEEN(__NR_seccomp)
	SEEN(__NR_prctl)
	SEEN(__NR_ioctl)
	SEEN(__NR_close)
	SEEN(__NR_close_range)
	SEEN(__NR_dup)
	SEEN_WHERE_IT_IS
	SEEN(__NR_dup3)
	SEEN(__NR_fcntl)
	ON_TO_NEXT
	".size syscall, . - syscall\n");
// clang-format on

static syscall_fn *next_syscall(void)
{
	if (!tl_shim_next_syscall)
		*(void **)&tl_shim_next_syscall = tl_shim_next("syscall");
	return tl_shim_next_syscall;
}

// A copy of the VMM's program, if that can be read.
static const struct tl_shim_filter *keep(uint64_t at)
{
	struct sock_fprog program;
	struct sock_filter end;

	if (!tl_shim_read(at, &program, sizeof(program)) || !program.len ||
		!tl_shim_read((uintptr_t)program.filter, &end, sizeof(end)) ||
		!tl_shim_read((uintptr_t)&program.filter[program.len - 1], &end, sizeof(end)))
		return tl_shim_filter_unknown();
	return tl_shim_filter_keep(&program);
}

// What the filter would keep us from asking later on is asked now.
static const struct tl_shim_filter *before_a_filter(uint64_t program)
{
	const int error = errno;
	const struct tl_shim_filter *filter;

	if (!tl_shim_attached())
		return NULL;
	tl_shim_pid();
	if (tl_shim_joined())
		tl_shim_host();
	filter = keep(program);
	errno = error;
	return filter;
}

static void after_a_filter(const struct tl_shim_filter *filter, bool in_all_threads)
{
	const int error = errno;

	if (!filter)
		return;
	tl_shim_filter_installed(filter, in_all_threads);
	tl_shim_filter_say();
	errno = error;
}

static long by_seccomp(long operation, long flags, long program)
{
	const bool ours = operation == SECCOMP_SET_MODE_FILTER;
	const bool listens = ours && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;
	const struct tl_shim_filter *filter = ours ? before_a_filter((uint64_t)program) : NULL;
	const long result = next_syscall()(SYS_seccomp, operation, flags, program, 0, 0, 0);

	// With TSYNC a number above 0 is the thread that could not follow.
	if (!result || (listens && result > 0))
		after_a_filter(filter, flags & SECCOMP_FILTER_FLAG_TSYNC);
	return result;
}

static int by_prctl(unsigned long mode, unsigned long program)
{
	const struct tl_shim_filter *filter =
		mode == SECCOMP_MODE_FILTER ? before_a_filter(program) : NULL;
	const int result = TL_SHIM_NEXT(prctl)(PR_SET_SECCOMP, mode, program, 0UL, 0UL);

	if (!result)
		after_a_filter(filter, false);
	return result;
}

int prctl(int option, ...)
{
	unsigned long a, b, c, d;
	va_list ap;

	va_start(ap, option);
	a = va_arg(ap, unsigned long);
	b = va_arg(ap, unsigned long);
	c = va_arg(ap, unsigned long);
	d = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_SECCOMP)
		return by_prctl(a, b);
	return TL_SHIM_NEXT(prctl)(option, a, b, c, d);
}

long tl_shim_seen_call(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case SYS_seccomp:
		return by_seccomp(a, b, c);
	case SYS_prctl:
		return prctl((int)a, b, c, d, e);
	case SYS_ioctl:
		return tl_shim_ioctl((int)a, (unsigned long)b, (void *)c); // NOLINT: it was one
	case SYS_close:
		return close((int)a);
	case SYS_close_range:
		return close_range((unsigned int)a, (unsigned int)b, (int)c);
	case SYS_dup:
		return dup((int)a);
#ifdef SYS_dup2
	case SYS_dup2:
		return dup2((int)a, (int)b);
#endif
	case SYS_dup3:
		return dup3((int)a, (int)b, (int)c);
	case SYS_fcntl:
		return fcntl((int)a, (int)b, c);
	}
	return next_syscall()(number, a, b, c, d, e, f);
}

// How many filters a process has (Linux 5.9), or whether it has one.
static unsigned count_filters(const char *path)
{
	static const char *const lines[] = { "\nSeccomp_filters:", "\nSeccomp:" };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[8192];
	const char *at = NULL;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	tl_shim_real_close(fd);
	text[n < 0 ? 0 : n] = 0;
	for (unsigned i = 0; !at && i < sizeof(lines) / sizeof(*lines); i++)
		if ((at = strstr(text, lines[i])))
			at += strlen(lines[i]);
	return at ? (unsigned)strtoul(at, NULL, 10) : 0;
}

// The loader has just opened and read files by the same calls. A filter that the collector lives
// under as well is a container's, which refuses and does not kill.
void tl_shim_filters_inherited(const char *arena_path)
{
	const unsigned n = count_filters("/proc/self/status");
	char path[80];

	if (!n)
		return;
	snprintf(path, sizeof(path), "%.*s/status", (int)strcspn(arena_path, "f"), arena_path);
	if (n > count_filters(path))
		tl_shim_filter_installed(tl_shim_filter_unknown(), true);
}

struct start {
	void *(*body)(void *);
	void *arg;
	const struct tl_shim_filter *filters;
};

static void *begin(void *at)
{
	const struct start start = *(struct start *)at;

	free(at);
	tl_shim_filter_installed(start.filters, false);
	return start.body(start.arg);
}

// A thread has the filters of the one that makes it.
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg)
{
	struct start *start;
	int error;

	if (!tl_shim_filters())
		return TL_SHIM_NEXT(pthread_create)(thread, attr, body, arg);
	start = malloc(sizeof(*start));
	if (!start)
		return EAGAIN;
	*start = (struct start){ body, arg, tl_shim_filters() };
	error = TL_SHIM_NEXT(pthread_create)(thread, attr, begin, start);
	if (error)
		free(start);
	return error;
}
