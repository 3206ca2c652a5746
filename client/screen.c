/* What stdout is; see screen.h. */
#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A positive number from the environment, or 0. */
static size_t from_environment(const char *name)
{
	const char *text = getenv(name);
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 && n < 100000 ? (size_t)n : 0;
}

static bool may_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

void screen_find(struct screen *screen, enum screen_colour colour)
{
	struct winsize size;

	memset(screen, 0, sizeof *screen);
	screen->terminal = isatty(STDOUT_FILENO);
	screen->colour = colour == SCREEN_ALWAYS || (colour == SCREEN_AUTO && screen->terminal && may_colour());
	if (!screen->terminal)
		return;
	memset(&size, 0, sizeof size);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		memset(&size, 0, sizeof size);
	screen->width = from_environment("COLUMNS");
	if (!screen->width)
		screen->width = size.ws_col ? size.ws_col : 80;
	screen->height = from_environment("LINES");
	if (!screen->height)
		screen->height = size.ws_row ? size.ws_row : 24;
}
