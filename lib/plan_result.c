/* The plan as the API tells it, from the placement that was chosen; the last of plan.c's steps. */
#include "plan_inside.h"

#include <errno.h>
#include <limits.h>

#define POINTS 32 /* of the frontier; of more, some are left out */

static int fill_cpus(struct plan *plan, struct arena *arena, const struct plan_model *model, const uint32_t *place)
{
	uint32_t i;

	plan->cpus = arena_alloc(arena, model->cpu_count, sizeof *plan->cpus);
	if (!plan->cpus)
		return -ENOMEM;
	plan->cpu_count = model->cpu_count;
	for (i = 0; i < model->cpu_count; i++) {
		plan->cpus[i].cpu = model->cpus[i];
		plan->cpus[i].load = plan->cpus[i].fixed = model->base[i];
		plan->cpus[i].before = model->placed ? model->base[i] : VIEW_NONE;
	}
	for (i = 0; i < model->item_count; i++) {
		const struct plan_item *item = &model->items[i];

		if (place[i] != PLAN_NO)
			plan->cpus[place[i]].load += item->load;
		if (model->placed && item->from != PLAN_NO)
			plan->cpus[item->from].before += item->load;
	}
	return 0;
}

static int measure(struct plan *plan, struct arena *arena)
{
	uint64_t *loads = arena_alloc(arena, plan->cpu_count, sizeof *loads);
	size_t i;

	if (!loads)
		return -ENOMEM;
	for (i = 0; i < plan->cpu_count; i++)
		loads[i] = plan->cpus[i].load;
	plan->evenness.planned = view_evenness(loads, plan->cpu_count);
	for (i = 0; i < plan->cpu_count; i++)
		loads[i] = plan->cpus[i].before;
	plan->evenness.before = view_evenness(loads, plan->cpus[0].before == VIEW_NONE ? 0 : plan->cpu_count);
	plan->evenness.before.cpus = plan->cpu_count;
	return 0;
}

/* Why it goes from one CPU to another, both of them ours. */
static const char *why_move(const struct plan *plan, uint32_t from, uint32_t to)
{
	const struct view_evenness *before = &plan->evenness.before;
	const struct plan_cpu *a = &plan->cpus[from], *b = &plan->cpus[to];

	if (a->before == before->max && b->before == before->min)
		return "from the fullest CPU to the emptiest";
	return a->before > b->before ? "from a fuller CPU to an emptier one" : "makes room where others go";
}

static void fill_assignment(struct plan *plan, const struct plan_model *model, uint32_t number, uint32_t to)
{
	const struct plan_item *item = &model->items[number];
	struct plan_assignment *a = &plan->assignments[item->irq];
	const struct plan_irq *irq = model->irqs[item->irq];

	a->move = to != item->from; /* both PLAN_NO: it was elsewhere and stays */
	plan->moves += (uint64_t)a->move;
	if (to != PLAN_NO)
		a->cpu = (int)model->cpus[to];
	else
		a->cpu = a->from;
	if (!a->move)
		a->why = to == PLAN_NO || !plan_may(model, number, to) ? "stays: no more moves are allowed" : "stays";
	else if (item->from != PLAN_NO)
		a->why = plan_may(model, number, item->from) ? why_move(plan, item->from, to) : "may not have its CPU";
	else if (irq->from != PLAN_NOWHERE)
		a->why = "its CPU takes no interrupts";
	else
		a->why = model->placed ? "where it goes now is not known" : "evens the loads";
}

/* Item numbers go by load; assignments by IRQ. */
static int fill_irqs(struct plan *plan, struct arena *arena, const struct plan_model *model, const uint32_t *place)
{
	struct plan_assignment *to;
	size_t i, n = 0;

	plan->assignments = arena_alloc(arena, model->irq_count, sizeof *plan->assignments);
	plan->unmovable = arena_alloc(arena, model->irq_count, sizeof *plan->unmovable);
	if (!plan->assignments || !plan->unmovable)
		return -ENOMEM;
	for (i = 0; i < model->irq_count; i++) {
		const struct plan_irq *irq = model->irqs[i];

		to = &plan->assignments[i];
		to->irq = irq->irq;
		to->name = irq->name;
		to->cpu = -1;
		to->count = irq->count;
		to->from = irq->from > INT_MAX ? -1 : (int)irq->from;
		to->why = "did not fire";
	}
	for (i = 0; i < model->item_count; i++)
		fill_assignment(plan, model, (uint32_t)i, place[i]);
	for (i = 0; i < model->irq_count; i++) {
		const struct plan_irq *irq = model->irqs[i];

		if (irq->reason)
			plan->unmovable[plan->unmovable_count++] =
				(struct plan_unmovable){ irq->irq, irq->name, irq->reason, irq->count };
		else
			plan->assignments[n++] = plan->assignments[i];
	}
	plan->assignment_count = n;
	return 0;
}

/* Each step that is more even than all before it; of very many only those that gain a tenth of what is left to gain. */
static int fill_frontier(struct plan *plan, struct arena *arena, const struct plan_front *front)
{
	const struct plan_model *model = front->model;
	double mean = (double)model->total / (double)model->cpu_count;
	uint64_t moves, last = UINT64_MAX, least = UINT64_MAX, steps = 0;

	for (moves = 0; moves <= model->item_count; moves++)
		if (front->best[moves] < least) {
			least = front->best[moves];
			steps++;
		}
	plan->frontier = arena_alloc(arena, steps, sizeof *plan->frontier);
	if (!plan->frontier)
		return -ENOMEM;
	for (moves = 0; moves <= model->item_count && model->total; moves++) {
		uint64_t maximum = front->best[moves];

		if (maximum >= last)
			continue;
		if (steps > POINTS && last != UINT64_MAX && maximum != least && moves != front->chosen_moves &&
		    last - maximum < (last - least) / 10)
			continue;
		plan->frontier[plan->frontier_count].moves = moves;
		plan->frontier[plan->frontier_count++].imbalance = (double)maximum / mean - 1;
		last = maximum;
	}
	return 0;
}

int plan_result(struct plan *plan, struct arena *arena, const struct plan_model *model, const uint32_t *place,
		const struct plan_bound *bound, const struct plan_front *front)
{
	int err = fill_cpus(plan, arena, model, place);

	if (!err)
		err = measure(plan, arena);
	if (!err)
		err = fill_irqs(plan, arena, model, place);
	if (!err && front)
		err = fill_frontier(plan, arena, front);
	if (err)
		return err;
	plan->moves_bound = front ? front->least : VIEW_NONE;
	plan->bound.lower = bound->lower;
	plan->bound.gap = plan->evenness.planned.max > bound->lower ? plan->evenness.planned.max - bound->lower : 0;
	plan->bound.optimal = plan->bound.gap == 0;
	plan->bound.why = plan_bound_words(model, bound, arena);
	return plan->bound.why ? 0 : -ENOMEM;
}
