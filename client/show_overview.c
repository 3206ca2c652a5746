/* IRQ x CPU, fitted to the terminal; see show.h. */
#include "show.h"

#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NAME 8 /* names are not cut shorter */
#define FIXED 4      /* columns before those of the CPUs */
#define NAME 1       /* which of them is the name's */

/* How the CPUs are laid out: by index of overview->cpus. */
struct layout {
	size_t count, folded;
	bool others;      /* there is a column of the folded ones' sum */
	bool *shown;
	uint64_t *loads;
	size_t *widths;
	uint64_t *row;    /* one row's counts */
	size_t others_width;
};

static size_t digits(uint64_t n)
{
	size_t width = 1;

	while (n >= 10) {
		n /= 10;
		width++;
	}
	return width;
}

static void at_least(size_t *width, size_t other)
{
	if (*width < other)
		*width = other;
}

/* ---- which CPUs ---- */

static int by_load(const void *a, const void *b, void *loads)
{
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	uint64_t x = ((const uint64_t *)loads)[i], y = ((const uint64_t *)loads)[j];

	if (x != y)
		return x > y ? -1 : 1;
	return i < j ? -1 : i > j;
}

long show_fit(size_t count, const size_t *widths, const uint64_t *loads, size_t others, size_t room, bool *shown)
{
	size_t *order, used = 0, i, n;

	for (i = 0; i < count; i++) {
		used += widths[i] + TABLE_GAP;
		shown[i] = false;
	}
	if (used <= room) {
		memset(shown, true, count * sizeof *shown);
		return (long)count;
	}
	used = others + TABLE_GAP;
	order = malloc(count * sizeof *order);
	if (!order || used > room) {
		free(order);
		return -1;
	}
	for (i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof *order, by_load, (void *)(uintptr_t)loads);
	for (n = 0; n < count && used + widths[order[n]] + TABLE_GAP <= room; n++) {
		used += widths[order[n]] + TABLE_GAP;
		shown[order[n]] = true;
	}
	free(order);
	return (long)n;
}

static int compare_cpu(const void *key, const void *item)
{
	unsigned cpu = *(const unsigned *)key, other = *(const unsigned *)item;

	return cpu < other ? -1 : cpu > other;
}

/* Spreads {"0": n, …} over the columns. */
static void spread(const struct view_overview *overview, const struct view_counts *counts, uint64_t *row)
{
	size_t i;

	memset(row, 0, overview->cpu_count * sizeof *row);
	for (i = 0; i < counts->count; i++) {
		const unsigned *at = bsearch(&counts->items[i].cpu, overview->cpus, overview->cpu_count,
					     sizeof *overview->cpus, compare_cpu);

		if (at)
			row[at - overview->cpus] += counts->items[i].count;
	}
}

static void measure_row(struct layout *layout, uint64_t total)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		at_least(&layout->widths[i], digits(layout->row[i]));
	if (total != VIEW_NONE)
		at_least(&layout->others_width, digits(total));
}

static int layout_begin(struct arena *arena, struct layout *layout, const struct view_overview *overview)
{
	size_t i;

	memset(layout, 0, sizeof *layout);
	layout->count = overview->cpu_count;
	layout->shown = arena_alloc(arena, layout->count, sizeof *layout->shown);
	layout->loads = arena_alloc(arena, layout->count, sizeof *layout->loads);
	layout->widths = arena_alloc(arena, layout->count, sizeof *layout->widths);
	layout->row = arena_alloc(arena, layout->count, sizeof *layout->row);
	if (!layout->shown || !layout->loads || !layout->widths || !layout->row)
		return -ENOMEM;
	layout->others_width = strlen("others");
	spread(overview, &overview->cpu_totals, layout->row);
	memcpy(layout->loads, layout->row, layout->count * sizeof *layout->row);
	for (i = 0; i < layout->count; i++)
		layout->widths[i] = strlen("CPU") + digits(overview->cpus[i]);
	measure_row(layout, overview->total);
	for (i = 0; i < overview->irq_count; i++) {
		spread(overview, &overview->irqs[i].counts, layout->row);
		measure_row(layout, overview->irqs[i].total);
	}
	return 0;
}

/* What has to be there before names are cut for it: three columns of CPUs. */
static size_t least_cpus(const struct layout *layout)
{
	size_t first = 0, second = 0, sum = 0, i;

	for (i = 0; i < layout->count; i++) {
		size_t width = layout->widths[i] + TABLE_GAP;

		sum += width;
		if (width > first) {
			second = first;
			first = width;
		} else if (width > second) {
			second = width;
		}
	}
	return layout->count <= 3 ? sum : first + second + layout->others_width + TABLE_GAP;
}

/* Decides on CPUs and the name's width; fixed has the columns before the CPUs'. */
static void fit(struct layout *layout, struct table *fixed, const struct screen *screen)
{
	size_t least = least_cpus(layout), room;
	long fitting;

	if (!screen->width) {
		memset(layout->shown, true, layout->count * sizeof *layout->shown);
		return;
	}
	table_limit(fixed, NAME, screen->width > least ? screen->width - least : 1, LEAST_NAME);
	room = screen->width > table_width(fixed) ? screen->width - table_width(fixed) : 0;
	fitting = show_fit(layout->count, layout->widths, layout->loads, layout->others_width, room, layout->shown);
	layout->others = fitting >= 0 && (size_t)fitting < layout->count;
	layout->folded = layout->count - (fitting < 0 ? 0 : (size_t)fitting);
}

