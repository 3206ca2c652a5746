/* From one table of /proc/interrupts to the next: what a gain, a wrap, a fall is; see counts.h. */
#include "counts.h"
#include "counts_rows.h"
#include "grow.h"

#include <errno.h>
#include <string.h>

/* A table as it is taken in. */
struct step {
	const struct irqtable *table;
	uint64_t now_us;
	uint64_t limit;    /* the most that a counter can have gained since the last table */
	uint32_t old_rows; /* rows that there were before it */
	size_t hint;       /* counts_rows_find */
};

/* The most a 32-bit counter can have gained in that time, if its fall is to be a wrap. */
static uint64_t wrap_limit(uint64_t elapsed_us)
{
	const uint64_t half = (uint64_t)1 << 31; /* above it a fall is likelier than a wrap, however long it took */

	if (elapsed_us >= half / (COUNTS_MAX_PER_SECOND / 1000000))
		return half;
	return elapsed_us * (COUNTS_MAX_PER_SECOND / 1000000);
}

static uint64_t elapsed(uint64_t since_us, uint64_t now_us)
{
	if (since_us == COUNTS_UNKNOWN_TIME || now_us == COUNTS_UNKNOWN_TIME)
		return COUNTS_UNKNOWN_TIME;
	return now_us > since_us ? now_us - since_us : 0;
}

/* What a counter gained that shows less than before, if that is a wrap. */
static bool is_wrap(uint64_t before, uint64_t now, uint64_t limit, uint64_t *gain)
{
	if (before > UINT32_MAX || now > UINT32_MAX)
		return false;
	*gain = (uint32_t)(now - before);
	return *gain <= limit;
}

/* Moves a cell to now with that gain; makes its slot when it has none and is above 0. */
static int set_cell(struct counts *counts, uint32_t row, uint32_t cpu, uint64_t *last, uint32_t *slot, uint64_t now,
		    uint64_t gain)
{
	struct counts_slot *s;
	uint64_t before = *last;

	*last = now;
	if (*slot == COUNTS_NO_SLOT) {
		struct counts_slot fresh = { row, cpu, now, gain, gain, false };

		if (now == 0 && gain == 0)
			return 0;
		if (counts->slot_count >= COUNTS_NO_SLOT ||
		    grow(&counts->slots, &counts->slot_room, counts->slot_count + 1, sizeof *counts->slots))
			return -ENOMEM;
		*slot = (uint32_t)counts->slot_count;
		counts->slots[counts->slot_count++] = fresh;
		counts->new_slots++;
	} else {
		s = &counts->slots[*slot];
		s->last = now;
		s->sum += gain;
		s->gain = gain;
		if (before + gain != now && !s->rebased) {
			s->rebased = true;
			counts->rebased_count += *slot < counts->slot_count - counts->new_slots;
		}
	}
	counts->gain_count += gain > 0;
	return 0;
}

static int note_fall(struct counts *counts, uint32_t row, bool anew)
{
	struct counts_fall fall = { row, anew };

	if (grow(&counts->falls, &counts->fall_room, counts->fall_count + 1, sizeof *counts->falls))
		return -ENOMEM;
	counts->falls[counts->fall_count++] = fall;
	return 0;
}

/* The most that the cell of that row and CPU can have gained since it was looked at. */
static uint64_t cell_limit(const struct counts *counts, const struct counts_row *row, uint32_t cpu, uint64_t now_us)
{
	uint64_t cpu_us = counts->cpu_is[cpu].seen_us;

	return wrap_limit(elapsed(cpu_us < row->seen_us ? cpu_us : row->seen_us, now_us));
}

/*
 * Whether a device's counters were made anew: one fell by more than a wrap can
 * explain. A CPU that just came back tells nothing of the other CPUs: some
 * architectures (parisc) begin its counters anew.
 */
static bool is_anew(const struct counts *counts, const struct counts_row *row, const uint64_t *now, uint64_t now_us)
{
	size_t i;

	for (i = 0; i < counts->column_count; i++) {
		uint32_t cpu = counts->column[i];
		uint64_t gain;

		if (now[i] < row->last[cpu] && !counts->cpu_is[cpu].back &&
		    !is_wrap(row->last[cpu], now[i], cell_limit(counts, row, cpu, now_us), &gain))
			return true;
	}
	return false;
}

/* Lets the row's counters stand at 0, those of absent CPUs too. */
static int zero_row(struct counts *counts, uint32_t index)
{
	struct counts_row *row = &counts->rows[index];
	size_t i;
	int err = 0;

	for (i = 0; i < counts->cpu_count && !err; i++)
		if (row->last[i])
			err = set_cell(counts, index, counts->cpus[i], &row->last[i], &row->slot[i], 0, 0);
	return err;
}

/* Whether a row that is new can have counted from 0 since the last table. */
static bool is_from_zero(const struct counts *counts, const struct step *step, const struct irqtable_row *now,
			 const uint64_t *values)
{
	size_t i;

	if (!counts->begun || now->value > step->limit)
		return false;
	for (i = 0; values && i < counts->column_count; i++)
		if (values[i] > step->limit)
			return false;
	return true;
}

/* The gain of a cell of a row that went on; *fell if it fell, and not by a wrap. */
static uint64_t gain_of(const struct counts_row *row, uint64_t before, uint64_t now, uint64_t limit, bool *fell)
{
	uint64_t gain = now - before;

	if (now >= before) {
		/* x86's CAL (calls less TLB shootdowns, Linux 3.7 to 4.7) passes 0 downwards */
		if (row->is.numbered || gain <= limit || now > UINT32_MAX || gain <= UINT32_MAX / 2)
			return gain;
	} else if (is_wrap(before, now, limit, &gain)) {
		return gain;
	}
	*fell = true;
	return row->is.numbered ? now : 0;
}

