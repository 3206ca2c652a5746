/*
 * Asks the service. The only part of the client that knows curl; feeds api. A
 * test puts another http.c in its place.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

/* An answer above this is refused. */
#define HTTP_LIMIT (64u << 20)

enum http_outcome {
	HTTP_ANSWERED,    /* with whatever status */
	HTTP_UNREACHABLE, /* nobody took the request */
	HTTP_BROKE_OFF,   /* it was taken, but no whole answer came */
	HTTP_BAD_URL,     /* no http URL */
	HTTP_UNFIT        /* an answer that is too large, or none of HTTP */
};

struct http_parameter {
	const char *name, *value;
};

struct http_answer {
	enum http_outcome outcome;
	int status;      /* 200, …; 0: none */
	char *body;      /* length bytes and a 0; NULL: none */
	size_t length;
	char error[256]; /* why there is no answer, a sentence without its full stop */
};

/*
 * GET or POST at base ("http://127.0.0.1:8080/", with or without a path) and
 * path ("/api/v1/overview"). Parameters are encoded here. Fills *answer,
 * which the caller frees, and returns its outcome. Redirects are not followed.
 */
enum http_outcome http_get(const char *base, const char *path, const struct http_parameter *parameters, size_t count,
			   struct http_answer *answer);
enum http_outcome http_post(const char *base, const char *path, const char *json, struct http_answer *answer);

void http_free(struct http_answer *answer);

#endif
