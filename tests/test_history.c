/*
 * Tests of lib/history: what was appended comes back as windows, cell by cell,
 * whatever the machine, its clocks and its sampler did meanwhile.
 */
#include "made.h"
#include "model.h"

#define SIZE (UINT64_C(1) << 20)

static char *folder;
static struct model *model;
static struct model_writer writer;
static struct history_reader *reader;

static const char *path(void)
{
	return made_path(folder, "irqs.history");
}

static int begin(void **state)
{
	(void)state;
	folder = made_new();
	model = model_new(24000, 7);
	model_open(model, &writer, path(), SIZE);
	reader = model_reader(path());
	return 0;
}

static int end(void **state)
{
	(void)state;
	history_close_reader(reader);
	if (writer.writer)
		model_close(&writer);
	model_free(model);
	made_remove(folder);
	return 0;
}

static int ask(int64_t from, int64_t to, struct window *window)
{
	struct history_question question = { from, to };

	memset(window, 0, sizeof *window);
	return history_window(reader, &question, window);
}

static int64_t last_time(void)
{
	return model_time(model, model->count - 1);
}

/* The sampler ends and begins again. */
static void restart(void)
{
	model_close(&writer);
	assert_int_equal(model_open(model, &writer, path(), SIZE), 1);
}

static const struct window_row *find_row(const struct window *window, const char *irq, const char *hwirq)
{
	size_t i;

	for (i = 0; i < window->row_count; i++)
		if (strcmp(window->rows[i].irq, irq) == 0 && strcmp(window->rows[i].hwirq, hwirq) == 0)
			return &window->rows[i];
	return NULL;
}

static void test_any_window_is_what_fired_cell_by_cell(void **state)
{
	(void)state;
	model_run(model, &writer, 1500, 4);
	assert_true(model->machine.row_count > 20);
	model_ask_often(model, reader, 0, 400);
}

static void test_a_reader_that_stays_open_sees_each_new_sample(void **state)
{
	struct window window;
	unsigned i;

	(void)state;
	for (i = 0; i < 300; i++) {
		model_run(model, &writer, 1, 10);
		model_ask(model, reader, 0, last_time() - 60 * SECOND, last_time(), &window);
		window_free(&window);
	}
}

static void test_a_bound_is_the_last_sample_not_after_it_or_the_oldest(void **state)
{
	struct window window;
	int64_t first;

	(void)state;
	model_run(model, &writer, 100, 0);
	first = model_time(model, 0);
	model_ask(model, reader, 0, first + 10 * SECOND, first + 20 * SECOND, &window);
	assert_int_equal(window.span.start_us, first + 10 * SECOND);
	assert_int_equal(window.span.end_us, first + 20 * SECOND);
	assert_int_equal(window.span.samples, 11);
	assert_true(window.span.complete);
	window_free(&window);
	model_ask(model, reader, 0, first + 10 * SECOND - 1, first + 21 * SECOND - 1, &window);
	assert_int_equal(window.span.start_us, first + 9 * SECOND);
	assert_int_equal(window.span.end_us, first + 20 * SECOND);
	assert_true(window.span.complete);
	window_free(&window);
	model_ask(model, reader, 0, first - 3 * SECOND, first, &window);
	assert_int_equal(window.span.start_us, first);
	assert_int_equal(window.cell_count, 0);
	assert_false(window.span.complete);
	window_free(&window);
}

static void test_a_history_without_samples_has_no_data(void **state)
{
	struct history_range range;
	struct window window;

	(void)state;
	assert_int_equal(history_range(reader, &range), -ENODATA);
	assert_int_equal(range.capacity_bytes, SIZE);
	assert_int_equal(ask(0, INT64_MAX, &window), -ENODATA);
	window_free(&window);
}

static void test_one_sample_alone_is_a_window_in_which_nothing_is_known_to_have_fired(void **state)
{
	struct history_range range;
	struct window window;

	(void)state;
	model_run(model, &writer, 1, 0);
	assert_int_equal(history_range(reader, &range), 0);
	assert_int_equal(range.samples, 1);
	assert_int_equal(range.serial, 1);
	assert_int_equal(range.start_us, last_time());
	assert_int_equal(range.end_us, last_time());
	assert_int_equal(range.end_boot_us, model->now.boot_us);
	model_ask(model, reader, 0, last_time() - 60 * SECOND, last_time(), &window);
	assert_int_equal(window.span.samples, 1);
	assert_int_equal(window.span.covered_us, 0);
	assert_false(window.span.complete);
	assert_true(window.row_count > 0);
	window_free(&window);
}

