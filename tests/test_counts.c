/*
 * Tests of lib/counts: what a gain, a wrap and a fall is, on small tables.
 */
#include "counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)
#define CPU0 "           CPU0\n"
#define CPU01 "           CPU0       CPU1\n"

/* Takes in a table as text. */
static void add(struct counts *counts, const char *text, uint64_t boot_us)
{
	struct irqtable table;
	struct irqtable_error error;

	memset(&table, 0, sizeof table);
	if (irqtable_parse(&table, text, strlen(text), &error) != 0)
		fail_msg("line %zu: %s", error.line, error.text);
	assert_int_equal(counts_add(counts, &table, boot_us), 0);
	irqtable_free(&table);
}

/* The two tables, a second apart. */
static struct counts between(const char *before, const char *after)
{
	struct counts counts;

	memset(&counts, 0, sizeof counts);
	add(&counts, before, 100 * SECOND);
	add(&counts, after, 101 * SECOND);
	return counts;
}

static bool row_is(const struct counts_row *row, const char *irq, const char *names)
{
	return strcmp(row->is.irq, irq) == 0 && (!names || strcmp(row->is.names, names) == 0);
}

/* What that cell gained with the last table; names NULL: any. */
static uint64_t gain(const struct counts *counts, const char *irq, const char *names, unsigned cpu)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < counts->slot_count; i++)
		if (counts->slots[i].cpu == cpu && row_is(&counts->rows[counts->slots[i].row], irq, names))
			sum += counts->slots[i].gain;
	return sum;
}

static size_t rows_of(const struct counts *counts, const char *irq)
{
	size_t i, n = 0;

	for (i = 0; i < counts->row_count; i++)
		n += row_is(&counts->rows[i], irq, NULL);
	return n;
}

static void test_the_first_table_is_only_the_baseline(void **state)
{
	struct counts counts;

	(void)state;
	memset(&counts, 0, sizeof counts);
	add(&counts, CPU01 " 24: 5000 7  PCI-MSI 1-edge  eth0\nLOC: 9000000 1   Local timer interrupts\n", SECOND);
	assert_int_equal(counts.gain_count, 0);
	assert_int_equal(counts.slot_count, 4);
	assert_int_equal(counts.slots[0].last, 5000);
	assert_int_equal(counts.slots[0].sum, 0);
	assert_true(counts.layout);
	counts_free(&counts);
}

