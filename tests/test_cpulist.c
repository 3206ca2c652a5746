/* Tests of lib/cpulist: lists and masks as the kernel writes them, and sets against a plain array of bits. */
#include "cpulist.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What text is read as, written again; an error's name where it is refused. The caller frees it. */
static char *again(int (*parse)(struct cpulist *, const char *), const char *text)
{
	struct cpulist list = { NULL, 0 };
	char *result;

	switch (parse(&list, text)) {
	case 0:
		result = cpulist_format(&list);
		cpulist_free(&list);
		break;
	case -EINVAL:
		result = strdup("EINVAL");
		break;
	case -ERANGE:
		result = strdup("ERANGE");
		break;
	default:
		result = strdup("another error");
	}
	assert_null(list.ranges);
	assert_int_equal(list.count, 0);
	return result;
}

struct example {
	const char *text, *expected;
};

static void check(int (*parse)(struct cpulist *, const char *), const struct example *example)
{
	for (; example->text; example++) {
		char *result = again(parse, example->text);

		if (strcmp(result, example->expected) != 0)
			fail_msg("\"%s\" is read as \"%s\", not as \"%s\"", example->text, result, example->expected);
		free(result);
	}
}

static void a_list_is_read_as_the_kernel_writes_it(void **state)
{
	static const struct example examples[] = {
		{ "0-3,8\n", "0-3,8" },
		{ "5", "5" },
		{ "007", "7" },
		{ "", "" },
		{ "\n", "" },
		{ " \t\r\n", "" },
		{ " 0-1 \r\n", "0-1" },
		{ "0,2,4,6,8,10,12-13", "0,2,4,6,8,10,12-13" },
		{ "4294967295", "4294967295" },
		{ "0-4294967295", "0-4294967295" },
		{ NULL, NULL },
	};

	(void)state;
	check(cpulist_parse, examples);
}

static void ranges_may_overlap_touch_and_come_in_any_order(void **state)
{
	static const struct example examples[] = {
		{ "3,2,1,0", "0-3" },
		{ "0-5,3-8", "0-8" },
		{ "8,0-3,4-7", "0-8" },
		{ "0,2,4,6,0-7", "0-7" },
		{ "0,2,4,6,1,3,5", "0-6" },
		{ "10-20,12", "10-20" },
		{ "4294967294,4294967295", "4294967294-4294967295" },
		{ "4294967295,0", "0,4294967295" },
		{ "1,1,1", "1" },
		{ NULL, NULL },
	};

	(void)state;
	check(cpulist_parse, examples);
}

static void what_is_no_list_is_refused_and_leaves_the_empty_set(void **state)
{
	static const struct example examples[] = {
		{ "0-", "EINVAL" },        { "-1", "EINVAL" },       { "1-0", "EINVAL" },
		{ ",", "EINVAL" },         { "1,", "EINVAL" },       { ",1", "EINVAL" },
		{ "1,,2", "EINVAL" },      { "1-2-3", "EINVAL" },    { "1 2", "EINVAL" },
		{ "0x1", "EINVAL" },       { "all", "EINVAL" },      { "(null)", "EINVAL" },
		{ "1\n2", "EINVAL" },      { "0-3,x", "EINVAL" },    { "+1", "EINVAL" },
		{ "0-7:2/4", "EINVAL" },   { "1.5", "EINVAL" },      { "0-3,4294967296", "ERANGE" },
		{ "4294967296", "ERANGE" },{ "99999999999999999999999", "ERANGE" },
		{ NULL, NULL },
	};

	(void)state;
	check(cpulist_parse, examples);
}

static void a_mask_is_read_from_the_right_in_groups_of_32(void **state)
{
	static const struct example examples[] = {
		{ "1\n", "0" },
		{ "f", "0-3" },
		{ "00000000,00000000", "" },
		{ "ff,00000001", "0,32-39" },
		{ "1,0", "32" },
		{ "80000000,00000001,00000000", "32,95" },
		{ "ffffffff,ffffffff", "0-63" },
		{ "DeadBeef\r\n", "0-3,5-7,9-13,15-16,18-19,21,23,25-28,30-31" },
		{ NULL, NULL },
	};

	(void)state;
	check(cpulist_parse_mask, examples);
}

