/* The history's writer begins and ends: finds the newest sample in its file and goes on there; see history.h. */
#include "history_writer.h"
#include "readall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The last directory entry of a segment that is sound, in *group, and what is in the segment. False: it has none. */
static bool last_group(const struct history_writer *writer, uint32_t index, struct history_group *group,
		       uint32_t *used, uint32_t *entries, bool *whole)
{
	struct history_segment *segment = history_writer_segment(writer, index);
	uint64_t sequence = segment->sequence;
	uint32_t i;

	if (!history_sequence_fits(&writer->head, index, sequence))
		return false;
	*whole = history_commit_read(sequence, segment->commit, used, entries) &&
		 *used <= history_data_bytes(&writer->head) && *entries <= writer->head.group_max;
	if (!*whole) {
		*used = (uint32_t)history_data_bytes(&writer->head);
		*entries = writer->head.group_max;
	}
	for (i = *entries; i-- > 0; *whole = false) {
		*group = history_writer_groups(segment)[i];
		if (group->crc == history_group_crc(group, sequence) && group->key < *used)
			return true;
	}
	return false;
}

/* Counts the samples of the writer's group; false: not all that is behind it is sound. */
static bool count_samples(struct history_writer *writer)
{
	const uint8_t *data = history_writer_data(writer, history_writer_segment(writer, writer->segment));
	struct history_cursor chunk;
	size_t place = writer->group.key;
	unsigned type = history_take_chunk(data, writer->used, &place, writer->sequence, &chunk);

	writer->serial = writer->group.serial;
	while (type == HISTORY_KEY || type == HISTORY_DELTA || type == HISTORY_LAYOUT) {
		if (place == writer->used)
			return true;
		type = history_take_chunk(data, writer->used, &place, writer->sequence, &chunk);
		writer->serial += type == HISTORY_DELTA;
	}
	return false;
}

/* Finds the newest sample, and where to go on. Under the guard. */
static void find_end(struct history_writer *writer)
{
	bool whole = true;
	uint32_t i;

	for (i = 0; i < writer->head.segment_count; i++) {
		struct history_group group;
		uint32_t used, entries;
		bool sound;

		if (!last_group(writer, i, &group, &used, &entries, &sound) || group.serial <= writer->group.serial)
			continue;
		writer->group = group;
		writer->segment = i;
		writer->sequence = history_writer_segment(writer, i)->sequence;
		writer->used = used;
		writer->entries = entries;
		whole = sound;
	}
	if (!writer->sequence)
		return;
	writer->epoch = writer->group.epoch;
	if (!count_samples(writer) || !whole) {
		/* samples that cannot be read any more had numbers too; what comes next begins a segment */
		writer->serial += HISTORY_GROUP_SAMPLES_MAX;
		writer->used = (uint32_t)history_data_bytes(&writer->head);
	}
}

