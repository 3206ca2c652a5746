/* Tests of lib/plan from a placement: as few moves as can be, none for noise, the frontier, the limit. */
#include "plan_made.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct plan_made made;

static int after(void **state)
{
	(void)state;
	plan_made_free(&made);
	return 0;
}

static void plan(double tolerance, uint64_t moves)
{
	assert_int_equal(plan_made_plan(&made, tolerance, moves, false), 0);
}

static void fired_most(size_t cpus)
{
	plan_made_free(&made);
	plan_made_seed(&made, cpus, true);
}

/* The frontier's imbalance with at most so many moves. */
static double at(uint64_t moves)
{
	double imbalance = INFINITY;
	size_t i;

	for (i = 0; i < made.plan.frontier_count; i++)
		if (made.plan.frontier[i].moves <= moves)
			imbalance = made.plan.frontier[i].imbalance;
	return imbalance;
}

static void assert_between(double value, double low, double high)
{
	if (!(value >= low && value <= high))
		fail_msg("%.17g is not from %.17g to %.17g", value, low, high);
}

/* What every plan from a placement has in common. */
static void check(void)
{
	const struct plan *p = &made.plan;
	uint64_t moves = 0;
	size_t i;

	for (i = 0; i < p->assignment_count; i++)
		moves += p->assignments[i].move == 1;
	assert_true(p->moves == moves);
	for (i = 1; i < p->frontier_count; i++) {
		assert_true(p->frontier[i].moves > p->frontier[i - 1].moves);
		assert_true(p->frontier[i].imbalance < p->frontier[i - 1].imbalance);
	}
	assert_between(at(p->moves), 0, p->evenness.planned.imbalance);
}

/* ---- the seed, each where it fired most ---- */

static void three_moves_bring_the_seed_within_one_percent_and_that_is_proved(void **state)
{
	(void)state;
	fired_most(2);
	plan(1, VIEW_NONE);
	check();
	assert_true(made.plan.moves == 3);
	assert_true(made.plan.moves_bound == 3);
	assert_between(made.plan.evenness.before.imbalance, 0.365, 0.366);
	assert_between(made.plan.evenness.planned.imbalance, 0.0097, 0.0098);
	assert_int_equal(made.plan.bound.optimal, 0);
	assert_true(made.plan.bound.gap == made.plan.evenness.planned.max - 27475099515);
}

static void the_seed_s_frontier_is_exact(void **state)
{
	(void)state;
	fired_most(2);
	plan(1, VIEW_NONE);
	assert_true(made.plan.frontier[0].moves == 0);
	assert_between(at(1), 0.192, 0.193);
	assert_between(at(2), 0.0215, 0.0216);
	assert_between(at(3), 0.0097, 0.0098);
	assert_between(at(4), 1.30e-6, 1.31e-6);
	assert_between(at(9), 1e-10, 1.27e-6);
	assert_between(at(10), 0, 2e-11);
}

static void a_tighter_tolerance_takes_more_moves(void **state)
{
	(void)state;
	fired_most(2);
	plan(0.001, VIEW_NONE);
	assert_true(made.plan.moves == 4 && made.plan.moves_bound == 4);
	plan(0, VIEW_NONE);
	check();
	assert_true(made.plan.moves == 10);
	assert_true(made.plan.evenness.planned.spread == 1);
	assert_int_equal(made.plan.bound.optimal, 1);
	plan(50, VIEW_NONE);
	assert_true(made.plan.moves == 0 && made.plan.moves_bound == 0);
	plan(NAN, VIEW_NONE);
	assert_true(made.plan.moves == 10);
}

static void a_limit_of_moves_gets_the_best_plan_for_so_many(void **state)
{
	static const uint64_t best[] = { 37512456027, 32761697231, 28068190228, 27743334123, 27743334123 };
	uint64_t moves;

	(void)state;
	fired_most(2);
	for (moves = 0; moves <= 4; moves++) {
		plan(1, moves);
		check();
		assert_true(made.plan.moves <= moves);
		assert_true(made.plan.evenness.planned.max == best[moves]);
		assert_true(made.plan.moves_bound == 3);
	}
}

static void on_more_cpus_few_moves_are_enough_too(void **state)
{
	static const struct {
		size_t cpus;
		uint64_t moves;
	} most[] = { { 3, 6 }, { 4, 9 }, { 5, 9 }, { 6, 12 }, { 7, 11 }, { 8, 19 }, { 16, 14 }, { 64, 14 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof most / sizeof *most; i++) {
		fired_most(most[i].cpus);
		plan(1, VIEW_NONE);
		check();
		if (made.plan.moves > most[i].moves || made.plan.moves < made.plan.moves_bound)
			fail_msg("%zu CPUs: %" PRIu64 " moves, not %" PRIu64, most[i].cpus, made.plan.moves, most[i].moves);
		plan(1, 5);
		check();
		assert_true(made.plan.moves <= 5);
		assert_true(made.plan.evenness.planned.max < made.plan.evenness.before.max);
	}
}

/* ---- nothing to do ---- */

static void a_balanced_placement_is_left_alone(void **state)
{
	size_t cpus;

	(void)state;
	for (cpus = 2; cpus <= 8; cpus++) {
		plan_made_free(&made);
		plan_made_seed(&made, cpus, false);
		assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), 0);
		plan_made_follow(&made);
		plan(1, VIEW_NONE);
		check();
		assert_true(made.plan.moves == 0);
		assert_true(made.plan.moves_bound == 0);
	}
}

