/*
 * Tests of lib/history: one thing damaged in a file. What is answered is right,
 * and what is missing is told.
 */
#include "damaged.h"

#include "history_format.h"

static struct history_segment *segment_at(size_t index)
{
	const struct history_head *head = (const struct history_head *)bytes;

	return (struct history_segment *)(bytes + HISTORY_HEAD_BYTES + index * head->segment_bytes);
}

static struct history_group *group_at(size_t index, size_t group)
{
	return (struct history_group *)(segment_at(index) + 1) + group;
}

static uint8_t *data_at(size_t index)
{
	const struct history_head *head = (const struct history_head *)bytes;

	return (uint8_t *)segment_at(index) + head->segment_bytes - history_data_bytes(head);
}

static uint32_t entries_of(size_t index)
{
	uint32_t bytes_used, entries;

	assert_true(history_commit_read(segment_at(index)->sequence, segment_at(index)->commit, &bytes_used, &entries));
	return entries;
}

/* The sample with which a group begins, in the model. */
static size_t sample_of(size_t index, size_t group)
{
	assert_true(group < entries_of(index));
	return group_at(index, group)->serial - 1;
}

/* Asks the file as it is from one sample to another. */
static void ask_any(size_t from, size_t to)
{
	struct history_question question = { time_of(from), time_of(to) };
	struct history_reader *reader = model_reader(path());
	int err;

	window_free(&window);
	err = history_window(reader, &question, &window);
	if (err)
		fail_msg("%s", strerror(-err));
	history_close_reader(reader);
}

/* Asks the damaged file: the counts must be what fired between the samples that it tells. */
static void ask(size_t from, size_t to)
{
	const char *fault;

	write_bytes();
	ask_any(from, to);
	fault = model_fault(model, &window, model_at(model, window.span.start_us), model_at(model, window.span.end_us));
	if (fault)
		fail_msg("%s", fault);
}

static void assert_span(size_t from, size_t to)
{
	assert_int_equal(model_at(model, window.span.start_us), from);
	assert_int_equal(model_at(model, window.span.end_us), to);
}

static void test_a_damaged_record_at_a_bound_is_told_and_the_sample_before_it_taken(void **state)
{
	struct history_cursor chunk;
	size_t first = sample_of(1, 1), next = sample_of(1, 2), place = group_at(1, 1)->key, at = place, deltas = 0;

	(void)state;
	while (deltas < 9) {
		at = place;
		deltas += history_take_chunk(data_at(1), 30000, &place, segment_at(1)->sequence, &chunk) == HISTORY_DELTA;
	}
	data_at(1)[at + 12] ^= 4;
	ask(10, first + 30);
	assert_span(10, first + 8);
	assert_true(tells("damaged"));
	assert_false(window.span.complete);
	ask(first + 30, next + 5);
	assert_span(first + 8, next + 5);
	assert_true(tells("damaged"));
	ask(10, next + 5); /* both bounds are sound, and so are the sums */
	assert_span(10, next + 5);
}

static void test_a_damaged_key_is_told_and_passed_over(void **state)
{
	size_t first = sample_of(2, 1);

	(void)state;
	data_at(2)[group_at(2, 1)->key + 9] ^= 1;
	ask(10, first + 20);
	assert_span(10, first - 1);
	assert_true(tells("damaged"));
	ask(first + 20, SAMPLES - 1);
	assert_span(first - 1, SAMPLES - 1);
	assert_true(tells("damaged"));
}

static void test_behind_a_damaged_directory_entry_all_is_found(void **state)
{
	size_t first = sample_of(1, 2), next = sample_of(1, 3);

	(void)state;
	group_at(1, 2)->serial ^= 1;
	ask(next + 3, next + 10);
	assert_span(next + 3, next + 10);
	assert_int_equal(window.span.gap_count, 0);
	ask(first - 3, next + 10);
	assert_span(first - 3, next + 10);
	assert_true(tells("damaged"));
	ask(first - 3, first + 10);
	assert_span(first - 3, first - 1);
	assert_true(tells("damaged"));
	ask(first + 10, next + 10);
	assert_span(first - 1, next + 10);
	assert_true(tells("damaged"));
}

