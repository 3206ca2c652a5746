/* Tests of irqclient balance with the service, which is a fake: its plan as text, as JSON, applied. */
#include "client_fake.h"

#include "../client/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the service's plan ---- */

#define EVENNESS(cpus, max, min, mean, imbalance, spread) \
	"{\"cpus\": " cpus ", \"max\": " max ", \"min\": " min ", \"mean\": " mean ", \"imbalance\": " imbalance \
	", \"spread\": " spread ", \"stdev_percent\": 1}"
#define HEAD \
	"{\"window\": {\"start\": \"2026-01-02T03:04:05.678Z\", \"end\": \"2026-01-02T03:05:05.676Z\", \"seconds\": 59.998, " \
	"\"requested_seconds\": 60, \"samples\": 61, \"complete\": true, \"gaps\": []}, " \
	"\"cpus\": [{\"cpu\": 0, \"load\": 500, \"fixed\": 100, \"before\": 900}, " \
	"{\"cpu\": 2, \"load\": 600, \"fixed\": 0, \"before\": 200}], "
#define STAYS(irq, cpu) \
	"{\"irq\": \"" irq "\", \"name\": \"eth0-" irq "\", \"cpu\": " cpu ", \"count\": 200, \"from\": " cpu \
	", \"move\": false, \"why\": \"stays\"}"
#define MOVES(irq, cpu) \
	"{\"irq\": \"" irq "\", \"name\": \"eth0-" irq "\", \"cpu\": " cpu ", \"count\": 400, \"from\": 0, \"move\": true, " \
	"\"why\": \"from the fullest CPU to the emptiest\"}"
#define SILENT \
	"{\"irq\": \"50\", \"name\": null, \"cpu\": null, \"count\": 0, \"from\": 1, \"move\": false, \"why\": \"did not fire\"}"
#define TAIL(moves, optimal) \
	", \"unmovable\": [{\"irq\": \"60\", \"name\": \"nvme0q1\", \"reason\": \"managed\", \"count\": 100}, " \
	"{\"irq\": \"61\", \"name\": \"nvme0q2\", \"reason\": \"managed\", \"count\": 0}], \"moves\": " moves ", " \
	"\"moves_bound\": 1, \"evenness\": {\"before\": " EVENNESS("2", "900", "200", "550", "0.63636", "700") \
	", \"planned\": " EVENNESS("2", "600", "500", "550", "0.0909", "100") "}, " \
	"\"bound\": {\"lower\": 550, \"gap\": 50, \"optimal\": " optimal ", \"why\": \"the mean binds\"}, " \
	"\"frontier\": [{\"moves\": 0, \"imbalance\": 0.63636}, {\"moves\": 1, \"imbalance\": 0.0909}, " \
	"{\"moves\": 2, \"imbalance\": 1e-9}]}"
#define PLAN(assignments, moves) HEAD "\"assignments\": [" assignments "]" TAIL(moves, "false")
#define TWO_MOVES PLAN(STAYS("41", "2") ", " MOVES("42", "2") ", " STAYS("43", "0") ", " SILENT ", " MOVES("130", "2"), "2")
#define NO_MOVES PLAN(STAYS("41", "2") ", " SILENT, "0")

#define RESULT(irq, state, more) \
	"{\"irq\": \"" irq "\", \"name\": \"eth0-" irq "\", \"before\": \"0-3\", \"requested\": \"2\", \"affinity\": \"2\", " \
	"\"effective\": \"2\", \"state\": \"" state "\"" more "}"
#define CHANGE(state, results) \
	"{\"id\": \"7\", \"time\": \"2026-01-02T03:04:05Z\", \"by\": \"me\", \"state\": \"" state "\", \"deadline\": null, " \
	"\"results\": [" results "], \"warnings\": []}"
#define APPLIED CHANGE("applied", RESULT("42", "done", "") ", " RESULT("130", "done", ""))

static const char told_plan[] =
	"2026-01-02 03:04:05 to 03:05:05 UTC, 60.0 s, 61 samples\n"
	"IRQ  NAME      COUNT  FROM      CPU\n"
	" 43  eth0-43     200     0        0\n"
	" 41  eth0-41     200     2        2\n"
	" 42  eth0-42     400     0  ->    2\n"
	"130  eth0-130    400     0  ->    2\n"
	"1 more did not fire and stays\n"
	"\n"
	"IRQ  NAME     COUNT  STAYS, SINCE\n"
	" 60  nvme0q1    100  managed: the kernel keeps it there\n"
	"\n"
	"CPU  BEFORE  PLANNED  OF IT FIXED  IRQS\n"
	"  0     900      500          100     1\n"
	"  2     200      600            0     3\n"
	"\n"
	"before:  imbalance 63.64 % over 2 CPUs: fullest CPU0 900, emptiest CPU2 200, difference 700\n"
	"planned: imbalance 9.09 % over 2 CPUs: fullest CPU2 600, emptiest CPU0 500, difference 100\n"
	"at most 9.09 % above the best possible; the mean binds\n"
	"2 moves; within 1 % of the best it takes at least 1\n"
	"moves and imbalance: 0: 63.64 %, 1: 9.09 %, 2: <0.0001 %\n";

