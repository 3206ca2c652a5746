/* What fired in a window of the past, and how well that is known; see history.h. Fed by history_read.c. */
#include "history_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A window as it is put together. */
struct sum_up {
	struct history_reader *reader;
	const struct history_question *question;
	struct window *window;
	struct history_found from, to;
	uint64_t missing_us; /* of what was asked, without samples */
	bool reboot;
};

static const struct history_group *group_at(const struct sum_up *sum, size_t place)
{
	return history_place_group(sum->reader, place);
}

/* When a place begins. */
static int64_t begin_of(const struct sum_up *sum, size_t place)
{
	return history_place_time(sum->reader, place, group_at(sum, place)->boot_us);
}

/* ---- gaps ---- */

/* Tells a gap, and what it lacks of what was asked. */
static int add_gap(struct sum_up *sum, int64_t start, int64_t end, uint32_t interval_us, const char *why)
{
	int64_t from = start > sum->question->start_us ? start : sum->question->start_us;
	int64_t to = end < sum->question->end_us ? end : sum->question->end_us;

	if (to - from > (int64_t)interval_us)
		sum->missing_us += (uint64_t)(to - from) - interval_us;
	return window_gap(sum->window, start < end ? start : end, end, why);
}

/* Why samples are missing before a place; NULL: none are. */
static const char *why_before(const struct sum_up *sum, size_t place)
{
	uint32_t gap = group_at(sum, place)->gap;

	if (sum->reader->places[place].lost)
		return history_gap_names[HISTORY_GAP_DAMAGED];
	return gap < HISTORY_GAP_COUNT ? history_gap_names[gap] : NULL;
}

/* When the last sample of a place was, that can be read. */
static int end_of(struct sum_up *sum, size_t place, int64_t *end)
{
	int err = history_decode_place(sum->reader, place, UINT64_MAX, NULL, NULL, &sum->reader->other);

	*end = err ? begin_of(sum, place) : history_place_time(sum->reader, place, sum->reader->other.boot_us);
	return err == -EBADMSG ? 0 : err;
}

/* The gap before a place, if there is one. */
static int add_gap_before(struct sum_up *sum, size_t place)
{
	const char *why = why_before(sum, place), *damaged = history_gap_names[HISTORY_GAP_DAMAGED];
	int64_t start, end = begin_of(sum, place);
	int err;

	if (!why)
		return 0;
	err = end_of(sum, place - 1, &start);
	sum->reboot |= group_at(sum, place)->gap == HISTORY_GAP_REBOOT;
	if (!err)
		err = add_gap(sum, start, end, group_at(sum, place)->interval_us, why);
	if (!err && sum->reader->other.damaged && why != damaged) /* part of it */
		err = window_gap(sum->window, start < end ? start : end, end, damaged);
	return err;
}

/* Samples at a bound that cannot be read. */
static int add_damage(struct sum_up *sum, const struct history_found *found, int64_t asked_us)
{
	const char *why = history_gap_names[HISTORY_GAP_DAMAGED];
	uint32_t interval = group_at(sum, found->place)->interval_us;
	int64_t end = found->sound < sum->reader->place_count ? begin_of(sum, found->sound) : sum->question->end_us;

	if (!found->damaged)
		return 0;
	if (found->real_us > asked_us)
		return add_gap(sum, asked_us, found->real_us, interval, why);
	return add_gap(sum, found->real_us, end, interval, why);
}

/* What is missing between the last sample used and the end that was asked for. */
static int add_tail(struct sum_up *sum)
{
	size_t next = sum->to.place + 1;
	int64_t last, interval = group_at(sum, sum->to.place)->interval_us;
	int err;

	if (sum->to.damaged)
		return sum->from.damaged && sum->from.real_us == sum->to.real_us ? 0 :
			add_damage(sum, &sum->to, sum->question->end_us);
	if (next == sum->reader->place_count)
		return sum->question->end_us - sum->to.real_us > 2 * interval ?
			add_gap(sum, sum->to.real_us, sum->question->end_us, (uint32_t)interval, "no_sample") : 0;
	if (!why_before(sum, next))
		return 0;
	err = end_of(sum, sum->to.place, &last);
	return err || last != sum->to.real_us ? err : add_gap_before(sum, next);
}

