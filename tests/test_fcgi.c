/* Tests of the API program without its FastCGI loop: what it answers to what is asked well, on a made machine. */
#include "fcgi_fake.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_overview_counts_what_fired_and_tells_where_it_may_go(void **state)
{
	const char *text = ask("GET", "/api/v1/overview?window=5");

	(void)state;
	assert_int_equal(response.status, 200);
	assert_string_equal(response.content_type, "application/json");
	assert_has(text, "\"requested_seconds\":5");
	assert_has(text, "{\"irq\":\"40\",\"class\":\"device\",\"name\":\"eth0-rx-0\"");
	assert_has(text, "\"affinity\":\"0-1\",\"effective\":\"0\",\"node\":0,\"movable\":true,\"reason\":null}");
	assert_has(text, "\"irq\":\"LOC\"");
	assert_null(strstr(text, "\"hint\""));
	assert_null(strstr(text, "\"irq\":\"8\"")); /* did not fire */
	assert_has(ask("GET", "/api/v1/overview?all=1"), "\"irq\":\"8\"");
}

static void each_row_says_why_it_cannot_be_moved(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/irqs/42"), "\"movable\":false,\"reason\":\"managed\"");
	assert_has(ask("GET", "/api/v1/irqs/LOC"), "\"affinity\":null,\"effective\":null,\"node\":null,"
		   "\"movable\":false,\"reason\":\"per_cpu\"");
	assert_has(ask("GET", "/api/v1/irqs/ERR"), "\"reason\":\"no_affinity\"");
	assert_has(ask("GET", "/api/v1/irqs/8"), "\"affinity\":null,\"effective\":null,\"node\":null,"
		   "\"movable\":false,\"reason\":\"unknown\"");
}

static void a_number_that_another_device_has_now_shows_no_affinity(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/irqs/41"), "\"affinity\":null");
	made_folder(root, "proc/irq/41/eth0-tx-0/");
	assert_has(ask("GET", "/api/v1/irqs/41"), "\"affinity\":\"0-1\"");
}

static void one_irq_comes_with_its_hint(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/irqs/40?window=5"), "\"hint\":\"1\"");
}

static void a_label_with_a_slash_is_percent_encoded(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/irqs/I%2fO"), "\"irq\":\"I/O\"");
	ask("GET", "/api/v1/irqs/I/O");
	assert_problem("a plain slash", 404, "not_found");
}

static void an_irq_with_a_folder_but_no_row_has_no_counts(void **state)
{
	const char *text = ask("GET", "/api/v1/irqs/5");

	(void)state;
	assert_int_equal(response.status, 200);
	assert_has(text, "\"name\":\"ttyS1, ttyS3\"");
	assert_has(text, "\"total\":null,\"per_second\":null,\"counts\":{}");
	assert_has(text, "\"movable\":true");
}

static void filters_leave_only_what_was_asked_for(void **state)
{
	const char *text = ask("GET", "/api/v1/overview?irqs=40-42,LOC&cpus=1&device=eth%2A&window=5");

	(void)state;
	assert_int_equal(response.status, 200);
	assert_has(text, "\"cpus\":[1]");
	assert_has(text, "\"counts\":{\"1\":40}");
	assert_null(strstr(text, "LOC"));
	assert_has(ask("GET", "/api/v1/overview?irqs=nothing*"), "\"irqs\":[]");
	assert_int_equal(response.status, 200);
}

static void times_may_be_written_in_every_way(void **state)
{
	static const char *const queries[] = {
		"start=2026-01-02T03:04:10Z&end=2026-01-02T03:04:15Z", "start=1767323050&end=1767323055.0",
		"start=2026-01-02T05:04:10%2B02:00&end=2026-01-02T05:04:15+02:00", "start=-6s&end=-1s",
		"window=5&end=2026-01-02T03:04:15.000Z", "window=5s&end=1767323055", "win%64ow=5.0&end=-1s",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof queries / sizeof *queries; i++) {
		char uri[200];

		snprintf(uri, sizeof uri, "/api/v1/irqs/40?%s", queries[i]);
		ask("GET", uri);
		assert_int_equal(response.status, 200);
		assert_has(response.body, "\"start\":\"2026-01-02T03:04:10.000Z\",\"end\":\"2026-01-02T03:04:15.000Z\"");
		assert_has(response.body, "\"total\":550");
	}
}

