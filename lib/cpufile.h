/*
 * A set of CPUs in a file of /proc/irq or /sys. Feeds affinity and topology.
 */
#ifndef CPUFILE_H
#define CPUFILE_H

#include "cpulist.h"

#include <stdbool.h>

/*
 * Reads DIRECTORY/FILE, a list or a mask (parse is cpulist_parse or
 * cpulist_parse_mask), into *set, which is empty. *known: there is such a file,
 * and it could be understood. 0 or -ENOMEM.
 */
int cpufile_read(const char *directory, const char *file, int (*parse)(struct cpulist *list, const char *text),
		 struct cpulist *set, bool *known);

/* The same from the list, or from the mask that old kernels have alone. */
int cpufile_read_either(const char *directory, const char *list, const char *mask, struct cpulist *set, bool *known);

#endif
