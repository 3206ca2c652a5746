/* The table of endpoints and what is refused before any work; fed by main, feeds api_*; see route.h. */
#include "route.h"
#include "url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* All there is. {irq} is a label. */
static const struct endpoint {
	const char *method, *path;
	void (*answer)(struct call *call);
	unsigned takes; /* parameters (query.h) */
	bool body;      /* a JSON object */
} endpoints[] = {
	{ "GET", "/api/v1/overview", api_overview, QUERY_WINDOW | QUERY_ROWS, false },
	{ "GET", "/api/v1/summary", api_summary, QUERY_WINDOW, false },
	{ "GET", "/api/v1/irqs/{irq}", api_irq, QUERY_WINDOW, false },
	{ "PUT", "/api/v1/irqs/{irq}/affinity", api_set_affinity, 0, true },
	{ "GET", "/api/v1/plan", api_plan, QUERY_WINDOW | QUERY_PLAN, false },
	{ "POST", "/api/v1/changes", api_make_change, 0, true },
	{ "GET", "/api/v1/topology", api_topology, 0, false },
	{ "GET", "/api/v1/health", api_health, 0, false },
};
#define ENDPOINTS (sizeof endpoints / sizeof *endpoints)

/* The segments of a path, decoded. */
struct path {
	const char **segments;
	size_t count;
};

/* 0; 1: no path of ours, *fault set if it cannot even be decoded; -ENOMEM. */
static int split_path(struct arena *arena, const char *raw, struct path *path, const char **fault)
{
	const char *p;
	size_t count = 0;

	*fault = NULL;
	path->count = 0;
	if (*raw != '/')
		return 1;
	for (p = raw; *p; p++)
		count += *p == '/';
	path->segments = arena_alloc(arena, count, sizeof *path->segments);
	if (!path->segments)
		return -ENOMEM;
	for (p = raw; *p;) {
		size_t length = strcspn(++p, "/");
		char *segment = arena_alloc(arena, length + 1, 1);

		if (!segment)
			return -ENOMEM;
		*fault = url_decode(p, length, false, segment);
		/* a server before us might have taken these for another path */
		if (*fault || !*segment || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
			return 1;
		path->segments[path->count++] = segment;
		p += length;
	}
	return 0;
}

/* Whether path is that endpoint's; *irq is its {irq}. */
static bool matches(const struct endpoint *endpoint, const struct path *path, const char **irq)
{
	const char *p = endpoint->path;
	size_t i;

	for (i = 0; i < path->count; i++) {
		const char *segment = path->segments[i];
		size_t length;

		if (*p++ != '/')
			return false;
		length = strcspn(p, "/");
		if (length == 5 && memcmp(p, "{irq}", 5) == 0)
			*irq = segment;
		else if (strlen(segment) != length || memcmp(p, segment, length) != 0)
			return false;
		p += length;
	}
	return !*p;
}

static void allow(struct response *response, const char *method)
{
	size_t used = strlen(response->allow);

	strncat(response->allow, used ? ", " : "", sizeof response->allow - used - 1);
	strncat(response->allow, method, sizeof response->allow - strlen(response->allow) - 1);
	if (strcmp(method, "GET") == 0)
		strncat(response->allow, ", HEAD", sizeof response->allow - strlen(response->allow) - 1);
}

/* The endpoint of this path and method; NULL: answered with 404, 405, 400. */
static const struct endpoint *find(struct call *call)
{
	const char *method = call->request->method ? call->request->method : "", *fault, *irq;
	struct path path;
	size_t i;
	int err = split_path(&call->arena, call->request->path, &path, &fault);

	if (err < 0)
		api_no_memory(call);
	else if (fault)
		response_problem(call->response, "bad_request", 0, "The path has %s.", fault);
	if (err < 0 || fault)
		return NULL;
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (i = 0; !err && i < ENDPOINTS; i++) {
		if (!matches(&endpoints[i], &path, &irq))
			continue;
		if (strcmp(endpoints[i].method, method) == 0) {
			call->irq = irq;
			call->response->allow[0] = '\0';
			return &endpoints[i];
		}
		allow(call->response, endpoints[i].method);
	}
	if (call->response->allow[0])
		response_problem(call->response, "method_not_allowed", 0, "%.20s does not work on %.200s; it takes %s.", method,
				 call->request->path, call->response->allow);
	else
		response_problem(call->response, "not_found", 0,
				 "There is nothing at %.200s; the API is below /api/v1/ (overview, summary, irqs/{irq}, "
				 "plan, changes, topology, health).", call->request->path);
	return NULL;
}

/* "application/json", perhaps with parameters. */
static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t length = sizeof json - 1;

	return content_type && strncasecmp(content_type, json, length) == 0 &&
	       (!content_type[length] || strchr("; \t", content_type[length]));
}

