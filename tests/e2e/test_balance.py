#!/usr/bin/env python3
"""The balancer at work: plans of a made machine, applied; of the real one's random number generator; of saved files."""
import fcntl
import glob
import json
import os
import random
import re
import subprocess

from machine import IO_APIC, MSI, Machine, Table
from service import ROOT, Service, run_client, wait_for, window
from tap import bin_folder, check, equal, main, skip, test

FIXTURES = os.path.join(ROOT, "tests", "fixtures")
SEED = os.path.join(FIXTURES, "irq-rates-2cpu.txt")
NOBODY = {"IRQCLIENT_URL": "http://127.0.0.1:1/"}  # whoever asks a service there fails

NIC = dict((str(n), MSI % (n - 39) + "eth0-rx-%d" % (n - 40)) for n in range(40, 44))
MANAGED = ("44", MSI % 5 + "nvme0q1")
GONE = ("45", IO_APIC % 5 + "ttyS0")


def table(nic, managed, gone, timer):
    """nic: {IRQ: counts}; the others' counts."""
    rows = [(irq, nic[irq], NIC[irq]) for irq in sorted(nic)]
    rows += [(MANAGED[0], managed, MANAGED[1]), (GONE[0], gone, GONE[1]), ("LOC", timer, "Local timer interrupts")]
    return Table(range(4), *rows)


def make():
    """Four queues, all on CPU 0; one IRQ that is managed, one without a folder. CPU 4 is offline."""
    made = Machine(table(dict((irq, {}) for irq in NIC), {}, {}, {}))
    made.cpu(4)
    for irq, tail in NIC.items():
        made.irq(int(irq), "0-3", "0", tail.split()[-1])
    made.irq(44, "1-2", "1", "nvme0q1", mode=0o444)
    return made


machine = make()
service = Service(machine)


def play(places, counts=1000):
    """A window in which each queue fired so often where it is; the others as always."""
    quiet = table(dict((irq, {}) for irq in NIC), {}, {}, {0: 1})
    busy = table(dict((irq, {places[irq]: counts}) for irq in NIC), {1: 500, 2: 100}, {3: 50}, {0: 9000, 1: 9000})
    return service.play(machine, quiet, busy)


def span_options(span):
    return ["--start", span["start"], "--end", span["end"]]


def reset():
    for irq, tail in NIC.items():
        machine.irq(int(irq), "0-3", "0")


AT_ZERO = dict((irq, 0) for irq in NIC)


def check_plan(plan, counts):
    """Loads and totals agree with the assignments and with what fired, {IRQ: count}."""
    equal(dict((a["irq"], a["count"]) for a in plan["assignments"] + plan["unmovable"]), counts, "counts")
    loads = dict((cpu["cpu"], cpu["fixed"]) for cpu in plan["cpus"])
    for a in plan["assignments"]:
        check((a["cpu"] is None) == (a["count"] == 0), "an assignment of %r", a)
        if a["cpu"] is not None:
            loads[a["cpu"]] += a["count"]
            check(a["move"] in (True, None) or a["cpu"] == a["from"], "no move: %r", a)
    equal(dict((cpu["cpu"], cpu["load"]) for cpu in plan["cpus"]), loads, "loads")
    planned = plan["evenness"]["planned"]
    equal((planned["max"], planned["min"], planned["cpus"]), (max(loads.values()), min(loads.values()), len(loads)), "evenness")
    equal(plan["bound"]["gap"], planned["max"] - plan["bound"]["lower"], "the gap")
    equal([a["irq"] for a in plan["assignments"]], sorted((a["irq"] for a in plan["assignments"]), key=int), "the order")


COUNTS = {"40": 1000, "41": 1000, "42": 1000, "43": 1000, "44": 600, "45": 50}


@test("a plan is made of what fired in the window, where it fired, today's places and what may not move")
def plan():
    reset()
    span = play(AT_ZERO)
    before = machine.tree()
    got = service.get("/plan", **span).expect(200)
    check_plan(got, COUNTS)
    equal([(u["irq"], u["name"], u["reason"], u["count"]) for u in got["unmovable"]],
          [("44", "nvme0q1", "managed", 600), ("45", "ttyS0", "unknown", 50)], "unmovable")
    equal([(c["cpu"], c["before"], c["fixed"]) for c in got["cpus"]],
          [(0, 4000, 0), (1, 500, 500), (2, 100, 100), (3, 50, 50)], "CPUs")
    equal((got["evenness"]["before"]["max"], got["evenness"]["before"]["min"]), (4000, 50), "evenness before")
    equal((got["moves"], got["evenness"]["planned"]["max"]), (3, 1500), "moves and the largest load")
    equal(set(a["from"] for a in got["assignments"]), {0}, "from")
    equal(sorted(a["cpu"] for a in got["assignments"]), [0, 1, 2, 3], "where they go")
    equal(machine.changed(before), {}, "what a GET wrote")


