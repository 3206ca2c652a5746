/*
 * The past of all interrupt counters in one bounded file. One writer (the
 * sampler) appends samples; any number of readers (the API) in other processes
 * ask what fired in a window of time, without locks. HISTORY-FORMAT.md says how
 * the file looks. Errors are -errno; *why, where there is one, gets a sentence
 * that names the file, and the caller frees it.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "clock.h"
#include "counts.h"
#include "window.h"

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_SIZE_DEFAULT (128u << 20)
#define HISTORY_SIZE_MIN (1u << 20)

struct history_boot {
	uint8_t id[16]; /* as bootid.h has it */
};

/* When a sample was read and what that cost. */
struct history_stamp {
	struct clock_now start; /* before the read; the sample's time */
	uint64_t took_us;       /* until the read's end */
	uint64_t interval_us;   /* the sampler's, now */
	const char *gap;        /* NULL, or why samples are missing before this one (window.h) */
};

/* What the sampler says of itself, kept in the file's head. */
struct history_sampler {
	uint64_t interval_us;
	uint64_t read_us, parse_us, store_us; /* cost of the last sample */
	uint64_t discarded;                   /* samples thrown away since it began */
};

/* ---- the writer ---- */

struct history_writer;

/*
 * Opens path for writing, made new (allocated in full: a full disk is an error
 * here) when absent, and keeps every other writer out. A file that cannot be
 * trusted is set aside as path.bad and a new one begun; one of another size is
 * replaced by a new one that takes over the newest that fits. *why then says so
 * though 0 is returned. -EBUSY: another writer, named in *why.
 */
int history_open_writer(struct history_writer **writer, const char *path, uint64_t size, char **why);

/*
 * Gives *counts (empty) the rows and counters as they stood at the last sample
 * of that boot, so that counting goes on. 1: done; 0: the file has none; or
 * -errno. *last is that sample's time.
 */
int history_resume(struct history_writer *writer, const struct history_boot *boot, struct counts *counts,
		   struct clock_now *last);

/*
 * Appends a sample: the rows, slots and gains of counts after a counts_add.
 * -ESTALE: the file at path is no longer the one being written, or was cut
 * (open it anew); -EFBIG: the machine's table does not fit a file of this size.
 */
int history_append(struct history_writer *writer, const struct history_boot *boot, const struct history_stamp *stamp,
		   const struct counts *counts);

void history_tell(struct history_writer *writer, const struct history_sampler *sampler);

void history_close_writer(struct history_writer *writer);

/* ---- the reader ---- */

struct history_reader;

/* Opens path read-only. -ENOENT, -EACCES, -EINVAL (no history), -ENOTSUP (another version). */
int history_open_reader(struct history_reader **reader, const char *path, char **why);

/* The time asked for: CLOCK_REALTIME, each bound means the last sample not after it. */
struct history_question {
	int64_t start_us, end_us;
};

struct history_range {
	int64_t start_us, end_us; /* of the oldest and the last sample */
	uint64_t end_boot_us;     /* CLOCK_BOOTTIME of the last */
	struct history_boot boot; /* of the last */
	uint64_t samples;
	uint64_t serial;          /* of the last sample: grows with each */
	uint64_t bytes, capacity_bytes;
	struct history_sampler sampler;
};

/*
 * What there is now. -ENODATA: not one sample. A file that was replaced at
 * path meanwhile is opened instead.
 */
int history_range(struct history_reader *reader, struct history_range *range);

/*
 * What fired in that window, into *window, which is empty. -ENODATA: the file
 * has no sample; -ERANGE: it has, but the window ends before the oldest or
 * begins over two intervals after the last (window->span is what there is);
 * -ENOMEM, -EIO (overwritten faster than it could be read, or damaged).
 */
int history_window(struct history_reader *reader, const struct history_question *question, struct window *window);

/* One sample of a history, for history_walk. */
struct history_sample {
	uint64_t serial;
	int64_t real_us;
	uint64_t boot_us;
	uint64_t cells; /* counters that moved */
	struct history_boot boot;
	const char *gap; /* before it, or NULL */
};

/*
 * Calls each() for every sample that is left, oldest first, until it returns
 * other than 0, which is then returned; *damaged counts records left out.
 */
int history_walk(struct history_reader *reader, int (*each)(const struct history_sample *sample, void *context),
		 void *context, uint64_t *damaged);

void history_close_reader(struct history_reader *reader);

#endif
