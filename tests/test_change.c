/* Tests of lib/change: what is refused before any write, and what a change tells, on made machines and a real IRQ. */
#include "affinity.h"
#include "change.h"
#include "made_irq.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cmocka.h>

static char *root;
static struct arena arena;
static struct change_place place;
static struct change_assignment assignments[8];
static size_t count;
static struct change_error *errors;
static size_t error_count;
static struct change change;

static const char table[] =
	"           CPU0       CPU1       CPU2       CPU3\n"
	"  8:          0          1          0          0   IO-APIC   8-edge      rtc0\n"
	" 40:          5          0          0          0   PCI-MSIX-0000:00:03.0   0-edge      eth0-rx-0\n"
	" 41:          0          7          0          0   PCI-MSIX-0000:00:03.0   1-edge      eth0-tx-0, eth0-ctl\n"
	" 42:          0          7          0          0   PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
	" 43:          0          7          0          0   PCI-MSIX-0000:00:02.0   2-edge      no-folder\n"
	"LOC:          1          1          1          1   Local timer interrupts\n"
	"ERR:          0\n";

/* An IRQ with its list, and where it goes. */
static void make_irq(unsigned irq, const char *list, const char *effective)
{
	char path[64];

	snprintf(path, sizeof path, "proc/irq/%u/smp_affinity_list", irq);
	made_file(root, path, list);
	snprintf(path, sizeof path, "proc/irq/%u/effective_affinity_list", irq);
	if (effective)
		made_file(root, path, effective);
}

static int new_machine(void **state)
{
	(void)state;
	root = made_new();
	made_file(root, "proc/interrupts", table);
	make_irq(8, "0-3\n", NULL);
	make_irq(40, "0-3\n", "1\n");
	make_irq(41, "0-3\n", "1\n");
	make_irq(42, "0-3\n", "1\n");
	chmod(made_path(root, "proc/irq/42/smp_affinity_list"), 0444);
	make_irq(3, "0-3\n", NULL);
	made_folder(root, "proc/irq/3/ttyS1/");
	made_file(root, "sys/kernel/irq/42/chip_name", "PCI-MSIX-0000:00:02.0\n");
	place.proc = strdup(made_path(root, "proc"));
	place.sys = strdup(made_path(root, "sys"));
	return 0;
}

static void drop_assignments(void)
{
	while (count)
		cpulist_free(&assignments[--count].cpus);
	memset(assignments, 0, sizeof assignments);
}

static int remove_machine(void **state)
{
	(void)state;
	drop_assignments();
	arena_free(&arena);
	free((char *)place.proc);
	free((char *)place.sys);
	made_remove(root);
	return 0;
}

static void assign(const char *irq, const char *cpus)
{
	assignments[count].irq = irq;
	assert_int_equal(cpulist_parse(&assignments[count].cpus, cpus), 0);
	count++;
}

/* The code of the one assignment, or "ok". */
static const char *check(const char *irq, const char *cpus)
{
	int result;

	drop_assignments();
	assign(irq, cpus);
	result = change_check(&arena, &place, assignments, count, &errors, &error_count);
	if (result == 0) {
		assert_int_equal(error_count, 0);
		return "ok";
	}
	assert_int_equal(result, 1);
	assert_int_equal(error_count, 1);
	assert_string_equal(errors[0].irq, irq);
	assert_non_null(errors[0].detail);
	return errors[0].code;
}

static void apply(bool dry_run)
{
	memset(&change, 0, sizeof change);
	assert_int_equal(change_apply(&arena, &place, assignments, count, dry_run, &change), 0);
	assert_int_equal(change.result_count, count);
}

static void a_device_that_may_be_moved_passes_and_nothing_is_written(void **state)
{
	(void)state;
	assert_string_equal(check("40", "0"), "ok");
	assert_string_equal(check("41", "0-3"), "ok");
	assert_string_equal(check("3", "2"), "ok"); /* a folder without a row */
	assert_string_equal(made_text(root, "proc/irq/40/smp_affinity_list"), "0-3\n");
}

