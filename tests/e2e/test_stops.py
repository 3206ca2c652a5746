#!/usr/bin/env python3
"""A sampler that is stopped, killed and started, reboots between: made machines, asked by plain CGI."""
import signal
import subprocess
import time

from machine import MSI, Machine, Table
from service import Plain, seconds_of, window
from sums import Row, check_sums
from tap import check, equal, main, test

RX = MSI % 1 + "eth0-rx-0"
TX = MSI % 2 + "eth0-tx-0"
OTHER = "PCI-MSIX-0000:00:05.0   0-edge      nvme0q1"

plain = Plain(Machine(Table([0, 1], ("40", {0: 1}, RX))))
machine = plain.machine


def begin(table):
    """The sampler runs, and has seen that table."""
    machine.show(table)
    if plain.sampler is None:
        plain.start()
    return plain.sampled()


def stop_for(seconds, number=signal.SIGTERM):
    """So long that samples are missing, whatever the sampler's timing."""
    plain.stop(number)
    end = time.time() + seconds
    while time.time() < end:
        time.sleep(0.01)


@test("without a history the API says 503 no_data, and health that there is none")
def no_history():
    for path in ("/overview", "/summary", "/irqs/40", "/overview?window=5"):
        plain.get(path).expect(503, "no_data")
    health = plain.health()
    equal((health["status"], health["last_sample_age_seconds"]), ("no_data", None), "health")
    equal((health["history"]["start"], health["history"]["samples"]), (None, 0), "its history")
    plain.ask("GET", "/api/v1/overview?window=0").expect(400, "bad_request")


@test("what fired while the sampler was stopped is counted, and the gap is told")
def stopped():
    start = begin(Table([0, 1], ("40", {0: 100, 1: 50}, RX), ("41", {0: 3}, TX)))
    machine.show(Table([0, 1], ("40", {0: 101, 1: 50}, RX), ("41", {0: 3}, TX)))
    before = plain.sampled()
    stop_for(0.4)
    machine.show(Table([0, 1], ("40", {0: 141, 1: 57}, RX), ("41", {0: 3}, TX), ("42", {1: 9}, OTHER)))
    plain.start()
    after = time.time()
    machine.show(Table([0, 1], ("40", {0: 141, 1: 57}, RX), ("41", {0: 5}, TX), ("42", {1: 9}, OTHER)))
    end = plain.sampled()
    rows = [Row("40", "eth0-rx-0", {0: 41, 1: 7}), Row("41", "eth0-tx-0", {0: 2}), Row("42", "nvme0q1", {1: 9})]
    overview = check_sums(plain, window(start, end), rows)
    equal(overview["window"]["complete"], False, "complete")
    gap = [gap for gap in overview["window"]["gaps"] if gap["why"] == "stopped"]
    equal(len(gap), 1, "gaps of a stopped sampler in %r" % overview["window"]["gaps"])
    check(before - 0.2 <= seconds_of(gap[0]["start"]) and seconds_of(gap[0]["end"]) <= after and
          seconds_of(gap[0]["end"]) - seconds_of(gap[0]["start"]) >= 0.4, "the gap is told as %r", gap)


@test("a wrap and a counter made anew are told apart while the sampler was stopped, too")
def stopped_wrap():
    top = 2 ** 32
    start = begin(Table([0, 1], ("40", {0: top - 50000, 1: 7}, RX), ("41", {0: 3000000000}, TX)))
    stop_for(0.2)
    machine.show(Table([0, 1], ("40", {0: 20000, 1: 7}, RX), ("41", {0: 12}, TX)))
    plain.start()
    end = time.time()
    check_sums(plain, window(start, end), [Row("40", "eth0-rx-0", {0: 70000}), Row("41", "eth0-tx-0", {0: 12})])


@test("kill -9 of the sampler loses nothing that was sampled, nor what fired until it is started again")
def killed():
    start = begin(Table([0, 1], ("40", {0: 30000, 1: 7}, RX)))
    machine.show(Table([0, 1], ("40", {0: 30005, 1: 7}, RX)))
    plain.sampled()
    stop_for(0.2, signal.SIGKILL)
    machine.show(Table([0, 1], ("40", {0: 30005, 1: 19}, RX)))
    plain.start()
    overview = check_sums(plain, window(start, time.time()), [Row("40", "eth0-rx-0", {0: 5, 1: 12})])
    check("stopped" in [gap["why"] for gap in overview["window"]["gaps"]], "gaps: %r", overview["window"]["gaps"])


@test("a reboot while the sampler was stopped: each boot's own gains, complete is false, the gap is a reboot")
def reboot():
    start = begin(Table([0, 1], ("40", {0: 40000, 1: 19}, RX), ("41", {1: 5}, TX)))
    machine.show(Table([0, 1], ("40", {0: 40020, 1: 19}, RX), ("41", {1: 5}, TX)))
    plain.sampled()
    stop_for(0.2)
    machine.boot()
    machine.show(Table([0, 1], ("40", {0: 3, 1: 4}, OTHER), ("41", {1: 5000}, TX)))
    plain.start()
    machine.show(Table([0, 1], ("40", {0: 3, 1: 10}, OTHER), ("41", {1: 5001}, TX)))
    span = window(start, plain.sampled())
    overview = check_sums(plain, span, [Row("40", "eth0-rx-0", {0: 20}), Row("40", "nvme0q1", {1: 6}),
                                        Row("41", "eth0-tx-0", {1: 1})])
    equal(overview["window"]["complete"], False, "complete")
    equal([gap["why"] for gap in overview["window"]["gaps"] if gap["why"] in ("reboot", "stopped")], ["reboot"], "gaps")


@test("a sampler that stopped is stale in health, and the window says that samples are missing at its end")
def stale():
    begin(Table([0, 1], ("40", {0: 1}, RX)))
    plain.stop()
    end = time.time() + 20
    while plain.health()["status"] != "stale":
        check(time.time() < end, "20 seconds after the last sample health is %r", plain.health())
    told = plain.get("/overview", window="10").expect(200)["window"]
    equal((told["complete"], told["gaps"][-1]["why"]), (False, "no_sample"), "complete, and the last gap")
    problem = plain.get("/overview", window="0.5").expect(416, "no_history")
    equal(problem["available"]["end"], told["end"], "the end of what there is")
    last = plain.get("/overview", window="0.5", end="2100-01-01T00:00:00Z").expect(200)["window"]
    equal((last["end"], last["requested_seconds"]), (told["end"], 0.5), "what an end in the future is")
    plain.start()
    equal(plain.health()["status"], "ok", "status")


@test("a second sampler of the same history is refused and names the first")
def second():
    begin(Table([0, 1], ("40", {0: 1}, RX)))
    process = subprocess.Popen(plain.command, env=plain.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said = process.communicate(timeout=20)[0].decode()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    equal(process.returncode, 1, "exit status of the second one, which said: " + said)
    check(str(plain.sampler.pid) in said, "it does not name process %d: %r", plain.sampler.pid, said)
    plain.sampled()


main(plain.end)
