/* The command balance: which CPU each IRQ should have, from the service or from saved files; told, scripted, applied. */
#include "cmd.h"

#include "api.h"
#include "apijson.h"
#include "apply.h"
#include "file.h"
#include "plan_input.h"
#include "say.h"
#include "script.h"
#include "show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TOLERANCE 1
#define MOST_CPUS 65536 /* no kernel has as many; a list of more is a slip of the hand */

/* A plan on its way, and all that it is made of. */
struct balance {
	const struct options *options;
	const struct screen *screen;
	FILE *out;
	struct arena arena;
	struct http_answer answer; /* from the service */
	/* from files */
	struct window window;
	struct topology topology;
	struct cpulist cpus;
	struct view_overview rows;
	struct plan plan;
};

static double tolerance(const struct options *options)
{
	return options->tolerance ? options->tolerance_percent : DEFAULT_TOLERANCE;
}

/* ---- what goes together ---- */

static int refuse(const char *what)
{
	say_usage("%s", what);
	return CMD_USAGE;
}

static int check(const struct options *options)
{
	bool file = options->file_count > 0;

	if (options->argument_count) {
		say_usage("balance takes no argument: %s", options->arguments[0]);
		return CMD_USAGE;
	}
	if (file && options->apply)
		return refuse("--apply needs the service, and so does not go with --input; --script prints what to write");
	if (!options->apply && options->dry_run)
		return refuse("--dry-run goes with --apply");
	if (options->script && (options->json || options->apply))
		return refuse(options->json ? "--script and --json exclude each other" :
			      "--script and --apply exclude each other");
	if (options->fresh && options->moves)
		return refuse("--fresh and --moves exclude each other: a plan from scratch moves as many as it takes");
	if (!file && options->weight_count)
		return refuse("--weight goes with --input");
	if (file && options->local && (!options->proc || !options->sys))
		return refuse("--local with --input takes the nodes from --proc and --sys");
	if (cpulist_size(&options->cpu_list) > MOST_CPUS)
		return refuse("--cpus: these are more CPUs than any kernel knows");
	return CMD_DONE;
}

/* ---- from the service ---- */

/* The parameters that were given, in the API's names. */
static size_t parameters(const struct options *options, struct http_parameter list[11])
{
	const struct http_parameter all[] = {
		{ "window", options->window },      { "start", options->start },
		{ "end", options->end },            { "irqs", options->irqs },
		{ "cpus", options->cpus },          { "exclude_cpus", options->excluded },
		{ "device", options->device },      { "local", options->local ? "1" : NULL },
		{ "tolerance", options->tolerance },{ "moves", options->moves },
		{ "fresh", options->fresh ? "1" : NULL },
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].value)
			list[n++] = all[i];
	return n;
}

static int ask_service(struct balance *balance)
{
	const struct options *options = balance->options;
	struct http_parameter list[11];
	const char *error;
	int code = api_ask(options, "/api/v1/plan", list, parameters(options, list), NULL, balance->out,
			   &balance->answer);

	if (code)
		return code;
	if (apijson_read_plan(&balance->arena, balance->answer.body, balance->answer.length, &balance->plan, &error))
		return api_unreadable(options, error);
	return CMD_DONE;
}

/* ---- from saved files ---- */

static int read_files(struct balance *balance)
{
	const struct options *options = balance->options;
	struct view_filter all = { .all = true };
	struct topology_owners owners = { NULL, 0 };
	size_t i;
	int code = CMD_DONE;

	if (options->sys && (topology_read(&balance->topology, options->sys) ||
			     topology_owners_read(&owners, options->sys)))
		code = say_no_memory();
	if (!code)
		code = file_window(options, &owners, true, &balance->window);
	topology_owners_free(&owners);
	if (!code && view_overview(&balance->arena, &balance->window, &all, &balance->rows))
		code = say_no_memory();
	for (i = 0; !code && options->proc && i < balance->rows.irq_count; i++)
		if (file_affinity(options, &balance->arena, &balance->rows.irqs[i]))
			code = say_no_memory();
	return code;
}

/* A weight that is nobody's is a slip of the hand. */
static int check_weights(const struct balance *balance, struct plan_input_weight *weights)
{
	size_t i, k;

	for (i = 0; i < balance->options->weight_count; i++) {
		weights[i].pattern = balance->options->weights[i].pattern;
		weights[i].weight = balance->options->weights[i].weight;
		for (k = 0; k < balance->rows.irq_count; k++)
			if (plan_input_weighs(&weights[i], &balance->rows.irqs[k]))
				break;
		if (k == balance->rows.irq_count) {
			say_error("--weight=%s=%u: no device's interrupt has that number, name or device", weights[i].pattern,
				  weights[i].weight);
			return CMD_FAILED;
		}
	}
	return CMD_DONE;
}

static int check_rows(const struct balance *balance)
{
	const struct options *options = balance->options;
	size_t i;

	for (i = 0; i < balance->rows.irq_count; i++)
		if (strcmp(balance->rows.irqs[i].class_, "device") == 0)
			return CMD_DONE;
	say_error("%s: no device's interrupt is in it: numbered rows were expected, like \" 41:  120  7  PCI-MSI  eth0\"",
		  file_shown(options->files[options->file_count - 1]));
	return CMD_FAILED;
}

static int too_much(const struct options *options)
{
	say_error("%s: the counts%s add up to more than 2^62: this is no copy of /proc/interrupts",
		  file_shown(options->files[options->file_count - 1]),
		  options->weight_count ? ", times their weights," : "");
	return CMD_FAILED;
}

