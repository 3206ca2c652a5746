/*
 * A simulated machine: knows in 64 bits what fired, shows it as the kernel
 * does, in counters of 32 bits that wrap and are made anew. Plain data without
 * pointers, so that it may live in shared memory. Used by the tests of counts
 * and history.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINE_CPUS = 6, MACHINE_ROWS = 48, MACHINE_TEXT = 16384 };

/* CPU numbers have gaps. */
static const unsigned machine_cpu_ids[MACHINE_CPUS] = { 0, 2, 3, 7, 8, 130 };

struct machine_row {
	char irq[12], chip[24], hwirq[12], names[64];
	bool numbered, bare, present;
	uint64_t fired[MACHINE_CPUS]; /* since the simulation began; ERR has [0] alone */
	uint64_t base[MACHINE_CPUS];  /* fired + base, in 32 bits, is what it shows */
};

struct machine {
	struct machine_row rows[MACHINE_ROWS];
	size_t row_count;
	bool online[MACHINE_CPUS];
	uint64_t random;
	unsigned next_hwirq;
	char text[MACHINE_TEXT];
	size_t text_length;
};

/* 0 to below - 1; the same sequence for the same seed (xorshift64). */
static inline uint64_t machine_random(struct machine *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (m->random >> 11) % below;
}

static inline uint32_t machine_shown(const struct machine_row *row, size_t cpu)
{
	return (uint32_t)(row->fired[cpu] + row->base[cpu]);
}

/* Lets a counter show that, though nothing fired. */
static inline void machine_show(struct machine_row *row, size_t cpu, uint32_t shown)
{
	row->base[cpu] = shown - row->fired[cpu];
}

/* A new row; NULL when there are too many. hwirq 0 is a new one; NULL chip: a system row. */
static inline struct machine_row *machine_add(struct machine *m, const char *irq, const char *chip, unsigned hwirq,
					      const char *names)
{
	struct machine_row *row = &m->rows[m->row_count];

	if (m->row_count == MACHINE_ROWS)
		return NULL;
	memset(row, 0, sizeof *row);
	snprintf(row->irq, sizeof row->irq, "%s", irq);
	snprintf(row->names, sizeof row->names, "%s", names);
	if (chip) {
		snprintf(row->chip, sizeof row->chip, "%s", chip);
		snprintf(row->hwirq, sizeof row->hwirq, "%u", hwirq ? hwirq : m->next_hwirq++);
	}
	row->numbered = chip != NULL;
	row->bare = strcmp(irq, "ERR") == 0;
	row->present = true;
	m->row_count++;
	return row;
}

/* A machine that has been up for a while. */
static inline void machine_begin(struct machine *m, uint64_t seed)
{
	char irq[12], names[24];
	unsigned i;

	memset(m, 0, sizeof *m);
	m->random = seed * 2654435761u + 88172645463325252u;
	m->next_hwirq = 1000;
	for (i = 0; i < MACHINE_CPUS; i++)
		m->online[i] = i < 4;
	for (i = 24; i < 32; i++) {
		snprintf(irq, sizeof irq, "%u", i);
		snprintf(names, sizeof names, "eth0-TxRx-%u", i - 24);
		machine_add(m, irq, "PCI-MSIX-0000:00:03.0", 0, names);
	}
	machine_add(m, "LOC", NULL, 0, "Local timer interrupts");
	machine_add(m, "RES", NULL, 0, "Rescheduling interrupts");
	machine_add(m, "ERR", NULL, 0, "");
	/* it has been up for long: anywhere, many shortly before they wrap */
	for (i = 0; i < m->row_count * MACHINE_CPUS; i++)
		if (m->online[i % MACHINE_CPUS])
			machine_show(&m->rows[i / MACHINE_CPUS], i % MACHINE_CPUS,
				     machine_random(m, 2) ? (uint32_t)machine_random(m, UINT32_MAX) :
							    UINT32_MAX - (uint32_t)machine_random(m, 20000000));
}

static inline void machine_print_row(struct machine *m, const struct machine_row *row)
{
	char *at = m->text + m->text_length, *end = m->text + MACHINE_TEXT;
	size_t i;

	at += snprintf(at, (size_t)(end - at), "%4s:", row->irq);
	for (i = 0; i < MACHINE_CPUS; i++)
		if (m->online[i] && !(row->bare && i))
			at += snprintf(at, (size_t)(end - at), " %10u", machine_shown(row, i));
	if (row->numbered)
		at += snprintf(at, (size_t)(end - at), "  %s %4s-edge      %s\n", row->chip, row->hwirq, row->names);
	else
		at += snprintf(at, (size_t)(end - at), "%s%s\n", row->bare ? "" : "   ", row->names);
	m->text_length = (size_t)(at - m->text);
	if (at >= end - 256)
		abort();
}

