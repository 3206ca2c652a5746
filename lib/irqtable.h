/*
 * The text of /proc/interrupts as a table. Fed by the sampler (live) and the
 * client (saved copies), feeds counts. Pure: text in, table out; CPUs are known
 * by the number in the header, rows by their label, never by position.
 * The rules are the kernel's (fs/proc/interrupts.c, kernel/irq/proc.c and the
 * architectures' arch_show_interrupts), from 2.6 to 7.2.
 */
#ifndef IRQTABLE_H
#define IRQTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum irqtable_kind {
	IRQTABLE_COUNTER, /* one count a CPU */
	IRQTABLE_BARE,    /* one value for the machine (ERR, MIS, Err, BAD): no CPU's */
	IRQTABLE_GAUGE,   /* not a counter (parisc STK) */
	IRQTABLE_SUM,     /* repeats the sum of other rows (s390 EXT, I/O, AIO, MSI) */
	IRQTABLE_EMPTY,   /* no number at all (FIQ) */
	IRQTABLE_SHORT    /* fewer counts than CPUs: torn or cut, its CPUs are unknown */
};

/* A piece of the text that was parsed; not terminated, lives as long as that. */
struct irqtable_text {
	const char *at;
	size_t length;
};

struct irqtable_row {
	struct irqtable_text label;   /* "132", "LOC", "I/O" */
	struct irqtable_text tail;    /* all that follows the counts, trimmed */
	struct irqtable_text chip;    /* empty where the text does not tell */
	struct irqtable_text hwirq;   /* "524288" */
	struct irqtable_text trigger; /* "edge", "fasteoi", "Level", "percpu" */
	struct irqtable_text names;   /* actions as printed; a system row's text */
	uint64_t value;               /* IRQTABLE_BARE: its value */
	size_t first;                 /* private: its first count in counts; irqtable_counts */
	size_t line;                  /* from 1 */
	unsigned ordinal;             /* 0; 1 for the second row of that label, … */
	bool numbered;                /* a device's row */
	enum irqtable_kind kind;
};

struct irqtable {
	size_t cpu_count;
	unsigned *cpus;            /* column -> CPU number */
	size_t row_count;
	struct irqtable_row *rows;
	uint64_t *counts;          /* private: irqtable_counts */
	size_t count_count;
	size_t short_rows;         /* rows of kind IRQTABLE_SHORT */
	size_t line_count;
	bool cut;                  /* ends within its last row */
	/* private: what is allocated, kept from one parse to the next */
	size_t cpu_room, row_room, count_room, order_room;
	size_t *order;
};

enum irqtable_fault {
	IRQTABLE_OK,
	IRQTABLE_NO_TEXT,   /* 0 bytes, or blanks only: masked in a container */
	IRQTABLE_NO_HEADER, /* no line that names CPUs */
	IRQTABLE_BAD_HEADER,/* a CPU is named twice, or its number is too large */
	IRQTABLE_NO_ROWS,   /* a header and nothing that looks like a row */
	IRQTABLE_BAD_COUNT, /* a count of 2^63 or more */
	IRQTABLE_NO_MEMORY
};

struct irqtable_error {
	enum irqtable_fault fault;
	size_t line;    /* where, from 1; 0: nowhere in particular */
	char text[120]; /* what was found and what was expected, one sentence */
};

/*
 * Parses the first table of text into *table, which is all zero or was used
 * before (then nothing is allocated as long as it fits). The rows point into
 * text. Returns 0, or -1 with *error set and the table empty.
 */
int irqtable_parse(struct irqtable *table, const char *text, size_t length, struct irqtable_error *error);

/*
 * That row's cpu_count counts, by column; NULL for a row that has none
 * (IRQTABLE_BARE, _EMPTY, _SHORT).
 */
const uint64_t *irqtable_counts(const struct irqtable *table, size_t row);

/*
 * How many tables text holds; *last is the last whole one (from its header to
 * the line before the next header, or the end), its first line in *line. *cut
 * tells whether a later one was passed over since it breaks off: the last
 * table is whole if it ends with the row that the one before it ends with.
 */
size_t irqtable_last(const char *text, size_t length, struct irqtable_text *last, size_t *line, bool *cut);

/* Whether text is that word. */
bool irqtable_is(struct irqtable_text text, const char *word);

/* Frees what the table holds and empties it; the text is the caller's. */
void irqtable_free(struct irqtable *table);

#endif
