/*
 * Tests of lib/history: files that are cut, removed and replaced under those
 * who use them, and writers that are killed.
 */
#include "made.h"
#include "model.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

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
	model = model_new(60000, 5);
	model_open(model, &writer, path(), SIZE);
	model_run(model, &writer, 200, 10);
	reader = model_reader(path());
	return 0;
}

static int end(void **state)
{
	(void)state;
	history_close_reader(reader);
	model_close(&writer);
	model_free(model);
	made_remove(folder);
	return 0;
}

static int64_t last_time(void)
{
	return model_time(model, model->count - 1);
}

static int ask(void)
{
	struct history_question question = { last_time() - 60 * SECOND, last_time() };
	struct window window;
	int err;

	memset(&window, 0, sizeof window);
	err = history_window(reader, &question, &window);
	if (!err)
		assert_null(model_fault(model, &window, model_at(model, window.span.start_us),
					model_at(model, window.span.end_us)));
	window_free(&window);
	return err;
}

static void truncate_to(uint64_t size)
{
	assert_int_equal(truncate(path(), (off_t)size), 0);
}

static int append(void)
{
	int err;

	model_pass(model, SECOND);
	machine_fire(&model->machine, 100);
	err = model_append(model, &writer, NULL);
	if (err)
		model->count--; /* it is in no file */
	return err;
}

/* As the sampler does after -ESTALE: another file, the counters stay. */
static void open_anew(void)
{
	char *why = NULL;

	history_close_writer(writer.writer);
	assert_int_equal(history_open_writer(&writer.writer, path(), SIZE, &why), 0);
	free(why);
}

static void test_a_reader_and_the_writer_notice_that_the_file_was_removed(void **state)
{
	(void)state;
	assert_int_equal(ask(), 0);
	assert_int_equal(unlink(path()), 0);
	assert_int_equal(append(), -ESTALE);
	assert_int_equal(ask(), -ENOENT);
	open_anew();
	assert_int_equal(ask(), -ENODATA);
	assert_int_equal(append(), 0);
	assert_int_equal(append(), 0);
	assert_int_equal(ask(), 0);
}

static void test_a_reader_and_the_writer_notice_that_the_file_was_cut(void **state)
{
	static const uint64_t sizes[] = { SIZE / 2, 5000, 100, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		assert_int_equal(ask(), 0);
		truncate_to(sizes[i]);
		assert_int_equal(append(), -ESTALE);
		assert_int_equal(ask(), -EINVAL);
		open_anew();
		assert_int_equal(append(), 0);
		assert_int_equal(append(), 0);
		assert_int_equal(ask(), 0);
	}
}

