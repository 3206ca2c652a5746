/*
 * How the tables of fields are written, and those that several objects share.
 * Private to apijson*.c.
 */
#ifndef APIJSON_FIELDS_H
#define APIJSON_FIELDS_H

#include "apijson_table.h"

#include <stddef.h>

#define AT(s, kind, member) { #member, kind, offsetof(struct s, member), 0, NULL, 0 }
#define NAMED(s, name, kind, member) { name, kind, offsetof(struct s, member), 0, NULL, 0 }
#define COUNTED(s, name, kind, member, count, fields, of) \
	{ name, kind, offsetof(struct s, member), offsetof(struct s, count), fields, of }
#define NESTED(s, kind, member, fields, of) { #member, kind, offsetof(struct s, member), 0, fields, of }
#define END { NULL, TEXT, 0, 0, NULL, 0 }

extern const struct apijson_field apijson_window_fields[];   /* struct view_window */
extern const struct apijson_field apijson_evenness_fields[]; /* struct view_evenness */

#endif
