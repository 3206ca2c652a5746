/*
 * What fired on which CPU between two instants, and how well that is known.
 * Fed by history_read (a window of the past) and counts (two saved files);
 * feeds view and plan.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include "cpulist.h"
#include "irqtable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row of /proc/interrupts. Texts are "" where unknown, never NULL. */
struct window_row {
	char *irq;     /* "132", "LOC" */
	char *chip, *hwirq, *trigger;
	char *names;   /* actions joined by ", "; a system row's text */
	char *device;  /* who owns it, as sysfs said */
	unsigned ordinal;
	bool numbered; /* a device's */
	enum irqtable_kind kind;
};

/* A count that is not 0. cpu is WINDOW_NO_CPU for a value that is no CPU's. */
struct window_cell {
	uint32_t row;
	uint32_t cpu; /* the kernel's number */
	uint64_t count;
};
#define WINDOW_NO_CPU UINT32_MAX

/* A stretch of time in which no sample was taken. */
struct window_gap {
	int64_t start_us, end_us;
	const char *why; /* "stopped", "suspended", "late", "discarded", "reboot", "damaged", "no_sample" */
};

/* What a window covers. */
struct window_span {
	bool timed;             /* false: from saved files, times are unknown */
	int64_t start_us, end_us; /* of the samples used, CLOCK_REALTIME */
	uint64_t covered_us;    /* time in which interrupts were counted */
	uint64_t requested_us;
	uint64_t samples;
	bool complete;
	struct window_gap *gaps; /* in order of time */
	size_t gap_count;
};

struct window {
	struct window_span span;
	struct cpulist cpus;      /* seen in it */
	struct window_row *rows;  /* in the kernel's order */
	size_t row_count;
	struct window_cell *cells;/* sorted by row, then cpu; each pair once */
	size_t cell_count;
	size_t row_room, cell_room, gap_room, row_next; /* private */
};

/* Copies a row with its texts. 0 or -ENOMEM; window_row_free the copy. */
int window_row_copy(struct window_row *to, const struct window_row *from);
void window_row_free(struct window_row *row);

/* Adds a row, its texts copied, that is not there yet. 0 or -ENOMEM. */
int window_row_add(struct window *window, const struct window_row *row);

/*
 * The row equal to *row in label, ordinal, chip, hwirq and names, added (its
 * texts copied) when there is none yet. Returns its index or -ENOMEM.
 */
long window_row(struct window *window, const struct window_row *row);

/* Adds count to a cell, in any order. 0 or -ENOMEM. */
int window_count(struct window *window, uint32_t row, uint32_t cpu, uint64_t count);

int window_gap(struct window *window, int64_t start_us, int64_t end_us, const char *why);

/*
 * Brings the rows into the kernel's order and sorts and joins the cells that
 * window_count left; to be called once before the window is read. 0, -ENOMEM,
 * or -EOVERFLOW when a sum passes 2^63 - 1.
 */
int window_finish(struct window *window);

/* Frees what it holds and empties it. */
void window_free(struct window *window);

#endif
