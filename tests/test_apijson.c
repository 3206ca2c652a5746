/* Tests of lib/apijson: each object's text has the API's fields and no others, and is read back as it was. */
#include "apijson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

/* What a writer returned, kept until the test ends. */
static const char *kept(char *text)
{
	char *copy = arena_strdup(&arena, text);

	free(text);
	assert_non_null(copy);
	return copy;
}

static struct view_gap gaps[] = { { "2026-01-02T03:04:10.000Z", "2026-01-02T03:04:15.500Z", "stopped" } };

#define KNOWN_WINDOW { "2026-01-02T03:04:05.678Z", "2026-01-02T03:05:05.676Z", 59.998, 60, 61, 0, gaps, 1 }
#define KNOWN \
	"{\"start\":\"2026-01-02T03:04:05.678Z\",\"end\":\"2026-01-02T03:05:05.676Z\",\"seconds\":59.998," \
	"\"requested_seconds\":60,\"samples\":61,\"complete\":false,\"gaps\":[{\"start\":\"2026-01-02T03:04:10.000Z\"," \
	"\"end\":\"2026-01-02T03:04:15.500Z\",\"why\":\"stopped\"}]}"

#define UNKNOWN_WINDOW { NULL, NULL, NAN, NAN, VIEW_NONE, -1, NULL, 0 }
#define UNKNOWN \
	"{\"start\":null,\"end\":null,\"seconds\":null,\"requested_seconds\":null,\"samples\":null,\"complete\":null,\"gaps\":[]}"

static struct view_count counts[] = { { 0, 5 }, { 11, 6 } };
static struct view_count totals[] = { { 0, 5 }, { 1, 0 }, { 11, 6 } };
static unsigned cpus[] = { 0, 1, 11 };
static struct view_irq irqs[] = {
	{ "132", "device", "eth0-TxRx-0", "PCI-MSI", "524288", "edge", "eth0", 11, 0.125, { counts, 2 }, "0-3", "2", 0, 1, NULL,
	  "1" },
	{ "ERR", "system", NULL, NULL, NULL, NULL, NULL, VIEW_NONE, NAN, { NULL, 0 }, NULL, NULL, -1, 0, "per_cpu", NULL },
};
#define IRQ_132 \
	"{\"irq\":\"132\",\"class\":\"device\",\"name\":\"eth0-TxRx-0\",\"chip\":\"PCI-MSI\",\"hwirq\":\"524288\"," \
	"\"trigger\":\"edge\",\"device\":\"eth0\",\"total\":11,\"per_second\":0.125,\"counts\":{\"0\":5,\"11\":6}," \
	"\"affinity\":\"0-3\",\"effective\":\"2\",\"node\":0,\"movable\":true,\"reason\":null"
#define IRQ_ERR \
	"{\"irq\":\"ERR\",\"class\":\"system\",\"name\":null,\"chip\":null,\"hwirq\":null,\"trigger\":null,\"device\":null," \
	"\"total\":null,\"per_second\":null,\"counts\":{},\"affinity\":null,\"effective\":null,\"node\":null," \
	"\"movable\":false,\"reason\":\"per_cpu\""

/* ---- writing ---- */

static void an_overview_has_the_api_s_fields(void **state)
{
	struct view_overview overview = { KNOWN_WINDOW, cpus, 3, 11, { totals, 3 }, irqs, 2 };
	struct view_overview nothing = { UNKNOWN_WINDOW, NULL, 0, VIEW_NONE, { NULL, 0 }, NULL, 0 };

	(void)state;
	assert_string_equal(kept(apijson_overview(&overview)),
			    "{\"window\":" KNOWN ",\"cpus\":[0,1,11],\"total\":11,\"cpu_totals\":{\"0\":5,\"1\":0,\"11\":6},"
			    "\"irqs\":[" IRQ_132 "}," IRQ_ERR "}]}");
	assert_string_equal(kept(apijson_overview(&nothing)),
			    "{\"window\":" UNKNOWN ",\"cpus\":[],\"total\":null,\"cpu_totals\":{},\"irqs\":[]}");
}

static void one_irq_has_its_hint_too(void **state)
{
	struct view_irqs answer = { KNOWN_WINDOW, irqs, 2 };

	(void)state;
	assert_string_equal(kept(apijson_irqs(&answer)), "{\"window\":" KNOWN ",\"irqs\":[" IRQ_132 ",\"hint\":\"1\"}," IRQ_ERR
							 ",\"hint\":null}]}");
}

