/* The rows, CPUs and slots of counts: found again, added, taken up from a history, shown as a window; see counts_rows.h. */
#include "counts_rows.h"
#include "grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- CPUs ---- */

/* Makes the arrays of all rows as long as cpu_room is now; they were old. */
static int widen_rows(struct counts *counts, size_t old)
{
	size_t i, more = counts->cpu_room - old;

	for (i = 0; i < counts->row_count && more; i++) {
		struct counts_row *row = &counts->rows[i];
		uint64_t *last = realloc(row->last, counts->cpu_room * sizeof *last);
		uint32_t *slot;

		if (!last)
			return -ENOMEM;
		row->last = last;
		slot = realloc(row->slot, counts->cpu_room * sizeof *slot);
		if (!slot)
			return -ENOMEM;
		row->slot = slot;
		memset(last + old, 0, more * sizeof *last);
		memset(slot + old, 0xff, more * sizeof *slot); /* COUNTS_NO_SLOT */
	}
	return 0;
}

/* The index of that CPU, which is added when it is new. */
static int add_cpu(struct counts *counts, unsigned cpu, uint32_t *index)
{
	size_t i, old = counts->cpu_room;

	for (i = 0; i < counts->cpu_count; i++)
		if (counts->cpus[i] == cpu) {
			*index = (uint32_t)i;
			return 0;
		}
	if (grow(&counts->cpus, &counts->cpu_room, i + 1, sizeof *counts->cpus) ||
	    grow(&counts->cpu_is, &counts->cpu_is_room, i + 1, sizeof *counts->cpu_is) || widen_rows(counts, old))
		return -ENOMEM;
	*index = (uint32_t)i;
	counts->cpus[i] = cpu;
	memset(&counts->cpu_is[i], 0, sizeof *counts->cpu_is);
	counts->cpu_is[i].seen_us = counts->boot_us;
	counts->cpu_count++;
	return 0;
}

/* Whether a column shows more than limit anywhere: its CPU was at work before it was first seen. */
static bool is_above(const struct irqtable *table, size_t column, uint64_t limit)
{
	size_t i;

	for (i = 0; i < table->row_count; i++) {
		const uint64_t *values = table->rows[i].kind == IRQTABLE_GAUGE ? NULL : irqtable_counts(table, i);

		if (values && values[column] > limit)
			return true;
	}
	return false;
}

static bool same_columns(const struct counts *counts, const struct irqtable *table)
{
	return counts->column_count == table->cpu_count &&
	       memcmp(counts->header, table->cpus, table->cpu_count * sizeof *table->cpus) == 0;
}

static int map_columns(struct counts *counts, const struct irqtable *table)
{
	size_t i;

	counts->layout = true;
	counts->column_count = 0;
	cpulist_free(&counts->online);
	if (grow(&counts->header, &counts->header_room, table->cpu_count, sizeof *counts->header) ||
	    grow(&counts->column, &counts->column_room, table->cpu_count, sizeof *counts->column))
		return -ENOMEM;
	for (i = 0; i < table->cpu_count; i++) {
		if (add_cpu(counts, table->cpus[i], &counts->column[i]) ||
		    cpulist_add(&counts->online, table->cpus[i], table->cpus[i]))
			return -ENOMEM;
		counts->header[i] = table->cpus[i];
	}
	counts->column_count = table->cpu_count;
	return 0;
}

int counts_rows_columns(struct counts *counts, const struct irqtable *table, uint64_t limit)
{
	size_t i, known = counts->cpu_count;
	int err = same_columns(counts, table) ? 0 : map_columns(counts, table);

	for (i = 0; i < counts->column_count && !err; i++) {
		struct counts_cpu *cpu = &counts->cpu_is[counts->column[i]];

		cpu->back = !cpu->here;
		cpu->base = counts->begun && counts->column[i] >= known && is_above(table, i, limit);
	}
	return err;
}

/* ---- rows ---- */

