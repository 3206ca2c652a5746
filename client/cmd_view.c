/* The commands overview and summary: from the service or from saved files, as a table or as JSON. */
#include "cmd.h"

#include "api.h"
#include "apijson.h"
#include "file.h"
#include "say.h"
#include "show.h"

#include <stdlib.h>
#include <string.h>

/* The parameters that were given, in the API's names. */
static size_t parameters(const struct options *options, struct http_parameter list[7])
{
	const struct http_parameter all[] = {
		{ "window", options->window }, { "start", options->start }, { "end", options->end },
		{ "irqs", options->irqs }, { "cpus", options->cpus }, { "device", options->device },
		{ "all", options->all ? "1" : NULL },
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].value)
			list[n++] = all[i];
	return n;
}

/* One round of a command: its options, where it writes, and all that it holds. */
struct round {
	const struct options *options;
	FILE *out;
	struct arena arena;
	struct http_answer answer; /* from the service */
	struct topology topology;  /* from files: where --sys says so */
	struct window window;
};

/* ---- saved files ---- */

static int read_files(struct round *round)
{
	const struct options *options = round->options;
	struct topology_owners owners = { NULL, 0 };
	int code = CMD_DONE;

	if (options->sys && (topology_read(&round->topology, options->sys) ||
			     topology_owners_read(&owners, options->sys)))
		code = say_no_memory();
	if (!code)
		code = file_window(options, &owners, false, &round->window);
	topology_owners_free(&owners);
	return code;
}

/* A CPU that is shown must be there. */
static int check_cpus(const struct round *round)
{
	const struct options *options = round->options;
	const struct cpulist *asked = &options->cpu_list, *there = &round->window.cpus;
	unsigned cpu = 0;
	char *text;
	size_t i;

	for (i = 0; i < asked->count; i++) {
		for (cpu = asked->ranges[i].first; cpu <= asked->ranges[i].last && cpulist_has(there, cpu); cpu++)
			;
		if (cpu <= asked->ranges[i].last)
			break;
	}
	if (i == asked->count)
		return CMD_DONE;
	text = cpulist_format(there);
	if (!text)
		return say_no_memory();
	if (options->file_count == 2)
		say_error("%s and %s have no CPU %u; they have %s", file_shown(options->files[0]),
			  file_shown(options->files[1]), cpu, text);
	else
		say_error("%s has no CPU %u; it has %s", file_shown(options->files[0]), cpu, text);
	free(text);
	return CMD_FAILED;
}

static int overview_from_files(struct round *round, struct view_overview *overview)
{
	const struct options *options = round->options;
	struct view_filter filter = { options->irqs, options->cpus ? &options->cpu_list : NULL, options->device,
				      options->all };
	size_t i;

	if (check_cpus(round))
		return CMD_FAILED;
	if (view_overview(&round->arena, &round->window, &filter, overview))
		return say_no_memory();
	for (i = 0; options->proc && i < overview->irq_count; i++)
		if (file_affinity(options, &round->arena, &overview->irqs[i]))
			return say_no_memory();
	return CMD_DONE;
}

/* ---- the commands ---- */

/* Gets what the command is about: the API's answer at path, or what fired in the files. */
static int begin(struct round *round, const struct options *options, const char *path, FILE *out)
{
	struct http_parameter list[7];

	memset(round, 0, sizeof *round);
	round->options = options;
	round->out = out;
	if (options->argument_count) {
		say_usage("%s takes no argument: %s", options->command, options->arguments[0]);
		return CMD_USAGE;
	}
	if (options->file_count)
		return read_files(round);
	return api_ask(options, path, list, parameters(options, list), NULL, out, &round->answer);
}

/* Writes JSON that was made here, and frees it; without it the API's, as it came. */
static int write_json(struct round *round, char *json)
{
	if (!round->options->file_count)
		api_raw(&round->answer, round->out);
	else if (!json)
		return say_no_memory();
	else
		fprintf(round->out, "%s\n", json);
	free(json);
	return CMD_DONE;
}

static int end(struct round *round, int code)
{
	http_free(&round->answer);
	topology_free(&round->topology);
	window_free(&round->window);
	arena_free(&round->arena);
	return code;
}

static const char *covered(struct round *round, const struct view_window *window)
{
	const char *text = round->options->file_count ? file_covered(round->options, &round->arena) :
			   show_window(&round->arena, window);

	return text ? text : "";
}

static const char *nothing(const struct options *options, const struct view_overview *overview)
{
	if (overview->total == VIEW_NONE)
		return "What fired is not known: that takes two samples.";
	if (options->all)
		return "There is no such interrupt.";
	if (options->irqs || options->cpus || options->device)
		return "None of these interrupts fired.";
	return "No interrupt fired.";
}

int cmd_overview(const struct options *options, const struct screen *screen, FILE *out)
{
	struct view_overview overview;
	struct round round;
	const char *error;
	int code = begin(&round, options, "/api/v1/overview", out);

	if (code)
		return end(&round, code);
	if (options->file_count)
		code = overview_from_files(&round, &overview);
	else if (apijson_read_overview(&round.arena, round.answer.body, round.answer.length, &overview, &error))
		code = api_unreadable(options, error);
	if (!code && options->json)
		code = write_json(&round, options->file_count ? apijson_overview(&overview) : NULL);
	else if (!code && show_overview(out, &overview, covered(&round, &overview.window),
					nothing(options, &overview), screen))
		code = say_no_memory();
	return end(&round, code);
}

int cmd_summary(const struct options *options, const struct screen *screen, FILE *out)
{
	struct view_summary summary;
	struct round round;
	const char *error;
	int code = begin(&round, options, "/api/v1/summary", out);

	if (code)
		return end(&round, code);
	if (options->file_count && view_summary(&round.arena, &round.window, &round.topology, &summary))
		code = say_no_memory();
	else if (!options->file_count &&
		 apijson_read_summary(&round.arena, round.answer.body, round.answer.length, &summary, &error))
		code = api_unreadable(options, error);
	if (!code && options->json)
		code = write_json(&round, options->file_count ? apijson_summary(&summary) : NULL);
	else if (!code && show_summary(out, &summary, covered(&round, &summary.window), screen))
		code = say_no_memory();
	return end(&round, code);
}
