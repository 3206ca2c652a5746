#!/usr/bin/env python3
"""Affinities of a made machine: what is written, and that nothing is written when anything is wrong."""
import os
import shutil

from machine import IO_APIC, MSI, Machine, Table
from service import Plain, Service, wait_for
from tap import check, equal, main, test

CPUS = {0: 10, 1: 10, 2: 10, 3: 10}
ROWS = [("40", CPUS, MSI % 1 + "eth0-rx-0"), ("41", CPUS, MSI % 2 + "eth0-tx-0"), ("42", CPUS, MSI % 3 + "nvme0q1"),
        ("43", CPUS, IO_APIC % 9 + "acpi"), ("44", CPUS, IO_APIC % 4 + "ttyS0"),
        ("45", CPUS, "xen-percpu    -virq      timer0"), ("46", CPUS, IO_APIC % 8 + "rtc0"),
        ("47", CPUS, MSI % 4 + "eth0-rx-1"), ("LOC", CPUS, "Local timer interrupts"), ("ERR", 0, "")]


def make():
    """CPUs 0 to 3 are online, 4 is not; IRQs of every kind."""
    made = Machine(Table(range(4), *ROWS))
    made.cpu(4)
    made.irq(40, "0-3", "0", "eth0-rx-0", node=0)
    made.irq(41, "1", "1", "eth0-tx-0")
    made.irq(42, "0-3", "3", "nvme0q1", mode=0o444)
    made.irq(43, "0-3", None, "acpi", chip="IO-APIC")  # as before Linux 4.13
    made.irq(45, "0", "0", "timer0", mode=0o444, chip="xen-percpu")
    made.irq(46, "0-3", "0", "rtc0", mode=0o444, chip="IO-APIC")
    made.irq(47, "0-3", "0", "eth0-rx-1")
    return made


machine = make()
service = Service(machine)


def written(before):
    return machine.changed(before)


def restore():
    machine.irq(40, "0-3", "0", node=0)
    machine.irq(41, "1", "1")
    machine.irq(43, "0-3", None, chip="IO-APIC")


def refused(answer, status, code, before):
    problem = answer.expect(status, code)
    equal(written(before), {}, "what was written though it was refused with %s" % code)
    return problem


@test("PUT of a CPU writes the plain number to smp_affinity_list, and nothing else")
def one_cpu():
    restore()
    before = machine.tree()
    change = service.set("40", cpu=2).expect(200)
    equal(written(before), {"proc/irq/40/smp_affinity_list": b"2"}, "what was written")
    result = change["results"][0]
    equal([result.get(k) for k in ("irq", "name", "before", "requested", "affinity", "effective", "state")],
          ["40", "eth0-rx-0", "0-3", "2", "2", "0", "pending"], "its result")
    equal((change["state"], len(change["results"])), ("applied", 1), "the change")
    check(change["id"] and change["time"] and "127.0.0.1" in change["by"], "id, time and by: %r", change)


@test("PUT of a set writes it as a plain list, however it was written")
def set_of_cpus():
    restore()
    before = machine.tree()
    change = service.set("41", cpus="3,0-1,1").expect(200)
    equal(written(before), {"proc/irq/41/smp_affinity_list": b"0-1,3"}, "what was written")
    equal([change["results"][0][k] for k in ("requested", "affinity", "effective", "state")],
          ["0-1,3", "0-1,3", "1", "done"], "its result")


@test("without smp_affinity_list the mask is written")
def mask():
    os.unlink(os.path.join(machine.folder, "proc/irq/43/smp_affinity_list"))
    before = machine.tree()
    change = service.set("43", cpus="0,3").expect(200)
    restore_list = written(before)
    equal(list(restore_list), ["proc/irq/43/smp_affinity"], "what was written")
    equal(int(restore_list["proc/irq/43/smp_affinity"].replace(b",", b""), 16), 9, "the mask")
    equal((change["results"][0]["affinity"], change["results"][0]["effective"]), ("0,3", None), "what is read back")


@test("a set of assignments is one change, written in full")
def several():
    restore()
    before = machine.tree()
    answer = service.send("POST", "/changes", {"assignments": [{"irq": "40", "cpu": 1}, {"irq": "41", "cpus": "2-3"}]})
    change = answer.expect(201)
    equal(written(before), {"proc/irq/40/smp_affinity_list": b"1", "proc/irq/41/smp_affinity_list": b"2-3"}, "written")
    equal([(r["irq"], r["requested"], r["state"]) for r in change["results"]],
          [("40", "1", "pending"), ("41", "2-3", "pending")], "results")


@test("a dry run says what would be and writes nothing")
def dry_run():
    restore()
    before = machine.tree()
    change = service.send("POST", "/changes", {"assignments": [{"irq": "40", "cpu": 1}], "dry_run": True}).expect(200)
    equal(written(before), {}, "what was written")
    result = change["results"][0]
    equal((change["id"], result["requested"], result["before"]), (None, "1", "0-3"), "the change")


