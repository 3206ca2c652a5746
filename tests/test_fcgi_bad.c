/* Tests of the API program: everything that is asked wrongly has its documented error, and nothing is written. */
#include "fcgi_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bad {
	const char *uri;
	int status;
	const char *code;
};

static void every_bad_path_and_parameter_of_a_get_is_refused(void **state)
{
	static const struct bad table[] = {
		{ "", 404, "not_found" },
		{ "/", 404, "not_found" },
		{ "/api/v1", 404, "not_found" },
		{ "/api/v1/", 404, "not_found" },
		{ "/api/v1/nothing", 404, "not_found" },
		{ "/api/v1/overview/", 404, "not_found" },
		{ "/api/v1//overview", 404, "not_found" },
		{ "//api/v1/overview", 404, "not_found" },
		{ "/api/v1/./overview", 404, "not_found" },
		{ "/api/v1/x/../overview", 404, "not_found" },
		{ "/api/v1/x/%2e%2e/overview", 404, "not_found" },
		{ "/api/v1/irqs/..", 404, "not_found" },
		{ "/api/v1/irqs/%2E%2e", 404, "not_found" },
		{ "/api/v1/irqs/", 404, "not_found" },
		{ "/api%2fv1%2foverview", 404, "not_found" },
		{ "/API/v1/overview", 404, "not_found" },
		{ "http://localhost/api/v1/overview", 404, "not_found" },
		{ "/api/v1/irqs/%", 400, "bad_request" },
		{ "/api/v1/irqs/%4", 400, "bad_request" },
		{ "/api/v1/irqs/%zz", 400, "bad_request" },
		{ "/api/v1/irqs/40%00", 400, "bad_request" },
		{ "/api/v1/irqs/%ff", 400, "bad_request" },
		{ "/api/v1/irqs/%c0%af", 400, "bad_request" },
		{ "/api/v1/irqs/\377", 400, "bad_request" },
		{ "/api/v1/irqs/999", 404, "no_such_irq" },
		{ "/api/v1/irqs/-1", 404, "no_such_irq" },
		{ "/api/v1/irqs/%2e%2e%2f40", 404, "no_such_irq" },
		{ "/api/v1/irqs/40%0a", 404, "no_such_irq" },
		{ "/api/v1/irqs/4294967336", 404, "no_such_irq" },
		{ "/api/v1/irqs/99999999999999999999999999", 404, "no_such_irq" },
		{ "/api/v1/irqs/40/affinity", 405, "method_not_allowed" },
		{ "/api/v1/changes", 405, "method_not_allowed" },
		{ "/api/v1/topology?window=5", 400, "bad_request" },
		{ "/api/v1/health?x", 400, "bad_request" },
		{ "/api/v1/summary?irqs=1", 400, "bad_request" },
		{ "/api/v1/overview?start=2000-01-01T00:00:00Z&end=2000-01-02T00:00:00Z", 416, "no_history" },
	};
	static const char *const queries[] = {
		"window", "window=", "window=x", "window=0", "window=-5", "window=1e9", "window=nan", "window=5,5",
		"window=99999999999999999999", "window=5&window=5", "window=5&win%64ow=5", "window=0x10", "window=5%00",
		"window=1h1h", "window=1m1h",
		"window=%", "window=%f", "window=%ff", "%00=5", "=5", "&", "window=5&", "window=5&&all=1", "Window=5", "x=1",
		"x", "window=5&start=-1m", "start=", "start=now", "start=yesterday", "start=2026-01-02T03:04:05",
		"start=2025-13-02T03:04:05Z", "start=2025-02-29T03:04:05Z", "start=-5", "start=-0s", "start=1h",
		"start=2999-01-01T00:00:00Z", "start=1767323055&end=1767323045", "start=1767323045&end=1767323045",
		"end=", "end=x", "end=-1d-", "end=99999999999999999999", "irqs=", "irqs=,", "irqs=40,", "irqs=42-40", "cpus=",
		"cpus=x", "cpus=-1", "cpus=1-0", "cpus=0,,1", "cpus=4294967296", "cpus=99999999999999999999", "cpus=0&cpus=1",
		"cpus=0%00", "device=", "device=%00", "device=%80", "all=", "all=2", "all=yes", "all=01", "all", "all=1&all=1",
	};
	char uri[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		ask("GET", table[i].uri);
		assert_problem(table[i].uri, table[i].status, table[i].code);
	}
	for (i = 0; i < sizeof queries / sizeof *queries; i++) {
		snprintf(uri, sizeof uri, "/api/v1/overview?%s", queries[i]);
		ask("GET", uri);
		assert_problem(uri, 400, "bad_request");
	}
}