static void an_end_in_the_future_is_the_last_sample_also_of_a_sampler_that_stopped(void **state)
{
	static const char *const queries[] = { "window=5&end=2100-01-01T00:00:00Z", "start=1767323050&end=2100-01-01T00:00:00Z" };
	size_t i;

	(void)state;
	now.real_us += INT64_C(3600000000);
	for (i = 0; i < 2; i++) {
		char uri[200];

		snprintf(uri, sizeof uri, "/api/v1/irqs/40?%s", queries[i]);
		ask("GET", uri);
		assert_int_equal(response.status, 200);
		assert_has(response.body, "\"start\":\"2026-01-02T03:04:10.000Z\",\"end\":\"2026-01-02T03:04:15.000Z\","
			   "\"seconds\":5,\"requested_seconds\":5,\"samples\":6,\"complete\":true,\"gaps\":[]");
		assert_has(response.body, "\"total\":550");
	}
	ask("GET", "/api/v1/irqs/40?window=5");
	assert_problem("the last 5 seconds", 416, "no_history");
	ask("GET", "/api/v1/irqs/40?start=-5m&end=2100-01-01T00:00:00Z");
	assert_problem("a start after the last sample", 416, "no_history");
}

static void a_start_in_the_future_has_no_history(void **state)
{
	(void)state;
	ask("GET", "/api/v1/overview?start=2099-01-01T00:00:00Z&end=2100-01-01T00:00:00Z");
	assert_problem("both in the future", 416, "no_history");
	ask("GET", "/api/v1/overview?start=1767323056.1&end=2100-01-01T00:00:00Z"); /* a moment from now */
	assert_problem("both in the future", 416, "no_history");
	ask("GET", "/api/v1/overview?start=1767323055.9&end=2100-01-01T00:00:00Z"); /* the last sample */
	assert_int_equal(response.status, 200);
	assert_has(response.body, "\"samples\":1");
}

static void the_summary_has_a_row_for_each_cpu_and_the_evenness(void **state)
{
	const char *text = ask("GET", "/api/v1/summary?window=5");

	(void)state;
	assert_int_equal(response.status, 200);
	assert_has(text, "{\"cpu\":0,\"online\":true");
	assert_has(text, "{\"cpu\":1,\"online\":true");
	assert_has(text, "\"evenness\":{\"cpus\":2");
}

static void the_topology_lists_the_cpus(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/topology"), "{\"cpu\":1,\"node\":null");
	assert_int_equal(response.status, 200);
}

static void without_sys_the_topology_lists_the_cpus_of_proc_interrupts(void **state)
{
	(void)state;
	unlink(made_path(root, "sys/devices/system/cpu/online"));
	assert_has(ask("GET", "/api/v1/topology"),
		   "{\"cpus\":[{\"cpu\":0,\"node\":null,\"package\":null,\"core\":null,\"siblings\":null,\"online\":null,"
		   "\"isolated\":null,\"nohz_full\":null},{\"cpu\":1,\"node\":null");
	made_file(root, "proc/interrupts", "           CPU2       CPU130\n  8:          0          1   IO-APIC   8-edge      rtc0\n");
	assert_has(ask("GET", "/api/v1/topology"), "{\"cpus\":[{\"cpu\":2,");
	assert_has(response.body, "{\"cpu\":130,");
	unlink(made_path(root, "proc/interrupts"));
	assert_string_equal(ask("GET", "/api/v1/topology"), "{\"cpus\":[]}");
	assert_int_equal(response.status, 200);
}

