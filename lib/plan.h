/*
 * Which CPU each IRQ should have, how even that is, and how good the answer
 * is. Fed by a window's loads, today's placement and what may not move; feeds
 * apijson and the client. Pure: it decides, never acts. 64-bit integers decide,
 * budgets are steps, never time: the same input in any order gives the same plan.
 *
 * The structs from struct plan_assignment on are the API's PLAN, field by field
 * (view.h says what no data is).
 */
#ifndef PLAN_H
#define PLAN_H

#include "arena.h"
#include "cpulist.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One device's IRQ. Texts are borrowed. */
struct plan_irq {
	const char *irq;      /* label; the tie-breaker that makes plans independent of the order */
	const char *name;     /* actions, or NULL */
	const char *device;   /* owner, or NULL: queues of one device are spread softly */
	uint64_t count;       /* interrupts in the window */
	uint32_t weight;      /* cost of one, 1 usually; 0 is taken as 1 */
	unsigned from;        /* CPU it goes to now, or PLAN_NOWHERE: unknown */
	const char *reason;   /* NULL: may move; else why not: its load is fixed on from, if that is one of the input's */
	const struct cpulist *allowed; /* CPUs it may have; NULL: all of the input's. Of who did not fire it is not read */
};
#define PLAN_NOWHERE UINT32_MAX

struct plan_input {
	const unsigned *cpus; /* that may take interrupts, each once */
	size_t cpu_count;
	const uint64_t *fixed;/* by CPU: load that stays, beside that of unmovable IRQs; NULL: none */
	const struct plan_irq *irqs;
	size_t irq_count;
};

struct plan_options {
	/*
	 * From a placement: a plan's maximum may be so much above the best known, 1
	 * by default; below 0.01 the best is looked for to the last interrupt. A
	 * placement that is less above it than that and 3 / sqrt(interrupts of a
	 * CPU), which is what chance makes of even rates, is left alone.
	 */
	double tolerance_percent;
	uint64_t moves;           /* at most so many; VIEW_NONE: as many as it takes. Who has to move goes first */
	bool fresh;               /* as if nothing were placed yet: the most even plan, and then the fewest moves */
};

struct plan_assignment {
	const char *irq, *name;
	int cpu;              /* VIEW's no data (-1): did not fire, stays (or has to wait, and where it is is unknown) */
	uint64_t count;
	int from;             /* -1: unknown */
	int move;             /* 1: it is to be set: it changes its CPU, or which one it has now is unknown */
	const char *why;      /* a few words: "from the fullest CPU to the emptiest", "stays", "did not fire" … */
};

struct plan_unmovable {
	const char *irq, *name, *reason;
	uint64_t count;
};

struct plan_cpu {
	unsigned cpu;
	uint64_t load;        /* planned, fixed load too */
	uint64_t fixed;
	uint64_t before;      /* of what is known to go there; VIEW_NONE: no placement is known */
};

struct plan_step { /* of the frontier: with so many moves it can be so even, and with fewer it is not known to be */
	uint64_t moves;
	double imbalance;
};

struct plan {
	struct view_window window; /* all zero: the caller's */
	struct plan_cpu *cpus;     /* ascending */
	size_t cpu_count;
	struct plan_assignment *assignments; /* by irq number, then label */
	size_t assignment_count;
	struct plan_unmovable *unmovable;
	size_t unmovable_count;
	uint64_t moves;
	uint64_t moves_bound;  /* no plan within the tolerance has fewer; VIEW_NONE: nothing is placed yet */
	struct {
		struct view_evenness before, planned;
	} evenness;
	struct {
		uint64_t lower;    /* no placement has a smaller maximum */
		uint64_t gap;      /* the plan's maximum less that; in fresh plans what is left to prove */
		int optimal;       /* 1: the gap is 0, so that no placement has a smaller maximum */
		const char *why;   /* which bound binds, one sentence with numbers */
	} bound;
	struct plan_step *frontier; /* fewest moves first, ever more even; none when nothing is placed yet */
	size_t frontier_count;
};

/*
 * Makes a plan; all memory is the arena's. 0; -ENOMEM; -EOVERFLOW (a sum of
 * loads passes 2^62) or -EINVAL (no CPU, one that is named twice or is no CPU
 * number, or an IRQ that fired and whose allowed set has none of them) with
 * *error a sentence (a constant or the arena's).
 */
int plan_make(struct arena *arena, const struct plan_input *input, const struct plan_options *options,
	      struct plan *plan, const char **error);

#endif
