// SPDX-License-Identifier: MIT
// Memory that changes in every way that KVM has: the guest and the VMM write at random, slots come, go
// and move. What is in it is dumped now and then, for somebody else to hold against.
#include "tests/recorder/foreign/memory.h"

#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	UNIT = DUMP_UNIT,
	SLOTS = 9,
	RAM_SIZE = 4 * UNIT,
	EXTRA_PAGES = UNIT / DUMP_PAGE,
	HOLED_PAGES = UNIT / 4 / DUMP_PAGE,
	SMM = 1 << 16, // x86's other address space
};

// Host memory that slots show: the same may be shown more than once.
struct memory {
	uint8_t *at;
	size_t size;
	bool gone[RAM_SIZE / DUMP_PAGE];
};

enum { LOW, RAM, SHARED, EXTRA, ROM, HOLED, MEMORIES };

struct slot {
	struct kvm_userspace_memory_region region;
	struct memory *memory;
};

static struct memory memories[MEMORIES];
static struct slot slots[SLOTS];
static struct vm vm;
static struct vcpu vcpu;
static FILE *file;
static uint64_t seed = 88172645463325252;

static uint64_t number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t below(uint64_t n)
{
	return (number() >> 8) % n;
}

static void set(unsigned slot, uint32_t id, uint32_t flags, uint64_t gpa, struct memory *memory,
	uint64_t offset, uint64_t size)
{
	slots[slot].memory = memory;
	slots[slot].region = (struct kvm_userspace_memory_region){ .slot = id,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory->at + offset };
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &slots[slot].region))
		die("KVM_SET_USER_MEMORY_REGION");
}

static void drop(unsigned slot)
{
	struct kvm_userspace_memory_region region = slots[slot].region;

	region.memory_size = 0;
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	slots[slot].region.memory_size = 0;
}