static void a_placement_that_is_better_than_any_found_from_scratch_is_kept(void **state)
{
	size_t i, k;

	(void)state;
	plan_made_new(&made, 96, 32); /* three on each CPU that add up to the same: there is hardly another way */
	for (i = 0; i < 32; i++) {
		uint64_t seed = i, a = 200000000 + plan_made_random(&seed) % 100000000;
		uint64_t parts[] = { a, 300000000 + plan_made_random(&seed) % 30000000, 0 };

		parts[2] = 1000000000 - parts[0] - parts[1];
		for (k = 0; k < 3; k++) {
			made.irqs[3 * i + k].count = parts[k];
			made.irqs[3 * i + k].from = (unsigned)i;
		}
	}
	plan(0, VIEW_NONE);
	assert_true(made.plan.moves == 0);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_int_equal(plan_made_plan(&made, 0, VIEW_NONE, true), 0);
	assert_true(made.plan.evenness.planned.max > 1000000000); /* or this test tells nothing */
}

/* Ten windows of the same rates, such that interrupts fire so often on a CPU: no moves. */
static void check_noise(double mean, uint64_t seed)
{
	double *rates = plan_made_room(made.count, sizeof *rates), sum = 0;
	size_t window, i;

	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), 0);
	plan_made_follow(&made);
	for (i = 0; i < made.count; i++)
		sum += (double)made.irqs[i].count;
	for (i = 0; i < made.count; i++)
		rates[i] = (double)made.irqs[i].count * mean * (double)made.cpu_count / sum;
	for (window = 0; window < 10; window++) {
		for (i = 0; i < made.count; i++)
			made.irqs[i].count = plan_made_poisson(&seed, rates[i]);
		plan(1, VIEW_NONE);
		if (made.plan.moves != 0)
			fail_msg("%zu CPUs, some %g on each: %" PRIu64 " moves in window %zu", made.cpu_count, mean,
				 made.plan.moves, window);
	}
	free(rates);
}

static void counting_noise_alone_moves_nothing_in_ten_windows(void **state)
{
	static const double means[] = { 1e3, 1e4, 1e5, 1e6, 1e8 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof means / sizeof *means; i++) {
		plan_made_seed(&made, 2, false);
		check_noise(means[i], i);
		plan_made_free(&made);
		plan_made_seed(&made, 4, false);
		check_noise(means[i], i);
		plan_made_free(&made);
		plan_made_new(&made, 512, 32);
		plan_made_loads(&made, PLAN_MADE_LOGNORMAL, 1);
		check_noise(means[i], i);
		plan_made_free(&made);
	}
}

static void a_plan_that_used_the_tolerance_up_is_stable_under_noise(void **state)
{
	uint64_t seed = 7;
	size_t window, i;

	(void)state;
	fired_most(2);
	plan(1, VIEW_NONE); /* at 0.98 % */
	plan_made_follow(&made);
	for (window = 0; window < 10; window++) {
		struct plan_made later;

		plan_made_seed(&later, 2, false);
		for (i = 0; i < later.count; i++) {
			later.irqs[i].count = plan_made_poisson(&seed, (double)later.irqs[i].count / 50000);
			later.irqs[i].from = made.irqs[i].from;
		}
		assert_int_equal(plan_made_plan(&later, 1, VIEW_NONE, false), 0);
		assert_true(later.plan.moves == 0);
		plan_made_free(&later);
	}
}

/* ---- who has to move ---- */

static void an_irq_on_a_cpu_that_takes_none_has_to_move(void **state)
{
	struct cpulist_range range = { 1, 1 };
	struct cpulist only = { &range, 1 };
	const struct plan_assignment *a;

	(void)state;
	plan_made_new(&made, 4, 2);
	made.irqs[0].count = made.irqs[1].count = 1000000;
	made.irqs[0].from = 0;
	made.irqs[1].from = 1;
	made.irqs[2].count = 500; /* its CPU is not to be used */
	made.irqs[2].from = 5;
	made.irqs[3].count = 600; /* it may not be where it is */
	made.irqs[3].from = 0;
	made.irqs[3].allowed = &only;
	plan(1, VIEW_NONE);
	check();
	assert_true(made.plan.moves == 2);
	assert_true(made.plan.moves_bound == 2);
	a = made.plan.assignments;
	assert_int_equal(a[2].from, 5);
	assert_int_equal(a[2].cpu, 0);
	assert_string_equal(a[2].why, "its CPU takes no interrupts");
	assert_int_equal(a[3].cpu, 1);
	assert_string_equal(a[3].why, "may not have its CPU");
	assert_true(made.plan.cpus[0].before == 1000600);
}

