/* The command line; see options.h. */
#include "options.h"

#include "grow.h"
#include "say.h"
#include "view.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ONLY_LONG = 256, URL, COLOUR, START, END, DEVICE, PROC, SYS, DRY_RUN,
       EXCLUDE_CPUS, LOCAL, TOLERANCE, MOVES, FRESH, WEIGHT, APPLY, SCRIPT };

struct known {
	int letter; /* above ONLY_LONG there is none */
	const char *name;
	const char *value; /* what the help calls it; NULL: it takes none */
	unsigned group;
	const char *help;
};

static const struct known known[] = {
	{ 'w', "window", "TIME", OPTIONS_WINDOW, "how far back from now, or from --end: 60, 15m, 2h (60)" },
	{ START, "start", "TIME", OPTIONS_WINDOW, "since when: 2026-01-02T03:04:05Z, 1767323045, -15m" },
	{ END, "end", "TIME", OPTIONS_WINDOW, "until when (now)" },
	{ 'q', "irqs", "LIST", OPTIONS_FILTER | OPTIONS_PLAN,
	  "these interrupts: numbers, ranges, patterns: 24-31,LOC,eth0-*" },
	{ 'C', "cpus", "LIST", OPTIONS_FILTER | OPTIONS_PLAN,
	  "columns and totals of these CPUs: 0-3,8; for a plan, those that may be used" },
	{ DEVICE, "device", "GLOB", OPTIONS_FILTER | OPTIONS_PLAN, "interrupts of these devices: eth*" },
	{ 'a', "all", NULL, OPTIONS_FILTER, "those that did not fire too" },
	{ 'd', "delay", "SECONDS", OPTIONS_REFRESH, "again and again, so far apart, until Ctrl-C" },
	{ 'n', "times", "N", OPTIONS_REFRESH, "with --delay: so often" },
	{ 'i', "input", "FILE", OPTIONS_FILE,
	  "a saved /proc/interrupts instead of the service, - is stdin; twice: what fired between them" },
	{ PROC, "proc", "DIR", OPTIONS_FILE, "with --input: take affinities from DIR/irq" },
	{ SYS, "sys", "DIR", OPTIONS_FILE, "with --input: take nodes, online CPUs and devices from DIR" },
	{ EXCLUDE_CPUS, "exclude-cpus", "LIST", OPTIONS_PLAN, "leave these CPUs out" },
	{ LOCAL, "local", NULL, OPTIONS_PLAN, "each interrupt only on the CPUs of its device's node" },
	{ TOLERANCE, "tolerance", "PERCENT", OPTIONS_PLAN, "even enough: so much above the best maximum known (1)" },
	{ MOVES, "moves", "N", OPTIONS_PLAN, "at most so many moves" },
	{ FRESH, "fresh", NULL, OPTIONS_PLAN, "from scratch: as even as can be, wherever the interrupts are now" },
	{ WEIGHT, "weight", "IRQS=N", OPTIONS_PLAN,
	  "one interrupt of these (numbers, patterns, devices) costs as much as N others; may be repeated" },
	{ SCRIPT, "script", NULL, OPTIONS_PLAN, "print the plan as a shell script that sets it" },
	{ APPLY, "apply", NULL, OPTIONS_PLAN, "make the moves as one change, and say what took effect" },
	{ DRY_RUN, "dry-run", NULL, OPTIONS_CHANGE, "say what would be, change nothing" },
	{ URL, "url", "URL", OPTIONS_COMMON, "where the service is (IRQCLIENT_URL, else http://127.0.0.1:8080/)" },
	{ 'J', "json", NULL, OPTIONS_COMMON, "print the API's object" },
	{ COLOUR, "color", "WHEN", OPTIONS_COMMON, "auto, always or never (auto)" },
	{ 'h', "help", NULL, OPTIONS_COMMON, "this text; after a command, that of the command" },
	{ 'V', "version", NULL, OPTIONS_COMMON, "the version" },
};
#define KNOWN (sizeof known / sizeof *known)

#define MOST_WEIGHT 1000000
#define MOST_TOLERANCE 1e6

static const struct known *find(int letter)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (known[i].letter == letter)
			return &known[i];
	return NULL;
}

/* A decimal number of at least least, without sign or exponent. */
static int number(const char *text, double least, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (strspn(text, "0123456789.") != strlen(text) || end == text || *end || !isfinite(*value) || *value < least)
		return -1;
	return 0;
}

