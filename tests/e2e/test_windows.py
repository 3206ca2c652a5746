#!/usr/bin/env python3
"""Windows of time: how they can be asked for, which samples they mean, and what an answer says that it covers."""
import os
import subprocess
import time

import tap
from machine import MSI, Machine, Table
from service import Service, seconds_of, wait_for
from tap import check, equal, main, test

service = Service(Machine(Table([0, 1], ("40", {0: 0}, MSI % 1 + "eth0-rx-0"))), "100ms")
TIMES = []  # after each of them a sample showed the number of the next
for shown in (5, 12, 31, 80):
    service.machine.show(Table([0, 1], ("40", {0: shown}, MSI % 1 + "eth0-rx-0")))
    TIMES.append(service.sampled())
GAINS = {(0, 1): 7, (1, 2): 19, (0, 2): 26, (0, 3): 75, (2, 3): 49}


def epoch(seconds):
    return "%.6f" % seconds


def rfc3339(seconds, offset=0):
    """In the zone that is offset minutes east."""
    micro = int(round(seconds * 1e6))
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micro // 1000000 + 60 * offset))
    zone = "%s%02d:%02d" % ("-" if offset < 0 else "+", abs(offset) // 60, abs(offset) % 60) if offset else "Z"
    return "%s.%06d%s" % (text, micro % 1000000, zone)


def total(**parameters):
    return service.get("/overview", **parameters).expect(200)["total"]


def dump():
    """Each sample's time, as the history itself tells it."""
    command = [os.path.join(tap.bin_folder(), "irqsampler"), "--dump", os.path.join(service.run, "history")]
    lines = subprocess.check_output(command).decode().splitlines()
    return [seconds_of(line.split()[2]) for line in lines if line.startswith("sample ")]


@test("start and end are RFC 3339 in any zone, or seconds since 1970, and mean the same")
def forms():
    for (first, last), gain in sorted(GAINS.items()):
        for write in (epoch, rfc3339, lambda t: rfc3339(t, 330), lambda t: rfc3339(t, -480),
                      lambda t: rfc3339(t).lower()):
            start, end = write(TIMES[first]), write(TIMES[last])
            equal(total(start=start, end=end), gain, "the total from %s to %s" % (start, end))
    plus = service.ask("GET", "/api/v1/overview?start=%s&end=%s" % (rfc3339(TIMES[0], 60), rfc3339(TIMES[1], 60)))
    equal(plus.expect(200)["total"], 7, "the total with a + that was not encoded")


@test("window ends at end, and is a number of seconds or has a unit")
def durations():
    for (first, last), gain in sorted(GAINS.items()):
        length = epoch(TIMES[last] - TIMES[first])
        equal(total(window=length, end=epoch(TIMES[last])), gain, "the total of %s s" % length)
    oldest = dump()[0]
    for window in ("3600", "60m", "1h", "3600s", "59m60s", "1d", "1h30m"):
        answer = service.get("/overview", window=window, end=epoch(TIMES[3])).expect(200)
        equal((answer["total"], answer["window"]["complete"]), (80, False), "window=" + window)
        equal(seconds_of(answer["window"]["start"]), oldest, "the start of window=" + window)


@test("a time may be relative to now")
def relative():
    equal(total(start="-1h"), 80, "the total since an hour ago")
    equal(total(start="-1h30m", end=epoch(TIMES[1])), 12, "the total of what there is until then")
    wait_for(lambda: time.time() > TIMES[3] + 1.2, "a second that is over")
    equal(total(start=epoch(TIMES[0]), end="-1s"), 75, "the total until a second ago")
    equal(total(start="-1s"), 0, "the total since a second ago")
    answer = service.get("/overview", start="-1s").expect(200)["window"]
    check(abs(answer["requested_seconds"] - 1) < 1e-6, "requested_seconds of start=-1s: %r", answer)


@test("without parameters it is the last 60 seconds, until now")
def default():
    answer = service.get("/overview").expect(200)
    equal((answer["total"], answer["window"]["requested_seconds"]), (80, 60.0), "total and requested_seconds")
    check(time.time() - seconds_of(answer["window"]["end"]) < 5, "the end is %r", answer["window"])


@test("each bound means the last sample not after it, as the history's own times show")
def bounds():
    for first, last in sorted(GAINS):
        answer = service.get("/overview", start=epoch(TIMES[first]), end=epoch(TIMES[last])).expect(200)["window"]
        times = dump()
        start = max(t for t in times if t <= TIMES[first])
        end = max(t for t in times if t <= TIMES[last])
        check(abs(seconds_of(answer["start"]) - start) < 0.002, "start %r, the sample's %r", answer, start)
        check(abs(seconds_of(answer["end"]) - end) < 0.002, "end %r, the sample's %r", answer, end)
        equal(answer["samples"], len([t for t in times if start <= t <= end]), "samples")
        check(abs(answer["seconds"] - (end - start)) < 0.003, "seconds %r, not %r", answer, end - start)
        check(abs(answer["requested_seconds"] - (TIMES[last] - TIMES[first])) < 0.001, "requested_seconds %r", answer)


@test("a window that its samples cover is complete, and has no gaps")
def complete():
    def is_complete():
        answer = service.get("/overview", window="1").expect(200)["window"]
        check(answer["complete"] or answer["gaps"] or answer["seconds"] < 0.8, "without a gap not complete: %r", answer)
        return answer["complete"] and not answer["gaps"] and answer

    answer = wait_for(is_complete, "a complete window")
    check(0.7 <= answer["seconds"] <= 1.3 and 7 <= answer["samples"] <= 13, "a second is %r", answer)


@test("an end in the future is the last sample")
def future():
    answer = service.get("/overview", start=epoch(TIMES[0]), end=epoch(time.time() + 3600)).expect(200)
    equal(answer["total"], 75, "total")
    check(time.time() - 5 < seconds_of(answer["window"]["end"]) <= time.time(), "the end is %r", answer["window"])
    window = service.get("/overview", window="1", end="2100-01-01T00:00:00Z").expect(200)["window"]
    check(seconds_of(window["start"]) <= seconds_of(window["end"]) - 0.99 and window["requested_seconds"] == 1.0,
          "a second that ends in the future is %r", window)


@test("a window within one sample knows nothing: null, not 0")
def nothing():
    instant = {"start": epoch(TIMES[2]), "end": epoch(TIMES[2] + 0.00001)}
    answer = service.get("/overview", all="1", **instant).expect(200)
    equal((answer["total"], answer["window"]["samples"], answer["window"]["seconds"]), (None, 1, 0.0), "the overview")
    equal([(r["total"], r["per_second"]) for r in answer["irqs"]], [(None, None)], "its row")
    summary = service.get("/summary", **instant).expect(200)
    all_of_it = summary["all"]
    equal((all_of_it["total"], all_of_it["per_second"], summary["evenness"]["max"]), (None, None, None), "summary")
    equal([(cpu["total"], cpu["share"]) for cpu in summary["cpus"]], [(None, None)] * 2, "its CPUs")


@test("a window before the first sample, or after the last, is 416 with the range that there is")
def out_of_range():
    oldest = dump()[0]
    for parameters in ({"start": "2000-01-01T00:00:00Z", "end": "2000-01-02T00:00:00Z"}, {"end": "-1d"},
                       {"start": epoch(oldest - 10), "end": epoch(oldest - 1)},
                       {"start": "0", "end": "1"},
                       {"start": epoch(time.time() + 3600), "end": epoch(time.time() + 7200)}):
        for path in ("/overview", "/summary", "/irqs/40"):
            problem = service.get(path, **parameters).expect(416, "no_history")
            equal(seconds_of(problem["available"]["start"]), oldest, "the start of what there is")
            check(TIMES[3] <= seconds_of(problem["available"]["end"]) + 1 <= time.time() + 1, "its end: %r", problem)


@test("window and start together are 400, and 400 comes before 416")
def together():
    service.get("/overview", window="60", start="-60").expect(400, "bad_request")
    service.get("/overview", window="60", start=epoch(TIMES[0])).expect(400, "bad_request")
    service.get("/overview", window="60", start="-1m", end="-1s").expect(400, "bad_request")
    service.get("/overview", start="0", end="1", irqs=",").expect(400, "bad_request")
    service.get("/overview", start=epoch(TIMES[1]), end=epoch(TIMES[0])).expect(400, "bad_request")


@test("irqclient passes windows on, in all their forms")
def client():
    for options, gain in ((["--start", epoch(TIMES[0]), "--end", rfc3339(TIMES[1])], 7),
                          (["-w", epoch(TIMES[3] - TIMES[2]), "--end", epoch(TIMES[3])], 49), (["-w", "1h"], 80),
                          (["--start", rfc3339(TIMES[0], 120), "--end", rfc3339(TIMES[2], -60)], 26)):
        status, out, err = service.client("overview", *options)
        equal((status, err), (0, ""), "irqclient overview %r" % options)
        equal(out.splitlines()[2].split()[2], str(gain), "the total that irqclient shows: %r" % out)
    status, out, err = service.client("overview", "--start", "2000-01-01T00:00:00Z", "--end", "2000-01-02T00:00:00Z")
    equal((status, out), (1, ""), "irqclient of a past that is not there")
    check(service.health()["history"]["start"] in err, "it does not say what there is: %r", err)


main(service.end)