static void what_is_no_mask_is_refused(void **state)
{
	static const struct example examples[] = {
		{ "", "EINVAL" },       { "\n", "EINVAL" },   { ",", "EINVAL" },       { ",1", "EINVAL" },
		{ "1,", "EINVAL" },     { "1,,1", "EINVAL" }, { "100000000", "EINVAL" }, { "0x1", "EINVAL" },
		{ "1 1", "EINVAL" },    { "g", "EINVAL" },    { "-1", "EINVAL" },      { NULL, NULL },
	};

	(void)state;
	check(cpulist_parse_mask, examples);
}

static void a_range_that_ends_before_it_begins_is_refused(void **state)
{
	struct cpulist list = { NULL, 0 };

	(void)state;
	assert_int_equal(cpulist_add(&list, 3, 5), 0);
	assert_int_equal(cpulist_add(&list, 2, 1), -EINVAL);
	assert_int_equal(cpulist_size(&list), 3);
	cpulist_free(&list);
	cpulist_free(&list);
}

static void all_cpu_numbers_are_counted(void **state)
{
	struct cpulist list = { NULL, 0 }, none = { NULL, 0 };

	(void)state;
	assert_int_equal(cpulist_size(&none), 0);
	assert_false(cpulist_has(&none, 0));
	assert_int_equal(cpulist_add(&list, 0, UINT32_MAX), 0);
	assert_int_equal(cpulist_add(&list, UINT32_MAX, UINT32_MAX), 0);
	assert_true(cpulist_size(&list) == UINT64_C(1) << 32);
	assert_true(cpulist_has(&list, 0) && cpulist_has(&list, UINT32_MAX));
	assert_false(cpulist_equal(&list, &none));
	cpulist_free(&list);
	assert_true(cpulist_equal(&list, &none));
}

#define BITS 200

/* Sorted, disjoint, not adjacent, and the same numbers as bits. */
static void check_set(const struct cpulist *list, const bool *bits)
{
	struct cpulist copy = { NULL, 0 };
	uint64_t size = 0;
	unsigned cpu;
	char *text;
	size_t i;

	for (i = 0; i < list->count; i++) {
		assert_true(list->ranges[i].first <= list->ranges[i].last);
		assert_true(i == 0 || list->ranges[i].first > list->ranges[i - 1].last + 1);
	}
	for (cpu = 0; cpu < BITS; cpu++) {
		assert_int_equal(cpulist_has(list, cpu), bits[cpu]);
		size += bits[cpu];
	}
	assert_int_equal(cpulist_size(list), size);
	text = cpulist_format(list);
	assert_int_equal(cpulist_parse(&copy, text), 0);
	assert_true(cpulist_equal(list, &copy));
	free(text);
	cpulist_free(&copy);
}

static void sets_made_of_many_ranges_hold_what_was_added(void **state)
{
	unsigned seed = 1, round, i;

	(void)state;
	for (round = 0; round < 300; round++) {
		struct cpulist list = { NULL, 0 };
		bool bits[BITS] = { false };

		for (i = 0; i < 60; i++) {
			unsigned first, last, cpu;

			seed = seed * 1103515245u + 12345u;
			first = (seed >> 8) % BITS;
			/* mostly single numbers, so that there are many ranges before a long one joins them */
			last = first + ((seed >> 24) % 16 ? 0 : (seed >> 16) % 60);
			if (last >= BITS)
				last = BITS - 1;
			assert_int_equal(cpulist_add(&list, first, last), 0);
			for (cpu = first; cpu <= last; cpu++)
				bits[cpu] = true;
			check_set(&list, bits);
		}
		cpulist_free(&list);
	}
}

