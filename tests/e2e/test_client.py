#!/usr/bin/env python3
"""irqclient on its own: saved files, each cell against what the fixtures are known to hold; exit codes; no service."""
import csv
import glob
import http.server
import json
import os
import pty
import shutil
import subprocess
import tempfile
import threading

import tap
from machine import IO_APIC, MSI, Table
from service import ROOT, free_port, run_client
from sums import read_overview
from tap import check, equal, main, test

FIXTURES = os.path.join(ROOT, "tests", "fixtures")
scratch = tempfile.mkdtemp(prefix="irqpilot-client-")


def unescape(text):
    """As tests/fixtures/README.md has it; bytes that are no UTF-8 come out as the API writes them."""
    if text == "\\0":
        return None
    data = bytearray()
    i = 0
    while i < len(text):
        if text[i:i + 2] == "\\x":
            data.append(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            i += text.startswith("\\\\", i)
            data += text[i].encode()
            i += 1
    return bytes(data)


def shown(data):
    """Each byte that is no UTF-8 becomes U+FFFD, one for one."""
    if data is None:
        return None
    return "".join("\ufffd" if 0xdc80 <= ord(c) <= 0xdcff else c for c in data.decode("utf-8", "surrogateescape"))


class Expected:
    """What an expected/*.tsv says of a file."""

    def __init__(self, path):
        self.about = {}
        self.rows = []  # label, ordinal, kind, {cpu: n} or number, chip, hwirq, trigger, names
        with open(path, encoding="ascii") as f:
            for line in f:
                fields = line.rstrip("\n").split("\t")
                if len(fields) < 8:
                    self.about[fields[0]] = fields[1]
                    continue
                label, ordinal, kind, cells = fields[:4]
                if cells.startswith("value:"):
                    counts = int(cells[6:])
                else:
                    pairs = [cell.split(":") for cell in cells.split(",") if cells != "-"]
                    counts = dict((int(cpu), int(n)) for cpu, n in pairs)
                self.rows.append((label, int(ordinal), kind, counts) + tuple(shown(unescape(f)) for f in fields[4:8]))


def list_of(text):
    cpus = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def as_irq(row, counts=None):
    """A row as the API's object has it."""
    label, _, kind, own, chip, hwirq, trigger, names = row
    counts = own if counts is None else counts
    if kind in ("GAUGE", "EMPTY"):
        total, counts = None, {}
    elif kind == "BARE":
        total, counts = counts, {}
    else:
        total = sum(counts.values())
    cells = dict((str(cpu), n) for cpu, n in counts.items() if n)
    return (label, "device" if label.isdigit() else "system", names, chip, hwirq, trigger, total, cells)


def fields(irq):
    return tuple(irq[k] for k in ("irq", "class", "name", "chip", "hwirq", "trigger", "total", "counts"))


def check_file(name, overview, irqs, cpus):
    """The overview holds exactly these rows, and their sums."""
    key = repr
    got, expected = sorted(map(fields, overview["irqs"]), key=key), sorted(irqs, key=key)
    for one, other in zip(got, expected):
        equal(one, other, "a row of " + name)
    equal((len(got), overview["cpus"]), (len(expected), cpus), "rows and CPUs of " + name)


def check_totals(name, overview, rows, cpus):
    totals = dict((str(cpu), 0) for cpu in cpus)
    for row, counts in rows:
        for cpu, n in counts.items() if row[2] == "COUNTER" else ():
            totals[str(cpu)] += n
    equal(overview["cpu_totals"], totals, "cpu_totals of " + name)
    equal(overview["total"], sum(totals.values()), "total of " + name)


def client_json(*arguments, **more):
    status, out, err = run_client(("-J",) + arguments, **more)
    equal(status, 0, "exit status of irqclient %r, which said %r" % (arguments, err))
    return json.loads(out)


def pairs_of_paths():
    for folder in ("interrupts", "made"):
        for path in sorted(glob.glob(os.path.join(FIXTURES, folder, "*.txt"))):
            base = os.path.splitext(os.path.basename(path))[0]
            expected = "expected/" if folder == "interrupts" else "made/expected/"
            yield path, Expected(os.path.join(FIXTURES, expected + base + ".tsv"))


@test("from each saved file overview -J has all rows, cells, texts and sums that the file is known to hold")
def files():
    read = refused = 0
    for path, expected in pairs_of_paths():
        if "fault" in expected.about or expected.about.get("cut"):
            status, out, err = run_client(("-J", "overview", "-a", "-i", path))
            equal((status, out), (1, ""), "irqclient of %s, which said %r" % (path, err))
            check(os.path.basename(path) in err, "%s is not named: %r", path, err)
            refused += 1
            continue
        overview = client_json("overview", "-a", "-i", path)
        rows = [row for row in expected.rows if row[2] != "SHORT"]
        cpus = list_of(expected.about["cpus"])
        check_file(path, overview, [as_irq(row) for row in rows], cpus)
        check_totals(path, overview, [(row, row[3]) for row in rows], cpus)
        told = overview["window"]
        equal((told["start"], told["seconds"], told["complete"]), (None, None, None), "what a file cannot tell")
        read += 1
    check(read >= 80 and refused >= 10, "only %d files were read and %d refused", read, refused)


@test("from each saved file summary -J has the sums by CPU, of all and of devices")
def summaries():
    for path, expected in pairs_of_paths():
        if "fault" in expected.about or expected.about.get("cut"):
            continue
        summary = client_json("summary", "-i", path)
        rows = [row for row in expected.rows if row[2] == "COUNTER"]
        for cpu in summary["cpus"]:
            number = cpu["cpu"]
            devices = [row[3].get(number, 0) for row in rows if row[0].isdigit()]
            equal((cpu["total"], cpu["device_total"], cpu["irqs"]),
                  (sum(row[3].get(number, 0) for row in rows), sum(devices), len([n for n in devices if n])),
                  "CPU %d of %s" % (number, path))
        equal([cpu["cpu"] for cpu in summary["cpus"]], list_of(expected.about["cpus"]), "CPUs of " + path)
        loads = [cpu["device_total"] for cpu in summary["cpus"]]
        equal((summary["evenness"]["max"], summary["evenness"]["min"]), (max(loads), min(loads)), "evenness of " + path)


@test("the table of overview -i shows the same numbers as its JSON")
def tables():
    for name in ("det-core2-before", "laptop-nosmt-gap-14cpu-a", "xen-hvm-pirq-2cpu", "pcp-s390x-2cpu-old",
                 "stc-genoa0-before"):
        path = os.path.join(FIXTURES, "interrupts", name + ".txt")
        overview = client_json("overview", "-i", path)
        status, out, err = run_client(("overview", "-i", path))
        equal(status, 0, "exit status, and it said %r" % err)
        cpus = overview["cpus"]
        expected = [("all", overview["total"], [overview["cpu_totals"][str(cpu)] for cpu in cpus])]
        for irq in overview["irqs"]:
            cells = [irq["counts"].get(str(cpu), 0) if irq["counts"] else None for cpu in cpus]
            expected.append((irq["irq"], irq["total"], cells))
        equal(read_overview(out, cpus), expected, "the table of " + name)


@test("of two files of one boot it is what fired between them, cell by cell")
def two_files():
    done = 0
    with open(os.path.join(FIXTURES, "interrupts", "PAIRS.tsv")) as f:
        for pair in csv.DictReader(f, delimiter="\t"):
            if pair["relation"] != "same boot":
                continue
            paths = [os.path.join(FIXTURES, "interrupts", pair[k]) for k in ("first", "second")]
            first, second = [Expected(os.path.join(FIXTURES, "expected", os.path.basename(path)[:-4] + ".tsv"))
                             for path in paths]
            before = dict(((row[0], row[1]), row[3]) for row in first.rows)
            gains = []
            for row in second.rows:
                old = before[row[0], row[1]]
                gains.append((row, row[3] - old if row[2] == "BARE" else
                              dict((cpu, n - old.get(cpu, 0)) for cpu, n in row[3].items())))
            overview = client_json("overview", "-a", "-i", paths[0], "-i", paths[1])
            cpus = list_of(second.about["cpus"])
            check_file(pair["second"], overview, [as_irq(row, gain) for row, gain in gains], cpus)
            check_totals(pair["second"], overview, [(row, g) for row, g in gains if row[2] != "BARE"], cpus)
            done += 1
    check(done >= 14, "only %d pairs", done)


def saved(name, table):
    path = os.path.join(scratch, name)
    with open(path, "wb") as f:
        f.write(table.text())
    return path


@test("between two files a wrap gains, a new row counts from nought, and a counter made anew is told")
def two_made():
    before = saved("before", Table([0, 1], ("40", {0: 2 ** 32 - 10, 1: 5}, MSI % 1 + "eth0"),
                                   ("41", {0: 3000000000}, IO_APIC % 9 + "acpi")))
    after = saved("after", Table([0, 1], ("40", {0: 20, 1: 6}, MSI % 1 + "eth0"), ("41", {0: 7}, IO_APIC % 9 + "acpi"),
                                 ("42", {1: 30}, MSI % 2 + "eth1")))
    status, out, err = run_client(("-J", "overview", "-i", before, "-i", after))
    equal(status, 0, "exit status")
    got = dict((irq["irq"], irq["counts"]) for irq in json.loads(out)["irqs"])
    equal((got.get("40"), got.get("42")), ({"0": 30, "1": 1}, {"1": 30}), "what fired")
    status, out, err = run_client(("summary", "-i", after, "-i", before))
    equal(status, 0, "exit status")
    check("lower" in err or "anew" in err, "counters that fell are not told: %r", err)


@test("a file called - is stdin, once, and a file of several tables is its last whole one, with a word on stderr")
def stdin():
    path = os.path.join(FIXTURES, "interrupts", "det-core2-before.txt")
    with open(path, "rb") as f:
        text = f.read()
    equal(client_json("overview", "-i", "-", stdin=text), client_json("overview", "-i", path), "stdin")
    other = os.path.join(FIXTURES, "interrupts", "det-core2-after.txt")
    with open(other, "rb") as f:
        second = f.read()
    equal(client_json("overview", "-i", path, "-i", "-", stdin=second),
          client_json("overview", "-i", path, "-i", other), "two")
    status, out, err = run_client(("-J", "overview", "-i", "-"), stdin=text + second)
    equal((status, json.loads(out)), (0, client_json("overview", "-i", other)), "the last of two tables")
    check("table 2 of 2" in err, "it does not say which table it took: %r", err)
    equal(run_client(("overview", "-i", "-", "-i", "-"), stdin=text)[0], 2, "exit status of stdin twice")


@test("filters work on files as on the service")
def filters():
    path = os.path.join(FIXTURES, "interrupts", "stc-rpl0-before.txt")
    whole = client_json("overview", "-a", "-i", path)
    some = client_json("overview", "-a", "-i", path, "-C", "0,2-3", "-q", "120-140,LOC")
    equal(some["cpus"], [0, 2, 3], "CPUs")
    expected = {}
    for irq in whole["irqs"]:
        if irq["irq"] == "LOC" or irq["irq"].isdigit() and 120 <= int(irq["irq"]) <= 140:
            expected[irq["irq"]] = dict((cpu, n) for cpu, n in irq["counts"].items() if cpu in ("0", "2", "3"))
    equal(dict((irq["irq"], irq["counts"]) for irq in some["irqs"]), expected, "rows")
    check(len(expected) > 5, "hardly any rows: %r", expected)
    equal(some["total"], sum(sum(counts.values()) for counts in expected.values()), "total")


@test("exit 0: help and version on stdout")
def help_and_version():
    for arguments, beginning in ((("--help",), "Usage: irqclient"), (("-h",), "Usage: irqclient"),
                                 (("overview", "--help"), "Usage: irqclient overview"), (("--version",), "irqclient"),
                                 (("set", "--help"), "Usage: irqclient set"), (("-V",), "irqclient")):
        status, out, err = run_client(arguments)
        equal((status, err), (0, ""), "irqclient %r" % (arguments,))
        check(out.startswith(beginning), "irqclient %r says %r", arguments, out)


@test("exit 2: what cannot be understood is named, with nothing on stdout")
def usage():
    for line in ("", "nothing", "overview --nothing", "overview -w", "overview extra", "overview -C x", "overview -n 0",
                 "overview -d -1", "overview --color=maybe", "overview -q 5-3", "overview -i a -i b -i c",
                 "summary -q 1", "overview -i a -w 60", "set", "set 1", "set 1 x", "set 1 -1", "set 1 2 1 3", "set  1",
                 "set -i a 1 2", "--url ftp://x overview", "--url http:/// overview"):
        arguments = tuple(line.split(" ")) if line else ()
        status, out, err = run_client(arguments)
        equal((status, out), (2, ""), "irqclient %r, which said %r" % (arguments, err))
        check(err.startswith("irqclient:"), "it says %r", err)


@test("exit 1: a file that cannot be read, or holds no table, is named with the reason")
def unreadable():
    empty = os.path.join(scratch, "empty")
    open(empty, "w").close()
    for path in (os.path.join(scratch, "missing"), scratch, empty, "/dev/null", os.path.join(FIXTURES, "README.md")):
        status, out, err = run_client(("overview", "-i", path))
        equal((status, out), (1, ""), "irqclient of %s, which said %r" % (path, err))
        check(path in err, "%s is not named: %r", path, err)


@test("exit 5: a service that is not there, with its address and how to start it")
def down():
    url = "http://127.0.0.1:%d" % free_port()
    for arguments, environment in (
            (("--url", url, "overview"), None), (("summary", "--url", url + "/"), None),
            (("set", "1", "1"), {"IRQCLIENT_URL": url}), (("-J", "overview", "--url=" + url), None)):
        status, out, err = run_client(arguments, environment=environment)
        equal((status, out), (5, ""), "irqclient %r, which said %r" % (arguments, err))
        check(url in err and "irqpilot" in err and "start" in err, "it says %r", err)


@test("a reader that goes away ends irqclient quietly")
def pipe():
    path = os.path.join(FIXTURES, "interrupts", "stc-genoa0-before.txt")
    process = subprocess.Popen([os.path.join(tap.bin_folder(), "irqclient"), "-J", "overview", "-a", "-i", path],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    equal((process.wait(timeout=20), err), (0, b""), "exit status and stderr")


GAP = {"start": "2026-01-02T03:04:10.000Z", "end": "2026-01-02T03:04:20.000Z", "why": "suspended"}
WINDOW = {"start": "2026-01-02T03:04:05.000Z", "end": "2026-01-02T03:05:05.000Z", "seconds": 29.9,
          "requested_seconds": 60, "samples": 31, "complete": False, "gaps": [GAP, GAP, GAP, GAP]}


class Canned(http.server.BaseHTTPRequestHandler):
    """A service that answers what a saved file holds, with a past full of gaps."""

    def do_GET(self):
        path = os.path.join(FIXTURES, "interrupts", "stc-genoa0-before.txt")
        answer = dict(client_json(self.path.split("/")[-1], "-i", path), window=WINDOW)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def run_on_terminal(arguments, lines, columns):
    """All that irqclient writes to a terminal of that size."""
    master, slave = pty.openpty()
    environment = dict(os.environ, LINES=str(lines), COLUMNS=str(columns), TERM="dumb")
    process = subprocess.Popen([os.path.join(tap.bin_folder(), "irqclient")] + arguments, stdout=slave, env=environment)
    os.close(slave)
    text = b""
    while True:
        try:
            some = os.read(master, 65536)
        except OSError:  # nobody writes any more
            some = b""
        if not some:
            break
        text += some
    os.close(master)
    equal(process.wait(timeout=20), 0, "exit status of irqclient %r" % (arguments,))
    return text.decode()


@test("on a terminal each refreshed screen is filled, and no line is scrolled away or passes the width")
def refreshed():
    server = http.server.HTTPServer(("127.0.0.1", 0), Canned)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_port
    try:
        for command in ("overview", "summary"):
            for lines, columns in ((24, 80), (30, 66), (50, 200)):
                arguments = [command, "--url", url, "-d", "0.1", "-n", "2"]
                screens = run_on_terminal(arguments, lines, columns).split("\033[H\033[2J")
                equal((len(screens), screens[0]), (3, ""), "how often the screen was cleared")
                for screen in screens[1:]:
                    shown_lines = screen.split("\r\n")
                    equal(len(shown_lines), lines, "lines, with the cursor's, of %s in %r" % (command, screen))
                    check(max(len(line) for line in shown_lines) <= columns, "wider than %r: %r", columns, screen)
    finally:
        server.shutdown()
        server.server_close()


def put_away():
    shutil.rmtree(scratch)


main(put_away, "what these tests wrote can be removed")