/* Opens path, which may be of another size. */
static int open_writer(struct history_writer **out, const char *path, uint64_t size, char **why)
{
	struct history_writer *writer = calloc(1, sizeof *writer);
	void *map;
	int err;

	if (!writer)
		return -ENOMEM;
	writer->fresh = writer->behind = true;
	writer->path = strdup(path);
	writer->fd = writer->path ? history_open_file(path, size, &writer->head, why) : -ENOMEM;
	err = writer->fd < 0 ? writer->fd : 0;
	if (!err) {
		map = mmap(NULL, writer->head.file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
		if (map == MAP_FAILED)
			err = -errno;
		else
			writer->map = map;
	}
	if (!err) {
		if (HISTORY_GUARD()) {
			err = -ESTALE;
		} else {
			__atomic_store_n(&writer->map->writer_pid, (uint64_t)getpid(), __ATOMIC_RELAXED);
			find_end(writer);
		}
		history_unguard();
	}
	if (err)
		history_close_writer(writer);
	else
		*out = writer;
	return err;
}

/* Puts the writer's file, which is at writer->path, in the place of the one at path. */
static int move_to(struct history_writer *writer, const char *path)
{
	char *to = strdup(path);

	if (!to)
		return -ENOMEM;
	if (rename(writer->path, to)) {
		free(to);
		return -errno;
	}
	free(writer->path);
	writer->path = to;
	return 0;
}

/* A new file of that size takes over what the one at path, which old keeps locked, holds. */
static int resize(struct history_writer **out, const struct history_writer *old, uint64_t size, char **why)
{
	char *path = readall_join("%s.new", old->path);
	struct history_writer *writer = NULL;
	uint64_t samples = 0;
	int err, taken = 0;

	if (!path)
		return -ENOMEM;
	err = unlink(path) && errno != ENOENT ? -errno : open_writer(&writer, path, size, why);
	if (!err) {
		taken = history_take_over(writer, old->path, &samples);
		if (taken)
			err = history_set_aside(old->path, "it cannot be taken over into one of another size", why);
	}
	if (!err)
		err = move_to(writer, old->path);
	if (err) {
		history_close_writer(writer);
		if (!*why)
			*why = readall_join("%s: %s", path, strerror(-err));
		unlink(path);
	} else {
		writer->fresh = writer->behind = true;
		if (!taken)
			*why = readall_join("%s: its size is %llu bytes now; %llu samples of the one of %llu bytes "
					    "were taken over", old->path, (unsigned long long)size, (unsigned long long)samples,
					    (unsigned long long)old->head.file_bytes);
		*out = writer;
	}
	free(path);
	return err;
}

int history_open_writer(struct history_writer **out, const char *path, uint64_t size, char **why)
{
	struct history_writer *writer;
	int err;

	*why = NULL;
	size = size / 4096 * 4096;
	if (size < HISTORY_SIZE_MIN) {
		*why = readall_join("a history needs at least %u bytes", HISTORY_SIZE_MIN);
		return -EINVAL;
	}
	err = history_guard_install();
	if (!err)
		err = open_writer(&writer, path, size, why);
	if (err)
		return err;
	if (writer->head.file_bytes == size) {
		*out = writer;
		return 0;
	}
	err = resize(out, writer, size, why);
	history_close_writer(writer);
	return err;
}

void history_close_writer(struct history_writer *writer)
{
	if (!writer)
		return;
	if (writer->map) {
		if (!HISTORY_GUARD())
			__atomic_store_n(&writer->map->writer_pid, 0, __ATOMIC_RELAXED);
		history_unguard();
		munmap(writer->map, writer->head.file_bytes);
	}
	if (writer->fd >= 0)
		close(writer->fd);
	free(writer->path);
	free(writer->buffer.bytes);
	free(writer);
}

void history_tell(struct history_writer *writer, const struct history_sampler *sampler)
{
	struct history_head *head = writer->map;

	if (!HISTORY_GUARD()) {
		__atomic_store_n(&head->interval_us, sampler->interval_us, __ATOMIC_RELAXED);
		__atomic_store_n(&head->read_us, sampler->read_us, __ATOMIC_RELAXED);
		__atomic_store_n(&head->parse_us, sampler->parse_us, __ATOMIC_RELAXED);
		__atomic_store_n(&head->store_us, sampler->store_us, __ATOMIC_RELAXED);
		__atomic_store_n(&head->discarded, sampler->discarded, __ATOMIC_RELAXED);
	}
	history_unguard();
}

int history_resume(struct history_writer *writer, const struct history_boot *boot, struct counts *counts,
		   struct clock_now *last)
{
	struct history_reader *reader;
	char *why = NULL;
	uint32_t epoch;
	int got;

	got = history_open_reader(&reader, writer->path, &why);
	free(why);
	if (got)
		return got;
	got = history_read_last(reader, boot, counts, last, &epoch);
	history_close_reader(reader);
	if (got == 1) {
		writer->resumed = true;
		writer->epoch = epoch;
		writer->last = *last;
	}
	return got;
}
