/* CGI variables and a body as one request; fed by main, feeds route; see request.h. */
#include "request.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A variable, NULL when absent or empty: web servers pass empty ones for headers that were not sent. */
static const char *variable(char **variables, const char *name)
{
	size_t length = strlen(name);

	for (; variables && *variables; variables++)
		if (strncmp(*variables, name, length) == 0 && (*variables)[length] == '=')
			return (*variables)[length + 1] ? *variables + length + 1 : NULL;
	return NULL;
}

/* Without the line as it was sent (plain CGI under some servers) the path is what is left of it. */
static char *find_path(char **variables)
{
	const char *uri = variable(variables, "REQUEST_URI");
	const char *script = variable(variables, "SCRIPT_NAME"), *info = variable(variables, "PATH_INFO");
	char *path;

	if (uri)
		return strndup(uri, strcspn(uri, "?"));
	script = script ? script : "";
	info = info ? info : "";
	if (strncmp(info, "/api/", 5) == 0 || strcmp(info, "/metrics") == 0)
		script = "";
	path = malloc(strlen(script) + strlen(info) + 1);
	if (path)
		strcat(strcpy(path, script), info);
	return path;
}

static const char *find_query(char **variables)
{
	const char *uri = variable(variables, "REQUEST_URI"), *mark = uri ? strchr(uri, '?') : NULL;

	if (!uri)
		return variable(variables, "QUERY_STRING");
	return mark && mark[1] ? mark + 1 : NULL;
}

int request_read(struct request *request, char **variables)
{
	memset(request, 0, sizeof *request);
	request->method = variable(variables, "REQUEST_METHOD");
	request->path = find_path(variables);
	request->query = find_query(variables);
	request->host = variable(variables, "HTTP_HOST");
	request->origin = variable(variables, "HTTP_ORIGIN");
	request->content_type = variable(variables, "CONTENT_TYPE");
	request->content_length = variable(variables, "CONTENT_LENGTH");
	request->remote_addr = variable(variables, "REMOTE_ADDR");
	request->user_agent = variable(variables, "HTTP_USER_AGENT");
	request->if_none_match = variable(variables, "HTTP_IF_NONE_MATCH");
	request->accept = variable(variables, "HTTP_ACCEPT");
	return request->path ? 0 : -ENOMEM;
}

int request_content_length(const struct request *request, size_t *length)
{
	const char *p = request->content_length;
	size_t n = 0;

	*length = 0;
	if (!p)
		return 0;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n > SIZE_MAX / 10 - 1 ? SIZE_MAX / 10 : n * 10 + (size_t)(*p - '0');
	if (*p)
		return -1;
	*length = n;
	return 1;
}

int request_read_body(struct request *request, size_t (*read)(void *from, char *to, size_t room), void *from,
		      int without_length)
{
	size_t length, room = 0, limit = REQUEST_BODY_MAX + 1, n = 1;
	int told = request_content_length(request, &length);

	if (told < 0 || length > REQUEST_BODY_MAX || (told == 0 && !without_length))
		return 0;
	if (told)
		limit = length;
	while (n && request->body_length < limit) {
		size_t want;

		if (request->body_length == room) {
			size_t more = room ? 2 * room : 4096;
			char *body = realloc(request->body, more + 1);

			if (!body)
				return -ENOMEM;
			request->body = body;
			room = more;
		}
		want = room - request->body_length;
		if (want > limit - request->body_length)
			want = limit - request->body_length;
		n = read(from, request->body + request->body_length, want);
		request->body_length += n;
	}
	if (request->body)
		request->body[request->body_length] = '\0';
	return 0;
}

void request_free(struct request *request)
{
	free(request->path);
	free(request->body);
	memset(request, 0, sizeof *request);
}
