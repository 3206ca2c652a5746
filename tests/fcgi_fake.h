/*
 * What the tests of the API program share: a made machine with a history, a way
 * to send it a request as main.c does, and to judge the answer.
 */
#ifndef FCGI_FAKE_H
#define FCGI_FAKE_H

#include "../fcgi/route.h"
#include "made.h"

/*
 * The machine: two CPUs; IRQ 40 can be moved, 41's number has another device
 * now, 42 is managed, 8 has no folder, 5 has a folder and no row; LOC, I/O, ERR.
 * The sampler took 11 samples, from 2026-01-02T03:04:05Z on, a second apart;
 * now is a second after the last.
 */
extern char *root;
extern struct api api;
extern struct clock_now now;

/* Setup and teardown of each test. */
int new_machine(void **state);
int remove_machine(void **state);

/* Makes the history (again), of the boot that the machine tells. */
void make_history(void);

/* A CGI variable for the next request; the first of a name counts. */
void with(const char *name, const char *value);

/* A body for the next request, and the variables that go with it. */
void with_body(const char *text, size_t length);

/* A body alone. */
extern const char *body;
extern size_t body_length;

/* Asks with the variables so far, and forgets them. The body of the answer, "" for none. */
const char *ask(const char *method, const char *uri);
const char *ask_with(const char *method, const char *uri, const char *text);

/* The last answer. */
extern struct response response;

void assert_has(const char *text, const char *part);

/* No affinity has changed. */
void assert_nothing_written(void);

/* The last answer is that problem, as it should be sent, and nothing was written; what tells the question. */
void assert_problem(const char *what, int status, const char *code);

#endif
