// SPDX-License-Identifier: MIT
// What KVM descriptors stand for: VMs, vCPUs, devices. They come from pools and are never given back
// to the system, so that a thread that looks one up while another closes it finds an object still.
#include "recorder/shim/shim.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { VMS = 64, VCPUS = 1024, DEVICES = 256, PAGE = 4096 };

static struct tl_shim_vm *vms[VMS];
static struct tl_shim_vcpu *vcpus[VCPUS];
static struct tl_shim_device devices[DEVICES];

void *tl_shim_pages(size_t size)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at = MAP_FAILED;

	if (tl_shim_may(SYS_mmap, 0, size, prot, flags, UINT64_MAX, 0))
		at = mmap(NULL, size, prot, flags, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

// A thread that looks an object up may hold a free one for a moment, so users are added, never set.
static bool take(struct tl_shim_object *object)
{
	uint32_t life = TL_SHIM_FREE;

	if (!atomic_compare_exchange_strong(&object->life, &life, TL_SHIM_CHANGING))
		return false;
	atomic_fetch_add(&object->users, 1);
	return true;
}

// Two threads may want the first one at the same time.
static void *member(void **place, size_t size)
{
	void *there = __atomic_load_n(place, __ATOMIC_ACQUIRE), *made;

	if (there)
		return there;
	made = tl_shim_pages(size);
	if (made && !__atomic_compare_exchange_n(
			    place, &there, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		munmap(made, size);
	else
		there = made;
	return there;
}

// The first free object of a pool, its memory made on first use. Behind its head all is zero: in a new
// one from the start, so that most of a VM is never touched.
static void *from_pool(void **pool, unsigned n, size_t size, enum tl_descriptor on)
{
	for (unsigned i = 0; i < n; i++) {
		struct tl_shim_object *object = member(&pool[i], size);

		if (!object || !take(object))
			continue;
		if (object->on)
			memset(object + 1, 0, size - sizeof(*object));
		object->on = on;
		atomic_store(&object->life, TL_SHIM_LIVE);
		return object;
	}
	return NULL;
}

static struct tl_shim_object unrecorded = { .users = 1, .life = TL_SHIM_LIVE };

struct tl_shim_object *tl_shim_object_unrecorded(void)
{
	atomic_fetch_add(&unrecorded.users, 1);
	return &unrecorded;
}

bool tl_shim_object_is_recorded(const struct tl_shim_object *object)
{
	return object != &unrecorded;
}

void tl_shim_objects_forget(void)
{
	memset(vms, 0, sizeof(vms));
	memset(vcpus, 0, sizeof(vcpus));
	memset(devices, 0, sizeof(devices));
}

struct tl_shim_vm *tl_shim_vm_new(void)
{
	struct tl_shim_vm *vm = from_pool((void **)vms, VMS, sizeof(*vm), TL_ON_VM);

	if (vm)
		vm->index = atomic_fetch_add(&tl_shim_arena->vms, 1);
	return vm;
}

bool tl_shim_vm_watching(const struct tl_shim_vm *but, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < VMS && vms[i]; i++)
		if (vms[i] != but && atomic_load(&vms[i]->object.life) == TL_SHIM_LIVE &&
			tl_shim_ranges_meet(&vms[i]->watch.range, start, end))
			return true;
	return false;
}

static bool map_run(struct tl_shim_vcpu *vcpu, int fd)
{
	const int prot = PROT_READ | PROT_WRITE;
	void *at = MAP_FAILED;

	if (tl_shim_may(SYS_mmap, 0, vcpu->run_bytes, prot, MAP_SHARED, (uint64_t)fd, 0))
		at = mmap(NULL, vcpu->run_bytes, prot, MAP_SHARED, fd, 0);
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
	if (map_run(vcpu, fd) && tl_shim_ring_claim(&vcpu->ring)) {
		atomic_store(&vcpu->entries, 1);
		return vcpu;
	}
	tl_shim_object_put(&vcpu->object);
	return NULL;
}

// One with a number of entries is whole, and as long as we are one of its users it stays so.
void tl_shim_each_other(const struct tl_shim_vcpu *vcpu, tl_shim_vcpu_fn *each, void *ctx)
{
	for (unsigned i = 0; i < VCPUS && vcpus[i]; i++) {
		struct tl_shim_vcpu *other = vcpus[i];

		if (other == vcpu)
			continue;
		atomic_fetch_add(&other->object.users, 1);
		if (atomic_load(&other->object.life) == TL_SHIM_LIVE &&
			atomic_load(&other->entries) && other->vm == vcpu->vm)
			each(ctx, other);
		tl_shim_object_put(&other->object);
	}
}

// One that comes in between is in KVM_RUN now, or has another number of entries later.
static void count(void *ctx, struct tl_shim_vcpu *vcpu)
{
	struct tl_shim_others *others = ctx;

	others->entries += atomic_load(&vcpu->entries);
	others->running += atomic_load(&vcpu->running);
}

struct tl_shim_others tl_shim_others(const struct tl_shim_vcpu *vcpu)
{
	struct tl_shim_others others = { 0 };

	tl_shim_each_other(vcpu, count, &others);
	return others;
}

const void *tl_shim_thread(void)
{
	static _Thread_local char here;

	return &here;
}

static bool read_by_another(const struct tl_shim_vcpu *vcpu)
{
	const void *thread = atomic_load(&vcpu->reading);

	return thread && thread != tl_shim_thread();
}

// Returns when no vCPU reads memory of the slots as they were before. A thread does not wait for
// itself, when a signal handler of the VMM changes slots in the middle of its own reading.
void tl_shim_wait_for_readers(const struct tl_shim_vm *vm)
{
	for (unsigned i = 0; i < VCPUS && vcpus[i]; i++)
		while (vcpus[i]->vm == vm && read_by_another(vcpus[i]))
			if (tl_shim_may(SYS_sched_yield))
				sched_yield();
}

struct tl_shim_device *tl_shim_device_new(void)
{
	for (unsigned i = 0; i < DEVICES; i++)
		if (take(&devices[i].object)) {
			devices[i].object.on = TL_ON_DEVICE;
			atomic_store(&devices[i].object.life, TL_SHIM_LIVE);
			return &devices[i];
		}
	return NULL;
}

static void let_go(struct tl_shim_vcpu *vcpu)
{
	const bool may = tl_shim_may(SYS_munmap);

	if (vcpu->run && may)
		munmap(vcpu->run, vcpu->run_bytes);
	vcpu->run = NULL;
	if (vcpu->extras && may)
		munmap(vcpu->extras, TL_SHIM_EXTRAS);
	vcpu->extras = NULL;
	tl_shim_ring_free(&vcpu->ring);
	tl_shim_object_put(&vcpu->vm->object);
}

static void end_vm(struct tl_shim_vm *vm)
{
	if (vm->let_go)
		vm->let_go(vm);
}

// A vCPU's end stands in its own ring, behind its beginning; rings are not in order among each other.
static void closed(struct tl_shim_object *object)
{
	struct tl_shim_vcpu *vcpu = object->on == TL_ON_VCPU ? (void *)object : NULL;
	const struct tl_shim_vm *vm = vcpu ? vcpu->vm : (const void *)object;
	struct tl_record_closed *body;

	if (object->on != TL_ON_VM && object->on != TL_ON_VCPU)
		return;
	body = tl_shim_reserve(vcpu ? &vcpu->ring : tl_shim_process_ring(),
		vcpu ? vcpu->index : TL_NO_VCPU, sizeof(*body), 0);
	if (!body)
		return;
	*body = (struct tl_record_closed){ .seq = atomic_load(&tl_shim_arena->seq),
		.time = tl_shim_now(),
		.vm = vm->index,
		.vcpu = vcpu ? vcpu->index : TL_NO_VCPU };
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
	else if (object->on == TL_ON_VM)
		end_vm((struct tl_shim_vm *)object);
	atomic_store(&object->life, TL_SHIM_FREE);
}
