/*
 * Times and durations as people and programs write them. Feeds query. Pure:
 * now is a parameter.
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* What is expected, for messages. */
#define WHEN_TIME_FORMS "RFC 3339 with a zone (2026-01-02T03:04:05Z), seconds since 1970, or -15m, -2h, -1d"
#define WHEN_DURATION_FORMS "seconds (60, 0.5) or 30s, 15m, 2h, 1d, 1h30m, above 0"

/*
 * A time in microseconds since 1970: RFC 3339 with a zone (a blank stands for
 * its '+', which is what a query makes of it), seconds since 1970 with or
 * without a fraction, or relative to now_us ("-15m", "-1h30m"). False: none of
 * these, or beyond the year 9999.
 */
bool when_time(const char *text, int64_t now_us, int64_t *us);

/* A duration in microseconds, above 0 and below 10,000 years: "60", "0.5", "15m", "1h30m". */
bool when_duration(const char *text, int64_t *us);

#endif