REFUSED = [
    ("40", {"cpu": 4}, 422, "bad_cpu", "a CPU that is offline"),
    ("40", {"cpu": 5}, 422, "bad_cpu", "a CPU that is absent"),
    ("40", {"cpu": 4294967295}, 422, "bad_cpu", "a CPU that no machine has"),
    ("40", {"cpus": "2-4"}, 422, "bad_cpu", "a set with a CPU that is offline"),
    ("40", {"cpus": "0,9999"}, 422, "bad_cpu", "a set with a CPU that is absent"),
    ("42", {"cpu": 1}, 409, "managed", "a managed IRQ"),
    ("45", {"cpu": 1}, 409, "per_cpu", "a per-CPU IRQ"),
    ("46", {"cpu": 1}, 409, "no_affinity", "an IRQ whose chip cannot be asked"),
    ("44", {"cpu": 1}, 409, "no_affinity", "an IRQ that has no folder"),
    ("48", {"cpu": 1}, 404, "no_such_irq", "an IRQ that is not there"),
    ("LOC", {"cpu": 1}, 409, "per_cpu", "a timer's row"),
    ("ERR", {"cpu": 1}, 409, "no_affinity", "a value that is no CPU's"),
    ("eth0-rx-0", {"cpu": 1}, 404, "no_such_irq", "a name instead of a number"),
    ("040", {"cpu": 1}, 404, "no_such_irq", "a number with a nought before it"),
    ("-1", {"cpu": 1}, 404, "no_such_irq", "a negative number"),
    ("99999999999999999999", {"cpu": 1}, 404, "no_such_irq", "a number beyond all"),
    ("../40", {"cpu": 1}, 404, "no_such_irq", "a path instead of a number"),
    ("40/../41", {"cpu": 1}, 404, "no_such_irq", "a path that ends at another IRQ"),
]


@test("what cannot be is refused with its own status and code, and nothing is written")
def cannot_be():
    restore()
    before = machine.tree()
    for irq, body, status, code, what in REFUSED:
        try:
            problem = refused(service.set(irq, **body), status, code, before)
            check(irq in problem["detail"] or code == "bad_cpu", "the detail does not name it: %r", problem)
        except AssertionError as error:
            raise AssertionError("%s: %s" % (what, error))


@test("one bad assignment of several: each bad one is listed, and nothing is written")
def one_bad():
    restore()
    before = machine.tree()
    for irq, body, status, code, what in REFUSED:
        assignments = [{"irq": "41", "cpu": 2}, dict(body, irq=irq), {"irq": "47", "cpu": 4}]
        try:
            problem = refused(service.send("POST", "/changes", {"assignments": assignments}), status, code, before)
            equal([(e["irq"], e["code"]) for e in problem["errors"]], [(irq, code), ("47", "bad_cpu")], "errors")
        except AssertionError as error:
            raise AssertionError("%s: %s" % (what, error))


@test("what the kernel takes and another undoes at once is told: the change is partly done, and irqclient exits with 3")
def partly():
    restore()
    # whatever is written there reads back as nothing
    path = os.path.join(machine.folder, "proc/irq/47/smp_affinity_list")
    os.unlink(path)
    os.symlink("/dev/null", path)
    try:
        before = machine.tree()
        both = {"assignments": [{"irq": "47", "cpu": 1}, {"irq": "40", "cpu": 1}]}
        change = service.send("POST", "/changes", both).expect(201)
        equal(change["state"], "partly", "state")
        equal([(r["irq"], r["state"], r["code"]) for r in change["results"]],
              [("47", "failed", "conflict"), ("40", "pending", None)], "results")
        equal(written(before), {"proc/irq/40/smp_affinity_list": b"1"}, "what was written")
        service.set("47", cpu=1).expect(409, "conflict")
        status, out, err = service.client("set", "47", "1", "40", "2")
        equal(status, 3, "irqclient's exit status, which said %r %r" % (out, err))
        check("conflict" in out and "pending" in out, "irqclient's table is %r", out)
        status, out, err = service.client("set", "47", "1")
        equal(status, 1, "irqclient's exit status when all failed, which said %r %r" % (out, err))
    finally:
        os.unlink(path)
        machine.irq(47, "0-3", "0")


@test("what the kernel refuses at the write is told with its errno")
def errno():
    path = os.path.join(machine.folder, "proc/irq/47/smp_affinity_list")
    os.unlink(path)
    os.mkdir(path)  # open(2) says EISDIR
    try:
        both = {"assignments": [{"irq": "47", "cpu": 1}, {"irq": "41", "cpu": 1}]}
        change = service.send("POST", "/changes", both).expect(201)
        equal((change["state"], [r["state"] for r in change["results"]]), ("partly", ["failed", "done"]), "the change")
        equal(change["results"][0].get("errno"), 21, "errno")
        equal(service.set("47", cpu=1).expect(500, "internal").get("errno"), 21, "errno of a PUT")
    finally:
        os.rmdir(path)
        machine.irq(47, "0-3", "0")


