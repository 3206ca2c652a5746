/* What a plan costs, beside plain LPT with a heap on the same instance in the same run; called by make bench. */
#include "../plan_made.h"

#include "clock.h"

enum { RUNS = 15 };

struct lpt_cpu {
	uint64_t load;
	unsigned cpu;
};

static int larger(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* Longest processing time first: each load, largest first, to the emptiest CPU, the top of a heap. Its maximum. */
static uint64_t lpt(const struct plan_made *made)
{
	uint64_t *loads = plan_made_room(made->count, sizeof *loads), max = 0;
	struct lpt_cpu *heap = plan_made_room(made->cpu_count, sizeof *heap);
	size_t i, n = made->cpu_count;

	for (i = 0; i < made->count; i++)
		loads[i] = made->irqs[i].count;
	qsort(loads, made->count, sizeof *loads, larger);
	for (i = 0; i < n; i++)
		heap[i].cpu = made->cpus[i];
	for (i = 0; i < made->count; i++) {
		struct lpt_cpu top = heap[0];
		size_t at = 0, child;

		top.load += loads[i];
		if (top.load > max)
			max = top.load;
		while ((child = 2 * at + 1) < n) {
			if (child + 1 < n && heap[child + 1].load < heap[child].load)
				child++;
			if (heap[child].load >= top.load)
				break;
			heap[at] = heap[child];
			at = child;
		}
		heap[at] = top;
	}
	free(loads);
	free(heap);
	return max;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* One instance: medians of pairs that ran one after the other, and the limit that they are held to. */
static void measure(const char *what, struct plan_made *made, double limit, const char *unit)
{
	double plans[RUNS], ratios[RUNS];
	uint64_t plain = 0;
	int run, repeat;

	for (run = 0; run < RUNS; run++) {
		uint64_t start = clock_read().monotonic_us, middle, end;

		for (repeat = 0; repeat < 20; repeat++)
			plain = lpt(made);
		middle = clock_read().monotonic_us;
		for (repeat = 0; repeat < 5; repeat++)
			if (plan_made_plan(made, 1, VIEW_NONE, true)) {
				fprintf(stderr, "%s: no plan: %s\n", what, made->error);
				exit(1);
			}
		end = clock_read().monotonic_us;
		plans[run] = (double)(end - middle) / 5;
		ratios[run] = plans[run] / ((double)(middle - start ? middle - start : 1) / 20);
	}
	qsort(plans, RUNS, sizeof *plans, ascending);
	qsort(ratios, RUNS, sizeof *ratios, ascending);
	printf("%-34s %9.0f us  %6.1f x LPT  (limit %g %s)  above the bound: LPT %.4f %%, plan %.4f %%\n", what,
	       plans[RUNS / 2], ratios[RUNS / 2], limit, unit,
	       100 * ((double)plain / (double)made->plan.bound.lower - 1),
	       100 * ((double)made->plan.evenness.planned.max / (double)made->plan.bound.lower - 1));
}

int main(void)
{
	static const struct {
		size_t count, cpus;
		double limit;
	} sizes[] = { { 512, 32, 10 }, { 4096, 256, 25 } };
	struct plan_made made;
	size_t i, cpus;
	int kind;

	for (cpus = 2; cpus <= 16; cpus *= 2) {
		char what[40];

		plan_made_seed(&made, cpus, false);
		snprintf(what, sizeof what, "the seed on %zu CPUs", cpus);
		measure(what, &made, 1000, "us");
		plan_made_free(&made);
	}
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (kind = 0; kind < PLAN_MADE_KINDS; kind++) {
			char what[40];

			plan_made_new(&made, sizes[i].count, sizes[i].cpus);
			plan_made_loads(&made, (enum plan_made_kind)kind, 1);
			snprintf(what, sizeof what, "%zu on %zu, %s", sizes[i].count, sizes[i].cpus,
				 plan_made_kind_name((enum plan_made_kind)kind));
			measure(what, &made, sizes[i].limit, "x LPT");
			plan_made_free(&made);
		}
	return 0;
}
