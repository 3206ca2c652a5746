/*
 * Tests of how irqclient fits what it shows into a terminal: which CPUs are
 * shown, what is cut, where sentences are wrapped, what a refreshed screen holds.
 */
#include "client_fake.h"

#include "../client/cmd.h"
#include "../client/show.h"
#include "../client/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- an overview ---- */

/* Shows an overview of that many CPUs, each busier than the one before, but for CPU0, which is the busiest. */
static void show_with(unsigned cpus, const char *name, size_t width, bool colour)
{
	struct arena arena = { NULL };
	struct view_overview overview;
	struct view_irq irqs[2];
	const struct screen terminal = { .terminal = true, .width = width, .height = 24, .colour = colour };
	size_t i, length;
	FILE *stream;

	memset(&overview, 0, sizeof overview);
	memset(irqs, 0, sizeof irqs);
	overview.cpus = arena_alloc(&arena, cpus, sizeof *overview.cpus);
	overview.cpu_totals.items = arena_alloc(&arena, cpus, sizeof *overview.cpu_totals.items);
	overview.cpu_count = overview.cpu_totals.count = cpus;
	for (i = 0; i < cpus; i++) {
		overview.cpus[i] = overview.cpu_totals.items[i].cpu = (unsigned)i;
		overview.cpu_totals.items[i].count = i ? 1000 + i : 5000000;
		overview.total += overview.cpu_totals.items[i].count;
	}
	overview.window.seconds = 60;
	overview.irqs = irqs;
	overview.irq_count = 2;
	for (i = 0; i < 2; i++) {
		irqs[i].irq = i ? "LOC" : "41";
		irqs[i].name = i ? "Local timer interrupts" : name;
		irqs[i].total = i ? 0 : overview.total;
		irqs[i].per_second = 1;
	}
	irqs[0].counts = overview.cpu_totals;
	free(out);
	stream = open_memstream(&out, &length);
	assert_int_equal(show_overview(stream, &overview, "covered", "nothing", &terminal), 0);
	fclose(stream);
	arena_free(&arena);
}

static void show_cpus(unsigned cpus, const char *name, size_t width)
{
	show_with(cpus, name, width, false);
}

static void test_2_cpus_are_both_shown_and_names_are_whole_where_there_is_room(void **state)
{
	(void)state;
	show_cpus(2, "virtio0-input.0", 80);
	assert_in_range(widest_line(out), 60, 80);
	assert_has(out, "CPU0  CPU1\n");
	assert_has(out, "Local timer interrupts ");
	assert_lacks(out, "others");
}

static void test_names_are_cut_only_when_three_columns_of_cpus_would_not_fit(void **state)
{
	(void)state;
	show_cpus(2, "eth0-TxRx-0", 54);
	assert_int_equal(widest_line(out), 54);
	assert_has(out, "CPU0  CPU1\n");
	assert_has(out, "\n 41  eth0-TxRx-0    5001001 ");
	assert_has(out, "\nLOC  Local timer ~        0 ");
}

static void test_256_cpus_fit_into_any_width_with_the_sum_of_those_that_do_not(void **state)
{
	static const size_t widths[] = { 60, 72, 80, 100, 132, 200, 400, 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof widths / sizeof *widths; i++) {
		const char *row;
		uint64_t sum = 0;
		unsigned long long n;
		int used, column, shown = 0;

		show_cpus(256, "nvme0q1", widths[i]);
		assert_in_range(widest_line(out), widths[i] - 10, widths[i]);
		assert_has(out, "  CPU0  ");
		assert_has(out, "  CPU255  others\n");
		row = strstr(out, "\n 41  ") + 14; /* behind the name: total, rate, CPUs, others */
		for (column = 0; sscanf(row, "%llu%n", &n, &used) == 1; column++, row += used) {
			if (column == 1)
				row = strchr(row + used, ' ') - used;
			else if (column > 1)
				sum += n;
			shown += column > 1;
		}
		assert_int_equal(sum, 5000000 + 255 * 1000 + 255 * 256 / 2);
		row = strstr(out, "others: the sum of ");
		assert_non_null(row);
		assert_int_equal(atoi(row + 19), 256 - (shown - 1));
	}
}

