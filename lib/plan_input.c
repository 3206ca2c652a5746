/* Rows of a window, placements and wishes as the input of a plan; fed by the API and the client. See plan_input.h. */
#include "plan_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What plan.h takes at most. */
#define MOST ((uint64_t)1 << 62)

bool plan_input_unknown(const struct view_overview *rows)
{
	return rows->total == VIEW_NONE;
}

/* ---- CPUs ---- */

static int add_unless(struct cpulist *cpus, unsigned cpu, const struct cpulist *excluded)
{
	return excluded && cpulist_has(excluded, cpu) ? 0 : cpulist_add(cpus, cpu, cpu);
}

int plan_input_cpus(struct cpulist *cpus, const struct topology *topology, const struct view_overview *rows,
		    const struct cpulist *wanted, const struct cpulist *excluded)
{
	bool told = topology && topology->online.count;
	size_t i;
	int err = 0;

	for (i = 0; wanted && !err && i < wanted->count; i++) {
		uint64_t cpu;

		for (cpu = wanted->ranges[i].first; !err && cpu <= wanted->ranges[i].last; cpu++)
			err = add_unless(cpus, (unsigned)cpu, excluded);
	}
	for (i = 0; !wanted && told && !err && i < topology->cpu_count; i++)
		if (topology->cpus[i].online == 1 && topology->cpus[i].isolated != 1)
			err = add_unless(cpus, topology->cpus[i].cpu, excluded);
	for (i = 0; !wanted && !told && !err && i < rows->cpu_count; i++)
		err = add_unless(cpus, rows->cpus[i], excluded);
	if (err)
		cpulist_free(cpus);
	return err;
}

