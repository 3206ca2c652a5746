/* The service's answers, judged; see api.h. */
#include "api.h"

#include "apijson.h"
#include "cmd.h"
#include "say.h"

#include <string.h>

void api_raw(const struct http_answer *answer, FILE *out)
{
	fwrite(answer->body, 1, answer->length, out);
	if (!answer->length || answer->body[answer->length - 1] != '\n')
		fputc('\n', out);
}

int api_unreadable(const struct options *options, const char *why)
{
	say_error("%s does not answer as irqpilot does: %s", options->url, why);
	return CMD_FAILED;
}

static int unreachable(const struct options *options, const char *why)
{
	say_error("%s: %s; is irqpilot running? start it with `make run` in the checkout or `service irqpilot start`; "
		  "--url or IRQCLIENT_URL names another", options->url, why);
	return CMD_UNREACHABLE;
}

static int no_answer(const struct options *options, const struct http_answer *answer, const char *json)
{
	switch (answer->outcome) {
	case HTTP_UNREACHABLE:
		return unreachable(options, answer->error);
	case HTTP_BROKE_OFF:
		if (json)
			say_error("whether the change was made is not known: look with irqclient overview -J");
		return unreachable(options, answer->error);
	case HTTP_BAD_URL:
		say_usage("the URL %s: %s", options->url, answer->error);
		return CMD_USAGE;
	default:
		return api_unreadable(options, answer->error);
	}
}

/* A status that is no success, without the API's problem in it. */
static int bare_status(const struct options *options, int status)
{
	if (status == 502 || status == 504)
		return unreachable(options, "its web server runs, but irqpilot behind it does not answer");
	if (status >= 300 && status < 400)
		say_error("%s answers with a redirect (%d), which irqclient does not follow: give the address itself with --url",
			  options->url, status);
	else
		say_error("%s answers with status %d and no reason: is that irqpilot's address? --url names another",
			  options->url, status);
	return CMD_FAILED;
}

static int problem(const struct options *options, const struct http_answer *answer, bool post, FILE *out)
{
	struct apijson_problem problem;
	struct arena arena = { NULL };
	const char *error, *said;
	int code = CMD_FAILED;
	size_t i;

	memset(&problem, 0, sizeof problem);
	if (!answer->body || apijson_read_problem(&arena, answer->body, answer->length, &problem, &error)) {
		arena_free(&arena);
		return bare_status(options, answer->status);
	}
	if (options->json)
		api_raw(answer, out);
	said = problem.detail ? problem.detail : problem.title ? problem.title : "refused without a reason";
	if (answer->status == 502 || answer->status == 504) { /* the web server says what to do */
		say_error("%s: %s", options->url, said);
		code = CMD_UNREACHABLE;
	} else {
		say_error("%s", said);
		if (answer->status == 400 && !post)
			code = CMD_USAGE;
	}
	for (i = 0; i < problem.error_count; i++) {
		const struct change_error *e = &problem.errors[i];

		say_error("  IRQ %s, %s: %s", e->irq ? e->irq : "?", e->code ? e->code : "no code",
			  e->detail ? e->detail : "no reason given");
	}
	if (problem.available && problem.available->start && problem.available->end &&
	    !strstr(said, problem.available->start))
		say_error("  there are samples from %s to %s", problem.available->start, problem.available->end);
	arena_free(&arena);
	return code;
}

int api_ask(const struct options *options, const char *path, const struct http_parameter *parameters, size_t count,
	    const char *json, FILE *out, struct http_answer *answer)
{
	int code;

	if (json)
		http_post(options->url, path, json, answer);
	else
		http_get(options->url, path, parameters, count, answer);
	if (answer->outcome != HTTP_ANSWERED)
		code = no_answer(options, answer, json);
	else if (answer->status < 200 || answer->status > 299)
		code = problem(options, answer, json != NULL, out);
	else if (!answer->body)
		code = api_unreadable(options, "its answer is empty");
	else
		return CMD_DONE;
	http_free(answer);
	return code;
}
