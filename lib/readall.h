/*
 * Reads a whole file of unknown size, as /proc wants it: read until 0. The one
 * place that does so; feeds the sampler, affinity, topology and the client.
 */
#ifndef READALL_H
#define READALL_H

#include <stddef.h>

/* A text that grows and is used again. All zero is empty. text[length] is 0. */
struct readall {
	char *text;
	size_t length;
	size_t room; /* private */
};

/*
 * Reads from fd, where it stands, to its end into *buffer (what was in it is
 * gone). Returns 0 or -errno; -EFBIG above limit bytes (0: no limit).
 */
int readall_fd(struct readall *buffer, int fd, size_t limit);

/* The same for a path, opened and closed. */
int readall_path(struct readall *buffer, const char *path, size_t limit);

/*
 * The first line of a small file, trimmed, as a text of its own that the
 * caller frees; NULL when it cannot be read (errno says why) or no memory.
 */
char *readall_line(const char *path);

/*
 * The number from 0 on that a small file holds; -1 where there is none (the
 * kernel's own "none" is -1 too). 0 or -ENOMEM.
 */
int readall_number(const char *path, int *number);

/* A path made of parts, printf-like; NULL without memory; the caller frees. */
char *readall_join(const char *format, ...) __attribute__((format(printf, 1, 2)));

void readall_free(struct readall *buffer);

#endif
