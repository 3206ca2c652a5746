/*
 * The inside of the history's reader: history_read.c follows the file;
 * history_window.c, history_scan.c and history_resize.c work with what it finds.
 * Private to the four.
 */
#ifndef HISTORY_READER_H
#define HISTORY_READER_H

#include "history_decode.h"

/* A sound directory entry. */
struct history_entry {
	struct history_group group;
	uint32_t index; /* in the directory */
};

/* A segment's directory, as copied. */
struct history_reader_segment {
	uint64_t sequence, commit; /* as last looked at; 0: nothing in it */
	uint32_t used;             /* bytes of chunks */
	uint32_t looked;           /* directory entries looked at, damaged ones too */
	struct history_entry *entries;
	size_t count, room;
};

/* A group: which segment's, which of its sound entries. In order of time. */
struct history_place {
	uint32_t segment, index;
	int64_t offset_us; /* adds to its boot_us: CLOCK_REALTIME as its boot knew it last */
	bool lost;         /* the groups between it and the one before cannot be found */
};

struct history_reader {
	char *path;
	int fd;
	const struct history_head *map;
	struct history_head head;
	struct history_reader_segment *segments;
	struct history_place *places;
	size_t place_count, place_room;
	uint8_t *copy, *layout_copy; /* as copied out of the file */
	size_t copy_room, layout_room;
	struct history_layout layout;
	uint64_t layout_sequence; /* what layout is: that LAYOUT of the segment of that sequence number; 0: nothing */
	uint32_t layout_at;
	struct history_state from, to, other;
};

static inline const struct history_group *history_place_group(const struct history_reader *reader, size_t place)
{
	return &reader->segments[reader->places[place].segment].entries[reader->places[place].index].group;
}

/* A CLOCK_BOOTTIME at that place as CLOCK_REALTIME. */
static inline int64_t history_place_time(const struct history_reader *reader, size_t place, uint64_t boot_us)
{
	return (int64_t)boot_us + reader->places[place].offset_us;
}

/* Looks at what is new. 0 (then there is a place), -ENODATA, -ENOMEM, or what opening the file anew gave. */
int history_refresh(struct history_reader *reader);

/* history_decode of a place. Also -ESTALE: the writer was faster, refresh and begin again. */
int history_decode_place(struct history_reader *reader, size_t place, uint64_t until_us, history_each *each,
			 void *context, struct history_state *state);

/* Brings reader->layout to the LAYOUT at that offset in the place's segment. 0, -ESTALE, -EBADMSG or -ENOMEM. */
int history_load_layout(struct history_reader *reader, size_t place, uint32_t at);

/* A sample that was found, its state apart. */
struct history_found {
	size_t place;
	int64_t real_us;  /* on the one time line of all places */
	bool damaged;     /* later ones, not after the time asked for, cannot be read … */
	size_t sound;     /* … up to that place; place_count: to the end */
};

/*
 * The last sample not after real_us, the oldest if none, into *state; with its
 * layout loaded if with_layout. What cannot be read is passed over, towards the
 * past and then towards the present. 0, -ENODATA (nothing can be read), -ESTALE, -ENOMEM.
 */
int history_find_sample(struct history_reader *reader, int64_t real_us, bool with_layout, struct history_state *state,
			struct history_found *found);

/* How often a question is asked again when the writer was faster. */
enum { HISTORY_TRIES = 20 };

#endif
