/*
 * One HTTP request as the web server hands it over in CGI variables. Fed by
 * main, feeds route.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

/* A body may have so many bytes. */
#define REQUEST_BODY_MAX ((size_t)1 << 20)

/* Texts are NULL where the variable is absent or empty; all but path and body are borrowed from the variables. */
struct request {
	const char *method;
	char *path;        /* as it was sent, without the query */
	const char *query; /* as it was sent, without '?' */
	const char *host, *origin, *content_type, *content_length;
	const char *remote_addr, *user_agent, *if_none_match, *accept;
	char *body;        /* body[body_length] is 0; at most REQUEST_BODY_MAX + 1 bytes are kept */
	size_t body_length;
};

/* Fills *request from variables ("NAME=value", NULL at the end). 0 or -ENOMEM; request_free it. */
int request_read(struct request *request, char **variables);

/* What CONTENT_LENGTH says: 1 and *length, 0: there is none, -1: it is no number of bytes. */
int request_content_length(const struct request *request, size_t *length);

/*
 * Takes the body from read(from, to, room), which returns how many bytes it put
 * there, 0 at the end. Reads no more than CONTENT_LENGTH, and nothing that is
 * too large by it; without_length: to the end when there is no CONTENT_LENGTH,
 * else that means no body. 0 or -ENOMEM.
 */
int request_read_body(struct request *request, size_t (*read)(void *from, char *to, size_t room), void *from,
		      int without_length);

void request_free(struct request *request);

#endif
