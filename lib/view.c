/* Overview, one IRQ, topology: what people ask for, made from a window; fed by window, feeds apijson. See view.h. */
#include "view.h"
#include "clock.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether the row's counts belong to totals: sums, gauges and values that are no CPU's do not. */
static bool is_counted(const struct window_row *row)
{
	return row->kind == IRQTABLE_COUNTER;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

/* NaN where nothing is known to have been covered. */
static double rate(const struct window *window, uint64_t count)
{
	const struct window_span *span = &window->span;

	if (!span->timed || span->covered_us == 0 || count == VIEW_NONE)
		return NAN;
	return (double)count * 1e6 / (double)span->covered_us;
}

/* In a window without two samples nothing is known, not even that nothing fired. */
static bool is_known(const struct window *window)
{
	return !window->span.timed || window->span.covered_us > 0;
}

int view_window(struct arena *arena, const struct window_span *span, struct view_window *view)
{
	char text[CLOCK_TEXT];
	size_t i;

	memset(view, 0, sizeof *view);
	view->complete = -1;
	view->seconds = view->requested_seconds = NAN;
	view->samples = VIEW_NONE;
	if (!span->timed)
		return 0;
	view->start = arena_strdup(arena, clock_rfc3339(text, span->start_us));
	view->end = arena_strdup(arena, clock_rfc3339(text, span->end_us));
	view->gaps = arena_alloc(arena, span->gap_count, sizeof *view->gaps);
	if (!view->start || !view->end || !view->gaps)
		return -ENOMEM;
	view->seconds = (double)span->covered_us / 1e6;
	view->requested_seconds = (double)span->requested_us / 1e6;
	view->samples = span->samples;
	view->complete = span->complete;
	view->gap_count = span->gap_count;
	for (i = 0; i < span->gap_count; i++) {
		view->gaps[i].start = arena_strdup(arena, clock_rfc3339(text, span->gaps[i].start_us));
		view->gaps[i].end = arena_strdup(arena, clock_rfc3339(text, span->gaps[i].end_us));
		view->gaps[i].why = span->gaps[i].why;
		if (!view->gaps[i].start || !view->gaps[i].end)
			return -ENOMEM;
	}
	return 0;
}

/* ---- filters ---- */

static const char *item_end(const char *item)
{
	return item + strcspn(item, ",");
}

static const char *digits_end(const char *p, const char *end)
{
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p;
}

/* "24-31": its bounds. 1; 0: no range; -1: one that makes no sense. */
static int range(const char *item, const char *end, unsigned long *first, unsigned long *last)
{
	const char *dash = digits_end(item, end);

	if (dash == item || dash == end || *dash != '-' || dash + 1 == end || digits_end(dash + 1, end) != end)
		return 0;
	errno = 0;
	*first = strtoul(item, NULL, 10);
	*last = strtoul(dash + 1, NULL, 10);
	return errno || *last < *first ? -1 : 1;
}

const char *view_filter_fault(const char *irqs)
{
	const char *item = irqs, *end;
	unsigned long first, last;

	for (;; item = end + 1) {
		end = item_end(item);
		if (end == item)
			return "an empty item in a list of IRQ numbers, ranges and names";
		if (range(item, end, &first, &last) < 0)
			return "a range of IRQ numbers that ends below its start, or is beyond all numbers";
		if (!*end)
			return NULL;
	}
}

/* Whether one action of "a, b" matches the pattern, or all of them as printed. */
static bool name_matches(const char *pattern, const char *names)
{
	const char *p = names;

	if (fnmatch(pattern, names, 0) == 0)
		return true;
	while (strstr(p, ", ")) {
		const char *comma = strstr(p, ", ");
		char *one = strndup(p, (size_t)(comma - p));
		bool matches = one && fnmatch(pattern, one, 0) == 0;

		free(one);
		if (matches)
			return true;
		p = comma + 2;
	}
	return p != names && fnmatch(pattern, p, 0) == 0;
}

static bool irq_matches(const char *irqs, const char *irq, bool numbered, const char *names)
{
	const char *item = irqs, *end;
	unsigned long first, last;

	for (;; item = end + 1) {
		char *pattern;
		bool matches;

		end = item_end(item);
		if (range(item, end, &first, &last) > 0) {
			unsigned long number = strtoul(irq, NULL, 10);

			matches = numbered && number >= first && number <= last;
		} else {
			pattern = strndup(item, (size_t)(end - item));
			matches = pattern && (fnmatch(pattern, irq, 0) == 0 ||
					      (numbered && name_matches(pattern, names)));
			free(pattern);
		}
		if (matches || !*end)
			return matches;
	}
}

static const char *device_of(struct arena *arena, const struct window_row *row)
{
	if (!row->numbered)
		return NULL;
	return *row->device ? row->device : *row->names ? view_device(arena, row->names) : NULL;
}

static bool row_matches(struct arena *arena, const struct view_filter *filter, const struct window_row *row)
{
	const char *device;

	if (filter->irqs && !irq_matches(filter->irqs, row->irq, row->numbered, row->names))
		return false;
	if (!filter->device)
		return true;
	device = device_of(arena, row);
	return device && fnmatch(filter->device, device, 0) == 0;
}

bool view_filter_has(const struct view_filter *filter, const struct view_irq *irq)
{
	bool numbered = irq->class_ && strcmp(irq->class_, "device") == 0;

	if (filter->irqs && !irq_matches(filter->irqs, irq->irq, numbered, irq->name ? irq->name : ""))
		return false;
	return !filter->device || (irq->device && fnmatch(filter->device, irq->device, 0) == 0);
}

/* ---- rows ---- */

/* What is no counter has no total, and what is no CPU's has none on some of them. */
static bool has_total(const struct window_row *row, const struct cpulist *cpus)
{
	return row->kind == IRQTABLE_COUNTER || row->kind == IRQTABLE_SUM || (row->kind == IRQTABLE_BARE && !cpus);
}

/* One row with its cells, of those CPUs only (NULL: all). */
static int fill_irq(struct arena *arena, const struct window *window, size_t index, const struct window_cell *cells,
		    size_t count, const struct cpulist *cpus, struct view_irq *irq)
{
	const struct window_row *row = &window->rows[index];
	size_t i;

	memset(irq, 0, sizeof *irq);
	irq->irq = row->irq;
	irq->class_ = row->numbered ? "device" : "system";
	irq->name = or_null(row->names);
	irq->chip = or_null(row->chip);
	irq->hwirq = or_null(row->hwirq);
	irq->trigger = or_null(row->trigger);
	irq->device = device_of(arena, row);
	irq->node = irq->movable = -1;
	irq->counts.items = arena_alloc(arena, count, sizeof *irq->counts.items);
	if (!irq->counts.items)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (cpus && !cpulist_has(cpus, cells[i].cpu))
			continue;
		irq->total += cells[i].count;
		if (cells[i].cpu == WINDOW_NO_CPU)
			continue;
		irq->counts.items[irq->counts.count].cpu = cells[i].cpu;
		irq->counts.items[irq->counts.count++].count = cells[i].count;
	}
	if (!is_known(window) || !has_total(row, cpus))
		irq->total = VIEW_NONE;
	irq->per_second = rate(window, irq->total);
	return 0;
}