/* Whether a write may be; false: answered. */
static bool may_write(struct call *call)
{
	const struct request *request = call->request;

	if (call->api->read_only)
		response_problem(call->response, "read_only", 0,
				 "This service changes nothing: it was started with --read-only (READ_ONLY=yes).");
	else if (request->origin && !host_is_origin(request->host, request->origin))
		response_problem(call->response, "cross_site", 0,
				 "The page that asks for this change is from %.100s, not from %.100s.", request->origin,
				 request->host ? request->host : "here");
	else
		return true;
	return false;
}

/* Whether the body can be read at all; false: answered. */
static bool has_body(struct call *call)
{
	const struct request *request = call->request;
	size_t length;
	int told = request_content_length(request, &length);

	if (!is_json(request->content_type))
		response_problem(call->response, "not_json", 0, "The body is of type %.100s: expected "
				 "Content-Type: application/json.",
				 request->content_type ? request->content_type : "none");
	else if (length > REQUEST_BODY_MAX || request->body_length > REQUEST_BODY_MAX)
		response_problem(call->response, "too_large", 0, "The body is larger than %zu bytes.", REQUEST_BODY_MAX);
	else if (told < 0)
		response_problem(call->response, "bad_request", 0, "Content-Length is \"%.40s\": expected a number of bytes.",
				 request->content_length);
	else if (request->body_length < length)
		response_problem(call->response, "bad_request", 0,
				 "The body ends after %zu bytes of the %zu that Content-Length promised.",
				 request->body_length, length);
	else
		return true;
	return false;
}

/* All that is refused before any work, in the order that API.md gives. NULL: answered. */
static const struct endpoint *admit(struct call *call)
{
	const struct request *request = call->request;
	const struct endpoint *endpoint;
	const char *fault;
	int err;

	if (!host_known(&call->api->names, request->host)) {
		response_problem(call->response, "unknown_host", 0,
				 "This service does not go by the name %.100s; the administrator can add it to HOSTS.",
				 request->host);
		return NULL;
	}
	endpoint = find(call);
	if (!endpoint)
		return NULL;
	if (strcmp(endpoint->method, "GET") != 0 && !may_write(call))
		return NULL;
	if (endpoint->body && !has_body(call))
		return NULL;
	err = query_read(&call->query, &call->arena, request->query, endpoint->takes, call->now.real_us, &fault);
	if (err > 0)
		response_problem(call->response, "bad_request", 0, "%s", fault);
	else if (err < 0)
		api_no_memory(call);
	return err ? NULL : endpoint;
}

/* A GET's answer carries a tag, and is not sent to who has it. */
static void tag(struct call *call)
{
	struct response *response = call->response;

	if (response->status != 200 || response->no_store)
		return;
	if (!response->etag[0])
		response_tag(response, response_hash(RESPONSE_HASH, response->body, response->length));
	if (response_matches(call->request->if_none_match, response->etag))
		response_not_modified(response);
}

void route_answer(struct api *api, const struct request *request, struct clock_now now, struct response *response)
{
	const struct endpoint *endpoint;
	struct call call;

	memset(&call, 0, sizeof call);
	call.api = api;
	call.request = request;
	call.now = now;
	call.response = response;
	endpoint = admit(&call);
	if (endpoint) {
		endpoint->answer(&call);
		if (strcmp(endpoint->method, "GET") == 0)
			tag(&call);
		else
			response->no_store = true;
	}
	query_free(&call.query);
	arena_free(&call.arena);
}
