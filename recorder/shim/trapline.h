/* SPDX-License-Identifier: MIT */
/**
 * Trapline's recorder for VMM authors (libtrapline.so.0, pkg-config "trapline"): C and C++.
 *
 * A VMM that calls trapline_ioctl() instead of ioctl(2) for its KVM descriptors can record itself,
 * with no preload: trapline_start() begins, and recorder/vmm is an example. Without a recording under
 * way a call costs one branch.
 *
 * On vCPU threads the recorder makes, besides the VMM's own, the system calls process_vm_readv,
 * clock_nanosleep, recvfrom, sched_yield and getpid, and ioctls that read registers of the vCPU. Where
 * it records memory, which `mem` "fault" does when the guest is in trouble, it also looks at what is
 * mapped: openat, read, pread64, close, fcntl, fstat, statfs, sysinfo, mincore, msync, userfaultfd,
 * rt_sigprocmask, the ioctls of pagemap and userfaultfd, and KVM_GET_DIRTY_LOG. With --stop-all come
 * gettid, tgkill, rt_sigaction and rt_sigtimedwait. A seccomp filter of the VMM must allow them. (A
 * preloaded recorder sees the filter, and does without.)
 */
#ifndef TRAPLINE_H
#define TRAPLINE_H

#ifdef __cplusplus
extern "C" {
#endif

#define TRAPLINE_API __attribute__((visibility("default")))

/** How to record; all zero but for `size` is fine. */
struct trapline_options {
	unsigned long size; /**< sizeof(struct trapline_options), so that later versions can tell */
	const char *output; /**< the trace, which must not exist; NULL: a free name */
	const char *regs;   /**< "pc", "core", "full"; NULL: "core" */
	const char *mem;    /**< "none", "fault", "exact"; NULL: "fault" */
	const char *program; /**< the trapline program; NULL: "trapline", found in PATH */
	const char *const
		*more; /**< further options of `trapline record`, at most 32; NULL: none */
};

/**
 * Starts to record this process: VMs that it makes from now on through trapline_ioctl(). The trace
 * is written by `trapline collect`, a process of its own that outlives this one whatever ends it.
 * Once a process. Under `trapline record` it does nothing, since a recording is under way.
 *
 * 0, or -1 with errno: EBUSY after an earlier call, EPROTO when the collector refused
 * (trapline_error() says why), else what kept it from being started.
 */
TRAPLINE_API int trapline_start(const struct trapline_options *options);

/**
 * Ends the recording that trapline_start() began and waits until the trace is whole. The VMM may run
 * on, unrecorded. 0, or -1 with errno EPROTO when the trace could not be ended (trapline_error()).
 * A process that just ends needs no call.
 */
TRAPLINE_API int trapline_stop(void);

/** Why the last trapline_start() or trapline_stop() failed, in one line. Never NULL. */
TRAPLINE_API const char *trapline_error(void);

/**
 * ioctl(2) for KVM descriptors (request type 0xAE), and for UFFDIO_REGISTER on guest memory, which is
 * EBUSY otherwise while `mem` "exact" has it under watch. Any other request is passed on untouched.
 * Same arguments, result and errno as ioctl(2).
 */
TRAPLINE_API int trapline_ioctl(int fd, unsigned long request, ...);

/**
 * Closes `fd` as close(2) does and forgets what it was. A VMM that uses trapline_ioctl() calls this
 * for KVM descriptors, or a later descriptor of the same number could be taken for the old one.
 */
TRAPLINE_API int trapline_close(int fd);

#ifdef __cplusplus
}
#endif
#endif
