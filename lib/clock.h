/*
 * The one place where a clock is read; elsewhere time is a parameter. Feeds the
 * sampler's ticks and the API's "now".
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock_now {
	int64_t real_us;      /* CLOCK_REALTIME, microseconds since 1970 */
	uint64_t boot_us;     /* CLOCK_BOOTTIME, microseconds since boot, suspend counted */
	uint64_t monotonic_us;/* CLOCK_MONOTONIC, suspend not counted */
};

struct clock_now clock_read(void);

/* Room for clock_rfc3339, its last 0 included. */
#define CLOCK_TEXT 32

/* "2026-01-02T03:04:05.678Z"; times outside the years 0 to 9999 are held there. */
const char *clock_rfc3339(char text[CLOCK_TEXT], int64_t real_us);

#endif
