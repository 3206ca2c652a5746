/* Tests of lib/topology: CPUs, nodes and owners of IRQs, from made folders of /sys and from this machine's. */
#include "topology.h"
#include "made.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

static char *sys;
static struct topology topology;
static struct topology_owners owners;

static int new_sys(void **state)
{
	(void)state;
	sys = made_new();
	return 0;
}

static int remove_sys(void **state)
{
	(void)state;
	topology_free(&topology);
	topology_owners_free(&owners);
	made_remove(sys);
	return 0;
}

static void read_cpus(void)
{
	topology_free(&topology);
	assert_int_equal(topology_read(&topology, sys), 0);
}

static void read_owners(void)
{
	topology_owners_free(&owners);
	assert_int_equal(topology_owners_read(&owners, sys), 0);
}

static void assert_set(const struct cpulist *set, const char *expected)
{
	char *text = cpulist_format(set);

	assert_string_equal(text, expected);
	free(text);
}

static const struct topology_cpu *cpu(unsigned number)
{
	const struct topology_cpu *found = topology_cpu(&topology, number);

	assert_non_null(found);
	assert_int_equal(found->cpu, number);
	return found;
}

#define CPU "devices/system/cpu/"

/* Four CPUs, two threads a core, two nodes; CPU 3 is offline. */
static void make_four_cpus(void)
{
	made_file(sys, CPU "online", "0-2\n");
	made_file(sys, CPU "isolated", "1\n");
	made_file(sys, CPU "nohz_full", "      (null)\n");
	made_file(sys, CPU "cpu0/topology/physical_package_id", "0\n");
	made_file(sys, CPU "cpu0/topology/core_id", "4\n");
	made_file(sys, CPU "cpu0/topology/thread_siblings_list", "0,2\n");
	made_file(sys, CPU "cpu1/topology/physical_package_id", "1\n");
	made_file(sys, CPU "cpu1/topology/core_id", "0\n");
	made_file(sys, CPU "cpu1/topology/thread_siblings", "00000000,0000000a\n");
	made_file(sys, CPU "cpu2/topology/physical_package_id", "-1\n");
	made_folder(sys, CPU "cpu3/node1/");
	made_folder(sys, CPU "cpufreq/");
	made_folder(sys, CPU "cpuidle/");
	made_file(sys, "devices/system/node/node0/cpulist", "0,2\n");
	made_file(sys, "devices/system/node/node1/cpumap", "00000002\n");
	made_file(sys, "devices/system/node/node7/cpulist", "\n");
}

static void each_cpu_has_its_node_package_core_and_siblings(void **state)
{
	(void)state;
	make_four_cpus();
	read_cpus();
	assert_int_equal(topology.cpu_count, 4);
	assert_int_equal(cpu(0)->node, 0);
	assert_int_equal(cpu(0)->package, 0);
	assert_int_equal(cpu(0)->core, 4);
	assert_set(&cpu(0)->siblings, "0,2");
	assert_int_equal(cpu(1)->node, 1);
	assert_int_equal(cpu(1)->package, 1);
	assert_int_equal(cpu(1)->core, 0);
	assert_set(&cpu(1)->siblings, "1,3");
	assert_null(topology_cpu(&topology, 4));
}

static void an_offline_cpu_keeps_its_node_by_its_link_and_has_no_core(void **state)
{
	(void)state;
	make_four_cpus();
	read_cpus();
	assert_set(&topology.online, "0-2");
	assert_int_equal(cpu(2)->online, 1);
	assert_int_equal(cpu(3)->online, 0);
	assert_int_equal(cpu(3)->node, 1);
	assert_int_equal(cpu(3)->core, TOPOLOGY_UNKNOWN);
	assert_int_equal(cpu(3)->siblings.count, 0);
}

static void a_package_of_minus_one_is_unknown(void **state)
{
	(void)state;
	make_four_cpus();
	read_cpus();
	assert_int_equal(cpu(2)->package, TOPOLOGY_UNKNOWN);
}

static void null_or_nothing_in_a_list_is_the_empty_set_and_no_file_is_unknown(void **state)
{
	(void)state;
	make_four_cpus();
	read_cpus();
	assert_int_equal(cpu(1)->isolated, 1);
	assert_int_equal(cpu(0)->isolated, 0);
	assert_int_equal(cpu(1)->nohz_full, 0);
	made_file(sys, CPU "isolated", "\n");
	unlink(made_path(sys, CPU "nohz_full"));
	read_cpus();
	assert_int_equal(cpu(1)->isolated, 0);
	assert_int_equal(cpu(1)->nohz_full, TOPOLOGY_UNKNOWN);
}

static void without_a_list_of_all_each_cpu_tells_whether_it_is_online(void **state)
{
	(void)state;
	make_four_cpus();
	unlink(made_path(sys, CPU "online"));
	made_file(sys, CPU "cpu2/online", "1\n");
	made_file(sys, CPU "cpu3/online", "0\n");
	read_cpus();
	assert_int_equal(cpu(0)->online, 1); /* has no such file, but a core */
	assert_int_equal(cpu(3)->online, 0);
	assert_set(&topology.online, "0-2");
}

