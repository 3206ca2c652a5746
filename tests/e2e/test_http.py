#!/usr/bin/env python3
"""The web server and the program behind it: pages, caching, nginx's own errors, garbage, killed workers, plain CGI."""
import json
import os
import random
import re
import signal
import socket
import subprocess

import tap
from machine import MSI, Machine, Table
from service import Service, cgi, drain, runs, settings, wait_for
from tap import check, equal, main, test

machine = Machine(Table([0, 1], ("40", {0: 10}, MSI % 1 + "eth0-rx-0"), ("41", {1: 10}, MSI % 2 + "eth0-tx-0")))
machine.irq(40, "0-1", "0", "eth0-rx-0")
service = Service(machine)


def request(method, path, *headers):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: 127.0.0.1", "Connection: close"] + list(headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@test("the page at / is served, with a policy that lets no foreign script in")
def page():
    answer = service.ask("GET", "/")
    equal(answer.status, 200, "status")
    check(answer.headers["content-type"].startswith("text/html"), "type %r", answer.headers)
    policy = answer.headers.get("content-security-policy", "")
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    for name, rule in (("default-src", "'none'"), ("script-src", "'self'"), ("frame-ancestors", "'none'")):
        equal(rules.get(name), rule, "%s of %r" % (name, policy))
    check("unsafe" not in policy, "the policy is %r", policy)
    equal(answer.headers.get("x-content-type-options"), "nosniff", "X-Content-Type-Options")
    for name in os.listdir(os.path.join(service.folder, "www")):
        answer = service.ask("GET", "/" + name)
        if os.path.isfile(os.path.join(service.folder, "www", name)):
            equal((answer.status, "nosniff"), (200, answer.headers.get("x-content-type-options")), name)
            check("octet-stream" not in answer.headers["content-type"], "type of %s: %r", name, answer.headers)


@test("an answer is JSON that nobody may keep unasked, and says nothing of the machine's software versions")
def headers():
    for path in ("/overview", "/summary", "/irqs/40", "/topology", "/health"):
        answer = service.get(path)
        answer.expect(200)
        equal(answer.headers["content-type"], "application/json", "type of " + path)
        equal(answer.headers["x-content-type-options"], "nosniff", path)
        equal(int(answer.headers["content-length"]), len(answer.body), "length of " + path)
        equal(answer.headers["cache-control"], "no-store" if path == "/health" else "no-cache", "caching of " + path)
        equal(answer.headers["server"], "nginx", "Server")


@test("HEAD has the headers of GET and no body")
def head():
    for path in ("/api/v1/topology", "/api/v1/overview", "/api/v1/health", "/"):
        get, answer = service.ask("GET", path), service.raw_answer(request("HEAD", path))
        equal((answer.status, answer.body), (200, b""), "status and body of " + path)
        equal(answer.headers["content-type"], get.headers["content-type"], "type of " + path)
    topology = service.ask("GET", "/api/v1/topology")
    answer = service.raw_answer(request("HEAD", "/api/v1/topology"))
    equal((answer.headers["content-length"], answer.headers["etag"]),
          (str(len(topology.body)), topology.headers["etag"]), "length and tag")
    equal(service.raw_answer(request("HEAD", "/api/v1/nothing")).status, 404, "status of HEAD of nothing")


@test("who has the answer already gets 304 without a body; another question, or a new state, has another tag")
def tags():
    first = service.ask("GET", "/api/v1/topology")
    for tag in (first.headers["etag"], '"x", ' + first.headers["etag"], "*"):
        answer = service.ask("GET", "/api/v1/topology", None, {"If-None-Match": tag})
        equal((answer.status, answer.body, answer.headers["etag"]), (304, b"", first.headers["etag"]), "tag %r" % tag)
    service.ask("GET", "/api/v1/topology", None, {"If-None-Match": 'W/"x"'}).expect(200)
    machine.cpu(2)
    check(service.ask("GET", "/api/v1/topology").headers["etag"] != first.headers["etag"], "a new CPU, the same tag")
    page = service.ask("GET", "/")
    equal(service.ask("GET", "/", None, {"If-None-Match": page.headers["etag"]}).status, 304, "status of the page")


