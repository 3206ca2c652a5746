/* A set of CPUs in a file of /proc/irq or /sys, for affinity and topology; see cpufile.h. */
#include "cpufile.h"
#include "readall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cpufile_read(const char *directory, const char *file, int (*parse)(struct cpulist *list, const char *text),
		 struct cpulist *set, bool *known)
{
	char *path = readall_join("%s/%s", directory, file), *line;
	int err = 0;

	*known = false;
	if (!path)
		return -ENOMEM;
	line = readall_line(path);
	free(path);
	if (!line)
		return errno == ENOMEM ? -ENOMEM : 0;
	/* kernels print so a set that was never made */
	if (strcmp(line, "(null)") != 0)
		err = parse(set, line);
	*known = err == 0;
	free(line);
	return err == -ENOMEM ? err : 0;
}

int cpufile_read_either(const char *directory, const char *list, const char *mask, struct cpulist *set, bool *known)
{
	int err = cpufile_read(directory, list, cpulist_parse, set, known);

	return err || *known ? err : cpufile_read(directory, mask, cpulist_parse_mask, set, known);
}