static void test_a_segment_whose_fill_level_is_damaged_is_read_all_the_same(void **state)
{
	static const unsigned bits[] = { 3, 14, 33, 50 }; /* of the bytes, of the entries, of the check */
	size_t first = sample_of(1, 0), next = sample_of(2, 0), i;

	(void)state;
	for (i = 0; i < 4; i++) {
		segment_at(1)->commit ^= UINT64_C(1) << bits[i];
		ask(first + 5, next - 1);
		assert_span(first + 5, next - 1);
		ask(10, SAMPLES - 1);
		assert_span(10, SAMPLES - 1);
		segment_at(1)->commit ^= UINT64_C(1) << bits[i];
	}
}

static void test_a_segment_whose_number_is_damaged_is_told_as_lost(void **state)
{
	size_t first = sample_of(1, 0), next = sample_of(2, 0);

	(void)state;
	segment_at(1)->sequence ^= UINT64_C(1) << 40;
	ask(10, SAMPLES - 1);
	assert_span(10, SAMPLES - 1);
	assert_true(tells("damaged"));
	assert_false(window.span.complete);
	ask(first + 20, next + 20);
	assert_span(first - 1, next + 20);
	assert_true(tells("damaged"));
}

static void test_what_needs_a_damaged_layout_is_told_and_passed_over(void **state)
{
	size_t first = sample_of(2, 0), next = sample_of(3, 0);

	(void)state;
	data_at(2)[20] ^= 1; /* the segment's first, that says all */
	ask(10, first + 10);
	assert_span(10, first - 1);
	assert_true(tells("damaged"));
	ask(first + 3, first + 10); /* nothing of that can be told */
	assert_span(first - 1, first - 1);
	assert_true(tells("damaged"));
	assert_false(window.span.complete);
	ask(10, next + 20);
	assert_span(10, next + 20);
}

/* The group that begins with that sample. */
static struct history_group *find_group(size_t sample, size_t *index)
{
	size_t group;

	for (*index = 0; *index < 20; ++*index)
		for (group = 0; segment_at(*index)->sequence && group < entries_of(*index); group++)
			if (sample_of(*index, group) == sample)
				return group_at(*index, group);
	fail_msg("no group begins with sample %zu", sample);
	return NULL;
}

static void test_the_first_samples_of_a_boot_damaged_are_told_and_what_is_left_is_counted(void **state)
{
	uint64_t told[MACHINE_ROWS][MACHINE_CPUS], fired;
	size_t index, row, cpu, i, boot = CHANGING / 2, next;
	struct history_group *group = find_group(boot, &index);

	(void)state;
	data_at(index)[group->key + 8] ^= 1;
	next = group + 1 < group_at(index, entries_of(index)) ? group[1].serial - 1 : sample_of(index + 1, 0);
	write_bytes();
	ask_any(10, SAMPLES - 1);
	assert_null(model_told(model, &window, told));
	for (row = 0; row < MACHINE_ROWS; row++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++) {
			fired = model->samples[boot - 1].fired[row][cpu] - model->samples[10].fired[row][cpu] +
				model->samples[SAMPLES - 1].fired[row][cpu] - model->samples[next].fired[row][cpu];
			assert_int_equal(told[row][cpu], fired);
		}
	assert_int_equal(window.span.gap_count, 3);
	assert_string_equal(window.span.gaps[0].why, "reboot");
	assert_string_equal(window.span.gaps[1].why, "damaged");
	assert_string_equal(window.span.gaps[2].why, "stopped");
	for (i = 1; i < 3; i++)
		assert_true(window.span.gaps[i].start_us >= window.span.gaps[i - 1].start_us);
}

static void test_a_file_of_another_size_takes_over_what_is_sound_and_tells_what_is_not(void **state)
{
	size_t first = sample_of(2, 1), next = sample_of(2, 2);
	struct history_writer *writer;
	char *why = NULL;

	(void)state;
	data_at(2)[group_at(2, 1)->key + 9] ^= 1;
	write_bytes();
	assert_int_equal(history_open_writer(&writer, path(), 2 * SIZE, &why), 0);
	assert_non_null(why);
	free(why);
	history_close_writer(writer);
	ask_any(10, SAMPLES - 1);
	assert_null(model_fault(model, &window, 10, SAMPLES - 1));
	assert_span(10, SAMPLES - 1);
	assert_true(tells("damaged"));
	ask_any(first + 5, next + 5);
	assert_null(model_fault(model, &window, first - 1, next + 5));
	assert_span(first - 1, next + 5);
	assert_true(tells("damaged"));
}

