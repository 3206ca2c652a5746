/*
 * Tests of lib/plan on thousands of small random problems: what every plan has to keep to, whatever the order of its
 * input, and tiny ones against all placements that there are.
 */
#include "plan_made.h"
#include "plan_inside.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROUNDS 3000
#define TINY_ROUNDS 3000
#define SETS 4

static uint64_t seed;
static struct plan_made made;
static struct cpulist sets[SETS];

static uint32_t below(uint32_t count)
{
	return (uint32_t)(plan_made_random(&seed) % count);
}

static int after(void **state)
{
	size_t i;

	(void)state;
	plan_made_free(&made);
	for (i = 0; i < SETS; i++)
		cpulist_free(&sets[i]);
	return 0;
}

/* ---- random problems ---- */

static uint64_t random_count(uint32_t kind)
{
	switch (kind) {
	case 0:
		return below(10); /* many equal, some silent */
	case 1:
		return below(1000000);
	case 2:
		return (uint64_t)(1e6 * exp(1.5 * plan_made_normal(&seed)));
	default:
		return plan_made_random(&seed) >> (10 + below(40)); /* up to 2^54 */
	}
}

/* A set with at least one of the CPUs, and some that are not there. */
static void random_set(struct cpulist *set)
{
	unsigned cpu;

	cpulist_free(set);
	cpu = made.cpus[below((uint32_t)made.cpu_count)];
	if (cpulist_add(set, cpu, cpu))
		abort();
	while (below(3)) {
		cpu = below(12);
		if (cpulist_add(set, cpu, cpu + below(3)))
			abort();
	}
}

static void random_problem(uint32_t most_irqs, uint32_t most_cpus)
{
	uint32_t kind = below(4), movable = below(4), placed = below(4), restricted = below(3), fixed = below(3);
	size_t i;

	after(NULL);
	plan_made_new(&made, below(most_irqs + 1), 1 + below(most_cpus));
	for (i = 0; i < made.cpu_count; i++) {
		made.cpus[i] = i ? made.cpus[i - 1] + 1 + below(2) : below(2);
		made.fixed[i] = fixed ? 0 : random_count(kind);
	}
	for (i = 0; i < SETS; i++)
		random_set(&sets[i]);
	for (i = 0; i < made.count; i++) {
		struct plan_irq *irq = &made.irqs[i];

		irq->count = random_count(kind);
		irq->weight = below(4) ? 1 : below(20);
		irq->name = below(2) ? "name" : NULL;
		irq->device = below(3) ? (below(2) ? "eth0" : "eth1") : NULL;
		irq->from = placed == 0 || (placed == 1 && below(3) == 0) ? PLAN_NOWHERE :
			    below(20) ? made.cpus[below((uint32_t)made.cpu_count)] : 77;
		irq->reason = movable == 0 && below(3) == 0 ? "managed" : NULL;
		irq->allowed = restricted == 0 && below(2) ? &sets[below(SETS)] : NULL;
	}
}

/* ---- what every plan keeps to ---- */

static const struct plan_irq *irq_of(const char *label)
{
	size_t i;

	for (i = 0; i < made.count; i++)
		if (strcmp(made.irqs[i].irq, label) == 0)
			return &made.irqs[i];
	fail_msg("IRQ %s is not of the input", label);
	return NULL;
}

static uint64_t load_of(const struct plan_irq *irq)
{
	return irq->count * (irq->weight ? irq->weight : 1);
}

/* The CPU of the plan with that number; NULL: none. */
static const struct plan_cpu *cpu_of(int number)
{
	size_t i;

	for (i = 0; i < made.plan.cpu_count; i++)
		if ((int)made.plan.cpus[i].cpu == number)
			return &made.plan.cpus[i];
	return NULL;
}

static void check_assignment(const struct plan_assignment *a, uint64_t *loads, uint64_t limit)
{
	const struct plan_irq *irq = irq_of(a->irq);
	const struct plan_cpu *cpu = cpu_of(a->cpu);

	assert_null(irq->reason);
	assert_non_null(a->why);
	assert_true(a->count == irq->count);
	assert_int_equal(a->from, irq->from == PLAN_NOWHERE ? -1 : (int)irq->from);
	if (irq->count == 0) {
		assert_int_equal(a->cpu, -1);
		assert_int_equal(a->move, 0);
		return;
	}
	assert_int_equal(a->move, a->cpu != a->from);
	if (!a->move) { /* it stays where it is, which without a limit is a good place */
		assert_true(limit != VIEW_NONE || (cpu && (!irq->allowed || cpulist_has(irq->allowed, cpu->cpu))));
	} else {
		assert_non_null(cpu);
		assert_true(!irq->allowed || cpulist_has(irq->allowed, cpu->cpu));
	}
	if (cpu)
		loads[cpu - made.plan.cpus] += load_of(irq);
}

