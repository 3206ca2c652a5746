"""Machines made of files: what a kernel would show in /proc and /sys, for programs that take --proc and --sys.

Used by the tests here. Files are replaced by rename, so that no reader sees half of one.
"""
import os
import shutil
import tempfile
import uuid

MSI = "PCI-MSIX-0000:00:04.0   %d-edge      "
IO_APIC = "IO-APIC   %d-edge      "


class Table:
    """/proc/interrupts: CPUs by number; rows of (label, counts by CPU or one bare number, what follows them)."""

    def __init__(self, cpus, *rows):
        self.cpus = list(cpus)
        self.rows = list(rows)

    def text(self):
        width = max([3] + [len(row[0]) for row in self.rows])
        lines = [b" " * (width + 8) + b"".join(("CPU%-8d" % cpu).encode() for cpu in self.cpus)]
        for label, counts, tail in self.rows:
            if isinstance(counts, dict):
                text = "".join(" %10d" % counts.get(cpu, 0) for cpu in self.cpus)
            else:
                text = " %10d" % counts
            tail = tail if isinstance(tail, bytes) else tail.encode()
            lines.append(("%*s:" % (width, label) + text).encode() + (b"  " + tail if tail else b""))
        return b"\n".join(lines) + b"\n"


class Machine:
    """A folder with proc/ and sys/."""

    def __init__(self, table, sys=True):
        self.folder = tempfile.mkdtemp(prefix="irqpilot-made-")
        self.proc = os.path.join(self.folder, "proc")
        self.sys = os.path.join(self.folder, "sys") if sys else None
        os.mkdir(self.proc)
        if sys:
            os.mkdir(self.sys)
        self.boot()
        self.show(table)

    def write(self, path, content):
        """Replaces a file, path below the folder, and makes the folders that it is in."""
        path = os.path.join(self.folder, path)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        with open(path + ".new", "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        os.rename(path + ".new", path)
        return path

    def show(self, table):
        """From now on this is /proc/interrupts: a Table, or text."""
        self.write("proc/interrupts", table.text() if isinstance(table, Table) else table)
        if self.sys and isinstance(table, Table):
            self.online(table.cpus)

    def boot(self):
        """Another boot; the counters are for show."""
        self.write("proc/sys/kernel/random/boot_id", str(uuid.uuid4()) + "\n")

    def online(self, cpus):
        """Those CPUs, each on node 0 but the odd ones, which are on node 1, and a core of its own."""
        text = ",".join(str(cpu) for cpu in cpus) + "\n"
        path = os.path.join(self.sys, "devices/system/cpu/online")
        if os.path.exists(path):
            with open(path) as f:
                if f.read() == text:
                    return
        self.write("sys/devices/system/cpu/online", text)
        for cpu in cpus:
            self.cpu(cpu)

    def cpu(self, cpu):
        folder = "sys/devices/system/cpu/cpu%d/" % cpu
        if os.path.isdir(os.path.join(self.folder, folder)):
            return
        self.write(folder + "topology/core_id", "%d\n" % cpu)
        self.write(folder + "topology/physical_package_id", "0\n")
        self.write(folder + "topology/thread_siblings_list", "%d\n" % cpu)
        os.mkdir(os.path.join(self.folder, folder, "node%d" % (cpu % 2)))

    def irq(self, number, affinity, effective=None, action=None, mode=0o644, chip="PCI-MSIX-0000:00:04.0", node=-1):
        """/proc/irq/N, and what /sys says of its chip."""
        folder = "proc/irq/%d/" % number
        self.write(folder + "smp_affinity_list", affinity + "\n")
        self.write(folder + "smp_affinity", "ff\n")
        self.write(folder + "affinity_hint", "00\n")
        self.write(folder + "node", "%d\n" % node)
        if effective is not None:
            self.write(folder + "effective_affinity_list", effective + "\n")
        for name in ("smp_affinity_list", "smp_affinity"):
            os.chmod(os.path.join(self.folder, folder, name), mode)
        if action:
            os.mkdir(os.path.join(self.folder, folder, action))
        if self.sys:
            self.write("sys/kernel/irq/%d/chip_name" % number, chip + "\n")

    def read(self, path):
        with open(os.path.join(self.folder, path), "rb") as f:
            return f.read()

    def tree(self):
        """All files but the counters: path, mode, when written, content. What nobody wrote to does not differ."""
        found = {}
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                if name != "interrupts" and not os.path.islink(path):
                    found[os.path.relpath(path, self.folder)] = (status.st_mode, status.st_mtime_ns, self.read(path))
        return found

    def changed(self, before):
        """What differs from the tree before: {path: content now}."""
        now = self.tree()
        return dict((path, now[path][2] if path in now else None) for path in set(before) | set(now)
                    if before.get(path) != now.get(path))

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
