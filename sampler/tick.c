/* One sample, from /proc/interrupts to the history; fed by main.c. See tick.h. */
#include "tick.h"
#include "grow.h"
#include "log.h"
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A torn table is read again so often before the sample is thrown away. */
enum { READ_TRIES = 4 };
/* procfs, as statfs(2) names it */
#define PROC_MAGIC 0x9fa0
/* A list of CPUs: more than this is none. */
#define SMALL_FILE (1u << 20)

/* Whether that is a new trouble, to be told; the same one is told once until there is a sample again. */
static bool is_news(struct tick *tick, enum tick_trouble trouble)
{
	bool news = tick->trouble != trouble;

	tick->trouble = trouble;
	return news;
}

/* ---- opening ---- */

static int open_interrupts(struct tick *tick)
{
	struct statfs fs;

	tick->fd = open(tick->interrupts, O_RDONLY | O_CLOEXEC);
	if (tick->fd < 0)
		return -errno;
	tick->procfs = fstatfs(tick->fd, &fs) == 0 && fs.f_type == PROC_MAGIC;
	return 0;
}

static int open_history(struct tick *tick)
{
	char *why = NULL;
	int err = history_open_writer(&tick->writer, tick->options.history, tick->options.size, &why);

	if (err) {
		tick->writer = NULL;
		if (is_news(tick, TICK_NOT_STORED))
			log_error("%s%s%s", why ? "" : tick->options.history, why ? "" : ": ", why ? why : strerror(-err));
	} else if (why) {
		log_warning("%s", why);
	}
	free(why);
	return err;
}

int tick_open(struct tick *tick, const struct tick_options *options)
{
	int err;

	memset(tick, 0, sizeof *tick);
	tick->fd = -1;
	tick->options = *options;
	tick->interrupts = readall_join("%s/interrupts", options->proc);
	tick->online = readall_join("%s/devices/system/cpu/online", options->sys);
	if (bootid_open(&tick->bootid, options->proc) || !tick->interrupts || !tick->online) {
		log_error("not enough memory");
		return -1;
	}
	err = open_interrupts(tick);
	if (err) {
		log_error("%s: %s", tick->interrupts, strerror(-err));
		return -1;
	}
	return open_history(tick) ? -1 : 0;
}

void tick_close(struct tick *tick)
{
	history_close_writer(tick->writer);
	if (tick->fd >= 0)
		close(tick->fd);
	counts_free(&tick->counts);
	irqtable_free(&tick->table);
	readall_free(&tick->text);
	readall_free(&tick->online_before);
	readall_free(&tick->online_after);
	bootid_close(&tick->bootid);
	free(tick->fallen);
	free(tick->interrupts);
	free(tick->online);
	memset(tick, 0, sizeof *tick);
	tick->fd = -1;
}

/* ---- reading ---- */

/* What a small file holds, "" where there is none. Its buffer is used again: in a steady state nothing is allocated. */
static const char *read_small(struct readall *buffer, const char *path)
{
	return readall_path(buffer, path, SMALL_FILE) == 0 ? buffer->text : "";
}

/* A made machine's files are replaced by rename: only procfs may stay open. */
static int read_interrupts(struct tick *tick)
{
	int err = 0;

	if (tick->fd >= 0 && !tick->procfs) {
		close(tick->fd);
		tick->fd = -1;
	}
	if (tick->fd < 0)
		err = open_interrupts(tick);
	else if (lseek(tick->fd, 0, SEEK_SET) < 0)
		err = -errno;
	return err ? err : readall_fd(&tick->text, tick->fd, 0);
}

/* Reads and parses a table that is of one piece. 0; or why not, logged. */
static enum tick_trouble read_table(struct tick *tick, struct history_stamp *stamp)
{
	struct irqtable_error error;
	int tries, err;

	for (tries = 0; tries < READ_TRIES; tries++) {
		const char *before = read_small(&tick->online_before, tick->online), *after;
		struct clock_now read, parsed;

		stamp->start = clock_read();
		err = read_interrupts(tick);
		read = clock_read();
		after = read_small(&tick->online_after, tick->online);
		if (err) {
			if (is_news(tick, TICK_UNREADABLE))
				log_error("%s: %s", tick->interrupts, strerror(-err));
			return TICK_UNREADABLE;
		}
		if (irqtable_parse(&tick->table, tick->text.text, tick->text.length, &error)) {
			if (is_news(tick, TICK_UNREADABLE))
				log_error("%s: %s", tick->interrupts, error.text);
			return TICK_UNREADABLE;
		}
		parsed = clock_read();
		stamp->took_us = read.monotonic_us - stamp->start.monotonic_us;
		tick->cost.read_us = stamp->took_us;
		tick->cost.parse_us = parsed.monotonic_us - read.monotonic_us;
		if (strcmp(before, after) == 0 && tick->table.short_rows == 0 && !tick->table.cut)
			return TICK_NO_TROUBLE;
	}
	if (is_news(tick, TICK_TORN))
		log_warning("%s: CPUs or rows changed while it was read; the sample is thrown away", tick->interrupts);
	return TICK_TORN;
}

/* ---- counting and storing ---- */

/* Who owns the IRQs that are new. */
static int find_devices(struct tick *tick)
{
	struct topology_owners owners = { NULL, 0 };
	bool known = false;
	size_t i;
	int err = 0;

	for (i = 0; i < tick->counts.row_count && !err; i++) {
		struct counts_row *row = &tick->counts.rows[i];
		const char *device;

		if (!row->fresh || !row->present || !row->is.numbered || strlen(row->is.irq) > 9)
			continue;
		if (!known) {
			err = topology_owners_read(&owners, tick->options.sys);
			known = true;
		}
		device = err ? NULL : topology_owner(&owners, (unsigned)strtoul(row->is.irq, NULL, 10));
		if (device)
			err = counts_set_device(&tick->counts, (uint32_t)i, device);
	}
	topology_owners_free(&owners);
	return err;
}