static void test_a_reader_and_the_writer_notice_that_the_file_was_replaced(void **state)
{
	char *other = strdup(made_path(folder, "other"));
	struct model_writer second;

	(void)state;
	model_open(model, &second, other, SIZE);
	model_run(model, &second, 10, 0);
	assert_int_equal(rename(other, path()), 0);
	assert_int_equal(append(), -ESTALE);
	assert_int_equal(ask(), 0);
	model_close(&second);
	assert_int_equal(model_open(model, &second, path(), SIZE), 1);
	model_run(model, &second, 10, 0);
	assert_int_equal(ask(), 0);
	model_close(&second);
	free(other);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A process that ends with this one at the latest. */
static pid_t fork_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* Cuts the file and puts it back, over and over, until it is killed. */
static void cut_on(void)
{
	struct readall file = { NULL, 0, 0 };
	int fd = open(path(), O_RDWR);
	uint64_t n;

	if (fd < 0 || readall_path(&file, path(), 0) != 0)
		_exit(1);
	for (n = 1;; n = n * 6364136223846793005u + 1442695040888963407u)
		if (ftruncate(fd, n >> 63 ? 0 : (off_t)(n >> 45)) != 0 ||
		    pwrite(fd, file.text, file.length, 0) != (ssize_t)file.length)
			_exit(1);
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_a_file_that_is_cut_while_it_is_read_or_written_kills_no_one(void **state)
{
	unsigned answered = 0, refused = 0, stored = 0, lost = 0;
	double begun;
	pid_t cutter;

	(void)state;
	history_close_reader(model_reader(path())); /* takes SIGBUS back from cmocka */
	cutter = fork_child();
	if (cutter == 0)
		cut_on();
	for (begun = now(); now() < begun + 1 || (!(answered && refused) && now() < begun + 20);) {
		int err = ask(); /* what is answered is right, though it may be of half a file */

		answered += !err;
		refused += err != 0;
	}
	for (begun = now(); now() < begun + 0.5 || (!(stored && lost) && now() < begun + 20);) {
		int err = append();

		assert_true(err == 0 || err == -ESTALE);
		stored += !err;
		lost += err != 0;
	}
	stop(cutter);
	truncate_to(SIZE); /* cmocka has SIGBUS again at the end of the test */
	assert_true(answered && refused && stored && lost);
}

/* ---- killed writers ---- */

/* Appends as fast as it can, until it is killed. */
static void write_on(const struct clock_now *start)
{
	struct model_writer own;
	unsigned i = 0;

	model->machine.random |= 1;
	if (model_open(model, &own, path(), SIZE) != 1)
		_exit(2);
	while (model->count < model->room) {
		/* told by the number of samples alone, so that a killed writer leaves no half of a time behind */
		uint64_t since = model->count * (uint64_t)SECOND;

		model->now.real_us = start->real_us + (int64_t)since;
		model->now.boot_us = start->boot_us + since;
		/* a CPU that goes right after a kill would take with it what fired on it since the last sample */
		if (i++ && machine_random(&model->machine, 20) == 0)
			model->machine.online[3] = !model->machine.online[3];
		if (machine_random(&model->machine, 20) == 0)
			model->machine.rows[2].names[0] ^= 1;
		machine_fire(&model->machine, 1000);
		if (model_append(model, &own, NULL) != 0)
			_exit(3);
	}
	_exit(4); /* the model is full */
}

/* Asks for windows and compares, until it is killed; _exit(1) at the first wrong one. */
static void read_on(uint64_t seed)
{
	struct history_reader *own = model_reader(path());
	struct machine dice = { .random = seed };

	for (;;) {
		int64_t latest = model_time(model, __atomic_load_n(&model->count, __ATOMIC_ACQUIRE) - 1);
		int64_t back = (int64_t)machine_random(&dice, 3000) * SECOND;
		int64_t length = (int64_t)machine_random(&dice, 500) * SECOND;
		struct history_question question = { latest - back - length, latest - back + SECOND };
		struct window window;
		const char *fault = NULL;
		size_t from, to;
		int err;

		memset(&window, 0, sizeof window);
		err = history_window(own, &question, &window);
		from = model_at(model, window.span.start_us);
		to = model_at(model, window.span.end_us);
		if (err && err != -EIO && err != -ERANGE)
			fault = strerror(-err);
		else if (!err && (from >= model->count || to >= model->count))
			fault = "of samples that there never were";
		else if (!err)
			fault = model_fault(model, &window, from, to);
		if (fault) {
			fprintf(stderr, "a window is wrong: %s\n", fault);
			_exit(1);
		}
		window_free(&window);
	}
}

static void pause_for(uint64_t microseconds)
{
	struct timespec t = { 0, (long)microseconds * 1000 };

	nanosleep(&t, NULL);
}

/* The last sample of the file is the model's last, or the one before it: that being written is lost. */
static void check_last(void)
{
	struct history_range range;
	size_t last;

	assert_int_equal(history_range(reader, &range), 0);
	last = model_at(model, range.end_us);
	if (last + 2 < model->count)
		fail_msg("of %zu samples the last is number %zu", model->count, last);
	model->count = last + 1; /* as if it had never been taken */
}

static void test_a_killed_writer_loses_one_sample_at_most_and_readers_see_nothing_wrong(void **state)
{
	struct clock_now start = { model->samples[0].at.real_us, model->samples[0].at.boot_us, 0 };
	struct machine dice = { .random = 99 };
	size_t before = model->count, count;
	double begun;
	pid_t readers[2], killed;
	unsigned i, kills = 0;
	int status;

	(void)state;
	model_close(&writer);
	memset(&writer, 0, sizeof writer);
	for (i = 0; i < 2; i++) {
		readers[i] = fork_child();
		if (readers[i] == 0)
			read_on(1000 + i);
	}
	for (; kills < 60 && model->count < model->room - 10000; kills++) {
		killed = fork_child();
		if (killed == 0)
			write_on(&start);
		/* by turns at any time, and when it is at work for sure */
		for (begun = now(), count = model->count; kills % 2 && now() < begun + 20; pause_for(100))
			if (__atomic_load_n(&model->count, __ATOMIC_ACQUIRE) > count)
				break;
		pause_for(1000 + machine_random(&dice, 20000));
		stop(killed);
		check_last();
	}
	for (i = 0; i < 2; i++) {
		if (waitpid(readers[i], &status, WNOHANG) != 0)
			fail_msg("reader %u ended with %x", i, (unsigned)status);
		stop(readers[i]);
	}
	assert_true(kills > 20);
	assert_true(model->count > before + kills / 2);
	print_message("%u kills, %zu samples\n", kills, model->count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_reader_and_the_writer_notice_that_the_file_was_removed),
		TEST(test_a_reader_and_the_writer_notice_that_the_file_was_cut),
		TEST(test_a_reader_and_the_writer_notice_that_the_file_was_replaced),
		TEST(test_a_file_that_is_cut_while_it_is_read_or_written_kills_no_one),
		TEST(test_a_killed_writer_loses_one_sample_at_most_and_readers_see_nothing_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
