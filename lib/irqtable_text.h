/*
 * Lines and words of a /proc/interrupts text, as pasted copies have them too.
 * Private to irqtable.c and irqtable_tail.c.
 */
#ifndef IRQTABLE_TEXT_H
#define IRQTABLE_TEXT_H

#include "irqtable.h"

/* Where the blank at p ends (blank, tab, CR, no-break space of UTF-8 or Latin-1), or p. */
const char *irqtable_text_blank(const char *p, const char *start, const char *end);

/* Without the blanks at both ends. */
struct irqtable_text irqtable_text_trim(struct irqtable_text text);

/* The next word of *rest, which then stands behind it; length 0 at the end. */
struct irqtable_text irqtable_text_word(struct irqtable_text *rest);

bool irqtable_text_digits(struct irqtable_text text);

/* Splits row->tail into chip, hwirq, trigger and names as far as the text tells. */
void irqtable_tail(struct irqtable_row *row);

#endif
