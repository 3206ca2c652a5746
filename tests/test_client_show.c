/*
 * Tests of what irqclient shows: the API's answers and saved files as tables,
 * whole, and safe for a terminal.
 */
#include "client_fake.h"

#include "../client/cmd.h"
#include "../client/text.h"

#include <glob.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the overview ---- */

#define WINDOW_60 \
	"\"window\": {\"start\": \"2026-01-02T03:04:05.678Z\", \"end\": \"2026-01-02T03:05:05.676Z\", " \
	"\"seconds\": 59.998, \"requested_seconds\": 60, \"samples\": 61, \"complete\": true, \"gaps\": []}"

#define IRQ_41(name) \
	"{\"irq\": \"41\", \"class\": \"device\", \"name\": \"" name "\", \"chip\": \"PCI-MSI\", \"device\": \"eth0\", " \
	"\"total\": 9007199254740993, \"per_second\": 12.5, \"counts\": {\"0\": 9007199254740992, \"2\": 1}, " \
	"\"affinity\": \"0-2\", \"effective\": null, \"node\": null, \"movable\": true, \"reason\": null}"
#define IRQ_42 \
	"{\"irq\": \"42\", \"class\": \"device\", \"name\": \"virtio2-input.0\", \"device\": \"ens3\", \"total\": 7, " \
	"\"per_second\": null, \"counts\": {\"2\": 7}}"
#define IRQ_ERR \
	"{\"irq\": \"ERR\", \"class\": \"system\", \"name\": null, \"total\": 3, \"per_second\": 0.001, \"counts\": {}}"
#define OVERVIEW(name) \
	"{" WINDOW_60 ", \"cpus\": [0, 2], \"total\": 9007199254741000, " \
	"\"cpu_totals\": {\"0\": 9007199254740992, \"2\": 8}, \"irqs\": [" IRQ_41(name) ", " IRQ_42 ", " IRQ_ERR "]}"

static void test_an_overview_says_what_it_covers_and_shows_exact_counts(void **state)
{
	(void)state;
	will_answer(0, 200, OVERVIEW("eth0-TxRx-0"));
	assert_int_equal(irqclient("overview"), CMD_DONE);
	assert_string_equal(out,
		"2026-01-02 03:04:05 to 03:05:05 UTC, 60.0 s, 61 samples\n"
		"IRQ  NAME                               TOTAL          PER SECOND              CPU0  CPU2\n"
		"all  -                       9007199254741000  150124991745408.19  9007199254740992     8\n"
		" 41  eth0-TxRx-0             9007199254740993               12.50  9007199254740992     1\n"
		" 42  virtio2-input.0 (ens3)                 7                   -                 0     7\n"
		"ERR  -                                      3               <0.01                 -     -\n");
	assert_string_equal(err.text, "");
}

static void test_with_json_the_answer_is_printed_as_it_came(void **state)
{
	(void)state;
	will_answer(0, 200, OVERVIEW("x"));
	assert_int_equal(irqclient("-J overview"), CMD_DONE);
	assert_string_equal(out, OVERVIEW("x") "\n");
}

static void test_a_window_that_is_partly_covered_is_told_with_its_gaps(void **state)
{
	(void)state;
	will_answer(0, 200,
		    "{\"window\": {\"start\": \"2026-01-02T23:59:50Z\", \"end\": \"2026-01-03T00:00:10Z\", \"seconds\": 20, "
		    "\"requested_seconds\": 60, \"samples\": 1, \"complete\": false, \"gaps\": [{\"start\": "
		    "\"2026-01-02T23:59:52Z\", \"end\": \"2026-01-02T23:59:58Z\", \"why\": \"stopped\"}]}, "
		    "\"cpus\": [0], \"total\": 0, \"cpu_totals\": {\"0\": 0}, \"irqs\": []}");
	assert_int_equal(irqclient("overview"), CMD_DONE);
	assert_string_equal(out, "2026-01-02 23:59:50 to 2026-01-03 00:00:10 UTC, 20.0 s, 1 sample, partly covered: "
				 "60.0 s were asked for; 2026-01-02 23:59:52 to 23:59:58 the sampler was stopped\n"
				 "No interrupt fired.\n");
}

static void test_one_sample_tells_nothing_and_is_not_shown_as_silence(void **state)
{
	(void)state;
	will_answer(0, 200, "{\"window\": {\"start\": \"2026-01-02T23:59:50Z\", \"end\": \"2026-01-02T23:59:50Z\", "
			    "\"seconds\": 0, \"requested_seconds\": 60, \"samples\": 1, \"complete\": false, \"gaps\": []}, "
			    "\"cpus\": [0], \"total\": null, \"cpu_totals\": {}, \"irqs\": []}");
	assert_int_equal(irqclient("overview"), CMD_DONE);
	assert_has(out, "\nWhat fired is not known: that takes two samples.\n");
}

