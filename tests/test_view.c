/* Tests of lib/view: the overview over windows made by hand. */
#include "made_window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct view_overview overview(const struct view_filter *filter)
{
	static const struct view_filter none;
	struct view_overview answer;

	assert_int_equal(view_overview(&arena, &window, filter ? filter : &none, &answer), 0);
	return answer;
}

/* The labels in their order: "42 41 LOC". */
static const char *order(const struct view_overview *answer)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < answer->irq_count; i++)
		text = arena_printf(&arena, "%s%s%s", text, i ? " " : "", answer->irqs[i].irq);
	return text;
}

/* "{0: 100, 1: 20}" */
static const char *counts(const struct view_counts *from)
{
	const char *text = "{";
	size_t i;

	for (i = 0; i < from->count; i++)
		text = arena_printf(&arena, "%s%s%u: %llu", text, i ? ", " : "", from->items[i].cpu,
				    (unsigned long long)from->items[i].count);
	return arena_printf(&arena, "%s}", text);
}

static const struct view_irq *irq(const struct view_overview *answer, const char *label)
{
	size_t i;

	for (i = 0; i < answer->irq_count; i++)
		if (strcmp(answer->irqs[i].irq, label) == 0)
			return &answer->irqs[i];
	fail_msg("no IRQ %s", label);
	return NULL;
}

/* ---- overview ---- */

static void the_irq_that_fired_most_comes_first_and_equal_ones_in_the_kernel_s_order(void **state)
{
	struct view_overview answer;
	int i;

	(void)state;
	for (i = 100; i < 130; i++) /* enough for a sort that is not stable to mix them */
		add(arena_printf(&arena, "%d", i), "x", IRQTABLE_COUNTER, 1, i == 120 ? 8 : 7);
	assert_int_equal(window_finish(&window), 0);
	answer = overview(NULL);
	assert_string_equal(order(&answer), "120 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 "
					    "118 119 121 122 123 124 125 126 127 128 129");
}

static void totals_leave_out_what_is_no_counter_of_a_cpu(void **state)
{
	struct view_filter all = { NULL, NULL, NULL, true };
	struct view_overview answer;

	(void)state;
	machine();
	answer = overview(NULL);
	assert_string_equal(order(&answer), "EXT LOC 42 41 43 ERR");
	assert_int_equal(answer.total, 7000 + 600 + 120 + 120);
	assert_string_equal(counts(&answer.cpu_totals), "{0: 3220, 1: 4620}");
	assert_int_equal(irq(&answer, "ERR")->total, 7);
	assert_string_equal(counts(&irq(&answer, "ERR")->counts), "{}");
	assert_int_equal(irq(&answer, "EXT")->total, 10000);
	answer = overview(&all);
	assert_string_equal(order(&answer), "EXT LOC 42 41 43 ERR 9 STK FIQ");
	assert_true(irq(&answer, "STK")->total == VIEW_NONE);
	assert_true(irq(&answer, "FIQ")->total == VIEW_NONE);
	assert_int_equal(irq(&answer, "9")->total, 0);
	assert_int_equal(answer.total, 7840);
}

static void each_irq_tells_what_the_kernel_printed_of_it(void **state)
{
	struct view_overview answer;

	(void)state;
	machine();
	answer = overview(NULL);
	assert_string_equal(irq(&answer, "41")->class_, "device");
	assert_string_equal(irq(&answer, "41")->name, "eth0-TxRx-0");
	assert_string_equal(irq(&answer, "41")->chip, "PCI-MSI");
	assert_string_equal(irq(&answer, "41")->trigger, "edge");
	assert_string_equal(irq(&answer, "41")->device, "eth0");
	assert_null(irq(&answer, "41")->hwirq);
	assert_int_equal(irq(&answer, "41")->total, 120);
	assert_true(irq(&answer, "41")->per_second == 2);
	assert_string_equal(counts(&irq(&answer, "41")->counts), "{0: 100, 1: 20}");
	assert_string_equal(counts(&irq(&answer, "42")->counts), "{1: 600}");
	assert_string_equal(irq(&answer, "LOC")->class_, "system");
	assert_null(irq(&answer, "LOC")->device);
	/* what only /proc/irq knows */
	assert_true(!irq(&answer, "41")->affinity && !irq(&answer, "41")->effective && !irq(&answer, "41")->reason);
	assert_true(irq(&answer, "41")->node < 0 && irq(&answer, "41")->movable < 0);
}

static void the_owner_that_sysfs_told_is_the_device(void **state)
{
	struct view_filter disk = { .device = "nvme*" };
	struct view_overview answer;

	(void)state;
	add("50", "mlx5_comp0", IRQTABLE_COUNTER, 1, 1);
	free(window.rows[0].device);
	window.rows[0].device = strdup("nvme7n1");
	answer = overview(NULL);
	assert_string_equal(answer.irqs[0].device, "nvme7n1");
	answer = overview(&disk);
	assert_int_equal(answer.irq_count, 1);
}

