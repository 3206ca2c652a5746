/* Keeps queues of one device on different CPUs where that makes none fuller; for plan.c, after a search from scratch. */
#include "plan_inside.h"

#include <errno.h>

#define NEIGHBOURS 16 /* of an item, by load, on either side, that are asked to change places with it */

struct spread {
	struct plan_state *state;
	uint32_t *queues; /* by device: how many of its items there are */
};

/* How many items of the device are on that CPU; of those larger than item if it is one. */
static uint32_t count_queues(const struct plan_state *state, uint32_t cpu, uint32_t device, uint32_t item)
{
	uint32_t i, count = 0;

	for (i = state->first[cpu]; i != PLAN_NO && i < item; i = state->next[i])
		count += state->model->items[i].device == device;
	return count;
}

/* So many queues of the device are on each CPU when they are spread well. */
static uint32_t fair_queues(const struct spread *s, uint32_t device)
{
	return (s->queues[device] - 1) / s->state->model->cpu_count + 1;
}

/* Whether CPU can take an item of that device without crowding. */
static bool has_place(const struct spread *s, uint32_t cpu, uint32_t device)
{
	return device == PLAN_NO || count_queues(s->state, cpu, device, PLAN_NO) < fair_queues(s, device);
}

/* Whether two items can change places to the good of the first one's device, and neither CPU gets fuller than both. */
static bool can_change(const struct spread *s, uint32_t a, uint32_t b)
{
	const struct plan_state *state = s->state;
	const struct plan_item *items = state->model->items;
	uint32_t cpu_a = state->place[a], cpu_b = state->place[b];
	uint64_t most = state->load[cpu_a] > state->load[cpu_b] ? state->load[cpu_a] : state->load[cpu_b];

	return cpu_a != cpu_b && items[a].device != items[b].device &&
	       state->load[cpu_a] - items[a].load + items[b].load <= most &&
	       state->load[cpu_b] - items[b].load + items[a].load <= most && plan_may(state->model, a, cpu_b) &&
	       plan_may(state->model, b, cpu_a) && has_place(s, cpu_b, items[a].device) &&
	       has_place(s, cpu_a, items[b].device);
}

/* Looks for someone of about its load to change places with. */
static void spread_item(struct spread *s, uint32_t item)
{
	struct plan_state *state = s->state;
	uint32_t i, count = state->model->item_count, cpu = state->place[item], other;

	for (i = 1; i <= 2 * NEIGHBOURS; i++) {
		uint32_t away = (i + 1) / 2;

		if (i % 2 ? away > item : away >= count - item)
			continue;
		other = i % 2 ? item - away : item + away;
		if (!can_change(s, item, other))
			continue;
		plan_state_put(state, item, state->place[other]);
		plan_state_put(state, other, cpu);
		return;
	}
}

int plan_spread(struct plan_state *state, struct arena *arena)
{
	const struct plan_model *model = state->model;
	struct spread s = { state, arena_alloc(arena, model->device_count, sizeof *s.queues) };
	uint32_t i, device;

	if (!s.queues)
		return -ENOMEM;
	for (i = 0; i < model->item_count; i++)
		if (model->items[i].device != PLAN_NO)
			s.queues[model->items[i].device]++;
	for (i = 0; i < model->item_count; i++) {
		device = model->items[i].device;
		if (device != PLAN_NO &&
		    count_queues(state, state->place[i], device, i) >= fair_queues(&s, device))
			spread_item(&s, i);
	}
	return 0;
}
