/* Tests of lib/plan from scratch: the known results of the seed's table, made loads, what may not move, wrong input. */
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

static uint64_t fresh(void)
{
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), 0);
	return made.plan.evenness.planned.max;
}

static uint64_t seed_on(size_t cpus)
{
	plan_made_free(&made);
	plan_made_seed(&made, cpus, false);
	return fresh();
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static const struct plan_assignment *assignment(const char *irq)
{
	size_t i;

	for (i = 0; i < made.plan.assignment_count; i++)
		if (strcmp(made.plan.assignments[i].irq, irq) == 0)
			return &made.plan.assignments[i];
	fail_msg("IRQ %s is not in the plan", irq);
	return NULL;
}

/* ---- the seed ---- */

static void the_seed_on_two_cpus_differs_by_one_and_that_is_proved(void **state)
{
	(void)state;
	assert_true(seed_on(2) == 27475099515);
	assert_true(made.plan.evenness.planned.spread == 1);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_true(made.plan.bound.gap == 0);
	assert_has(made.plan.bound.why, "the mean of 2 CPUs");
	assert_int_equal(made.plan.assignment_count, 64);
}

static void the_seed_on_three_and_four_cpus_is_the_mean_rounded_up(void **state)
{
	(void)state;
	assert_true(seed_on(3) == 18316733010);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_true(seed_on(4) == 13737549758);
	assert_int_equal(made.plan.bound.optimal, 1);
}

static void the_seed_on_seven_to_nine_cpus_is_proved_to_be_as_even_as_can_be(void **state)
{
	(void)state;
	assert_true(seed_on(7) == 8296250237);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_true(seed_on(8) == 6889145142);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_has(made.plan.bound.why, "was weighed");
	assert_true(seed_on(9) == 6520811674);
	assert_int_equal(made.plan.bound.optimal, 1);
}

static void one_irq_of_the_seed_is_too_much_for_16_cpus_and_is_named(void **state)
{
	(void)state;
	assert_true(seed_on(16) == 4750758796);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_string_equal(made.plan.bound.why, "IRQ 136 alone is 138 % of a fair share: more queues or RPS would help, "
			    "no placement will");
	assert_true(seed_on(32) == 4750758796);
	assert_has(made.plan.bound.why, "IRQ 136 alone is 277 % of a fair share");
	assert_true(seed_on(64) == 4750758796);
	assert_has(made.plan.bound.why, "IRQ 136 alone is 553 % of a fair share");
}

/* ---- made loads ---- */

static void check_gap(size_t count, size_t cpus)
{
	int kind;

	for (kind = 0; kind < PLAN_MADE_KINDS; kind++) {
		uint64_t maximum;

		plan_made_free(&made);
		plan_made_new(&made, count, cpus);
		plan_made_loads(&made, (enum plan_made_kind)kind, count);
		maximum = fresh();
		if (made.plan.bound.gap > made.plan.bound.lower / 1000)
			fail_msg("%s, %zu IRQs on %zu CPUs: %" PRIu64 " where %" PRIu64 " is the bound",
				 plan_made_kind_name((enum plan_made_kind)kind), count, cpus, maximum,
				 made.plan.bound.lower);
	}
}

static void realistic_loads_come_within_a_thousandth_of_a_proved_bound(void **state)
{
	(void)state;
	check_gap(512, 32);
	check_gap(4096, 256);
}

static void check_planted(size_t each, size_t cpus)
{
	uint64_t seed;

	for (seed = 0; seed < 5; seed++) {
		uint64_t maximum;

		plan_made_free(&made);
		plan_made_new(&made, each * cpus, cpus);
		plan_made_planted(&made, 1000000000, seed);
		maximum = fresh();
		if (maximum > 1001000000)
			fail_msg("%zu on each of %zu CPUs: %" PRIu64 " where 1000000000 is possible", each, cpus, maximum);
		assert_true(maximum >= 1000000000);
	}
}

static void planted_even_splits_are_found_to_a_thousandth(void **state)
{
	(void)state;
	check_planted(3, 4);
	check_planted(4, 8);
	check_planted(8, 8);
	check_planted(8, 16);
	check_planted(16, 32);
	check_planted(16, 256);
}

static void loads_in_common_steps_are_proved_by_them(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 10, 4);
	for (i = 0; i < made.count; i++)
		made.irqs[i].count = 1000 * (i % 3 + 3);
	assert_true(fresh() == 10000); /* 39000 on 4 CPUs */
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_has(made.plan.bound.why, "steps");
}

