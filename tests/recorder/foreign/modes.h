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

/* inputs.c */
int mode_inputs(char **argv); /**< FILE: every ioctl that changed something, with its bytes */

/** The file of mode_endless. */
struct counts {
	_Atomic pid_t pid;
	_Atomic uint64_t entered[8]; /**< calls of KVM_RUN, by vCPU */
	_Atomic uint64_t left[8];    /**< returns */
};

#endif
