/* Percent-encoding and UTF-8 in paths and queries; feeds route and query; see url.h. */
#include "url.h"
#include "utf8.h"

#include <ctype.h>

static int digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static bool is_utf8(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	for (; length; p += n, length -= n) {
		n = utf8_length(p, length);
		if (!n)
			return false;
	}
	return true;
}

const char *url_decode(const char *raw, size_t length, bool plus, char *text)
{
	size_t i, n = 0;

	for (i = 0; i < length; i++) {
		char c = raw[i];

		if (c == '%') {
			int high = i + 2 < length ? digit(raw[i + 1]) : -1, low = i + 2 < length ? digit(raw[i + 2]) : -1;

			if (high < 0 || low < 0)
				return "a broken percent escape";
			c = (char)(16 * high + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return "a NUL byte";
		text[n++] = c;
	}
	text[n] = '\0';
	return is_utf8(text, n) ? NULL : "bytes that are not UTF-8";
}
