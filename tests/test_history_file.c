/*
 * Tests of lib/history: the file as a file. Who may write it, what becomes of
 * one that cannot be used, how it is made in another size.
 */
#include "made.h"
#include "model.h"

#include <fcntl.h>
#include <sys/mount.h>

#define SIZE (UINT64_C(1) << 20)

static char *folder;
static struct model *model;
static char *why;

static const char *path(void)
{
	return made_path(folder, "irqs.history");
}

static int begin(void **state)
{
	(void)state;
	folder = made_new();
	model = model_new(12000, 3);
	why = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(why);
	model_free(model);
	umount2(made_path(folder, "disk"), MNT_DETACH);
	made_remove(folder);
	return 0;
}

/* A history of so many samples, closed. */
static void write_history(uint64_t size, size_t samples)
{
	struct model_writer writer;

	model_open(model, &writer, path(), size);
	model_run(model, &writer, samples, 30);
	model_close(&writer);
}

/* Changes bytes of the file. */
static void patch(size_t offset, const void *bytes, size_t count)
{
	int fd = open(path(), O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, count, (off_t)offset), count);
	close(fd);
}

/* Opens for writing, which must work, and gives what it says. */
static struct history_writer *open_writer(uint64_t size)
{
	struct history_writer *writer;
	int err;

	free(why);
	err = history_open_writer(&writer, path(), size, &why);
	if (err)
		fail_msg("%s", why ? why : strerror(-err));
	return writer;
}

static bool is_there(const char *name)
{
	return access(made_path(folder, name), F_OK) == 0;
}

static void test_a_second_writer_is_told_who_writes(void **state)
{
	struct history_writer *first = open_writer(SIZE), *second;
	char *text = readall_join("process %d ", (int)getpid());

	(void)state;
	assert_null(why);
	assert_int_equal(history_open_writer(&second, path(), SIZE, &why), -EBUSY);
	assert_non_null(strstr(why, text));
	assert_non_null(strstr(why, path()));
	history_close_writer(first);
	history_close_writer(open_writer(SIZE));
	free(text);
}

static void test_a_second_writer_who_wants_another_size_leaves_the_file_alone(void **state)
{
	struct history_writer *first = open_writer(SIZE), *second;

	(void)state;
	assert_int_equal(history_open_writer(&second, path(), 2 * SIZE, &why), -EBUSY);
	assert_false(is_there("irqs.history.bad"));
	assert_false(is_there("irqs.history.new"));
	history_close_writer(first);
}

static void test_a_size_below_the_least_is_refused(void **state)
{
	struct history_writer *writer;

	(void)state;
	assert_int_equal(history_open_writer(&writer, path(), SIZE - 4096, &why), -EINVAL);
	assert_non_null(strstr(why, "1048576"));
	assert_false(is_there("irqs.history"));
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
	struct history_writer *writer;

	(void)state;
	assert_int_equal(history_open_writer(&writer, made_path(folder, "none/x"), SIZE, &why), -ENOENT);
	assert_non_null(strstr(why, "none/x"));
}

static void check_set_aside(const char *reason)
{
	struct history_range range;
	struct history_reader *reader;
	struct history_writer *writer = open_writer(SIZE);

	if (!why || !strstr(why, reason) || !strstr(why, "irqs.history.bad"))
		fail_msg("\"%s\" does not tell of \"%s\"", why ? why : "", reason);
	assert_true(is_there("irqs.history.bad"));
	reader = model_reader(path());
	assert_int_equal(history_range(reader, &range), -ENODATA);
	history_close_reader(reader);
	history_close_writer(writer);
	history_close_writer(open_writer(SIZE));
	assert_null(why);
}

static void test_a_file_that_is_no_history_is_set_aside(void **state)
{
	(void)state;
	made_file(folder, "irqs.history", "these are notes of mine\n");
	check_set_aside("too short");
	made_bytes(folder, "irqs.history", model->machine.text, sizeof model->machine.text);
	check_set_aside("no irqpilot history"); /* the first .bad gave way: one is kept */
}

static void test_a_file_with_a_damaged_head_is_set_aside(void **state)
{
	(void)state;
	write_history(SIZE, 10);
	patch(25, "\x01", 1);
	check_set_aside("head is damaged");
}

static void test_a_file_that_was_cut_is_set_aside(void **state)
{
	(void)state;
	write_history(SIZE, 10);
	assert_int_equal(truncate(path(), SIZE / 2), 0);
	check_set_aside("size");
}

static void test_a_file_of_another_version_is_set_aside_by_writers_and_refused_by_readers(void **state)
{
	struct history_reader *reader;

	(void)state;
	write_history(SIZE, 10);
	patch(8, "\x63", 1);
	assert_int_equal(history_open_reader(&reader, path(), &why), -ENOTSUP);
	assert_non_null(strstr(why, "version"));
	check_set_aside("version");
}

