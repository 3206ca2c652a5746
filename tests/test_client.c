/*
 * Tests of irqclient's arguments, of set, and of what becomes of the API's
 * refusals. The service is a fake: http.c is not linked.
 */
#include "client_fake.h"

#include "../client/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- arguments ---- */

static void test_options_may_stand_before_and_after_the_command(void **state)
{
	(void)state;
	will_answer(0, 500, NULL);
	irqclient("-w 5m overview --device eth* -q 24-31,LOC -C 0-3,8 -a");
	assert_string_equal(question[0], "GET /api/v1/overview window=5m irqs=24-31,LOC cpus=0-3,8 device=eth* all=1");
	will_answer(0, 500, NULL);
	irqclient("summary --start -15m --end=-5m");
	assert_string_equal(question[0], "GET /api/v1/summary start=-15m end=-5m");
}

static void test_what_is_no_option_or_no_value_of_it_is_named_and_nothing_is_asked(void **state)
{
	(void)state;
	assert_usage("overview --nonsense", "--nonsense");
	assert_usage("overview -x", "-x");
	assert_usage("overview stray", "stray");
	assert_usage("overview -w", "--window needs a value");
	assert_usage("overview --window=", "--window");
	assert_usage("overview --json=yes", "--json takes no value");
	assert_usage("overview --color=blue", "blue");
	assert_usage("overview -C 0-", "0-");
	assert_usage("overview -C 5-2", "5-2");
	assert_usage("overview -q 31-24,LOC", "--irqs=31-24,LOC");
	assert_usage("overview -q 24,,LOC", "--irqs=24,,LOC");
	assert_usage("overview -d never", "never");
	assert_usage("overview -d 1 -n 0", "--times=0");
	assert_usage("overview -d 1 -n 1.5", "--times=1.5");
	assert_usage("set 41 -1", "-1");
}

static void test_options_that_exclude_each_other_or_belong_elsewhere_are_refused(void **state)
{
	(void)state;
	assert_usage("overview -w 60 --start -15m", "exclude each other");
	assert_usage("overview -n 3", "--times goes with --delay");
	assert_usage("summary -q 24", "summary has no option --irqs");
	assert_usage("set 41 1 -w 60", "set has no option --window");
	assert_usage("overview -i a -w 60", "--window needs the service");
	assert_usage("overview -i a --start 5", "--start needs the service");
	assert_usage("overview -i a -d 1", "--delay needs the service");
	assert_usage("overview -i a -i b -i c", "-i c");
	assert_usage("overview -i - -i -", "stdin cannot be both");
	assert_usage("overview --sys /sys", "--sys goes with --input");
}

static void test_set_refuses_what_is_no_pair_no_cpu_list_or_an_irq_named_twice(void **state)
{
	(void)state;
	assert_usage("set", "pairs");
	assert_usage("set 41", "the last IRQ has no CPU");
	assert_usage("set 41 1 42", "the last IRQ has no CPU");
	assert_usage("set 41 one", "one is no CPU");
	assert_usage("set 41 1,", "1, is no CPU");
	assert_usage("set 41 99999999999", "too large");
	assert_usage("set 41 1 041 2", "IRQ 41 is named twice");
}

/* ---- set ---- */

#define RESULT(irq, name, state, more) \
	"{\"irq\": \"" irq "\", \"name\": \"" name "\", \"before\": \"0-3\", \"requested\": \"1\", " \
	"\"affinity\": \"1\", \"effective\": \"0\", \"state\": \"" state "\"" more "}"
#define DONE(irq) RESULT(irq, "eth0-" irq, "done", ", \"code\": null, \"errno\": null")
#define PENDING(irq) RESULT(irq, "eth0-" irq, "pending", ", \"code\": null, \"errno\": null")
#define FAILED_AT(irq, affinity) \
	"{\"irq\": \"" irq "\", \"name\": \"eth0-" irq "\", \"before\": \"0-3\", \"requested\": \"1\", " \
	"\"affinity\": " affinity ", \"effective\": null, \"state\": \"failed\", \"code\": \"vectors_full\", \"errno\": 28}"