static void test_a_window_before_or_after_all_samples_is_told_what_there_is(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 100, 0);
	assert_int_equal(ask(model_time(model, 0) - 60 * SECOND, model_time(model, 0) - 1, &window), -ERANGE);
	assert_int_equal(window.span.start_us, model_time(model, 0));
	assert_int_equal(window.span.end_us, last_time());
	window_free(&window);
	assert_int_equal(ask(last_time() + 10 * SECOND, last_time() + 20 * SECOND, &window), -ERANGE);
	assert_int_equal(window.span.start_us, model_time(model, 0));
	assert_int_equal(window.span.end_us, last_time());
	window_free(&window);
	/* within two intervals of the last one it is the present */
	model_ask(model, reader, 0, last_time() + SECOND / 2, last_time() + SECOND, &window);
	window_free(&window);
}

static void test_what_fired_while_the_writer_was_stopped_is_counted(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 100, 3);
	machine_fire(&model->machine, 4000000);
	model_pass(model, 30 * SECOND);
	restart();
	model_run(model, &writer, 1, 0);
	model_run(model, &writer, 100, 3);
	machine_change(&model->machine);
	model_pass(model, 5 * SECOND);
	restart();
	model_run(model, &writer, 1, 0);
	model_run(model, &writer, 10, 3);
	model_ask(model, reader, 0, model_time(model, 95), model_time(model, 105), &window);
	window_free(&window);
	model_ask_often(model, reader, 0, 100);
}

static void test_nothing_is_subtracted_across_a_reboot_and_the_time_of_it_is_not_covered(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 100, 5);
	model_reboot(model, 60 * SECOND);
	model_close(&writer);
	assert_int_equal(model_open(model, &writer, path(), SIZE), 0);
	model_run(model, &writer, 100, 5);
	model_reboot(model, 60 * SECOND); /* as a made machine does under a sampler that goes on */
	counts_free(&writer.counts);
	model_run(model, &writer, 100, 5);
	model_ask(model, reader, 0, model_time(model, 0), last_time(), &window);
	assert_int_equal(window.span.covered_us, 3 * 99 * SECOND);
	assert_int_equal(window.span.samples, 300);
	assert_false(window.span.complete);
	assert_int_equal(window.span.gap_count, 2);
	assert_string_equal(window.span.gaps[0].why, "reboot");
	assert_int_equal(window.span.gaps[0].start_us, model_time(model, 99));
	assert_int_equal(window.span.gaps[0].end_us, model_time(model, 100));
	window_free(&window);
	model_ask_often(model, reader, 0, 100);
}

static void test_a_machine_without_boot_id_reboots_when_its_uptime_falls(void **state)
{
	struct window window;

	(void)state;
	model->no_boot_id = true;
	model_run(model, &writer, 100, 5);
	model_reboot(model, 60 * SECOND);
	counts_free(&writer.counts);
	model_run(model, &writer, 100, 5);
	model_ask(model, reader, 0, model_time(model, 0), last_time(), &window);
	assert_int_equal(window.span.gap_count, 1);
	assert_string_equal(window.span.gaps[0].why, "reboot");
	window_free(&window);
	model_ask_often(model, reader, 0, 100);
}

static void test_windows_are_right_across_clock_steps(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 200, 5);
	model->now.real_us -= 3600 * SECOND;
	model_run(model, &writer, 30, 5);
	model_ask(model, reader, 0, last_time() - 60 * SECOND, last_time(), &window);
	assert_int_equal(window.span.samples, 61);
	assert_true(window.span.complete);
	window_free(&window);
	model->now.real_us += 2 * 3600 * SECOND;
	model_run(model, &writer, 30, 5);
	model_ask(model, reader, 0, last_time() - 240 * SECOND, last_time(), &window);
	assert_int_equal(window.span.samples, 241);
	assert_int_equal(window.span.gap_count, 0);
	window_free(&window);
	model_ask_often(model, reader, 0, 100);
}

static void test_a_clock_set_back_over_a_reboot_does_not_mix_the_boots(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 200, 0);
	model_reboot(model, -400000 * SECOND); /* no battery: it begins in the past */
	counts_free(&writer.counts);
	model_run(model, &writer, 100, 0);
	assert_int_equal(ask(last_time() - 60 * SECOND, last_time(), &window), 0);
	assert_int_equal(window.span.start_us, last_time() - 60 * SECOND);
	assert_int_equal(window.span.samples, 61);
	assert_true(window.span.complete);
	assert_null(model_fault(model, &window, model->count - 61, model->count - 1));
	window_free(&window);
	assert_int_equal(ask(last_time() - 99 * SECOND - 1, last_time(), &window), 0);
	assert_true(window.span.samples > 100); /* and the last of the boot before */
	assert_true(window.span.covered_us < 400 * SECOND);
	window_free(&window);
}

