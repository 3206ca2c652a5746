/* Tests of lib's small parts: readall, clock, log, arena, grow, utf8. */
#include "arena.h"
#include "clock.h"
#include "grow.h"
#include "log.h"
#include "made.h"
#include "readall.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *root;

static int begin(void **state)
{
	(void)state;
	root = made_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	made_remove(root);
	return 0;
}

/* ---- readall ---- */

static void a_file_is_read_whole_whatever_its_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 8191, 8192, 100000 };
	struct readall buffer = { NULL, 0, 0 };
	char *bytes = malloc(100000);
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		bytes[i] = (char)i;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		made_bytes(root, "file", bytes, sizes[i]);
		assert_int_equal(readall_path(&buffer, made_path(root, "file"), 0), 0);
		assert_int_equal(buffer.length, sizes[i]);
		assert_memory_equal(buffer.text, bytes, sizes[i]);
		assert_int_equal(buffer.text[buffer.length], 0);
	}
	free(bytes);
	readall_free(&buffer);
	assert_null(buffer.text);
}

static void short_reads_are_read_on_until_there_is_nothing(void **state)
{
	struct readall buffer = { NULL, 0, 0 };
	int ends[2], i;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		for (i = 0; i < 5; i++) {
			if (write(ends[1], "abc", 3) != 3)
				_exit(1);
			usleep(2000);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(readall_fd(&buffer, ends[0], 0), 0);
	assert_string_equal(buffer.text, "abcabcabcabcabc");
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	readall_free(&buffer);
}

static void what_cannot_be_read_is_an_error_and_leaves_an_empty_text(void **state)
{
	struct readall buffer = { NULL, 0, 0 };

	(void)state;
	assert_int_equal(readall_path(&buffer, made_path(root, "none"), 0), -ENOENT);
	assert_int_equal(buffer.length, 0);
	made_file(root, "file", "0123456789");
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 10), 0);
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 9), -EFBIG);
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer.text, "");
	assert_int_equal(readall_path(&buffer, "/dev/zero", 1 << 20), -EFBIG);
	assert_int_equal(readall_path(&buffer, root, 0), -EISDIR);
	assert_int_equal(readall_path(&buffer, made_path(root, "file"), 0), 0);
	assert_int_equal(readall_path(&buffer, made_path(root, "none"), 0), -ENOENT);
	assert_string_equal(buffer.text, "");
	readall_free(&buffer);
}

static void a_line_is_the_first_one_trimmed(void **state)
{
	static const char *const examples[][2] = {
		{ "0-3\n", "0-3" }, { " \t 0-3 \t\r\nnext\n", "0-3" }, { "no end", "no end" }, { "", "" }, { "\n\n", "" }, { " ", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		char *line;

		made_file(root, "file", examples[i][0]);
		line = readall_line(made_path(root, "file"));
		assert_string_equal(line, examples[i][1]);
		free(line);
	}
	errno = 0;
	assert_null(readall_line(made_path(root, "none")));
	assert_int_equal(errno, ENOENT);
	assert_null(readall_line("/dev/zero"));
	assert_int_equal(errno, EFBIG);
}

static void a_path_may_be_of_any_length(void **state)
{
	char *long_one = malloc(100001), *path;

	(void)state;
	memset(long_one, 'a', 100000);
	long_one[100000] = '\0';
	path = readall_join("%s/%u/%s", long_one, 7u, "x");
	assert_int_equal(strlen(path), 100004);
	assert_string_equal(path + 100000, "/7/x");
	free(path);
	free(long_one);
}

/* ---- clock ---- */

static void times_are_written_as_rfc_3339_in_utc(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} examples[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1767323045678000, "2026-01-02T03:04:05.678Z" },
		{ 1767323045678999, "2026-01-02T03:04:05.678Z" }, /* never later than it is */
		{ 951827696000001, "2000-02-29T12:34:56.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000000, "1969-12-31T23:59:59.000Z" },
	};
	char text[CLOCK_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++)
		assert_string_equal(clock_rfc3339(text, examples[i].us), examples[i].text);
	if (sizeof(time_t) > 4) {
		assert_string_equal(clock_rfc3339(text, INT64_MAX), "9999-12-31T23:59:59.999Z");
		assert_string_equal(clock_rfc3339(text, INT64_MIN), "0000-01-01T00:00:00.000Z");
		assert_string_equal(clock_rfc3339(text, INT64_C(253402300799) * 1000000 + 999999), "9999-12-31T23:59:59.999Z");
	}
}

