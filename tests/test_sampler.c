/* Tests of sampler/tick: samples of a made machine, and what the history then has. */
#include "made_sampler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how much is allocated ---- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#endif

static unsigned long allocations;

#if defined(__GLIBC__) && !defined(SANITIZED)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *thing, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *thing, size_t size)
{
	allocations++;
	return __libc_realloc(thing, size);
}
#endif

static void start(void)
{
	assert_int_equal(tick_open(&tick, &options), 0);
	assert_int_equal(tick_take(&tick), 0);
}

/* As if the process had ended and another begun. */
static void restart(void)
{
	tick_close(&tick);
	start();
}

/* ---- what fired ---- */

static void what_fired_from_sample_to_sample_is_in_the_history(void **state)
{
	(void)state;
	start();
	assert_string_equal(fired(), "");
	put_counts(1005, 2007, 30100, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5 41@2:7 LOC@0:100");
	put_counts(1005, 2010, 30200, 40001, 4);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5 41@2:10 LOC@0:200 LOC@2:1 ERR:1");
	assert_int_equal(samples(), 3);
}

static void a_counter_that_wraps_goes_on(void **state)
{
	(void)state;
	put_counts(4294967290u, 2000, 30000, 4294967295u, 3);
	start();
	put_counts(4, 2000, 30000, 0, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:10 LOC@2:1");
}

static void rows_and_cpus_may_come_and_go(void **state)
{
	(void)state;
	start();
	put("proc/interrupts", "           CPU0       CPU1       CPU2       \n"
			       " 41:       1001          6       2002   PCI-MSI 524288-edge      eth0-TxRx-0\n"
			       " 42:          3          0          4   PCI-MSI 524289-edge      eth0-TxRx-1\n"
			       "LOC:      30000          0      40000   Local timer interrupts\nERR:          3\n");
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:1 41@1:6 41@2:2 42@0:3 42@2:4");
	put_counts(1002, 2003, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:2 41@1:6 41@2:3 42@0:3 42@2:4");
}

static void the_device_that_owns_an_irq_stands_beside_it(void **state)
{
	struct window window;

	(void)state;
	made_file(root, "sys/bus/pci/devices/0000:3b:00.0/msi_irqs/41", "msix\n");
	made_folder(root, "sys/bus/pci/devices/0000:3b:00.0/net/ens7/");
	start();
	read_history(&window);
	assert_string_equal(window.rows[0].irq, "41");
	assert_string_equal(window.rows[0].device, "ens7");
	assert_string_equal(window.rows[0].names, "eth0-TxRx-0");
	assert_string_equal(window.rows[1].device, "");
	window_free(&window);
}

static void a_counter_made_anew_counts_from_zero_and_is_told(void **state)
{
	(void)state;
	start();
	put_counts(5, 0, 30000, 40000, 3);
	listen();
	assert_int_equal(tick_take(&tick), 0);
	assert_has(said(), "IRQ 41 (eth0-TxRx-0): its counter was made anew");
	assert_string_equal(fired(), "41@0:5");
}

static void a_counter_that_goes_backwards_counts_nothing_and_is_told_once(void **state)
{
	const char *text;
	unsigned i;

	(void)state;
	start();
	listen();
	for (i = 1; i <= 3; i++) {
		put_counts(1000, 2000, 30000 - i, 40000 + i, 3);
		assert_int_equal(tick_take(&tick), 0);
	}
	text = said();
	assert_has(text, "LOC: its counter went backwards");
	assert_null(strstr(strstr(text, "LOC: ") + 1, "LOC: "));
	assert_string_equal(fired(), "LOC@2:3");
}

/* ---- boots ---- */

static void another_boot_is_an_epoch_of_its_own(void **state)
{
	(void)state;
	start();
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	put("proc/sys/kernel/random/boot_id", SECOND_BOOT);
	put_counts(7, 2001, 50, 60, 0);
	assert_int_equal(tick_take(&tick), 0); /* where its counters stand: nobody knows since when */
	put_counts(9, 2001, 50, 60, 0);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:7 (reboot)");
	assert_int_equal(samples(), 4);
}

static void without_a_boot_id_the_time_of_boot_tells_boots_apart(void **state)
{
	(void)state;
	if (remove(made_path(root, "proc/sys/kernel/random/boot_id")) != 0)
		abort();
	put("proc/stat", "cpu  1 2 3\nbtime 1767323045\nprocesses 5\n");
	start();
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5");
	put("proc/stat", "cpu  1 2 3\nbtime 1767329999\nprocesses 5\n");
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5 (reboot)");
}

static void a_machine_that_has_neither_is_sampled_too(void **state)
{
	(void)state;
	if (remove(made_path(root, "proc/sys/kernel/random/boot_id")) != 0)
		abort();
	start();
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5");
}

static void a_sampler_that_was_stopped_goes_on_counting_in_the_same_boot(void **state)
{
	(void)state;
	start();
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	put_counts(1010, 2000, 30000, 40000, 3);
	restart();
	assert_string_equal(fired(), "41@0:10 (stopped)");
	put("proc/sys/kernel/random/boot_id", SECOND_BOOT);
	put_counts(3, 1, 2, 4, 0);
	restart();
	assert_string_equal(fired(), "41@0:10 (stopped) (reboot)");
}

/* ---- samples that cannot be ---- */

static uint64_t told_as_discarded(void)
{
	struct history_reader *reader;
	struct history_range range;
	char *why;

	assert_int_equal(history_open_reader(&reader, options.history, &why), 0);
	assert_int_equal(history_range(reader, &range), 0);
	history_close_reader(reader);
	return range.sampler.discarded;
}

static void a_torn_table_is_thrown_away_counted_and_told(void **state)
{
	const char *text;

	(void)state;
	start();
	put("proc/interrupts", HEADER " 41:       5000   PCI-MSI 524288-edge      eth0-TxRx-0\n"
			       "LOC:      30000      40000   Local timer interrupts\nERR:          3\n");
	listen();
	assert_int_equal(tick_take(&tick), 1);
	assert_int_equal(tick_take(&tick), 1);
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(told_as_discarded(), 2);
	assert_int_equal(tick_take(&tick), 0);
	text = said();
	assert_has(text, "the sample is thrown away");
	assert_has(text, "samples are taken again");
	assert_null(strstr(strstr(text, "thrown away") + 1, "thrown away")); /* once */
	assert_string_equal(fired(), "41@0:5 (discarded)");
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5 (discarded)");
	assert_int_equal(told_as_discarded(), 2);
}

static void cpus_that_change_in_mid_read_make_a_sample_torn(void **state)
{
	(void)state;
	start();
	made_link(root, "sys/devices/system/cpu/online", "/proc/sys/kernel/random/uuid"); /* another one each time it is read */
	put_counts(1005, 2000, 30000, 40000, 3);
	listen();
	assert_int_equal(tick_take(&tick), 1);
	assert_int_equal(unlink(made_path(root, "sys/devices/system/cpu/online")), 0);
	put("sys/devices/system/cpu/online", "0,2\n");
	assert_int_equal(tick_take(&tick), 0);
	assert_has(said(), "CPUs or rows changed while it was read");
	assert_string_equal(fired(), "41@0:5 (discarded)");
}

static void a_kernel_file_that_is_missing_for_a_while_is_told_once(void **state)
{
	const char *text;

	(void)state;
	start();
	listen();
	if (remove(made_path(root, "proc/interrupts")) != 0)
		abort();
	assert_int_equal(tick_take(&tick), 1);
	assert_int_equal(tick_take(&tick), 1);
	put("proc/interrupts", "");
	assert_int_equal(tick_take(&tick), 1);
	put("proc/interrupts", "nonsense\n");
	assert_int_equal(tick_take(&tick), 1);
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	text = said();
	assert_has(text, "proc/interrupts: No such file or directory\n");
	assert_null(strstr(strstr(text, "interrupts: ") + 1, "interrupts: "));
	assert_has(text, "samples are taken again");
	assert_string_equal(fired(), "41@0:5 (late)");
	assert_int_equal(told_as_discarded(), 0);
}

static void an_interrupts_file_that_is_empty_is_said_to_be_hidden(void **state)
{
	(void)state;
	put("proc/interrupts", "");
	assert_int_equal(tick_open(&tick, &options), 0);
	listen();
	assert_int_equal(tick_take(&tick), 1);
	assert_has(said(), "/proc/interrupts: ");
}

static void a_machine_without_interrupts_file_is_refused_at_once(void **state)
{
	(void)state;
	if (remove(made_path(root, "proc/interrupts")) != 0)
		abort();
	listen();
	assert_int_equal(tick_open(&tick, &options), -1);
	assert_has(said(), "proc/interrupts: No such file or directory");
}

static void samples_that_come_late_and_a_sleep_are_told(void **state)
{
	(void)state;
	options.interval_us = 10000;
	start();
	usleep(60000);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "(late)");
	options.interval_us = 10 * 1000000;
	tick.options.interval_us = options.interval_us;
	tick.last.boot_us -= 3600u * 1000000; /* an hour that the other clock did not see */
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "(late) (suspended)");
}

/* ---- the file below ---- */

static void a_history_that_is_removed_cut_or_replaced_is_begun_anew(void **state)
{
	unsigned n = 1000;
	struct stat st;

	(void)state;
	start();
	listen();
	assert_int_equal(unlink(options.history), 0);
	put_counts(n += 5, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	put_counts(n += 6, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:6"); /* what fired before is gone with the file */
	assert_int_equal(samples(), 2);

	assert_int_equal(truncate(options.history, 5000), 0);
	put_counts(n += 7, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	put_counts(n += 8, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:8");
	assert_int_equal(stat(made_path(root, "history.bad"), &st), 0);

	made_file(root, "other", "not a history");
	assert_int_equal(rename(made_path(root, "other"), options.history), 0);
	put_counts(n += 9, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	put_counts(n += 10, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:10");
	assert_has(said(), "it was cut, removed or replaced; a new one is begun");
}

static void a_history_whose_folder_vanishes_is_told_once_and_comes_back(void **state)
{
	const char *text;

	(void)state;
	free((void *)(uintptr_t)options.history);
	options.history = strdup(made_path(root, "folder/history"));
	made_folder(root, "folder/");
	start();
	assert_int_equal(unlink(options.history), 0);
	assert_int_equal(rmdir(made_path(root, "folder")), 0);
	listen();
	assert_int_equal(tick_take(&tick), 1);
	assert_int_equal(tick_take(&tick), 1);
	assert_int_equal(tick_take(&tick), 1);
	made_folder(root, "folder/");
	assert_int_equal(tick_take(&tick), 0);
	text = said();
	assert_has(text, "cannot open for writing: No such file or directory");
	assert_null(strstr(strstr(text, "cannot open") + 1, "cannot open"));
	put_counts(1005, 2000, 30000, 40000, 3);
	assert_int_equal(tick_take(&tick), 0);
	assert_string_equal(fired(), "41@0:5");
	assert_int_equal(told_as_discarded(), 3);
}

static void a_second_writer_is_told_who_holds_the_file(void **state)
{
	struct tick second;
	char pid[50];

	(void)state;
	start();
	listen();
	assert_int_equal(tick_open(&second, &options), -1);
	tick_close(&second);
	snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_has(said(), pid);
	assert_int_equal(tick_take(&tick), 0);
	assert_int_equal(samples(), 2);
}

/* ---- cost ---- */

static void a_sample_allocates_nothing_once_all_was_seen(void **state)
{
	unsigned long before = allocations;
	void *volatile one = malloc(1); /* is it counted? */
	unsigned i;

	(void)state;
	free(one);
	if (allocations == before) {
		print_message("skipped: allocations cannot be counted here (a sanitizer, valgrind, or another libc)\n");
		skip();
	}
	start();
	for (i = 0; i < 200; i++) {
		put_counts(1000 + i, 2000 + 3 * i, 30000 + i, 40000 + i, 3 + i / 2);
		assert_int_equal(tick_take(&tick), 0);
	}
	for (; i < 400; i++) {
		put_counts(1000 + i, 2000 + 3 * i, 30000 + i, 40000 + i, 3 + i / 2);
		before = allocations;
		assert_int_equal(tick_take(&tick), 0);
		if (allocations != before)
			fail_msg("sample %u allocated %lu times", i, allocations - before);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_fired_from_sample_to_sample_is_in_the_history),
		T(a_counter_that_wraps_goes_on),
		T(rows_and_cpus_may_come_and_go),
		T(the_device_that_owns_an_irq_stands_beside_it),
		T(a_counter_made_anew_counts_from_zero_and_is_told),
		T(a_counter_that_goes_backwards_counts_nothing_and_is_told_once),
		T(another_boot_is_an_epoch_of_its_own),
		T(without_a_boot_id_the_time_of_boot_tells_boots_apart),
		T(a_machine_that_has_neither_is_sampled_too),
		T(a_sampler_that_was_stopped_goes_on_counting_in_the_same_boot),
		T(a_torn_table_is_thrown_away_counted_and_told),
		T(cpus_that_change_in_mid_read_make_a_sample_torn),
		T(a_kernel_file_that_is_missing_for_a_while_is_told_once),
		T(an_interrupts_file_that_is_empty_is_said_to_be_hidden),
		T(a_machine_without_interrupts_file_is_refused_at_once),
		T(samples_that_come_late_and_a_sleep_are_told),
		T(a_history_that_is_removed_cut_or_replaced_is_begun_anew),
		T(a_history_whose_folder_vanishes_is_told_once_and_comes_back),
		T(a_second_writer_is_told_who_holds_the_file),
		T(a_sample_allocates_nothing_once_all_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