static void no_folder_at_all_is_no_error_and_nothing_is_known(void **state)
{
	(void)state;
	read_cpus();
	assert_int_equal(topology.cpu_count, 0);
	assert_int_equal(topology.online.count, 0);
	assert_null(topology_cpu(&topology, 0));
	read_owners();
	assert_int_equal(owners.count, 0);
	assert_null(topology_owner(&owners, 1));
}

static void a_list_of_online_cpus_alone_makes_cpus_unless_it_is_absurd(void **state)
{
	(void)state;
	made_file(sys, CPU "online", "0-3,4294967295\n");
	read_cpus();
	assert_int_equal(topology.cpu_count, 5);
	assert_int_equal(cpu(4294967295u)->online, 1);
	made_file(sys, CPU "online", "0-4294967295\n");
	read_cpus();
	assert_int_equal(topology.cpu_count, 0);
}

static void garbage_in_any_file_is_unknown(void **state)
{
	static const char *const files[] = { CPU "online", CPU "isolated", CPU "cpu0/topology/core_id",
					     CPU "cpu0/topology/thread_siblings_list", CPU "cpu1/online",
					     "devices/system/node/node0/cpulist" };
	static const char *const texts[] = { "", "x", "-", "1-0", "99999999999999999999", "\377\377", "1 2", "0x1" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof files / sizeof *files; i++)
		for (j = 0; j < sizeof texts / sizeof *texts; j++)
			made_file(sys, files[i], texts[j]), read_cpus();
	assert_int_equal(topology.cpu_count, 2);
	assert_int_equal(cpu(0)->core, TOPOLOGY_UNKNOWN);
	assert_int_equal(cpu(1)->online, TOPOLOGY_UNKNOWN);
}

/* A device at address below a host bridge, as /sys links it. */
static const char *device(const char *address, const char *file)
{
	static char path[512];
	char link[256], target[256];

	snprintf(link, sizeof link, "bus/pci/devices/%s", address);
	snprintf(target, sizeof target, "../../../devices/pci0000:00/%s", address);
	if (access(made_path(sys, link), F_OK) != 0) {
		snprintf(path, sizeof path, "devices/pci0000:00/%s/", address);
		made_folder(sys, path);
		made_link(sys, link, target);
	}
	snprintf(path, sizeof path, "devices/pci0000:00/%s/%s", address, file);
	return path;
}

static void an_irq_belongs_to_the_interface_or_disk_of_its_device(void **state)
{
	(void)state;
	made_file(sys, device("0000:00:03.0", "msi_irqs/37"), "msix\n");
	made_file(sys, device("0000:00:03.0", "msi_irqs/38"), "msix\n");
	made_file(sys, device("0000:00:03.0", "irq"), "11\n");
	made_folder(sys, device("0000:00:03.0", "virtio2/net/eth0/queues/"));
	made_file(sys, device("0000:00:02.0", "msi_irqs/35"), "msix\n");
	made_folder(sys, device("0000:00:02.0", "virtio1/block/vda/queue/"));
	made_file(sys, device("0000:01:00.0", "msi_irqs/60"), "msix\n");
	made_folder(sys, device("0000:01:00.0", "nvme/nvme0/nvme0n1/"));
	made_file(sys, device("0000:00:1f.2", "irq"), "19\n");
	made_folder(sys, device("0000:00:1f.2", "ata1/host0/target0:0:0/0:0:0:0/block/sda/"));
	made_file(sys, device("0000:00:05.0", "msi_irqs/33"), "msix\n");
	made_file(sys, device("0000:00:00.0", "irq"), "0\n");
	made_folder(sys, device("0000:00:00.0", "net/nobody/"));
	read_owners();
	assert_string_equal(topology_owner(&owners, 37), "eth0");
	assert_string_equal(topology_owner(&owners, 38), "eth0");
	assert_string_equal(topology_owner(&owners, 35), "vda");
	assert_string_equal(topology_owner(&owners, 60), "nvme0");
	assert_string_equal(topology_owner(&owners, 19), "sda");
	assert_string_equal(topology_owner(&owners, 33), "0000:00:05.0");
	assert_null(topology_owner(&owners, 0));
	assert_null(topology_owner(&owners, 11)); /* with MSI the line is not in use */
	assert_int_equal(owners.count, 6);
}

static void of_several_interfaces_the_first_names_the_device(void **state)
{
	(void)state;
	made_file(sys, device("0000:04:00.0", "msi_irqs/90"), "msix\n");
	made_folder(sys, device("0000:04:00.0", "net/eth10/"));
	made_folder(sys, device("0000:04:00.0", "net/eth2/"));
	made_folder(sys, device("0000:04:00.0", "net/eth9/"));
	read_owners();
	assert_string_equal(topology_owner(&owners, 90), "eth2");
}

