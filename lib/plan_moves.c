/*
 * From today's placement: whether to move anything, and if so the fewest that make it even enough. Directs the searches
 * of plan_near.c, plan_two.c, plan_few.c and plan_anneal.c for plan.c.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

#define SMALL 8192         /* items x CPUs: few moves can be looked at one by one */
#define STEPS_EACH 128     /* for each IRQ and CPU */
#define RESTRICTED UINT64_C(16) /* times as many when not all may go everywhere */
#define STEPS_FEW (1u << 18)
#define ATTEMPTS 3         /* at annealing */
#define HALVINGS 8         /* of the way between two aims */

/* ---- how even is even enough ---- */

/* load * millionths / 10^6; PLAN_TOP where that is more. */
static uint64_t part(uint64_t load, uint64_t millionths)
{
	uint64_t whole = load / 1000000, rest = load % 1000000;

	if (millionths > PLAN_TOP / (whole + 1) || millionths > PLAN_TOP / 1000000)
		return PLAN_TOP;
	return whole * millionths + rest * millionths / 1000000;
}

static uint64_t square_root(uint64_t n)
{
	uint64_t root = 0, bit;

	for (bit = UINT64_C(1) << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= n)
			root += bit;
	return root;
}

/* By so much a CPU can be above another for no other reason than that interrupts come by chance: 3 / sqrt(mean). */
static uint64_t noise(const struct plan_model *model, uint64_t load)
{
	uint64_t root = square_root(model->counted / model->cpu_count);

	return root ? load / root * 3 : load;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return b > PLAN_TOP - a ? PLAN_TOP : a + b;
}

/* ---- where it begins ---- */

/* Where each item is and may stay. Returns how many are nowhere. */
static uint64_t find_start(const struct plan_model *model, uint32_t *start)
{
	uint64_t nowhere = 0;
	uint32_t i;

	for (i = 0; i < model->item_count; i++) {
		start[i] = model->items[i].from;
		if (start[i] != PLAN_NO && !plan_may(model, i, start[i]))
			start[i] = PLAN_NO;
		nowhere += start[i] == PLAN_NO;
	}
	return nowhere;
}

/* The start, and up to most of those that are nowhere, largest first, on the emptiest CPU each may have. */
static void begin(struct plan_state *state, const uint32_t *start, uint64_t most)
{
	uint64_t steps = 0;
	uint32_t i;

	plan_state_set(state, start);
	for (i = 0; i < state->model->item_count && most > 0; i++)
		if (start[i] == PLAN_NO) {
			plan_state_put(state, i, plan_state_room(state, i, UINT64_MAX, false, &steps));
			most--;
		}
}

/* The largest of those that have to move, as many as may, and nothing else. */
static void move_some(struct plan_front *front, struct plan_state *state, uint64_t limit)
{
	uint32_t i;

	begin(state, front->start, limit);
	for (i = 0; i < state->model->item_count; i++)
		if (state->place[i] == PLAN_NO)
			plan_state_put(state, i, state->model->items[i].from);
	plan_front_note(front, limit, plan_maximum(state));
	plan_front_choose(front, state->place, limit, plan_maximum(state));
}

/* ---- the searches ---- */

static bool is_small(const struct plan_model *model)
{
	return model->cpu_count <= SMALL / (model->item_count + 1);
}

struct searches {
	struct plan_front *front;
	struct arena *arena;
	struct plan_state *state;
	uint64_t steps;        /* for each search */
	uint64_t random;
	int err;
};

/* To at most so much: greedily, in all manners. Returns the fewest moves; UINT64_MAX: it did not come there. */
static uint64_t aim(struct searches *s, uint64_t most)
{
	uint64_t moves, fewest = UINT64_MAX;
	int manner;

	for (manner = 0; manner < PLAN_NEAR_MANNERS && fewest > s->front->least; manner++) {
		uint64_t steps = s->steps;

		begin(s->state, s->front->start, UINT64_MAX);
		if (!plan_near(s->state, s->front->start, most, manner, &steps))
			continue;
		moves = plan_front_offer(s->front, s->state->place);
		if (moves < fewest)
			fewest = moves;
	}
	return fewest;
}

