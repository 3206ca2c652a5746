/*
 * What stdout is: a terminal, how large, with colours or not. The show
 * functions take it, so that they can be tested at any width.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum screen_colour { SCREEN_AUTO, SCREEN_ALWAYS, SCREEN_NEVER };

struct screen {
	bool terminal, colour;
	size_t width, height; /* 0: no terminal, so nothing is fitted */
	size_t rows;          /* so many lines are all that may be shown; 0: any number */
};

/* COLUMNS and LINES go before what the terminal says; NO_COLOR and TERM=dumb are heeded. */
void screen_find(struct screen *screen, enum screen_colour colour);

#endif