static void health_tells_ok_stale_and_no_data_and_is_never_kept(void **state)
{
	(void)state;
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"ok\",\"last_sample_age_seconds\":1,");
	assert_has(response.body, "\"samples\":11");
	assert_has(response.body, "\"irqbalance\":{\"running\":null}"); /* no real procfs */
	assert_true(response.no_store);
	now.boot_us += 3000001;
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"stale\"");
	now.boot_us -= 2;
	now.real_us += INT64_C(86400000000); /* somebody set the clock */
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"ok\"");
	made_file(root, "proc/sys/kernel/random/boot_id", "ff020304-0506-0708-090a-0b0c0d0e0f10\n");
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"stale\"");
	api_close(&api);
	unlink(api.history);
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"no_data\",\"last_sample_age_seconds\":null");
	assert_int_equal(response.status, 200);
	assert_has(response.body, "\"capacity_bytes\":null");
}

static void without_a_boot_id_the_time_of_boot_tells_health_which_clock_to_take(void **state)
{
	(void)state;
	unlink(made_path(root, "proc/sys/kernel/random/boot_id"));
	made_file(root, "proc/stat", "cpu  1 2 3\nbtime 1767320000\n");
	unlink(api.history);
	make_history();
	now.real_us += INT64_C(86400000000); /* somebody set the clock */
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"ok\",\"last_sample_age_seconds\":1,");
	made_file(root, "proc/stat", "cpu  1 2 3\nbtime 1767329999\n");
	assert_has(ask("GET", "/api/v1/health"), "\"status\":\"stale\"");
}

static void a_head_is_answered_as_a_get(void **state)
{
	(void)state;
	ask("HEAD", "/api/v1/topology");
	assert_int_equal(response.status, 200);
	assert_true(response.length > 0);
}

/* ---- what the client has already ---- */

static void the_same_answer_is_not_sent_twice_until_something_changes(void **state)
{
	char etag[24];

	(void)state;
	ask("GET", "/api/v1/overview");
	memcpy(etag, response.etag, sizeof etag);
	assert_true(strlen(etag) > 10);
	now.real_us += 500000;
	with("HTTP_IF_NONE_MATCH", etag);
	assert_string_equal(ask("GET", "/api/v1/overview"), "");
	assert_int_equal(response.status, 304);
	assert_string_equal(response.etag, etag);
	with("HTTP_IF_NONE_MATCH", etag);
	ask("GET", "/api/v1/overview?window=5");
	assert_int_equal(response.status, 200); /* another question */
	ask_with("PUT", "/api/v1/irqs/40/affinity", "{\"cpu\":0}");
	assert_int_equal(response.status, 200);
	with("HTTP_IF_NONE_MATCH", etag);
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 200); /* an affinity changed */
}

static void who_has_any_answer_is_told_first_that_there_is_none(void **state)
{
	static const char *const uris[] = { "overview?end=2026-01-01T00:00:00Z", "overview?cpus=7", "plan?cpus=7",
					    "plan?window=0.5&end=1767323045.5" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof uris / sizeof *uris; i++) {
		char uri[200];

		snprintf(uri, sizeof uri, "/api/v1/%s", uris[i]);
		with("HTTP_IF_NONE_MATCH", "*");
		ask("GET", uri);
		if (response.status != 416 && response.status != 422)
			fail_msg("%s: %d", uri, response.status);
	}
	with("HTTP_IF_NONE_MATCH", "*");
	ask("GET", "/api/v1/overview");
	assert_int_equal(response.status, 304);
}

static void a_window_that_the_last_sample_has_left_is_not_called_unchanged(void **state)
{
	char etag[24];

	(void)state;
	ask("GET", "/api/v1/overview?window=1.5");
	assert_int_equal(response.status, 200);
	memcpy(etag, response.etag, sizeof etag);
	now.real_us += 2700000;
	with("HTTP_IF_NONE_MATCH", etag);
	ask("GET", "/api/v1/overview?window=1.5");
	assert_problem("nothing of it is left", 416, "no_history");
}