@test("the parameters of a plan choose its CPUs, its interrupts and how many may move")
def parameters():
    for irq in NIC:
        machine.irq(int(irq), "0-3", "0", node=1)
    span = play(AT_ZERO)
    got = service.get("/plan", cpus="2-3", **span).expect(200)
    equal(set(a["cpu"] for a in got["assignments"]), {2, 3}, "CPUs of cpus=")
    got = service.get("/plan", local="1", **span).expect(200)
    equal(set(a["cpu"] for a in got["assignments"]), {1, 3}, "CPUs of local=1")
    got = service.get("/plan", irqs="40-41", **span).expect(200)
    check_plan(got, {"40": 1000, "41": 1000})
    equal(got["cpus"][0]["fixed"], 2000, "fixed load of what was not asked for")
    got = service.get("/plan", moves="1", **span).expect(200)
    equal((got["moves"], got["evenness"]["planned"]["max"]), (1, 3000), "moves=1")
    got = service.get("/plan", tolerance="200", **span).expect(200)
    check(got["moves"] < 3, "tolerance=200: %r moves", got["moves"])
    service.get("/plan", cpus="4", **span).expect(422, "bad_cpu")
    service.get("/plan", cpus="0-9", **span).expect(422, "bad_cpu")
    service.get("/plan", cpus="1", tolerance="much", **span).expect(400, "bad_request")
    service.get("/plan", start="2001-01-01T00:00:00Z", end="2001-01-02T00:00:00Z").expect(416, "no_history")
    reset()


@test("irqclient balance tells the plan and changes nothing; with --apply it makes the moves as one change")
def apply():
    reset()
    span = play(AT_ZERO)
    before = machine.tree()
    status, out, err = service.client("balance", *span_options(span))
    equal((status, err), (0, ""), "irqclient balance")
    equal(len(re.findall(r"(?m)^ *4[0-3]  eth0-rx-\d +1000 +0  ->  +[1-3]$", out)), 3, "moves in %r" % out)
    check("\n3 moves; within 1 % of the best it takes at least 3\n" in out, "it says %r", out)
    equal(machine.changed(before), {}, "what it wrote without --apply")
    status, out, err = service.client("balance", "--apply", "--dry-run", *span_options(span))
    equal((status, out.count("planned: nothing was written"), machine.changed(before)), (0, 3, {}), "--dry-run")
    status, out, err = service.client("balance", "--apply", *span_options(span))
    equal(status, 0, "irqclient balance --apply, which said %r %r" % (out, err))
    written = machine.changed(before)
    equal(len(written), 3, "files written")
    equal(sorted(written.values()), [b"1", b"2", b"3"], "what was written")
    equal(out.count("pending"), 3, "moves that are pending in %r" % out)  # nobody moves a made machine's effective ones
    places = dict((irq, 0) for irq in NIC)
    for path, cpu in written.items():
        places[path.split("/")[2]] = int(cpu)
    for irq, cpu in places.items():
        machine.irq(int(irq), str(cpu), str(cpu))
    again = play(places)
    before = machine.tree()
    got = service.get("/plan", **again).expect(200)
    equal((got["moves"], got["moves_bound"], got["evenness"]["before"]["max"]), (0, 0, 1500), "the plan of what is balanced")
    status, out, err = service.client("balance", "--apply", *span_options(again))
    equal((status, err, machine.changed(before)), (0, "", {}), "balancing what is balanced")
    check("Nothing was changed" in out, "it says %r", out)


@test("irqclient -J balance prints the API's object, and with --apply the change in it")
def as_json():
    reset()
    span = play(AT_ZERO)
    status, out, err = service.client("-J", "balance", *span_options(span))
    equal((status, err, json.loads(out)), (0, "", service.get("/plan", **span).expect(200)), "irqclient -J balance")
    status, out, err = service.client("-J", "balance", "--apply", *span_options(span))
    got = json.loads(out)
    equal((status, got["moves"], len(got["change"]["results"]), got["change"]["state"]), (0, 3, 3, "applied"), "--apply")
    equal(sorted((a["irq"], str(a["cpu"])) for a in got["assignments"] if a["move"]),
          sorted((r["irq"], r["affinity"]) for r in got["change"]["results"]), "moves and results")


