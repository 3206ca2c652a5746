/*
 * The one place where programs say what happened: to stderr, one line each, or
 * to syslog. Fed by sampler and fcgi.
 */
#ifndef LOG_H
#define LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* Whom to name, and whether syslog takes it; stderr until this is called. */
void log_open(const char *program, int to_syslog);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
