/* The history's writer: the sampler appends a sample, the oldest segment gives way; see history.h. */
#include "history_encode.h"
#include "history_writer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* An offset between the two clocks that moved by more than this was stepped, not slewed. */
enum { STEP_US = 100000 };
/* LAYOUTs that refer to the one before, until a full one is written again. */
enum { LAYOUT_CHAIN_MAX = 64 };

static uint32_t gap_code(const char *why)
{
	uint32_t i;

	for (i = 1; why && i < HISTORY_GAP_COUNT; i++)
		if (strcmp(why, history_gap_names[i]) == 0)
			return i;
	return why ? HISTORY_GAP_LATE : HISTORY_GAP_NONE;
}

/* Says why samples are missing before the group, and whether rows and slots have new numbers from it on. */
static void plan_gap(const struct history_writer *writer, const struct history_stamp *stamp, struct history_group *group)
{
	bool same_boot = memcmp(writer->group.boot, group->boot, sizeof group->boot) == 0 &&
			 stamp->start.boot_us >= writer->last.boot_us && /* a machine may have no boot id */
			 stamp->start.boot_us >= writer->group.boot_us;

	group->gap = gap_code(stamp->gap);
	group->epoch = writer->epoch;
	if (!writer->sequence)
		group->gap = HISTORY_GAP_NONE;
	else if (!same_boot)
		group->gap = HISTORY_GAP_REBOOT;
	else if (writer->fresh && !writer->resumed)
		group->gap = HISTORY_GAP_DAMAGED;
	else if (writer->fresh && !group->gap)
		group->gap = HISTORY_GAP_STOPPED;
	if (!writer->sequence || !same_boot || (writer->fresh && !writer->resumed) || writer->renumber)
		group->epoch++;
}

/* Whether a group is long enough: its DELTAs outweigh its KEY, and the directory is not filled before the data are. */
static bool is_long(const struct history_writer *writer)
{
	uint64_t room = history_data_bytes(&writer->head);

	if (writer->group_samples >= HISTORY_GROUP_SAMPLES_MAX)
		return true;
	return writer->group_samples >= HISTORY_GROUP_SAMPLES && writer->group_bytes > 2 * writer->key_bytes &&
	       writer->entries * room <= (uint64_t)writer->used * writer->head.group_max;
}

/* Whether the sample begins a group, and what that group is. */
static bool plan_group(const struct history_writer *writer, const struct history_boot *boot,
		       const struct history_stamp *stamp, struct history_group *group)
{
	int64_t step = (stamp->start.real_us - (int64_t)stamp->start.boot_us) -
		       (writer->last.real_us - (int64_t)writer->last.boot_us);

	memset(group, 0, sizeof *group);
	memcpy(group->boot, boot->id, sizeof group->boot);
	group->serial = writer->serial + 1;
	group->boot_us = stamp->start.boot_us;
	group->real_us = stamp->start.real_us;
	group->interval_us = stamp->interval_us > UINT32_MAX ? UINT32_MAX : (uint32_t)stamp->interval_us;
	plan_gap(writer, stamp, group);
	return writer->behind || group->gap || group->epoch != writer->epoch ||
	       group->interval_us != writer->group.interval_us || step > STEP_US || step < -STEP_US || is_long(writer);
}

/* A sample as it is to be stored. */
struct plan {
	bool moved;   /* into the next segment */
	bool full;    /* with a LAYOUT that says all */
	bool grouped; /* as a KEY */
	uint32_t layout;
	struct history_group group;
};

/* Puts the sample into the buffer. Whether it fits where it is planned. */
static bool encode(struct history_writer *writer, const struct history_stamp *stamp, const struct counts *counts,
		   struct plan *plan)
{
	struct history_buffer *buffer = &writer->buffer;
	bool changed = counts->layout || counts->new_slots || counts->rebased_count;
	uint32_t at = plan->moved ? 0 : writer->used;
	uint64_t sequence = writer->sequence + plan->moved;

