/* Tests of irqsampler as a process: its options, how it ends, and a history as text. */
#define main irqsampler_main
int irqsampler_main(int argc, char **argv);
#include "../sampler/main.c"
#undef main

#include "made_sampler.h"

#include <regex.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define ARGS_MAX 30

/* ---- running it ---- */

static void redirect(int fd, const char *file)
{
	int to = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (to < 0 || dup2(to, fd) < 0)
		_exit(99);
	close(to);
}

/* Starts it with the arguments in line, apart by blanks; what it says goes to these two files. */
static pid_t launch_to(const char *out, const char *err, const char *line)
{
	char *args[ARGS_MAX] = { (char *)"irqsampler" }, *words = strdup(line), *word, *rest = NULL;
	int n = 1, code;
	pid_t child;

	for (word = strtok_r(words, " ", &rest); word && n < ARGS_MAX - 1; word = strtok_r(NULL, " ", &rest))
		args[n++] = word;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		redirect(1, out);
		redirect(2, err);
		code = irqsampler_main(n, args);
		fflush(stdout);
		_exit(code);
	}
	free(words);
	return child;
}

static pid_t launch(const char *line)
{
	/* what an earlier one said must not be taken for this one's */
	unlink(made_path(root, "err"));
	return launch_to(made_path(root, "out"), made_path(root, "err"), line);
}

static int finish(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_it(const char *line)
{
	return finish(launch(line));
}

static const char *out(void)
{
	return made_text(root, "out");
}

static const char *err(void)
{
	return made_text(root, "err");
}

/* The options of this test's machine, and more. */
static const char *on_machine(const char *more)
{
	static char line[1000];

	snprintf(line, sizeof line, "--proc %s --sys %s --history %s --size 1M %s", options.proc, options.sys, options.history,
		 more);
	return line;
}

static void wait_until_it_says(const char *text)
{
	int i;

	for (i = 0; i < 1000 && !strstr(err(), text); i++)
		usleep(10000);
	assert_has(err(), text);
}

/* ---- options ---- */

static void help_and_version_go_to_stdout(void **state)
{
	static const char *const named[] = { "--history", "--size", "--interval", "--proc", "--sys", "--state", "--daemon",
					     "--pidfile", "--syslog", "--dump", "--help", "--version" };
	size_t i;

	(void)state;
	assert_int_equal(run_it("--help"), 0);
	for (i = 0; i < sizeof named / sizeof *named; i++)
		assert_has(out(), named[i]);
	assert_string_equal(err(), "");
	assert_int_equal(run_it("--interval 5s --version"), 0);
	assert_string_equal(out(), "irqsampler (irqpilot) " IRQPILOT_VERSION "\n");
	assert_string_equal(err(), "");
	assert_int_equal(finish(launch_to("/dev/full", made_path(root, "err"), "--help")), 1);
	assert_has(err(), "No space left on device");
}

static void what_is_no_option_or_no_value_is_a_usage_error(void **state)
{
	static const char *const lines[][2] = {
		{ "--nonsense", "--nonsense" },	    { "-x", "x" },			{ "stray", "stray" },
		{ "--interval", "--interval" },	    { "--interval 9ms", "9ms" },	{ "--interval 61m", "61m" },
		{ "--interval 0", "--interval 0" }, { "--interval soon", "soon" },	{ "--interval=-1s", "-1s" },
		{ "--interval 1d", "1d" },	    { "--size 1K", "1K" },		{ "--size", "--size" },
		{ "--size 1MB", "1MB" },	    { "--size=-5M", "-5M" },		{ "--daemon=yes", "--daemon" },
		{ "--dump", "--dump" },		    { "--help=x", "--help" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (run_it(lines[i][0]) != 2)
			fail_msg("irqsampler %s is no usage error: %s", lines[i][0], err());
		assert_has(err(), lines[i][1]);
		assert_string_equal(out(), "");
	}
}

static void durations_and_sizes_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		int64_t us, bytes; /* -1: refused */
	} examples[] = {
		{ "1", 1000000, 1 },		 { "1s", 1000000, -1 },		   { "0.5s", 500000, -1 },
		{ "10ms", 10000, -1 },		 { "1.001s", 1001000, -1 },	   { "2m", 120000000, -1 },
		{ "60m", 3600000000, -1 },	 { "1h", 3600000000, -1 },	   { "128M", -1, 134217728 },
		{ "65536K", -1, 67108864 },	 { "1.5G", -1, 1610612736 },	   { "1048576", 1048576000000, 1048576 },
		{ "0", 0, 0 },			 { "", -1, -1 },		   { "s", -1, -1 },
		{ ".5s", -1, -1 },		 { "-1", -1, -1 },		   { "+1", -1, -1 },
		{ " 1", -1, -1 },		 { "1 s", -1, -1 },		   { "1s ", -1, -1 },
		{ "1,5s", -1, -1 },		 { "1e3", -1, -1 },		   { "0x10", -1, -1 },
		{ "nan", -1, -1 },		 { "inf", -1, -1 },		   { "1.2.3", -1, -1 },
		{ "1MB", -1, -1 },		 { "1m1s", -1, -1 },		   { "99999999999999999999", -1, -1 },
		{ "9999999999999G", -1, -1 },
	};
	uint64_t us, bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		int no_us = units_duration(examples[i].text, &us), no_bytes = units_size(examples[i].text, &bytes);

		if (no_us ? examples[i].us != -1 : examples[i].us != (int64_t)us)
			fail_msg("\"%s\" is no duration or another one", examples[i].text);
		if (no_bytes ? examples[i].bytes != -1 : examples[i].bytes != (int64_t)bytes)
			fail_msg("\"%s\" is no size or another one", examples[i].text);
	}
}

