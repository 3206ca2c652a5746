"""Tests named by sentences, told in TAP: @test registers them, main runs them. Used by every test_*.py here."""
import os
import signal
import sys
import traceback

TESTS = []


class Skip(Exception):
    """Its text is the reason."""


def test(sentence):
    def register(function):
        TESTS.append((sentence, function))
        return function
    return register


def skip(reason):
    raise Skip(reason)


def check(condition, text, *values):
    """Fails with the text, its %r filled in by the values."""
    if not condition:
        raise AssertionError(text % values if values else text)


def equal(got, expected, what):
    check(got == expected, "%s: got %r, expected %r", what, shortened(got), shortened(expected))


def shortened(value):
    """Long things by the place where they end to be shown."""
    text = repr(value)
    return value if len(text) < 2000 else text[:1000] + " ... (%d characters)" % len(text)


def say(text):
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def comment(text):
    for line in text.splitlines():
        say("# " + line)


def run_one(number, sentence, function):
    try:
        function()
    except Skip as reason:
        say("ok %d - %s # SKIP %s" % (number, sentence, reason))
    except Exception:
        say("not ok %d - %s" % (number, sentence))
        comment(traceback.format_exc())
        return False
    else:
        say("ok %d - %s" % (number, sentence))
    return True


def end_by_signal(number, frame):
    sys.exit(128 + number)


def main(put_away, sentence="the service of these tests ends cleanly"):
    """Runs all tests, or those whose sentence has a word of the command line in it; then put_away(), a test as well."""
    words = sys.argv[1:]
    tests = [t for t in TESTS if not words or any(word in t[0] for word in words)]
    tests.append((sentence, put_away))
    signal.signal(signal.SIGTERM, end_by_signal)
    say("1..%d" % len(tests))
    good = 0
    try:
        for number, (sentence, function) in enumerate(tests, 1):
            if function is put_away:
                put_away = None
            good += run_one(number, sentence, function)
    finally:
        if put_away:  # on our way out
            put_away()
    sys.exit(0 if good == len(tests) else 1)


def bin_folder():
    """Where the programs are."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.path.abspath(os.environ.get("IRQPILOT_BIN") or os.path.join(root, "build", "bin"))
