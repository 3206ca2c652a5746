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
#define STEPS_FIRST (1u << 16)    /* more of them for small problems */
#define STEPS_LAST (1u << 20)
#define STEPS_EXACT (1u << 22)    /* to the last interrupt */
#define STEPS_TWO (1u << 22)      /* when there is one pair of CPUs only */
#define PAIR 2048                 /* steps for a pair of CPUs */
#define RANDOM 310                /* where it starts: any number would do */
#define PARTNERS 8                /* of the fullest CPU that are tried before it is left, when there are many */

struct evener {
	struct plan_state *state;
	struct plan_splitter *splitter;
	struct plan_halves *halves;
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
	e->random = RANDOM;
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

/* The smallest items of a CPU that may have the other. Returns how many. */
static uint32_t smallest(const struct plan_state *state, uint32_t cpu, uint32_t other, uint32_t *items, uint64_t *loads)
{
	uint32_t item, n = 0;

	for (item = state->last[cpu]; item != PLAN_NO && n < PLAN_HALVES_ITEMS; item = state->prev[item])
		if (plan_may(state->model, item, other)) {
			loads[n] = state->model->items[item].load;
			items[n++] = item;
		}
	return n;
}

/* Moves small items both ways until both have at most goal, or the emptier just that. true: the fuller one has less. */
static bool tune(struct evener *e, uint32_t fuller, uint32_t emptier, uint64_t goal)
{
	struct plan_state *state = e->state;
	uint32_t out[PLAN_HALVES_ITEMS], in[PLAN_HALVES_ITEMS], i;
	uint64_t out_loads[PLAN_HALVES_ITEMS], in_loads[PLAN_HALVES_ITEMS];
	uint32_t out_count = smallest(state, fuller, emptier, out, out_loads);
	uint32_t in_count = smallest(state, emptier, fuller, in, in_loads);
	uint64_t high = state->load[fuller], low = state->load[emptier], target = (high - low) / 2;
	struct plan_transfer best;

	if (low < goal && goal - low < target)
		target = goal - low;
	spend(e, 4u << (out_count > in_count ? out_count : in_count));
	if (!plan_halves(e->halves, out_loads, out_count, in_loads, in_count, target, &best) || best.load >= high - low)
		return false;
	for (i = 0; i < out_count; i++)
		if (best.out >> i & 1)
			plan_state_put(state, out[i], emptier);
	for (i = 0; i < in_count; i++)
		if (best.in >> i & 1)
			plan_state_put(state, in[i], fuller);
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

static bool tune_any(struct evener *e, uint64_t goal)
{
	struct plan_state *state = e->state;
	uint32_t count = state->model->cpu_count, fullest = plan_fullest(state), i;

	for (i = 0; i < count - 1 && e->steps && state->load[fullest] - state->load[state->order[i]] > 1; i++)
		if (tune(e, fullest, state->order[i], goal))
			return true;
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

/* The same down to the last interrupt, from placements that are nearly even. */
static int attempt_exact(struct evener *e, struct arena *arena, uint64_t steps, uint64_t near, uint64_t goal)
{
	struct plan_state *state = e->state;
	size_t size = state->model->item_count * sizeof *e->kept;
	uint64_t best = plan_maximum(state);

	e->halves = plan_halves_new(arena);
	if (!e->halves)
		return -ENOMEM;
	e->steps = steps;
	memcpy(e->kept, state->place, size);
	for (;;) {
		while (e->steps && plan_maximum(state) > goal && tune_any(e, goal))
			;
		if (plan_maximum(state) < best) {
			best = plan_maximum(state);
			memcpy(e->kept, state->place, size);
		}
		if (e->steps == 0 || best <= goal)
			break;
		disturb(e);
		lower(e, near);
	}
	plan_state_set(state, e->kept);
	return 0;
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

	attempt(e, steps, goal);
	if (plan_maximum(state) > goal && plan_search(state, arena, count, bound->lower, steps, &proved))
		return -ENOMEM;
	if (proved)
		weighed(bound, state, count);
	return 0;
}

/* More and more, as far as the size of the problem leaves time. */
static int try_hard(struct evener *e, struct arena *arena, struct plan_bound *bound, bool exact)
{
	struct plan_state *state = e->state;
	uint64_t near = bound->lower + bound->lower / 10000, steps;
	int err = 0;

	for (steps = STEPS_FIRST; !err && steps <= STEPS_LAST; steps *= 4)
		if (plan_maximum(state) > near && plan_maximum(state) > bound->lower)
			err = try_for(e, arena, bound, near, steps);
	if (!err && exact && plan_maximum(state) <= near && plan_maximum(state) > bound->lower)
		err = attempt_exact(e, arena, STEPS_EXACT, near, bound->lower);
	return err;
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
