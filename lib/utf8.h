/*
 * Which bytes are UTF-8: drivers' names may hold any. Feeds apijson and the
 * client's tables.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* How many bytes (1 to 4) the character at p has, of left that there are, as RFC 3629 has it; 0: it is none. */
size_t utf8_length(const unsigned char *p, size_t left);

#endif