static void clocks_do_not_go_backwards(void **state)
{
	struct clock_now a = clock_read(), b;

	(void)state;
	usleep(2000);
	b = clock_read();
	assert_true(b.monotonic_us >= a.monotonic_us + 2000);
	assert_true(b.boot_us >= a.boot_us + 2000);
	assert_true(b.boot_us >= a.monotonic_us); /* suspend is counted there */
	assert_true(a.real_us > INT64_C(1500000000) * 1000000);
}

/* ---- log ---- */

/* What fn writes to stderr. */
static char *stderr_of(void (*fn)(void))
{
	int file = open(made_path(root, "stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(2);
	struct readall text = { NULL, 0, 0 };

	dup2(file, 2);
	fn();
	dup2(saved, 2);
	close(saved);
	close(file);
	assert_int_equal(readall_path(&text, made_path(root, "stderr"), 0), 0);
	return text.text;
}

static void say_three_things(void)
{
	log_open("tester", 0);
	log_error("%s: %d", "eth0", 5);
	log_warning("a\nforged: line \x1b[31m\x7f\ttab");
	log_info("caf\xc3\xa9");
}

static void each_message_is_one_line_that_cannot_be_forged(void **state)
{
	char *text = stderr_of(say_three_things);

	(void)state;
	assert_string_equal(text, "tester: error: eth0: 5\ntester: warning: a forged: line  [31m  tab\ntester: caf\xc3\xa9\n");
	free(text);
}

static void say_much(void)
{
	char *much = malloc(50001);

	memset(much, 'x', 50000);
	much[50000] = '\0';
	log_info("%s", much);
	free(much);
}

static void a_message_may_be_of_any_length(void **state)
{
	char *text = stderr_of(say_much);

	(void)state;
	assert_int_equal(strlen(text), strlen("tester: ") + 50000 + 1);
	free(text);
}

/* ---- arena ---- */

static void what_an_arena_gives_is_zeroed_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 100, 2047, 2048, 2049, 8191, 8192, 8193, 100000, 3 };
	struct arena arena = { NULL };
	unsigned char *things[300];
	size_t i, k;

	(void)state;
	for (i = 0; i < 300; i++) {
		size_t size = sizes[i % (sizeof sizes / sizeof *sizes)];

		things[i] = arena_alloc(&arena, size, 1);
		assert_non_null(things[i]);
		assert_int_equal((uintptr_t)things[i] % __alignof__(long double), 0);
		for (k = 0; k < size; k++)
			assert_int_equal(things[i][k], 0);
		memset(things[i], (int)(i % 251) + 1, size);
	}
	for (i = 0; i < 300; i++)
		for (k = 0; k < sizes[i % (sizeof sizes / sizeof *sizes)]; k++)
			assert_int_equal(things[i][k], i % 251 + 1);
	arena_free(&arena);
	assert_null(arena.blocks);
	arena_free(&arena);
}

static void an_arena_copies_texts(void **state)
{
	struct arena arena = { NULL };
	char *big = malloc(20001);

	(void)state;
	memset(big, 'y', 20000);
	big[20000] = '\0';
	assert_string_equal(arena_strdup(&arena, "text"), "text");
	assert_string_equal(arena_strdup(&arena, big), big);
	assert_null(arena_strdup(&arena, NULL));
	assert_string_equal(arena_strndup(&arena, "text", 2), "te");
	assert_string_equal(arena_strndup(&arena, "text", SIZE_MAX), "text");
	assert_null(arena_strndup(&arena, NULL, 5));
	assert_string_equal(arena_printf(&arena, "%s-%d", "eth", 7), "eth-7");
	assert_int_equal(strlen(arena_printf(&arena, "%s%s", big, big)), 40000);
	arena_free(&arena);
	free(big);
}