static int compare_gaps(const void *a, const void *b)
{
	const struct window_gap *x = a, *y = b;

	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? -1 : 1;
	return x->end_us < y->end_us ? -1 : x->end_us > y->end_us;
}

/* ---- counts ---- */

/* Which rows of the layout the window gets: rows[i] is its row there, or -1. */
static int add_rows(struct sum_up *sum, const struct history_state *from, const struct history_state *to, long *rows)
{
	const struct history_layout *layout = &sum->reader->layout;
	bool first = sum->window->row_count == 0;
	size_t i;

	for (i = 0; i < layout->row_count; i++)
		rows[i] = layout->rows[i].present ? 0 : -1;
	for (i = 0; i < to->count; i++)
		if (to->sums[i] != (i < from->count ? from->sums[i] : 0))
			rows[layout->slots[i].row] = 0;
	for (i = 0; i < layout->row_count; i++) {
		if (rows[i] < 0)
			continue;
		if (first)
			rows[i] = (long)sum->window->row_count;
		if (first && window_row_add(sum->window, &layout->rows[i].is))
			return -ENOMEM;
		if (!first)
			rows[i] = window_row(sum->window, &layout->rows[i].is);
		if (rows[i] < 0)
			return -ENOMEM;
	}
	return 0;
}

/* What fired between two samples of one epoch. Their layout is loaded. */
static int add_counts(struct sum_up *sum, const struct history_state *from, const struct history_state *to)
{
	const struct history_layout *layout = &sum->reader->layout;
	struct window *window = sum->window;
	long *rows;
	size_t i;
	int err;

	if (to->count != layout->slot_count || from->count > to->count)
		return -EBADMSG;
	rows = malloc((layout->row_count + 1) * sizeof *rows);
	err = rows ? add_rows(sum, from, to, rows) : -ENOMEM;
	for (i = 0; i < layout->online.count && !err; i++)
		err = cpulist_add(&window->cpus, layout->online.ranges[i].first, layout->online.ranges[i].last);
	for (i = 0; i < to->count && !err; i++) {
		const struct history_layout_slot *slot = &layout->slots[i];
		uint64_t gain = to->sums[i] - (i < from->count ? from->sums[i] : 0);

		if (!gain)
			continue;
		err = window_count(window, (uint32_t)rows[slot->row], slot->cpu, gain);
		if (!err && slot->cpu != WINDOW_NO_CPU)
			err = cpulist_add(&window->cpus, slot->cpu, slot->cpu);
	}
	free(rows);
	window->span.covered_us += to->boot_us - from->boot_us;
	window->span.samples += to->serial - from->serial + 1;
	return err;
}

/* The first sample of *first..last that can be read, into reader->from. -EBADMSG: none. */
static int find_first(struct sum_up *sum, size_t *first, size_t last)
{
	int err;

	do
		err = history_decode_place(sum->reader, *first, 0, NULL, NULL, &sum->reader->from);
	while (err == -EBADMSG && (*first)++ < last);
	return err;
}

/* The last one of first..*last into reader->to, its layout loaded. */
static int find_last(struct sum_up *sum, size_t first, size_t *last)
{
	int err;

	do {
		uint64_t until = UINT64_MAX;

		if (*last == sum->to.place)
			until = (uint64_t)sum->to.real_us - (uint64_t)sum->reader->places[*last].offset_us;
		err = history_decode_place(sum->reader, *last, until, NULL, NULL, &sum->reader->to);
		if (!err)
			err = history_load_layout(sum->reader, *last, sum->reader->to.layout);
	} while (err == -EBADMSG && (*last)-- > first);
	return err;
}

/* What fired in the places first..last, which are of one epoch. */
static int add_epoch(struct sum_up *sum, size_t first, size_t last)
{
	const char *damaged = history_gap_names[HISTORY_GAP_DAMAGED];
	uint32_t interval = group_at(sum, last)->interval_us;
	size_t from = first, to = last;
	int err = 0;

	if (first != sum->from.place)
		err = find_first(sum, &from, last);
	if (!err && (first != sum->from.place || last != sum->to.place))
		err = find_last(sum, from, &to);
	if (err == -EBADMSG)
		return add_gap(sum, begin_of(sum, first), begin_of(sum, last), interval, damaged);
	if (!err)
		err = add_counts(sum, &sum->reader->from, &sum->reader->to);
	if (!err && from != first)
		err = add_gap(sum, begin_of(sum, first), begin_of(sum, from), interval, damaged);
	if (!err && to != last)
		err = add_gap(sum, history_place_time(sum->reader, to, sum->reader->to.boot_us), begin_of(sum, last),
			      interval, damaged);
	return err;
}

