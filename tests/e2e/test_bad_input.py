#!/usr/bin/env python3
"""Bad input over the wire: its documented status and code as a problem, nothing written, and the service goes on."""
import json
import urllib.parse

from machine import MSI, Machine, Table
from service import Service
from tap import check, equal, main, test

machine = Machine(Table(range(4), ("40", {0: 10}, MSI % 1 + "eth0-rx-0"), ("41", {1: 10}, MSI % 2 + "eth0-tx-0")))
service = Service(machine)
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20


def reset():
    """The machine as it was; its files now."""
    machine.irq(40, "0-3", "0")
    machine.irq(41, "0-3", "0")
    return machine.tree()


files = reset()


def is_well(what):
    """Nothing was written, and a good request is answered."""
    global files
    written = machine.changed(files)
    files = reset() if written else files
    equal(written, {}, "what was written after " + what)
    equal(service.ask("GET", "/api/v1/health").status, 200, "status of a good request after " + what)


def each(cases, ask):
    """ask(*case) for each (what, *case); all that fail are told."""
    wrong = []
    for case in cases:
        what = repr(case[0])[:80]
        for step in (lambda: ask(*case), lambda: is_well(what)):
            try:
                step()
            except AssertionError as error:
                wrong.append("%s: %s" % (what, error))
    check(not wrong, "\n".join(wrong).replace("%", "%%"))


QUERIES = [
    "window=", "window", "window=0", "window=-5", "window=NaN", "window=nan", "window=inf", "window=1e3",
    "window=0x10", "window=5x", "window=5%205", "window=99999999999999999999", "window=60&window=60",
    "window=60&window=5", "window=60;", "window=5&start=-5m", "start=-5m&window=5", "start=", "start=yesterday",
    "start=2026-01-02", "start=2026-01-02T03:04:05", "start=2026-13-01T00:00:00Z", "start=2026-02-30T00:00:00Z",
    "start=2026-01-01T24:00:00Z", "start=--5m", "start=-5", "start=-1x", "start=NaN", "start=99999999999999999999",
    "end=", "end=now", "start=-1m&end=-2m", "start=-1m&end=-1m", "start=2100-01-01T00:00:00Z", "window=1&end=-",
    "window=60&foo=1", "foo", "foo=", "=1", "&", "window=60&", "&&", "Window=60", "window=%00", "window=6%000",
    "window=%zz", "window=%", "window=%6", "%77indow=60&window=60", "%ff=1", "window=%ff", "window=1%0a",
    "window=<script>",
]
ROW_QUERIES = [
    "irqs=", "irqs=,", "irqs=1,,2", "irqs=5-3", "irqs=1,", "irqs=%ff", "irqs=%00", "irqs=1&irqs=2",
    "irqs=99999999999999999999-1", "cpus=", "cpus=-1", "cpus=1-0", "cpus=a", "cpus=0-", "cpus=4294967296", "cpus=0x1",
    "cpus=0,,1-", "cpus=NaN", "cpus=0&cpus=1", "device=", "device", "device=%c3", "all=", "all", "all=2", "all=yes",
    "all=-1", "all=1&all=1",
]


@test("a parameter that is unknown, repeated, empty or malformed is 400 on each path that takes a window")
def queries():
    def ask(query, path):
        service.ask("GET", "/api/v1" + path + "?" + query).expect(400, "bad_request")

    each([(query, path) for query in QUERIES for path in ("/overview", "/summary", "/irqs/40")], ask)


@test("so is one that overview alone takes")
def row_queries():
    each([(query,) for query in ROW_QUERIES],
         lambda query: service.ask("GET", "/api/v1/overview?" + query).expect(400, "bad_request"))
    each([(query,) for query in ("irqs=40", "cpus=0", "all=1", "device=x")],
         lambda query: service.ask("GET", "/api/v1/summary?" + query).expect(400, "bad_request"))


@test("a path that takes no parameter refuses any")
def no_queries():
    each([(path,) for path in ("/topology?window=5", "/health?x=1", "/health?window=60", "/topology?=")],
         lambda path: service.ask("GET", "/api/v1" + path).expect(400, "bad_request"))
    each([("window=5",)],
         lambda query: service.send("PUT", "/irqs/40/affinity?" + query, {"cpu": 1}).expect(400, "bad_request"))
    each([("x",)],
         lambda query: service.send("POST", "/changes?" + query, {"assignments": []}).expect(400, "bad_request"))


