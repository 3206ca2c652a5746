/* A plan as a person would read it: IRQs by CPU, then how even and how good it is, in words; see show.h. */
#include "show.h"

#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NAME 8
#define STEPS 10 /* so many of the frontier fit a line */

/* ---- which IRQ goes where ---- */

static int by_cpu(const void *a, const void *b)
{
	const struct plan_assignment *x = *(const struct plan_assignment *const *)a;
	const struct plan_assignment *y = *(const struct plan_assignment *const *)b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x < y ? -1 : x > y; /* by number, as they came */
}

/* Those that have a CPU in the plan, by CPU. NULL without memory; the caller frees it. */
static const struct plan_assignment **find_placed(const struct plan *plan, size_t *count)
{
	const struct plan_assignment **placed = malloc((plan->assignment_count + 1) * sizeof *placed);
	size_t i;

	*count = 0;
	for (i = 0; placed && i < plan->assignment_count; i++)
		if (plan->assignments[i].cpu >= 0)
			placed[(*count)++] = &plan->assignments[i];
	if (placed)
		qsort(placed, *count, sizeof *placed, by_cpu);
	return placed;
}

static void add_cpu_number(struct table *table, int cpu)
{
	if (cpu < 0)
		table_add(table, NULL);
	else
		table_addf(table, "%d", cpu);
}

static int show_placed(FILE *out, const struct plan_assignment *const *placed, size_t count, const struct screen *screen)
{
	struct table table;
	bool from = false;
	size_t i;
	int err;

	for (i = 0; i < count; i++)
		from = from || placed[i]->from >= 0;
	memset(&table, 0, sizeof table);
	table_column(&table, "IRQ", TABLE_RIGHT);
	table_column(&table, "NAME", TABLE_LEFT);
	table_column(&table, "COUNT", TABLE_RIGHT);
	if (from) {
		table_column(&table, "FROM", TABLE_RIGHT);
		table_column(&table, "", TABLE_LEFT);
	}
	table_column(&table, "CPU", TABLE_RIGHT);
	for (i = 0; i < count; i++) {
		table_add(&table, placed[i]->irq);
		table_add(&table, placed[i]->name);
		show_count(&table, placed[i]->count);
		if (from) {
			add_cpu_number(&table, placed[i]->from);
			table_add(&table, placed[i]->move == 1 ? "->" : " ");
		}
		add_cpu_number(&table, placed[i]->cpu);
	}
	if (!table.failed)
		table_limit(&table, 1, screen->width, LEAST_NAME);
	err = table_print(&table, out, screen->colour);
	table_free(&table);
	return err;
}

static const char *reason_words(const char *reason)
{
	static const char *const words[][2] = {
		{ "managed", "managed: the kernel keeps it there" }, { "per_cpu", "each CPU has its own" },
		{ "no_affinity", "its controller or driver cannot" }, { "unknown", "unknown: there is no /proc/irq for it" },
	};
	size_t i;

	for (i = 0; reason && i < sizeof words / sizeof *words; i++)
		if (strcmp(reason, words[i][0]) == 0)
			return words[i][1];
	return reason;
}

/* Those that fired and cannot be moved. */
static int show_unmovable(FILE *out, const struct plan *plan, const struct screen *screen)
{
	struct table table;
	size_t i, n = 0;
	int err = 0;

	memset(&table, 0, sizeof table);
	table_column(&table, "IRQ", TABLE_RIGHT);
	table_column(&table, "NAME", TABLE_LEFT);
	table_column(&table, "COUNT", TABLE_RIGHT);
	table_column(&table, "STAYS, SINCE", TABLE_LEFT);
	for (i = 0; i < plan->unmovable_count; i++) {
		const struct plan_unmovable *u = &plan->unmovable[i];

		if (!u->count || u->count == VIEW_NONE)
			continue;
		n++;
		table_add(&table, u->irq);
		table_add(&table, u->name);
		show_count(&table, u->count);
		table_add(&table, reason_words(u->reason));
	}
	if (!table.failed) {
		table_limit(&table, 1, screen->width, LEAST_NAME);
		table_limit(&table, 3, screen->width, LEAST_NAME);
	}
	if (n) {
		fputc('\n', out);
		err = table_print(&table, out, screen->colour);
	}
	table_free(&table);
	return err;
}

