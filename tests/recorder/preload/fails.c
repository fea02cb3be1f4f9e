// SPDX-License-Identifier: MIT
// A machine on which the n-th call of a kind fails: FAIL_CALL is its name, FAIL_NTH which of them,
// FAIL_ERRNO how. FAIL_IN says for whom: "shim", whose library is loaded, "collector", which is
// `trapline record`, or "shell", which is every other verb. FAIL_TOLD is a file that comes into being
// when it has happened, FAIL_COUNT one that says in the end how many there were. Some are a kind of
// their own: ioctls that are "uffdio" or "pagemap_scan", and pwrite64 to the database's log, "wal".
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *call;
static unsigned long nth;
static int number;
static bool in_shim;
static _Atomic unsigned long n_calls;

// Past every library, this one's neighbours too.
static long kernel(long what, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(what), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = call ? getenv("FAIL_COUNT") : NULL;
	char text[24];
	int fd;

	if (!path)
		return;
	fd = (int)kernel(SYS_open, (long)path, O_CREAT | O_WRONLY | O_TRUNC, 0600, 0, 0, 0);
	kernel(SYS_write, fd, (long)text, snprintf(text, sizeof(text), "%lu\n", n_calls), 0, 0, 0);
	kernel(SYS_close, fd, 0, 0, 0, 0, 0);
}

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

// "record" for `trapline record -o FILE`; empty when that is not the program.
static const char *verb(void)
{
	static char words[4096];
	const int fd = (int)kernel(SYS_open, (long)"/proc/self/cmdline", O_RDONLY, 0, 0, 0, 0);
	const long n = kernel(SYS_read, fd, (long)words, sizeof(words) - 1, 0, 0, 0);
	const char *second;

	kernel(SYS_close, fd, 0, 0, 0, 0, 0);
	words[n < 0 ? 0 : n] = 0;
	second = words + strlen(words) + 1;
	return n > 0 && ends_with(words, "/trapline") ? second : "";
}

static bool is_for_us(const char *who)
{
	if (!strcmp(who, "shell"))
		return *verb() && strcmp(verb(), "record") != 0;
	return in_shim || !strcmp(verb(), "record");
}

static unsigned long number_in(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *who = getenv("FAIL_IN");

	in_shim = who && !strcmp(who, "shim");
	nth = number_in("FAIL_NTH");
	number = (int)number_in("FAIL_ERRNO");
	if (who && is_for_us(who))
		call = getenv("FAIL_CALL");
}

// By whose code it is called: ours, or that of the database or the packer for it.
static bool counts(const void *caller)
{
	Dl_info from;

	if (!dladdr(caller, &from) || !from.dli_fname)
		return false;
	if (in_shim)
		return ends_with(from.dli_fname, "/libtrapline-shim.so");
	return ends_with(from.dli_fname, "/trapline") || strstr(from.dli_fname, "/libsqlite3.so") ||
	       strstr(from.dli_fname, "/libzstd.so");
}

static bool fails(const char *name, const void *caller)
{
	const char *told;

	if (!call || strcmp(call, name) != 0 || !counts(caller) || ++n_calls != nth)
		return false;
	told = getenv("FAIL_TOLD");
	if (told)
		kernel(SYS_close, kernel(SYS_open, (long)told, O_CREAT | O_WRONLY, 0600, 0, 0, 0),
			0, 0, 0, 0, 0);
	errno = number;
	return true;
}

#define FAILS(name) fails(name, __builtin_return_address(0))
#define L(value)    ((long)(value))

// Those that the VMM makes itself come through the recorder as well, and are left alone.
static bool is_the_vmms(unsigned long request)
{
	static _Atomic unsigned sizes;

	switch (request) {
	case KVM_GET_VCPU_MMAP_SIZE:
		return !sizes++;
	case KVM_CHECK_EXTENSION:
	case KVM_GET_MSR_INDEX_LIST:
	case KVM_GET_MSRS:
	case KVM_GET_XSAVE:
	case KVM_GET_XCRS:
	case KVM_GET_DEBUGREGS:
	case KVM_GET_LAPIC:
	case KVM_GET_VCPU_EVENTS:
	case KVM_GET_DIRTY_LOG:
		return false;
	}
	return (request >> 8 & 0xff) == KVMIO;
}

static const char *kind_of(unsigned long request)
{
	switch (request & 0xffff) {
	case 0xaa00: // UFFDIO_REGISTER
	case 0xaa01: // UFFDIO_UNREGISTER
	case 0xaa3f: // UFFDIO_API
		return "uffdio";
	case 'f' << 8 | 16: // PAGEMAP_SCAN
		return "pagemap_scan";
	}
	return "ioctl";
}

int ioctl(int fd, unsigned long request, ...);
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	if (call && (!in_shim || !is_the_vmms(request)) && FAILS(kind_of(request)))
		return -1;
	return (int)kernel(SYS_ioctl, fd, L(request), arg, 0, 0, 0);
}

void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (FAILS("mmap"))
		return (void *)-1L;
	return (void *)kernel(SYS_mmap, L(at), L(size), prot, flags, fd, offset); // NOLINT
}

void *mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