static void test_a_row_has_the_name_that_it_had_then(void **state)
{
	struct machine_row *row = &model->machine.rows[3];
	struct window window;

	(void)state;
	model_run(model, &writer, 100, 0);
	snprintf(row->names, sizeof row->names, "wlan7");
	model_run(model, &writer, 200, 0);
	model_ask(model, reader, 0, model_time(model, 50), model_time(model, 90), &window);
	assert_string_equal(find_row(&window, row->irq, row->hwirq)->names, "eth0-TxRx-3");
	window_free(&window);
	model_ask(model, reader, 0, model_time(model, 50), model_time(model, 120), &window);
	assert_string_equal(find_row(&window, row->irq, row->hwirq)->names, "wlan7");
	window_free(&window);
	restart();
	model_run(model, &writer, 10, 0);
	model_ask(model, reader, 0, model_time(model, 250), last_time(), &window);
	assert_string_equal(find_row(&window, row->irq, row->hwirq)->names, "wlan7");
	window_free(&window);
}

static void test_the_device_that_owns_a_row_is_kept(void **state)
{
	struct machine_row *row = &model->machine.rows[2];
	struct history_stamp stamp;
	struct history_boot boot = model_boot(model);
	struct window window;
	uint32_t i;

	(void)state;
	model_run(model, &writer, 10, 0);
	for (i = 0; strcmp(writer.counts.rows[i].is.irq, row->irq) != 0; i++)
		;
	/* as the sampler does: the row is new or changed, its owner is looked up, then the sample is appended */
	snprintf(row->names, sizeof row->names, "renamed");
	model_pass(model, SECOND);
	machine_print(&model->machine);
	stamp = (struct history_stamp){ model->now, 1, 1000000, NULL };
	assert_int_equal(irqtable_parse(&writer.table, model->machine.text, model->machine.text_length,
					&(struct irqtable_error){ .line = 0 }), 0);
	assert_int_equal(counts_add(&writer.counts, &writer.table, model->now.boot_us), 0);
	assert_true(writer.counts.rows[i].fresh);
	assert_int_equal(counts_set_device(&writer.counts, i, "enp3s0"), 0);
	assert_int_equal(history_append(writer.writer, &boot, &stamp, &writer.counts), 0);
	assert_int_equal(ask(0, INT64_MAX / 4, &window), 0);
	assert_string_equal(find_row(&window, row->irq, row->hwirq)->device, "enp3s0");
	window_free(&window);
	restart();
	model_run(model, &writer, 10, 0);
	assert_int_equal(ask(0, INT64_MAX / 4, &window), 0);
	assert_string_equal(find_row(&window, row->irq, row->hwirq)->device, "enp3s0");
	window_free(&window);
}

static void test_cpus_that_went_are_in_the_windows_that_saw_them(void **state)
{
	struct window window;

	(void)state;
	model_run(model, &writer, 50, 0);
	model->machine.online[1] = false; /* CPU 2 */
	model->machine.online[5] = true;  /* CPU 130 */
	model_run(model, &writer, 50, 0);
	model_ask(model, reader, 0, model_time(model, 40), model_time(model, 60), &window);
	assert_true(cpulist_has(&window.cpus, 2));
	assert_true(cpulist_has(&window.cpus, 130));
	assert_false(cpulist_has(&window.cpus, 1));
	window_free(&window);
	model_ask(model, reader, 0, model_time(model, 60), model_time(model, 90), &window);
	assert_false(cpulist_has(&window.cpus, 2));
	assert_int_equal(cpulist_size(&window.cpus), 4);
	window_free(&window);
}

static void test_rows_that_are_there_but_silent_are_listed(void **state)
{
	struct machine_row *silent = machine_add(&model->machine, "77", "IO-APIC", 77, "quiet");
	struct window window;
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++) {
		model_pass(model, SECOND);
		model->machine.rows[0].fired[0]++;
		assert_int_equal(model_append(model, &writer, NULL), 0);
	}
	model_ask(model, reader, 0, model_time(model, 0), last_time(), &window);
	assert_int_equal(window.row_count, model->machine.row_count);
	assert_int_equal(window.cell_count, 1);
	assert_non_null(find_row(&window, "77", "77"));
	assert_string_equal(window.rows[8].irq, "77"); /* where the kernel prints it */
	window_free(&window);
	silent->present = false;
	model_pass(model, SECOND);
	assert_int_equal(model_append(model, &writer, NULL), 0);
	model_ask(model, reader, 0, model_time(model, 0), last_time(), &window);
	assert_null(find_row(&window, "77", "77"));
	window_free(&window);
}

