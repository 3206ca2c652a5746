/*
 * One HTTP answer before it is sent, and the problems that an answer can be.
 * Fed by route and the api_* handlers, feeds main.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include "apijson.h"

#include <stdbool.h>
#include <stddef.h>

struct response {
	int status;
	const char *content_type;
	const char *body; /* NULL: none */
	size_t length;
	char *owned;      /* body, when it is to be freed */
	char etag[24];    /* W/"…", or "" */
	char allow[64];   /* for 405, or "" */
	bool no_store;    /* must not be kept by anybody */
};

/* Answers with a JSON text, which is taken over; NULL (no memory) becomes 500. */
void response_json(struct response *response, int status, char *text);

/* Answers with a problem; code (API.md) settles status and title. errno_ 0: the kernel gave none. */
void response_problem(struct response *response, const char *code, int errno_, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with all that a problem may carry; status and title are filled in by its code. */
void response_problem_full(struct response *response, struct apijson_problem *problem);

/* A tag of what the answer depends on: a weak one, as the same state may be written otherwise. */
void response_tag(struct response *response, uint64_t hash);

/* Adds bytes to a hash that begins as RESPONSE_HASH. */
#define RESPONSE_HASH 14695981039346656037u
uint64_t response_hash(uint64_t hash, const void *bytes, size_t length);

/* Whether an If-None-Match names that tag. */
bool response_matches(const char *if_none_match, const char *etag);

/* Makes it 304: the client has it already. */
void response_not_modified(struct response *response);

/* The head as CGI wants it ("Status: 200 OK" …), its empty line included. NULL without memory; the caller frees. */
char *response_head(const struct response *response);

void response_free(struct response *response);

#endif
