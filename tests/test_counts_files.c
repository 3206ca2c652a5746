/*
 * Tests of lib/counts on saved files: the pairs of real tables in fixtures/,
 * whose times are unknown, and the window that the client makes of them.
 */
#include "counts.h"
#include "readall.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CPU01 "           CPU0       CPU1\n"

/* A table with the text that it points into. */
struct saved {
	struct readall text;
	struct irqtable table;
};

static char *path_of(const char *name)
{
	const char *tests = getenv("IRQPILOT_TESTS");

	return readall_join("%s/fixtures/interrupts/%s", tests ? tests : "tests", name);
}

static struct saved load(const char *name)
{
	char *path = path_of(name);
	struct irqtable_error error;
	struct saved saved;

	memset(&saved, 0, sizeof saved);
	if (readall_path(&saved.text, path, 0) != 0)
		fail_msg("%s cannot be read; is IRQPILOT_TESTS the folder of the tests?", path);
	if (irqtable_parse(&saved.table, saved.text.text, saved.text.length, &error) != 0)
		fail_msg("%s: line %zu: %s", path, error.line, error.text);
	free(path);
	return saved;
}

static void drop(struct saved *saved)
{
	irqtable_free(&saved->table);
	readall_free(&saved->text);
}

static void add_text(struct counts *counts, const char *text)
{
	struct irqtable_error error;
	struct irqtable table;

	memset(&table, 0, sizeof table);
	if (irqtable_parse(&table, text, strlen(text), &error) != 0)
		fail_msg("line %zu: %s", error.line, error.text);
	assert_int_equal(counts_add(counts, &table, COUNTS_UNKNOWN_TIME), 0);
	irqtable_free(&table);
}

static bool same_text(struct irqtable_text a, struct irqtable_text b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* The cell of the same row, its tail too (as PAIRS.tsv has it), and CPU in another table. */
static bool find_cell(const struct irqtable *table, const struct irqtable_row *row, unsigned cpu, uint64_t *value)
{
	size_t i, k;

	for (i = 0; i < table->row_count; i++) {
		const struct irqtable_row *other = &table->rows[i];

		if (other->ordinal != row->ordinal || other->kind != row->kind || !same_text(other->label, row->label) ||
		    !same_text(other->tail, row->tail))
			continue;
		if (row->kind == IRQTABLE_BARE && cpu == WINDOW_NO_CPU) {
			*value = other->value;
			return true;
		}
		for (k = 0; k < table->cpu_count && irqtable_counts(table, i); k++)
			if (table->cpus[k] == cpu) {
				*value = irqtable_counts(table, i)[k];
				return true;
			}
	}
	return false;
}

/* What the counts gained in the row of that label on that CPU. */
static uint64_t gain_of(const struct counts *counts, const struct irqtable_row *row, unsigned cpu)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < counts->slot_count; i++) {
		const struct window_row *is = &counts->rows[counts->slots[i].row].is;

		if (counts->slots[i].cpu == cpu && is->ordinal == row->ordinal && irqtable_is(row->label, is->irq))
			sum += counts->slots[i].sum;
	}
	return sum;
}

struct pair {
	char first[64], second[64], relation[64];
	unsigned up, down; /* as listed */
	unsigned found_up, found_down;
	struct saved before, after;
	struct counts counts;
};

/* One cell that both tables have. */
static void check_cell(struct pair *pair, const struct irqtable_row *row, unsigned cpu, uint64_t now)
{
	uint64_t before, gain = gain_of(&pair->counts, row, cpu);
	bool other_boot = strcmp(pair->relation, "other boot") == 0;

	if (gain > UINT64_C(1) << 31)
		fail_msg("%s: row %.*s gained %" PRIu64 " on CPU %u", pair->second, (int)row->label.length,
			 row->label.at, gain, cpu);
	if (!find_cell(&pair->before.table, row, cpu, &before))
		return;
	pair->found_up += now > before;
	pair->found_down += now < before;
	if (!other_boot && gain != now - before)
		fail_msg("%s: row %.*s on CPU %u went from %" PRIu64 " to %" PRIu64 " and gained %" PRIu64, pair->second,
			 (int)row->label.length, row->label.at, cpu, before, now, gain);
}