/* The cells of row, which begin at *cell; *cell moves behind them. */
static size_t take_cells(const struct window *window, size_t row, size_t *cell)
{
	size_t first = *cell;

	while (*cell < window->cell_count && window->cells[*cell].row == row)
		++*cell;
	return first;
}

/* Largest total first; rows of equal ones stay in the kernel's order, which is that of their places. */
static int by_total_then_place(const void *a, const void *b)
{
	const struct view_irq *x = *(const struct view_irq *const *)a, *y = *(const struct view_irq *const *)b;
	uint64_t i = x->total == VIEW_NONE ? 0 : x->total, k = y->total == VIEW_NONE ? 0 : y->total;

	if (i != k)
		return i > k ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int sort_irqs(struct arena *arena, struct view_overview *overview)
{
	struct view_irq **order = malloc((overview->irq_count + 1) * sizeof *order);
	struct view_irq *sorted = arena_alloc(arena, overview->irq_count, sizeof *sorted);
	size_t i;

	if (!order || !sorted) {
		free(order);
		return -ENOMEM;
	}
	for (i = 0; i < overview->irq_count; i++)
		order[i] = &overview->irqs[i];
	qsort(order, overview->irq_count, sizeof *order, by_total_then_place);
	for (i = 0; i < overview->irq_count; i++)
		sorted[i] = *order[i];
	free(order);
	overview->irqs = sorted;
	return 0;
}

/* The window's CPUs that are wanted, each with a total of 0. */
static int list_cpus(struct arena *arena, const struct window *window, const struct cpulist *wanted,
		     struct view_overview *overview)
{
	uint64_t size = cpulist_size(&window->cpus);
	size_t i, n = 0;

	overview->cpus = arena_alloc(arena, (size_t)size, sizeof *overview->cpus);
	overview->cpu_totals.items = arena_alloc(arena, (size_t)size, sizeof *overview->cpu_totals.items);
	if (!overview->cpus || !overview->cpu_totals.items)
		return -ENOMEM;
	for (i = 0; i < window->cpus.count; i++) {
		uint64_t cpu;

		for (cpu = window->cpus.ranges[i].first; cpu <= window->cpus.ranges[i].last; cpu++)
			if (!wanted || cpulist_has(wanted, (unsigned)cpu)) {
				overview->cpus[n] = (unsigned)cpu;
				overview->cpu_totals.items[n++].cpu = (unsigned)cpu;
			}
	}
	overview->cpu_count = overview->cpu_totals.count = n;
	return 0;
}

static void add_to_totals(const struct view_irq *irq, struct view_overview *overview)
{
	size_t i, n = 0;

	for (i = 0; i < irq->counts.count; i++) {
		while (n < overview->cpu_count && overview->cpus[n] < irq->counts.items[i].cpu)
			n++; /* both ascend, and every cell's CPU is the window's */
		if (n == overview->cpu_count)
			return;
		overview->cpu_totals.items[n].count += irq->counts.items[i].count;
		overview->total += irq->counts.items[i].count;
	}
}

int view_overview(struct arena *arena, const struct window *window, const struct view_filter *filter,
		  struct view_overview *overview)
{
	size_t i, cell = 0;
	int err;

	memset(overview, 0, sizeof *overview);
	err = view_window(arena, &window->span, &overview->window);
	if (!err)
		err = list_cpus(arena, window, filter->cpus, overview);
	overview->irqs = arena_alloc(arena, window->row_count, sizeof *overview->irqs);
	if (err || !overview->irqs)
		return -ENOMEM;
	for (i = 0; i < window->row_count; i++) {
		size_t first = take_cells(window, i, &cell);
		struct view_irq *irq = &overview->irqs[overview->irq_count];

		if (!row_matches(arena, filter, &window->rows[i]))
			continue;
		if (fill_irq(arena, window, i, window->cells + first, cell - first, filter->cpus, irq))
			return -ENOMEM;
		if (is_counted(&window->rows[i]))
			add_to_totals(irq, overview);
		overview->irq_count += filter->all || (irq->total != 0 && irq->total != VIEW_NONE);
	}
	if (!is_known(window)) {
		overview->total = VIEW_NONE;
		overview->cpu_totals.count = 0;
	}
	return sort_irqs(arena, overview);
}

int view_irqs(struct arena *arena, const struct window *window, const char *irq, struct view_irqs *irqs)
{
	size_t i, cell = 0, n = 0;
	int err;

	memset(irqs, 0, sizeof *irqs);
	for (i = 0; i < window->row_count; i++)
		n += strcmp(window->rows[i].irq, irq) == 0;
	err = view_window(arena, &window->span, &irqs->window);
	irqs->irqs = arena_alloc(arena, n, sizeof *irqs->irqs);
	if (err || !irqs->irqs)
		return -ENOMEM;
	for (i = 0; i < window->row_count; i++) {
		size_t first = take_cells(window, i, &cell);

		if (strcmp(window->rows[i].irq, irq) != 0)
			continue;
		if (fill_irq(arena, window, i, window->cells + first, cell - first, NULL, &irqs->irqs[irqs->irq_count++]))
			return -ENOMEM;
	}
	return n ? 0 : -ENOENT;
}

int view_topology(struct arena *arena, const struct topology *topology, struct view_topology *answer)
{
	size_t i;

	memset(answer, 0, sizeof *answer);
	answer->cpus = arena_alloc(arena, topology->cpu_count, sizeof *answer->cpus);
	if (!answer->cpus)
		return -ENOMEM;
	for (i = 0; i < topology->cpu_count; i++) {
		const struct topology_cpu *from = &topology->cpus[i];
		struct view_topology_cpu *cpu = &answer->cpus[i];
		char *siblings = NULL;

		cpu->cpu = from->cpu;
		cpu->node = from->node;
		cpu->package = from->package;
		cpu->core = from->core;
		cpu->online = from->online;
		cpu->isolated = from->isolated;
		cpu->nohz_full = from->nohz_full;
		if (from->siblings.count) {
			siblings = cpulist_format(&from->siblings);
			cpu->siblings = arena_strdup(arena, siblings);
			free(siblings);
			if (!cpu->siblings)
				return -ENOMEM;
		}
	}
	answer->cpu_count = topology->cpu_count;
	return 0;
}
