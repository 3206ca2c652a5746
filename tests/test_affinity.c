/* Tests of lib/affinity: what /proc/irq tells and takes, on made folders and on one real IRQ. */
#include "affinity.h"
#include "made_irq.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *root;
static struct affinity affinity;

static int new_root(void **state)
{
	(void)state;
	root = made_new();
	made_folder(root, "proc/irq/");
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	affinity_free(&affinity);
	made_remove(root);
	return 0;
}

static void read_irq(unsigned irq)
{
	affinity_free(&affinity);
	assert_int_equal(affinity_read(&affinity, made_path(root, "proc"), made_path(root, "sys"), irq), 0);
}

static void assert_set(const struct cpulist *set, const char *expected)
{
	char *text = cpulist_format(set);

	assert_string_equal(text, expected);
	free(text);
}

static int write_cpus(unsigned irq, const char *list)
{
	struct cpulist cpus = { NULL, 0 };
	int err;

	assert_int_equal(cpulist_parse(&cpus, list), 0);
	err = affinity_write(made_path(root, "proc"), irq, &cpus);
	cpulist_free(&cpus);
	return err;
}

static void all_files_of_an_irq_are_read(void **state)
{
	(void)state;
	made_file(root, "proc/irq/41/smp_affinity_list", "0-3,8\n");
	made_file(root, "proc/irq/41/smp_affinity", "ff\n");
	made_file(root, "proc/irq/41/effective_affinity_list", "2\n");
	made_file(root, "proc/irq/41/affinity_hint", "00000000,00000010\n");
	made_file(root, "proc/irq/41/node", "1\n");
	read_irq(41);
	assert_true(affinity.known);
	assert_set(&affinity.requested, "0-3,8");
	assert_true(affinity.effective_known);
	assert_set(&affinity.effective, "2");
	assert_true(affinity.hint_known);
	assert_set(&affinity.hint, "4");
	assert_int_equal(affinity.node, 1);
	assert_int_equal(affinity.reason, AFFINITY_MOVABLE);
	assert_null(affinity_reason_name(affinity.reason));
}

static void masks_are_read_where_there_are_no_lists(void **state)
{
	(void)state;
	made_file(root, "proc/irq/7/smp_affinity", "00000001,0000000f\n");
	made_file(root, "proc/irq/7/effective_affinity", "2\n");
	read_irq(7);
	assert_set(&affinity.requested, "0-3,32");
	assert_set(&affinity.effective, "1");
	assert_int_equal(affinity.reason, AFFINITY_MOVABLE);
}

static void what_is_missing_is_unknown(void **state)
{
	(void)state;
	made_file(root, "proc/irq/7/smp_affinity_list", "0\n");
	made_file(root, "proc/irq/7/node", "-1\n");
	read_irq(7);
	assert_false(affinity.effective_known);
	assert_false(affinity.hint_known);
	assert_int_equal(affinity.node, -1);
	read_irq(8);
	assert_false(affinity.known);
	assert_int_equal(affinity.reason, AFFINITY_UNKNOWN);
	assert_string_equal(affinity_reason_name(affinity.reason), "unknown");
}

static void an_effective_list_that_is_empty_is_known_to_be_empty(void **state)
{
	(void)state;
	made_file(root, "proc/irq/7/smp_affinity_list", "0-1\n");
	made_file(root, "proc/irq/7/effective_affinity_list", "\n");
	read_irq(7);
	assert_true(affinity.effective_known);
	assert_int_equal(affinity.effective.count, 0);
}

static void garbage_in_a_file_is_unknown(void **state)
{
	static const char *const texts[] = { "x", "0-", "1-0", "-1", "99999999999", "\377", "ff,,ff" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		made_file(root, "proc/irq/7/smp_affinity_list", texts[i]);
		made_file(root, "proc/irq/7/smp_affinity", "g");
		made_file(root, "proc/irq/7/affinity_hint", "1,0");
		made_file(root, "proc/irq/7/node", texts[i]);
		read_irq(7);
		assert_false(affinity.known);
		assert_int_equal(affinity.requested.count, 0);
		assert_int_equal(affinity.node, -1);
	}
}

static void a_kernel_for_one_cpu_has_no_affinity_files(void **state)
{
	(void)state;
	made_file(root, "proc/irq/7/spurious", "");
	read_irq(7);
	assert_int_equal(affinity.reason, AFFINITY_NO_AFFINITY);
}

/* An IRQ as kernels since 6.12 show one that nobody may move. */
static void read_only_irq(const char *chip, const char *flow, const char *hwirq)
{
	made_file(root, "proc/irq/9/smp_affinity_list", "0\n");
	assert_int_equal(chmod(made_path(root, "proc/irq/9/smp_affinity_list"), 0444), 0);
	made_file(root, "sys/kernel/irq/9/chip_name", chip);
	made_file(root, "sys/kernel/irq/9/name", flow);
	made_file(root, "sys/kernel/irq/9/hwirq", hwirq);
	read_irq(9);
	unlink(made_path(root, "proc/irq/9/smp_affinity_list"));
}

