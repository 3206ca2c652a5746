#!/usr/bin/env python3
"""What a counter gains when machines do what machines do: made machines, exact numbers, through the web server."""
from machine import IO_APIC, MSI, Machine, Table
from service import Service, wait_for
from sums import Row, check_client, check_sums
from tap import check, equal, main, test

RX = MSI % 1 + "eth0-rx-0"
TX = MSI % 2 + "eth0-tx-0"
TIMER = ("LOC", {0: 1000, 1: 1000}, "Local timer interrupts")

machine = Machine(Table([0, 1], ("1", {}, IO_APIC % 1 + "quiet")))
service = Service(machine)


def rows_of(irq, span):
    return [(r["name"], r["counts"]) for r in service.get("/irqs/" + irq, **span).expect(200)["irqs"]]


@test("what fired between two tables is their difference, told alike by overview, summary, irqclient -J and its tables")
def difference():
    span = service.play(
        machine,
        Table([0, 1], ("40", {0: 100, 1: 7}, RX), ("41", {0: 5}, TX), ("42", {1: 3}, MSI % 3 + "eth0"), TIMER),
        Table([0, 1], ("40", {0: 130, 1: 7}, RX), ("41", {0: 5, 1: 9}, TX), ("42", {1: 3}, MSI % 3 + "eth0"),
              ("LOC", {0: 1400, 1: 1001}, TIMER[2])))
    rows = [Row("40", "eth0-rx-0", {0: 30}), Row("41", "eth0-tx-0", {1: 9}),
            Row("LOC", "Local timer interrupts", {0: 400, 1: 1})]
    check_client(service, span, rows)
    silent = [r for r in service.get("/overview", all="1", **span).expect(200)["irqs"] if r["irq"] == "42"]
    equal([(r["total"], r["counts"]) for r in silent], [(0, {})], "the row that did not fire, with all=1")


@test("a window of several samples is the sum of all of them")
def many():
    tables = [Table([0, 1], ("40", {0: 10 * i * i, 1: 3 * i}, RX), ("41", {1: i % 2 + 5 * i}, TX)) for i in range(6)]
    span = service.play(machine, *tables)
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 250, 1: 15}), Row("41", "eth0-tx-0", {1: 26})])


@test("a counter that wraps at 2^32 gains what it gained, and its neighbours too")
def wrap():
    top = 2 ** 32
    span = service.play(
        machine,
        Table([0, 1], ("40", {0: top - 6, 1: 20}, RX), ("41", {0: top - 1, 1: top - 100}, TX),
              ("LOC", {0: top - 3, 1: 1}, TIMER[2])),
        Table([0, 1], ("40", {0: 5, 1: 25}, RX), ("41", {0: 0, 1: 900}, TX), ("LOC", {0: 2, 1: 1}, TIMER[2])))
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 11, 1: 5}), Row("41", "eth0-tx-0", {0: 1, 1: 1000}),
                                 Row("LOC", TIMER[2], {0: 5})])


@test("a number that is given to another device is two rows, each with what it gained itself")
def reused():
    other = "PCI-MSIX-0000:00:05.0   0-edge      nvme0q1"
    span = service.play(
        machine,
        Table([0, 1], ("40", {0: 9000, 1: 500}, RX), ("41", {0: 1}, TX)),
        Table([0, 1], ("40", {0: 9010, 1: 500}, RX), ("41", {0: 1}, TX)),
        Table([0, 1], ("41", {0: 1}, TX)),
        Table([0, 1], ("40", {1: 3}, other), ("41", {0: 2}, TX)),
        Table([0, 1], ("40", {0: 4, 1: 13}, other), ("41", {0: 2}, TX)))
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 10}), Row("40", "nvme0q1", {0: 4, 1: 13}),
                                 Row("41", "eth0-tx-0", {0: 1})])
    equal(sorted(rows_of("40", span)), [("eth0-rx-0", {"0": 10}), ("nvme0q1", {"0": 4, "1": 13})], "/irqs/40")


