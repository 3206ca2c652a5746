/*
 * The API's objects as JSON text, and back: which fields they have; see
 * apijson.h. How a table of fields becomes JSON is apijson_table.c's.
 */
#include "apijson.h"
#include "apijson_fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct apijson_field gap_fields[] = {
	AT(view_gap, TEXT, start), AT(view_gap, TEXT, end), AT(view_gap, TEXT, why), END
};

const struct apijson_field apijson_window_fields[] = {
	AT(view_window, TEXT, start),
	AT(view_window, TEXT, end),
	AT(view_window, NUMBER, seconds),
	AT(view_window, NUMBER, requested_seconds),
	AT(view_window, COUNT, samples),
	AT(view_window, BOOL, complete),
	COUNTED(view_window, "gaps", LIST, gaps, gap_count, gap_fields, sizeof(struct view_gap)),
	END
};

#define IRQ_FIELDS                                                                                                     \
	AT(view_irq, TEXT, irq), NAMED(view_irq, "class", TEXT, class_), AT(view_irq, TEXT, name),                     \
		AT(view_irq, TEXT, chip), AT(view_irq, TEXT, hwirq), AT(view_irq, TEXT, trigger),                      \
		AT(view_irq, TEXT, device), AT(view_irq, COUNT, total), AT(view_irq, NUMBER, per_second),              \
		AT(view_irq, COUNTS, counts), AT(view_irq, TEXT, affinity), AT(view_irq, TEXT, effective),             \
		AT(view_irq, INT, node), AT(view_irq, BOOL, movable), AT(view_irq, TEXT, reason)

static const struct apijson_field irq_fields[] = { IRQ_FIELDS, END };
static const struct apijson_field one_irq_fields[] = { IRQ_FIELDS, AT(view_irq, TEXT, hint), END };

static const struct apijson_field overview_fields[] = {
	NESTED(view_overview, OBJECT, window, apijson_window_fields, 0),
	COUNTED(view_overview, "cpus", UINTS, cpus, cpu_count, NULL, sizeof(unsigned)),
	AT(view_overview, COUNT, total),
	AT(view_overview, COUNTS, cpu_totals),
	COUNTED(view_overview, "irqs", LIST, irqs, irq_count, irq_fields, sizeof(struct view_irq)),
	END
};

static const struct apijson_field irqs_fields[] = {
	NESTED(view_irqs, OBJECT, window, apijson_window_fields, 0),
	COUNTED(view_irqs, "irqs", LIST, irqs, irq_count, one_irq_fields, sizeof(struct view_irq)),
	END
};

static const struct apijson_field all_fields[] = {
	AT(view_all, COUNT, total), AT(view_all, NUMBER, per_second), AT(view_all, COUNT, device_total),
	AT(view_all, NUMBER, device_per_second), END
};

static const struct apijson_field top_fields[] = {
	AT(view_top, TEXT, irq), AT(view_top, TEXT, name), AT(view_top, NUMBER, share), END
};

static const struct apijson_field cpu_fields[] = {
	AT(view_cpu, UINT, cpu),
	AT(view_cpu, BOOL, online),
	AT(view_cpu, INT, node),
	AT(view_cpu, INT, core),
	AT(view_cpu, COUNT, total),
	AT(view_cpu, NUMBER, per_second),
	AT(view_cpu, COUNT, device_total),
	AT(view_cpu, NUMBER, device_per_second),
	AT(view_cpu, NUMBER, share),
	AT(view_cpu, COUNT, irqs),
	NESTED(view_cpu, POINTER, top, top_fields, sizeof(struct view_top)),
	END
};

const struct apijson_field apijson_evenness_fields[] = {
	AT(view_evenness, COUNT, cpus),
	AT(view_evenness, COUNT, max),
	AT(view_evenness, COUNT, min),
	AT(view_evenness, NUMBER, mean),
	AT(view_evenness, NUMBER, imbalance),
	AT(view_evenness, COUNT, spread),
	AT(view_evenness, NUMBER, stdev_percent),
	END
};

static const struct apijson_field summary_fields[] = {
	NESTED(view_summary, OBJECT, window, apijson_window_fields, 0),
	NESTED(view_summary, OBJECT, all, all_fields, 0),
	COUNTED(view_summary, "cpus", LIST, cpus, cpu_count, cpu_fields, sizeof(struct view_cpu)),
	NESTED(view_summary, OBJECT, evenness, apijson_evenness_fields, 0),
	END
};