static int add_cells(struct counts *counts, uint32_t index, const uint64_t *now, bool baseline, uint64_t now_us)
{
	struct counts_row *row = &counts->rows[index];
	bool fell = false;
	size_t i;

	for (i = 0; i < counts->column_count; i++) {
		uint32_t cpu = counts->column[i];
		uint64_t gain = 0;

		if (now[i] == row->last[cpu])
			continue;
		if (!baseline && !counts->cpu_is[cpu].base)
			gain = gain_of(row, row->last[cpu], now[i], cell_limit(counts, row, cpu, now_us), &fell);
		if (set_cell(counts, index, counts->cpus[cpu], &row->last[cpu], &row->slot[cpu], now[i], gain))
			return -ENOMEM;
	}
	return fell ? note_fall(counts, index, row->is.numbered) : 0;
}

static int add_bare(struct counts *counts, uint32_t index, uint64_t now, bool baseline, uint64_t now_us)
{
	struct counts_row *row = &counts->rows[index];
	uint64_t gain = 0;
	bool fell = false;

	if (!baseline)
		gain = gain_of(row, row->bare_last, now, wrap_limit(elapsed(row->seen_us, now_us)), &fell);
	if (set_cell(counts, index, WINDOW_NO_CPU, &row->bare_last, &row->bare_slot, now, gain))
		return -ENOMEM;
	return fell ? note_fall(counts, index, row->is.numbered) : 0;
}

/*
 * Which of counts' rows the table's row is, made when there is none, into
 * *index; *fresh: its counters are none that were seen before.
 */
static int place_row(struct counts *counts, struct step *step, size_t i, uint32_t *index, bool *fresh)
{
	const struct irqtable_row *now = &step->table->rows[i];
	const uint64_t *values = irqtable_counts(step->table, i);
	uint32_t found = counts_rows_find(counts, now, step->old_rows, &step->hint);

	*fresh = found == COUNTS_NO_SLOT || counts->rows[found].closed;
	if (!*fresh && now->numbered && now->kind == IRQTABLE_COUNTER && values &&
	    is_anew(counts, &counts->rows[found], values, step->now_us)) {
		bool same = irqtable_is(now->names, counts->rows[found].is.names);

		if (zero_row(counts, found) || note_fall(counts, found, true))
			return -ENOMEM;
		if (same) {
			*index = found;
			return 0;
		}
		/* under another driver's name: another device's, from 0 */
		found = counts_rows_find_closed(counts, now, step->old_rows);
	} else if (!*fresh) {
		*index = found;
		return 0;
	}
	if (found == COUNTS_NO_SLOT) {
		if (counts_rows_add(counts, now))
			return -ENOMEM;
		found = (uint32_t)(counts->row_count - 1);
	} else if (zero_row(counts, found)) {
		return -ENOMEM;
	}
	counts->rows[found].closed = false;
	counts->rows[found].seen_us = counts->boot_us;
	if (step->old_rows)
		counts_rows_close_others(counts, found);
	*index = found;
	return 0;
}

/* Takes in one row of the table. */
static int take_row(struct counts *counts, struct step *step, size_t i)
{
	const struct irqtable_row *now = &step->table->rows[i];
	const uint64_t *values = irqtable_counts(step->table, i);
	bool fresh, baseline;
	uint32_t index;

	if (place_row(counts, step, i, &index, &fresh))
		return -ENOMEM;
	baseline = fresh && !is_from_zero(counts, step, now, values);
	counts->map_next[i] = index;
	if (counts_rows_rename(counts, index, now))
		return -ENOMEM;
	if (now->kind == IRQTABLE_BARE)
		return add_bare(counts, index, now->value, baseline, step->now_us);
	if (values && now->kind != IRQTABLE_GAUGE)
		return add_cells(counts, index, values, baseline, step->now_us);
	return 0;
}

/* Forgets what the last table brought. */
static void begin(struct counts *counts, uint64_t boot_us)
{
	size_t i;

	for (i = 0; i < counts->slot_count; i++) {
		counts->slots[i].gain = 0;
		counts->slots[i].rebased = false;
	}
	for (i = 0; i < counts->row_count; i++)
		counts->rows[i].fresh = false;
	counts->gain_count = counts->new_slots = counts->rebased_count = counts->fall_count = 0;
	counts->layout = false;
	if (!counts->begun)
		counts->boot_us = boot_us;
}

int counts_add(struct counts *counts, const struct irqtable *table, uint64_t boot_us)
{
	struct step step = { .table = table, .now_us = boot_us, .old_rows = (uint32_t)counts->row_count };
	size_t i;

	begin(counts, boot_us);
	step.limit = wrap_limit(elapsed(counts->boot_us, boot_us));
	if (counts_rows_columns(counts, table, step.limit) ||
	    grow(&counts->map_next, &counts->map_next_room, table->row_count, sizeof *counts->map_next))
		return -ENOMEM;
	for (i = 0; i < table->row_count; i++) {
		counts->map_next[i] = COUNTS_NO_SLOT;
		if (table->rows[i].kind != IRQTABLE_SHORT && take_row(counts, &step, i))
			return -ENOMEM;
	}
	counts_rows_mark(counts, table->row_count, boot_us);
	counts->boot_us = boot_us;
	counts->begun = true;
	return 0;
}
