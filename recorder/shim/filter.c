// SPDX-License-Identifier: MIT
// Which system calls this thread may make. A VMM's seccomp filter knows nothing of ours, and one that
// kills cannot be asked. So what a VMM installs is kept, and run on paper before a call of our own.
#include "recorder/shim/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

enum { MOST_INSTRUCTIONS = 1 << 17 };

// One filter, and those that were in force before it. Never given back: threads share them.
struct tl_shim_filter {
	const struct tl_shim_filter *before;
	const struct tl_shim_filter *older; // the one that was kept before this one
	uint32_t n;			    // instructions
	const struct sock_filter *code;
};

// What a filter was that is not known, or that there was no room for.
static const struct tl_shim_filter unknown;

static struct sock_filter instructions[MOST_INSTRUCTIONS]; // memory that is only used when needed
static struct tl_shim_filter filters[1024];
static _Atomic uint32_t n_instructions, n_filters;
static const struct tl_shim_filter *_Atomic newest;

static _Thread_local const struct tl_shim_filter *own;
static const struct tl_shim_filter *_Atomic everyone; // with SECCOMP_FILTER_FLAG_TSYNC

// The machine of the Linux kernel's seccomp filters (Documentation/userspace-api/seccomp_filter).
struct machine {
	uint32_t a, x, scratch[BPF_MEMWORDS];
	uint32_t at;
};

static uint32_t load(const struct machine *m, const struct sock_filter *i, const void *data)
{
	uint32_t word = 0;

	switch (BPF_MODE(i->code)) {
	case BPF_IMM:
		return i->k;
	case BPF_LEN:
		return sizeof(struct seccomp_data);
	case BPF_MEM:
		return i->k < BPF_MEMWORDS ? m->scratch[i->k] : 0;
	case BPF_ABS:
		if (i->k <= sizeof(struct seccomp_data) - sizeof(word))
			memcpy(&word, (const uint8_t *)data + i->k, sizeof(word));
	}
	return word;
}

static uint32_t compute(uint32_t a, uint16_t code, uint32_t by)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + by;
	case BPF_SUB:
		return a - by;
	case BPF_MUL:
		return a * by;
	case BPF_DIV:
		return by ? a / by : 0;
	case BPF_AND:
		return a & by;
	case BPF_OR:
		return a | by;
	case BPF_XOR:
		return a ^ by;
	case BPF_LSH:
		return by < 32 ? a << by : 0;
	case BPF_RSH:
		return by < 32 ? a >> by : 0;
	case BPF_NEG:
		return -a;
	}
	return a;
}

static uint32_t target(const struct machine *m, const struct sock_filter *i)
{
	const uint32_t with = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool jumps = false;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		jumps = m->a == with;
		break;
	case BPF_JGT:
		jumps = m->a > with;
		break;
	case BPF_JGE:
		jumps = m->a >= with;
		break;
	case BPF_JSET:
		jumps = m->a & with;
		break;
	}
	return jumps ? i->jt : i->jf;
}

static void step(struct machine *m, const struct sock_filter *i, const void *data)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		m->a = load(m, i, data);
		break;
	case BPF_LDX:
		m->x = load(m, i, data);
		break;
	case BPF_ST:
	case BPF_STX:
		if (i->k < BPF_MEMWORDS)
			m->scratch[i->k] = BPF_CLASS(i->code) == BPF_ST ? m->a : m->x;
		break;
	case BPF_ALU:
		m->a = compute(m->a, i->code, BPF_SRC(i->code) == BPF_X ? m->x : i->k);
		break;
	case BPF_JMP:
		m->at += target(m, i);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		break;
	}
}

// Jumps go forward only, so this ends.
static uint32_t verdict(const struct tl_shim_filter *filter, const struct seccomp_data *data)
{
	struct machine m = { 0 };

	while (m.at < filter->n) {
		const struct sock_filter *i = &filter->code[m.at++];

		if (BPF_CLASS(i->code) == BPF_RET)
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		step(&m, i, data);
	}
	return SECCOMP_RET_KILL_PROCESS;
}

// What the loader has just done in this program, and what KVM needs, is allowed by a filter that was
// there before; the rest may not be.
static bool surely_allowed(int number)
{
	static const int sure[] = { SYS_ioctl, SYS_mmap, SYS_munmap, SYS_openat, SYS_close,
		SYS_read, SYS_rt_sigprocmask, SYS_getpid, SYS_fstat, SYS_newfstatat };

	for (unsigned i = 0; i < sizeof(sure) / sizeof(*sure); i++)
		if (sure[i] == number)
			return true;
	return false;
}

static bool allows(const struct tl_shim_filter *filter, const struct seccomp_data *data)
{
	uint32_t action;

	if (filter == &unknown)
		return surely_allowed(data->nr);
	action = verdict(filter, data) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool all_allow(const struct tl_shim_filter *filter, const struct seccomp_data *data)
{
	for (; filter; filter = filter->before)
		if (!allows(filter, data))
			return false;
	return true;
}

bool tl_shim_call_allowed(int number, const uint64_t args[6])
{
	const struct tl_shim_filter *others = atomic_load_explicit(&everyone, memory_order_relaxed);
	struct seccomp_data data = { .nr = number, .arch = OUR_ARCH };

	if (!own && !others)
		return true;
	memcpy(data.args, args, sizeof(data.args));
	return all_allow(own, &data) && (others == own || all_allow(others, &data));
}

// vCPU threads install the same filter one after the other.
static const struct tl_shim_filter *kept_already(const struct sock_filter *code, uint32_t n)
{
	const struct tl_shim_filter *f = atomic_load(&newest);

	while (f &&
		(f->before != own || f->n != n || memcmp(f->code, code, n * sizeof(*code)) != 0))
		f = f->older;
	return f;
}

static const struct tl_shim_filter *keep(const struct sock_filter *code, uint32_t n)
{
	const uint32_t at = atomic_fetch_add(&n_instructions, n);
	const uint32_t number = atomic_fetch_add(&n_filters, 1);
	struct tl_shim_filter *filter = &filters[number];

	if (at > MOST_INSTRUCTIONS - n || number >= sizeof(filters) / sizeof(*filters))
		return &unknown;
	memcpy(&instructions[at], code, n * sizeof(*code));
	*filter = (struct tl_shim_filter){ own, atomic_load(&newest), n, &instructions[at] };
	while (!atomic_compare_exchange_weak(&newest, &filter->older, filter))
		;
	return filter;
}

const struct tl_shim_filter *tl_shim_filter_keep(const struct sock_fprog *program)
{
	const struct tl_shim_filter *filter;

	if (program->len > BPF_MAXINSNS)
		return &unknown; // the kernel will refuse it
	filter = kept_already(program->filter, program->len);
	return filter ? filter : keep(program->filter, program->len);
}

const struct tl_shim_filter *tl_shim_filter_unknown(void)
{
	return &unknown;
}

void tl_shim_filter_installed(const struct tl_shim_filter *filter, bool in_all_threads)
{
	own = filter;
	if (in_all_threads)
		atomic_store(&everyone, filter);
}

const struct tl_shim_filter *tl_shim_filters(void)
{
	return own;
}

pid_t tl_shim_pid(void)
{
	static _Atomic pid_t last;

	if (tl_shim_may(SYS_getpid))
		atomic_store_explicit(&last, getpid(), memory_order_relaxed);
	return atomic_load_explicit(&last, memory_order_relaxed);
}