@test("each IRQ tells where it may go, where it goes, and why it cannot be moved")
def told():
    restore()
    irqs = dict((r["irq"], r) for r in service.get("/overview", all="1").expect(200)["irqs"])
    fields = ("affinity", "effective", "node", "movable", "reason")
    got = dict((irq, tuple(irqs[irq][field] for field in fields)) for irq in irqs)
    equal(got, {
        "40": ("0-3", "0", 0, True, None),
        "41": ("1", "1", None, True, None),
        "42": ("0-3", "3", None, False, "managed"),
        "43": ("0-3", None, None, True, None),
        "44": (None, None, None, False, "unknown"),
        "45": ("0", "0", None, False, "per_cpu"),
        "46": ("0-3", "0", None, False, "no_affinity"),
        "47": ("0-3", "0", None, True, None),
        "LOC": (None, None, None, False, "per_cpu"),
        "ERR": (None, None, None, False, "no_affinity")}, "affinities")
    equal([cpu["online"] for cpu in service.get("/topology").expect(200)["cpus"]], [True] * 4 + [False], "topology")


@test("after a change no worker answers with what was before it, nor with 304")
def current():
    for cpu in (1, 2, 3, 1, 2, 3):
        tag = service.get("/irqs/40").headers["etag"]
        service.set("40", cpu=cpu).expect(200)
        for _ in range(6):
            answer = service.get("/irqs/40", {"If-None-Match": tag})
            equal(answer.expect(200)["irqs"][0]["affinity"], str(cpu), "the affinity")


@test("irqclient set moves by number and by name, and says what took effect")
def client_set():
    restore()
    before = machine.tree()
    status, out, err = service.client("set", "40", "2", "eth0-tx-0", "0-1")
    equal(status, 0, "exit status of irqclient set, which said %r" % err)
    equal(written(before), {"proc/irq/40/smp_affinity_list": b"2", "proc/irq/41/smp_affinity_list": b"0-1"}, "written")
    lines = [line.split()[:6] for line in out.splitlines()]
    check(["40", "eth0-rx-0", "0-3", "->", "2", "0"] in lines, "its table is %r", out)
    check(["41", "eth0-tx-0", "1", "->", "0-1", "1"] in lines, "its table is %r", out)
    check("pending" in out and "ending" in err, "it does not say pending: %r, %r", out, err)
    status, out, err = service.client("-J", "set", "41", "1", "--dry-run")
    equal((status, err), (0, ""), "irqclient set --dry-run")
    check('"planned"' in out, "its JSON is %r", out)


@test("irqclient set tells what is refused, exits with 1 and has written nothing")
def client_refused():
    restore()
    before = machine.tree()
    for irq, word in (("42", "managed"), ("LOC", "per_cpu"), ("48", "no_such_irq"), ("nobody", "nobody")):
        status, out, err = service.client("set", "40", "1", irq, "1")
        equal((status, out), (1, ""), "irqclient set %s, which said %r" % (irq, err))
        check(irq in err and word in err, "it says %r of %s", err, irq)
    status, out, err = service.client("set", "40", "7")
    equal((status, out), (1, ""), "irqclient set 40 7")
    check("0-3" in err, "it does not say which CPUs are online: %r", err)
    equal(written(before), {}, "what was written")


@test("a service that is read-only changes nothing")
def read_only():
    restore()
    plain = Plain(make())
    plain.settings["READ_ONLY"] = "yes"
    try:
        before = plain.machine.tree()
        plain.set("40", cpu=1).expect(403, "read_only")
        plain.send("POST", "/changes", {"assignments": [{"irq": "40", "cpu": 1}]}).expect(403, "read_only")
        equal(plain.machine.tree(), before, "the files")
    finally:
        plain.end()


@test("a machine of nothing but interrupts: what is not known is null, nothing can be moved, nothing is an error")
def bare_machine():
    made = Machine(Table([0, 1], ("40", {0: 1}, MSI % 1 + "eth0-rx-0")), sys=False)
    shutil.rmtree(os.path.join(made.proc, "sys"))
    bare = Service(made)
    try:
        bare.sampled()
        row = bare.get("/overview", all="1").expect(200)["irqs"][0]
        equal([row[k] for k in ("affinity", "effective", "node", "movable", "reason", "device")],
              [None, None, None, False, "unknown", "eth0"], "the row")
        unknown = dict.fromkeys(("node", "package", "core", "siblings", "online", "isolated", "nohz_full"))
        equal(bare.get("/topology").expect(200), {"cpus": [dict(unknown, cpu=0), dict(unknown, cpu=1)]}, "topology")
        equal(bare.health()["irqbalance"], {"running": None}, "irqbalance")
        summary = bare.get("/summary").expect(200)
        equal([(c["cpu"], c["online"], c["node"], c["core"]) for c in summary["cpus"]],
              [(0, None, None, None), (1, None, None, None)], "summary")
        bare.set("40", cpu=1).expect(409, "no_affinity")
        equal(os.listdir(made.proc), ["interrupts"], "files in proc")
    finally:
        bare.end()


wait_for(lambda: service.get("/overview").status == 200, "an overview")
main(service.end)
