/* A plan as a POSIX shell script of affinity writes; fed by balance. See script.h. */
#include "script.h"

#include <inttypes.h>
#include <string.h>

static const char head[] =
	"# Each write is told. Exit: 0 all were taken, 1 one failed. PROC=DIR names another /proc.\n"
	"PROC=${PROC:-/proc}\n"
	"failed=0\n"
	"\n"
	"# set_affinity IRQ CPU\n"
	"set_affinity() {\n"
	"\tfile=$PROC/irq/$1/smp_affinity_list\n"
	"\tif [ ! -e \"$file\" ]; then\n"
	"\t\techo \"IRQ $1: not set to CPU $2: there is no $file\" >&2\n"
	"\t\tfailed=1\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tbefore=$(cat \"$file\")\n"
	"\tif echo \"$2\" >\"$file\"; then\n"
	"\t\techo \"IRQ $1: $before -> $(cat \"$file\")\"\n"
	"\telse\n"
	"\t\techo \"IRQ $1: not set to CPU $2\" >&2\n"
	"\t\tfailed=1\n"
	"\tfi\n"
	"}\n"
	"\n";

/* Nothing but printable ASCII: no byte of a name ends a comment or changes a terminal. */
static void comment(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
}

static bool is_number(const char *irq)
{
	return irq && *irq && strspn(irq, "0123456789") == strlen(irq);
}

/* Whether an assignment is to be written: what stays is left alone. */
static bool is_set(const struct plan_assignment *assignment)
{
	return assignment->cpu >= 0 && (assignment->move == 1 || assignment->from < 0);
}

static void write_one(FILE *out, const struct plan_assignment *assignment)
{
	fprintf(out, "set_affinity %s %d # ", assignment->irq, assignment->cpu);
	comment(out, assignment->name ? assignment->name : "no name");
	if (assignment->count != VIEW_NONE)
		fprintf(out, ", fired %" PRIu64, assignment->count);
	if (assignment->from >= 0)
		fprintf(out, ", from CPU %d", assignment->from);
	fputc('\n', out);
}

size_t script_write(FILE *out, const struct plan *plan, const char *covered)
{
	size_t i, left_out = 0;

	fputs("#!/bin/sh\n# A plan of irqclient balance, ", out);
	comment(out, covered);
	fputc('\n', out);
	fputs(head, out);
	for (i = 0; i < plan->assignment_count; i++) {
		if (!is_set(&plan->assignments[i]))
			continue;
		if (is_number(plan->assignments[i].irq))
			write_one(out, &plan->assignments[i]);
		else
			left_out++;
	}
	fputs("\nexit $failed\n", out);
	return left_out;
}
