/*
 * A plan as a shell script that can be read and run: one write of an affinity
 * for each IRQ. Fed by the command balance; writes to a stream.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "plan.h"

#include <stdio.h>

/*
 * Writes what is to be set: moves, and IRQs of which it is not known where they
 * are. covered says what the plan was made of. Returns how many IRQs were left
 * out since their label is no number, which no plan of ours has. Names are made
 * harmless: they only stand in comments.
 */
size_t script_write(FILE *out, const struct plan *plan, const char *covered);

#endif
