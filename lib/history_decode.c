/* The chunks of a history as sums and rows again, for history_read.c; see history_decode.h. */
#include "history_decode.h"
#include "grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A slot stands with 1 byte in a KEY and with 3 in a LAYOUT, a row there with
 * 11: what a damaged file claims beyond its bytes is not believed.
 */
enum { KEY_SLOT_BYTES = 1, SLOT_BYTES = 3, ROW_BYTES = 11 };

/* Room for count slots; those that come new stand at 0. */
static int resize(struct history_state *state, size_t count)
{
	if (grow(&state->sums, &state->room, count + 1, sizeof *state->sums))
		return -ENOMEM;
	if (count > state->count)
		memset(state->sums + state->count, 0, (count - state->count) * sizeof *state->sums);
	state->count = count;
	return 0;
}

static int take_key(struct history_state *state, struct history_cursor chunk)
{
	uint64_t count;
	size_t i;

	history_get(&chunk); /* took_us */
	state->cells = history_get(&chunk);
	count = history_get(&chunk);
	state->count = 0;
	if (count > (size_t)(chunk.end - chunk.at) / KEY_SLOT_BYTES)
		return -EBADMSG;
	if (resize(state, (size_t)count))
		return -ENOMEM;
	for (i = 0; i < state->count; i++)
		state->sums[i] = history_get(&chunk);
	return chunk.failed ? -EBADMSG : 0;
}

/* Adds the gains of the slots whose bits are set. */
static void take_bits(struct history_state *state, struct history_cursor *chunk)
{
	size_t bytes = (state->count + 7) / 8, i;
	const uint8_t *bits = chunk->at;

	if ((size_t)(chunk->end - chunk->at) < bytes) {
		chunk->failed = true;
		return;
	}
	chunk->at += bytes;
	for (i = 0; i < bytes; i++) {
		unsigned byte = bits[i];

		for (; byte; byte &= byte - 1) {
			size_t slot = 8 * i + (size_t)__builtin_ctz(byte);

			if (slot < state->count)
				state->sums[slot] += history_get(chunk);
		}
	}
}

static void take_distances(struct history_state *state, struct history_cursor *chunk, uint64_t cells)
{
	struct history_cursor which = *chunk;
	uint64_t i, slot = 0;

	for (i = 0; i < cells && !chunk->failed; i++)
		history_get(chunk);
	for (i = 0; i < cells && !chunk->failed; i++) {
		slot += history_get(&which);
		if (slot >= state->count) {
			chunk->failed = true;
			return;
		}
		state->sums[slot++] += history_get(chunk);
	}
}

/* Where a way through a group's chunks stands. */
struct way {
	const struct history_chunks *chunks;
	size_t place;
	uint64_t layout_bytes; /* of LAYOUTs since the last sample */
	int64_t offset;        /* CLOCK_REALTIME less CLOCK_BOOTTIME */
	uint64_t boot_us;      /* of the DELTA that comes next */
	uint32_t layout;
	bool broken;           /* that DELTA is not whole */
};

/* Goes to the next DELTA of the group, *chunk behind its times. False: there is none. */
static bool next_delta(struct way *way, uint32_t key, struct history_cursor *chunk)
{
	const struct history_chunks *chunks = way->chunks;
	uint32_t previous;
	unsigned type;
	uint64_t time;
	int64_t moved;

	way->layout_bytes = 0;
	for (;;) {
		size_t at = way->place;

		type = history_take_chunk(chunks->bytes, chunks->length, &way->place, chunks->sequence, chunk);
		if (type != HISTORY_LAYOUT || history_layout_is_full(*chunk, &previous))
			break; /* a LAYOUT that says all begins the next group */
		way->layout = key + (uint32_t)at;
		way->layout_bytes += (uint64_t)(chunk->end - chunk->at);
	}
	way->broken = type == 0 && way->place < chunks->length;
	if (type != HISTORY_DELTA)
		return false;
	time = history_get(chunk);
	moved = history_get_signed(chunk);
	way->broken = chunk->failed || time >= (uint64_t)HISTORY_TIME_MAX - way->boot_us || moved >= HISTORY_TIME_MAX ||
		      moved <= -HISTORY_TIME_MAX || way->offset + moved >= HISTORY_TIME_MAX ||
		      way->offset + moved <= -HISTORY_TIME_MAX;
	if (way->broken)
		return false;
	way->boot_us += time;
	way->offset += moved;
	return true;
}

/* Adds the DELTA that the way has come to. */
static int take_delta(struct history_state *state, struct history_cursor chunk, const struct way *way)
{
	uint64_t count, cells;

	history_get(&chunk); /* took_us */
	count = history_get(&chunk);
	cells = history_get(&chunk);
	if (count < state->count || count - state->count > way->layout_bytes / SLOT_BYTES)
		return -EBADMSG;
	if (resize(state, (size_t)count))
		return -ENOMEM;
	if (history_get(&chunk))
		take_bits(state, &chunk);
	else
		take_distances(state, &chunk, cells);
	if (chunk.failed)
		return -EBADMSG;
	state->cells = cells;
	state->boot_us = way->boot_us;
	state->real_us = (int64_t)way->boot_us + way->offset;
	state->layout = way->layout;
	state->serial++;
	return 0;
}