static int bad_value(const struct known *option, const char *value, const char *expected)
{
	say_usage("--%s=%s: %s", option->name, value, expected);
	return -1;
}

static int set_colour(struct options *options, const struct known *option, const char *value)
{
	static const char *const words[] = { "auto", "always", "never" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			options->colour = (enum screen_colour)i;
			return 0;
		}
	return bad_value(option, value, "it is auto, always or never");
}

static int set_cpus(const struct known *option, const char *value, const char **typed, struct cpulist *list)
{
	int err;

	cpulist_free(list);
	err = cpulist_parse(list, value);
	*typed = value;
	if (err == -ERANGE)
		return bad_value(option, value, "a CPU number is too large");
	if (err || !list->count)
		return bad_value(option, value, "CPUs look like 0-3,8");
	return 0;
}

/* "eth0-*=3" */
static int add_weight(struct options *options, const struct known *option, const char *value)
{
	const char *equals = strrchr(value, '='), *fault;
	struct options_weight *weight;
	char *pattern;
	double n;

	if (!equals || equals == value || number(equals + 1, 1, &n) || n > MOST_WEIGHT || strchr(equals, '.'))
		return bad_value(option, value, "it is interrupts and a whole number from 1: 41=3, eth0-*=3");
	pattern = strndup(value, (size_t)(equals - value));
	if (!pattern || grow(&options->weights, &options->weight_room, options->weight_count + 1, sizeof *weight)) {
		free(pattern);
		say_no_memory();
		return -1;
	}
	weight = &options->weights[options->weight_count++];
	weight->pattern = pattern;
	weight->weight = (unsigned)n;
	fault = view_filter_fault(pattern);
	return fault ? bad_value(option, value, fault) : 0;
}

static int set_tolerance(struct options *options, const struct known *option, const char *value)
{
	options->tolerance = value;
	if (number(value, 0, &options->tolerance_percent) || options->tolerance_percent > MOST_TOLERANCE)
		return bad_value(option, value, "it is percent, from 0: 1, 0.5");
	return 0;
}

static int set_moves(struct options *options, const struct known *option, const char *value)
{
	options->moves = value;
	errno = 0;
	options->moves_most = strtoull(value, NULL, 10);
	if (strspn(value, "0123456789") != strlen(value) || errno || options->moves_most > INT64_MAX)
		return bad_value(option, value, "it is how many moves at most, from 0");
	return 0;
}

static int set_times(struct options *options, const struct known *option, const char *value)
{
	double times;

	if (number(value, 1, &times) || times > 1e9 || strchr(value, '.'))
		return bad_value(option, value, "it is how often, from 1");
	options->times = (unsigned long)times;
	return 0;
}

static int add_file(struct options *options, const char *value)
{
	if (options->file_count == 2) {
		say_usage("-i %s: two files are compared, not more", value);
		return -1;
	}
	if (options->file_count && strcmp(value, "-") == 0 && strcmp(options->files[0], "-") == 0) {
		say_usage("-i -: stdin cannot be both files");
		return -1;
	}
	options->files[options->file_count++] = value;
	return 0;
}

static int set(struct options *options, const struct known *option, const char *value)
{
	const char *fault;

	if (option->value && !*value) {
		say_usage("--%s: its value is empty", option->name);
		return -1;
	}
	switch (option->letter) {
	case 'w': options->window = value; break;
	case START: options->start = value; break;
	case END: options->end = value; break;
	case 'q':
		options->irqs = value;
		fault = view_filter_fault(value);
		if (fault)
			return bad_value(option, value, fault);
		break;
	case 'C': return set_cpus(option, value, &options->cpus, &options->cpu_list);
	case DEVICE: options->device = value; break;
	case 'a': options->all = true; break;
	case 'd':
		if (number(value, 0.1, &options->delay) || options->delay > 86400)
			return bad_value(option, value, "it is seconds, from 0.1 to 86400");
		break;
	case 'n': return set_times(options, option, value);
	case 'i': return add_file(options, value);
	case PROC: options->proc = value; break;
	case SYS: options->sys = value; break;
	case EXCLUDE_CPUS: return set_cpus(option, value, &options->excluded, &options->excluded_list);
	case LOCAL: options->local = true; break;
	case TOLERANCE: return set_tolerance(options, option, value);
	case MOVES: return set_moves(options, option, value);
	case FRESH: options->fresh = true; break;
	case WEIGHT: return add_weight(options, option, value);
	case SCRIPT: options->script = true; break;
	case APPLY: options->apply = true; break;
	case DRY_RUN: options->dry_run = true; break;
	case URL: options->url = value; break;
	case 'J': options->json = true; break;
	case COLOUR: return set_colour(options, option, value);
	case 'h': options->help = true; break;
	case 'V': options->version = true; break;
	}
	return 0;
}

