/* Reads what is to be planned: checks, adds up and sorts it, so that no order of the input matters; for plan.c. */
#include "plan_inside.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers for things that are equal, in order of first sight ---- */

struct names {
	struct name {
		const void *bytes;
		size_t length;
	} *list;
	uint32_t *slots; /* of list, PLAN_NO: empty */
	size_t mask;
	uint32_t count;
};

static int names_new(struct names *names, struct arena *arena, size_t most)
{
	size_t i, room = 4;

	while (room < 2 * most)
		room *= 2;
	names->list = arena_alloc(arena, most, sizeof *names->list);
	names->slots = arena_alloc(arena, room, sizeof *names->slots);
	if (!names->list || !names->slots)
		return -ENOMEM;
	names->mask = room - 1;
	names->count = 0;
	for (i = 0; i < room; i++)
		names->slots[i] = PLAN_NO;
	return 0;
}

/* The number of what these bytes are; bytes must stay. */
static uint32_t name_number(struct names *names, const void *bytes, size_t length)
{
	const unsigned char *p = bytes;
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 16777619u;
	for (i = (hash ^ hash >> 15) & names->mask; names->slots[i] != PLAN_NO; i = (i + 1) & names->mask) {
		const struct name *name = &names->list[names->slots[i]];

		if (name->length == length && memcmp(name->bytes, bytes, length) == 0)
			return names->slots[i];
	}
	names->slots[i] = names->count;
	names->list[names->count].bytes = bytes;
	names->list[names->count].length = length;
	return names->count++;
}

/* ---- CPUs ---- */

struct cpu_key {
	unsigned cpu;
	uint64_t fixed;
};

static int compare_cpus(const void *a, const void *b)
{
	const struct cpu_key *x = a, *y = b;

	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int too_much(const char **error)
{
	*error = "the loads add up to more than 2^62: these are no counts of interrupts";
	return -EOVERFLOW;
}

static int read_cpus(struct plan_model *model, struct arena *arena, struct arena *words, const struct plan_input *input,
		     const char **error)
{
	struct cpu_key *keys;
	size_t i;

	if (input->cpu_count == 0) {
		*error = "there is no CPU that IRQs may go to: one has to be online, not isolated and not excluded";
		return -EINVAL;
	}
	keys = arena_alloc(arena, input->cpu_count, sizeof *keys);
	model->cpus = arena_alloc(arena, input->cpu_count, sizeof *model->cpus);
	model->base = arena_alloc(arena, input->cpu_count, sizeof *model->base);
	if (!keys || !model->cpus || !model->base || input->cpu_count >= PLAN_NO)
		return -ENOMEM;
	for (i = 0; i < input->cpu_count; i++) {
		keys[i].cpu = input->cpus[i];
		keys[i].fixed = input->fixed ? input->fixed[i] : 0;
	}
	qsort(keys, input->cpu_count, sizeof *keys, compare_cpus);
	for (i = 0; i < input->cpu_count; i++) {
		if (keys[i].cpu > INT_MAX) {
			*error = arena_printf(words, "%u is no CPU number", keys[i].cpu);
			return *error ? -EINVAL : -ENOMEM;
		}
		if (i > 0 && keys[i].cpu == keys[i - 1].cpu) {
			*error = arena_printf(words, "CPU %u is named twice: name each CPU once", keys[i].cpu);
			return *error ? -EINVAL : -ENOMEM;
		}
		if (keys[i].fixed > PLAN_TOP - model->total)
			return too_much(error);
		model->total += keys[i].fixed;
		model->cpus[i] = keys[i].cpu;
		model->base[i] = keys[i].fixed;
	}
	model->counted = model->total;
	model->cpu_count = (uint32_t)input->cpu_count;
	return 0;
}

/* How many of the CPUs have a number below cpu. */
static uint32_t cpus_below(const struct plan_model *model, unsigned cpu)
{
	uint32_t low = 0, high = model->cpu_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (model->cpus[middle] < cpu)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t find_cpu(const struct plan_model *model, unsigned cpu)
{
	uint32_t i = cpus_below(model, cpu);

	return i < model->cpu_count && model->cpus[i] == cpu ? i : PLAN_NO;
}

/* ---- allowed CPUs ---- */

/* A set as spans of the CPUs that there are, into spans (room for one a range). Returns how many. */
static uint32_t find_spans(const struct plan_model *model, const struct cpulist *allowed, struct plan_span *spans)
{
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < allowed->count; i++) {
		uint32_t first = cpus_below(model, allowed->ranges[i].first);
		uint32_t end = cpus_below(model, allowed->ranges[i].last);

		if (end < model->cpu_count && model->cpus[end] == allowed->ranges[i].last)
			end++;
		if (first == end)
			continue;
		if (count > 0 && spans[count - 1].last + 1 == first) {
			spans[count - 1].last = end - 1;
			continue;
		}
		spans[count].first = first;
		spans[count++].last = end - 1;
	}
	return count;
}

bool plan_model_in_group(const struct plan_group *group, uint32_t cpu)
{
	uint32_t low = 0, high = group->span_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (group->spans[middle].last < cpu)
			low = middle + 1;
		else
			high = middle;
	}
	return low < group->span_count && group->spans[low].first <= cpu;
}