static void test_what_grows_is_counted_and_what_stands_is_not(void **state)
{
	struct counts counts = between(CPU01 " 24: 10 7  PCI-MSI 1-edge  eth0\n 25: 0 0  PCI-MSI 2-edge  eth1\n",
				       CPU01 " 24: 10 9  PCI-MSI 1-edge  eth0\n 25: 0 3  PCI-MSI 2-edge  eth1\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 0);
	assert_int_equal(gain(&counts, "24", NULL, 1), 2);
	assert_int_equal(gain(&counts, "25", NULL, 1), 3);
	assert_int_equal(counts.gain_count, 2);
	assert_int_equal(counts.new_slots, 1);
	assert_false(counts.layout);
	counts_free(&counts);
}

static void test_a_counter_wraps_at_2_to_the_32(void **state)
{
	struct counts counts = between(CPU0 " 24: 4294967290  PCI-MSI 1-edge  eth0\nLOC: 4294967295   Local\n",
				       CPU0 " 24: 4  PCI-MSI 1-edge  eth0\nLOC: 0   Local\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 10);
	assert_int_equal(gain(&counts, "LOC", NULL, 0), 1);
	assert_int_equal(counts.fall_count, 0);
	assert_int_equal(counts.rebased_count, 2);
	counts_free(&counts);
}

static void test_many_cells_of_a_row_wrap_at_once(void **state)
{
	struct counts counts = between(
		"           CPU0       CPU1       CPU2\n 24: 4294967290 4294967291 4294967292  PCI-MSI 1-edge  eth0\n",
		"           CPU0       CPU1       CPU2\n 24: 0 1 2  PCI-MSI 1-edge  eth0\n");
	unsigned cpu;

	(void)state;
	for (cpu = 0; cpu < 3; cpu++)
		assert_int_equal(gain(&counts, "24", NULL, cpu), 6);
	assert_int_equal(counts.fall_count, 0);
	counts_free(&counts);
}

static void test_a_fall_that_no_wrap_explains_in_the_time_is_a_counter_made_anew(void **state)
{
	/* 2^32 - 4294000000 + 300 is possible in a second, 2^32 - 4000000000 is not; CPU2 rises, but from 0 */
	struct counts counts = between(
		"           CPU0       CPU1       CPU2\n 24: 4294000000 4000000000 5  PCI-MSI 1-edge  eth0\n",
		"           CPU0       CPU1       CPU2\n 24: 300 20 7  PCI-MSI 1-edge  eth0\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 300);
	assert_int_equal(gain(&counts, "24", NULL, 1), 20);
	assert_int_equal(gain(&counts, "24", NULL, 2), 7);
	assert_int_equal(counts.fall_count, 1);
	assert_true(counts.falls[0].anew);
	assert_int_equal(rows_of(&counts, "24"), 1);
	add(&counts, "           CPU0       CPU1       CPU2\n 24: 301 20 9  PCI-MSI 1-edge  eth0\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "24", NULL, 0), 1);
	assert_int_equal(gain(&counts, "24", NULL, 1), 0);
	assert_int_equal(gain(&counts, "24", NULL, 2), 2);
	counts_free(&counts);
}

static void test_a_wrap_needs_the_time_for_it(void **state)
{
	static const char before[] = CPU0 " 24: 4200000000  PCI-MSI 1-edge  eth0\n";
	static const char after[] = CPU0 " 24: 20  PCI-MSI 1-edge  eth0\n";
	struct counts counts = between(before, after);

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 20);
	counts_free(&counts);
	add(&counts, before, 100 * SECOND);
	add(&counts, after, 130 * SECOND); /* 95 million in 30 seconds can be */
	assert_int_equal(gain(&counts, "24", NULL, 0), 94967316);
	counts_free(&counts);
}

static void test_a_system_row_that_falls_counts_nothing_and_is_told(void **state)
{
	struct counts counts = between(CPU01 "CAL: 500 4286015824   Function call interrupts\n",
				       CPU01 "CAL: 480 4286015800   Function call interrupts\n");

	(void)state;
	assert_int_equal(counts.gain_count, 0);
	assert_int_equal(counts.fall_count, 1);
	assert_false(counts.falls[0].anew);
	add(&counts, CPU01 "CAL: 481 4286015803   Function call interrupts\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "CAL", NULL, 0), 1);
	assert_int_equal(gain(&counts, "CAL", NULL, 1), 3);
	counts_free(&counts);
}

static void test_a_system_row_that_falls_below_0_counts_nothing_and_is_told(void **state)
{
	struct counts counts = between(CPU0 "CAL: 5   Function call interrupts\n",
				       CPU0 "CAL: 4294967290   Function call interrupts\n");

	(void)state;
	assert_int_equal(counts.gain_count, 0);
	assert_int_equal(counts.fall_count, 1);
	assert_false(counts.falls[0].anew);
	add(&counts, CPU0 "CAL: 2   Function call interrupts\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "CAL", NULL, 0), 8);
	counts_free(&counts);
}

static void test_a_new_row_counts_from_0_if_that_is_possible_in_the_time(void **state)
{
	struct counts counts = between(CPU01 " 24: 1 1  PCI-MSI 1-edge  eth0\n",
				       CPU01 " 24: 1 1  PCI-MSI 1-edge  eth0\n 25: 4000000 3  PCI-MSI 2-edge  eth1\n"
				       "ERR: 12\n");

	(void)state;
	assert_int_equal(gain(&counts, "25", NULL, 0), 4000000);
	assert_int_equal(gain(&counts, "25", NULL, 1), 3);
	assert_int_equal(gain(&counts, "ERR", NULL, WINDOW_NO_CPU), 12);
	assert_true(counts.layout);
	counts_free(&counts);
}

static void test_a_new_row_counts_from_what_it_shows_if_not(void **state)
{
	struct counts counts = between(CPU01 " 24: 1 1  PCI-MSI 1-edge  eth0\n",
				       CPU01 " 24: 1 1  PCI-MSI 1-edge  eth0\n 25: 6000000 3  PCI-MSI 2-edge  eth1\n"
				       "ERR: 6000000\n");

	(void)state;
	assert_int_equal(counts.gain_count, 0);
	add(&counts, CPU01 " 25: 6000001 5  PCI-MSI 2-edge  eth1\nERR: 6000002\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "25", NULL, 0), 1);
	assert_int_equal(gain(&counts, "25", NULL, 1), 2);
	assert_int_equal(gain(&counts, "ERR", NULL, WINDOW_NO_CPU), 2);
	counts_free(&counts);
}

static void test_a_row_that_vanishes_and_comes_back_goes_on(void **state)
{
	struct counts counts = between(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n  3: 100  IO-APIC 3-edge  ttyS1\n",
				       CPU0 "  1: 9  IO-APIC 1-edge  i8042\n");

	(void)state;
	assert_true(counts.layout);
	assert_false(counts.rows[1].present);
	add(&counts, CPU0 "  1: 9  IO-APIC 1-edge  i8042\n  3: 103  IO-APIC 3-edge  ttyS1\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "3", NULL, 0), 3);
	assert_int_equal(rows_of(&counts, "3"), 1);
	assert_true(counts.layout);
	assert_true(counts.rows[1].present);
	counts_free(&counts);
}

static void test_a_number_given_to_another_device_is_another_row_and_starts_at_0_when_given_back(void **state)
{
	struct counts counts = between(CPU0 " 24: 700  PCI-MSI-0000:00:03.0 0-edge  eth0\n",
				       CPU0 " 24: 5  PCI-MSI-0000:00:04.0 0-edge  nvme0q0\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", "nvme0q0", 0), 5);
	assert_int_equal(gain(&counts, "24", "eth0", 0), 0);
	assert_int_equal(rows_of(&counts, "24"), 2);
	/* more than it had: but the descriptor was freed meanwhile */
	add(&counts, CPU0 " 24: 720  PCI-MSI-0000:00:03.0 0-edge  eth0\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "24", "eth0", 0), 720);
	assert_int_equal(rows_of(&counts, "24"), 2);
	add(&counts, CPU0 " 24: 721  PCI-MSI-0000:00:03.0 0-edge  eth0\n", 103 * SECOND);
	assert_int_equal(gain(&counts, "24", "eth0", 0), 1);
	counts_free(&counts);
}

static void test_a_number_given_back_to_another_driver_is_another_row(void **state)
{
	struct counts counts = between(CPU0 " 24: 700  PCI-MSI-0000:00:03.0 0-edge  eth0\n",
				       CPU0 " 24: 5  PCI-MSI-0000:00:04.0 0-edge  nvme0q0\n");

	(void)state;
	add(&counts, CPU0 " 24: 720  PCI-MSI-0000:00:03.0 0-edge  vfio-msix[0]\n", 102 * SECOND);
	assert_int_equal(rows_of(&counts, "24"), 3);
	assert_int_equal(gain(&counts, "24", "vfio-msix[0]", 0), 720);
	assert_int_equal(gain(&counts, "24", "eth0", 0), 0);
	counts_free(&counts);
}

static void test_a_counter_made_anew_under_another_name_is_another_row(void **state)
{
	struct counts counts = between(CPU01 " 24: 700 60  PCI-MSI 0-edge  eth0-rx\n",
				       CPU01 " 24: 5 80  PCI-MSI 0-edge  nvme0q0\n");

	(void)state;
	assert_int_equal(rows_of(&counts, "24"), 2);
	assert_int_equal(gain(&counts, "24", "nvme0q0", 0), 5);
	assert_int_equal(gain(&counts, "24", "nvme0q0", 1), 80);
	assert_int_equal(gain(&counts, "24", "eth0-rx", 0), 0);
	assert_int_equal(counts.fall_count, 1);
	assert_true(counts.falls[0].anew);
	/* and back: not a third row */
	add(&counts, CPU01 " 24: 2 0  PCI-MSI 0-edge  eth0-rx\n", 102 * SECOND);
	assert_int_equal(rows_of(&counts, "24"), 2);
	assert_int_equal(gain(&counts, "24", "eth0-rx", 0), 2);
	assert_int_equal(gain(&counts, "24", "nvme0q0", 0), 0);
	counts_free(&counts);
}

static void test_a_second_handler_on_the_line_renames_the_row_and_keeps_its_counter(void **state)
{
	struct counts counts = between(CPU0 " 16: 700  IO-APIC 16-fasteoi  ehci_hcd:usb1\n",
				       CPU0 " 16: 703  IO-APIC 16-fasteoi  ehci_hcd:usb1, i801_smbus\n");

	(void)state;
	assert_int_equal(rows_of(&counts, "16"), 1);
	assert_int_equal(gain(&counts, "16", "ehci_hcd:usb1, i801_smbus", 0), 3);
	assert_true(counts.layout);
	assert_true(counts.rows[0].fresh);
	counts_free(&counts);
}

static void test_a_cpu_that_comes_back_goes_on_from_its_last_value(void **state)
{
	struct counts counts = between(CPU01 " 24: 10 700  PCI-MSI 0-edge  eth0\nLOC: 1 6000000   Local\n",
				       CPU0 " 24: 12  PCI-MSI 0-edge  eth0\nLOC: 2   Local\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 2);
	assert_int_equal(gain(&counts, "24", NULL, 1), 0);
	assert_true(counts.layout);
	assert_false(cpulist_has(&counts.online, 1));
	add(&counts, CPU01 " 24: 12 703  PCI-MSI 0-edge  eth0\nLOC: 2 6000050   Local\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "24", NULL, 1), 3);
	assert_int_equal(gain(&counts, "LOC", NULL, 1), 50);
	assert_int_equal(counts.cpu_count, 2);
	counts_free(&counts);
}

static void test_a_cpu_that_comes_back_with_counters_at_0_leaves_the_others_alone(void **state)
{
	struct counts counts = between(CPU01 " 65: 9000000 700  CPU 0-edge  timer\nIPI: 5 800   Local\n",
				       CPU0 " 65: 9000001  CPU 0-edge  timer\nIPI: 5   Local\n");

	(void)state;
	add(&counts, CPU01 " 65: 9000003 4  CPU 0-edge  timer\nIPI: 5 3   Local\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "65", NULL, 0), 2);
	assert_int_equal(gain(&counts, "65", NULL, 1), 4);
	assert_int_equal(gain(&counts, "IPI", NULL, 1), 0); /* a system row that fell */
	counts_free(&counts);
}

static void test_a_cpu_never_seen_counts_from_0_if_that_is_possible_in_the_time(void **state)
{
	struct counts counts = between(CPU0 " 24: 1  PCI-MSI 0-edge  eth0\nLOC: 1   Local\n",
				       CPU01 " 24: 1 3  PCI-MSI 0-edge  eth0\nLOC: 1 40   Local\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 1), 3);
	assert_int_equal(gain(&counts, "LOC", NULL, 1), 40);
	counts_free(&counts);
}

static void test_a_cpu_never_seen_that_was_at_work_before_counts_from_what_it_shows(void **state)
{
	struct counts counts = between(CPU0 " 24: 1  PCI-MSI 0-edge  eth0\nLOC: 1   Local\n",
				       CPU01 " 24: 1 3000  PCI-MSI 0-edge  eth0\nLOC: 1 90000000   Local\n");

	(void)state;
	assert_int_equal(counts.gain_count, 0);
	add(&counts, CPU01 " 24: 1 3001  PCI-MSI 0-edge  eth0\nLOC: 1 90000004   Local\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "24", NULL, 1), 1);
	assert_int_equal(gain(&counts, "LOC", NULL, 1), 4);
	counts_free(&counts);
}

static void test_cpus_are_known_by_number_not_by_column(void **state)
{
	struct counts counts = between(
		"           CPU0       CPU2       CPU8\n 24: 10 20 30  PCI-MSI 0-edge  eth0\n",
		"           CPU2       CPU8\n 24: 21 32  PCI-MSI 0-edge  eth0\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 2), 1);
	assert_int_equal(gain(&counts, "24", NULL, 8), 2);
	assert_int_equal(counts.gain_count, 2);
	counts_free(&counts);
}

static void test_a_bare_value_is_no_cpus(void **state)
{
	struct counts counts = between(CPU01 "LOC: 1 1   Local\nERR: 4294967295\nMIS: 7\n",
				       CPU01 "LOC: 1 1   Local\nERR: 1\nMIS: 6\n");

	(void)state;
	assert_int_equal(gain(&counts, "ERR", NULL, WINDOW_NO_CPU), 2);
	assert_int_equal(gain(&counts, "ERR", NULL, 0), 0);
	assert_int_equal(gain(&counts, "MIS", NULL, WINDOW_NO_CPU), 0);
	assert_int_equal(counts.fall_count, 1);
	counts_free(&counts);
}

static void test_a_label_that_is_printed_twice_is_two_rows(void **state)
{
	struct counts counts = between(
		CPU0 "LOC: 10   Local timer interrupts for timer event device\n"
		     "LOC: 500   Local timer interrupts for others\n",
		CPU0 "LOC: 11   Local timer interrupts for timer event device\n"
		     "LOC: 502   Local timer interrupts for others\n");

	(void)state;
	assert_int_equal(counts.row_count, 2);
	assert_int_equal(gain(&counts, "LOC", "Local timer interrupts for timer event device", 0), 1);
	assert_int_equal(gain(&counts, "LOC", "Local timer interrupts for others", 0), 2);
	counts_free(&counts);
}

static void test_a_gauge_gains_nothing_and_a_torn_row_is_passed_over(void **state)
{
	struct counts counts = between(CPU01 " 64: 5 5  CPU 0-edge  timer\nSTK: 4000 5000   Kernel stack usage\n",
				       CPU01 " 64: 9  CPU 0-edge  timer\nSTK: 9000 4000   Kernel stack usage\n");

	(void)state;
	assert_int_equal(counts.gain_count, 0);
	assert_int_equal(counts.fall_count, 0);
	assert_int_equal(counts.slot_count, 2);
	add(&counts, CPU01 " 64: 9 6  CPU 0-edge  timer\nSTK: 1 1   Kernel stack usage\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "64", NULL, 0), 4);
	assert_int_equal(gain(&counts, "64", NULL, 1), 1);
	counts_free(&counts);
}

static void test_counters_above_32_bits_go_on_and_do_not_wrap(void **state)
{
	struct counts counts = between(CPU0 " 24: 54950199029  PCI-MSI 0-edge  eth0\n",
				       CPU0 " 24: 54950199030  PCI-MSI 0-edge  eth0\n");

	(void)state;
	assert_int_equal(gain(&counts, "24", NULL, 0), 1);
	add(&counts, CPU0 " 24: 7  PCI-MSI 0-edge  eth0\n", 102 * SECOND);
	assert_int_equal(gain(&counts, "24", NULL, 0), 7);
	assert_true(counts.falls[0].anew);
	counts_free(&counts);
	/* 2^32 less 5 less: no wrap of 32 bits */
	counts = between(CPU0 " 24: 5000000000  PCI-MSI 0-edge  eth0\n", CPU0 " 24: 705032709  PCI-MSI 0-edge  eth0\n");
	assert_int_equal(gain(&counts, "24", NULL, 0), 705032709);
	counts_free(&counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_table_is_only_the_baseline),
		cmocka_unit_test(test_what_grows_is_counted_and_what_stands_is_not),
		cmocka_unit_test(test_a_counter_wraps_at_2_to_the_32),
		cmocka_unit_test(test_many_cells_of_a_row_wrap_at_once),
		cmocka_unit_test(test_a_fall_that_no_wrap_explains_in_the_time_is_a_counter_made_anew),
		cmocka_unit_test(test_a_wrap_needs_the_time_for_it),
		cmocka_unit_test(test_a_system_row_that_falls_counts_nothing_and_is_told),
		cmocka_unit_test(test_a_system_row_that_falls_below_0_counts_nothing_and_is_told),
		cmocka_unit_test(test_a_new_row_counts_from_0_if_that_is_possible_in_the_time),
		cmocka_unit_test(test_a_new_row_counts_from_what_it_shows_if_not),
		cmocka_unit_test(test_a_row_that_vanishes_and_comes_back_goes_on),
		cmocka_unit_test(test_a_number_given_to_another_device_is_another_row_and_starts_at_0_when_given_back),
		cmocka_unit_test(test_a_number_given_back_to_another_driver_is_another_row),
		cmocka_unit_test(test_a_counter_made_anew_under_another_name_is_another_row),
		cmocka_unit_test(test_a_second_handler_on_the_line_renames_the_row_and_keeps_its_counter),
		cmocka_unit_test(test_a_cpu_that_comes_back_goes_on_from_its_last_value),
		cmocka_unit_test(test_a_cpu_that_comes_back_with_counters_at_0_leaves_the_others_alone),
		cmocka_unit_test(test_a_cpu_never_seen_counts_from_0_if_that_is_possible_in_the_time),
		cmocka_unit_test(test_a_cpu_never_seen_that_was_at_work_before_counts_from_what_it_shows),
		cmocka_unit_test(test_cpus_are_known_by_number_not_by_column),
		cmocka_unit_test(test_a_bare_value_is_no_cpus),
		cmocka_unit_test(test_a_label_that_is_printed_twice_is_two_rows),
		cmocka_unit_test(test_a_gauge_gains_nothing_and_a_torn_row_is_passed_over),
		cmocka_unit_test(test_counters_above_32_bits_go_on_and_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