/* The same at random, in a small problem, so many times. */
static uint64_t anneal(struct searches *s, uint64_t most, int attempts)
{
	uint64_t moves, fewest = UINT64_MAX;

	while (is_small(s->front->model) && attempts-- > 0 && !s->err && fewest > s->front->least) {
		begin(s->state, s->front->start, UINT64_MAX);
		s->err = plan_anneal(s->front, s->arena, s->state, most, &s->random, &moves);
		if (!s->err && moves < fewest)
			fewest = moves;
	}
	return fewest;
}

/* The lowest aim that the limit of moves allows. */
static void aim_within(struct searches *s)
{
	uint64_t low = s->front->enough, high = s->front->chosen_maximum;
	int i;

	for (i = 0; i < HALVINGS && high > low && high - low > 1; i++) {
		uint64_t middle = low + (high - low) / 2;

		if (aim(s, middle) <= s->front->limit || anneal(s, middle, 1) <= s->front->limit)
			high = middle;
		else
			low = middle;
	}
}

/* What else can be had for some moves more, for the frontier. */
static void aim_higher(struct searches *s)
{
	uint64_t slack = s->front->enough - s->front->goal, part_of_it;

	for (part_of_it = slack / 10; part_of_it > slack / 1000; part_of_it /= 10) {
		aim(s, s->front->goal + part_of_it);
		anneal(s, s->front->goal + part_of_it, 1);
	}
}

static int search(struct plan_front *front, struct arena *arena, struct plan_state *state, uint64_t nowhere)
{
	const struct plan_model *model = front->model;
	struct searches s = { .front = front, .arena = arena, .state = state };

	s.steps = (model->free ? 1 : RESTRICTED) * STEPS_EACH * ((uint64_t)model->irq_count + model->cpu_count);
	aim(&s, front->enough);
	begin(state, front->start, UINT64_MAX);
	if (nowhere == 0 && plan_two_can(model))
		s.err = plan_two(front, arena, state);
	else if (nowhere == 0 && is_small(model))
		s.err = plan_few(front, arena, state, STEPS_FEW);
	if (front->chosen_moves > front->least)
		anneal(&s, front->enough, ATTEMPTS);
	if (is_small(model) && model->cpu_count > 2)
		aim_higher(&s);
	if (front->chosen_maximum > front->enough)
		aim_within(&s);
	return s.err;
}

/* Sets what is even enough, and how many moves that takes at least. true: it is already, or only by chance it is not. */
static bool judge(struct plan_front *front, struct plan_state *state, uint64_t tolerance, uint64_t nowhere)
{
	uint64_t now;

	begin(state, front->start, UINT64_MAX);
	now = plan_maximum(state);
	front->enough = sum(front->goal, part(front->goal, tolerance));
	if (now > front->enough && now <= sum(front->enough, noise(front->model, front->goal)))
		front->enough = now;
	plan_front_offer(front, state->place);
	begin(state, front->start, 0);
	front->least = sum(nowhere, plan_front_least(state, front->start, front->enough));
	return now <= front->enough;
}

int plan_moves(struct plan_front *front, struct arena *arena, struct plan_state *state, uint64_t tolerance,
	       uint64_t limit)
{
	const struct plan_model *model = state->model;
	uint32_t *start = arena_alloc(arena, model->item_count, sizeof *start);
	uint32_t *fresh = arena_alloc(arena, model->item_count, sizeof *fresh);
	uint64_t nowhere;
	int err;

	if (!start || !fresh || plan_front_new(front, arena, model, start))
		return -ENOMEM;
	memcpy(fresh, state->place, model->item_count * sizeof *fresh);
	front->goal = plan_maximum(state);
	front->limit = limit;
	nowhere = find_start(model, start);
	if (limit < nowhere) {
		move_some(front, state, limit);
		front->least = nowhere;
		return 0;
	}
	if (judge(front, state, tolerance, nowhere))
		return 0;
	err = search(front, arena, state, nowhere);
	if (err || (!is_small(model) && front->chosen_maximum <= front->enough))
		return err;
	plan_state_set(state, fresh);
	err = plan_relabel(state, arena);
	if (!err)
		plan_front_offer(front, state->place);
	return err;
}
