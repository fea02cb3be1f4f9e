// SPDX-License-Identifier: MIT
// A VMM that lives under seccomp filters, as crosvm, cloud-hypervisor and QEMU do: what it does not
// need itself is not allowed.
#include "tests/recorder/foreign/machine.h"
#include "tests/recorder/foreign/modes.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { VCPUS = 2, ROOM = 256, HOWS = 3, DEATH_AT = 0x3000 };

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

static struct sock_filter code[ROOM];
static unsigned n_code;

static void put(uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	code[n_code++] = (struct sock_filter){ op, jt, jf, k };
}

static void allow(int number)
{
	put(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

// Only with that word in that argument.
static void allow_one(int number, unsigned argument, uint32_t word)
{
	put(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)number);
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0,
		(uint32_t)(offsetof(struct seccomp_data, args) + 8 * argument));
	put(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, word);
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
}

static void allow_setmask(bool as_libc_does)
{
	if (!as_libc_does) {
		allow(SYS_rt_sigprocmask);
		return;
	}
	for (uint32_t how = 0; how < HOWS; how++)
		allow_one(SYS_rt_sigprocmask, 0, how);
}

// What a vCPU thread does, and what this program does until it ends.
static void write_filter(const char *action, bool bare)
{
	static const int calls[] = { SYS_futex, SYS_write, SYS_exit, SYS_exit_group,
		SYS_rt_sigreturn, SYS_munmap, SYS_mmap, SYS_mprotect, SYS_madvise, SYS_brk,
		SYS_clone3, SYS_clone, SYS_set_robust_list, SYS_rseq, SYS_fstat, SYS_newfstatat,
		SYS_getrandom, SYS_seccomp, SYS_gettid, SYS_sched_getaffinity, SYS_prlimit64,
		SYS_rt_sigaction };

	n_code = 0;
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	put(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, MACHINE);
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		allow(calls[i]);
	allow_one(SYS_ioctl, 1, KVM_RUN);
	allow_setmask(bare);
	put(BPF_RET | BPF_K, 0, 0,
		!strcmp(action, "errno") ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_KILL_PROCESS);
}

static void install(const char *how)
{
	struct sock_fprog program = { (unsigned short)n_code, code };
	const bool in_all = !strcmp(how, "tsync");
	long bad;

	if (!strcmp(how, "prctl"))
		bad = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	else
		bad = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			in_all ? SECCOMP_FILTER_FLAG_TSYNC : 0, &program);
	if (bad)
		die("seccomp");
}

static const char *how;
static unsigned n_exits;
static _Atomic bool go;
static _Atomic unsigned ready;

static void *work(void *arg)
{
	struct vcpu *vcpu = arg;

	if (!strcmp(how, "prctl") || !strcmp(how, "syscall"))
		install(how);
	ready++;
	while (!go)
		;
	run_times(vcpu->fd, n_exits);
	return NULL;
}

static void start(pthread_t *threads, struct vcpu *vcpus)
{
	for (unsigned i = 0; i < VCPUS; i++)
		if (pthread_create(&threads[i], NULL, work, &vcpus[i]))
			die("pthread_create");
}

// Forbids one thing, by which a filter can be told that was there before a program.
static void forbid(int number)
{
	n_code = 0;
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	put(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void become_another(const char *exits)
{
	char *const next[] = { "/proc/self/exe", "threads", "1", (char *)(uintptr_t)exits, NULL };

	forbid(SYS_process_vm_readv);
	install("syscall");
	execv(next[0], next);
	die(next[0]);
}

/*
 * HOW is who installs it, and by what: each vCPU's thread by "prctl" or by "syscall"; the main thread
 * for "inherited" before it makes them, for "tsync" when they are there. ACTION is "kill" or "errno",
 * or "bare", which kills, and allows rt_sigprocmask only as libc calls it. With "exec" the filter
 * forbids process_vm_readv, and another VMM takes over.
 */
int mode_filtered(char **argv)
{
	pthread_t threads[VCPUS];
	struct vcpu vcpus[VCPUS];
	struct vm vm;

	how = argv[1];
	n_exits = (unsigned)atoi(argv[3]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("PR_SET_NO_NEW_PRIVS");
	if (!strcmp(how, "exec"))
		become_another(argv[3]);
	vm_open(&vm);
	for (unsigned i = 0; i < VCPUS; i++)
		vcpu_open(&vm, i, out_loop, sizeof(out_loop), &vcpus[i]);
	write_filter(argv[2], !strcmp(argv[2], "bare"));
	if (!strcmp(how, "inherited"))
		install(how);
	start(threads, vcpus);
	while (ready < VCPUS)
		;
	if (!strcmp(how, "tsync"))
		install(how);
	go = true;
	for (unsigned i = 0; i < VCPUS; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}

// Once the guest runs, one call would end the program that no VMM needs then.
int mode_forbidden(char **argv)
{
	static const struct {
		const char *name;
		int number;
	} calls[] = { { "mincore", SYS_mincore }, { "openat", SYS_openat },
		{ "close", SYS_close } };
	struct vcpu vcpu;
	struct vm vm;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("PR_SET_NO_NEW_PRIVS");
	vm_open(&vm);
	vcpu_open(&vm, 0, out_loop, sizeof(out_loop), &vcpu);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(argv[1], calls[i].name))
			forbid(calls[i].number);
	install("prctl");
	run_times(vcpu.fd, 3);
	vcpu_start_flat(&vcpu);
	vcpu_aim_at_death(&vcpu, vm.memory + DEATH_AT, DEATH_AT, STACK_AT);
	if (!dies(&vcpu))
		die("it lives");
	puts("done");
	return 0;
}
