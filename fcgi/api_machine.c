/* GET topology and health: the machine's CPUs, and whether the service has data; fed by route, uses history. */
#include "api.h"
#include "bootid.h"
#include "irqtable.h"
#include "readall.h"
#include "topology.h"
#include "view.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

/* Without /sys: the CPUs in the header of PROC/interrupts, none where it cannot be read. 0 or -ENOMEM. */
static int read_header(struct topology *topology, const char *proc)
{
	struct readall text = { NULL, 0, 0 };
	struct cpulist cpus = { NULL, 0 };
	struct irqtable_error error;
	struct irqtable table;
	char *path = readall_join("%s/interrupts", proc);
	int err = path ? readall_path(&text, path, 0) : -ENOMEM;
	size_t i;

	memset(&table, 0, sizeof table);
	if (!err && irqtable_parse(&table, text.text, text.length, &error) != 0)
		err = error.fault == IRQTABLE_NO_MEMORY ? -ENOMEM : -EINVAL;
	for (i = 0; !err && i < table.cpu_count; i++)
		err = cpulist_add(&cpus, table.cpus[i], table.cpus[i]);
	if (!err)
		err = topology_set(topology, &cpus);
	cpulist_free(&cpus);
	irqtable_free(&table);
	readall_free(&text);
	free(path);
	return err == -ENOMEM ? err : 0;
}

void api_topology(struct call *call)
{
	struct view_topology view;
	struct topology topology;
	int err = topology_read(&topology, call->api->sys);

	if (!err && !topology.cpu_count)
		err = read_header(&topology, call->api->proc);
	if (!err)
		err = view_topology(&call->arena, &topology, &view);
	if (err)
		api_no_memory(call);
	else
		response_json(call->response, 200, apijson_topology(&view));
	topology_free(&topology);
}

int api_irqbalance(const char *proc)
{
	struct statfs fs;
	struct dirent *entry;
	int running = 0;
	DIR *d;

	if (statfs(proc, &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -1;
	d = opendir(proc);
	if (!d)
		return -1;
	while (!running && (entry = readdir(d))) {
		char *path, *line;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		path = readall_join("%s/%s/comm", proc, entry->d_name);
		line = path ? readall_line(path) : NULL;
		running = line && strcmp(line, "irqbalance") == 0;
		free(line);
		free(path);
	}
	closedir(d);
	return running;
}

/* Whether the machine still runs as it did when the last sample was taken; unknown counts as no. */
static bool is_same_boot(const char *proc, const struct history_boot *boot)
{
	static const struct history_boot unknown;
	struct history_boot now = unknown;
	struct bootid bootid;

	if (bootid_open(&bootid, proc) == 0)
		now = bootid_read(&bootid);
	bootid_close(&bootid);
	return memcmp(&now, &unknown, sizeof now) != 0 && memcmp(&now, boot, sizeof now) == 0;
}

/* By the clock that nobody sets, if it is still the same one. */
static int64_t age_us(const struct call *call, const struct history_range *range)
{
	int64_t age = is_same_boot(call->api->proc, &range->boot) ?
		      (int64_t)(call->now.boot_us - range->end_boot_us) : call->now.real_us - range->end_us;

	return age > 0 ? age : 0;
}

static int fill(struct call *call, const struct history_range *range, struct view_health *health)
{
	int64_t age = age_us(call, range);
	char text[CLOCK_TEXT];

	health->status = age > 3 * (int64_t)range->sampler.interval_us + 1000000 ? "stale" : "ok";
	health->last_sample_age_seconds = (double)age / 1e6;
	health->history.start = arena_strdup(&call->arena, clock_rfc3339(text, range->start_us));
	health->history.end = arena_strdup(&call->arena, clock_rfc3339(text, range->end_us));
	health->history.samples = range->samples;
	health->history.bytes = range->bytes;
	health->history.capacity_bytes = range->capacity_bytes;
	if (range->sampler.interval_us) {
		health->sampler.interval_seconds = (double)range->sampler.interval_us / 1e6;
		health->sampler.cost_microseconds.read = range->sampler.read_us;
		health->sampler.cost_microseconds.parse = range->sampler.parse_us;
		health->sampler.cost_microseconds.store = range->sampler.store_us;
		health->sampler.discarded = range->sampler.discarded;
	}
	return health->history.start && health->history.end ? 0 : -ENOMEM;
}

/* Nothing is known yet. */
static void clear(struct view_health *health)
{
	memset(health, 0, sizeof *health);
	health->status = "no_data";
	health->last_sample_age_seconds = NAN;
	health->history.samples = 0;
	health->history.bytes = health->history.capacity_bytes = VIEW_NONE;
	health->sampler.interval_seconds = NAN;
	health->sampler.cost_microseconds.read = VIEW_NONE;
	health->sampler.cost_microseconds.parse = VIEW_NONE;
	health->sampler.cost_microseconds.store = VIEW_NONE;
	health->sampler.discarded = VIEW_NONE;
}

/* Always 200: that there is no data is what was asked. */
void api_health(struct call *call)
{
	struct history_range range;
	struct view_health health;
	int err = 0;

	clear(&health);
	if (api_range(call, &range))
		err = fill(call, &range, &health);
	else if (call->response->status == 500)
		return;
	health.irqbalance.running = api_irqbalance(call->api->proc);
	if (err)
		api_no_memory(call);
	else
		response_json(call->response, 200, apijson_health(&health));
	call->response->no_store = true;
}