/* ---- the summary ---- */

#define SUMMARY \
	"{" WINDOW_60 ", \"all\": {\"total\": 1200, \"per_second\": 20, \"device_total\": 400, \"device_per_second\": " \
	"6.67}, \"cpus\": [{\"cpu\": 0, \"online\": true, \"node\": 0, \"core\": 0, \"total\": 700, \"per_second\": 11.67, " \
	"\"device_total\": 300, \"device_per_second\": 5, \"share\": 0.75, \"irqs\": 2, \"top\": {\"irq\": \"41\", " \
	"\"name\": \"eth0\", \"share\": 0.905}}, {\"cpu\": 3, \"online\": false, \"node\": null, \"core\": null, \"total\": null, " \
	"\"per_second\": null, \"device_total\": null, \"device_per_second\": null, \"share\": null, \"irqs\": null, " \
	"\"top\": null}, {\"cpu\": 5, \"online\": true, \"node\": 1, \"core\": 1, \"total\": 500, \"per_second\": 8.33, " \
	"\"device_total\": 100, \"device_per_second\": 1.67, \"share\": 0.25, \"irqs\": 1, \"top\": {\"irq\": \"42\", " \
	"\"name\": null, \"share\": 1}}], \"evenness\": "
#define EVEN \
	"{\"cpus\": 2, \"max\": 300, \"min\": 100, \"mean\": 200, \"imbalance\": 0.5, " \
	"\"spread\": 200, \"stdev_percent\": 50}}"
#define IDLE \
	"{\"cpus\": 2, \"max\": 0, \"min\": 0, \"mean\": 0, \"imbalance\": null, " \
	"\"spread\": 0, \"stdev_percent\": null}}"

static void test_a_summary_begins_with_all_and_ends_with_the_evenness_in_words(void **state)
{
	(void)state;
	will_answer(0, 200, SUMMARY EVEN);
	assert_int_equal(irqclient("summary"), CMD_DONE);
	assert_string_equal(out,
		"2026-01-02 03:04:05 to 03:05:05 UTC, 60.0 s, 61 samples\n"
		"CPU        NODE  TOTAL  PER SECOND  DEVICES'  SHARE %  IRQS  TOP IRQ  ITS %  NAME\n"
		"all           -   1200       20.00       400    100.0     -        -      -  -\n"
		"0             0    700       11.67       300     75.0     2       41   90.5  eth0\n"
		"3 offline     -      -           -         -        -     -        -      -  -\n"
		"5             1    500        8.33       100     25.0     1       42  100.0  -\n"
		"imbalance 50.0 % over 2 CPUs (fullest CPU0 300, mean 200.0, emptiest CPU5 100; devices' interrupts)\n");
}

static void test_without_a_device_that_fired_nothing_is_compared(void **state)
{
	(void)state;
	will_answer(0, 200, SUMMARY IDLE);
	assert_int_equal(irqclient("summary"), CMD_DONE);
	assert_has(out, "no device fired: nothing to compare\n");
	assert_lacks(out, "imbalance");
}

/* ---- saved files ---- */

#define HEADER "           CPU0       CPU4\n"
#define ROW_41(count) " 41:        " count "          2   PCI-MSI 524288-edge      eth0-rx-0\n"
#define LOC(count) "LOC:       " count "        100   Local timer interrupts\n"

static void test_one_file_is_shown_since_boot_without_a_service(void **state)
{
	(void)state;
	will_answer(0, 500, NULL);
	assert_int_equal(with_text("overview", HEADER ROW_41(" 30") LOC("900")), CMD_DONE);
	assert_has(out, "since boot, from /tmp/test_client.");
	assert_has(out, "\nIRQ  NAME                    TOTAL  PER SECOND  CPU0  CPU4\n"
			"all  -                        1032           -   930   102\n"
			"LOC  Local timer interrupts   1000           -   900   100\n"
			" 41  eth0-rx-0                  32           -    30     2\n");
	assert_int_equal(with_text("summary", HEADER ROW_41(" 30") LOC("900")), CMD_DONE);
	assert_has(out, "imbalance 87.5 % over 2 CPUs (fullest CPU0 30, mean 16.0, emptiest CPU4 2;");
	assert_int_equal(asked, 0);
}

