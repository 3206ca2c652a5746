/* Tests of what a plan is made from: rows of a window, places, wishes, put together for plan. */
#include "plan_input.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "made_window.h"

#define MOST ((uint64_t)1 << 62)

static struct view_overview rows;
static struct plan_input_ask ask;
static struct plan_input input;
static struct cpulist cpus;

/* A machine of 4 CPUs, two a node; 3 is isolated, 4 is offline. Node 2 has memory alone. */
static struct cpulist_range online_range = { 0, 3 };
static struct topology_cpu known_cpus[] = {
	{ 0, 0, 0, 0, { NULL, 0 }, 1, 0, 0 }, { 1, 0, 0, 1, { NULL, 0 }, 1, 0, 0 }, { 2, 1, 0, 2, { NULL, 0 }, 1, 0, 0 },
	{ 3, 1, 0, 3, { NULL, 0 }, 1, 1, 0 }, { 4, 1, 0, 4, { NULL, 0 }, 0, 0, 0 },
};
static struct topology topology = { known_cpus, 5, { &online_range, 1 } };

static int begin_ask(void **state)
{
	memset(&ask, 0, sizeof ask);
	ask.rows = &rows;
	ask.cpus = &cpus;
	return begin(state);
}

static int end_ask(void **state)
{
	cpulist_free(&cpus);
	return end(state);
}

/* The rows are whole: they become the overview, and these CPUs are asked for. */
static void take_rows(const char *list)
{
	struct view_filter all = { .all = true };

	assert_int_equal(window_finish(&window), 0);
	assert_int_equal(view_overview(&arena, &window, &all, &rows), 0);
	assert_int_equal(cpulist_parse(&cpus, list), 0);
}

static struct view_irq *row(const char *irq)
{
	size_t i;

	for (i = 0; i < rows.irq_count; i++)
		if (strcmp(rows.irqs[i].irq, irq) == 0)
			return &rows.irqs[i];
	fail_msg("there is no row %s", irq);
	return NULL;
}

/* What the kernel tells of a row today. */
static void placed(const char *irq, const char *affinity, const char *effective, int node)
{
	struct view_irq *is = row(irq);

	is->affinity = affinity;
	is->effective = effective;
	is->node = node;
	is->movable = 1;
}

static void stuck(const char *irq, const char *reason)
{
	struct view_irq *is = row(irq);

	is->movable = 0;
	is->reason = reason;
}

static void make(void)
{
	assert_int_equal(plan_input_make(&arena, &ask, &input), 0);
}

static const struct plan_irq *made(const char *irq)
{
	size_t i;

	for (i = 0; i < input.irq_count; i++)
		if (strcmp(input.irqs[i].irq, irq) == 0)
			return &input.irqs[i];
	return NULL;
}

/* Two network queues, a disk, a silent row, and what is no device's. */
static void small_machine(const char *list)
{
	machine();
	take_rows(list);
}

/* ---- loads ---- */

static void test_only_devices_rows_are_planned_with_what_fired(void **state)
{
	(void)state;
	small_machine("0-1");
	make();
	assert_int_equal(input.irq_count, 4);
	assert_int_equal(made("41")->count, 120);
	assert_string_equal(made("41")->name, "eth0-TxRx-0");
	assert_string_equal(made("41")->device, "eth0");
	assert_int_equal(made("42")->count, 600);
	assert_int_equal(made("9")->count, 0);
	assert_int_equal(made("43")->weight, 1);
	assert_null(made("LOC"));
	assert_null(made("EXT"));
	assert_int_equal(input.fixed[0], 0);
	assert_int_equal(input.fixed[1], 0);
}

static void test_what_the_plan_may_not_touch_is_fixed_where_it_fired_and_not_listed(void **state)
{
	(void)state;
	small_machine("0-1");
	ask.irqs = "42-43";
	make();
	assert_int_equal(input.irq_count, 2);
	assert_non_null(made("42"));
	assert_non_null(made("43"));
	assert_int_equal(input.fixed[0], 100);
	assert_int_equal(input.fixed[1], 20);
	ask.irqs = NULL;
	ask.device = "nvme*";
	make();
	assert_int_equal(input.irq_count, 1);
	assert_int_equal(input.fixed[0], 100);
	assert_int_equal(input.fixed[1], 620);
}

