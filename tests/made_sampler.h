/*
 * A made machine and a sampler on it, and what then is in the history. Used by
 * the tests of the sampler.
 */
#ifndef MADE_SAMPLER_H
#define MADE_SAMPLER_H

#include "../sampler/tick.h"
#include "made.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEADER "           CPU0       CPU2       \n"
#define FIRST_BOOT "01234567-89ab-cdef-0123-456789abcdef\n"
#define SECOND_BOOT "fedcba98-7654-3210-fedc-ba9876543210\n"

static char *root;
static struct tick tick;
static struct tick_options options;

/* Replaces a file as a made machine's maker does: by rename. */
static inline void put(const char *path, const char *text)
{
	made_file(root, "new", text);
	made_file(root, path, "");
	if (rename(made_path(root, "new"), made_path(root, path)) != 0)
		abort();
}

/* /proc/interrupts of two CPUs, 0 and 2: an IRQ's and the timer's counts, and ERR. */
static inline void put_counts(unsigned irq_0, unsigned irq_2, unsigned loc_0, unsigned loc_2, unsigned err)
{
	char text[500];

	snprintf(text, sizeof text, HEADER " 41: %10u %10u   PCI-MSI 524288-edge      eth0-TxRx-0\n"
		 "LOC: %10u %10u   Local timer interrupts\nERR: %10u\n", irq_0, irq_2, loc_0, loc_2, err);
	put("proc/interrupts", text);
}

static inline int new_machine(void **state)
{
	(void)state;
	root = made_new();
	memset(&tick, 0, sizeof tick);
	tick.fd = -1;
	options.proc = strdup(made_path(root, "proc"));
	options.sys = strdup(made_path(root, "sys"));
	options.history = strdup(made_path(root, "history"));
	options.size = HISTORY_SIZE_MIN;
	options.interval_us = 10 * 1000000; /* so long that no sample is late */
	put_counts(1000, 2000, 30000, 40000, 3);
	put("proc/sys/kernel/random/boot_id", FIRST_BOOT);
	return 0;
}

static inline int remove_machine(void **state)
{
	(void)state;
	tick_close(&tick);
	free((void *)(uintptr_t)options.proc);
	free((void *)(uintptr_t)options.sys);
	free((void *)(uintptr_t)options.history);
	made_remove(root);
	return 0;
}

/* All that is in the history, into *window, which the caller frees. */
static inline void read_history(struct window *window)
{
	struct history_question question = { 0, 0 };
	struct history_reader *reader;
	struct history_range range;
	char *why;

	memset(window, 0, sizeof *window);
	assert_int_equal(history_open_reader(&reader, options.history, &why), 0);
	assert_int_equal(history_range(reader, &range), 0);
	question.start_us = range.start_us;
	question.end_us = range.end_us;
	assert_int_equal(history_window(reader, &question, window), 0);
	history_close_reader(reader);
}

/* What fired, in text: "41@0:5 41@2:7 ERR:1", what did not is left out; then the gaps: " (reboot)". */
static inline const char *fired(void)
{
	static char text[4000];
	struct window window;
	size_t i, n = 0;

	read_history(&window);
	text[0] = '\0';
	for (i = 0; i < window.cell_count; i++) {
		const struct window_cell *cell = &window.cells[i];

		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", window.rows[cell->row].irq);
		if (cell->cpu != WINDOW_NO_CPU)
			n += (size_t)snprintf(text + n, sizeof text - n, "@%u", cell->cpu);
		n += (size_t)snprintf(text + n, sizeof text - n, ":%" PRIu64, cell->count);
	}
	for (i = 0; i < window.span.gap_count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s(%s)", n ? " " : "", window.span.gaps[i].why);
	window_free(&window);
	return text;
}

static inline uint64_t samples(void)
{
	struct window window;
	uint64_t n;

	read_history(&window);
	n = window.span.samples;
	window_free(&window);
	return n;
}

/* stderr goes to a file from here on; what came is returned, and the terminal is back, at said(). */
static int saved_stderr = -1;

static inline void listen(void)
{
	int file = open(made_path(root, "stderr"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	saved_stderr = dup(2);
	dup2(file, 2);
	close(file);
}

static inline const char *said(void)
{
	dup2(saved_stderr, 2);
	close(saved_stderr);
	return made_text(root, "stderr");
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

#endif