static void too_many_for_one_each_are_proved_by_who_has_to_share(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 9, 4);
	for (i = 0; i < made.count; i++)
		made.irqs[i].count = 1000 + i * i;
	assert_true(fresh() == 3005); /* the three smallest */
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_has(made.plan.bound.why, "of the 9 largest IRQs of CPUs 0-3, 3 have to share one");
	plan_made_free(&made);
	plan_made_new(&made, 6, 4);
	for (i = 0; i < made.count; i++)
		made.irqs[i].count = 1000 + i * i;
	assert_true(fresh() == 2009 + 1 - 1); /* 1000 + 1009, 1001 + 1004 */
	assert_int_equal(made.plan.bound.optimal, 1);
}

/* ---- what may go where ---- */

static void silent_irqs_stay_and_have_no_cpu(void **state)
{
	const struct plan_assignment *a;

	(void)state;
	plan_made_new(&made, 3, 2);
	made.irqs[0].count = 10;
	made.irqs[2].count = 10;
	made.irqs[1].from = 1;
	fresh();
	a = assignment("101");
	assert_int_equal(a->cpu, -1);
	assert_int_equal(a->move, 0);
	assert_int_equal(a->from, 1);
	assert_string_equal(a->why, "did not fire");
}

static void what_may_not_move_is_load_of_its_cpu_or_of_none_of_ours(void **state)
{
	(void)state;
	plan_made_new(&made, 5, 2);
	made.irqs[0].count = 600;
	made.irqs[0].from = 1;
	made.irqs[0].reason = "managed";
	made.irqs[1].count = 5000;
	made.irqs[1].from = 7; /* a CPU that is not to be used */
	made.irqs[1].reason = "per_cpu";
	made.irqs[2].count = 300;
	made.irqs[3].count = 300;
	made.irqs[4].count = 100;
	made.fixed[0] = 100;
	assert_true(fresh() == 700);
	assert_int_equal(made.plan.unmovable_count, 2);
	assert_string_equal(made.plan.unmovable[0].irq, "100");
	assert_string_equal(made.plan.unmovable[1].reason, "per_cpu");
	assert_true(made.plan.unmovable[1].count == 5000);
	assert_int_equal(made.plan.assignment_count, 3);
	assert_true(made.plan.cpus[0].fixed == 100 && made.plan.cpus[1].fixed == 600);
	assert_int_equal(assignment("102")->cpu, 0);
	assert_int_equal(assignment("103")->cpu, 0);
	assert_int_equal(assignment("104")->cpu, 1);
	assert_int_equal(made.plan.bound.optimal, 1);
}

static void a_fixed_load_above_all_others_binds(void **state)
{
	(void)state;
	plan_made_new(&made, 2, 3);
	made.irqs[0].count = 10;
	made.irqs[1].count = 20;
	made.fixed[1] = 1000;
	assert_true(fresh() == 1000);
	assert_string_equal(made.plan.bound.why, "CPU 1 has 1000 that cannot move");
	assert_true(made.plan.cpus[0].load + made.plan.cpus[2].load == 30);
	assert_true(made.plan.cpus[0].load && made.plan.cpus[2].load);
}

static void allowed_sets_hold_and_bind(void **state)
{
	struct cpulist_range range = { 4, 9 }, lone[] = { { 1, 1 }, { 3, 3 } };
	struct cpulist high = { &range, 1 }, two = { lone, 2 };
	size_t i;

	(void)state;
	plan_made_new(&made, 12, 6); /* CPUs 0 to 5: of 4-9 there are two */
	for (i = 0; i < made.count; i++) {
		made.irqs[i].count = 1000 + i;
		made.irqs[i].allowed = i < 6 ? &high : i < 8 ? &two : NULL;
	}
	assert_true(fresh() == 3008); /* three of the first six: 6015 on two CPUs */
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_string_equal(made.plan.bound.why, "what may only go to CPUs 4-5 brings one of them to 3008 at least");
	for (i = 0; i < 6; i++)
		assert_in_range(made.plan.assignments[i].cpu, 4, 5);
	for (i = 6; i < 8; i++)
		assert_true(made.plan.assignments[i].cpu == 1 || made.plan.assignments[i].cpu == 3);
	for (i = 8; i < 12; i++)
		assert_true(made.plan.assignments[i].cpu < 4);
}

static void a_weight_is_what_one_interrupt_costs(void **state)
{
	(void)state;
	plan_made_new(&made, 3, 2);
	made.irqs[0].count = 100;
	made.irqs[0].weight = 20;
	made.irqs[1].count = 1000;
	made.irqs[2].count = 1000;
	made.irqs[2].weight = 0; /* is 1 */
	assert_true(fresh() == 2000);
	assert_int_equal(assignment("101")->cpu, assignment("102")->cpu);
	assert_true(assignment("100")->count == 100);
}

