/* The machine's CPUs as /sys tells them, for view, plan and change; see topology.h. */
#include "topology.h"
#include "cpufile.h"
#include "grow.h"
#include "readall.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A made machine may have no cpuN/ but name CPUs in online: more than these are a mistake. */
#define MANY_CPUS 65536

/* "cpu12" after "cpu" -> 12; false if name is not the prefix and a number. */
static bool numbered(const char *name, const char *prefix, unsigned *number)
{
	size_t length = strlen(prefix);
	char *end;
	unsigned long n;

	if (strncmp(name, prefix, length) != 0 || !isdigit((unsigned char)name[length]))
		return false;
	errno = 0;
	n = strtoul(name + length, &end, 10);
	if (*end || errno || n >= UINT_MAX)
		return false;
	*number = (unsigned)n;
	return true;
}

/* A file of one number that is not negative (-1 is the kernel's "none"). */
static int read_number(const char *directory, const char *file, int *number)
{
	char *path = readall_join("%s/%s", directory, file);
	int err = path ? readall_number(path, number) : -ENOMEM;

	free(path);
	return err;
}

/* The number of each entry of directory that is prefix and a number. */
static int numbers_in(const char *directory, const char *prefix, unsigned **numbers, size_t *count)
{
	DIR *d = opendir(directory);
	size_t room = 0;
	struct dirent *entry;
	unsigned number;

	*numbers = NULL;
	*count = 0;
	if (!d)
		return errno == ENOMEM ? -ENOMEM : 0;
	while ((entry = readdir(d))) {
		if (!numbered(entry->d_name, prefix, &number))
			continue;
		if (grow(numbers, &room, *count + 1, sizeof **numbers)) {
			closedir(d);
			return -ENOMEM;
		}
		(*numbers)[(*count)++] = number;
	}
	closedir(d);
	return 0;
}

static int read_cpu(struct topology_cpu *cpu, const char *cpus)
{
	char *directory = readall_join("%s/cpu%u/topology", cpus, cpu->cpu);
	bool known;
	int err;

	if (!directory)
		return -ENOMEM;
	err = read_number(directory, "physical_package_id", &cpu->package);
	if (!err)
		err = read_number(directory, "core_id", &cpu->core);
	if (!err)
		err = cpufile_read_either(directory, "thread_siblings_list", "thread_siblings", &cpu->siblings, &known);
	free(directory);
	return err;
}

static int by_number(const void *a, const void *b)
{
	const struct topology_cpu *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

int topology_set(struct topology *topology, const struct cpulist *all)
{
	size_t room = 0, i;
	int err = grow(&topology->cpus, &room, (size_t)cpulist_size(all), sizeof *topology->cpus);

	for (i = 0; !err && i < all->count; i++) {
		unsigned n, size = all->ranges[i].last - all->ranges[i].first + 1;

		for (n = 0; n < size; n++) {
			struct topology_cpu *cpu = &topology->cpus[topology->cpu_count++];

			memset(cpu, 0, sizeof *cpu);
			cpu->cpu = all->ranges[i].first + n;
			cpu->node = cpu->package = cpu->core = TOPOLOGY_UNKNOWN;
			cpu->online = cpu->isolated = cpu->nohz_full = TOPOLOGY_UNKNOWN;
		}
	}
	return err;
}

/* Makes the array of CPUs from the folders cpuN, and from the online ones where there are none. */
static int list_cpus(struct topology *topology, const char *cpus)
{
	unsigned *numbers;
	size_t count, i;
	int err = numbers_in(cpus, "cpu", &numbers, &count);
	struct cpulist all = { NULL, 0 };

	for (i = 0; !err && i < count; i++)
		err = cpulist_add(&all, numbers[i], numbers[i]);
	for (i = 0; !err && i < topology->online.count && cpulist_size(&topology->online) <= MANY_CPUS; i++)
		err = cpulist_add(&all, topology->online.ranges[i].first, topology->online.ranges[i].last);
	free(numbers);
	if (!err)
		err = topology_set(topology, &all);
	cpulist_free(&all);
	return err;
}

/*
 * Without the list of all, each CPU that can be switched off tells for itself; one that cannot has no such file,
 * and only one that is online knows its core.
 */
static int online_one_by_one(struct topology *topology, const char *cpus)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < topology->cpu_count; i++) {
		struct topology_cpu *cpu = &topology->cpus[i];
		char *directory = readall_join("%s/cpu%u", cpus, cpu->cpu);

		if (!directory)
			return -ENOMEM;
		err = read_number(directory, "online", &cpu->online);
		if (cpu->online == TOPOLOGY_UNKNOWN && cpu->core != TOPOLOGY_UNKNOWN)
			cpu->online = 1;
		if (!err && cpu->online == 1)
			err = cpulist_add(&topology->online, cpu->cpu, cpu->cpu);
		free(directory);
	}
	return err;
}

