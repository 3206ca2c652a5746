/*
 * Tests of lib/history with counts: a writer that goes on where another one
 * stopped, or where a sample could not be stored, on small tables.
 */
#include "history.h"
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIZE (UINT64_C(1) << 20)
#define SECOND UINT64_C(1000000)
#define CPU0 "           CPU0\n"
#define CPU01 "           CPU0       CPU1\n"

static char *folder;
static struct history_writer *writer;
static struct counts counts;
static struct irqtable table;
static struct history_boot boot;
static struct clock_now now;
static struct window window;

static const char *path(void)
{
	return made_path(folder, "irqs.history");
}

static void open_writer(void)
{
	struct clock_now last;
	char *why = NULL;

	assert_int_equal(history_open_writer(&writer, path(), SIZE, &why), 0);
	assert_null(why);
	assert_true(history_resume(writer, &boot, &counts, &last) >= 0);
}

static int begin(void **state)
{
	(void)state;
	folder = made_new();
	memset(&boot, 7, sizeof boot);
	now.boot_us = 1000 * SECOND;
	now.real_us = INT64_C(1767350000000000);
	open_writer();
	return 0;
}

static int end(void **state)
{
	(void)state;
	history_close_writer(writer);
	counts_free(&counts);
	irqtable_free(&table);
	window_free(&window);
	made_remove(folder);
	return 0;
}

/* Another process goes on. */
static void restart(void)
{
	history_close_writer(writer);
	counts_free(&counts);
	open_writer();
}

/* A sample so many seconds later. */
static int step(const char *text, uint64_t seconds)
{
	struct history_stamp stamp;
	struct irqtable_error error;

	now.boot_us += seconds * SECOND;
	now.real_us += (int64_t)(seconds * SECOND);
	stamp = (struct history_stamp){ now, 1, SECOND, NULL };
	if (irqtable_parse(&table, text, strlen(text), &error) != 0)
		fail_msg("line %zu: %s", error.line, error.text);
	assert_int_equal(counts_add(&counts, &table, now.boot_us), 0);
	return history_append(writer, &boot, &stamp, &counts);
}

/* The window of so many seconds before now. */
static void ask(uint64_t seconds)
{
	struct history_question question = { now.real_us - (int64_t)(seconds * SECOND), now.real_us };
	struct history_reader *reader;
	char *why = NULL;

	assert_int_equal(history_open_reader(&reader, path(), &why), 0);
	window_free(&window);
	assert_int_equal(history_window(reader, &question, &window), 0);
	history_close_reader(reader);
}

static uint64_t cell(const char *irq, const char *names, unsigned cpu)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < window.cell_count; i++) {
		const struct window_row *row = &window.rows[window.cells[i].row];

		if (window.cells[i].cpu == cpu && strcmp(row->irq, irq) == 0 && (!names || strcmp(row->names, names) == 0))
			sum += window.cells[i].count;
	}
	return sum;
}

static void test_counters_above_32_bits_go_on(void **state)
{
	(void)state;
	assert_int_equal(step(CPU0 " 24: 54950199029  PCI-MSI 0-edge  eth0\n", 1), 0);
	restart();
	assert_int_equal(step(CPU0 " 24: 54950199040  PCI-MSI 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", NULL, 0), 11);
}

static void test_a_counter_that_wrapped_goes_on(void **state)
{
	(void)state;
	assert_int_equal(step(CPU0 " 24: 4294967290  PCI-MSI 0-edge  eth0\n", 1), 0);
	assert_int_equal(step(CPU0 " 24: 4  PCI-MSI 0-edge  eth0\n", 1), 0);
	restart();
	assert_int_equal(step(CPU0 " 24: 7  PCI-MSI 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", NULL, 0), 3);
	ask(2);
	assert_int_equal(cell("24", NULL, 0), 13);
}

static void test_a_bare_value_and_a_label_printed_twice_go_on(void **state)
{
	(void)state;
	assert_int_equal(step(CPU0 "LOC: 10   timer\nLOC: 500   others\nERR: 3\n", 1), 0);
	restart();
	assert_int_equal(step(CPU0 "LOC: 11   timer\nLOC: 502   others\nERR: 7\n", 1), 0);
	ask(1);
	assert_int_equal(cell("LOC", "timer", 0), 1);
	assert_int_equal(cell("LOC", "others", 0), 2);
	assert_int_equal(cell("ERR", NULL, WINDOW_NO_CPU), 4);
}

static void test_a_number_given_back_starts_at_0_after_a_stop_too(void **state)
{
	(void)state;
	assert_int_equal(step(CPU0 " 24: 700  PCI-MSI-0000:00:03.0 0-edge  eth0\n", 1), 0);
	assert_int_equal(step(CPU0 " 24: 5  PCI-MSI-0000:00:04.0 0-edge  nvme0q0\n", 1), 0);
	restart();
	assert_int_equal(step(CPU0 " 24: 720  PCI-MSI-0000:00:03.0 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", "eth0", 0), 720);
}