static struct view_top top = { "132", "eth0-TxRx-0", 0.75 };
static struct view_cpu summary_cpus[] = {
	{ 0, 1, 0, 3, 100, 1.5, 80, 1.25, 0.8, 2, &top },
	{ 11, 0, -1, -1, 0, 0, 0, 0, 0, 0, NULL },
	{ 12, -1, -1, -1, VIEW_NONE, NAN, VIEW_NONE, NAN, NAN, VIEW_NONE, NULL },
};
static const struct view_summary summary = {
	KNOWN_WINDOW, { 100, 1.5, 80, 1.25 }, summary_cpus, 3, { 2, 80, 0, 40, 1, 80, 100 }
};
#define SUMMARY \
	"{\"window\":" KNOWN ",\"all\":{\"total\":100,\"per_second\":1.5,\"device_total\":80,\"device_per_second\":1.25}," \
	"\"cpus\":[{\"cpu\":0,\"online\":true,\"node\":0,\"core\":3,\"total\":100,\"per_second\":1.5,\"device_total\":80," \
	"\"device_per_second\":1.25,\"share\":0.8,\"irqs\":2,\"top\":{\"irq\":\"132\",\"name\":\"eth0-TxRx-0\"," \
	"\"share\":0.75}},{\"cpu\":11,\"online\":false,\"node\":null,\"core\":null,\"total\":0,\"per_second\":0," \
	"\"device_total\":0,\"device_per_second\":0,\"share\":0,\"irqs\":0,\"top\":null},{\"cpu\":12,\"online\":null," \
	"\"node\":null,\"core\":null,\"total\":null,\"per_second\":null,\"device_total\":null,\"device_per_second\":null," \
	"\"share\":null,\"irqs\":null,\"top\":null}],\"evenness\":{\"cpus\":2,\"max\":80,\"min\":0,\"mean\":40," \
	"\"imbalance\":1,\"spread\":80,\"stdev_percent\":100}}"

static void a_summary_has_the_api_s_fields(void **state)
{
	(void)state;
	assert_string_equal(kept(apijson_summary(&summary)), SUMMARY);
}

static void the_topology_has_the_api_s_fields(void **state)
{
	struct view_topology_cpu topology_cpus[] = { { 0, 0, 1, 2, "0,4", 1, 0, 1 }, { 8, -1, -1, -1, NULL, -1, -1, -1 } };
	struct view_topology topology = { topology_cpus, 2 };

	(void)state;
	assert_string_equal(kept(apijson_topology(&topology)),
			    "{\"cpus\":[{\"cpu\":0,\"node\":0,\"package\":1,\"core\":2,\"siblings\":\"0,4\",\"online\":true,"
			    "\"isolated\":false,\"nohz_full\":true},{\"cpu\":8,\"node\":null,\"package\":null,\"core\":null,"
			    "\"siblings\":null,\"online\":null,\"isolated\":null,\"nohz_full\":null}]}");
}

static struct view_health healthy(void)
{
	struct view_health health = { .status = "ok", .last_sample_age_seconds = 0.25 };

	health.history.start = "2026-01-02T03:04:05.678Z";
	health.history.end = "2026-01-02T03:05:05.676Z";
	health.history.samples = 61;
	health.history.bytes = 4096;
	health.history.capacity_bytes = 134217728;
	health.sampler.interval_seconds = 0.01;
	health.sampler.cost_microseconds.read = 52;
	health.sampler.cost_microseconds.parse = 7;
	health.sampler.cost_microseconds.store = 3;
	health.sampler.discarded = 0;
	health.irqbalance.running = 0;
	return health;
}

static void health_has_the_api_s_fields(void **state)
{
	struct view_health health = healthy();

	(void)state;
	assert_string_equal(kept(apijson_health(&health)),
			    "{\"status\":\"ok\",\"last_sample_age_seconds\":0.25,\"history\":{"
			    "\"start\":\"2026-01-02T03:04:05.678Z\",\"end\":\"2026-01-02T03:05:05.676Z\",\"samples\":61,"
			    "\"bytes\":4096,\"capacity_bytes\":134217728},\"sampler\":{\"interval_seconds\":0.01,"
			    "\"cost_microseconds\":{\"read\":52,\"parse\":7,\"store\":3},\"discarded\":0},"
			    "\"irqbalance\":{\"running\":false}}");
}

