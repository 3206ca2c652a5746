/*
 * A history as text, for people and scripts. Fed by main.c (--dump).
 */
#ifndef DUMP_H
#define DUMP_H

#include <stdio.h>

/*
 * Writes each sample of the history at path to out, a line "sample N TIME
 * BOOTTIME CELLS" each, and remarks that begin with #. 0, or -1 with the reason
 * on stderr.
 */
int dump_history(const char *path, FILE *out);

#endif
