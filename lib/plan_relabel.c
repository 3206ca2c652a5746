/*
 * What can change in a placement without changing its loads: which CPU is which, and who among equals. As many items
 * as possible are left where they are. Feeds plan.c, after a search from scratch.
 */
#include "plan_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXACTLY 64 /* CPUs at most; of more, nearly as many items stay */

/* ---- which CPU is which ---- */

/* What is now on one CPU and was on another, how often. */
struct overlap {
	uint32_t now, was, count;
};

struct match {
	const struct plan_model *model;
	struct overlap *overlaps;    /* by now, then was */
	uint32_t *first_overlap;     /* by CPU now; one more at the end */
	uint32_t *kind;              /* by CPU: those of one kind can be exchanged */
	int64_t *row_price, *price;  /* what each CPU now, and each CPU that was, is worth already */
	int64_t *slack;
	uint32_t *owner;             /* by CPU that was: the CPU now that gets its name; PLAN_NO: none yet */
	uint32_t *way;
	bool *used;
};

static int compare_overlaps(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;

	if (x->now != y->now)
		return x->now < y->now ? -1 : 1;
	return x->was < y->was ? -1 : x->was > y->was;
}

static int find_overlaps(struct match *m, struct arena *arena, const struct plan_state *state)
{
	const struct plan_model *model = m->model;
	uint32_t i, n = 0, cpu = 0, count = 0;

	m->overlaps = arena_alloc(arena, model->item_count, sizeof *m->overlaps);
	m->first_overlap = arena_alloc(arena, (size_t)model->cpu_count + 1, sizeof *m->first_overlap);
	if (!m->overlaps || !m->first_overlap)
		return -ENOMEM;
	for (i = 0; i < model->item_count; i++)
		if (model->items[i].from != PLAN_NO)
			m->overlaps[n++] = (struct overlap){ state->place[i], model->items[i].from, 1 };
	qsort(m->overlaps, n, sizeof *m->overlaps, compare_overlaps);
	for (i = 0; i < n; i++) {
		if (count > 0 && compare_overlaps(&m->overlaps[count - 1], &m->overlaps[i]) == 0) {
			m->overlaps[count - 1].count++;
			continue;
		}
		for (; cpu <= m->overlaps[i].now; cpu++)
			m->first_overlap[cpu] = count;
		m->overlaps[count++] = m->overlaps[i];
	}
	for (; cpu <= model->cpu_count; cpu++)
		m->first_overlap[cpu] = count;
	return 0;
}

static bool same_kind(const struct plan_model *model, uint32_t a, uint32_t b)
{
	uint32_t i;

	if (model->base[a] != model->base[b])
		return false;
	for (i = 0; !model->free && i < model->group_count; i++)
		if (plan_model_in_group(&model->groups[i], a) != plan_model_in_group(&model->groups[i], b))
			return false;
	return true;
}

static void find_kinds(struct match *m)
{
	uint32_t cpu, i;

	for (cpu = 0; cpu < m->model->cpu_count; cpu++) {
		for (i = 0; i < cpu; i++)
			if (m->kind[i] == i && same_kind(m->model, i, cpu))
				break;
		m->kind[cpu] = i;
	}
}

/* A step of the shortest way from CPU now over those that are used: lowers the others' slack. Returns the nearest. */
static uint32_t relax(struct match *m, uint32_t now, uint32_t from)
{
	const struct overlap *next = m->overlaps + m->first_overlap[now];
	const struct overlap *end = m->overlaps + m->first_overlap[now + 1];
	uint32_t was, nearest = PLAN_NO;

	for (was = 0; was < m->model->cpu_count; was++) {
		int64_t cost = m->kind[was] == m->kind[now] ? 0 : (int64_t)m->model->item_count + 1;

		if (next < end && next->was == was) {
			cost -= cost ? 0 : next->count;
			next++;
		}
		cost -= m->row_price[now] + m->price[was];
		if (m->used[was])
			continue;
		if (cost < m->slack[was]) {
			m->slack[was] = cost;
			m->way[was] = from;
		}
		if (nearest == PLAN_NO || m->slack[was] < m->slack[nearest])
			nearest = was;
	}
	return nearest;
}

/* Finds a name for CPU now, renaming others if that is better for all (the Hungarian method, a row at a time). */
static void add_row(struct match *m, uint32_t now)
{
	uint32_t count = m->model->cpu_count, row = now, at = PLAN_NO, was, i;

	for (i = 0; i < count; i++) {
		m->slack[i] = INT64_MAX;
		m->used[i] = false;
	}
	do {
		uint32_t nearest = relax(m, row, at);
		int64_t step = m->slack[nearest];

		m->row_price[now] += step;
		for (i = 0; i < count; i++) {
			if (m->used[i]) {
				m->row_price[m->owner[i]] += step;
				m->price[i] -= step;
			} else {
				m->slack[i] -= step;
			}
		}
		at = nearest;
		m->used[at] = true;
		row = m->owner[at];
	} while (row != PLAN_NO);
	for (; at != PLAN_NO; at = was) {
		was = m->way[at];
		m->owner[at] = was == PLAN_NO ? now : m->owner[was];
	}
}