@test("a number that changes its device between two samples is two rows as well")
def replaced():
    other = "PCI-MSIX-0000:00:05.0   0-edge      nvme0q1"
    span = service.play(machine, Table([0, 1], ("40", {0: 9000, 1: 500}, RX)),
                        Table([0, 1], ("40", {0: 9002, 1: 500}, RX)), Table([0, 1], ("40", {1: 3}, other)))
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 2}), Row("40", "nvme0q1", {1: 3})])
    equal(sorted(rows_of("40", span)), [("eth0-rx-0", {"0": 2}), ("nvme0q1", {"1": 3})], "/irqs/40")
    same_place = Row("40", "eth1-rx-0", {0: 1, 1: 600})  # chip and hwirq do not tell, name and counts do
    span = service.play(machine, Table([0, 1], ("40", {0: 9000, 1: 500}, RX)),
                        Table([0, 1], ("40", {0: 9002, 1: 500}, RX)),
                        Table([0, 1], ("40", same_place.counts, MSI % 1 + "eth1-rx-0")))
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 2}), same_place])


@test("a counter that is made anew for the same device gains what it shows since")
def made_anew():
    span = service.play(
        machine,
        Table([0, 1], ("40", {0: 1000000, 1: 3}, RX)),
        Table([0, 1], ("40", {0: 1000010, 1: 3}, RX)),
        Table([0, 1], ("40", {0: 5, 1: 8}, RX)),  # CPU 1 shows more than before, but that is new as well
        Table([0, 1], ("40", {0: 6, 1: 9}, RX)))
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 16, 1: 9})])
    equal(rows_of("40", span), [("eth0-rx-0", {"0": 16, "1": 9})], "/irqs/40")


@test("a second handler on a line does not begin another counter")
def second_handler():
    span = service.play(machine, Table([0, 1], ("9", {0: 100}, IO_APIC % 9 + "acpi")),
                        Table([0, 1], ("9", {0: 103, 1: 2}, IO_APIC % 9 + "acpi, i801_smbus")))
    check_sums(service, span, [Row("9", "acpi, i801_smbus", {0: 3, 1: 2})])


@test("a CPU that goes offline in the middle of the window and comes back keeps what it counted")
def offline():
    span = service.play(
        machine,
        Table([0, 1, 2, 3], ("40", {0: 10, 1: 20, 2: 30, 3: 40}, RX), ("LOC", {2: 7, 3: 7}, TIMER[2])),
        Table([0, 1, 2, 3], ("40", {0: 10, 1: 20, 2: 35, 3: 40}, RX), ("LOC", {2: 8, 3: 9}, TIMER[2])),
        Table([0, 1, 3], ("40", {0: 11, 1: 20, 3: 42}, RX), ("LOC", {3: 9}, TIMER[2])),
        Table([0, 1, 3], ("40", {0: 11, 1: 23, 3: 42}, RX), ("LOC", {3: 10}, TIMER[2])),
        Table([0, 1, 2, 3], ("40", {0: 11, 1: 23, 2: 39, 3: 42}, RX), ("LOC", {2: 10, 3: 10}, TIMER[2])))
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 1, 1: 3, 2: 9, 3: 2}), Row("LOC", TIMER[2], {2: 3, 3: 3})])


@test("a CPU that is offline at the end is in the window still, and told offline")
def gone_offline():
    span = service.play(
        machine,
        Table([0, 1, 2], ("40", {0: 10, 1: 20, 2: 30}, RX)),
        Table([0, 1, 2], ("40", {0: 10, 1: 20, 2: 37}, RX)),
        Table([0, 1], ("40", {0: 12, 1: 20}, RX)))
    rows = [Row("40", "eth0-rx-0", {0: 2, 2: 7})]
    check_client(service, span, rows)
    summary = service.get("/summary", **span).expect(200)
    equal([(cpu["cpu"], cpu["online"]) for cpu in summary["cpus"]], [(0, True), (1, True), (2, False)], "who is online")
    equal(summary["evenness"]["cpus"], 2, "CPUs that may take interrupts")


@test("an IRQ that appears counts from nought")
def appears():
    span = service.play(machine, Table([0, 1], ("40", {0: 10}, RX)),
                        Table([0, 1], ("40", {0: 10}, RX), ("41", {0: 17, 1: 4}, TX)),
                        Table([0, 1], ("40", {0: 10}, RX), ("41", {0: 18, 1: 4}, TX)))
    check_sums(service, span, [Row("41", "eth0-tx-0", {0: 18, 1: 4})])


@test("an IRQ that appears with more than can have fired meanwhile counts from what it shows")
def appears_old():
    span = service.play(machine, Table([0, 1], ("40", {0: 10}, RX)),
                        Table([0, 1], ("40", {0: 11}, RX), ("41", {0: 4000000000}, TX)),
                        Table([0, 1], ("40", {0: 11}, RX), ("41", {0: 4000000006}, TX)))
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 1}), Row("41", "eth0-tx-0", {0: 6})])


