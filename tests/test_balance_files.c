/* Tests of irqclient balance without a service: plans from saved files, what is no such file, scripts that run. */
#include "client_fake.h"
#include "made.h"

#include "../client/cmd.h"
#include "../client/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define TABLE_HEAD "           CPU0       CPU1       \n"
#define TABLE_TAIL "LOC:     999999     888888   Local timer interrupts\nERR:          0\n"
#define ROW_A " 41:        300          0   PCI-MSI 1-edge      eth0-rx-0\n"
#define ROW_B " 42:        200          0   PCI-MSI 2-edge      eth0-rx-1\n"
#define ROW_C "  9:          0        100   IO-APIC 9-edge      acpi\n"
#define ROW_D " 43:          0          0   PCI-MSI 3-edge      idle\n"

static char *seed(void)
{
	const char *tests = getenv("IRQPILOT_TESTS");

	return readall_join("%s/fixtures/irq-rates-2cpu.txt", tests ? tests : "tests");
}

static int with_seed(const char *options)
{
	char *path = seed(), *words = readall_join("balance -i %s %s", path, options);
	int code;

	will_answer(0, 200, "{}");
	code = irqclient(words);
	free(words);
	free(path);
	assert_int_equal(asked, 0); /* no service is needed */
	return code;
}

static void test_a_saved_table_is_planned_without_any_service(void **state)
{
	(void)state;
	assert_int_equal(with_seed("-C 0,1"), CMD_DONE);
	assert_has(out, "since boot, from ");
	assert_has(out, "\n132  eth0-TxRx-0 ");
	assert_has(out, "\nbefore:  imbalance 18.25 % over 2 CPUs: fullest CPU0 32489067148, emptiest CPU1 22461131881, ");
	assert_has(out, "\nplanned: imbalance <0.0001 % over 2 CPUs: fullest CPU");
	assert_has(out, ", difference 1\noptimal: proved; the mean of 2 CPUs");
	assert_lacks(out, "FROM");
	assert_lacks(out, "moves");
	assert_string_equal(err.text, "");
}

static void test_cpus_that_the_file_lacks_may_be_used(void **state)
{
	(void)state;
	assert_int_equal(with_seed("-C 0-15"), CMD_DONE);
	assert_has(out, "\n 15            -  ");
	assert_has(out, "fullest CPU");
	assert_has(out, " 4750758796, ");
	assert_has(out, "IRQ 136");
	assert_int_equal(with_seed("-C 0-15 --exclude-cpus 0-13,15 -J"), CMD_DONE);
	assert_has(out, "\"cpus\":[{\"cpu\":14,\"load\":54950199029,\"fixed\":0,\"before\":null}]");
}

static void test_json_from_a_file_is_the_api_s_object_with_null_for_what_a_file_cannot_tell(void **state)
{
	(void)state;
	assert_int_equal(with_text("-J balance", TABLE_HEAD ROW_A ROW_B ROW_C ROW_D TABLE_TAIL), CMD_DONE);
	assert_has(out, "{\"window\":{\"start\":null,");
	assert_has(out, "{\"irq\":\"41\",\"name\":\"eth0-rx-0\",\"cpu\":");
	assert_has(out, "\"count\":300,\"from\":null,\"move\":");
	assert_has(out, "{\"irq\":\"43\",\"name\":\"idle\",\"cpu\":null,\"count\":0,");
	assert_has(out, "\"moves_bound\":null");
	assert_has(out, "\"unmovable\":[]");
	assert_has(out, "\"before\":{\"cpus\":2,\"max\":500,\"min\":100,");
	assert_has(out, "\"planned\":{\"cpus\":2,\"max\":300,\"min\":300,");
	assert_lacks(out, "LOC");
}