static struct change_result results[] = {
	{ "41", "eth0-TxRx-0", "0-3", "1", "1", "1", "done", NULL, 0 },
	{ "42", NULL, NULL, "1", NULL, NULL, "failed", "vectors_full", 28 },
};
static const char *warnings[] = { "irqbalance is running", "" };
static const struct change change = {
	"20260102T030405-1", "2026-01-02T03:04:05.678Z", "127.0.0.1 curl", "partly", NULL, results, 2, warnings, 2
};
#define CHANGE \
	"{\"id\":\"20260102T030405-1\",\"time\":\"2026-01-02T03:04:05.678Z\",\"by\":\"127.0.0.1 curl\",\"state\":\"partly\"," \
	"\"deadline\":null,\"results\":[{\"irq\":\"41\",\"name\":\"eth0-TxRx-0\",\"before\":\"0-3\",\"requested\":\"1\"," \
	"\"affinity\":\"1\",\"effective\":\"1\",\"state\":\"done\",\"code\":null,\"errno\":null},{\"irq\":\"42\",\"name\":null," \
	"\"before\":null,\"requested\":\"1\",\"affinity\":null,\"effective\":null,\"state\":\"failed\"," \
	"\"code\":\"vectors_full\",\"errno\":28}],\"warnings\":[\"irqbalance is running\",\"\"]}"

static void a_change_has_the_api_s_fields(void **state)
{
	struct change dry = { .state = "planned" };

	(void)state;
	assert_string_equal(kept(apijson_change(&change)), CHANGE);
	assert_string_equal(kept(apijson_change(&dry)), "{\"id\":null,\"time\":null,\"by\":null,\"state\":\"planned\","
							"\"deadline\":null,\"results\":[],\"warnings\":[]}");
}

static struct change_error errors[] = { { "42", "managed", "The kernel placed it." }, { "9", "no_such_irq", "There is none." } };
static struct apijson_available available = { "2026-01-02T03:04:05.678Z", "2026-01-02T03:05:05.676Z" };
static const struct apijson_problem problem = { 409, "Conflict", "Nothing was changed.", "managed", 5, errors, 2, &available };
#define PROBLEM \
	"{\"status\":409,\"title\":\"Conflict\",\"detail\":\"Nothing was changed.\",\"code\":\"managed\",\"errno\":5," \
	"\"errors\":[{\"irq\":\"42\",\"code\":\"managed\",\"detail\":\"The kernel placed it.\"},{\"irq\":\"9\"," \
	"\"code\":\"no_such_irq\",\"detail\":\"There is none.\"}],\"available\":{\"start\":\"2026-01-02T03:04:05.678Z\"," \
	"\"end\":\"2026-01-02T03:05:05.676Z\"}}"

static void a_problem_leaves_out_what_it_has_not(void **state)
{
	struct apijson_problem plain = { .status = 404, .title = "Not Found", .detail = "There is none.", .code = "not_found" };

	(void)state;
	assert_string_equal(kept(apijson_problem(&problem)), PROBLEM);
	assert_string_equal(kept(apijson_problem(&plain)), "{\"status\":404,\"title\":\"Not Found\","
							   "\"detail\":\"There is none.\",\"code\":\"not_found\"}");
}

static void numbers_are_as_short_as_they_can_be_and_exact(void **state)
{
	static const struct {
		double number;
		const char *text;
	} examples[] = {
		{ 59.998, "59.998" }, { 0.1, "0.1" },	   { 1. / 3, "0.3333333333333333" }, { 0.1 + 0.2, "0.30000000000000004" },
		{ 60, "60" },	      { 0, "0" },	   { 1e15, "1e+15" },		     { 123456789.25, "123456789.25" },
		{ -0.5, "-0.5" },     { INFINITY, "null" }, { -INFINITY, "null" },	     { NAN, "null" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct view_health health = healthy();
		char expected[100];

		health.last_sample_age_seconds = examples[i].number;
		snprintf(expected, sizeof expected, "{\"status\":\"ok\",\"last_sample_age_seconds\":%s,\"history\":", examples[i].text);
		assert_memory_equal(kept(apijson_health(&health)), expected, strlen(expected));
	}
}

static void counts_up_to_63_bits_are_exact_there_and_back(void **state)
{
	static const uint64_t numbers[] = { 0, (UINT64_C(1) << 53) + 1, UINT64_C(54950199029), INT64_MAX - 1, INT64_MAX };
	struct view_count one = { 4294967294u, 0 };
	struct view_overview overview = { UNKNOWN_WINDOW, NULL, 0, 0, { &one, 1 }, NULL, 0 }, back;
	const char *text, *error;
	char digits[30];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		overview.total = one.count = numbers[i];
		text = kept(apijson_overview(&overview));
		snprintf(digits, sizeof digits, "\"4294967294\":%llu}", (unsigned long long)numbers[i]);
		assert_non_null(strstr(text, digits));
		assert_int_equal(apijson_read_overview(&arena, text, strlen(text), &back, &error), 0);
		assert_true(back.total == numbers[i]);
		assert_true(back.cpu_totals.items[0].cpu == one.cpu && back.cpu_totals.items[0].count == numbers[i]);
	}
}