static void the_environment_says_what_no_option_says(void **state)
{
	pid_t child;

	(void)state;
	setenv("IRQPILOT_PROC", options.proc, 1);
	setenv("IRQPILOT_SYS", options.sys, 1);
	setenv("IRQPILOT_HISTORY", made_path(root, "elsewhere/history"), 1);
	setenv("IRQPILOT_STATE", root, 1);
	child = launch("--size 1M");
	wait_until_it_says("sampling into ");
	assert_has(err(), "/elsewhere/history"); /* a folder that was missing is made */
	kill(child, SIGTERM);
	assert_int_equal(finish(child), 0);
	assert_int_equal(access(options.history, F_OK), -1);
	child = launch(on_machine("--state /nowhere"));
	wait_until_it_says("sampling into ");
	assert_null(strstr(err(), "elsewhere"));
	kill(child, SIGTERM);
	assert_int_equal(finish(child), 0);
	unsetenv("IRQPILOT_PROC");
	unsetenv("IRQPILOT_SYS");
	unsetenv("IRQPILOT_HISTORY");
	unsetenv("IRQPILOT_STATE");
}

/* ---- its life ---- */

static void a_signal_ends_it_at_once_however_long_the_interval(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT };
	uint64_t before;
	pid_t child;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		child = launch(on_machine("--interval 60m"));
		wait_until_it_says("sampling into ");
		kill(child, SIGHUP); /* a terminal that is closed ends nothing */
		kill(child, SIGSTOP);
		kill(child, SIGCONT);
		before = clock_read().monotonic_us;
		kill(child, signals[i]);
		assert_int_equal(finish(child), 0);
		assert_true(clock_read().monotonic_us - before < 5000000);
		assert_int_equal(samples(), i + 1);
	}
}

static void it_samples_at_its_interval_without_skew(void **state)
{
	pid_t child = launch(on_machine("--interval 50ms"));
	uint64_t before, expected;

	(void)state;
	wait_until_it_says("sampling into ");
	before = clock_read().monotonic_us;
	usleep(1000000);
	kill(child, SIGTERM);
	expected = (clock_read().monotonic_us - before) / 50000 + 1;
	assert_int_equal(finish(child), 0);
	assert_true(samples() <= expected + 2); /* a busy machine may take less, none takes more */
	assert_true(samples() >= expected / 2);
}

static void a_second_one_on_the_same_history_fails_and_names_the_first(void **state)
{
	pid_t child = launch(on_machine("--interval 60m"));
	char pid[50];

	(void)state;
	wait_until_it_says("sampling into ");
	assert_int_equal(run_it(on_machine("")), 1);
	snprintf(pid, sizeof pid, "process %ld", (long)child);
	assert_has(err(), pid);
	kill(child, SIGKILL);
	assert_int_equal(finish(child), 128 + SIGKILL);
	child = launch(on_machine("")); /* a lock does not outlive its process */
	wait_until_it_says("sampling into ");
	kill(child, SIGTERM);
	assert_int_equal(finish(child), 0);
}

static void where_no_sample_can_be_taken_it_does_not_start(void **state)
{
	(void)state;
	put("proc/interrupts", "");
	assert_int_equal(run_it(on_machine("")), 1);
	assert_has(err(), "/proc/interrupts: ");
	assert_int_equal(run_it(on_machine("--daemon")), 1);
	assert_int_equal(run_it(on_machine("--proc /nowhere")), 1);
	assert_has(err(), "/nowhere/interrupts: No such file or directory");
	put_counts(1, 2, 3, 4, 5);
	assert_int_equal(run_it(on_machine("--history /proc/no/history")), 1);
	assert_has(err(), "/proc/no/history");
	assert_int_equal(run_it(on_machine("--pidfile /proc/no/pid")), 1);
	assert_has(err(), "/proc/no/pid");
}

