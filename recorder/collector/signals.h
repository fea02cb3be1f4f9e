/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_COLLECTOR_SIGNALS_H
#define TL_RECORDER_COLLECTOR_SIGNALS_H

#include <sys/types.h>

/**
 * From now on a signal that someone sends to this process (INT, QUIT, TERM, HUP, USR1, USR2) goes
 * to `child`. One that the terminal sends reaches the child by itself and is ignored here.
 */
void tl_signals_pass_to(pid_t child);

/** The same for another process, when the child has ended; 0: for none. */
void tl_signals_turn_to(pid_t process);

/** What was in force before tl_signals_pass_to(). */
void tl_signals_restore(void);

/**
 * A write beyond the limit on the size of files (RLIMIT_FSIZE) fails from now on instead of ending
 * this process; programs that it starts find SIGXFSZ as it was. And back again.
 */
void tl_signals_let_writes_fail(void);
void tl_signals_let_writes_kill(void);

#endif
