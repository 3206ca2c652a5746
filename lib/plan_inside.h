/*
 * What the parts of plan share: the model of what is to be placed, a placement
 * in work, and who does what with them. Private to lib/plan*.c.
 *
 * CPUs are indexes of the sorted list of those that may take interrupts; items
 * are the IRQs that fired and may move, largest load first, ties by label.
 * Memory is an arena's that plan_make frees; what fails for lack of it returns
 * -ENOMEM. Budgets are steps: about one look at an item or a CPU each.
 */
#ifndef PLAN_INSIDE_H
#define PLAN_INSIDE_H

#include "plan.h"

#define PLAN_NO UINT32_MAX
#define PLAN_TOP (UINT64_C(1) << 62) /* no sum of loads may pass it */

/* ---- plan_model.c: the input, checked and sorted ---- */

struct plan_span {
	uint32_t first, last; /* CPUs, both belong to it */
};

/* CPUs that some items may have. */
struct plan_group {
	const struct plan_span *spans; /* ascending, disjoint */
	uint32_t span_count;
	uint32_t cpu_count;
};

struct plan_item {
	uint64_t load;
	uint32_t irq;    /* index of model->irqs */
	uint32_t group;  /* of model->groups */
	uint32_t from;   /* CPU, or PLAN_NO: unknown or none of ours */
	uint32_t device; /* a number for each, PLAN_NO: none */
};

struct plan_model {
	uint32_t cpu_count, item_count, group_count, device_count;
	size_t irq_count;
	const struct plan_irq **irqs;  /* all of the input's, by number, then label */
	unsigned *cpus;                /* the kernel's numbers, ascending */
	uint64_t *base;                /* by CPU: load that stays */
	struct plan_item *items;
	struct plan_group *groups;
	bool free;                     /* every item may have every CPU */
	bool placed;                   /* an item's CPU is known */
	uint64_t total;                /* of all items and bases */
	uint64_t counted;              /* interrupts in it, weights apart */
	size_t size;                   /* of the problem, for budgets: IRQs x CPUs */
};

/* 0; -ENOMEM; -EINVAL, -EOVERFLOW with *error as plan_make has it (its memory: words). */
int plan_model_read(struct plan_model *model, struct arena *arena, struct arena *words, const struct plan_input *input,
		    const char **error);
bool plan_model_in_group(const struct plan_group *group, uint32_t cpu);

static inline bool plan_may(const struct plan_model *model, uint32_t item, uint32_t cpu)
{
	return model->free || plan_model_in_group(&model->groups[model->items[item].group], cpu);
}

/* ---- plan_bound.c: what no placement can be better than ---- */

enum plan_binds {
	PLAN_MEAN,      /* what has to be shared */
	PLAN_MULTIPLES, /* the same, in the steps that all loads have in common */
	PLAN_FIXED,     /* a CPU's base */
	PLAN_LARGEST,   /* an item */
	PLAN_CROWD,     /* so many items that some must share a CPU */
	PLAN_PAIRS,     /* the same, two by two */
	PLAN_WEIGHED    /* every placement of the largest was looked at */
};

struct plan_bound {
	uint64_t lower;        /* of the largest load */
	enum plan_binds binds;
	uint32_t which;        /* the CPU or the item that does, or how many items do */
	uint32_t group;        /* of the items that do */
};

int plan_bound_find(struct plan_bound *bound, struct arena *arena, const struct plan_model *model);
/* Which it is, one sentence; NULL without memory. */
const char *plan_bound_words(const struct plan_model *model, const struct plan_bound *bound, struct arena *words);

/* ---- plan_state.c: a placement in work ---- */

struct plan_state {
	const struct plan_model *model;
	uint32_t *place;         /* by item: its CPU, PLAN_NO: none yet */
	uint64_t *load;          /* by CPU, base too */
	uint32_t *first, *last;  /* by CPU: its largest and smallest item */
	uint32_t *next, *prev;   /* by item: the next smaller and larger on its CPU */
	uint32_t *order;         /* CPUs, emptiest first */
};

