/* Memory that is freed all at once, for view, apijson and change; see arena.h. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 8192

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	/* what is handed out, aligned for any type */
	char memory[] __attribute__((aligned(16)));
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK / 4 ? size : BLOCK;
	struct arena_block *block;

	if (room > SIZE_MAX - sizeof *block)
		return NULL;
	block = calloc(1, sizeof *block + room);
	if (!block)
		return NULL;
	block->room = room;
	/* a large thing of its own goes behind a block that has room left */
	if (arena->blocks && room == size) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes;
	void *thing;

	if (size && count > (SIZE_MAX - 16) / size)
		return NULL;
	bytes = (count * size + 15) & ~(size_t)15;
	if (!bytes)
		bytes = 16;
	if (!block || block->room - block->used < bytes) {
		block = add_block(arena, bytes);
		if (!block)
			return NULL;
	}
	thing = block->memory + block->used;
	block->used += bytes;
	return thing;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy;

	if (!text)
		return NULL;
	length = strnlen(text, length);
	copy = arena_alloc(arena, length + 1, 1);
	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)length + 1, 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void arena_free(struct arena *arena)
{
	struct arena_block *block = arena->blocks, *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}
