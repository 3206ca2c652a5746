/*
 * Tests of lib/irqtable as to its memory, its faults and its limits: texts that
 * are cut anywhere, tables used again, very many CPUs.
 */
#include "irqtable.h"
#include "readall.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *path_of(const char *name)
{
	const char *tests = getenv("IRQPILOT_TESTS");

	return readall_join("%s/fixtures/%s", tests ? tests : "tests", name);
}

/* What the cut text's table says of a CPU is what the whole text's table, which begins at the same place, says. */
static void check_cut(const char *name, const char *text, size_t length, struct irqtable *whole, size_t *whole_at,
		      size_t whole_length, struct irqtable *part)
{
	struct irqtable_text last = { text, length };
	struct irqtable_error error;
	size_t line, at, i;
	bool passed_over;
	char *copy = malloc(length);

	memcpy(copy, text, length);
	last.at = copy;
	irqtable_last(copy, length, &last, &line, &passed_over);
	if (irqtable_parse(part, last.at, last.length, &error) != 0) {
		free(copy);
		return;
	}
	at = (size_t)(last.at - copy);
	if (at != *whole_at)
		assert_int_equal(irqtable_parse(whole, text + at, whole_length - at, &error), 0);
	*whole_at = at;
	assert_true(part->row_count <= whole->row_count);
	for (i = 0; i < part->row_count; i++) {
		const uint64_t *counts = irqtable_counts(part, i);

		if (counts && (part->cpu_count != whole->cpu_count ||
			       memcmp(counts, irqtable_counts(whole, i), part->cpu_count * sizeof *counts) != 0))
			fail_msg("%s: cut at byte %zu, row %zu has other counts", name, length, i);
		if (!counts && i + 1 < part->row_count && part->rows[i].kind != whole->rows[i].kind)
			fail_msg("%s: cut at byte %zu, row %zu has no counts", name, length, i);
	}
	free(copy);
}

static void check_cuts(const char *path)
{
	struct readall file = { NULL, 0, 0 };
	struct irqtable whole = { 0 }, part = { 0 };
	size_t length, step, at = SIZE_MAX;

	assert_int_equal(readall_path(&file, path, 0), 0);
	/* the small ones everywhere, the largest less often: they would take minutes */
	step = file.length < 5000 ? 1 : file.length < 200000 ? 97 : 1009;
	for (length = 0; length < file.length; length += step)
		check_cut(path, file.text, length, &whole, &at, file.length, &part);
	irqtable_free(&whole);
	irqtable_free(&part);
	readall_free(&file);
}

static void a_capture_cut_anywhere_gives_no_wrong_count(void **state)
{
	char *pattern = path_of("interrupts/*.txt");
	glob_t found;
	size_t i;

	(void)state;
	if (glob(pattern, 0, NULL, &found) != 0)
		fail_msg("there is no %s; is IRQPILOT_TESTS the folder of the tests?", pattern);
	assert_int_equal(found.gl_pathc, 87);
	for (i = 0; i < found.gl_pathc; i++)
		check_cuts(found.gl_pathv[i]);
	globfree(&found);
	free(pattern);
}

static struct readall read_file(const char *name)
{
	struct readall file = { NULL, 0, 0 };
	char *path = path_of(name);

	if (readall_path(&file, path, 0) != 0)
		fail_msg("%s cannot be read; is IRQPILOT_TESTS the folder of the tests?", path);
	free(path);
	return file;
}

static void a_second_parse_allocates_nothing_and_gives_the_same(void **state)
{
	struct readall before = read_file("interrupts/stc-bdwup0-before.txt");
	struct readall after = read_file("interrupts/stc-bdwup0-after.txt");
	struct irqtable used = { 0 }, first, fresh = { 0 };
	struct irqtable_error error;
	size_t i;

	(void)state;
	assert_int_equal(irqtable_parse(&used, before.text, before.length, &error), 0);
	first = used;
	assert_int_equal(irqtable_parse(&used, after.text, after.length, &error), 0);
	assert_ptr_equal(used.cpus, first.cpus);
	assert_ptr_equal(used.rows, first.rows);
	assert_ptr_equal(used.counts, first.counts);
	assert_ptr_equal(used.order, first.order);
	assert_int_equal(irqtable_parse(&fresh, after.text, after.length, &error), 0);
	assert_int_equal(used.cpu_count, fresh.cpu_count);
	assert_int_equal(used.row_count, fresh.row_count);
	for (i = 0; i < used.row_count; i++) {
		const uint64_t *counts = irqtable_counts(&used, i);

		assert_ptr_equal(used.rows[i].names.at, fresh.rows[i].names.at);
		assert_int_equal(used.rows[i].kind, fresh.rows[i].kind);
		assert_int_equal(used.rows[i].ordinal, fresh.rows[i].ordinal);
		if (counts)
			assert_memory_equal(counts, irqtable_counts(&fresh, i), used.cpu_count * sizeof *counts);
	}
	irqtable_free(&fresh);
	irqtable_free(&used);
	irqtable_free(&used);
	readall_free(&before);
	readall_free(&after);
}

