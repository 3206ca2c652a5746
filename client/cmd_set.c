/* The command set: assigns IRQs to CPUs as one change, and says what took effect. */
#include "cmd.h"

#include "api.h"
#include "apijson.h"
#include "apply.h"
#include "say.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* ---- from arguments to assignments ---- */

static int bad_cpus(const char *irq, const char *cpus, int err)
{
	if (err == -ENOMEM)
		return say_no_memory();
	say_usage("IRQ %s: %s is %s", irq, *cpus ? cpus : "\"\"",
		  err == -ERANGE ? "too large for a CPU number" : "no CPU and no list of CPUs like 0-3,8");
	return CMD_USAGE;
}

/* Pairs of IRQ and CPUs; names stay names. The caller frees the request in any case. */
static int read_pairs(struct arena *arena, const struct options *options, struct apijson_request *request)
{
	size_t i, count = options->argument_count / 2;

	if (options->argument_count == 0 || options->argument_count % 2) {
		say_usage(options->argument_count ? "set takes pairs of IRQ and CPU: the last IRQ has no CPU" :
			  "set takes pairs of IRQ and CPU");
		return CMD_USAGE;
	}
	request->assignments = arena_alloc(arena, count, sizeof *request->assignments);
	if (!request->assignments)
		return say_no_memory();
	request->assignment_count = count;
	request->confirm_within = NAN;
	request->dry_run = options->dry_run;
	for (i = 0; i < count; i++) {
		struct change_assignment *a = &request->assignments[i];
		const char *cpus = options->arguments[2 * i + 1];
		int err;

		a->irq = options->arguments[2 * i];
		while (is_number(a->irq) && a->irq[0] == '0' && a->irq[1])
			a->irq++;
		if (!*a->irq) {
			say_usage("an IRQ is empty");
			return CMD_USAGE;
		}
		err = cpulist_parse(&a->cpus, cpus);
		if (err || !a->cpus.count)
			return bad_cpus(a->irq, cpus, err);
	}
	return CMD_DONE;
}

/* The name is one of the actions of names, which are joined by ", ", or all of them. */
static bool has_action(const char *names, const char *name)
{
	size_t length = strlen(name);
	const char *p = names;

	if (!names || strcmp(names, name) == 0)
		return names != NULL;
	while (p) {
		if (strncmp(p, name, length) == 0 && (p[length] == '\0' || strncmp(p + length, ", ", 2) == 0))
			return true;
		p = strstr(p, ", ");
		if (p)
			p += 2;
	}
	return false;
}

/* The number of the only IRQ with that action, or its label; NULL after a word on stderr. */
static const char *find(struct arena *arena, const struct view_overview *overview, const char *name)
{
	const char *found = NULL, *list = NULL;
	size_t i;

	for (i = 0; i < overview->irq_count; i++) {
		const struct view_irq *irq = &overview->irqs[i];
		bool device = irq->class_ && strcmp(irq->class_, "device") == 0;

		if (!irq->irq)
			continue;
		if (!device && strcmp(irq->irq, name) == 0)
			return irq->irq; /* "LOC": the API says why it stays */
		if (!device || !has_action(irq->name, name) || (found && strcmp(found, irq->irq) == 0))
			continue;
		list = found ? arena_printf(arena, "%s, %s", list, irq->irq) : irq->irq;
		found = irq->irq;
	}
	if (!found)
		say_error("no IRQ has the name %s: irqclient overview -a lists them", name);
	else if (list != found)
		say_error("several IRQs have the name %s: give one of the numbers %s", name, list ? list : "");
	return found && list == found ? found : NULL;
}

/* Names become numbers. overview lives as long as the request. */
static int resolve(struct arena *arena, const struct options *options, struct apijson_request *request, FILE *out)
{
	static const struct http_parameter all = { "all", "1" };
	struct view_overview overview;
	struct http_answer answer;
	const char *error;
	size_t i;
	int code = CMD_DONE;

	for (i = 0; i < request->assignment_count; i++)
		if (!is_number(request->assignments[i].irq))
			break;
	if (i == request->assignment_count)
		return CMD_DONE;
	code = api_ask(options, "/api/v1/overview", &all, 1, NULL, out, &answer);
	if (code) {
		if (code == CMD_FAILED)
			say_error("%s could not be looked up: give the IRQ's number", request->assignments[i].irq);
		return code;
	}
	if (apijson_read_overview(arena, answer.body, answer.length, &overview, &error))
		code = api_unreadable(options, error);
	for (; i < request->assignment_count && !code; i++) {
		struct change_assignment *a = &request->assignments[i];

		if (is_number(a->irq))
			continue;
		a->irq = find(arena, &overview, a->irq);
		if (!a->irq)
			code = CMD_FAILED;
	}
	http_free(&answer);
	return code;
}

static int by_irq(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_twice(struct arena *arena, const struct apijson_request *request)
{
	size_t i, n = request->assignment_count;
	const char **irqs = arena_alloc(arena, n, sizeof *irqs);

	if (!irqs)
		return say_no_memory();
	for (i = 0; i < n; i++)
		irqs[i] = request->assignments[i].irq;
	qsort(irqs, n, sizeof *irqs, by_irq);
	for (i = 1; i < n; i++)
		if (strcmp(irqs[i - 1], irqs[i]) == 0) {
			say_usage("IRQ %s is named twice", irqs[i]);
			return CMD_USAGE;
		}
	return CMD_DONE;
}

int cmd_set(const struct options *options, const struct screen *screen, FILE *out)
{
	struct apijson_request request;
	struct arena arena = { NULL };
	int code;

	memset(&request, 0, sizeof request);
	code = read_pairs(&arena, options, &request);
	if (!code)
		code = check_twice(&arena, &request);
	if (!code)
		code = resolve(&arena, options, &request, out);
	if (!code)
		code = check_twice(&arena, &request); /* two names of one IRQ */
	if (!code)
		code = apply_send(&arena, options, &request, NULL, screen, out);
	apijson_request_free(&request);
	arena_free(&arena);
	return code;
}