@test("a move that fails is told, the others are made, and the exit status is 3")
def partly():
    reset()
    span = play(AT_ZERO)
    moves = [a["irq"] for a in service.get("/plan", **span).expect(200)["assignments"] if a["move"]]
    path = os.path.join(machine.folder, "proc/irq/%s/smp_affinity_list" % moves[0])
    os.unlink(path)
    os.symlink("/dev/null", path)  # whatever is written there reads back as nothing
    try:
        status, out, err = service.client("balance", "--apply", *span_options(span))
        equal(status, 3, "exit status, which said %r %r" % (out, err))
        check("failed" in out and out.count("pending") == 2, "it says %r", out)
    finally:
        os.unlink(path)
        reset()


@test("what cannot be is refused with exit status 1 or 2, nothing on stdout, nothing written")
def refused():
    reset()
    span = play(AT_ZERO)
    before = machine.tree()
    for expected, word, arguments in [(1, "CPU 4", ["-C", "4"]), (1, "CPU 4", ["-C", "0-9", "--apply"]),
                                      (1, "excluded", ["--exclude-cpus", "0-3"]), (2, "--moves", ["--moves", "-1"]),
                                      (2, "--tolerance", ["--tolerance", "x"]), (2, "--fresh", ["--fresh", "--moves", "1"])]:
        status, out, err = service.client("balance", *(arguments + span_options(span)))
        equal((status, out), (expected, ""), "irqclient balance %s, which said %r" % (" ".join(arguments), err))
        check(word in err, "%s: it says %r", arguments, err)
    equal(machine.changed(before), {}, "what was written")


# ---- saved files ----

def offline(*arguments, **more):
    """irqclient balance with no service to be found."""
    return run_client(("balance",) + arguments, environment=NOBODY, **more)


@test("64 queues on two CPUs differ by 1, on three and four by 1 at most: proved; no service is asked")
def seed():
    for cpus, largest in (("0,1", 27475099515), ("0-2", 18316733010), ("0-3", 13737549758), ("0-15", 4750758796)):
        status, out, err = offline("-J", "-i", SEED, "-C", cpus)
        equal((status, err), (0, ""), "irqclient balance on CPUs " + cpus)
        got = json.loads(out)
        equal((got["evenness"]["planned"]["max"], got["bound"]["optimal"]), (largest, True), "CPUs " + cpus)
        equal(len(got["assignments"]), 64, "assignments")
        equal(sum(cpu["load"] for cpu in got["cpus"]), 54950199029, "the sum")
    status, out, err = offline("-i", SEED, "-C", "0,1")
    check("difference 1\noptimal: proved;" in out, "it says %r", out)


@test("what README shows of a plan is what irqclient prints")
def readme():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        shown = f.read().partition("$ irqclient balance -i ")[2].partition("\n\n## ")[0].splitlines()
    check(len(shown) > 8, "README shows %r", shown)
    process = subprocess.Popen([os.path.join(bin_folder(), "irqclient"), "balance", "-i"] + shown[0].split(), cwd=ROOT,
                               stdout=subprocess.PIPE)
    printed = process.communicate(timeout=20)[0].decode().splitlines()
    for line in shown[1:]:
        check(line[4:] in printed or line == "    …", "irqclient does not print %r", line)


@test("any order of the lines gives the same bytes, from stdin too")
def permuted():
    with open(SEED, "rb") as f:
        head, rows = f.readline(), [line for line in f.readlines() if line.strip()]
    outs = set()
    shuffle = random.Random(4711)
    for _ in range(5):
        status, out, err = offline("-i", "-", "-C", "0-7", stdin=head + b"".join(rows))
        equal((status, err), (0, ""), "irqclient balance -i -")
        outs.add(out)
        shuffle.shuffle(rows)
    equal(len(outs), 1, "different outputs")


@test("each capture of a real machine is planned whole or refused with a reason; half a one is refused")
def captures():
    planned = 0
    for path in sorted(glob.glob(os.path.join(FIXTURES, "interrupts", "*.txt"))):
        name = os.path.basename(path)
        status, out, err = offline("-J", "-i", path)
        if status:
            check(status == 1 and out == "" and err, "%s: status %r, %r %r", name, status, out[:200], err)
            continue
        got = json.loads(out)
        check_plan(got, dict((a["irq"], a["count"]) for a in got["assignments"]))
        total = sum(cpu["device_total"] for cpu in json.loads(run_client(("-J", "summary", "-i", path))[1])["cpus"])
        equal(sum(cpu["load"] for cpu in got["cpus"]), total, "the sum of " + name)
        planned += 1
    check(planned >= 60, "only %d of the captures were planned", planned)
    with open(SEED, "rb") as f:
        whole = f.read()
    at = whole.index(b"eth0-TxRx-9") - 40  # within the counts of that row
    status, out, err = offline("-i", "-", stdin=whole[:at])
    equal((status, out), (1, ""), "half a table, of which it says %r" % err)
    check(":12:" in err, "the line is not named: %r", err)


