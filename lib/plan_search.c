/*
 * Every placement of few items, the largest, leaving out what cannot be better than the best: when all was weighed and
 * none is, the best is proved, also with smaller items beside them. For plan_even.c.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

struct search {
	const struct plan_model *model;
	uint32_t *place, *kept;
	uint64_t *load;
	uint32_t count;
	uint64_t best, lower, steps;
};

/* Another CPU before this one is the same for what is still to come. */
static bool is_twin(const struct search *s, uint32_t cpu)
{
	uint32_t i;

	for (i = 0; s->model->free && i < cpu; i++)
		if (s->load[i] == s->load[cpu])
			return true;
	return false;
}

static bool found(struct search *s)
{
	uint32_t i;

	if (s->count < s->model->item_count)
		return true; /* these alone could do better: nothing is proved */
	for (s->best = 0, i = 0; i < s->model->cpu_count; i++)
		if (s->load[i] > s->best)
			s->best = s->load[i];
	memcpy(s->kept, s->place, s->count * sizeof *s->kept);
	return s->best <= s->lower;
}

/* Items from item on. true: stop. */
static bool place_rest(struct search *s, uint32_t item)
{
	uint64_t load;
	uint32_t cpu;
	bool stop = false;

	if (item == s->count)
		return found(s);
	load = s->model->items[item].load;
	for (cpu = 0; cpu < s->model->cpu_count && !stop; cpu++) {
		if (s->steps-- <= 1)
			return true;
		if (s->load[cpu] + load >= s->best || !plan_may(s->model, item, cpu) || is_twin(s, cpu))
			continue;
		s->place[item] = cpu;
		s->load[cpu] += load;
		stop = place_rest(s, item + 1);
		s->load[cpu] -= load;
	}
	return stop;
}

int plan_search(struct plan_state *state, struct arena *arena, uint32_t count, uint64_t lower, uint64_t steps,
		bool *proved)
{
	const struct plan_model *model = state->model;
	struct search s = { .model = model, .lower = lower, .steps = steps, .best = plan_maximum(state) };
	bool stopped;

	s.count = count < model->item_count ? count : model->item_count;
	s.place = arena_alloc(arena, (size_t)s.count + 1, sizeof *s.place);
	s.kept = arena_alloc(arena, model->item_count, sizeof *s.kept);
	s.load = arena_alloc(arena, model->cpu_count, sizeof *s.load);
	if (!s.place || !s.kept || !s.load)
		return -ENOMEM;
	memcpy(s.kept, state->place, model->item_count * sizeof *s.kept);
	memcpy(s.load, model->base, model->cpu_count * sizeof *s.load);
	stopped = place_rest(&s, 0);
	*proved = !stopped || s.best <= lower;
	plan_state_set(state, s.kept);
	return 0;
}
