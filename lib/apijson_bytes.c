/* Bytes that are no JSON, for apijson_table.c; see apijson_bytes.h. */
#include "apijson_bytes.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char *apijson_bytes_clean(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	size_t length = strlen(text), i, n = 0;
	char *clean = malloc(3 * length + 1);

	if (!clean)
		return NULL;
	for (i = 0; i < length;) {
		size_t good = utf8_length((const unsigned char *)text + i, length - i);

		memcpy(clean + n, good ? text + i : replacement, good ? good : 3);
		n += good ? good : 3;
		i += good ? good : 1;
	}
	clean[n] = '\0';
	return clean;
}

const char *apijson_bytes_fault(const char *text, size_t length, size_t *named)
{
	bool quoted = false;
	size_t i, n;

	*named = 0;
	for (i = 0; i < length; i += n) {
		n = utf8_length((const unsigned char *)text + i, length - i);
		if (!n)
			return "the JSON is not UTF-8";
		if (!quoted && (text[i] == '\'' || text[i] == '/'))
			return "JSON has neither single quotes nor comments";
		if (quoted ? (unsigned char)text[i] < ' ' : text[i] == '\0')
			return "a control byte stands in the JSON";
		if (quoted && text[i] == '\\') {
			if (length - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0)
				return "a text cannot hold \\u0000";
			n = 2; /* what is escaped is neither a quote nor a backslash of its own */
		} else if (text[i] == '"') {
			quoted = !quoted;
		} else {
			*named += !quoted && text[i] == ':';
		}
	}
	return NULL;
}
