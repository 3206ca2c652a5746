/* What counts found with its last table as chunks of a history, for history_write.c; see history_encode.h. */
#include "history_encode.h"

#include <stdlib.h>

/* What makes the counter of the sum: it moves only when a counter moved otherwise than by its gain. */
static int64_t base_of(const struct counts_slot *slot)
{
	return (int64_t)(slot->last - slot->sum);
}

static void put_row(struct history_buffer *to, const struct counts_row *row, size_t id)
{
	const struct window_row *is = &row->is;

	history_put(to, id);
	history_put(to, (is->numbered ? HISTORY_ROW_NUMBERED : 0) | (row->present ? HISTORY_ROW_PRESENT : 0));
	history_put(to, (uint64_t)is->kind);
	history_put(to, is->ordinal);
	history_put(to, row->seen_us);
	history_put_text(to, is->irq);
	history_put_text(to, is->chip);
	history_put_text(to, is->hwirq);
	history_put_text(to, is->trigger);
	history_put_text(to, is->names);
	history_put_text(to, is->device);
}

static void put_online(struct history_buffer *to, const struct counts *counts)
{
	char *online = cpulist_format(&counts->online);

	if (online)
		history_put_text(to, online);
	else
		to->failed = true;
	free(online);
}

void history_put_layout(struct history_buffer *to, const struct counts *counts, bool full, uint32_t previous,
			uint64_t sequence)
{
	size_t i, first = full ? 0 : counts->slot_count - counts->new_slots, n = 0;
	size_t place = history_begin_chunk(to);

	history_put(to, full);
	history_put(to, full ? 0 : previous);
	put_online(to, counts);
	for (i = 0; i < counts->row_count; i++)
		n += full || counts->rows[i].fresh;
	history_put(to, counts->row_count);
	history_put(to, n);
	for (i = 0; i < counts->row_count; i++)
		if (full || counts->rows[i].fresh)
			put_row(to, &counts->rows[i], i);
	history_put(to, first);
	history_put(to, counts->slot_count - first);
	for (i = first; i < counts->slot_count; i++) {
		history_put(to, counts->slots[i].row);
		history_put(to, counts->slots[i].cpu == WINDOW_NO_CPU ? 0 : (uint64_t)counts->slots[i].cpu + 1);
		history_put_signed(to, base_of(&counts->slots[i]));
	}
	history_put(to, full ? 0 : counts->rebased_count);
	for (i = 0; i < first; i++)
		if (counts->slots[i].rebased) {
			history_put(to, i);
			history_put_signed(to, base_of(&counts->slots[i]));
		}
	history_end_chunk(to, place, HISTORY_LAYOUT, sequence);
}

void history_put_key(struct history_buffer *to, const struct history_stamp *stamp, const struct counts *counts,
		     uint64_t sequence)
{
	size_t i, place = history_begin_chunk(to);

	history_put(to, stamp->took_us);
	history_put(to, counts->gain_count);
	history_put(to, counts->slot_count);
	for (i = 0; i < counts->slot_count; i++)
		history_put(to, counts->slots[i].sum);
	history_end_chunk(to, place, HISTORY_KEY, sequence);
}

/* Which slots gained: their distances when few did, else a bit for each. */
static void put_which(struct history_buffer *to, const struct counts *counts)
{
	bool bits = counts->gain_count > counts->slot_count / 8;
	uint8_t byte = 0;
	size_t i, next = 0;

	history_put(to, bits);
	for (i = 0; i < counts->slot_count; i++) {
		bool gained = counts->slots[i].gain > 0;

		if (bits) {
			byte = (uint8_t)(byte | gained << (i % 8));
			if (i % 8 == 7 || i + 1 == counts->slot_count) {
				history_put_bytes(to, &byte, 1);
				byte = 0;
			}
		} else if (gained) {
			history_put(to, i - next);
			next = i + 1;
		}
	}
}

void history_put_delta(struct history_buffer *to, const struct history_stamp *stamp, const struct clock_now *last,
		       const struct counts *counts, uint64_t sequence)
{
	size_t i, place = history_begin_chunk(to);
	int64_t offset = stamp->start.real_us - (int64_t)stamp->start.boot_us;

	history_put(to, stamp->start.boot_us - last->boot_us);
	history_put_signed(to, offset - (last->real_us - (int64_t)last->boot_us));
	history_put(to, stamp->took_us);
	history_put(to, counts->slot_count);
	history_put(to, counts->gain_count);
	put_which(to, counts);
	for (i = 0; i < counts->slot_count; i++)
		if (counts->slots[i].gain)
			history_put(to, counts->slots[i].gain);
	history_end_chunk(to, place, HISTORY_DELTA, sequence);
}
