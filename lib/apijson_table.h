/*
 * Structs as JSON text and back, each by a table of its fields, which writing
 * and reading both go by, so that the two cannot differ. Private to apijson.c,
 * whose tables feed it. Its .c is the only file that knows json-c.
 */
#ifndef APIJSON_TABLE_H
#define APIJSON_TABLE_H

#include "arena.h"

#include <stddef.h>

enum apijson_kind {
	TEXT,    /* const char *, NULL: null */
	TEXTS,   /* const char **, and how many */
	COUNT,   /* uint64_t, VIEW_NONE: null */
	NUMBER,  /* double, NaN: null */
	NUMBER_MAYBE, /* the same, left out when NaN */
	UINT,    /* unsigned */
	INT,     /* int, below 0: null */
	ERRNO,   /* int, 0: null */
	ERRNO_MAYBE, /* the same, left out when 0 */
	BOOL,    /* int, below 0: null */
	UINTS,   /* unsigned *, and how many */
	COUNTS,  /* struct view_counts: {"0": n} */
	OBJECT,  /* a struct in place */
	POINTER, /* a struct *, NULL: null */
	POINTER_MAYBE, /* the same, left out when NULL */
	LIST,    /* a struct *, and how many */
	LIST_MAYBE /* the same, left out when there are none */
};

struct apijson_field {
	const char *name;
	enum apijson_kind kind;
	size_t at, count_at;    /* in the struct */
	const struct apijson_field *of; /* OBJECT, POINTER, LIST: its fields */
	size_t size;            /* POINTER, LIST: of one */
};

/* An object's text, which the caller frees; NULL without memory. */
char *apijson_table_write(const struct apijson_field *fields, const void *from);

/*
 * text into *to, which is all zero. What the text lacks, or has as null, is
 * nothing (view.h), but it must have the lists and objects among these fields
 * that are no _MAYBE: else it is another's answer. strict, for what users send:
 * any field may be missing, but one that is unknown, repeated or of another type
 * is an error, and so is null. 0, or -1 with *error a sentence (a constant or the
 * arena's).
 */
int apijson_table_read(struct arena *arena, const struct apijson_field *fields, const char *text, size_t length,
		       int strict, void *to, const char **error);

#endif
