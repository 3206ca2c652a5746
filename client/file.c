/* Saved copies of /proc/interrupts; see file.h. */
#include "file.h"

#include "affinity.h"
#include "cmd.h"
#include "counts.h"
#include "irqtable.h"
#include "readall.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far above any series of tables, and below what would hurt. */
#define LIMIT ((size_t)512 << 20)

const char *file_shown(const char *file)
{
	return strcmp(file, "-") == 0 ? "stdin" : file;
}

static int read_text(const char *file, struct readall *text)
{
	int err = strcmp(file, "-") == 0 ? readall_fd(text, STDIN_FILENO, LIMIT) : readall_path(text, file, LIMIT);

	if (err == -EFBIG)
		say_error("%s: larger than %zu MiB, which is no copy of /proc/interrupts", file_shown(file), LIMIT >> 20);
	else if (err)
		say_error("%s: %s", file_shown(file), strerror(-err));
	return err ? CMD_FAILED : CMD_DONE;
}

static int refuse(const char *file, size_t line, const char *why)
{
	if (line)
		say_error("%s:%zu: %s", file_shown(file), line, why);
	else
		say_error("%s: %s", file_shown(file), why);
	return CMD_FAILED;
}

/* A row with fewer counts than CPUs cannot be told CPU by CPU. */
static int check_rows(const char *file, const struct irqtable *table, bool whole, size_t before)
{
	size_t i, first = 0, device = 0;

	if (table->cut)
		return refuse(file, before + table->rows[table->row_count - 1].line,
			      "the file breaks off within this row: save it anew");
	for (i = table->row_count; i-- > 0;)
		if (table->rows[i].kind == IRQTABLE_SHORT) {
			first = table->rows[i].line;
			device = table->rows[i].numbered ? first : device;
		}
	if (whole && device)
		return refuse(file, before + device, "fewer counts than the header has CPUs: save the file anew");
	if (first)
		say_error("%s:%zu: fewer counts than CPUs; %zu such row%s left out", file_shown(file), before + first,
			  table->short_rows, table->short_rows == 1 ? " is" : "s are");
	return CMD_DONE;
}

/* The last whole table of text into *table, whose rows point into text. */
static int parse(const char *file, const struct readall *text, bool whole, struct irqtable *table)
{
	struct irqtable_text last = { text->text, text->length };
	struct irqtable_error error;
	size_t line = 1, tables = 0;
	bool cut = false;

	if (text->length)
		tables = irqtable_last(text->text, text->length, &last, &line, &cut);
	if (tables == 0) { /* the parser says what is missing */
		last.at = text->length ? text->text : "";
		last.length = text->length;
		line = 1;
	}
	if (irqtable_parse(table, last.at, last.length, &error))
		return refuse(file, error.line ? line - 1 + error.line : 0, error.text);
	if (tables > 1)
		say_error("%s: took table %zu of %zu, from line %zu%s", file_shown(file), cut ? tables - 1 : tables, tables,
			  line, cut ? "; the one after it breaks off" : "");
	return check_rows(file, table, whole, line - 1);
}

static int add(const char *file, bool whole, struct counts *counts)
{
	struct readall text = { NULL, 0, 0 };
	struct irqtable table;
	int code;

	memset(&table, 0, sizeof table);
	code = read_text(file, &text);
	if (!code)
		code = parse(file, &text, whole, &table);
	if (!code && counts_add(counts, &table, COUNTS_UNKNOWN_TIME))
		code = say_no_memory();
	irqtable_free(&table);
	readall_free(&text);
	return code;
}

/* Counters that are lower in the second file than in the first. */
static void tell_falls(const struct options *options, const struct counts *counts)
{
	size_t i, anew = 0;

	for (i = 0; i < counts->fall_count; i++)
		anew += counts->falls[i].anew;
	if (anew)
		say_error("%zu row%s lower in %s than in %s and taken as counted anew since: another boot, or a device set up again",
			  anew, anew == 1 ? " is" : "s are", file_shown(options->files[1]), file_shown(options->files[0]));
	if (counts->fall_count > anew)
		say_error("%zu row%s went backwards from %s to %s and %s taken as not fired", counts->fall_count - anew,
			  counts->fall_count - anew == 1 ? "" : "s", file_shown(options->files[0]), file_shown(options->files[1]),
			  counts->fall_count - anew == 1 ? "is" : "are");
}

static int set_devices(struct counts *counts, const struct topology_owners *owners)
{
	size_t i;

	for (i = 0; i < counts->row_count; i++) {
		const struct window_row *row = &counts->rows[i].is;
		const char *device = NULL;

		if (row->numbered && strlen(row->irq) < 10)
			device = topology_owner(owners, (unsigned)strtoul(row->irq, NULL, 10));
		if (device && counts_set_device(counts, (uint32_t)i, device))
			return -ENOMEM;
	}
	return 0;
}

int file_window(const struct options *options, const struct topology_owners *owners, bool whole,
		struct window *window)
{
	struct counts counts;
	size_t i;
	int code = CMD_DONE, err;

	memset(&counts, 0, sizeof counts);
	for (i = 0; i < options->file_count && !code; i++)
		code = add(options->files[i], whole, &counts);
	if (!code && options->file_count == 2)
		tell_falls(options, &counts);
	if (!code) {
		err = set_devices(&counts, owners);
		if (!err)
			err = counts_window(&counts, options->file_count == 1, window);
		if (err == -EOVERFLOW) {
			say_error("%s: the counts add up to more than 2^63: this is no copy of /proc/interrupts",
				  file_shown(options->files[0]));
			code = CMD_FAILED;
		} else if (err) {
			code = say_no_memory();
		}
	}
	counts_free(&counts);
	return code;
}

static const char *list_text(struct arena *arena, const struct cpulist *list)
{
	char *text = cpulist_format(list), *copy = text ? arena_strdup(arena, text) : NULL;

	free(text);
	return copy;
}

int file_affinity(const struct options *options, struct arena *arena, struct view_irq *irq)
{
	const char *sys = options->sys ? options->sys : ""; /* the saved machine's, or none: not this one's */
	struct affinity affinity;
	unsigned number;
	int err;

	if (!irq->irq || !affinity_number(irq->irq, &number))
		return 0;
	err = affinity_read(&affinity, options->proc, sys, number);
	if (!err && affinity.known) {
		irq->affinity = list_text(arena, &affinity.requested);
		irq->movable = affinity.reason == AFFINITY_MOVABLE;
		irq->node = affinity.node;
	}
	if (!err && affinity.effective_known)
		irq->effective = list_text(arena, &affinity.effective);
	if (!err)
		irq->reason = affinity_reason_name(affinity.reason);
	affinity_free(&affinity);
	return err;
}

const char *file_covered(const struct options *options, struct arena *arena)
{
	const char *first = file_shown(options->files[0]);

	return options->file_count == 1 ? arena_printf(arena, "since boot, from %s", first) :
	       arena_printf(arena, "between %s and %s", first, file_shown(options->files[1]));
}
