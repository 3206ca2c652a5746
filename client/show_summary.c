/* A row a CPU, and how even that is, in words; see show.h. */
#include "show.h"

#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define LEAST_NAME 8

static bool any_node(const struct view_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->cpu_count; i++)
		if (summary->cpus[i].node >= 0)
			return true;
	return false;
}

static void add_all(struct table *table, const struct view_summary *summary, bool nodes)
{
	const struct view_all *all = &summary->all;
	bool devices = all->device_total != VIEW_NONE && all->device_total > 0;

	table_add(table, "all");
	if (nodes)
		table_add(table, NULL);
	show_count(table, all->total);
	show_rate(table, all->per_second);
	show_count(table, all->device_total);
	show_percent(table, devices ? 1 : (double)NAN);
	table_add(table, NULL);
	table_add(table, NULL);
	table_add(table, NULL);
	table_add(table, NULL);
}

static void add_cpu(struct table *table, const struct view_cpu *cpu, bool nodes)
{
	table_addf(table, "%u%s", cpu->cpu, cpu->online == 0 ? " offline" : "");
	if (nodes && cpu->node >= 0)
		table_addf(table, "%d", cpu->node);
	else if (nodes)
		table_add(table, NULL);
	show_count(table, cpu->total);
	show_rate(table, cpu->per_second);
	show_count(table, cpu->device_total);
	show_percent(table, cpu->share);
	show_count(table, cpu->irqs);
	table_add(table, cpu->top ? cpu->top->irq : NULL);
	show_percent(table, cpu->top ? cpu->top->share : (double)NAN);
	table_add(table, cpu->top ? cpu->top->name : NULL);
}

/* " CPU3" where a CPU has that load of devices' interrupts. */
static const char *who(const struct view_summary *summary, uint64_t load, char name[32])
{
	size_t i;

	*name = '\0';
	for (i = 0; i < summary->cpu_count; i++)
		if (summary->cpus[i].device_total == load && summary->cpus[i].online != 0) {
			snprintf(name, 32, " CPU%u", summary->cpus[i].cpu);
			break;
		}
	return name;
}

/* Returns how many lines it takes, as show_line. */
static size_t tell_evenness(FILE *out, const struct view_summary *summary, const struct screen *screen)
{
	const struct view_evenness *e = &summary->evenness;
	char fullest[32], emptiest[32];

	if (isnan(e->imbalance) || e->max == VIEW_NONE || e->min == VIEW_NONE)
		return show_line(out, screen, "%s: nothing to compare", summary->all.device_total == VIEW_NONE ?
				 "what fired is not known" : "no device fired");
	return show_line(out, screen, "imbalance %.1f %% over %" PRIu64 " CPU%s (fullest%s %" PRIu64
			 ", mean %.1f, emptiest%s %" PRIu64 "; devices' interrupts)", e->imbalance * 100, e->cpus, e->cpus == 1 ? "" : "s",
			 who(summary, e->max, fullest), e->max, e->mean, who(summary, e->min, emptiest), e->min);
}

/* Leaves out what matters least rather than that a line passes the width; the name is cut before. */
static void fit(struct table *table, size_t width)
{
	static const char *const least[] = { "NODE", "IRQS", "DEVICES'", "ITS %", "PER SECOND" };
	size_t i;

	if (table->failed)
		return;
	table_limit(table, table->column_count - 1, width, LEAST_NAME);
	for (i = 0; i < sizeof least / sizeof *least; i++)
		table_leave_out(table, least[i], width);
	table_limit(table, table->column_count - 1, width, LEAST_NAME);
}

int show_summary(FILE *out, const struct view_summary *summary, const char *covered, const struct screen *screen)
{
	struct table table;
	bool nodes = any_node(summary);
	size_t lines = show_line(out, screen, "%s", covered), rows, i;
	int err;

	lines += 2 + tell_evenness(NULL, summary, screen); /* the head and the row for all */
	rows = show_rows(screen, summary->cpu_count, lines);
	memset(&table, 0, sizeof table);
	table_column(&table, "CPU", TABLE_LEFT);
	if (nodes)
		table_column(&table, "NODE", TABLE_RIGHT);
	table_column(&table, "TOTAL", TABLE_RIGHT);
	table_column(&table, "PER SECOND", TABLE_RIGHT);
	table_column(&table, "DEVICES'", TABLE_RIGHT);
	table_column(&table, "SHARE %", TABLE_RIGHT);
	table_column(&table, "IRQS", TABLE_RIGHT);
	table_column(&table, "TOP IRQ", TABLE_RIGHT);
	table_column(&table, "ITS %", TABLE_RIGHT);
	table_column(&table, "NAME", TABLE_LEFT);
	add_all(&table, summary, nodes);
	for (i = 0; i < rows; i++)
		add_cpu(&table, &summary->cpus[i], nodes);
	fit(&table, screen->width);
	err = table_print(&table, out, screen->colour);
	if (!err) {
		show_more(out, screen, summary->cpu_count - rows);
		tell_evenness(out, summary, screen);
	}
	table_free(&table);
	return err;
}
