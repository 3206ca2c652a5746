/* PUT an affinity and POST a set of changes: asks, checks, applies, tells; fed by route, uses change. */
#include "api.h"
#include "change.h"
#include "log.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define BY_MAX 256  /* bytes of who asked */
#define LOGGED_IRQS 16

/* Unique among workers, and in order of time: "20260102T030405.678901-1234". */
static const char *make_id(struct call *call)
{
	char text[CLOCK_TEXT];
	int64_t us = call->now.real_us % 1000000;

	clock_rfc3339(text, call->now.real_us);
	return arena_printf(&call->arena, "%.4s%.2s%.2sT%.2s%.2s%.2s.%06lld-%ld", text, text + 5, text + 8, text + 11,
			    text + 14, text + 17, (long long)(us < 0 ? us + 1000000 : us), (long)getpid());
}

/* Address and user agent, fit for a log and a terminal. */
static const char *make_by(struct call *call)
{
	const struct request *request = call->request;
	char *by = arena_printf(&call->arena, "%.64s%s%.*s", request->remote_addr ? request->remote_addr : "unknown",
				request->user_agent ? " " : "", BY_MAX, request->user_agent ? request->user_agent : "");
	char *p, *to = by;

	for (p = by; p && *p; p++)
		if ((unsigned char)*p >= ' ' && *p != 127)
			*to++ = (unsigned char)*p < 127 ? *p : '?';
	if (to)
		*to = '\0';
	return by;
}

static void log_change(struct call *call, const struct change *change)
{
	const char *list = "";
	size_t i;

	for (i = 0; list && i < change->result_count && i < LOGGED_IRQS; i++) {
		const struct change_result *result = &change->results[i];

		list = arena_printf(&call->arena, "%s; %s (%s) from %s to %s: %s%s%s", list, result->irq,
				    result->name ? result->name : "no name", result->before ? result->before : "unknown",
				    result->requested, result->state, result->code ? " " : "",
				    result->code ? result->code : "");
	}
	log_info("change %s by %s: %s%s%s", change->id, change->by, change->state, list ? list : "",
		 change->result_count > LOGGED_IRQS ? "; …" : "");
}

static int warn(struct call *call, struct change *change, const char *text)
{
	if (!text)
		return -ENOMEM;
	if (!change->warnings) {
		change->warnings = arena_alloc(&call->arena, 2, sizeof *change->warnings);
		if (!change->warnings)
			return -ENOMEM;
	}
	change->warnings[change->warning_count++] = text;
	return 0;
}

/* What the state alone does not tell. */
static int add_warnings(struct call *call, struct change *change)
{
	size_t pending = 0, i;
	int err = 0;

	for (i = 0; i < change->result_count; i++)
		pending += strcmp(change->results[i].state, "pending") == 0;
	if (pending)
		err = warn(call, change, arena_printf(&call->arena, "Pending (%zu of %zu): such an IRQ moves when it fires "
						      "the next time.", pending, change->result_count));
	if (!err && api_irqbalance(call->api->proc) == 1)
		err = warn(call, change, "irqbalance is running and may move these IRQs again; stop it or ban them there.");
	return err;
}

/* Whether every assignment can be; false: answered. For a PUT (alone) the problem is the answer, for a set a list. */
static bool check(struct call *call, const struct apijson_request *asked, bool alone)
{
	struct change_place place = { call->api->proc, call->api->sys };
	struct apijson_problem problem;
	struct change_error *errors;
	size_t count;
	int err = change_check(&call->arena, &place, asked->assignments, asked->assignment_count, &errors, &count);

	if (err < 0) {
		api_no_memory(call);
	} else if (err) {
		memset(&problem, 0, sizeof problem);
		problem.code = errors[0].code;
		problem.detail = errors[0].detail;
		if (!alone) {
			problem.errors = errors;
			problem.error_count = count;
			problem.detail = arena_printf(&call->arena, "Nothing was changed: %zu of %zu assignments cannot be. %s",
						      count, asked->assignment_count, errors[0].detail);
		}
		response_problem_full(call->response, &problem);
	}
	return err == 0;
}

/* Applies what was checked; false: answered. */
static bool apply(struct call *call, const struct apijson_request *asked, struct change *change)
{
	struct change_place place = { call->api->proc, call->api->sys };
	char text[CLOCK_TEXT];
	bool dry_run = asked->dry_run;
	int err = 0;

	memset(change, 0, sizeof *change);
	change->time = arena_strdup(&call->arena, clock_rfc3339(text, call->now.real_us));
	change->by = make_by(call);
	change->id = dry_run ? NULL : make_id(call);
	if (!change->time || !change->by || (!dry_run && !change->id))
		err = -ENOMEM;
	if (!err)
		err = change_apply(&call->arena, &place, asked->assignments, asked->assignment_count, dry_run, change);
	if (!dry_run)
		api_changed(call->api, &call->now);
	if (!err)
		err = add_warnings(call, change);
	if (err)
		api_no_memory(call);
	else if (!dry_run)
		log_change(call, change);
	return !err;
}

/* A PUT that the kernel refuses is the error itself. */
static void answer_refused(struct call *call, const struct change_result *result)
{
	response_problem(call->response, result->code, result->errno_, "IRQ %s (%s) was not set to CPU %s%s%s: %s.",
			 result->irq, result->name ? result->name : "no name", result->requested,
			 result->errno_ ? ", the kernel says " : "", result->errno_ ? strerror(result->errno_) : "",
			 change_explain(result->code));
}

void api_set_affinity(struct call *call)
{
	const struct request *request = call->request;
	struct apijson_request asked;
	struct change change;
	const char *error = "no JSON";

	memset(&asked, 0, sizeof asked);
	if (apijson_read_affinity(&call->arena, request->body ? request->body : "", request->body_length, call->irq, &asked,
				  &error) != 0)
		response_problem(call->response, "bad_request", 0,
				 "The body is not {\"cpu\": 1} or {\"cpus\": \"0-3\"}: %s", error);
	else if (!check(call, &asked, true) || !apply(call, &asked, &change))
		; /* answered */
	else if (strcmp(change.results[0].state, "failed") == 0)
		answer_refused(call, &change.results[0]);
	else
		response_json(call->response, 200, apijson_change(&change));
	apijson_request_free(&asked);
}

void api_make_change(struct call *call)
{
	const struct request *request = call->request;
	struct apijson_request asked;
	struct change change;
	const char *error = "no JSON";

	memset(&asked, 0, sizeof asked);
	if (apijson_read_request(&call->arena, request->body ? request->body : "", request->body_length, &asked, &error) != 0)
		response_problem(call->response, "bad_request", 0, "The body is not "
				 "{\"assignments\": [{\"irq\": \"41\", \"cpu\": 1}, …], \"dry_run\": false}: %s", error);
	else if (!isnan(asked.confirm_within))
		response_problem(call->response, "bad_request", 0, "\"confirm_within\" is not available yet: this version "
				 "does not take a change back by itself. Leave it out.");
	else if (check(call, &asked, false) && apply(call, &asked, &change))
		response_json(call->response, asked.dry_run ? 200 : 201, apijson_change(&change));
	apijson_request_free(&asked);
}
