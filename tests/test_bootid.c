/* Tests of lib/bootid: what tells one boot of a made machine from another. */
#include "bootid.h"
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *proc;
static struct bootid source;

static int new_proc(void **state)
{
	(void)state;
	proc = made_new();
	return bootid_open(&source, proc);
}

static int remove_proc(void **state)
{
	(void)state;
	bootid_close(&source);
	made_remove(proc);
	return 0;
}

static void assert_id(const char *expected)
{
	struct history_boot boot = bootid_read(&source);

	assert_memory_equal(boot.id, expected, sizeof boot.id);
}

static void the_kernel_s_id_comes_first(void **state)
{
	(void)state;
	made_file(proc, "stat", "btime 1767323045\n");
	made_file(proc, "sys/kernel/random/boot_id", "01234567-89ab-cdef-FEDC-ba9876543210\n");
	assert_id("\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10");
}

static void without_an_id_it_is_the_time_of_boot(void **state)
{
	struct history_boot expected = { { 0 } };
	uint64_t btime = 1767323045;

	(void)state;
	memcpy(expected.id, &btime, sizeof btime);
	made_file(proc, "stat", "cpu  1 2 3\nbtime 1767323045\nprocesses 5\n");
	assert_id((const char *)expected.id);
	made_file(proc, "sys/kernel/random/boot_id", "\n");
	assert_id((const char *)expected.id);
}

static void without_either_it_is_no_boot(void **state)
{
	(void)state;
	assert_id("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	made_file(proc, "stat", "cpu  1 2 3\n");
	assert_id("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void what_was_read_before_is_not_kept(void **state)
{
	(void)state;
	made_file(proc, "sys/kernel/random/boot_id", "ffffffff-ffff-ffff-ffff-ffffffffffff\n");
	bootid_read(&source);
	made_file(proc, "sys/kernel/random/boot_id", "01\n");
	assert_id("\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	remove(made_path(proc, "sys/kernel/random/boot_id"));
	assert_id("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_proc, remove_proc)
		EACH(the_kernel_s_id_comes_first),
		EACH(without_an_id_it_is_the_time_of_boot),
		EACH(without_either_it_is_no_boot),
		EACH(what_was_read_before_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
