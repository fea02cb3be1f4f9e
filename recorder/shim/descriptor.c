// SPDX-License-Identifier: MIT
// What each KVM descriptor of this process is. Objects come from pools and are never given back to
// the system, so that a thread that looks one up while another closes it finds an object still.
#include "recorder/shim/shim.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	DESCRIPTORS = 1 << 16,
	VMS = 64,
	VCPUS = 1024,
	DEVICES = 256,
	PAGE = 4096,
	KCMP_SAME_FILE = 0
};

static _Atomic(struct tl_shim_object *) table[DESCRIPTORS];
static struct tl_shim_object system_object = {
	.users = 1,
	.life = TL_SHIM_LIVE,
	.on = TL_ON_SYSTEM,
};
static struct tl_shim_vm *vms[VMS];
static struct tl_shim_vcpu *vcpus[VCPUS];
static struct tl_shim_device devices[DEVICES];

static void *pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

// A thread that looks an object up may hold a free one for a moment, so users are added, never set.
static bool take(struct tl_shim_object *object, enum tl_descriptor on)
{
	uint32_t life = TL_SHIM_FREE;

	if (!atomic_compare_exchange_strong(&object->life, &life, TL_SHIM_CHANGING))
		return false;
	object->on = on;
	atomic_fetch_add(&object->users, 1);
	return true;
}

// The first free object of a pool, its memory made on first use and everything behind its head
// zeroed.
static void *from_pool(void **pool, unsigned n, size_t size, enum tl_descriptor on)
{
	for (unsigned i = 0; i < n; i++) {
		if (!pool[i])
			pool[i] = pages(size);
		if (!pool[i] || !take(pool[i], on))
			continue;
		memset((char *)pool[i] + sizeof(struct tl_shim_object), 0,
			size - sizeof(struct tl_shim_object));
		atomic_store(&((struct tl_shim_object *)pool[i])->life, TL_SHIM_LIVE);
		return pool[i];
	}
	return NULL;
}

struct tl_shim_vm *tl_shim_vm_new(void)
{
	struct tl_shim_vm *vm = from_pool((void **)vms, VMS, sizeof(*vm), TL_ON_VM);

	if (vm)
		vm->index = atomic_fetch_add(&tl_shim_arena->vms, 1);
	return vm;
}

static bool map_run(struct tl_shim_vcpu *vcpu, int fd)
{
	void *at = mmap(NULL, vcpu->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	vcpu->run = at == MAP_FAILED ? NULL : at;
	return vcpu->run;
}

struct tl_shim_vcpu *tl_shim_vcpu_new(struct tl_shim_vm *vm, int fd)
{
	struct tl_shim_vcpu *vcpu = from_pool((void **)vcpus, VCPUS, sizeof(*vcpu), TL_ON_VCPU);

	if (!vcpu)
		return NULL;
	vcpu->index = atomic_fetch_add(&tl_shim_arena->vcpus, 1);
	vcpu->vm = vm;
	atomic_fetch_add(&vm->object.users, 1);
	vcpu->key = true;
	vcpu->run_bytes = tl_shim_host()->run_bytes ? tl_shim_host()->run_bytes : PAGE;
	if (map_run(vcpu, fd) && tl_shim_ring_claim(&vcpu->ring))
		return vcpu;
	tl_shim_object_put(&vcpu->object);
	return NULL;
}

// Returns when no vCPU reads memory of the slots as they were before.
void tl_shim_wait_for_readers(const struct tl_shim_vm *vm)
{
	for (unsigned i = 0; i < VCPUS && vcpus[i]; i++)
		while (vcpus[i]->vm == vm && atomic_load(&vcpus[i]->reading))
			sched_yield();
}

struct tl_shim_device *tl_shim_device_new(void)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (take(&devices[i].object, TL_ON_DEVICE)) {
			atomic_store(&devices[i].object.life, TL_SHIM_LIVE);
			return &devices[i];
		}
	return NULL;
}

static void let_go(struct tl_shim_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_bytes);
	vcpu->run = NULL;
	if (vcpu->extras)
		munmap(vcpu->extras, TL_SHIM_EXTRAS);
	vcpu->extras = NULL;
	tl_shim_ring_free(&vcpu->ring);
	tl_shim_object_put(&vcpu->vm->object);
}