int history_decode(const struct history_chunks *chunks, const struct history_group *group, uint64_t until_us,
		   history_each *each, void *context, struct history_state *state)
{
	struct way way = { .chunks = chunks, .boot_us = group->boot_us, .layout = group->layout,
			   .offset = group->real_us - (int64_t)group->boot_us };
	struct history_cursor chunk;
	int err;

	state->serial = group->serial;
	state->boot_us = group->boot_us;
	state->real_us = group->real_us;
	state->layout = group->layout;
	state->damaged = false;
	if (history_take_chunk(chunks->bytes, chunks->length, &way.place, chunks->sequence, &chunk) != HISTORY_KEY)
		return -EBADMSG;
	err = take_key(state, chunk);
	while (!err) {
		if (each)
			err = each(state, context);
		if (err || !next_delta(&way, group->key, &chunk))
			break;
		if (way.boot_us > until_us)
			return 0;
		err = take_delta(state, chunk, &way);
	}
	state->damaged = way.broken;
	return err;
}

/* ---- layouts ---- */

bool history_layout_is_full(struct history_cursor chunk, uint32_t *previous)
{
	bool full = history_get(&chunk) == 1;

	*previous = (uint32_t)history_get(&chunk);
	return full;
}

static char *take_text(struct history_cursor *chunk)
{
	size_t length;
	const char *text = history_get_text(chunk, &length);

	return strndup(text, length);
}

static int take_row(struct history_layout *layout, struct history_cursor *chunk)
{
	struct history_layout_row row;
	uint64_t id = history_get(chunk), flags = history_get(chunk);

	memset(&row, 0, sizeof row);
	row.is.numbered = flags & HISTORY_ROW_NUMBERED;
	row.present = flags & HISTORY_ROW_PRESENT;
	row.is.kind = (enum irqtable_kind)history_get(chunk);
	row.is.ordinal = (unsigned)history_get(chunk);
	row.seen_us = history_get(chunk);
	row.is.irq = take_text(chunk);
	row.is.chip = take_text(chunk);
	row.is.hwirq = take_text(chunk);
	row.is.trigger = take_text(chunk);
	row.is.names = take_text(chunk);
	row.is.device = take_text(chunk);
	if (chunk->failed || id >= layout->row_count || row.is.kind > IRQTABLE_SHORT || !row.is.irq || !row.is.chip ||
	    !row.is.hwirq || !row.is.trigger || !row.is.names || !row.is.device) {
		window_row_free(&row.is);
		return -EBADMSG;
	}
	window_row_free(&layout->rows[id].is);
	layout->rows[id] = row;
	return 0;
}

/* Makes room for more rows than there are; every one of them must then be told. */
static int more_rows(struct history_layout *layout, uint64_t count, size_t most)
{
	size_t old = layout->row_count;

	if (count < old || count - old > most / ROW_BYTES)
		return -EBADMSG;
	if (grow(&layout->rows, &layout->row_room, (size_t)count + 1, sizeof *layout->rows))
		return -ENOMEM;
	memset(layout->rows + old, 0, ((size_t)count - old) * sizeof *layout->rows);
	layout->row_count = (size_t)count;
	return 0;
}

static int take_slots(struct history_layout *layout, struct history_cursor *chunk)
{
	uint64_t first = history_get(chunk), count = history_get(chunk), i;

	if (first != layout->slot_count || count > (size_t)(chunk->end - chunk->at) / SLOT_BYTES)
		return -EBADMSG;
	if (grow(&layout->slots, &layout->slot_room, (size_t)(first + count + 1), sizeof *layout->slots))
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct history_layout_slot slot;

		slot.row = (uint32_t)history_get(chunk);
		slot.cpu = (uint32_t)(history_get(chunk) - 1); /* 0 becomes WINDOW_NO_CPU */
		slot.base = history_get_signed(chunk);
		if (chunk->failed || slot.row >= layout->row_count)
			return -EBADMSG;
		layout->slots[layout->slot_count++] = slot;
	}
	for (count = history_get(chunk); count && !chunk->failed; count--) {
		uint64_t slot = history_get(chunk);

		if (slot >= layout->slot_count)
			return -EBADMSG;
		layout->slots[slot].base = history_get_signed(chunk);
	}
	return chunk->failed ? -EBADMSG : 0;
}

int history_layout_apply(struct history_layout *layout, struct history_cursor chunk)
{
	bool full = history_get(&chunk) == 1;
	uint64_t count, rows;
	char *online;
	size_t i;
	int err;

	history_get(&chunk); /* previous */
	if (full)
		history_layout_free(layout);
	online = take_text(&chunk);
	if (!online)
		return -ENOMEM;
	cpulist_free(&layout->online);
	err = cpulist_parse(&layout->online, online) ? -EBADMSG : 0;
	free(online);
	count = history_get(&chunk);
	rows = history_get(&chunk);
	if (!err)
		err = more_rows(layout, count, (size_t)(chunk.end - chunk.at));
	for (; rows && !err; rows--)
		err = take_row(layout, &chunk);
	for (i = 0; i < layout->row_count && !err; i++)
		if (!layout->rows[i].is.irq)
			err = -EBADMSG;
	return err ? err : take_slots(layout, &chunk);
}

void history_layout_free(struct history_layout *layout)
{
	size_t i;

	for (i = 0; i < layout->row_count; i++)
		window_row_free(&layout->rows[i].is);
	free(layout->rows);
	free(layout->slots);
	cpulist_free(&layout->online);
	memset(layout, 0, sizeof *layout);
}