static void test_the_last_samples_damaged_are_told_as_well(void **state)
{
	size_t last = 0, i;

	(void)state;
	for (i = 0; i < 30; i++)
		if (segment_at(i)->sequence > segment_at(last)->sequence)
			last = i;
	i = sample_of(last, entries_of(last) - 1);
	data_at(last)[group_at(last, entries_of(last) - 1)->key + 8] ^= 1;
	ask(10, SAMPLES - 1);
	assert_span(10, i - 1);
	assert_true(tells("damaged"));
	assert_false(window.span.complete);
}

static void test_what_stood_in_a_segment_before_is_never_taken_for_its_own(void **state)
{
	static const char format[] = "           CPU0\n  1: %u  IO-APIC 1-edge  i8042\n";
	struct clock_now now = { INT64_C(1767350000000000), 1000 * SECOND, 0 };
	struct history_boot boot = model_boot(model);
	struct history_question question;
	struct history_reader *reader;
	struct model_writer writer;
	struct irqtable_error error;
	struct readall file = { NULL, 0, 0 };
	uint64_t sequence = 0;
	unsigned i, last;
	char text[100];

	(void)state;
	assert_int_equal(unlink(path()), 0);
	model_open(model, &writer, path(), SIZE);
	/* all records are of the same size, so that those of the next lap stand where those of this one stood */
	for (i = 0; sequence < 55; i++, now.boot_us += SECOND, now.real_us += SECOND) {
		struct history_stamp stamp = { now, 1, SECOND, NULL };

		snprintf(text, sizeof text, format, 1000000 + i);
		assert_int_equal(irqtable_parse(&writer.table, text, strlen(text), &error), 0);
		assert_int_equal(counts_add(&writer.counts, &writer.table, now.boot_us), 0);
		assert_int_equal(history_append(writer.writer, &boot, &stamp, &writer.counts), 0);
		if (i % 100 == 99) { /* stops in the middle of a segment that was written before */
			free(file.text);
			memset(&file, 0, sizeof file);
			assert_int_equal(readall_path(&file, path(), 0), 0);
			memcpy(bytes, file.text, SIZE);
			sequence = segment_at(54 % 31)->sequence;
		}
	}
	last = i - 1;
	model_close(&writer);
	readall_free(&file);
	used = SIZE;
	segment_at(54 % 31)->commit ^= 1; /* found by checksums alone: where does it end? */
	write_bytes();
	reader = model_reader(path());
	question = (struct history_question){ now.real_us - 5000 * SECOND, now.real_us + 100000 * SECOND };
	window_free(&window);
	assert_int_equal(history_window(reader, &question, &window), 0);
	assert_int_equal(window.span.end_us, now.real_us - SECOND);
	assert_int_equal(window.span.samples, 5000);
	assert_int_equal(window.cells[0].count, 4999);
	assert_true(last > 40000);
	history_close_reader(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_damaged_record_at_a_bound_is_told_and_the_sample_before_it_taken),
		TEST(test_a_damaged_key_is_told_and_passed_over),
		TEST(test_behind_a_damaged_directory_entry_all_is_found),
		TEST(test_a_segment_whose_fill_level_is_damaged_is_read_all_the_same),
		TEST(test_a_segment_whose_number_is_damaged_is_told_as_lost),
		TEST(test_what_needs_a_damaged_layout_is_told_and_passed_over),
		cmocka_unit_test_setup_teardown(
			test_the_first_samples_of_a_boot_damaged_are_told_and_what_is_left_is_counted,
			begin_with_a_reboot, end),
		TEST(test_a_file_of_another_size_takes_over_what_is_sound_and_tells_what_is_not),
		TEST(test_what_stood_in_a_segment_before_is_never_taken_for_its_own),
		TEST(test_the_last_samples_damaged_are_told_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
