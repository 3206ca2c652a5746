/*
 * How the history file is laid out (HISTORY-FORMAT.md), and the few things that
 * its writer and its reader both need. Private to history_*.c.
 *
 * All numbers are little-endian. On a big-endian machine the file is in that
 * machine's order and other machines refuse it by its magic.
 */
#ifndef HISTORY_FORMAT_H
#define HISTORY_FORMAT_H

#include "history.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_MAGIC 0x544f4c4950515249ull /* "IRQPILOT" */
#define HISTORY_VERSION 1u

struct history_head {
	uint64_t magic;
	uint32_t version;
	uint32_t head_bytes;      /* where the first segment begins */
	uint64_t file_bytes;
	uint32_t segment_bytes;
	uint32_t segment_count;
	uint32_t group_max;       /* directory entries of a segment */
	uint32_t crc;             /* of what stands before it */
	uint64_t writer_pid;      /* who writes; from here on changed while written, each by one store */
	uint64_t interval_us, read_us, parse_us, store_us, discarded;
};
#define HISTORY_HEAD_BYTES 4096u

/* A segment: this, group_max directory entries, then chunks. */
struct history_segment {
	uint64_t sequence;        /* 0: empty, or being written anew; else grows by 1 from segment to segment */
	uint64_t commit;          /* what is in it (history_commit); stored last */
};

/* A directory entry: a group, that is a KEY and the DELTAs behind it. */
struct history_group {
	uint32_t key;             /* where its KEY is, from the first chunk on */
	uint32_t layout;          /* where the LAYOUT is that held at the KEY */
	uint64_t serial;          /* of its first sample, from 1 */
	uint64_t boot_us;         /* CLOCK_BOOTTIME and CLOCK_REALTIME of its first sample */
	int64_t real_us;
	uint8_t boot[16];         /* boot id */
	uint32_t epoch;           /* row and slot numbers hold within one */
	uint32_t interval_us;
	uint32_t gap;             /* enum history_gap: why samples are missing before it */
	uint32_t crc;             /* history_group_crc */
};
/* No time of a sound file is further from 0, so that sums of a few do not overflow. */
#define HISTORY_TIME_MAX (INT64_C(1) << 60)

enum history_gap {
	HISTORY_GAP_NONE,
	HISTORY_GAP_STOPPED,
	HISTORY_GAP_SUSPENDED,
	HISTORY_GAP_LATE,
	HISTORY_GAP_DISCARDED,
	HISTORY_GAP_REBOOT,
	HISTORY_GAP_DAMAGED,
	HISTORY_GAP_COUNT
};
extern const char *const history_gap_names[HISTORY_GAP_COUNT];

/* Before each chunk: type << 28 | bytes that follow; the crc of its segment's sequence, that word and those bytes. */
struct history_chunk {
	uint32_t what;
	uint32_t crc;
};
enum { HISTORY_LAYOUT = 1, HISTORY_KEY = 2, HISTORY_DELTA = 3 };
#define HISTORY_CHUNK_MAX ((1u << 28) - 1)

/* In LAYOUT: what a row is. */
enum { HISTORY_ROW_NUMBERED = 1, HISTORY_ROW_PRESENT = 2 };

_Static_assert(offsetof(struct history_head, crc) == 36, "history head");
_Static_assert(offsetof(struct history_head, discarded) == 80, "history head");
_Static_assert(sizeof(struct history_segment) == 16, "history segment");
_Static_assert(sizeof(struct history_group) == 64, "history group");
_Static_assert(offsetof(struct history_group, boot) == 32, "history group");
_Static_assert(sizeof(struct history_chunk) == 8, "history chunk");

/* CRC-32C (Castagnoli), as in RFC 3720, of bytes behind a crc of what stood before (0: nothing). */
uint32_t history_crc(uint32_t crc, const void *bytes, size_t count);

uint32_t history_head_crc(const struct history_head *head);

