/*
 * Eight to ten moves between two CPUs that bring their loads to exactly where they are wanted. A set is halves of four
 * or five moves, and there are too many halves to list; but the sums of two that meet have residues that add up, so one
 * residue at a time is listed. A set has many halvings: a few residues find it. Feeds plan_two.c.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

#define MOST_ITEMS 80 /* triples of them: some 80,000 */
#define HALVES 4096   /* of one residue, about */
#define HALVES_ROOM (4 * HALVES)
#define MOST_MOVES 10
#define ATTEMPTS 6    /* residues for each number of moves */

/* Two or three moves. */
struct part {
	int64_t sum;
	uint8_t items[3]; /* ascending */
};

struct half {
	int64_t sum;
	uint8_t items[5]; /* ascending */
	uint8_t count;
};

/* Parts by residue, and those of one by their first item. */
struct parts {
	struct part *list;
	uint32_t *begin; /* by residue; one more at the end */
};

struct meet {
	const int64_t *values;
	uint32_t count;
	uint64_t mask; /* of a sum: its residue */
	struct parts pairs, triples;
	struct half *left, *right;
	uint32_t *begin, *order;
	uint64_t random;
};

/* ---- the lists ---- */

static uint32_t residue(const struct meet *m, int64_t sum)
{
	return (uint32_t)((uint64_t)sum & m->mask);
}

/* Sorts count parts of list by residue, in the order they have. */
static int sort_parts(const struct meet *m, struct arena *arena, struct parts *parts, const struct part *list,
		      uint32_t count)
{
	uint32_t i, sum = 0, *begin = arena_alloc(arena, m->mask + 2, sizeof *begin);

	parts->begin = begin;
	parts->list = arena_alloc(arena, count, sizeof *parts->list);
	if (!parts->begin || !parts->list)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		begin[residue(m, list[i].sum)]++;
	for (i = 0; i <= m->mask + 1; i++) {
		uint32_t here = begin[i];

		begin[i] = sum;
		sum += here;
	}
	for (i = 0; i < count; i++)
		parts->list[begin[residue(m, list[i].sum)]++] = list[i];
	memmove(begin + 1, begin, (m->mask + 1) * sizeof *begin); /* each has become the next one's */
	begin[0] = 0;
	return 0;
}

static int list_parts(struct meet *m, struct arena *arena)
{
	uint32_t n = m->count, a, b, c, pairs = 0, triples = 0;
	struct part *two = arena_alloc(arena, (size_t)n * n / 2, sizeof *two);
	struct part *three = arena_alloc(arena, (size_t)n * n * n / 6 + 1, sizeof *three);

	m->left = arena_alloc(arena, HALVES_ROOM, sizeof *m->left);
	m->right = arena_alloc(arena, HALVES_ROOM, sizeof *m->right);
	m->begin = arena_alloc(arena, HALVES + 1, sizeof *m->begin);
	m->order = arena_alloc(arena, HALVES_ROOM, sizeof *m->order);
	if (!two || !three || !m->left || !m->right || !m->begin || !m->order)
		return -ENOMEM;
	for (a = 0; a < n; a++)
		for (b = a + 1; b < n; b++) {
			two[pairs++] = (struct part){ m->values[a] + m->values[b], { (uint8_t)a, (uint8_t)b, 0 } };
			for (c = b + 1; c < n; c++)
				three[triples++] = (struct part){ m->values[a] + m->values[b] + m->values[c],
								  { (uint8_t)a, (uint8_t)b, (uint8_t)c } };
		}
	if (sort_parts(m, arena, &m->pairs, two, pairs))
		return -ENOMEM;
	return sort_parts(m, arena, &m->triples, three, triples);
}

