/*
 * What stands between bytes and JSON: names that are no UTF-8 on the way out,
 * on the way in what json-c lets pass. Private to apijson_table.c, pure.
 */
#ifndef APIJSON_BYTES_H
#define APIJSON_BYTES_H

#include <stddef.h>

/* A copy in which each byte that belongs to no UTF-8 character is U+FFFD; NULL without memory; the caller frees. */
char *apijson_bytes_clean(const char *text);

/*
 * Why text is no JSON though json-c takes it, or takes it for something else; a
 * sentence, or NULL. *named is how many fields are named in it, those that are
 * named twice too: json-c keeps one of them.
 */
const char *apijson_bytes_fault(const char *text, size_t length, size_t *named);

#endif