static void a_refused_parameter_is_named_with_what_was_expected(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/overview?window=soon"), "Parameter \\\"window\\\" is \\\"soon\\\": expected seconds");
	assert_has(ask("GET", "/api/v1/overview?window=very+soon"), "is \\\"very soon\\\"");
	assert_has(ask("GET", "/api/v1/overview?foo=1"),
		   "no parameter \\\"foo\\\" here; this path takes window, start, end, irqs");
	assert_has(ask("GET", "/api/v1/overview?irqs=40,"), "Parameter \\\"irqs\\\" is \\\"40,\\\": an empty item");
	assert_has(ask("GET", "/api/v1/overview?irqs=42-40"), "\\\"42-40\\\": a range of IRQ numbers that ends below its start");
	assert_has(ask("GET", "/api/v1/overview?start=-1h&end=-2h"), "Parameter \\\"end\\\" is not after");
}

static void huge_input_is_refused_and_does_no_harm(void **state)
{
	char *uri = malloc(300001);

	(void)state;
	memset(uri, '9', 300000);
	uri[300000] = '\0';
	memcpy(uri, "/api/v1/overview?window=", 24);
	ask("GET", uri);
	assert_problem("a huge window", 400, "bad_request");
	memcpy(uri, "/api/v1/irqs/99999999999", 24);
	ask("GET", uri);
	assert_problem("a huge label", 404, "no_such_irq");
	memset(uri, '/', 300000);
	ask("GET", uri);
	assert_problem("a huge path", 404, "not_found");
	free(uri);
}

static void every_bad_body_is_refused(void **state)
{
	static const char *const bodies[] = {
		"", " ", "null", "[]", "1", "\"x\"", "{", "{}", "{}}", "{\"cpu\":}", "{\"cpu\":null}", "{\"cpu\":\"1\"}",
		"{\"cpu\":-1}", "{\"cpu\":1.5}", "{\"cpu\":99999999999999999999}", "{\"cpu\":true}", "{\"cpu\":[1]}",
		"{\"cpu\":1,\"cpu\":0}", "{\"cpu\":1,\"cpus\":\"0\"}", "{\"cpu\":1,\"x\":1}", "{\"CPU\":1}", "{\"cpus\":1}",
		"{\"cpus\":\"\"}", "{\"cpus\":\"x\"}", "{\"cpus\":\"0-\"}", "{\"cpus\":\"1-0\"}", "{\"cpus\":\"-1\"}",
		"{\"cpus\":\"0,,1\"}", "{\"cpus\":\"all\"}", "{\"cpus\":\"0\\u0000\"}", "{\"cpu\":1} x", "{\"cpu\":1}{\"cpu\":1}",
		"cpu=1", "\377\376",
	};
	static const char *const sets[] = {
		"", "{}", "[]", "{\"assignments\":null}", "{\"assignments\":{}}", "{\"assignments\":[]}", "{\"assignments\":[1]}",
		"{\"assignments\":[{}]}", "{\"assignments\":[{\"irq\":\"40\"}]}", "{\"assignments\":[{\"cpu\":1}]}",
		"{\"assignments\":[{\"irq\":40,\"cpu\":1}]}", "{\"assignments\":[{\"irq\":\"40\",\"cpu\":-1}]}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1,\"cpus\":\"0\"}]}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1},{\"irq\":\"40\",\"cpu\":0}]}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1,\"x\":0}]}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"x\":0}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"dry_run\":1}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"dry_run\":\"no\"}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"confirm_within\":\"60\"}",
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"confirm_within\":60}", /* not yet */
		"{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}]",
	};
	char *deep = malloc(200001);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		ask_with("PUT", "/api/v1/irqs/40/affinity", bodies[i]);
		assert_problem(bodies[i], 400, "bad_request");
	}
	for (i = 0; i < sizeof sets / sizeof *sets; i++) {
		ask_with("POST", "/api/v1/changes", sets[i]);
		assert_problem(sets[i], 400, "bad_request");
	}
	memset(deep, '[', 200000);
	deep[200000] = '\0';
	ask_with("POST", "/api/v1/changes", deep);
	assert_problem("deep JSON", 400, "bad_request");
	with_body("{\"cpu\":1}\0", 10);
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("a NUL behind the object", 400, "bad_request");
	free(deep);
}

