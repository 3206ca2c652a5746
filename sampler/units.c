/* Durations and sizes as people write them, for main.c; see units.h. */
#include "units.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

/* A number and one of the units behind it. */
static int take(const char *text, const struct unit *units, uint64_t *value)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)*text) || strpbrk(text, "xXpPeE"))
		return -1; /* strtod takes more than people mean */
	number = strtod(text, &end);
	for (; units->name; units++)
		if (strcmp(end, units->name) == 0) {
			number = round(number * units->factor);
			if (!(number < 9e18))
				return -1;
			*value = (uint64_t)number;
			return 0;
		}
	return -1;
}

int units_duration(const char *text, uint64_t *microseconds)
{
	static const struct unit units[] = { { "", 1e6 },   { "s", 1e6 },    { "ms", 1e3 },
					     { "m", 60e6 }, { "h", 3600e6 }, { NULL, 0 } };

	return take(text, units, microseconds);
}

int units_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = { { "", 1 },
					     { "K", 1 << 10 },
					     { "M", 1 << 20 },
					     { "G", 1 << 30 },
					     { NULL, 0 } };

	return take(text, units, bytes);
}
