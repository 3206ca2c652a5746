/*
 * The most even placement from scratch: largest first to the emptiest CPU, then exchanges and splits of two CPUs, then
 * the same again from many disturbed placements. Feeds plan.c; the splits are plan_split.c's.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

#define SMALL 8192                /* IRQs x CPUs: up to here there is time for many attempts */
#define FEW 24                    /* items: every placement of the largest can be looked at, mostly */
#define STEPS_EACH 128            /* for each IRQ and CPU, at any size */
#define RESTRICTED UINT64_C(16)   /* times as many when not all may go everywhere: many exchanges are in vain */
#define STEPS_SMALL (1u << 21)    /* more of them for small problems */
#define STEPS_EXACT (1u << 23)    /* to the last interrupt */
#define STEPS_TWO (1u << 22)      /* when there is one pair of CPUs only */
#define PAIR 2048                 /* steps for a pair of CPUs */
#define PAIR_EXACT (1u << 18)
#define PARTNERS 8                /* of the fullest CPU that are tried before it is left, when there are many */

struct evener {
	struct plan_state *state;
	struct plan_splitter *splitter;
	uint64_t *loads;          /* a pair's items that may have both CPUs */
	uint32_t *ranks;          /* their ranks among all of the pair's items */
	uint8_t *side, *side_all;
	uint32_t *kept;           /* the best placement so far */
	uint64_t steps;           /* left */
	uint64_t pair_steps;
	uint32_t partners;
	uint64_t fine;            /* a difference that is not worth more steps */
	uint64_t random;
};

static int evener_new(struct evener *e, struct arena *arena, struct plan_state *state)
{
	uint32_t count = state->model->item_count;

	memset(e, 0, sizeof *e);
	e->state = state;
	e->splitter = plan_splitter_new(arena, count);
	e->loads = arena_alloc(arena, count, sizeof *e->loads);
	e->ranks = arena_alloc(arena, count, sizeof *e->ranks);
	e->side = arena_alloc(arena, (size_t)count + 1, sizeof *e->side);
	e->side_all = arena_alloc(arena, count, sizeof *e->side_all);
	e->kept = arena_alloc(arena, count, sizeof *e->kept);
	return e->splitter && e->loads && e->ranks && e->side && e->side_all && e->kept ? 0 : -ENOMEM;
}

static void spend(struct evener *e, uint64_t steps)
{
	e->steps -= steps < e->steps ? steps : e->steps;
}

/* ---- two CPUs ---- */

/* Splits what is on two CPUs anew. true: the fuller one's load fell. *complete as plan_split has it. */
static bool split(struct evener *e, uint32_t fuller, uint32_t emptier, bool *complete)
{
	struct plan_state *state = e->state;
	const struct plan_item *items = state->model->items;
	uint64_t load[2] = { state->load[fuller], state->load[emptier] }, difference = load[0] - load[1];
	uint64_t steps = e->pair_steps < e->steps ? e->pair_steps : e->steps, left = steps;
	uint32_t next[2] = { state->first[fuller], state->first[emptier] }, rank, i, count = 0;
	uint64_t goal = (load[0] + load[1]) & 1;
	bool done, second;

	for (rank = 0; next[0] != PLAN_NO || next[1] != PLAN_NO; rank++) {
		bool on = next[1] < next[0];
		uint32_t item = next[on];

		next[on] = state->next[item];
		e->side_all[rank] = on;
		if (!plan_may(state->model, item, on ? fuller : emptier))
			continue;
		e->loads[count] = items[item].load;
		e->ranks[count++] = rank;
		load[on] -= items[item].load;
	}
	spend(e, rank);
	second = load[1] > load[0]; /* it is ahead with what stays: side 0 */
	done = plan_split(e->splitter, e->loads, count, second ? load[1] - load[0] : load[0] - load[1],
			  goal > e->fine ? goal : e->fine, &left, &difference, e->side, complete);
	spend(e, steps - left);
	if (!done)
		return false;
	for (i = 0; i < count; i++)
		e->side_all[e->ranks[i]] = e->side[i] ^ second;
	plan_state_deal(state, fuller, emptier, e->side_all);
	return true;
}