static void test_the_oldest_gives_way_and_the_file_does_not_grow(void **state)
{
	struct history_range range;
	struct stat before, after;
	size_t first;

	(void)state;
	assert_int_equal(stat(path(), &before), 0);
	assert_int_equal(before.st_size, SIZE);
	assert_true(before.st_blocks * 512 >= (blkcnt_t)SIZE); /* allocated in full */
	do
		model_run(model, &writer, 50, 40);
	while (history_range(reader, &range) == 0 && range.start_us == model_time(model, 0));
	model_run(model, &writer, 2000, 40);
	assert_int_equal(stat(path(), &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_blocks, before.st_blocks);
	assert_int_equal(history_range(reader, &range), 0);
	first = model_at(model, range.start_us);
	assert_in_range(first, 1000, model->count - 1000);
	assert_int_equal(range.samples, model->count - first);
	assert_int_equal(range.serial, model->count);
	assert_int_equal(range.end_us, last_time());
	assert_in_range(range.bytes, SIZE / 2, SIZE);
	model_ask_often(model, reader, first, 200);
}

static int see_sample(const struct history_sample *sample, void *context)
{
	uint64_t *next = context;
	const struct model_sample *truth = &model->samples[sample->serial - 1];
	size_t row, cpu, cells = 0;

	if (*next)
		assert_int_equal(sample->serial, *next);
	*next = sample->serial + 1;
	assert_int_equal(sample->real_us, truth->at.real_us);
	assert_int_equal(sample->boot_us, truth->at.boot_us);
	for (row = 0; row < MACHINE_ROWS && sample->serial > 1; row++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++)
			cells += truth->fired[row][cpu] != truth[-1].fired[row][cpu];
	assert_int_equal(sample->cells, cells);
	return sample->serial == 5000 ? 42 : 0;
}

static void test_a_walk_sees_every_sample_once(void **state)
{
	uint64_t next = 0, damaged = 1;

	(void)state;
	model_run(model, &writer, 500, 10);
	restart();
	model_run(model, &writer, 4500, 0);
	assert_int_equal(history_walk(reader, see_sample, &next, &damaged), 42);
	assert_int_equal(damaged, 0);
	assert_int_equal(next, 5001);
}

static void test_what_the_sampler_tells_of_itself_is_read_back(void **state)
{
	struct history_sampler told = { 250000, 11, 22, 33, 44 };
	struct history_range range;

	(void)state;
	history_tell(writer.writer, &told);
	model_run(model, &writer, 1, 0);
	assert_int_equal(history_range(reader, &range), 0);
	assert_memory_equal(&range.sampler, &told, sizeof told);
	assert_memory_equal(range.boot.id, model_boot(model).id, sizeof range.boot.id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_any_window_is_what_fired_cell_by_cell),
		TEST(test_a_reader_that_stays_open_sees_each_new_sample),
		TEST(test_a_bound_is_the_last_sample_not_after_it_or_the_oldest),
		TEST(test_a_history_without_samples_has_no_data),
		TEST(test_one_sample_alone_is_a_window_in_which_nothing_is_known_to_have_fired),
		TEST(test_a_window_before_or_after_all_samples_is_told_what_there_is),
		TEST(test_what_fired_while_the_writer_was_stopped_is_counted),
		TEST(test_nothing_is_subtracted_across_a_reboot_and_the_time_of_it_is_not_covered),
		TEST(test_a_machine_without_boot_id_reboots_when_its_uptime_falls),
		TEST(test_windows_are_right_across_clock_steps),
		TEST(test_a_clock_set_back_over_a_reboot_does_not_mix_the_boots),
		TEST(test_a_row_has_the_name_that_it_had_then),
		TEST(test_the_device_that_owns_a_row_is_kept),
		TEST(test_cpus_that_went_are_in_the_windows_that_saw_them),
		TEST(test_rows_that_are_there_but_silent_are_listed),
		TEST(test_the_oldest_gives_way_and_the_file_does_not_grow),
		TEST(test_a_walk_sees_every_sample_once),
		TEST(test_what_the_sampler_tells_of_itself_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