@test("an IRQ that vanishes keeps what it gained, and a comeback goes on from there")
def vanishes():
    before = [Table([0, 1], ("40", {0: 10}, RX), ("41", {1: 100}, TX)),
              Table([0, 1], ("40", {0: 10}, RX), ("41", {1: 108}, TX)),
              Table([0, 1], ("40", {0: 12}, RX))]
    span = service.play(machine, *before)
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 2}), Row("41", "eth0-tx-0", {1: 8})])
    machine.show(Table([0, 1], ("40", {0: 12}, RX), ("41", {1: 111}, TX)))
    span["end"] = "%.6f" % service.sampled()
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 2}), Row("41", "eth0-tx-0", {1: 11})])


@test("CPUs are known by the kernel's number where the numbers have gaps")
def gaps():
    span = service.play(machine, Table([0, 2, 5, 130], ("40", {0: 1, 2: 2, 5: 3, 130: 4}, RX)),
                        Table([0, 2, 5, 130], ("40", {0: 1, 2: 12, 5: 3, 130: 104}, RX)))
    rows = [Row("40", "eth0-rx-0", {2: 10, 130: 100})]
    check_client(service, span, rows)
    overview = service.get("/overview", **span).json()
    check(set([0, 2, 5, 130]) <= set(overview["cpus"]), "cpus are %r", overview["cpus"])
    equal(overview["cpu_totals"]["5"], 0, "a CPU where nothing fired")
    some = service.get("/overview", cpus="0-2,130", **span).expect(200)
    equal((some["cpus"], some["total"], some["irqs"][0]["counts"]), ([0, 2, 130], 110, {"2": 10, "130": 100}), "some")


@test("ERR and MIS with one bare value are no CPU's and in no total")
def bare():
    span = service.play(
        machine,
        Table([0, 1], ("40", {0: 10}, RX), TIMER, ("ERR", 3, ""), ("MIS", 0, "")),
        Table([0, 1], ("40", {0: 16}, RX), TIMER, ("ERR", 7, ""), ("MIS", 2, "")))
    check_client(service, span, [Row("40", "eth0-rx-0", {0: 6}), Row("ERR", "", 4), Row("MIS", "", 2)])


@test("on one CPU too ERR and MIS are no CPU's")
def bare_on_one():
    span = service.play(machine, Table([0], ("40", {0: 10}, RX), ("ERR", 3, ""), ("MIS", 0, "")),
                        Table([0], ("40", {0: 16}, RX), ("ERR", 7, ""), ("MIS", 2, "")))
    check_sums(service, span, [Row("40", "eth0-rx-0", {0: 6}), Row("ERR", "", 4), Row("MIS", "", 2)])


@test("where powerpc prints LOC twice, each is a row of its own")
def twice():
    timer, others = "Local timer interrupts for timer event device", "Local timer interrupts for others"
    span = service.play(
        machine,
        Table([0, 1], ("LOC", {0: 500, 1: 600}, timer), ("BCT", {}, "Broadcast timer"), ("LOC", {0: 5, 1: 6}, others)),
        Table([0, 1], ("LOC", {0: 550, 1: 601}, timer), ("BCT", {}, "Broadcast timer"), ("LOC", {0: 5, 1: 26}, others)))
    check_client(service, span, [Row("LOC", timer, {0: 50, 1: 1}), Row("LOC", others, {1: 20})])
    equal(rows_of("LOC", span), [(timer, {"0": 50, "1": 1}), (others, {"1": 20})], "/irqs/LOC")


@test("s390's sums are told but not added, and a label with a slash is one segment of the path")
def s390():
    def table(ext, io, clock, external, channel, queue):
        return Table([0, 1], ("EXT", ext, ""), ("I/O", io, ""), ("AIO", {}, ""),
                     ("7", queue, "PCI-MSI  mlx5_comp0@pci:0000:00:00.0"), ("CLK", clock, "[EXT] Clock Comparator"),
                     ("EXC", external, "[EXT] External Call"), ("CIO", channel, "[I/O] Common I/O Layer Interrupt"))

    span = service.play(machine, table({0: 30, 1: 20}, {0: 9}, {0: 20, 1: 20}, {0: 10}, {0: 9}, {1: 4}),
                        table({0: 37, 1: 21}, {0: 14}, {0: 25, 1: 20}, {0: 12, 1: 1}, {0: 14}, {1: 6}))
    check_client(service, span, [
        Row("EXT", "", {0: 7, 1: 1}, counted=False), Row("I/O", "", {0: 5}, counted=False),
        Row("7", "mlx5_comp0@pci:0000:00:00.0", {1: 2}), Row("CLK", "[EXT] Clock Comparator", {0: 5}),
        Row("EXC", "[EXT] External Call", {0: 2, 1: 1}), Row("CIO", "[I/O] Common I/O Layer Interrupt", {0: 5})])
    equal([(r["irq"], r["counts"]) for r in service.get("/irqs/I%2FO", **span).expect(200)["irqs"]],
          [("I/O", {"0": 5})], "/irqs/I%2FO")
    equal([(r["irq"], r["counts"]) for r in service.get("/irqs/I%2fO", **span).expect(200)["irqs"]],
          [("I/O", {"0": 5})], "/irqs/I%2fO")
    service.get("/irqs/I/O", **span).expect(404, "not_found")


