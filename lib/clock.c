/* Reads the system's clocks and writes times as text for sampler and API; see clock.h. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

#define YEAR_0 (-62167219200)
#define YEAR_9999 253402300799

static int64_t microseconds(clockid_t id)
{
	struct timespec t = { 0, 0 };

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct clock_now clock_read(void)
{
	struct clock_now now;

	now.real_us = microseconds(CLOCK_REALTIME);
	now.boot_us = (uint64_t)microseconds(CLOCK_BOOTTIME);
	now.monotonic_us = (uint64_t)microseconds(CLOCK_MONOTONIC);
	return now;
}

const char *clock_rfc3339(char text[CLOCK_TEXT], int64_t real_us)
{
	int64_t seconds = real_us / 1000000, rest = real_us % 1000000;
	struct tm tm;
	time_t t;

	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	if (seconds < YEAR_0) {
		seconds = YEAR_0;
		rest = 0;
	} else if (seconds > YEAR_9999) {
		seconds = YEAR_9999;
		rest = 999999;
	}
	t = (time_t)seconds;
	if (t != seconds) /* 32 bits are not enough */
		t = (time_t)(seconds < 0 ? INT32_MIN : INT32_MAX);
	gmtime_r(&t, &tm);
	/* the remainders only tell the compiler how long each number is */
	snprintf(text, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000,
		 (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)(rest / 1000) % 1000);
	return text;
}
