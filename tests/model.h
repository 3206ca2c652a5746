/*
 * A simulated machine with a history: remembers what had fired at each sample,
 * and compares windows with that, cell by cell. Time is simulated too. Lives in
 * shared memory, so that a writer can be forked and killed. Used by the tests
 * of history.
 */
#ifndef MODEL_H
#define MODEL_H

#include "history.h"
#include "machine.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
enum { MODEL_BOOTS = 16 };

struct model_sample {
	struct clock_now at;
	unsigned boot;
	uint64_t fired[MACHINE_ROWS][MACHINE_CPUS];
};

struct model {
	struct machine machine;
	struct clock_now now;
	uint64_t interval_us;
	unsigned boot;
	bool no_boot_id;
	bool booted; /* no sample since */
	int64_t offset[MODEL_BOOTS]; /* CLOCK_REALTIME less CLOCK_BOOTTIME, as each boot knew it last */
	size_t count, room;
	struct model_sample samples[];
};

/* Of this process: what writes the model's history. */
struct model_writer {
	struct history_writer *writer;
	struct counts counts;
	struct irqtable table;
};

static inline struct model *model_new(size_t room, uint64_t seed)
{
	size_t bytes = sizeof(struct model) + room * sizeof(struct model_sample);
	struct model *model = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (model == MAP_FAILED)
		abort();
	machine_begin(&model->machine, seed);
	model->room = room;
	model->booted = true;
	model->interval_us = (uint64_t)SECOND;
	model->now.boot_us = model->now.monotonic_us = 500 * (uint64_t)SECOND;
	model->now.real_us = INT64_C(1767350000123456); /* in 2026 */
	return model;
}

static inline void model_free(struct model *model)
{
	munmap(model, sizeof *model + model->room * sizeof *model->samples);
}

static inline struct history_boot model_boot(const struct model *model)
{
	struct history_boot boot;

	memset(&boot, 0, sizeof boot);
	if (!model->no_boot_id)
		memset(boot.id, (int)(17 + model->boot), sizeof boot.id);
	return boot;
}

/* Time passes. */
static inline void model_pass(struct model *model, int64_t us)
{
	model->now.real_us += us;
	model->now.boot_us += (uint64_t)us;
	model->now.monotonic_us += (uint64_t)us;
}

/* The machine was down for so long; its counters begin anew and have counted a little before anyone looks. */
static inline void model_reboot(struct model *model, int64_t us)
{
	size_t i, cpu;

	model->now.real_us += us;
	model->now.boot_us = model->now.monotonic_us = 20 * (uint64_t)SECOND;
	model->booted = true;
	model->boot++;
	if (model->boot == MODEL_BOOTS)
		abort();
	for (i = 0; i < model->machine.row_count; i++)
		for (cpu = 0; cpu < MACHINE_CPUS; cpu++) {
			bool seen = model->machine.online[cpu] && model->machine.rows[i].present;

			machine_show(&model->machine.rows[i], cpu, seen ? 1000 + (uint32_t)i : 0);
		}
}

/* Opens path for writing and goes on with this boot's counters. Returns what history_resume did. */
static inline int model_open(const struct model *model, struct model_writer *to, const char *path, uint64_t size)
{
	struct history_boot boot = model_boot(model);
	struct clock_now last;
	char *why = NULL;
	int got;

	memset(to, 0, sizeof *to);
	got = history_open_writer(&to->writer, path, size, &why);
	if (got)
		fail_msg("%s: %s", path, why ? why : strerror(-got));
	free(why);
	got = history_resume(to->writer, &boot, &to->counts, &last);
	if (got < 0)
		fail_msg("%s cannot be resumed: %s", path, strerror(-got));
	return got;
}

static inline void model_close(struct model_writer *writer)
{
	history_close_writer(writer->writer);
	counts_free(&writer->counts);
	irqtable_free(&writer->table);
}

/* Takes a sample of the machine and appends it; what history_append returned. */
static inline int model_append(struct model *model, struct model_writer *to, const char *gap)
{
	struct history_stamp stamp = { model->now, 150, model->interval_us, gap };
	struct model_sample *sample = &model->samples[model->count];
	struct history_boot boot = model_boot(model);
	struct irqtable_error error;
	size_t i;

	if (model->count == model->room)
		fail_msg("the model has no room for more samples");
	machine_print(&model->machine);
	if (irqtable_parse(&to->table, model->machine.text, model->machine.text_length, &error) != 0)
		fail_msg("line %zu: %s", error.line, error.text);
	if (counts_add(&to->counts, &to->table, model->now.boot_us) != 0)
		fail_msg("no memory");
	sample->at = model->now;
	sample->boot = model->boot;
	for (i = 0; i < MACHINE_ROWS; i++)
		memcpy(sample->fired[i], model->machine.rows[i].fired, sizeof sample->fired[i]);
	model->offset[model->boot] = model->now.real_us - (int64_t)model->now.boot_us;
	__atomic_store_n(&model->count, model->count + 1, __ATOMIC_RELEASE);
	return history_append(to->writer, &boot, &stamp, &to->counts);
}

/* So many samples, an interval apart, of a machine at work; changes happen every so often (0: never). */
static inline void model_run(struct model *model, struct model_writer *to, size_t samples, unsigned changes)
{
	int err;

	while (samples--) {
		model_pass(model, (int64_t)model->interval_us);
		/* of what happened before the first sample of a boot nothing can be known */
		if (!model->booted && changes && machine_random(&model->machine, changes) == 0)
			machine_change(&model->machine);
		if (!model->booted)
			machine_fire(&model->machine, 4000 * model->interval_us / 1000);
		model->booted = false;
		err = model_append(model, to, NULL);
		if (err)
			fail_msg("sample %zu: %s", model->count, strerror(-err));
	}
}

