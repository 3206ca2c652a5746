/* Tests of lib/apijson_plan: a PLAN's text has the API's fields and no others, and is read back as it was. */
#include "apijson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct plan_cpu cpus[] = { { 0, 7, 2, 9 }, { 11, 6, 0, VIEW_NONE } };
static struct plan_assignment assignments[] = {
	{ "41", "eth0-rx", 11, 6, 0, 1, "from the fullest CPU to the emptiest" },
	{ "42", NULL, -1, 0, -1, 0, "did not fire" },
};
static struct plan_unmovable unmovable[] = { { "43", "nvme0q1", "managed", 2 } };
static struct plan_step frontier[] = { { 0, 0.5 }, { 1, 0.125 } };
static const struct plan whole = {
	{ "2026-01-02T03:04:05.678Z", "2026-01-02T03:05:05.676Z", 59.998, 60, 61, 1, NULL, 0 },
	cpus, 2, assignments, 2, unmovable, 1, 1, 1,
	{ { 2, 9, 4, 6.5, 0.384, 5, 38.4 }, { 2, 7, 6, 6.5, 0.0769, 1, 7.69 } },
	{ 7, 0, 1, "no placement is below the mean" },
	frontier, 2,
};

#define WHOLE \
	"{\"window\":{\"start\":\"2026-01-02T03:04:05.678Z\",\"end\":\"2026-01-02T03:05:05.676Z\",\"seconds\":59.998," \
	"\"requested_seconds\":60,\"samples\":61,\"complete\":true,\"gaps\":[]}," \
	"\"cpus\":[{\"cpu\":0,\"load\":7,\"fixed\":2,\"before\":9},{\"cpu\":11,\"load\":6,\"fixed\":0,\"before\":null}]," \
	"\"assignments\":[{\"irq\":\"41\",\"name\":\"eth0-rx\",\"cpu\":11,\"count\":6,\"from\":0,\"move\":true," \
	"\"why\":\"from the fullest CPU to the emptiest\"}," \
	"{\"irq\":\"42\",\"name\":null,\"cpu\":null,\"count\":0,\"from\":null,\"move\":false,\"why\":\"did not fire\"}]," \
	"\"unmovable\":[{\"irq\":\"43\",\"name\":\"nvme0q1\",\"reason\":\"managed\",\"count\":2}]," \
	"\"moves\":1,\"moves_bound\":1," \
	"\"evenness\":{\"before\":{\"cpus\":2,\"max\":9,\"min\":4,\"mean\":6.5,\"imbalance\":0.384,\"spread\":5," \
	"\"stdev_percent\":38.4},\"planned\":{\"cpus\":2,\"max\":7,\"min\":6,\"mean\":6.5,\"imbalance\":0.0769," \
	"\"spread\":1,\"stdev_percent\":7.69}}," \
	"\"bound\":{\"lower\":7,\"gap\":0,\"optimal\":true,\"why\":\"no placement is below the mean\"}," \
	"\"frontier\":[{\"moves\":0,\"imbalance\":0.5},{\"moves\":1,\"imbalance\":0.125}]}"

static void a_plan_has_the_api_s_fields(void **state)
{
	char *text = apijson_plan(&whole);

	(void)state;
	assert_string_equal(text, WHOLE);
	free(text);
}

static void what_is_not_known_of_a_plan_is_null(void **state)
{
	struct plan nothing = {
		.window = { NULL, NULL, NAN, NAN, VIEW_NONE, -1, NULL, 0 }, .moves_bound = VIEW_NONE,
		.evenness = { { 0, VIEW_NONE, VIEW_NONE, NAN, NAN, VIEW_NONE, NAN },
			      { 1, 0, 0, 0, NAN, 0, NAN } },
		.bound = { 0, 0, 0, NULL },
	};
	char *text = apijson_plan(&nothing);

	(void)state;
	assert_string_equal(text,
		"{\"window\":{\"start\":null,\"end\":null,\"seconds\":null,\"requested_seconds\":null,\"samples\":null,"
		"\"complete\":null,\"gaps\":[]},\"cpus\":[],\"assignments\":[],\"unmovable\":[],\"moves\":0,"
		"\"moves_bound\":null,\"evenness\":{\"before\":{\"cpus\":0,\"max\":null,\"min\":null,\"mean\":null,"
		"\"imbalance\":null,\"spread\":null,\"stdev_percent\":null},\"planned\":{\"cpus\":1,\"max\":0,\"min\":0,"
		"\"mean\":0,\"imbalance\":null,\"spread\":0,\"stdev_percent\":null}},"
		"\"bound\":{\"lower\":0,\"gap\":0,\"optimal\":false,\"why\":null},\"frontier\":[]}");
	free(text);
}

static void a_plan_is_read_back_as_it_was_written(void **state)
{
	struct plan plan;
	const char *error;
	char *text;

	(void)state;
	assert_int_equal(apijson_read_plan(&arena, WHOLE, strlen(WHOLE), &plan, &error), 0);
	assert_int_equal(plan.cpu_count, 2);
	assert_true(plan.cpus[1].before == VIEW_NONE);
	assert_int_equal(plan.assignment_count, 2);
	assert_int_equal(plan.assignments[0].cpu, 11);
	assert_int_equal(plan.assignments[0].move, 1);
	assert_int_equal(plan.assignments[1].cpu, -1);
	assert_int_equal(plan.assignments[1].from, -1);
	assert_int_equal(plan.bound.optimal, 1);
	text = apijson_plan(&plan);
	assert_string_equal(text, WHOLE);
	free(text);
}

static void what_a_plan_lacks_is_no_data_and_what_is_no_plan_is_told(void **state)
{
	static const char odd[] = "{\"window\":{},\"cpus\":[],\"assignments\":[{}],\"unmovable\":[],"
				  "\"evenness\":{\"planned\":[]},\"bound\":{},\"frontier\":[]}";
	struct plan plan;
	const char *error;

	(void)state;
	assert_int_equal(apijson_read_plan(&arena, odd, strlen(odd), &plan, &error), 0);
	assert_int_equal(plan.cpu_count, 0);
	assert_int_equal(plan.frontier_count, 0);
	assert_int_equal(plan.assignment_count, 1);
	assert_null(plan.assignments[0].irq);
	assert_int_equal(plan.assignments[0].cpu, -1);
	assert_true(plan.assignments[0].count == VIEW_NONE);
	assert_int_equal(plan.assignments[0].move, -1);
	assert_true(plan.moves == VIEW_NONE);
	assert_true(isnan(plan.evenness.planned.imbalance));
	assert_int_equal(plan.bound.optimal, -1);
	assert_true(plan.bound.lower == VIEW_NONE);
	assert_int_equal(apijson_read_plan(&arena, "{\"window\":{},\"cpus\":[]}", 23, &plan, &error), -1);
	assert_non_null(strstr(error, "\"assignments\""));
	assert_int_equal(apijson_read_plan(&arena, "[1]", 3, &plan, &error), -1);
	assert_non_null(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_plan_has_the_api_s_fields, end),
		cmocka_unit_test_teardown(what_is_not_known_of_a_plan_is_null, end),
		cmocka_unit_test_teardown(a_plan_is_read_back_as_it_was_written, end),
		cmocka_unit_test_teardown(what_a_plan_lacks_is_no_data_and_what_is_no_plan_is_told, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
