/*
 * Tests of lib/history: files damaged at random. What is answered is right, and
 * nobody crashes.
 */
#include "damaged.h"

#include "history_format.h"

static uint64_t below(uint64_t limit)
{
	return machine_random(&model->machine, limit);
}

/* Where something stands: the head, a segment's directory, or anything. */
static size_t any_place(void)
{
	const struct history_head *head = (const struct history_head *)sound;
	size_t segment = HISTORY_HEAD_BYTES + below((used - HISTORY_HEAD_BYTES) / head->segment_bytes) * head->segment_bytes;

	switch (below(12)) {
	case 0:
		return below(sizeof *head);
	case 1:
		return segment + below(16);
	case 2:
		return segment + 16 + below(8 * sizeof(struct history_group));
	default:
		return below(used);
	}
}

static void damage(void)
{
	unsigned times;

	memcpy(bytes, sound, SIZE);
	for (times = 1 + (unsigned)below(4); times--;) {
		size_t at = any_place();

		switch (below(5)) {
		case 0: /* a page that was never written, or is of some other time */
			memset(bytes + at / 4096 * 4096, 0, 4096);
			break;
		case 1:
			memcpy(bytes + at / 512 * 512, sound + any_place() / 512 * 512, 512);
			break;
		case 2:
			bytes[at] = (uint8_t)below(256);
			break;
		default:
			bytes[at] ^= (uint8_t)(1 << below(8));
		}
	}
}

/* A cell tells more than fired: no damage excuses that. */
static bool tells_more(size_t from, size_t to)
{
	uint64_t told[MACHINE_ROWS][MACHINE_CPUS];
	size_t row, cpu;

	if (model_told(model, &window, told))
		return true;
	for (row = 0; row < MACHINE_ROWS; row++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++)
			if (told[row][cpu] > model->samples[to].fired[row][cpu] - model->samples[from].fired[row][cpu])
				return true;
	return false;
}

/* Asks for random samples; *how many were answered. */
static void ask_at_random(struct history_reader *reader, bool exact, unsigned times, unsigned *answered)
{
	while (times--) {
		size_t a = below(model->count), b = below(model->count), from, to;
		struct history_question question = { time_of(a < b ? a : b), time_of(a < b ? b : a) + 1 };
		bool missing;
		int err;

		window_free(&window);
		err = history_window(reader, &question, &window);
		if (err) {
			assert_true(err == -EIO || err == -ENODATA || err == -ERANGE || err == -EINVAL);
			continue;
		}
		++*answered;
		from = model_at(model, window.span.start_us);
		to = model_at(model, window.span.end_us);
		if (from >= model->count || to >= model->count || tells_more(from, to))
			fail_msg("samples %zu to %zu, told as %zu to %zu: more than fired", a, b, from, to);
		if (exact && !tells("damaged") && model_fault(model, &window, from, to))
			fail_msg("%s", model_fault(model, &window, from, to));
		missing = window.span.start_us > question.start_us + 2 * SECOND ||
			  window.span.end_us < question.end_us - 4 * SECOND;
		/* of a few seconds, not more than two intervals can be missing */
		if (missing && window.span.complete && !tells("damaged") && question.end_us - question.start_us > 5 * SECOND)
			fail_msg("samples %zu to %zu, told as %zu to %zu and complete", a, b, from, to);
	}
}

static int see(const struct history_sample *sample, void *context)
{
	(void)sample;
	++*(unsigned *)context;
	return 0;
}

static void read_damaged(unsigned *answered)
{
	struct history_range range;
	struct history_reader *reader;
	unsigned seen = 0;
	uint64_t damaged;
	char *why = NULL;
	int err = history_open_reader(&reader, path(), &why);

	free(why);
	if (err) {
		assert_true(err == -EINVAL || err == -ENOTSUP);
		return;
	}
	err = history_range(reader, &range);
	assert_true(err == 0 || err == -ENODATA || err == -EIO);
	assert_int_equal(history_walk(reader, see, &seen, &damaged), err == -ENODATA && !seen ? err : 0);
	if (!damaged && !err && range.end_us == time_of(SAMPLES - 1) && range.start_us == time_of(0))
		assert_int_equal(seen, SAMPLES);
	ask_at_random(reader, true, 3, answered);
	history_close_reader(reader);
}

/* A writer goes on with the file. */
static void write_damaged(unsigned *answered)
{
	struct history_reader *reader;
	struct model_writer writer;
	struct clock_now now = model->now;
	int resumed = model_open(model, &writer, path(), SIZE);
	bool late = resumed && writer.counts.boot_us >= model->samples[CHANGING].at.boot_us;

	model_pass(model, SECOND);
	assert_int_equal(model_append(model, &writer, NULL), 0);
	reader = model_reader(path());
	/* what the machine did since a sample long before cannot be known: rows came and went */
	if (late || !resumed)
		ask_at_random(reader, false, 3, answered);
	history_close_reader(reader);
	model_close(&writer);
	model->now = now;
	model->count--;
}

