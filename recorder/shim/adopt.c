// SPDX-License-Identifier: MIT
// Descriptors that we did not see being made: opened, duplicated, inherited, or sent by another
// process. The kernel says what they are.
#include "recorder/shim/shim.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { KCMP_SAME_FILE = 0 };

static struct tl_shim_object system_object = {
	.users = 1,
	.life = TL_SHIM_LIVE,
	.on = TL_ON_SYSTEM,
};

static struct tl_shim_object *same_file(int fd)
{
	const pid_t pid = tl_shim_pid();

	if (!tl_shim_may(SYS_kcmp))
		return NULL;

	for (int other = 0; other < TL_SHIM_DESCRIPTORS; other++)
		if (tl_shim_descriptor_known(other) && other != fd &&
			!syscall(SYS_kcmp, pid, pid, KCMP_SAME_FILE, fd, other))
			return tl_shim_object_get(other);
	return NULL;
}

static struct tl_shim_object *adopt_vm(int fd)
{
	struct tl_shim_vm *vm = tl_shim_vm_new();

	if (!vm)
		return NULL;
	tl_shim_vm_opened(vm, fd, 0, true);
	return &vm->object;
}

// A vCPU whose VM we cannot know stands in a VM of its own, which the trace marks as adopted.
static struct tl_shim_object *adopt_vcpu(int fd)
{
	struct tl_shim_vm *vm = tl_shim_vm_new();
	struct tl_shim_vcpu *vcpu = vm ? tl_shim_vcpu_new(vm, fd) : NULL;

	if (vcpu) {
		tl_shim_vm_opened(vm, -1, 0, true);
		tl_shim_vcpu_opened(vcpu, UINT64_MAX, true);
	}
	if (vm)
		tl_shim_object_put(&vm->object);
	return vcpu ? &vcpu->object : NULL;
}

static struct tl_shim_object *by_link(int fd, const char *link)
{
	struct tl_shim_device *device;

	if (!strcmp(link, "/dev/kvm")) {
		atomic_fetch_add(&system_object.users, 1);
		return &system_object;
	}
	if (!strcmp(link, "anon_inode:kvm-vm"))
		return adopt_vm(fd);
	if (!strncmp(link, "anon_inode:kvm-vcpu", 19))
		return adopt_vcpu(fd);
	if (strncmp(link, "anon_inode:kvm-", 15) != 0)
		return NULL;
	device = tl_shim_device_new();
	if (device)
		device->vm = TL_NO_VM;
	return device ? &device->object : NULL;
}

// Said once for a descriptor: what it stands for is not looked for again.
static struct tl_shim_object *unrecorded(const char *link)
{
	if (strncmp(link, "anon_inode:kvm-v", 16) != 0)
		return NULL;
	tl_shim_notice(tl_shim_process_ring(), TL_NO_VCPU, TL_NOTICE_ERROR,
		"no ring is free: a VM or vCPU that came from elsewhere is not recorded");
	return tl_shim_object_unrecorded();
}

static bool may_ask_name(void)
{
#ifdef SYS_readlink
	return tl_shim_may(SYS_readlink);
#else
	return tl_shim_may(SYS_readlinkat);
#endif
}

// Without its name, /dev/kvm is told by its number (Documentation/admin-guide/devices.txt).
static bool is_dev_kvm(int fd)
{
	struct stat st;

	return tl_shim_may(SYS_fstat) && tl_shim_may(SYS_newfstatat) && !fstat(fd, &st) &&
	       S_ISCHR(st.st_mode) && st.st_rdev == makedev(10, 232);
}

static bool name(int fd, char *ret, size_t size)
{
	char path[40];

	if (!may_ask_name()) {
		snprintf(ret, size, "%s", is_dev_kvm(fd) ? "/dev/kvm" : "");
		return *ret;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, ret, size - 1) >= 0;
}

// A descriptor that we did not see being made: duplicated, inherited or sent by another process.
// One user is for the caller.
struct tl_shim_object *tl_shim_adopt(int fd)
{
	struct tl_shim_object *object;
	char link[64] = "";

	if (fd < 0 || fd >= TL_SHIM_DESCRIPTORS || !name(fd, link, sizeof(link)))
		return NULL;
	object = strncmp(link, "anon_inode:", 11) ? NULL : same_file(fd);
	if (!object)
		object = by_link(fd, link);
	if (!object)
		object = unrecorded(link);
	if (!object)
		return NULL;
	atomic_fetch_add(&object->users, 1);
	tl_shim_descriptor_made(fd, object);
	return object;
}
