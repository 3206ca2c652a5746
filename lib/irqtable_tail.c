/*
 * What follows the counts in a row of /proc/interrupts: chip, hwirq, trigger
 * and action names. Fed by irqtable.c, whose rows it completes.
 *
 * The kernel prints chip (%8s, or longer, with blanks in it at times), hwirq,
 * then "-flow" glued to the hwirq (x86), or the word Level or Edge (arm and
 * others), or neither; then two blanks and the actions. Kernels before 3.14
 * glue the flow to the chip on x86 ("IO-APIC-edge"); old vendor kernels print
 * the name alone. Nothing stands in a fixed column.
 */
#include "irqtable_text.h"

#include <ctype.h>
#include <string.h>

bool irqtable_is(struct irqtable_text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

/* Latin-1's no-break space is also a byte within UTF-8 letters: then another such byte stands before it. */
const char *irqtable_text_blank(const char *p, const char *start, const char *end)
{
	unsigned char c;

	if (p == end)
		return p;
	c = (unsigned char)*p;
	if (c == ' ' || c == '\t' || c == '\r')
		return p + 1;
	if (c == 0xc2 && end - p > 1 && (unsigned char)p[1] == 0xa0)
		return p + 2;
	if (c == 0xa0 && (p == start || (unsigned char)p[-1] < 0x80 || (unsigned char)p[-1] == 0xa0))
		return p + 1;
	return p;
}

static const char *skip_blanks(const char *p, const char *start, const char *end)
{
	const char *next;

	while ((next = irqtable_text_blank(p, start, end)) != p)
		p = next;
	return p;
}

static const char *skip_word(const char *p, const char *start, const char *end)
{
	while (p < end && irqtable_text_blank(p, start, end) == p)
		p++;
	return p;
}

struct irqtable_text irqtable_text_word(struct irqtable_text *rest)
{
	const char *end = rest->at + rest->length;
	const char *from = skip_blanks(rest->at, rest->at, end);
	const char *to = skip_word(from, rest->at, end);
	struct irqtable_text word = { from, (size_t)(to - from) };

	rest->at = to;
	rest->length = (size_t)(end - to);
	return word;
}

static struct irqtable_text between(const char *from, const char *to)
{
	struct irqtable_text text = { from, (size_t)(to - from) };

	return text;
}

static const char *end_of(struct irqtable_text text)
{
	return text.at + text.length;
}

struct irqtable_text irqtable_text_trim(struct irqtable_text text)
{
	const char *start = text.at, *end = end_of(text);
	const char *p = skip_blanks(start, start, end), *last = p, *q;

	/* forward, since a blank of two bytes is not known from behind */
	for (q = p; q < end; q = skip_blanks(q, start, end))
		last = q = skip_word(q, start, end);
	return between(p, last);
}

bool irqtable_text_digits(struct irqtable_text text)
{
	size_t i;

	for (i = 0; i < text.length; i++)
		if (!isdigit((unsigned char)text.at[i]))
			return false;
	return text.length > 0;
}

/* A hwirq: digits, before Linux 5.15 also below zero. */
static bool is_hwirq(struct irqtable_text word)
{
	if (word.length > 1 && word.at[0] == '-') {
		word.at++;
		word.length--;
	}
	return irqtable_text_digits(word);
}

/* "8-edge", "-virq", "1-ioapic-edge", "-3-edge": a hwirq or none, a dash, a flow's name. */
static bool is_flow(struct irqtable_text word, struct irqtable_text *hwirq, struct irqtable_text *flow)
{
	const char *p = word.at, *end = end_of(word), *q;

	if (end - p > 1 && p[0] == '-' && isdigit((unsigned char)p[1]))
		p++;
	while (p < end && isdigit((unsigned char)*p))
		p++;
	if (end - p < 2 || *p != '-' || !islower((unsigned char)p[1]))
		return false;
	for (q = p + 1; q < end; q++)
		if (!islower((unsigned char)*q) && !isdigit((unsigned char)*q) && *q != '-' && *q != '_')
			return false;
	*hwirq = between(word.at, p);
	*flow = between(p + 1, end);
	return true;
}

/* "IO-APIC-edge" -> "IO-APIC" and "edge" */
static bool cut_flow(struct irqtable_text word, struct irqtable_text *chip, struct irqtable_text *flow)
{
	static const char *const flows[] = { "edge", "level", "fasteoi", "percpu" };
	size_t i;

	for (i = 0; i < sizeof flows / sizeof *flows; i++) {
		size_t n = strlen(flows[i]);
		const char *at = end_of(word) - n;

		if (word.length > n + 1 && at[-1] == '-' && memcmp(at, flows[i], n) == 0) {
			*chip = between(word.at, at - 1);
			*flow = between(at, end_of(word));
			return true;
		}
	}
	return false;
}

/* Where the last run of two or more blanks, or a tab, begins and ends; false: there is none. */
static bool last_run(struct irqtable_text text, const char **from, const char **to)
{
	const char *start = text.at, *end = end_of(text), *p = start;
	bool found = false;

	while (p < end) {
		const char *q = skip_word(p, start, end), *next = skip_blanks(q, start, end);

		if (next < end && (*q == '\t' || irqtable_text_blank(q, start, end) != next)) {
			*from = q;
			*to = next;
			found = true;
		}
		p = next;
	}
	return found;
}

/* "PCH LPC   1" -> "PCH LPC" and "1"; without a number behind it all is the chip. */
static void chip_and_hwirq(struct irqtable_row *row, struct irqtable_text text)
{
	struct irqtable_text rest = text, word, last = text;
	const char *before = text.at;

	while ((word = irqtable_text_word(&rest)).length) {
		if (word.at != text.at)
			before = end_of(last);
		last = word;
	}
	if (last.at != text.at && is_hwirq(last)) {
		row->hwirq = last;
		text = irqtable_text_trim(between(text.at, before));
	}
	if (!cut_flow(text, &row->chip, &row->trigger))
		row->chip = text;
}

/* The usual layouts: a flow's name or Level or Edge stands behind the chip. */
static bool by_trigger(struct irqtable_row *row)
{
	struct irqtable_text rest = row->tail, word, previous = { row->tail.at, 0 }, before = previous;
	struct irqtable_text none = { row->tail.at, 0 };

	for (; (word = irqtable_text_word(&rest)).length; before = previous, previous = word) {
		struct irqtable_text hwirq = none, flow = none;

		if (word.at == row->tail.at)
			continue; /* the chip, whatever it looks like */
		if (is_flow(word, &hwirq, &flow)) {
			row->chip = between(row->tail.at, end_of(previous));
		} else if (irqtable_is(word, "Level") || irqtable_is(word, "Edge")) {
			struct irqtable_text next, peek = rest, unused = none;

			flow = word;
			if (before.length && is_hwirq(previous)) {
				hwirq = previous;
				row->chip = between(row->tail.at, end_of(before));
			} else {
				row->chip = between(row->tail.at, end_of(previous));
			}
			next = irqtable_text_word(&peek);
			if (next.length && next.at[0] == '-' && is_flow(next, &unused, &unused))
				rest = peek;
		} else {
			continue;
		}
		row->hwirq = hwirq;
		row->trigger = flow;
		row->names = irqtable_text_trim(rest);
		return true;
	}
	return false;
}

/* Blanks were squeezed, or there is one word only. */
static void by_words(struct irqtable_row *row)
{
	struct irqtable_text rest = row->tail, first = irqtable_text_word(&rest), word, previous = first;

	if (cut_flow(first, &row->chip, &row->trigger)) {
		row->names = irqtable_text_trim(rest);
		return;
	}
	for (; (word = irqtable_text_word(&rest)).length; previous = word) {
		struct irqtable_text names = irqtable_text_trim(rest);

		if (is_hwirq(word) && names.length) {
			row->chip = between(row->tail.at, end_of(previous));
			row->hwirq = word;
			row->names = names;
			return;
		}
	}
	row->names = row->tail;
}

void irqtable_tail(struct irqtable_row *row)
{
	struct irqtable_text none = { row->tail.at, 0 }, before, after;
	const char *from, *to;
	bool run;

	row->chip = row->hwirq = row->trigger = row->names = none;
	if (row->tail.length == 0)
		return;
	if (row->numbered && by_trigger(row))
		return;
	run = last_run(row->tail, &from, &to);
	if (run) {
		before = between(row->tail.at, from);
		after = between(to, end_of(row->tail));
	}
	if (!row->numbered) {
		/* loongarch: chip and hwirq stand before the text */
		if (run)
			chip_and_hwirq(row, before);
		if (row->hwirq.length)
			row->names = after;
		else
			row->chip = none, row->trigger = none, row->names = row->tail;
	} else if (!run) {
		by_words(row);
	} else if (is_hwirq(after)) {
		/* no action: a freed handler's row */
		row->chip = before;
		row->hwirq = after;
	} else {
		chip_and_hwirq(row, before);
		row->names = after;
	}
}
