/*
 * Saved copies of /proc/interrupts as a window: what the API answers from its
 * history, from one file or two. Fed by --input; feeds the commands.
 */
#ifndef FILE_H
#define FILE_H

#include "arena.h"
#include "options.h"
#include "topology.h"
#include "view.h"
#include "window.h"

#include <stdbool.h>

/*
 * Reads options->files (one or two; the last whole table of each) into
 * *window, which is empty: since boot, or what fired between them. Devices
 * come from owners, if there are any. A row with fewer counts than CPUs is left
 * out with a word, or, if whole is asked for and it is a device's, an error.
 * CMD_DONE; or CMD_FAILED, the reason said on stderr as FILE:LINE. The caller
 * frees the window.
 */
int file_window(const struct options *options, const struct topology_owners *owners, bool whole,
		struct window *window);

/* Adds what options->proc tells of a row's affinity, as it was saved with the file. 0 or -ENOMEM. */
int file_affinity(const struct options *options, struct arena *arena, struct view_irq *irq);

/* A file's name, or "stdin". */
const char *file_shown(const char *file);

/* What the files cover, in words; NULL without memory. */
const char *file_covered(const struct options *options, struct arena *arena);

#endif
