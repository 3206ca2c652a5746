/*
 * Tests of lib/apijson: bodies that users send. What is meant is taken; all
 * else is refused with a sentence that names what is wrong, and nothing is left.
 */
#include "apijson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct apijson_request request;

static int end(void **state)
{
	(void)state;
	apijson_request_free(&request);
	arena_free(&arena);
	return 0;
}

struct bad {
	const char *body, *reason;
	size_t length; /* 0: to its end */
};

typedef int read_body(const char *text, size_t length, const char **error);

static int read_request(const char *text, size_t length, const char **error)
{
	return apijson_read_request(&arena, text, length, &request, error);
}

static int read_affinity(const char *text, size_t length, const char **error)
{
	return apijson_read_affinity(&arena, text, length, "41", &request, error);
}

/* Reads a copy that ends where its memory does. */
static int read_exactly(read_body *read_it, const char *text, size_t length, const char **error)
{
	char *copy = calloc(length ? length : 1, 1);
	int err;

	memcpy(copy, text, length);
	memset(&request, 0x55, sizeof request);
	*error = NULL;
	err = read_it(copy, length, error);
	free(copy);
	return err;
}

static void assert_refused(read_body *read_it, const struct bad *bad)
{
	size_t length = bad->length ? bad->length : strlen(bad->body);
	const char *error;

	if (read_exactly(read_it, bad->body, length, &error) == 0)
		fail_msg("%.80s is accepted", bad->body);
	if (!error || !strstr(error, bad->reason))
		fail_msg("%.80s is refused with \"%s\", which does not say \"%s\"", bad->body, error ? error : "(nothing)",
			 bad->reason);
	if (request.assignments || request.assignment_count)
		fail_msg("%.80s is refused, but something of it is left", bad->body);
}

static void assert_cpus(size_t assignment, const char *expected)
{
	char *text = cpulist_format(&request.assignments[assignment].cpus);

	assert_string_equal(text, expected);
	free(text);
}

/* What neither body may be: %s is what one of them has in its place. */
static const struct bad no_json[] = {
	{ " ", "empty", 0 },
	{ "\n\t\r ", "empty", 0 },
	{ "[]", "a JSON object was expected", 0 },
	{ "1", "a JSON object was expected", 0 },
	{ "-", "a JSON object was expected", 0 },
	{ "null", "a JSON object was expected", 0 },
	{ "true", "a JSON object was expected", 0 },
	{ "\"x\"", "a JSON object was expected", 0 },
	{ "cpu=1", "a JSON object was expected", 0 },
	{ "\xef\xbb\xbf{}", "a JSON object was expected", 0 },
	{ "{", "ends too early", 0 },
	{ "{\"", "ends too early", 0 },
	{ "{\"cpu\":", "ends too early", 0 },
	{ "{\"cpu\":1", "ends too early", 0 },
	{ "{\"cpu\":\"1", "ends too early", 0 },
	{ "{\"cpu\":1} x", "at byte ", 0 },
	{ "{\"cpu\":1}{\"cpu\":1}", "at byte ", 0 },
	{ "{\"cpu\":1},", "at byte ", 0 },
	{ "{\"cpu\":1}\0", "control byte", 10 },
	{ "{\"cpu\"\0:1}", "control byte", 10 },
	{ "{\"cp\nu\":1}", "control byte", 0 },
	{ "{cpu:1}", "at byte ", 0 },
	{ "{'cpu':1}", "single quotes", 0 },
	{ "{\"cpu\":1/**/}", "comments", 0 },
	{ "{\"cpu\":1}//", "comments", 0 },
	{ "{\"cpu\":1,}", "at byte ", 0 },
	{ "{\"cpu\" 1}", "at byte ", 0 },
	{ "{\"cpu\":01}", "at byte ", 0 },
	{ "{\"cpu\":0x1}", "at byte ", 0 },
	{ "{\"cpu\":+1}", "at byte ", 0 },
	{ "{\"cpu\":True}", "at byte ", 0 },
	{ "{\"\xff\":1}", "not UTF-8", 0 },
	{ "{\"cpu\":1}\xc3", "not UTF-8", 0 },
	{ "{\"cpus\":\"\xed\xa0\x80\"}", "not UTF-8", 0 },
	{ "{\"cpu\\u0000\":1}", "\\u0000", 0 },
};

