"""The programs at work: Service is what make run starts, behind nginx; Plain is a sampler and the API as plain CGI.

Used by the tests here; both are asked in the same way and wait on what the service itself tells, never on a delay.
"""
import calendar
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 20  # seconds for what should be there at once


def wait_for(condition, what, seconds=PATIENCE):
    """Its first answer that is true."""
    end = time.time() + seconds
    while True:
        found = condition()
        if found:
            return found
        tap.check(time.time() < end, "after %g seconds still no: %s" % (seconds, what))
        time.sleep(0.01)


def seconds_of(rfc3339):
    """Seconds since 1970."""
    whole, fraction = rfc3339.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


class Answer:
    """An HTTP answer; headers by lower case name."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = dict((name.lower(), value) for name, value in headers)
        self.body = body

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            raise AssertionError("no JSON: status %d, %r" % (self.status, self.body[:300]))

    def expect(self, status, code=None):
        """Its JSON, if it has that status; a problem must be whole and of that code."""
        tap.check(self.status == status, "status %d instead of %d: %s", self.status, status, self.body[:600])
        if not code:
            return self.json() if self.body else None
        tap.equal(self.headers.get("content-type"), "application/problem+json", "type of a problem")
        problem = self.json()
        tap.equal((problem.get("status"), problem.get("code")), (status, code), "status and code of %r" % (problem,))
        for field in ("title", "detail"):
            tap.check(problem.get(field), "the problem has no %s: %r", field, problem)
        return problem


class Asked:
    """What can be asked of both, by self.ask(method, path, body, headers)."""

    def get(self, path, headers=None, **parameters):
        """GET below /api/v1; parameters are encoded."""
        query = "?" + urllib.parse.urlencode(sorted(parameters.items())) if parameters else ""
        return self.ask("GET", "/api/v1" + path + query, None, headers)

    def send(self, method, path, body, headers=None):
        """A JSON body below /api/v1."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(method, "/api/v1" + path, text, dict({"Content-Type": "application/json"}, **(headers or {})))

    def set(self, irq, **cpus):
        return self.send("PUT", "/irqs/%s/affinity" % urllib.parse.quote(irq, safe=""), cpus)

    def health(self):
        return self.get("/health").expect(200)

    def sampled(self, patience=PATIENCE):
        """Waits until a sample is there that was begun after this call; returns a time at or after it."""
        since = time.time() + 0.002  # the API tells milliseconds

        def is_there():
            end = self.health()["history"]["end"]
            return end and seconds_of(end) >= since

        wait_for(is_there, "a sample from now on", patience)
        return time.time()

    def play(self, machine, first, *others):
        """Another boot, whose counters show one table after the other; the window between the outermost."""
        machine.show(QUIET)
        self.sampled()
        machine.boot()
        self.sampled()
        machine.show(first)
        start = end = self.sampled()
        for table in others:
            machine.show(table)
            end = self.sampled()
        return window(start, end)


def settings(machine, folder):
    """What programs take from the environment, with history and state in that folder."""
    return {"IRQPILOT_PROC": machine.proc, "IRQPILOT_SYS": machine.sys, "IRQPILOT_STATE": folder,
            "IRQPILOT_HISTORY": os.path.join(folder, "history")}


QUIET = "           CPU0       \n  1:          0  IO-APIC   1-edge      quiet\n"


def window(start, end):
    return {"start": "%.6f" % start, "end": "%.6f" % end}


class Plain(Asked):
    """A sampler of its own, which can be stopped and started, and the API as plain CGI."""

    def __init__(self, machine, interval="50ms"):
        self.machine = machine
        self.history = os.path.join(machine.folder, "state", "history")
        self.sampler = None
        self.settings = settings(machine, os.path.dirname(self.history))
        self.command = [os.path.join(tap.bin_folder(), "irqsampler"), "--interval", interval, "--size", "8M"]
        os.mkdir(os.path.dirname(self.history))

    def start(self):
        self.log = tempfile.TemporaryFile()
        self.sampler = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.environment())
        self.sampled()

    def environment(self):
        return dict(os.environ, **self.settings)

    def stop(self, number=signal.SIGTERM):
        self.sampler.send_signal(number)
        status = self.sampler.wait(timeout=PATIENCE)
        self.log.seek(0)
        text = self.log.read().decode("utf-8", "replace")
        tap.check(status == (0 if number == signal.SIGTERM else -number), "irqsampler ended with %r: %s", status, text)
        self.sampler = None

    def end(self):
        if self.sampler:
            self.sampler.kill()
            self.sampler.wait()
        self.machine.remove()

    def ask(self, method, target, body=None, headers=None):
        return cgi(self.settings, method, target, body, headers)


