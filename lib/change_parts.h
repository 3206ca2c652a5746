/*
 * What checking a change and applying it have in common. Feeds change.c and
 * change_apply.c, and nobody else.
 */
#ifndef CHANGE_PARTS_H
#define CHANGE_PARTS_H

#include "change.h"
#include "irqtable.h"
#include "readall.h"

/* PROC/interrupts, empty where it cannot be read. change_table_free it. */
struct change_table {
	struct readall text;
	struct irqtable table;
};

/* 0 or -ENOMEM. */
int change_table_read(struct change_table *table, const char *proc);
void change_table_free(struct change_table *table);

/* That row, or NULL. */
const struct irqtable_row *change_row(const struct change_table *table, const char *irq);

/* A set as text; NULL without memory. */
const char *change_text(struct arena *arena, const struct cpulist *set);

#endif
