// SPDX-License-Identifier: MIT
// VMMs that want to know themselves what the guest has written: KVM's dirty log and dirty ring.
#include "tests/recorder/foreign/dirty.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#ifdef __x86_64__
enum { RING = KVM_CAP_DIRTY_LOG_RING, OFTEN_US = 100 };
#else
enum { RING = 223 /* KVM_CAP_DIRTY_LOG_RING_ACQ_REL */, OFTEN_US = 3000 /* it is emulated */ };
#endif

enum { RING_PAGES = 16 };

struct machine machine;

uint8_t *some_memory(unsigned pages)
{
	void *at = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("memory");
	return at;
}

int try_set_slot(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages)
{
	struct kvm_userspace_memory_region region = { .slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = (uint64_t)pages * PAGE,
		.userspace_addr = (uintptr_t)(slot == FIRST ? machine.first : machine.second) };

	return ioctl(machine.vm.fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

void set_slot(unsigned slot, uint32_t flags, uint64_t gpa, unsigned pages)
{
	errno = try_set_slot(slot, flags, gpa, pages);
	if (errno)
		die("KVM_SET_USER_MEMORY_REGION");
}

void set_first(uint32_t flags)
{
	set_slot(FIRST, flags, FIRST_AT, FIRST_PAGES);
}

void poke(uint64_t gpa)
{
	answer_page(&machine.vcpu, gpa);
	run_times(machine.vcpu.fd, 1);
	if (!asks(&machine.vcpu))
		die("an exit of another kind");
}

void poke_pages(uint64_t base, const char *pages)
{
	char *end;

	for (; *pages; pages = *end ? end + 1 : end)
		poke(base + strtoul(pages, &end, 10) * PAGE);
}

void say(const char *what, int result)
{
	printf("%s: %s\n", what, result ? strerror(errno) : "yes");
}

void get_log_into(const char *what, unsigned slot, void *bitmap)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = bitmap };

	say(what, ioctl(machine.vm.fd, KVM_GET_DIRTY_LOG, &log));
}

void get_log(const char *what, unsigned slot)
{
	uint64_t words[WORDS + 1] = { 0x5555, 0x5555, 0x5555 };

	get_log_into(what, slot, words);
	for (unsigned i = 0; i <= WORDS; i++)
		printf(" %016llx", (unsigned long long)words[i]);
	putchar('\n');
}

void enable(const char *what, uint32_t cap, uint64_t value)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { value } };

	say(what, ioctl(machine.vm.fd, KVM_ENABLE_CAP, &enable));
}

void manual(const char *what, uint64_t value)
{
	enable(what, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, value);
}

void open_machine(const void *code, size_t size)
{
	machine.first = some_memory(FIRST_PAGES);
	machine.second = some_memory(SECOND_PAGES);
	vcpu_open(&machine.vm, 0, code, size, &machine.vcpu);
}

static _Atomic unsigned begun, ended;

