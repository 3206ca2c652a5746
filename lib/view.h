/*
 * The answers people ask for, made from a window: overview, summary, one IRQ,
 * evenness. Fed by window and topology; feeds apijson and the client's tables.
 * Pure. The structs are the API's objects, field by field (contract: API.md);
 * apijson writes and reads them. All memory is the arena's, or borrowed from
 * the window, which must live as long.
 *
 * No data is: a NULL text, VIEW_NONE, a NaN, an int below 0.
 */
#ifndef VIEW_H
#define VIEW_H

#include "arena.h"
#include "topology.h"
#include "window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_NONE UINT64_MAX

struct view_gap {
	const char *start, *end, *why;
};

struct view_window {
	const char *start, *end;           /* RFC 3339; NULL offline */
	double seconds, requested_seconds;
	uint64_t samples;
	int complete;
	struct view_gap *gaps;
	size_t gap_count;
};

struct view_count {
	unsigned cpu;
	uint64_t count;
};

struct view_counts { /* {"0": n, …}, ascending by CPU */
	struct view_count *items;
	size_t count;
};

struct view_irq {
	const char *irq, *class_, *name, *chip, *hwirq, *trigger, *device;
	uint64_t total;
	double per_second;
	struct view_counts counts;       /* no zeros */
	const char *affinity, *effective;/* lists; set by who can read /proc/irq */
	int node;
	int movable;
	const char *reason;
	const char *hint;                /* GET /irqs/{irq} only */
};

struct view_overview {
	struct view_window window;
	unsigned *cpus;
	size_t cpu_count;
	uint64_t total;
	struct view_counts cpu_totals;   /* zeros too */
	struct view_irq *irqs;           /* largest total first */
	size_t irq_count;
};

struct view_irqs { /* GET /irqs/{irq} */
	struct view_window window;
	struct view_irq *irqs;
	size_t irq_count;
};

struct view_top {
	const char *irq, *name;
	double share;
};

struct view_cpu {
	unsigned cpu;
	int online, node, core;
	uint64_t total;
	double per_second;
	uint64_t device_total;
	double device_per_second;
	double share;                    /* of all devices' interrupts, 0 to 1 */
	uint64_t irqs;                   /* how many devices' fired */
	struct view_top *top;            /* NULL: no device fired */
};

struct view_all {
	uint64_t total;
	double per_second;
	uint64_t device_total;
	double device_per_second;
};

struct view_evenness {
	uint64_t cpus;
	uint64_t max, min;
	double mean, imbalance;
	uint64_t spread;
	double stdev_percent;
};

struct view_summary {
	struct view_window window;
	struct view_all all;
	struct view_cpu *cpus;
	size_t cpu_count;
	struct view_evenness evenness;
};

struct view_topology_cpu {
	unsigned cpu;
	int node, package, core;
	const char *siblings;
	int online, isolated, nohz_full;
};

struct view_topology { /* GET /topology */
	struct view_topology_cpu *cpus;
	size_t cpu_count;
};

struct view_health { /* GET /health */
	const char *status; /* "ok", "stale", "no_data" */
	double last_sample_age_seconds;
	struct {
		const char *start, *end;
		uint64_t samples, bytes, capacity_bytes;
	} history;
	struct {
		double interval_seconds;
		struct {
			uint64_t read, parse, store;
		} cost_microseconds;
		uint64_t discarded;
	} sampler;
	struct {
		int running;
	} irqbalance;
};

/* Which rows and CPUs are wanted. All zero: those that fired, on all CPUs. */
struct view_filter {
	const char *irqs;             /* "24-31,LOC,eth0-*"; NULL: all */
	const struct cpulist *cpus;   /* columns and totals of these only; NULL: all */
	const char *device;           /* a glob; NULL: all */
	bool all;                     /* rows that did not fire too */
};

/* NULL if irqs is a list of numbers, ranges and globs, else what is wrong with it (a constant). */
const char *view_filter_fault(const char *irqs);

/* Whether a row is among those that irqs and device of a filter name. */
bool view_filter_has(const struct view_filter *filter, const struct view_irq *irq);

/* All return 0, -ENOMEM or -EOVERFLOW. topology may be NULL or empty. */
int view_overview(struct arena *arena, const struct window *window, const struct view_filter *filter,
		  struct view_overview *overview);
int view_summary(struct arena *arena, const struct window *window, const struct topology *topology,
		 struct view_summary *summary);
/* The rows with that label, fired or not. -ENOENT: none was in the window. */
int view_irqs(struct arena *arena, const struct window *window, const char *irq, struct view_irqs *irqs);
int view_topology(struct arena *arena, const struct topology *topology, struct view_topology *answer);
int view_window(struct arena *arena, const struct window_span *span, struct view_window *window);

/*
 * The owner's name where /sys told none: the first action without its queue
 * ("eth0-TxRx-3": "eth0"), or the PCI address that stands in it.
 */
const char *view_device(struct arena *arena, const char *names);

/*
 * How even loads are over count CPUs (at least 0); the sum must not pass 2^63.
 * With no CPU or no load at all the ratios are no data.
 */
struct view_evenness view_evenness(const uint64_t *loads, size_t count);

#endif