static const struct apijson_field topology_cpu_fields[] = {
	AT(view_topology_cpu, UINT, cpu),
	AT(view_topology_cpu, INT, node),
	AT(view_topology_cpu, INT, package),
	AT(view_topology_cpu, INT, core),
	AT(view_topology_cpu, TEXT, siblings),
	AT(view_topology_cpu, BOOL, online),
	AT(view_topology_cpu, BOOL, isolated),
	AT(view_topology_cpu, BOOL, nohz_full),
	END
};

static const struct apijson_field topology_fields[] = {
	COUNTED(view_topology, "cpus", LIST, cpus, cpu_count, topology_cpu_fields, sizeof(struct view_topology_cpu)), END
};

static const struct apijson_field health_history_fields[] = {
	NAMED(view_health, "start", TEXT, history.start),
	NAMED(view_health, "end", TEXT, history.end),
	NAMED(view_health, "samples", COUNT, history.samples),
	NAMED(view_health, "bytes", COUNT, history.bytes),
	NAMED(view_health, "capacity_bytes", COUNT, history.capacity_bytes),
	END
};

static const struct apijson_field health_cost_fields[] = {
	NAMED(view_health, "read", COUNT, sampler.cost_microseconds.read),
	NAMED(view_health, "parse", COUNT, sampler.cost_microseconds.parse),
	NAMED(view_health, "store", COUNT, sampler.cost_microseconds.store),
	END
};

static const struct apijson_field health_sampler_fields[] = {
	NAMED(view_health, "interval_seconds", NUMBER, sampler.interval_seconds),
	{ "cost_microseconds", OBJECT, 0, 0, health_cost_fields, 0 },
	NAMED(view_health, "discarded", COUNT, sampler.discarded),
	END
};

static const struct apijson_field health_irqbalance_fields[] = {
	NAMED(view_health, "running", BOOL, irqbalance.running), END
};

/* The nested structs have no names of their own: their fields count from view_health's start. */
static const struct apijson_field health_fields[] = {
	AT(view_health, TEXT, status),
	AT(view_health, NUMBER, last_sample_age_seconds),
	{ "history", OBJECT, 0, 0, health_history_fields, 0 },
	{ "sampler", OBJECT, 0, 0, health_sampler_fields, 0 },
	{ "irqbalance", OBJECT, 0, 0, health_irqbalance_fields, 0 },
	END
};

static const struct apijson_field result_fields[] = {
	AT(change_result, TEXT, irq),
	AT(change_result, TEXT, name),
	AT(change_result, TEXT, before),
	AT(change_result, TEXT, requested),
	AT(change_result, TEXT, affinity),
	AT(change_result, TEXT, effective),
	AT(change_result, TEXT, state),
	AT(change_result, TEXT, code),
	NAMED(change_result, "errno", ERRNO, errno_),
	END
};

static const struct apijson_field change_fields[] = {
	AT(change, TEXT, id),
	AT(change, TEXT, time),
	AT(change, TEXT, by),
	AT(change, TEXT, state),
	AT(change, TEXT, deadline),
	COUNTED(change, "results", LIST, results, result_count, result_fields, sizeof(struct change_result)),
	COUNTED(change, "warnings", TEXTS, warnings, warning_count, NULL, sizeof(char *)),
	END
};

static const struct apijson_field error_fields[] = {
	AT(change_error, TEXT, irq), AT(change_error, TEXT, code), AT(change_error, TEXT, detail), END
};

static const struct apijson_field available_fields[] = {
	AT(apijson_available, TEXT, start), AT(apijson_available, TEXT, end), END
};

static const struct apijson_field problem_fields[] = {
	NAMED(apijson_problem, "status", INT, status),
	NAMED(apijson_problem, "title", TEXT, title),
	NAMED(apijson_problem, "detail", TEXT, detail),
	NAMED(apijson_problem, "code", TEXT, code),
	NAMED(apijson_problem, "errno", ERRNO_MAYBE, errno_),
	COUNTED(apijson_problem, "errors", LIST_MAYBE, errors, error_count, error_fields, sizeof(struct change_error)),
	NESTED(apijson_problem, POINTER_MAYBE, available, available_fields, sizeof(struct apijson_available)),
	END
};

/* What users send, before it is understood. */
struct raw_assignment {
	const char *irq, *cpus;
	uint64_t cpu;
};