static void closed(const struct tl_shim_object *object)
{
	const struct tl_shim_vcpu *vcpu = (const void *)object;
	struct tl_shim_ring *ring = tl_shim_process_ring();
	struct tl_record_closed *body;

	if (object->on != TL_ON_VM && object->on != TL_ON_VCPU)
		return;
	body = tl_shim_reserve(ring, TL_NO_VCPU, sizeof(*body), 0);
	if (!body)
		return;
	*body = (struct tl_record_closed){
		.seq = atomic_load(&tl_shim_arena->seq), .time = tl_shim_now(), .vcpu = TL_NO_VCPU
	};
	if (object->on == TL_ON_VCPU)
		body->vcpu = vcpu->index;
	body->vm = object->on == TL_ON_VCPU
			   ? vcpu->vm->index
			   : ((const struct tl_shim_vm *)(const void *)object)->index;
	tl_ring_commit(body, TL_RECORD_CLOSED, sizeof(*body));
}

void tl_shim_object_put(struct tl_shim_object *object)
{
	uint32_t life = TL_SHIM_LIVE;

	if (atomic_fetch_sub(&object->users, 1) != 1 ||
		!atomic_compare_exchange_strong(&object->life, &life, TL_SHIM_CHANGING))
		return;
	closed(object);
	if (object->on == TL_ON_VCPU)
		let_go((struct tl_shim_vcpu *)object);
	atomic_store(&object->life, TL_SHIM_FREE);
}

struct tl_shim_object *tl_shim_object_get(int fd)
{
	struct tl_shim_object *object;

	if (fd < 0 || fd >= DESCRIPTORS)
		return NULL;
	while ((object = atomic_load_explicit(&table[fd], memory_order_acquire))) {
		atomic_fetch_add_explicit(&object->users, 1, memory_order_acq_rel);
		if (atomic_load(&table[fd]) == object)
			return object;
		tl_shim_object_put(object);
	}
	return NULL;
}

// Consumes the caller's user of `object`: it is the descriptor's now.
struct tl_shim_object *tl_shim_created(int fd, struct tl_shim_object *object)
{
	struct tl_shim_object *before;

	if (fd < 0 || fd >= DESCRIPTORS) {
		tl_shim_object_put(object);
		return NULL;
	}
	before = atomic_exchange(&table[fd], object);
	if (before)
		tl_shim_object_put(before);
	return object;
}

void tl_shim_descriptor_closed(int fd)
{
	struct tl_shim_object *object;

	if (fd < 0 || fd >= DESCRIPTORS || !atomic_load(&table[fd]))
		return;
	object = atomic_exchange(&table[fd], NULL);
	if (object)
		tl_shim_object_put(object);
}

void tl_shim_descriptor_copied(int from, int to)
{
	struct tl_shim_object *object;

	if (from == to || to < 0)
		return;
	object = tl_shim_object_get(from);
	tl_shim_descriptor_closed(to);
	if (object)
		tl_shim_created(to, object);
}

static struct tl_shim_object *same_file(int fd)
{
	const pid_t pid = getpid();

	for (int other = 0; other < DESCRIPTORS; other++)
		if (atomic_load_explicit(&table[other], memory_order_relaxed) && other != fd &&
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

	if (!vcpu)
		return NULL;
	tl_shim_vm_opened(vm, -1, 0, true);
	tl_shim_vcpu_opened(vcpu, UINT64_MAX, true);
	tl_shim_object_put(&vm->object);
	return &vcpu->object;
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

// A descriptor that we did not see being made: duplicated, inherited or sent by another process.
// One user is for the caller.
struct tl_shim_object *tl_shim_adopt(int fd)
{
	struct tl_shim_object *object;
	char path[40], link[64] = "";

	if (fd < 0 || fd >= DESCRIPTORS)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		return NULL;
	object = strncmp(link, "anon_inode:", 11) ? NULL : same_file(fd);
	if (!object)
		object = by_link(fd, link);
	if (!object)
		return NULL;
	atomic_fetch_add(&object->users, 1);
	tl_shim_created(fd, object);
	return object;
}
