/*
 * Which names this service answers to, and whether a write comes from its own
 * pages. Feeds route; keeps foreign web pages (DNS rebinding, cross-site
 * requests) away from the machine's interrupts.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

/* The machine's own names and those the administrator added; NULL: none. */
struct host_names {
	const char *hostname; /* as gethostname */
	const char *domain;   /* as getdomainname */
	const char *hosts;    /* HOSTS: names, separated by blanks or commas */
};

/*
 * Whether a Host header is one of: localhost, a loopback address, the machine's
 * name (with or without its domain), a name in HOSTS. The port does not
 * matter; NULL (no Host sent) is allowed.
 */
bool host_known(const struct host_names *names, const char *host);

/* Whether an Origin ("http://name:8080") is the very Host that was asked. */
bool host_is_origin(const char *host, const char *origin);

#endif