static void one_irq_is_sent_again_as_soon_as_somebody_moved_it(void **state)
{
	char etag[24];

	(void)state;
	ask("GET", "/api/v1/irqs/40");
	memcpy(etag, response.etag, sizeof etag);
	with("HTTP_IF_NONE_MATCH", etag);
	ask("GET", "/api/v1/irqs/40");
	assert_int_equal(response.status, 304);
	made_file(root, "proc/irq/40/effective_affinity_list", "1\n");
	with("HTTP_IF_NONE_MATCH", etag);
	assert_has(ask("GET", "/api/v1/irqs/40"), "\"effective\":\"1\"");
}

static void an_answer_is_not_called_current_when_the_sampler_stands(void **state)
{
	char etag[24];

	(void)state;
	ask("GET", "/api/v1/overview");
	memcpy(etag, response.etag, sizeof etag);
	now.real_us += 20000000;
	with("HTTP_IF_NONE_MATCH", etag);
	ask("GET", "/api/v1/overview");
	assert_int_not_equal(response.status, 304);
}

/* ---- changes ---- */

static void a_put_sets_one_irq_and_tells_what_took_effect(void **state)
{
	(void)state;
	with("REMOTE_ADDR", "192.0.2.7");
	with("HTTP_USER_AGENT", "a\tb\033[1m\r\nc");
	ask_with("PUT", "/api/v1/irqs/40/affinity", "{\"cpus\":\"1\"}");
	assert_int_equal(response.status, 200);
	assert_has(response.body, "{\"id\":\"20260102T030416.000000-");
	assert_has(response.body, "\"by\":\"192.0.2.7 ab[1mc\",\"state\":\"applied\"");
	assert_has(response.body, "\"irq\":\"40\",\"name\":\"eth0-rx-0\",\"before\":\"0-1\",\"requested\":\"1\","
		   "\"affinity\":\"1\","
		   "\"effective\":\"0\",\"state\":\"pending\",\"code\":null");
	assert_string_equal(made_text(root, "proc/irq/40/smp_affinity_list"), "1");
	assert_true(response.no_store);
}

static void a_set_is_changed_as_one_and_answered_with_201(void **state)
{
	(void)state;
	with("CONTENT_TYPE", "application/json; charset=utf-8"); /* the first one counts */
	ask_with("POST", "/api/v1/changes",
		 "{\"assignments\":[{\"irq\":\"40\",\"cpu\":0},{\"irq\":\"41\",\"cpus\":\"1\"}],\"dry_run\":false}");
	assert_int_equal(response.status, 201);
	assert_has(response.body, "\"state\":\"applied\"");
	assert_string_equal(made_text(root, "proc/irq/40/smp_affinity_list"), "0");
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity_list"), "1");
}

static void if_one_assignment_cannot_be_nothing_is_written_and_each_error_listed(void **state)
{
	(void)state;
	ask_with("POST", "/api/v1/changes", "{\"assignments\":[{\"irq\":\"40\",\"cpu\":0},{\"irq\":\"41\",\"cpu\":9},"
		 "{\"irq\":\"42\",\"cpu\":1},{\"irq\":\"77\",\"cpu\":1}]}");
	assert_problem("a set", 422, "bad_cpu");
	assert_has(response.body, "\"errors\":[{\"irq\":\"41\",\"code\":\"bad_cpu\"");
	assert_has(response.body, "{\"irq\":\"42\",\"code\":\"managed\"");
	assert_has(response.body, "{\"irq\":\"77\",\"code\":\"no_such_irq\"");
}

