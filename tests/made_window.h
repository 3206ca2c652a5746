/*
 * A window of a minute made by hand, a row a call. Used by the tests of view.
 */
#ifndef MADE_WINDOW_H
#define MADE_WINDOW_H

#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct window window;

/* A window of one minute with no row yet. */
static inline int begin(void **state)
{
	(void)state;
	memset(&window, 0, sizeof window);
	window.span.timed = true;
	window.span.start_us = 1767323045678000;
	window.span.covered_us = 60 * 1000000;
	window.span.requested_us = 60 * 1000000;
	window.span.end_us = window.span.start_us + 60 * 1000000;
	window.span.samples = 61;
	window.span.complete = true;
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	window_free(&window);
	arena_free(&arena);
	return 0;
}

/* A row that is the next one's index; its counts are given for CPU 0, 1, …, -1: there is no such CPU. */
static inline uint32_t add(const char *irq, const char *names, enum irqtable_kind kind, int cpus, ...)
{
	struct window_row row = { .chip = (char *)"PCI-MSI", .hwirq = (char *)"", .trigger = (char *)"edge",
				  .device = (char *)"", .kind = kind };
	uint32_t index = (uint32_t)window.row_count;
	va_list counts;
	int cpu;

	row.irq = (char *)irq;
	row.names = (char *)names;
	row.numbered = irq[0] >= '0' && irq[0] <= '9';
	assert_int_equal(window_row_add(&window, &row), 0);
	va_start(counts, cpus);
	for (cpu = 0; cpu < cpus; cpu++) {
		int count = va_arg(counts, int);

		if (count < 0)
			continue;
		assert_int_equal(cpulist_add(&window.cpus, (unsigned)cpu, (unsigned)cpu), 0);
		assert_int_equal(window_count(&window, index, (uint32_t)cpu, (uint64_t)count), 0);
	}
	va_end(counts);
	return index;
}

/* A value that is no CPU's. */
static inline void add_bare(const char *irq, uint64_t value)
{
	uint32_t index = add(irq, "", IRQTABLE_BARE, 0);

	assert_int_equal(window_count(&window, index, WINDOW_NO_CPU, value), 0);
}

/* One that is silent, two network queues, a disk, the timer, ERR, a gauge and a sum on CPUs 0 and 1. */
static inline void machine(void)
{
	add("9", "acpi, i801_smbus", IRQTABLE_COUNTER, 2, 0, 0);
	add("41", "eth0-TxRx-0", IRQTABLE_COUNTER, 2, 100, 20);
	add("42", "eth0-TxRx-1", IRQTABLE_COUNTER, 2, 0, 600);
	add("43", "nvme0q1", IRQTABLE_COUNTER, 2, 120, 0);
	add("LOC", "Local timer interrupts", IRQTABLE_COUNTER, 2, 3000, 4000);
	add_bare("ERR", 7);
	add("STK", "Kernel stack usage", IRQTABLE_GAUGE, 2, 0, 0);
	add("EXT", "", IRQTABLE_SUM, 2, 5000, 5000);
	add("FIQ", "usb_fiq", IRQTABLE_EMPTY, 0);
	assert_int_equal(window_finish(&window), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
