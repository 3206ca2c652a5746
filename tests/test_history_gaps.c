/*
 * Tests of lib/history: what a window says of how complete it is, and of the
 * stretches without samples.
 */
#include "made.h"
#include "model.h"

#define SIZE (UINT64_C(1) << 20)

static char *folder;
static struct model *model;
static struct model_writer writer;
static struct history_reader *reader;
static struct window window;

static const char *path(void)
{
	return made_path(folder, "irqs.history");
}

static int begin(void **state)
{
	(void)state;
	folder = made_new();
	model = model_new(8000, 11);
	model_open(model, &writer, path(), SIZE);
	reader = model_reader(path());
	memset(&window, 0, sizeof window);
	return 0;
}

static int end(void **state)
{
	(void)state;
	window_free(&window);
	history_close_reader(reader);
	model_close(&writer);
	model_free(model);
	made_remove(folder);
	return 0;
}

static int64_t time_of(size_t sample)
{
	return model_time(model, sample);
}

static int64_t last_time(void)
{
	return time_of(model->count - 1);
}

static void ask(int64_t from, int64_t to)
{
	window_free(&window);
	model_ask(model, reader, 0, from, to, &window);
}

static void assert_gap(size_t which, int64_t from, int64_t to, const char *why)
{
	assert_true(which < window.span.gap_count);
	assert_int_equal(window.span.gaps[which].start_us, from);
	assert_int_equal(window.span.gaps[which].end_us, to);
	assert_string_equal(window.span.gaps[which].why, why);
}

static void test_a_window_within_the_history_is_complete(void **state)
{
	(void)state;
	model_run(model, &writer, 300, 5);
	ask(last_time() - 60 * SECOND, last_time());
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
	ask(last_time() - 60 * SECOND + 1, last_time() + SECOND / 2); /* asked between two samples */
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
}

static void test_a_window_is_complete_up_to_two_intervals_that_are_missing(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	ask(time_of(0) - 2 * SECOND, last_time());
	assert_true(window.span.complete);
	ask(time_of(0) - 2 * SECOND - 1, last_time());
	assert_false(window.span.complete);
	ask(time_of(50), last_time() + 2 * SECOND);
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
}

static void test_an_end_without_samples_is_told(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	ask(last_time() - 60 * SECOND, last_time() + 10 * SECOND);
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 1);
	assert_gap(0, last_time(), last_time() + 10 * SECOND, "no_sample");
}

static void test_a_stopped_sampler_is_told(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model_pass(model, 30 * SECOND);
	model_close(&writer);
	assert_int_equal(model_open(model, &writer, path(), SIZE), 1);
	model_run(model, &writer, 100, 0);
	ask(time_of(50), time_of(150));
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 1);
	assert_gap(0, time_of(99), time_of(100), "stopped");
	assert_int_equal(window.span.covered_us, 130 * SECOND); /* the counters went on */
	ask(time_of(110), time_of(190));
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
}

static void test_a_short_stop_is_told_but_does_not_make_a_window_incomplete(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model_close(&writer);
	assert_int_equal(model_open(model, &writer, path(), SIZE), 1);
	model_run(model, &writer, 100, 0);
	ask(time_of(50), time_of(150));
	assert_true(window.span.complete);
	assert_gap(0, time_of(99), time_of(100), "stopped");
}

static void test_what_the_sampler_says_is_missing_is_told(void **state)
{
	static const char *const whys[] = { "suspended", "late", "discarded" };
	size_t i;

	(void)state;
	model_run(model, &writer, 50, 0);
	for (i = 0; i < 3; i++) {
		model_pass(model, 8 * SECOND);
		machine_fire(&model->machine, 100);
		assert_int_equal(model_append(model, &writer, whys[i]), 0);
		model_run(model, &writer, 49, 0);
	}
	ask(time_of(10), time_of(190));
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 3);
	for (i = 0; i < 3; i++)
		assert_gap(i, time_of(50 * i + 49), time_of(50 * i + 50), whys[i]);
	ask(time_of(60), time_of(90));
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
}

static void test_two_lost_samples_leave_a_window_complete_and_five_do_not(void **state)
{
	(void)state;
	model_run(model, &writer, 50, 0);
	model_pass(model, 3 * SECOND); /* two are missing */
	assert_int_equal(model_append(model, &writer, "late"), 0);
	model_run(model, &writer, 50, 0);
	ask(time_of(10), time_of(90));
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 1);
	model_pass(model, 4 * SECOND); /* and three more */
	assert_int_equal(model_append(model, &writer, "late"), 0);
	model_run(model, &writer, 50, 0);
	ask(time_of(10), time_of(140));
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 2);
}