/* ---- the fullest CPU against the others ---- */

/* The exchange of the fullest of the first count CPUs with the emptiest that helps, or one of the next few. */
static bool exchange(struct evener *e, uint32_t count, uint64_t enough)
{
	struct plan_state *state = e->state;
	uint32_t fullest = state->order[count - 1], partner = PLAN_NO, i;
	struct plan_exchange best = { 0, 0, state->load[fullest] }, one;

	for (i = 0; i < count - 1 && best.maximum > enough && e->steps; i++) {
		uint32_t cpu = state->order[i];

		if (state->load[fullest] - state->load[cpu] < 2)
			break;
		if (!plan_state_exchange(state, fullest, cpu, &one, &e->steps) || one.maximum >= best.maximum)
			continue;
		if (partner == PLAN_NO && count > i + 4)
			count = i + 4;
		best = one;
		partner = cpu;
	}
	if (partner == PLAN_NO)
		return false;
	plan_state_apply(state, fullest, partner, &best);
	return true;
}

static bool split_any(struct evener *e, uint32_t count)
{
	struct plan_state *state = e->state;
	uint32_t fullest = state->order[count - 1], i;
	bool complete;

	if (state->first[fullest] == state->last[fullest])
		return false;
	for (i = 0; i < count - 1 && i < e->partners && e->steps; i++) {
		if (state->load[fullest] - state->load[state->order[i]] < 2)
			return false;
		if (split(e, fullest, state->order[i], &complete))
			return true;
	}
	return false;
}

/* Lowers the fullest CPU as far as it goes down to goal. */
static void lower(struct evener *e, uint64_t goal)
{
	uint32_t count = e->state->model->cpu_count;

	while (e->steps && plan_maximum(e->state) > goal)
		if (!exchange(e, count, goal) && !split_any(e, count))
			break;
}

/* The same for the next fullest, when the fullest can't be helped, and so on. true: that may help the fullest. */
static bool smooth_once(struct evener *e)
{
	struct plan_state *state = e->state;
	uint32_t count = state->model->cpu_count;
	uint64_t total = state->model->total;
	bool changed = false;

	while (count > 1 && e->steps) {
		uint64_t load = state->load[state->order[count - 1]], enough = total / count + (total % count != 0);

		if (load <= enough + e->fine)
			break;
		if (exchange(e, count, enough) || split_any(e, count)) {
			changed = count < state->model->cpu_count;
			continue;
		}
		total -= load;
		count--;
	}
	return changed;
}

/* The sum of squares falls. Where not all may go everywhere, room has to be handed on from CPU to CPU. */
static void smooth(struct evener *e)
{
	while (smooth_once(e) && !e->state->model->free)
		;
}

/* ---- all CPUs ---- */

static void largest_first(struct plan_state *state)
{
	uint64_t steps = 0;
	uint32_t item;

	plan_state_set(state, NULL);
	for (item = 0; item < state->model->item_count; item++)
		plan_state_put(state, item, plan_state_room(state, item, UINT64_MAX, false, &steps));
}

static uint32_t random_below(struct evener *e, uint32_t count)
{
	e->random = e->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((e->random >> 32) * count >> 32);
}

/* Two items change places, some times. */
static void disturb(struct evener *e)
{
	struct plan_state *state = e->state;
	uint32_t times = 2 + random_below(e, 2), count = state->model->item_count;

	while (times-- > 0) {
		uint32_t a = random_below(e, count), b = random_below(e, count);
		uint32_t cpu_a = state->place[a], cpu_b = state->place[b];

		if (!plan_may(state->model, a, cpu_b) || !plan_may(state->model, b, cpu_a))
			continue;
		plan_state_put(state, a, cpu_b);
		plan_state_put(state, b, cpu_a);
	}
}