@test("a script of a plan is read by sh, sets what it says and tells it")
def script():
    made = make()
    try:
        made.show(table(dict((irq, {0: 1000}) for irq in NIC), {}, {}, {}))
        status, out, err = offline("-i", os.path.join(made.proc, "interrupts"), "--moves", "9", "--script")
        equal((status, err), (0, ""), "irqclient balance --script")
        before = made.tree()
        process = subprocess.Popen(["sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, PROC=made.proc))
        said, wrong = process.communicate(out.encode(), timeout=20)
        equal((process.returncode, wrong, said.count(b"0-3 -> ")), (0, b"", 3), "the script's end")
        equal(sorted(made.changed(before).values()), [b"1\n", b"2\n", b"3\n"], "what it wrote")
    finally:
        made.remove()


# ---- the real machine ----

def hwrng_irq():
    """The IRQ of the random number generator, and the CPUs of this machine."""
    if os.geteuid() != 0 or not os.access("/dev/hwrng", os.R_OK):
        skip("there is no /dev/hwrng that may be read here")
    with open("/proc/interrupts") as f:
        cpus = [int(word[3:]) for word in f.readline().split()]
        found = [line.split()[0].rstrip(":") for line in f if re.search(r"\bvirtio\d+-input$", line.rstrip())]
    if not found:
        skip("no IRQ is called virtioN-input here (no virtio random number generator)")
    if len(cpus) < 2:
        skip("there is but one CPU here")
    folder = "/proc/irq/%s/" % found[0]
    if not os.access(folder, os.W_OK) or not os.path.exists(folder + "effective_affinity_list"):
        skip("%s is read-only here, or the kernel is older than 4.13" % folder)
    return found[0], cpus


def told(irq, name):
    with open("/proc/irq/%s/%s" % (irq, name)) as f:
        return f.read().strip()


def move_and_count(real, device, irq, cpu):
    """Balances that IRQ to that CPU alone, and checks that it fires there then."""
    def fire(times):
        start = real.sampled()
        for _ in range(times):
            device.read(64)  # one interrupt
        return window(start, real.sampled())

    status, out, err = real.client("balance", "-q", irq, "-C", str(cpu), "--apply", *span_options(fire(50)))
    equal(status, 0, "irqclient balance --apply, which said %r %r" % (out, err))
    check(re.search(r"(?m)^ *%s +\S.*-> +%d\b" % (irq, cpu), out), "no move to CPU %d in %r", cpu, out)
    equal(told(irq, "smp_affinity_list"), str(cpu), "the affinity")
    fire(2)  # the first still lands where it was
    span = fire(100)
    row = real.get("/irqs/" + irq, **span).expect(200)["irqs"][0]
    equal((list(row["counts"]), row["effective"]), ([str(cpu)], str(cpu)), "the CPUs it fired on after the move")
    # others may read it too, and get what our read asked for: not every read raises one
    check(row["total"] >= 50, "it fired %d times only", row["total"])
    status, out, err = real.client("balance", "-q", irq, "-C", str(cpu), "--apply", *span_options(span))
    equal(status, 0, "balancing again, which said %r %r" % (out, err))
    check("Nothing was changed" in out, "it moves again: %r", out)


@test("on this machine, balance --apply moves the random number generator's IRQ, and it fires on the new CPU")
def real_machine():
    irq, cpus = hwrng_irq()
    with open("/dev/hwrng", "rb", buffering=0) as device:
        fcntl.flock(device, fcntl.LOCK_EX)  # one at a time may have it
        saved = told(irq, "smp_affinity_list")
        device.read(64)
        here = told(irq, "effective_affinity_list")
        real = Service()
        try:
            there = [cpu for cpu in cpus if str(cpu) != here][0]
            move_and_count(real, device, irq, there)
            move_and_count(real, device, irq, [cpu for cpu in cpus if cpu != there][0])
        finally:
            with open("/proc/irq/%s/smp_affinity_list" % irq, "w") as f:
                f.write(saved)
            device.read(64)
            real.end()
        equal(told(irq, "smp_affinity_list"), saved, "the affinity, put back")


wait_for(lambda: service.get("/overview").status == 200, "an overview")
main(service.end)
