/* Tests of GET plan without a FastCGI loop: what it is made of, and what it refuses, on a made machine. */
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

/* In this window of 10 samples: 40 fires 1000 times on CPU 0 and 100 on CPU 1, 41 10 times on CPU 0; 8, 42 never. */
#define PLAN "/api/v1/plan?window=11"

static const char *good(const char *uri)
{
	const char *text = ask("GET", uri);

	if (response.status != 200)
		fail_msg("%s: %d: %s", uri, response.status, text);
	return text;
}

static void a_plan_is_made_of_the_window_today_s_places_and_what_may_not_move(void **state)
{
	const char *text = good(PLAN);

	(void)state;
	assert_has(text, "\"requested_seconds\":11");
	assert_has(text, "\"cpus\":[{\"cpu\":0,\"load\":");
	assert_has(text, "{\"irq\":\"40\",\"name\":\"eth0-rx-0\",\"cpu\":0,\"count\":1100,\"from\":0,\"move\":false,");
	assert_has(text, "{\"irq\":\"41\",\"name\":\"eth0-tx-0\",\"reason\":\"unknown\",\"count\":10}");
	assert_has(text, "{\"irq\":\"42\",\"name\":\"virtio1-req.0\",\"reason\":\"managed\",\"count\":0}");
	assert_has(text, "{\"irq\":\"8\",\"name\":\"rtc0\",\"reason\":\"unknown\",\"count\":0}");
	assert_has(text, "\"fixed\":10,\"before\":1010}");
	assert_has(text, "\"fixed\":0,\"before\":100}");
	assert_has(text, "\"before\":{\"cpus\":2,\"max\":1010,\"min\":100,\"mean\":555,");
	assert_null(strstr(text, "LOC"));
	assert_null(strstr(text, "I/O"));
	assert_nothing_written();
}

static void a_placement_on_several_cpus_is_where_it_fired_most(void **state)
{
	(void)state;
	made_file(root, "proc/irq/40/effective_affinity_list", "0-1\n");
	assert_has(good(PLAN), "\"count\":1100,\"from\":0,");
	made_file(root, "proc/irq/40/effective_affinity_list", "1\n");
	assert_has(good(PLAN), "\"count\":1100,\"from\":1,");
	unlink(made_path(root, "proc/irq/40/effective_affinity_list")); /* before Linux 4.13 */
	made_file(root, "proc/irq/40/smp_affinity_list", "1\n");
	assert_has(good(PLAN), "\"count\":1100,\"from\":1,");
	made_file(root, "proc/irq/40/smp_affinity_list", "0-1\n");
	assert_has(good(PLAN), "\"count\":1100,\"from\":0,");
}

static void only_the_cpus_asked_for_are_used_and_what_is_elsewhere_moves_there(void **state)
{
	const char *text = good(PLAN "&cpus=1");

	(void)state;
	assert_has(text, "\"cpus\":[{\"cpu\":1,\"load\":1100,\"fixed\":0,\"before\":100}]");
	assert_has(text, "\"cpu\":1,\"count\":1100,\"from\":0,\"move\":true,");
	assert_has(text, "\"moves\":1,\"moves_bound\":");
	assert_has(good(PLAN "&exclude_cpus=0"), "\"cpus\":[{\"cpu\":1,\"load\":1100,");
}

static void isolated_cpus_are_used_only_when_asked_for(void **state)
{
	(void)state;
	made_file(root, "sys/devices/system/cpu/isolated", "1\n");
	assert_has(good(PLAN), "\"cpus\":[{\"cpu\":0,");
	assert_null(strstr(response.body, "{\"cpu\":1,\"load\""));
	assert_has(good(PLAN "&cpus=0-1"), "{\"cpu\":1,\"load\"");
}

static void interrupts_that_were_not_asked_for_are_fixed_where_they_fired(void **state)
{
	const char *text = good(PLAN "&irqs=8,42");

	(void)state;
	assert_has(text, "\"assignments\":[],");
	assert_has(text, "{\"cpu\":0,\"load\":1010,\"fixed\":1010,\"before\":1010}");
	assert_has(text, "{\"cpu\":1,\"load\":100,\"fixed\":100,\"before\":100}");
	text = good(PLAN "&device=eth*");
	assert_has(text, "\"irq\":\"40\"");
	assert_null(strstr(text, "\"irq\":\"8\""));
	assert_has(good(PLAN "&irqs=none*"), "\"assignments\":[],\"unmovable\":[],");
}