/* All sets of size (4 or 5) moves with that residue, as far as there is room. Returns how many. */
static uint32_t list_halves(const struct meet *m, uint32_t size, uint32_t wanted, struct half *halves)
{
	const struct parts *rest = size == 4 ? &m->pairs : &m->triples;
	uint32_t i, k, n = 0;

	for (i = 0; i < m->pairs.begin[m->mask + 1]; i++) {
		const struct part *pair = &m->pairs.list[i];
		uint32_t other = residue(m, (int64_t)wanted - pair->sum);

		/* the later items are the other part's: every set once */
		for (k = rest->begin[other + 1]; k > rest->begin[other] && rest->list[k - 1].items[0] > pair->items[1]; k--) {
			if (n == HALVES_ROOM)
				return n;
			halves[n].sum = pair->sum + rest->list[k - 1].sum;
			memcpy(halves[n].items, pair->items, 2);
			memcpy(halves[n].items + 2, rest->list[k - 1].items, 3);
			halves[n++].count = (uint8_t)size;
		}
	}
	return n;
}

/* ---- meeting ---- */

/* What is above the residue, which all have in common: evenly spread. */
static uint32_t key(const struct meet *m, int64_t sum)
{
	return (uint32_t)((uint64_t)sum / (m->mask + 1) % HALVES);
}

/* Lists right halves by key: m->begin[key] is the first of m->order. */
static void index_right(struct meet *m, uint32_t count)
{
	uint32_t i, sum = 0;

	memset(m->begin, 0, (HALVES + 1) * sizeof *m->begin);
	for (i = 0; i < count; i++)
		m->begin[key(m, m->right[i].sum)]++;
	for (i = 0; i <= HALVES; i++) {
		sum += m->begin[i];
		m->begin[i] = sum;
	}
	for (i = count; i-- > 0;)
		m->order[--m->begin[key(m, m->right[i].sum)]] = i;
}

static bool disjoint(const struct half *a, const struct half *b)
{
	uint32_t i, k;

	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (a->items[i] == b->items[k])
				return false;
	return true;
}

static bool join(struct meet *m, uint32_t left_count, uint32_t right_count, int64_t target, uint8_t *items)
{
	uint32_t i, k;

	index_right(m, right_count);
	for (i = 0; i < left_count; i++) {
		const struct half *left = &m->left[i], *right;
		uint32_t wanted = key(m, target - left->sum);

		for (k = m->begin[wanted]; k < m->begin[wanted + 1]; k++) {
			right = &m->right[m->order[k]];
			if (left->sum + right->sum != target || !disjoint(left, right))
				continue;
			memcpy(items, left->items, left->count);
			memcpy(items + left->count, right->items, right->count);
			return true;
		}
	}
	return false;
}

/* A residue that halves have: any set's. */
static uint32_t some_residue(struct meet *m, uint32_t size)
{
	int64_t sum = 0;

	while (size-- > 0) {
		m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		sum += m->values[(m->random >> 32) * m->count >> 32];
	}
	return residue(m, sum);
}

static bool try_moves(struct meet *m, uint32_t moves, int64_t target, uint8_t *items)
{
	uint32_t attempt, left, right, wanted;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		wanted = some_residue(m, moves / 2);
		left = list_halves(m, moves / 2, wanted, m->left);
		right = list_halves(m, moves - moves / 2, residue(m, target - (int64_t)wanted), m->right);
		if (join(m, left, right, target, items))
			return true;
	}
	return false;
}

int plan_meet(struct arena *arena, const int64_t *values, uint32_t count, const int64_t *targets, uint32_t target_count,
	      struct plan_meeting *found)
{
	struct meet m = { .values = values, .count = count };
	uint64_t halves = (uint64_t)count * (count - 1) / 2 * (count - 2) / 3 * (count - 3) / 4 * (count - 4) / 5;
	uint32_t moves, i;

	found->count = 0;
	if (count < MOST_MOVES || count > MOST_ITEMS)
		return 0;
	while (halves / (m.mask + 1) > HALVES)
		m.mask = 2 * m.mask + 1;
	if (list_parts(&m, arena))
		return -ENOMEM;
	for (moves = 8; moves <= MOST_MOVES; moves++)
		for (i = 0; i < target_count; i++)
			if (try_moves(&m, moves, targets[i], found->items)) {
				found->count = moves;
				found->target = targets[i];
				return 0;
			}
	return 0;
}
