/* A small table of text; see table.h. */
#include "table.h"

#include "grow.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

void table_column(struct table *table, const char *head, enum table_side side)
{
	struct table_column *column;
	char *clean = text_clean(&table->arena, head);

	if (!clean || grow(&table->columns, &table->column_room, table->column_count + 1, sizeof *table->columns)) {
		table->failed = true;
		return;
	}
	column = &table->columns[table->column_count++];
	memset(column, 0, sizeof *column);
	column->head = clean;
	column->side = side;
	column->width = text_width(clean);
}

void table_add(struct table *table, const char *text)
{
	const char *clean = text && *text ? text_clean(&table->arena, text) : "-";
	struct table_column *column;
	size_t width;

	if (!clean || table->column_count == 0 ||
	    grow(&table->cells, &table->cell_room, table->cell_count + 1, sizeof *table->cells)) {
		table->failed = true;
		return;
	}
	column = &table->columns[table->cell_count % table->column_count];
	table->cells[table->cell_count++] = clean;
	width = text_width(clean);
	if (width > column->width)
		column->width = width;
}

void table_addf(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		table->failed = true;
	}
	va_end(arguments);
	if (text)
		table_add(table, text);
	free(text);
}

static size_t shown_width(const struct table_column *column)
{
	return column->limit && column->limit < column->width ? column->limit : column->width;
}

size_t table_width(const struct table *table)
{
	size_t i, width = 0;

	for (i = 0; i < table->column_count; i++)
		if (!table->columns[i].left_out)
			width += shown_width(&table->columns[i]) + (i ? TABLE_GAP : 0);
	return width;
}

void table_limit(struct table *table, size_t column, size_t width, size_t least)
{
	size_t rest;

	table->columns[column].limit = 0;
	if (width == 0 || table_width(table) <= width)
		return;
	rest = table_width(table) - table->columns[column].width;
	table->columns[column].limit = width > rest + least ? width - rest : least;
}

void table_leave_out(struct table *table, const char *head, size_t width)
{
	size_t i;

	if (width == 0 || table_width(table) <= width)
		return;
	for (i = 1; i + 1 < table->column_count; i++)
		if (strcmp(table->columns[i].head, head) == 0)
			table->columns[i].left_out = true;
}

static void blanks(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

/* The cell of column i; the gap before it too, or its line's end behind it. */
static void cell(FILE *out, const struct table *table, size_t i, const char *text, const char *style)
{
	const struct table_column *column = &table->columns[i];
	size_t room = shown_width(column), bytes = strlen(text), width = text_width(text);
	bool last = i + 1 == table->column_count;
	const char *mark = "";

	if (column->left_out)
		return;
	if (i)
		blanks(out, TABLE_GAP);
	if (width > room) { /* cut, and marked so */
		bytes = text_fit(text, room - 1);
		mark = "~";
		width = room;
	}
	if (column->side == TABLE_RIGHT)
		blanks(out, room - width);
	fprintf(out, "%s%.*s%s%s", style, (int)bytes, text, mark, *style ? PLAIN : "");
	if (column->side == TABLE_LEFT && !last)
		blanks(out, room - width);
	if (last)
		fputc('\n', out);
}

int table_print(const struct table *table, FILE *out, bool colour)
{
	size_t i, n = table->column_count;

	if (table->failed)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		cell(out, table, i, table->columns[i].head, colour ? BOLD : "");
	for (i = 0; i < table->cell_count; i++) {
		const char *text = table->cells[i];
		bool dim = colour && (strcmp(text, "0") == 0 || strcmp(text, "-") == 0);

		cell(out, table, i % n, text, dim ? DIM : "");
	}
	return 0;
}

void table_free(struct table *table)
{
	arena_free(&table->arena);
	free(table->columns);
	free(table->cells);
	memset(table, 0, sizeof *table);
}