static void test_a_row_that_was_gone_goes_on_after_a_stop_too(void **state)
{
	(void)state;
	assert_int_equal(step(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n  3: 100  IO-APIC 3-edge  ttyS1\n", 1), 0);
	assert_int_equal(step(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n", 1), 0);
	restart();
	assert_int_equal(step(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n  3: 103  IO-APIC 3-edge  ttyS1\n", 1), 0);
	ask(2);
	assert_int_equal(cell("3", NULL, 0), 3);
}

static void test_a_wrap_needs_the_time_since_the_last_sample(void **state)
{
	static const char text[] = CPU0 " 24: 4200000000  PCI-MSI 0-edge  eth0\n";

	(void)state;
	assert_int_equal(step(text, 1), 0);
	assert_int_equal(step(text, 10000), 0); /* the row was written down long ago, but seen now */
	restart();
	assert_int_equal(step(CPU0 " 24: 20  PCI-MSI 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", NULL, 0), 20);
}

static void test_counters_made_anew_during_a_stop_all_count_from_0(void **state)
{
	(void)state;
	assert_int_equal(step(CPU01 " 24: 1000 500  PCI-MSI 0-edge  eth0\n", 1), 0);
	restart();
	assert_int_equal(step(CPU01 " 24: 200 700  PCI-MSI 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", NULL, 0), 200);
	assert_int_equal(cell("24", NULL, 1), 700);
}

static void test_what_a_sample_gained_that_did_not_fit_is_counted_after_a_restart(void **state)
{
	enum { ROWS = 2000 };
	char *text = malloc(ROWS * 80);
	size_t length, i;

	(void)state;
	assert_int_equal(step(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n", 1), 0);
	length = (size_t)sprintf(text, CPU0 "  1: 14  IO-APIC 1-edge  i8042\n");
	for (i = 2; i < ROWS; i++)
		length += (size_t)sprintf(text + length, "%zu: 1  PCI-MSI %zu-edge  eth%zu\n", i, i, i);
	assert_int_equal(step(text, 1), -EFBIG);
	free(text);
	restart();
	assert_int_equal(step(CPU0 "  1: 15  IO-APIC 1-edge  i8042\n  2: 3  IO-APIC 2-edge  x\n", 1), 0);
	assert_int_equal(step(CPU0 "  1: 16  IO-APIC 1-edge  i8042\n  2: 4  IO-APIC 2-edge  x\n", 1), 0);
	ask(3);
	assert_int_equal(cell("1", NULL, 0), 7);
	assert_int_equal(cell("2", NULL, 0), 4);
}

static void test_a_sample_that_was_counted_but_not_appended_is_not_lost(void **state)
{
	char *away = strdup(made_path(folder, "away"));

	(void)state;
	assert_int_equal(step(CPU0 "  1: 9  IO-APIC 1-edge  i8042\n", 1), 0);
	assert_int_equal(rename(path(), away), 0);
	assert_int_equal(step(CPU0 "  1: 14  IO-APIC 1-edge  i8042\n  2: 3  IO-APIC 2-edge  x\n", 1), -ESTALE);
	assert_int_equal(rename(away, path()), 0);
	assert_int_equal(step(CPU0 "  1: 15  IO-APIC 1-edge  i8042\n  2: 4  IO-APIC 2-edge  x\n", 1), 0);
	ask(2);
	assert_int_equal(cell("1", NULL, 0), 6);
	assert_int_equal(cell("2", NULL, 0), 4);
	free(away);
}

static void test_an_uptime_that_falls_is_a_reboot_where_there_is_no_boot_id(void **state)
{
	(void)state;
	memset(&boot, 0, sizeof boot);
	assert_int_equal(step(CPU0 " 24: 1000  PCI-MSI 0-edge  eth0\n", 1), 0);
	assert_int_equal(step(CPU0 " 24: 1001  PCI-MSI 0-edge  eth0\n", 20), 0);
	now.boot_us -= 10 * SECOND; /* still after the first sample */
	assert_int_equal(step(CPU0 " 24: 1300  PCI-MSI 0-edge  eth0\n", 0), 0);
	assert_int_equal(step(CPU0 " 24: 1302  PCI-MSI 0-edge  eth0\n", 1), 0);
	ask(1);
	assert_int_equal(cell("24", NULL, 0), 2);
	ask(100);
	assert_int_equal(cell("24", NULL, 0), 3);
	assert_string_equal(window.span.gaps[0].why, "reboot");
}

static void test_a_small_machine_fills_its_file_too(void **state)
{
	struct history_reader *reader;
	struct history_range range;
	char *why = NULL, text[200];
	unsigned i;

	(void)state;
	for (i = 0; i < 60000; i++) {
		snprintf(text, sizeof text, CPU0 "  1: %u  IO-APIC 1-edge  i8042\n", 1000 + i);
		assert_int_equal(step(text, 1), 0);
	}
	assert_int_equal(history_open_reader(&reader, path(), &why), 0);
	assert_int_equal(history_range(reader, &range), 0);
	assert_in_range(range.bytes, SIZE * 85 / 100, SIZE);
	assert_in_range(range.samples, 40000, 59999);
	history_close_reader(reader);
	ask(30000);
	assert_int_equal(cell("1", NULL, 0), 30000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counters_above_32_bits_go_on),
		TEST(test_a_counter_that_wrapped_goes_on),
		TEST(test_a_bare_value_and_a_label_printed_twice_go_on),
		TEST(test_a_number_given_back_starts_at_0_after_a_stop_too),
		TEST(test_a_row_that_was_gone_goes_on_after_a_stop_too),
		TEST(test_a_wrap_needs_the_time_since_the_last_sample),
		TEST(test_counters_made_anew_during_a_stop_all_count_from_0),
		TEST(test_what_a_sample_gained_that_did_not_fit_is_counted_after_a_restart),
		TEST(test_a_sample_that_was_counted_but_not_appended_is_not_lost),
		TEST(test_an_uptime_that_falls_is_a_reboot_where_there_is_no_boot_id),
		TEST(test_a_small_machine_fills_its_file_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
