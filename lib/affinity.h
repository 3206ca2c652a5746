/*
 * One IRQ's affinity in /proc/irq: reads it, says why it cannot be moved,
 * writes it. Feeds view and change; decides nothing.
 */
#ifndef AFFINITY_H
#define AFFINITY_H

#include "cpulist.h"

#include <stdbool.h>

/* Why an IRQ cannot be moved. */
enum affinity_reason {
	AFFINITY_MOVABLE,
	AFFINITY_MANAGED,    /* the kernel placed it and keeps it there */
	AFFINITY_PER_CPU,    /* there is one on each CPU */
	AFFINITY_NO_AFFINITY,/* its chip cannot, or its driver forbade it */
	AFFINITY_UNKNOWN     /* there is no /proc/irq/N */
};

/* "managed", "per_cpu", "no_affinity", "unknown"; NULL for AFFINITY_MOVABLE. */
const char *affinity_reason_name(enum affinity_reason reason);

/* The number by which /proc/irq knows a label of /proc/interrupts ("41"); false: it is none ("LOC"). */
bool affinity_number(const char *label, unsigned *irq);

struct affinity {
	bool known;              /* /proc/irq/N/smp_affinity(_list) could be read */
	struct cpulist requested;/* smp_affinity_list */
	bool effective_known;    /* since Linux 4.13 */
	struct cpulist effective;
	bool hint_known;
	struct cpulist hint;     /* affinity_hint, empty: the driver has no wish */
	int node;                /* -1: none or unknown */
	enum affinity_reason reason;
};

/*
 * Reads IRQ number irq below proc ("/proc") and sys ("/sys", for its chip).
 * What is missing is unknown. 0 or -ENOMEM; affinity_free the result.
 */
int affinity_read(struct affinity *affinity, const char *proc, const char *sys, unsigned irq);

/*
 * Writes cpus as a plain list in one write(2). 0 or -errno as the kernel gave
 * it (0 does not mean moved: read back). Falls back to the mask where there is
 * no list.
 */
int affinity_write(const char *proc, unsigned irq, const struct cpulist *cpus);

/*
 * Why the kernel refuses a move (EIO, EPERM) though the files look writable, as
 * kernels before 6.12 leave them: what the chip's name tells.
 */
enum affinity_reason affinity_refused(const char *sys, unsigned irq);

void affinity_free(struct affinity *affinity);

#endif
