/* Tests of lib/view: summary, evenness, one IRQ, topology, and owners' names out of names that real machines have. */
#include "made_window.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- summary ---- */

static void the_summary_has_each_cpu_s_share_and_what_fired_most_there(void **state)
{
	struct view_summary summary;

	(void)state;
	machine();
	assert_int_equal(view_summary(&arena, &window, NULL, &summary), 0);
	assert_int_equal(summary.all.total, 7840);
	assert_int_equal(summary.all.device_total, 840);
	assert_true(summary.all.device_per_second == 14);
	assert_int_equal(summary.cpu_count, 2);
	assert_int_equal(summary.cpus[0].total, 3220);
	assert_int_equal(summary.cpus[0].device_total, 220);
	assert_int_equal(summary.cpus[0].irqs, 2);
	assert_true(summary.cpus[0].share == 220. / 840);
	assert_string_equal(summary.cpus[0].top->irq, "43");
	assert_string_equal(summary.cpus[0].top->name, "nvme0q1");
	assert_true(summary.cpus[0].top->share == 120. / 220);
	assert_int_equal(summary.cpus[1].irqs, 2);
	assert_string_equal(summary.cpus[1].top->irq, "42");
	assert_int_equal(summary.evenness.cpus, 2);
	assert_int_equal(summary.evenness.max, 620);
	assert_int_equal(summary.evenness.min, 220);
	assert_int_equal(summary.evenness.spread, 400);
}

static void of_two_that_fired_as_often_the_kernel_s_first_is_on_top(void **state)
{
	struct view_summary summary;

	(void)state;
	add("41", "eth0", IRQTABLE_COUNTER, 1, 5);
	add("42", "eth1", IRQTABLE_COUNTER, 1, 7);
	add("43", "eth2", IRQTABLE_COUNTER, 1, 7);
	assert_int_equal(view_summary(&arena, &window, NULL, &summary), 0);
	assert_string_equal(summary.cpus[0].top->irq, "42");
}

static void without_a_device_that_fired_there_is_neither_share_nor_top(void **state)
{
	struct view_summary summary;

	(void)state;
	add("9", "acpi", IRQTABLE_COUNTER, 2, 0, 0);
	add("LOC", "", IRQTABLE_COUNTER, 2, 10, 20);
	assert_int_equal(view_summary(&arena, &window, NULL, &summary), 0);
	assert_int_equal(summary.cpus[0].device_total, 0);
	assert_true(isnan(summary.cpus[0].share) && !summary.cpus[0].top);
	assert_int_equal(summary.evenness.max, 0);
	assert_true(isnan(summary.evenness.imbalance) && isnan(summary.evenness.stdev_percent));
}

static void evenness_is_over_the_cpus_that_may_take_interrupts(void **state)
{
	struct topology_cpu cpus[] = {
		{ .cpu = 0, .node = 0, .core = 0, .online = 1 },
		{ .cpu = 1, .node = 0, .core = 1, .online = 0 },		/* went offline in the window */
		{ .cpu = 2, .node = 1, .core = 2, .online = 1, .isolated = 1 },
		{ .cpu = 4, .node = 1, .core = 4, .online = 1 },		/* came behind the window */
		{ .cpu = 5, .node = 1, .core = 5, .online = 0 },		/* neither then nor now */
	};
	struct topology topology = { .cpus = cpus, .cpu_count = 5 };
	struct view_summary summary;

	(void)state;
	add("41", "eth0", IRQTABLE_COUNTER, 4, 100, 900, 900, 900);
	assert_int_equal(view_summary(&arena, &window, &topology, &summary), 0);
	assert_int_equal(summary.cpu_count, 5); /* 0-4 */
	assert_int_equal(summary.cpus[1].online, 0);
	assert_int_equal(summary.cpus[3].online, 0); /* /sys lacks it: taken out */
	assert_int_equal(summary.cpus[4].cpu, 4);
	assert_int_equal(summary.cpus[4].online, 1);
	assert_int_equal(summary.cpus[4].device_total, 0);
	assert_int_equal(summary.cpus[4].node, 1);
	assert_int_equal(summary.cpus[4].core, 4);
	assert_int_equal(summary.evenness.cpus, 2); /* 0 and 4 */
	assert_int_equal(summary.evenness.max, 100);
	assert_int_equal(summary.evenness.min, 0);
	assert_true(summary.evenness.imbalance == 1);
	assert_int_equal(summary.all.device_total, 2800);
}

