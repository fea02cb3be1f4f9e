// SPDX-License-Identifier: MIT
// VMMs that want to know themselves what the guest has written: KVM's dirty log and dirty ring.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/memory.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	LOG = KVM_MEM_LOG_DIRTY_PAGES,
	PAGE = DUMP_PAGE,
	FIRST = 1,
	FIRST_AT = 0x20000,
	FIRST_PAGES = 70,
	SECOND = 2,
	SECOND_AT = 0x80000,
	SECOND_PAGES = 65,
	MOVED_AT = 0xe0000 - FIRST_PAGES * PAGE,
	WORDS = 2,
	RING_PAGES = 16,
};

#ifdef __x86_64__
enum { RING = KVM_CAP_DIRTY_LOG_RING, OFTEN_US = 100 };
#else
enum { RING = 223 /* KVM_CAP_DIRTY_LOG_RING_ACQ_REL */, OFTEN_US = 3000 /* it is emulated */ };
#endif

static struct vm vm;
static struct vcpu vcpu;
static uint8_t *first, *second;

static uint8_t *some_memory(unsigned pages)
{
	void *at = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("memory");
	return at;
}

static int try_set(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = (uint64_t)pages * PAGE,
		.userspace_addr = (uintptr_t)(slot == FIRST ? first : second) };

	return ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

static void set(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages)
{
	errno = try_set(slot, flags, gpa, pages);
	if (errno)
		die("KVM_SET_USER_MEMORY_REGION");
}

static void set_first(uint32_t flags)
{
	set(FIRST, flags, FIRST_AT, FIRST_PAGES);
}

// The guest writes to that page, and to none but its own.
static void poke(uint64_t gpa)
{
	answer_page(&vcpu, gpa);
	run_times(vcpu.fd, 1);
	if (!asks(&vcpu))
		die("an exit of another kind");
}

static void poke_pages(uint64_t base, const char *pages)
{
	char *end;

	for (; *pages; pages = *end ? end + 1 : end)
		poke(base + strtoul(pages, &end, 10) * PAGE);
}

static void say(const char *what, int result)
{
	printf("%s: %s\n", what, result ? strerror(errno) : "yes");
}

static void get_into(const char *what, unsigned slot, void *bitmap)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = bitmap };
	const int result = ioctl(vm.fd, KVM_GET_DIRTY_LOG, &log);

	say(what, result);
}

static void get(const char *what, unsigned slot)
{
	uint64_t words[WORDS + 1] = { 0x5555, 0x5555, 0x5555 };

	get_into(what, slot, words);
	for (unsigned i = 0; i <= WORDS; i++)
		printf(" %016llx", (unsigned long long)words[i]);
	putchar('\n');
}

static void clear_from(
	const char *what, unsigned slot, uint64_t from, uint32_t pages, const void *bitmap)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot, .first_page = from, .num_pages = pages, .dirty_bitmap = (void *)bitmap
	};

	// With its sign, as QEMU gives it: it is in an int there.
	say(what, ioctl(vm.fd, (unsigned long)(int)KVM_CLEAR_DIRTY_LOG, &log));
}

static void clear(const char *what, unsigned slot, uint32_t pages, uint64_t low, uint64_t high)
{
	clear_from(what, slot, 0, pages, (const uint64_t[WORDS]){ low, high });
}

static void enable(const char *what, uint32_t cap, uint64_t value)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { value } };

	say(what, ioctl(vm.fd, KVM_ENABLE_CAP, &enable));
}

static void manual(const char *what, uint64_t value)
{
	enable(what, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, value);
}

static void open_machine(const void *code, size_t size)
{
	first = some_memory(FIRST_PAGES);
	second = some_memory(SECOND_PAGES);
	vcpu_open(&vm, 0, code, size, &vcpu);
}

static void not_asked_for(void)
{
	uint64_t words[WORDS] = { 0 };

	get("a slot that is not logged", FIRST);
	get("no such slot", 7);
	get("no such number", 0xffff);
	clear("clear one that is not logged", FIRST, FIRST_PAGES, 1, 0);
	clear_from("clear it from page 1", FIRST, 1, 1, words);
	say("nowhere", ioctl(vm.fd, KVM_GET_DIRTY_LOG, 8));
	say("a slot from nowhere", ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, 8));
}

