/*
 * What a plan is made from: the rows of a window, where each IRQ is today, what
 * may not move, which CPUs may be used, put together as plan wants it. Fed by
 * the API (history, /proc/irq) and the client (saved files), who have written
 * into the rows what is known of today; feeds plan. Pure. All memory is the
 * arena's, or borrowed from the rows, but for cpulists.
 */
#ifndef PLAN_INPUT_H
#define PLAN_INPUT_H

#include "plan.h"
#include "topology.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one interrupt of some rows costs, beside those of others. */
struct plan_input_weight {
	const char *pattern; /* numbers, ranges and globs as in view_filter.irqs, or a glob on the device */
	uint32_t weight;     /* from 1 */
};

struct plan_input_ask {
	/*
	 * The whole overview: silent rows too, all CPUs. Of each device's row
	 * counts: effective (else affinity) where it is one CPU; node; movable and
	 * reason (0, or any: it stays). Rows of the system are passed over.
	 */
	const struct view_overview *rows;
	const struct topology *topology; /* for nodes; NULL: nothing is known */
	const struct cpulist *cpus;      /* that may be used: plan_input_cpus */
	const char *irqs, *device;       /* which rows the plan may touch, as in view_filter; the others are fixed load */
	bool local;                      /* each only on the CPUs of its device's node, where that is known */
	bool unplaced;                   /* where an IRQ goes today is taken as unknown */
	const struct plan_input_weight *weights; /* the last that fits a row counts; none: 1 */
	size_t weight_count;
};

/*
 * The CPUs that a plan may use: wanted (NULL: those that are online and not
 * isolated, or, where topology does not tell, those of rows), less excluded
 * (NULL: none). Into *cpus, which is empty and may stay so; the caller frees
 * it. 0 or -ENOMEM.
 */
int plan_input_cpus(struct cpulist *cpus, const struct topology *topology, const struct view_overview *rows,
		    const struct cpulist *wanted, const struct cpulist *excluded);

/*
 * Fills *input. An IRQ goes where it effectively goes, if that is one CPU, else
 * where it fired most. What may not move is listed with its reason, and its
 * load, as that of rows the plan may not touch, is fixed where it fired. Rows
 * of one label (a number that was given on) are one IRQ. 0, -ENOMEM or
 * -EOVERFLOW (a load passes 2^62).
 */
int plan_input_make(struct arena *arena, const struct plan_input_ask *ask, struct plan_input *input);

/*
 * Tells *plan, which was made of that ask, what only the rows know: its window,
 * and what really fired on each CPU (null where the rows know no such CPU). 0,
 * -ENOMEM or -EOVERFLOW.
 */
int plan_input_tell(struct arena *arena, const struct plan_input_ask *ask, struct plan *plan);

/* Whether a weight is that row's. */
bool plan_input_weighs(const struct plan_input_weight *weight, const struct view_irq *row);

/* Whether nothing of those rows' counts is known: their window has not two samples. */
bool plan_input_unknown(const struct view_overview *rows);

#endif