static void test_a_plan_is_told_by_cpu_with_its_moves_and_how_good_it_is(void **state)
{
	(void)state;
	will_answer(0, 200, TWO_MOVES);
	assert_int_equal(irqclient("balance"), CMD_DONE);
	assert_string_equal(out, told_plan);
	assert_string_equal(err.text, "");
	assert_int_equal(asked, 1);
	assert_string_equal(question[0], "GET /api/v1/plan");
	will_answer(0, 200, HEAD "\"assignments\": [" STAYS("41", "2") "]" TAIL("0", "true"));
	assert_int_equal(irqclient("balance --tolerance 2.5"), CMD_DONE);
	assert_has(out, "\noptimal: proved; the mean binds\n");
	assert_has(out, "\nno moves; within 2.5 % of the best it takes at least 1\n");
}

static void test_on_a_terminal_no_line_of_a_plan_passes_its_width(void **state)
{
	(void)state;
	for (screen.width = 56; screen.width < 120; screen.width++) {
		will_answer(0, 200, TWO_MOVES);
		assert_int_equal(irqclient("balance"), CMD_DONE);
		assert_in_range(widest_line(out), 40, screen.width);
	}
	screen = (struct screen){ .terminal = false };
}

static void test_what_was_asked_for_is_passed_on_as_typed(void **state)
{
	(void)state;
	will_answer(0, 500, NULL);
	irqclient("balance -w 5m --end -1m -q 24-31,eth* -C 0-3,8 --exclude-cpus 1 --device eth0 --local --tolerance 0.5 --moves 3");
	assert_string_equal(question[0], "GET /api/v1/plan window=5m end=-1m irqs=24-31,eth* cpus=0-3,8 exclude_cpus=1 "
			    "device=eth0 local=1 tolerance=0.5 moves=3");
	will_answer(0, 500, NULL);
	irqclient("balance --fresh --start -15m");
	assert_string_equal(question[0], "GET /api/v1/plan start=-15m fresh=1");
}

static void test_with_json_the_plan_is_printed_as_it_came(void **state)
{
	(void)state;
	will_answer(0, 200, TWO_MOVES);
	assert_int_equal(irqclient("-J balance"), CMD_DONE);
	assert_string_equal(out, TWO_MOVES "\n");
}

static void test_a_plan_without_interrupts_says_so(void **state)
{
	(void)state;
	will_answer(0, 200, PLAN(SILENT, "0"));
	assert_int_equal(irqclient("balance"), CMD_DONE);
	assert_has(out, "\nNone of these interrupts fired: nothing to balance.\n");
	will_answer(0, 200, PLAN("", "0"));
	assert_int_equal(irqclient("balance"), CMD_DONE);
	assert_has(out, "\nNone of these interrupts can be moved: nothing to balance.\n");
}

static void test_what_the_service_refuses_is_told_and_nothing_looks_like_a_plan(void **state)
{
	static const char problem[] = "{\"status\": 422, \"title\": \"Bad CPU\", \"detail\": \"CPU 9 is not online.\", "
				      "\"code\": \"bad_cpu\"}";

	(void)state;
	will_answer(0, 422, problem);
	assert_int_equal(irqclient("balance -C 9"), CMD_FAILED);
	assert_string_equal(out, "");
	assert_has(err.text, "CPU 9 is not online.");
	will_answer(0, 200, "{\"cpus\": [");
	assert_int_equal(irqclient("balance"), CMD_FAILED);
	assert_string_equal(out, "");
	will_answer(0, 0, NULL);
	assert_int_equal(irqclient("balance"), CMD_UNREACHABLE);
	assert_string_equal(out, "");
}

/* ---- applied ---- */

static void test_apply_sends_the_moves_as_one_change_and_says_what_took_effect(void **state)
{
	(void)state;
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 201, APPLIED);
	assert_int_equal(irqclient("balance --apply"), CMD_DONE);
	assert_int_equal(asked, 2);
	assert_string_equal(question[1], "POST /api/v1/changes {\"assignments\":[{\"irq\":\"42\",\"cpus\":\"2\"},"
			    "{\"irq\":\"130\",\"cpus\":\"2\"}],\"dry_run\":false}");
	assert_memory_equal(out, told_plan, strlen(told_plan));
	assert_string_equal(out + strlen(told_plan),
			    "\n"
			    "IRQ  NAME      BEFORE      AFFINITY  EFFECTIVE  STATE\n"
			    " 42  eth0-42   0-3     ->  2         2          done\n"
			    "130  eth0-130  0-3     ->  2         2          done\n"
			    "change 7: applied\n");
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 200, CHANGE("planned", RESULT("42", "planned", "")));
	assert_int_equal(irqclient("balance --apply --dry-run"), CMD_DONE);
	assert_has(question[1], "],\"dry_run\":true}");
}

