/* GET overview, summary and irqs/{irq}: what fired, and where it may go; fed by route, uses view and affinity. */
#include "affinity.h"
#include "api.h"
#include "readall.h"
#include "topology.h"
#include "view.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A name of a folder in /proc/irq/N is cut here. */
#define FOLDER_NAME_MAX 127

static void answer(struct call *call, int err, char *text)
{
	if (err == -EOVERFLOW)
		api_too_large(call);
	else if (err)
		api_no_memory(call);
	else
		response_json(call->response, 200, text);
}

static int text_of(struct call *call, const struct cpulist *cpus, const char **text)
{
	char *list = cpulist_format(cpus);

	*text = arena_strdup(&call->arena, list);
	free(list);
	return *text ? 0 : -ENOMEM;
}

static bool has_folders(const char *path)
{
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(path);

	while (d && !found && (entry = readdir(d)))
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.';
	if (d)
		closedir(d);
	return found;
}

/*
 * Whether IRQ number is still the one that had these actions: a number that was
 * given back may belong to another device now, whose affinity is no answer.
 * PROC/irq/N has a folder for each action; without any nobody can tell.
 */
static bool is_still(const char *proc, unsigned number, const char *names)
{
	size_t length = strcspn(names, ",");
	char *path;
	struct stat st;
	bool is = true;

	if (!length || memchr(names, '/', length))
		return true;
	if (length > FOLDER_NAME_MAX)
		length = FOLDER_NAME_MAX;
	path = readall_join("%s/irq/%u/%.*s", proc, number, (int)length, names);
	if (path && stat(path, &st) != 0) {
		path[strlen(path) - length] = '\0';
		is = !has_folders(path);
	}
	free(path);
	return is;
}

/* Affinity, node and whether it can be moved, as they are now. */
static int add_affinity(struct call *call, struct view_irq *irq, bool with_hint)
{
	struct affinity affinity;
	unsigned number;
	int err;

	irq->movable = 0;
	irq->reason = affinity_reason_name(AFFINITY_UNKNOWN);
	if (!affinity_number(irq->irq, &number) || !is_still(call->api->proc, number, irq->name ? irq->name : ""))
		return 0;
	err = affinity_read(&affinity, call->api->proc, call->api->sys, number);
	if (err)
		return err;
	irq->movable = affinity.reason == AFFINITY_MOVABLE;
	irq->reason = affinity_reason_name(affinity.reason);
	irq->node = affinity.node;
	if (affinity.known)
		err = text_of(call, &affinity.requested, &irq->affinity);
	if (!err && affinity.effective_known)
		err = text_of(call, &affinity.effective, &irq->effective);
	if (!err && with_hint && affinity.hint_known && affinity.hint.count)
		err = text_of(call, &affinity.hint, &irq->hint);
	affinity_free(&affinity);
	return err;
}

/* A system row belongs to each CPU, or, as a bare value, to none. */
static void add_system_reason(const struct window *window, struct view_irq *irq)
{
	size_t i;

	irq->movable = 0;
	irq->reason = affinity_reason_name(AFFINITY_PER_CPU);
	for (i = 0; i < window->row_count; i++)
		if (strcmp(window->rows[i].irq, irq->irq) == 0 && window->rows[i].kind == IRQTABLE_BARE)
			irq->reason = affinity_reason_name(AFFINITY_NO_AFFINITY);
}

int api_places(struct call *call, const struct window *window, struct view_irq *irqs, size_t count, bool with_hint)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < count; i++)
		if (strcmp(irqs[i].class_, "device") == 0)
			err = add_affinity(call, &irqs[i], with_hint);
		else
			add_system_reason(window, &irqs[i]);
	return err;
}

/* Whether each CPU asked for was seen in the window, or is known to /sys; false: answered. */
static bool has_columns(struct call *call, const struct window *window)
{
	struct cpulist there = { NULL, 0 };
	struct topology topology;
	bool good = cpulist_within(&call->query.cpus, &window->cpus);
	size_t i;
	int err;

	if (good)
		return true;
	err = topology_read(&topology, call->api->sys);
	for (i = 0; !err && i < window->cpus.count; i++)
		err = cpulist_add(&there, window->cpus.ranges[i].first, window->cpus.ranges[i].last);
	for (i = 0; !err && i < topology.cpu_count; i++)
		err = cpulist_add(&there, topology.cpus[i].cpu, topology.cpus[i].cpu);
	if (err)
		api_no_memory(call);
	else
		good = api_has_cpus(call, &there, "were seen in this window or are known to /sys");
	topology_free(&topology);
	cpulist_free(&there);
	return good;
}

