/* Answers and problems before they are sent; fed by route and api_*, feeds main; see response.h. */
#include "response.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *code;
	int status;
	const char *title;
} problems[] = {
	{ "bad_request", 400, "Bad request" },
	{ "cross_site", 403, "Write from another site" },
	{ "read_only", 403, "Read-only" },
	{ "permission", 403, "No permission" },
	{ "not_found", 404, "Not found" },
	{ "no_such_irq", 404, "No such IRQ" },
	{ "method_not_allowed", 405, "Method not allowed" },
	{ "managed", 409, "Managed by the kernel" },
	{ "per_cpu", 409, "Per-CPU interrupt" },
	{ "no_affinity", 409, "Has no affinity" },
	{ "vectors_full", 409, "No interrupt vector left" },
	{ "busy", 409, "A move is under way" },
	{ "conflict", 409, "Changed by another meanwhile" },
	{ "too_large", 413, "Body too large" },
	{ "not_json", 415, "Not JSON" },
	{ "no_history", 416, "No history for this time" },
	{ "unknown_host", 421, "Unknown host" },
	{ "bad_cpu", 422, "No such CPU" },
	{ "internal", 500, "Internal error" },
	{ "no_data", 503, "No data yet" },
};

static const char no_memory[] =
	"{\"status\":500,\"title\":\"Internal error\",\"detail\":\"out of memory\",\"code\":\"internal\"}";

static const char *reason_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 413:
		return "Payload Too Large";
	case 415:
		return "Unsupported Media Type";
	case 416:
		return "Range Not Satisfiable";
	case 421:
		return "Misdirected Request";
	case 422:
		return "Unprocessable Entity";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void set_body(struct response *response, int status, const char *content_type, char *text)
{
	free(response->owned);
	response->status = status;
	response->content_type = content_type;
	response->owned = text;
	response->body = text;
	response->length = text ? strlen(text) : 0;
}

static void answer_no_memory(struct response *response)
{
	set_body(response, 500, "application/problem+json", NULL);
	response->body = no_memory;
	response->length = sizeof no_memory - 1;
	response->no_store = true;
	response->etag[0] = '\0';
}

void response_json(struct response *response, int status, char *text)
{
	if (text)
		set_body(response, status, "application/json", text);
	else
		answer_no_memory(response);
}

void response_problem_full(struct response *response, struct apijson_problem *problem)
{
	size_t i;
	char *text;

	problem->status = 500;
	problem->title = "Internal error";
	for (i = 0; i < sizeof problems / sizeof *problems; i++)
		if (strcmp(problems[i].code, problem->code) == 0) {
			problem->status = problems[i].status;
			problem->title = problems[i].title;
		}
	text = apijson_problem(problem);
	if (!text) {
		answer_no_memory(response);
		return;
	}
	set_body(response, problem->status, "application/problem+json", text);
	response->no_store = true;
	response->etag[0] = '\0';
}

void response_problem(struct response *response, const char *code, int errno_, const char *format, ...)
{
	struct apijson_problem problem;
	char *detail;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&detail, format, args);
	va_end(args);
	if (n < 0) {
		answer_no_memory(response);
		return;
	}
	memset(&problem, 0, sizeof problem);
	problem.code = code;
	problem.detail = detail;
	problem.errno_ = errno_;
	response_problem_full(response, &problem);
	free(detail);
}

/* FNV-1a: tags need to differ, not to withstand anybody. */
uint64_t response_hash(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 1099511628211u;
	return hash;
}

void response_tag(struct response *response, uint64_t hash)
{
	snprintf(response->etag, sizeof response->etag, "W/\"%016llx\"", (unsigned long long)hash);
}

/* Tags are compared without W/, as RFC 7232 has it for this header. */
bool response_matches(const char *if_none_match, const char *etag)
{
	const char *p = if_none_match;
	size_t length;

	if (!p || !*etag)
		return false;
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	length = strlen(etag);
	for (;;) {
		p += strspn(p, " \t,");
		if (*p == '*')
			return true;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (*p != '"')
			return false;
		if (strncmp(p, etag, length) == 0)
			return true;
		p = strchr(p + 1, '"');
		if (!p)
			return false;
		p++;
	}
}

void response_not_modified(struct response *response)
{
	set_body(response, 304, NULL, NULL);
}

char *response_head(const struct response *response)
{
	bool cached = !response->no_store && (response->status == 200 || response->status == 304);
	char type[128] = "", length[64] = "", *head;

	if (response->status != 304) {
		snprintf(type, sizeof type, "Content-Type: %s\r\n", response->content_type);
		snprintf(length, sizeof length, "Content-Length: %zu\r\n", response->length);
	}
	if (asprintf(&head, "Status: %d %s\r\n%s%s%s%s%s%s%s%sCache-Control: %s\r\n\r\n",
		     response->status, reason_phrase(response->status), type, length,
		     response->allow[0] ? "Allow: " : "", response->allow, response->allow[0] ? "\r\n" : "",
		     cached && response->etag[0] ? "ETag: " : "", cached ? response->etag : "",
		     cached && response->etag[0] ? "\r\n" : "", cached ? "no-cache" : "no-store") < 0)
		return NULL;
	return head;
}

void response_free(struct response *response)
{
	free(response->owned);
	memset(response, 0, sizeof *response);
}