static int replace(char **text, struct irqtable_text with)
{
	char *copy = strndup(with.at, with.length);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* The row behind the last, its arrays set. */
static struct counts_row *new_row(struct counts *counts)
{
	struct counts_row *row;
	size_t room = counts->cpu_room ? counts->cpu_room : 1;

	if (counts->row_count >= COUNTS_NO_SLOT ||
	    grow(&counts->rows, &counts->row_room, counts->row_count + 1, sizeof *counts->rows))
		return NULL;
	row = &counts->rows[counts->row_count];
	memset(row, 0, sizeof *row);
	row->bare_slot = COUNTS_NO_SLOT;
	row->last = calloc(room, sizeof *row->last);
	row->slot = malloc(room * sizeof *row->slot);
	if (!row->last || !row->slot) {
		free(row->last);
		free(row->slot);
		return NULL;
	}
	memset(row->slot, 0xff, room * sizeof *row->slot); /* COUNTS_NO_SLOT */
	counts->row_count++;
	return row;
}

int counts_rows_add(struct counts *counts, const struct irqtable_row *now)
{
	struct irqtable_text none = { "", 0 };
	struct counts_row *row = new_row(counts);
	struct window_row *is;

	if (!row)
		return -ENOMEM;
	is = &row->is;
	is->ordinal = now->ordinal;
	is->numbered = now->numbered;
	is->kind = now->kind;
	if (replace(&is->irq, now->label) || replace(&is->chip, now->chip) || replace(&is->hwirq, now->hwirq) ||
	    replace(&is->trigger, now->trigger) || replace(&is->names, now->names) || replace(&is->device, none) ||
	    replace(&row->tail, now->tail))
		return -ENOMEM;
	return 0;
}

/* The same counter: label, chip and hwirq; names may change. */
static bool same_counter(const struct counts_row *row, const struct irqtable_row *now)
{
	if (row->is.ordinal != now->ordinal || row->is.numbered != now->numbered || !irqtable_is(now->label, row->is.irq))
		return false;
	return (row->tail && irqtable_is(now->tail, row->tail)) ||
	       (irqtable_is(now->chip, row->is.chip) && irqtable_is(now->hwirq, row->is.hwirq));
}

uint32_t counts_rows_find(const struct counts *counts, const struct irqtable_row *now, uint32_t old, size_t *hint)
{
	size_t i, at = *hint;
	uint32_t row;

	for (i = 0; i < counts->map_count; i++, at++) {
		if (at >= counts->map_count)
			at = 0;
		row = counts->map[at];
		if (row != COUNTS_NO_SLOT && same_counter(&counts->rows[row], now)) {
			*hint = at + 1;
			return row;
		}
	}
	for (row = old; row-- > 0;)
		if (!counts->rows[row].present && !counts->rows[row].closed && same_counter(&counts->rows[row], now))
			return row;
	return counts_rows_find_closed(counts, now, old);
}

uint32_t counts_rows_find_closed(const struct counts *counts, const struct irqtable_row *now, uint32_t old)
{
	uint32_t row;

	for (row = old; row-- > 0;)
		if (counts->rows[row].closed && same_counter(&counts->rows[row], now) &&
		    irqtable_is(now->names, counts->rows[row].is.names))
			return row;
	return COUNTS_NO_SLOT;
}

void counts_rows_close_others(struct counts *counts, uint32_t keep)
{
	const struct window_row *is = &counts->rows[keep].is;
	size_t i;

	for (i = 0; i < counts->row_count && is->numbered; i++) {
		struct counts_row *other = &counts->rows[i];

		if (i != keep && other->is.numbered && other->is.ordinal == is->ordinal &&
		    strcmp(other->is.irq, is->irq) == 0)
			other->closed = true;
	}
}

int counts_rows_rename(struct counts *counts, uint32_t index, const struct irqtable_row *now)
{
	struct counts_row *row = &counts->rows[index];
	struct window_row *is = &row->is;

	if (is->kind != now->kind) {
		is->kind = now->kind;
		row->fresh = counts->layout = true;
	}
	if (row->tail && irqtable_is(now->tail, row->tail))
		return 0;
	if (!irqtable_is(now->names, is->names) || !irqtable_is(now->trigger, is->trigger) ||
	    !irqtable_is(now->chip, is->chip) || !irqtable_is(now->hwirq, is->hwirq))
		row->fresh = counts->layout = true;
	if (replace(&is->chip, now->chip) || replace(&is->hwirq, now->hwirq) || replace(&is->trigger, now->trigger) ||
	    replace(&is->names, now->names) || replace(&row->tail, now->tail))
		return -ENOMEM;
	return 0;
}

static void swap_maps(struct counts *counts, size_t table_rows)
{
	uint32_t *map = counts->map;
	size_t room = counts->map_room;

	counts->map = counts->map_next;
	counts->map_room = counts->map_next_room;
	counts->map_next = map;
	counts->map_next_room = room;
	counts->map_count = table_rows;
}

void counts_rows_mark(struct counts *counts, size_t table_rows, uint64_t boot_us)
{
	size_t i;

	for (i = 0; i < table_rows; i++)
		if (counts->map_next[i] != COUNTS_NO_SLOT)
			counts->rows[counts->map_next[i]].mark = true;
	for (i = 0; i < counts->row_count; i++) {
		struct counts_row *row = &counts->rows[i];

		if (row->present != row->mark)
			row->fresh = counts->layout = true;
		row->present = row->mark;
		if (row->mark)
			row->seen_us = boot_us;
		row->mark = false;
	}
	for (i = 0; i < counts->cpu_count; i++)
		counts->cpu_is[i].here = false;
	for (i = 0; i < counts->column_count; i++) {
		counts->cpu_is[counts->column[i]].here = true;
		counts->cpu_is[counts->column[i]].seen_us = boot_us;
	}
	swap_maps(counts, table_rows);
}

int counts_set_device(struct counts *counts, uint32_t row, const char *device)
{
	struct irqtable_text text = { device, strlen(device) };

	return replace(&counts->rows[row].is.device, text);
}

/* ---- taking counts up again ---- */

int counts_restore_row(struct counts *counts, const struct window_row *is, bool present, uint64_t seen_us)
{
	struct counts_row *row = new_row(counts);

	if (!row)
		return -ENOMEM;
	if (window_row_copy(&row->is, is)) {
		memset(&row->is, 0, sizeof row->is);
		return -ENOMEM;
	}
	row->present = present;
	row->seen_us = seen_us;
	return 0;
}

int counts_restore_slot(struct counts *counts, uint32_t row, uint32_t cpu, uint64_t last, uint64_t sum)
{
	struct counts_slot slot = { row, cpu, last, sum, 0, false };
	uint32_t index;

	if (grow(&counts->slots, &counts->slot_room, counts->slot_count + 1, sizeof *counts->slots))
		return -ENOMEM;
	if (cpu == WINDOW_NO_CPU) {
		counts->rows[row].bare_last = last;
		counts->rows[row].bare_slot = (uint32_t)counts->slot_count;
	} else {
		if (add_cpu(counts, cpu, &index))
			return -ENOMEM;
		counts->rows[row].last[index] = last;
		counts->rows[row].slot[index] = (uint32_t)counts->slot_count;
	}
	counts->slots[counts->slot_count++] = slot;
	return 0;
}

/* A row that is gone is closed if another device had its number since. */
static void close_gone(struct counts *counts, struct counts_row *gone)
{
	size_t i;

	for (i = 0; i < counts->row_count && gone->is.numbered && !gone->closed; i++) {
		const struct counts_row *other = &counts->rows[i];

		gone->closed = other->seen_us > gone->seen_us && other->is.numbered &&
			       other->is.ordinal == gone->is.ordinal && strcmp(other->is.irq, gone->is.irq) == 0;
	}
}

int counts_restore_end(struct counts *counts, uint64_t boot_us, const struct cpulist *online)
{
	size_t i;

	if (grow(&counts->map, &counts->map_room, counts->row_count, sizeof *counts->map))
		return -ENOMEM;
	for (i = 0; i < counts->row_count; i++)
		if (counts->rows[i].present) {
			counts->rows[i].seen_us = boot_us;
			counts->map[counts->map_count++] = (uint32_t)i;
		}
	for (i = 0; i < counts->row_count; i++)
		if (!counts->rows[i].present)
			close_gone(counts, &counts->rows[i]);
	for (i = 0; i < counts->cpu_count; i++) {
		counts->cpu_is[i].seen_us = boot_us;
		counts->cpu_is[i].here = cpulist_has(online, counts->cpus[i]);
	}
	counts->boot_us = boot_us;
	counts->begun = true;
	return 0;
}

/* ---- two saved files ---- */

int counts_window(const struct counts *counts, bool since_boot, struct window *window)
{
	long *rows = malloc((counts->row_count + 1) * sizeof *rows);
	size_t i;
	int err = 0;

	if (!rows)
		return -ENOMEM;
	for (i = 0; i < counts->cpu_count && !err; i++)
		err = cpulist_add(&window->cpus, counts->cpus[i], counts->cpus[i]);
	for (i = 0; i < counts->row_count; i++)
		rows[i] = counts->rows[i].present ? 0 : -1;
	for (i = 0; i < counts->slot_count; i++)
		if (!since_boot && counts->slots[i].sum)
			rows[counts->slots[i].row] = 0;
	for (i = 0; i < counts->row_count && !err; i++)
		if (rows[i] == 0) {
			rows[i] = (long)window->row_count;
			err = window_row_add(window, &counts->rows[i].is);
		}
	for (i = 0; i < counts->slot_count && !err; i++) {
		const struct counts_slot *slot = &counts->slots[i];

		if (rows[slot->row] >= 0)
			err = window_count(window, (uint32_t)rows[slot->row], slot->cpu,
					   since_boot ? slot->last : slot->sum);
	}
	free(rows);
	return err ? err : window_finish(window);
}

void counts_free(struct counts *counts)
{
	size_t i;

	for (i = 0; i < counts->row_count; i++) {
		window_row_free(&counts->rows[i].is);
		free(counts->rows[i].tail);
		free(counts->rows[i].last);
		free(counts->rows[i].slot);
	}
	free(counts->rows);
	free(counts->slots);
	free(counts->cpus);
	free(counts->cpu_is);
	free(counts->falls);
	free(counts->map);
	free(counts->map_next);
	free(counts->header);
	free(counts->column);
	cpulist_free(&counts->online);
	memset(counts, 0, sizeof *counts);
}