static void queues_of_one_device_are_kept_apart_where_that_costs_nothing(void **state)
{
	static const char *const devices[] = { "eth0", "eth1", "eth2", "eth3", "nvme0", "nvme1", NULL, NULL };
	size_t i, k;

	(void)state;
	plan_made_new(&made, 32, 8); /* dealt out in order, all queues of a device would be on one CPU */
	for (i = 0; i < made.count; i++) {
		made.irqs[i].count = 1000;
		made.irqs[i].device = devices[i % 8];
	}
	assert_true(fresh() == 4000);
	for (i = 0; i < made.count; i++)
		for (k = i % 8; k < i && devices[i % 8]; k += 8)
			assert_int_not_equal(made.plan.assignments[i].cpu, made.plan.assignments[k].cpu);
}

static void a_fresh_plan_leaves_as_many_as_it_can_where_they_are(void **state)
{
	size_t i;

	(void)state;
	plan_made_new(&made, 40, 8);
	plan_made_loads(&made, PLAN_MADE_LOGNORMAL, 1);
	fresh();
	plan_made_follow(&made);
	fresh();
	assert_true(made.plan.moves == 0);
	/* all of them somewhere else, but still together: only names of CPUs change */
	for (i = 0; i < made.count; i++)
		made.irqs[i].from = (made.irqs[i].from + 3) % 8;
	fresh();
	assert_true(made.plan.moves == 0);
	/* equals are exchanged too */
	for (i = 0; i < made.count; i++) {
		made.irqs[i].count = 100;
		made.irqs[i].from = (unsigned)(i / 5);
	}
	fresh();
	assert_true(made.plan.moves == 0);
	assert_true(made.plan.moves_bound == VIEW_NONE);
}

/* ---- the answer ---- */

static void irqs_come_by_number_then_label_and_cpus_by_number(void **state)
{
	static const char *const labels[] = { "10", "9", "0", "LOC", "2", "IPI0", "18446744073709551617" };
	static const char *const expected[] = { "0", "2", "9", "10", "18446744073709551617", "IPI0", "LOC" };
	size_t i;

	(void)state;
	plan_made_new(&made, 7, 3);
	made.cpus[0] = 9;
	made.cpus[1] = 2;
	made.cpus[2] = 30;
	made.fixed[0] = 5;
	for (i = 0; i < made.count; i++) {
		snprintf((char *)(uintptr_t)made.irqs[i].irq, 24, "%s", labels[i]);
		made.irqs[i].count = 3;
	}
	fresh();
	for (i = 0; i < made.count; i++)
		assert_string_equal(made.plan.assignments[i].irq, expected[i]);
	assert_int_equal(made.plan.cpus[0].cpu, 2);
	assert_int_equal(made.plan.cpus[1].cpu, 9);
	assert_true(made.plan.cpus[1].fixed == 5);
	assert_int_equal(made.plan.cpus[2].cpu, 30);
}

static void without_a_placement_what_was_before_is_no_data(void **state)
{
	(void)state;
	plan_made_new(&made, 2, 2);
	made.irqs[0].count = made.irqs[1].count = 5;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), 0);
	assert_true(made.plan.cpus[0].before == VIEW_NONE);
	assert_true(made.plan.moves_bound == VIEW_NONE);
	assert_true(made.plan.evenness.before.max == VIEW_NONE);
	assert_true(made.plan.evenness.before.cpus == 2);
	assert_int_equal(made.plan.frontier_count, 0);
	assert_int_equal(assignment("100")->from, -1);
	assert_int_equal(assignment("100")->move, 1);
}

static void nothing_to_place_is_no_error(void **state)
{
	(void)state;
	plan_made_new(&made, 3, 2);
	assert_true(fresh() == 0);
	assert_int_equal(made.plan.bound.optimal, 1);
	assert_int_equal(made.plan.assignment_count, 3);
	made.irqs[0].from = 0;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), 0);
	assert_true(made.plan.moves == 0);
	plan_made_free(&made);
	plan_made_new(&made, 0, 1);
	assert_true(fresh() == 0);
	assert_int_equal(made.plan.assignment_count, 0);
	assert_non_null(made.plan.bound.why);
}

/* ---- wrong input ---- */

