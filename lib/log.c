/* Says what happened, one line a message, for sampler and fcgi; see log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static const char *name = "irqpilot";
static int syslog_takes_it;

void log_open(const char *program, int to_syslog)
{
	if (syslog_takes_it)
		closelog();
	name = program;
	syslog_takes_it = to_syslog;
	if (to_syslog)
		openlog(program, LOG_PID, LOG_DAEMON);
}

/* Lines of several processes must not mix, so each is one write. */
static void to_stderr(const char *level, const char *message)
{
	char *line;
	int length = asprintf(&line, "%s: %s%s\n", name, level, message);
	ssize_t n;

	if (length < 0)
		return;
	n = write(STDERR_FILENO, line, (size_t)length);
	(void)n; /* there is nobody left to tell */
	free(line);
}

static void say(enum log_level level, const char *format, va_list args)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO };
	static const char *const levels[] = { "error: ", "warning: ", "" };
	char *message, *p;

	if (vasprintf(&message, format, args) < 0) {
		to_stderr(levels[level], format);
		return;
	}
	/* what a request or a file contains must not forge a line or steer a terminal */
	for (p = message; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	if (syslog_takes_it)
		syslog(priorities[level], "%s%s", levels[level], message);
	else
		to_stderr(levels[level], message);
	free(message);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_LEVEL_INFO, format, args);
	va_end(args);
}
