/* The history's reader: maps the file, follows its writer, copies groups out, finds samples; see history_reader.h. */
#include "grow.h"
#include "history_reader.h"
#include "readall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* LAYOUTs that refer to one before: a writer never makes so many. */
enum { CHAIN_MAX = 1024 };

static const struct history_segment *segment_at(const struct history_reader *reader, uint32_t index)
{
	return (const struct history_segment *)((const char *)reader->map + HISTORY_HEAD_BYTES +
						(size_t)index * reader->head.segment_bytes);
}

/* ---- opening ---- */

static void unmap(struct history_reader *reader)
{
	uint32_t i;

	if (reader->map)
		munmap((void *)reader->map, reader->head.file_bytes);
	if (reader->fd >= 0)
		close(reader->fd);
	for (i = 0; reader->segments && i < reader->head.segment_count; i++)
		free(reader->segments[i].entries);
	free(reader->segments);
	reader->segments = NULL;
	reader->map = NULL;
	reader->fd = -1;
	reader->place_count = 0;
	reader->layout_sequence = 0;
}

static int map_file(struct history_reader *reader, char **why)
{
	const char *fault;
	struct stat st;
	void *map;
	int err;

	reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0 || fstat(reader->fd, &st)) {
		err = -errno;
		*why = readall_join("%s: %s", reader->path, strerror(-err));
		return err;
	}
	memset(&reader->head, 0, sizeof reader->head);
	if (pread(reader->fd, &reader->head, sizeof reader->head, 0) != (ssize_t)sizeof reader->head)
		fault = "it is too short";
	else
		fault = history_head_fault(&reader->head, (uint64_t)st.st_size);
	if (fault) {
		*why = readall_join("%s: %s", reader->path, fault);
		err = reader->head.magic == HISTORY_MAGIC && reader->head.version != HISTORY_VERSION ? -ENOTSUP : -EINVAL;
		reader->head.segment_count = 0;
		return err;
	}
	map = mmap(NULL, reader->head.file_bytes, PROT_READ, MAP_SHARED, reader->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	reader->map = map;
	reader->segments = calloc(reader->head.segment_count, sizeof *reader->segments);
	return reader->segments ? 0 : -ENOMEM;
}

int history_open_reader(struct history_reader **out, const char *path, char **why)
{
	struct history_reader *reader = calloc(1, sizeof *reader);
	int err;

	*why = NULL;
	if (!reader)
		return -ENOMEM;
	reader->fd = -1;
	reader->path = strdup(path);
	err = reader->path ? history_guard_install() : -ENOMEM;
	if (!err)
		err = map_file(reader, why);
	if (err) {
		history_close_reader(reader);
		return err;
	}
	*out = reader;
	return 0;
}

void history_close_reader(struct history_reader *reader)
{
	if (!reader)
		return;
	unmap(reader);
	history_layout_free(&reader->layout);
	free(reader->places);
	free(reader->copy);
	free(reader->layout_copy);
	free(reader->from.sums);
	free(reader->to.sums);
	free(reader->other.sums);
	free(reader->path);
	free(reader);
}

/* ---- what the writer has done since ---- */

/* Copies count bytes of a segment that still is that one. -ESTALE: it is not, or the file was cut. */
static int copy_out(struct history_reader *reader, uint32_t index, void *to, size_t offset, size_t count)
{
	const struct history_segment *segment = segment_at(reader, index);
	uint64_t sequence;

	if (HISTORY_GUARD())
		return -ESTALE;
	memcpy(to, (const char *)segment + offset, count);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	sequence = __atomic_load_n(&segment->sequence, __ATOMIC_RELAXED);
	history_unguard();
	return sequence == reader->segments[index].sequence ? 0 : -ESTALE;
}

static bool is_sound(const struct history_group *group, const struct history_reader_segment *segment)
{
	const struct history_group *last = segment->count ? &segment->entries[segment->count - 1].group : NULL;

	return group->crc == history_group_crc(group, segment->sequence) && group->key < segment->used &&
	       (!last || (group->key > last->key && group->serial > last->serial)) &&
	       group->boot_us < (uint64_t)HISTORY_TIME_MAX && group->real_us < HISTORY_TIME_MAX &&
	       group->real_us > -HISTORY_TIME_MAX;
}

/* Takes in the directory entries from looked to count. */
static int read_directory(struct history_reader *reader, uint32_t index, uint32_t count)
{
	struct history_reader_segment *segment = &reader->segments[index];
	size_t bytes = (count - segment->looked) * sizeof(struct history_group);
	size_t most = segment->count + (count - segment->looked);
	struct history_group group;
	const uint8_t *at;
	int err;

	if (grow(&reader->copy, &reader->copy_room, bytes + 1, 1) ||
	    grow(&segment->entries, &segment->room, most, sizeof *segment->entries))
		return -ENOMEM;
	err = copy_out(reader, index, reader->copy, sizeof(struct history_segment) + segment->looked * sizeof group, bytes);
	if (err)
		return err;
	for (at = reader->copy; segment->looked < count; segment->looked++, at += sizeof group) {
		memcpy(&group, at, sizeof group);
		if (is_sound(&group, segment)) {
			segment->entries[segment->count].group = group;
			segment->entries[segment->count++].index = segment->looked;
		}
	}
	return 0;
}