	plan->full = plan->moved || writer->behind || plan->group.epoch != writer->epoch ||
		     (changed && writer->layout_chain >= LAYOUT_CHAIN_MAX);
	plan->grouped |= plan->full; /* what follows a LAYOUT that says all is a KEY */
	plan->layout = plan->full || changed ? at : writer->layout;
	buffer->length = 0;
	buffer->failed = false;
	if (plan->full || changed)
		history_put_layout(buffer, counts, plan->full, writer->layout, sequence);
	plan->group.key = at + (uint32_t)buffer->length;
	plan->group.layout = plan->layout;
	plan->group.crc = history_group_crc(&plan->group, sequence);
	if (plan->grouped)
		history_put_key(buffer, stamp, counts, sequence);
	else
		history_put_delta(buffer, stamp, &writer->last, counts, sequence);
	return at + buffer->length <= history_data_bytes(&writer->head) &&
	       (!plan->grouped || plan->moved || writer->entries < writer->head.group_max);
}

/* Empties the oldest segment and makes it the newest. Under the guard. */
static void recycle(struct history_writer *writer)
{
	struct history_segment *segment;

	if (writer->sequence)
		writer->segment = (writer->segment + 1) % writer->head.segment_count;
	segment = history_writer_segment(writer, writer->segment);
	__atomic_store_n(&segment->sequence, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* readers see that before anything below */
	writer->sequence++;
	__atomic_store_n(&segment->commit, history_commit(writer->sequence, 0, 0), __ATOMIC_RELAXED);
	__atomic_store_n(&segment->sequence, writer->sequence, __ATOMIC_RELEASE);
	writer->used = writer->entries = 0;
}

/* Puts what is in the buffer behind the newest chunk, or into a new segment, and then says that it is there. */
static int commit(struct history_writer *writer, const struct plan *plan)
{
	struct history_segment *segment;

	if (HISTORY_GUARD())
		return -ESTALE;
	if (plan->moved)
		recycle(writer);
	segment = history_writer_segment(writer, writer->segment);
	memcpy(history_writer_data(writer, segment) + writer->used, writer->buffer.bytes, writer->buffer.length);
	if (plan->grouped)
		history_writer_groups(segment)[writer->entries++] = plan->group;
	writer->used += (uint32_t)writer->buffer.length;
	__atomic_store_n(&segment->commit, history_commit(writer->sequence, writer->used, writer->entries),
			 __ATOMIC_RELEASE);
	history_unguard();
	return 0;
}

/* Remembers what was stored. */
static void remember(struct history_writer *writer, const struct plan *plan, const struct history_stamp *stamp)
{
	size_t length = writer->buffer.length;

	writer->layout_chain = plan->full ? 0 : writer->layout_chain + (plan->layout != writer->layout);
	writer->layout = plan->layout;
	if (plan->grouped) {
		writer->group = plan->group;
		writer->group_samples = 0;
		writer->key_bytes = length;
		writer->group_bytes = 0;
	} else {
		writer->group_bytes += length;
	}
	writer->group_samples++;
	writer->serial++;
	writer->epoch = plan->group.epoch;
	writer->last = stamp->start;
	writer->fresh = writer->behind = writer->renumber = false;
}

void history_append_whole(struct history_writer *writer, uint64_t serial, bool epoch)
{
	writer->serial = serial - 1;
	writer->behind = true;
	writer->renumber = epoch;
}

/* Whether the file at path is no longer this one, or was cut. */
static bool is_stale(const struct history_writer *writer)
{
	struct stat st;

	return fstat(writer->fd, &st) || (uint64_t)st.st_size != writer->head.file_bytes ||
	       !history_is_file_at(writer->fd, writer->path);
}

static int append(struct history_writer *writer, const struct history_boot *boot, const struct history_stamp *stamp,
		  const struct counts *counts)
{
	struct plan plan = { .moved = writer->sequence == 0 };
	bool fits;

	if (is_stale(writer))
		return -ESTALE;
	plan.grouped = plan_group(writer, boot, stamp, &plan.group);
	fits = encode(writer, stamp, counts, &plan);
	if (!fits && !plan.moved && !writer->buffer.failed) {
		plan.moved = true;
		fits = encode(writer, stamp, counts, &plan);
	}
	if (writer->buffer.failed)
		return -ENOMEM;
	if (!fits)
		return -EFBIG;
	if (commit(writer, &plan))
		return -ESTALE;
	remember(writer, &plan, stamp);
	return 0;
}

int history_append(struct history_writer *writer, const struct history_boot *boot, const struct history_stamp *stamp,
		   const struct counts *counts)
{
	int err = append(writer, boot, stamp, counts);

	writer->behind |= err != 0;
	return err;
}