static void sizes_that_overflow_are_no_memory(void **state)
{
	struct arena arena = { NULL };
	size_t room = 0;
	char *array = NULL;

	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX, 2));
	assert_null(arena_alloc(&arena, SIZE_MAX / 8 + 2, 8));
	assert_null(arena_alloc(&arena, SIZE_MAX, 1));
	arena_free(&arena);
	assert_int_equal(grow(&array, &room, SIZE_MAX, 1), -ENOMEM);
	assert_int_equal(grow(&array, &room, SIZE_MAX / 8, 16), -ENOMEM);
	assert_null(array);
	assert_int_equal(room, 0);
}

static void an_array_grows_and_keeps_what_it_holds(void **state)
{
	uint64_t *array = NULL, *before;
	size_t room = 0, i, moves = 0;

	(void)state;
	for (i = 0; i < 10000; i++) {
		before = array;
		assert_int_equal(grow(&array, &room, i + 1, sizeof *array), 0);
		moves += before != array;
		assert_true(room > i);
		array[i] = i * i;
	}
	for (i = 0; i < 10000; i++)
		assert_true(array[i] == i * i);
	assert_true(moves < 20); /* it doubles */
	free(array);
}

/* ---- utf8 ---- */

/* A code point's bytes, written by the definition. */
static size_t encode(uint32_t c, unsigned char *p)
{
	if (c < 0x80)
		return p[0] = (unsigned char)c, 1;
	if (c < 0x800)
		return p[0] = (unsigned char)(0xc0 | c >> 6), p[1] = (unsigned char)(0x80 | (c & 63)), 2;
	if (c < 0x10000) {
		p[0] = (unsigned char)(0xe0 | c >> 12);
		p[1] = (unsigned char)(0x80 | (c >> 6 & 63));
		return p[2] = (unsigned char)(0x80 | (c & 63)), 3;
	}
	p[0] = (unsigned char)(0xf0 | c >> 18);
	p[1] = (unsigned char)(0x80 | (c >> 12 & 63));
	p[2] = (unsigned char)(0x80 | (c >> 6 & 63));
	return p[3] = (unsigned char)(0x80 | (c & 63)), 4;
}

static void every_character_is_utf_8_and_no_surrogate_is(void **state)
{
	unsigned char p[4];
	uint32_t c;

	(void)state;
	for (c = 0; c < 0x200000; c++) {
		size_t length = encode(c, p), found = utf8_length(p, length);

		if (found != (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : length))
			fail_msg("U+%04X is said to have %zu bytes", c, found);
		if (length > 1 && utf8_length(p, length - 1) != 0)
			fail_msg("U+%04X is accepted though it is cut", c);
	}
}

static void what_is_overlong_or_begins_in_the_middle_is_none(void **state)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
					   "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xc3(",
					   "\xe2\x82(", "\xe2(\xa1", "\xf0\x9f\x90(" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(utf8_length((const unsigned char *)bad[i], strlen(bad[i])), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_whatever_its_size),
		cmocka_unit_test(short_reads_are_read_on_until_there_is_nothing),
		cmocka_unit_test(what_cannot_be_read_is_an_error_and_leaves_an_empty_text),
		cmocka_unit_test(a_line_is_the_first_one_trimmed),
		cmocka_unit_test(a_path_may_be_of_any_length),
		cmocka_unit_test(times_are_written_as_rfc_3339_in_utc),
		cmocka_unit_test(clocks_do_not_go_backwards),
		cmocka_unit_test(each_message_is_one_line_that_cannot_be_forged),
		cmocka_unit_test(a_message_may_be_of_any_length),
		cmocka_unit_test(what_an_arena_gives_is_zeroed_aligned_and_apart),
		cmocka_unit_test(an_arena_copies_texts),
		cmocka_unit_test(sizes_that_overflow_are_no_memory),
		cmocka_unit_test(an_array_grows_and_keeps_what_it_holds),
		cmocka_unit_test(every_character_is_utf_8_and_no_surrogate_is),
		cmocka_unit_test(what_is_overlong_or_begins_in_the_middle_is_none),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