/* Brings one segment's directory up to date. 1: there is another place, or one less. */
static int refresh_segment(struct history_reader *reader, uint32_t index)
{
	const struct history_segment *from = segment_at(reader, index);
	struct history_reader_segment *segment = &reader->segments[index];
	uint64_t sequence, commit;
	uint32_t used, count;
	size_t before = segment->count;
	int err;

	if (HISTORY_GUARD())
		return -ESTALE;
	sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);
	commit = __atomic_load_n(&from->commit, __ATOMIC_ACQUIRE);
	history_unguard();
	if (sequence == segment->sequence && commit == segment->commit)
		return 0;
	if (!history_commit_read(sequence, commit, &used, &count) || used > history_data_bytes(&reader->head) ||
	    count > reader->head.group_max) {
		/* damaged: what is in it is found by checksums alone */
		used = (uint32_t)history_data_bytes(&reader->head);
		count = reader->head.group_max;
	}
	if (sequence != segment->sequence || count < segment->looked || used < segment->used)
		segment->count = segment->looked = 0;
	if (!history_sequence_fits(&reader->head, index, sequence))
		used = count = 0;
	segment->sequence = sequence;
	segment->commit = commit;
	segment->used = used;
	if (count == segment->looked)
		return before != segment->count;
	err = read_directory(reader, index, count);
	if (err) { /* it is being written anew; or no memory */
		segment->sequence = segment->commit = 0;
		segment->count = segment->looked = segment->used = 0;
	}
	return err == -ENOMEM ? err : 1;
}

/* ---- places ---- */

struct order {
	uint64_t sequence;
	uint32_t segment;
};

