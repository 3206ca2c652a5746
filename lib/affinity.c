/* Reads and writes one IRQ's affinity in /proc/irq, for view and change; see affinity.h. */
#include "affinity.h"
#include "cpufile.h"
#include "readall.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No kernel has as many CPUs; a mask for more would be all zeros. */
#define MASK_CPUS 65536

/* Interrupts of ARM's GIC below this are one on each CPU. */
#define GIC_FIRST_SHARED 32

const char *affinity_reason_name(enum affinity_reason reason)
{
	switch (reason) {
	case AFFINITY_MANAGED:
		return "managed";
	case AFFINITY_PER_CPU:
		return "per_cpu";
	case AFFINITY_NO_AFFINITY:
		return "no_affinity";
	case AFFINITY_UNKNOWN:
		return "unknown";
	case AFFINITY_MOVABLE:
		break;
	}
	return NULL;
}

bool affinity_number(const char *label, unsigned *irq)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)label[0]) || (label[0] == '0' && label[1]))
		return false;
	errno = 0;
	n = strtoul(label, &end, 10);
	if (*end || errno || n > UINT32_MAX)
		return false;
	*irq = (unsigned)n;
	return true;
}

static int read_node(const char *proc, unsigned irq, int *node)
{
	char *path = readall_join("%s/irq/%u/node", proc, irq);
	int err = path ? readall_number(path, node) : -ENOMEM;

	free(path);
	return err;
}

/* What the kernel tells of an IRQ's chip; "" where it does not. */
static char *read_chip(const char *sys, unsigned irq, const char *file)
{
	char *path = readall_join("%s/kernel/irq/%u/%s", sys, irq, file), *line;

	line = path ? readall_line(path) : NULL;
	free(path);
	return line ? line : strdup("");
}

static bool says_per_cpu(const char *text)
{
	return strcasestr(text, "percpu") || strcasestr(text, "per-cpu") || strcasestr(text, "per_cpu");
}

enum affinity_reason affinity_refused(const char *sys, unsigned irq)
{
	char *chip = read_chip(sys, irq, "chip_name"), *flow = read_chip(sys, irq, "name");
	char *hwirq = read_chip(sys, irq, "hwirq"), *type = read_chip(sys, irq, "type");
	enum affinity_reason reason = AFFINITY_NO_AFFINITY;

	if (!chip || !flow || !hwirq || !type)
		; /* no memory to know better */
	else if (says_per_cpu(chip) || says_per_cpu(flow) || says_per_cpu(type) || strcmp(chip, "RISC-V INTC") == 0 ||
		 (strncmp(chip, "GIC", 3) == 0 && *hwirq && strtoul(hwirq, NULL, 10) < GIC_FIRST_SHARED))
		reason = AFFINITY_PER_CPU;
	else if (strstr(chip, "MSI"))
		reason = AFFINITY_MANAGED;
	free(chip);
	free(flow);
	free(hwirq);
	free(type);
	return reason;
}

/* Since Linux 6.12 what nobody may move has mode 0444. */
static int find_reason(const char *proc, const char *sys, unsigned irq, enum affinity_reason *reason)
{
	char *directory = readall_join("%s/irq/%u", proc, irq);
	char *list = readall_join("%s/irq/%u/smp_affinity_list", proc, irq);
	char *mask = readall_join("%s/irq/%u/smp_affinity", proc, irq);
	bool memory = directory && list && mask;
	struct stat st;

	if (memory) {
		if (stat(directory, &st) != 0 || !S_ISDIR(st.st_mode))
			*reason = AFFINITY_UNKNOWN;
		else if (stat(list, &st) != 0 && stat(mask, &st) != 0)
			*reason = AFFINITY_NO_AFFINITY; /* a kernel for one CPU */
		else if ((st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0)
			*reason = affinity_refused(sys, irq);
		else
			*reason = AFFINITY_MOVABLE;
	}
	free(directory);
	free(list);
	free(mask);
	return memory ? 0 : -ENOMEM;
}

/* Its sets, from its folder. Kernels before 3.0 have masks alone. */
static int read_sets(struct affinity *affinity, const char *folder)
{
	int err = cpufile_read_either(folder, "smp_affinity_list", "smp_affinity", &affinity->requested, &affinity->known);

	if (!err)
		err = cpufile_read_either(folder, "effective_affinity_list", "effective_affinity", &affinity->effective,
					  &affinity->effective_known);
	if (!err)
		err = cpufile_read(folder, "affinity_hint", cpulist_parse_mask, &affinity->hint, &affinity->hint_known);
	return err;
}

int affinity_read(struct affinity *affinity, const char *proc, const char *sys, unsigned irq)
{
	char *folder;
	int err;

	memset(affinity, 0, sizeof *affinity);
	affinity->node = -1;
	err = find_reason(proc, sys, irq, &affinity->reason);
	if (err || affinity->reason == AFFINITY_UNKNOWN)
		return err;
	folder = readall_join("%s/irq/%u", proc, irq);
	err = folder ? read_sets(affinity, folder) : -ENOMEM;
	free(folder);
	if (!err)
		err = read_node(proc, irq, &affinity->node);
	if (err)
		affinity_free(affinity);
	return err;
}

/* "ff,00000001": 8 digits for 32 CPUs, the highest first. */
static int format_mask(const struct cpulist *cpus, char **mask)
{
	unsigned highest = cpus->count ? cpus->ranges[cpus->count - 1].last : 0, group, digit;
	char *p;

	*mask = NULL;
	if (highest >= MASK_CPUS)
		return -ERANGE;
	p = *mask = malloc((highest / 32 + 1) * 9 + 1);
	if (!p)
		return -ENOMEM;
	for (group = highest / 32 + 1; group-- > 0; *p++ = group ? ',' : '\0')
		for (digit = 8; digit-- > 0;) {
			unsigned first = 32 * group + 4 * digit, bit, nibble = 0;

			for (bit = 0; bit < 4; bit++)
				nibble |= (unsigned)cpulist_has(cpus, first + bit) << bit;
			*p++ = "0123456789abcdef"[nibble];
		}
	return 0;
}

/* A write(2) is a command of its own, so there is one. What a made file held before must not show behind it. */
static int write_once(const char *proc, unsigned irq, const char *file, const char *text)
{
	char *path = readall_join("%s/irq/%u/%s", proc, irq, file);
	size_t length = strlen(text);
	ssize_t n;
	int fd, err = 0;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	free(path);
	if (err)
		return err;
	n = write(fd, text, length);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != length)
		err = -ENOSPC; /* a made file on a full disk */
	if (close(fd) != 0 && !err)
		err = -errno;
	return err;
}

int affinity_write(const char *proc, unsigned irq, const struct cpulist *cpus)
{
	char *text;
	int err;

	if (!cpus->count)
		return -EINVAL;
	text = cpulist_format(cpus);
	if (!text)
		return -ENOMEM;
	err = write_once(proc, irq, "smp_affinity_list", text);
	free(text);
	if (err != -ENOENT)
		return err;
	err = format_mask(cpus, &text);
	if (!err)
		err = write_once(proc, irq, "smp_affinity", text);
	free(text);
	return err;
}

void affinity_free(struct affinity *affinity)
{
	cpulist_free(&affinity->requested);
	cpulist_free(&affinity->effective);
	cpulist_free(&affinity->hint);
	memset(affinity, 0, sizeof *affinity);
}