/* What the plan is made of, out of the files. */
static int make_input(struct balance *balance, struct plan_input_ask *ask, struct plan_input *input)
{
	const struct options *options = balance->options;
	struct plan_input_weight *weights = arena_alloc(&balance->arena, options->weight_count, sizeof *weights);
	int code = weights ? check_rows(balance) : say_no_memory(), err;

	if (!code)
		code = check_weights(balance, weights);
	if (code)
		return code;
	if (plan_input_cpus(&balance->cpus, &balance->topology, &balance->rows, options->cpus ? &options->cpu_list : NULL,
			    options->excluded ? &options->excluded_list : NULL))
		return say_no_memory();
	ask->rows = &balance->rows;
	ask->topology = &balance->topology;
	ask->cpus = &balance->cpus;
	ask->irqs = options->irqs;
	ask->device = options->device;
	ask->local = options->local;
	ask->unplaced = !options->proc && (options->fresh || (!options->moves && !options->tolerance));
	ask->weights = weights;
	ask->weight_count = options->weight_count;
	err = plan_input_make(&balance->arena, ask, input);
	if (err == -EOVERFLOW)
		return too_much(options);
	return err ? say_no_memory() : CMD_DONE;
}

static int plan_files(struct balance *balance)
{
	const struct options *options = balance->options;
	struct plan_options how = { tolerance(options), options->moves ? options->moves_most : VIEW_NONE,
				    options->fresh || (!options->moves && !options->tolerance) };
	struct plan_input_ask ask;
	struct plan_input input;
	const char *error = NULL;
	int code = read_files(balance), err;

	memset(&ask, 0, sizeof ask);
	if (!code)
		code = make_input(balance, &ask, &input);
	if (code)
		return code;
	err = plan_make(&balance->arena, &input, &how, &balance->plan, &error);
	if (!err)
		err = plan_input_tell(&balance->arena, &ask, &balance->plan);
	if (err == -ENOMEM)
		return say_no_memory();
	if (err == -EOVERFLOW)
		return too_much(options);
	if (err)
		say_error("there is no plan: %s", error ? error : strerror(-err));
	return err ? CMD_FAILED : CMD_DONE;
}

/* ---- telling, doing ---- */

static int write_script(struct balance *balance, const char *covered)
{
	size_t left_out = script_write(balance->out, &balance->plan, covered);

	if (left_out)
		say_error("%zu interrupt%s left out of the script: no number", left_out, left_out == 1 ? " is" : "s are");
	return CMD_DONE;
}

static int write_json(struct balance *balance)
{
	char *json;

	if (!balance->options->file_count) {
		api_raw(&balance->answer, balance->out);
		return CMD_DONE;
	}
	json = apijson_plan(&balance->plan);
	if (!json)
		return say_no_memory();
	fprintf(balance->out, "%s\n", json);
	free(json);
	return CMD_DONE;
}

static int tell(struct balance *balance)
{
	const struct options *options = balance->options;
	const struct show_plan_asked asked = { tolerance(options), options->weight_count > 0 };
	const char *covered = options->file_count ? file_covered(options, &balance->arena) :
			      show_window(&balance->arena, &balance->plan.window);

	if (!covered)
		return say_no_memory();
	if (options->script)
		return write_script(balance, covered);
	if (options->json)
		return write_json(balance);
	return show_plan(balance->out, &balance->plan, covered, &asked, balance->screen) ? say_no_memory() : CMD_DONE;
}

/* The plan's moves. apijson_request_free it in any case. */
static int make_request(struct balance *balance, struct apijson_request *request)
{
	const struct plan *plan = &balance->plan;
	size_t i;

	memset(request, 0, sizeof *request);
	request->confirm_within = NAN;
	request->dry_run = balance->options->dry_run;
	request->assignments = arena_alloc(&balance->arena, plan->assignment_count, sizeof *request->assignments);
	if (!request->assignments)
		return say_no_memory();
	for (i = 0; i < plan->assignment_count; i++) {
		const struct plan_assignment *from = &plan->assignments[i];
		struct change_assignment *to = &request->assignments[request->assignment_count];

		if (from->move != 1 || from->cpu < 0 || !from->irq)
			continue;
		if (cpulist_add(&to->cpus, (unsigned)from->cpu, (unsigned)from->cpu))
			return say_no_memory();
		to->irq = from->irq;
		request->assignment_count++;
	}
	return CMD_DONE;
}

static int apply(struct balance *balance)
{
	const struct options *options = balance->options;
	struct apijson_request request;
	int code = make_request(balance, &request);

	if (!code && request.assignment_count == 0) {
		if (options->json)
			apply_write(balance->out, balance->answer.body, "null", strlen("null"));
		else
			show_line(balance->out, balance->screen, "Nothing was changed: there is nothing to move.");
	} else if (!code) {
		if (!options->json)
			fputc('\n', balance->out);
		code = apply_send(&balance->arena, options, &request, options->json ? balance->answer.body : NULL,
				  balance->screen, balance->out);
	}
	apijson_request_free(&request);
	return code;
}

int cmd_balance(const struct options *options, const struct screen *screen, FILE *out)
{
	struct balance balance;
	int code = check(options);

	if (code)
		return code;
	memset(&balance, 0, sizeof balance);
	balance.options = options;
	balance.screen = screen;
	balance.out = out;
	code = options->file_count ? plan_files(&balance) : ask_service(&balance);
	if (!code && !(options->apply && options->json))
		code = tell(&balance);
	if (!code && options->apply)
		code = apply(&balance);
	http_free(&balance.answer);
	cpulist_free(&balance.cpus);
	topology_free(&balance.topology);
	window_free(&balance.window);
	arena_free(&balance.arena);
	return code;
}
