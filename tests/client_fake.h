/*
 * What the tests of irqclient share: a fake service in the place of http.c, a
 * way to run a command as main does, files to read. Used by test_client*.c.
 */
#ifndef CLIENT_FAKE_H
#define CLIENT_FAKE_H

#include "../client/http.h"
#include "../client/screen.h"
#include "readall.h"

#include <stddef.h>

/* How many questions there were since the last will_answer, and which: "GET /api/v1/overview all=1". */
extern size_t asked;
extern char question[2][1024];

/* The answer to question which (0 or 1); status 0: nobody is there. Forgets what was asked. */
void will_answer(size_t which, int status, const char *body);

/* What the last irqclient wrote to stdout and to stderr. */
extern char *out;
extern struct readall err;

/* What stdout is; all zero: a pipe. A test that sets it puts it back. */
extern struct screen screen;

/* Runs irqclient with these words; '|' stands for a blank within one. Returns its exit code. */
int irqclient(const char *words);

/* In bytes, of a text that is ASCII; and how many lines it has. */
size_t widest_line(const char *text);
size_t count_lines(const char *text);

void assert_has(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

/* These words are a usage error: one line on stderr with told in it, nothing on stdout, nothing asked. */
void assert_usage(const char *words, const char *told);

/* The path of a capture of fixtures/interrupts; the caller frees it. */
char *fixture(const char *name);

/* irqclient with these words and that capture between them. */
int with_fixture(const char *before, const char *name, const char *after);

/* A file with this text; its name, until the next one of that index (0 or 1). */
const char *file_with(size_t which, const char *text, size_t length);

/* irqclient with this command on a file of that text. */
int with_text(const char *command, const char *text);

/* A teardown of the group. */
int clean_up(void **state);

#endif