static void map(struct memory *memory, size_t size, int flags, int fd)
{
	const uintptr_t huge = 2 << 20;
	char *at = mmap(NULL, size + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("memory");
	at += -(uintptr_t)at & (huge - 1);
	memory->at = mmap(at, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	memory->size = size;
	if (memory->at == MAP_FAILED)
		die("memory");
}

// A file that nobody has read for a while.
static void map_rom(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die(path);
	map(&memories[ROM], UNIT / 4, MAP_PRIVATE, fd);
	madvise(memories[ROM].at, UNIT / 4, MADV_RANDOM); // no page comes for another's sake
	close(fd);
}

static void map_all(const char *rom)
{
	int shared = memfd_create("guest", MFD_CLOEXEC);

	if (shared < 0 || ftruncate(shared, UNIT))
		die("memfd_create");
	map(&memories[LOW], UNIT / 2, MAP_SHARED | MAP_ANONYMOUS, -1);
	map(&memories[RAM], RAM_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map(&memories[SHARED], UNIT, MAP_SHARED, shared);
	map(&memories[EXTRA], UNIT, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map(&memories[HOLED], UNIT / 4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map_rom(rom);
	madvise(memories[RAM].at, RAM_SIZE, MADV_HUGEPAGE);
	close(shared);
}

static void set_all(void)
{
	set(0, 0, 0, 0, &memories[LOW], 0, UNIT / 2);
	set(1, 1, 0, 8 * UNIT, &memories[RAM], 0, RAM_SIZE);
	set(2, 2, 0, 32 * UNIT, &memories[RAM], UNIT, UNIT); // an alias
	set(3, 3, 0, 48 * UNIT, &memories[SHARED], 0, UNIT);
	set(4, 4, KVM_MEM_READONLY, 64 * UNIT, &memories[ROM], 0, UNIT / 4);
	set(5, 5, 0, 80 * UNIT, &memories[EXTRA], 0, UNIT);
	set(8, 6, 0, 96 * UNIT, &memories[HOLED], 0, UNIT / 4);
	if (ioctl(vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE) > 1) {
		set(6, SMM, 0, 0, &memories[LOW], 0, UNIT / 2);
		set(7, SMM | 1, 0, 8 * UNIT, &memories[EXTRA], UNIT / 2, UNIT / 2);
	}
}

static void open_machine(const char *rom)
{
	struct kvm_userspace_memory_region none = { 0 };

	map_all(rom);
	vm_open(&vm);
	vcpu_open(&vm, 0, scribble_loop, sizeof(scribble_loop), &vcpu);
	if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &none)) // that of machine.c
		die("KVM_SET_USER_MEMORY_REGION");
	memcpy(memories[LOW].at + CODE_AT, scribble_loop, sizeof(scribble_loop));
	vcpu_start_flat(&vcpu);
	set_all();
}

static void dump_slot(const struct slot *slot)
{
	const struct kvm_userspace_memory_region *r = &slot->region;
	const struct dumped_slot head = { r->slot, r->flags, r->guest_phys_addr, r->memory_size };
	const uint8_t *host = (const uint8_t *)(uintptr_t)r->userspace_addr; // NOLINT
	uint64_t word;

	fwrite(&head, sizeof(head), 1, file);
	for (uint64_t at = 0; at < r->memory_size; at += DUMP_PAGE) {
		const bool gone = slot->memory->gone[(host + at - slot->memory->at) / DUMP_PAGE];

		word = gone ? DUMP_GONE : dump_hash(host + at);
		fwrite(&word, sizeof(word), 1, file);
	}
}

static void dump(uint64_t seq, uint32_t phase)
{
	struct dump head = { seq, phase, 0 };

	for (unsigned i = 0; i < SLOTS; i++)
		head.slots += slots[i].region.memory_size != 0;
	fwrite(&head, sizeof(head), 1, file);
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].region.memory_size)
			dump_slot(&slots[i]);
}

// Some bytes, a page of them, or zeroes; shown by a slot or not.
static void write_somewhere(struct memory *memory)
{
	const uint64_t page = below(memory->size / DUMP_PAGE), what = below(8);
	uint8_t *at = memory->at + page * DUMP_PAGE;

	if (memory->gone[page] || (memory == &memories[LOW] && page == CODE_AT / DUMP_PAGE))
		return;
	if (what == 0)
		memset(at, 0, DUMP_PAGE);
	else if (what == 1)
		for (unsigned i = 0; i < DUMP_PAGE; i += 8)
			memcpy(at + i, &(uint64_t){ number() }, 8);
	else
		at[below(DUMP_PAGE)] ^= (uint8_t)(1 + below(255));
}

static void *write_meanwhile(void *arg)
{
	volatile uint8_t *at = memories[RAM].at;
	uint32_t n = *(uint32_t *)arg;

	for (unsigned i = 0; i < 200; i++) {
		n = n * 1664525 + 1013904223;
		at[n % (UNIT / 2)]++;
	}
	return NULL;
}

static void write_some(void)
{
	static uint32_t start;
	pthread_t thread;

	start++;
	if (pthread_create(&thread, NULL, write_meanwhile, &start))
		die("pthread_create");
	pthread_join(thread, NULL);
	for (uint64_t n = below(12); n; n--)
		write_somewhere(&memories[below(MEMORIES)]);
}

static void discard(void)
{
	const uint64_t start = below(RAM_SIZE / DUMP_PAGE) * DUMP_PAGE;
	const uint64_t size = below(4) ? DUMP_PAGE * (1 + below(8)) : RAM_SIZE;

	madvise(memories[RAM].at + start, size < RAM_SIZE - start ? size : RAM_SIZE - start,
		MADV_DONTNEED);
}

// Other memory in the same place.
static void replace(void)
{
	uint8_t *at = memories[EXTRA].at + below(EXTRA_PAGES / 2) * DUMP_PAGE;

	if (mmap(at, 16 * DUMP_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		die("mmap");
	if (below(2))
		memset(at, 0x5a, 3 * DUMP_PAGE);
}

// Nothing in its place, or something again where nothing was.
static void make_hole(void)
{
	struct memory *m = &memories[HOLED];
	const uint64_t page = below(HOLED_PAGES - 4), n = 1 + below(4);
	uint8_t *at = m->at + page * DUMP_PAGE;
	const bool goes = !m->gone[page];

	if (goes && munmap(at, n * DUMP_PAGE))
		die("munmap");
	if (!goes && mmap(at, n * DUMP_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		die("mmap");
	for (uint64_t i = page; i < page + n; i++)
		m->gone[i] = goes;
	if (!goes)
		*at = 1;
}

static void change_flags(void)
{
	const struct slot s = slots[1];

	set(1, 1, s.region.flags ^ KVM_MEM_LOG_DIRTY_PAGES, s.region.guest_phys_addr, s.memory, 0,
		s.region.memory_size);
}

static void move(void)
{
	set(1, 1, slots[1].region.flags, (slots[1].region.guest_phys_addr ^ 16 * UNIT),
		&memories[RAM], 0, RAM_SIZE);
}

// Gone, there, longer or shorter, or another part of the same.
static void resize(void)
{
	const uint64_t size = (1 + below(EXTRA_PAGES / 2)) * DUMP_PAGE,
		       offset = below(EXTRA_PAGES / 2) * DUMP_PAGE;

	if (slots[5].region.memory_size)
		drop(5);
	if (below(4))
		set(5, 5, 0, 80 * UNIT + offset, &memories[EXTRA], offset, size);
}

static void change_alias(void)
{
	drop(2);
	if (below(2))
		set(2, 2, 0, 32 * UNIT, &memories[below(2) ? RAM : EXTRA], 0, UNIT);
	else
		set(2, 2, 0, 32 * UNIT, &memories[RAM], below(4) * UNIT, UNIT);
}

static void change_something(void)
{
	static void (*const ways[])(void) = { discard, replace, make_hole, make_hole, change_flags,
		move, resize, change_alias };

	ways[below(sizeof(ways) / sizeof(*ways))]();
}

// Where the guest writes next; the code's page is not there.
static void aim(void)
{
	const struct slot *slot;
	uint64_t base, mask;

	do
		slot = &slots[1 + below(5)];
	while (!slot->region.memory_size);
	base = slot->region.guest_phys_addr;
	mask = slot->region.memory_size >= UNIT ? UNIT - 4 : DUMP_PAGE - 4;
	if (slot == &slots[1] && below(2)) {
		base += UNIT;
		mask = 2 * UNIT - 4;
	}
	vcpu_aim(&vcpu, base, mask);
}

static void answer(bool calm)
{
	const uint32_t next = (uint32_t)number();

	if (!asks(&vcpu) && vcpu.run->exit_reason == KVM_EXIT_MMIO) // the ROM was written
		return;
	if (!asks(&vcpu))
		die("an exit of another kind");
	answer_number(&vcpu, next);
	if (!calm)
		write_some();
	if (!calm && !below(4))
		change_something();
}

static uint64_t go_on(uint64_t seq)
{
	const bool calm = below(3) == 0, aims = below(2), dumps = below(8) == 0;

	run_times(vcpu.fd, 1);
	if (dumps)
		dump(seq, 0);
	answer(calm);
	// Registers may change only when the access is done.
	if (aims && asks(&vcpu)) {
		vcpu.run->immediate_exit = 1;
		if (dumps)
			dump(seq, 1);
		run(vcpu.fd);
		vcpu.run->immediate_exit = 0;
		seq++;
		aim();
	}
	if (dumps)
		dump(seq, 1);
	return seq;
}

/** FILE ROM EXITS SEED */
int mode_memory(char **argv)
{
	const uint64_t n = (uint64_t)atoi(argv[3]);

	file = fopen(argv[1], "we");
	if (!file)
		die(argv[1]);
	seed += (uint64_t)atoi(argv[4]) * 0x9e3779b97f4a7c15;
	open_machine(argv[2]);
	for (unsigned i = 0; i < 100; i++)
		write_somewhere(&memories[below(MEMORIES)]);
	aim();
	if (atoi(argv[4]) % 2) // to read the ROM would be to have it in memory
		dump(0, 1);
	for (uint64_t seq = 1; seq <= n; seq++)
		seq = go_on(seq);
	run_times(vcpu.fd, 1);
	return fclose(file) != 0;
}

static void aim_at_death(void)
{
	vcpu_aim_at_death(&vcpu, memories[LOW].at + 0x2000, 0x2000, 8 * UNIT + 0x3ff0);
}

int mode_memory_death(char **argv)
{
	file = fopen(argv[1], "we");
	if (!file)
		die(argv[1]);
	open_machine(argv[2]);
	for (unsigned i = 0; i < 200; i++)
		write_somewhere(&memories[below(MEMORIES)]);
	make_hole();
	aim_at_death();
	for (uint64_t seq = 1; seq <= (uint64_t)atoi(argv[3]); seq++) {
		if (!dies(&vcpu))
			die("the guest lives");
		dump(seq, 0);
		for (unsigned i = 0; i < 20; i++)
			write_somewhere(&memories[below(MEMORIES)]);
		aim_at_death();
	}
	return fclose(file) != 0;
}
