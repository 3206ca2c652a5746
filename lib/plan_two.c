/*
 * Few moves between two CPUs: all sets of up to four by joining sorted lists of single moves and of pairs, which is
 * exact; larger sets by joining good small ones with up to four more. Feeds plan.c by way of the front.
 */
#include "plan_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ITEMS 128             /* their pairs still sort quickly */
#define MOST_LOAD (UINT64_C(1) << 60) /* sums of two pairs fit, even of pairs that share items */
#define SET 12                     /* moves at most */
#define POOL 24                    /* sets of a size that are tried as beginnings */
#define STEPS (1u << 20)

/* One or two moves. */
struct pair {
	int64_t sum;   /* load that leaves the first CPU, less what comes to it */
	uint32_t a, b; /* items; PLAN_NO: one only */
};

struct set {
	uint64_t maximum;
	int64_t sum;
	uint32_t count;
	uint32_t items[SET];
};

struct two {
	struct plan_front *front;
	const struct plan_model *model;
	uint32_t *place;         /* room for a placement */
	uint64_t load[2];        /* at the start */
	struct pair *singles, *pairs; /* by sum */
	uint32_t single_count, pair_count;
	struct pair *left, *right;    /* those of them that a beginning leaves */
	uint32_t left_count, right_count;
	struct set pools[SET + 1][POOL]; /* by size; sorted by maximum */
	uint32_t pool_count[SET + 1];
	const struct set *begin; /* of all sets that are being looked at */
	uint64_t steps;
};

bool plan_two_can(const struct plan_model *model)
{
	return model->cpu_count == 2 && model->item_count <= MOST_ITEMS && model->total <= MOST_LOAD;
}

/* ---- what is found ---- */

static uint64_t maximum_of(const struct two *two, int64_t sum)
{
	uint64_t first = two->load[0] - (uint64_t)sum, second = two->load[1] + (uint64_t)sum;

	return first > second ? first : second;
}

static void choose(struct two *two, const struct set *set)
{
	uint32_t i;

	memcpy(two->place, two->front->start, two->model->item_count * sizeof *two->place);
	for (i = 0; i < set->count; i++)
		two->place[set->items[i]] ^= 1;
	plan_front_choose(two->front, two->place, set->count, set->maximum);
}

/* Keeps a set among the best of its size. */
static void keep(struct two *two, const struct set *set)
{
	struct set *pool = two->pools[set->count];
	uint32_t *count = &two->pool_count[set->count], i;

	for (i = 0; i < *count; i++)
		if (pool[i].sum == set->sum) /* most likely the same, found by another way */
			return;
	if (*count < POOL)
		++*count;
	for (i = *count - 1; i > 0 && pool[i - 1].maximum > set->maximum; i--)
		pool[i] = pool[i - 1];
	pool[i] = *set;
}

static void found(struct two *two, const struct pair *a, const struct pair *b)
{
	const struct set *begin = two->begin;
	int64_t sum = begin->sum + a->sum + (b ? b->sum : 0);
	uint64_t maximum = maximum_of(two, sum);
	uint32_t size = begin->count + 1 + (a->b != PLAN_NO) + (b ? 2 : 0);
	struct set set;
	bool full = two->pool_count[size] == POOL;

	if (full && maximum >= two->pools[size][POOL - 1].maximum)
		return; /* so it is no better than the best of its size either */
	set = *begin;
	set.sum = sum;
	set.maximum = maximum;
	set.items[set.count++] = a->a;
	if (a->b != PLAN_NO)
		set.items[set.count++] = a->b;
	if (b) {
		set.items[set.count++] = b->a;
		set.items[set.count++] = b->b;
	}
	keep(two, &set);
	if (plan_front_note(two->front, size, maximum))
		choose(two, &set);
}

/* ---- joining ---- */

static bool share(const struct pair *a, const struct pair *b)
{
	return a->a == b->a || a->a == b->b || (a->b != PLAN_NO && (a->b == b->a || a->b == b->b));
}

static void spend(struct two *two, uint64_t steps)
{
	two->steps -= steps < two->steps ? steps : two->steps;
}

/* Each of left with the two pairs that bring it nearest, from both sides, to half the difference of loads. */
static void join(struct two *two, const struct pair *left, uint32_t left_count)
{
	int64_t difference = (int64_t)(two->load[0] - two->load[1]);
	uint32_t i, k, end = two->right_count;

	for (i = 0; i < left_count; i++) {
		while (end > 0 && 2 * (two->begin->sum + left[i].sum + two->right[end - 1].sum) > difference)
			end--;
		for (k = end; k > 0 && share(&left[i], &two->right[k - 1]); k--)
			spend(two, 1);
		if (k > 0)
			found(two, &left[i], &two->right[k - 1]);
		for (k = end; k < two->right_count && share(&left[i], &two->right[k]); k++)
			spend(two, 1);
		if (k < two->right_count)
			found(two, &left[i], &two->right[k]);
	}
}

static uint32_t leave_out(const struct pair *from, uint32_t count, const struct set *begin, struct pair *to)
{
	uint32_t i, k, n = 0;

	for (i = 0; i < count; i++) {
		for (k = 0; k < begin->count; k++)
			if (from[i].a == begin->items[k] || from[i].b == begin->items[k])
				break;
		if (k == begin->count)
			to[n++] = from[i];
	}
	return n;
}