static void check_pair(struct pair *pair)
{
	const struct irqtable *table;
	size_t i, k;

	memset(&pair->counts, 0, sizeof pair->counts);
	pair->found_up = pair->found_down = 0;
	pair->before = load(pair->first);
	pair->after = load(pair->second);
	table = &pair->after.table;
	assert_int_equal(counts_add(&pair->counts, &pair->before.table, COUNTS_UNKNOWN_TIME), 0);
	assert_int_equal(counts_add(&pair->counts, table, COUNTS_UNKNOWN_TIME), 0);
	for (i = 0; i < table->row_count; i++) {
		const uint64_t *values = irqtable_counts(table, i);

		if (table->rows[i].kind == IRQTABLE_BARE)
			check_cell(pair, &table->rows[i], WINDOW_NO_CPU, table->rows[i].value);
		for (k = 0; k < table->cpu_count && values; k++)
			check_cell(pair, &table->rows[i], table->cpus[k], values[k]);
	}
	if (pair->found_up != pair->up || pair->found_down != pair->down)
		fail_msg("%s and %s: %u cells go up and %u down, listed are %u and %u", pair->first, pair->second,
			 pair->found_up, pair->found_down, pair->up, pair->down);
	counts_free(&pair->counts);
	drop(&pair->before);
	drop(&pair->after);
}

static void test_the_pairs_of_real_tables_gain_what_goes_up_between_them(void **state)
{
	char *path = path_of("PAIRS.tsv"), line[512];
	FILE *file = fopen(path, "r");
	unsigned pairs = 0;
	struct pair pair;

	(void)state;
	if (!file || !fgets(line, sizeof line, file))
		fail_msg("%s cannot be read; is IRQPILOT_TESTS the folder of the tests?", path);
	while (fgets(line, sizeof line, file)) {
		assert_int_equal(sscanf(line, "%63[^\t]\t%63[^\t]\t%63[^\t]\t%*[^\t]\t%*d\t%*d\t%u\t%u", pair.first,
					pair.second, pair.relation, &pair.up, &pair.down), 5);
		check_pair(&pair);
		pairs++;
	}
	assert_int_equal(pairs, 22);
	fclose(file);
	free(path);
}

static void test_counters_of_another_boot_are_taken_as_counted_anew(void **state)
{
	struct saved before = load("power9-xive-1cpu-a.txt"), after = load("power9-xive-1cpu-b.txt");
	struct counts counts;
	size_t i, anew = 0;

	(void)state;
	memset(&counts, 0, sizeof counts);
	assert_int_equal(counts_add(&counts, &before.table, COUNTS_UNKNOWN_TIME), 0);
	assert_int_equal(counts_add(&counts, &after.table, COUNTS_UNKNOWN_TIME), 0);
	for (i = 0; i < counts.fall_count; i++)
		anew += counts.falls[i].anew;
	assert_true(anew > 0);
	for (i = 0; i < counts.slot_count; i++)
		if (counts.rows[counts.slots[i].row].is.numbered && counts.slots[i].sum)
			assert_int_equal(counts.slots[i].sum, counts.slots[i].last);
	counts_free(&counts);
	drop(&before);
	drop(&after);
}

static void test_two_files_at_unknown_times_wrap_by_half_of_2_to_the_32_at_most(void **state)
{
	struct counts counts;

	(void)state;
	memset(&counts, 0, sizeof counts);
	add_text(&counts, CPU01 " 24: 4294967000 3000  PCI-MSI 0-edge  eth0\n 25: 9 9  PCI-MSI 1-edge  eth1\n");
	add_text(&counts, CPU01 " 24: 2000000000 3001  PCI-MSI 0-edge  eth0\n 25: 8 12  PCI-MSI 1-edge  eth1\n");
	assert_int_equal(counts.slots[0].sum, 2000000296);
	assert_int_equal(counts.slots[1].sum, 1);
	assert_int_equal(counts.slots[2].sum, 8); /* a fall by 1 is none of 4294967295 */
	assert_int_equal(counts.slots[3].sum, 12);
	assert_int_equal(counts.fall_count, 1);
	counts_free(&counts);
}

/* The cell of the window, 0 where it has none. */
static uint64_t cell(const struct window *window, const char *irq, unsigned cpu)
{
	size_t i;

	for (i = 0; i < window->cell_count; i++)
		if (window->cells[i].cpu == cpu && strcmp(window->rows[window->cells[i].row].irq, irq) == 0)
			return window->cells[i].count;
	return 0;
}

