/* Tests of lib/arena: what comes from it is zeroed, aligned, apart from the rest, and freed with it. */
#include "arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void things_are_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = { NULL };
	unsigned char *things[600];
	size_t i, j;

	(void)state;
	for (i = 0; i < 600; i++) {
		size_t size = i % 50 == 49 ? 20000 : i; /* small ones, and some that need a block of their own */

		things[i] = arena_alloc(&arena, size, 1);
		assert_non_null(things[i]);
		assert_int_equal((uintptr_t)things[i] % 16, 0);
		for (j = 0; j < size; j++)
			assert_int_equal(things[i][j], 0);
		memset(things[i], (int)(i % 255) + 1, size);
	}
	for (i = 0; i < 600; i++)
		for (j = 0; j < (i % 50 == 49 ? 20000 : i); j++)
			assert_int_equal(things[i][j], i % 255 + 1);
	arena_free(&arena);
	assert_null(arena.blocks);
	arena_free(&arena);
}

static void more_than_there_can_be_is_refused(void **state)
{
	struct arena arena = { NULL };

	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(&arena, SIZE_MAX / 16 + 2, 16)); /* 32 modulo 2^64 */
	assert_null(arena_alloc(&arena, 1, SIZE_MAX));
	assert_null(arena_alloc(&arena, 1, SIZE_MAX - 16));
	assert_non_null(arena_alloc(&arena, 0, 8));
	arena_free(&arena);
}

static void texts_are_copies(void **state)
{
	struct arena arena = { NULL };
	char text[] = "hello";
	const char *copy = arena_strdup(&arena, text), *part = arena_strndup(&arena, text, 3);
	const char *short_one = arena_strndup(&arena, text, 99), *made = arena_printf(&arena, "%s, %05d", text, 42);

	(void)state;
	text[0] = 'j';
	assert_string_equal(copy, "hello");
	assert_string_equal(part, "hel");
	assert_string_equal(short_one, "hello");
	assert_string_equal(made, "hello, 00042");
	assert_null(arena_strdup(&arena, NULL));
	assert_null(arena_strndup(&arena, NULL, 3));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(things_are_zeroed_aligned_and_apart),
		cmocka_unit_test(more_than_there_can_be_is_refused),
		cmocka_unit_test(texts_are_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