static void in_the_background_it_answers_when_the_first_sample_is_taken(void **state)
{
	char more[600];
	long pid;

	(void)state;
	/* so that the grandchild is ours to wait for */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	snprintf(more, sizeof more, "--daemon --interval 60m --pidfile %s", made_path(root, "pid"));
	assert_int_equal(run_it(on_machine(more)), 0);
	pid = strtol(made_text(root, "pid"), NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(samples(), 1);
	assert_int_equal(kill((pid_t)pid, SIGTERM), 0);
	assert_int_equal(finish((pid_t)pid), 0);
	assert_int_equal(access(made_path(root, "pid"), F_OK), -1);
}

/* ---- a history as text ---- */

static void assert_matches(const char *line, const char *pattern)
{
	regex_t regex;
	int no;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	no = regexec(&regex, line, 0, NULL, 0);
	regfree(&regex);
	if (no)
		fail_msg("\"%s\" does not match %s", line, pattern);
}

/* Four samples in two boots, one that was thrown away between. */
static void make_history(void)
{
	assert_int_equal(tick_open(&tick, &options), 0);
	assert_int_equal(tick_take(&tick), 0);
	put_counts(1001, 2001, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	listen();
	put("proc/interrupts", HEADER " 41:  1\nLOC: 1 1 x\n");
	assert_int_equal(tick_take(&tick), 1);
	put_counts(1002, 2002, 30001, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	said();
	put("proc/sys/kernel/random/boot_id", SECOND_BOOT);
	assert_int_equal(tick_take(&tick), 0);
}

static void a_dump_has_a_line_for_each_sample(void **state)
{
	static const char *const patterns[] = {
		"^# history /.*/history: [0-9]+ of 1048576 bytes used$",
		"^# boot 01234567-89ab-cdef-0123-456789abcdef$",
		"^sample 1 20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [0-9]+\\.[0-9]{6} 0$",
		"^sample 2 20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [0-9]+\\.[0-9]{6} 2$",
		"^# gap discarded$",
		"^sample 3 20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [0-9]+\\.[0-9]{6} 3$",
		"^# gap reboot$",
		"^# boot fedcba98-7654-3210-fedc-ba9876543210$",
		"^sample 4 20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [0-9]+\\.[0-9]{6} 0$",
	};
	char command[600], *text, *line, *rest = NULL;
	size_t i;

	(void)state;
	make_history(); /* and it is still being written */
	snprintf(command, sizeof command, "--dump %s", options.history);
	assert_int_equal(run_it(command), 0);
	assert_string_equal(err(), "");
	text = strdup(out());
	line = strtok_r(text, "\n", &rest);
	for (i = 0; i < sizeof patterns / sizeof *patterns; i++, line = strtok_r(NULL, "\n", &rest)) {
		assert_non_null(line);
		assert_matches(line, patterns[i]);
	}
	assert_null(line);
	free(text);
}

static void what_is_no_history_is_no_dump(void **state)
{
	static const struct {
		const char *file, *reason;
	} examples[] = {
		{ "none", "none: No such file or directory" },
		{ "empty", "empty: " },
		{ "junk", "junk: " },
		{ "version", "version" },
		{ "folder", "folder: " },
		{ "cut", "cut: " },
	};
	struct readall file = { NULL, 0, 0 };
	char line[600];
	size_t i;

	(void)state;
	make_history();
	made_file(root, "empty", "");
	made_file(root, "junk", "This is a text.\n");
	made_folder(root, "folder/");
	assert_int_equal(readall_path(&file, options.history, 0), 0);
	made_bytes(root, "cut", file.text, 5000);
	file.text[8]++;
	made_bytes(root, "version", file.text, file.length);
	readall_free(&file);
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		snprintf(line, sizeof line, "--dump %s", made_path(root, examples[i].file));
		if (run_it(line) != 1)
			fail_msg("a dump of %s is no failure", examples[i].file);
		assert_string_equal(out(), "");
		assert_has(err(), examples[i].reason);
		assert_matches(err(), "^irqsampler: error: /[^\n]+\n$");
	}
}

static void a_dump_that_cannot_be_written_fails(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	make_history();
	listen();
	assert_int_equal(dump_history(options.history, full), -1);
	fclose(full);
	assert_has(said(), "writing the dump: No space left on device");
}

#define T(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(help_and_version_go_to_stdout),
		T(what_is_no_option_or_no_value_is_a_usage_error),
		T(durations_and_sizes_are_read_as_people_write_them),
		T(the_environment_says_what_no_option_says),
		T(a_signal_ends_it_at_once_however_long_the_interval),
		T(it_samples_at_its_interval_without_skew),
		T(a_second_one_on_the_same_history_fails_and_names_the_first),
		T(where_no_sample_can_be_taken_it_does_not_start),
		T(in_the_background_it_answers_when_the_first_sample_is_taken),
		T(a_dump_has_a_line_for_each_sample),
		T(what_is_no_history_is_no_dump),
		T(a_dump_that_cannot_be_written_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