static void test_what_may_not_move_is_listed_with_its_reason_and_fixed_on_every_cpu_where_it_fired(void **state)
{
	(void)state;
	small_machine("0-1");
	placed("42", "0-1", "1", -1);
	stuck("41", "managed");
	stuck("9", "unknown");
	make();
	assert_int_equal(input.irq_count, 4);
	assert_string_equal(made("41")->reason, "managed");
	assert_int_equal(made("41")->count, 120);
	assert_true(made("41")->from == PLAN_NOWHERE); /* else it would be counted twice */
	assert_string_equal(made("9")->reason, "unknown");
	assert_null(made("42")->reason);
	assert_int_equal(input.fixed[0], 100);
	assert_int_equal(input.fixed[1], 20);
}

static void test_load_on_cpus_that_the_plan_has_not_is_nobody_s(void **state)
{
	(void)state;
	small_machine("1,5");
	stuck("41", "managed");
	make();
	assert_int_equal(input.cpu_count, 2);
	assert_int_equal(input.cpus[0], 1);
	assert_int_equal(input.cpus[1], 5);
	assert_int_equal(input.fixed[0], 20);
	assert_int_equal(input.fixed[1], 0);
}

static void test_rows_of_one_number_are_one_irq_unless_one_of_them_stays(void **state)
{
	(void)state;
	add("41", "eth0-rx", IRQTABLE_COUNTER, 2, 10, 0);
	add("41", "nvme0q1", IRQTABLE_COUNTER, 2, 0, 30);
	add("50", "gone", IRQTABLE_COUNTER, 2, 7, 0);
	add("50", "here", IRQTABLE_COUNTER, 2, 0, 1);
	take_rows("0-1");
	assert_string_equal(row("50")->name, "gone");
	stuck("50", "unknown");
	make();
	assert_int_equal(input.irq_count, 3);
	assert_int_equal(made("41")->count, 40);
	assert_string_equal(made("41")->name, "nvme0q1"); /* the busier */
	assert_int_equal(made("41")->from, 1);
	assert_string_equal(made("50")->name, "here"); /* those that may move come first */
	assert_int_equal(made("50")->count, 1);
	assert_int_equal(input.fixed[0], 7);
}

/* ---- where it goes today ---- */

static void test_it_goes_where_it_effectively_goes_else_where_it_fired_most(void **state)
{
	(void)state;
	add("1", "effective", IRQTABLE_COUNTER, 4, 9, 0, 0, 1);
	add("2", "no effective", IRQTABLE_COUNTER, 4, 9, 0, 0, 1);
	add("3", "effective on two", IRQTABLE_COUNTER, 4, 1, 0, 3, 2);
	add("4", "as often on two", IRQTABLE_COUNTER, 4, 1, 5, 5, 0);
	add("5", "silent", IRQTABLE_COUNTER, 4, 0, 0, 0, 0);
	add("6", "silent, effective", IRQTABLE_COUNTER, 4, 0, 0, 0, 0);
	take_rows("0-3");
	placed("1", "0-3", "3", -1);
	placed("2", "3", NULL, -1);
	placed("3", "0-3", "1-2", -1);
	placed("4", "0-3", NULL, -1);
	placed("5", "0-3", "", -1);
	placed("6", "0-3", "2", -1);
	make();
	assert_int_equal(made("1")->from, 3);
	assert_int_equal(made("2")->from, 3);
	assert_int_equal(made("3")->from, 2);
	assert_int_equal(made("4")->from, 1);
	assert_true(made("5")->from == PLAN_NOWHERE);
	assert_int_equal(made("6")->from, 2);
	ask.unplaced = true;
	make();
	assert_true(made("1")->from == PLAN_NOWHERE);
	assert_true(made("3")->from == PLAN_NOWHERE);
}

/* ---- CPUs ---- */

static void assert_cpus(const struct topology *known, const char *wanted, const char *excluded, const char *expected)
{
	struct cpulist want = { NULL, 0 }, out = { NULL, 0 }, got = { NULL, 0 };
	char *text;

	assert_int_equal(cpulist_parse(&want, wanted ? wanted : ""), 0);
	assert_int_equal(cpulist_parse(&out, excluded ? excluded : ""), 0);
	assert_int_equal(plan_input_cpus(&got, known, &rows, wanted ? &want : NULL, excluded ? &out : NULL), 0);
	text = cpulist_format(&got);
	assert_string_equal(text, expected);
	free(text);
	cpulist_free(&want);
	cpulist_free(&out);
	cpulist_free(&got);
}