/* ---- CPUs ---- */

static int show_cpus(FILE *out, const struct plan *plan, const struct plan_assignment *const *placed, size_t count,
		     const struct screen *screen)
{
	struct table table;
	bool before = false, fixed = false;
	size_t i, k = 0, n;
	int err;

	for (i = 0; i < plan->cpu_count; i++) {
		before = before || plan->cpus[i].before != VIEW_NONE;
		fixed = fixed || (plan->cpus[i].fixed && plan->cpus[i].fixed != VIEW_NONE);
	}
	memset(&table, 0, sizeof table);
	table_column(&table, "CPU", TABLE_RIGHT);
	if (before)
		table_column(&table, "BEFORE", TABLE_RIGHT);
	table_column(&table, "PLANNED", TABLE_RIGHT);
	if (fixed)
		table_column(&table, "OF IT FIXED", TABLE_RIGHT);
	table_column(&table, "IRQS", TABLE_RIGHT);
	for (i = 0; i < plan->cpu_count; i++) {
		const struct plan_cpu *cpu = &plan->cpus[i];

		while (k < count && (unsigned)placed[k]->cpu < cpu->cpu)
			k++;
		for (n = 0; k < count && (unsigned)placed[k]->cpu == cpu->cpu; k++)
			n++;
		table_addf(&table, "%u", cpu->cpu);
		if (before)
			show_count(&table, cpu->before);
		show_count(&table, cpu->load);
		if (fixed)
			show_count(&table, cpu->fixed);
		table_addf(&table, "%zu", n);
	}
	fputc('\n', out);
	err = table_print(&table, out, screen->colour);
	table_free(&table);
	return err;
}

/* ---- in words ---- */

/* With as many digits as tell something: 38 %, 2.2 %, 0.00013 %. */
static const char *percent(char text[32], double fraction)
{
	double value = 100 * fraction;

	if (isnan(value))
		return "unknown";
	if (value <= 0)
		return "0 %";
	if (value < 0.0001)
		return "<0.0001 %";
	snprintf(text, 32, value >= 1 ? "%.2f %%" : "%.2g %%", value);
	return text;
}

/* " CPU3" where a CPU of the plan has that load. */
static const char *who(const struct plan *plan, bool planned, uint64_t load, char name[32])
{
	size_t i;

	*name = '\0';
	for (i = 0; i < plan->cpu_count && !*name; i++)
		if ((planned ? plan->cpus[i].load : plan->cpus[i].before) == load)
			snprintf(name, 32, " CPU%u", plan->cpus[i].cpu);
	return name;
}

static void tell_evenness(FILE *out, const char *when, const struct plan *plan, bool planned,
			  const struct screen *screen)
{
	const struct view_evenness *e = planned ? &plan->evenness.planned : &plan->evenness.before;
	char fullest[32], emptiest[32], text[32];

	if (isnan(e->imbalance) || e->max == VIEW_NONE || e->min == VIEW_NONE || e->spread == VIEW_NONE)
		return;
	if (e->spread == 0) {
		show_line(out, screen, "%s imbalance 0 %% over %" PRIu64 " CPU%s: %" PRIu64 " on each", when, e->cpus,
			  e->cpus == 1 ? "" : "s", e->max);
		return;
	}
	show_line(out, screen, "%s imbalance %s over %" PRIu64 " CPU%s: fullest%s %" PRIu64 ", emptiest%s %" PRIu64
		  ", difference %" PRIu64, when, percent(text, e->imbalance), e->cpus, e->cpus == 1 ? "" : "s",
		  who(plan, planned, e->max, fullest), e->max, who(plan, planned, e->min, emptiest), e->min, e->spread);
}

