/* What the endpoints share: the history, tags of answers, changes told to other workers; see api.h. */
#include "api.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void api_no_memory(struct call *call)
{
	response_json(call->response, 500, NULL);
}

void api_too_large(struct call *call)
{
	response_problem(call->response, "internal", 0, "The counts of this window do not fit 63 bits.");
}

bool api_has_cpus(struct call *call, const struct cpulist *there, const char *which)
{
	const struct cpulist *asked = &call->query.cpus;
	struct cpulist missing = { NULL, 0 };
	char *bad = NULL, *list = NULL;
	int err = cpulist_subtract(&missing, asked, there);

	if (!err && missing.count) {
		bad = cpulist_format(&missing);
		list = cpulist_format(there);
		err = bad && list ? 1 : -ENOMEM;
	}
	if (err < 0)
		api_no_memory(call);
	else if (err)
		response_problem(call->response, "bad_cpu", 0, "Parameter \"cpus\" names CPU %.200s: not among those that %s, "
				 "%.200s.", bad, which, list);
	free(bad);
	free(list);
	cpulist_free(&missing);
	return !err;
}

void api_close(struct api *api)
{
	if (api->reader)
		history_close_reader(api->reader);
	api->reader = NULL;
}

/* Why the history cannot be opened. An errno is told where it is the kernel's, not where the file itself is at fault. */
static void answer_unopened(struct call *call, int err, const char *why)
{
	const char *path = call->api->history;

	if (err == -ENOMEM)
		api_no_memory(call);
	else if (why && err == -ENOENT)
		response_problem(call->response, "no_data", ENOENT, "There is no history yet: %s. Is irqsampler running?", why);
	else if (why && (err == -EINVAL || err == -ENOTSUP))
		response_problem(call->response, "no_data", 0, "The history cannot be used: %s. irqsampler sets it aside "
				 "and begins a new one; is it running?", why);
	else
		response_problem(call->response, "no_data", -err, "The history cannot be read: %s%s%s.", why ? why : path,
				 why ? "" : ": ", why ? "" : strerror(-err));
}

/* False: answered. */
static bool open_history(struct call *call)
{
	struct api *api = call->api;
	char *why = NULL;
	int err;

	if (api->reader)
		return true;
	err = history_open_reader(&api->reader, api->history, &why);
	if (err) {
		api->reader = NULL;
		answer_unopened(call, err, why);
	}
	free(why);
	return !err;
}

/* Why the history that is open does not answer: errors of its own, none of them the kernel's. */
static void answer_unread(struct call *call, int err)
{
	const char *path = call->api->history;

	if (err == -ENOMEM)
		api_no_memory(call);
	else if (err == -ENODATA)
		response_problem(call->response, "no_data", 0, "The history %s has no sample yet. Is irqsampler running?", path);
	else if (err == -EIO)
		response_problem(call->response, "no_data", 0, "The history %s is damaged, or is being overwritten faster than "
				 "it can be read; ask for a shorter window.", path);
	else if (err == -EOVERFLOW)
		api_too_large(call);
	else
		response_problem(call->response, "no_data", 0, "The history %s was just removed or replaced; ask again.", path);
}

bool api_range(struct call *call, struct history_range *range)
{
	int err;

	memset(range, 0, sizeof *range);
	if (!open_history(call))
		return false;
	err = history_range(call->api->reader, range);
	if (err && err != -ENOMEM && err != -ENODATA) {
		/* what is there now? to open it tells what is wrong with it */
		api_close(call->api);
		if (!open_history(call))
			return false;
		err = history_range(call->api->reader, range);
	}
	if (err)
		answer_unread(call, err);
	return !err;
}

/* The sampler is at work, so that a later sample will make another answer. */
static bool is_fresh(const struct call *call, const struct history_range *range)
{
	int64_t age = call->now.real_us - range->end_us, limit = 3 * (int64_t)range->sampler.interval_us + 1000000;

	return age >= 0 && age <= limit;
}

/* What the answer depends on: the last sample, what was changed since, and the question. */
static void tag(const struct call *call, const struct history_range *range)
{
	const char *query = call->request->query ? call->request->query : "";
	uint64_t hash = RESPONSE_HASH;
	struct stat st;

	hash = response_hash(hash, &range->serial, sizeof range->serial);
	hash = response_hash(hash, &range->end_us, sizeof range->end_us);
	if (call->api->state && stat(call->api->state, &st) == 0) {
		hash = response_hash(hash, &st.st_mtim.tv_sec, sizeof st.st_mtim.tv_sec);
		hash = response_hash(hash, &st.st_mtim.tv_nsec, sizeof st.st_mtim.tv_nsec);
	}
	hash = response_hash(hash, call->request->path, strlen(call->request->path) + 1);
	hash = response_hash(hash, query, strlen(query));
	response_tag(call->response, hash);
}

void api_changed(struct api *api, const struct clock_now *now)
{
	struct timespec times[2];

	if (!api->state)
		return;
	times[0].tv_sec = (time_t)(now->real_us / 1000000);
	times[0].tv_nsec = (long)(now->real_us % 1000000) * 1000;
	times[1] = times[0];
	if (utimensat(AT_FDCWD, api->state, times, 0) != 0)
		log_warning("cannot mark %s (%s): answers may show affinities of up to one sample ago", api->state,
			    strerror(errno));
}

static void answer_range(struct call *call, const struct history_range *range)
{
	char start[CLOCK_TEXT], end[CLOCK_TEXT];
	struct apijson_available available;
	struct apijson_problem problem;

	memset(&problem, 0, sizeof problem);
	problem.code = "no_history";
	available.start = clock_rfc3339(start, range->start_us);
	available.end = clock_rfc3339(end, range->end_us);
	problem.available = &available;
	problem.detail = arena_printf(&call->arena, "Nothing was recorded in the time asked for; the history has %s to %s.",
				      start, end);
	response_problem_full(call->response, &problem);
}

/* The window that was meant, now that the last sample is known. */
static struct history_question question_of(const struct query *query, const struct history_range *range)
{
	struct history_question question = { query->start_us, query->end_us };

	if (query->to_last && query->window_us) {
		question.end_us = range->end_us;
		question.start_us = range->end_us - query->window_us;
	} else if (query->to_last && query->start_us < range->end_us) {
		question.end_us = range->end_us;
	}
	return question;
}

/* Whether the client has this very answer. "*" is any answer: that waits until there is one. */
static bool is_known(const struct call *call)
{
	const char *tags = call->request->if_none_match;

	return tags && !strchr(tags, '*') && response_matches(tags, call->response->etag);
}

bool api_window(struct call *call, bool by_sample, struct window *window)
{
	struct history_question question;
	struct history_range range;
	int err;

	if (!api_range(call, &range))
		return false;
	question = question_of(&call->query, &range);
	/*
	 * An answer relative to now stays the same until the next sample, if there will be one, and if the window does
	 * not leave the last one behind meanwhile.
	 */
	if (by_sample && is_fresh(call, &range) && question.start_us <= range.end_us) {
		tag(call, &range);
		if (is_known(call)) {
			response_not_modified(call->response);
			return false;
		}
	}
	err = question.start_us > call->now.real_us ? -ERANGE : history_window(call->api->reader, &question, window);
	if (!err)
		return true;
	if (err == -ERANGE)
		answer_range(call, &range);
	else
		answer_unread(call, err);
	window_free(window);
	return false;
}