static void come_and_go(void)
{
	poke_pages(FIRST_AT, "1 2 3");
	set_first(LOG);
	get("logged from now on", FIRST);
	poke_pages(FIRST_AT, "4 69 4");
	get("written", FIRST);
	get("once more", FIRST);
	poke_pages(FIRST_AT, "5");
	get_into("no bitmap", FIRST, (void *)8);
	get("after that", FIRST);
	poke_pages(FIRST_AT, "6 7");
	set_first(0);
	get("no longer logged", FIRST);
	poke_pages(FIRST_AT, "8");
	set_first(LOG);
	get("logged again", FIRST);
	poke_pages(FIRST_AT, "9 10");
	set_first(LOG);
	get("as it was", FIRST);
}

static void move_and_remove(void)
{
	poke_pages(FIRST_AT, "11");
	set(FIRST, LOG, MOVED_AT, FIRST_PAGES);
	poke_pages(MOVED_AT, "12");
	get("moved", FIRST);
	poke_pages(MOVED_AT, "13");
	set(FIRST, 0, FIRST_AT, FIRST_PAGES);
	poke_pages(FIRST_AT, "14");
	set(FIRST, LOG, MOVED_AT, FIRST_PAGES);
	poke_pages(MOVED_AT, "15");
	get("moved and logged", FIRST);
	poke_pages(MOVED_AT, "16");
	set(FIRST, 0, 0, 0);
	get("removed", FIRST);
	set_first(LOG);
	get("another one", FIRST);
	poke_pages(FIRST_AT, "17 68");
	get("written again", FIRST);
}

static void refused(void)
{
	printf("flags: %d, overlap: %d, size: %d, read-only: %d, none: %d\n",
		try_set(FIRST, 1 << 20, FIRST_AT, FIRST_PAGES), try_set(3, 0, FIRST_AT, 1),
		try_set(FIRST, LOG, FIRST_AT, 3),
		try_set(FIRST, LOG | KVM_MEM_READONLY, FIRST_AT, FIRST_PAGES), try_set(3, 0, 0, 0));
	get("the first as it was", FIRST);
}

static void two(void)
{
	set(SECOND, LOG, SECOND_AT, SECOND_PAGES);
	poke_pages(SECOND_AT, "0 63 64");
	poke_pages(FIRST_AT, "0 1");
	get("the second", SECOND);
	get("the first", FIRST);
	set(SECOND, 0, 0, 0);
	set(SECOND, KVM_MEM_READONLY | LOG, SECOND_AT, SECOND_PAGES);
	get("a ROM", SECOND);
	set(SECOND, KVM_MEM_READONLY, SECOND_AT, SECOND_PAGES);
	get("a ROM that is not logged", SECOND);
	set(SECOND, 0, 0, 0);
}

static void by_hand(void)
{
	manual("manual", 1);
	poke_pages(FIRST_AT, "21");
	clear("never asked for", FIRST, 64, 1 << 21, 0);
	poke_pages(FIRST_AT, "2 3 65");
	get("written", FIRST);
	get("kept", FIRST);
	clear("some", FIRST, 64, 1 << 2, 0);
	get("some less", FIRST);
	get_into("no bitmap", FIRST, (void *)8);
	poke_pages(FIRST_AT, "2 20");
	clear("never seen", FIRST, 64, 1 << 20 | 1 << 3, 0);
	get("then", FIRST);
	clear_from("the second word", FIRST, 64, FIRST_PAGES - 64, (const uint64_t[]){ ~0ULL });
	clear_from("from page 1", FIRST, 1, 1, (const uint64_t[]){ ~0ULL });
	clear_from("part of a word", FIRST, 0, 3, (const uint64_t[]){ ~0ULL });
	clear_from("too much", FIRST, 64, 64, (const uint64_t[]){ ~0ULL });
	clear_from("from nowhere", FIRST, 0, 64, (void *)8);
	get("the rest", FIRST);
	clear("all", FIRST, FIRST_PAGES, ~0ULL, ~0ULL);
	get("none", FIRST);
	poke_pages(FIRST_AT, "2");
	get("written once more", FIRST);
}

static void all_at_first(void)
{
	manual("no such way", 4);
	manual("half a way", 2);
	manual("all at first", 3);
	get("one from before", FIRST);
	set_first(0);
	set_first(LOG);
	get("all", FIRST);
	clear("most", FIRST, FIRST_PAGES, ~7ULL, ~0ULL);
	poke_pages(FIRST_AT, "30");
	get("three and one", FIRST);
	set(SECOND, LOG, SECOND_AT, SECOND_PAGES);
	get("a new one", SECOND);
	set(SECOND, 0, 0, 0);
	manual("not any more", 0);
	get("cleared when read", FIRST);
	get("nothing", FIRST);
	set_first(0);
	set_first(LOG);
	get("nothing at first", FIRST);
}

