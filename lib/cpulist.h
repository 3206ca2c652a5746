/*
 * Sets of CPU numbers, read and written as the kernel does ("0-3,8"). Fed by
 * /proc/irq, /sys and users; feeds whoever asks which CPUs are meant. A set is
 * kept as ranges, so no CPU number is too large and none costs memory.
 */
#ifndef CPULIST_H
#define CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpulist_range {
	unsigned first, last; /* both belong to the range */
};

/* Ranges are sorted, disjoint and not adjacent. All zero is the empty set. */
struct cpulist {
	struct cpulist_range *ranges;
	size_t count;
};

/*
 * Reads "0-3,8" (blanks around it and a last newline allowed; "" and "\n" are
 * the empty set) into *list, which must be empty or freed. Ranges may overlap.
 * Returns 0, -EINVAL (no such list), -ERANGE (a number over 32 bits), -ENOMEM;
 * on error the set is empty. The caller frees it with cpulist_free.
 */
int cpulist_parse(struct cpulist *list, const char *text);

/* The same for a hexadecimal mask as in smp_affinity ("ff,00000001"). */
int cpulist_parse_mask(struct cpulist *list, const char *text);

/* Adds first..last. Returns 0, -EINVAL (last below first) or -ENOMEM. */
int cpulist_add(struct cpulist *list, unsigned first, unsigned last);

bool cpulist_has(const struct cpulist *list, unsigned cpu);
bool cpulist_equal(const struct cpulist *a, const struct cpulist *b);

/* Adds to *rest, which is empty, what is in a and not in b. 0 or -ENOMEM. */
int cpulist_subtract(struct cpulist *rest, const struct cpulist *a, const struct cpulist *b);

/* Whether all of inner is in outer. */
bool cpulist_within(const struct cpulist *inner, const struct cpulist *outer);

/* How many CPUs are in the set. */
uint64_t cpulist_size(const struct cpulist *list);

/* The set as text, "" when empty; NULL without memory. The caller frees it. */
char *cpulist_format(const struct cpulist *list);

void cpulist_free(struct cpulist *list);

#endif