static void check_plan(uint64_t limit)
{
	const struct plan *p = &made.plan;
	uint64_t *loads = plan_made_room(p->cpu_count, sizeof *loads), maximum = 0, moves = 0;
	size_t i, k, movable = 0;

	assert_int_equal(p->cpu_count, made.cpu_count);
	for (i = 0; i < p->cpu_count; i++) {
		for (k = 0; k < made.cpu_count; k++)
			if (made.cpus[k] == p->cpus[i].cpu)
				loads[i] = made.fixed[k];
		for (k = 0; k < made.count; k++)
			if (made.irqs[k].reason && made.irqs[k].from == p->cpus[i].cpu)
				loads[i] += load_of(&made.irqs[k]);
		assert_true(p->cpus[i].fixed == loads[i]);
	}
	for (i = 0; i < p->assignment_count; i++) {
		check_assignment(&p->assignments[i], loads, limit);
		moves += p->assignments[i].move == 1;
	}
	for (i = 0; i < made.count; i++)
		movable += !made.irqs[i].reason;
	assert_int_equal(p->assignment_count, movable);
	assert_int_equal(p->unmovable_count, made.count - movable);
	for (i = 0; i < p->cpu_count; i++) {
		assert_true(p->cpus[i].load == loads[i]);
		maximum = loads[i] > maximum ? loads[i] : maximum;
	}
	free(loads);
	assert_true(p->evenness.planned.max == maximum);
	assert_true(p->moves == moves && moves <= limit);
	assert_non_null(p->bound.why);
	if (limit == VIEW_NONE) {
		assert_true(maximum >= p->bound.lower);
		assert_true(p->bound.gap == maximum - p->bound.lower);
		assert_int_equal(p->bound.optimal, maximum == p->bound.lower);
		assert_true(p->moves_bound == VIEW_NONE || p->moves_bound <= moves);
	}
}

/* Another order of IRQs and CPUs. */
static void shuffle(void)
{
	size_t i, k;

	for (i = made.count; i-- > 1;) {
		struct plan_irq irq = made.irqs[i];

		k = below((uint32_t)i + 1);
		made.irqs[i] = made.irqs[k];
		made.irqs[k] = irq;
	}
	for (i = made.cpu_count; i-- > 1;) {
		unsigned cpu = made.cpus[i];
		uint64_t fixed = made.fixed[i];

		k = below((uint32_t)i + 1);
		made.cpus[i] = made.cpus[k];
		made.fixed[i] = made.fixed[k];
		made.cpus[k] = cpu;
		made.fixed[k] = fixed;
	}
}

static void check_round(uint32_t most_irqs, uint32_t most_cpus)
{
	double tolerance = below(4) ? 1 : below(30);
	uint64_t limit = below(4) ? VIEW_NONE : below(6);
	bool fresh = below(3) == 0;
	char *text, *again;

	random_problem(most_irqs, most_cpus);
	assert_int_equal(plan_made_plan(&made, tolerance, limit, fresh), 0);
	check_plan(fresh || made.plan.moves_bound == VIEW_NONE ? VIEW_NONE : limit);
	text = plan_made_text(&made.plan);
	shuffle();
	assert_int_equal(plan_made_plan(&made, tolerance, limit, fresh), 0);
	again = plan_made_text(&made.plan);
	assert_string_equal(text, again);
	free(text);
	free(again);
}

static void plans_keep_to_what_is_allowed_add_up_and_do_not_depend_on_the_order(void **state)
{
	uint32_t round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		seed = round;
		check_round(round % 50 == 0 ? 150 : 24, round % 50 == 0 ? 40 : 6);
	}
}

/* ---- tiny problems against all placements ---- */

struct tiny {
	size_t count;                 /* of IRQs that fired and may move */
	const struct plan_irq *irqs[8];
	uint64_t base[3];
	uint64_t best;                /* the smallest maximum there is */
	uint64_t by_moves[9];         /* the smallest with so many moves, or fewer */
};