static void what_is_no_json_object_is_refused(void **state)
{
	const char *error;
	size_t i;

	(void)state;
	assert_int_equal(read_exactly(read_request, "", 0, &error), -1);
	assert_non_null(strstr(error, "empty"));
	assert_int_equal(read_exactly(read_affinity, "", 0, &error), -1);
	assert_non_null(strstr(error, "empty"));
	for (i = 0; i < sizeof no_json / sizeof *no_json; i++) {
		assert_refused(read_request, &no_json[i]);
		assert_refused(read_affinity, &no_json[i]);
	}
}

static void an_affinity_that_is_not_exactly_that_is_refused(void **state)
{
	static const struct bad table[] = {
		{ "{}", "\"cpu\" (a number) or \"cpus\"", 0 },
		{ "{\"irq\":\"41\",\"cpu\":1}", "unknown field \"irq\"", 0 },
		{ "{\"CPU\":1}", "unknown field \"CPU\"", 0 },
		{ "{\"\":1}", "unknown field \"\"", 0 },
		{ "{\"cpu\":1,\"cpu\":1}", "named twice", 0 },
		{ "{\"cpu\":1,\"c\\u0070u\":2}", "named twice", 0 },
		{ "{\"cpus\":\"1\",\"cpu\":1}", "not both", 0 },
		{ "{\"cpus\":\"1\",\"cpu\":null}", "field \"cpu\"", 0 },
		{ "{\"cpu\":-1}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":1.5}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":1.0}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":1e0}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":NaN}", "", 0 },
		{ "{\"cpu\":\"1\"}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":true}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":null}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":[1]}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":{}}", "field \"cpu\": a whole number", 0 },
		{ "{\"cpu\":4294967296}", "over 32 bits", 0 },
		{ "{\"cpu\":9223372036854775807}", "over 32 bits", 0 },
		{ "{\"cpu\":18446744073709551615}", "over 32 bits", 0 },
		{ "{\"cpu\":99999999999999999999999999}", "over 32 bits", 0 },
		{ "{\"cpus\":\"\"}", "\"\" is no list", 0 },
		{ "{\"cpus\":\" \"}", "is no list", 0 },
		{ "{\"cpus\":\"0-\"}", "\"0-\" is no list", 0 },
		{ "{\"cpus\":\"x\"}", "\"x\" is no list", 0 },
		{ "{\"cpus\":\"-1\"}", "\"-1\" is no list", 0 },
		{ "{\"cpus\":\"3-1\"}", "\"3-1\" is no list", 0 },
		{ "{\"cpus\":\"0,,1\"}", "\"0,,1\" is no list", 0 },
		{ "{\"cpus\":\"4294967296\"}", "is no list", 0 },
		{ "{\"cpus\":\"0x1\"}", "is no list", 0 },
		{ "{\"cpus\":\"0\\u00001\"}", "\\u0000", 0 },
		{ "{\"cpus\":\"\\u0661\"}", "is no list", 0 },
		{ "{\"cpus\":1}", "field \"cpus\": a text", 0 },
		{ "{\"cpus\":[0,1]}", "field \"cpus\": a text", 0 },
		{ "{\"cpus\":null}", "field \"cpus\": a text", 0 },
		{ "{\"assignments\":[{\"irq\":\"41\",\"cpu\":1}]}", "unknown field \"assignments\"", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		assert_refused(read_affinity, &table[i]);
}

#define ONE(fields) "{\"assignments\":[{" fields "}]}"
#define AND(fields) "{\"assignments\":[{\"irq\":\"41\",\"cpu\":1}]," fields "}"