static void names_may_hold_any_bytes(void **state)
{
	static const struct {
		const char *name, *json;
	} examples[] = {
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "a\xc3z\xe9", "a\xef\xbf\xbdz\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\\\n\x01\x1f\x7f<", "\\\"\\\\\\n\\u0001\\u001f\x7f<" },
		{ "", "" },
	};
	struct view_irq one = irqs[0];
	struct view_irqs answer = { UNKNOWN_WINDOW, &one, 1 };
	char expected[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		one.name = examples[i].name;
		snprintf(expected, sizeof expected, "\"name\":\"%s\",", examples[i].json);
		if (!strstr(kept(apijson_irqs(&answer)), expected))
			fail_msg("%s is not in %s", expected, kept(apijson_irqs(&answer)));
	}
}

/* ---- and back ---- */

static void what_was_written_is_read_back_whole(void **state)
{
	struct view_overview overview = { KNOWN_WINDOW, cpus, 3, 11, { totals, 3 }, irqs, 2 };
	struct apijson_problem again_problem;
	struct view_summary again_summary;
	struct change again_change;
	const char *text, *error;

	(void)state;
	text = kept(apijson_overview(&overview));
	assert_int_equal(apijson_read_overview(&arena, text, strlen(text), &overview, &error), 0);
	assert_string_equal(kept(apijson_overview(&overview)), text);
	assert_true(overview.irqs[1].total == VIEW_NONE && isnan(overview.irqs[1].per_second) && !overview.irqs[1].name);
	assert_true(overview.irqs[1].node == -1 && overview.irqs[1].movable == 0 && overview.irqs[0].movable == 1);
	assert_int_equal(overview.irqs[0].counts.items[1].cpu, 11);

	assert_int_equal(apijson_read_summary(&arena, SUMMARY, strlen(SUMMARY), &again_summary, &error), 0);
	assert_string_equal(kept(apijson_summary(&again_summary)), SUMMARY);
	assert_null(again_summary.cpus[1].top);
	assert_true(again_summary.cpus[2].online == -1 && again_summary.cpus[1].online == 0);

	assert_int_equal(apijson_read_change(&arena, CHANGE, strlen(CHANGE), &again_change, &error), 0);
	assert_string_equal(kept(apijson_change(&again_change)), CHANGE);
	assert_int_equal(again_change.results[0].errno_, 0);
	assert_int_equal(again_change.results[1].errno_, 28);

	assert_int_equal(apijson_read_problem(&arena, PROBLEM, strlen(PROBLEM), &again_problem, &error), 0);
	assert_string_equal(kept(apijson_problem(&again_problem)), PROBLEM);
}

static void fields_that_are_absent_null_or_of_another_type_are_no_data(void **state)
{
	static const char *const texts[] = {
		"{\"window\":{},\"cpus\":[],\"irqs\":[]}",
		" {\"window\":{\"gaps\":null},\"cpus\":[],\"total\":null,\"cpu_totals\":null,\"irqs\":[]}\r\n",
		"{\"window\":{\"gaps\":\"x\"},\"cpus\":[],\"cpu_totals\":3,\"irqs\":[],\"more\":{\"than\":[\"known\"]}}",
	};
	static const char odd_summary[] = "{\"window\":{},\"all\":{},\"cpus\":[1,null,{\"top\":{}}],\"evenness\":{}}";
	static const char odd_change[] = "{\"results\":[],\"warnings\":[1,null,[]]}";
	struct view_overview overview;
	struct view_summary again;
	struct change again_change;
	const char *error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		memset(&overview, 0x55, sizeof overview);
		assert_int_equal(apijson_read_overview(&arena, texts[i], strlen(texts[i]), &overview, &error), 0);
		assert_string_equal(kept(apijson_overview(&overview)),
				    "{\"window\":" UNKNOWN ",\"cpus\":[],\"total\":null,\"cpu_totals\":{},\"irqs\":[]}");
	}
	assert_int_equal(apijson_read_summary(&arena, odd_summary, strlen(odd_summary), &again, &error), 0);
	assert_int_equal(again.cpu_count, 3);
	assert_true(again.cpus[0].total == VIEW_NONE && isnan(again.cpus[2].top->share));
	assert_true(again.all.total == VIEW_NONE && again.evenness.max == VIEW_NONE && again.window.complete == -1);
	assert_int_equal(apijson_read_change(&arena, odd_change, strlen(odd_change), &again_change, &error), 0);
	assert_int_equal(again_change.warning_count, 3);
	assert_string_equal(again_change.warnings[1], "");
}

