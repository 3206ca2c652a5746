/* Tests of lib/clock: the clocks go on, and times are written as RFC 3339 whatever they are. */
#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void times_are_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} examples[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ INT64_C(1767323045678999), "2026-01-02T03:04:05.678Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ INT64_C(951782400000000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(4102444800000000), "2100-01-01T00:00:00.000Z" },
		{ INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z" },
		{ INT64_C(253402300800000000), "9999-12-31T23:59:59.999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
		{ INT64_C(-62167219200000001), "0000-01-01T00:00:00.000Z" },
		{ INT64_MIN, "0000-01-01T00:00:00.000Z" },
	};
	char text[CLOCK_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++)
		assert_string_equal(clock_rfc3339(text, examples[i].us), examples[i].text);
}

static void the_clocks_are_the_systems_and_go_on(void **state)
{
	struct timespec pause = { 0, 2000000 };
	struct clock_now first = clock_read(), second;

	(void)state;
	nanosleep(&pause, NULL);
	second = clock_read();
	assert_true(second.monotonic_us >= first.monotonic_us + 2000);
	assert_true(second.boot_us >= first.boot_us + 2000);
	assert_true(second.boot_us >= second.monotonic_us); /* suspend counts there */
	assert_true(llabs((long long)(second.real_us / 1000000 - time(NULL))) <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
		cmocka_unit_test(the_clocks_are_the_systems_and_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