static void loads_that_are_equal_are_even_however_large(void **state)
{
	static const uint64_t even[] = { 5, 5, 5 }, odd[] = { 30, 10, 20 };
	static const uint64_t large[] = { UINT64_C(508241064173963736), UINT64_C(508241064173963736),
					  UINT64_C(508241064173963736) };
	struct view_evenness e = view_evenness(even, 3);

	(void)state;
	assert_true(e.cpus == 3 && e.max == 5 && e.min == 5 && e.mean == 5 && e.spread == 0);
	assert_true(e.imbalance == 0 && e.stdev_percent == 0);
	e = view_evenness(large, 3);
	assert_true(e.imbalance == 0 && e.stdev_percent == 0 && e.max == large[0]);
	e = view_evenness(odd, 3);
	assert_true(e.max == 30 && e.min == 10 && e.mean == 20 && e.spread == 20 && e.imbalance == 0.5);
	assert_true(fabs(e.stdev_percent - 40.824829046386) < 1e-9);
	e = view_evenness(odd, 1);
	assert_true(e.cpus == 1 && e.imbalance == 0 && e.stdev_percent == 0);
	e = view_evenness(odd, 0);
	assert_true(e.cpus == 0 && e.max == VIEW_NONE && e.min == VIEW_NONE && e.spread == VIEW_NONE);
	assert_true(isnan(e.mean) && isnan(e.imbalance) && isnan(e.stdev_percent));
}

/* ---- one IRQ, topology, owners ---- */

static void a_label_that_stands_twice_is_answered_twice(void **state)
{
	struct view_irqs answer;

	(void)state;
	add("LOC", "Local timer interrupts for timer event device", IRQTABLE_COUNTER, 1, 3);
	add("16", "ehci_hcd:usb1", IRQTABLE_COUNTER, 1, 0);
	add("LOC", "Local timer interrupts for others", IRQTABLE_COUNTER, 1, 9);
	assert_int_equal(view_irqs(&arena, &window, "LOC", &answer), 0);
	assert_int_equal(answer.irq_count, 2);
	assert_int_equal(answer.irqs[0].total, 3);
	assert_int_equal(answer.irqs[1].total, 9);
	assert_string_equal(answer.irqs[1].name, "Local timer interrupts for others");
	assert_int_equal(view_irqs(&arena, &window, "16", &answer), 0); /* silent, but there */
	assert_int_equal(answer.irq_count, 1);
	assert_int_equal(answer.irqs[0].total, 0);
	assert_int_equal(view_irqs(&arena, &window, "1", &answer), -ENOENT);
	assert_int_equal(answer.irq_count, 0);
}

static void the_topology_is_told_as_far_as_it_is_known(void **state)
{
	struct topology_cpu cpus[] = {
		{ .cpu = 0, .node = 0, .package = 0, .core = 3, .online = 1 },
		{ .cpu = 8, .node = -1, .package = -1, .core = -1, .online = 0, .isolated = -1, .nohz_full = -1 },
	};
	struct topology topology = { .cpus = cpus, .cpu_count = 2 };
	struct view_topology answer;

	(void)state;
	assert_int_equal(cpulist_parse(&cpus[0].siblings, "0,4-5"), 0);
	assert_int_equal(view_topology(&arena, &topology, &answer), 0);
	assert_int_equal(answer.cpu_count, 2);
	assert_string_equal(answer.cpus[0].siblings, "0,4-5");
	assert_int_equal(answer.cpus[0].core, 3);
	assert_null(answer.cpus[1].siblings);
	assert_int_equal(answer.cpus[1].cpu, 8);
	assert_int_equal(answer.cpus[1].isolated, -1);
	cpulist_free(&cpus[0].siblings);
}

