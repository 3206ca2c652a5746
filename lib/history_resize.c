/* A history of another size takes over what the old one holds: read there, appended here. Fed by history_open.c. */
#include "history_reader.h"
#include "history_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is taken over stands here, as counts knew it then. */
struct taking {
	struct history_reader *reader;
	struct history_writer *writer;
	struct counts counts;
	size_t place;
	uint64_t sequence; /* counts' rows and slots: that LAYOUT of that segment */
	uint32_t layout;
	uint32_t epoch;
	bool damaged;      /* something could not be read since the last sample */
	uint64_t samples;
	uint64_t serial;   /* of the last one */
};

/* Gives counts the rows and slots of the layout that holds now. */
static int take_layout(struct taking *taking, const struct history_state *state)
{
	const struct history_layout *layout = &taking->reader->layout;
	size_t i;
	int err = history_load_layout(taking->reader, taking->place, state->layout);

	if (!err && layout->slot_count != state->count)
		err = -EBADMSG;
	counts_free(&taking->counts);
	for (i = 0; i < layout->row_count && !err; i++)
		err = counts_restore_row(&taking->counts, &layout->rows[i].is, layout->rows[i].present,
					 layout->rows[i].seen_us);
	for (i = 0; i < layout->slot_count && !err; i++)
		err = counts_restore_slot(&taking->counts, layout->slots[i].row, layout->slots[i].cpu,
					  (uint64_t)layout->slots[i].base + state->sums[i], state->sums[i]);
	for (i = 0; i < layout->online.count && !err; i++)
		err = cpulist_add(&taking->counts.online, layout->online.ranges[i].first, layout->online.ranges[i].last);
	return err ? err : counts_restore_end(&taking->counts, state->boot_us, &layout->online);
}

static void take_gains(struct counts *counts, const struct history_state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++) {
		struct counts_slot *slot = &counts->slots[i];

		slot->gain = state->sums[i] - slot->sum;
		slot->last += slot->gain;
		slot->sum = state->sums[i];
	}
	counts->gain_count = (size_t)state->cells;
}

static int take_sample(const struct history_state *state, void *context)
{
	struct taking *taking = context;
	const struct history_group *group = history_place_group(taking->reader, taking->place);
	uint64_t sequence = taking->reader->segments[taking->reader->places[taking->place].segment].sequence;
	bool epoch = group->epoch != taking->epoch, first = state->serial == group->serial;
	struct history_stamp stamp = { .start = { .real_us = state->real_us, .boot_us = state->boot_us },
				       .interval_us = group->interval_us };
	struct history_boot boot;
	int err = 0;

	memcpy(boot.id, group->boot, sizeof boot.id);
	if (first && group->gap < HISTORY_GAP_COUNT)
		stamp.gap = history_gap_names[group->gap];
	if (taking->damaged && !stamp.gap)
		stamp.gap = history_gap_names[HISTORY_GAP_DAMAGED];
	if (epoch || sequence != taking->sequence || state->layout != taking->layout) {
		err = take_layout(taking, state);
		history_append_whole(taking->writer, state->serial, epoch);
	} else if (state->serial != taking->serial + 1) {
		history_append_whole(taking->writer, state->serial, false);
	}
	if (err) {
		taking->sequence = 0;
		return err;
	}
	take_gains(&taking->counts, state);
	taking->sequence = sequence;
	taking->layout = state->layout;
	taking->epoch = group->epoch;
	taking->damaged = false;
	taking->serial = state->serial;
	taking->samples++;
	return history_append(taking->writer, &boot, &stamp, &taking->counts);
}

int history_take_over(struct history_writer *writer, const char *path, uint64_t *samples)
{
	struct taking taking = { .writer = writer };
	char *why = NULL;
	int err = history_open_reader(&taking.reader, path, &why);

	free(why);
	if (err)
		return err;
	err = history_refresh(taking.reader);
	if (err == -ENODATA)
		err = 0;
	for (; taking.place < taking.reader->place_count && !err; taking.place++) {
		taking.damaged |= taking.reader->places[taking.place].lost;
		err = history_decode_place(taking.reader, taking.place, UINT64_MAX, take_sample, &taking,
					   &taking.reader->to);
		taking.damaged |= err == -EBADMSG || taking.reader->to.damaged;
		if (err == -EBADMSG)
			err = 0;
	}
	*samples = taking.samples;
	counts_free(&taking.counts);
	history_close_reader(taking.reader);
	return err;
}
