/*
 * Two sides as even as can be, by complete Karmarkar-Karp: the two largest are put on different sides (their difference
 * stays), or, coming back, on the same (their sum stays). Feeds plan_even.c with pairs of CPUs.
 */
#include "plan_inside.h"

#include <string.h>

#define DEPTH 64 /* so many are searched completely, more only differenced down to that */

struct value {
	uint64_t load;
	uint32_t id;
};

struct merge {
	uint32_t kept, other;
	bool apart;
};

struct plan_splitter {
	struct value *heap;                     /* while there are more than DEPTH */
	struct merge *merges, *best_merges;
	uint32_t best_count, best_root;
	uint64_t best, goal, steps;
	struct value levels[DEPTH * (DEPTH + 1) / 2]; /* n values from n * (n - 1) / 2 on */
};

struct plan_splitter *plan_splitter_new(struct arena *arena, uint32_t most_items)
{
	struct plan_splitter *s = arena_alloc(arena, 1, sizeof *s);

	if (!s)
		return NULL;
	s->heap = arena_alloc(arena, (size_t)most_items + 1, sizeof *s->heap);
	s->merges = arena_alloc(arena, (size_t)most_items + 1, sizeof *s->merges);
	s->best_merges = arena_alloc(arena, (size_t)most_items + 1, sizeof *s->best_merges);
	return s->heap && s->merges && s->best_merges ? s : NULL;
}

static void note(struct plan_splitter *s, uint32_t depth, uint32_t kept, uint32_t other, bool apart)
{
	s->merges[depth].kept = kept;
	s->merges[depth].other = other;
	s->merges[depth].apart = apart;
}

/* ---- the complete search ---- */

/* The largest against all the others. */
static void end(struct plan_splitter *s, const struct value *values, uint32_t n, uint32_t depth, uint64_t difference)
{
	uint32_t i;

	if (difference >= s->best)
		return;
	for (i = 1; i < n; i++)
		note(s, depth + i - 1, values[0].id, values[i].id, true);
	s->best = difference;
	s->best_count = depth + n - 1;
	s->best_root = values[0].id;
	memcpy(s->best_merges, s->merges, s->best_count * sizeof *s->merges);
}

/* values[0] and [1] become one of load; the others follow, largest first. */
static void merge(struct value *to, const struct value *values, uint32_t n, uint64_t load)
{
	uint32_t i;

	for (i = 2; i < n && values[i].load > load; i++)
		to[i - 2] = values[i];
	to[i - 2].load = load;
	to[i - 2].id = values[0].id;
	memcpy(to + i - 1, values + i, (n - i) * sizeof *to);
}

/* The n values of their level, which add up to total. true: stop. */
static bool search(struct plan_splitter *s, uint32_t n, uint32_t depth, uint64_t total)
{
	const struct value *values = s->levels + n * (n - 1) / 2;
	struct value *fewer = s->levels + (n - 1) * (n - 2) / 2;

	if (values[0].load >= total - values[0].load) {
		end(s, values, n, depth, values[0].load - (total - values[0].load));
		return s->best <= s->goal;
	}
	if (s->steps <= n)
		return true;
	s->steps -= n;
	note(s, depth, values[0].id, values[1].id, true);
	merge(fewer, values, n, values[0].load - values[1].load);
	if (search(s, n - 1, depth + 1, total - 2 * values[1].load))
		return true;
	note(s, depth, values[0].id, values[1].id, false);
	merge(fewer, values, n, values[0].load + values[1].load);
	return search(s, n - 1, depth + 1, total);
}

/* ---- more than DEPTH ---- */

/* Lets heap[i] sink to where nothing below it is larger; ties by id, so that no order of the input matters. */
static void sink(struct value *heap, uint32_t count, uint32_t i)
{
	struct value value = heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < count && (heap[child + 1].load > heap[child].load ||
					  (heap[child + 1].load == heap[child].load && heap[child + 1].id < heap[child].id)))
			child++;
		if (child >= count || heap[child].load < value.load ||
		    (heap[child].load == value.load && heap[child].id > value.id))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = value;
}

/* Leaves DEPTH values in the heap. Returns how many merges that took. */
static uint32_t difference_down(struct plan_splitter *s, uint32_t count)
{
	struct value largest;
	uint32_t depth;

	for (depth = 0; count > DEPTH; depth++) {
		largest = s->heap[0];
		s->heap[0] = s->heap[--count];
		sink(s->heap, count, 0);
		note(s, depth, largest.id, s->heap[0].id, true);
		s->heap[0].load = largest.load - s->heap[0].load;
		s->heap[0].id = largest.id;
		sink(s->heap, count, 0);
	}
	return depth;
}

/* Insertion sort: what comes is sorted, or short. */
static void sort(struct value *values, uint32_t count)
{
	uint32_t i, k;

	for (i = 1; i < count; i++) {
		struct value value = values[i];

		for (k = i; k > 0 && (values[k - 1].load < value.load ||
				      (values[k - 1].load == value.load && values[k - 1].id > value.id)); k--)
			values[k] = values[k - 1];
		values[k] = value;
	}
}

/* ---- who is on which side ---- */

/* Follows the merges back from the last one; ahead's id is count. */
static void tell_sides(const struct plan_splitter *s, uint32_t count, uint8_t *side)
{
	uint32_t i;

	side[s->best_root] = 0;
	for (i = s->best_count; i-- > 0;) {
		const struct merge *merged = &s->best_merges[i];

		side[merged->other] = side[merged->kept] ^ merged->apart;
	}
	for (i = 0; side[count] && i < count; i++)
		side[i] ^= 1;
}

bool plan_split(struct plan_splitter *splitter, const uint64_t *loads, uint32_t count, uint64_t ahead, uint64_t goal,
		uint64_t *steps, uint64_t *difference, uint8_t *side, bool *complete)
{
	struct value *values = count + 1 <= DEPTH ? splitter->levels + count * (count + 1) / 2 : splitter->heap;
	uint64_t total = ahead, spent;
	uint32_t i, n = count + 1, depth = 0;

	for (i = 0; i < count; i++) {
		values[i].load = loads[i];
		values[i].id = i;
		total += loads[i];
	}
	values[count].load = ahead;
	values[count].id = count;
	if (n > DEPTH) {
		for (i = n / 2; i-- > 0;)
			sink(values, n, i);
		depth = difference_down(splitter, n);
		n = DEPTH;
		memcpy(splitter->levels + n * (n - 1) / 2, values, n * sizeof *values);
		values = splitter->levels + n * (n - 1) / 2;
		for (total = 0, i = 0; i < n; i++)
			total += values[i].load;
	}
	sort(values, n);
	splitter->best = *difference;
	splitter->goal = goal;
	spent = depth * 16 < *steps ? depth * 16 : *steps;
	splitter->steps = *steps - spent;
	search(splitter, n, depth, total);
	*complete = splitter->best <= goal || (splitter->steps > n && depth == 0);
	*steps = splitter->steps;
	if (splitter->best >= *difference)
		return false;
	*difference = splitter->best;
	tell_sides(splitter, count, side);
	return true;
}