static int not_allowed(const struct plan_irq *irq, struct arena *words, const char **error)
{
	char *list = cpulist_format(irq->allowed);

	*error = !list ? NULL : arena_printf(words, "IRQ %s may only go to CPUs \"%s\", none of which may take interrupts: "
					     "allow it another, or leave it out", irq->irq, list);
	free(list);
	return *error ? -EINVAL : -ENOMEM;
}

static void add_group(struct plan_model *model, uint32_t number, const struct plan_span *spans, uint32_t count)
{
	struct plan_group *group = &model->groups[number];
	uint32_t i;

	if (number < model->group_count)
		return;
	group->spans = spans;
	group->span_count = count;
	for (i = 0; i < count; i++)
		group->cpu_count += spans[i].last - spans[i].first + 1;
	if (group->cpu_count < model->cpu_count)
		model->free = false;
	model->group_count++;
}

/* Sets each item's group. */
static int read_groups(struct plan_model *model, struct arena *arena, struct arena *words, const char **error)
{
	struct names names = { NULL, NULL, 0, 0 };
	const struct cpulist *before = NULL;
	struct plan_span *spans, *all;
	size_t room = 0;
	uint32_t i, n, group = 0;

	for (i = 0; i < model->item_count; i++)
		if (model->irqs[model->items[i].irq]->allowed)
			room += model->irqs[model->items[i].irq]->allowed->count;
	spans = arena_alloc(arena, room, sizeof *spans);
	all = arena_alloc(arena, 1, sizeof *all);
	model->groups = arena_alloc(arena, (size_t)model->item_count + 1, sizeof *model->groups);
	if (!spans || !all || !model->groups || names_new(&names, arena, (size_t)model->item_count + 1))
		return -ENOMEM;
	model->free = true;
	all->last = model->cpu_count - 1;
	add_group(model, name_number(&names, all, sizeof *all), all, 1);
	for (i = 0; i < model->item_count; i++) {
		const struct plan_irq *irq = model->irqs[model->items[i].irq];

		if (irq->allowed != before) {
			before = irq->allowed;
			n = before ? find_spans(model, before, spans) : 1;
			if (n == 0)
				return not_allowed(irq, words, error);
			group = before ? name_number(&names, spans, n * sizeof *spans) : 0;
			add_group(model, group, spans, n);
			if (before && model->groups[group].spans == spans)
				spans += n;
		}
		model->items[i].group = group;
	}
	return 0;
}

/* ---- IRQs ---- */

struct irq_key {
	const struct plan_irq *irq;
	uint64_t number; /* UINT64_MAX: its label is none */
};

