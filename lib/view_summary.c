/* The summary: a row a CPU, and how even the devices' interrupts are; fed by window and topology. See view.h. */
#include "view.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct view_evenness view_evenness(const uint64_t *loads, size_t count)
{
	struct view_evenness even = { .cpus = count, .max = VIEW_NONE, .min = VIEW_NONE, .mean = NAN, .imbalance = NAN,
				      .spread = VIEW_NONE, .stdev_percent = NAN };
	uint64_t sum = 0;
	double squares = 0;
	size_t i;

	if (count == 0)
		return even;
	even.max = even.min = loads[0];
	for (i = 0; i < count; i++) {
		sum += loads[i];
		if (loads[i] > even.max)
			even.max = loads[i];
		if (loads[i] < even.min)
			even.min = loads[i];
	}
	even.spread = even.max - even.min;
	even.mean = (double)sum / (double)count;
	if (sum == 0)
		return even;
	for (i = 0; i < count; i++)
		squares += ((double)loads[i] - even.mean) * ((double)loads[i] - even.mean);
	/* exactly 0 where all are equal, though a mean of large numbers is rounded */
	even.imbalance = even.spread ? (double)even.max / even.mean - 1 : 0;
	even.stdev_percent = even.spread ? 100 * sqrt(squares / (double)count) / even.mean : 0;
	return even;
}

static int compare_cpus(const void *a, const void *b)
{
	const struct view_cpu *x = a, *y = b;

	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static struct view_cpu *find_cpu(struct view_summary *summary, unsigned cpu)
{
	struct view_cpu key = { .cpu = cpu };

	return bsearch(&key, summary->cpus, summary->cpu_count, sizeof key, compare_cpus);
}

/* The window's CPUs and the machine's, each with nothing yet. */
static int list_cpus(struct arena *arena, const struct window *window, const struct topology *topology,
		     struct view_summary *summary)
{
	struct cpulist all = { NULL, 0 };
	size_t i, n = 0;
	int err = 0;

	for (i = 0; i < window->cpus.count && !err; i++)
		err = cpulist_add(&all, window->cpus.ranges[i].first, window->cpus.ranges[i].last);
	for (i = 0; topology && i < topology->cpu_count && !err; i++)
		if (topology->cpus[i].online == 1)
			err = cpulist_add(&all, topology->cpus[i].cpu, topology->cpus[i].cpu);
	summary->cpus = err ? NULL : arena_alloc(arena, (size_t)cpulist_size(&all), sizeof *summary->cpus);
	for (i = 0; summary->cpus && i < all.count; i++) {
		uint64_t number;

		for (number = all.ranges[i].first; number <= all.ranges[i].last; number++) {
			const struct topology_cpu *known = topology ? topology_cpu(topology, (unsigned)number) : NULL;
			struct view_cpu *cpu = &summary->cpus[n++];

			cpu->cpu = (unsigned)number;
			/* where /sys lists CPUs, one that it lacks was taken out */
			cpu->online = known ? known->online : topology && topology->cpu_count ? 0 : TOPOLOGY_UNKNOWN;
			cpu->node = known ? known->node : TOPOLOGY_UNKNOWN;
			cpu->core = known ? known->core : TOPOLOGY_UNKNOWN;
		}
	}
	summary->cpu_count = n;
	cpulist_free(&all);
	return summary->cpus ? 0 : -ENOMEM;
}

/* Adds a cell to its CPU; the device that fired most there is its top. */
static int add_cell(struct arena *arena, const struct window *window, const struct window_cell *cell,
		    struct view_summary *summary, uint64_t *top)
{
	const struct window_row *row = &window->rows[cell->row];
	struct view_cpu *cpu = cell->cpu == WINDOW_NO_CPU ? NULL : find_cpu(summary, cell->cpu);

	if (!cpu || row->kind != IRQTABLE_COUNTER)
		return 0;
	cpu->total += cell->count;
	summary->all.total += cell->count;
	if (!row->numbered)
		return 0;
	cpu->device_total += cell->count;
	summary->all.device_total += cell->count;
	cpu->irqs++;
	if (cell->count <= top[cpu - summary->cpus])
		return 0;
	top[cpu - summary->cpus] = cell->count;
	if (!cpu->top)
		cpu->top = arena_alloc(arena, 1, sizeof *cpu->top);
	if (!cpu->top)
		return -ENOMEM;
	cpu->top->irq = row->irq;
	cpu->top->name = *row->names ? row->names : NULL;
	return 0;
}

/* In a window without two samples nothing is known, not even that nothing fired. */
static bool is_known(const struct window *window)
{
	return !window->span.timed || window->span.covered_us > 0;
}

/* Rates, shares, or no data at all where no two samples were. */
static void finish(const struct window *window, struct view_summary *summary, const uint64_t *top)
{
	const struct window_span *span = &window->span;
	double seconds = span->timed && span->covered_us ? (double)span->covered_us / 1e6 : NAN;
	uint64_t devices = summary->all.device_total;
	size_t i;

	summary->all.per_second = (double)summary->all.total / seconds;
	summary->all.device_per_second = (double)devices / seconds;
	for (i = 0; i < summary->cpu_count; i++) {
		struct view_cpu *cpu = &summary->cpus[i];

		cpu->per_second = (double)cpu->total / seconds;
		cpu->device_per_second = (double)cpu->device_total / seconds;
		cpu->share = devices ? (double)cpu->device_total / (double)devices : NAN;
		if (cpu->top)
			cpu->top->share = (double)top[i] / (double)cpu->device_total;
		if (!is_known(window))
			cpu->total = cpu->device_total = cpu->irqs = VIEW_NONE;
	}
	if (!is_known(window))
		summary->all.total = summary->all.device_total = VIEW_NONE;
}

/* Over the CPUs that may take interrupts: online and not isolated, as far as is known. */
static int measure(const struct window *window, const struct topology *topology, struct view_summary *summary)
{
	uint64_t *loads = malloc((summary->cpu_count + 1) * sizeof *loads);
	size_t i, n = 0;

	if (!loads)
		return -ENOMEM;
	for (i = 0; i < summary->cpu_count; i++) {
		const struct view_cpu *cpu = &summary->cpus[i];
		const struct topology_cpu *known = topology ? topology_cpu(topology, cpu->cpu) : NULL;

		if (cpu->online == 0 || (known && known->isolated == 1))
			continue;
		loads[n++] = cpu->device_total;
	}
	summary->evenness = view_evenness(loads, is_known(window) ? n : 0);
	summary->evenness.cpus = n;
	free(loads);
	return 0;
}

int view_summary(struct arena *arena, const struct window *window, const struct topology *topology,
		 struct view_summary *summary)
{
	uint64_t *top = NULL;
	size_t i;
	int err;

	memset(summary, 0, sizeof *summary);
	err = view_window(arena, &window->span, &summary->window);
	if (!err)
		err = list_cpus(arena, window, topology, summary);
	if (!err) {
		top = calloc(summary->cpu_count + 1, sizeof *top);
		err = top ? 0 : -ENOMEM;
	}
	for (i = 0; i < window->cell_count && !err; i++)
		err = add_cell(arena, window, &window->cells[i], summary, top);
	if (!err)
		err = measure(window, topology, summary);
	if (!err)
		finish(window, summary, top);
	free(top);
	return err;
}