static void test_readers_name_what_they_cannot_open(void **state)
{
	struct history_reader *reader;

	(void)state;
	assert_int_equal(history_open_reader(&reader, path(), &why), -ENOENT);
	assert_non_null(strstr(why, path()));
	free(why);
	made_file(folder, "irqs.history", "");
	assert_int_equal(history_open_reader(&reader, path(), &why), -EINVAL);
	assert_non_null(strstr(why, path()));
}

/* What is left of the model in the file is right, from *first on. */
static void check_all(size_t *first)
{
	struct history_reader *reader = model_reader(path());
	struct history_range range;

	assert_int_equal(history_range(reader, &range), 0);
	assert_int_equal(range.end_us, model_time(model, model->count - 1));
	assert_int_equal(range.serial, model->count);
	*first = model_at(model, range.start_us);
	model_ask_often(model, reader, *first, 100);
	history_close_reader(reader);
}

static void test_a_larger_file_takes_over_all_and_counting_goes_on(void **state)
{
	struct model_writer writer;
	size_t first;

	(void)state;
	write_history(SIZE, 2000);
	model_reboot(model, 30 * SECOND);
	write_history(SIZE, 1000);
	write_history(SIZE, 10); /* after a short stop */
	machine_fire(&model->machine, 1000);
	model_pass(model, 20 * SECOND);
	assert_int_equal(model_open(model, &writer, path(), 3 * SIZE), 1);
	model_run(model, &writer, 1, 0);
	model_run(model, &writer, 500, 30);
	model_close(&writer);
	check_all(&first);
	assert_int_equal(first, 0);
	assert_false(is_there("irqs.history.bad"));
	assert_false(is_there("irqs.history.new"));
}

static void test_the_gaps_are_taken_over_too(void **state)
{
	struct window before, after;
	struct history_reader *reader;
	size_t i;

	(void)state;
	write_history(SIZE, 100);
	write_history(SIZE, 100);
	model_reboot(model, 30 * SECOND);
	write_history(SIZE, 100);
	reader = model_reader(path());
	model_ask(model, reader, 0, model_time(model, 10), model_time(model, 290), &before);
	history_close_writer(open_writer(2 * SIZE));
	assert_non_null(strstr(why, "2097152"));
	model_ask(model, reader, 0, model_time(model, 10), model_time(model, 290), &after); /* the reader follows */
	assert_int_equal(before.span.gap_count, 2);
	assert_int_equal(after.span.gap_count, 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(after.span.gaps[i].start_us, before.span.gaps[i].start_us);
		assert_int_equal(after.span.gaps[i].end_us, before.span.gaps[i].end_us);
		assert_string_equal(after.span.gaps[i].why, before.span.gaps[i].why);
	}
	window_free(&before);
	window_free(&after);
	history_close_reader(reader);
}

static void test_counts_begun_anew_in_the_same_boot_stay_apart_when_taken_over(void **state)
{
	struct window before, after;
	struct history_question question;
	struct history_reader *reader;
	struct model_writer writer;

	(void)state;
	write_history(SIZE, 100);
	memset(&writer, 0, sizeof writer);
	writer.writer = open_writer(SIZE); /* and not resumed: rows and slots have new numbers */
	model_run(model, &writer, 100, 3);
	model_close(&writer);
	question = (struct history_question){ model_time(model, 10), model_time(model, 190) };
	memset(&before, 0, sizeof before);
	memset(&after, 0, sizeof after);
	reader = model_reader(path());
	assert_int_equal(history_window(reader, &question, &before), 0);
	history_close_writer(open_writer(2 * SIZE));
	assert_int_equal(history_window(reader, &question, &after), 0);
	assert_int_equal(before.span.gap_count, 1);
	assert_int_equal(after.span.gap_count, 1);
	assert_int_equal(after.span.covered_us, before.span.covered_us);
	assert_int_equal(after.cell_count, before.cell_count);
	assert_memory_equal(after.cells, before.cells, before.cell_count * sizeof *before.cells);
	history_close_reader(reader);
	window_free(&before);
	window_free(&after);
}

static void test_a_smaller_file_takes_over_the_newest(void **state)
{
	struct model_writer writer;
	size_t first;

	(void)state;
	write_history(3 * SIZE, 10000);
	model_open(model, &writer, path(), SIZE);
	model_run(model, &writer, 10, 0);
	model_close(&writer);
	check_all(&first);
	assert_in_range(first, 1000, 9000);
}

/* A mounted file system of that many KiB below the folder; false: that is not possible here. */
static bool mount_small(const char *name, unsigned kib)
{
	char options[32];

	snprintf(options, sizeof options, "size=%uk", kib);
	assert_int_equal(mkdir(made_path(folder, name), 0755), 0);
	return mount("none", made_path(folder, name), "tmpfs", 0, options) == 0;
}

