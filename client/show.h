/*
 * The API's objects as text for people. Fed by the commands, from the service
 * or from files; writes to a stream. Pure but for that.
 */
#ifndef SHOW_H
#define SHOW_H

#include "arena.h"
#include "plan.h"
#include "screen.h"
#include "table.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What a window covers, one line: its local times, how much of it there is,
 * the gaps. NULL without memory.
 */
const char *show_window(struct arena *arena, const struct view_window *window);

/* The next cell; no data is "-". */
void show_count(struct table *table, uint64_t count);
void show_rate(struct table *table, double per_second);
void show_percent(struct table *table, double fraction);

/*
 * A sentence, made fit for a terminal and wrapped to its width. Returns how many
 * lines it takes; without out it only counts them.
 */
size_t show_line(FILE *out, const struct screen *screen, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How many of count rows the screen has room for, beside so many other lines; if not for all, show_more tells it. */
size_t show_rows(const struct screen *screen, size_t count, size_t others);
void show_more(FILE *out, const struct screen *screen, size_t count);

/*
 * First covered, a line that says what is shown; then IRQ x CPU, with a row of
 * totals. On a terminal the CPUs that fired most are shown, as many as fit, and
 * one column with the sum of the others. With nothing to show: the sentence
 * none. 0 or -ENOMEM.
 */
int show_overview(FILE *out, const struct view_overview *overview, const char *covered, const char *none,
		  const struct screen *screen);

/* First covered; then a row a CPU, behind one for all; then the evenness in words. 0 or -ENOMEM. */
int show_summary(FILE *out, const struct view_summary *summary, const char *covered, const struct screen *screen);

/* What a plan does not say of itself. */
struct show_plan_asked {
	double tolerance_percent;
	bool weighted; /* some interrupts cost more than others */
};

/*
 * First covered; then a row for each IRQ that is to be somewhere, by CPU; what
 * cannot be moved; a row a CPU; then, in words, how even it was and would be,
 * how good that is, and what moves it takes. 0 or -ENOMEM.
 */
int show_plan(FILE *out, const struct plan *plan, const char *covered, const struct show_plan_asked *asked,
	      const struct screen *screen);

/*
 * Which of count CPUs, widths[i] columns wide, fit into room beside one column
 * of others' sum, others wide: those of the largest loads, set in shown. All, if
 * they fit without it. Returns how many, -1 if not even the others' sum fits.
 */
long show_fit(size_t count, const size_t *widths, const uint64_t *loads, size_t others, size_t room, bool *shown);

#endif