static void an_answer_without_the_lists_and_objects_that_it_consists_of_is_refused_and_names_one(void **state)
{
	static const char *const texts[][2] = {
		{ "{}", "\"window\"" },
		{ "{\"window\":null,\"cpus\":[],\"irqs\":[]}", "\"window\"" },
		{ "{\"window\":[],\"cpus\":[],\"irqs\":[]}", "\"window\"" },
		{ "{\"window\":{},\"irqs\":[]}", "\"cpus\"" },
		{ "{\"window\":{},\"cpus\":[],\"irqs\":{}}", "\"irqs\"" },
	};
	struct view_overview overview;
	struct view_summary again;
	struct change again_change;
	const char *error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(apijson_read_overview(&arena, texts[i][0], strlen(texts[i][0]), &overview, &error), -1);
		assert_non_null(strstr(error, texts[i][1]));
	}
	assert_int_equal(apijson_read_summary(&arena, "{\"window\":{},\"cpus\":[]}", 23, &again, &error), -1);
	assert_non_null(strstr(error, "\"all\""));
	assert_int_equal(apijson_read_change(&arena, "{}", 2, &again_change, &error), -1);
	assert_non_null(strstr(error, "\"results\""));
}

static void an_answer_that_is_no_json_object_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} examples[] = {
		{ "", "empty" },
		{ " \n", "empty" },
		{ "<html><h1>502 Bad Gateway</h1></html>", "a JSON object was expected" },
		{ "[]", "a JSON object was expected" },
		{ "17", "a JSON object was expected" },
		{ "{\"status\":409", "ends too early" },
		{ "{\"status\" 409}", "at byte 11" },
		{ "{} x", "at byte " },
	};
	struct apijson_problem read;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		const char *error = NULL;

		assert_int_equal(apijson_read_problem(&arena, examples[i].text, strlen(examples[i].text), &read, &error), -1);
		assert_non_null(error);
		if (!strstr(error, examples[i].reason))
			fail_msg("%s is refused with \"%s\", which does not say \"%s\"", examples[i].text, error,
				 examples[i].reason);
	}
}

static void a_text_is_read_to_its_length_and_not_beyond(void **state)
{
	const char text[] = "{\"status\":404}   {";
	struct apijson_problem read;
	const char *error;
	char *exact = malloc(17);

	(void)state;
	memcpy(exact, text, 17); /* a blank is its last byte, and nothing stands behind */
	assert_int_equal(apijson_read_problem(&arena, exact, 17, &read, &error), 0);
	assert_int_equal(read.status, 404);
	assert_int_equal(apijson_read_problem(&arena, exact, 13, &read, &error), -1);
	free(exact);
	assert_int_equal(apijson_read_problem(&arena, text, 18, &read, &error), -1);
}

#define T(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_overview_has_the_api_s_fields),
		T(one_irq_has_its_hint_too),
		T(a_summary_has_the_api_s_fields),
		T(the_topology_has_the_api_s_fields),
		T(health_has_the_api_s_fields),
		T(a_change_has_the_api_s_fields),
		T(a_problem_leaves_out_what_it_has_not),
		T(numbers_are_as_short_as_they_can_be_and_exact),
		T(counts_up_to_63_bits_are_exact_there_and_back),
		T(names_may_hold_any_bytes),
		T(what_was_written_is_read_back_whole),
		T(fields_that_are_absent_null_or_of_another_type_are_no_data),
		T(an_answer_without_the_lists_and_objects_that_it_consists_of_is_refused_and_names_one),
		T(an_answer_that_is_no_json_object_is_refused_with_a_reason),
		T(a_text_is_read_to_its_length_and_not_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