static void test_the_cpus_are_those_wanted_else_those_online_and_not_isolated_else_those_seen_less_those_excluded(void **state)
{
	static const struct topology nothing;

	(void)state;
	small_machine("0-1");
	assert_cpus(&topology, NULL, NULL, "0-2");
	assert_cpus(&topology, NULL, "1,9", "0,2");
	assert_cpus(&topology, "2-3", NULL, "2-3");
	assert_cpus(&topology, "0-8,4294967295", "1-7", "0,8,4294967295");
	assert_cpus(&topology, "1", "0-3", "");
	assert_cpus(&nothing, NULL, NULL, "0-1");
	assert_cpus(NULL, NULL, "0", "1");
}

static void test_local_allows_the_cpus_of_the_device_s_node_where_it_has_any(void **state)
{
	(void)state;
	add("1", "on node 1", IRQTABLE_COUNTER, 2, 5, 5);
	add("2", "on no node", IRQTABLE_COUNTER, 2, 5, 5);
	add("3", "on node 2", IRQTABLE_COUNTER, 2, 5, 5);
	add("4", "silent", IRQTABLE_COUNTER, 2, 0, 0);
	take_rows("0-2");
	placed("1", "0-3", NULL, 1);
	placed("2", "0-3", NULL, -1);
	placed("3", "0-3", NULL, 2);
	placed("4", "0-3", NULL, 1);
	ask.topology = &topology;
	make();
	assert_null(made("1")->allowed);
	ask.local = true;
	make();
	assert_non_null(made("1")->allowed);
	assert_int_equal(made("1")->allowed->count, 1);
	assert_int_equal(made("1")->allowed->ranges[0].first, 2);
	assert_int_equal(made("1")->allowed->ranges[0].last, 4);
	assert_null(made("2")->allowed);
	assert_null(made("3")->allowed);
	assert_null(made("4")->allowed);
}

/* ---- weights ---- */

static void test_the_last_weight_that_fits_counts_by_number_name_or_device_for_fixed_load_too(void **state)
{
	static const struct plan_input_weight weights[] = { { "eth0", 3 }, { "42", 5 }, { "nvme*,9", 2 } };

	(void)state;
	small_machine("0-1");
	ask.weights = weights;
	ask.weight_count = 3;
	stuck("41", "managed");
	make();
	assert_int_equal(made("41")->weight, 3);
	assert_int_equal(made("42")->weight, 5);
	assert_int_equal(made("43")->weight, 2);
	assert_int_equal(made("9")->weight, 2);
	assert_int_equal(made("42")->count, 600);
	assert_int_equal(input.fixed[0], 300);
	assert_int_equal(input.fixed[1], 60);
	assert_true(plan_input_weighs(&weights[0], row("41")));
	assert_false(plan_input_weighs(&weights[1], row("41")));
	assert_false(plan_input_weighs(&(struct plan_input_weight){ "LOC", 2 }, row("LOC"))); /* no device's */
}

/* ---- too much ---- */

static void test_a_load_beyond_2_to_the_62_is_refused(void **state)
{
	static const struct plan_input_weight heavy[] = { { "2", 1000000 } };
	uint32_t big;

	(void)state;
	big = add("1", "big", IRQTABLE_COUNTER, 2, 1, 1);
	assert_int_equal(window_count(&window, big, 0, MOST - 2), 0);
	add("2", "small", IRQTABLE_COUNTER, 2, 2, 0);
	take_rows("0-1");
	make();
	assert_true(made("1")->count == MOST);
	stuck("1", "managed");
	make();
	assert_true(input.fixed[0] == MOST - 1);
	stuck("2", "managed");
	assert_int_equal(plan_input_make(&arena, &ask, &input), -EOVERFLOW);
	ask.irqs = "2";
	row("2")->movable = 1;
	row("2")->reason = NULL;
	make();
	ask.irqs = "1";
	ask.weights = heavy;
	ask.weight_count = 1;
	assert_int_equal(plan_input_make(&arena, &ask, &input), -EOVERFLOW);
	row("1")->total = MOST + 1;
	ask.weight_count = 0;
	row("1")->movable = 1;
	row("1")->reason = NULL;
	assert_int_equal(plan_input_make(&arena, &ask, &input), -EOVERFLOW);
}