/*
 * Checksums in a segment begin with its sequence number, so that nothing of
 * what stood there before it was written anew is ever taken for its own.
 */
uint32_t history_group_crc(const struct history_group *group, uint64_t sequence);

/* Bytes of chunks and directory entries as one word, with a check; false: the word is damaged. */
uint64_t history_commit(uint64_t sequence, uint32_t used, uint32_t entries);
bool history_commit_read(uint64_t sequence, uint64_t commit, uint32_t *used, uint32_t *entries);

/* NULL if it is a head that describes a file of so many bytes; else what is wrong. */
const char *history_head_fault(const struct history_head *head, uint64_t file_bytes);

/*
 * Opens and locks the file at path for writing; makes it of that size, or sets
 * aside what cannot be used (history_open_writer). Its descriptor, or -errno.
 * A sound file may be of another size: *head tells.
 */
int history_open_file(const char *path, uint64_t size, struct history_head *head, char **why);
/* Sets aside the file at path for that reason, and says so. 0 or -errno. */
int history_set_aside(const char *path, const char *reason, char **why);
/* Whether fd is the file that path names. */
bool history_is_file_at(int fd, const char *path);

/*
 * For history_resume: the last sample's rows and counters into *counts, if they
 * are of that boot; its time and the epoch. 1, 0 or -errno.
 */
int history_read_last(struct history_reader *reader, const struct history_boot *boot, struct counts *counts,
		      struct clock_now *last, uint32_t *epoch);

/* Bytes of a segment that are left for chunks. */
size_t history_data_bytes(const struct history_head *head);

/* Whether segment number index can have that sequence number. */
bool history_sequence_fits(const struct history_head *head, uint32_t index, uint64_t sequence);

/* ---- chunks are made in a buffer, of LEB128 numbers and texts ---- */

struct history_buffer {
	uint8_t *bytes;
	size_t length, room;
	bool failed; /* no memory: what was put is not whole */
};

void history_put(struct history_buffer *buffer, uint64_t number);
void history_put_signed(struct history_buffer *buffer, int64_t number); /* zigzag */
void history_put_text(struct history_buffer *buffer, const char *text);
void history_put_bytes(struct history_buffer *buffer, const void *bytes, size_t count);

/* Begins a chunk; its place is what history_end_chunk wants. */
size_t history_begin_chunk(struct history_buffer *buffer);
void history_end_chunk(struct history_buffer *buffer, size_t place, unsigned type, uint64_t sequence);

/* Takes numbers and texts out of a chunk again; past its end failed is set and all is 0. */
struct history_cursor {
	const uint8_t *at, *end;
	bool failed;
};

uint64_t history_get_long(struct history_cursor *cursor); /* for the next one alone */

static inline uint64_t history_get(struct history_cursor *cursor)
{
	if (cursor->at < cursor->end && *cursor->at < 0x80) /* most are */
		return *cursor->at++;
	return history_get_long(cursor);
}

int64_t history_get_signed(struct history_cursor *cursor);
/* Not terminated; *length bytes. */
const char *history_get_text(struct history_cursor *cursor, size_t *length);

/*
 * The chunk at bytes + *place, checked: its type and *chunk, *place behind it;
 * 0: there is none that is whole and undamaged.
 */
unsigned history_take_chunk(const uint8_t *bytes, size_t length, size_t *place, uint64_t sequence,
			    struct history_cursor *chunk);

/* ---- a mapped file may be cut by others: touching it then raises SIGBUS ---- */

/*
 * if (HISTORY_GUARD()) { the file was cut } … history_unguard(). Between the
 * two only the mapping is touched, and nothing is allocated or locked.
 */
#define HISTORY_GUARD() (history_guard_arm(), sigsetjmp(*history_guard_place(), 0))
sigjmp_buf *history_guard_place(void);
void history_guard_arm(void);
void history_unguard(void);
/* Installs the handler of SIGBUS, once for the process; a SIGBUS of another's making still kills. */
int history_guard_install(void);

#endif