int mode_dirty_calls(char **argv)
{
	vm_open(&vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(0);
	run_times(vcpu.fd, 1);
	not_asked_for();
	come_and_go();
	move_and_remove();
	refused();
	two();
	by_hand();
	all_at_first();
	return 0;
}

static _Atomic unsigned begun, ended;

static void *sweep(void *arg)
{
	for (unsigned i = 1; i <= DIRTY_SWEEPS; i++) {
		while (begun < i)
			;
		run_times(vcpu.fd, 1);
		ended = i;
	}
	return NULL;
}

static void copy_dirty(uint8_t *copy, bool by_hand)
{
	uint64_t words[WORDS] = { 0 };
	struct kvm_dirty_log log = { .slot = FIRST, .dirty_bitmap = words };
	struct kvm_clear_dirty_log clear = {
		.slot = FIRST, .num_pages = FIRST_PAGES, .dirty_bitmap = words
	};

	if (ioctl(vm.fd, KVM_GET_DIRTY_LOG, &log) ||
		(by_hand && ioctl(vm.fd, KVM_CLEAR_DIRTY_LOG, &clear)))
		die("the dirty log");
	for (unsigned i = 0; i < FIRST_PAGES; i++)
		if (words[i / 64] >> i % 64 & 1)
			memcpy(copy + i * PAGE, first + i * PAGE, PAGE);
}

// Copies a guest's memory while it runs, as a migration does: nothing is missing when it stops.
int mode_dirty_copy(char **argv)
{
	const bool by_hand = !strcmp(argv[1], "manual");
	uint8_t *copy = some_memory(FIRST_PAGES);
	unsigned missed = 0;
	pthread_t thread;

	vm_open(&vm);
	open_machine(sweep_loop, sizeof(sweep_loop));
	if (by_hand)
		manual("manual", 1);
	set_first(LOG);
	memcpy(copy, first, FIRST_PAGES * PAGE);
	pthread_create(&thread, NULL, sweep, NULL);
	for (begun = 1; begun <= DIRTY_SWEEPS; begun++) {
		while (ended < begun)
			copy_dirty(copy, by_hand);
		copy_dirty(copy, by_hand);
		missed += memcmp(copy, first, FIRST_PAGES * PAGE) != 0;
	}
	pthread_join(thread, NULL);
	printf("missed: %u\n", missed);
	return 0;
}

static void on_timer(int number)
{
	const int error = errno;
	uint64_t words[WORDS];
	struct kvm_dirty_log log = { .slot = FIRST, .dirty_bitmap = words };

	if (ioctl(vm.fd, KVM_GET_DIRTY_LOG, &log))
		_exit(5);
	errno = error;
}

// A timer that strikes anywhere, also in the middle of what others do with the log.
int mode_dirty_handler(char **argv)
{
	const struct itimerval often = { { 0, OFTEN_US }, { 0, OFTEN_US } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_timer };
	unsigned left = (unsigned)atoi(argv[1]);

	vm_open(&vm);
	open_machine(sweep_loop, sizeof(sweep_loop));
	set_first(LOG);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (left) {
		errno = run(vcpu.fd);
		if (errno && errno != EINTR)
			die("KVM_RUN");
		left -= !errno;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	get("the log", FIRST);
	return 0;
}

// What was written while somebody else may have looked is asked for when nobody does any more.
int mode_dirty_late(char **argv)
{
	vm_open(&vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(LOG);
	run_times(vcpu.fd, 1);
	poke_pages(FIRST_AT, "1 2 3");
	sleep_ms(500);
	poke_pages(FIRST_AT, "4");
	get("written", FIRST);
	get("once more", FIRST);
	set(SECOND, 0, SECOND_AT, SECOND_PAGES);
	get("a slot that is not logged", SECOND);
	return 0;
}

// Its vCPU lives on.
int mode_dirty_closed(char **argv)
{
	vm_open(&vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(0);
	run_times(vcpu.fd, 1);
	poke_pages(FIRST_AT, "1 2");
	close(vm.fd);
	poke_pages(FIRST_AT, "3 4");
	return 0;
}

static void print_ring(struct kvm_dirty_gfn *ring, unsigned *at)
{
	for (; ring[*at].flags & KVM_DIRTY_GFN_F_DIRTY; ++*at) {
		printf(" %u:%llu", ring[*at].slot, (unsigned long long)ring[*at].offset);
		ring[*at].flags |= KVM_DIRTY_GFN_F_RESET;
	}
	printf(", %d reset\n", ioctl(vm.fd, KVM_RESET_DIRTY_RINGS, 0));
}

// A slot is set before the ring is there, and others after it.
int mode_dirty_ring(char **argv)
{
	const size_t size = RING_PAGES * PAGE;
	struct kvm_dirty_gfn *ring;
	unsigned at = 0;

	vm_open(&vm);
	if (ioctl(vm.fd, KVM_CHECK_EXTENSION, RING) <= 0)
		return puts("no ring") < 0;
	enable("ring", RING, size);
	open_machine(poke_loop, sizeof(poke_loop));
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.fd,
		KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
	if (ring == MAP_FAILED)
		die("the ring");
	set_first(LOG);
	set(SECOND, 0, SECOND_AT, SECOND_PAGES);
	run_times(vcpu.fd, 1);
	print_ring(ring, &at);
	poke_pages(FIRST_AT, "3 1 69 3");
	poke_pages(SECOND_AT, "1 2 3");
	poke(0x8000);
	print_ring(ring, &at);
	poke_pages(FIRST_AT, "3 4");
	print_ring(ring, &at);
	get("the log", FIRST);
	return 0;
}

// What a page was when the guest last wrote to it, or was first entered with its slot.
static uint64_t seen[2][FIRST_PAGES];

static void see(const uint8_t *memory, unsigned which, unsigned page)
{
	seen[which][page] = dump_hash(memory + (size_t)page * PAGE);
}

static void see_all(const uint8_t *memory, unsigned which, unsigned pages)
{
	for (unsigned page = 0; page < pages; page++)
		see(memory, which, page);
}

static void dump_seen(FILE *file, uint64_t seq, uint32_t phase)
{
	const struct dump head = { seq, phase, 2 };
	const struct dumped_slot slots[2] = { { FIRST, 0, FIRST_AT, FIRST_PAGES * PAGE },
		{ SECOND, 0, SECOND_AT, SECOND_PAGES * PAGE } };

	fwrite(&head, sizeof(head), 1, file);
	for (unsigned i = 0; i < 2; i++) {
		fwrite(&slots[i], sizeof(slots[i]), 1, file);
		fwrite(seen[i], sizeof(**seen), slots[i].size / PAGE, file);
	}
}

static void write_and_poke(unsigned i, bool new_slot)
{
	const unsigned page = i * 7 % FIRST_PAGES, other = i * 13 % SECOND_PAGES;

	first[i * 5 % FIRST_PAGES * PAGE + 100] += 3;
	second[i * 3 % SECOND_PAGES * PAGE + 200] += 5;
	if (new_slot)
		see_all(second, 1, SECOND_PAGES);
	poke(i % 2 ? FIRST_AT + page * PAGE : SECOND_AT + other * PAGE);
	if (i % 2)
		see(first, 0, page);
	else
		see(second, 1, other);
}

// The VMM writes here and there, the guest too, and now and then a slot is replaced.
int mode_dirty_seen(char **argv)
{
	FILE *file = fopen(argv[1], "we");

	if (!file)
		die(argv[1]);
	vm_open(&vm);
	open_machine(poke_loop, sizeof(poke_loop));
	memset(first + PAGE, 0x11, 9 * PAGE);
	set_first(0);
	set(SECOND, 0, SECOND_AT, SECOND_PAGES);
	see_all(first, 0, FIRST_PAGES);
	see_all(second, 1, SECOND_PAGES);
	dump_seen(file, 0, 1);
	run_times(vcpu.fd, 1);
	for (unsigned i = 1; i < 400; i++) {
		write_and_poke(i, i > 1 && i % 50 == 1);
		dump_seen(file, i + 1, 0);
		if (i % 50 == 0) {
			set(SECOND, 0, 0, 0);
			set(SECOND, 0, SECOND_AT, SECOND_PAGES);
		}
		if (i % 50 == 25)
			set_first(i % 100 == 25 ? LOG : 0);
	}
	return fclose(file) != 0;
}

// What a guest writes costs: one page at each exit.
int mode_dirty_cost(char **argv)
{
	const unsigned mib = (unsigned)atoi(argv[1]), n = (unsigned)atoi(argv[2]);

	vm_open(&vm);
	open_machine(poke_loop, sizeof(poke_loop));
	second = some_memory(mib * 256);
	memset(second, 1, (size_t)mib << 20);
	set_first(0);
	set(SECOND, 0, 16 << 20, mib * 256);
	run_times(vcpu.fd, 1);
	for (unsigned i = 0; i < n; i++)
		poke(FIRST_AT + i % FIRST_PAGES * PAGE);
	return 0;
}