@test("long but good parameters are answered, and an empty query is none")
def long_queries():
    overview = service.ask("GET", "/api/v1/overview?all=1&irqs=" + ",".join(["40"] * 2000)).expect(200)
    equal([r["irq"] for r in overview["irqs"]], ["40"], "rows")
    service.ask("GET", "/api/v1/overview?device=" + "*" * 3000).expect(200)
    service.ask("GET", "/api/v1/overview?irqs=" + "%2A" * 2000).expect(200)
    service.ask("GET", "/api/v1/overview?cpus=" + ",".join(["0-3"] * 1500)).expect(200)
    service.ask("GET", "/api/v1/overview?").expect(200)
    is_well("long parameters")


@test("a CPU that the machine does not have is 422, and named")
def absent_cpus():
    for cpus, absent in (("7", "7"), ("0-9", "4-9"), ("0-4294967295", "4-4294967295"), ("9999,0", "9999")):
        problem = service.get("/overview", cpus=cpus).expect(422, "bad_cpu")
        check("CPU %s:" % absent in problem["detail"] and "0-3" in problem["detail"], "the detail is %r", problem)
    is_well("absent CPUs")


@test("a pattern that is slow for a careless matcher is answered at once")
def slow_pattern():
    each([("*a" * 1000 + "*b",), ("[" * 2000,), ("?" * 1000,), ("\\" * 1001,)],
         lambda pattern: service.get("/overview", irqs=pattern).expect(200))


PATHS = [
    ("/api", 404), ("/api/", 404), ("/api/v1", 404), ("/api/v1/", 404), ("/api/v2/overview", 404),
    ("/api/v1/nothing", 404), ("/api/v1/overview/", 404), ("/api/v1/Overview", 404), ("/api/v1/../x", 404),
    ("/api/v1/./overview", 404), ("/api/v1/%2e%2e/v1/overview", 404), ("/api/v1/%2e/overview", 404),
    ("/api//v1/overview", 404), ("/api/v1//overview", 404), ("/api/v1/overview%2f", 404), ("/api/v1%2foverview", 404),
    ("/api/v1/irqs", 404), ("/api/v1/irqs/", 404), ("/api/v1/irqs/nosuch", 404), ("/api/v1/irqs/48", 404),
    ("/api/v1/irqs/40/", 404), ("/api/v1/irqs/40/x", 404), ("/api/v1/irqs/%2e%2e", 404),
    ("/api/v1/irqs/..%2f..%2fetc%2fpasswd", 404), ("/api/v1/irqs/..", 404), ("/api/v1/overview%00", 400),
    ("/api/v1/irqs/4%000", 400), ("/api/v1/irqs/%ff", 400), ("/api/v1/irqs/%c3%28", 400), ("/api/v1/irqs/%zz", 400),
    ("/api/v1/irqs/%4", 400), ("/api/v1/irqs/" + "9" * 4000, 404),
    ("/api/v1/irqs/%2e%2e%2f%2e%2e%2f%2e%2e%2fproc%2fself%2fenviron", 404), ("/api/v1/irqs/40%0d%0aX-Evil:1", 404),
    ("/../../../../etc/passwd", 400), ("/..%2f..%2f..%2fetc/passwd", 400), ("/%2e%2e/%2e%2e/etc/passwd", 400),
    ("/index.html%00.js", 400), ("/conf/irqpilot.nginx", 404), ("/../run/history", 400), ("/.git/config", 404),
    ("/nothing", 404),
]


@test("path tricks end as 400 or 404, and no file beside the page is given out")
def paths():
    def ask(path, status):
        answer = service.raw_answer(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path).encode())
        problem = answer.expect(answer.status, "not_found" if answer.status == 404 and "irqs/" not in path else
                                answer.json().get("code"))
        equal(answer.status, status, "status")
        check(problem["code"] in ("not_found", "no_such_irq", "bad_request"), "code %r", problem["code"])

    each(PATHS, ask)


METHODS = [
    ("POST", "/overview", "GET, HEAD"), ("PUT", "/summary", "GET, HEAD"), ("DELETE", "/irqs/40", "GET, HEAD"),
    ("PATCH", "/health", "GET, HEAD"), ("OPTIONS", "/overview", "GET, HEAD"), ("GET", "/irqs/40/affinity", "PUT"),
    ("POST", "/irqs/40/affinity", "PUT"), ("DELETE", "/irqs/40/affinity", "PUT"),
    ("HEAD", "/irqs/40/affinity", "PUT"), ("PUT", "/changes", "POST"), ("DELETE", "/changes", "POST"),
    ("BREW", "/topology", "GET, HEAD"), ("PROPFIND", "/overview", "GET, HEAD"),
]


