"""What fired, cell by cell, compared in every way it is told: overview, summary, irqclient -J and irqclient's tables.

Used by the tests of made machines, which know each number beforehand.
"""
import json
import math

from tap import check, equal


class Row:
    """What one row should have gained: {CPU: n}, or a number for a bare value; counted: it belongs to the totals."""

    def __init__(self, irq, name, gained, counted=True):
        self.irq = irq
        self.name = name
        self.bare = not isinstance(gained, dict)
        self.counts = {} if self.bare else dict((cpu, n) for cpu, n in gained.items() if n)
        self.total = gained if self.bare else sum(gained.values())
        self.counted = counted and not self.bare
        self.device = irq.isdigit()


def close(got, expected, what):
    check(got is not None and abs(got - expected) <= 1e-9 * max(1, abs(expected)), "%s: got %%r, expected %%r" % what,
          got, expected)


def by_cpu(rows, cpus):
    totals = dict((cpu, 0) for cpu in cpus)
    for row in rows:
        for cpu, n in row.counts.items():
            totals[cpu] += n
    return totals


def check_overview(overview, rows):
    counted = [row for row in rows if row.counted]
    got = sorted((r["irq"], r["name"] or "", r["counts"], r["total"]) for r in overview["irqs"])
    expected = sorted((row.irq, row.name, dict((str(c), n) for c, n in row.counts.items()), row.total)
                      for row in rows if row.total)
    equal(got, expected, "the rows of the overview")
    totals = by_cpu(counted, overview["cpus"])
    equal(overview["cpu_totals"], dict((str(cpu), n) for cpu, n in totals.items()), "cpu_totals")
    equal(overview["total"], sum(totals.values()), "total")
    told = [r["total"] for r in overview["irqs"]]
    equal(told, sorted(told, reverse=True), "the order of the rows")
    for r in overview["irqs"]:
        equal(r["class"], "device" if r["irq"].isdigit() else "system", "class of " + r["irq"])
        close(r["per_second"], r["total"] / overview["window"]["seconds"], "per_second of " + r["irq"])


def check_summary(summary, rows):
    counted = [row for row in rows if row.counted]
    devices = [row for row in counted if row.device]
    cpus = [cpu["cpu"] for cpu in summary["cpus"]]
    totals, loads = by_cpu(counted, cpus), by_cpu(devices, cpus)
    device_total = sum(loads.values())
    seconds = summary["window"]["seconds"]
    equal((summary["all"]["total"], summary["all"]["device_total"]), (sum(totals.values()), device_total), "all")
    close(summary["all"]["per_second"], sum(totals.values()) / seconds, "all per_second")
    for cpu in summary["cpus"]:
        number = cpu["cpu"]
        what = "CPU %d's " % number
        equal((cpu["total"], cpu["device_total"]), (totals[number], loads[number]), what + "totals")
        close(cpu["device_per_second"], loads[number] / seconds, what + "rate")
        check_devices(cpu, devices, device_total, what)
    check_evenness(summary["evenness"], [loads[cpu["cpu"]] for cpu in summary["cpus"] if cpu["online"] is not False])


def check_devices(cpu, devices, device_total, what):
    fired = [row for row in devices if row.counts.get(cpu["cpu"])]
    equal(cpu["irqs"], len(fired), what + "number of IRQs")
    if not fired:
        equal(cpu["top"], None, what + "top")
        return
    close(cpu["share"], cpu["device_total"] / device_total, what + "share")
    most = max(row.counts[cpu["cpu"]] for row in fired)
    check(cpu["top"]["irq"] in [row.irq for row in fired if row.counts[cpu["cpu"]] == most],
          what + "top is %r", cpu["top"])
    close(cpu["top"]["share"], most / cpu["device_total"], what + "top's share")


def check_evenness(evenness, loads):
    mean = sum(loads) / len(loads)
    equal((evenness["cpus"], evenness["max"], evenness["min"], evenness["spread"]),
          (len(loads), max(loads), min(loads), max(loads) - min(loads)), "evenness")
    close(evenness["mean"], mean, "mean")
    if mean:
        close(evenness["imbalance"], max(loads) / mean - 1, "imbalance")
        deviation = math.sqrt(sum((n - mean) ** 2 for n in loads) / len(loads))
        close(evenness["stdev_percent"], 100 * deviation / mean, "stdev_percent")


def check_sums(service, span, rows, **parameters):
    """Asks the API what fired in that window; returns the overview."""
    overview = service.get("/overview", **dict(span, **parameters)).expect(200)
    check_overview(overview, rows)
    check_summary(service.get("/summary", **span).expect(200), rows)
    return overview


def client_options(span):
    return ["--start", span["start"], "--end", span["end"]]


def read_overview(text, cpus):
    """irqclient's table, from the right, as names hold blanks: rows of (irq, total, [count a CPU])."""
    lines = text.splitlines()
    equal(lines[1].split()[-len(cpus):], ["CPU%d" % cpu for cpu in cpus], "the head of the table")
    rows = []
    for line in lines[2:]:
        words = line.split()
        cells = [None if word == "-" else int(word) for word in words[-len(cpus):]]
        rows.append((words[0], int(words[-len(cpus) - 2]), cells))
    return rows


def check_client(service, span, rows):
    """irqclient says the same, as JSON and as text."""
    overview = check_sums(service, span, rows)
    status, out, err = service.client("-J", "overview", *client_options(span))
    equal((status, err, json.loads(out)), (0, "", overview), "irqclient -J overview")
    status, out, err = service.client("-J", "summary", *client_options(span))
    equal((status, err, json.loads(out)), (0, "", service.get("/summary", **span).json()), "irqclient -J summary")
    status, out, err = service.client("overview", *client_options(span))
    equal((status, err), (0, ""), "irqclient overview")
    cpus = overview["cpus"]
    expected = [("all", overview["total"], [overview["cpu_totals"][str(cpu)] for cpu in cpus])]
    for r in overview["irqs"]:
        cells = [r["counts"].get(str(cpu), 0) for cpu in cpus] if r["counts"] else [None] * len(cpus)
        expected.append((r["irq"], r["total"], cells))
    equal(read_overview(out, cpus), expected, "the table of irqclient overview")
    check_client_summary(service, span)


def check_client_summary(service, span):
    summary = service.get("/summary", **span).expect(200)
    status, out, err = service.client("summary", *client_options(span))
    equal((status, err), (0, ""), "irqclient summary")
    lines = [line.split() for line in out.splitlines()[2:]]
    equal((lines[0][0], summary["all"]["total"]), ("all", int(lines[0][1 if lines[0][1] != "-" else 2])), "its row all")
    for words, cpu in zip(lines[1:], summary["cpus"]):
        words = [word for word in words if word != "offline"]
        total = words[2 if cpu["node"] is not None or "NODE" in out.splitlines()[1] else 1]
        equal((int(words[0]), int(total)), (cpu["cpu"], cpu["total"]), "a row of irqclient summary")