static void a_dry_run_is_answered_with_200_and_writes_nothing(void **state)
{
	(void)state;
	ask_with("POST", "/api/v1/changes", "{\"assignments\":[{\"irq\":\"40\",\"cpu\":1}],\"dry_run\":true}");
	assert_int_equal(response.status, 200);
	assert_has(response.body, "\"id\":null");
	assert_has(response.body, "\"state\":\"planned\"");
	assert_nothing_written();
}

/* ---- what is sent ---- */

static void the_head_is_what_cgi_wants(void **state)
{
	char *head;

	(void)state;
	ask("GET", "/api/v1/topology");
	head = response_head(&response);
	assert_has(head, "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
	assert_has(head, "\r\nETag: W/\"");
	assert_has(head, "\r\nCache-Control: no-cache\r\n");
	assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
	free(head);
	ask("POST", "/api/v1/overview");
	head = response_head(&response);
	assert_has(head, "Status: 405 Method Not Allowed\r\nContent-Type: application/problem+json\r\n");
	assert_has(head, "\r\nAllow: GET, HEAD\r\n");
	assert_has(head, "\r\nCache-Control: no-store\r\n");
	assert_null(strstr(head, "ETag"));
	free(head);
}

static void a_path_is_found_without_the_line_as_it_was_sent(void **state)
{
	static char *first[] = { "REQUEST_METHOD=GET", "SCRIPT_NAME=/api/v1", "PATH_INFO=/overview",
				 "QUERY_STRING=window=5", NULL };
	static char *second[] = { "SCRIPT_NAME=/cgi-bin/irqapi.fcgi", "PATH_INFO=/api/v1/health", NULL };
	struct request request;

	(void)state;
	assert_int_equal(request_read(&request, first), 0);
	assert_string_equal(request.path, "/api/v1/overview");
	assert_string_equal(request.query, "window=5");
	request_free(&request);
	assert_int_equal(request_read(&request, second), 0);
	assert_string_equal(request.path, "/api/v1/health");
	assert_null(request.method);
	request_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)
		EACH(the_overview_counts_what_fired_and_tells_where_it_may_go),
		EACH(each_row_says_why_it_cannot_be_moved),
		EACH(a_number_that_another_device_has_now_shows_no_affinity),
		EACH(one_irq_comes_with_its_hint),
		EACH(a_label_with_a_slash_is_percent_encoded),
		EACH(an_irq_with_a_folder_but_no_row_has_no_counts),
		EACH(filters_leave_only_what_was_asked_for),
		EACH(times_may_be_written_in_every_way),
		EACH(an_end_in_the_future_is_the_last_sample_also_of_a_sampler_that_stopped),
		EACH(a_start_in_the_future_has_no_history),
		EACH(the_summary_has_a_row_for_each_cpu_and_the_evenness),
		EACH(the_topology_lists_the_cpus),
		EACH(without_sys_the_topology_lists_the_cpus_of_proc_interrupts),
		EACH(health_tells_ok_stale_and_no_data_and_is_never_kept),
		EACH(without_a_boot_id_the_time_of_boot_tells_health_which_clock_to_take),
		EACH(a_head_is_answered_as_a_get),
		EACH(the_same_answer_is_not_sent_twice_until_something_changes),
		EACH(who_has_any_answer_is_told_first_that_there_is_none),
		EACH(a_window_that_the_last_sample_has_left_is_not_called_unchanged),
		EACH(one_irq_is_sent_again_as_soon_as_somebody_moved_it),
		EACH(an_answer_is_not_called_current_when_the_sampler_stands),
		EACH(a_put_sets_one_irq_and_tells_what_took_effect),
		EACH(a_set_is_changed_as_one_and_answered_with_201),
		EACH(if_one_assignment_cannot_be_nothing_is_written_and_each_error_listed),
		EACH(a_dry_run_is_answered_with_200_and_writes_nothing),
		EACH(the_head_is_what_cgi_wants),
		EACH(a_path_is_found_without_the_line_as_it_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