/* Names what getopt refused. */
static int refused(int result, char *const *argv)
{
	const struct known *option = optopt ? find(optopt) : NULL;

	if (option && result == ':')
		say_usage("--%s needs a value: %s", option->name, option->value);
	else if (option)
		say_usage("--%s takes no value", option->name);
	else if (optopt)
		say_usage("unknown option -%c", optopt);
	else
		say_usage("unknown option %s", argv[optind - 1]);
	return -1;
}

/* getopt's two tables. The leading '-' has it return what is no option where it stands. */
static void make_tables(char shorts[2 * KNOWN + 3], struct option longs[KNOWN + 1])
{
	char *p = stpcpy(shorts, "-:");
	size_t i;

	memset(longs, 0, (KNOWN + 1) * sizeof *longs);
	for (i = 0; i < KNOWN; i++) {
		longs[i].name = known[i].name;
		longs[i].has_arg = known[i].value ? required_argument : no_argument;
		longs[i].val = known[i].letter;
		if (known[i].letter > ONLY_LONG)
			continue;
		*p++ = (char)known[i].letter;
		if (known[i].value)
			*p++ = ':';
	}
	*p = '\0';
}

int options_parse(struct options *options, int argc, char **argv)
{
	char shorts[2 * KNOWN + 3];
	struct option longs[KNOWN + 1];
	size_t count = 0;
	int letter;

	memset(options, 0, sizeof *options);
	make_tables(shorts, longs);
	opterr = 0;
	optind = 0; /* a start from scratch */
	while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct known *option = find(letter);

		if (letter == 1) {
			argv[++count] = optarg;
		} else if (!option) {
			return refused(letter, argv);
		} else {
			if (set(options, option, optarg))
				return -1;
			options->seen |= 1ul << (option - known);
		}
	}
	while (optind < argc) /* behind a "--" */
		argv[++count] = argv[optind++];
	if (count) {
		options->command = argv[1];
		options->arguments = argv + 2;
		options->argument_count = count - 1;
	}
	return 0;
}

int options_check(const struct options *options, unsigned groups)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (options->seen >> i & 1 && !(known[i].group & (groups | OPTIONS_COMMON))) {
			say_usage("%s has no option --%s", options->command, known[i].name);
			return -1;
		}
	if (options->window && options->start) {
		say_usage("--window and --start exclude each other");
		return -1;
	}
	if (options->times && options->delay == 0) {
		say_usage("--times goes with --delay");
		return -1;
	}
	for (i = 0; options->file_count && i < KNOWN; i++)
		if (options->seen >> i & 1 && known[i].group & (OPTIONS_WINDOW | OPTIONS_REFRESH)) {
			say_usage("--%s needs the service, and so does not go with --input", known[i].name);
			return -1;
		}
	if (!options->file_count && (options->proc || options->sys)) {
		say_usage("--%s goes with --input", options->proc ? "proc" : "sys");
		return -1;
	}
	return 0;
}

void options_help(FILE *out, unsigned groups)
{
	size_t i;

	for (i = 0; i < KNOWN; i++) {
		const struct known *option = &known[i];
		char letter[] = "    ";
		int used;

		if (!(option->group & groups))
			continue;
		if (option->letter < ONLY_LONG) {
			letter[0] = '-';
			letter[1] = (char)option->letter;
			letter[2] = ',';
		}
		used = fprintf(out, "  %s--%s %s", letter, option->name, option->value ? option->value : "");
		fprintf(out, "%*s%s\n", used < 33 ? 33 - used : 1, "", option->help);
	}
}

void options_free(struct options *options)
{
	size_t i;

	for (i = 0; i < options->weight_count; i++)
		free(options->weights[i].pattern);
	free(options->weights);
	cpulist_free(&options->cpu_list);
	cpulist_free(&options->excluded_list);
}
