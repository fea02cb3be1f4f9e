// SPDX-License-Identifier: MIT
// What KVM descriptors stand for: VMs, vCPUs, devices. They come from pools and are never given back
// to the system, so that a thread that looks one up while another closes it finds an object still.
#include "recorder/shim/shim.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

enum { VMS = 64, VCPUS = 1024, DEVICES = 256, PAGE = 4096 };

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
	atomic_store(&object->life, TL_SHIM_FREE);
}