static void a_change_that_is_not_exactly_that_is_refused(void **state)
{
	static const struct bad table[] = {
		{ "{}", "\"assignments\": a list of at least one", 0 },
		{ "{\"assignments\":[]}", "\"assignments\": a list of at least one", 0 },
		{ "{\"assignments\":null}", "field \"assignments\": a list", 0 },
		{ "{\"assignments\":{}}", "field \"assignments\": a list", 0 },
		{ "{\"assignments\":\"41=1\"}", "field \"assignments\": a list", 0 },
		{ "{\"assignments\":[1]}", "an object was expected in the list", 0 },
		{ "{\"assignments\":[null]}", "an object was expected in the list", 0 },
		{ "{\"assignments\":[[]]}", "an object was expected in the list", 0 },
		{ "{\"cpu\":1}", "unknown field \"cpu\"", 0 },
		{ AND("\"force\":true"), "unknown field \"force\"", 0 },
		{ AND("\"dry_run\":1"), "field \"dry_run\": true or false", 0 },
		{ AND("\"dry_run\":\"true\""), "field \"dry_run\": true or false", 0 },
		{ AND("\"dry_run\":null"), "field \"dry_run\": true or false", 0 },
		{ AND("\"dry_run\":false,\"dry_run\":true"), "named twice", 0 },
		{ AND("\"assignments\":[]"), "named twice", 0 },
		{ AND("\"confirm_within\":\"60\""), "field \"confirm_within\": a number", 0 },
		{ AND("\"confirm_within\":null"), "field \"confirm_within\": a number", 0 },
		{ AND("\"confirm_within\":NaN"), "", 0 },
		{ AND("\"confirm_within\":Infinity"), "", 0 },
		{ AND("\"confirm_within\":1e999"), "", 0 },
		{ ONE(""), "assignment 1 lacks \"irq\"", 0 },
		{ ONE("\"cpu\":1"), "assignment 1 lacks \"irq\"", 0 },
		{ ONE("\"irq\":\"\",\"cpu\":1"), "assignment 1 lacks \"irq\"", 0 },
		{ ONE("\"irq\":41,\"cpu\":1"), "field \"irq\": a text", 0 },
		{ ONE("\"irq\":null,\"cpu\":1"), "field \"irq\": a text", 0 },
		{ ONE("\"irq\":[\"41\"],\"cpu\":1"), "field \"irq\": a text", 0 },
		{ ONE("\"irq\":\"4\\u00001\",\"cpu\":1"), "\\u0000", 0 },
		{ ONE("\"irq\":\"41\""), "IRQ \"41\": \"cpu\" (a number) or \"cpus\"", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":1,\"cpus\":\"1\""), "IRQ \"41\": either \"cpu\" or \"cpus\"", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":-1"), "field \"cpu\": a whole number", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":4294967296"), "IRQ \"41\": field \"cpu\": no CPU", 0 },
		{ ONE("\"irq\":\"41\",\"cpus\":\"3-1\""), "IRQ \"41\": field \"cpus\": \"3-1\" is no list", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":1,\"irq\":\"42\""), "named twice", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":1,\"node\":0"), "unknown field \"node\"", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":1},{\"irq\":\"42\""), "IRQ \"42\"", 0 },
		{ ONE("\"irq\":\"41\",\"cpu\":1},{\"irq\":\"42\",\"cpu\":1},{\"irq\":\"41\",\"cpus\":\"0\""),
		  "IRQ \"41\" is named twice", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		assert_refused(read_request, &table[i]);
}

static void a_body_of_a_mebibyte_is_refused_at_once(void **state)
{
	const size_t size = 1 << 20;
	char *body = malloc(size);
	const char *error;
	size_t i;

	(void)state;
	memset(body, '[', size);
	assert_int_equal(read_exactly(read_request, body, size, &error), -1);
	assert_non_null(strstr(error, "a JSON object was expected"));
	for (i = 0; i + 5 <= size; i += 5)
		memcpy(body + i, "{\"a\":", 5);
	assert_int_equal(read_exactly(read_request, body, i, &error), -1);
	assert_non_null(strstr(error, "nesting too deep"));
	memset(body, '[', size);
	memcpy(body, "{\"assignments\":", 15);
	assert_int_equal(read_exactly(read_request, body, size, &error), -1);
	assert_non_null(strstr(error, "nesting too deep"));
	memset(body, ' ', size);
	assert_int_equal(read_exactly(read_affinity, body, size, &error), -1);
	memset(body, '\\', size);
	memcpy(body, "{\"", 2);
	assert_int_equal(read_exactly(read_affinity, body, size, &error), -1);
	memset(body, '9', size);
	memcpy(body, "{\"cpu\":", 7);
	body[size - 1] = '}';
	assert_int_equal(read_exactly(read_affinity, body, size, &error), -1);
	free(body);
}

