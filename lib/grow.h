/*
 * An array that doubles as it fills. Feeds every part of lib that collects
 * things it cannot count beforehand.
 */
#ifndef GROW_H
#define GROW_H

#include <stddef.h>

/*
 * Makes room for need things of size bytes in array, a pointer to the array's
 * pointer; *room is how many fit now. What is new is not set. 0, or -ENOMEM
 * with the array as it was.
 */
int grow(void *array, size_t *room, size_t need, size_t size);

#endif