/* Begins or goes on counting in this boot. */
static int enter_boot(struct tick *tick)
{
	struct history_boot boot;
	int got;

	if (tick->begun && tick->procfs)
		return 0; /* a kernel has one boot */
	boot = bootid_read(&tick->bootid);
	if (tick->begun && memcmp(&boot, &tick->boot, sizeof boot) == 0)
		return 0;
	counts_free(&tick->counts);
	tick->fallen_count = 0;
	tick->boot = boot;
	if (tick->begun)
		return 0;
	got = history_resume(tick->writer, &boot, &tick->counts, &tick->last);
	if (got < 0)
		counts_free(&tick->counts);
	return got == -ENOMEM ? got : 0;
}

/* Why samples are missing since the last one; NULL: none are. */
static const char *find_gap(const struct tick *tick, const struct clock_now *now)
{
	uint64_t interval = tick->options.interval_us;
	uint64_t boot = now->boot_us - tick->last.boot_us, running = now->monotonic_us - tick->last.monotonic_us;

	if (!tick->last.monotonic_us)
		return NULL; /* the first one of this process: the history knows when it was stopped */
	if (boot > running + interval / 2 + 100000)
		return "suspended";
	if (tick->missed)
		return tick->missed;
	return boot > 2 * interval + interval / 2 ? "late" : NULL;
}

/* Whether that row was not yet said to go backwards: on old kernels CAL does, again and again. */
static bool is_first_fall(struct tick *tick, uint32_t row)
{
	size_t i;

	for (i = 0; i < tick->fallen_count; i++)
		if (tick->fallen[i] == row)
			return false;
	if (grow(&tick->fallen, &tick->fallen_room, tick->fallen_count + 1, sizeof *tick->fallen) == 0)
		tick->fallen[tick->fallen_count++] = row;
	return true;
}

static void tell_falls(struct tick *tick)
{
	size_t i;

	for (i = 0; i < tick->counts.fall_count; i++) {
		const struct counts_fall *fall = &tick->counts.falls[i];
		const struct window_row *row = &tick->counts.rows[fall->row].is;

		if (fall->anew)
			log_info("IRQ %s (%s): its counter was made anew", row->irq, row->names);
		else if (is_first_fall(tick, fall->row))
			log_info("%s: its counter went backwards, which counts as nothing (told once)", row->irq);
	}
}

/* Appends the sample; a file that is gone is made anew. */
static int store(struct tick *tick, const struct history_stamp *stamp)
{
	int err = tick->writer ? history_append(tick->writer, &tick->boot, stamp, &tick->counts) : -ESTALE;

	if (err == -ESTALE) {
		if (tick->writer)
			log_warning("%s: it was cut, removed or replaced; a new one is begun", tick->options.history);
		history_close_writer(tick->writer);
		tick->writer = NULL;
		err = open_history(tick);
		if (!err)
			err = history_append(tick->writer, &tick->boot, stamp, &tick->counts);
	}
	if (err && err != -EFBIG) {
		/* what was new in this sample is in no file: the next one begins with all there is */
		history_close_writer(tick->writer);
		tick->writer = NULL;
	}
	return err;
}

/* No sample this time: it was read and could not be kept, or nothing could be read. */
static int miss(struct tick *tick, bool discarded)
{
	tick->missed = discarded ? "discarded" : "late";
	tick->cost.discarded += discarded;
	if (tick->writer)
		history_tell(tick->writer, &tick->cost);
	return 1;
}

/* Counts what was read. 0 or -1, logged. */
static int count(struct tick *tick, const struct history_stamp *stamp)
{
	int err = enter_boot(tick);

	if (!err)
		err = counts_add(&tick->counts, &tick->table, stamp->start.boot_us);
	if (!err && tick->counts.layout)
		err = find_devices(tick);
	if (err)
		log_error("not enough memory for %zu CPUs and %zu rows", tick->table.cpu_count, tick->table.row_count);
	else
		tell_falls(tick);
	return err ? -1 : 0;
}

int tick_take(struct tick *tick)
{
	struct history_stamp stamp;
	enum tick_trouble trouble;
	struct clock_now parsed;
	int err;

	memset(&stamp, 0, sizeof stamp);
	stamp.interval_us = tick->cost.interval_us = tick->options.interval_us;
	trouble = read_table(tick, &stamp);
	if (trouble)
		return miss(tick, trouble == TICK_TORN);
	parsed = clock_read();
	if (count(tick, &stamp))
		return -1;
	stamp.gap = find_gap(tick, &stamp.start);
	err = store(tick, &stamp);
	if (err == -EFBIG) {
		log_error("%s: %zu CPUs and %zu rows do not fit a history of this size; start with a larger --size",
			  tick->options.history, tick->table.cpu_count, tick->table.row_count);
		return -1;
	}
	tick->begun = true;
	if (err) {
		if (is_news(tick, TICK_NOT_STORED))
			log_error("%s: the sample is not stored: %s", tick->options.history, strerror(-err));
		return miss(tick, true);
	}
	if (is_news(tick, TICK_NO_TROUBLE))
		log_info("samples are taken again");
	tick->missed = NULL;
	tick->last = stamp.start;
	tick->cost.store_us = clock_read().monotonic_us - parsed.monotonic_us;
	history_tell(tick->writer, &tick->cost);
	return 0;
}
