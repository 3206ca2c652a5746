/* Times and durations as text; feeds query; see when.h. */
#include "when.h"

#include <ctype.h>
#include <stddef.h>

#define SECOND INT64_C(1000000)
#define YEAR_9999 INT64_C(253402300799) /* its last second */

/* Digits and perhaps a fraction, of which microseconds are kept; moves past it. */
static bool seconds(const char **text, int64_t *us)
{
	const char *p = *text;
	int64_t whole = 0, fraction = 0, unit = SECOND;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		whole = whole * 10 + (*p - '0');
		if (whole > YEAR_9999)
			return false;
	}
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return false;
		for (; isdigit((unsigned char)*p); p++) {
			unit /= 10;
			fraction += unit * (*p - '0');
		}
	}
	*us = whole * SECOND + fraction;
	*text = p;
	return true;
}

static int64_t unit_seconds(char c)
{
	return c == 'd' ? 86400 : c == 'h' ? 3600 : c == 'm' ? 60 : c == 's' ? 1 : 0;
}

/* "1h30m": each unit smaller than the one before it. */
static bool with_units(const char *p, int64_t *us)
{
	int64_t total = 0, last = INT64_MAX;

	do {
		int64_t n = 0, unit;

		if (!isdigit((unsigned char)*p))
			return false;
		for (; isdigit((unsigned char)*p); p++) {
			n = n * 10 + (*p - '0');
			if (n > YEAR_9999)
				return false;
		}
		unit = unit_seconds(*p++);
		if (!unit || unit >= last)
			return false;
		last = unit;
		total += n * unit;
		if (total > YEAR_9999)
			return false;
	} while (*p);
	*us = total * SECOND;
	return true;
}

bool when_duration(const char *text, int64_t *us)
{
	const char *p = text;

	return ((seconds(&p, us) && !*p) || with_units(text, us)) && *us > 0;
}

/* Exactly count digits; moves past them. */
static bool digits(const char **text, int count, int *value)
{
	const char *p = *text;

	for (*value = 0; count > 0; count--, p++) {
		if (!isdigit((unsigned char)*p))
			return false;
		*value = *value * 10 + (*p - '0');
	}
	*text = p;
	return true;
}

static bool separator(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01, in 64 bits, which timegm has not everywhere. */
static int64_t days_from_1970(int year, int month, int day)
{
	int64_t before = year - 1, days = 365 * before + before / 4 - before / 100 + before / 400;
	int m;

	if (year == 0)
		days = -366;
	for (m = 1; m < month; m++)
		days += days_in(year, m);
	return days + day - 1 - 719162; /* from 0001-01-01 to 1970-01-01 */
}

/* "Z", "+02:00", "-05:30"; the rest of the text. */
static bool zone(const char *p, int64_t *offset_us)
{
	int sign, hours, minutes;

	*offset_us = 0;
	if (*p == 'Z' || *p == 'z')
		return !p[1];
	if (*p != '+' && *p != '-' && *p != ' ')
		return false;
	sign = *p++ == '-' ? -1 : 1;
	if (!digits(&p, 2, &hours) || !separator(&p, ':') || !digits(&p, 2, &minutes) || *p || hours > 23 || minutes > 59)
		return false;
	*offset_us = sign * (hours * 60 + minutes) * 60 * SECOND;
	return true;
}

static bool rfc3339(const char *p, int64_t *us)
{
	int year, month, day, hour, minute;
	int64_t second, offset;

	if (!digits(&p, 4, &year) || !separator(&p, '-') || !digits(&p, 2, &month) || !separator(&p, '-') ||
	    !digits(&p, 2, &day) || (*p != 'T' && *p != 't'))
		return false;
	p++;
	if (!digits(&p, 2, &hour) || !separator(&p, ':') || !digits(&p, 2, &minute) || !separator(&p, ':') ||
	    !isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]) || isdigit((unsigned char)p[2]) ||
	    !seconds(&p, &second) || !zone(p, &offset))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
	    second >= 61 * SECOND)
		return false;
	*us = ((days_from_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 * SECOND + second - offset;
	return true;
}

bool when_time(const char *text, int64_t now_us, int64_t *us)
{
	const char *p = text;
	int64_t back;

	if (*text == '-') {
		if (!with_units(text + 1, &back) || back <= 0)
			return false;
		*us = now_us - back;
		return true;
	}
	return (seconds(&p, us) && !*p) || rfc3339(text, us);
}
