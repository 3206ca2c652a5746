/*
 * Few moves to a placement that is even enough, by threshold accepting: random moves and exchanges, of which also those
 * are kept that make matters a little worse, less and less so. Feeds plan_moves.c by way of the front.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

#define ROUNDS 100000
#define MOVE_SHARE 40        /* a move costs as much as an excess of this part of the mean, at first */
#define MOST_LOAD (UINT64_C(1) << 50) /* up to here costs fit */

struct anneal {
	const struct plan_model *model;
	struct plan_front *front;
	const uint32_t *start;
	uint32_t *place;
	uint64_t *load;
	uint64_t most;           /* the aim: no CPU has more */
	uint64_t moves, excess;  /* excess: what CPUs have above most, together */
	uint64_t fewest;         /* moves so far that came there; UINT64_MAX: none did */
	uint64_t unit;           /* the cost of a move, at first */
	uint64_t *random;
};

/* One item goes from a to b, and another one, unless it is PLAN_NO, from b to a. */
struct change {
	uint32_t item, other, a, b;
	uint64_t load_a, load_b, excess, moves; /* after it */
};

static uint32_t random_below(struct anneal *s, uint32_t count)
{
	*s->random = *s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*s->random >> 32) * count >> 32);
}

/* Large ones more often. */
static uint32_t random_item(struct anneal *s)
{
	return random_below(s, random_below(s, s->model->item_count) + 1);
}

static uint64_t above(const struct anneal *s, uint64_t load)
{
	return load > s->most ? load - s->most : 0;
}

static void begin(struct anneal *s, const struct plan_state *state)
{
	uint32_t i;

	s->moves = s->excess = 0;
	memcpy(s->place, state->place, s->model->item_count * sizeof *s->place);
	memcpy(s->load, state->load, s->model->cpu_count * sizeof *s->load);
	for (i = 0; i < s->model->item_count; i++)
		s->moves += s->place[i] != s->start[i];
	for (i = 0; i < s->model->cpu_count; i++)
		s->excess += above(s, s->load[i]);
}

static bool propose(struct anneal *s, struct change *c)
{
	const struct plan_item *items = s->model->items;
	uint32_t kind = random_below(s, 4);

	c->item = random_item(s);
	c->other = kind < 2 ? random_item(s) : PLAN_NO;
	c->a = s->place[c->item];
	c->b = kind < 2 ? s->place[c->other] : kind == 2 ? s->start[c->item] : random_below(s, s->model->cpu_count);
	if (c->a == c->b || c->b == PLAN_NO || !plan_may(s->model, c->item, c->b) ||
	    (c->other != PLAN_NO && !plan_may(s->model, c->other, c->a)))
		return false;
	c->load_a = s->load[c->a] - items[c->item].load;
	c->load_b = s->load[c->b] + items[c->item].load;
	c->moves = s->moves + (c->b != s->start[c->item]) - (c->a != s->start[c->item]);
	if (c->other != PLAN_NO) {
		c->load_a += items[c->other].load;
		c->load_b -= items[c->other].load;
		c->moves += (uint64_t)(c->a != s->start[c->other]) - (c->b != s->start[c->other]);
	}
	c->excess = s->excess + above(s, c->load_a) + above(s, c->load_b) - above(s, s->load[c->a]) -
		above(s, s->load[c->b]);
	return true;
}

static void accept(struct anneal *s, const struct change *c)
{
	uint64_t maximum = 0;
	uint32_t i;

	s->place[c->item] = c->b;
	if (c->other != PLAN_NO)
		s->place[c->other] = c->a;
	s->load[c->a] = c->load_a;
	s->load[c->b] = c->load_b;
	s->excess = c->excess;
	s->moves = c->moves;
	if (s->excess > 0 || s->moves > s->fewest)
		return;
	s->fewest = s->moves;
	for (i = 0; i < s->model->cpu_count; i++)
		if (s->load[i] > maximum)
			maximum = s->load[i];
	if (plan_front_note(s->front, s->moves, maximum))
		plan_front_choose(s->front, s->place, s->moves, maximum);
}

int plan_anneal(struct plan_front *front, struct arena *arena, const struct plan_state *state, uint64_t most,
		uint64_t *random, uint64_t *fewest)
{
	const struct plan_model *model = front->model;
	struct anneal s = { .model = model, .front = front, .start = front->start, .most = most, .fewest = UINT64_MAX };
	struct change change;
	uint32_t round;

	s.random = random;
	s.unit = model->total / model->cpu_count / MOVE_SHARE;
	s.place = arena_alloc(arena, model->item_count, sizeof *s.place);
	s.load = arena_alloc(arena, model->cpu_count, sizeof *s.load);
	if (!s.place || !s.load)
		return -ENOMEM;
	begin(&s, state);
	for (round = model->total <= MOST_LOAD ? ROUNDS : 0; round-- > 0 && s.fewest > front->least;) {
		/* moves matter at first, what is in excess more and more */
		uint64_t unit = 1 + s.unit / 512 + s.unit * round / ROUNDS;
		uint64_t worse = unit / 4 * round / ROUNDS;

		if (propose(&s, &change) && change.excess + change.moves * unit <= s.excess + s.moves * unit + worse)
			accept(&s, &change);
	}
	*fewest = s.fewest;
	return 0;
}