/* ---- so many CPUs that this would take too long ---- */

static int compare_counts(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return compare_overlaps(a, b);
}

/* The largest overlaps first; who has none left is itself, or the next of its kind that is free. */
static void match_roughly(struct match *m)
{
	uint32_t count = m->model->cpu_count, i, now, was;

	for (now = 0; now < count; now++)
		m->used[now] = false; /* here: CPUs now that have a name */
	qsort(m->overlaps, m->first_overlap[count], sizeof *m->overlaps, compare_counts);
	for (i = 0; i < m->first_overlap[count]; i++) {
		now = m->overlaps[i].now;
		was = m->overlaps[i].was;
		if (m->used[now] || m->owner[was] != PLAN_NO || m->kind[now] != m->kind[was])
			continue;
		m->owner[was] = now;
		m->used[now] = true;
	}
	for (was = 0; was < count; was++) {
		if (m->owner[was] != PLAN_NO)
			continue;
		for (now = 0; m->used[now] || m->kind[now] != m->kind[was]; now++)
			;
		m->owner[was] = now;
		m->used[now] = true;
	}
}

static int match_new(struct match *m, struct arena *arena, const struct plan_model *model)
{
	uint32_t i, n = model->cpu_count;

	memset(m, 0, sizeof *m);
	m->model = model;
	m->kind = arena_alloc(arena, n, sizeof *m->kind);
	m->row_price = arena_alloc(arena, n, sizeof *m->row_price);
	m->price = arena_alloc(arena, n, sizeof *m->price);
	m->slack = arena_alloc(arena, n, sizeof *m->slack);
	m->owner = arena_alloc(arena, n, sizeof *m->owner);
	m->way = arena_alloc(arena, n, sizeof *m->way);
	m->used = arena_alloc(arena, n, sizeof *m->used);
	if (!m->kind || !m->row_price || !m->price || !m->slack || !m->owner || !m->way || !m->used)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		m->owner[i] = PLAN_NO;
	return 0;
}

/* ---- who among equals ---- */

/* Items first..end - 1 are equals: those that can stay do. here is all zero, and again after; fresh is room. */
static void exchange_equals(const struct plan_model *model, uint32_t *place, uint32_t first, uint32_t end,
			    uint32_t *here, uint32_t *fresh)
{
	uint32_t i, k = first;

	for (i = first; i < end; i++)
		here[place[i]]++;
	for (i = first; i < end; i++) {
		uint32_t from = model->items[i].from;

		fresh[i] = from != PLAN_NO && here[from] ? from : PLAN_NO;
		if (fresh[i] != PLAN_NO)
			here[from]--;
	}
	for (i = first; i < end; i++) { /* the others have what is left, in its order */
		if (fresh[i] != PLAN_NO)
			continue;
		while (here[place[k]] == 0)
			k++;
		fresh[i] = place[k];
		here[place[k]]--;
	}
	memcpy(place + first, fresh + first, (end - first) * sizeof *place);
}

int plan_relabel(struct plan_state *state, struct arena *arena)
{
	const struct plan_model *model = state->model;
	uint32_t *place = arena_alloc(arena, model->item_count, sizeof *place);
	uint32_t *fresh = arena_alloc(arena, model->item_count, sizeof *fresh);
	uint32_t *name = arena_alloc(arena, model->cpu_count, sizeof *name), i, first;
	struct match match;

	if (!place || !fresh || !name || match_new(&match, arena, model) || find_overlaps(&match, arena, state))
		return -ENOMEM;
	find_kinds(&match);
	for (i = 0; model->cpu_count <= EXACTLY && i < model->cpu_count; i++)
		add_row(&match, i);
	if (model->cpu_count > EXACTLY)
		match_roughly(&match);
	for (i = 0; i < model->cpu_count; i++)
		name[match.owner[i]] = i;
	for (i = 0; i < model->item_count; i++)
		place[i] = name[state->place[i]];
	memset(name, 0, model->cpu_count * sizeof *name);
	for (first = 0, i = 1; i <= model->item_count; i++) {
		if (i < model->item_count && model->items[i].load == model->items[first].load &&
		    model->items[i].group == model->items[first].group)
			continue;
		if (i - first > 1)
			exchange_equals(model, place, first, i, name, fresh);
		first = i;
	}
	plan_state_set(state, place);
	return 0;
}
