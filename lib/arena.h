/*
 * Memory that is freed all at once: what one answer is made of. Fed by view and
 * apijson, which would otherwise count who owns each string.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_block;

/* All zero is an arena with nothing in it. */
struct arena {
	struct arena_block *blocks;
};

/* count things of size bytes, zeroed and aligned for any type; NULL without memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* Copies; NULL without memory, or of NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees all that came from the arena and empties it. */
void arena_free(struct arena *arena);

#endif