@test("an overview is 304 until the next sample, and then it is not")
def overview_tags():
    def unchanged():
        tag = service.get("/overview").headers["etag"]
        answer = service.get("/overview", {"If-None-Match": tag})
        return answer.status == 304 and tag

    tag = wait_for(unchanged, "a 304 between two samples")
    check(service.get("/summary").headers["etag"] != tag and service.get("/overview", all="1").headers["etag"] != tag,
          "another question has the same tag")
    service.sampled()
    service.get("/overview", {"If-None-Match": tag}).expect(200)


@test("what nginx itself refuses is a problem too")
def problems():
    service.ask("GET", "/nothing").expect(404, "not_found")
    service.ask("GET", "/nothing/").expect(404, "not_found")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        answer = service.ask(method, "/", b"x", {"Content-Type": "text/plain"})
        answer.expect(405, "method_not_allowed")
        equal(answer.headers.get("allow"), "GET, HEAD", "Allow of " + method)
    service.raw_answer(request("GET", "/api/v1/overview?irqs=" + "1" * 9000)).expect(414, "too_large")
    service.raw_answer(request("GET", "/" + "x" * 40000)).expect(414, "too_large")
    large = service.raw_answer(request("GET", "/api/v1/overview", "X-Large: " + "x" * 9000))
    check(large.status in (400, 431), "a large header: %d", large.status)
    large.expect(large.status, "too_large" if large.status == 431 else "bad_request")
    service.raw_answer(request("GET", "/%00")).expect(400, "bad_request")
    service.raw_answer(request("GET", "/%zz")).expect(400, "bad_request")
    service.raw_answer(b"garbage\r\n\r\n").expect(400, "bad_request")
    service.raw_answer(b"GET /api/v1/overview HTTP/1.1\r\nConnection: close\r\n\r\n").expect(400, "bad_request")
    chunked = request("POST", "/api/v1/changes", "Content-Type: application/json", "Transfer-Encoding: chunked")
    service.raw_answer(chunked + b"zz\r\n").expect(400, "bad_request")
    writes = "GET, HEAD, PUT, POST"
    for path, allow in (("/api/v1/overview", writes), ("/api/v1/irqs/40/affinity?x", writes), ("/", "GET, HEAD")):
        answer = service.raw_answer(request("TRACE", path))
        answer.expect(405, "method_not_allowed")
        equal(answer.headers.get("allow"), allow, "Allow of TRACE " + path)


@test("while the program is down nginx answers 502 as a problem, the page is there, and irqclient exits with 5")
def down():
    path = os.path.join(service.run, "api.sock")
    os.rename(path, path + ".away")
    try:
        service.get("/overview").expect(502, "unavailable")
        service.send("PUT", "/irqs/40/affinity", {"cpu": 1}).expect(502, "unavailable")
        equal(service.ask("GET", "/").status, 200, "status of the page")
        status, out, err = service.client("overview")
        equal((status, out), (5, ""), "irqclient, which said %r" % err)
        check("irqapi.fcgi" in err, "it does not say what to start: %r", err)
    finally:
        os.rename(path + ".away", path)
    service.get("/overview").expect(200)


def workers():
    return service.programs("irqapi.fcgi")


@test("byte garbage to the web server, a hundred times, ends nothing")
def garbage():
    before = workers()
    source = random.Random(1)
    starts = [b"", b"GET ", b"GET /api/v1/",
              b"PUT /api/v1/irqs/40/affinity HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 400\r\n",
              b"POST /api/v1/changes HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n"]
    for number in range(100):
        data = bytes(bytearray(source.getrandbits(8) for _ in range(source.randrange(1, 600))))
        with socket.create_connection(("127.0.0.1", service.port), 20) as s:
            s.sendall(starts[number % len(starts)] + data)
            s.shutdown(socket.SHUT_WR)
            drain(s)
        if number % 10 == 9:
            service.get("/overview").expect(200)
    equal(workers(), before, "the workers")


@test("byte garbage to the program's own socket, a hundred times, ends no worker")
def fastcgi_garbage():
    before = workers()
    source = random.Random(2)
    for number in range(100):
        data = bytes(bytearray(source.getrandbits(8) for _ in range(source.randrange(1, 600))))
        if number % 2:
            # a record's header: version 1, a type, request 1, a length, padding; but libfcgi itself aborts on
            # parameters (4) whose lengths lie
            header = [1, source.choice([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]), 0, 1, source.randrange(3)]
            data = bytes(bytearray(header + [source.randrange(256), source.randrange(9), 0])) + data
        if number % 4 == 3:  # behind a good beginning
            data = b"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + data
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(os.path.relpath(os.path.join(service.run, "api.sock")))
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            drain(s)
        if number % 10 == 9:
            service.get("/overview").expect(200)
    equal(workers(), before, "the workers")


