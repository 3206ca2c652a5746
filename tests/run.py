#!/usr/bin/env python3
"""Runs test programs one after another and adds up what they tell: run.py [--build DIR] [--limit SECONDS] PROGRAM...

Called by make check. A program is one of cmocka's, a Python file, or anything else that prints TAP; a name without a
folder is looked for in DIR/test. Each is one line; what failed is shown whole, what was skipped with its reason.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

RESULT = re.compile(r"(not )?ok\b\s*(\d*)\s*-?\s*(.*)$")
SKIP = re.compile(r"(.*?)#\s*SKIP\S*\s*(.*)$", re.IGNORECASE)
GRACE = 10  # seconds from SIGTERM to SIGKILL: a service has to be put away


class Outcome:
    """What a program told, and how it ended."""

    def __init__(self):
        self.passed = 0
        self.failed = []   # sentences
        self.skipped = []  # (sentence, reason)
        self.output = ""


def say(text):
    """Whatever the locale: test names and outputs may hold any character."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def sentence(name):
    return re.sub("^test_", "", name).replace("_", " ").strip() if " " not in name else name.strip()


def read_tap(text, outcome):
    """Adds up the results; returns how many were announced. cmocka tells why before a test that is skipped."""
    planned = 0
    before = []
    for line in text.splitlines():
        plan = re.match(r"1\.\.(\d+)", line)
        result = RESULT.match(line)
        if plan:
            planned += int(plan.group(1))
        elif line.startswith("Bail out!"):
            outcome.failed.append(line)
        elif result:
            take_result(result, before, outcome)
            before = []
        else:
            before.append(line.lstrip("# ").rstrip())
    return planned


def take_result(result, before, outcome):
    text = result.group(3)
    skip = SKIP.match(text)
    if not skip:
        if result.group(1):
            outcome.failed.append(sentence(text))
        else:
            outcome.passed += 1
    elif skip.group(1).strip(" -"):
        outcome.skipped.append((sentence(skip.group(1)), skip.group(2) or "no reason given"))
    else:  # cmocka: only the name stands behind SKIP
        reason = " ".join(line for line in before if line and not line.startswith("TAP version"))
        outcome.skipped.append((sentence(skip.group(2)), reason or "no reason given"))


def members(group):
    """Processes of that process group that still run."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry, "rb") as f:
                state, _, its_group = f.read().rpartition(b")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(its_group) == group and state not in (b"Z", b"X"):
            found.append(int(entry))
    return found


def await_end(group, seconds):
    end = time.time() + seconds
    while members(group) and time.time() < end:
        time.sleep(0.05)
    return not members(group)


def send(group, number):
    try:
        os.killpg(group, number)
    except OSError:
        pass


def put_away(process):
    """Ends a program and whatever it started."""
    send(process.pid, signal.SIGTERM)
    if not await_end(process.pid, GRACE):
        send(process.pid, signal.SIGKILL)
    process.wait()


def signal_name(number):
    for name in dir(signal):
        if re.match("SIG[A-Z0-9]+$", name) and getattr(signal, name) == number:
            return name
    return "signal %d" % number


def wait(process, limit):
    """What its end was, as a sentence; None: status 0."""
    try:
        status = process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        put_away(process)
        return "it was ended: it took longer than %g seconds" % limit
    if not await_end(process.pid, 2):
        left = len(members(process.pid))
        put_away(process)
        return "it left %d process%s behind" % (left, "" if left == 1 else "es")
    if status < 0:
        return "it died of %s" % signal_name(-status)
    return "its exit status was %d" % status if status else None


def run(path, environment, limit):
    outcome = Outcome()
    command = [sys.executable, path] if path.endswith(".py") else [path]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment,
                                       start_new_session=True)
        except OSError as error:
            outcome.failed.append("it cannot be started: %s" % error)
            return outcome
        try:
            end = wait(process, limit)
        except BaseException:
            put_away(process)
            raise
        out.seek(0)
        err.seek(0)
        text = out.read().decode("utf-8", "replace")
        outcome.output = text + err.read().decode("utf-8", "replace")
    planned = read_tap(text, outcome)
    told = outcome.passed + len(outcome.failed) + len(outcome.skipped)
    missing = "%d of its %d tests told no result" % (planned - told, planned) if told < planned else ""
    if end and (not end.startswith("its exit status") or not outcome.failed):
        outcome.failed.append(end + (", and " + missing if missing else ""))
    elif missing:
        outcome.failed.append(missing)
    elif told == 0 and not outcome.failed:
        outcome.failed.append("it told no result of any test")
    return outcome


def show(name, outcome, seconds):
    say("%-32s %4d passed, %d failed, %d skipped, %.1f s" %
        (name + ":", outcome.passed, len(outcome.failed), len(outcome.skipped), seconds))
    for test, reason in outcome.skipped:
        say("    skipped: %s: %s" % (test, reason))
    for test in outcome.failed:
        say("    FAILED: %s" % test)
    if outcome.failed and outcome.output:
        say("    its whole output:")
        for line in outcome.output.splitlines():
            say("    | " + line)


def find(program, build):
    inside = os.path.join(build, "test", program)
    if os.path.dirname(program) or os.path.exists(program) or not os.path.exists(inside):
        return program
    return inside


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs test programs that print TAP and adds up their results.")
    parser.add_argument("--build", default="build", metavar="DIR", help="where make built (default build)")
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS", help="for each program (default 600)")
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    return parser.parse_args()


def end_by_signal(number, frame):
    sys.exit(128 + number)


def main():
    arguments = parse_arguments()
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1")
    programs = environment.get("IRQPILOT_BIN") or os.path.join(arguments.build, "bin")
    environment["IRQPILOT_BIN"] = os.path.abspath(programs)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    passed = failed = skipped = 0
    for program in arguments.programs:
        start = time.time()
        path = find(program, arguments.build)
        outcome = run(path if os.path.dirname(path) else os.path.join(".", path), environment, arguments.limit)
        show(os.path.splitext(os.path.basename(program))[0], outcome, time.time() - start)
        passed += outcome.passed
        failed += len(outcome.failed)
        skipped += len(outcome.skipped)
    say("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