static uint64_t number_of(const char *label)
{
	uint64_t number = 0;
	const char *p;

	for (p = label; *p >= '0' && *p <= '9' && p - label < 19; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	return p == label || *p ? UINT64_MAX : number;
}

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_sets(const struct cpulist *a, const struct cpulist *b)
{
	size_t i;

	if (!a || !b || a->count != b->count)
		return a && b ? (a->count > b->count ? 1 : -1) : (a != NULL) - (b != NULL);
	for (i = 0; i < a->count; i++) {
		if (a->ranges[i].first != b->ranges[i].first)
			return a->ranges[i].first < b->ranges[i].first ? -1 : 1;
		if (a->ranges[i].last != b->ranges[i].last)
			return a->ranges[i].last < b->ranges[i].last ? -1 : 1;
	}
	return 0;
}

/* By all that an IRQ is, so that those which compare equal are the same to a plan. */
static int compare_irqs(const void *a, const void *b)
{
	const struct irq_key *x = a, *y = b;
	const struct plan_irq *i = x->irq, *k = y->irq;
	int order;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	order = compare_texts(i->irq, k->irq);
	if (!order)
		order = compare_texts(i->name, k->name);
	if (!order)
		order = compare_texts(i->device, k->device);
	if (!order)
		order = compare_texts(i->reason, k->reason);
	if (!order && i->count != k->count)
		order = i->count > k->count ? -1 : 1;
	if (!order && i->weight != k->weight)
		order = i->weight > k->weight ? -1 : 1;
	if (!order && i->from != k->from)
		order = i->from < k->from ? -1 : 1;
	return order ? order : compare_sets(i->allowed, k->allowed);
}

static int sort_irqs(struct plan_model *model, struct arena *arena, const struct plan_input *input)
{
	struct irq_key *keys = arena_alloc(arena, input->irq_count, sizeof *keys);
	bool sorted = true;
	size_t i;

	model->irqs = arena_alloc(arena, input->irq_count, sizeof *model->irqs);
	if (!keys || !model->irqs || input->irq_count >= PLAN_NO)
		return -ENOMEM;
	for (i = 0; i < input->irq_count; i++) {
		keys[i].irq = &input->irqs[i];
		keys[i].number = number_of(input->irqs[i].irq);
		sorted = sorted && (i == 0 || compare_irqs(&keys[i - 1], &keys[i]) <= 0);
	}
	if (!sorted)
		qsort(keys, input->irq_count, sizeof *keys, compare_irqs);
	for (i = 0; i < input->irq_count; i++)
		model->irqs[i] = keys[i].irq;
	model->irq_count = input->irq_count;
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	if (x->load != y->load)
		return x->load > y->load ? -1 : 1;
	return x->irq < y->irq ? -1 : x->irq > y->irq;
}

/* Items that may move, and the base load of those that may not. */
static int read_irqs(struct plan_model *model, struct arena *arena, const char **error)
{
	size_t i;

	model->items = arena_alloc(arena, model->irq_count, sizeof *model->items);
	if (!model->items)
		return -ENOMEM;
	for (i = 0; i < model->irq_count; i++) {
		const struct plan_irq *irq = model->irqs[i];
		uint32_t cpu = irq->from == PLAN_NOWHERE ? PLAN_NO : find_cpu(model, irq->from);
		uint64_t weight = irq->weight ? irq->weight : 1;
		struct plan_item *item = &model->items[model->item_count];

		if (irq->count == 0 || (irq->reason && cpu == PLAN_NO))
			continue;
		if (irq->count > PLAN_TOP / weight || irq->count * weight > PLAN_TOP - model->total)
			return too_much(error);
		model->total += irq->count * weight;
		model->counted += irq->count;
		if (irq->reason) {
			model->base[cpu] += irq->count * weight;
			continue;
		}
		item->load = irq->count * weight;
		item->irq = (uint32_t)i;
		item->from = cpu;
		model->placed = model->placed || irq->from != PLAN_NOWHERE;
		model->item_count++;
	}
	qsort(model->items, model->item_count, sizeof *model->items, compare_items);
	return 0;
}

static int read_devices(struct plan_model *model, struct arena *arena)
{
	struct names names;
	uint32_t i;

	if (names_new(&names, arena, model->item_count))
		return -ENOMEM;
	for (i = 0; i < model->item_count; i++) {
		const char *device = model->irqs[model->items[i].irq]->device;

		model->items[i].device = device ? name_number(&names, device, strlen(device)) : PLAN_NO;
	}
	model->device_count = names.count;
	return 0;
}

int plan_model_read(struct plan_model *model, struct arena *arena, struct arena *words, const struct plan_input *input,
		    const char **error)
{
	int err;

	memset(model, 0, sizeof *model);
	model->size = input->irq_count && input->cpu_count > SIZE_MAX / input->irq_count ?
		SIZE_MAX : input->irq_count * input->cpu_count;
	err = read_cpus(model, arena, words, input, error);
	if (!err)
		err = sort_irqs(model, arena, input);
	if (!err)
		err = read_irqs(model, arena, error);
	if (!err)
		err = read_groups(model, arena, words, error);
	return err ? err : read_devices(model, arena);
}
