/*
 * Percent-encoding and UTF-8 in what clients send. Feeds route (segments of a
 * path) and query (parameters).
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes length bytes of raw into text, which has room for length + 1; plus:
 * '+' is a blank, as in a query. Returns NULL, or what is wrong ("a broken
 * percent escape", "a NUL byte", "bytes that are not UTF-8").
 */
const char *url_decode(const char *raw, size_t length, bool plus, char *text);

#endif