static int compare_cpus(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* The index of a CPU of the plan; cpu_count: it is none. */
static size_t index_of(const struct plan_input *input, unsigned cpu)
{
	const unsigned *found = bsearch(&cpu, input->cpus, input->cpu_count, sizeof cpu, compare_cpus);

	return found ? (size_t)(found - input->cpus) : input->cpu_count;
}

static int list_cpus(struct arena *arena, const struct cpulist *set, struct plan_input *input)
{
	unsigned *cpus = arena_alloc(arena, (size_t)cpulist_size(set), sizeof *cpus);
	size_t i, n = 0;

	if (!cpus)
		return -ENOMEM;
	for (i = 0; i < set->count; i++) {
		uint64_t cpu;

		for (cpu = set->ranges[i].first; cpu <= set->ranges[i].last; cpu++)
			cpus[n++] = (unsigned)cpu;
	}
	input->cpus = cpus;
	input->cpu_count = n;
	return 0;
}

/* ---- rows ---- */

static bool is_device(const struct view_irq *row)
{
	return row->class_ && strcmp(row->class_, "device") == 0 && row->total != VIEW_NONE;
}

static bool stays(const struct view_irq *row)
{
	return row->movable == 0 || row->reason;
}

bool plan_input_weighs(const struct plan_input_weight *weight, const struct view_irq *row)
{
	struct view_filter by_irq = { .irqs = weight->pattern }, by_device = { .device = weight->pattern };

	return is_device(row) && (view_filter_has(&by_irq, row) || view_filter_has(&by_device, row));
}

static uint32_t weight_of(const struct plan_input_ask *ask, const struct view_irq *row)
{
	uint32_t weight = 1;
	size_t i;

	for (i = 0; i < ask->weight_count; i++)
		if (plan_input_weighs(&ask->weights[i], row))
			weight = ask->weights[i].weight;
	return weight ? weight : 1;
}

/* Adds what a row did on each CPU of the plan to loads. */
static int add_loads(const struct plan_input *input, const struct view_irq *row, uint32_t weight, uint64_t *loads)
{
	size_t i;

	for (i = 0; i < row->counts.count; i++) {
		size_t at = index_of(input, row->counts.items[i].cpu);

		if (at == input->cpu_count)
			continue;
		if (row->counts.items[i].count > (MOST - loads[at]) / weight)
			return -EOVERFLOW;
		loads[at] += row->counts.items[i].count * weight;
	}
	return 0;
}

/* The CPU of a list that names but one; PLAN_NOWHERE: it names more, or none. */
static unsigned only_cpu(const char *list)
{
	unsigned cpu = PLAN_NOWHERE;
	struct cpulist set = { NULL, 0 };

	if (list && cpulist_parse(&set, list) == 0 && cpulist_size(&set) == 1)
		cpu = set.ranges[0].first;
	cpulist_free(&set);
	return cpu;
}

/* Where it goes today. */
static unsigned place_of(const struct view_irq *row)
{
	unsigned cpu = only_cpu(row->effective ? row->effective : row->affinity);
	uint64_t most = 0;
	size_t i;

	if (cpu != PLAN_NOWHERE)
		return cpu;
	for (i = 0; i < row->counts.count; i++)
		if (row->counts.items[i].count > most) {
			most = row->counts.items[i].count;
			cpu = row->counts.items[i].cpu;
		}
	return cpu;
}

/* The machine's CPUs on that node, of the arena: nobody frees it. NULL without memory. */
static const struct cpulist *on_node(struct arena *arena, const struct topology *topology, int node)
{
	struct cpulist *set = arena_alloc(arena, 1, sizeof *set);
	size_t i;

	if (set)
		set->ranges = arena_alloc(arena, topology->cpu_count, sizeof *set->ranges);
	if (!set || !set->ranges)
		return NULL;
	for (i = 0; i < topology->cpu_count; i++) {
		unsigned cpu = topology->cpus[i].cpu;
		struct cpulist_range *last = set->count ? &set->ranges[set->count - 1] : NULL;

		if (topology->cpus[i].node != node)
			continue;
		if (last && last->last + 1 == cpu)
			last->last = cpu;
		else
			set->ranges[set->count++] = (struct cpulist_range){ cpu, cpu };
	}
	return set;
}

/* Nodes that were met, each with its CPUs. */
struct nodes {
	int *numbers;
	const struct cpulist **sets;
	size_t count;
};

/* NULL: a node without CPUs binds nobody. */
static int find_node(struct arena *arena, const struct topology *topology, int node, struct nodes *nodes,
		     const struct cpulist **set)
{
	size_t i;

	for (i = 0; i < nodes->count && nodes->numbers[i] != node; i++)
		;
	if (i == nodes->count) {
		nodes->numbers[i] = node;
		nodes->sets[i] = on_node(arena, topology, node);
		if (!nodes->sets[i])
			return -ENOMEM;
		nodes->count++;
	}
	*set = nodes->sets[i]->count ? nodes->sets[i] : NULL;
	return 0;
}

/* By label, rows that may not move behind the others; of those of one label the busiest is first. */
static int by_label(const void *a, const void *b)
{
	const struct view_irq *x = *(const struct view_irq *const *)a, *y = *(const struct view_irq *const *)b;
	int order = strcmp(x->irq, y->irq);

	if (!order)
		order = stays(x) - stays(y);
	if (!order && x->total != y->total)
		order = x->total > y->total ? -1 : 1;
	return order ? order : strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

/* What the plan may touch, sorted; of what it may not the load is fixed. */
static int choose(struct arena *arena, const struct plan_input_ask *ask, struct plan_input *input, uint64_t *fixed,
		  const struct view_irq ***chosen, size_t *count)
{
	struct view_filter filter = { .irqs = ask->irqs, .device = ask->device };
	size_t i;
	int err = 0;

	*count = 0;
	*chosen = arena_alloc(arena, ask->rows->irq_count, sizeof **chosen);
	if (!*chosen)
		return -ENOMEM;
	for (i = 0; !err && i < ask->rows->irq_count; i++) {
		const struct view_irq *row = &ask->rows->irqs[i];
		bool wanted;

		if (!is_device(row))
			continue;
		wanted = view_filter_has(&filter, row);
		if (wanted)
			(*chosen)[(*count)++] = row;
		if (!wanted || stays(row))
			err = add_loads(input, row, weight_of(ask, row), fixed);
	}
	qsort(*chosen, *count, sizeof **chosen, by_label);
	return err;
}

static void take(const struct plan_input_ask *ask, const struct view_irq *row, struct plan_irq *irq)
{
	memset(irq, 0, sizeof *irq);
	irq->irq = row->irq;
	irq->name = row->name;
	irq->device = row->device;
	irq->count = row->total;
	irq->weight = weight_of(ask, row);
	irq->from = PLAN_NOWHERE;
	if (stays(row)) /* its load is among the fixed already, where it fired */
		irq->reason = row->reason ? row->reason : "unknown";
	else if (!ask->unplaced)
		irq->from = place_of(row);
}

int plan_input_make(struct arena *arena, const struct plan_input_ask *ask, struct plan_input *input)
{
	const struct view_irq **chosen;
	struct plan_irq *irqs;
	struct nodes nodes = { NULL, NULL, 0 };
	uint64_t *fixed;
	size_t count, i;
	int err;

	memset(input, 0, sizeof *input);
	err = list_cpus(arena, ask->cpus, input);
	fixed = err ? NULL : arena_alloc(arena, input->cpu_count, sizeof *fixed);
	if (!fixed)
		return -ENOMEM;
	err = choose(arena, ask, input, fixed, &chosen, &count);
	if (err)
		return err;
	irqs = arena_alloc(arena, count, sizeof *irqs);
	nodes.numbers = arena_alloc(arena, count, sizeof *nodes.numbers);
	nodes.sets = arena_alloc(arena, count, sizeof *nodes.sets);
	if (!irqs || !nodes.numbers || !nodes.sets)
		return -ENOMEM;
	input->fixed = fixed;
	input->irqs = irqs;
	for (i = 0; i < count; i++) {
		const struct view_irq *row = chosen[i];
		struct plan_irq *irq = &irqs[input->irq_count];

		if (row->total > MOST)
			return -EOVERFLOW;
		if (i && !stays(row) && strcmp(row->irq, irq[-1].irq) == 0) {
			irq[-1].count += row->total; /* one number is one assignment */
			if (irq[-1].count > MOST)
				return -EOVERFLOW;
			continue;
		}
		take(ask, row, irq);
		input->irq_count++;
		if (ask->local && ask->topology && !irq->reason && irq->count && row->node >= 0)
			err = find_node(arena, ask->topology, row->node, &nodes, &irq->allowed);
		if (err)
			return err;
	}
	return 0;
}

/* ---- what the rows know ---- */

int plan_input_tell(struct arena *arena, const struct plan_input_ask *ask, struct plan *plan)
{
	struct plan_input input = { .cpus = NULL };
	uint64_t *before, *known;
	size_t i, n = 0;
	int err = list_cpus(arena, ask->cpus, &input);

	before = err ? NULL : arena_alloc(arena, input.cpu_count, sizeof *before);
	known = err ? NULL : arena_alloc(arena, input.cpu_count, sizeof *known);
	if (!before || !known)
		return -ENOMEM;
	plan->window = ask->rows->window;
	for (i = 0; i < ask->rows->irq_count; i++) {
		const struct view_irq *row = &ask->rows->irqs[i];

		if (is_device(row) && add_loads(&input, row, weight_of(ask, row), before))
			return -EOVERFLOW;
	}
	for (i = 0; i < plan->cpu_count; i++) {
		size_t at = index_of(&input, plan->cpus[i].cpu);
		bool seen = bsearch(&plan->cpus[i].cpu, ask->rows->cpus, ask->rows->cpu_count, sizeof(unsigned),
				    compare_cpus);

		plan->cpus[i].before = seen && at < input.cpu_count ? before[at] : VIEW_NONE;
		if (plan->cpus[i].before != VIEW_NONE)
			known[n++] = before[at];
	}
	plan->evenness.before = view_evenness(known, n);
	return 0;
}