static void test_a_window_that_begins_or_ends_in_a_gap_tells_it(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model_pass(model, 99 * SECOND);
	assert_int_equal(model_append(model, &writer, "suspended"), 0);
	model_run(model, &writer, 100, 0);
	ask(time_of(99) + 50 * SECOND, last_time());
	assert_gap(0, time_of(99), time_of(100), "suspended");
	assert_int_equal(window.span.gap_count, 1);
	assert_false(window.span.complete);
	ask(time_of(50), time_of(99) + 50 * SECOND);
	assert_gap(0, time_of(99), time_of(100), "suspended");
	assert_int_equal(window.span.gap_count, 1);
	assert_false(window.span.complete);
}

static void test_a_window_within_a_gap_covers_nothing_and_says_so(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model_pass(model, 99 * SECOND);
	assert_int_equal(model_append(model, &writer, "suspended"), 0);
	model_run(model, &writer, 100, 0);
	ask(time_of(99) + 20 * SECOND, time_of(99) + 50 * SECOND);
	assert_int_equal(window.span.covered_us, 0);
	assert_int_equal(window.cell_count, 0);
	assert_int_equal(window.span.gap_count, 1);
	assert_gap(0, time_of(99), time_of(100), "suspended");
	assert_false(window.span.complete);
}

static void test_a_window_with_a_reboot_in_it_is_never_complete(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model_reboot(model, SECOND / 10); /* however quick */
	model_close(&writer);
	model_open(model, &writer, path(), SIZE);
	model_run(model, &writer, 100, 0);
	ask(time_of(50), time_of(150));
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 1);
	assert_gap(0, time_of(99), time_of(100), "reboot");
	ask(time_of(100), time_of(150));
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
}

static void test_a_writer_that_does_not_resume_subtracts_nothing_and_says_so(void **state)
{
	struct history_stamp stamp;
	struct history_boot boot = model_boot(model);
	struct history_question question;
	char *why = NULL;

	(void)state;
	model_run(model, &writer, 100, 0);
	history_close_writer(writer.writer);
	assert_int_equal(history_open_writer(&writer.writer, path(), SIZE, &why), 0);
	assert_null(why);
	counts_free(&writer.counts);
	model_pass(model, SECOND);
	stamp = (struct history_stamp){ model->now, 1, 1000000, NULL };
	assert_int_equal(counts_add(&writer.counts, &writer.table, model->now.boot_us), 0);
	assert_int_equal(history_append(writer.writer, &boot, &stamp, &writer.counts), 0);
	question = (struct history_question){ time_of(0), model->now.real_us };
	assert_int_equal(history_window(reader, &question, &window), 0);
	assert_null(model_fault(model, &window, 0, 99));
	assert_int_equal(window.span.end_us, model->now.real_us);
	assert_int_equal(window.span.covered_us, 99 * SECOND);
	assert_int_equal(window.span.gap_count, 1);
	assert_gap(0, time_of(99), model->now.real_us, "damaged");
}

static void test_another_interval_is_no_gap(void **state)
{
	(void)state;
	model_run(model, &writer, 100, 0);
	model->interval_us = 10000;
	model_run(model, &writer, 1000, 0);
	model->interval_us = 5000000;
	model_run(model, &writer, 20, 0);
	ask(time_of(50), time_of(1110));
	assert_true(window.span.complete);
	assert_int_equal(window.span.gap_count, 0);
	ask(last_time() - 60 * SECOND, last_time() + 9 * SECOND);
	assert_true(window.span.complete);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_window_within_the_history_is_complete),
		TEST(test_a_window_is_complete_up_to_two_intervals_that_are_missing),
		TEST(test_an_end_without_samples_is_told),
		TEST(test_a_stopped_sampler_is_told),
		TEST(test_a_short_stop_is_told_but_does_not_make_a_window_incomplete),
		TEST(test_what_the_sampler_says_is_missing_is_told),
		TEST(test_two_lost_samples_leave_a_window_complete_and_five_do_not),
		TEST(test_a_window_that_begins_or_ends_in_a_gap_tells_it),
		TEST(test_a_window_within_a_gap_covers_nothing_and_says_so),
		TEST(test_a_window_with_a_reboot_in_it_is_never_complete),
		TEST(test_a_writer_that_does_not_resume_subtracts_nothing_and_says_so),
		TEST(test_another_interval_is_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
