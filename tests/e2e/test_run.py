#!/usr/bin/env python3
"""What make run starts: how it begins, refuses and ends, and that it leaves nothing behind; made machines."""
import os
import shutil
import signal
import socket
import subprocess

from machine import MSI, Machine, Table
from service import Service, free_port, new_checkout, processes_in, runs, start_run, wait_for
from tap import check, equal, main, test

service = Service(Machine(Table([0, 1], ("40", {0: 10}, MSI % 1 + "eth0-rx-0"))))


def new_machine():
    return Machine(Table([0, 1], ("40", {0: 10}, MSI % 1 + "eth0-rx-0")))


def kill_all(folder):
    left = processes_in(folder)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def run(**variables):
    """A conf/run.sh that is expected to end by itself: its status and what it said."""
    folder = new_checkout()
    try:
        process = start_run(folder, service.machine, subprocess.PIPE, **dict({"PORT": str(free_port())}, **variables))
        try:
            said = process.communicate(timeout=30)[0].decode("utf-8", "replace")
        finally:
            left = kill_all(folder)
            process.wait()
        equal(left, {}, "processes left by a run that said %r" % said)
        return process.returncode, said
    finally:
        shutil.rmtree(folder)


@test("it says its address and shows an overview of the machine")
def says():
    said = service.said().decode()
    check(service.url + "/" in said and "/api/v1/" in said, "it says %r", said)
    check("CPU0" in said or "No interrupt fired" in said, "there is no overview in %r", said)


@test("a port that is taken, or is none, is refused with what to do")
def ports():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = str(taken.getsockname()[1])
        status, said = run(PORT=port)
    equal(status, 1, "status of a taken port")
    check(port in said and "PORT=" in said, "it says %r", said)
    for port in ("0", "65536", "x", "80a", "-1", "8080 "):
        status, said = run(PORT=port)
        equal(status, 1, "status of PORT=%r" % port)
        check("PORT=" + port in said, "it says %r", said)


@test("a folder that is no machine is refused")
def folders():
    for variables in ({"PROC": "/nowhere"}, {"PROC": service.machine.sys}, {"SYS": "/nowhere"}):
        status, said = run(**variables)
        equal(status, 1, "status of %r, which said %r" % (variables, said))
        check(list(variables.values())[0] in said, "it says %r", said)


@test("an interval that the sampler does not take ends it all, with the reason")
def interval():
    status, said = run(INTERVAL="1ms")
    equal(status, 1, "status")
    check("10ms" in said, "it says %r", said)


@test("two made machines run at once in one checkout, each on its own")
def two():
    other = Service(new_machine(), beside=service)
    try:
        other.machine.show(Table([0, 1], ("41", {0: 7}, MSI % 2 + "eth1")))
        other.sampled()
        for one, irq in ((service, "40"), (other, "41")):
            equal([r["irq"] for r in one.get("/overview", all="1", start="-1s").expect(200)["irqs"]], [irq], "rows")
    finally:
        other.end()
    service.sampled()


@test("SIGINT and SIGHUP end it as SIGTERM does")
def signals():
    for number in (signal.SIGINT, signal.SIGHUP):
        Service(new_machine()).end(number)


@test("when the sampler dies all is ended, with its last words and a status that is not 0")
def dead_sampler():
    other = Service(new_machine())
    try:
        os.kill(other.programs("irqsampler")[0], signal.SIGKILL)
        status = other.process.wait(timeout=20)
        said = other.said().decode()
        check(status != 0 and "irqsampler ended" in said, "status %r, and it said %r", status, said)
        equal(processes_in(other.folder), {}, "processes left")
    finally:
        other.kill()
        other.machine.remove()


@test("what kill -9 of run.sh leaves behind serves on, and the next run in that checkout clears it away")
def killed():
    other = Service()
    try:
        os.kill(other.process.pid, signal.SIGKILL)
        other.process.wait()
        other.sampled()
        left = processes_in(other.folder)
        check(len(left) >= 4, "left are %r", left)
        check(other.start("50ms"), "the port was taken")
        equal([pid for pid in left if runs(pid)], [], "processes of the killed run")
        check(b"killed run" in other.said(), "it says %r", other.said())
        other.end()
    finally:
        other.kill()


@test("SIGTERM while it starts ends it as well")
def early():
    machine, folder = new_machine(), new_checkout()
    try:
        process = start_run(folder, machine, subprocess.DEVNULL, PORT=str(free_port()))
        wait_for(lambda: "irqsampler" in processes_in(folder).values(), "the sampler")
        process.send_signal(signal.SIGTERM)
        equal(process.wait(timeout=20), 0, "its status")
        equal(processes_in(folder), {}, "processes left")
    finally:
        kill_all(folder)
        shutil.rmtree(folder)
        machine.remove()


main(service.end)