static void local_keeps_each_on_the_node_of_its_device(void **state)
{
	(void)state;
	made_folder(root, "sys/devices/system/cpu/cpu0/node1/");
	made_folder(root, "sys/devices/system/cpu/cpu1/node0/");
	assert_has(good(PLAN "&local=1"), "\"cpu\":1,\"count\":1100,\"from\":0,\"move\":true,");
	assert_has(good(PLAN "&local=0"), "\"cpu\":0,\"count\":1100,\"from\":0,\"move\":false,");
	ask("GET", PLAN "&local=1&cpus=0");
	assert_problem("a node without a CPU that may be used", 422, "bad_cpu");
	assert_has(response.body, "IRQ 40");
}

static void no_more_moves_than_asked_for(void **state)
{
	(void)state;
	made_folder(root, "proc/irq/41/eth0-tx-0/"); /* it is still that device's */
	assert_has(good(PLAN "&cpus=1"), "\"moves\":2,\"moves_bound\":");
	assert_has(good(PLAN "&cpus=1&moves=1"), "\"moves\":1,\"moves_bound\":");
	assert_has(good(PLAN "&cpus=1&moves=0"), "\"moves\":0,\"moves_bound\":");
	assert_has(good(PLAN "&fresh=1"), "\"moves_bound\":null,");
}

static void a_cpu_that_is_not_there_is_bad_cpu(void **state)
{
	static const char *const bad[] = { "cpus=2", "cpus=0-2", "cpus=1,4294967295", "cpus=5-9", "exclude_cpus=0-1",
					   "cpus=0&exclude_cpus=0" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		char uri[100];

		snprintf(uri, sizeof uri, "/api/v1/plan?%s", bad[i]);
		ask("GET", uri);
		assert_problem(bad[i], 422, "bad_cpu");
	}
	ask("GET", "/api/v1/plan?cpus=0-2");
	assert_has(response.body, "CPU 2: not among those that are online, 0-1.");
	unlink(made_path(root, "sys/devices/system/cpu/online")); /* then those of the window are known */
	ask("GET", "/api/v1/plan?cpus=0-2");
	assert_problem("without /sys", 422, "bad_cpu");
	good("/api/v1/plan?cpus=0-1");
}

static void a_parameter_that_is_none_or_has_a_bad_value_is_refused(void **state)
{
	static const char *const bad[] = {
		"all=1", "by=cpu", "cpus=x", "cpus=", "cpus=-1", "irqs=1,,2", "device=", "local=2", "local=yes", "fresh=true",
		"tolerance=-1", "tolerance=1e3", "tolerance=nan", "tolerance=.", "tolerance=1%25", "tolerance=1000001",
		"tolerance=1.2.3", "moves=-1", "moves=1.5", "moves=x", "moves=99999999999999999999", "moves=+1",
		"exclude_cpus=x", "exclude_cpus=", "fresh=1&moves=3", "moves=1&moves=2", "window=0", "window=5&start=-1m",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		char uri[100];

		snprintf(uri, sizeof uri, "/api/v1/plan?%s", bad[i]);
		ask("GET", uri);
		assert_problem(bad[i], 400, "bad_request");
	}
	ask("GET", "/api/v1/overview?tolerance=1");
	assert_problem("a plan's parameter of an overview", 400, "bad_request");
	ask_with("POST", "/api/v1/plan", "{}");
	assert_problem("a plan is only to be got", 405, "method_not_allowed");
}

static void a_window_of_one_sample_makes_no_plan(void **state)
{
	(void)state;
	ask("GET", "/api/v1/plan?start=2026-01-02T03:04:05.1Z&end=2026-01-02T03:04:05.2Z");
	assert_problem("one sample", 416, "no_history");
	assert_has(response.body, "a plan takes two");
}

static void the_same_question_is_not_answered_twice_until_something_changes(void **state)
{
	char tag[sizeof response.etag];

	(void)state;
	good(PLAN);
	strcpy(tag, response.etag);
	assert_true(*tag);
	with("HTTP_IF_NONE_MATCH", tag);
	ask("GET", PLAN);
	assert_int_equal(response.status, 304);
	with("HTTP_IF_NONE_MATCH", tag);
	good(PLAN "&fresh=1");
	with("HTTP_IF_NONE_MATCH", tag);
	api_changed(&api, &now);
	good(PLAN);
}

#define M(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(a_plan_is_made_of_the_window_today_s_places_and_what_may_not_move),
		M(a_placement_on_several_cpus_is_where_it_fired_most),
		M(only_the_cpus_asked_for_are_used_and_what_is_elsewhere_moves_there),
		M(isolated_cpus_are_used_only_when_asked_for),
		M(interrupts_that_were_not_asked_for_are_fixed_where_they_fired),
		M(local_keeps_each_on_the_node_of_its_device),
		M(no_more_moves_than_asked_for),
		M(a_cpu_that_is_not_there_is_bad_cpu),
		M(a_parameter_that_is_none_or_has_a_bad_value_is_refused),
		M(a_window_of_one_sample_makes_no_plan),
		M(the_same_question_is_not_answered_twice_until_something_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