static void test_a_full_disk_is_an_error_at_the_start(void **state)
{
	struct history_writer *writer;
	char *full;

	(void)state;
	if (!mount_small("disk", 512)) {
		print_message("skipped: no small file system can be mounted here (%s)\n", strerror(errno));
		skip();
	}
	full = strdup(made_path(folder, "disk/irqs.history"));
	assert_int_equal(history_open_writer(&writer, full, SIZE, &why), -ENOSPC);
	assert_non_null(strstr(why, "1048576"));
	assert_int_not_equal(access(full, F_OK), 0);
	free(full);
}

static void test_a_disk_too_full_for_another_size_leaves_the_history_as_it_was(void **state)
{
	struct history_writer *writer;
	struct history_range range;
	struct history_reader *reader;
	struct model_writer small;
	char *full;

	(void)state;
	if (!mount_small("disk", 2500)) {
		print_message("skipped: no small file system can be mounted here (%s)\n", strerror(errno));
		skip();
	}
	full = strdup(made_path(folder, "disk/irqs.history"));
	model_open(model, &small, full, SIZE);
	model_run(model, &small, 100, 0);
	model_close(&small);
	assert_int_equal(history_open_writer(&writer, full, 2 * SIZE, &why), -ENOSPC);
	assert_false(is_there("disk/irqs.history.new"));
	assert_false(is_there("disk/irqs.history.bad"));
	reader = model_reader(full);
	assert_int_equal(history_range(reader, &range), 0);
	assert_int_equal(range.samples, 100);
	history_close_reader(reader);
	free(full);
}

static void test_a_machine_that_does_not_fit_is_refused(void **state)
{
	enum { ROWS = 2000 };
	struct history_writer *writer = open_writer(SIZE);
	struct history_boot boot = model_boot(model);
	struct history_stamp stamp = { model->now, 1, 1000000, NULL };
	char *text = malloc(ROWS * 80);
	size_t length = (size_t)sprintf(text, "           CPU0\n"), i;
	struct irqtable_error error;
	struct irqtable table;
	struct counts counts;

	(void)state;
	memset(&table, 0, sizeof table);
	memset(&counts, 0, sizeof counts);
	for (i = 0; i < ROWS; i++)
		length += (size_t)sprintf(text + length, "%zu: %zu  PCI-MSI %zu-edge  eth%zu\n", i, i, i, i);
	assert_int_equal(irqtable_parse(&table, text, length, &error), 0);
	assert_int_equal(counts_add(&counts, &table, model->now.boot_us), 0);
	assert_int_equal(history_append(writer, &boot, &stamp, &counts), -EFBIG);
	history_close_writer(writer);
	writer = open_writer(8 * SIZE);
	assert_int_equal(history_append(writer, &boot, &stamp, &counts), 0);
	history_close_writer(writer);
	counts_free(&counts);
	irqtable_free(&table);
	free(text);
}

static void test_many_rows_are_taken_up_again_after_a_stop(void **state)
{
	struct history_boot boot = model_boot(model);
	struct model_writer writer;
	struct clock_now last;
	size_t i;

	(void)state;
	model_open(model, &writer, path(), SIZE);
	model_run(model, &writer, 1000, 3);
	i = writer.counts.row_count;
	model_close(&writer);
	memset(&writer, 0, sizeof writer);
	writer.writer = open_writer(SIZE);
	assert_int_equal(history_resume(writer.writer, &boot, &writer.counts, &last), 1);
	assert_int_equal(writer.counts.row_count, i);
	assert_int_equal(last.real_us, model->now.real_us);
	assert_int_equal(last.boot_us, model->now.boot_us);
	model_close(&writer);
	boot.id[3] ^= 1;
	memset(&writer, 0, sizeof writer);
	writer.writer = open_writer(SIZE);
	assert_int_equal(history_resume(writer.writer, &boot, &writer.counts, &last), 0);
	assert_int_equal(writer.counts.row_count, 0);
	model_close(&writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_second_writer_is_told_who_writes),
		TEST(test_a_second_writer_who_wants_another_size_leaves_the_file_alone),
		TEST(test_a_size_below_the_least_is_refused),
		TEST(test_a_folder_that_is_not_there_is_named),
		TEST(test_a_file_that_is_no_history_is_set_aside),
		TEST(test_a_file_with_a_damaged_head_is_set_aside),
		TEST(test_a_file_that_was_cut_is_set_aside),
		TEST(test_a_file_of_another_version_is_set_aside_by_writers_and_refused_by_readers),
		TEST(test_readers_name_what_they_cannot_open),
		TEST(test_a_larger_file_takes_over_all_and_counting_goes_on),
		TEST(test_the_gaps_are_taken_over_too),
		TEST(test_counts_begun_anew_in_the_same_boot_stay_apart_when_taken_over),
		TEST(test_a_smaller_file_takes_over_the_newest),
		TEST(test_a_full_disk_is_an_error_at_the_start),
		TEST(test_a_disk_too_full_for_another_size_leaves_the_history_as_it_was),
		TEST(test_a_machine_that_does_not_fit_is_refused),
		TEST(test_many_rows_are_taken_up_again_after_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
