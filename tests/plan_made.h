/*
 * Made problems for the balancer: the seed's table, loads of many kinds, a
 * plan's text for comparing. Used by the tests of plan and its bench.
 */
#ifndef PLAN_MADE_H
#define PLAN_MADE_H

#include "plan.h"
#include "readall.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan_made {
	struct plan_irq *irqs;
	size_t count;
	unsigned *cpus;
	size_t cpu_count;
	uint64_t *fixed;       /* by CPU; all 0 at first */
	struct arena arena;    /* of the last plan, its error and the texts */
	struct plan plan;
	const char *error;
};

/* Numbers that only look random: the same on every machine. */
static inline uint64_t plan_made_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Above 0, below 1. */
static inline double plan_made_even(uint64_t *seed)
{
	return ((double)(plan_made_random(seed) >> 12) + 0.5) / 4503599627370496.0;
}

static inline double plan_made_normal(uint64_t *seed)
{
	double a = plan_made_even(seed), b = plan_made_even(seed);

	return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

/* How many of mean really happened; mean should not be small. */
static inline uint64_t plan_made_poisson(uint64_t *seed, double mean)
{
	double n = mean + sqrt(mean) * plan_made_normal(seed);

	return n < 0 ? 0 : (uint64_t)(n + 0.5);
}

static inline void *plan_made_room(size_t count, size_t size)
{
	void *room = calloc(count + 1, size);

	if (!room)
		abort();
	return room;
}

/* IRQs 100, 101, … that did not fire, CPUs 0, 1, …; nothing is placed. */
static inline void plan_made_new(struct plan_made *made, size_t count, size_t cpu_count)
{
	size_t i;

	memset(made, 0, sizeof *made);
	made->irqs = plan_made_room(count, sizeof *made->irqs);
	made->cpus = plan_made_room(cpu_count, sizeof *made->cpus);
	made->fixed = plan_made_room(cpu_count, sizeof *made->fixed);
	made->count = count;
	made->cpu_count = cpu_count;
	for (i = 0; i < cpu_count; i++)
		made->cpus[i] = (unsigned)i;
	for (i = 0; i < count; i++) {
		char *label = plan_made_room(24, 1);

		snprintf(label, 24, "%zu", i + 100);
		made->irqs[i].irq = label;
		made->irqs[i].weight = 1;
		made->irqs[i].from = PLAN_NOWHERE;
	}
}

static inline void plan_made_free(struct plan_made *made)
{
	size_t i;

	for (i = 0; i < made->count; i++)
		free((char *)(uintptr_t)made->irqs[i].irq);
	free(made->irqs);
	free(made->cpus);
	free(made->fixed);
	arena_free(&made->arena);
	memset(made, 0, sizeof *made);
}

/* plan_make's answer; made->plan lives until the next call. */
static inline int plan_made_plan(struct plan_made *made, double tolerance, uint64_t moves, bool fresh)
{
	struct plan_input input = { made->cpus, made->cpu_count, made->fixed, made->irqs, made->count };
	struct plan_options options = { tolerance, moves, fresh };

	arena_free(&made->arena);
	return plan_make(&made->arena, &input, &options, &made->plan, &made->error);
}

/* Places each IRQ where the last plan has it. */
static inline void plan_made_follow(struct plan_made *made)
{
	size_t i, k;

	for (i = 0; i < made->plan.assignment_count; i++)
		for (k = 0; k < made->count; k++)
			if (strcmp(made->irqs[k].irq, made->plan.assignments[i].irq) == 0 &&
			    made->plan.assignments[i].cpu >= 0)
				made->irqs[k].from = (unsigned)made->plan.assignments[i].cpu;
}

/*
 * tests/fixtures/irq-rates-2cpu.txt on so many CPUs; with fired, each is placed
 * on the CPU that it fired most on.
 */
static inline void plan_made_seed(struct plan_made *made, size_t cpu_count, bool fired)
{
	const char *tests = getenv("IRQPILOT_TESTS"), *line;
	struct readall file = { NULL, 0, 0 };
	char *path = readall_join("%s/fixtures/irq-rates-2cpu.txt", tests ? tests : "tests");
	size_t n = 0;

	if (!path || readall_path(&file, path, 0) != 0) {
		fprintf(stderr, "%s cannot be read: run this from the checkout\n", path ? path : "memory");
		exit(2);
	}
	plan_made_new(made, 64, cpu_count);
	for (line = file.text; line && n < made->count; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		unsigned irq;
		uint64_t a, b;

		if (*line < '0' || *line > '9' || sscanf(line, "%u: %" SCNu64 " %" SCNu64, &irq, &a, &b) != 3)
			continue;
		snprintf((char *)(uintptr_t)made->irqs[n].irq, 24, "%u", irq);
		made->irqs[n].device = "eth0";
		made->irqs[n].count = a + b;
		if (fired)
			made->irqs[n].from = a >= b ? 0 : 1;
		n++;
	}
	readall_free(&file);
	free(path);
}

enum plan_made_kind { PLAN_MADE_LOGNORMAL, PLAN_MADE_ELEPHANTS, PLAN_MADE_ZIPF, PLAN_MADE_EQUAL, PLAN_MADE_SILENT };
#define PLAN_MADE_KINDS 5

static inline const char *plan_made_kind_name(enum plan_made_kind kind)
{
	static const char *const names[] = { "lognormal", "a few elephants", "Zipf", "equal", "90 % silent" };

	return names[kind];
}

/* Loads as machines have them: counts of a window. */
static inline void plan_made_loads(struct plan_made *made, enum plan_made_kind kind, uint64_t seed)
{
	size_t i;

	for (i = 0; i < made->count; i++) {
		double load = 1e6;

		switch (kind) {
		case PLAN_MADE_LOGNORMAL:
			load *= exp(0.5 * plan_made_normal(&seed));
			break;
		case PLAN_MADE_ELEPHANTS:
			load *= (i % 64 ? 1 : 500) * (0.5 + plan_made_even(&seed));
			break;
		case PLAN_MADE_ZIPF:
			load *= 1e3 / pow((double)(i + 1), 0.7);
			break;
		case PLAN_MADE_EQUAL:
			break;
		case PLAN_MADE_SILENT:
			load *= plan_made_even(&seed) < 0.9 ? 0 : exp(0.5 * plan_made_normal(&seed));
			break;
		}
		made->irqs[i].count = (uint64_t)load;
	}
}

/* Loads that can be split to exactly total on each CPU, so many IRQs on each; in no order. */
static inline void plan_made_planted(struct plan_made *made, uint64_t total, uint64_t seed)
{
	size_t each = made->count / made->cpu_count, cpu, i;

	for (cpu = 0; cpu < made->cpu_count; cpu++) {
		uint64_t left = total;

		for (i = 0; i < each; i++) {
			double share = (0.3 + plan_made_even(&seed)) * 1.25 / (double)(each - i);
			uint64_t load = i + 1 == each ? left : (uint64_t)((double)left * (share < 0.9 ? share : 0.9));

			made->irqs[cpu * each + i].count = load;
			left -= load;
		}
	}
	for (i = made->count; i-- > 1;) {
		size_t k = (size_t)(plan_made_random(&seed) % (i + 1));
		uint64_t count = made->irqs[i].count;

		made->irqs[i].count = made->irqs[k].count;
		made->irqs[k].count = count;
	}
}

/* All of a plan as a text, which the caller frees. */
static inline char *plan_made_text(const struct plan *plan)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	for (i = 0; i < plan->cpu_count; i++)
		fprintf(out, "CPU %u load %" PRIu64 " fixed %" PRIu64 " before %" PRIu64 "\n", plan->cpus[i].cpu,
			plan->cpus[i].load, plan->cpus[i].fixed, plan->cpus[i].before);
	for (i = 0; i < plan->assignment_count; i++) {
		const struct plan_assignment *a = &plan->assignments[i];

		fprintf(out, "IRQ %s %s cpu %d count %" PRIu64 " from %d move %d %s\n", a->irq, a->name ? a->name : "-", a->cpu,
			a->count, a->from, a->move, a->why);
	}
	for (i = 0; i < plan->unmovable_count; i++)
		fprintf(out, "stays %s %s %s %" PRIu64 "\n", plan->unmovable[i].irq,
			plan->unmovable[i].name ? plan->unmovable[i].name : "-", plan->unmovable[i].reason,
			plan->unmovable[i].count);
	fprintf(out, "moves %" PRIu64 " bound %" PRIu64 " max %" PRIu64 " min %" PRIu64 " lower %" PRIu64 " gap %" PRIu64
		" optimal %d %s\n", plan->moves, plan->moves_bound, plan->evenness.planned.max, plan->evenness.planned.min,
		plan->bound.lower, plan->bound.gap, plan->bound.optimal, plan->bound.why);
	for (i = 0; i < plan->frontier_count; i++)
		fprintf(out, "%" PRIu64 " -> %.17g\n", plan->frontier[i].moves, plan->frontier[i].imbalance);
	if (fclose(out) != 0)
		abort();
	return text;
}

#endif
