/*
 * A small table of text: a head, rows of cells, columns as wide as what stands
 * in them. Fed by the show functions; writes to a stream.
 */
#ifndef TABLE_H
#define TABLE_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Blanks between two columns. */
#define TABLE_GAP 2

enum table_side { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *head;
	enum table_side side;
	size_t width; /* of what stands in it */
	size_t limit; /* 0: none; else cells are cut to so much */
	bool left_out;
};

/* All zero is a table without columns. Without memory it fails at table_print. */
struct table {
	struct table_column *columns;
	size_t column_count;
	const char **cells; /* row after row */
	size_t cell_count;
	/* private */
	size_t column_room, cell_room;
	bool failed;
	struct arena arena;
};

/* All columns are added before the first cell. */
void table_column(struct table *table, const char *head, enum table_side side);

/* The next cell, made fit for a terminal; NULL or "" is "-": no data. */
void table_add(struct table *table, const char *text);
void table_addf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How wide it is now. */
size_t table_width(const struct table *table);

/* Narrows one column, to least at worst, until the table is no wider than width (0: any). */
void table_limit(struct table *table, size_t column, size_t width, size_t least);

/* Leaves the column with this head, neither first nor last, out of a table that is wider than width (0: any). */
void table_leave_out(struct table *table, const char *head, size_t width);

/* 0 or -ENOMEM. */
int table_print(const struct table *table, FILE *out, bool colour);

void table_free(struct table *table);

#endif
