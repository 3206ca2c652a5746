/* What a history holds: its range, each sample, the last one for the writer that goes on; see history.h. */
#include "history_reader.h"

#include <errno.h>
#include <string.h>

static void read_sampler(struct history_reader *reader, struct history_sampler *sampler)
{
	const struct history_head *head = reader->map;

	if (!HISTORY_GUARD()) {
		sampler->interval_us = __atomic_load_n(&head->interval_us, __ATOMIC_RELAXED);
		sampler->read_us = __atomic_load_n(&head->read_us, __ATOMIC_RELAXED);
		sampler->parse_us = __atomic_load_n(&head->parse_us, __ATOMIC_RELAXED);
		sampler->store_us = __atomic_load_n(&head->store_us, __ATOMIC_RELAXED);
		sampler->discarded = __atomic_load_n(&head->discarded, __ATOMIC_RELAXED);
	}
	history_unguard();
}

static int try_range(struct history_reader *reader, struct history_range *range)
{
	struct history_found found;
	uint32_t i;
	int err = history_refresh(reader);

	memset(range, 0, sizeof *range);
	if (err && err != -ENODATA)
		return err;
	range->capacity_bytes = reader->head.file_bytes;
	for (i = 0; i < reader->head.segment_count; i++)
		range->bytes += reader->segments[i].used;
	read_sampler(reader, &range->sampler);
	if (!err)
		err = history_find_sample(reader, INT64_MIN, false, &reader->from, &found);
	if (err)
		return err;
	range->start_us = found.real_us;
	err = history_find_sample(reader, INT64_MAX, false, &reader->to, &found);
	if (err)
		return err;
	range->end_us = found.real_us;
	range->end_boot_us = reader->to.boot_us;
	range->serial = reader->to.serial;
	range->samples = reader->to.serial - reader->from.serial + 1;
	memcpy(range->boot.id, history_place_group(reader, found.place)->boot, sizeof range->boot.id);
	return 0;
}

int history_range(struct history_reader *reader, struct history_range *range)
{
	int tries, err = -ESTALE;

	for (tries = 0; tries < HISTORY_TRIES && err == -ESTALE; tries++)
		err = try_range(reader, range);
	return err == -ESTALE ? -EIO : err;
}

/* ---- every sample ---- */

struct walk {
	int (*each)(const struct history_sample *sample, void *context);
	void *context;
	const struct history_group *group;
	int stopped;
};

static int walk_sample(const struct history_state *state, void *context)
{
	struct walk *walk = context;
	struct history_sample sample = { .serial = state->serial,
					 .real_us = state->real_us,
					 .boot_us = state->boot_us,
					 .cells = state->cells };
	uint32_t gap = walk->group->gap;

	memcpy(sample.boot.id, walk->group->boot, sizeof sample.boot.id);
	if (state->serial == walk->group->serial && gap < HISTORY_GAP_COUNT)
		sample.gap = history_gap_names[gap];
	walk->stopped = walk->each(&sample, walk->context);
	return walk->stopped;
}

int history_walk(struct history_reader *reader, int (*each)(const struct history_sample *sample, void *context),
		 void *context, uint64_t *damaged)
{
	struct walk walk = { each, context, NULL, 0 };
	size_t i;
	int err = history_refresh(reader);

	*damaged = 0;
	for (i = 0; i < reader->place_count && !err; i++) {
		walk.group = history_place_group(reader, i);
		*damaged += reader->places[i].lost;
		err = history_decode_place(reader, i, UINT64_MAX, walk_sample, &walk, &reader->to);
		if (walk.stopped)
			return walk.stopped;
		if (err == -EBADMSG || (!err && reader->to.damaged))
			++*damaged;
		if (err == -EBADMSG || err == -ESTALE) /* -ESTALE: this one was given up while we walked */
			err = 0;
	}
	return err;
}

/* ---- for the writer that goes on ---- */

static int restore(const struct history_reader *reader, struct counts *counts)
{
	const struct history_layout *layout = &reader->layout;
	size_t i;
	int err = 0;

	if (reader->to.count != layout->slot_count)
		return -EBADMSG;
	for (i = 0; i < layout->row_count && !err; i++)
		err = counts_restore_row(counts, &layout->rows[i].is, layout->rows[i].present, layout->rows[i].seen_us);
	for (i = 0; i < layout->slot_count && !err; i++)
		err = counts_restore_slot(counts, layout->slots[i].row, layout->slots[i].cpu,
					  (uint64_t)layout->slots[i].base + reader->to.sums[i], reader->to.sums[i]);
	return err ? err : counts_restore_end(counts, reader->to.boot_us, &layout->online);
}

int history_read_last(struct history_reader *reader, const struct history_boot *boot, struct counts *counts,
		      struct clock_now *last, uint32_t *epoch)
{
	struct history_found found;
	int err = history_refresh(reader);

	if (!err)
		err = history_find_sample(reader, INT64_MAX, true, &reader->to, &found);
	if (err)
		return err == -ENODATA ? 0 : err;
	if (memcmp(history_place_group(reader, found.place)->boot, boot->id, sizeof boot->id) != 0)
		return 0;
	last->boot_us = reader->to.boot_us;
	last->real_us = reader->to.real_us;
	last->monotonic_us = 0;
	*epoch = history_place_group(reader, found.place)->epoch;
	err = restore(reader, counts);
	return err == -EBADMSG ? 0 : err ? err : 1;
}