/* Lowers the maximum from disturbed placements, always going on from the best, until it is at goal. */
static void attempt(struct evener *e, uint64_t steps, uint64_t goal)
{
	struct plan_state *state = e->state;
	uint64_t best;

	e->steps = steps;
	lower(e, goal);
	best = plan_maximum(state);
	memcpy(e->kept, state->place, state->model->item_count * sizeof *e->kept);
	while (e->steps && best > goal) {
		disturb(e);
		spend(e, state->model->item_count);
		lower(e, goal);
		if (plan_maximum(state) > best) {
			plan_state_set(state, e->kept);
			continue;
		}
		best = plan_maximum(state);
		memcpy(e->kept, state->place, state->model->item_count * sizeof *e->kept);
	}
	plan_state_set(state, e->kept);
	e->steps = STEPS_EACH * (uint64_t)state->model->item_count;
	e->pair_steps = PAIR;
	smooth(e); /* the others too */
}

/* No placement of the count largest items is better. */
static void weighed(struct plan_bound *bound, const struct plan_state *state, uint32_t count)
{
	if (plan_maximum(state) <= bound->lower)
		return;
	bound->lower = plan_maximum(state);
	bound->binds = PLAN_WEIGHED;
	bound->which = count;
	bound->group = 0;
}

/* Two CPUs are one split, mostly complete. */
static void even_two(struct evener *e, struct plan_bound *bound)
{
	struct plan_state *state = e->state;
	bool complete = false;

	e->fine = 0;
	if (2 * bound->lower > state->model->total)
		e->fine = 2 * bound->lower - state->model->total;
	e->steps = e->pair_steps = STEPS_TWO;
	split(e, state->order[1], state->order[0], &complete);
	if (complete)
		weighed(bound, state, state->model->item_count);
}

/* Attempts, and a proof that there is no better placement, each for so many steps. */
static int try_for(struct evener *e, struct arena *arena, struct plan_bound *bound, uint64_t goal, uint64_t steps)
{
	struct plan_state *state = e->state;
	uint32_t count = state->model->item_count < FEW ? state->model->item_count : FEW;
	bool proved = false;

	if (plan_maximum(state) <= goal || plan_maximum(state) <= bound->lower)
		return 0;
	attempt(e, steps, goal);
	if (plan_maximum(state) > goal && plan_search(state, arena, count, bound->lower, steps / 4, &proved))
		return -ENOMEM;
	if (proved)
		weighed(bound, state, count);
	return 0;
}

/* A little more, then much more, as far as the size of the problem leaves time. */
static int try_hard(struct evener *e, struct arena *arena, struct plan_bound *bound, bool exact)
{
	uint64_t near = bound->lower + bound->lower / 10000;
	int err = try_for(e, arena, bound, near, STEPS_SMALL / 8);

	if (!err)
		err = try_for(e, arena, bound, near, STEPS_SMALL);
	if (err || !exact || plan_maximum(e->state) > near || plan_maximum(e->state) <= bound->lower)
		return err;
	e->fine = 0;
	e->pair_steps = PAIR_EXACT;
	attempt(e, STEPS_EXACT, bound->lower);
	return 0;
}

int plan_even(struct plan_state *state, struct arena *arena, struct plan_bound *bound, bool exact)
{
	const struct plan_model *model = state->model;
	bool small = model->size <= SMALL;
	struct evener e;

	if (evener_new(&e, arena, state))
		return -ENOMEM;
	largest_first(state);
	if (model->cpu_count == 2) {
		even_two(&e, bound);
		return 0;
	}
	e.steps = (model->free ? 1 : RESTRICTED) * STEPS_EACH * ((uint64_t)model->irq_count + model->cpu_count);
	e.pair_steps = PAIR;
	e.partners = small ? model->cpu_count : PARTNERS;
	e.fine = bound->lower / 16384;
	smooth(&e);
	return small && model->cpu_count > 1 ? try_hard(&e, arena, bound, exact) : 0;
}