static void test_two_files_show_what_fired_between_them(void **state)
{
	const char *before = file_with(0, HEADER ROW_41(" 30") LOC("900"), strlen(HEADER ROW_41(" 30") LOC("900")));
	const char *after = file_with(1, HEADER ROW_41(" 37") LOC("900"), strlen(HEADER ROW_41(" 37") LOC("900")));
	char *words = readall_join("overview -i %s -i %s", before, after);
	char *back = readall_join("overview -i %s -i %s", after, before);

	(void)state;
	assert_int_equal(irqclient(words), CMD_DONE);
	assert_has(out, "between ");
	assert_has(out, "\n 41  eth0-rx-0      7           -     7     0\n");
	assert_lacks(out, "LOC");
	assert_string_equal(err.text, "");
	assert_int_equal(irqclient(back), CMD_DONE);
	assert_has(err.text, "1 row is lower in ");
	assert_has(out, "\n 41  eth0-rx-0     32           -    30     2\n");
	free(back);
	free(words);
}

static void test_filters_work_on_files_too(void **state)
{
	(void)state;
	assert_int_equal(with_text("overview -q eth* -C 4", HEADER ROW_41(" 30") LOC("900")), CMD_DONE);
	assert_has(out, "\nIRQ  NAME       TOTAL  PER SECOND  CPU4\nall  -              2           -     2\n"
			" 41  eth0-rx-0      2           -     2\n");
	assert_int_equal(with_text("overview --device wlan*", HEADER ROW_41(" 30") LOC("900")), CMD_DONE);
	assert_has(out, "\nNone of these interrupts fired.\n");
}

static void test_a_cpu_that_no_file_has_is_named_with_those_that_there_are(void **state)
{
	const char *files[2];
	char *words;
	size_t i;

	(void)state;
	assert_int_equal(with_text("overview -C 4,9", HEADER ROW_41(" 30")), CMD_FAILED);
	assert_string_equal(out, "");
	assert_has(err.text, "/tmp/test_client.");
	assert_has(err.text, " has no CPU 9; it has 0,4\n");
	assert_int_equal(with_text("-J overview -C 0-4294967294", HEADER ROW_41(" 30")), CMD_FAILED);
	assert_has(err.text, " has no CPU 1; it has 0,4\n");
	for (i = 0; i < 2; i++)
		files[i] = file_with(i, HEADER ROW_41(" 30"), strlen(HEADER ROW_41(" 30")));
	words = readall_join("overview -i %s -i %s -C 5", files[0], files[1]);
	assert_int_equal(irqclient(words), CMD_FAILED);
	assert_has(err.text, " have no CPU 5; they have 0,4\n");
	free(words);
}

static void test_json_from_a_file_has_null_for_what_a_file_cannot_tell(void **state)
{
	(void)state;
	assert_int_equal(with_text("overview -J", HEADER ROW_41(" 30") LOC("900")), CMD_DONE);
	assert_has(out, "\"per_second\":null");
	assert_has(out, "\"movable\":null");
	assert_has(out, "\"start\":null");
	assert_has(out, "\"eth0-rx-0\"");
}

static void test_of_several_tables_the_last_whole_one_is_taken_and_told(void **state)
{
	(void)state;
	assert_int_equal(with_text("overview", HEADER ROW_41(" 30") LOC("900") HEADER ROW_41(" 31") LOC("900")), CMD_DONE);
	assert_has(err.text, "took table 2 of 2, from line 4\n");
	assert_has(out, " 41  eth0-rx-0                  33 ");
	assert_int_equal(with_text("overview", HEADER ROW_41(" 30") LOC("900") HEADER ROW_41(" 31")), CMD_DONE);
	assert_has(err.text, "took table 1 of 2, from line 1; the one after it breaks off\n");
	assert_has(out, " 41  eth0-rx-0                  32 ");
}

