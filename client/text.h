/*
 * Makes others' bytes (names of interrupts, the API's sentences, arguments) fit
 * for a terminal, and its times local. Feeds table, say and the show functions.
 */
#ifndef TEXT_H
#define TEXT_H

#include "arena.h"

#include <stddef.h>
#include <time.h>

/*
 * A copy in which all that the user's locale does not print in a column of its
 * own (control bytes, escape sequences, broken UTF-8, direction marks) is a
 * '?'. NULL without memory.
 */
char *text_clean(struct arena *arena, const char *text);

/* How many columns a clean text takes. */
size_t text_width(const char *clean);

/* How many of its bytes fit into width columns. */
size_t text_fit(const char *clean, size_t width);

/* How many of its bytes make a line of width columns (0: any): whole words, or a part of one that is too long. */
size_t text_line(const char *clean, size_t width);

/* "2026-01-02T03:04:05.678Z" as local time. 0, or -1: it is no such time. */
int text_local(const char *rfc3339, struct tm *local);

#endif
