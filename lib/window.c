/* What fired on which CPU between two instants; see window.h. */
#include "window.h"
#include "grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same_row(const struct window_row *a, const struct window_row *b)
{
	return strcmp(a->irq, b->irq) == 0 && a->ordinal == b->ordinal && strcmp(a->chip, b->chip) == 0 &&
	       strcmp(a->hwirq, b->hwirq) == 0 && strcmp(a->names, b->names) == 0;
}

void window_row_free(struct window_row *row)
{
	free(row->irq);
	free(row->chip);
	free(row->hwirq);
	free(row->trigger);
	free(row->names);
	free(row->device);
}

int window_row_copy(struct window_row *to, const struct window_row *from)
{
	*to = *from;
	to->irq = strdup(from->irq);
	to->chip = strdup(from->chip);
	to->hwirq = strdup(from->hwirq);
	to->trigger = strdup(from->trigger);
	to->names = strdup(from->names);
	to->device = strdup(from->device);
	if (to->irq && to->chip && to->hwirq && to->trigger && to->names && to->device)
		return 0;
	window_row_free(to);
	return -ENOMEM;
}

int window_row_add(struct window *window, const struct window_row *row)
{
	if (grow(&window->rows, &window->row_room, window->row_count + 1, sizeof *window->rows) ||
	    window_row_copy(&window->rows[window->row_count], row))
		return -ENOMEM;
	window->row_count++;
	return 0;
}

long window_row(struct window *window, const struct window_row *row)
{
	size_t i = window->row_next;

	/* rows mostly come in the same order as before: look at the next one first */
	if (i < window->row_count && same_row(&window->rows[i], row)) {
		window->row_next = i + 1;
		return (long)i;
	}
	for (i = 0; i < window->row_count; i++)
		if (same_row(&window->rows[i], row)) {
			window->row_next = i + 1;
			return (long)i;
		}
	window->row_next = i + 1;
	return window_row_add(window, row) ? -ENOMEM : (long)i;
}

int window_count(struct window *window, uint32_t row, uint32_t cpu, uint64_t count)
{
	struct window_cell cell = { row, cpu, count };

	if (count == 0)
		return 0;
	if (grow(&window->cells, &window->cell_room, window->cell_count + 1, sizeof *window->cells))
		return -ENOMEM;
	window->cells[window->cell_count++] = cell;
	return 0;
}

int window_gap(struct window *window, int64_t start_us, int64_t end_us, const char *why)
{
	struct window_span *span = &window->span;
	struct window_gap gap = { start_us, end_us, why };

	if (grow(&span->gaps, &window->gap_room, span->gap_count + 1, sizeof *span->gaps))
		return -ENOMEM;
	span->gaps[span->gap_count++] = gap;
	return 0;
}

static int compare_cells(const void *a, const void *b)
{
	const struct window_cell *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* Sorts and joins the cells. */
static void join_cells(struct window *window)
{
	struct window_cell *cells = window->cells;
	size_t i, n = 0;

	for (i = 1; i < window->cell_count; i++)
		if (compare_cells(&cells[i - 1], &cells[i]) >= 0)
			break;
	if (i >= window->cell_count)
		return; /* in order already */
	qsort(cells, window->cell_count, sizeof *cells, compare_cells);
	for (i = 0; i < window->cell_count; i++) {
		if (n && compare_cells(&cells[n - 1], &cells[i]) == 0)
			cells[n - 1].count += cells[i].count;
		else
			cells[n++] = cells[i];
	}
	window->cell_count = n;
}

/* A row and where it stands. */
struct place {
	const struct window_row *row;
	size_t index;
	unsigned zone; /* system rows before all numbers (s390), numbers, other system rows */
};

/* As the kernel prints them: numbers in their order, system rows as they came. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	if (x->row->numbered) {
		size_t i = strlen(x->row->irq), k = strlen(y->row->irq);
		int order = i != k ? (i < k ? -1 : 1) : strcmp(x->row->irq, y->row->irq);

		if (order)
			return order;
	}
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Lists the rows as they stand. Whether they are in the kernel's order already. */
static bool list_rows(const struct window *window, struct place *places)
{
	bool numbers = false, in_order = true;
	size_t i;

	for (i = 0; i < window->row_count; i++) {
		const struct window_row *row = &window->rows[i];

		numbers |= row->numbered;
		places[i].row = row;
		places[i].index = i;
		places[i].zone = row->numbered ? 1 : numbers ? 2 : 0;
		in_order = in_order && (i == 0 || compare_places(&places[i - 1], &places[i]) < 0);
	}
	return in_order;
}

/* Brings rows into the kernel's order: those that came while it ran stand behind the others. 0 or -ENOMEM. */
static int order_rows(struct window *window)
{
	size_t i, count = window->row_count;
	struct place *places = malloc((count + 1) * sizeof *places);
	struct window_row *rows = malloc((count + 1) * sizeof *rows);
	uint32_t *to = malloc((count + 1) * sizeof *to);
	int err = places && rows && to ? 0 : -ENOMEM;

	if (!err && !list_rows(window, places)) {
		qsort(places, count, sizeof *places, compare_places);
		for (i = 0; i < count; i++) {
			rows[i] = *places[i].row;
			to[places[i].index] = (uint32_t)i;
		}
		memcpy(window->rows, rows, count * sizeof *rows);
		for (i = 0; i < window->cell_count; i++)
			window->cells[i].row = to[window->cells[i].row];
	}
	free(places);
	free(rows);
	free(to);
	return err;
}

int window_finish(struct window *window)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < window->cell_count; i++) {
		if (window->cells[i].count > INT64_MAX - sum)
			return -EOVERFLOW;
		sum += window->cells[i].count;
	}
	if (order_rows(window))
		return -ENOMEM;
	join_cells(window);
	return 0;
}

void window_free(struct window *window)
{
	size_t i;

	for (i = 0; i < window->row_count; i++)
		window_row_free(&window->rows[i]);
	free(window->rows);
	free(window->cells);
	free(window->span.gaps);
	cpulist_free(&window->cpus);
	memset(window, 0, sizeof *window);
}
