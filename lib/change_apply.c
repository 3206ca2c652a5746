/* Writes a set of affinities and reads back what took effect, for the API; see change.h. */
#include "affinity.h"
#include "change.h"
#include "change_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A busy IRQ has moved by then; an idle one may stay pending for ever. */
#define SETTLE_NS 10000000

/* Without a row the handlers' names are those of the folders in PROC/irq/N. */
static int name_from_folders(struct arena *arena, const char *proc, unsigned irq, const char **name)
{
	char *path = readall_join("%s/irq/%u", proc, irq);
	struct dirent *entry;
	int err = 0;
	DIR *d;

	if (!path)
		return -ENOMEM;
	d = opendir(path);
	free(path);
	while (d && !err && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		*name = *name ? arena_printf(arena, "%s, %s", *name, entry->d_name) : arena_strdup(arena, entry->d_name);
		err = *name ? 0 : -ENOMEM;
	}
	if (d)
		closedir(d);
	return err;
}

static int find_name(struct arena *arena, const char *proc, const struct change_table *table, const char *irq,
		     const char **name)
{
	const struct irqtable_row *row = change_row(table, irq);
	unsigned number;

	*name = NULL;
	if (row && row->names.length) {
		*name = arena_strndup(arena, row->names.at, row->names.length);
		return *name ? 0 : -ENOMEM;
	}
	return affinity_number(irq, &number) ? name_from_folders(arena, proc, number, name) : 0;
}

/* Whether what is there now is what was asked. */
static void judge(const struct affinity *affinity, const struct cpulist *asked, struct change_result *result)
{
	result->state = "done";
	result->code = NULL;
	if (affinity->reason == AFFINITY_UNKNOWN) {
		result->state = "failed";
		result->code = "no_such_irq";
	} else if (affinity->known && !cpulist_equal(&affinity->requested, asked)) {
		result->state = "failed";
		result->code = "conflict";
	} else if (affinity->effective_known && !cpulist_within(&affinity->effective, asked)) {
		result->state = "pending";
	}
}

static int read_back(struct arena *arena, const struct change_place *place, unsigned number,
		     const struct cpulist *asked, struct change_result *result)
{
	struct affinity affinity;
	int err = affinity_read(&affinity, place->proc, place->sys, number);

	if (err)
		return err;
	result->affinity = affinity.known ? change_text(arena, &affinity.requested) : NULL;
	result->effective = affinity.effective_known ? change_text(arena, &affinity.effective) : NULL;
	if ((affinity.known && !result->affinity) || (affinity.effective_known && !result->effective))
		err = -ENOMEM;
	if (asked)
		judge(&affinity, asked, result);
	affinity_free(&affinity);
	return err;
}

static const char *refused_code(const struct change_place *place, unsigned number, int error)
{
	return change_code(error, affinity_reason_name(affinity_refused(place->sys, number)));
}

static int apply_one(struct arena *arena, const struct change_place *place, const struct change_assignment *assignment,
		     bool dry_run, struct change_result *result)
{
	unsigned number;
	int err;

	if (!affinity_number(assignment->irq, &number)) {
		result->state = "failed";
		result->code = "per_cpu";
		return 0;
	}
	err = read_back(arena, place, number, NULL, result);
	if (err)
		return err;
	result->before = result->affinity;
	result->state = "planned";
	if (dry_run)
		return 0;
	err = affinity_write(place->proc, number, &assignment->cpus);
	if (!err)
		return read_back(arena, place, number, &assignment->cpus, result);
	result->state = "failed";
	result->code = refused_code(place, number, err);
	result->errno_ = -err;
	return 0;
}

/* A look a little later: a busy IRQ has moved, and a mask seen in the midst of the move is whole. */
static int look_again(struct arena *arena, const struct change_place *place,
		      const struct change_assignment *assignments, struct change *change)
{
	struct timespec settle = { 0, SETTLE_NS };
	bool slept = false;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < change->result_count; i++) {
		struct change_result *result = &change->results[i];
		unsigned number;

		/* an errno is the kernel's last word */
		if (result->errno_ || strcmp(result->state, "done") == 0 || !affinity_number(result->irq, &number))
			continue;
		if (!slept)
			nanosleep(&settle, NULL);
		slept = true;
		err = read_back(arena, place, number, &assignments[i].cpus, result);
	}
	return err;
}

static const char *overall(const struct change *change, bool dry_run)
{
	size_t failed = 0, i;

	for (i = 0; i < change->result_count; i++)
		failed += strcmp(change->results[i].state, "failed") == 0;
	if (failed)
		return failed == change->result_count ? "failed" : "partly";
	return dry_run ? "planned" : "applied";
}

int change_apply(struct arena *arena, const struct change_place *place, const struct change_assignment *assignments,
		 size_t count, bool dry_run, struct change *change)
{
	struct change_table table;
	size_t i;
	int err = change_table_read(&table, place->proc);

	if (err)
		return err;
	change->result_count = count;
	change->results = arena_alloc(arena, count, sizeof *change->results);
	err = change->results ? 0 : -ENOMEM;
	/* all names first: nothing is written if there is no memory for them */
	for (i = 0; !err && i < count; i++) {
		struct change_result *result = &change->results[i];

		result->irq = assignments[i].irq;
		result->requested = change_text(arena, &assignments[i].cpus);
		err = result->requested ? find_name(arena, place->proc, &table, result->irq, &result->name) : -ENOMEM;
	}
	change_table_free(&table);
	for (i = 0; !err && i < count; i++)
		err = apply_one(arena, place, &assignments[i], dry_run, &change->results[i]);
	if (!err && !dry_run)
		err = look_again(arena, place, assignments, change);
	if (!err)
		change->state = overall(change, dry_run);
	return err;
}