#define FAILED(irq) FAILED_AT(irq, "\"0-3\"")
#define CHANGE(state, results) \
	"{\"id\": \"7\", \"time\": \"2026-01-02T03:04:05Z\", \"by\": \"127.0.0.1\", \"state\": \"" state "\", " \
	"\"deadline\": null, \"results\": [" results "], \"warnings\": []}"

#define NAMED(irq, name) \
	"{\"irq\": \"" irq "\", \"class\": \"device\", \"name\": \"" name "\", \"total\": 0, \"per_second\": 0, " \
	"\"counts\": {}}"
#define NAMES \
	"{\"window\": {\"start\": \"2026-01-02T03:04:05Z\", \"end\": \"2026-01-02T03:05:05Z\", \"seconds\": 60, " \
	"\"requested_seconds\": 60, \"samples\": 61, \"complete\": true, \"gaps\": []}, \"cpus\": [0], \"total\": 0, " \
	"\"cpu_totals\": {\"0\": 0}, \"irqs\": [" NAMED("41", "eth0") ", " NAMED("42", "i801, eth1") ", " \
	NAMED("43", "twice, ahci") ", " NAMED("44", "twice") ", " NAMED("42", "eth1") ", {\"irq\": \"LOC\", \"class\": \"system\", \"name\": " \
	"\"Local timer interrupts\", \"total\": 0, \"per_second\": 0, \"counts\": {}}]}"

static void test_all_pairs_are_one_change_and_what_took_effect_is_shown(void **state)
{
	(void)state;
	will_answer(0, 201, CHANGE("applied", DONE("41") ", " PENDING("42")));
	assert_int_equal(irqclient("set 41 1 042 0-3,8"), CMD_DONE);
	assert_int_equal(asked, 1);
	assert_has(question[0], "POST /api/v1/changes ");
	assert_has(question[0], "\"41\"");
	assert_has(question[0], "\"42\"");
	assert_has(question[0], "0-3,8");
	assert_string_equal(out,
		"IRQ  NAME     BEFORE      AFFINITY  EFFECTIVE  STATE\n"
		" 41  eth0-41  0-3     ->  1         0          done\n"
		" 42  eth0-42  0-3     ->  1         0          pending: until it fires next\n"
		"change 7: applied\n");
	assert_string_equal(err.text, "");
}

static void test_the_exit_code_tells_whether_some_or_all_failed_and_stderr_why(void **state)
{
	static const char told[] = "irqclient: IRQ 42 (eth0-42) failed: vectors_full (No space left on device)\n";

	(void)state;
	will_answer(0, 201, CHANGE("partly", DONE("41") ", " FAILED("42")));
	assert_int_equal(irqclient("set 41 1 42 1"), CMD_PARTLY);
	assert_has(out, "failed: vectors_full\n");
	assert_string_equal(err.text, told);
	will_answer(0, 201, CHANGE("failed", FAILED("41") ", " FAILED("42")));
	assert_int_equal(irqclient("set 41 1 42 1"), CMD_FAILED);
	assert_has(err.text, "IRQ 41 (eth0-41) failed: ");
	assert_has(err.text, told);
	will_answer(0, 201, CHANGE("partly", DONE("41") ", " FAILED("42")));
	assert_int_equal(irqclient("set 41 1 42 1 -J"), CMD_PARTLY);
	assert_string_equal(out, CHANGE("partly", DONE("41") ", " FAILED("42")) "\n");
	assert_string_equal(err.text, told);
	will_answer(0, 201, CHANGE("failed", "{\"irq\": \"9\", \"name\": null, \"state\": \"failed\"}"));
	assert_int_equal(irqclient("set 9 1"), CMD_FAILED);
	assert_string_equal(err.text, "irqclient: IRQ 9 failed: no reason given\n");
}

static void test_a_failed_row_shows_the_affinity_that_is_and_not_the_one_that_was_asked_for(void **state)
{
	(void)state;
	will_answer(0, 201, CHANGE("failed", FAILED("41") ", " FAILED_AT("42", "null")));
	assert_int_equal(irqclient("set 41 1 42 1"), CMD_FAILED);
	assert_has(out, "\n 41  eth0-41  0-3     ->  0-3       -          failed: vectors_full\n"
			" 42  eth0-42  0-3     ->  -         -          failed: vectors_full\n");
}

