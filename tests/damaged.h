/*
 * The history of a simulated machine, to be damaged. Used by the tests of
 * damaged histories.
 */
#ifndef DAMAGED_H
#define DAMAGED_H

#include "made.h"
#include "model.h"

#include <fcntl.h>

#define SIZE (UINT64_C(1) << 20)

/* Samples after which the machine changes no more. */
enum { CHANGING = 2000, SAMPLES = 2500 };

static char *folder;
static struct model *model;
static uint8_t sound[SIZE] __attribute__((aligned(8))); /* the file as it was written */
static uint8_t bytes[SIZE] __attribute__((aligned(8))); /* and damaged */
static size_t used; /* bytes of it; behind them all is 0 */
static struct window window;

static inline const char *path(void)
{
	return made_path(folder, "irqs.history");
}

static inline void make(bool boots)
{
	struct model_writer writer;
	struct readall file = { NULL, 0, 0 };

	folder = made_new();
	model = model_new(SAMPLES + 10, 21);
	model_open(model, &writer, path(), SIZE);
	model_run(model, &writer, CHANGING / 2, 8);
	if (boots) {
		model_reboot(model, 100 * SECOND);
		counts_free(&writer.counts);
		model_run(model, &writer, 1, 0);
	}
	model_run(model, &writer, CHANGING - CHANGING / 2 - boots, 8);
	model_close(&writer);
	assert_int_equal(model_open(model, &writer, path(), SIZE), 1);
	model_run(model, &writer, SAMPLES - CHANGING, 0);
	model_close(&writer);
	assert_int_equal(readall_path(&file, path(), 0), 0);
	memcpy(sound, file.text, SIZE);
	memcpy(bytes, file.text, SIZE);
	for (used = SIZE; sound[used - 1] == 0; used--)
		;
	used = (used + 4095) / 4096 * 4096;
	readall_free(&file);
}

/* Writes bytes to the file. */
static inline void write_bytes(void)
{
	int fd = open(path(), O_RDWR);

	if (fd < 0 || ftruncate(fd, 1) || ftruncate(fd, SIZE) || pwrite(fd, bytes, used, 0) != (ssize_t)used)
		fail_msg("%s: %s", path(), strerror(errno));
	close(fd);
}

static inline int begin(void **state)
{
	(void)state;
	make(false);
	return 0;
}

static inline int begin_with_a_reboot(void **state)
{
	(void)state;
	make(true);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	window_free(&window);
	model_free(model);
	made_remove(folder);
	return 0;
}

static inline int64_t time_of(size_t sample)
{
	return model_time(model, sample);
}

static inline bool tells(const char *why)
{
	size_t i;

	for (i = 0; i < window.span.gap_count; i++)
		if (strcmp(window.span.gaps[i].why, why) == 0)
			return true;
	return false;
}

#endif
