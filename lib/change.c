/* Checks whether a set of affinities can be, before any is written, for the API; see change.h. */
#include "change.h"
#include "affinity.h"
#include "change_parts.h"
#include "irqtable.h"
#include "readall.h"
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is known of the machine before a change. */
struct machine {
	const struct change_place *place;
	struct change_table table;
	struct topology topology;
	struct cpulist online; /* empty: unknown */
};

static void machine_free(struct machine *machine)
{
	change_table_free(&machine->table);
	topology_free(&machine->topology);
	cpulist_free(&machine->online);
}

void change_table_free(struct change_table *table)
{
	irqtable_free(&table->table);
	readall_free(&table->text);
}

int change_table_read(struct change_table *table, const char *proc)
{
	char *path = readall_join("%s/interrupts", proc);
	struct irqtable_error error;
	int err;

	memset(table, 0, sizeof *table);
	if (!path)
		return -ENOMEM;
	err = readall_path(&table->text, path, 0);
	free(path);
	if (!err && irqtable_parse(&table->table, table->text.text, table->text.length, &error) != 0 &&
	    error.fault == IRQTABLE_NO_MEMORY)
		err = -ENOMEM;
	if (err != -ENOMEM)
		return 0;
	change_table_free(table);
	return err;
}

/* The CPUs that are online: /sys knows them, and so does the header of PROC/interrupts. */
static int find_online(struct machine *machine)
{
	const struct cpulist *online = &machine->topology.online;
	const struct irqtable *table = &machine->table.table;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < online->count; i++)
		err = cpulist_add(&machine->online, online->ranges[i].first, online->ranges[i].last);
	for (i = 0; !err && !online->count && i < table->cpu_count; i++)
		err = cpulist_add(&machine->online, table->cpus[i], table->cpus[i]);
	return err;
}

static int machine_read(struct machine *machine, const struct change_place *place)
{
	int err;

	memset(machine, 0, sizeof *machine);
	machine->place = place;
	err = change_table_read(&machine->table, place->proc);
	if (!err)
		err = topology_read(&machine->topology, place->sys);
	if (!err)
		err = find_online(machine);
	if (err)
		machine_free(machine);
	return err;
}

const struct irqtable_row *change_row(const struct change_table *table, const char *irq)
{
	size_t i;

	for (i = 0; i < table->table.row_count; i++)
		if (irqtable_is(table->table.rows[i].label, irq))
			return &table->table.rows[i];
	return NULL;
}

const char *change_text(struct arena *arena, const struct cpulist *set)
{
	char *text = cpulist_format(set);
	const char *copy = arena_strdup(arena, text);

	free(text);
	return copy;
}

/* Sets an error; 1, or -ENOMEM when there is no text for it. */
static int fault(struct change_error *error, const char *code, const char *detail)
{
	error->code = code;
	error->detail = detail;
	return detail ? 1 : -ENOMEM;
}

/* No such IRQ, or one that is no device's. */
static int check_exists(struct arena *arena, const struct machine *machine, const char *irq, struct change_error *error)
{
	const struct irqtable_row *row = change_row(&machine->table, irq);
	const char *proc = machine->place->proc;
	char *path;
	struct stat st;
	unsigned number;
	bool directory;

	if (row && !row->numbered && row->kind != IRQTABLE_COUNTER)
		return fault(error, "no_affinity",
			     arena_printf(arena, "%s is a value of the whole machine, not an interrupt that goes to a CPU.",
					  irq));
	if (row && !row->numbered)
		return fault(error, "per_cpu", arena_printf(arena, "%s interrupts belong to each CPU and cannot be moved.", irq));
	if (!affinity_number(irq, &number))
		return fault(error, "no_such_irq",
			     arena_printf(arena, "There is no IRQ \"%s\" in %s/interrupts; GET /api/v1/overview?all=1 lists all.",
					  irq, proc));
	if (row)
		return 0;
	path = readall_join("%s/irq/%u", proc, number);
	if (!path)
		return -ENOMEM;
	directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	free(path);
	return directory ? 0 :
	       fault(error, "no_such_irq",
		     arena_printf(arena, "There is no IRQ %s, neither in %s/interrupts nor as %s/irq/%s; "
				  "GET /api/v1/overview?all=1 lists all.", irq, proc, proc, irq));
}

static int check_cpus(struct arena *arena, const struct machine *machine, const struct change_assignment *assignment,
		      struct change_error *error)
{
	struct cpulist wrong = { NULL, 0 };
	int err = 0;

	if (!machine->online.count)
		return 0; /* nobody knows: the kernel will say */
	err = cpulist_subtract(&wrong, &assignment->cpus, &machine->online);
	if (!err && wrong.count) {
		const char *bad = change_text(arena, &wrong), *online = change_text(arena, &machine->online);

		err = -ENOMEM;
		if (bad && online)
			err = fault(error, "bad_cpu", arena_printf(arena, "IRQ %s cannot go to CPU %s: offline or absent. "
								   "The CPUs that are online are %s.",
								   assignment->irq, bad, online));
	}
	cpulist_free(&wrong);
	return err;
}