@test("a client that sends a body slowly or goes away keeps no other waiting")
def slow_clients():
    head = request("PUT", "/api/v1/irqs/40/affinity", "Content-Type: application/json", "Content-Length: 10") + b"{"
    slow = [socket.create_connection(("127.0.0.1", service.port), 20) for _ in range(20)]
    try:
        for s in slow:
            s.sendall(head)
        for _ in range(10):
            service.get("/overview").expect(200)
    finally:
        for s in slow:
            s.close()
    service.get("/overview").expect(200)


@test("kill -9 of one worker: the next answer comes, and another worker takes its place")
def killed():
    before = wait_for(lambda: len(workers()) == 2 and workers(), "two workers")
    os.kill(before[0], signal.SIGKILL)
    for _ in range(4):
        service.get("/overview").expect(200)
    after = wait_for(lambda: len(workers()) == 2 and before[0] not in workers() and workers(), "a new worker")
    check(before[1] in after and service.process.poll() is None, "workers were %r and are %r", before, after)
    service.get("/overview").expect(200)


@test("SIGTERM to a worker ends it with what it was asked answered, and another takes its place")
def ended():
    before = wait_for(lambda: len(workers()) == 2 and workers(), "two workers")
    os.kill(before[1], signal.SIGTERM)
    for _ in range(4):
        service.get("/overview").expect(200)
    wait_for(lambda: not runs(before[1]) and len(workers()) == 2, "a new worker")


def plain(method, target, body=None, headers=None):
    return cgi(settings(machine, service.run), method, target, body, headers)


@test("as plain CGI the same program answers one request from its environment")
def plain_get():
    span = {"start": "2000-01-01T00:00:00Z", "end": service.health()["history"]["end"]}
    answer = plain("GET", "/api/v1/overview?all=1&start=%(start)s&end=%(end)s" % span)
    equal(answer.expect(200), service.get("/overview", all="1", **span).expect(200), "the overview")
    equal(answer.headers["content-type"], "application/json", "type")
    equal(plain("HEAD", "/api/v1/overview").body, b"", "the body of HEAD")
    plain("GET", "/api/v1/overview?window=0").expect(400, "bad_request")
    plain("GET", "/api/v1/nothing").expect(404, "not_found")
    plain("GET", "/api/v1/overview", None, {"Host": "evil.example"}).expect(421, "unknown_host")


@test("--version says which program of which package it is")
def version():
    out = subprocess.check_output([os.path.join(tap.bin_folder(), "irqapi.fcgi"), "--version"]).decode()
    check(re.match(r"irqapi\.fcgi \(irqpilot\) \d+\.\d+\.\d+\n$", out), "it says %r", out)


@test("as plain CGI it takes a body from stdin")
def plain_put():
    kind = {"Content-Type": "application/json"}
    body = json.dumps({"cpu": 1}).encode()
    before = machine.tree()
    change = plain("PUT", "/api/v1/irqs/40/affinity", body, kind).expect(200)
    equal(change["results"][0]["affinity"], "1", "the affinity")
    equal(machine.changed(before), {"proc/irq/40/smp_affinity_list": b"1"}, "what was written")
    before = machine.tree()
    plain("PUT", "/api/v1/irqs/40/affinity", body, {}).expect(415, "not_json")
    plain("PUT", "/api/v1/irqs/40/affinity", body, dict(kind, **{"Content-Length": "99"})).expect(400, "bad_request")
    plain("PUT", "/api/v1/irqs/40/affinity", body, dict(kind, **{"Content-Length": "x"})).expect(400, "bad_request")
    plain("PUT", "/api/v1/irqs/40/affinity", b" " * ((1 << 20) + 1), kind).expect(413, "too_large")
    plain("PUT", "/api/v1/irqs/40/affinity", body, dict(kind, Origin="http://evil.example")).expect(403, "cross_site")
    equal(machine.changed(before), {}, "what was written though it was refused")
    longer = dict(kind, **{"Content-Length": str(len(body))})
    plain("PUT", "/api/v1/irqs/40/affinity", body + b"and what follows", longer).expect(200)


main(service.end)