static void test_without_a_terminal_256_cpus_are_all_there(void **state)
{
	(void)state;
	show_cpus(256, "a-name-that-is-much-longer-than-the-eighty-columns-of-a-terminal-used-to-be-long-ago", 0);
	assert_has(out, "CPU254  CPU255\n");
	assert_has(out, "used-to-be-long-ago  ");
	assert_lacks(out, "others");
	assert_lacks(out, "\033");
}

static void test_the_busiest_cpus_that_fit_are_chosen_and_ties_go_to_the_lower_number(void **state)
{
	static const size_t widths[] = { 4, 4, 4, 4, 4 };
	static const uint64_t loads[] = { 1, 9, 5, 9, 5 };
	bool shown[5];

	(void)state;
	assert_int_equal(show_fit(5, widths, loads, 6, 30, shown), 5);
	assert_int_equal(show_fit(5, widths, loads, 6, 29, shown), 3);
	assert_true(!shown[0] && shown[1] && shown[2] && shown[3] && !shown[4]);
	assert_int_equal(show_fit(5, widths, loads, 6, 8, shown), 0);
	assert_int_equal(show_fit(5, widths, loads, 6, 7, shown), -1);
}

static void test_colours_mark_the_head_and_dim_zeros(void **state)
{
	(void)state;
	show_with(2, "eth0", 100, true);
	assert_has(out, "\033[1mIRQ\033[0m");
	assert_has(out, "  \033[2m0\033[0m\n");
	assert_lacks(out, "2m5000000");
}

/* ---- a summary ---- */

#define WINDOW(gaps) \
	"{\"window\": {\"start\": \"2026-01-02T23:59:50Z\", \"end\": \"2026-01-03T00:00:10Z\", \"seconds\": 20, " \
	"\"requested_seconds\": 60, \"samples\": 12, \"complete\": false, \"gaps\": [" gaps "]}, "
#define GAP \
	"{\"start\": \"2026-01-02T23:59:52Z\", \"end\": \"2026-01-02T23:59:58Z\", \"why\": \"stopped\"}"
#define CPU(cpu, online) \
	"{\"cpu\": " cpu ", \"online\": " online ", \"node\": 0, \"core\": 0, \"total\": 1234567890, \"per_second\": " \
	"12345.6, \"device_total\": 1234567, \"device_per_second\": 5, \"share\": 0.5, \"irqs\": 2, \"top\": {\"irq\": " \
	"\"41\", \"name\": \"eth0-TxRx-0\", \"share\": 0.9}}"
#define SUMMARY \
	WINDOW("") "\"all\": {\"total\": 3703703670, \"per_second\": 37036.8, \"device_total\": 3703701, " \
	"\"device_per_second\": 15}, \"cpus\": [" CPU("0", "true") ", " CPU("1", "false") ", " CPU("2", "true") "], " \
	"\"evenness\": {\"cpus\": 2, \"max\": 1234567, \"min\": 1234567, \"mean\": 1234567, \"imbalance\": 0, " \
	"\"spread\": 0, \"stdev_percent\": 0}}"

static void show_summary_in(size_t width)
{
	will_answer(0, 200, SUMMARY);
	screen.width = width;
	assert_int_equal(irqclient("summary"), CMD_DONE);
}

static void test_a_summary_fits_any_usual_width_by_leaving_out_what_matters_least(void **state)
{
	size_t width;

	(void)state;
	for (width = 60; width < 120; width++) {
		show_summary_in(width);
		if (widest_line(out) > width)
			fail_msg("%zu columns:\n%s", width, out);
		assert_has(out, "SHARE %");
		assert_has(out, "eth0-Tx");
	}
	assert_has(out, "NODE");
	show_summary_in(80);
	assert_lacks(out, "NODE");
	assert_has(out, "PER SECOND");
}

/* ---- sentences ---- */

static void test_a_line_ends_at_a_blank_or_within_a_word_that_is_too_long(void **state)
{
	(void)state;
	assert_int_equal(text_line("one two three", 0), 13);
	assert_int_equal(text_line("one two three", 13), 13);
	assert_int_equal(text_line("one two three", 12), 7);
	assert_int_equal(text_line("one two three", 7), 7);
	assert_int_equal(text_line("one two three", 6), 3);
	assert_int_equal(text_line("one   two", 5), 3);
	assert_int_equal(text_line("one two three", 2), 2);
	assert_int_equal(text_line("", 5), 0);
}