/* When a sample was, on the time line that the reader makes: by its boot's last clock. */
static inline int64_t model_time(const struct model *model, size_t sample)
{
	return (int64_t)model->samples[sample].at.boot_us + model->offset[model->samples[sample].boot];
}

/* The last sample from first on that is not after real_us; first if none. */
static inline size_t model_find(const struct model *model, size_t first, int64_t real_us)
{
	size_t i;

	for (i = model->count; i-- > first;)
		if (model_time(model, i) <= real_us)
			return i;
	return first;
}

/* The sample that was exactly then; count if none was. */
static inline size_t model_at(const struct model *model, int64_t real_us)
{
	size_t i = model_find(model, 0, real_us), count = __atomic_load_n(&model->count, __ATOMIC_ACQUIRE);

	return i < count && model_time(model, i) == real_us ? i : count;
}

/* Adds what the window tells of each row and CPU of the machine. A text says what is wrong with it. */
static inline const char *model_told(const struct model *model, const struct window *window,
				     uint64_t told[MACHINE_ROWS][MACHINE_CPUS])
{
	size_t i, row, cpu;

	memset(told, 0, MACHINE_ROWS * sizeof *told);
	for (i = 0; i < window->cell_count; i++) {
		const struct window_cell *cell = &window->cells[i];
		const struct window_row *is = &window->rows[cell->row];

		for (row = 0; row < MACHINE_ROWS; row++)
			if (strcmp(is->irq, model->machine.rows[row].irq) == 0 &&
			    strcmp(is->hwirq, model->machine.rows[row].hwirq) == 0)
				break;
		for (cpu = 0; cell->cpu != WINDOW_NO_CPU && cpu < MACHINE_CPUS; cpu++)
			if (machine_cpu_ids[cpu] == cell->cpu)
				break;
		if (cell->cpu == WINDOW_NO_CPU)
			cpu = 0;
		if (row == MACHINE_ROWS || cpu == MACHINE_CPUS)
			return "a row or a CPU that there was not";
		told[row][cpu] += cell->count;
	}
	return NULL;
}

/* NULL if the window's counts are what fired between the two samples; else what is wrong. */
static inline const char *model_fault(const struct model *model, const struct window *window, size_t from, size_t to)
{
	static char text[200];
	uint64_t told[MACHINE_ROWS][MACHINE_CPUS];
	const char *fault = model_told(model, window, told);
	size_t row, cpu;

	for (row = 0; row < MACHINE_ROWS && !fault; row++)
		for (cpu = 0; cpu < MACHINE_CPUS && !fault; cpu++) {
			uint64_t fired = model->samples[to].fired[row][cpu] - model->samples[from].fired[row][cpu];

			if (fired == told[row][cpu])
				continue;
			snprintf(text, sizeof text, "samples %zu to %zu: IRQ %s on CPU %u fired %" PRIu64
				 " times, told are %" PRIu64, from, to, model->machine.rows[row].irq,
				 machine_cpu_ids[cpu], fired, told[row][cpu]);
			fault = text;
		}
	return fault;
}

/*
 * Asks what fired from start to end, where sample first is the oldest in the
 * file, and compares all of the answer but its gaps. The caller frees *window.
 */
static inline void model_ask(const struct model *model, struct history_reader *reader, size_t first, int64_t start,
			     int64_t end, struct window *window)
{
	struct history_question question = { start, end };
	size_t from = model_find(model, first, start), to = model_find(model, first, end), i;
	uint64_t covered = 0;
	const char *fault;
	int err;

	memset(window, 0, sizeof *window);
	err = history_window(reader, &question, window);
	if (err)
		fail_msg("a window of samples %zu to %zu: %s", from, to, strerror(-err));
	if (window->span.start_us != model_time(model, from) || window->span.end_us != model_time(model, to))
		fail_msg("a window of samples %zu to %zu is of samples %zu to %zu", from, to,
			 model_at(model, window->span.start_us), model_at(model, window->span.end_us));
	for (i = from; i < to; i++)
		if (model->samples[i].boot == model->samples[i + 1].boot)
			covered += model->samples[i + 1].at.boot_us - model->samples[i].at.boot_us;
	assert_true(window->span.timed);
	assert_int_equal(window->span.requested_us, end - start);
	assert_int_equal(window->span.covered_us, covered);
	assert_int_equal(window->span.samples, to - from + 1);
	fault = model_fault(model, window, from, to);
	if (fault)
		fail_msg("%s", fault);
}

/* Random windows, all of which must be right. */
static inline void model_ask_often(struct model *model, struct history_reader *reader, size_t first, unsigned times)
{
	int64_t oldest = model_time(model, first), all = model_time(model, model->count - 1) - oldest;
	struct window window;

	while (times--) {
		int64_t start = oldest - SECOND + (int64_t)machine_random(&model->machine, (uint64_t)all);
		int64_t longest = machine_random(&model->machine, 2) ? all : 100 * SECOND;
		int64_t end = start + 3 * SECOND + (int64_t)machine_random(&model->machine, (uint64_t)longest);

		model_ask(model, reader, first, start, end, &window);
		window_free(&window);
	}
}

static inline struct history_reader *model_reader(const char *path)
{
	struct history_reader *reader;
	char *why = NULL;
	int err = history_open_reader(&reader, path, &why);

	if (err)
		fail_msg("%s: %s", path, why ? why : strerror(-err));
	free(why);
	return reader;
}

#endif
