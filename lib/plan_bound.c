/* Below what no placement's largest load can be, and why; feeds plan.c's searches, which stop there. */
#include "plan_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define GROUPS_COMPARED 64 /* so many groups are also looked at with the groups inside them */

/* The items of a group and of those inside it. */
struct members {
	const struct plan_model *model;
	uint32_t group;
	uint64_t *loads; /* largest first */
	uint32_t count;
	uint64_t least_base;
	struct plan_bound *bound;
};

static void lift(struct members *m, uint64_t lower, enum plan_binds binds, uint32_t which)
{
	if (lower <= m->bound->lower)
		return;
	m->bound->lower = lower;
	m->bound->binds = binds;
	m->bound->which = which;
	m->bound->group = m->group;
}

/* Poured over the group's CPUs, on top of their bases, the loads come to this height, rounded up. */
static uint64_t level(const struct members *m)
{
	const struct plan_group *group = &m->model->groups[m->group];
	uint64_t height = UINT64_MAX, before, sum, loads = 0;
	uint32_t i, cpu, count;

	for (i = 0; i < m->count; i++)
		loads += m->loads[i];
	do { /* without the CPUs that stick out */
		before = height;
		sum = loads;
		count = 0;
		for (i = 0; i < group->span_count; i++)
			for (cpu = group->spans[i].first; cpu <= group->spans[i].last; cpu++)
				if (m->model->base[cpu] < before) {
					sum += m->model->base[cpu];
					count++;
				}
		height = count ? sum / count + (sum % count != 0) : before;
	} while (height < before);
	return height;
}

static uint64_t common_divisor(const struct members *m)
{
	uint64_t divisor = 0;
	uint32_t i;

	for (i = 0; i < m->count && divisor != 1; i++) {
		uint64_t a = m->loads[i], b = divisor;

		while (b) {
			uint64_t rest = a % b;

			a = b;
			b = rest;
		}
		divisor = a;
	}
	return divisor;
}

/* A CPU's load is its base and a multiple of what divides all of them. */
static void multiples(struct members *m, uint64_t height)
{
	const struct plan_group *group = &m->model->groups[m->group];
	uint64_t divisor = common_divisor(m), lower = UINT64_MAX;
	uint32_t i, cpu;

	if (divisor < 2)
		return;
	for (i = 0; i < group->span_count; i++)
		for (cpu = group->spans[i].first; cpu <= group->spans[i].last; cpu++) {
			uint64_t base = m->model->base[cpu], load = base;

			if (base < height)
				load += ((height - base - 1) / divisor + 1) * divisor;
			if (load < lower)
				lower = load;
		}
	lift(m, lower, PLAN_MULTIPLES, 0);
}

/* Of the k * CPUs + 1 largest, k + 1 share a CPU, the smallest of them at least. */
static void crowd(struct members *m, uint32_t cpus)
{
	uint64_t sum;
	uint32_t k, i;

	for (k = 1; (uint64_t)k * cpus < m->count; k++) {
		for (sum = 0, i = k * cpus - k; i <= k * cpus; i++)
			sum += m->loads[i];
		lift(m, m->least_base + sum, PLAN_CROWD, k * cpus + 1);
	}
}

/*
 * Of the CPUs + j largest, either three share a CPU or j CPUs have two, and no
 * pairs are better than the largest with the smallest of the last 2 * j.
 */
static void pairs(struct members *m, uint32_t cpus)
{
	uint32_t j, i;

	for (j = 1; j <= cpus && cpus + j <= m->count; j++) {
		const uint64_t *a = m->loads + cpus - j;
		uint32_t last = 2 * j - 1;
		uint64_t three = a[last] + a[last - 1] + (last > 1 ? a[last - 2] : UINT64_MAX / 2), most = 0;

		if (m->least_base + three <= m->bound->lower)
			return;
		for (i = 0; i < j; i++)
			if (a[i] + a[last - i] > most)
				most = a[i] + a[last - i];
		lift(m, m->least_base + (most < three ? most : three), PLAN_PAIRS, cpus + j);
	}
}

/* Whether whoever may only have the CPUs of inner may only have those of outer. */
static bool is_inside(const struct plan_model *model, uint32_t inner, uint32_t outer)
{
	const struct plan_group *group = &model->groups[inner];
	uint32_t i, cpu;

	if (inner == outer || outer == 0)
		return true;
	if (model->group_count > GROUPS_COMPARED || group->cpu_count > model->groups[outer].cpu_count)
		return false;
	for (i = 0; i < group->span_count; i++)
		for (cpu = group->spans[i].first; cpu <= group->spans[i].last; cpu++)
			if (!plan_model_in_group(&model->groups[outer], cpu))
				return false;
	return true;
}

static void take_least_base(struct members *m)
{
	const struct plan_group *group = &m->model->groups[m->group];
	uint32_t i, cpu;

	m->least_base = UINT64_MAX;
	for (i = 0; i < group->span_count; i++)
		for (cpu = group->spans[i].first; cpu <= group->spans[i].last; cpu++)
			if (m->model->base[cpu] < m->least_base)
				m->least_base = m->model->base[cpu];
}

/* Items by group: the first of each, and the next of the same. */
struct lists {
	uint32_t *first, *next;
};

static int make_lists(struct lists *lists, struct arena *arena, const struct plan_model *model)
{
	uint32_t i;

	lists->first = arena_alloc(arena, model->group_count, sizeof *lists->first);
	lists->next = arena_alloc(arena, model->item_count, sizeof *lists->next);
	if (!lists->first || !lists->next)
		return -ENOMEM;
	for (i = 0; i < model->group_count; i++)
		lists->first[i] = PLAN_NO;
	for (i = model->item_count; i-- > 0;) {
		lists->next[i] = lists->first[model->items[i].group];
		lists->first[model->items[i].group] = i;
	}
	return 0;
}

