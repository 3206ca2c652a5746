/*
 * What /sys says of the machine: its CPUs, and which device owns an IRQ. Fed by
 * files only (a made machine's too); feeds view, plan and the sampler.
 */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "cpulist.h"

#include <stdbool.h>
#include <stddef.h>

#define TOPOLOGY_UNKNOWN (-1)

struct topology_cpu {
	unsigned cpu;
	int node, package, core; /* TOPOLOGY_UNKNOWN where /sys does not say */
	struct cpulist siblings; /* threads of its core, itself too; empty: unknown */
	int online, isolated, nohz_full; /* 0, 1 or TOPOLOGY_UNKNOWN */
};

struct topology {
	struct topology_cpu *cpus; /* by number */
	size_t cpu_count;          /* 0: there is no /sys/devices/system/cpu */
	struct cpulist online;
};

/* Reads DIR/devices/system. What is missing is unknown, no error. 0 or -ENOMEM. */
int topology_read(struct topology *topology, const char *sys);

/* Makes it of those CPUs (it has none yet), nothing else of which is known. 0 or -ENOMEM; topology_free it. */
int topology_set(struct topology *topology, const struct cpulist *all);

/* That CPU, or NULL. */
const struct topology_cpu *topology_cpu(const struct topology *topology, unsigned cpu);

void topology_free(struct topology *topology);

/* Which device owns which IRQ number. */
struct topology_owner {
	unsigned irq;
	char *device; /* "eth0", "nvme0", "vda", else "0000:00:03.0" */
};

struct topology_owners {
	struct topology_owner *owners; /* by irq */
	size_t count;
};

/*
 * Reads DIR/bus/pci/devices: for each device's IRQs (msi_irqs, irq) its network
 * interface or disk, else its PCI address. 0 or -ENOMEM; no /sys: nobody.
 */
int topology_owners_read(struct topology_owners *owners, const char *sys);

/* That IRQ's device, or NULL; the text is the owners'. */
const char *topology_owner(const struct topology_owners *owners, unsigned irq);

void topology_owners_free(struct topology_owners *owners);

#endif