static void only_the_cpus_asked_for_are_columns_and_totals(void **state)
{
	struct cpulist cpus = { NULL, 0 };
	struct view_filter filter = { .cpus = &cpus };
	struct view_overview answer;

	(void)state;
	machine();
	assert_int_equal(cpulist_parse(&cpus, "0,5-7"), 0);
	answer = overview(&filter);
	assert_int_equal(answer.cpu_count, 1);
	assert_int_equal(answer.cpus[0], 0);
	assert_string_equal(order(&answer), "EXT LOC 43 41"); /* 42 did not fire there, and ERR is no CPU's */
	assert_string_equal(counts(&irq(&answer, "41")->counts), "{0: 100}");
	assert_int_equal(irq(&answer, "41")->total, 100);
	assert_int_equal(answer.total, 3220);
	assert_string_equal(counts(&answer.cpu_totals), "{0: 3220}");
	filter.all = true;
	answer = overview(&filter);
	assert_int_equal(irq(&answer, "42")->total, 0);
	assert_true(irq(&answer, "ERR")->total == VIEW_NONE); /* nobody knows on which CPU: not 0 */
	cpulist_free(&cpus);
}

static void cpus_are_numbers_never_columns(void **state)
{
	struct view_overview answer;

	(void)state;
	add("8", "rtc0", IRQTABLE_COUNTER, 8, -1, -1, 4, -1, -1, 0, -1, 6);
	answer = overview(NULL);
	assert_string_equal(counts(&answer.cpu_totals), "{2: 4, 5: 0, 7: 6}");
	assert_string_equal(counts(&answer.irqs[0].counts), "{2: 4, 7: 6}");
}

static void irqs_are_chosen_by_number_range_label_and_any_of_their_names(void **state)
{
	static const struct {
		const char *irqs, *expected;
	} examples[] = {
		{ "41", "41" },		      { "42,41", "42 41" },	     { "9-42", "42 41 9" },
		{ "0-9", "9" },		      { "009-0041", "41 9" },	     { "LOC", "LOC" },
		{ "L*,4?", "LOC 42 41 43" },  { "eth0-*", "42 41" },	     { "acpi", "9" },
		{ "i801_smbus", "9" },	      { "*smbus", "9" },	     { "acpi, i801_smbus", "9" },
		{ "nvme0q[0-3]", "43" },      { "4", "" },		     { "smbus", "" },
		{ "Local*", "" },	      { "100-200", "" },	     { "loc", "" },
		{ "*", "EXT LOC 42 41 43 ERR 9 STK FIQ" }, { "ERR,LOC", "LOC ERR" },
	};
	size_t i;

	(void)state;
	machine();
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct view_filter filter = { .irqs = examples[i].irqs, .all = true };
		struct view_overview answer = overview(&filter);

		if (strcmp(order(&answer), examples[i].expected) != 0)
			fail_msg("irqs=%s gives \"%s\", not \"%s\"", examples[i].irqs, order(&answer), examples[i].expected);
	}
}

static void totals_are_those_of_the_irqs_that_were_chosen(void **state)
{
	struct view_filter filter = { .irqs = "41,43", .device = "eth?" };
	struct view_overview answer;

	(void)state;
	machine();
	answer = overview(&filter);
	assert_string_equal(order(&answer), "41");
	assert_int_equal(answer.total, 120);
	assert_string_equal(counts(&answer.cpu_totals), "{0: 100, 1: 20}");
	filter.device = "wlan*";
	answer = overview(&filter);
	assert_int_equal(answer.irq_count, 0);
	assert_int_equal(answer.total, 0);
	assert_string_equal(counts(&answer.cpu_totals), "{0: 0, 1: 0}");
}

