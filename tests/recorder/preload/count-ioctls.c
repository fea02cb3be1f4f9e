// SPDX-License-Identifier: MIT
// Somebody else's preloaded library: counts what goes through ioctl() and says so at the end, in the
// file that COUNT_IOCTLS names, if a guest ever ran.
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

int ioctl(int fd, unsigned long request, ...);

static _Atomic unsigned long runs;

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	runs += request == KVM_RUN;
	return next(fd, request, arg);
}

__attribute__((destructor)) static void say(void)
{
	const char *path = getenv("COUNT_IOCTLS");
	FILE *to = path && runs ? fopen(path, "we") : NULL;

	if (!to)
		return;
	fprintf(to, "%lu", runs);
	fclose(to);
}