static void each_reason_against_a_change_has_its_code(void **state)
{
	(void)state;
	assert_string_equal(check("99", "0"), "no_such_irq");
	assert_string_equal(check("eth0-rx-0", "0"), "no_such_irq");
	assert_string_equal(check("4294967296", "0"), "no_such_irq");
	assert_string_equal(check("040", "0"), "no_such_irq");
	assert_string_equal(check("", "0"), "no_such_irq");
	assert_string_equal(check("../irq/40", "0"), "no_such_irq");
	assert_string_equal(check("LOC", "0"), "per_cpu");
	assert_string_equal(check("ERR", "0"), "no_affinity");
	assert_string_equal(check("42", "0"), "managed");
	assert_string_equal(check("43", "0"), "no_affinity");
	assert_non_null(strstr(errors[0].detail, "there is no "));
	assert_non_null(strstr(errors[0].detail, "/proc/irq/43: the kernel offers no way to set it here"));
}

static void a_cpu_that_is_absent_is_named_with_those_that_are_online(void **state)
{
	(void)state;
	assert_string_equal(check("40", "2-5,9"), "bad_cpu");
	assert_non_null(strstr(errors[0].detail, "CPU 4-5,9"));
	assert_non_null(strstr(errors[0].detail, "0-3"));
	assert_string_equal(check("40", "0-4294967295"), "bad_cpu");
	assert_non_null(strstr(errors[0].detail, "4-4294967295"));
}

static void sys_knows_which_cpus_are_online_better_than_the_header(void **state)
{
	(void)state;
	made_file(root, "sys/devices/system/cpu/online", "0,2-8\n");
	assert_string_equal(check("40", "8"), "ok");
	assert_string_equal(check("40", "0-2"), "bad_cpu");
	assert_non_null(strstr(errors[0].detail, "CPU 1:"));
}

static void where_nobody_knows_the_cpus_the_kernel_decides(void **state)
{
	(void)state;
	unlink(made_path(root, "proc/interrupts"));
	assert_string_equal(check("40", "77"), "ok");
	assert_string_equal(check("LOC", "0"), "no_such_irq");
}

static void every_assignment_that_cannot_be_is_told(void **state)
{
	(void)state;
	assign("40", "0");
	assign("99", "0");
	assign("41", "7");
	assign("LOC", "1");
	assert_int_equal(change_check(&arena, &place, assignments, count, &errors, &error_count), 1);
	assert_int_equal(error_count, 3);
	assert_string_equal(errors[0].irq, "99");
	assert_string_equal(errors[1].irq, "41");
	assert_string_equal(errors[1].code, "bad_cpu");
	assert_string_equal(errors[2].code, "per_cpu");
}

static void a_change_is_written_read_back_and_told(void **state)
{
	(void)state;
	assign("41", "1");
	assign("3", "2-3");
	apply(false);
	assert_string_equal(change.state, "applied");
	assert_string_equal(change.results[0].irq, "41");
	assert_string_equal(change.results[0].name, "eth0-tx-0, eth0-ctl");
	assert_string_equal(change.results[0].before, "0-3");
	assert_string_equal(change.results[0].requested, "1");
	assert_string_equal(change.results[0].affinity, "1");
	assert_string_equal(change.results[0].effective, "1");
	assert_string_equal(change.results[0].state, "done");
	assert_null(change.results[0].code);
	assert_string_equal(change.results[1].name, "ttyS1");
	assert_null(change.results[1].effective);
	assert_string_equal(change.results[1].state, "done");
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity_list"), "1");
	assert_string_equal(made_text(root, "proc/irq/3/smp_affinity_list"), "2-3");
}

static void an_irq_that_still_goes_elsewhere_is_pending(void **state)
{
	(void)state;
	assign("40", "2");
	apply(false);
	assert_string_equal(change.state, "applied");
	assert_string_equal(change.results[0].state, "pending");
	assert_string_equal(change.results[0].affinity, "2");
	assert_string_equal(change.results[0].effective, "1");
}