static void weigh(struct tiny *t, size_t item, const uint64_t *loads, uint64_t moves)
{
	uint64_t more[3], maximum = 0;
	size_t i;

	if (item < t->count) {
		for (i = 0; i < made.cpu_count; i++) {
			if (t->irqs[item]->allowed && !cpulist_has(t->irqs[item]->allowed, made.cpus[i]))
				continue;
			memcpy(more, loads, sizeof more);
			more[i] += load_of(t->irqs[item]);
			weigh(t, item + 1, more, moves + (made.cpus[i] != t->irqs[item]->from));
		}
		return;
	}
	for (i = 0; i < made.cpu_count; i++)
		maximum = loads[i] > maximum ? loads[i] : maximum;
	if (maximum < t->best)
		t->best = maximum;
	for (i = moves; i <= t->count; i++)
		if (maximum < t->by_moves[i])
			t->by_moves[i] = maximum;
}

static void weigh_all(struct tiny *t)
{
	size_t i, k;

	memset(t, 0, sizeof *t);
	t->best = UINT64_MAX;
	memset(t->by_moves, 0xff, sizeof t->by_moves);
	for (i = 0; i < made.cpu_count; i++)
		t->base[i] = made.fixed[i];
	for (i = 0; i < made.count; i++) {
		if (!made.irqs[i].reason && made.irqs[i].count)
			t->irqs[t->count++] = &made.irqs[i];
		for (k = 0; made.irqs[i].reason && k < made.cpu_count; k++)
			if (made.irqs[i].from == made.cpus[k])
				t->base[k] += load_of(&made.irqs[i]);
	}
	weigh(t, 0, t->base, 0);
}

static void tiny_problems_are_solved_and_what_is_said_to_be_proved_is_true(void **state)
{
	struct tiny tiny;
	uint32_t round, proved = 0;

	(void)state;
	for (round = 0; round < TINY_ROUNDS; round++) {
		seed = 1000000 + round;
		random_problem(8, 3);
		weigh_all(&tiny);
		assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), 0);
		assert_true(made.plan.bound.lower <= tiny.best);
		if (made.plan.evenness.planned.max != tiny.best)
			fail_msg("round %u: %" PRIu64 ", where %" PRIu64 " is possible", round, made.plan.evenness.planned.max,
				 tiny.best);
		proved += made.plan.bound.optimal == 1;
	}
	assert_in_range(proved, TINY_ROUNDS * 99 / 100, TINY_ROUNDS);
}

/* The smallest maximum that the plan's frontier has for at most so many moves; -1: none. */
static double step(uint64_t moves)
{
	double imbalance = -1;
	size_t i;

	for (i = 0; i < made.plan.frontier_count; i++)
		if (made.plan.frontier[i].moves <= moves)
			imbalance = made.plan.frontier[i].imbalance;
	return imbalance;
}

static void tiny_problems_take_the_fewest_moves_there_are_and_the_frontier_is_true(void **state)
{
	struct tiny tiny;
	uint32_t round, compared = 0, i;

	(void)state;
	for (round = 0; round < TINY_ROUNDS; round++) {
		uint64_t enough, least;
		double mean;

		seed = 2000000 + round;
		random_problem(8, 3);
		for (i = 0; i < made.count; i++) /* so many that no difference is noise */
			made.irqs[i].count = made.irqs[i].count % 1000 * UINT64_C(1000000000000);
		for (i = 0; i < made.cpu_count; i++)
			made.fixed[i] = made.fixed[i] % 1000 * UINT64_C(1000000000000);
		weigh_all(&tiny);
		assert_int_equal(plan_made_plan(&made, 5, VIEW_NONE, false), 0);
		check_plan(VIEW_NONE);
		if (made.plan.moves_bound == VIEW_NONE || tiny.count == 0)
			continue;
		/* noise is below 0.01 % */
		enough = tiny.best + tiny.best / 20;
		for (least = 0; tiny.by_moves[least] > enough + enough / 10000; least++)
			;
		assert_true(made.plan.moves_bound <= least);
		assert_true(made.plan.moves >= least);
		mean = made.plan.evenness.planned.mean;
		for (i = 0; i <= tiny.count; i++) {
			double imbalance = (double)tiny.by_moves[i] / mean - 1;

			if (step(i) >= 0 && step(i) < imbalance - 1e-9)
				fail_msg("round %u: %u moves can't make it %g", round, i, step(i));
			if (i < made.plan.moves && made.plan.frontier[0].moves == 0)
				assert_true(fabs(step(i) - imbalance) < 1e-9);
		}
		for (least = 0; tiny.by_moves[least] > enough; least++)
			;
		if (made.plan.frontier[0].moves == 0) { /* all have a place */
			compared++;
			assert_true(made.plan.moves == least);
			assert_true(made.plan.moves_bound == least);
		}
	}
	assert_true(compared > TINY_ROUNDS / 4);
}

