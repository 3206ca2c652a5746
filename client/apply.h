/*
 * One change: sends it to the service, shows what became of each assignment.
 * Used by the commands set and balance.
 */
#ifndef APPLY_H
#define APPLY_H

#include "apijson.h"
#include "arena.h"
#include "options.h"
#include "screen.h"

#include <stddef.h>
#include <stdio.h>

/*
 * POSTs request; what took effect is written to out as a table, or with --json
 * as the CHANGE as it came (within: as the last field, change, of this JSON
 * object); what failed and why, and warnings, to stderr. CMD_DONE, CMD_PARTLY
 * when some failed, CMD_FAILED, CMD_UNREACHABLE, each told. The arena holds what
 * was read.
 */
int apply_send(struct arena *arena, const struct options *options, const struct apijson_request *request,
	       const char *within, const struct screen *screen, FILE *out);

/* Writes the JSON object within with one more field: change, length bytes of JSON. */
void apply_write(FILE *out, const char *within, const char *change, size_t length);

#endif
