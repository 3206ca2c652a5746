/* Which names this service answers to; feeds route; see host.h. */
#include "host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* A name or address without brackets, port and last dot; at is NULL: it is none. */
struct name {
	const char *at;
	size_t length;
};

static bool is_port(const char *p, const char *end)
{
	if (p == end)
		return true;
	if (*p++ != ':')
		return false;
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p == end;
}

static struct name name_of(const char *text, size_t length)
{
	const char *end = text + length, *stop;
	struct name name = { NULL, 0 };

	if (length && *text == '[') {
		text++;
		stop = memchr(text, ']', (size_t)(end - text));
		if (!stop || !is_port(stop + 1, end))
			return name;
	} else {
		stop = memchr(text, ':', length);
		if (!stop)
			stop = end;
		if (!is_port(stop, end))
			return name;
		if (stop > text + 1 && stop[-1] == '.')
			stop--;
	}
	name.at = text;
	name.length = (size_t)(stop - text);
	return name;
}

static bool is(struct name name, const char *text, size_t length)
{
	return name.length == length && length && strncasecmp(name.at, text, length) == 0;
}

static bool is_loopback(struct name name)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (name.length >= sizeof text)
		return false;
	memcpy(text, name.at, name.length);
	text[name.length] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* "box", "box.example.org" when that is the hostname, or its domain is known to be example.org. */
static bool is_this_machine(struct name name, const char *hostname, const char *domain)
{
	size_t length = hostname ? strlen(hostname) : 0, first = hostname ? strcspn(hostname, ".") : 0;

	if (!length)
		return false;
	if (is(name, hostname, length) || is(name, hostname, first))
		return true;
	return domain && *domain && name.length == first + 1 + strlen(domain) &&
	       strncasecmp(name.at, hostname, first) == 0 && name.at[first] == '.' &&
	       strncasecmp(name.at + first + 1, domain, strlen(domain)) == 0;
}

static bool is_listed(struct name name, const char *hosts)
{
	static const char blanks[] = " \t\r\n,";

	for (hosts += strspn(hosts, blanks); *hosts; hosts += strspn(hosts, blanks)) {
		size_t length = strcspn(hosts, blanks);
		struct name listed = name_of(hosts, length);

		if (listed.at && is(name, listed.at, listed.length))
			return true;
		hosts += length;
	}
	return false;
}

bool host_known(const struct host_names *names, const char *host)
{
	struct name name;

	if (!host)
		return true;
	name = name_of(host, strlen(host));
	if (!name.at || !name.length)
		return false;
	return is(name, "localhost", strlen("localhost")) || is_loopback(name) ||
	       is_this_machine(name, names->hostname, names->domain) || (names->hosts && is_listed(name, names->hosts));
}

/* The length of a host and port without the port that its scheme has anyway. */
static size_t bare_length(const char *text, const char *port)
{
	size_t length = strlen(text), cut = strlen(port);

	return length > cut && strcmp(text + length - cut, port) == 0 ? length - cut : length;
}

bool host_is_origin(const char *host, const char *origin)
{
	const char *port;
	size_t length;

	if (!host)
		return false;
	if (strncasecmp(origin, "http://", 7) == 0) {
		port = ":80";
		origin += 7;
	} else if (strncasecmp(origin, "https://", 8) == 0) {
		port = ":443";
		origin += 8;
	} else {
		return false; /* "null": a page without an origin of its own */
	}
	length = bare_length(origin, port);
	return length == bare_length(host, port) && strncasecmp(host, origin, length) == 0;
}