static void test_on_a_terminal_the_results_fit_its_width(void **state)
{
	(void)state;
	screen = (struct screen){ .terminal = true, .width = 72 };
	will_answer(0, 201, CHANGE("partly", PENDING("41") ", " FAILED("42") ", "
				   RESULT("43", "a-driver-with-a-long-name-TxRx-0", "done", "")));
	irqclient("set 41 1 42 1 43 1");
	assert_in_range(widest_line(out), 60, 72);
	screen = (struct screen){ .terminal = false };
}

static void test_a_dry_run_is_asked_for_and_told(void **state)
{
	(void)state;
	will_answer(0, 200, "{\"id\": null, \"state\": \"planned\", \"results\": [{\"irq\": \"41\", \"name\": \"eth0\", "
			    "\"before\": \"0\", \"requested\": \"1\", \"affinity\": \"0\", \"effective\": \"0\", "
			    "\"state\": \"planned\"}], \"warnings\": [\"irqbalance is running\"]}");
	assert_int_equal(irqclient("set 41 1 --dry-run"), CMD_DONE);
	assert_has(question[0], "dry_run");
	assert_has(question[0], "true");
	assert_has(out, " 41  eth0  0       ->  1         0          planned: nothing was written\n");
	assert_has(err.text, "warning: irqbalance is running");
}

static void test_a_name_is_looked_up_and_may_be_one_of_several_actions(void **state)
{
	(void)state;
	will_answer(0, 200, NAMES);
	will_answer(1, 201, CHANGE("applied", DONE("42")));
	assert_int_equal(irqclient("set eth1 1"), CMD_DONE);
	assert_string_equal(question[0], "GET /api/v1/overview all=1");
	assert_has(question[1], "\"42\"");
	will_answer(0, 200, NAMES);
	will_answer(1, 409, NULL);
	assert_int_equal(irqclient("set LOC 1"), CMD_FAILED);
	assert_has(question[1], "\"LOC\"");
}

static void test_a_name_of_no_irq_or_of_several_changes_nothing(void **state)
{
	static const char *const words[][2] = {
		{ "set eth 1", "no IRQ has the name eth" },
		{ "set 41 1 twice 1", "several IRQs have the name twice: give one of the numbers 43, 44" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		will_answer(0, 200, NAMES);
		assert_int_equal(irqclient(words[i][0]), CMD_FAILED);
		assert_has(err.text, words[i][1]);
		assert_int_equal(asked, 1);
	}
	will_answer(0, 200, NAMES);
	assert_int_equal(irqclient("set 41 1 eth0 2"), CMD_USAGE);
	assert_has(err.text, "IRQ 41 is named twice");
	assert_int_equal(asked, 1);
}

/* ---- refusals ---- */

#define PROBLEM(status, code, detail, more) \
	"{\"status\": " status ", \"title\": \"A title\", \"detail\": \"" detail "\", \"code\": \"" code "\"" more "}"

static void test_a_refused_change_lists_what_cannot_be(void **state)
{
	static const char problem[] = PROBLEM("409", "managed", "nothing was changed", ", \"errors\": [{\"irq\": \"41\", "
		"\"code\": \"managed\", \"detail\": \"the kernel keeps it on CPU0\"}, {\"irq\": \"99\", \"code\": "
		"\"no_such_irq\", \"detail\": \"there is none\"}]");

	(void)state;
	will_answer(0, 409, problem);
	assert_int_equal(irqclient("set 41 1 99 1"), CMD_FAILED);
	assert_string_equal(err.text, "irqclient: nothing was changed\n"
				      "irqclient:   IRQ 41, managed: the kernel keeps it on CPU0\n"
				      "irqclient:   IRQ 99, no_such_irq: there is none\n");
	assert_string_equal(out, "");
	will_answer(0, 409, problem);
	assert_int_equal(irqclient("set 41 1 99 1 --json"), CMD_FAILED);
	assert_has(out, problem);
}

static void test_a_refused_parameter_is_a_usage_error_and_a_missing_past_tells_what_there_is(void **state)
{
	(void)state;
	will_answer(0, 400, PROBLEM("400", "bad_request", "window: 0 is no duration", ""));
	assert_int_equal(irqclient("overview -w 0"), CMD_USAGE);
	assert_string_equal(err.text, "irqclient: window: 0 is no duration\n");
	will_answer(0, 416, PROBLEM("416", "no_history", "nothing that old is kept", ", \"available\": {\"start\": "
				    "\"2026-01-02T00:00:00Z\", \"end\": \"2026-01-02T03:00:00Z\"}"));
	assert_int_equal(irqclient("summary --start 5 --end 6"), CMD_FAILED);
	assert_string_equal(err.text, "irqclient: nothing that old is kept\n"
				      "irqclient:   there are samples from 2026-01-02T00:00:00Z to 2026-01-02T03:00:00Z\n");
	will_answer(0, 503, PROBLEM("503", "no_data", "no sample yet", ""));
	assert_int_equal(irqclient("overview"), CMD_FAILED);
	assert_has(err.text, "no sample yet");
}

static void test_an_unreachable_service_is_told_with_what_to_do(void **state)
{
	static const char *const words[] = { "overview", "summary -J", "set 41 1", "set eth0 1" };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		will_answer(0, 0, NULL);
		assert_int_equal(irqclient(words[i]), CMD_UNREACHABLE);
		assert_has(err.text, "http://127.0.0.1:8080/: Connection refused; is irqpilot running?");
		assert_has(err.text, "IRQCLIENT_URL");
		assert_string_equal(out, "");
	}
	will_answer(0, 502, PROBLEM("502", "unavailable", "irqpilot does not answer", ""));
	assert_int_equal(irqclient("overview"), CMD_UNREACHABLE);
	will_answer(0, 504, "<html>Gateway Time-out</html>");
	assert_int_equal(irqclient("set 41 1"), CMD_UNREACHABLE);
}