void api_overview(struct call *call)
{
	const struct query *query = &call->query;
	struct view_filter filter = { query->irqs, query->cpus.count ? &query->cpus : NULL, query->device, query->all };
	struct view_overview overview;
	struct window window;
	int err;

	memset(&window, 0, sizeof window);
	if (!api_window(call, true, &window))
		return;
	if (has_columns(call, &window)) {
		err = view_overview(&call->arena, &window, &filter, &overview);
		if (!err)
			err = api_places(call, &window, overview.irqs, overview.irq_count, false);
		answer(call, err, err ? NULL : apijson_overview(&overview));
	}
	window_free(&window);
}

void api_summary(struct call *call)
{
	struct view_summary summary;
	struct topology topology;
	struct window window;
	int err;

	memset(&window, 0, sizeof window);
	if (!api_window(call, true, &window))
		return;
	err = topology_read(&topology, call->api->sys);
	if (!err) {
		err = view_summary(&call->arena, &window, &topology, &summary);
		topology_free(&topology);
	}
	answer(call, err, err ? NULL : apijson_summary(&summary));
	window_free(&window);
}

/* What the kernel tells of an IRQ's chip; NULL: nothing. */
static const char *kernel_says(struct call *call, unsigned number, const char *file)
{
	char *path = readall_join("%s/kernel/irq/%u/%s", call->api->sys, number, file), *line;
	const char *text;

	line = path ? readall_line(path) : NULL;
	text = line && *line ? arena_strdup(&call->arena, line) : NULL;
	free(line);
	free(path);
	return text;
}

/* "eth0,eth1", as /sys writes the actions, the way /proc/interrupts does. */
static const char *with_blanks(struct arena *arena, const char *actions)
{
	char *text = actions ? arena_alloc(arena, 2 * strlen(actions) + 1, 1) : NULL, *p = text;

	for (; text && *actions; actions++) {
		*p++ = *actions;
		if (*actions == ',')
			*p++ = ' ';
	}
	return text;
}

/* An IRQ that has a folder but no row in the window: nothing is known of its counts. 0, -ENOENT or -ENOMEM. */
static int silent_irq(struct call *call, const struct window *window, struct view_irqs *irqs)
{
	struct topology_owners owners;
	struct view_irq *irq;
	const char *owner;
	char *path;
	struct stat st;
	unsigned number;
	int err;

	if (!affinity_number(call->irq, &number))
		return -ENOENT;
	path = readall_join("%s/irq/%u", call->api->proc, number);
	if (!path)
		return -ENOMEM;
	err = stat(path, &st) == 0 ? 0 : -ENOENT;
	free(path);
	if (!err)
		err = view_window(&call->arena, &window->span, &irqs->window);
	if (!err)
		err = topology_owners_read(&owners, call->api->sys);
	if (err)
		return err;
	irqs->irq_count = 1;
	irqs->irqs = irq = arena_alloc(&call->arena, 1, sizeof *irq);
	owner = topology_owner(&owners, number);
	if (irq) {
		irq->irq = call->irq;
		irq->class_ = "device";
		irq->name = with_blanks(&call->arena, kernel_says(call, number, "actions"));
		irq->chip = kernel_says(call, number, "chip_name");
		irq->hwirq = kernel_says(call, number, "hwirq");
		irq->trigger = kernel_says(call, number, "type");
		irq->device = owner ? arena_strdup(&call->arena, owner) :
			      irq->name ? view_device(&call->arena, irq->name) : NULL;
		irq->total = VIEW_NONE;
		irq->per_second = NAN;
		irq->node = -1;
	}
	topology_owners_free(&owners);
	return irq ? 0 : -ENOMEM;
}

void api_irq(struct call *call)
{
	struct view_irqs irqs;
	struct window window;
	int err;

	memset(&window, 0, sizeof window);
	if (!api_window(call, false, &window))
		return;
	err = view_irqs(&call->arena, &window, call->irq, &irqs);
	if (err == -ENOENT)
		err = silent_irq(call, &window, &irqs);
	if (!err)
		err = api_places(call, &window, irqs.irqs, irqs.irq_count, true);
	if (err == -ENOENT)
		response_problem(call->response, "no_such_irq", 0,
				 "There is no IRQ \"%.100s\", neither in this window nor in %s/irq; "
				 "GET /api/v1/overview?all=1 lists all.", call->irq, call->api->proc);
	else
		answer(call, err, err ? NULL : apijson_irqs(&irqs));
	window_free(&window);
}