static void the_owner_is_the_first_action_without_its_queue(void **state)
{
	static const char *const examples[][2] = {
		{ "eth0", "eth0" },			{ "eth0-TxRx-3", "eth0" },
		{ "eth0-rx-1", "eth0" },		{ "eth0-tx-0", "eth0" },
		{ "eth0-Rx3", "eth0" },			{ "eth0-Tx-Rx-3", "eth0" },
		{ "eth0-q1-tx", "eth0" },		{ "eth0:TxRx-2", "eth0" },
		{ "eth6-0", "eth6" },			{ "em1-0", "em1" },
		{ "enp3s0", "enp3s0" },			{ "enp3s0f1-TxRx-11", "enp3s0f1" },
		{ "ens4-rx-0", "ens4" },		{ "p1p1-fp-3", "p1p1" },
		{ "eno8403-rx-1", "eno8403" },		{ "8000000.ethernet-rx0", "8000000.ethernet" },
		{ "i40e-eth0-TxRx-3", "eth0" },		{ "ice-eno12399np0-TxRx-0", "eno12399np0" },
		{ "i40e-0000:01:00.0:misc", "0000:01:00.0" }, { "ice-0000:01:00.0:ctrl-TxRx-0", "0000:01:00.0" },
		{ "mlx5_comp3@pci:0000:3b:00.0", "0000:3b:00.0" }, { "mlx4-async@pci:0000:04:00.0", "0000:04:00.0" },
		{ "mlx5_comp3", "mlx5" },		{ "skge@pci:0000:05:00.0", "0000:05:00.0" },
		{ "ahci[0000:00:1f.2]", "0000:00:1f.2" }, { "vfio-msix[0](10000:e1:00.0)", "10000:e1:00.0" },
		{ "0000:00:1f.2", "0000:00:1f.2" },	{ "ahci[0000:00:1f.9]", "ahci[0000:00:1f.9]" },
		{ "sub@storvsc1", "storvsc1" },
		{ "nvme0q12", "nvme0" },		{ "nvme0q0", "nvme0" },
		{ "virtio2-input.0", "virtio2" },	{ "virtio3-rx", "virtio3" },
		{ "virtio7-req.0", "virtio7" },		{ "virtio0-config", "virtio0" },
		{ "virtio1", "virtio1" },		{ "virtio", "virtio" },
		{ "megasas0-msix12", "megasas0" },	{ "mpt3sas0-msix7", "mpt3sas0" },
		{ "ioat-msix", "ioat" },		{ "iwlwifi:default_queue", "iwlwifi" },
		{ "iwlwifi:queue_1", "iwlwifi" },	{ "xhci_hcd", "xhci_hcd" },
		{ "ehci_hcd:usb1", "ehci_hcd:usb1" },	{ "i8042", "i8042" },
		{ "hpet2", "hpet2" },			{ "rtc0", "rtc0" },
		{ "ttyS0", "ttyS0" },			{ "psp-1", "psp-1" },
		{ "idma64.6", "idma64.6" },		{ "1-0038, 1-003f", "1-0038" },
		{ "206408000.mbox-recv", "206408000.mbox-recv" }, { "PCIe PME, aerdrv", "PCIe PME" },
		{ "acpi, yenta, yenta, eth2", "acpi" },	{ "MAL TX EOB", "MAL TX EOB" },
		{ "rx-0", "rx-0" },			{ "-rx-0", "-rx-0" },
		{ "q0", "q0" },				{ "@", "@" },
		{ "\xff-TxRx-0", "\xff" },		{ "0-1", "0-1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof examples / sizeof *examples; i++) {
		const char *device = view_device(&arena, examples[i][0]);

		if (strcmp(device, examples[i][1]) != 0)
			fail_msg("the owner of \"%s\" is \"%s\", not \"%s\"", examples[i][0], device, examples[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_summary_has_each_cpu_s_share_and_what_fired_most_there),
		T(of_two_that_fired_as_often_the_kernel_s_first_is_on_top),
		T(without_a_device_that_fired_there_is_neither_share_nor_top),
		T(evenness_is_over_the_cpus_that_may_take_interrupts),
		T(loads_that_are_equal_are_even_however_large),
		T(a_label_that_stands_twice_is_answered_twice),
		T(the_topology_is_told_as_far_as_it_is_known),
		T(the_owner_is_the_first_action_without_its_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
