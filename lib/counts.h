/*
 * From one table of /proc/interrupts to the next: what each counter gained, in
 * 64 bits. Knows wraps at 2^32, counters made anew, rows and CPUs that come and
 * go. Fed by irqtable (the sampler's, the client's two files); feeds history
 * and window. Pure: time is a parameter.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include "irqtable.h"
#include "window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a counter below its last value: at most so many interrupts a second make it a wrap. */
#define COUNTS_MAX_PER_SECOND 5000000u

/* Of counters whose time apart is unknown. */
#define COUNTS_UNKNOWN_TIME UINT64_MAX

#define COUNTS_NO_SLOT UINT32_MAX

/* A counter row that was seen since counts began, in order of first sight. */
struct counts_row {
	struct window_row is;  /* device is set by the caller: counts_set_device */
	bool present;          /* in the last table */
	bool fresh;            /* new, renamed, come or gone with the last table */
	uint64_t seen_us;      /* when last present */
	/* private */
	char *tail;            /* what followed the counts when last seen, or NULL */
	bool mark;
	bool closed;           /* its number went to another device: if it comes back, it starts at 0 */
	uint64_t bare_last;
	uint32_t bare_slot;
	uint64_t *last;        /* by index of counts.cpus, cpu_room of them */
	uint32_t *slot;
};

/* A cell that was ever above 0. Slots are only added, never moved. */
struct counts_slot {
	uint32_t row;
	uint32_t cpu;   /* the kernel's number, or WINDOW_NO_CPU */
	uint64_t last;  /* the counter as last seen */
	uint64_t sum;   /* what it gained since counts began */
	uint64_t gain;  /* what it gained with the last table */
	bool rebased;   /* with the last table last moved otherwise than by gain: a wrap, made anew, first seen */
};

/* A counter that fell, and not by a wrap. */
struct counts_fall {
	uint32_t row;
	bool anew;      /* made anew: its gain is its new value; else it went backwards, no gain */
};

/* A CPU that was seen since counts began. Private. */
struct counts_cpu {
	uint64_t seen_us; /* when last in a table */
	bool here;        /* in the last table */
	bool back;        /* in this one, but not in the one before */
	bool base;        /* new, and counted before: taken from what it shows */
};

struct counts {
	struct counts_row *rows;
	size_t row_count;
	struct counts_slot *slots;
	size_t slot_count;
	unsigned *cpus;        /* every CPU seen, in order of first sight */
	size_t cpu_count;
	struct cpulist online; /* the last table's */
	uint64_t boot_us;      /* when the last table was read */
	bool begun;            /* there was a table */

	/* What the last counts_add found. */
	size_t gain_count;     /* slots with a gain */
	size_t new_slots;      /* slots added: the last so many */
	size_t rebased_count;  /* slots that are rebased, new ones left out */
	bool layout;           /* rows, names or CPUs changed */
	struct counts_fall *falls;
	size_t fall_count;

	/* private */
	struct counts_cpu *cpu_is; /* by index of cpus */
	uint32_t *map;         /* the last table's rows -> rows */
	uint32_t *map_next;
	size_t map_count;
	unsigned *header;      /* the last table's columns -> CPU number */
	uint32_t *column;      /* … -> index of cpus */
	size_t column_count;
	size_t row_room, slot_room, cpu_room, cpu_is_room, fall_room, map_room, map_next_room, header_room, column_room;
};

/*
 * Takes the next table, read at boot_us (CLOCK_BOOTTIME, or
 * COUNTS_UNKNOWN_TIME). The first one only sets where the counters stand. A
 * table with IRQTABLE_SHORT rows is torn: those rows are passed over (the
 * sampler throws such a table away before). Returns 0, or -ENOMEM after which
 * counts can only be freed.
 */
int counts_add(struct counts *counts, const struct irqtable *table, uint64_t boot_us);

/* Says who owns a row. 0 or -ENOMEM. */
int counts_set_device(struct counts *counts, uint32_t row, const char *device);

/*
 * For the history, which takes counts up again where a stopped sampler left
 * it: adds a row as it was last seen (texts copied), a slot of it; then tells
 * when that was and which CPUs were online. 0 or -ENOMEM.
 */
int counts_restore_row(struct counts *counts, const struct window_row *row, bool present, uint64_t seen_us);
int counts_restore_slot(struct counts *counts, uint32_t row, uint32_t cpu, uint64_t last, uint64_t sum);
int counts_restore_end(struct counts *counts, uint64_t boot_us, const struct cpulist *online);

/*
 * What fired between the first table and the last, or, with since_boot, what
 * the counters show; into *window, which is empty. 0, -ENOMEM or -EOVERFLOW.
 */
int counts_window(const struct counts *counts, bool since_boot, struct window *window);

void counts_free(struct counts *counts);

#endif