static void a_pattern_full_of_stars_costs_no_time(void **state)
{
	char pattern[2 * 60 + 2], name[301];
	struct view_filter filter = { .irqs = pattern };
	size_t i;

	(void)state;
	for (i = 0; i < 60; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	memcpy(pattern + 120, "b", 2);
	memset(name, 'a', 300);
	name[300] = '\0';
	add("7", name, IRQTABLE_COUNTER, 1, 5);
	assert_int_equal(overview(&filter).irq_count, 0);
}

static void a_list_that_makes_no_sense_is_refused(void **state)
{
	static const char *const good[] = { "1", "1-1", "0-4294967295", "LOC", "*", "eth0-3", "1-", "-1", "a,b,c", "3-1x" };
	static const char *const bad[] = { "", ",", "1,", ",1", "1,,2", "3-1", "LOC,10-9", "1-99999999999999999999",
					   "99999999999999999999-1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		if (view_filter_fault(good[i]))
			fail_msg("\"%s\" is refused: %s", good[i], view_filter_fault(good[i]));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!view_filter_fault(bad[i]))
			fail_msg("\"%s\" is accepted", bad[i]);
}

static void a_window_without_two_samples_has_no_numbers_and_no_zeros(void **state)
{
	struct view_filter all = { .all = true };
	struct view_overview answer;
	struct view_summary summary;

	(void)state;
	machine();
	window.cell_count = 0;
	window.span.covered_us = 0;
	answer = overview(NULL);
	assert_true(answer.total == VIEW_NONE);
	assert_int_equal(answer.irq_count, 0);
	assert_int_equal(answer.cpu_totals.count, 0);
	assert_int_equal(answer.cpu_count, 2);
	answer = overview(&all);
	assert_int_equal(answer.irq_count, 9);
	assert_string_equal(order(&answer), "9 41 42 43 LOC ERR STK EXT FIQ");
	assert_true(answer.irqs[0].total == VIEW_NONE && isnan(answer.irqs[0].per_second));
	assert_int_equal(answer.irqs[0].counts.count, 0);
	assert_int_equal(view_summary(&arena, &window, NULL, &summary), 0);
	assert_true(summary.all.total == VIEW_NONE && summary.all.device_total == VIEW_NONE);
	assert_true(isnan(summary.all.per_second) && isnan(summary.all.device_per_second));
	assert_int_equal(summary.cpu_count, 2);
	assert_true(summary.cpus[1].total == VIEW_NONE && summary.cpus[1].irqs == VIEW_NONE);
	assert_true(isnan(summary.cpus[1].share) && isnan(summary.cpus[1].device_per_second) && !summary.cpus[1].top);
	assert_int_equal(summary.evenness.cpus, 2);
	assert_true(summary.evenness.max == VIEW_NONE && summary.evenness.spread == VIEW_NONE);
	assert_true(isnan(summary.evenness.mean) && isnan(summary.evenness.imbalance));
}

static void saved_files_have_counts_but_neither_times_nor_rates(void **state)
{
	struct view_overview answer;
	struct view_summary summary;

	(void)state;
	machine();
	memset(&window.span, 0, sizeof window.span);
	answer = overview(NULL);
	assert_true(!answer.window.start && !answer.window.end && answer.window.complete < 0);
	assert_true(isnan(answer.window.seconds) && isnan(answer.window.requested_seconds));
	assert_true(answer.window.samples == VIEW_NONE);
	assert_int_equal(answer.total, 7840);
	assert_true(isnan(irq(&answer, "41")->per_second));
	assert_int_equal(view_summary(&arena, &window, NULL, &summary), 0);
	assert_int_equal(summary.all.total, 7840);
	assert_true(isnan(summary.all.per_second) && isnan(summary.cpus[0].per_second));
	assert_true(summary.cpus[0].online < 0 && summary.cpus[0].node < 0 && summary.cpus[0].core < 0);
}

static void the_window_says_what_it_covers(void **state)
{
	struct view_window view;

	(void)state;
	window.span.covered_us = 59998000;
	assert_int_equal(window_gap(&window, 1767323050000000, 1767323055500000, "stopped"), 0);
	assert_int_equal(view_window(&arena, &window.span, &view), 0);
	assert_string_equal(view.start, "2026-01-02T03:04:05.678Z");
	assert_string_equal(view.end, "2026-01-02T03:05:05.678Z");
	assert_true(view.seconds == 59.998 && view.requested_seconds == 60);
	assert_int_equal(view.samples, 61);
	assert_int_equal(view.complete, 1);
	assert_int_equal(view.gap_count, 1);
	assert_string_equal(view.gaps[0].start, "2026-01-02T03:04:10.000Z");
	assert_string_equal(view.gaps[0].end, "2026-01-02T03:04:15.500Z");
	assert_string_equal(view.gaps[0].why, "stopped");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_irq_that_fired_most_comes_first_and_equal_ones_in_the_kernel_s_order),
		T(totals_leave_out_what_is_no_counter_of_a_cpu),
		T(each_irq_tells_what_the_kernel_printed_of_it),
		T(the_owner_that_sysfs_told_is_the_device),
		T(only_the_cpus_asked_for_are_columns_and_totals),
		T(cpus_are_numbers_never_columns),
		T(irqs_are_chosen_by_number_range_label_and_any_of_their_names),
		T(totals_are_those_of_the_irqs_that_were_chosen),
		T(a_pattern_full_of_stars_costs_no_time),
		T(a_list_that_makes_no_sense_is_refused),
		T(a_window_without_two_samples_has_no_numbers_and_no_zeros),
		T(saved_files_have_counts_but_neither_times_nor_rates),
		T(the_window_says_what_it_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
