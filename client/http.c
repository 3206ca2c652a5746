/* Asks the service by curl; see http.h. */
#include "http.h"

#include "readall.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS 5L
#define SECONDS 30L

_Static_assert(CURL_ERROR_SIZE <= sizeof(((struct http_answer *)NULL)->error), "curl's message fits");

static enum http_outcome fail(struct http_answer *answer, enum http_outcome outcome, const char *error)
{
	answer->outcome = outcome;
	snprintf(answer->error, sizeof answer->error, "%s", error);
	return outcome;
}

/* What follows "http://" in base; NULL: it is no such URL. */
static const char *after_scheme(const char *base)
{
	const char *p, *rest = NULL;

	if (strncasecmp(base, "http://", 7) == 0)
		rest = base + 7;
	else if (strncasecmp(base, "https://", 8) == 0)
		rest = base + 8;
	if (!rest || !*rest || *rest == '/' || *rest == ':')
		return NULL;
	for (p = rest; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '?' || *p == '#')
			return NULL;
	return rest;
}

/* The host is this machine itself, so that no proxy could reach the same. */
static bool is_loopback(const char *rest)
{
	size_t length = strcspn(rest, "/");
	const char *at = memchr(rest, '@', length), *host = at ? at + 1 : rest;

	length -= (size_t)(host - rest);
	if (length >= 5 && memcmp(host, "[::1]", 5) == 0)
		return true;
	length = strcspn(host, ":/");
	if (length == 9 && strncasecmp(host, "localhost", 9) == 0)
		return true;
	return length > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length;
}

/* base, path and the parameters in one; NULL without memory. The caller frees it. */
static char *join(CURL *curl, const char *base, const char *path, const struct http_parameter *parameters, size_t count)
{
	size_t length = strlen(base), i;
	char *url, *longer;

	while (length && base[length - 1] == '/')
		length--;
	url = readall_join("%.*s%s", (int)length, base, path);
	for (i = 0; i < count && url; i++) {
		char *value = curl_easy_escape(curl, parameters[i].value, (int)strlen(parameters[i].value));

		longer = value ? readall_join("%s%c%s=%s", url, i ? '&' : '?', parameters[i].name, value) : NULL;
		curl_free(value);
		free(url);
		url = longer;
	}
	return url;
}

struct body {
	struct http_answer *answer;
	size_t room;
	bool large;
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
	struct body *body = context;
	struct http_answer *answer = body->answer;
	size_t n = size * count, need = answer->length + n + 1;

	if (need > HTTP_LIMIT) {
		body->large = true;
		return 0;
	}
	if (need > body->room) {
		size_t room = need < 32768 ? 65536 : 2 * need;
		char *more = realloc(answer->body, room);

		if (!more)
			return 0;
		answer->body = more;
		body->room = room;
	}
	memcpy(answer->body + answer->length, data, n);
	answer->length += n;
	answer->body[answer->length] = '\0';
	return n;
}

static enum http_outcome judge(CURLcode code, const struct body *body, const char *message)
{
	struct http_answer *answer = body->answer;

	if (!*message)
		message = curl_easy_strerror(code);
	switch (code) {
	case CURLE_OK:
		answer->outcome = HTTP_ANSWERED;
		return HTTP_ANSWERED;
	case CURLE_WRITE_ERROR:
		return fail(answer, HTTP_UNFIT, body->large ? "the answer is larger than 64 MiB" : "out of memory");
	case CURLE_URL_MALFORMAT:
		return fail(answer, HTTP_BAD_URL, message);
	case CURLE_UNSUPPORTED_PROTOCOL: /* also an answer without a status line */
	case CURLE_OUT_OF_MEMORY:
		return fail(answer, HTTP_UNFIT, message);
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return fail(answer, HTTP_BROKE_OFF, message);
	default:
		return fail(answer, HTTP_UNREACHABLE, message);
	}
}

static enum http_outcome perform(CURL *curl, const char *url, const char *json, bool loopback,
				 struct http_answer *answer)
{
	struct body body = { answer, 0, false };
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json"), *more = headers;
	char message[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;

	if (more && json)
		more = curl_slist_append(headers, "Content-Type: application/json");
	if (more && json)
		more = curl_slist_append(headers, "Expect:"); /* a small body needs no leave */
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "irqclient/" IRQPILOT_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, SECONDS);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	if (loopback)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	else
		curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, ""); /* compressing pays off on a network only */
	if (json) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(json));
	}
	code = more ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (int)status;
	curl_slist_free_all(headers);
	return judge(code, &body, message);
}

static enum http_outcome ask(const char *base, const char *path, const struct http_parameter *parameters, size_t count,
			     const char *json, struct http_answer *answer)
{
	const char *rest = after_scheme(base);
	enum http_outcome outcome;
	CURL *curl;
	char *url;

	memset(answer, 0, sizeof *answer);
	if (!rest)
		return fail(answer, HTTP_BAD_URL, "a URL looks like http://HOST:PORT/");
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return fail(answer, HTTP_UNFIT, "curl does not start");
	curl = curl_easy_init();
	url = curl ? join(curl, base, path, parameters, count) : NULL;
	if (url)
		outcome = perform(curl, url, json, is_loopback(rest), answer);
	else
		outcome = fail(answer, HTTP_UNFIT, "out of memory");
	free(url);
	if (curl)
		curl_easy_cleanup(curl);
	curl_global_cleanup();
	return outcome;
}

enum http_outcome http_get(const char *base, const char *path, const struct http_parameter *parameters, size_t count,
			   struct http_answer *answer)
{
	return ask(base, path, parameters, count, NULL, answer);
}

enum http_outcome http_post(const char *base, const char *path, const char *json, struct http_answer *answer)
{
	return ask(base, path, NULL, 0, json, answer);
}

void http_free(struct http_answer *answer)
{
	free(answer->body);
	memset(answer, 0, sizeof *answer);
}
