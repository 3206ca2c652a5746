/*
 * The best of all placements that 1, 2, … moves make: whoever is on the fullest CPU must leave it, so that is where
 * each move begins. Complete while the steps last; feeds plan.c by way of the front.
 */
#include "plan_inside.h"

#include <errno.h>

struct few {
	struct plan_state *state;
	struct plan_front *front;
	const uint32_t *start;
	uint32_t *last;          /* by CPU: the last item that left it; the next to leave comes after it */
	uint64_t below;          /* what a maximum must be below to be of use */
	uint64_t moves;          /* done so far */
	uint64_t steps;
};

static void found(struct few *few)
{
	struct plan_state *state = few->state;

	few->below = plan_maximum(state);
	if (plan_front_note(few->front, few->moves, few->below))
		plan_front_choose(few->front, state->place, few->moves, few->below);
}

/* Empty CPUs of one load are all the same: the first of them is enough. */
static bool is_twin(const struct plan_state *state, uint32_t rank)
{
	uint32_t cpu = state->order[rank], before;

	if (rank == 0 || !state->model->free || state->first[cpu] != PLAN_NO)
		return false;
	before = state->order[rank - 1];
	return state->first[before] == PLAN_NO && state->load[before] == state->load[cpu];
}

static bool can_spend(struct few *few, uint64_t steps)
{
	if (few->steps < steps)
		few->steps = 0;
	else
		few->steps -= steps;
	return few->steps > 0;
}

/* With at most left more moves. true: stop. */
static bool descend(struct few *few, uint64_t left)
{
	struct plan_state *state = few->state;
	uint32_t cpu = plan_fullest(state), item, i, last = few->last[cpu];
	bool stop = false;

	if (state->load[cpu] < few->below)
		found(few);
	if (few->below <= few->front->goal || left == 0)
		return few->below <= few->front->goal;
	for (item = state->first[cpu]; item != PLAN_NO && !stop; item = state->next[item]) {
		if (few->start[item] != cpu || (last != PLAN_NO && item < last))
			continue;
		few->last[cpu] = item;
		few->moves++;
		for (i = 0; i < state->model->cpu_count && !stop; i++) {
			uint32_t to = state->order[i];

			if (!can_spend(few, 4))
				return true;
			if (to == cpu || is_twin(state, i) || !plan_may(state->model, item, to))
				continue;
			plan_state_put(state, item, to);
			if (plan_front_least(state, few->start, few->below - 1) < left)
				stop = descend(few, left - 1);
			plan_state_put(state, item, cpu); /* the order is as before */
		}
		few->moves--;
	}
	few->last[cpu] = last;
	return stop;
}

int plan_few(struct plan_front *front, struct arena *arena, struct plan_state *state, uint64_t steps)
{
	struct few few = { state, front, front->start, NULL, UINT64_MAX, 0, steps };
	uint64_t moves;
	uint32_t i;

	few.last = arena_alloc(arena, state->model->cpu_count, sizeof *few.last);
	if (!few.last)
		return -ENOMEM;
	for (i = 0; i < state->model->cpu_count; i++)
		few.last[i] = PLAN_NO;
	for (moves = 0; moves <= state->model->item_count; moves++) {
		plan_state_set(state, front->start);
		if (front->best[moves] < few.below)
			few.below = front->best[moves];
		descend(&few, moves);
		if (few.steps == 0 || few.below <= front->goal)
			break;
		if (few.below > front->enough && front->least < moves + 1)
			front->least = moves + 1;
	}
	return 0;
}