/* The best of all sets that are begin and one to four more. */
static void extend(struct two *two, const struct set *begin)
{
	uint32_t i, more = SET - begin->count;
	uint64_t cost = 4 * (uint64_t)two->pair_count + 4 * two->single_count;

	if (two->steps < 2 * cost) {
		two->steps = 0;
		return;
	}
	spend(two, cost);
	two->begin = begin;
	two->left_count = leave_out(two->singles, two->single_count, begin, two->left);
	two->right_count = leave_out(two->pairs, two->pair_count, begin, two->right);
	for (i = 0; more >= 1 && i < two->left_count; i++)
		found(two, &two->left[i], NULL);
	for (i = 0; more >= 2 && i < two->right_count; i++)
		found(two, &two->right[i], NULL);
	if (more >= 3)
		join(two, two->left, two->left_count);
	if (more >= 4)
		join(two, two->right, two->right_count);
}

/* The fewest moves known that need no improvement. */
static uint32_t perfect(const struct two *two)
{
	uint32_t size;

	for (size = 0; size <= SET && size <= two->model->item_count; size++)
		if (two->front->best[size] <= two->front->goal)
			break;
	return size;
}

/* Larger sets, from the best of size on. */
static void extend_pool(struct two *two, uint32_t size)
{
	struct set begin;
	uint32_t i;

	for (i = 0; i < two->pool_count[size] && two->steps && perfect(two) > size + 1; i++) {
		begin = two->pools[size][i]; /* a copy: the pool goes on changing */
		extend(two, &begin);
	}
}

/* ---- the lists ---- */

static int by_sum(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum < y->sum ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static int list_moves(struct two *two, struct arena *arena, const struct plan_state *state)
{
	const struct plan_model *model = two->model;
	uint32_t i, k, n = 0, count = model->item_count;
	struct pair *pair;

	two->singles = arena_alloc(arena, count, sizeof *two->singles);
	two->left = arena_alloc(arena, count, sizeof *two->left);
	two->pairs = arena_alloc(arena, (size_t)count * count / 2, sizeof *two->pairs);
	two->right = arena_alloc(arena, (size_t)count * count / 2, sizeof *two->right);
	if (!two->singles || !two->left || !two->pairs || !two->right)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (!plan_may(model, i, state->place[i] ^ 1))
			continue;
		pair = &two->singles[two->single_count++];
		pair->sum = state->place[i] ? -(int64_t)model->items[i].load : (int64_t)model->items[i].load;
		pair->a = i;
		pair->b = PLAN_NO;
	}
	for (i = 0; i < two->single_count; i++)
		for (k = 0; k < i; k++) {
			pair = &two->pairs[n++];
			pair->sum = two->singles[k].sum + two->singles[i].sum;
			pair->a = two->singles[k].a;
			pair->b = two->singles[i].a;
		}
	two->pair_count = n;
	qsort(two->singles, two->single_count, sizeof *two->singles, by_sum);
	qsort(two->pairs, n, sizeof *two->pairs, by_sum);
	return 0;
}

/* A set whose maximum is the goal, where none that small was found. */
static int meet(struct two *two, struct arena *arena)
{
	int64_t *values = arena_alloc(arena, two->single_count, sizeof *values), targets[2];
	int64_t least = (int64_t)(two->load[0] - two->front->goal);
	struct plan_meeting meeting;
	struct set set;
	uint32_t i;

	if (!values)
		return -ENOMEM;
	if (perfect(two) < 8)
		return 0;
	for (i = 0; i < two->single_count; i++)
		values[i] = two->singles[i].sum;
	/* a perfect split is one way or the other round when the total is odd */
	targets[0] = least;
	targets[1] = least + 1;
	if (plan_meet(arena, values, two->single_count, targets, two->model->total % 2 ? 2 : 1, &meeting))
		return -ENOMEM;
	if (meeting.count == 0)
		return 0;
	set.count = meeting.count;
	set.sum = meeting.target;
	set.maximum = maximum_of(two, set.sum);
	for (i = 0; i < set.count; i++)
		set.items[i] = two->singles[meeting.items[i]].a;
	if (plan_front_note(two->front, set.count, set.maximum))
		choose(two, &set);
	return 0;
}

int plan_two(struct plan_front *front, struct arena *arena, const struct plan_state *state)
{
	static const uint32_t beginnings[] = { 2, 3, 4 };
	struct two *two = arena_alloc(arena, 1, sizeof *two);
	struct set none = { 0, 0, 0, { 0 } };
	uint64_t moves;
	size_t i;

	if (!two)
		return -ENOMEM;
	two->front = front;
	two->model = front->model;
	two->load[0] = state->load[0];
	two->load[1] = state->load[1];
	two->steps = STEPS;
	two->place = arena_alloc(arena, two->model->item_count, sizeof *two->place);
	if (!two->place || list_moves(two, arena, state))
		return -ENOMEM;
	extend(two, &none);
	for (moves = 0; moves <= 4 && moves <= two->model->item_count && front->best[moves] > front->enough; moves++)
		if (front->least < moves + 1)
			front->least = moves + 1;
	for (i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		extend_pool(two, beginnings[i]);
	return meet(two, arena);
}
