/* A placement in work: who is on which CPU, its loads, CPUs in order of load; what plan's searches turn over. */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

int plan_state_new(struct plan_state *state, struct arena *arena, const struct plan_model *model)
{
	state->model = model;
	state->place = arena_alloc(arena, model->item_count, sizeof *state->place);
	state->next = arena_alloc(arena, model->item_count, sizeof *state->next);
	state->prev = arena_alloc(arena, model->item_count, sizeof *state->prev);
	state->load = arena_alloc(arena, model->cpu_count, sizeof *state->load);
	state->first = arena_alloc(arena, model->cpu_count, sizeof *state->first);
	state->last = arena_alloc(arena, model->cpu_count, sizeof *state->last);
	state->order = arena_alloc(arena, model->cpu_count, sizeof *state->order);
	if (!state->place || !state->next || !state->prev || !state->load || !state->first || !state->last ||
	    !state->order)
		return -ENOMEM;
	plan_state_set(state, NULL);
	return 0;
}

/* ---- the order of CPUs: by load, then number ---- */

/* How many CPUs of order, the first count of which are meant, are emptier than cpu with that load. */
static uint32_t rank_of(const struct plan_state *state, const uint32_t *order, uint32_t count, uint32_t cpu,
			uint64_t load)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2, other = order[middle];

		if (state->load[other] < load || (state->load[other] == load && other < cpu))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void set_load(struct plan_state *state, uint32_t cpu, uint64_t load)
{
	uint32_t *order = state->order, count = state->model->cpu_count;
	uint32_t old = rank_of(state, order, count, cpu, state->load[cpu]), new;

	if (load > state->load[cpu]) {
		new = old + rank_of(state, order + old + 1, count - old - 1, cpu, load);
		memmove(order + old, order + old + 1, (new - old) * sizeof *order);
	} else {
		new = rank_of(state, order, old, cpu, load);
		memmove(order + new + 1, order + new, (old - new) * sizeof *order);
	}
	order[new] = cpu;
	state->load[cpu] = load;
}

/* ---- the items of a CPU ---- */

static void append(struct plan_state *state, uint32_t item, uint32_t cpu)
{
	state->prev[item] = state->last[cpu];
	state->next[item] = PLAN_NO;
	if (state->last[cpu] == PLAN_NO)
		state->first[cpu] = item;
	else
		state->next[state->last[cpu]] = item;
	state->last[cpu] = item;
	state->place[item] = cpu;
}

static void take_out(struct plan_state *state, uint32_t item, uint32_t cpu)
{
	uint32_t next = state->next[item], prev = state->prev[item];

	if (prev == PLAN_NO)
		state->first[cpu] = next;
	else
		state->next[prev] = next;
	if (next == PLAN_NO)
		state->last[cpu] = prev;
	else
		state->prev[next] = prev;
}

static void put_in(struct plan_state *state, uint32_t item, uint32_t cpu)
{
	uint32_t next;

	if (state->last[cpu] == PLAN_NO || state->last[cpu] < item) {
		append(state, item, cpu);
		return;
	}
	for (next = state->first[cpu]; next < item; next = state->next[next])
		;
	state->next[item] = next;
	state->prev[item] = state->prev[next];
	if (state->prev[next] == PLAN_NO)
		state->first[cpu] = item;
	else
		state->next[state->prev[next]] = item;
	state->prev[next] = item;
	state->place[item] = cpu;
}

void plan_state_put(struct plan_state *state, uint32_t item, uint32_t cpu)
{
	uint64_t load = state->model->items[item].load;
	uint32_t old = state->place[item];

	if (old == cpu)
		return;
	if (old != PLAN_NO) {
		take_out(state, item, old);
		set_load(state, old, state->load[old] - load);
	}
	state->place[item] = PLAN_NO;
	if (cpu != PLAN_NO) {
		put_in(state, item, cpu);
		set_load(state, cpu, state->load[cpu] + load);
	}
}

void plan_state_set(struct plan_state *state, const uint32_t *place)
{
	const struct plan_model *model = state->model;
	uint32_t cpu, item, count = 0;

	for (cpu = 0; cpu < model->cpu_count; cpu++) {
		state->first[cpu] = state->last[cpu] = PLAN_NO;
		state->load[cpu] = model->base[cpu];
	}
	for (item = 0; item < model->item_count; item++) {
		state->place[item] = PLAN_NO;
		if (!place || place[item] == PLAN_NO)
			continue;
		append(state, item, place[item]);
		state->load[place[item]] += model->items[item].load;
	}
	for (cpu = 0; cpu < model->cpu_count; cpu++) {
		uint32_t at = rank_of(state, state->order, count, cpu, state->load[cpu]);

		memmove(state->order + at + 1, state->order + at, (count++ - at) * sizeof *state->order);
		state->order[at] = cpu;
	}
}