static void a_difference_and_what_lies_within_are_those_of_plain_bits(void **state)
{
	unsigned seed = 7, round, i;

	(void)state;
	for (round = 0; round < 2000; round++) {
		struct cpulist a = { NULL, 0 }, b = { NULL, 0 }, rest = { NULL, 0 };
		bool in_a[BITS] = { false }, in_b[BITS] = { false }, left[BITS];
		bool within = true;
		unsigned cpu;

		for (i = 0; i < 2 * (round % 12); i++) {
			unsigned first, last;

			seed = seed * 1103515245u + 12345u;
			first = (seed >> 8) % BITS;
			last = first + (seed >> 16) % (i % 2 ? 60 : 8);
			if (last >= BITS)
				last = BITS - 1;
			assert_int_equal(cpulist_add(i % 2 ? &b : &a, first, last), 0);
			for (cpu = first; cpu <= last; cpu++)
				(i % 2 ? in_b : in_a)[cpu] = true;
		}
		for (cpu = 0; cpu < BITS; cpu++) {
			left[cpu] = in_a[cpu] && !in_b[cpu];
			within &= !left[cpu];
		}
		assert_int_equal(cpulist_subtract(&rest, &a, &b), 0);
		check_set(&rest, left);
		assert_int_equal(cpulist_within(&a, &b), within);
		cpulist_free(&a);
		cpulist_free(&b);
		cpulist_free(&rest);
	}
}

static void a_difference_reaches_the_largest_number(void **state)
{
	struct cpulist all = { NULL, 0 }, some = { NULL, 0 }, rest = { NULL, 0 };
	char *text;

	(void)state;
	assert_int_equal(cpulist_parse(&all, "0-4294967295"), 0);
	assert_int_equal(cpulist_parse(&some, "0,5-7,4294967295"), 0);
	assert_int_equal(cpulist_subtract(&rest, &all, &some), 0);
	text = cpulist_format(&rest);
	assert_string_equal(text, "1-4,8-4294967294");
	assert_true(cpulist_within(&some, &all) && !cpulist_within(&all, &some));
	free(text);
	cpulist_free(&rest);
	assert_int_equal(cpulist_subtract(&rest, &some, &all), 0);
	assert_int_equal(rest.count, 0);
	cpulist_free(&all);
	cpulist_free(&some);
}

static void a_set_of_1152_lone_cpus_is_written_in_full(void **state)
{
	struct cpulist list = { NULL, 0 };
	char *text, *end;
	unsigned cpu;

	(void)state;
	for (cpu = 1152; cpu-- > 0;)
		assert_int_equal(cpulist_add(&list, 4294960000u + 2 * cpu, 4294960000u + 2 * cpu), 0);
	assert_int_equal(list.count, 1152);
	text = cpulist_format(&list);
	assert_int_equal(strlen(text), 1152 * 11 - 1);
	assert_int_equal(strtoul(text, &end, 10), 4294960000u);
	assert_int_equal(*end, ',');
	free(text);
	cpulist_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_as_the_kernel_writes_it),
		cmocka_unit_test(ranges_may_overlap_touch_and_come_in_any_order),
		cmocka_unit_test(what_is_no_list_is_refused_and_leaves_the_empty_set),
		cmocka_unit_test(a_mask_is_read_from_the_right_in_groups_of_32),
		cmocka_unit_test(what_is_no_mask_is_refused),
		cmocka_unit_test(a_range_that_ends_before_it_begins_is_refused),
		cmocka_unit_test(all_cpu_numbers_are_counted),
		cmocka_unit_test(sets_made_of_many_ranges_hold_what_was_added),
		cmocka_unit_test(a_difference_and_what_lies_within_are_those_of_plain_bits),
		cmocka_unit_test(a_difference_reaches_the_largest_number),
		cmocka_unit_test(a_set_of_1152_lone_cpus_is_written_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