int plan_state_new(struct plan_state *state, struct arena *arena, const struct plan_model *model);
/* Places each item as place says; NULL: none is placed. */
void plan_state_set(struct plan_state *state, const uint32_t *place);
void plan_state_put(struct plan_state *state, uint32_t item, uint32_t cpu);
/* Places all items of the CPUs a and b anew: those for which side (by rank, largest first) is set on b. */
void plan_state_deal(struct plan_state *state, uint32_t a, uint32_t b, const uint8_t *side);
/* The emptiest CPU, tight: the fullest, that the item may have and where then not more than most is; PLAN_NO: none. */
uint32_t plan_state_room(const struct plan_state *state, uint32_t item, uint64_t most, bool tight, uint64_t *steps);

static inline uint32_t plan_fullest(const struct plan_state *state)
{
	return state->order[state->model->cpu_count - 1];
}

static inline uint64_t plan_maximum(const struct plan_state *state)
{
	return state->load[plan_fullest(state)];
}

/* An item that goes from the fuller to the emptier of two CPUs, and one that comes back. */
struct plan_exchange {
	uint32_t out, in; /* PLAN_NO: none */
	uint64_t maximum; /* of both CPUs then */
};

/* The exchange that evens them best; false: none does. Takes its steps from *steps. */
bool plan_state_exchange(const struct plan_state *state, uint32_t fuller, uint32_t emptier, struct plan_exchange *best,
			 uint64_t *steps);
void plan_state_apply(struct plan_state *state, uint32_t fuller, uint32_t emptier, const struct plan_exchange *exchange);

/* ---- plan_split.c: two sides, as even as can be ---- */

struct plan_splitter;

struct plan_splitter *plan_splitter_new(struct arena *arena, uint32_t most_items);

/*
 * Deals count loads, largest first, to two sides, the first of which has ahead
 * already, so that they differ by less than *difference; stops at goal or after
 * so many steps. true: it did, *difference is the new one and side[i] says who
 * has load i. *complete: no split is better (or none is, if false is returned).
 */
bool plan_split(struct plan_splitter *splitter, const uint64_t *loads, uint32_t count, uint64_t ahead, uint64_t goal,
		uint64_t *steps, uint64_t *difference, uint8_t *side, bool *complete);

/* ---- plan_halves.c: to the last interrupt ---- */

#define PLAN_HALVES_ITEMS 12 /* of each CPU at most */

struct plan_halves;

/* What goes from one CPU to another, and what comes back, as bits. */
struct plan_transfer {
	uint64_t load; /* that goes, less what comes back */
	uint32_t out, in;
};

struct plan_halves *plan_halves_new(struct arena *arena);
/* The transfer of some of these loads whose load is nearest to target and above 0. false: there is none. */
bool plan_halves(struct plan_halves *halves, const uint64_t *from, uint32_t from_count, const uint64_t *to,
		 uint32_t to_count, uint64_t target, struct plan_transfer *best);

/* ---- plan_even.c, plan_search.c, plan_spread.c, plan_relabel.c: from scratch ---- */

/*
 * Puts the most even placement it finds into state. exact: goes on below a
 * proven gap of 0.01 %. Raises bound where every placement was looked at.
 */
int plan_even(struct plan_state *state, struct arena *arena, struct plan_bound *bound, bool exact);
/*
 * Looks at every placement of the count largest items; if these are all, state becomes the best. *proved: no placement
 * has a smaller maximum than it. 0 or -ENOMEM.
 */
int plan_search(struct plan_state *state, struct arena *arena, uint32_t count, uint64_t lower, uint64_t steps,
		bool *proved);
/* Keeps queues of one device apart where that costs nothing. */
int plan_spread(struct plan_state *state, struct arena *arena);
/* Renames CPUs and exchanges equals so that as many items as possible stay where they are. */
int plan_relabel(struct plan_state *state, struct arena *arena);