/* How good the plan is, and what binds it. */
static void tell_bound(FILE *out, const struct plan *plan, const struct screen *screen)
{
	const char *why = plan->bound.why ? plan->bound.why : "", *before = *why ? "; " : "";
	char text[32];

	if (plan->bound.lower == VIEW_NONE || plan->bound.lower == 0 || plan->bound.gap == VIEW_NONE)
		return;
	if (plan->bound.optimal == 1)
		show_line(out, screen, "optimal: proved%s%s", before, why);
	else
		show_line(out, screen, "at most %s above the best possible%s%s",
			  percent(text, (double)plan->bound.gap / (double)plan->bound.lower), before, why);
}

static void tell_moves(FILE *out, const struct plan *plan, const struct show_plan_asked *asked,
		       const struct screen *screen)
{
	char moves[40] = "no moves";

	if (plan->moves == VIEW_NONE)
		return;
	if (plan->moves)
		snprintf(moves, sizeof moves, "%" PRIu64 " move%s", plan->moves, plan->moves == 1 ? "" : "s");
	if (plan->moves_bound == VIEW_NONE)
		show_line(out, screen, "%s", moves);
	else
		show_line(out, screen, "%s; within %g %% of the best it takes at least %" PRIu64, moves,
			  asked->tolerance_percent, plan->moves_bound);
}

/* A few of its steps, the first and the last among them. */
static void tell_frontier(FILE *out, const struct plan *plan, const struct screen *screen)
{
	size_t n = plan->frontier_count, shown = n < STEPS ? n : STEPS, i;
	const char *line = "moves and imbalance:";
	struct arena arena = { NULL };
	char text[32];

	if (n < 2)
		return;
	for (i = 0; i < shown && line; i++) {
		const struct plan_step *step = &plan->frontier[i * (n - 1) / (shown - 1)];

		line = arena_printf(&arena, "%s%s %" PRIu64 ": %s", line, i ? "," : "", step->moves,
				    percent(text, step->imbalance));
	}
	show_line(out, screen, "%s", line ? line : "");
	arena_free(&arena);
}

/* How many that did not fire are left where they are. */
static void tell_silent(FILE *out, const struct plan *plan, size_t placed, const struct screen *screen)
{
	size_t silent = plan->assignment_count - placed;

	if (placed && silent)
		show_line(out, screen, "%zu more did not fire and stay%s", silent, silent == 1 ? "s" : "");
}

static bool is_placed(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->assignment_count; i++)
		if (plan->assignments[i].from >= 0)
			return true;
	return false;
}

int show_plan(FILE *out, const struct plan *plan, const char *covered, const struct show_plan_asked *asked,
	      const struct screen *screen)
{
	const struct plan_assignment **placed;
	size_t count;
	int err = 0;

	placed = find_placed(plan, &count);
	if (!placed)
		return -ENOMEM;
	show_line(out, screen, "%s", covered);
	if (count)
		err = show_placed(out, placed, count, screen);
	else
		show_line(out, screen, "%s", plan->assignment_count ? "None of these interrupts fired: nothing to balance." :
			  plan->unmovable_count ? "None of these interrupts can be moved: nothing to balance." :
			  "There is no such interrupt: nothing to balance.");
	tell_silent(out, plan, count, screen);
	if (!err)
		err = show_unmovable(out, plan, screen);
	if (!err)
		err = show_cpus(out, plan, placed, count, screen);
	free(placed);
	if (err)
		return err;
	fputc('\n', out);
	if (asked->weighted)
		show_line(out, screen, "Loads are counts times the weights given.");
	tell_evenness(out, "before: ", plan, false, screen);
	tell_evenness(out, "planned:", plan, true, screen);
	tell_bound(out, plan, screen);
	if (is_placed(plan))
		tell_moves(out, plan, asked, screen);
	tell_frontier(out, plan, screen);
	return 0;
}