/* ---- the cells ---- */

/* Its actions, else its chip; and the device, where that is a name and says more. */
static void add_name(struct table *table, const struct view_irq *irq)
{
	const char *name = irq->name && *irq->name ? irq->name : irq->chip;
	const char *device = irq->device;

	if (name && device && *device && !strchr(device, ':') && !strstr(name, device))
		table_addf(table, "%s (%s)", name, device);
	else
		table_add(table, name && *name ? name : device);
}

static void add_fixed(struct table *table, const struct view_overview *overview)
{
	double seconds = overview->window.seconds;
	size_t i;

	table_column(table, "IRQ", TABLE_RIGHT);
	table_column(table, "NAME", TABLE_LEFT);
	table_column(table, "TOTAL", TABLE_RIGHT);
	table_column(table, "PER SECOND", TABLE_RIGHT);
	table_add(table, "all");
	table_add(table, NULL);
	show_count(table, overview->total);
	show_rate(table, overview->total != VIEW_NONE && seconds > 0 ? (double)overview->total / seconds : (double)NAN);
	for (i = 0; i < overview->irq_count; i++) {
		const struct view_irq *irq = &overview->irqs[i];

		table_add(table, irq->irq);
		add_name(table, irq);
		show_count(table, irq->total);
		show_rate(table, irq->per_second);
	}
}

/* One row's cells of CPUs; a value that is no CPU's has none. */
static void add_cpus(struct table *table, const struct layout *layout, bool known)
{
	uint64_t others = 0;
	size_t i;

	for (i = 0; i < layout->count; i++) {
		if (!layout->shown[i])
			others += layout->row[i];
		else if (known)
			table_addf(table, "%" PRIu64, layout->row[i]);
		else
			table_add(table, NULL);
	}
	if (layout->others && known)
		table_addf(table, "%" PRIu64, others);
	else if (layout->others)
		table_add(table, NULL);
}

/* The whole table: the fixed columns of each row, then its CPUs. */
static void fill(struct table *table, const struct table *fixed, struct layout *layout,
		 const struct view_overview *overview, size_t rows)
{
	char head[32];
	size_t i, row;

	for (i = 0; i < FIXED; i++) {
		table_column(table, fixed->columns[i].head, fixed->columns[i].side);
		if (!table->failed)
			table->columns[i].limit = fixed->columns[i].limit;
	}
	for (i = 0; i < layout->count; i++) {
		snprintf(head, sizeof head, "CPU%u", overview->cpus[i]);
		if (layout->shown[i])
			table_column(table, head, TABLE_RIGHT);
	}
	if (layout->others)
		table_column(table, "others", TABLE_RIGHT);
	for (row = 0; row <= rows; row++) { /* the first is the totals' */
		const struct view_irq *irq = row ? &overview->irqs[row - 1] : NULL;
		const struct view_counts *counts;
		uint64_t total;

		for (i = 0; i < FIXED; i++)
			table_add(table, fixed->cells[row * FIXED + i]);
		counts = irq ? &irq->counts : &overview->cpu_totals;
		total = irq ? irq->total : overview->total;
		spread(overview, counts, layout->row);
		add_cpus(table, layout, counts->count || total == 0);
	}
}

/* How many CPUs have no column. Returns how many lines that takes, as show_line. */
static size_t tell_folded(FILE *out, const struct layout *layout, const struct screen *screen)
{
	if (!layout->folded)
		return 0;
	if (layout->others)
		return show_line(out, screen, "others: the sum of %zu of %zu CPUs; -C chooses which to show", layout->folded,
				 layout->count);
	return show_line(out, screen, "%zu CPUs do not fit", layout->folded);
}

int show_overview(FILE *out, const struct view_overview *overview, const char *covered, const char *none,
		  const struct screen *screen)
{
	struct arena arena = { NULL };
	struct table fixed, table;
	struct layout layout;
	size_t lines = show_line(out, screen, "%s", covered), rows;
	int err;

	if (overview->irq_count == 0) {
		show_line(out, screen, "%s", none);
		return 0;
	}
	memset(&fixed, 0, sizeof fixed);
	memset(&table, 0, sizeof table);
	add_fixed(&fixed, overview);
	err = fixed.failed ? -ENOMEM : layout_begin(&arena, &layout, overview);
	if (!err) {
		fit(&layout, &fixed, screen);
		lines += 2 + tell_folded(NULL, &layout, screen); /* the head and the totals */
		rows = show_rows(screen, overview->irq_count, lines);
		fill(&table, &fixed, &layout, overview, rows);
		err = table_print(&table, out, screen->colour);
		tell_folded(out, &layout, screen);
		show_more(out, screen, overview->irq_count - rows);
	}
	table_free(&fixed);
	table_free(&table);
	arena_free(&arena);
	return err;
}
