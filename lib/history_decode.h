/*
 * The chunks of a history as sums and rows again. Private to history_read.c,
 * which finds them, and history_decode.c. Pure: bytes in, state out.
 */
#ifndef HISTORY_DECODE_H
#define HISTORY_DECODE_H

#include "history_format.h"

/* The state at a sample. */
struct history_state {
	uint64_t *sums; /* by slot */
	size_t count, room;
	uint64_t serial, boot_us;
	int64_t real_us;
	uint64_t cells;   /* slots that gained with it */
	uint32_t layout;  /* where the LAYOUT is that holds at it */
	bool damaged;     /* the way ended at a chunk that is not whole */
};

/* Called for each sample on the way; another value than 0 ends the way with it. */
typedef int history_each(const struct history_state *state, void *context);

/* A group's chunks, from its KEY on, as copied from a segment of that sequence number. */
struct history_chunks {
	const uint8_t *bytes;
	size_t length;
	uint64_t sequence;
};

/*
 * Goes through a group up to the last sample whose boot_us is not above
 * until_us (the first one in any case). 0, what each() gave, -EBADMSG (its KEY
 * is damaged: no state) or -ENOMEM.
 */
int history_decode(const struct history_chunks *chunks, const struct history_group *group, uint64_t until_us,
		   history_each *each, void *context, struct history_state *state);

struct history_layout_row {
	struct window_row is;
	bool present;
	uint64_t seen_us;
};

struct history_layout_slot {
	uint32_t row, cpu;
	int64_t base; /* the counter less its sum */
};

/* The rows, slots and CPUs that hold at a sample. */
struct history_layout {
	struct history_layout_row *rows;
	struct history_layout_slot *slots;
	size_t row_count, slot_count, row_room, slot_room;
	struct cpulist online;
};

/* Takes one LAYOUT chunk in. 0, -EBADMSG or -ENOMEM. */
int history_layout_apply(struct history_layout *layout, struct history_cursor chunk);

/* Whether that LAYOUT says all; else where the one before it is. */
bool history_layout_is_full(struct history_cursor chunk, uint32_t *previous);

void history_layout_free(struct history_layout *layout);

#endif