static void test_what_is_not_irqpilot_is_called_so(void **state)
{
	static const char *const words[] = { "overview", "overview -J", "summary", "balance", "set 41 1", "set eth0 1" };
	static const char *const texts[] = { "{}", "{\"window\": {}, \"results\": 7}", "[]" };
	size_t i;

	(void)state;
	for (i = 0; i < 18; i++) {
		will_answer(0, 200, texts[i / 6]);
		assert_int_equal(irqclient(words[i % 6]), CMD_FAILED);
		assert_has(err.text, "does not answer as irqpilot does");
		assert_string_equal(out, "");
		assert_int_equal(asked, 1);
	}
	will_answer(0, 200, "<html>It works!</html>");
	assert_int_equal(irqclient("overview -J"), CMD_FAILED);
	assert_has(err.text, "does not answer as irqpilot does");
	assert_string_equal(out, "");
	will_answer(0, 404, "<html>Not Found</html>");
	assert_int_equal(irqclient("summary"), CMD_FAILED);
	assert_has(err.text, "404");
	will_answer(0, 301, NULL);
	assert_int_equal(irqclient("summary"), CMD_FAILED);
	assert_has(err.text, "redirect");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_may_stand_before_and_after_the_command),
		cmocka_unit_test(test_what_is_no_option_or_no_value_of_it_is_named_and_nothing_is_asked),
		cmocka_unit_test(test_options_that_exclude_each_other_or_belong_elsewhere_are_refused),
		cmocka_unit_test(test_set_refuses_what_is_no_pair_no_cpu_list_or_an_irq_named_twice),
		cmocka_unit_test(test_all_pairs_are_one_change_and_what_took_effect_is_shown),
		cmocka_unit_test(test_the_exit_code_tells_whether_some_or_all_failed_and_stderr_why),
		cmocka_unit_test(test_a_failed_row_shows_the_affinity_that_is_and_not_the_one_that_was_asked_for),
		cmocka_unit_test(test_on_a_terminal_the_results_fit_its_width),
		cmocka_unit_test(test_a_dry_run_is_asked_for_and_told),
		cmocka_unit_test(test_a_name_is_looked_up_and_may_be_one_of_several_actions),
		cmocka_unit_test(test_a_name_of_no_irq_or_of_several_changes_nothing),
		cmocka_unit_test(test_a_refused_change_lists_what_cannot_be),
		cmocka_unit_test(test_a_refused_parameter_is_a_usage_error_and_a_missing_past_tells_what_there_is),
		cmocka_unit_test(test_an_unreachable_service_is_told_with_what_to_do),
		cmocka_unit_test(test_what_is_not_irqpilot_is_called_so),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