def cgi_variables(method, target, headers):
    """A request as a web server would hand it over."""
    path, _, query = target.partition("?")
    variables = dict((k, v) for k, v in os.environ.items() if not k.startswith(("IRQPILOT_", "HTTP_")))
    variables.update(REQUEST_METHOD=method, REQUEST_URI=target, PATH_INFO=urllib.parse.unquote(path, errors="replace"),
                     QUERY_STRING=query, SCRIPT_NAME="", HTTP_HOST="127.0.0.1", REMOTE_ADDR="127.0.0.1",
                     GATEWAY_INTERFACE="CGI/1.1", SERVER_PROTOCOL="HTTP/1.1")
    for name, value in (headers or {}).items():
        name = name.upper().replace("-", "_")
        variables[name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name] = value
    return variables


def cgi(settings, method, target, body=None, headers=None):
    """One request to irqapi.fcgi as plain CGI, which has no options: settings are variables of its environment."""
    variables = dict(cgi_variables(method, target, headers), **settings)
    if body is not None:
        variables.setdefault("CONTENT_LENGTH", str(len(body)))
    process = subprocess.Popen([os.path.join(tap.bin_folder(), "irqapi.fcgi")], env=variables,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(body or b"", timeout=PATIENCE)
    tap.check(process.returncode == 0, "irqapi.fcgi ended with %r: %r", process.returncode, err)
    head, _, rest = out.partition(b"\r\n\r\n")
    headers = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")]
    return Answer(int(dict(headers)["Status"].split()[0]), headers, rest)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def runs(pid):
    """Neither gone nor waiting for a parent that reaps late."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            return f.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def processes_in(folder):
    """Those that work in that folder: pid and name."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.path.realpath("/proc/%s/cwd" % entry) == folder and runs(int(entry)):
                with open("/proc/%s/comm" % entry) as f:
                    found[int(entry)] = f.read().strip()
        except OSError:
            pass
    return found


def new_checkout():
    """What make run needs of a checkout, in a folder of its own."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="irqpilot-e2e-"))
    for part in ("conf", "www"):
        shutil.copytree(os.path.join(ROOT, part), os.path.join(folder, part))
    return folder


def start_run(folder, machine, log, **variables):
    """conf/run.sh there, with nothing in its environment that a make around the tests put there."""
    environment = dict(os.environ, BIN=tap.bin_folder())
    for name in ("PROC", "SYS", "MAKELEVEL", "MAKEFLAGS", "IRQCLIENT_URL"):
        environment.pop(name, None)
    if machine:
        environment["PROC"] = machine.proc
    if machine and machine.sys:
        environment["SYS"] = machine.sys
    environment.update(variables)
    return subprocess.Popen(["conf/run.sh"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                            stderr=subprocess.STDOUT)


class Service(Asked):
    """conf/run.sh, as make run starts it, of a made machine or else the real one; beside another, or on its own."""

    def __init__(self, machine=None, interval="50ms", beside=None):
        self.machine = machine
        self.beside = beside
        self.folder = beside.folder if beside else new_checkout()
        self.others = processes_in(self.folder)
        for attempt in range(3):
            if self.start(interval):
                return
        self.give_up("no port was free three times")

    def start(self, interval):
        """False: somebody else took the port meanwhile."""
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        self.log = os.path.join(self.folder, "run-%d.log" % self.port)
        before = glob.glob(os.path.join(self.folder, "run/made.*"))
        with open(self.log, "wb") as log:
            self.process = start_run(self.folder, self.machine, log, PORT=str(self.port), INTERVAL=interval)
        end = time.time() + 60
        while b"to stop: Ctrl-C" not in self.said():
            if self.process.poll() is not None and b"in use" in self.said():
                return False
            if self.process.poll() is not None:
                self.give_up("it ended with %d" % self.process.returncode)
            if time.time() > end:
                self.give_up("it did not start within a minute")
            time.sleep(0.02)
        made = [path for path in glob.glob(os.path.join(self.folder, "run/made.*")) if path not in before]
        self.run = made[0] if self.machine else os.path.join(self.folder, "run")
        return True

    def processes(self):
        return dict((pid, name) for pid, name in processes_in(self.folder).items() if pid not in self.others)

    def said(self):
        with open(self.log, "rb") as f:
            return f.read()

    def give_up(self, why):
        said = self.said().decode("utf-8", "replace")
        self.kill()
        if self.machine:
            self.machine.remove()
        raise AssertionError("conf/run.sh: %s. It said: %s" % (why, said))

    def kill(self):
        """The last resort."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        if not self.beside:
            shutil.rmtree(self.folder, ignore_errors=True)

    def programs(self, name):
        """Our processes of that name; the kernel keeps 15 bytes of it."""
        return sorted(pid for pid, comm in self.processes().items() if comm == name[:15])

    def log_texts(self):
        """What the programs said, also once their folder is gone."""
        return [open(path, "rb") for path in sorted(glob.glob(os.path.join(self.run, "*.log")))]

    def end(self, number=signal.SIGTERM):
        """A signal ends all of it, with status 0, and leaves nothing; no program was caught by a sanitizer."""
        logs = self.log_texts()
        try:
            self.process.send_signal(number)
            status = self.process.wait(timeout=PATIENCE)
            left = self.processes()
            made = os.path.exists(self.run) and self.machine
        finally:
            said = self.said().decode("utf-8", "replace")
            self.kill()
            if self.machine:
                self.machine.remove()
        tap.equal(status, 0, "exit status of conf/run.sh, which said: " + said)
        tap.equal(left, {}, "processes left behind")
        tap.check(not made, "the folder of a made machine is left behind: %s", self.run)
        with socket.socket() as s:
            tap.check(s.connect_ex(("127.0.0.1", self.port)) != 0, "somebody still listens on port %d", self.port)
        for log in logs:
            with log:
                text = log.read().decode("utf-8", "replace")
            for word in ("Sanitizer", "runtime error", "segfault"):
                tap.check(word not in text, "%s: %s", log.name, text[-3000:])

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def raw(self, data, patience=PATIENCE):
        """Sends bytes as they are, and returns what comes back until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.port), patience) as s:
            try:
                s.sendall(data)
            except OSError:
                pass  # it has heard enough; what it said is there to be read
            return drain(s)

    def raw_answer(self, data):
        """The same as an answer; data asks for Connection: close, or is HTTP/1.0."""
        head, _, body = self.raw(data).partition(b"\r\n\r\n")
        tap.check(head.startswith(b"HTTP/"), "no HTTP answer to %r: %r", data[:100], head[:200])
        lines = head.decode("latin-1").split("\r\n")
        return Answer(int(lines[0].split()[1]), [line.split(": ", 1) for line in lines[1:]], body)

    def client(self, *arguments, **more):
        """irqclient's exit status, stdout and stderr."""
        return run_client(("--url", self.url) + arguments, **more)


def drain(s):
    data = b""
    while True:
        try:
            part = s.recv(65536)
        except OSError:
            return data
        if not part:
            return data
        data += part


def run_client(arguments, stdin=b"", environment=None):
    variables = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", **(environment or {}))
    if not environment or "IRQCLIENT_URL" not in environment:
        variables.pop("IRQCLIENT_URL", None)
    process = subprocess.Popen([os.path.join(tap.bin_folder(), "irqclient")] + list(arguments), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables)
    out, err = process.communicate(stdin, timeout=PATIENCE)
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
