/* What went wrong, on stderr; see say.h. */
#include "say.h"

#include "cmd.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void __attribute__((format(printf, 2, 0))) say(const char *last, const char *format, va_list arguments)
{
	struct arena arena = { NULL };
	char *line = NULL, *clean = NULL;

	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	if (line)
		clean = text_clean(&arena, line);
	fprintf(stderr, "irqclient: %s%s\n", clean ? clean : "out of memory", last);
	arena_free(&arena);
	free(line);
}

void say_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("", format, arguments);
	va_end(arguments);
}

void say_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(" (irqclient --help tells more)", format, arguments);
	va_end(arguments);
}

int say_no_memory(void)
{
	say_error("out of memory");
	return CMD_FAILED;
}