static void no_cpu_is_refused_with_a_sentence(void **state)
{
	(void)state;
	plan_made_new(&made, 3, 0);
	made.irqs[0].count = 1;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), -EINVAL);
	assert_has(made.error, "no CPU");
	plan_made_free(&made);
	plan_made_new(&made, 3, 3);
	made.cpus[2] = 1;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), -EINVAL);
	assert_has(made.error, "CPU 1 is named twice");
	made.cpus[2] = UINT32_MAX;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), -EINVAL);
	assert_has(made.error, "4294967295");
}

static void an_irq_that_may_go_nowhere_is_named(void **state)
{
	struct cpulist_range range = { 8, 15 };
	struct cpulist set = { &range, 1 }, empty = { NULL, 0 };

	(void)state;
	plan_made_new(&made, 3, 4);
	made.irqs[1].count = 1;
	made.irqs[1].allowed = &set;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), -EINVAL);
	assert_has(made.error, "IRQ 101 may only go to CPUs \"8-15\"");
	made.irqs[1].allowed = &empty;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), -EINVAL);
	assert_has(made.error, "IRQ 101");
	made.irqs[1].count = 0; /* it stays, wherever that is */
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, false), 0);
}

static void sums_past_2_62_are_refused_and_those_just_below_planned(void **state)
{
	const uint64_t top = UINT64_C(1) << 62;

	(void)state;
	plan_made_new(&made, 3, 2);
	made.irqs[0].count = top / 2;
	made.irqs[1].count = top / 2;
	assert_true(fresh() == top / 2);
	assert_int_equal(plan_made_plan(&made, 1e300, 1, false), 0);
	made.irqs[2].count = 1;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), -EOVERFLOW);
	assert_has(made.error, "2^62");
	made.irqs[2].count = 0;
	made.fixed[1] = 1;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), -EOVERFLOW);
	made.fixed[1] = 0;
	made.irqs[0].weight = UINT32_MAX;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), -EOVERFLOW);
	made.irqs[0].count = UINT64_MAX;
	made.irqs[0].weight = 1;
	assert_int_equal(plan_made_plan(&made, 1, VIEW_NONE, true), -EOVERFLOW);
	/* from a placement */
	made.irqs[0].count = top / 2;
	made.irqs[0].from = made.irqs[1].from = 0;
	assert_int_equal(plan_made_plan(&made, 1e300, VIEW_NONE, false), 0);
	assert_true(made.plan.moves == 0);
	assert_int_equal(plan_made_plan(&made, 0, VIEW_NONE, false), 0);
	assert_true(made.plan.moves == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_seed_on_two_cpus_differs_by_one_and_that_is_proved, after),
		cmocka_unit_test_teardown(the_seed_on_three_and_four_cpus_is_the_mean_rounded_up, after),
		cmocka_unit_test_teardown(the_seed_on_seven_to_nine_cpus_is_proved_to_be_as_even_as_can_be, after),
		cmocka_unit_test_teardown(one_irq_of_the_seed_is_too_much_for_16_cpus_and_is_named, after),
		cmocka_unit_test_teardown(realistic_loads_come_within_a_thousandth_of_a_proved_bound, after),
		cmocka_unit_test_teardown(planted_even_splits_are_found_to_a_thousandth, after),
		cmocka_unit_test_teardown(loads_in_common_steps_are_proved_by_them, after),
		cmocka_unit_test_teardown(too_many_for_one_each_are_proved_by_who_has_to_share, after),
		cmocka_unit_test_teardown(silent_irqs_stay_and_have_no_cpu, after),
		cmocka_unit_test_teardown(what_may_not_move_is_load_of_its_cpu_or_of_none_of_ours, after),
		cmocka_unit_test_teardown(a_fixed_load_above_all_others_binds, after),
		cmocka_unit_test_teardown(allowed_sets_hold_and_bind, after),
		cmocka_unit_test_teardown(a_weight_is_what_one_interrupt_costs, after),
		cmocka_unit_test_teardown(queues_of_one_device_are_kept_apart_where_that_costs_nothing, after),
		cmocka_unit_test_teardown(a_fresh_plan_leaves_as_many_as_it_can_where_they_are, after),
		cmocka_unit_test_teardown(irqs_come_by_number_then_label_and_cpus_by_number, after),
		cmocka_unit_test_teardown(without_a_placement_what_was_before_is_no_data, after),
		cmocka_unit_test_teardown(nothing_to_place_is_no_error, after),
		cmocka_unit_test_teardown(no_cpu_is_refused_with_a_sentence, after),
		cmocka_unit_test_teardown(an_irq_that_may_go_nowhere_is_named, after),
		cmocka_unit_test_teardown(sums_past_2_62_are_refused_and_those_just_below_planned, after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
