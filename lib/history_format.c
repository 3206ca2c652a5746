/* What the history's writer and reader both need: checksums, numbers, the guard against SIGBUS; see history_format.h. */
#include "history_format.h"
#include "grow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

const char *const history_gap_names[HISTORY_GAP_COUNT] = { NULL,        "stopped", "suspended", "late",
							     "discarded", "reboot",  "damaged" };

/* ---- checksums ---- */

/* What a byte does to a crc that is so many bytes behind it. Filled with the same values by whoever comes first. */
static uint32_t crc_table[8][256];

static void fill_crc_table(void)
{
	static int filled;
	uint32_t i, k, c;

	if (__atomic_load_n(&filled, __ATOMIC_ACQUIRE))
		return;
	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
		crc_table[0][i] = c;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++) {
			c = crc_table[k - 1][i];
			crc_table[k][i] = c >> 8 ^ crc_table[0][c & 0xff];
		}
	__atomic_store_n(&filled, 1, __ATOMIC_RELEASE);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Eight bytes at a time: half of what a window costs are checksums. */
uint32_t history_crc(uint32_t crc, const void *bytes, size_t count)
{
	const uint8_t *p = bytes;

	fill_crc_table();
	crc = ~crc;
	for (; count >= 8; count -= 8, p += 8) {
		uint32_t a = crc ^ load(p), b = load(p + 4);

		crc = crc_table[7][a & 0xff] ^ crc_table[6][a >> 8 & 0xff] ^ crc_table[5][a >> 16 & 0xff] ^
		      crc_table[4][a >> 24] ^ crc_table[3][b & 0xff] ^ crc_table[2][b >> 8 & 0xff] ^
		      crc_table[1][b >> 16 & 0xff] ^ crc_table[0][b >> 24];
	}
	while (count--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

uint32_t history_head_crc(const struct history_head *head)
{
	return history_crc(0, head, offsetof(struct history_head, crc));
}

uint32_t history_group_crc(const struct history_group *group, uint64_t sequence)
{
	return history_crc(history_crc(0, &sequence, sizeof sequence), group, offsetof(struct history_group, crc));
}

/* used in the low half, above it 16 bits of entries, above them 16 of a crc */
uint64_t history_commit(uint64_t sequence, uint32_t used, uint32_t entries)
{
	uint64_t words[2] = { sequence, (uint64_t)(entries & 0xffff) << 32 | used };

	return words[1] | (uint64_t)(history_crc(0, words, sizeof words) & 0xffff) << 48;
}

bool history_commit_read(uint64_t sequence, uint64_t commit, uint32_t *used, uint32_t *entries)
{
	*used = (uint32_t)commit;
	*entries = (uint32_t)(commit >> 32) & 0xffff;
	return commit == history_commit(sequence, *used, *entries);
}

const char *history_head_fault(const struct history_head *head, uint64_t file_bytes)
{
	if (head->magic != HISTORY_MAGIC)
		return "it is no irqpilot history";
	if (head->version != HISTORY_VERSION)
		return "it has another version";
	if (head->crc != history_head_crc(head))
		return "its head is damaged";
	if (head->file_bytes != file_bytes)
		return "its size is not what its head says";
	if (head->head_bytes != HISTORY_HEAD_BYTES || file_bytes < HISTORY_HEAD_BYTES || head->segment_count < 2 ||
	    head->group_max < 2 || head->group_max > UINT16_MAX || head->segment_bytes % 4096 != 0 ||
	    head->segment_bytes < sizeof(struct history_segment) + head->group_max * sizeof(struct history_group) + 4096 ||
	    head->segment_bytes > HISTORY_CHUNK_MAX ||
	    (uint64_t)head->segment_bytes * head->segment_count > file_bytes - HISTORY_HEAD_BYTES)
		return "its head makes no sense";
	return NULL;
}

size_t history_data_bytes(const struct history_head *head)
{
	return head->segment_bytes - sizeof(struct history_segment) - head->group_max * sizeof(struct history_group);
}

bool history_sequence_fits(const struct history_head *head, uint32_t index, uint64_t sequence)
{
	return sequence && (sequence - 1) % head->segment_count == index;
}

/* ---- numbers ---- */

static uint8_t *room(struct history_buffer *buffer, size_t count)
{
	uint8_t *at;

	if (buffer->failed || grow(&buffer->bytes, &buffer->room, buffer->length + count, 1)) {
		buffer->failed = true;
		return NULL;
	}
	at = buffer->bytes + buffer->length;
	buffer->length += count;
	return at;
}

void history_put(struct history_buffer *buffer, uint64_t number)
{
	uint8_t *at = room(buffer, 10);
	size_t n = 0;

	if (!at)
		return;
	for (; number >= 0x80; number >>= 7)
		at[n++] = (uint8_t)(number | 0x80);
	at[n++] = (uint8_t)number;
	buffer->length -= 10 - n;
}

void history_put_signed(struct history_buffer *buffer, int64_t number)
{
	history_put(buffer, number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1);
}

void history_put_bytes(struct history_buffer *buffer, const void *bytes, size_t count)
{
	uint8_t *at = room(buffer, count);

	if (at && count)
		memcpy(at, bytes, count);
}

void history_put_text(struct history_buffer *buffer, const char *text)
{
	size_t n = strlen(text);

	history_put(buffer, n);
	history_put_bytes(buffer, text, n);
}

uint64_t history_get_long(struct history_cursor *cursor)
{
	uint64_t number = 0;
	unsigned shift;

	for (shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
		uint8_t byte = *cursor->at++;

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	cursor->failed = true;
	cursor->at = cursor->end;
	return 0;
}

int64_t history_get_signed(struct history_cursor *cursor)
{
	uint64_t n = history_get(cursor);

	return (int64_t)(n & 1 ? ~(n >> 1) : n >> 1);
}

const char *history_get_text(struct history_cursor *cursor, size_t *length)
{
	uint64_t n = history_get(cursor);
	const char *text = (const char *)cursor->at;

	if (n > (uint64_t)(cursor->end - cursor->at)) {
		cursor->failed = true;
		cursor->at = cursor->end;
		n = 0;
	}
	cursor->at += n;
	*length = (size_t)n;
	return text;
}

/* ---- chunks ---- */

size_t history_begin_chunk(struct history_buffer *buffer)
{
	size_t place = buffer->length;

	room(buffer, sizeof(struct history_chunk));
	return place;
}

static uint32_t chunk_crc(uint64_t sequence, uint32_t what, const uint8_t *bytes, size_t count)
{
	uint32_t crc = history_crc(0, &sequence, sizeof sequence);

	return history_crc(history_crc(crc, &what, sizeof what), bytes, count);
}

void history_end_chunk(struct history_buffer *buffer, size_t place, unsigned type, uint64_t sequence)
{
	size_t start = place + sizeof(struct history_chunk), count;
	struct history_chunk chunk;

	if (buffer->failed)
		return;
	count = buffer->length - start;
	if (count > HISTORY_CHUNK_MAX) {
		buffer->failed = true;
		return;
	}
	chunk.what = (uint32_t)(type << 28 | count);
	chunk.crc = chunk_crc(sequence, chunk.what, buffer->bytes + start, count);
	memcpy(buffer->bytes + place, &chunk, sizeof chunk);
}

unsigned history_take_chunk(const uint8_t *bytes, size_t length, size_t *place, uint64_t sequence,
			    struct history_cursor *cursor)
{
	struct history_chunk chunk;
	size_t start = *place + sizeof chunk, count;

	if (*place > length || length - *place < sizeof chunk)
		return 0;
	memcpy(&chunk, bytes + *place, sizeof chunk);
	count = chunk.what & HISTORY_CHUNK_MAX;
	if (count > length - start || chunk.crc != chunk_crc(sequence, chunk.what, bytes + start, count))
		return 0;
	cursor->at = bytes + start;
	cursor->end = cursor->at + count;
	cursor->failed = false;
	*place = start + count;
	return chunk.what >> 28;
}

/* ---- the guard ---- */

static __thread sigjmp_buf guard;
static __thread volatile sig_atomic_t guarded;

sigjmp_buf *history_guard_place(void)
{
	return &guard;
}

void history_guard_arm(void)
{
	guarded = 1;
}

void history_unguard(void)
{
	guarded = 0;
}

static void on_sigbus(int number)
{
	if (guarded) {
		guarded = 0;
		siglongjmp(guard, 1);
	}
	signal(number, SIG_DFL); /* the access is made again, and kills */
}

int history_guard_install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = on_sigbus;
	action.sa_flags = SA_NODEFER;
	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) ? -errno : 0;
}