static void a_body_of_the_wrong_length_or_type_is_refused(void **state)
{
	char *large = calloc(1, REQUEST_BODY_MAX + 2);

	(void)state;
	memset(large, ' ', REQUEST_BODY_MAX + 1);
	ask_with("PUT", "/api/v1/irqs/40/affinity", large);
	assert_problem("more than 1 MiB", 413, "too_large");
	body = large;
	body_length = REQUEST_BODY_MAX + 1;
	with("CONTENT_TYPE", "application/json");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("more than 1 MiB, untold", 413, "too_large");
	with("CONTENT_LENGTH", "99999999999999999999999999");
	with("CONTENT_TYPE", "application/json");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("a huge length", 413, "too_large");
	with("CONTENT_LENGTH", "-1");
	with("CONTENT_TYPE", "application/json");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("a negative length", 400, "bad_request");
	body = "{\"cpu\":1}";
	body_length = 9;
	with("CONTENT_LENGTH", "20");
	with("CONTENT_TYPE", "application/json");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("a body that ends early", 400, "bad_request");
	with("CONTENT_TYPE", "text/plain");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("text", 415, "not_json");
	with("CONTENT_TYPE", "application/jsonx");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("nearly JSON", 415, "not_json");
	ask("PUT", "/api/v1/irqs/40/affinity");
	assert_problem("no type", 415, "not_json");
	free(large);
}

static void every_method_that_a_path_does_not_take_is_refused_with_allow(void **state)
{
	static const char *const methods[] = { "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof methods / sizeof *methods; i++) {
		ask(methods[i], "/api/v1/overview");
		assert_problem(methods[i], 405, "method_not_allowed");
		assert_string_equal(response.allow, "GET, HEAD");
	}
	ask("GET", "/api/v1/irqs/40/affinity");
	assert_string_equal(response.allow, "PUT");
}

static void only_known_hosts_are_answered(void **state)
{
	static const char *const good[] = { "localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "box",
					    "Box:80", "irq.example.org", "irq.example.org.:8080", "[fd00::7]", "" };
	static const char *const bad[] = { "evil.example", "localhost.evil.example", "box.evil.example",
					   "127.0.0.1.evil.example",
					   "128.0.0.1", "0.0.0.0", "[::2]", "::1", "localhost:80x", "localhost@evil", ":8080",
					   "example.org", "xirq.example.org", "[::1", "[::1]evil", "box\001" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		with("HTTP_HOST", good[i]);
		ask("GET", "/api/v1/topology");
		assert_int_equal(response.status, 200);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		with("HTTP_HOST", bad[i]);
		ask("GET", "/nowhere"); /* before anything else */
		assert_problem(bad[i], 421, "unknown_host");
	}
}

static void writes_from_other_sites_are_refused(void **state)
{
	static const char *const bad[] = { "null", "http://evil.example", "http://localhost", "http://localhost:8081",
					   "https://localhost:80800", "http://localhost:8080.evil.example", "localhost:8080", "x" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		with("HTTP_HOST", "localhost:8080");
		with("HTTP_ORIGIN", bad[i]);
		ask_with("PUT", "/api/v1/irqs/40/affinity", "{\"cpu\":1}");
		assert_problem(bad[i], 403, "cross_site");
	}
	with("HTTP_ORIGIN", "http://localhost");
	ask_with("PUT", "/api/v1/irqs/40/affinity", "{\"cpu\":1}");
	assert_problem("no host", 403, "cross_site");
	with("HTTP_HOST", "LocalHost:80");
	with("HTTP_ORIGIN", "http://localhost");
	ask_with("PUT", "/api/v1/irqs/40/affinity", "{\"cpu\":1}");
	assert_int_equal(response.status, 200);
}

static void a_read_only_service_writes_nothing(void **state)
{
	(void)state;
	api.read_only = true;
	with("HTTP_ORIGIN", "null");
	ask("PUT", "/api/v1/irqs/40/affinity"); /* before origin, type and body */
	assert_problem("PUT", 403, "read_only");
	ask_with("POST", "/api/v1/changes", "{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"dry_run\":true}");
	assert_problem("POST", 403, "read_only");
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 200);
}

static void without_a_history_there_is_no_data_but_bad_requests_are_told_first(void **state)
{
	(void)state;
	unlink(api.history);
	ask("GET", "/api/v1/overview");
	assert_problem("absent", 503, "no_data");
	assert_has(response.body, "state/history");
	assert_has(response.body, "\"errno\":2");
	ask("GET", "/api/v1/summary?start=2000-01-01T00:00:00Z&end=2000-01-02T00:00:00Z");
	assert_problem("before 416", 503, "no_data");
	ask("GET", "/api/v1/irqs/40?window=x");
	assert_problem("after 400", 400, "bad_request");
	made_file(root, "state/history", "this is no history");
	ask("GET", "/api/v1/overview");
	assert_problem("garbage", 503, "no_data");
	assert_has(response.body, "it is too short");
	assert_null(strstr(response.body, "errno")); /* the kernel gave none */
	unlink(api.history);
	make_history();
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 200); /* without a restart */
}

