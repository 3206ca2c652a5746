/* Tests of lib/readall: files of unknown size, pipes, and what cannot be read. */
#include "readall.h"
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *root;
static struct readall buffer;

static int new_root(void **state)
{
	(void)state;
	root = made_new();
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	readall_free(&buffer);
	made_remove(root);
	return 0;
}

static void a_file_is_read_to_its_end_and_terminated(void **state)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 100000, 8191, 3 };
	char *text = malloc(100000);
	size_t i;

	(void)state;
	memset(text, 'x', 100000);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		made_bytes(root, "file", text, sizes[i]);
		assert_int_equal(readall_path(&buffer, made_path(root, "file"), 0), 0);
		assert_int_equal(buffer.length, sizes[i]);
		assert_int_equal(strlen(buffer.text), sizes[i]);
	}
	free(text);
}

static void a_pipe_that_gives_little_at_a_time_is_read_to_its_end(void **state)
{
	int ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		int i;

		close(ends[0]);
		for (i = 0; i < 100; i++) {
			if (write(ends[1], "abc", 3) != 3)
				_exit(1);
			usleep(100);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(readall_fd(&buffer, ends[0], 0), 0);
	close(ends[0]);
	assert_int_equal(buffer.length, 300);
}

static void what_is_larger_than_the_limit_or_cannot_be_read_leaves_nothing(void **state)
{
	(void)state;
	made_file(root, "file", "12345");
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 5), 0);
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 4), -EFBIG);
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer.text, "");
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 0), 0);
	assert_int_equal(readall_path(&buffer, made_path(root, "none"), 0), -ENOENT);
	assert_string_equal(buffer.text, "");
	assert_int_equal(readall_path(&buffer, root, 0), -EISDIR);
	assert_int_equal(readall_fd(&buffer, -1, 0), -EBADF);
}

static void a_line_is_the_first_one_trimmed(void **state)
{
	static const struct {
		const char *file, *line;
	} examples[] = {
		{ "0-3\n", "0-3" }, { " \t 7 \r\nsecond\n", "7" }, { "\n", "" }, { "", "" }, { "a b", "a b" }, { "   ", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		char *line;

		made_file(root, "file", examples[i].file);
		line = readall_line(made_path(root, "file"));
		assert_string_equal(line, examples[i].line);
		free(line);
	}
	errno = 0;
	assert_null(readall_line(made_path(root, "none")));
	assert_int_equal(errno, ENOENT);
}

static void proc_interrupts_is_read_whole(void **state)
{
	(void)state;
	if (access("/proc/interrupts", R_OK) != 0) {
		print_message("there is no /proc/interrupts here\n");
		skip();
	}
	assert_int_equal(readall_path(&buffer, "/proc/interrupts", 0), 0);
	assert_int_equal(buffer.text[buffer.length - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_root, remove_root)
		EACH(a_file_is_read_to_its_end_and_terminated),
		EACH(a_pipe_that_gives_little_at_a_time_is_read_to_its_end),
		EACH(what_is_larger_than_the_limit_or_cannot_be_read_leaves_nothing),
		EACH(a_line_is_the_first_one_trimmed),
		EACH(proc_interrupts_is_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