/* ---- the parts ---- */

static void two_sides_are_split_as_evenly_as_can_be(void **state)
{
	struct arena arena = { NULL };
	struct plan_splitter *splitter = plan_splitter_new(&arena, 12);
	uint32_t round, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		uint64_t loads[12], ahead, best = UINT64_MAX, difference = UINT64_MAX, steps = 1000000;
		uint32_t count, kind, sides;
		uint8_t side[13];
		int64_t sum;
		bool complete = false;

		seed = 3000000 + round;
		count = below(13);
		kind = below(4);
		ahead = below(2) ? random_count(kind) : 0;
		for (i = 0; i < count; i++)
			loads[i] = random_count(kind);
		for (i = 1; i < count; i++) /* largest first */
			if (loads[i] > loads[i - 1])
				loads[i] = loads[i - 1];
		for (sides = 0; sides < 1u << count; sides++) {
			sum = (int64_t)ahead;
			for (i = 0; i < count; i++)
				sum += sides >> i & 1 ? -(int64_t)loads[i] : (int64_t)loads[i];
			if ((uint64_t)llabs(sum) < best)
				best = (uint64_t)llabs(sum);
		}
		assert_true(plan_split(splitter, loads, count, ahead, 0, &steps, &difference, side, &complete));
		assert_true(complete && difference == best);
		sum = (int64_t)ahead;
		for (i = 0; i < count; i++)
			sum += side[i] ? -(int64_t)loads[i] : (int64_t)loads[i];
		assert_true((uint64_t)llabs(sum) == best);
		/* no better one, and no time to look for one */
		assert_false(plan_split(splitter, loads, count, ahead, 0, &steps, &difference, side, &complete));
		assert_true(complete);
		steps = 0;
		difference = UINT64_MAX;
		plan_split(splitter, loads, count, ahead, 0, &steps, &difference, side, &complete);
		assert_true(!complete || difference == best);
	}
	arena_free(&arena);
}

static void looking_at_every_placement_finds_the_best_or_proves_nothing(void **state)
{
	uint32_t round, proofs = 0, i;
	struct tiny tiny;

	(void)state;
	for (round = 0; round < 1000; round++) {
		struct arena arena = { NULL };
		struct plan_model model;
		struct plan_state placed;
		bool proved;

		seed = 4000000 + round;
		random_problem(8, 3);
		weigh_all(&tiny);
		assert_int_equal(plan_model_read(&model, &arena, &arena, &(struct plan_input){ made.cpus, made.cpu_count,
				 made.fixed, made.irqs, made.count }, &made.error), 0);
		assert_int_equal(plan_state_new(&placed, &arena, &model), 0);
		for (i = 0; i < model.item_count; i++) /* as badly as can be */
			plan_state_put(&placed, i, model.groups[model.items[i].group].spans[0].first);
		assert_int_equal(plan_search(&placed, &arena, 8, 0, 1000000, &proved), 0);
		assert_true(proved);
		assert_true(plan_maximum(&placed) == tiny.best);
		/* of some of the items: true as far as it goes */
		for (i = 0; i < model.item_count; i++)
			plan_state_put(&placed, i, model.groups[model.items[i].group].spans[0].first);
		assert_int_equal(plan_search(&placed, &arena, 3, 0, 1000000, &proved), 0);
		assert_true(!proved || plan_maximum(&placed) == tiny.best);
		proofs += proved;
		arena_free(&arena);
	}
	assert_in_range(proofs, 10, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(plans_keep_to_what_is_allowed_add_up_and_do_not_depend_on_the_order, after),
		cmocka_unit_test_teardown(two_sides_are_split_as_evenly_as_can_be, after),
		cmocka_unit_test_teardown(looking_at_every_placement_finds_the_best_or_proves_nothing, after),
		cmocka_unit_test_teardown(tiny_problems_are_solved_and_what_is_said_to_be_proved_is_true, after),
		cmocka_unit_test_teardown(tiny_problems_take_the_fewest_moves_there_are_and_the_frontier_is_true, after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
