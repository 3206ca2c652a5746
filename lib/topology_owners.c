/* Which device owns which IRQ, as /sys/bus/pci tells it, for the sampler; see topology.h. */
#include "topology.h"
#include "grow.h"
#include "readall.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A disk behind a SAS expander is 9 folders below its controller. */
#define DEPTH 10

/* What a device is called by: the kinds of folder that name it, best first. */
static const char *const kinds[] = { "net", "nvme", "block" };
#define KINDS (sizeof kinds / sizeof *kinds)

struct search {
	char *best[KINDS]; /* of each kind the first name in order */
	bool no_memory;
};

/* A device that has that IRQ; a shared line has several. */
struct candidate {
	struct topology_owner owner;
	bool named; /* device is more than a PCI address */
};

struct candidates {
	struct candidate *items;
	size_t count, room;
};

/* "0000:00:03.0" */
static bool is_pci_address(const char *name)
{
	size_t domain = strspn(name, "0123456789abcdefABCDEF");
	const char *p = name + domain;

	return domain >= 4 && p[0] == ':' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) &&
	       p[3] == ':' && isxdigit((unsigned char)p[4]) && isxdigit((unsigned char)p[5]) && p[6] == '.' &&
	       isxdigit((unsigned char)p[7]) && !p[8];
}

/* Behind these is another device, or a bus with devices of its own; they are not this device's names. */
static bool is_elsewhere(const char *name)
{
	return is_pci_address(name) || (strncmp(name, "pci", 3) == 0 && strchr(name, ':')) ||
	       (strncmp(name, "usb", 3) == 0 && isdigit((unsigned char)name[3])) || strcmp(name, "power") == 0 ||
	       strcmp(name, "msi_irqs") == 0;
}