/* Prints /proc/interrupts into text: numbers in their order, then the others. */
static inline void machine_print(struct machine *m)
{
	unsigned long number, next;
	size_t i;

	m->text_length = (size_t)snprintf(m->text, MACHINE_TEXT, "%*s", 12, "");
	for (i = 0; i < MACHINE_CPUS; i++)
		if (m->online[i])
			m->text_length += (size_t)snprintf(m->text + m->text_length, 16, "CPU%-8u", machine_cpu_ids[i]);
	m->text[m->text_length++] = '\n';
	for (number = 0; number != 1000; number = next) {
		for (next = 1000, i = 0; i < m->row_count; i++) {
			const struct machine_row *row = &m->rows[i];
			unsigned long n = strtoul(row->irq, NULL, 10);

			if (!row->present || !row->numbered)
				continue;
			if (n == number)
				machine_print_row(m, row);
			if (n > number && n < next)
				next = n;
		}
	}
	for (i = 0; i < m->row_count; i++)
		if (m->rows[i].present && !m->rows[i].numbered)
			machine_print_row(m, &m->rows[i]);
}

/* Some counters fire, each at most most times, mostly less. */
static inline void machine_fire(struct machine *m, uint64_t most)
{
	size_t i, cpu;

	for (i = 0; i < m->row_count; i++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++)
			if (m->rows[i].present && m->online[cpu] && machine_random(m, 4) == 0 &&
			    !(m->rows[i].bare && (cpu || machine_random(m, 20))))
				m->rows[i].fired[cpu] += 1 + machine_random(m, machine_random(m, 3) ? 100 : most);
}

/* The counters of a row stand at 0 again, on all CPUs. */
static inline void machine_zero(struct machine_row *row)
{
	size_t cpu;

	for (cpu = 0; cpu < MACHINE_CPUS; cpu++)
		machine_show(row, cpu, 0);
}

/* Whether a fall of that row to nearly 0 is seen, and cannot be a wrap. */
static inline bool machine_can_fall(const struct machine *m, const struct machine_row *row)
{
	size_t cpu;

	for (cpu = 0; cpu < MACHINE_CPUS; cpu++)
		if (m->online[cpu] && machine_shown(row, cpu) > 1u << 26 && machine_shown(row, cpu) < 3u << 30)
			return true;
	return false;
}

/* The number is that row's device's now, or nobody's: what others counted under it is forgotten. */
static inline void machine_take_number(struct machine *m, struct machine_row *row)
{
	size_t i;

	for (i = 0; i < m->row_count; i++)
		if (&m->rows[i] != row && strcmp(m->rows[i].irq, row->irq) == 0) {
			m->rows[i].present = false;
			machine_zero(&m->rows[i]);
		}
}

static inline bool machine_has_number(const struct machine *m, const char *irq)
{
	size_t i;

	for (i = 0; i < m->row_count; i++)
		if (m->rows[i].present && strcmp(m->rows[i].irq, irq) == 0)
			return true;
	return false;
}

/* Something of what happens to machines in use happens, to a device's row or to a CPU. */
static inline void machine_change(struct machine *m)
{
	struct machine_row *row = &m->rows[machine_random(m, m->row_count)], *other;
	size_t cpu = 1 + machine_random(m, MACHINE_CPUS - 1);
	char irq[12];

	if (!row->numbered)
		return;
	switch (machine_random(m, 7)) {
	case 0:
		m->online[cpu] = !m->online[cpu];
		break;
	case 1: /* the handler is freed, the counter stays */
		row->present = false;
		break;
	case 2: /* and asked for again */
		if (!machine_has_number(m, row->irq)) {
			machine_take_number(m, row);
			row->present = true;
		}
		break;
	case 3: /* a second handler on the line, or one less */
		if (row->present && strchr(row->names, ','))
			*strchr(row->names, ',') = '\0';
		else if (row->present)
			strcat(row->names, ", shared");
		break;
	case 4: /* made anew by the same driver, or by another one */
		if (row->present && machine_can_fall(m, row)) {
			machine_zero(row);
			if (machine_random(m, 2))
				row->names[0] = row->names[0] == 'e' ? 'w' : 'e';
		}
		break;
	case 5: /* the number goes to another device */
		memcpy(irq, row->irq, sizeof irq);
		other = row->present ? machine_add(m, irq, "PCI-MSI", 0, "other") : NULL;
		if (other)
			machine_take_number(m, other);
		break;
	default: /* a new device */
		snprintf(irq, sizeof irq, "%u", 40 + (unsigned)machine_random(m, 400));
		if (!machine_has_number(m, irq) && (other = machine_add(m, irq, "IO-APIC", 0, "new")) != NULL)
			machine_take_number(m, other);
	}
}

#endif