/* text with blanks for the ends of its lines, but for the last. */
static void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n' && text[1])
			*text = ' ';
}

static void test_sentences_are_wrapped_and_whole(void **state)
{
	static const char answer[] = WINDOW(GAP ", " GAP ", " GAP ", " GAP) "\"cpus\": [0], \"total\": 0, "
				     "\"cpu_totals\": {\"0\": 0}, \"irqs\": []}";
	char *piped;

	(void)state;
	will_answer(0, 200, answer);
	assert_int_equal(irqclient("overview"), CMD_DONE);
	assert_int_equal(count_lines(out), 2);
	piped = strdup(out);
	join_lines(piped);
	for (screen.width = 10; screen.width < 300; screen.width++) {
		will_answer(0, 200, answer);
		assert_int_equal(irqclient("overview"), CMD_DONE);
		assert_in_range(widest_line(out), 1, screen.width);
		join_lines(out);
		assert_string_equal(out, piped);
	}
	free(piped);
}

static void test_the_word_on_cpus_that_are_folded_is_wrapped(void **state)
{
	(void)state;
	show_cpus(256, "nvme0q1", 48);
	assert_in_range(widest_line(out), 40, 48);
	assert_has(out, " 256 CPUs; -C chooses\nwhich to show\n");
	show_cpus(256, "nvme0q1", 36);
	assert_has(out, "\n256 CPUs do not fit\n");
}

/* ---- a refreshed screen ---- */

static void test_a_refreshed_screen_holds_all_lines_and_counts_the_rows_left_out(void **state)
{
	static const char *const commands[] = { "overview -i", "summary -i" };
	size_t i, rows;

	(void)state;
	for (i = 0; i < 2; i++)
		for (screen.width = 62; screen.width < 100; screen.width += 9)
			for (rows = 12; rows < 40; rows += 5) {
				screen.rows = rows;
				assert_int_equal(with_fixture(commands[i], "stc-genoa0-before.txt", ""), CMD_DONE);
				if (count_lines(out) != rows || widest_line(out) > screen.width)
					fail_msg("%zu lines, %zu columns:\n%s", rows, screen.width, out);
				assert_has(out, " more below these\n");
			}
	screen.rows = 1; /* too few for anything: one row is shown */
	assert_int_equal(with_fixture("overview -i", "stc-genoa0-before.txt", ""), CMD_DONE);
	assert_has(out, " more below these\n");
	screen.rows = 1000;
	assert_int_equal(with_fixture("summary -i", "stc-genoa0-before.txt", ""), CMD_DONE);
	assert_lacks(out, "below");
}

static int put_screen_back(void **state)
{
	(void)state;
	screen = (struct screen){ .terminal = false };
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_2_cpus_are_both_shown_and_names_are_whole_where_there_is_room, put_screen_back),
		cmocka_unit_test_teardown(test_names_are_cut_only_when_three_columns_of_cpus_would_not_fit, put_screen_back),
		cmocka_unit_test_teardown(test_256_cpus_fit_into_any_width_with_the_sum_of_those_that_do_not, put_screen_back),
		cmocka_unit_test_teardown(test_without_a_terminal_256_cpus_are_all_there, put_screen_back),
		cmocka_unit_test_teardown(test_the_busiest_cpus_that_fit_are_chosen_and_ties_go_to_the_lower_number, put_screen_back),
		cmocka_unit_test_teardown(test_colours_mark_the_head_and_dim_zeros, put_screen_back),
		cmocka_unit_test_teardown(test_a_summary_fits_any_usual_width_by_leaving_out_what_matters_least, put_screen_back),
		cmocka_unit_test_teardown(test_a_line_ends_at_a_blank_or_within_a_word_that_is_too_long, put_screen_back),
		cmocka_unit_test_teardown(test_sentences_are_wrapped_and_whole, put_screen_back),
		cmocka_unit_test_teardown(test_the_word_on_cpus_that_are_folded_is_wrapped, put_screen_back),
		cmocka_unit_test_teardown(test_a_refreshed_screen_holds_all_lines_and_counts_the_rows_left_out, put_screen_back),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
