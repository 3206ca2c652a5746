/* How one value of the API reads: a window, a count, a rate; see show.h. */
#include "show.h"

#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAPS 3 /* so many are told one by one */

static const char *gap_word(const char *why)
{
	static const char *const words[][2] = {
		{ "stopped", "the sampler was stopped" },     { "suspended", "the machine was suspended" },
		{ "late", "the sampler came late" },          { "discarded", "torn samples were thrown away" },
		{ "reboot", "the machine was started anew" }, { "damaged", "the history is damaged there" },
		{ "no_sample", "no sample" },
	};
	size_t i;

	for (i = 0; why && i < sizeof words / sizeof *words; i++)
		if (strcmp(why, words[i][0]) == 0)
			return words[i][1];
	return why ? why : "for an unknown reason";
}

/* "2026-01-02 03:04:05", or only the time on the day that was named before. */
static const char *instant(struct arena *arena, const char *rfc3339, struct tm *day, bool zone)
{
	struct tm local;
	char text[80];
	bool same;

	if (text_local(rfc3339, &local))
		return rfc3339 ? rfc3339 : "?";
	same = day->tm_year == local.tm_year && day->tm_yday == local.tm_yday && day->tm_mday;
	strftime(text, sizeof text, same ? (zone ? "%H:%M:%S %Z" : "%H:%M:%S") :
		 zone ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M:%S", &local);
	*day = local;
	return arena_strdup(arena, text);
}

static const char *gap(struct arena *arena, const struct view_gap *g, struct tm *day)
{
	const char *start = instant(arena, g->start, day, false), *end = start ? instant(arena, g->end, day, false) : NULL;

	return end ? arena_printf(arena, "%s to %s %s", start, end, gap_word(g->why)) : NULL;
}

const char *show_window(struct arena *arena, const struct view_window *window)
{
	struct tm day;
	const char *line, *start, *end;
	size_t i;

	memset(&day, 0, sizeof day);
	start = instant(arena, window->start, &day, false);
	end = start ? instant(arena, window->end, &day, true) : NULL;
	line = end ? arena_printf(arena, "%s to %s", start, end) : NULL;
	if (line && !isnan(window->seconds))
		line = arena_printf(arena, "%s, %.1f s", line, window->seconds);
	if (line && window->samples != VIEW_NONE)
		line = arena_printf(arena, "%s, %" PRIu64 " sample%s", line, window->samples,
				    window->samples == 1 ? "" : "s");
	if (line && window->complete == 0)
		line = arena_printf(arena, isnan(window->requested_seconds) ? "%s, partly covered" :
				    "%s, partly covered: %.1f s were asked for", line, window->requested_seconds);
	for (i = 0; line && i < window->gap_count && i < GAPS; i++) {
		const char *told = gap(arena, &window->gaps[i], &day);

		line = told ? arena_printf(arena, "%s; %s", line, told) : NULL;
	}
	if (line && window->gap_count > GAPS)
		line = arena_printf(arena, "%s; and %zu gap%s more", line, window->gap_count - GAPS,
				    window->gap_count == GAPS + 1 ? "" : "s");
	return line;
}

void show_count(struct table *table, uint64_t count)
{
	if (count == VIEW_NONE)
		table_add(table, NULL);
	else
		table_addf(table, "%" PRIu64, count);
}

void show_rate(struct table *table, double per_second)
{
	if (isnan(per_second))
		table_add(table, NULL);
	else if (per_second > 0 && per_second < 0.005)
		table_add(table, "<0.01");
	else
		table_addf(table, "%.2f", per_second);
}

void show_percent(struct table *table, double fraction)
{
	if (isnan(fraction))
		table_add(table, NULL);
	else
		table_addf(table, "%.1f", fraction * 100);
}

size_t show_line(FILE *out, const struct screen *screen, const char *format, ...)
{
	struct arena arena = { NULL };
	char *sentence = NULL;
	const char *rest = NULL;
	va_list arguments;
	size_t lines = 0;

	va_start(arguments, format);
	if (vasprintf(&sentence, format, arguments) < 0)
		sentence = NULL;
	va_end(arguments);
	if (sentence)
		rest = text_clean(&arena, sentence);
	if (!rest)
		rest = "";
	do {
		size_t length = text_line(rest, screen->width);

		if (out)
			fprintf(out, "%.*s\n", (int)length, rest);
		rest += length;
		rest += strspn(rest, " ");
		lines++;
	} while (*rest);
	free(sentence);
	arena_free(&arena);
	return lines;
}

size_t show_rows(const struct screen *screen, size_t count, size_t others)
{
	size_t room;

	if (!screen->rows || count + others <= screen->rows)
		return count;
	room = screen->rows > others + 1 ? screen->rows - others - 1 : 1; /* one line is show_more's */
	return room < count ? room : count;
}

void show_more(FILE *out, const struct screen *screen, size_t count)
{
	if (count)
		show_line(out, screen, "%zu more below these", count);
}
