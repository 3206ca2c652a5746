/*
 * The service's answers, judged: what is no success is told on stderr and
 * becomes an exit code. Uses http and apijson; feeds the commands.
 */
#ifndef API_H
#define API_H

#include "http.h"
#include "options.h"

#include <stddef.h>
#include <stdio.h>

/*
 * GET of path at options->url, POST of json if that is not NULL. CMD_DONE, and
 * *answer is a success that the caller frees (http_free); else an exit code,
 * the reason said, *answer empty, and with --json the API's problem written
 * to out.
 */
int api_ask(const struct options *options, const char *path, const struct http_parameter *parameters, size_t count,
	    const char *json, FILE *out, struct http_answer *answer);

/* Says that a success could not be read, for this reason; CMD_FAILED. */
int api_unreadable(const struct options *options, const char *why);

/* The answer as it came, with a newline at its end. */
void api_raw(const struct http_answer *answer, FILE *out);

#endif