/* ---- what the rows know ---- */

static void test_before_is_what_really_fired_on_each_cpu_and_unknown_where_none_was_seen(void **state)
{
	struct plan_cpu planned[3] = { { .cpu = 0 }, { .cpu = 1 }, { .cpu = 7 } };
	struct plan plan = { .cpus = planned, .cpu_count = 3 };

	(void)state;
	small_machine("0-1,7");
	stuck("41", "managed");
	placed("42", "0", "0", -1); /* moved meanwhile: it fired on CPU 1 */
	ask.irqs = "41-42";
	assert_int_equal(plan_input_tell(&arena, &ask, &plan), 0);
	assert_int_equal(planned[0].before, 220);
	assert_int_equal(planned[1].before, 620);
	assert_true(planned[2].before == VIEW_NONE);
	assert_int_equal(plan.evenness.before.cpus, 2);
	assert_int_equal(plan.evenness.before.max, 620);
	assert_int_equal(plan.evenness.before.min, 220);
	assert_string_equal(plan.window.start, "2026-01-02T03:04:05.678Z");
}

static void test_a_window_of_one_sample_tells_nothing(void **state)
{
	(void)state;
	window.span.covered_us = 0;
	small_machine("0-1");
	assert_true(plan_input_unknown(&rows));
	window.span.covered_us = 1;
	take_rows("");
	assert_false(plan_input_unknown(&rows));
}

static void test_the_order_of_the_rows_does_not_matter(void **state)
{
	struct plan_irq first[4];
	size_t i;

	(void)state;
	add("41", "b", IRQTABLE_COUNTER, 2, 5, 5);
	add("41", "a", IRQTABLE_COUNTER, 2, 5, 5);
	add("7", "c", IRQTABLE_COUNTER, 2, 1, 5);
	add("8", "d", IRQTABLE_COUNTER, 2, 5, 1);
	take_rows("0-1");
	make();
	assert_int_equal(input.irq_count, 3);
	memcpy(first, input.irqs, 3 * sizeof *first);
	for (i = 0; i < rows.irq_count / 2; i++) {
		struct view_irq other = rows.irqs[i];

		rows.irqs[i] = rows.irqs[rows.irq_count - 1 - i];
		rows.irqs[rows.irq_count - 1 - i] = other;
	}
	make();
	for (i = 0; i < 3; i++) {
		assert_string_equal(input.irqs[i].irq, first[i].irq);
		assert_string_equal(input.irqs[i].name, first[i].name);
		assert_int_equal(input.irqs[i].count, first[i].count);
		assert_int_equal(input.irqs[i].from, first[i].from);
	}
}

#define A(test) cmocka_unit_test_setup_teardown(test, begin_ask, end_ask)

int main(void)
{
	const struct CMUnitTest tests[] = {
		A(test_only_devices_rows_are_planned_with_what_fired),
		A(test_what_the_plan_may_not_touch_is_fixed_where_it_fired_and_not_listed),
		A(test_what_may_not_move_is_listed_with_its_reason_and_fixed_on_every_cpu_where_it_fired),
		A(test_load_on_cpus_that_the_plan_has_not_is_nobody_s),
		A(test_rows_of_one_number_are_one_irq_unless_one_of_them_stays),
		A(test_it_goes_where_it_effectively_goes_else_where_it_fired_most),
		A(test_the_cpus_are_those_wanted_else_those_online_and_not_isolated_else_those_seen_less_those_excluded),
		A(test_local_allows_the_cpus_of_the_device_s_node_where_it_has_any),
		A(test_the_last_weight_that_fits_counts_by_number_name_or_device_for_fixed_load_too),
		A(test_a_load_beyond_2_to_the_62_is_refused),
		A(test_before_is_what_really_fired_on_each_cpu_and_unknown_where_none_was_seen),
		A(test_a_window_of_one_sample_tells_nothing),
		A(test_the_order_of_the_rows_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