static bool is_directory(int at, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static DIR *open_below(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/* Several interfaces on one device: the first in the order eth2, eth10. */
static void consider(struct search *search, size_t kind, const char *name)
{
	char *copy;

	if (search->best[kind] && strverscmp(search->best[kind], name) <= 0)
		return;
	copy = strdup(name);
	if (!copy) {
		search->no_memory = true;
		return;
	}
	free(search->best[kind]);
	search->best[kind] = copy;
}

static void take_names(struct search *search, size_t kind, DIR *d)
{
	struct dirent *entry;

	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.' && is_directory(dirfd(d), entry))
			consider(search, kind, entry->d_name);
}

static void search_below(struct search *search, DIR *d, int depth)
{
	struct dirent *entry;

	while ((entry = readdir(d))) {
		DIR *below;
		size_t kind;

		if (entry->d_name[0] == '.' || is_elsewhere(entry->d_name) || !is_directory(dirfd(d), entry))
			continue;
		below = open_below(dirfd(d), entry->d_name);
		if (!below)
			continue;
		for (kind = 0; kind < KINDS && strcmp(entry->d_name, kinds[kind]) != 0; kind++)
			;
		if (kind < KINDS)
			take_names(search, kind, below);
		else if (depth > 1)
			search_below(search, below, depth - 1);
		closedir(below);
	}
}

/* The name of the device in directory, or NULL: it has none but its address. */
static int name_device(const char *directory, char **name)
{
	struct search search;
	DIR *d = opendir(directory); /* a link, followed this once */
	size_t i;

	memset(&search, 0, sizeof search);
	*name = NULL;
	if (!d)
		return errno == ENOMEM ? -ENOMEM : 0;
	search_below(&search, d, DEPTH);
	closedir(d);
	for (i = 0; i < KINDS; i++)
		if (*name)
			free(search.best[i]);
		else
			*name = search.best[i];
	if (search.no_memory) {
		free(*name);
		*name = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* A whole text that is a number of 32 bits. */
static bool read_irq(const char *text, unsigned *irq)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end || errno || n > UINT32_MAX)
		return false;
	*irq = (unsigned)n;
	return true;
}

static int add(struct candidates *candidates, unsigned irq, const char *device, bool named)
{
	struct candidate *candidate;

	if (grow(&candidates->items, &candidates->room, candidates->count + 1, sizeof *candidates->items))
		return -ENOMEM;
	candidate = &candidates->items[candidates->count];
	candidate->owner.irq = irq;
	candidate->owner.device = strdup(device);
	candidate->named = named;
	if (!candidate->owner.device)
		return -ENOMEM;
	candidates->count++;
	return 0;
}

/* The IRQs of a device. Its legacy line is in use only where it has no MSI; 0 there means none. */
static int irqs_of(const char *directory, unsigned **irqs, size_t *count)
{
	char *path = readall_join("%s/msi_irqs", directory), *line;
	size_t room = 0;
	struct dirent *entry;
	unsigned irq;
	int err = 0;
	DIR *d;

	*irqs = NULL;
	*count = 0;
	if (!path)
		return -ENOMEM;
	d = opendir(path);
	free(path);
	while (d && !err && (entry = readdir(d)))
		if (read_irq(entry->d_name, &irq)) {
			err = grow(irqs, &room, *count + 1, sizeof **irqs);
			if (!err)
				(*irqs)[(*count)++] = irq;
		}
	if (d)
		closedir(d);
	if (err || *count)
		return err;
	path = readall_join("%s/irq", directory);
	line = path ? readall_line(path) : NULL;
	if (line && read_irq(line, &irq) && irq != 0) {
		err = grow(irqs, &room, 1, sizeof **irqs);
		if (!err)
			(*irqs)[(*count)++] = irq;
	}
	free(line);
	err = path ? err : -ENOMEM;
	free(path);
	return err;
}

static int read_device(struct candidates *candidates, const char *devices, const char *address)
{
	char *directory = readall_join("%s/%s", devices, address), *name = NULL;
	unsigned *irqs = NULL;
	size_t count = 0, i;
	int err = directory ? irqs_of(directory, &irqs, &count) : -ENOMEM;

	if (!err && count)
		err = name_device(directory, &name);
	for (i = 0; !err && i < count; i++)
		err = add(candidates, irqs[i], name ? name : address, name != NULL);
	free(irqs);
	free(name);
	free(directory);
	return err;
}

static int by_irq(const void *a, const void *b)
{
	const struct topology_owner *x = a, *y = b;

	return (x->irq > y->irq) - (x->irq < y->irq);
}

/* A shared line goes to the first device that has a name, else to the first address. */
static int by_right(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->owner.irq != y->owner.irq)
		return by_irq(&x->owner, &y->owner);
	if (x->named != y->named)
		return x->named ? -1 : 1;
	return strcmp(x->owner.device, y->owner.device);
}

/* The first of each IRQ becomes its owner. */
static int settle(struct topology_owners *owners, struct candidates *candidates)
{
	size_t i, room = 0;

	if (candidates->count)
		qsort(candidates->items, candidates->count, sizeof *candidates->items, by_right);
	if (grow(&owners->owners, &room, candidates->count, sizeof *owners->owners))
		return -ENOMEM;
	for (i = 0; i < candidates->count; i++) {
		struct topology_owner *owner = &candidates->items[i].owner;

		if (owners->count && owners->owners[owners->count - 1].irq == owner->irq)
			continue;
		owners->owners[owners->count++] = *owner;
		owner->device = NULL;
	}
	return 0;
}

int topology_owners_read(struct topology_owners *owners, const char *sys)
{
	char *devices = readall_join("%s/bus/pci/devices", sys);
	struct candidates candidates = { NULL, 0, 0 };
	struct dirent *entry;
	size_t i;
	int err = 0;
	DIR *d;

	memset(owners, 0, sizeof *owners);
	if (!devices)
		return -ENOMEM;
	d = opendir(devices);
	while (d && !err && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			err = read_device(&candidates, devices, entry->d_name);
	if (d)
		closedir(d);
	free(devices);
	if (!err)
		err = settle(owners, &candidates);
	for (i = 0; i < candidates.count; i++)
		free(candidates.items[i].owner.device);
	free(candidates.items);
	return err;
}

const char *topology_owner(const struct topology_owners *owners, unsigned irq)
{
	struct topology_owner key = { irq, NULL }, *owner;

	if (!owners->count)
		return NULL;
	owner = bsearch(&key, owners->owners, owners->count, sizeof key, by_irq);
	return owner ? owner->device : NULL;
}

void topology_owners_free(struct topology_owners *owners)
{
	size_t i;

	for (i = 0; i < owners->count; i++)
		free(owners->owners[i].device);
	free(owners->owners);
	memset(owners, 0, sizeof *owners);
}
