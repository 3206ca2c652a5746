/*
 * What a few small items can move between two CPUs, to the last interrupt: all sums of some of the one's against all
 * sums of some of the other's, both in order. Feeds plan_even.c, where loads are nearly even already.
 */
#include "plan_inside.h"

struct sum {
	uint64_t load;
	uint32_t set; /* a bit for each item in it */
};

struct plan_halves {
	struct sum a[1 << PLAN_HALVES_ITEMS], b[1 << PLAN_HALVES_ITEMS], room[1 << PLAN_HALVES_ITEMS];
};

struct plan_halves *plan_halves_new(struct arena *arena)
{
	return arena_alloc(arena, 1, sizeof(struct plan_halves));
}

/* All sums of count loads, ascending, into sums; room is as large. */
static void list_sums(const uint64_t *loads, uint32_t count, struct sum *sums, struct sum *room)
{
	uint32_t i, k, size = 1;

	sums[0] = (struct sum){ 0, 0 };
	for (i = 0; i < count; i++) {
		uint32_t without = 0, with = 0;

		for (k = 0; k < size; k++)
			room[k] = sums[k];
		/* those with the item between those without it: both ascend */
		for (k = 0; k < 2 * size; k++) {
			if (with == size || (without < size && room[without].load <= room[with].load + loads[i]))
				sums[k] = room[without++];
			else
				sums[k] = (struct sum){ room[with].load + loads[i], room[with].set | 1u << i }, with++;
		}
		size *= 2;
	}
}

bool plan_halves(struct plan_halves *h, const uint64_t *from, uint32_t from_count, const uint64_t *to, uint32_t to_count,
		 uint64_t target, struct plan_transfer *best)
{
	uint32_t i, k = 0, count = 1u << from_count, other = 1u << to_count;
	uint64_t least = UINT64_MAX;

	list_sums(from, from_count, h->a, h->room);
	list_sums(to, to_count, h->b, h->room);
	for (i = 0; i < count && least > 0; i++) {
		/* what comes back: the last that leaves at least target, and the next */
		while (k < other && h->b[k].load + target <= h->a[i].load)
			k++;
		if (k > 0 && h->a[i].load - h->b[k - 1].load - target < least) {
			least = h->a[i].load - h->b[k - 1].load - target;
			*best = (struct plan_transfer){ h->a[i].load - h->b[k - 1].load, h->a[i].set, h->b[k - 1].set };
		}
		if (k < other && h->a[i].load > h->b[k].load && target - (h->a[i].load - h->b[k].load) < least) {
			least = target - (h->a[i].load - h->b[k].load);
			*best = (struct plan_transfer){ h->a[i].load - h->b[k].load, h->a[i].set, h->b[k].set };
		}
	}
	return least < UINT64_MAX;
}
