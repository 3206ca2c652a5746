/*
 * One sample: reads /proc/interrupts, counts what it gained, appends it to the
 * history. Fed by main.c, which says when; all its state is in one struct, so
 * that it is tested without a daemon.
 */
#ifndef TICK_H
#define TICK_H

#include "bootid.h"
#include "clock.h"
#include "counts.h"
#include "history.h"
#include "irqtable.h"
#include "readall.h"

#include <stdbool.h>
#include <stdint.h>

/* Why there is no sample. */
enum tick_trouble { TICK_NO_TROUBLE, TICK_UNREADABLE, TICK_TORN, TICK_NOT_STORED };

struct tick_options {
	const char *proc, *sys, *history;
	uint64_t size;        /* of the history, bytes */
	uint64_t interval_us; /* between samples */
};

struct tick {
	struct tick_options options;
	/* private */
	int fd;               /* /proc/interrupts, kept open where it is procfs */
	bool procfs;
	char *interrupts, *online; /* paths */
	struct bootid bootid;
	struct readall text;  /* of interrupts */
	struct readall online_before, online_after;
	struct irqtable table;
	struct counts counts;
	struct history_writer *writer;
	struct history_boot boot;
	bool begun;           /* a sample was taken */
	const char *missed;   /* NULL, or why there was none the last time: a gap's name (window.h) */
	enum tick_trouble trouble; /* what was said of that, once */
	uint32_t *fallen;     /* rows that were said to go backwards, once each */
	size_t fallen_count, fallen_room;
	struct clock_now last;/* when the last one was taken */
	struct history_sampler cost;
};

/*
 * Opens the history and looks whether /proc/interrupts can be read. 0, or -1
 * with the reason logged. tick_close it in either case.
 */
int tick_open(struct tick *tick, const struct tick_options *options);

/*
 * Takes a sample. 0: taken; 1: none this time (torn, unreadable, not stored),
 * logged when it begins and when it is over; -1: there never will be one, logged.
 */
int tick_take(struct tick *tick);

void tick_close(struct tick *tick);

#endif
