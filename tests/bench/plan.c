/*
 * What a plan costs, beside plain LPT with a heap on the same instance in the same run, how far it is from a proved
 * bound, and its memory; called by make bench. Ends with 1 when a limit is not kept.
 */
#include "../plan_made.h"

#include "clock.h"

enum { RUNS = 15 };

/* ---- memory: all of plan's is asked for by calloc, and none given back before it is done ---- */

static uint64_t allocated;

void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
	allocated += count * size;
	return __libc_calloc(count, size);
}

/* ---- plain LPT ---- */

struct lpt_item {
	uint64_t load;
	uint32_t irq;
};

struct lpt_cpu {
	uint64_t load;
	uint32_t cpu;
};

static int larger(const void *a, const void *b)
{
	const struct lpt_item *x = a, *y = b;

	if (x->load != y->load)
		return x->load > y->load ? -1 : 1;
	return x->irq < y->irq ? -1 : x->irq > y->irq;
}

/* Longest processing time first: each load, largest first, to the emptiest CPU, the top of a heap. Its maximum. */
static uint64_t lpt(const struct plan_made *made, struct lpt_item *items, struct lpt_cpu *heap, uint32_t *place)
{
	size_t i, n = made->cpu_count;
	uint64_t max = 0;

	for (i = 0; i < made->count; i++)
		items[i] = (struct lpt_item){ made->irqs[i].count, (uint32_t)i };
	qsort(items, made->count, sizeof *items, larger);
	for (i = 0; i < n; i++)
		heap[i] = (struct lpt_cpu){ 0, (uint32_t)i };
	for (i = 0; i < made->count; i++) {
		struct lpt_cpu top = heap[0];
		size_t at = 0, child;

		place[items[i].irq] = top.cpu;
		top.load += items[i].load;
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
	return max;
}

/* ---- one instance ---- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double above(uint64_t maximum, const struct plan_made *made)
{
	return 100 * ((double)maximum / (double)made->plan.bound.lower - 1);
}

/* Medians of pairs that ran one after the other, held to a limit in us or in times of LPT. true: kept. */
static bool measure(const char *what, struct plan_made *made, bool fresh, double limit, bool in_us)
{
	struct lpt_item *items = plan_made_room(made->count, sizeof *items);
	struct lpt_cpu *heap = plan_made_room(made->cpu_count, sizeof *heap);
	uint32_t *place = plan_made_room(made->count, sizeof *place);
	double plans[RUNS], ratios[RUNS], used;
	uint64_t plain = 0, bytes = 0;
	int run, repeat;

	for (run = 0; run < RUNS; run++) {
		uint64_t start = clock_read().monotonic_us, middle, end;

		for (repeat = 0; repeat < 20; repeat++)
			plain = lpt(made, items, heap, place);
		middle = clock_read().monotonic_us;
		for (repeat = 0; repeat < 5; repeat++) {
			arena_free(&made->arena);
			allocated = 0;
			if (plan_made_plan(made, 1, VIEW_NONE, fresh)) {
				fprintf(stderr, "%s: no plan: %s\n", what, made->error);
				exit(2);
			}
			bytes = allocated;
		}
		end = clock_read().monotonic_us;
		plans[run] = (double)(end - middle) / 5;
		ratios[run] = plans[run] / ((double)(middle - start ? middle - start : 1) / 20);
	}
	qsort(plans, RUNS, sizeof *plans, ascending);
	qsort(ratios, RUNS, sizeof *ratios, ascending);
	used = in_us ? plans[RUNS / 2] : ratios[RUNS / 2];
	printf("%-36s %7.0f us %6.1f x LPT (limit %g %s) %5" PRIu64 " B/IRQ  above the bound: LPT %.4f %%, plan %.4f %%", what,
	       plans[RUNS / 2], ratios[RUNS / 2], limit, in_us ? "us" : "x LPT", bytes / made->count, above(plain, made),
	       above(made->plan.evenness.planned.max, made));
	if (!fresh)
		printf(", %" PRIu64 " moves, %" PRIu64 " at least", made->plan.moves, made->plan.moves_bound);
	printf("%s\n", used > limit ? "  OVER THE LIMIT" : "");
	free(items);
	free(heap);
	free(place);
	return used <= limit;
}

static bool measure_seed(size_t cpus)
{
	struct plan_made made;
	char what[60];
	bool kept;

	plan_made_seed(&made, cpus, false);
	snprintf(what, sizeof what, "the seed on %zu CPUs", cpus);
	kept = measure(what, &made, true, 1000, true);
	plan_made_free(&made);
	return kept;
}

/* From scratch, and from that plan when the loads have changed. */
static bool measure_made(enum plan_made_kind kind, size_t count, size_t cpus, double limit)
{
	struct plan_made made;
	uint64_t seed = 1000;
	char what[60];
	bool kept;
	size_t i;

	plan_made_new(&made, count, cpus);
	plan_made_loads(&made, kind, 1);
	snprintf(what, sizeof what, "%zu on %zu, %s", count, cpus, plan_made_kind_name(kind));
	kept = measure(what, &made, true, limit, false);
	plan_made_follow(&made);
	for (i = 0; i < count; i++)
		made.irqs[i].count = (uint64_t)((double)made.irqs[i].count * exp(0.2 * plan_made_normal(&seed)));
	snprintf(what, sizeof what, "%zu on %zu, %s, later", count, cpus, plan_made_kind_name(kind));
	kept &= measure(what, &made, false, limit, false);
	plan_made_free(&made);
	return kept;
}

int main(void)
{
	static const struct {
		size_t count, cpus;
		double limit;
	} sizes[] = { { 512, 32, 10 }, { 4096, 256, 25 } };
	bool kept = true;
	size_t i, cpus;
	int kind;

	for (cpus = 2; cpus <= 16; cpus *= 2)
		kept &= measure_seed(cpus);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (kind = 0; kind < PLAN_MADE_KINDS; kind++)
			kept &= measure_made((enum plan_made_kind)kind, sizes[i].count, sizes[i].cpus, sizes[i].limit);
	kept &= measure_made(PLAN_MADE_LOGNORMAL, 16384, 1024, 25);
	return kept ? 0 : 1;
}
