/*
 * What went wrong or is worth a word, on stderr, one line each. Fed by all of
 * the client; whatever stands in a message is made fit for a terminal.
 */
#ifndef SAY_H
#define SAY_H

void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with a word on how to get help. */
void say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory ran out. Returns CMD_FAILED. */
int say_no_memory(void);

#endif