static void ten_thousand_levels_are_refused_and_not_recursed_into(void **state)
{
	const size_t depth = 10000;
	char *body = malloc(6 * depth + 1), *p = body;
	const char *error;
	size_t i;

	(void)state;
	for (i = 0; i < depth; i++, p += 5)
		memcpy(p, "{\"a\":", 5);
	*p++ = '1';
	memset(p, '}', depth);
	assert_int_equal(read_exactly(read_request, body, 6 * depth + 1, &error), -1);
	assert_non_null(strstr(error, "nesting too deep"));
	free(body);
}

static void an_affinity_is_one_cpu_or_a_list(void **state)
{
	static const char *const bodies[][2] = {
		{ "{\"cpu\":1}", "1" },		{ "{\"cpu\":0}", "0" },
		{ " {\n\t\"cpu\" : 7 }\r\n", "7" }, { "{\"cpus\":\"0-3,8\"}", "0-3,8" },
		{ "{\"cpus\":\"8,1,0\"}", "0-1,8" },	{ "{\"c\\u0070us\":\"\\u0031\"}", "1" },
		{ "{\"cpu\":4294967295}", "4294967295" },
	};
	const char *error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		assert_int_equal(read_exactly(read_affinity, bodies[i][0], strlen(bodies[i][0]), &error), 0);
		assert_int_equal(request.assignment_count, 1);
		assert_string_equal(request.assignments[0].irq, "41");
		assert_cpus(0, bodies[i][1]);
		assert_true(isnan(request.confirm_within) && request.dry_run == 0);
		apijson_request_free(&request);
	}
}

static void a_change_is_taken_in_its_order(void **state)
{
	static const char body[] = "{\"confirm_within\": 60, \"dry_run\": true, \"assignments\": [{\"irq\": \"I/O\", \"cpu\": 2}, "
				   "{\"cpus\": \"0-1\", \"irq\": \"a:\\\"b\\\\\\u00e9\"}]}";
	const char *error;

	(void)state;
	assert_int_equal(read_exactly(read_request, body, strlen(body), &error), 0);
	assert_int_equal(request.assignment_count, 2);
	assert_string_equal(request.assignments[0].irq, "I/O");
	assert_cpus(0, "2");
	assert_string_equal(request.assignments[1].irq, "a:\"b\\\xc3\xa9");
	assert_cpus(1, "0-1");
	assert_true(request.confirm_within == 60);
	assert_int_equal(request.dry_run, 1);
}

static void what_the_client_sends_the_api_understands(void **state)
{
	struct change_assignment assignments[2] = { { "41", { NULL, 0 } }, { "\"\\", { NULL, 0 } } };
	struct apijson_request sent = { assignments, 2, NAN, 0 };
	const char *error;
	char *text;

	(void)state;
	assert_int_equal(cpulist_parse(&assignments[0].cpus, "0-3,8"), 0);
	assert_int_equal(cpulist_parse(&assignments[1].cpus, "1"), 0);
	text = apijson_request(&sent);
	assert_string_equal(text, "{\"assignments\":[{\"irq\":\"41\",\"cpus\":\"0-3,8\"},{\"irq\":\"\\\"\\\\\",\"cpus\":\"1\"}],"
				  "\"dry_run\":false}");
	assert_int_equal(read_exactly(read_request, text, strlen(text), &error), 0);
	assert_cpus(0, "0-3,8");
	assert_string_equal(request.assignments[1].irq, "\"\\");
	assert_true(isnan(request.confirm_within) && !request.dry_run);
	apijson_request_free(&request);
	free(text);
	sent.confirm_within = 2.5;
	sent.dry_run = 1;
	text = apijson_request(&sent);
	assert_int_equal(read_exactly(read_request, text, strlen(text), &error), 0);
	assert_true(request.confirm_within == 2.5 && request.dry_run == 1);
	free(text);
	cpulist_free(&assignments[0].cpus);
	cpulist_free(&assignments[1].cpus);
}

#define T(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_is_no_json_object_is_refused),
		T(an_affinity_that_is_not_exactly_that_is_refused),
		T(a_change_that_is_not_exactly_that_is_refused),
		T(a_body_of_a_mebibyte_is_refused_at_once),
		T(ten_thousand_levels_are_refused_and_not_recursed_into),
		T(an_affinity_is_one_cpu_or_a_list),
		T(a_change_is_taken_in_its_order),
		T(what_the_client_sends_the_api_understands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
