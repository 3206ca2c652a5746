#!/usr/bin/env python3
"""A machine as large as they come: 1,152 CPUs and 320 IRQs, 92,000 cells of which ever fired: each is told exactly."""
import time

from machine import MSI, Machine, Table
from service import Service
from sums import Row, check_sums, read_overview
from tap import check, equal, main, test

CPUS = range(1152)
IRQS = range(100, 420)
TIMER = "Local timer interrupts"


def name(irq):
    return "nvme%dq%d" % (irq // 64, irq % 64)


def fired(irq, cpu):
    """What a cell gains: most nothing, many a little, a few much."""
    return (irq * 7 + cpu * 3) % 11 * (1000 if (irq + cpu) % 97 == 0 else 1) if (irq + cpu) % 4 == 0 else 0


def table(times):
    rows = []
    for irq in IRQS:
        counts = dict((cpu, 50 + irq + times * fired(irq, cpu)) for cpu in CPUS if (irq + cpu) % 4 == 0)
        rows.append((str(irq), counts, MSI % irq + name(irq)))
    rows.append(("LOC", dict((cpu, 4000000000 + times * cpu) for cpu in CPUS), TIMER))
    return Table(CPUS, *rows)


service = Service(Machine(table(0)), "250ms")


@test("320 rows on 1,152 CPUs: every cell, every row's total, every CPU's total")
def sums():
    start = service.sampled()
    service.machine.show(table(1))
    service.sampled()
    service.machine.show(table(3))
    end = service.sampled()
    span = {"start": "%.6f" % start, "end": "%.6f" % end}
    rows = [Row(str(irq), name(irq), dict((cpu, 3 * fired(irq, cpu)) for cpu in CPUS)) for irq in IRQS]
    rows.append(Row("LOC", TIMER, dict((cpu, 3 * cpu) for cpu in CPUS)))
    overview = check_sums(service, span, rows)
    equal(len(overview["cpus"]), len(CPUS), "CPUs")
    some = service.get("/overview", cpus="7,1151", irqs="LOC,100", **span).expect(200)
    equal(some["cpu_totals"], dict((str(cpu), 3 * fired(100, cpu) + 3 * cpu) for cpu in (7, 1151)), "two rows' CPUs")
    status, out, err = service.client("overview", "--start", span["start"], "--end", span["end"])
    equal((status, err), (0, ""), "irqclient")
    told = read_overview(out, list(CPUS))
    equal(told[0], ("all", overview["total"], [overview["cpu_totals"][str(cpu)] for cpu in CPUS]), "its row of totals")
    equal([row[1] for row in told[1:]], [irq["total"] for irq in overview["irqs"]], "its rows")


@test("its samples keep up, and an overview comes within a few seconds")
def keeps_up():
    cost = service.health()["sampler"]["cost_microseconds"]
    check(sum(cost.values()) < 1000000, "a sample costs %r microseconds", cost)
    start = time.time()
    service.get("/overview").expect(200)
    check(time.time() - start < 10, "the overview took %r s", time.time() - start)


main(service.end)