static void test_apply_with_json_is_the_plan_with_the_change_in_it(void **state)
{
	(void)state;
	will_answer(0, 200, TWO_MOVES "\n");
	will_answer(1, 201, APPLIED "\r\n");
	assert_int_equal(irqclient("balance --apply -J"), CMD_DONE);
	assert_memory_equal(out, TWO_MOVES, strlen(TWO_MOVES) - 1);
	assert_string_equal(out + strlen(TWO_MOVES) - 1, ",\"change\":" APPLIED "}\n");
	will_answer(0, 200, NO_MOVES);
	assert_int_equal(irqclient("balance --apply -J"), CMD_DONE);
	assert_int_equal(asked, 1);
	assert_memory_equal(out, NO_MOVES, strlen(NO_MOVES) - 1);
	assert_string_equal(out + strlen(NO_MOVES) - 1, ",\"change\":null}\n");
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 409, "{\"status\": 409, \"detail\": \"IRQ 42 is managed.\", \"code\": \"managed\"}");
	assert_int_equal(irqclient("balance --apply -J"), CMD_FAILED);
	assert_string_equal(out, "{\"status\": 409, \"detail\": \"IRQ 42 is managed.\", \"code\": \"managed\"}\n");
}

static void test_apply_with_nothing_to_move_changes_nothing(void **state)
{
	(void)state;
	will_answer(0, 200, NO_MOVES);
	assert_int_equal(irqclient("balance --apply"), CMD_DONE);
	assert_int_equal(asked, 1);
	assert_has(out, "\nNothing was changed: there is nothing to move.\n");
}

static void test_the_exit_code_tells_whether_some_moves_or_all_failed(void **state)
{
	(void)state;
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 201, CHANGE("partly", RESULT("42", "done", "") ", "
				   RESULT("130", "failed", ", \"code\": \"vectors_full\", \"errno\": 28")));
	assert_int_equal(irqclient("balance --apply"), CMD_PARTLY);
	assert_has(out, "failed: vectors_full");
	assert_has(err.text, "IRQ 130 (eth0-130) failed: vectors_full (No space left on device)\n");
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 201, CHANGE("failed", RESULT("42", "failed", ", \"code\": \"busy\"")));
	assert_int_equal(irqclient("balance --apply"), CMD_FAILED);
	assert_has(err.text, "IRQ 42 (eth0-42) failed: busy\n");
	will_answer(0, 200, TWO_MOVES);
	will_answer(1, 0, NULL);
	assert_int_equal(irqclient("balance --apply"), CMD_UNREACHABLE);
}

static void test_options_that_do_not_go_together_are_refused(void **state)
{
	(void)state;
	assert_usage("balance 41", "no argument");
	assert_usage("balance -a", "no option --all");
	assert_usage("balance -d 1", "no option --delay");
	assert_usage("balance -i a --apply", "--apply needs the service");
	assert_usage("balance -i a -w 60", "--window needs the service");
	assert_usage("balance --dry-run", "--dry-run goes with --apply");
	assert_usage("balance --script -J", "exclude each other");
	assert_usage("balance --script --apply", "exclude each other");
	assert_usage("balance --fresh --moves 3", "exclude each other");
	assert_usage("balance --weight 41=3", "--weight goes with --input");
	assert_usage("balance -i a --local", "--proc and --sys");
	assert_usage("balance --tolerance -1", "--tolerance=-1");
	assert_usage("balance --tolerance 1e9", "--tolerance=1e9");
	assert_usage("balance --tolerance nan", "--tolerance=nan");
	assert_usage("balance --moves 1.5", "--moves=1.5");
	assert_usage("balance --moves 99999999999999999999", "--moves=999");
	assert_usage("balance -C 0-99999999", "more CPUs than any kernel");
	assert_usage("balance -C ,", "--cpus=,");
	assert_usage("balance --exclude-cpus x", "--exclude-cpus=x");
	assert_usage("balance -i a --weight 41", "--weight=41");
	assert_usage("balance -i a --weight =3", "--weight==3");
	assert_usage("balance -i a --weight 41=0", "--weight=41=0");
	assert_usage("balance -i a --weight 41=1.5", "--weight=41=1.5");
	assert_usage("balance -i a --weight 41,,42=2", "--weight=41,,42=2");
	assert_usage("overview --moves 3", "no option --moves");
	assert_usage("set 41 1 --apply", "no option --apply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plan_is_told_by_cpu_with_its_moves_and_how_good_it_is),
		cmocka_unit_test(test_on_a_terminal_no_line_of_a_plan_passes_its_width),
		cmocka_unit_test(test_what_was_asked_for_is_passed_on_as_typed),
		cmocka_unit_test(test_with_json_the_plan_is_printed_as_it_came),
		cmocka_unit_test(test_a_plan_without_interrupts_says_so),
		cmocka_unit_test(test_what_the_service_refuses_is_told_and_nothing_looks_like_a_plan),
		cmocka_unit_test(test_apply_sends_the_moves_as_one_change_and_says_what_took_effect),
		cmocka_unit_test(test_apply_with_json_is_the_plan_with_the_change_in_it),
		cmocka_unit_test(test_apply_with_nothing_to_move_changes_nothing),
		cmocka_unit_test(test_the_exit_code_tells_whether_some_moves_or_all_failed),
		cmocka_unit_test(test_options_that_do_not_go_together_are_refused),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