/* One flag of every CPU from a list of those that have it. */
static int read_flags(struct topology *topology, const char *cpus, const char *file, size_t offset)
{
	struct cpulist list = { NULL, 0 };
	bool known;
	size_t i;
	int err = cpufile_read(cpus, file, cpulist_parse, &list, &known);

	for (i = 0; !err && known && i < topology->cpu_count; i++) {
		int flag = cpulist_has(&list, topology->cpus[i].cpu);

		memcpy((char *)&topology->cpus[i] + offset, &flag, sizeof flag);
	}
	cpulist_free(&list);
	return err;
}

static int read_nodes(struct topology *topology, const char *sys)
{
	char *nodes = readall_join("%s/devices/system/node", sys);
	unsigned *numbers = NULL;
	size_t count = 0, i, j;
	int err = nodes ? numbers_in(nodes, "node", &numbers, &count) : -ENOMEM;

	for (i = 0; !err && i < count; i++) {
		char *directory = readall_join("%s/node%u", nodes, numbers[i]);
		struct cpulist list = { NULL, 0 };
		bool known;

		err = directory ? cpufile_read_either(directory, "cpulist", "cpumap", &list, &known) : -ENOMEM;
		for (j = 0; !err && j < topology->cpu_count; j++)
			if (cpulist_has(&list, topology->cpus[j].cpu))
				topology->cpus[j].node = (int)numbers[i];
		cpulist_free(&list);
		free(directory);
	}
	free(numbers);
	free(nodes);
	return err;
}

/* A CPU that is offline is in no node's list, but has a link to its node. */
static int read_node_link(struct topology_cpu *cpu, const char *cpus)
{
	char *directory;
	unsigned *numbers;
	size_t count;
	int err;

	if (cpu->node != TOPOLOGY_UNKNOWN)
		return 0;
	directory = readall_join("%s/cpu%u", cpus, cpu->cpu);
	if (!directory)
		return -ENOMEM;
	err = numbers_in(directory, "node", &numbers, &count);
	if (!err && count)
		cpu->node = (int)numbers[0];
	free(numbers);
	free(directory);
	return err;
}

static int read_all(struct topology *topology, const char *sys, const char *cpus)
{
	bool known;
	size_t i;
	int err = cpufile_read(cpus, "online", cpulist_parse, &topology->online, &known);

	if (!err)
		err = list_cpus(topology, cpus);
	if (!err)
		err = read_nodes(topology, sys);
	for (i = 0; !err && i < topology->cpu_count; i++) {
		err = read_cpu(&topology->cpus[i], cpus);
		if (!err)
			err = read_node_link(&topology->cpus[i], cpus);
	}
	if (!err && known)
		err = read_flags(topology, cpus, "online", offsetof(struct topology_cpu, online));
	else if (!err)
		err = online_one_by_one(topology, cpus);
	if (!err)
		err = read_flags(topology, cpus, "isolated", offsetof(struct topology_cpu, isolated));
	if (!err)
		err = read_flags(topology, cpus, "nohz_full", offsetof(struct topology_cpu, nohz_full));
	return err;
}

int topology_read(struct topology *topology, const char *sys)
{
	char *cpus = readall_join("%s/devices/system/cpu", sys);
	int err;

	memset(topology, 0, sizeof *topology);
	if (!cpus)
		return -ENOMEM;
	err = read_all(topology, sys, cpus);
	free(cpus);
	if (err)
		topology_free(topology);
	return err;
}

const struct topology_cpu *topology_cpu(const struct topology *topology, unsigned cpu)
{
	struct topology_cpu key;

	if (!topology->cpu_count)
		return NULL;
	key.cpu = cpu;
	return bsearch(&key, topology->cpus, topology->cpu_count, sizeof key, by_number);
}

void topology_free(struct topology *topology)
{
	size_t i;

	for (i = 0; i < topology->cpu_count; i++)
		cpulist_free(&topology->cpus[i].siblings);
	free(topology->cpus);
	cpulist_free(&topology->online);
	memset(topology, 0, sizeof *topology);
}
