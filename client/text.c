/* Makes others' bytes fit for a terminal; see text.h. */
#include "text.h"

#include <string.h>
#include <time.h>
#include <wchar.h>

/* The character at *text, moved past; L'\0' stands for bytes that must not be shown. */
static wchar_t next(const char **text, size_t *left)
{
	mbstate_t state;
	wchar_t c;
	size_t n;

	memset(&state, 0, sizeof state);
	n = mbrtowc(&c, *text, *left, &state);
	if (n == (size_t)-1 || n == (size_t)-2) {
		c = L'\0';
		n = 1;
	} else if (wcwidth(c) < 1) {
		c = L'\0';
	}
	*text += n;
	*left -= n;
	return c;
}

char *text_clean(struct arena *arena, const char *text)
{
	size_t left = strlen(text);
	char *clean = arena_alloc(arena, left + 1, 1), *to = clean;

	if (!clean)
		return NULL;
	while (left) {
		const char *from = text;

		if (next(&text, &left) == L'\0') {
			*to++ = '?';
			continue;
		}
		memcpy(to, from, (size_t)(text - from));
		to += text - from;
	}
	return clean;
}

size_t text_width(const char *clean)
{
	size_t left = strlen(clean), width = 0;

	while (left) {
		wchar_t c = next(&clean, &left);

		width += c ? (size_t)wcwidth(c) : 1;
	}
	return width;
}

size_t text_fit(const char *clean, size_t width)
{
	const char *from = clean;
	size_t left = strlen(clean), used = 0;

	while (left) {
		const char *before = clean;
		wchar_t c = next(&clean, &left);

		used += c ? (size_t)wcwidth(c) : 1;
		if (used > width)
			return (size_t)(before - from);
	}
	return (size_t)(clean - from);
}

size_t text_line(const char *clean, size_t width)
{
	size_t fits = width ? text_fit(clean, width) : strlen(clean), end = fits;

	if (!clean[fits])
		return fits;
	while (end && clean[end] != ' ')
		end--;
	while (end && clean[end - 1] == ' ')
		end--;
	if (end)
		return end;
	return fits ? fits : text_fit(clean, 2); /* a character that is wider than the line */
}

int text_local(const char *rfc3339, struct tm *local)
{
	struct tm utc;
	const char *rest;
	time_t seconds;

	memset(&utc, 0, sizeof utc);
	rest = rfc3339 ? strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
	if (!rest)
		return -1;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(rest, "Z") != 0)
		return -1;
	seconds = timegm(&utc);
	return localtime_r(&seconds, local) ? 0 : -1;
}
