/*
 * The rows, CPUs and slots that counts keeps from table to table. Private to
 * counts.c, which decides what they gained, and counts_rows.c.
 */
#ifndef COUNTS_ROWS_H
#define COUNTS_ROWS_H

#include "counts.h"

/*
 * Which CPU each column of the table is; counters of CPUs that are new and show
 * more than limit are taken from what they show. 0 or -ENOMEM.
 */
int counts_rows_columns(struct counts *counts, const struct irqtable *table, uint64_t limit);

/*
 * The row that goes on as the table's row *now, or COUNTS_NO_SLOT. Rows from
 * index old on came with this very table and are not looked at. *hint is where
 * in the last table to look first, as rows come in the same order; 0 at first.
 */
uint32_t counts_rows_find(const struct counts *counts, const struct irqtable_row *now, uint32_t old, size_t *hint);

/* The row that had these names before its number went to others, or COUNTS_NO_SLOT. */
uint32_t counts_rows_find_closed(const struct counts *counts, const struct irqtable_row *now, uint32_t old);

/* Adds the row. 0 or -ENOMEM. */
int counts_rows_add(struct counts *counts, const struct irqtable_row *now);

/* The number is that row's device's now: what had it before starts at 0 if it comes back. */
void counts_rows_close_others(struct counts *counts, uint32_t keep);

/* Takes over what the row prints behind its counts. 0 or -ENOMEM. */
int counts_rows_rename(struct counts *counts, uint32_t row, const struct irqtable_row *now);

/* Which rows and CPUs were in the table, which came and went with it. */
void counts_rows_mark(struct counts *counts, size_t table_rows, uint64_t boot_us);

#endif