static void test_a_file_that_is_no_table_is_refused_with_its_line(void **state)
{
	static const char *const files[][2] = {
		{ "", ": empty" },
		{ "nothing of the kind\n", ":1: no header" },
		{ "a remark\nCPU0 CPU0\n 1: 2 3 x\n", ":2: the header names CPU0 twice" },
		{ HEADER ROW_41(" 30") " 42:    5", ":3: the file breaks off within this row" },
		{ HEADER " 42:  99999999999999999999 1 x\n", ":2: a count of 2^63 or more" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		assert_int_equal(with_text("overview", files[i][0]), CMD_FAILED);
		assert_has(err.text, "irqclient: /tmp/test_client.");
		assert_has(err.text, files[i][1]);
		assert_string_equal(out, "");
	}
	assert_int_equal(irqclient("summary -i /nonexistent/file"), CMD_FAILED);
	assert_string_equal(err.text, "irqclient: /nonexistent/file: No such file or directory\n");
}

static void test_every_capture_is_shown_whole_and_clean(void **state)
{
	char *pattern = fixture("*.txt");
	glob_t files;
	size_t i;

	(void)state;
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	assert_in_range(files.gl_pathc, 50, 1000);
	for (i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1, *p;

		if (with_fixture("overview -a -i", name, "") != CMD_DONE)
			fail_msg("%s: %s", name, err.text);
		for (p = out; *p; p++)
			if (*p != '\n' && (*p < ' ' || *p > '~'))
				fail_msg("%s: byte %02x went to the terminal", name, (unsigned char)*p);
		assert_int_equal(with_fixture("overview -a -J -i", name, ""), CMD_DONE);
		assert_int_equal(with_fixture("summary -i", name, ""), CMD_DONE);
		assert_has(out, "\nall  ");
	}
	globfree(&files);
	free(pattern);
}

static void test_totals_of_a_capture_are_the_sums_of_its_columns(void **state)
{
	(void)state;
	/* awk '/CPU/ {n = NF; next} $1 != "ERR:" && $1 != "MIS:" {for (i = 2; i <= n + 1; i++) s += $i} END {print s}' */
	assert_int_equal(with_fixture("overview -i", "goprocinfo-4cpu.txt", ""), CMD_DONE);
	assert_has(out, "\nall  ");
	assert_has(out, " 98939353 ");
}

/* ---- what may reach a terminal ---- */

static void test_bytes_that_a_terminal_obeys_are_never_written_to_it(void **state)
{
	static const char file[] = HEADER " 41: 30 2   PCI-MSI 524288-edge      ev\033[2Jil\x9b" "1m\xff\x07\x7f\n";
	const char *p;

	(void)state;
	assert_int_equal(with_text("overview", file), CMD_DONE);
	assert_has(out, "ev?[2Jil?1m???");
	assert_int_equal(with_text("summary", file), CMD_DONE);
	assert_has(out, "ev?[2Jil?1m???");
	will_answer(0, 200, OVERVIEW("\\u001b]0;title\\u0007\\u009b\\u202etxt"));
	assert_int_equal(irqclient("overview"), CMD_DONE);
	for (p = out; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	assert_int_equal(irqclient("set \033[31mred 1"), CMD_FAILED);
	assert_lacks(err.text, "\033");
}

static void test_what_the_locale_prints_is_kept_and_measured(void **state)
{
	struct arena arena = { NULL };

	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("skipped: this machine has no locale C.UTF-8\n");
		skip();
	}
	assert_string_equal(text_clean(&arena, "gr\xc3\xbc\xc3\x9f" "e \xe4\xb8\xad \xc2\x9b \xe2\x80\xae \xcc\x81 \xc3"),
			    "gr\xc3\xbc\xc3\x9f" "e \xe4\xb8\xad ? ? ? ?");
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f" "e \xe4\xb8\xad"), 8);
	assert_int_equal(text_fit("\xe4\xb8\xad\xe4\xb8\xad", 3), 3);
	setlocale(LC_CTYPE, "C");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_overview_says_what_it_covers_and_shows_exact_counts),
		cmocka_unit_test(test_with_json_the_answer_is_printed_as_it_came),
		cmocka_unit_test(test_a_window_that_is_partly_covered_is_told_with_its_gaps),
		cmocka_unit_test(test_one_sample_tells_nothing_and_is_not_shown_as_silence),
		cmocka_unit_test(test_a_summary_begins_with_all_and_ends_with_the_evenness_in_words),
		cmocka_unit_test(test_without_a_device_that_fired_nothing_is_compared),
		cmocka_unit_test(test_one_file_is_shown_since_boot_without_a_service),
		cmocka_unit_test(test_two_files_show_what_fired_between_them),
		cmocka_unit_test(test_filters_work_on_files_too),
		cmocka_unit_test(test_a_cpu_that_no_file_has_is_named_with_those_that_there_are),
		cmocka_unit_test(test_json_from_a_file_has_null_for_what_a_file_cannot_tell),
		cmocka_unit_test(test_of_several_tables_the_last_whole_one_is_taken_and_told),
		cmocka_unit_test(test_a_file_that_is_no_table_is_refused_with_its_line),
		cmocka_unit_test(test_every_capture_is_shown_whole_and_clean),
		cmocka_unit_test(test_totals_of_a_capture_are_the_sums_of_its_columns),
		cmocka_unit_test(test_bytes_that_a_terminal_obeys_are_never_written_to_it),
		cmocka_unit_test(test_what_the_locale_prints_is_kept_and_measured),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