static void with_too_few_moves_the_largest_that_have_to_go_first(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 6, 2);
	for (i = 0; i < made.count; i++) {
		made.irqs[i].count = 1000 * (i + 1);
		made.irqs[i].from = 9;
	}
	plan(1, 2);
	assert_true(made.plan.moves == 2);
	assert_true(made.plan.moves_bound == 6);
	for (i = 0; i < made.count; i++)
		assert_int_equal(made.plan.assignments[i].move, i >= 4);
	assert_int_equal(made.plan.assignments[0].cpu, 9);
	assert_true(made.plan.evenness.planned.max == 6000 && made.plan.evenness.planned.min == 5000);
	plan(1, VIEW_NONE);
	assert_true(made.plan.moves == 6);
	assert_true(made.plan.evenness.planned.max == 11000);
}

static void what_may_not_move_does_not(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 8, 2);
	for (i = 0; i < made.count; i++) {
		made.irqs[i].count = 1000000;
		made.irqs[i].from = 0;
		made.irqs[i].reason = i < 5 ? "managed" : NULL;
	}
	plan(1, VIEW_NONE);
	check();
	assert_int_equal(made.plan.unmovable_count, 5);
	assert_true(made.plan.moves == 3);
	assert_true(made.plan.moves_bound == 3);
	assert_true(made.plan.cpus[0].load == 5000000 && made.plan.cpus[0].fixed == 5000000);
	assert_string_equal(made.plan.assignments[0].why, "from the fullest CPU to the emptiest");
}

/* ---- many ---- */

static void many_irqs_after_a_change_of_load_take_about_as_few_moves_as_are_proved_necessary(void **state)
{
	uint64_t seed = 3;
	size_t i;

	(void)state;
	plan_made_new(&made, 512, 32);
	plan_made_loads(&made, PLAN_MADE_LOGNORMAL, 5);
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), 0);
	plan_made_follow(&made);
	for (i = 0; i < made.count; i++)
		made.irqs[i].count = (uint64_t)((double)made.irqs[i].count * exp(0.3 * plan_made_normal(&seed)));
	plan(1, VIEW_NONE);
	check();
	assert_true(made.plan.moves > 0);
	assert_true(made.plan.moves_bound > 0);
	assert_true(made.plan.moves <= made.plan.moves_bound * 3 / 2);
	assert_true(made.plan.evenness.planned.imbalance < 0.0102);
	plan(1, made.plan.moves_bound / 2);
	check();
	assert_true(made.plan.evenness.planned.max < made.plan.evenness.before.max);
}

static void a_long_frontier_is_told_in_a_few_steps(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 4096, 256);
	plan_made_loads(&made, PLAN_MADE_LOGNORMAL, 5);
	for (i = 0; i < made.count; i++)
		made.irqs[i].from = (unsigned)(i * i % 251);
	plan(1, VIEW_NONE);
	check();
	assert_in_range(made.plan.frontier_count, 10, 200);
	assert_true(made.plan.frontier[0].moves == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(three_moves_bring_the_seed_within_one_percent_and_that_is_proved, after),
		cmocka_unit_test_teardown(the_seed_s_frontier_is_exact, after),
		cmocka_unit_test_teardown(a_tighter_tolerance_takes_more_moves, after),
		cmocka_unit_test_teardown(a_limit_of_moves_gets_the_best_plan_for_so_many, after),
		cmocka_unit_test_teardown(on_more_cpus_few_moves_are_enough_too, after),
		cmocka_unit_test_teardown(a_balanced_placement_is_left_alone, after),
		cmocka_unit_test_teardown(a_placement_that_is_better_than_any_found_from_scratch_is_kept, after),
		cmocka_unit_test_teardown(counting_noise_alone_moves_nothing_in_ten_windows, after),
		cmocka_unit_test_teardown(a_plan_that_used_the_tolerance_up_is_stable_under_noise, after),
		cmocka_unit_test_teardown(an_irq_on_a_cpu_that_takes_none_has_to_move, after),
		cmocka_unit_test_teardown(with_too_few_moves_the_largest_that_have_to_go_first, after),
		cmocka_unit_test_teardown(what_may_not_move_does_not, after),
		cmocka_unit_test_teardown(many_irqs_after_a_change_of_load_take_about_as_few_moves_as_are_proved_necessary, after),
		cmocka_unit_test_teardown(a_long_frontier_is_told_in_a_few_steps, after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
