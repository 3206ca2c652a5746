/* GET plan: which CPU each device's IRQ should have; fed by route, uses view for loads, plan to decide. */
#include "api.h"
#include "plan.h"
#include "plan_input.h"
#include "topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a plan is made of; loads and places are the arena's. */
struct making {
	struct window window;
	struct topology topology;
	struct cpulist cpus; /* that may be used */
	struct view_overview rows;
	struct plan_input_ask ask;
	struct plan plan;
};

/* The CPUs that are online, or, without /sys, those of the window; the caller frees it. */
static int find_online(const struct making *making, struct cpulist *online)
{
	const struct cpulist *from = making->topology.online.count ? &making->topology.online : &making->window.cpus;
	size_t i;
	int err = 0;

	memset(online, 0, sizeof *online);
	for (i = 0; !err && i < from->count; i++)
		err = cpulist_add(online, from->ranges[i].first, from->ranges[i].last);
	return err;
}

/* Which CPUs may be used; false: answered. */
static bool choose_cpus(struct call *call, struct making *making)
{
	const struct query *query = &call->query;
	struct cpulist online;
	bool good = true;
	int err = find_online(making, &online);

	if (!err)
		good = api_has_cpus(call, &online, "are online");
	if (!err && good)
		err = plan_input_cpus(&making->cpus, &making->topology, &making->rows, query->cpus.count ? &query->cpus : NULL,
				      query->excluded.count ? &query->excluded : NULL);
	if (err)
		api_no_memory(call);
	else if (good && !making->cpus.count) {
		good = false;
		response_problem(call->response, "bad_cpu", 0, "No CPU is left that may take interrupts: all are %s. "
				 "Parameter \"cpus\" names those that may.",
				 query->excluded.count ? "excluded or isolated" : "isolated");
	}
	cpulist_free(&online);
	return !err && good;
}

/* A window in which nothing is known to have fired or not; answered. */
static void answer_unknown(struct call *call, const struct making *making)
{
	struct apijson_available available = { making->rows.window.start, making->rows.window.end };
	struct apijson_problem problem;

	memset(&problem, 0, sizeof problem);
	problem.code = "no_history";
	problem.available = &available;
	problem.detail = "This window has but one sample, so what fired in it is not known: a plan takes two. Ask for a "
			 "longer window, or a second later.";
	response_problem_full(call->response, &problem);
}

/* Where those rows go today that the plan may touch. */
static int add_places(struct call *call, struct making *making)
{
	struct view_filter filter = { .irqs = call->query.irqs, .device = call->query.device };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < making->rows.irq_count; i++)
		if (view_filter_has(&filter, &making->rows.irqs[i]))
			err = api_places(call, &making->window, &making->rows.irqs[i], 1, false);
	return err;
}

static void ask_for(const struct query *query, struct making *making)
{
	struct plan_input_ask *ask = &making->ask;

	ask->rows = &making->rows;
	ask->topology = &making->topology;
	ask->cpus = &making->cpus;
	ask->irqs = query->irqs;
	ask->device = query->device;
	ask->local = query->local;
}

/* 0; -ENOMEM, -EOVERFLOW; or -EINVAL with *error. */
static int decide(struct call *call, struct making *making, const char **error)
{
	const struct query *query = &call->query;
	struct plan_options options = { query->tolerance_percent, query->moves, query->fresh };
	struct plan_input input;
	int err = add_places(call, making);

	if (!err)
		err = plan_input_make(&call->arena, &making->ask, &input);
	if (!err)
		err = plan_make(&call->arena, &input, &options, &making->plan, error);
	if (!err)
		err = plan_input_tell(&call->arena, &making->ask, &making->plan);
	return err;
}

static void answer(struct call *call, struct making *making)
{
	struct view_filter all = { .all = true };
	const char *error = "";
	int err = view_overview(&call->arena, &making->window, &all, &making->rows);

	if (!err)
		err = topology_read(&making->topology, call->api->sys);
	if (err) {
		api_no_memory(call);
		return;
	}
	if (plan_input_unknown(&making->rows)) {
		answer_unknown(call, making);
		return;
	}
	if (!choose_cpus(call, making))
		return;
	ask_for(&call->query, making);
	err = decide(call, making, &error);
	if (err == -EINVAL)
		response_problem(call->response, "bad_cpu", 0, "There is no plan: %s.", error);
	else if (err == -EOVERFLOW)
		response_problem(call->response, "internal", 0, "The counts of this window add up to more than 2^62.");
	else if (err)
		api_no_memory(call);
	else
		response_json(call->response, 200, apijson_plan(&making->plan));
}

void api_plan(struct call *call)
{
	struct making making;

	memset(&making, 0, sizeof making);
	if (!api_window(call, true, &making.window))
		return;
	answer(call, &making);
	cpulist_free(&making.cpus);
	topology_free(&making.topology);
	window_free(&making.window);
}