struct raw_request {
	struct raw_assignment *assignments;
	size_t count;
	double confirm_within;
	int dry_run;
};

static const struct apijson_field raw_assignment_fields[] = {
	AT(raw_assignment, TEXT, irq), AT(raw_assignment, COUNT, cpu), AT(raw_assignment, TEXT, cpus), END
};

static const struct apijson_field raw_affinity_fields[] = {
	AT(raw_assignment, COUNT, cpu), AT(raw_assignment, TEXT, cpus), END
};

static const struct apijson_field raw_request_fields[] = {
	COUNTED(raw_request, "assignments", LIST, assignments, count, raw_assignment_fields,
		sizeof(struct raw_assignment)),
	AT(raw_request, NUMBER, confirm_within),
	AT(raw_request, BOOL, dry_run),
	END
};

/* What the client sends. */
struct sent_assignment {
	const char *irq, *cpus;
};

struct sent_request {
	struct sent_assignment *assignments;
	size_t count;
	double confirm_within;
	int dry_run;
};

static const struct apijson_field sent_assignment_fields[] = {
	AT(sent_assignment, TEXT, irq), AT(sent_assignment, TEXT, cpus), END
};

static const struct apijson_field sent_request_fields[] = {
	COUNTED(sent_request, "assignments", LIST, assignments, count, sent_assignment_fields,
		sizeof(struct sent_assignment)),
	AT(sent_request, NUMBER_MAYBE, confirm_within),
	AT(sent_request, BOOL, dry_run),
	END
};

char *apijson_overview(const struct view_overview *overview)
{
	return apijson_table_write(overview_fields, overview);
}

char *apijson_summary(const struct view_summary *summary)
{
	return apijson_table_write(summary_fields, summary);
}

char *apijson_irqs(const struct view_irqs *irqs)
{
	return apijson_table_write(irqs_fields, irqs);
}

char *apijson_topology(const struct view_topology *topology)
{
	return apijson_table_write(topology_fields, topology);
}

char *apijson_health(const struct view_health *health)
{
	return apijson_table_write(health_fields, health);
}

char *apijson_change(const struct change *change)
{
	return apijson_table_write(change_fields, change);
}

char *apijson_problem(const struct apijson_problem *problem)
{
	return apijson_table_write(problem_fields, problem);
}

int apijson_read_overview(struct arena *arena, const char *text, size_t length, struct view_overview *overview,
			  const char **error)
{
	memset(overview, 0, sizeof *overview);
	return apijson_table_read(arena, overview_fields, text, length, 0, overview, error);
}

int apijson_read_summary(struct arena *arena, const char *text, size_t length, struct view_summary *summary,
			 const char **error)
{
	memset(summary, 0, sizeof *summary);
	return apijson_table_read(arena, summary_fields, text, length, 0, summary, error);
}

int apijson_read_change(struct arena *arena, const char *text, size_t length, struct change *change,
			const char **error)
{
	memset(change, 0, sizeof *change);
	return apijson_table_read(arena, change_fields, text, length, 0, change, error);
}

int apijson_read_problem(struct arena *arena, const char *text, size_t length, struct apijson_problem *problem,
			 const char **error)
{
	memset(problem, 0, sizeof *problem);
	return apijson_table_read(arena, problem_fields, text, length, 0, problem, error);
}

/* ---- requests ---- */

/* cpu or cpus, one of the two, as a set. */
static int take_cpus(struct arena *arena, const struct raw_assignment *raw, struct cpulist *cpus, const char **error)
{
	int err;

	if ((raw->cpu == VIEW_NONE) == !raw->cpus) {
		*error = raw->cpus ? "either \"cpu\" or \"cpus\" was expected, not both" :
				     "\"cpu\" (a number) or \"cpus\" (a list like \"0-3,8\") was expected";
		return -1;
	}
	if (!raw->cpus) {
		if (raw->cpu > UINT32_MAX) {
			*error = "field \"cpu\": no CPU has a number over 32 bits";
			return -1;
		}
		err = cpulist_add(cpus, (unsigned)raw->cpu, (unsigned)raw->cpu);
	} else {
		err = cpulist_parse(cpus, raw->cpus);
		if (!err && cpus->count == 0)
			err = -EINVAL;
	}
	if (err == -ENOMEM)
		*error = "not enough memory";
	else if (err)
		*error = arena_printf(arena, "field \"cpus\": \"%.60s\" is no list of CPU numbers like \"0-3,8\"",
				      raw->cpus);
	return err ? -1 : 0;
}