@test("names with control bytes and bytes that are no UTF-8 are told without harm")
def names():
    def table(n):
        return Table([0, 1], ("40", {0: n}, (MSI % 1).encode() + b"a\x01b\x1b[31mc"),
                     ("41", {0: 2 * n}, (MSI % 2).encode() + b"\xff\xfeeth\xc3\xa90\x80"),
                     ("42", {0: 3 * n}, MSI % 3 + 'a\\b "c" 3: 12 CPU7'))

    span = service.play(machine, table(10), table(17))
    overview = check_sums(service, span, [
        Row("40", "a\x01b\x1b[31mc", {0: 7}), Row("41", "\ufffd\ufffdeth\xe90\ufffd", {0: 14}),
        Row("42", 'a\\b "c" 3: 12 CPU7', {0: 21})])
    check(overview["irqs"][2]["name"] == "a\x01b\x1b[31mc", "the name is %r", overview["irqs"][2])
    status, out, err = service.client("overview", "--start", span["start"], "--end", span["end"])
    equal((status, err), (0, ""), "irqclient overview")
    check(not [c for c in out if c != "\n" and not c.isprintable()], "a terminal gets %r", out)
    check("a?b?[31mc" in out and "eth\xe90" in out, "names in %r", out)


@test("torn reads are thrown away, and told as a gap")
def torn():
    start = Table([0, 1, 2], ("40", {0: 10, 1: 10, 2: 10}, RX), ("41", {0: 5}, TX))
    span = service.play(machine, start)
    before = service.health()["sampler"]["discarded"]
    whole = Table([0, 1, 2], ("40", {0: 99999, 1: 99999}, RX), ("41", {0: 99999}, TX)).text().decode()
    lines = whole.splitlines(True)
    lines[2] = " 41:      99999      99999   " + TX + "\n"  # as if CPU 2 had gone between the rows
    machine.show("".join(lines))
    wait_for(lambda: service.health()["sampler"]["discarded"] > before + 2, "torn samples that are thrown away")
    machine.show("".join(lines[:2]) + " 41:      99999      99")  # as if cut
    seen = service.health()["sampler"]["discarded"]
    wait_for(lambda: service.health()["sampler"]["discarded"] > seen + 2, "cut samples that are thrown away")
    machine.show(Table([0, 1, 2], ("40", {0: 10, 1: 14, 2: 10}, RX), ("41", {0: 6}, TX)))
    span["end"] = "%.6f" % service.sampled()
    overview = check_sums(service, span, [Row("40", "eth0-rx-0", {1: 4}), Row("41", "eth0-tx-0", {0: 1})])
    check("discarded" in [gap["why"] for gap in overview["window"]["gaps"]], "gaps: %r", overview["window"]["gaps"])


@test("a reboot in the window: nothing is subtracted across it, complete is false, the gap is told")
def reboot():
    span = service.play(machine, Table([0, 1], ("40", {0: 1000, 1: 8}, RX)), Table([0, 1], ("40", {0: 1005, 1: 8}, RX)))
    machine.boot()
    service.sampled()
    machine.show(Table([0, 1], ("40", {0: 1005, 1: 10}, RX), ("41", {0: 3}, TX)))
    span["end"] = "%.6f" % service.sampled()
    overview = check_sums(service, span, [Row("40", "eth0-rx-0", {0: 5, 1: 2}), Row("41", "eth0-tx-0", {0: 3})])
    equal(overview["window"]["complete"], False, "complete")
    check("reboot" in [gap["why"] for gap in overview["window"]["gaps"]], "gaps: %r", overview["window"]["gaps"])


main(service.end)