static void collect(struct members *m, const struct lists *lists, bool *inside)
{
	const struct plan_model *model = m->model;
	uint32_t i;

	m->count = 0;
	if (model->group_count > GROUPS_COMPARED && m->group != 0) {
		for (i = lists->first[m->group]; i != PLAN_NO; i = lists->next[i])
			m->loads[m->count++] = model->items[i].load;
		return;
	}
	for (i = 0; i < model->group_count; i++)
		inside[i] = is_inside(model, i, m->group);
	for (i = 0; i < model->item_count; i++)
		if (inside[model->items[i].group])
			m->loads[m->count++] = model->items[i].load;
}

int plan_bound_find(struct plan_bound *bound, struct arena *arena, const struct plan_model *model)
{
	struct members m = { model, 0, NULL, 0, 0, bound };
	struct lists lists;
	bool *inside = arena_alloc(arena, model->group_count, sizeof *inside);
	uint32_t cpu;

	m.loads = arena_alloc(arena, model->item_count, sizeof *m.loads);
	if (!m.loads || !inside || make_lists(&lists, arena, model))
		return -ENOMEM;
	*bound = (struct plan_bound){ 0, PLAN_MEAN, 0, 0 };
	for (m.group = 0; m.group < model->group_count; m.group++) {
		uint32_t cpus = model->groups[m.group].cpu_count;
		uint64_t height;

		collect(&m, &lists, inside);
		if (m.count == 0)
			continue;
		take_least_base(&m);
		height = level(&m);
		lift(&m, height, PLAN_MEAN, 0);
		if (lists.first[m.group] != PLAN_NO)
			lift(&m, m.least_base + model->items[lists.first[m.group]].load, PLAN_LARGEST,
			      lists.first[m.group]);
		multiples(&m, height);
		crowd(&m, cpus);
		pairs(&m, cpus);
	}
	m.group = 0;
	for (cpu = 0; cpu < model->cpu_count; cpu++)
		lift(&m, model->base[cpu], PLAN_FIXED, cpu);
	return 0;
}

/* ---- in words ---- */

static const char *cpus_of(const struct plan_model *model, uint32_t number, struct arena *words)
{
	const struct plan_group *group = &model->groups[number];
	struct cpulist list = { NULL, 0 };
	char *text = NULL;
	const char *copy;
	uint32_t i, cpu;
	int err = 0;

	for (i = 0; i < group->span_count && !err; i++)
		for (cpu = group->spans[i].first; cpu <= group->spans[i].last && !err; cpu++)
			err = cpulist_add(&list, model->cpus[cpu], model->cpus[cpu]);
	if (!err)
		text = cpulist_format(&list);
	copy = arena_strdup(words, text);
	free(text);
	cpulist_free(&list);
	return copy;
}

static const char *largest_words(const struct plan_model *model, const struct plan_bound *bound, struct arena *words)
{
	const struct plan_item *item = &model->items[bound->which];
	const char *irq = model->irqs[item->irq]->irq;
	double share = 100 * (double)item->load * (double)model->cpu_count / (double)model->total;

	if (share >= 100)
		return arena_printf(words, "IRQ %s alone is %.0f %% of a fair share: more queues or RPS would help, "
				    "no placement will", irq, share);
	return arena_printf(words, "IRQ %s and the fixed load of whichever CPU it may have come to %" PRIu64, irq,
			    bound->lower);
}

const char *plan_bound_words(const struct plan_model *model, const struct plan_bound *bound, struct arena *words)
{
	const char *cpus = cpus_of(model, bound->group, words);
	uint32_t count = model->groups[bound->group].cpu_count;

	if (!cpus)
		return NULL;
	if (bound->lower == 0)
		return "nothing fired that has to be placed";
	switch (bound->binds) {
	case PLAN_MEAN:
		if (model->cpu_count == 1)
			return arena_printf(words, "there is only CPU %u to go to", model->cpus[0]);
		if (bound->group != 0)
			return arena_printf(words, "what may only go to CPUs %s brings one of them to %" PRIu64 " at least",
					    cpus, bound->lower);
		if (bound->lower == model->total / count + (model->total % count != 0))
			return arena_printf(words, "the mean of %" PRIu32 " CPUs, rounded up, is %" PRIu64 ": no placement's "
					    "fullest CPU has less", count, bound->lower);
		return arena_printf(words, "what may move, spread over the CPUs whose fixed load leaves room, brings one "
				    "of them to %" PRIu64 " at least", bound->lower);
	case PLAN_MULTIPLES:
		return arena_printf(words, "loads come in steps here, and %" PRIu64 " is the first one that CPUs %s can all "
				    "keep within", bound->lower, cpus);
	case PLAN_FIXED:
		return arena_printf(words, "CPU %u has %" PRIu64 " that cannot move", model->cpus[bound->which],
				    bound->lower);
	case PLAN_LARGEST:
		return largest_words(model, bound, words);
	case PLAN_CROWD:
		return arena_printf(words, "of the %" PRIu32 " largest IRQs of CPUs %s, %" PRIu32 " have to share one: "
				    "%" PRIu64 " at least", bound->which, cpus, (bound->which - 1) / count + 1, bound->lower);
	case PLAN_PAIRS:
		return arena_printf(words, "the %" PRIu32 " largest IRQs of CPUs %s have to share some of them, one with "
				    "%" PRIu64 " at least", bound->which, cpus, bound->lower);
	default:
		return arena_printf(words, "every way to place the %" PRIu32 " largest IRQs was weighed: none has a smaller "
				    "maximum than %" PRIu64, bound->which, bound->lower);
	}
}
