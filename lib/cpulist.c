/* Sets of CPU numbers; see cpulist.h. */
#include "cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpulist_free(struct cpulist *list)
{
	free(list->ranges);
	list->ranges = NULL;
	list->count = 0;
}

/* Room is a power of two, so it need not be kept. */
static int grow(struct cpulist *list)
{
	size_t n = list->count;

	if ((n & (n - 1)) == 0) {
		struct cpulist_range *more = realloc(list->ranges, (n ? 2 * n : 1) * sizeof *more);

		if (!more)
			return -ENOMEM;
		list->ranges = more;
	}
	return 0;
}

/* The first range whose end is not below cpu. */
static size_t find(const struct cpulist *list, unsigned cpu)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->ranges[middle].last < cpu)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int cpulist_add(struct cpulist *list, unsigned first, unsigned last)
{
	size_t from, to;
	struct cpulist_range *r;

	if (last < first)
		return -EINVAL;
	/* all ranges that overlap first..last or touch it become one */
	from = find(list, first ? first - 1 : 0);
	to = from;
	while (to < list->count && (last == UINT32_MAX || list->ranges[to].first <= last + 1))
		to++;
	if (to == from) {
		if (grow(list))
			return -ENOMEM;
		r = list->ranges;
		memmove(r + from + 1, r + from, (list->count - from) * sizeof *r);
		r[from].first = first;
		r[from].last = last;
		list->count++;
		return 0;
	}
	r = list->ranges;
	if (first < r[from].first)
		r[from].first = first;
	if (r[to - 1].last > last)
		last = r[to - 1].last;
	r[from].last = last;
	memmove(r + from + 1, r + to, (list->count - to) * sizeof *r);
	list->count -= to - from - 1;
	/* room is a power of two above count: shrinking must not fool grow() */
	if (to - from > 1) {
		size_t room = 1;

		while (room < list->count)
			room *= 2;
		r = realloc(list->ranges, room * sizeof *r);
		if (r)
			list->ranges = r;
	}
	return 0;
}

/* A decimal number of 32 bits at *text; moves past it. */
static int number(const char **text, unsigned *value)
{
	uint64_t n = 0;
	const char *p = *text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return -ERANGE;
	}
	*value = (unsigned)n;
	*text = p;
	return 0;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Only blanks and newlines are left. */
static bool at_end(const char *p)
{
	return p[strspn(p, " \t\r\n")] == '\0';
}

int cpulist_parse(struct cpulist *list, const char *text)
{
	const char *p = skip_blanks(text);
	int err = 0;

	if (at_end(p))
		return 0;
	for (;;) {
		unsigned first, last;

		err = number(&p, &first);
		if (err)
			break;
		last = first;
		if (*p == '-') {
			p++;
			err = number(&p, &last);
			if (err)
				break;
		}
		err = cpulist_add(list, first, last);
		if (err)
			break;
		if (at_end(p))
			return 0;
		if (*p != ',') {
			err = -EINVAL;
			break;
		}
		p++;
	}
	cpulist_free(list);
	return err;
}

int cpulist_parse_mask(struct cpulist *list, const char *text)
{
	const char *p = skip_blanks(text), *end = p;
	unsigned base = 0, digits = 0;
	int err = 0;

	while (isxdigit((unsigned char)*end) || *end == ',')
		end++;
	if (end == p || !at_end(end))
		return -EINVAL;
	/* from the right: 8 digits a group of 32 CPUs */
	while (end > p && !err) {
		char c = *--end;
		unsigned nibble, bit;

		if (c == ',') {
			if (digits == 0) {
				err = -EINVAL;
				break;
			}
			base += 32;
			digits = 0;
			continue;
		}
		if (digits == 8) {
			err = -EINVAL;
			break;
		}
		nibble = (unsigned)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
		for (bit = 0; bit < 4 && !err; bit++)
			if (nibble >> bit & 1)
				err = cpulist_add(list, base + 4 * digits + bit, base + 4 * digits + bit);
		digits++;
	}
	if (!err && digits == 0)
		err = -EINVAL;
	if (err)
		cpulist_free(list);
	return err;
}

bool cpulist_has(const struct cpulist *list, unsigned cpu)
{
	size_t i = find(list, cpu);

	return i < list->count && list->ranges[i].first <= cpu;
}

bool cpulist_equal(const struct cpulist *a, const struct cpulist *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0);
}

int cpulist_subtract(struct cpulist *rest, const struct cpulist *a, const struct cpulist *b)
{
	size_t i, j = 0;
	int err = 0;

	for (i = 0; !err && i < a->count; i++) {
		uint64_t first = a->ranges[i].first, last = a->ranges[i].last;

		while (j < b->count && b->ranges[j].last < first)
			j++;
		while (!err && j < b->count && b->ranges[j].first <= last) {
			if (b->ranges[j].first > first)
				err = cpulist_add(rest, (unsigned)first, b->ranges[j].first - 1);
			first = (uint64_t)b->ranges[j].last + 1;
			if (first > last)
				break;
			j++;
		}
		if (!err && first <= last)
			err = cpulist_add(rest, (unsigned)first, (unsigned)last);
	}
	return err;
}

bool cpulist_within(const struct cpulist *inner, const struct cpulist *outer)
{
	size_t i, j = 0;

	for (i = 0; i < inner->count; i++) {
		while (j < outer->count && outer->ranges[j].last < inner->ranges[i].first)
			j++;
		if (j == outer->count || outer->ranges[j].first > inner->ranges[i].first ||
		    outer->ranges[j].last < inner->ranges[i].last)
			return false;
	}
	return true;
}

uint64_t cpulist_size(const struct cpulist *list)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < list->count; i++)
		n += (uint64_t)list->ranges[i].last - list->ranges[i].first + 1;
	return n;
}

char *cpulist_format(const struct cpulist *list)
{
	/* two numbers of 10 digits, a dash and a comma each */
	char *text = malloc(list->count * 22 + 1), *p = text;
	size_t i;

	if (!text)
		return NULL;
	*p = '\0';
	for (i = 0; i < list->count; i++) {
		const struct cpulist_range *r = &list->ranges[i];

		p += sprintf(p, r->first == r->last ? "%s%u" : "%s%u-%u", i ? "," : "", r->first, r->last);
	}
	return text;
}