static void the_chip_of_a_read_only_irq_tells_why(void **state)
{
	(void)state;
	read_only_irq("PCI-MSIX-0000:00:02.0\n", "edge\n", "1\n");
	assert_string_equal(affinity_reason_name(affinity.reason), "managed");
	read_only_irq("xen-percpu\n", "-virq\n", "");
	assert_string_equal(affinity_reason_name(affinity.reason), "per_cpu");
	read_only_irq("chip\n", "percpu_devid\n", "3\n");
	assert_int_equal(affinity.reason, AFFINITY_PER_CPU);
	read_only_irq("GICv3\n", "\n", "26\n");
	assert_int_equal(affinity.reason, AFFINITY_PER_CPU);
	read_only_irq("GICv3\n", "\n", "78\n");
	assert_int_equal(affinity.reason, AFFINITY_NO_AFFINITY);
	read_only_irq("IO-APIC\n", "edge\n", "2\n");
	assert_string_equal(affinity_reason_name(affinity.reason), "no_affinity");
	made_remove(strdup(made_path(root, "sys")));
	made_file(root, "proc/irq/9/smp_affinity_list", "0\n");
	assert_int_equal(chmod(made_path(root, "proc/irq/9/smp_affinity_list"), 0444), 0);
	read_irq(9); /* without /sys */
	assert_int_equal(affinity.reason, AFFINITY_NO_AFFINITY);
}

static void a_set_is_written_as_a_plain_list_in_place_of_the_old_one(void **state)
{
	(void)state;
	made_file(root, "proc/irq/41/smp_affinity_list", "0-63,65,67,69,71\n");
	assert_int_equal(write_cpus(41, "1,3-5"), 0);
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity_list"), "1,3-5");
	read_irq(41);
	assert_set(&affinity.requested, "1,3-5");
}

static void a_mask_is_written_where_there_is_no_list(void **state)
{
	(void)state;
	made_file(root, "proc/irq/41/smp_affinity", "ffffffff\n");
	assert_int_equal(write_cpus(41, "0,4-7,33,95"), 0);
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity"), "80000000,00000002,000000f1");
	read_irq(41);
	assert_set(&affinity.requested, "0,4-7,33,95");
	assert_int_equal(write_cpus(41, "4294967295"), -ERANGE);
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity"), "80000000,00000002,000000f1");
}

static void what_cannot_be_written_has_its_errno_and_makes_no_file(void **state)
{
	struct cpulist none = { NULL, 0 };

	(void)state;
	assert_int_equal(write_cpus(5, "0"), -ENOENT);
	assert_int_equal(access(made_path(root, "proc/irq/5"), F_OK), -1);
	made_folder(root, "proc/irq/6/smp_affinity_list/");
	assert_int_equal(write_cpus(6, "0"), -EISDIR);
	made_file(root, "proc/irq/7/smp_affinity_list", "0\n");
	assert_int_equal(affinity_write(made_path(root, "proc"), 7, &none), -EINVAL);
	assert_string_equal(made_text(root, "proc/irq/7/smp_affinity_list"), "0\n");
}

static void only_numbers_as_the_kernel_writes_them_name_an_irq(void **state)
{
	static const char *const wrong[] = { "", "LOC", "-1", "+1", " 1", "1 ", "007", "0x1", "1e3", "4294967296",
					     "99999999999999999999999" };
	unsigned irq = 99;
	size_t i;

	(void)state;
	assert_true(affinity_number("0", &irq));
	assert_int_equal(irq, 0);
	assert_true(affinity_number("4294967295", &irq));
	assert_int_equal(irq, UINT_MAX);
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(affinity_number(wrong[i], &irq));
}

static void a_real_irq_goes_where_it_is_sent_and_comes_back(void **state)
{
	struct affinity before, after;
	struct cpulist target = { NULL, 0 };
	const char *why;
	unsigned irq = 0, cpu;

	(void)state;
	why = made_irq_find(&irq);
	if (why) {
		print_message("%s\n", why);
		skip();
	}
	assert_int_equal(affinity_read(&before, "/proc", "/sys", irq), 0);
	assert_int_equal(before.reason, AFFINITY_MOVABLE);
	assert_true(before.known && before.effective_known);
	cpu = before.effective.ranges[0].first == 0 ? 1 : 0;
	assert_int_equal(cpulist_add(&target, cpu, cpu), 0);
	assert_int_equal(affinity_write("/proc", irq, &target), 0);
	made_irq_fire(3); /* without interrupt remapping it moves when it fires */
	assert_int_equal(affinity_read(&after, "/proc", "/sys", irq), 0);
	assert_int_equal(affinity_write("/proc", irq, &before.requested), 0);
	assert_true(cpulist_equal(&after.requested, &target));
	assert_true(cpulist_equal(&after.effective, &target));
	affinity_free(&after);
	assert_int_equal(affinity_read(&after, "/proc", "/sys", irq), 0);
	assert_true(cpulist_equal(&after.requested, &before.requested));
	affinity_free(&after);
	affinity_free(&before);
	cpulist_free(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_root, remove_root)
		EACH(all_files_of_an_irq_are_read),
		EACH(masks_are_read_where_there_are_no_lists),
		EACH(what_is_missing_is_unknown),
		EACH(an_effective_list_that_is_empty_is_known_to_be_empty),
		EACH(garbage_in_a_file_is_unknown),
		EACH(a_kernel_for_one_cpu_has_no_affinity_files),
		EACH(the_chip_of_a_read_only_irq_tells_why),
		EACH(a_set_is_written_as_a_plain_list_in_place_of_the_old_one),
		EACH(a_mask_is_written_where_there_is_no_list),
		EACH(what_cannot_be_written_has_its_errno_and_makes_no_file),
		EACH(only_numbers_as_the_kernel_writes_them_name_an_irq),
		EACH(a_real_irq_goes_where_it_is_sent_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