static void a_bridge_is_not_called_by_what_is_behind_it(void **state)
{
	(void)state;
	made_file(sys, device("0000:00:1c.0", "msi_irqs/26"), "msi\n");
	made_folder(sys, device("0000:00:1c.0", "0000:02:00.0/net/eth7/"));
	made_file(sys, device("0000:00:14.0", "msi_irqs/27"), "msi\n");
	made_folder(sys, device("0000:00:14.0", "usb1/1-1/1-1:1.0/net/usb0/"));
	made_file(sys, device("0000:00:0e.0", "msi_irqs/28"), "msi\n");
	made_folder(sys, device("0000:00:0e.0", "pci10000:e0/10000:e0:1b.0/nvme/nvme3/"));
	made_file(sys, device("0000:00:1d.0", "msi_irqs/29"), "msi\n");
	made_folder(sys, "elsewhere/net/eth8/");
	made_link(sys, device("0000:00:1d.0", "subsystem"), "../../../elsewhere");
	read_owners();
	assert_string_equal(topology_owner(&owners, 26), "0000:00:1c.0");
	assert_string_equal(topology_owner(&owners, 27), "0000:00:14.0");
	assert_string_equal(topology_owner(&owners, 28), "0000:00:0e.0");
	assert_string_equal(topology_owner(&owners, 29), "0000:00:1d.0");
}

static void a_shared_line_goes_to_the_device_that_has_a_name(void **state)
{
	(void)state;
	made_file(sys, device("0000:00:1a.0", "irq"), "16\n");
	made_file(sys, device("0000:03:00.0", "irq"), "16\n");
	made_folder(sys, device("0000:03:00.0", "net/eth1/"));
	made_file(sys, device("0000:00:1b.0", "irq"), "17\n");
	made_file(sys, device("0000:00:1e.0", "irq"), "17\n");
	read_owners();
	assert_int_equal(owners.count, 2);
	assert_string_equal(topology_owner(&owners, 16), "eth1");
	assert_string_equal(topology_owner(&owners, 17), "0000:00:1b.0");
}

static void folders_that_lead_into_each_other_end_the_search(void **state)
{
	char deep[400] = "";
	int i;

	(void)state;
	made_file(sys, device("0000:00:06.0", "msi_irqs/50"), "msix\n");
	for (i = 0; i < 40; i++)
		strcat(deep, "a/");
	strcat(deep, "net/eth0/");
	made_folder(sys, device("0000:00:06.0", deep));
	made_link(sys, device("0000:00:06.0", "self"), ".");
	read_owners();
	assert_string_equal(topology_owner(&owners, 50), "0000:00:06.0");
}

static void what_is_no_irq_number_owns_nothing(void **state)
{
	(void)state;
	made_file(sys, device("0000:00:07.0", "msi_irqs/x"), "");
	made_file(sys, device("0000:00:07.0", "msi_irqs/99999999999"), "");
	made_file(sys, device("0000:00:07.0", "irq"), "-1\n");
	read_owners();
	assert_int_equal(owners.count, 0);
}

static void this_machine_tells_its_cpus_and_its_owners(void **state)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	if (access("/sys/devices/system/cpu/online", R_OK) != 0) {
		print_message("there is no /sys/devices/system/cpu here\n");
		skip();
	}
	topology_free(&topology);
	assert_int_equal(topology_read(&topology, "/sys"), 0);
	assert_true(cpulist_size(&topology.online) >= (uint64_t)online);
	assert_true(topology.cpu_count >= (size_t)online);
	topology_owners_free(&owners);
	assert_int_equal(topology_owners_read(&owners, "/sys"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, new_sys, remove_sys)
		EACH(each_cpu_has_its_node_package_core_and_siblings),
		EACH(an_offline_cpu_keeps_its_node_by_its_link_and_has_no_core),
		EACH(a_package_of_minus_one_is_unknown),
		EACH(null_or_nothing_in_a_list_is_the_empty_set_and_no_file_is_unknown),
		EACH(without_a_list_of_all_each_cpu_tells_whether_it_is_online),
		EACH(no_folder_at_all_is_no_error_and_nothing_is_known),
		EACH(a_list_of_online_cpus_alone_makes_cpus_unless_it_is_absurd),
		EACH(garbage_in_any_file_is_unknown),
		EACH(an_irq_belongs_to_the_interface_or_disk_of_its_device),
		EACH(of_several_interfaces_the_first_names_the_device),
		EACH(a_bridge_is_not_called_by_what_is_behind_it),
		EACH(a_shared_line_goes_to_the_device_that_has_a_name),
		EACH(folders_that_lead_into_each_other_end_the_search),
		EACH(what_is_no_irq_number_owns_nothing),
		EACH(this_machine_tells_its_cpus_and_its_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
