/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_SHIM_FILTER_H
#define TL_RECORDER_SHIM_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Seccomp filters that the VMM installs (seccomp(2)) hold for the recorder's calls too, and most
 * kill whoever makes one that the VMM itself never makes. So each call of ours that a VMM may not
 * make itself stands behind tl_shim_may(), and has another way or is done without.
 */
struct sock_fprog;
struct tl_shim_filter;

/**
 * May this thread make that system call? Its arguments behind the number, as far as filters look at
 * them. Seen are filters that were installed through libc: prctl(), syscall(). Async-signal-safe;
 * where no filter is in force it costs a comparison.
 */
#define tl_shim_may(number, ...) tl_shim_call_allowed(number, (const uint64_t[6]){ __VA_ARGS__ })
bool tl_shim_call_allowed(int number, const uint64_t args[6]);

/** ioctl(2) of our own, on behalf of nobody: EPERM where a filter forbids it. */
int tl_shim_own_ioctl(int fd, unsigned long request, void *arg);

/** The same of open(2), with O_CLOEXEC; and of the close(2) that follows. */
int tl_shim_own_open(const char *path, int flags);

/** getpid(), or what it was when it was last allowed. */
pid_t tl_shim_pid(void);

/** A copy of the filter that this thread is about to install. Kept for ever. */
const struct tl_shim_filter *tl_shim_filter_keep(const struct sock_fprog *program);
/** One of which only the least is expected. */
const struct tl_shim_filter *tl_shim_filter_unknown(void);
/** It is in force now, in this thread or, with TSYNC, in all. */
void tl_shim_filter_installed(const struct tl_shim_filter *filter, bool in_all_threads);

/** This thread's filters: a new thread's are those of the thread that makes it. NULL: none. */
const struct tl_shim_filter *tl_shim_filters(void);

#endif
