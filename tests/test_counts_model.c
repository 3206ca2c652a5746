/*
 * Tests of lib/counts on a simulated machine, which knows what really fired,
 * and on tables of many rows.
 */
#include "counts.h"
#include "machine.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

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

/* The processor time of two tables of so many rows, in seconds. */
static double cost_of(size_t rows)
{
	char *text = malloc(64 * rows + 64);
	size_t length = (size_t)sprintf(text, "           CPU0\n"), i;
	struct counts counts;
	clock_t begin;
	double cost;

	memset(&counts, 0, sizeof counts);
	for (i = 0; i < rows; i++)
		length += (size_t)sprintf(text + length, "%zu: %zu  PCI-MSI %zu-edge  eth%zu\n", i, i, i, i);
	begin = clock();
	add(&counts, text, 100 * SECOND);
	add(&counts, text, 101 * SECOND);
	cost = (double)(clock() - begin) / CLOCKS_PER_SEC;
	assert_int_equal(counts.row_count, rows);
	assert_int_equal(counts.gain_count, 0);
	counts_free(&counts);
	free(text);
	return cost;
}

static void test_the_cost_of_a_table_does_not_grow_with_the_square_of_its_rows(void **state)
{
	double small, large;

	(void)state;
	cost_of(2000);
	small = cost_of(2000);
	large = cost_of(32000);
	if (large > 100 * small + 0.05) /* 16 times as many; the square of that is 256 */
		fail_msg("2000 rows cost %.3f s, 32000 rows %.3f s", small, large);
}

/* ---- the simulated machine ---- */

/* What the counts gained in one cell of a row of the machine, whatever its names. */
static uint64_t gain_of(const struct counts *counts, const struct machine_row *row, unsigned cpu)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < counts->slot_count; i++) {
		const struct counts_slot *slot = &counts->slots[i];
		const struct window_row *is = &counts->rows[slot->row].is;

		if (slot->gain && slot->cpu == cpu && strcmp(is->irq, row->irq) == 0 &&
		    strcmp(is->chip, row->chip) == 0 && strcmp(is->hwirq, row->hwirq) == 0)
			sum += slot->gain;
	}
	return sum;
}

static void check_gains(const struct counts *counts, const struct machine *before, const struct machine *now, unsigned step)
{
	uint64_t all = 0, fired = 0;
	size_t i, cpu;

	for (i = 0; i < counts->slot_count; i++)
		all += counts->slots[i].gain;
	for (i = 0; i < now->row_count; i++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++) {
			const struct machine_row *row = &now->rows[i];
			uint64_t truth = row->fired[cpu] - (i < before->row_count ? before->rows[i].fired[cpu] : 0);
			uint64_t told = truth ? gain_of(counts, row, row->bare ? WINDOW_NO_CPU : machine_cpu_ids[cpu]) : 0;

			if (told != truth)
				fail_msg("step %u: IRQ %s (%s %s) on CPU %u fired %" PRIu64 " times, told are %" PRIu64,
					 step, row->irq, row->hwirq, row->names, machine_cpu_ids[cpu], truth, told);
			fired += truth;
		}
	assert_int_equal(all, fired);
}

static void test_every_gain_of_a_simulated_machine_is_exact(void **state)
{
	static struct machine machine, before;
	struct counts counts;
	unsigned seed, step;
	uint64_t rows = 0;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		memset(&counts, 0, sizeof counts);
		machine_begin(&machine, seed);
		for (step = 0; step < 400; step++) {
			machine_print(&machine);
			add(&counts, machine.text, (100 + step) * SECOND);
			if (step)
				check_gains(&counts, &before, &machine, step);
			before = machine;
			if (machine_random(&machine, 3) == 0)
				machine_change(&machine);
			machine_fire(&machine, 4900000);
		}
		rows += counts.row_count;
		counts_free(&counts);
	}
	assert_true(rows > 20 * 30); /* they did come and go */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_cost_of_a_table_does_not_grow_with_the_square_of_its_rows),
		cmocka_unit_test(test_every_gain_of_a_simulated_machine_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
