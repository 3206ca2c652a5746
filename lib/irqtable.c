/* The text of /proc/interrupts as a table; see irqtable.h. */
#include "irqtable.h"
#include "grow.h"
#include "irqtable_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const bare_labels[] = { "ERR", "MIS", "Err", "BAD" };

/* One line of the text, without its newline, CR and pasted "^M". */
static struct irqtable_text take_line(const char **next, const char *end)
{
	const char *newline = memchr(*next, '\n', (size_t)(end - *next));
	struct irqtable_text line = { *next, (size_t)((newline ? newline : end) - *next) };

	*next = newline ? newline + 1 : end;
	while (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	if (line.length > 1 && memcmp(line.at + line.length - 2, "^M", 2) == 0)
		line.length -= 2;
	return line;
}

/* "CPU12" -> 12; -1: no such word, -2: a number over 32 bits (the last one stands for no CPU) */
static int cpu_word(struct irqtable_text word, unsigned *cpu)
{
	uint64_t n = 0;
	size_t i;

	if (word.length < 4 || memcmp(word.at, "CPU", 3) != 0)
		return -1;
	for (i = 3; i < word.length; i++)
		if (!isdigit((unsigned char)word.at[i]))
			return -1;
	for (i = 3; i < word.length; i++) {
		n = n * 10 + (uint64_t)(word.at[i] - '0');
		if (n >= UINT32_MAX)
			return -2;
	}
	*cpu = (unsigned)n;
	return 0;
}

static bool is_header(struct irqtable_text line)
{
	struct irqtable_text word = irqtable_text_word(&line);
	unsigned cpu;

	if (cpu_word(word, &cpu) == -1)
		return false;
	while ((word = irqtable_text_word(&line)).length)
		if (cpu_word(word, &cpu) == -1)
			return false;
	return true;
}

static bool has_lower(struct irqtable_text word)
{
	size_t i;

	for (i = 0; i < word.length; i++)
		if (islower((unsigned char)word.at[i]))
			return true;
	return false;
}

/* The label of a row, without its colon; length 0: the line is no row. */
static struct irqtable_text take_label(struct irqtable_text *line, bool *numbered)
{
	struct irqtable_text word, none = { line->at, 0 }, rest = *line;
	const char *colon;
	size_t i;