static void an_irq_that_goes_nowhere_yet_is_done(void **state)
{
	(void)state;
	make_irq(40, "0-3\n", "\n");
	assign("40", "2");
	apply(false);
	assert_string_equal(change.results[0].state, "done");
	assert_string_equal(change.results[0].effective, "");
}

static void a_dry_run_tells_what_would_be_and_writes_nothing(void **state)
{
	(void)state;
	assign("40", "2");
	apply(true);
	assert_string_equal(change.state, "planned");
	assert_string_equal(change.results[0].state, "planned");
	assert_string_equal(change.results[0].before, "0-3");
	assert_string_equal(change.results[0].requested, "2");
	assert_string_equal(change.results[0].affinity, "0-3");
	assert_string_equal(made_text(root, "proc/irq/40/smp_affinity_list"), "0-3\n");
}

static void what_could_not_be_written_fails_alone(void **state)
{
	(void)state;
	assign("40", "1");
	assign("77", "1");
	apply(false);
	assert_string_equal(change.state, "partly");
	assert_string_equal(change.results[0].state, "done");
	assert_string_equal(change.results[1].state, "failed");
	assert_string_equal(change.results[1].code, "no_such_irq");
	assert_int_equal(change.results[1].errno_, ENOENT);
	drop_assignments();
	assign("77", "1");
	apply(false);
	assert_string_equal(change.state, "failed");
}

static void what_somebody_else_keeps_setting_is_a_conflict(void **state)
{
	(void)state;
	/* a file that takes all and gives back nothing of it stands for another writer */
	unlink(made_path(root, "proc/irq/40/smp_affinity_list"));
	made_link(root, "proc/irq/40/smp_affinity_list", "/dev/null");
	assign("40", "1");
	apply(false);
	assert_string_equal(change.results[0].state, "failed");
	assert_string_equal(change.results[0].code, "conflict");
	assert_int_equal(change.results[0].errno_, 0);
}

static void errnos_have_names(void **state)
{
	(void)state;
	assert_string_equal(change_code(-EIO, "managed"), "managed");
	assert_string_equal(change_code(EPERM, "per_cpu"), "per_cpu");
	assert_string_equal(change_code(-EPERM, NULL), "no_affinity");
	assert_string_equal(change_code(-EPERM, "unknown"), "no_affinity");
	assert_string_equal(change_code(-EINVAL, NULL), "bad_cpu");
	assert_string_equal(change_code(-ERANGE, NULL), "bad_cpu");
	assert_string_equal(change_code(-EOVERFLOW, NULL), "bad_cpu");
	assert_string_equal(change_code(-ENOSPC, NULL), "vectors_full");
	assert_string_equal(change_code(-EBUSY, NULL), "busy");
	assert_string_equal(change_code(-EACCES, NULL), "permission");
	assert_string_equal(change_code(-EROFS, NULL), "read_only");
	assert_string_equal(change_code(-ENOENT, NULL), "no_such_irq");
	assert_string_equal(change_code(-EXDEV, NULL), "internal");
}

/* In a child: without root's rights, or on a read-only mount. Its exit code is 0 when the code was as expected. */
static int in_child(const char *expected, bool read_only_mount)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		bool ready;

		if (read_only_mount)
			ready = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
				mount(root, root, NULL, MS_BIND, NULL) == 0 &&
				mount(NULL, root, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
		else
			ready = setgid(65534) == 0 && setuid(65534) == 0;
		if (!ready)
			_exit(77);
		drop_assignments();
		assign("40", "1");
		if (change_check(&arena, &place, assignments, count, &errors, &error_count) != 1)
			_exit(1);
		_exit(strcmp(errors[0].code, expected) == 0 ? 0 : 2);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void without_the_right_to_write_a_change_is_refused_beforehand(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give rights up\n");
		skip();
	}
	chmod(root, 0755);
	assert_int_equal(in_child("permission", false), 0);
}

static void on_a_read_only_mount_a_change_is_refused_beforehand(void **state)
{
	int code;

	(void)state;
	code = in_child("read_only", true);
	if (code == 77) {
		print_message("this user cannot mount here\n");
		skip();
	}
	assert_int_equal(code, 0);
}