static int compare_irqs(const void *a, const void *b)
{
	return strcmp(((const struct raw_assignment *)a)->irq, ((const struct raw_assignment *)b)->irq);
}

/* The IRQ that is named twice, or NULL. Sorts the copy it is given. */
static const char *named_twice(struct raw_assignment *sorted, size_t count)
{
	size_t i;

	qsort(sorted, count, sizeof *sorted, compare_irqs);
	for (i = 1; i < count; i++)
		if (strcmp(sorted[i - 1].irq, sorted[i].irq) == 0)
			return sorted[i].irq;
	return NULL;
}

static int take_assignments(struct arena *arena, struct raw_request *raw, struct apijson_request *request,
			    const char **error)
{
	const char *twice;
	size_t i;

	if (raw->count == 0) {
		*error = "\"assignments\": a list of at least one {\"irq\", \"cpu\" or \"cpus\"} was expected";
		return -1;
	}
	request->assignments = arena_alloc(arena, raw->count, sizeof *request->assignments);
	if (!request->assignments) {
		*error = "not enough memory";
		return -1;
	}
	for (i = 0; i < raw->count; i++) {
		struct raw_assignment *one = &raw->assignments[i];

		if (!one->irq || !*one->irq) {
			*error = arena_printf(arena, "assignment %zu lacks \"irq\"", i + 1);
			return -1;
		}
		request->assignments[i].irq = one->irq;
		request->assignment_count++;
		if (take_cpus(arena, one, &request->assignments[i].cpus, error)) {
			*error = arena_printf(arena, "IRQ \"%.60s\": %s", one->irq, *error);
			return -1;
		}
	}
	twice = named_twice(raw->assignments, raw->count);
	if (twice)
		*error = arena_printf(arena, "IRQ \"%.60s\" is named twice", twice);
	return twice ? -1 : 0;
}

/* raw, understood; nothing of it is left when it is refused. */
static int take_request(struct arena *arena, struct raw_request *raw, struct apijson_request *request,
			const char **error)
{
	request->confirm_within = raw->confirm_within;
	request->dry_run = raw->dry_run == 1;
	if (take_assignments(arena, raw, request, error) == 0)
		return 0;
	apijson_request_free(request);
	if (!*error)
		*error = "not enough memory";
	return -1;
}

int apijson_read_request(struct arena *arena, const char *text, size_t length, struct apijson_request *request,
			 const char **error)
{
	struct raw_request raw;

	memset(request, 0, sizeof *request);
	memset(&raw, 0, sizeof raw);
	if (apijson_table_read(arena, raw_request_fields, text, length, 1, &raw, error))
		return -1;
	return take_request(arena, &raw, request, error);
}

int apijson_read_affinity(struct arena *arena, const char *text, size_t length, const char *irq,
			  struct apijson_request *request, const char **error)
{
	struct raw_assignment one;
	struct raw_request raw = { &one, 1, NAN, 0 };

	memset(request, 0, sizeof *request);
	memset(&one, 0, sizeof one);
	if (apijson_table_read(arena, raw_affinity_fields, text, length, 1, &one, error))
		return -1;
	one.irq = irq;
	return take_request(arena, &raw, request, error);
}

void apijson_request_free(struct apijson_request *request)
{
	size_t i;

	for (i = 0; i < request->assignment_count; i++)
		cpulist_free(&request->assignments[i].cpus);
	memset(request, 0, sizeof *request);
}

char *apijson_request(const struct apijson_request *request)
{
	struct sent_request sent = { NULL, request->assignment_count, request->confirm_within, request->dry_run };
	struct arena arena = { NULL };
	char *text = NULL;
	size_t i;

	sent.assignments = arena_alloc(&arena, sent.count, sizeof *sent.assignments);
	for (i = 0; sent.assignments && i < sent.count; i++) {
		char *cpus = cpulist_format(&request->assignments[i].cpus);

		sent.assignments[i].irq = request->assignments[i].irq;
		sent.assignments[i].cpus = arena_strdup(&arena, cpus);
		free(cpus);
		if (!sent.assignments[i].cpus)
			sent.assignments = NULL;
	}
	if (sent.assignments)
		text = apijson_table_write(sent_request_fields, &sent);
	arena_free(&arena);
	return text;
}