@test("a method that a path does not take is 405, with Allow")
def methods():
    def ask(method, path, allow):
        answer = service.send(method, path, {"cpu": 1})
        equal(answer.status, 405, "status")
        allowed = answer.headers.get("allow", "").split(", ")
        check(set(allow.split(", ")) <= set(allowed) and method not in allowed, "Allow is %r", allowed)
        if method != "HEAD":
            answer.expect(405, "method_not_allowed")

    each(METHODS, ask)


@test("a body that is not said to be JSON is 415")
def types():
    body = b'{"cpu": 1}'
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
                    {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "application/jsonx"},
                    {"Content-Type": "text/json"}, {"Content-Type": "application/ld+json"}, {"Content-Type": ""}):
        service.ask("PUT", "/api/v1/irqs/40/affinity", body, headers).expect(415, "not_json")
        service.ask("POST", "/api/v1/changes", body, headers).expect(415, "not_json")
    is_well("other types")
    for name in ("application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"):
        body = json.dumps({"assignments": [{"irq": "40", "cpu": 1}], "dry_run": True}).encode()
        service.ask("POST", "/api/v1/changes", body, {"Content-Type": name}).expect(200)
    is_well("a dry run")


@test("a write from a page of another site is 403 cross_site, from our own it is not")
def cross_site():
    here = "http://127.0.0.1:%d" % service.port
    one = {"assignments": [{"irq": "40", "cpu": 1}]}
    for origin in ("http://evil.example", "null", "https://127.0.0.1:1", "http://127.0.0.1:1",
                   "http://localhost:%d" % service.port, here + ".evil.example", here + "@evil.example",
                   "http://evil.example/?" + here, "file://"):
        service.send("PUT", "/irqs/40/affinity", {"cpu": 1}, {"Origin": origin}).expect(403, "cross_site")
        service.send("POST", "/changes", one, {"Origin": origin}).expect(403, "cross_site")
        is_well("origin " + origin)
    service.send("PUT", "/irqs/40/affinity", {"cpu": 9}, {"Origin": here}).expect(422, "bad_cpu")
    service.get("/overview", {"Origin": "http://evil.example"}).expect(200)
    check("access-control-allow-origin" not in service.get("/overview", {"Origin": "http://evil.example"}).headers,
          "another site may read")


@test("a Host that is not this machine's is 421 unknown_host")
def hosts():
    for host in ("evil.example", "evil.example:%d" % service.port, "127.0.0.1.evil.example", "localhost.evil.example",
                 "10.1.2.3", "127.0.0.1@evil.example", "128.0.0.1", "0.0.0.0", "[::]", "[::ffff:1.2.3.4]"):
        answer = service.get("/overview", {"Host": host})
        check(answer.status in (421, 400), "%s: status %d", host, answer.status)
        answer.expect(answer.status, "unknown_host" if answer.status == 421 else "bad_request")
        answer = service.send("PUT", "/irqs/40/affinity", {"cpu": 1}, {"Host": host, "Origin": "http://" + host})
        check(answer.status in (421, 400), "%s: status %d of a write", host, answer.status)
        is_well("host " + host)
    for host in ("localhost", "localhost:1", "LocalHost", "127.0.0.1", "127.5.4.3:80", "[::1]", "[::1]:8080",
                 "localhost."):
        service.get("/overview", {"Host": host}).expect(200)
    service.raw_answer(b"GET /api/v1/overview HTTP/1.0\r\n\r\n").expect(200)


@test("a body of more than 1 MiB is 413, however it is sent, and what fits is read")
def large():
    fitting = b'{"cpu": 1}'.ljust(MIB)
    for size in (MIB + 1, 20 * MIB):
        head = "PUT /api/v1/irqs/40/affinity HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" \
               "Connection: close\r\nContent-Length: %d\r\n\r\n" % size
        service.raw_answer(head.encode() + b" " * size).expect(413, "too_large")
        is_well("%d bytes" % size)
        head = "POST /api/v1/changes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" \
               "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size
        service.raw_answer(head.encode() + b" " * size + b"\r\n0\r\n\r\n").expect(413, "too_large")
        is_well("%d bytes in a chunk" % size)
    for length in ("99999999999999999999999", "18446744073709551616", "-1", "1x", "0x10"):
        head = "PUT /api/v1/irqs/40/affinity HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" \
               "Connection: close\r\nContent-Length: %s\r\n\r\n" % length
        answer = service.raw_answer(head.encode() + fitting[:10])
        check(answer.status in (400, 413), "Content-Length %s: status %d", length, answer.status)
        answer.expect(answer.status, "bad_request" if answer.status == 400 else "too_large")
        is_well("Content-Length " + length)
    service.ask("PUT", "/api/v1/irqs/40/affinity", b'{"cpu": 9}'.ljust(MIB), JSON).expect(422, "bad_cpu")
    is_well("just 1 MiB")


