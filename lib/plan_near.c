/*
 * From a placement to one that is even enough, with few moves: greedily, from the fullest CPU on. Feeds
 * plan_moves.c, which tries all manners of it and takes the best.
 */
#include "plan_inside.h"

struct near {
	struct plan_state *state;
	const uint32_t *start;
	uint64_t most;
	uint64_t *steps;
	bool tight;    /* to where an item just fits, not to the emptiest CPU */
	bool settling; /* large ones where fewest others have to leave */
};

static void spend(struct near *n, uint64_t steps)
{
	*n->steps -= steps < *n->steps ? steps : *n->steps;
}

/* The item to move: the smallest whose leaving is enough, or else the largest, of those that have somewhere to go. */
struct pick {
	uint32_t item, to;
	uint64_t moves; /* as many must leave the CPU, at least; UINT64_MAX: so many have nowhere to go */
};

static struct pick pick(struct near *n, uint32_t cpu, uint64_t excess)
{
	const struct plan_item *items = n->state->model->items;
	struct pick pick = { PLAN_NO, PLAN_NO, 0 };
	uint64_t left = excess;
	uint32_t item, to;
	bool one = false;

	for (item = n->state->first[cpu]; item != PLAN_NO && left > 0; item = n->state->next[item]) {
		bool enough = items[item].load >= excess;

		if (one && !enough)
			break;
		to = plan_state_room(n->state, item, n->most, n->tight, n->steps);
		if (to == PLAN_NO)
			continue;
		if (pick.item == PLAN_NO || enough) {
			pick.item = item;
			pick.to = to;
		}
		one = enough;
		pick.moves++;
		if (!enough)
			left -= items[item].load < left ? items[item].load : left;
	}
	if (one)
		pick.moves = 1;
	else if (left > 0)
		pick.moves = UINT64_MAX;
	return pick;
}

/* An exchange after which both CPUs are even enough; any: or else one that helps at all. */
static bool trade(struct near *n, uint32_t cpu, bool any)
{
	struct plan_state *state = n->state;
	struct plan_exchange best = { PLAN_NO, PLAN_NO, state->load[cpu] }, one;
	uint32_t i, partner = PLAN_NO;

	for (i = 0; state->order[i] != cpu && best.maximum > n->most && *n->steps; i++) {
		if (state->load[cpu] - state->load[state->order[i]] < 2)
			break;
		if (!plan_state_exchange(state, cpu, state->order[i], &one, n->steps) || one.maximum >= best.maximum)
			continue;
		best = one;
		partner = state->order[i];
	}
	if (partner == PLAN_NO || (!any && best.maximum > n->most))
		return false;
	plan_state_apply(state, cpu, partner, &best);
	return true;
}

/*
 * The fullest CPU's largest item would be enough, but no CPU has room for it: it goes to the one that fewest others then
 * have to leave, if that is less than moves, which it takes to clear the fullest.
 */
static bool settle_elsewhere(struct near *n, uint32_t cpu, uint64_t moves)
{
	struct plan_state *state = n->state;
	const struct plan_item *items = state->model->items;
	uint32_t item = state->first[cpu], i, k, best = PLAN_NO;

	for (i = 0; i < state->model->cpu_count; i++) {
		uint32_t to = state->order[i];
		uint64_t load = state->load[to] + items[item].load, count = 1;

		if (to == cpu || !plan_may(state->model, item, to))
			continue;
		for (k = state->first[to]; k != PLAN_NO && load > n->most && count < moves; k = state->next[k], count++)
			load -= items[k].load;
		spend(n, count);
		if (load > n->most || count >= moves)
			continue;
		best = to;
		moves = count;
	}
	if (best == PLAN_NO)
		return false;
	plan_state_put(state, item, best);
	return true;
}

/* Takes back the moves that turned out not to be needed, small ones first. */
static void take_back(struct near *n)
{
	struct plan_state *state = n->state;
	uint32_t item;

	for (item = state->model->item_count; item-- > 0;) {
		uint32_t start = n->start[item];

		if (start != PLAN_NO && start != state->place[item] &&
		    state->load[start] + state->model->items[item].load <= n->most)
			plan_state_put(state, item, start);
	}
}

bool plan_near(struct plan_state *state, const uint32_t *start, uint64_t most, int manner, uint64_t *steps)
{
	struct near n = { state, start, most, steps, manner & 1, manner & 2 };

	while (plan_maximum(state) > most) {
		uint32_t cpu = plan_fullest(state), largest = state->first[cpu];
		uint64_t excess = state->load[cpu] - most;
		struct pick best = pick(&n, cpu, excess);

		if (*steps == 0)
			return false;
		/* one would be enough, if it had somewhere to go */
		if (best.moves > 1 && largest != PLAN_NO && state->model->items[largest].load >= excess &&
		    (n.settling ? settle_elsewhere(&n, cpu, best.moves) : best.moves > 2 && trade(&n, cpu, false)))
			continue;
		if (best.item != PLAN_NO)
			plan_state_put(state, best.item, best.to);
		else if (!trade(&n, cpu, true))
			return false;
	}
	take_back(&n);
	return true;
}
