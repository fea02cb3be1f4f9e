/* SPDX-License-Identifier: MIT */
#ifndef TL_TESTS_RECORDER_FOREIGN_MODES_H
#define TL_TESTS_RECORDER_FOREIGN_MODES_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* `foreign MODE [ARGUMENT...]`: argv[0] is the mode, and what it returns is the exit status. */

/* runs.c */
int mode_endless(char **argv);	   /**< COUNTS VCPUS: exits for ever, counted in that file */
int mode_threads(char **argv);	   /**< VCPUS EXITS: each in a thread of its own */
int mode_interrupted(char **argv); /**< an immediate_exit after each exit */
int mode_failing(char **argv);	   /**< KVM_RUN fails in every way it can here */
int mode_errno(char **argv);	   /**< what calls that succeed leave in errno */
int mode_registers(char **argv);   /**< FILE: what KVM_GET_REGS and _SREGS say at each exit */

/* coalesced.c */
int mode_drained(char **argv);	   /**< ROUNDS: another thread empties the ring */
int mode_shared_ring(char **argv); /**< ROUNDS: two vCPUs, each of which empties it */

/* replies.c */
int mode_replies(char **argv); /**< answers of every kind; prints them and what came back */
int mode_msr(char **argv);     /**< answers MSR exits; status 4: this KVM has none */
int mode_sync(char **argv);    /**< its own use of KVM_CAP_SYNC_REGS, printed */

/* descriptors.c */
int mode_vms(char **argv);     /**< three VMs of two vCPUs at once */
int mode_reopen(char **argv);  /**< VMS VCPUS: one after the other, each run once and closed */
int mode_copies(char **argv);  /**< one vCPU by way of many descriptors */
int mode_passed(char **argv);  /**< by way of one that was sent to it */
int mode_helpers(char **argv); /**< fork() and vfork(), and children that close everything */
int mode_closing(char **argv); /**< closes all it can, and begins again */
int mode_daemon(char **argv);  /**< MS FILE: ends at once; the daemon runs a guest after MS */
int mode_exec(char **argv);    /**< PROGRAM: runs a guest and becomes another VMM */
int mode_idle(char **argv);    /**< STAGE: opens "kvm", "vm" or "vcpu", and runs nothing */
int mode_signal(char **argv);  /**< waits for a signal; ends with 40 when it is SIGTERM */

/* trouble.c */
int mode_crash(char **argv);   /**< HOW EXITS: then dies of SIGSEGV, or by abort() */
int mode_slots(char **argv);   /**< SLOTS CHANGES */
int mode_flood(char **argv);   /**< INPUTS: that many, with little else */
int mode_many(char **argv);    /**< VCPUS EXITS: many, each in a thread of its own */
int mode_handler(char **argv); /**< EXITS WHAT: a signal handler calls KVM: "set" or "run" */
int mode_timed(char **argv);   /**< EXITS FILE: the longest exit and all of them, in us */

/* filtered.c */
int mode_filtered(char **argv);	 /**< HOW ACTION EXITS: seccomp filters, see there */
int mode_forbidden(char **argv); /**< CALL: a guest that dies where that would kill the VMM */

/* careless.c */
int mode_careless(char **argv); /**< WAY: closes what is not its own, and begins again */

/* memory.c */
int mode_memory(char **argv); /**< FILE ROM EXITS SEED: what is in memory, in FILE (memory.h) */
int mode_memory_death(char **argv); /**< FILE ROM DEATHS: the same when a guest dies */

/* several.c */
int mode_several(char **argv);	/**< VCPUS MANNER ROUNDS: the others count, the first one fails */
int mode_together(char **argv); /**< VCPUS ROUNDS HOW: all fail; "alarms": in a handler too */

/* memory-shared.c */
int mode_memory_twice(char **argv);  /**< the same memory in two VMs */
int mode_memory_forked(char **argv); /**< a forked child has a VM with its parent's memory */
int mode_memory_watched(
	char **argv);		   /**< EXITS: this process itself write-protects it after that */
int mode_memory_left(char **argv); /**< WHEN: is it write-protected when the VM is "closed", or
				       while it is "running" on for up to 5 s? */

/* inputs.c */
int mode_inputs(char **argv); /**< FILE: every ioctl that changed something, with its bytes */

/* dirty.c */
#ifdef __x86_64__
enum { DIRTY_SWEEPS = 300 };
#else
enum { DIRTY_SWEEPS = 32 }; /* it is emulated */
#endif
int mode_dirty_copy(char **argv);    /**< WAY: memory is copied by it, "manual" or not, while the
				      guest writes a count to 70 pages from 0x20000 */
int mode_dirty_handler(char **argv); /**< EXITS: a signal handler reads it */
int mode_dirty_late(char **argv);    /**< half a second after the guest has written */
int mode_dirty_closed(char **argv);  /**< the VM's descriptor is closed, its vCPU runs on */
int mode_dirty_ring(char **argv);    /**< KVM's dirty ring, printed */

/* dirty-calls.c */
int mode_dirty_calls(char **argv); /**< KVM's dirty log in every way, printed */

/* dirty-seen.c */
int mode_dirty_seen(char **argv); /**< FILE: memory as only the guest writes it (memory.h) */
int mode_dirty_cost(char **argv); /**< MIB EXITS: a page is written at each */

/** The file of mode_endless. */
struct counts {
	_Atomic pid_t pid;
	_Atomic uint64_t entered[8]; /**< calls of KVM_RUN, by vCPU */
	_Atomic uint64_t left[8];    /**< returns */
};

#endif