static void a_real_managed_irq_is_refused(void **state)
{
	struct change_place real = { "/proc", "/sys" };
	unsigned irq = 0;
	char label[16];
	const char *found = NULL;

	(void)state;
	for (irq = 0; irq < 512 && !found; irq++) {
		struct affinity affinity;

		assert_int_equal(affinity_read(&affinity, real.proc, real.sys, irq), 0);
		if (affinity.reason == AFFINITY_MANAGED)
			found = label;
		affinity_free(&affinity);
	}
	if (!found) {
		print_message("no IRQ below 512 is managed here, or the kernel is older than 6.12\n");
		skip();
	}
	snprintf(label, sizeof label, "%u", irq - 1);
	assign(label, "0");
	assert_int_equal(change_check(&arena, &real, assignments, count, &errors, &error_count), 1);
	assert_string_equal(errors[0].code, "managed");
	/* and the kernel says the same to who tries */
	memset(&change, 0, sizeof change);
	assert_int_equal(change_apply(&arena, &real, assignments, count, false, &change), 0);
	assert_string_equal(change.results[0].state, "failed");
	assert_string_equal(change.results[0].code, "managed");
	assert_true(change.results[0].errno_ == EPERM || change.results[0].errno_ == EIO);
}

static void a_real_irq_is_moved_told_and_put_back(void **state)
{
	struct change_place real = { "/proc", "/sys" };
	struct affinity before, after;
	char label[16], target[16];
	const char *why;
	unsigned irq = 0, cpu;

	(void)state;
	why = made_irq_find(&irq);
	if (why) {
		print_message("%s\n", why);
		skip();
	}
	assert_int_equal(affinity_read(&before, "/proc", "/sys", irq), 0);
	cpu = before.effective.count && before.effective.ranges[0].first == 0 ? 1 : 0;
	snprintf(label, sizeof label, "%u", irq);
	snprintf(target, sizeof target, "%u", cpu);
	assign(label, target);
	assert_int_equal(change_check(&arena, &real, assignments, count, &errors, &error_count), 0);
	memset(&change, 0, sizeof change);
	assert_int_equal(change_apply(&arena, &real, assignments, count, false, &change), 0);
	made_irq_fire(3);
	assert_int_equal(affinity_read(&after, "/proc", "/sys", irq), 0);
	assert_int_equal(affinity_write("/proc", irq, &before.requested), 0);
	made_irq_fire(3);
	assert_string_equal(change.state, "applied");
	assert_non_null(strstr(change.results[0].name, "-input"));
	assert_string_equal(change.results[0].affinity, target);
	assert_int_equal(cpulist_size(&after.effective), 1);
	assert_true(cpulist_has(&after.effective, cpu));
	affinity_free(&after);
	affinity_free(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_machine, remove_machine)
		EACH(a_device_that_may_be_moved_passes_and_nothing_is_written),
		EACH(each_reason_against_a_change_has_its_code),
		EACH(a_cpu_that_is_absent_is_named_with_those_that_are_online),
		EACH(sys_knows_which_cpus_are_online_better_than_the_header),
		EACH(where_nobody_knows_the_cpus_the_kernel_decides),
		EACH(every_assignment_that_cannot_be_is_told),
		EACH(a_change_is_written_read_back_and_told),
		EACH(an_irq_that_still_goes_elsewhere_is_pending),
		EACH(an_irq_that_goes_nowhere_yet_is_done),
		EACH(a_dry_run_tells_what_would_be_and_writes_nothing),
		EACH(what_could_not_be_written_fails_alone),
		EACH(what_somebody_else_keeps_setting_is_a_conflict),
		EACH(errnos_have_names),
		EACH(without_the_right_to_write_a_change_is_refused_beforehand),
		EACH(on_a_read_only_mount_a_change_is_refused_beforehand),
		EACH(a_real_managed_irq_is_refused),
		EACH(a_real_irq_is_moved_told_and_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