static int check_movable(struct arena *arena, const struct machine *machine, const char *irq, unsigned number,
			 struct change_error *error)
{
	struct affinity affinity;
	const char *code;
	int err = affinity_read(&affinity, machine->place->proc, machine->place->sys, number);

	if (err || affinity.reason == AFFINITY_MOVABLE) {
		affinity_free(&affinity);
		return err;
	}
	code = affinity_reason_name(affinity.reason);
	if (affinity.reason == AFFINITY_UNKNOWN)
		err = fault(error, "no_affinity", arena_printf(arena, "IRQ %s cannot be moved: there is no %s/irq/%s: the kernel "
							       "offers no way to set it here.", irq, machine->place->proc, irq));
	else
		err = fault(error, code, arena_printf(arena, "IRQ %s cannot be moved: %s.", irq, change_explain(code)));
	affinity_free(&affinity);
	return err;
}

static int check_writable(struct arena *arena, const struct machine *machine, const char *irq, unsigned number,
			  struct change_error *error)
{
	const char *files[] = { "smp_affinity_list", "smp_affinity" };
	size_t i;

	for (i = 0; i < 2; i++) {
		char *path = readall_join("%s/irq/%u/%s", machine->place->proc, number, files[i]);
		int denied = 0, err;

		if (!path)
			return -ENOMEM;
		if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
			denied = errno;
		if (denied == EROFS)
			err = fault(error, "read_only", arena_printf(arena, "IRQ %s cannot be set: %s is on a read-only mount.",
								     irq, path));
		else if (denied == EACCES || denied == EPERM)
			err = fault(error, "permission", arena_printf(arena, "IRQ %s cannot be set: this service may not write "
								      "%s. It must run as root.", irq, path));
		else
			err = 0;
		free(path);
		if (denied != ENOENT)
			return err;
	}
	return 0;
}

static int check_one(struct arena *arena, const struct machine *machine, const struct change_assignment *assignment,
		     struct change_error *error)
{
	unsigned number = 0;
	int err;

	memset(error, 0, sizeof *error);
	error->irq = assignment->irq;
	err = check_exists(arena, machine, assignment->irq, error);
	if (err)
		return err;
	err = check_cpus(arena, machine, assignment, error);
	if (err)
		return err;
	if (!affinity_number(assignment->irq, &number))
		return fault(error, "no_such_irq", "/proc/irq knows no IRQ by that label.");
	err = check_movable(arena, machine, assignment->irq, number, error);
	return err ? err : check_writable(arena, machine, assignment->irq, number, error);
}

int change_check(struct arena *arena, const struct change_place *place, const struct change_assignment *assignments,
		 size_t count, struct change_error **errors, size_t *error_count)
{
	struct machine machine;
	size_t i;
	int err = machine_read(&machine, place);

	*error_count = 0;
	*errors = NULL;
	if (err)
		return err;
	*errors = arena_alloc(arena, count, sizeof **errors);
	err = *errors ? 0 : -ENOMEM;
	for (i = 0; err >= 0 && i < count; i++) {
		err = check_one(arena, &machine, &assignments[i], &(*errors)[*error_count]);
		if (err > 0)
			(*error_count)++;
	}
	machine_free(&machine);
	if (err < 0)
		return err;
	return *error_count ? 1 : 0;
}

const char *change_code(int error, const char *reason)
{
	switch (error < 0 ? -error : error) {
	case EIO:
	case EPERM:
		return reason && strcmp(reason, "unknown") != 0 ? reason : "no_affinity";
	case EINVAL:
	case ERANGE:
	case EOVERFLOW:
		return "bad_cpu";
	case ENOSPC:
		return "vectors_full";
	case EBUSY:
		return "busy";
	case EACCES:
		return "permission";
	case EROFS:
		return "read_only";
	case ENOENT:
		return "no_such_irq";
	default:
		return "internal";
	}
}

const char *change_explain(const char *code)
{
	static const struct {
		const char *code, *meaning;
	} codes[] = {
		{ "managed", "it is managed: the kernel spread this device's queues over the CPUs and lets nobody move them" },
		{ "per_cpu", "it is a per-CPU interrupt: each CPU has its own" },
		{ "no_affinity", "its interrupt controller or its driver does not let it be moved" },
		{ "bad_cpu", "the kernel does not take these CPUs: none of them is online, or there are no such CPUs" },
		{ "vectors_full", "those CPUs have no interrupt vector left; move others away from them first" },
		{ "busy", "an earlier move of it has not finished; try again when it has fired" },
		{ "permission", "this service may not write below /proc/irq; it must run as root" },
		{ "read_only", "/proc is mounted read-only here, as in most containers" },
		{ "no_such_irq", "it is gone: its device gave it back" },
		{ "conflict", "somebody else set it at the same time (irqbalance, or a driver); read it again" },
	};
	size_t i;

	for (i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].meaning;
	return "the kernel refused for a reason that has no name here";
}
