/* The owner that drivers write into the names of their actions, for view.c where /sys told none; see view.h. */
#include "view.h"

#include <ctype.h>
#include <string.h>

static bool is_digit(char c)
{
	return isdigit((unsigned char)c);
}

static size_t hex_digits(const char *p)
{
	return strspn(p, "0123456789abcdefABCDEF");
}

/* "0000:3b:00.0" in what begins there, its length; 0: it does not begin with a PCI address. */
static size_t pci_address(const char *p)
{
	size_t domain = hex_digits(p);

	p += domain;
	if (domain < 4 || p[0] != ':' || hex_digits(p + 1) != 2 || p[3] != ':' || hex_digits(p + 4) != 2 ||
	    p[6] != '.' || p[7] < '0' || p[7] > '7')
		return 0;
	return domain + 8;
}

/*
 * The length of a name without the queue at its end: "eth0-TxRx-3", "eth0-rx1",
 * "iwlwifi:queue_1", "nvme0q12" (behind a digit), "eth0-3" (likewise: "psp-1" is a
 * name); the same length if there is none.
 */
static size_t without_queue(const char *name, size_t length)
{
	static const char *const words[] = { "txrx", "rxtx", "rx", "tx", "fp", "q", "comp", "msix", "default_queue",
					     "queue" };
	size_t number = length, word, i;

	while (number > 0 && is_digit(name[number - 1]))
		number--;
	word = number;
	if (number > 0 && number < length && strchr("-_.", name[number - 1]))
		word--;
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);

		if (word > n + 1 && strncasecmp(name + word - n, words[i], n) == 0 && strchr("-_.:", name[word - n - 1]))
			return word - n - 1;
	}
	if (number > 1 && number < length && is_digit(name[number - 2]) && isalpha((unsigned char)name[0]) &&
	    (name[number - 1] == 'q' || name[number - 1] == '-'))
		return number - 1;
	return length;
}

/* "i40e-eth0-TxRx-3": drivers that write their own name before the interface's. */
static size_t driver_prefix(const char *name, size_t length)
{
	static const char *const prefixes[] = { "i40e-", "i40evf-", "iavf-", "ice-", "hns3-" };
	size_t i;

	for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (length > strlen(prefixes[i]) && strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return strlen(prefixes[i]);
	return 0;
}

const char *view_device(struct arena *arena, const char *names)
{
	const char *comma = strstr(names, ", "), *at;
	size_t length = comma ? (size_t)(comma - names) : strlen(names), shorter, n, i;

	/* "mlx5_comp3@pci:0000:3b:00.0", "ahci[0000:00:1f.2]", "i40e-0000:01:00.0:misc" */
	for (i = 0; i < length; i += hex_digits(names + i) + 1) {
		n = pci_address(names + i);
		if (n)
			return arena_strndup(arena, names + i, n);
	}
	/* "sub@storvsc1" */
	at = memchr(names, '@', length);
	if (at && at + 1 < names + length)
		return arena_strndup(arena, at + 1, length - (size_t)(at + 1 - names));
	/* "virtio2-input.0": what stands behind a virtio device's name is always a queue or the like */
	n = strncmp(names, "virtio", 6) == 0 ? 6 + strspn(names + 6, "0123456789") : 0;
	if (n > 6 && n < length && names[n] == '-')
		return arena_strndup(arena, names, n);
	/* "eth0-Tx-Rx-3", "eth0-q1-tx" */
	for (n = length; (shorter = without_queue(names, n)) < n;)
		n = shorter;
	i = n < length ? driver_prefix(names, n) : 0;
	return arena_strndup(arena, names + i, n - i);
}