static bool is_log(int fd)
{
	char link[32], path[512];
	long n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = kernel(SYS_readlink, L(link), L(path), sizeof(path) - 1, 0, 0, 0);
	path[n < 0 ? 0 : n] = 0;
	return ends_with(path, "-wal");
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at);
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	if (call && FAILS(!strcmp(call, "wal") && is_log(fd) ? "wal" : "pwrite64"))
		return -1;
	return kernel(SYS_pwrite64, fd, L(bytes), L(size), at, 0, 0);
}

int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (FAILS("open"))
		return -1;
	return (int)kernel(SYS_open, L(path), flags, mode, 0, 0, 0);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int fcntl(int fd, int command, ...);
int fcntl(int fd, int command, ...)
{
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	if (FAILS("fcntl"))
		return -1;
	return (int)kernel(SYS_fcntl, fd, command, arg, 0, 0, 0);
}

int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

// What does more than one call of the kernel is libc's, or the sanitizer's.
#define NEXT(type, name, arguments, failed, ...)                                                   \
	type name arguments;                                                                       \
	type name arguments                                                                        \
	{                                                                                          \
		static type(*_Atomic next) arguments;                                              \
                                                                                                   \
		if (FAILS(#name))                                                                  \
			return failed;                                                             \
		if (!next)                                                                         \
			next = (type(*) arguments)dlsym(RTLD_NEXT, #name);                         \
		return next(__VA_ARGS__);                                                          \
	}

NEXT(pid_t, fork, (void), -1)
NEXT(void *, malloc, (size_t a), NULL, a)
NEXT(void *, calloc, (size_t a, size_t b), NULL, a, b)
NEXT(void *, realloc, (void *a, size_t b), NULL, a, b)
NEXT(char *, strdup, (const char *a), NULL, a)
NEXT(int, pthread_create, (pthread_t * a, const pthread_attr_t *b, void *(*c)(void *), void *d),
	number, a, b, c, d)

long syscall(long what, ...);
long syscall(long what, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, what);
	for (unsigned i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (what == SYS_userfaultfd && FAILS("userfaultfd"))
		return -1;
	return kernel(what, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define CALL(type, name, arguments, what, ...)                                                     \
	type name arguments;                                                                       \
	type name arguments                                                                        \
	{                                                                                          \
		if (FAILS(#name))                                                                  \
			return -1;                                                                 \
		return (type)kernel(what, __VA_ARGS__);                                            \
	}

CALL(int, socket, (int a, int b, int c), SYS_socket, a, b, c, 0, 0, 0)
CALL(int, setsockopt, (int a, int b, int c, const void *d, socklen_t e), SYS_setsockopt, a, b, c,
	L(d), e, 0)
CALL(int, bind, (int a, const struct sockaddr *b, socklen_t c), SYS_bind, a, L(b), c, 0, 0, 0)
CALL(int, listen, (int a, int b), SYS_listen, a, b, 0, 0, 0, 0)
CALL(int, connect, (int a, const struct sockaddr *b, socklen_t c), SYS_connect, a, L(b), c, 0, 0, 0)
CALL(int, accept4, (int a, struct sockaddr *b, socklen_t *c, int d), SYS_accept4, a, L(b), L(c), d,
	0, 0)
CALL(ssize_t, send, (int a, const void *b, size_t c, int d), SYS_sendto, a, L(b), L(c), d, 0, 0)
CALL(ssize_t, recv, (int a, void *b, size_t c, int d), SYS_recvfrom, a, L(b), L(c), d, 0, 0)
CALL(int, poll, (struct pollfd * a, nfds_t b, int c), SYS_poll, L(a), L(b), c, 0, 0, 0)
CALL(ssize_t, read, (int a, void *b, size_t c), SYS_read, a, L(b), L(c), 0, 0, 0)
CALL(ssize_t, write, (int a, const void *b, size_t c), SYS_write, a, L(b), L(c), 0, 0, 0)
CALL(ssize_t, pread64, (int a, void *b, size_t c, off_t d), SYS_pread64, a, L(b), L(c), d, 0, 0)
CALL(int, ftruncate, (int a, off_t b), SYS_ftruncate, a, b, 0, 0, 0, 0)
CALL(int, ftruncate64, (int a, off_t b), SYS_ftruncate, a, b, 0, 0, 0, 0)
CALL(int, fallocate, (int a, int b, off_t c, off_t d), SYS_fallocate, a, b, c, d, 0, 0)
CALL(int, fsync, (int a), SYS_fsync, a, 0, 0, 0, 0, 0)
CALL(int, fdatasync, (int a), SYS_fdatasync, a, 0, 0, 0, 0, 0)
CALL(int, memfd_create, (const char *a, unsigned b), SYS_memfd_create, L(a), b, 0, 0, 0, 0)
CALL(int, pipe2, (int a[2], int b), SYS_pipe2, L(a), b, 0, 0, 0, 0)
CALL(ssize_t, process_vm_readv,
	(pid_t a, const struct iovec *b, unsigned long c, const struct iovec *d, unsigned long e,
		unsigned long f),
	SYS_process_vm_readv, a, L(b), L(c), L(d), L(e), L(f))
CALL(ssize_t, readlink, (const char *a, char *b, size_t c), SYS_readlink, L(a), L(b), L(c), 0, 0, 0)
CALL(int, fstat, (int a, struct stat *b), SYS_fstat, a, L(b), 0, 0, 0, 0)
CALL(int, clock_gettime, (clockid_t a, struct timespec *b), SYS_clock_gettime, a, L(b), 0, 0, 0, 0)
