// SPDX-License-Identifier: MIT
#include "recorder/collector/host.h"

#include "schema/wire/idsr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS = 1 << 16, CPU_LINE = 1 << 13 };

static void ask(int fd, struct tl_host_kvm *kvm)
{
	kvm->api_version = ioctl(fd, KVM_GET_API_VERSION, 0);
	kvm->sync_regs = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
	kvm->coalesced = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	kvm->nisv = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_NISV_TO_USER);
	kvm->ipa_bits = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	kvm->idsr = TL_ARCH_HOST.id == TL_ARCH_ARM64
			    ? ioctl(fd, KVM_CHECK_EXTENSION, TL_CAP_ARM_IDSR_TO_USER)
			    : 0;
}

struct tl_host_kvm tl_host_ask_kvm(void)
{
	struct tl_host_kvm kvm = { .api_version = -1 };
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		kvm.error = errno;
		return kvm;
	}
	ask(fd, &kvm);
	close(fd);
	return kvm;
}

// The first line of /proc/cpuinfo that has one of two names; empty where there is none.
static void cpu_line(const char *name, const char *other, char *ret, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[CPU_LINE];

	ret[0] = 0;
	while (f && !ret[0] && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');

		line[strcspn(line, "\n")] = 0;
		if (colon && (!strncmp(line, name, strlen(name)) ||
				     !strncmp(line, other, strlen(other))))
			snprintf(ret, room, "%s", colon[1] == ' ' ? colon + 2 : colon + 1);
	}
	if (f)
		fclose(f);
}

static struct tl_error *describe_cpu(struct tl_writer *writer)
{
	struct tl_error *err;
	char text[CPU_LINE];

	cpu_line("model name", "CPU part", text, sizeof(text));
	err = tl_writer_meta(writer, "cpu", text);
	if (err)
		return err;
	cpu_line("flags", "Features", text, sizeof(text));
	return tl_writer_meta(writer, "cpu_features", text);
}

static void join(const char *const *arguments, char *ret, size_t room)
{
	size_t n = 0;

	ret[0] = 0;
	for (; *arguments && n < room; arguments++)
		n += (size_t)snprintf(ret + n, room - n, "%s%s", n ? " " : "", *arguments);
}

static struct tl_error *describe_vmm(struct tl_writer *writer, const char *const *arguments)
{
	char *joined = malloc(ARGUMENTS);
	struct tl_error *err;

	if (!joined)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	join(arguments, joined, ARGUMENTS);
	err = tl_writer_meta(writer, "vmm", joined);
	free(joined);
	return err;
}

static struct tl_error *describe_kvm(struct tl_writer *writer)
{
	const struct tl_host_kvm kvm = tl_host_ask_kvm();
	struct tl_error *err = NULL;

	if (kvm.error)
		return NULL;
	err = tl_writer_meta_int(writer, "kvm_api", kvm.api_version);
	if (!err && TL_ARCH_HOST.id == TL_ARCH_ARM64)
		err = tl_writer_meta_int(writer, "host_ipa_bits", kvm.ipa_bits);
	return err;
}

struct tl_error *tl_host_describe(struct tl_writer *writer, const char *const *arguments)
{
	struct tl_error *err;
	struct utsname host;

	uname(&host);
	err = tl_writer_meta(writer, "kernel", host.release);
	if (!err)
		err = tl_writer_meta(writer, "kernel_version", host.version);
	if (!err)
		err = describe_cpu(writer);
	if (!err)
		err = tl_writer_meta(writer, "trapline", TL_VERSION);
	if (!err)
		err = tl_writer_meta_int(writer, "started", (int64_t)time(NULL));
	if (!err)
		err = describe_kvm(writer);
	return err || !arguments ? err : describe_vmm(writer, arguments);
}