static void a_history_that_is_spoilt_while_it_is_open_is_told_as_what_it_is(void **state)
{
	(void)state;
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 200);
	assert_int_equal(truncate(api.history, HISTORY_SIZE_MIN / 2), 0);
	ask("GET", "/api/v1/overview");
	assert_problem("cut", 503, "no_data");
	assert_has(response.body, "its size is not what its head says");
	assert_null(strstr(response.body, "errno"));
	unlink(api.history);
	ask("GET", "/api/v1/overview");
	assert_problem("removed", 503, "no_data");
	assert_has(response.body, "\"errno\":2");
	make_history();
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 200);
}

static void a_cpu_that_there_never_was_is_no_column(void **state)
{
	(void)state;
	ask("GET", "/api/v1/overview?cpus=0-1,7");
	assert_problem("cpus=0-1,7", 422, "bad_cpu");
	assert_has(response.body, "CPU 7");
	assert_has(response.body, "0-1");
	ask("GET", "/api/v1/overview?cpus=0-4294967295");
	assert_problem("cpus=0-4294967295", 422, "bad_cpu");
	assert_has(response.body, "CPU 2-4294967295");
	made_file(root, "sys/devices/system/cpu/cpu7/online", "0\n"); /* one that could come */
	ask("GET", "/api/v1/overview?cpus=0-1,7");
	assert_int_equal(response.status, 200);
	ask("GET", "/api/v1/overview?cpus=7&start=2000-01-01T00:00:00Z&end=2000-01-02T00:00:00Z");
	assert_problem("before that", 416, "no_history");
}

static void where_there_is_no_history_for_a_time_the_answer_says_what_there_is(void **state)
{
	(void)state;
	ask("GET", "/api/v1/overview?end=2026-01-01T00:00:00Z");
	assert_problem("before the first sample", 416, "no_history");
	assert_has(response.body,
		   "\"available\":{\"start\":\"2026-01-02T03:04:05.000Z\",\"end\":\"2026-01-02T03:04:15.000Z\"}");
}

static void a_put_that_cannot_be_is_the_problem_itself(void **state)
{
	static const struct {
		const char *irq, *body;
		int status;
		const char *code;
	} table[] = {
		{ "42", "{\"cpu\":1}", 409, "managed" },
		{ "LOC", "{\"cpu\":1}", 409, "per_cpu" },
		{ "I%2FO", "{\"cpu\":1}", 409, "per_cpu" },
		{ "ERR", "{\"cpu\":1}", 409, "no_affinity" },
		{ "8", "{\"cpu\":1}", 409, "no_affinity" },
		{ "40", "{\"cpu\":2}", 422, "bad_cpu" },
		{ "40", "{\"cpus\":\"0-4294967295\"}", 422, "bad_cpu" },
		{ "999", "{\"cpu\":1}", 404, "no_such_irq" },
		{ "eth0-rx-0", "{\"cpu\":1}", 404, "no_such_irq" },
		{ "%2e%2e%2firq%2f40", "{\"cpu\":1}", 404, "no_such_irq" },
	};
	char uri[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		snprintf(uri, sizeof uri, "/api/v1/irqs/%s/affinity", table[i].irq);
		ask_with("PUT", uri, table[i].body);
		assert_problem(uri, table[i].status, table[i].code);
	}
	ask_with("PUT", "/api/v1/irqs/8/affinity", "{\"cpu\":1}");
	assert_has(response.body, "/proc/irq/8: the kernel offers no way to set it here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)
		EACH(every_bad_path_and_parameter_of_a_get_is_refused),
		EACH(a_refused_parameter_is_named_with_what_was_expected),
		EACH(huge_input_is_refused_and_does_no_harm),
		EACH(every_bad_body_is_refused),
		EACH(a_body_of_the_wrong_length_or_type_is_refused),
		EACH(every_method_that_a_path_does_not_take_is_refused_with_allow),
		EACH(only_known_hosts_are_answered),
		EACH(writes_from_other_sites_are_refused),
		EACH(a_read_only_service_writes_nothing),
		EACH(without_a_history_there_is_no_data_but_bad_requests_are_told_first),
		EACH(a_history_that_is_spoilt_while_it_is_open_is_told_as_what_it_is),
		EACH(a_cpu_that_there_never_was_is_no_column),
		EACH(where_there_is_no_history_for_a_time_the_answer_says_what_there_is),
		EACH(a_put_that_cannot_be_is_the_problem_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
