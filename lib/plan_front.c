/* What few moves can do: notes every placement that a search comes by, and keeps the one to take; see plan_inside.h. */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

int plan_front_new(struct plan_front *front, struct arena *arena, const struct plan_model *model, const uint32_t *start)
{
	uint32_t i;

	memset(front, 0, sizeof *front);
	front->model = model;
	front->start = start;
	front->best = arena_alloc(arena, (size_t)model->item_count + 1, sizeof *front->best);
	front->chosen = arena_alloc(arena, model->item_count, sizeof *front->chosen);
	front->waiting = arena_alloc(arena, model->cpu_count, sizeof *front->waiting);
	if (!front->best || !front->chosen || !front->waiting || plan_state_new(&front->walk, arena, model))
		return -ENOMEM;
	for (i = 0; i <= model->item_count; i++)
		front->best[i] = UINT64_MAX;
	front->limit = front->enough = front->chosen_moves = front->chosen_maximum = UINT64_MAX;
	return 0;
}

bool plan_front_note(struct plan_front *front, uint64_t moves, uint64_t maximum)
{
	bool good = maximum <= front->enough, was_good = front->chosen_maximum <= front->enough;

	if (maximum < front->best[moves])
		front->best[moves] = maximum;
	if (moves > front->limit)
		return false;
	if (front->chosen_moves == UINT64_MAX || good != was_good)
		return front->chosen_moves == UINT64_MAX || good;
	if (good && moves != front->chosen_moves)
		return moves < front->chosen_moves;
	return maximum < front->chosen_maximum || (maximum == front->chosen_maximum && moves < front->chosen_moves);
}

void plan_front_choose(struct plan_front *front, const uint32_t *place, uint64_t moves, uint64_t maximum)
{
	memcpy(front->chosen, place, front->model->item_count * sizeof *place);
	front->chosen_moves = moves;
	front->chosen_maximum = maximum;
}

static void note_walk(struct plan_front *front, uint64_t moves)
{
	if (plan_front_note(front, moves, plan_maximum(&front->walk)))
		plan_front_choose(front, front->walk.place, moves, plan_maximum(&front->walk));
}

/* Of the fullest CPU that some have to leave, the largest that has to; PLAN_NO: none is left. */
static uint32_t next_to_leave(const struct plan_front *front, const uint32_t *place)
{
	const struct plan_state *walk = &front->walk;
	uint32_t i, item;

	for (i = front->model->cpu_count; i-- > 0;) {
		if (!front->waiting[walk->order[i]])
			continue;
		for (item = walk->first[walk->order[i]]; item != PLAN_NO; item = walk->next[item])
			if (place[item] != walk->place[item])
				return item;
	}
	return PLAN_NO;
}

uint64_t plan_front_offer(struct plan_front *front, const uint32_t *place)
{
	const struct plan_model *model = front->model;
	uint64_t moves = 0;
	uint32_t i;

	plan_state_set(&front->walk, front->start);
	memset(front->waiting, 0, model->cpu_count * sizeof *front->waiting);
	for (i = 0; i < model->item_count; i++) {
		if (front->start[i] != PLAN_NO) {
			front->waiting[front->start[i]] += place[i] != front->start[i];
			continue;
		}
		plan_state_put(&front->walk, i, place[i]);
		moves++;
	}
	note_walk(front, moves);
	for (i = next_to_leave(front, place); i != PLAN_NO; i = next_to_leave(front, place)) {
		front->waiting[front->start[i]]--;
		plan_state_put(&front->walk, i, place[i]);
		note_walk(front, ++moves);
	}
	return moves;
}

uint64_t plan_front_least(const struct plan_state *state, const uint32_t *start, uint64_t most)
{
	uint64_t count = 0;
	uint32_t i, item;

	for (i = state->model->cpu_count; i-- > 0 && state->load[state->order[i]] > most;) {
		uint32_t cpu = state->order[i];
		uint64_t load = state->load[cpu];

		for (item = state->first[cpu]; item != PLAN_NO && load > most; item = state->next[item])
			if (start[item] == cpu) {
				load -= state->model->items[item].load;
				count++;
			}
		if (load > most)
			return UINT64_MAX;
	}
	return count;
}