static void test_with_a_tolerance_or_moves_the_plan_starts_where_each_fired_most(void **state)
{
	(void)state;
	assert_int_equal(with_text("balance --tolerance 1", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_has(out, "\n  9  acpi         100     1        1\n");
	assert_has(out, "\n 42  eth0-rx-1    200     0  ->    1\n");
	assert_has(out, "\n1 move; within 1 % of the best it takes at least 1\n");
	assert_int_equal(with_text("balance --moves 0", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_lacks(out, "->");
	assert_int_equal(with_text("balance --tolerance 1 --fresh", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_lacks(out, "FROM");
}

static void test_the_order_of_the_lines_does_not_matter(void **state)
{
	char *first;

	(void)state;
	file_with(1, "", 0);
	assert_int_equal(with_text("balance", TABLE_HEAD ROW_A ROW_B ROW_C ROW_D TABLE_TAIL), CMD_DONE);
	first = strdup(strchr(out, '\n')); /* behind the file's name */
	assert_int_equal(with_text("balance", TABLE_HEAD ROW_D ROW_C ROW_B ROW_A TABLE_TAIL), CMD_DONE);
	assert_string_equal(strchr(out, '\n'), first);
	assert_int_equal(with_text("balance", TABLE_HEAD ROW_B ROW_D ROW_A ROW_C TABLE_TAIL), CMD_DONE);
	assert_string_equal(strchr(out, '\n'), first);
	free(first);
}

static void test_of_two_files_what_fired_between_them_is_planned(void **state)
{
	static const char later[] = TABLE_HEAD
		" 41:        310          0   PCI-MSI 1-edge      eth0-rx-0\n"
		" 42:        200          5   PCI-MSI 2-edge      eth0-rx-1\n" ROW_C TABLE_TAIL;
	char *words = readall_join("-J balance -i %s -i %s", file_with(0, TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL,
				   strlen(TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL)), file_with(1, later, strlen(later)));

	(void)state;
	assert_int_equal(irqclient(words), CMD_DONE);
	assert_has(out, "\"count\":10,");
	assert_has(out, "\"count\":5,");
	assert_has(out, "{\"irq\":\"9\",\"name\":\"acpi\",\"cpu\":null,\"count\":0,");
	assert_has(out, "\"before\":{\"cpus\":2,\"max\":10,\"min\":5,");
	free(words);
}

static void test_interrupts_that_are_not_named_are_fixed_load(void **state)
{
	(void)state;
	assert_int_equal(with_text("-J balance -q 42,acpi", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_lacks(out, "\"irq\":\"41\"");
	assert_has(out, "{\"cpu\":0,\"load\":300,\"fixed\":300,\"before\":500}");
	assert_has(out, "{\"cpu\":1,\"load\":300,\"fixed\":0,\"before\":100}");
	assert_int_equal(with_text("-J balance --device eth0", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_lacks(out, "acpi");
	assert_has(out, "{\"cpu\":1,\"load\":300,\"fixed\":100,\"before\":100}");
}

static void test_a_weight_makes_an_interrupt_cost_more(void **state)
{
	(void)state;
	assert_int_equal(with_text("-J balance --weight 41=2 --weight acpi=11", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL),
			 CMD_DONE);
	assert_has(out, "\"count\":100,"); /* the count is what fired */
	assert_has(out, "\"max\":1100,\"min\":800,");
	assert_int_equal(with_text("balance --weight eth0=3", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_has(out, "\nLoads are counts times the weights given.\n");
	assert_int_equal(with_text("balance --weight eth1=3", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_FAILED);
	assert_string_equal(out, "");
	assert_has(err.text, "--weight=eth1=3: no device's interrupt");
}

/* What is no table of interrupts, and what is to be told of it. */
static const struct {
	const char *text, *told;
} bad[] = {
	{ "", "empty" },
	{ "\n \n", "no table" },
	{ "this is no table\nat all\n", "was expected" },
	{ "{\"window\": {}}\n", "expected" },
	{ TABLE_HEAD, "expected" },
	{ TABLE_HEAD TABLE_TAIL, "no device's interrupt" },
	{ TABLE_HEAD ROW_A " 42:        200", ":3: " },
	{ TABLE_HEAD ROW_A " 42:        200          7", ":3: " },
	{ TABLE_HEAD " 41:        300   PCI-MSI 1-edge      eth0\n" ROW_B, ":2: " },
	{ TABLE_HEAD ROW_A "LOC:          1          2   timer\n 42:   7\n", ":4: " },
	{ TABLE_HEAD " 41: 9223372036854775808 0  PCI-MSI 1-edge eth0\n", ":2: " },
	{ TABLE_HEAD " 41: 4611686018427387904 1  PCI-MSI 1-edge eth0\n", "2^62" },
	{ TABLE_HEAD " 41: 4611686018427387904 0  PCI-MSI 1-edge eth0\n 42: 1 0  PCI-MSI 1-edge eth1\n", "2^62" },
	{ TABLE_HEAD " 41: 9223372036854775807 0  PCI-MSI 1-edge eth0\n 42: 9223372036854775807 0  PCI-MSI 1-edge eth1\n", "2^6" },
	{ "           CPU0       CPU0       \n" ROW_A, ":1: " },
};

static void test_bad_input_is_named_with_its_line_and_no_plan_is_printed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		int code = with_text(i % 2 ? "-J balance" : "balance", bad[i].text);

		if (code != CMD_FAILED || *out)
			fail_msg("code %d, \"%s\" of %s", code, out, bad[i].text);
		assert_has(err.text, bad[i].told);
		assert_has(err.text, "/tmp/test_client.");
	}
	assert_int_equal(irqclient("balance -i /nonexistent/file"), CMD_FAILED);
	assert_has(err.text, "/nonexistent/file: No such file");
	assert_string_equal(out, "");
}

static void test_without_a_cpu_there_is_no_plan(void **state)
{
	(void)state;
	assert_int_equal(with_text("balance --exclude-cpus 0-9", TABLE_HEAD ROW_A ROW_B TABLE_TAIL), CMD_FAILED);
	assert_has(err.text, "there is no CPU");
	assert_string_equal(out, "");
}

/* A machine of two nodes in a folder, as it was saved. */
static char *saved_machine(void)
{
	char *root = made_new();

	made_file(root, "interrupts", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL);
	made_file(root, "irq/41/smp_affinity_list", "0-1\n");
	made_file(root, "irq/41/effective_affinity_list", "1\n");
	made_file(root, "irq/41/node", "1\n");
	made_file(root, "irq/42/smp_affinity_list", "0\n");
	made_file(root, "irq/42/node", "0\n");
	made_file(root, "sys/devices/system/cpu/online", "0-2\n");
	made_folder(root, "sys/devices/system/cpu/cpu0/node0/");
	made_folder(root, "sys/devices/system/cpu/cpu1/node1/");
	made_folder(root, "sys/devices/system/cpu/cpu2/node0/");
	return root;
}

static void test_with_proc_and_sys_the_saved_placement_and_nodes_count(void **state)
{
	char *root = saved_machine(), *words = readall_join("-J balance -i %s/interrupts --proc %s --sys %s/sys --local", root,
							    root, root);
	char *elsewhere = readall_join("%s -C 0,2", words);

	(void)state;
	assert_int_equal(irqclient(words), CMD_DONE);
	assert_has(out, "{\"irq\":\"41\",\"name\":\"eth0-rx-0\",\"cpu\":1,\"count\":300,\"from\":1,\"move\":false,");
	assert_has(out, "{\"irq\":\"42\",\"name\":\"eth0-rx-1\",\"cpu\":");
	assert_has(out, "\"unmovable\":[{\"irq\":\"9\",\"name\":\"acpi\",\"reason\":\"unknown\",\"count\":100}]");
	assert_has(out, "{\"cpu\":2,");
	assert_int_equal(irqclient(elsewhere), CMD_FAILED); /* node 1 has none of these */
	assert_string_equal(out, "");
	assert_has(err.text, "IRQ 41");
	free(words);
	free(elsewhere);
	made_remove(root);
}

/* ---- the script ---- */

/* Runs what was printed with PROC=root/proc; its exit status; what it says is in root/out and root/err. */
static int run_script(const char *root)
{
	char *command = readall_join("PROC=%s/proc sh %s/script >%s/out 2>%s/err", root, root, root, root);
	int status;

	made_file(root, "script", out);
	status = system(command);
	free(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_a_script_sets_each_affinity_and_tells_it(void **state)
{
	char *root = made_new();

	(void)state;
	made_file(root, "proc/irq/41/smp_affinity_list", "0-1\n");
	made_file(root, "proc/irq/42/smp_affinity_list", "0-1\n");
	made_file(root, "proc/irq/9/smp_affinity_list", "0\n");
	made_file(root, "proc/irq/43/smp_affinity_list", "0-1\n");
	assert_int_equal(with_text("balance --tolerance 1 --script", TABLE_HEAD ROW_A ROW_B ROW_C ROW_D TABLE_TAIL), CMD_DONE);
	assert_memory_equal(out, "#!/bin/sh\n", 10);
	assert_has(out, "\nset_affinity 42 1 # eth0-rx-1, fired 200, from CPU 0\n");
	assert_lacks(out, "\nset_affinity 41"); /* it stays */
	assert_int_equal(run_script(root), 0);
	assert_string_equal(made_text(root, "proc/irq/42/smp_affinity_list"), "1\n");
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity_list"), "0-1\n");
	assert_string_equal(made_text(root, "out"), "IRQ 42: 0-1 -> 1\n");
	assert_string_equal(made_text(root, "err"), "");
	/* from scratch nobody knows where they are: all that fired are set */
	assert_int_equal(with_text("balance --script", TABLE_HEAD ROW_A ROW_B ROW_C ROW_D TABLE_TAIL), CMD_DONE);
	assert_int_equal(run_script(root), 0);
	assert_has(made_text(root, "out"), "IRQ 9: 0 -> ");
	assert_has(made_text(root, "out"), "IRQ 41: 0-1 -> ");
	assert_string_equal(made_text(root, "proc/irq/43/smp_affinity_list"), "0-1\n"); /* silent */
	made_remove(root);
}

static void test_a_script_goes_on_after_a_write_that_failed_and_exits_with_1(void **state)
{
	char *root = made_new();

	(void)state;
	made_folder(root, "proc/irq/41/smp_affinity_list/"); /* cannot be written */
	made_file(root, "proc/irq/9/smp_affinity_list", "0\n");
	assert_int_equal(with_text("balance --script -C 1", TABLE_HEAD ROW_A ROW_B ROW_C TABLE_TAIL), CMD_DONE);
	assert_int_equal(run_script(root), 1);
	assert_has(made_text(root, "err"), "IRQ 41: not set to CPU 1\n");
	assert_has(made_text(root, "err"), "IRQ 42: not set to CPU 1: there is no ");
	assert_string_equal(made_text(root, "proc/irq/9/smp_affinity_list"), "1\n");
	made_file(root, "proc/irq/42/smp_affinity_list", "0\n");
	assert_int_equal(run_script(root), 1); /* for the one alone that cannot be written */
	assert_has(made_text(root, "out"), "IRQ 42: 0 -> 1\n");
	rmdir(made_path(root, "proc/irq/41/smp_affinity_list"));
	assert_int_equal(run_script(root), 1); /* for the one alone that is not there */
	made_file(root, "proc/irq/41/smp_affinity_list", "0\n");
	assert_int_equal(run_script(root), 0);
	made_remove(root);
}

static void test_no_name_gets_out_of_a_script_s_comments_and_no_label_but_numbers_into_it(void **state)
{
	struct plan_assignment assignments[] = {
		{ "41", "evil\n touch /tmp/x\r\033[2J\xc3\xa4", 1, 5, 0, 1, "" },
		{ "42; reboot", "name", 1, 5, 0, 1, "" },
		{ "43", NULL, 1, 5, -1, -1, "" },
		{ "44", "stays", 1, 5, 1, 0, "" },
		{ "45", "silent", -1, 0, 1, 0, "" },
	};
	struct plan plan = { .assignments = assignments, .assignment_count = 5 };
	size_t length;
	FILE *stream;

	(void)state;
	free(out);
	stream = open_memstream(&out, &length);
	assert_int_equal(script_write(stream, &plan, "from a file\nrm -rf /"), 1);
	fclose(stream);
	assert_has(out, "# A plan of irqclient balance, from a file?rm -rf /\n");
	assert_has(out, "\nset_affinity 41 1 # evil? touch /tmp/x??[2J??, fired 5, from CPU 0\nset_affinity 43 1 # no name, fired 5\n"
		   "\nexit $failed\n");
	assert_lacks(out, "reboot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_saved_table_is_planned_without_any_service),
		cmocka_unit_test(test_cpus_that_the_file_lacks_may_be_used),
		cmocka_unit_test(test_json_from_a_file_is_the_api_s_object_with_null_for_what_a_file_cannot_tell),
		cmocka_unit_test(test_with_a_tolerance_or_moves_the_plan_starts_where_each_fired_most),
		cmocka_unit_test(test_the_order_of_the_lines_does_not_matter),
		cmocka_unit_test(test_of_two_files_what_fired_between_them_is_planned),
		cmocka_unit_test(test_interrupts_that_are_not_named_are_fixed_load),
		cmocka_unit_test(test_a_weight_makes_an_interrupt_cost_more),
		cmocka_unit_test(test_bad_input_is_named_with_its_line_and_no_plan_is_printed),
		cmocka_unit_test(test_without_a_cpu_there_is_no_plan),
		cmocka_unit_test(test_with_proc_and_sys_the_saved_placement_and_nodes_count),
		cmocka_unit_test(test_a_script_sets_each_affinity_and_tells_it),
		cmocka_unit_test(test_a_script_goes_on_after_a_write_that_failed_and_exits_with_1),
		cmocka_unit_test(test_no_name_gets_out_of_a_script_s_comments_and_no_label_but_numbers_into_it),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
