// SPDX-License-Identifier: MIT
// A machine whose clock is set forwards and back all the time: each look at the time of day is an hour
// later than it is, or a day earlier.
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600, DAY = 86400 };

int clock_gettime(clockid_t clock, struct timespec *ret);
time_t time(time_t *ret);
int gettimeofday(struct timeval *restrict ret, void *restrict zone);

static long step(void)
{
	static _Atomic unsigned looks;

	return looks++ % 2 ? -DAY : HOUR;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const long bad = syscall(SYS_clock_gettime, clock, ret);

	if (!bad && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += step();
	return (int)bad;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}