	word = irqtable_text_word(&rest);
	colon = memchr(word.at, ':', word.length);
	if (!colon || colon == word.at)
		return none;
	rest.length += (size_t)(rest.at - colon) - 1;
	rest.at = colon + 1;
	word.length = (size_t)(colon - word.at);
	*numbered = irqtable_text_digits(word);
	if (!*numbered) {
		/* "LOC", "I/O", "IPI0", "VPMI"; a word of other letters, or a longer one, is a remark ("Time: 12") */
		if (word.length > 8 || !isalpha((unsigned char)word.at[0]) ||
		    (has_lower(word) && !irqtable_is(word, "Err")))
			return none;
		for (i = 0; i < word.length; i++)
			if (!isalnum((unsigned char)word.at[i]) && !strchr("/_-", word.at[i]))
				return none;
	}
	*line = rest;
	return word;
}

static int fail(struct irqtable *table, struct irqtable_error *error, enum irqtable_fault fault, size_t line,
		const char *text)
{
	table->cpu_count = table->row_count = table->count_count = table->short_rows = 0;
	error->fault = fault;
	error->line = line;
	snprintf(error->text, sizeof error->text, "%s", text);
	return -1;
}

static int no_memory(struct irqtable *table, struct irqtable_error *error)
{
	return fail(table, error, IRQTABLE_NO_MEMORY, 0, "not enough memory for the table");
}

static int compare_cpus(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static int parse_header(struct irqtable *table, struct irqtable_text line, size_t number, struct irqtable_error *error)
{
	struct irqtable_text word;
	bool ascending = true;
	unsigned *sorted;
	size_t i;

	table->cpu_count = 0;
	while ((word = irqtable_text_word(&line)).length) {
		unsigned cpu = 0;

		if (cpu_word(word, &cpu) == -2)
			return fail(table, error, IRQTABLE_BAD_HEADER, number,
				    "the header names a CPU whose number is over 32 bits");
		if (grow(&table->cpus, &table->cpu_room, table->cpu_count + 1, sizeof *table->cpus))
			return no_memory(table, error);
		if (table->cpu_count && cpu <= table->cpus[table->cpu_count - 1])
			ascending = false;
		table->cpus[table->cpu_count++] = cpu;
	}
	if (ascending)
		return 0;
	sorted = malloc(table->cpu_count * sizeof *sorted);
	if (!sorted)
		return no_memory(table, error);
	memcpy(sorted, table->cpus, table->cpu_count * sizeof *sorted);
	qsort(sorted, table->cpu_count, sizeof *sorted, compare_cpus);
	for (i = 1; i < table->cpu_count; i++)
		if (sorted[i] == sorted[i - 1]) {
			char text[sizeof error->text];

			snprintf(text, sizeof text, "the header names CPU%u twice", sorted[i]);
			free(sorted);
			return fail(table, error, IRQTABLE_BAD_HEADER, number, text);
		}
	free(sorted);
	return 0;
}

/* A count that ends at a blank or at the line's end. 1: taken; 0: no count here; -1: too large. */
static int take_count(const char **at, const char *start, const char *end, uint64_t *count)
{
	const char *p = *at, *next;
	uint64_t n = 0;
	bool large = false;

	/* most cells of most machines; current kernels print them 11 bytes wide */
	if (end - p > 11 && p[11] == ' ' && memcmp(p, "          0", 11) == 0) {
		*count = 0;
		*at = p + 11;
		return 1;
	}
	while ((next = irqtable_text_blank(p, start, end)) != p)
		p = next;
	next = p;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (n > (uint64_t)INT64_MAX / 10 - 1)
			large = true;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (p == next || (p < end && irqtable_text_blank(p, start, end) == p))
		return 0;
	if (large && (p - next > 19 || n > INT64_MAX))
		return -1;
	*count = n;
	*at = p;
	return 1;
}

/* What a row with so many counts is. */
static enum irqtable_kind kind_of(const struct irqtable_row *row, size_t counts, size_t cpus)
{
	size_t i;

	if (!row->numbered && counts == 1 && row->tail.length == 0)
		for (i = 0; i < sizeof bare_labels / sizeof *bare_labels; i++)
			if (irqtable_is(row->label, bare_labels[i]))
				return IRQTABLE_BARE;
	if (counts == 0 && !row->numbered && row->tail.length)
		return IRQTABLE_EMPTY;
	if (counts < cpus)
		return IRQTABLE_SHORT;
	/* parisc: bytes of stack used */
	if (!row->numbered && (irqtable_is(row->label, "STK") || irqtable_is(row->label, "IST")))
		return IRQTABLE_GAUGE;
	return IRQTABLE_COUNTER;
}

/* Adds the line to the table if it is a row. */
static int parse_row(struct irqtable *table, struct irqtable_text line, size_t number, struct irqtable_error *error)
{
	struct irqtable_row *row;
	struct irqtable_text label, rest = line;
	const char *p, *end;
	uint64_t *counts, count;
	bool numbered;
	size_t n = 0;
	int got = 0;

	label = take_label(&rest, &numbered);
	if (!label.length)
		return 0;
	if (grow(&table->rows, &table->row_room, table->row_count + 1, sizeof *table->rows) ||
	    grow(&table->counts, &table->count_room, table->count_count + table->cpu_count, sizeof *table->counts))
		return no_memory(table, error);
	row = &table->rows[table->row_count];
	memset(row, 0, sizeof *row);
	row->label = label;
	row->numbered = numbered;
	row->line = number;
	row->first = table->count_count;
	counts = table->counts + row->first;

	p = rest.at;
	end = rest.at + rest.length;
	while (n < table->cpu_count && (got = take_count(&p, rest.at, end, &counts[n])) > 0)
		n++;
	/* arm before 3.x prints a count for each present CPU in rows of the kernel's own: they are nobody's */
	while (!numbered && n == table->cpu_count && got > 0 && (got = take_count(&p, rest.at, end, &count)) > 0)
		;
	if (got < 0)
		return fail(table, error, IRQTABLE_BAD_COUNT, number,
			    "a count of 2^63 or more; the kernel's counters have 32 bits");
	row->tail.at = p;
	row->tail.length = (size_t)(end - p);
	row->tail = irqtable_text_trim(row->tail);
	if (n == 0 && !numbered && row->tail.length == 0)
		return 0; /* a remark */
	row->kind = kind_of(row, n, table->cpu_count);
	if (row->kind == IRQTABLE_BARE)
		row->value = counts[0];
	else if (row->kind == IRQTABLE_SHORT)
		table->short_rows++;
	else if (row->kind != IRQTABLE_EMPTY)
		table->count_count += n;
	irqtable_tail(row);
	table->row_count++;
	return 0;
}

static int compare_labels(const void *a, const void *b, void *table)
{
	const struct irqtable_row *rows = ((const struct irqtable *)table)->rows;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct irqtable_text *x = &rows[i].label, *y = &rows[j].label;
	size_t n = x->length < y->length ? x->length : y->length;
	int order = memcmp(x->at, y->at, n);

	if (order == 0 && x->length != y->length)
		order = x->length < y->length ? -1 : 1;
	if (order == 0)
		order = i < j ? -1 : i > j;
	return order;
}

/* Numbers rows of the same label; the kernel's own tables are in order and need no sorting. */
static int count_labels(struct irqtable *table)
{
	uint64_t last = 0;
	size_t i, k, systems = 0;
	bool ascending = true;

	for (i = 0; i < table->row_count; i++) {
		struct irqtable_row *row = &table->rows[i];
		uint64_t n = 0;

		if (!row->numbered) {
			systems++;
			continue;
		}
		for (k = 0; k < row->label.length && k < 19; k++)
			n = n * 10 + (uint64_t)(row->label.at[k] - '0');
		if (n < last || (n == last && i != systems) || row->label.length > 19)
			ascending = false;
		last = n;
	}
	if (ascending && systems < 2)
		return 0;
	if (grow(&table->order, &table->order_room, table->row_count, sizeof *table->order))
		return -1;
	for (i = k = 0; i < table->row_count; i++)
		if (!ascending || !table->rows[i].numbered)
			table->order[k++] = i;
	qsort_r(table->order, k, sizeof *table->order, compare_labels, table);
	for (i = 1; i < k; i++) {
		struct irqtable_row *before = &table->rows[table->order[i - 1]], *row = &table->rows[table->order[i]];

		if (row->label.length == before->label.length &&
		    memcmp(row->label.at, before->label.at, row->label.length) == 0)
			row->ordinal = before->ordinal + 1;
	}
	return 0;
}

static bool begins_with(struct irqtable_text text, const char *word)
{
	return text.length >= strlen(word) && memcmp(text.at, word, strlen(word)) == 0;
}

/* s390: EXT, I/O and AIO repeat what the rows marked with their name count, MSI what PCF counts. */
static void mark_sums(struct irqtable *table)
{
	static const struct {
		const char *label, *part;
	} sums[] = { { "EXT", "[EXT]" }, { "I/O", "[I/O]" }, { "AIO", "[AIO]" } };
	size_t i, k, s;

	for (i = 0; i < table->row_count; i++) {
		struct irqtable_row *row = &table->rows[i];

		if (row->numbered || row->kind != IRQTABLE_COUNTER)
			continue;
		for (s = 0; s < 3; s++)
			if (irqtable_is(row->label, sums[s].label))
				break;
		if (s == 3 && !irqtable_is(row->label, "MSI"))
			continue;
		for (k = 0; k < table->row_count; k++) {
			const struct irqtable_row *part = &table->rows[k];

			if (part->numbered || k == i)
				continue;
			if (s < 3 ? begins_with(part->names, sums[s].part) : irqtable_is(part->label, "PCF")) {
				row->kind = IRQTABLE_SUM;
				break;
			}
		}
	}
}

/*
 * The text ends without a newline. If a count is the last of it, that may have
 * lost digits, so the row's counts are not to be believed.
 */
static void mark_cut(struct irqtable *table, const char *text, size_t length)
{
	struct irqtable_row *last = &table->rows[table->row_count - 1];

	if (text[length - 1] == '\n')
		return;
	if (last->line != table->line_count) {
		table->cut = true; /* within a label */
		return;
	}
	if (last->tail.length == 0 && isdigit((unsigned char)text[length - 1]) &&
	    irqtable_counts(table, table->row_count - 1)) {
		last->kind = IRQTABLE_SHORT;
		table->short_rows++;
	}
	table->cut = last->kind == IRQTABLE_SHORT;
}

int irqtable_parse(struct irqtable *table, const char *text, size_t length, struct irqtable_error *error)
{
	const char *next = text, *end = text + length;
	struct irqtable_text line;
	bool header = false, any = false;

	table->cpu_count = table->row_count = table->count_count = table->short_rows = table->line_count = 0;
	table->cut = false;
	memset(error, 0, sizeof *error);
	while (next < end) {
		const char *start = next;

		line = take_line(&next, end);
		if (is_header(line)) {
			if (header) {
				end = start; /* the next table */
				length = (size_t)(end - text);
				break;
			}
			header = true;
			table->line_count++;
			if (parse_header(table, line, table->line_count, error))
				return -1;
			continue;
		}
		table->line_count++;
		if (header) {
			if (parse_row(table, line, table->line_count, error))
				return -1;
		} else if (!any) {
			any = irqtable_text_trim(line).length > 0;
		}
	}
	if (!header && !any)
		return fail(table, error, IRQTABLE_NO_TEXT, 0,
			    "empty: no table (a container's runtime may have masked /proc/interrupts)");
	if (!header)
		return fail(table, error, IRQTABLE_NO_HEADER, 1,
			    "no header: a line of CPU numbers (\"CPU0 CPU1\") was expected before the rows");
	if (table->row_count == 0)
		return fail(table, error, IRQTABLE_NO_ROWS, table->line_count,
			    "no row behind the header: rows like \"24: 1 0 ...\" were expected");
	mark_cut(table, text, length);
	mark_sums(table);
	if (count_labels(table))
		return no_memory(table, error);
	return 0;
}

const uint64_t *irqtable_counts(const struct irqtable *table, size_t row)
{
	switch (table->rows[row].kind) {
	case IRQTABLE_BARE:
	case IRQTABLE_EMPTY:
	case IRQTABLE_SHORT:
		return NULL;
	default:
		return table->counts + table->rows[row].first;
	}
}

/* One of the tables that irqtable_last walks over. */
struct piece {
	const char *at;
	size_t line;
	struct irqtable_text label; /* of its last row */
};

size_t irqtable_last(const char *text, size_t length, struct irqtable_text *last, size_t *line, bool *cut)
{
	struct piece now = { text, 1, { text, 0 } }, before = now;
	const char *next = text, *end = text + length;
	size_t tables = 0, number = 0;

	while (next < end) {
		const char *start = next;
		struct irqtable_text rest = take_line(&next, end), label;
		bool numbered;

		number++;
		if (is_header(rest)) {
			if (tables++)
				before = now;
			now.at = start;
			now.line = number;
			now.label.length = 0;
		} else if (tables) {
			label = take_label(&rest, &numbered);
			if (label.length)
				now.label = label;
		}
	}
	*cut = tables > 1 && (now.label.length != before.label.length ||
			      memcmp(now.label.at, before.label.at, now.label.length) != 0);
	if (*cut) {
		last->length = (size_t)(now.at - before.at);
		now = before;
	} else {
		last->length = (size_t)(end - now.at);
	}
	last->at = now.at;
	*line = now.line;
	return tables;
}

void irqtable_free(struct irqtable *table)
{
	free(table->cpus);
	free(table->rows);
	free(table->counts);
	free(table->order);
	memset(table, 0, sizeof *table);
}
