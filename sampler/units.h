/*
 * "10ms" and "128M" as numbers. Feeds main.c.
 */
#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

/* "1s", "0.5s", "10ms", "2m", "1h"; without a unit seconds. 0 or -1. */
int units_duration(const char *text, uint64_t *microseconds);

/* "128M", "1G", "65536K", bytes without a unit. 0 or -1. */
int units_size(const char *text, uint64_t *bytes);

#endif
