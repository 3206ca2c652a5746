/*
 * The parameters of a query as typed values. Fed by route, feeds the api_*
 * handlers. Pure: now is a parameter.
 */
#ifndef QUERY_H
#define QUERY_H

#include "arena.h"
#include "cpulist.h"

#include <stdbool.h>
#include <stdint.h>

/* Which parameters an endpoint takes. */
enum {
	QUERY_WINDOW = 1, /* window, start, end */
	QUERY_ROWS = 2,   /* irqs, cpus, device, all */
	QUERY_PLAN = 4    /* irqs, cpus, device; exclude_cpus, local, tolerance, moves, fresh */
};

struct query {
	int64_t start_us, end_us; /* the window asked for, CLOCK_REALTIME; up to now if to_last */
	int64_t window_us;        /* 0: its start was given, not its length */
	bool to_last;             /* its end was given and is in the future, which means the last sample */
	const char *irqs;         /* NULL: not given */
	struct cpulist cpus;      /* empty: not given */
	const char *device;       /* NULL: not given */
	bool all;
	struct cpulist excluded;  /* empty: not given */
	bool local, fresh;
	double tolerance_percent; /* 1: not given */
	uint64_t moves;           /* VIEW_NONE: not given */
};

/*
 * Reads raw ("window=60&irqs=24-31", NULL: none) into *query, which is all
 * zero; texts are the arena's. Returns 0, -ENOMEM, or 1 with *fault a sentence
 * that names the parameter, what was wrong and what was expected. query_free
 * it in every case.
 */
int query_read(struct query *query, struct arena *arena, const char *raw, unsigned takes, int64_t now_us,
	       const char **fault);

void query_free(struct query *query);

#endif