static void a_fault_leaves_an_empty_table_that_can_be_used_again(void **state)
{
	static const char good[] = "CPU0 CPU3\n1: 2 3 timer\n", bad[] = "CPU0 CPU0\n1: 2 3 timer\n";
	struct irqtable table = { 0 };
	struct irqtable_error error;

	(void)state;
	assert_int_equal(irqtable_parse(&table, good, sizeof good - 1, &error), 0);
	assert_int_equal(irqtable_parse(&table, bad, sizeof bad - 1, &error), -1);
	assert_int_equal(table.row_count + table.cpu_count + table.short_rows, 0);
	assert_int_equal(irqtable_parse(&table, good, sizeof good - 1, &error), 0);
	assert_int_equal(irqtable_counts(&table, 0)[1], 3);
	irqtable_free(&table);
}

static void of_a_series_the_first_table_is_parsed(void **state)
{
	struct readall file = read_file("made/series-other-cpus.txt");
	struct irqtable table = { 0 };
	struct irqtable_error error;

	(void)state;
	assert_int_equal(irqtable_parse(&table, file.text, file.length, &error), 0);
	assert_int_equal(table.cpu_count, 2);
	assert_int_equal(table.row_count, 2);
	assert_int_equal(table.line_count, 3);
	assert_int_equal(irqtable_counts(&table, 1)[1], 200000);
	irqtable_free(&table);
	readall_free(&file);
}

/* 1,152 CPUs, every other of 2,304: a row is longer than three pages. */
static void a_table_may_have_1152_cpus(void **state)
{
	struct irqtable table = { 0 };
	struct irqtable_error error;
	size_t size, row, cpu;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fprintf(out, "%12s", "");
	for (cpu = 0; cpu < 1152; cpu++)
		fprintf(out, "CPU%-8zu", 2 * cpu);
	for (row = 0; row < 300; row++) {
		fprintf(out, "\n%4zu:", row);
		for (cpu = 0; cpu < 1152; cpu++)
			fprintf(out, " %10zu", row * cpu % 7 ? 0 : row * 1152 + cpu);
		fprintf(out, "  IR-PCI-MSI %4zu-edge      queue-%zu", row, row);
	}
	fprintf(out, "\nERR: %10d\n", 5);
	fclose(out);
	assert_int_equal(irqtable_parse(&table, text, size, &error), 0);
	assert_int_equal(table.cpu_count, 1152);
	assert_int_equal(table.row_count, 301);
	assert_int_equal(table.short_rows, 0);
	for (row = 0; row < 300; row++)
		for (cpu = 0; cpu < 1152; cpu++) {
			assert_int_equal(table.cpus[cpu], 2 * cpu);
			assert_int_equal(irqtable_counts(&table, row)[cpu], row * cpu % 7 ? 0 : row * 1152 + cpu);
		}
	irqtable_free(&table);
	free(text);
}

/* A table whose header is followed by an empty line; its sum is known. */
static void the_rates_of_64_queues_sum_up(void **state)
{
	struct readall file = read_file("irq-rates-2cpu.txt");
	struct irqtable table = { 0 };
	struct irqtable_error error;
	uint64_t sum = 0;
	size_t i;

	(void)state;
	assert_int_equal(irqtable_parse(&table, file.text, file.length, &error), 0);
	assert_int_equal(table.row_count, 64);
	for (i = 0; i < table.row_count; i++)
		sum += irqtable_counts(&table, i)[0] + irqtable_counts(&table, i)[1];
	assert_int_equal(sum, 54950199029);
	assert_true(irqtable_is(table.rows[63].names, "eth1-TxRx-31"));
	irqtable_free(&table);
	readall_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_cut_anywhere_gives_no_wrong_count),
		cmocka_unit_test(a_second_parse_allocates_nothing_and_gives_the_same),
		cmocka_unit_test(a_fault_leaves_an_empty_table_that_can_be_used_again),
		cmocka_unit_test(of_a_series_the_first_table_is_parsed),
		cmocka_unit_test(a_table_may_have_1152_cpus),
		cmocka_unit_test(the_rates_of_64_queues_sum_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