BODIES = [
    b"", b" ", b"{", b"}", b"[]", b"null", b"1", b'"x"', b"true", b"{}", b"{]", b"\x00", b"\xff\xfe{}",
    b"\xef\xbb\xbf{}", b"nan", b"[" * 100000, b'{"a":' * 50000, b"[" * 1000 + b"]" * 1000, b'{"cpu": 1',
    b'{"cpu": 1}x', b'{"cpu": 1}{"cpu": 1}', b'{"cpu": 1,}', b"{'cpu': 1}", b"{cpu: 1}", b'{"cpu": 01}', b"/* */",
    b'{"cpu": NaN}', b'{"cpu": Infinity}',
]
AFFINITIES = BODIES + [
    b'{"cpu": -1}', b'{"cpu": 1.5}', b'{"cpu": "1"}', b'{"cpu": null}', b'{"cpu": true}', b'{"cpu": [1]}',
    b'{"cpu": {}}', b'{"cpu": 4294967296}', b'{"cpu": 18446744073709551617}', b'{"cpu": 1, "cpu": 2}',
    b'{"cpu": 1, "cpus": "1"}', b'{"cpus": ""}', b'{"cpus": 1}', b'{"cpus": null}', b'{"cpus": "x"}',
    b'{"cpus": "1-"}', b'{"cpus": "1-0"}', b'{"cpus": "-1"}', b'{"cpus": "all"}', b'{"cpus": "0x1"}',
    b'{"cpus": "1,,x"}', b'{"cpus": "0\\u00001"}', b'{"cpus": "99999999999"}', b'{"cpu": 1, "x": 1}', b'{"x": 1}',
    b'{"CPU": 1}', b'{"irq": "41", "cpu": 1}', b'{"cpus": "\xff"}', b'{"cpus": "' + b"0," * 200000 + b'x"}',
]
ONE = b'{"irq": "40", "cpu": 1}'
CHANGES = BODIES + [
    b'{"assignments": []}', b'{"assignments": {}}', b'{"assignments": null}', b'{"assignments": [1]}',
    b'{"assignments": [[]]}', b'{"assignments": [null]}', b'{"assignments": [{}]}',
    b'{"assignments": [{"irq": "40"}]}', b'{"assignments": [{"cpu": 1}]}',
    b'{"assignments": [{"irq": 40, "cpu": 1}]}', b'{"assignments": [{"irq": "", "cpu": 1}]}',
    b'{"assignments": [{"irq": null, "cpu": 1}]}', b'{"assignments": [' + ONE + b", " + ONE + b"]}",
    b'{"assignments": [' + ONE + b', {"irq": "40", "cpu": 2}]}',
    b'{"assignments": [' + ONE + b', {"irq": "41", "cpu": -1}]}',
    b'{"assignments": [' + ONE + b', {"irq": "41", "cpu": 1, "x": 1}]}', b'{"assignments": [' + ONE + b'], "x": 1}',
    b'{"assignments": [' + ONE + b'], "dry_run": 1}', b'{"assignments": [' + ONE + b'], "dry_run": "no"}',
    b'{"assignments": [' + ONE + b'], "confirm_within": "60"}',
    b'{"assignments": [' + ONE + b'], "confirm_within": -1}', b'{"assignments": [' + ONE + b'], "confirm_within": 0}',
    b'{"assignments": [' + ONE + b'], "assignments": []}', b'{"assignments": [' + ONE + b"]",
    b'{"assignments": [{"irq": "4\\u00000", "cpu": 1}]}', b'{"assignments": ' + b"[" * 50000 + b"]" * 50000 + b"}",
]


@test("a body that is truncated, deep, empty, of other types or other fields is 400")
def bodies():
    each([(body, "PUT", "/irqs/40/affinity") for body in AFFINITIES] + [(body, "POST", "/changes") for body in CHANGES],
         lambda body, method, path: service.send(method, path, body).expect(400, "bad_request"))


@test("an assignment that is refused comes back as it was, whatever its IRQ is called")
def strange_names():
    for name in ("4\ufffd", "\x1b[31m", "\u2028", "x" * 10000, "<script>", "%n%s", "\U0001f4a5", "40\n41", " 40",
                 "40 "):
        body = {"assignments": [{"irq": name, "cpu": 1}]}
        problem = service.send("POST", "/changes", body).expect(404, "no_such_irq")
        equal(problem["errors"][0]["irq"], name, "the IRQ of the error")
        answer = service.ask("GET", "/api/v1/irqs/" + urllib.parse.quote(name, safe=""))
        answer.expect(*(404, "no_such_irq") if len(name) < 8000 else (414, "too_large"))
        is_well(repr(name)[:40])


main(service.end)