/* All from one found sample to the other, epoch by epoch: nothing is ever subtracted across two. */
static int add_all(struct sum_up *sum)
{
	size_t first, last, i;
	int err = add_damage(sum, &sum->from, sum->question->start_us);

	for (i = sum->from.place + 1; i <= sum->to.place && !err; i++)
		err = add_gap_before(sum, i);
	for (first = sum->from.place; first <= sum->to.place && !err; first = last + 1) {
		for (last = first; last < sum->to.place; last++)
			if (group_at(sum, last + 1)->epoch != group_at(sum, first)->epoch)
				break;
		err = add_epoch(sum, first, last);
	}
	return err ? err : add_tail(sum);
}

/* ---- answers ---- */

/* What the window covers of what was asked. */
static int finish(struct sum_up *sum)
{
	const struct history_question *question = sum->question;
	struct window_span *span = &sum->window->span;
	uint64_t interval = group_at(sum, sum->to.place)->interval_us;

	span->timed = true;
	span->start_us = sum->from.real_us;
	span->end_us = sum->to.real_us;
	span->requested_us = (uint64_t)question->end_us - (uint64_t)question->start_us;
	if (sum->from.real_us > question->start_us && !sum->from.damaged)
		sum->missing_us += (uint64_t)sum->from.real_us - (uint64_t)question->start_us;
	span->complete = !sum->reboot && sum->missing_us <= 2 * interval;
	if (span->gap_count)
		qsort(span->gaps, span->gap_count, sizeof *span->gaps, compare_gaps);
	return window_finish(sum->window);
}

/* There are samples, but none in the window: what there is. */
static int refuse(struct sum_up *sum)
{
	int err = history_find_sample(sum->reader, INT64_MIN, false, &sum->reader->from, &sum->from);

	if (!err)
		err = history_find_sample(sum->reader, INT64_MAX, false, &sum->reader->to, &sum->to);
	sum->window->span.start_us = sum->from.real_us;
	sum->window->span.end_us = sum->to.real_us;
	return err ? err : -ERANGE;
}

static int try_window(struct history_reader *reader, const struct history_question *question, struct window *window)
{
	struct sum_up sum = { .reader = reader, .question = question, .window = window };
	int64_t interval;
	int err = history_refresh(reader);

	if (!err)
		err = history_find_sample(reader, question->end_us, true, &reader->to, &sum.to);
	if (!err)
		err = history_find_sample(reader, question->start_us, false, &reader->from, &sum.from);
	if (!err && sum.from.real_us > sum.to.real_us) /* what is behind that end is damaged */
		err = history_find_sample(reader, sum.to.real_us, false, &reader->from, &sum.from);
	if (err)
		return err;
	/* asked a moment after the last sample it is not over yet */
	interval = group_at(&sum, sum.to.place)->interval_us;
	if (sum.from.real_us > question->end_us ||
	    (sum.to.place + 1 == reader->place_count && question->start_us - sum.to.real_us > 2 * interval))
		return refuse(&sum);
	err = add_all(&sum);
	return err ? err : finish(&sum);
}

int history_window(struct history_reader *reader, const struct history_question *question, struct window *window)
{
	int64_t most = HISTORY_TIME_MAX;
	struct history_question asked = *question;
	int tries, err = -ESTALE;

	asked.start_us = asked.start_us < -most ? -most : asked.start_us > most ? most : asked.start_us;
	asked.end_us = asked.end_us < -most ? -most : asked.end_us > most ? most : asked.end_us;
	for (tries = 0; tries < HISTORY_TRIES && err == -ESTALE; tries++) {
		window_free(window);
		err = try_window(reader, &asked, window);
	}
	return err == -ESTALE || err == -EBADMSG ? -EIO : err;
}
