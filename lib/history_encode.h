/*
 * What counts found with its last table as chunks of a history. Private to
 * history_write.c, which places them, and history_encode.c. Pure: what is put
 * goes behind the buffer's end, under the checksum of that sequence number.
 */
#ifndef HISTORY_ENCODE_H
#define HISTORY_ENCODE_H

#include "history_format.h"

/* A LAYOUT: all rows and slots, or what came with the last table, referring to the LAYOUT at previous. */
void history_put_layout(struct history_buffer *to, const struct counts *counts, bool full, uint32_t previous,
			uint64_t sequence);

/* A KEY: all sums. */
void history_put_key(struct history_buffer *to, const struct history_stamp *stamp, const struct counts *counts,
		     uint64_t sequence);

/* A DELTA: the gains since the sample at last. */
void history_put_delta(struct history_buffer *to, const struct history_stamp *stamp, const struct clock_now *last,
		       const struct counts *counts, uint64_t sequence);

#endif
