// SPDX-License-Identifier: MIT
#include "shell/whence.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

void tl_put_date(FILE *to, int64_t seconds)
{
	const time_t when = (time_t)seconds;
	char text[64];
	struct tm tm;

	if (localtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		fputs(text, to);
	else
		fprintf(to, "%" PRId64, seconds);
}

void tl_put_end(FILE *to, const struct tl_trace *trace)
{
	const char *signal;
	int64_t status, ended;

	if (tl_trace_is_recording(trace)) {
		fputs("recording", to);
	} else if (!tl_trace_meta_int(trace, "ended", &ended)) {
		fputs("cut short", to);
	} else if (!tl_trace_meta_int(trace, "status", &status)) {
		fputs("ended", to); // a VMM that recorded itself
	} else {
		signal = status > 128 && status < 128 + 65 ? sigabbrev_np((int)status - 128) : NULL;
		if (signal)
			fprintf(to, "killed by SIG%s", signal);
		else
			fprintf(to, "status %" PRId64, status);
	}
}