static void damage_often(void)
{
	const char *rounds = getenv("IRQPILOT_ROUNDS"); /* fewer for slow checkers of memory */
	unsigned round, last = rounds ? (unsigned)atoi(rounds) : 1500, answered = 0, gone_on = 0;

	for (round = 0; round < last; round++) {
		damage();
		write_bytes();
		if (below(10) == 0)
			assert_int_equal(truncate(path(), (off_t)below(SIZE + 1)), 0);
		read_damaged(&answered);
		if (below(3) == 0)
			write_damaged(&gone_on);
	}
	print_message("%u rounds: %u windows answered, %u after a writer had gone on\n", round, answered, gone_on);
	assert_true(answered > round && gone_on > round / 8);
}

static void test_no_answer_from_a_file_damaged_at_random_is_wrong(void **state)
{
	(void)state;
	damage_often();
}

static void test_no_answer_from_a_file_of_two_boots_damaged_at_random_is_wrong(void **state)
{
	(void)state;
	damage_often();
}

/* Makes all checksums of the head and of a segment right again, whatever they stand for. */
static void seal(struct history_head *head, const struct history_head *was, size_t index)
{
	uint8_t *segment = bytes + HISTORY_HEAD_BYTES + index * was->segment_bytes;
	struct history_segment *begin = (struct history_segment *)segment;
	struct history_group *groups = (struct history_group *)(begin + 1);
	uint8_t *data = segment + was->segment_bytes - history_data_bytes(was);
	uint32_t length, entries, i;
	size_t place = 0;

	begin->sequence = index + 1;
	history_commit_read(index + 1, ((const struct history_segment *)(sound + (segment - bytes)))->commit, &length,
			    &entries);
	begin->commit = history_commit(begin->sequence, length, entries);
	for (i = 0; i < entries; i++)
		groups[i].crc = history_group_crc(&groups[i], begin->sequence);
	while (place + sizeof(struct history_chunk) < length) {
		struct history_buffer buffer = { data + place, sizeof(struct history_chunk), 0, false };
		uint32_t what;

		memcpy(&what, sound + (data - bytes) + place, sizeof what);
		buffer.length += what & HISTORY_CHUNK_MAX;
		history_end_chunk(&buffer, 0, what >> 28, begin->sequence);
		place += buffer.length;
	}
	head->crc = history_head_crc(head);
}

/* Asks whatever it can; the answers may be anything, as the file lies. */
static void ask_a_liar(struct history_reader *reader)
{
	struct history_question question = { INT64_MIN, INT64_MAX };
	struct history_range range;
	unsigned seen = 0;
	uint64_t damaged;
	int i;

	history_range(reader, &range);
	history_walk(reader, see, &seen, &damaged);
	for (i = 0; i < 4; i++) {
		window_free(&window);
		history_window(reader, &question, &window);
		question.start_us = time_of(below(SAMPLES));
		question.end_us = question.start_us + 1 + (int64_t)below(1000) * SECOND;
	}
}

static void test_a_file_that_lies_with_sound_checksums_crashes_no_one(void **state)
{
	const struct history_head *was = (const struct history_head *)sound;
	struct history_head *head = (struct history_head *)bytes;
	const char *rounds = getenv("IRQPILOT_ROUNDS");
	unsigned round, last = rounds ? (unsigned)atoi(rounds) : 1500, opened = 0;
	struct history_boot boot = model_boot(model);

	(void)state;
	for (round = 0; round < last; round++) {
		struct history_writer *writer;
		struct history_reader *reader;
		struct counts counts;
		struct clock_now time;
		char *why = NULL;
		size_t i;

		damage();
		for (i = 0; i < (used - HISTORY_HEAD_BYTES) / was->segment_bytes; i++)
			if (((struct history_segment *)(sound + HISTORY_HEAD_BYTES + i * was->segment_bytes))->sequence)
				seal(head, was, i);
		write_bytes();
		if (history_open_reader(&reader, path(), &why) == 0) {
			opened++;
			ask_a_liar(reader);
			history_close_reader(reader);
		}
		free(why);
		memset(&counts, 0, sizeof counts);
		assert_int_equal(history_open_writer(&writer, path(), SIZE, &why), 0);
		history_resume(writer, &boot, &counts, &time);
		counts_free(&counts);
		history_close_writer(writer);
		free(why);
	}
	assert_true(opened > last / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_answer_from_a_file_damaged_at_random_is_wrong, begin, end),
		cmocka_unit_test_setup_teardown(test_no_answer_from_a_file_of_two_boots_damaged_at_random_is_wrong,
						begin_with_a_reboot, end),
		cmocka_unit_test_setup_teardown(test_a_file_that_lies_with_sound_checksums_crashes_no_one, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