static void *sweep(void *arg)
{
	for (unsigned i = 1; i <= DIRTY_SWEEPS; i++) {
		while (begun < i)
			;
		run_times(machine.vcpu.fd, 1);
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

	if (ioctl(machine.vm.fd, KVM_GET_DIRTY_LOG, &log) ||
		(by_hand && ioctl(machine.vm.fd, KVM_CLEAR_DIRTY_LOG, &clear)))
		die("the dirty log");
	for (unsigned i = 0; i < FIRST_PAGES; i++)
		if (words[i / 64] >> i % 64 & 1)
			memcpy(copy + i * PAGE, machine.first + i * PAGE, PAGE);
}

// Copies a guest's memory while it runs, as a migration does: nothing is missing when it stops.
int mode_dirty_copy(char **argv)
{
	const bool by_hand = !strcmp(argv[1], "manual");
	uint8_t *copy = some_memory(FIRST_PAGES);
	unsigned missed = 0;
	pthread_t thread;

	vm_open(&machine.vm);
	open_machine(sweep_loop, sizeof(sweep_loop));
	if (by_hand)
		manual("manual", 1);
	set_first(LOG);
	memcpy(copy, machine.first, FIRST_PAGES * PAGE);
	pthread_create(&thread, NULL, sweep, NULL);
	for (begun = 1; begun <= DIRTY_SWEEPS; begun++) {
		while (ended < begun)
			copy_dirty(copy, by_hand);
		copy_dirty(copy, by_hand);
		missed += memcmp(copy, machine.first, FIRST_PAGES * PAGE) != 0;
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

	if (ioctl(machine.vm.fd, KVM_GET_DIRTY_LOG, &log))
		_exit(5);
	errno = error;
}

// A timer that strikes anywhere, also in the middle of what others do with the log.
int mode_dirty_handler(char **argv)
{
	const struct itimerval often = { { 0, OFTEN_US }, { 0, OFTEN_US } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_timer };
	unsigned left = (unsigned)atoi(argv[1]);

	vm_open(&machine.vm);
	open_machine(sweep_loop, sizeof(sweep_loop));
	set_first(LOG);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (left) {
		errno = run(machine.vcpu.fd);
		if (errno && errno != EINTR)
			die("KVM_RUN");
		left -= !errno;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	get_log("the log", FIRST);
	return 0;
}

// What was written while somebody else may have looked is asked for when nobody does any more.
int mode_dirty_late(char **argv)
{
	vm_open(&machine.vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(LOG);
	run_times(machine.vcpu.fd, 1);
	poke_pages(FIRST_AT, "1 2 3");
	sleep_ms(500);
	poke_pages(FIRST_AT, "4");
	get_log("written", FIRST);
	get_log("once more", FIRST);
	set_slot(SECOND, 0, SECOND_AT, SECOND_PAGES);
	get_log("a slot that is not logged", SECOND);
	return 0;
}

// Its vCPU lives on.
int mode_dirty_closed(char **argv)
{
	vm_open(&machine.vm);
	open_machine(poke_loop, sizeof(poke_loop));
	set_first(0);
	run_times(machine.vcpu.fd, 1);
	poke_pages(FIRST_AT, "1 2");
	close(machine.vm.fd);
	poke_pages(FIRST_AT, "3 4");
	return 0;
}

static void print_ring(struct kvm_dirty_gfn *ring, unsigned *at)
{
	for (; ring[*at].flags & KVM_DIRTY_GFN_F_DIRTY; ++*at) {
		printf(" %u:%llu", ring[*at].slot, (unsigned long long)ring[*at].offset);
		ring[*at].flags |= KVM_DIRTY_GFN_F_RESET;
	}
	printf(", %d reset\n", ioctl(machine.vm.fd, KVM_RESET_DIRTY_RINGS, 0));
}

// A slot is set before the ring is there, and others after it.
int mode_dirty_ring(char **argv)
{
	const size_t size = RING_PAGES * PAGE;
	struct kvm_dirty_gfn *ring;
	unsigned at = 0;

	vm_open(&machine.vm);
	if (ioctl(machine.vm.fd, KVM_CHECK_EXTENSION, RING) <= 0)
		return puts("no ring") < 0;
	enable("ring", RING, size);
	open_machine(poke_loop, sizeof(poke_loop));
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, machine.vcpu.fd,
		KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
	if (ring == MAP_FAILED)
		die("the ring");
	set_first(LOG);
	set_slot(SECOND, 0, SECOND_AT, SECOND_PAGES);
	run_times(machine.vcpu.fd, 1);
	print_ring(ring, &at);
	poke_pages(FIRST_AT, "3 1 69 3");
	poke_pages(SECOND_AT, "1 2 3");
	poke(0x8000);
	print_ring(ring, &at);
	poke_pages(FIRST_AT, "3 4");
	print_ring(ring, &at);
	get_log("the log", FIRST);
	return 0;
}