static int compare_orders(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/* Adds a segment's groups behind those of *before, the segment before it (NULL: it is the oldest). */
static int add_places(struct history_reader *reader, uint32_t index, const struct history_reader_segment *before)
{
	const struct history_reader_segment *segment = &reader->segments[index];
	uint32_t i, next = 0;

	if (grow(&reader->places, &reader->place_room, reader->place_count + segment->count, sizeof *reader->places))
		return -ENOMEM;
	for (i = 0; i < segment->count; i++) {
		struct history_place place = { index, i, 0, segment->entries[i].index != next };

		if (i == 0 && before)
			place.lost |= before->sequence + 1 != segment->sequence ||
				      before->entries[before->count - 1].index + 1 != before->looked;
		if (i == 0 && !before)
			place.lost = false;
		next = segment->entries[i].index + 1;
		reader->places[reader->place_count++] = place;
	}
	return 0;
}

/*
 * Says where each boot's clock stood last. A clock that was set back over a
 * reboot makes the boot before end where the next begins: time goes forward.
 */
static void set_offsets(struct history_reader *reader)
{
	const struct history_group *later = NULL;
	int64_t offset = 0, later_us = 0;
	size_t i;

	for (i = reader->place_count; i-- > 0;) {
		const struct history_group *group = history_place_group(reader, i);

		if (!later || memcmp(later->boot, group->boot, sizeof group->boot) != 0 || group->boot_us > later->boot_us) {
			offset = group->real_us - (int64_t)group->boot_us;
			if (later && group->real_us > later_us)
				offset = later_us - (int64_t)group->boot_us;
		}
		reader->places[i].offset_us = offset;
		later = group;
		later_us = history_place_time(reader, i, group->boot_us);
	}
}

/* Lists all groups in order of time. */
static int list_places(struct history_reader *reader)
{
	const struct history_reader_segment *before = NULL;
	struct order *orders = calloc(reader->head.segment_count, sizeof *orders);
	uint32_t i, count = 0;
	int err = orders ? 0 : -ENOMEM;

	reader->place_count = 0;
	for (i = 0; i < reader->head.segment_count && !err; i++)
		if (reader->segments[i].count) {
			orders[count].sequence = reader->segments[i].sequence;
			orders[count++].segment = i;
		}
	if (!err)
		qsort(orders, count, sizeof *orders, compare_orders);
	for (i = 0; i < count && !err; i++) {
		err = add_places(reader, orders[i].segment, before);
		before = &reader->segments[orders[i].segment];
	}
	free(orders);
	set_offsets(reader);
	return err;
}

int history_refresh(struct history_reader *reader)
{
	struct stat st;
	bool changed = false;
	uint32_t i;
	int got;

	if (!reader->map || fstat(reader->fd, &st) || (uint64_t)st.st_size != reader->head.file_bytes ||
	    !history_is_file_at(reader->fd, reader->path)) {
		char *why = NULL;

		unmap(reader);
		got = map_file(reader, &why);
		free(why);
		if (got) {
			unmap(reader);
			return got;
		}
		changed = true;
	}
	for (i = 0; i < reader->head.segment_count; i++) {
		got = refresh_segment(reader, i);
		if (got < 0)
			return got;
		changed |= got > 0;
	}
	if (changed) {
		got = list_places(reader);
		if (got)
			return got;
	}
	return reader->place_count ? 0 : -ENODATA;
}

/* ---- a sample ---- */

static size_t data_offset(const struct history_reader *reader)
{
	return reader->head.segment_bytes - history_data_bytes(&reader->head);
}

int history_decode_place(struct history_reader *reader, size_t place, uint64_t until_us, history_each *each,
			 void *context, struct history_state *state)
{
	uint32_t index = reader->places[place].segment, next = reader->places[place].index + 1;
	const struct history_reader_segment *segment = &reader->segments[index];
	const struct history_group *group = history_place_group(reader, place);
	uint32_t end = next < segment->count ? segment->entries[next].group.key : segment->used;
	struct history_chunks chunks = { NULL, end - group->key, segment->sequence };
	int err;

	if (grow(&reader->copy, &reader->copy_room, chunks.length, 1))
		return -ENOMEM;
	err = copy_out(reader, index, reader->copy, data_offset(reader) + group->key, chunks.length);
	chunks.bytes = reader->copy;
	return err ? err : history_decode(&chunks, group, until_us, each, context, state);
}

/* Copies the LAYOUT at an offset and gives its chunk. */
static int copy_layout(struct history_reader *reader, uint32_t index, uint32_t at, struct history_cursor *chunk)
{
	const struct history_reader_segment *segment = &reader->segments[index];
	size_t place = 0, count;
	struct history_chunk head;
	int err;

	if (at > segment->used || segment->used - at < sizeof head)
		return -EBADMSG;
	err = copy_out(reader, index, &head, data_offset(reader) + at, sizeof head);
	if (err)
		return err;
	count = sizeof head + (head.what & HISTORY_CHUNK_MAX);
	if (count > segment->used - at)
		return -EBADMSG;
	if (grow(&reader->layout_copy, &reader->layout_room, count, 1))
		return -ENOMEM;
	err = copy_out(reader, index, reader->layout_copy, data_offset(reader) + at, count);
	if (!err && history_take_chunk(reader->layout_copy, count, &place, segment->sequence, chunk) != HISTORY_LAYOUT)
		err = -EBADMSG;
	return err;
}

/*
 * Lists in chain, newest first, the LAYOUTs from at back to one that says all,
 * or to the one that reader->layout is already.
 */
static int list_chain(struct history_reader *reader, uint32_t segment, uint32_t at, uint32_t **chain, size_t *count)
{
	struct history_cursor chunk;
	size_t room = 0;
	uint32_t previous;
	int err;

	for (;; at = previous) {
		if (reader->layout_sequence == reader->segments[segment].sequence && reader->layout_at == at)
			return 0;
		if (grow(chain, &room, *count + 1, sizeof **chain))
			return -ENOMEM;
		(*chain)[(*count)++] = at;
		err = copy_layout(reader, segment, at, &chunk);
		if (err || history_layout_is_full(chunk, &previous))
			return err;
		if (previous >= at || *count > CHAIN_MAX)
			return -EBADMSG;
	}
}

int history_load_layout(struct history_reader *reader, size_t place, uint32_t at)
{
	uint32_t segment = reader->places[place].segment, *chain = NULL;
	struct history_cursor chunk;
	size_t count = 0;
	int err = list_chain(reader, segment, at, &chain, &count);

	if (!err && count)
		reader->layout_sequence = 0; /* until it is whole */
	while (count && !err) {
		err = copy_layout(reader, segment, chain[--count], &chunk);
		if (!err)
			err = history_layout_apply(&reader->layout, chunk);
	}
	free(chain);
	if (!err) {
		reader->layout_sequence = reader->segments[segment].sequence;
		reader->layout_at = at;
	}
	return err;
}

/* The last place that begins not after real_us; the oldest if none. */
static size_t find_place(const struct history_reader *reader, int64_t real_us)
{
	size_t low = 0, high = reader->place_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (history_place_time(reader, middle, history_place_group(reader, middle)->boot_us) <= real_us)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int history_find_sample(struct history_reader *reader, int64_t real_us, bool with_layout, struct history_state *state,
			struct history_found *found)
{
	size_t start = find_place(reader, real_us), i = start;
	bool back = true;
	int err;

	found->sound = start + 1;
	for (found->damaged = false;; found->damaged = true) {
		int64_t offset = reader->places[i].offset_us;

		err = history_decode_place(reader, i, real_us > offset ? (uint64_t)real_us - (uint64_t)offset : 0, NULL,
					   NULL, state);
		if (!err && with_layout)
			err = history_load_layout(reader, i, state->layout);
		if (err != -EBADMSG)
			break;
		if (i == 0) {
			back = false;
			i = start;
		}
		if (!back && i + 1 == reader->place_count)
			return -ENODATA;
		i = back ? i - 1 : i + 1;
	}
	if (err)
		return err;
	found->damaged |= state->damaged;
	found->place = i;
	found->real_us = history_place_time(reader, i, state->boot_us);
	return 0;
}
