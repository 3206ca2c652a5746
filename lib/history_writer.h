/*
 * The inside of the history's writer: history_open.c begins and ends it,
 * history_write.c appends, history_resize.c fills one from another. Private to
 * the three.
 */
#ifndef HISTORY_WRITER_H
#define HISTORY_WRITER_H

#include "history_format.h"

/* A group ends after so many samples, if its DELTAs outweigh its KEY, or after the larger number. */
enum { HISTORY_GROUP_SAMPLES = 64, HISTORY_GROUP_SAMPLES_MAX = 1024 };

struct history_writer {
	char *path;
	int fd;
	struct history_head *map;
	struct history_head head;     /* as it was checked */
	uint32_t segment;             /* being written */
	uint64_t sequence;            /* of it; 0: there is none yet */
	uint32_t used, entries;
	uint32_t layout;              /* its newest LAYOUT */
	unsigned layout_chain;
	struct history_group group;   /* the current one */
	uint32_t group_samples;
	size_t group_bytes, key_bytes;
	uint64_t serial;              /* of the last sample */
	struct clock_now last;        /* its time */
	uint32_t epoch;
	bool resumed;                 /* this process goes on in the epoch of the file */
	bool fresh;                   /* no sample appended yet by this process */
	bool behind;                  /* counts know more than the file: the next sample says all */
	bool renumber;                /* rows and slots have new numbers with it */
	struct history_buffer buffer;
};

static inline struct history_segment *history_writer_segment(const struct history_writer *writer, uint32_t index)
{
	return (struct history_segment *)((char *)writer->map + HISTORY_HEAD_BYTES +
					  (size_t)index * writer->head.segment_bytes);
}

static inline struct history_group *history_writer_groups(struct history_segment *segment)
{
	return (struct history_group *)(segment + 1);
}

static inline uint8_t *history_writer_data(const struct history_writer *writer, struct history_segment *segment)
{
	return (uint8_t *)(history_writer_groups(segment) + writer->head.group_max);
}

/*
 * The next sample is appended under that serial number and whole (a KEY); with
 * new numbers of rows and slots if epoch.
 */
void history_append_whole(struct history_writer *writer, uint64_t serial, bool epoch);

/*
 * Appends what the history at path holds to the writer's, which is empty; how
 * many samples in *samples. 0 or -errno.
 */
int history_take_over(struct history_writer *writer, const char *path, uint64_t *samples);

#endif