/* ---- plan_front.c, plan_near.c, plan_anneal.c, plan_two.c, plan_few.c: from a placement ---- */

/* How even so many moves can make it, as far as was found, and the placement to take. */
struct plan_front {
	const struct plan_model *model;
	const uint32_t *start;   /* by item: where it is and may stay; PLAN_NO: it has to be placed, which is a move */
	uint64_t *best;          /* by moves: the smallest maximum found with so many; UINT64_MAX: none */
	uint64_t limit;          /* of moves */
	uint64_t enough;         /* a maximum that is even enough */
	uint64_t goal;           /* one that needs no improvement */
	uint64_t least;          /* moves; with fewer none is even enough: proved */
	uint32_t *chosen;        /* the fewest moves to what is even enough, or the most even within the limit */
	uint64_t chosen_moves, chosen_maximum; /* UINT64_MAX: none yet */
	struct plan_state walk;
	uint32_t *waiting;       /* by CPU: how many are to leave it */
};

int plan_front_new(struct plan_front *front, struct arena *arena, const struct plan_model *model, const uint32_t *start);
/* Notes that so many moves can make it so even. true: that is to be chosen. */
bool plan_front_note(struct plan_front *front, uint64_t moves, uint64_t maximum);
void plan_front_choose(struct plan_front *front, const uint32_t *place, uint64_t moves, uint64_t maximum);
/* Notes what a placement is after each of its moves, those from the fullest CPU first. Returns how many they are. */
uint64_t plan_front_offer(struct plan_front *front, const uint32_t *place);
/* How many items must leave CPUs that have more than most; who moved already does not. UINT64_MAX: it can't be. */
uint64_t plan_front_least(const struct plan_state *state, const uint32_t *start, uint64_t most);

/* Moves few items until no CPU has more than most, in one of several manners. false: it could not. */
bool plan_near(struct plan_state *state, const uint32_t *start, uint64_t most, int manner, uint64_t *steps);
#define PLAN_NEAR_MANNERS 4
/*
 * Random changes of state, in search of few moves to at most most; random goes on from call to call. *fewest: that it
 * found; UINT64_MAX: it did not come there. 0 or -ENOMEM.
 */
int plan_anneal(struct plan_front *front, struct arena *arena, const struct plan_state *state, uint64_t most,
		uint64_t *random, uint64_t *fewest);
/* Few moves between the only two CPUs; up to four are the best of all. -ENOMEM, or 0. */
int plan_two(struct plan_front *front, struct arena *arena, const struct plan_state *state);
bool plan_two_can(const struct plan_model *model);

/* Moves whose values add up to a target. */
struct plan_meeting {
	int64_t target;
	uint32_t count; /* 0: none were found */
	uint8_t items[10];
};

/* Looks for up to ten moves of those that add up to one of targets. No sum of values may overflow. 0 or -ENOMEM. */
int plan_meet(struct arena *arena, const int64_t *values, uint32_t count, const int64_t *targets, uint32_t target_count,
	      struct plan_meeting *found);
/* The best of all placements that so many moves make, for 1, 2, … of them, as far as the steps go. */
int plan_few(struct plan_front *front, struct arena *arena, struct plan_state *state, uint64_t steps);

/* ---- plan_moves.c: which moves, if any ---- */

/* Fills front; state is what was found from scratch, and room for more. tolerance in millionths. */
int plan_moves(struct plan_front *front, struct arena *arena, struct plan_state *state, uint64_t tolerance,
	       uint64_t limit);

/* ---- plan_result.c ---- */

/* Fills plan from place (by item, PLAN_NO: stays where it is); front: NULL when nothing is placed yet. */
int plan_result(struct plan *plan, struct arena *arena, const struct plan_model *model, const uint32_t *place,
		const struct plan_bound *bound, const struct plan_front *front);

#endif