void plan_state_deal(struct plan_state *state, uint32_t a, uint32_t b, const uint8_t *side)
{
	uint32_t x = state->first[a], y = state->first[b], rank;
	uint64_t load_a = state->model->base[a], load_b = state->model->base[b];

	state->first[a] = state->last[a] = state->first[b] = state->last[b] = PLAN_NO;
	for (rank = 0; x != PLAN_NO || y != PLAN_NO; rank++) {
		uint32_t *from = x < y ? &x : &y, item = *from; /* PLAN_NO is above all */

		*from = state->next[item];
		if (side[rank])
			load_b += state->model->items[item].load;
		else
			load_a += state->model->items[item].load;
		append(state, item, side[rank] ? b : a);
	}
	set_load(state, a, load_a);
	set_load(state, b, load_b);
}

/* ---- what searches ask ---- */

/* Whether a comes before b in the order. */
static bool is_emptier(const struct plan_state *state, uint32_t a, uint32_t b)
{
	return state->load[a] != state->load[b] ? state->load[a] < state->load[b] : a < b;
}

uint32_t plan_state_room(const struct plan_state *state, uint32_t item, uint64_t most, bool tight, uint64_t *steps)
{
	const struct plan_model *model = state->model;
	const struct plan_group *group = &model->groups[model->items[item].group];
	uint64_t load = model->items[item].load;
	uint32_t best = PLAN_NO, i, cpu;

	*steps -= *steps ? 1 : 0;
	if (load > most)
		return PLAN_NO;
	if (group->cpu_count == model->cpu_count) {
		i = tight ? rank_of(state, state->order, model->cpu_count, PLAN_NO, most - load) : 1;
		return i > 0 && state->load[state->order[i - 1]] <= most - load ? state->order[i - 1] : PLAN_NO;
	}
	*steps -= group->cpu_count < *steps ? group->cpu_count : *steps;
	for (i = 0; i < group->span_count; i++)
		for (cpu = group->spans[i].first; cpu <= group->spans[i].last; cpu++)
			if (state->load[cpu] <= most - load && (best == PLAN_NO || is_emptier(state, cpu, best) != tight))
				best = cpu;
	return best;
}

/* The next item, from item on, that may have that CPU. */
static uint32_t next_for(const struct plan_state *state, uint32_t item, uint32_t cpu, uint64_t *used)
{
	for (; item != PLAN_NO && !plan_may(state->model, item, cpu); ++*used)
		item = state->next[item];
	return item;
}

static void consider(const struct plan_state *state, uint64_t gap, uint64_t emptier_load, uint32_t out, uint32_t in,
		     struct plan_exchange *best)
{
	const struct plan_item *items = state->model->items;
	uint64_t moved = items[out].load - (in == PLAN_NO ? 0 : items[in].load);
	uint64_t maximum;

	if (moved == 0 || moved >= gap)
		return;
	maximum = emptier_load + (moved > gap - moved ? moved : gap - moved);
	if (maximum >= best->maximum)
		return;
	best->out = out;
	best->in = in;
	best->maximum = maximum;
}

bool plan_state_exchange(const struct plan_state *state, uint32_t fuller, uint32_t emptier, struct plan_exchange *best,
			 uint64_t *steps)
{
	const struct plan_item *items = state->model->items;
	uint64_t low = state->load[emptier], gap = state->load[fuller] - low, used = 2;
	uint32_t out = next_for(state, state->first[fuller], emptier, &used), above = PLAN_NO;
	uint32_t in = next_for(state, state->first[emptier], fuller, &used);

	best->out = best->in = PLAN_NO;
	best->maximum = state->load[fuller];
	/* for each that may go, the two that come back between which half the gap lies */
	for (; out != PLAN_NO; out = next_for(state, state->next[out], emptier, &used), used++) {
		uint64_t load = items[out].load;

		for (; in != PLAN_NO && (items[in].load >= load || load - items[in].load < gap / 2); used++) {
			above = in;
			in = next_for(state, state->next[in], fuller, &used);
		}
		if (above != PLAN_NO && items[above].load < load)
			consider(state, gap, low, out, above, best);
		consider(state, gap, low, out, in, best);
	}
	*steps -= used < *steps ? used : *steps;
	return best->out != PLAN_NO;
}

void plan_state_apply(struct plan_state *state, uint32_t fuller, uint32_t emptier, const struct plan_exchange *exchange)
{
	plan_state_put(state, exchange->out, emptier);
	if (exchange->in != PLAN_NO)
		plan_state_put(state, exchange->in, fuller);
}