static void test_a_window_of_two_files_holds_what_fired_between_them_in_the_kernels_order(void **state)
{
	struct counts counts;
	struct window window;

	(void)state;
	memset(&counts, 0, sizeof counts);
	memset(&window, 0, sizeof window);
	add_text(&counts, "           CPU0\n  9: 5  IO-APIC 9-edge  acpi\n 30: 7  PCI-MSI 3-edge  gone\n"
			  "LOC: 100   Local\nERR: 0\n");
	add_text(&counts, CPU01 "  9: 6 1  IO-APIC 9-edge  acpi\n 24: 3 0  PCI-MSI 0-edge  eth0\n"
				"LOC: 100 2   Local\nERR: 4\n");
	assert_int_equal(counts_window(&counts, false, &window), 0);
	assert_false(window.span.timed);
	assert_int_equal(window.row_count, 4); /* IRQ 30 is gone and did not fire */
	assert_string_equal(window.rows[0].irq, "9");
	assert_string_equal(window.rows[1].irq, "24");
	assert_string_equal(window.rows[2].irq, "LOC");
	assert_string_equal(window.rows[3].irq, "ERR");
	assert_int_equal(cell(&window, "9", 0), 1);
	assert_int_equal(cell(&window, "9", 1), 1);
	assert_int_equal(cell(&window, "24", 0), 3);
	assert_int_equal(cell(&window, "LOC", 0), 0);
	assert_int_equal(cell(&window, "LOC", 1), 2);
	assert_int_equal(cell(&window, "ERR", WINDOW_NO_CPU), 4);
	assert_int_equal(window.cell_count, 5);
	assert_int_equal(cpulist_size(&window.cpus), 2);
	window_free(&window);
	counts_free(&counts);
}

static void test_a_window_of_one_file_holds_what_fired_since_boot(void **state)
{
	struct counts counts;
	struct window window;

	(void)state;
	memset(&counts, 0, sizeof counts);
	memset(&window, 0, sizeof window);
	add_text(&counts, CPU01 " 24: 30 0  PCI-MSI 0-edge  eth0\nSTK: 77 88   Kernel stack usage\nLOC: 1 2   Local\n");
	assert_int_equal(counts_window(&counts, true, &window), 0);
	assert_int_equal(window.row_count, 3);
	assert_int_equal(cell(&window, "24", 0), 30);
	assert_int_equal(cell(&window, "STK", 0), 0);
	assert_int_equal(cell(&window, "LOC", 1), 2);
	assert_int_equal(window.cell_count, 3);
	window_free(&window);
	counts_free(&counts);
}

static void test_counts_that_add_up_to_more_than_63_bits_are_refused(void **state)
{
	struct counts counts;
	struct window window;

	(void)state;
	memset(&counts, 0, sizeof counts);
	memset(&window, 0, sizeof window);
	add_text(&counts, CPU01 " 24: 4611686018427387904 4611686018427387904  PCI-MSI 0-edge  eth0\n");
	assert_int_equal(counts_window(&counts, true, &window), -EOVERFLOW);
	window_free(&window);
	counts_free(&counts);
}

static void test_the_sums_of_s390_are_kept_apart_from_their_parts(void **state)
{
	struct counts counts;
	struct window window;

	(void)state;
	memset(&counts, 0, sizeof counts);
	memset(&window, 0, sizeof window);
	add_text(&counts, CPU01 "EXT: 100 200\nI/O: 7 7\nAIO: 0 0\n  3: 0 0  PCI 3-edge  mlx5\n"
			 "CLK: 60 150   [EXT] Clock Comparator\nEXC: 40 50   [EXT] External Call\n");
	add_text(&counts, CPU01 "EXT: 104 200\nI/O: 7 8\nAIO: 0 0\n  3: 1 0  PCI 3-edge  mlx5\n"
			 "CLK: 63 150   [EXT] Clock Comparator\nEXC: 41 50   [EXT] External Call\n");
	assert_int_equal(counts_window(&counts, false, &window), 0);
	assert_string_equal(window.rows[0].irq, "EXT"); /* before the numbers, as that kernel prints them */
	assert_int_equal(window.rows[0].kind, IRQTABLE_SUM);
	assert_string_equal(window.rows[3].irq, "3");
	assert_string_equal(window.rows[4].irq, "CLK");
	assert_int_equal(window.rows[4].kind, IRQTABLE_COUNTER);
	assert_int_equal(cell(&window, "EXT", 0), 4);
	assert_int_equal(cell(&window, "CLK", 0), 3);
	window_free(&window);
	counts_free(&counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_pairs_of_real_tables_gain_what_goes_up_between_them),
		cmocka_unit_test(test_counters_of_another_boot_are_taken_as_counted_anew),
		cmocka_unit_test(test_two_files_at_unknown_times_wrap_by_half_of_2_to_the_32_at_most),
		cmocka_unit_test(test_a_window_of_two_files_holds_what_fired_between_them_in_the_kernels_order),
		cmocka_unit_test(test_a_window_of_one_file_holds_what_fired_since_boot),
		cmocka_unit_test(test_counts_that_add_up_to_more_than_63_bits_are_refused),
		cmocka_unit_test(test_the_sums_of_s390_are_kept_apart_from_their_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
