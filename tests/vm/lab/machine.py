# SPDX-License-Identifier: LGPL-2.1-or-later
"""One run of QEMU: the machine that guests see, saved once and loaded many times.

The state is a migration stream in a file of its own and the disks are written to throw-away layers, so any number of
machines can be loaded from one saved guest at the same time. QEMU dies with the process that started it.
"""
import json
import os
import signal
import socket
import subprocess
import time

QEMU = "qemu-system-x86_64"
CONSOLE_TAIL = 25


class Broken(Exception):
    """The machine, or the way to it, does not work; the text says what and at which deadline."""


def version():
    try:
        return subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError) as e:
        raise Broken(f"{QEMU} does not run ({e}): sudo make deps") from e


# The processor is part of the saved state: it must be the same wherever that is loaded.
ACCELERATORS = {"kvm": ["-accel", "kvm", "-cpu", "max"], "tcg": ["-accel", "tcg,thread=multi", "-cpu", "max"]}
MACHINE = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "pc", "-smp", "2"]


def kvm_works(kernel, seconds=10):
    """Boot the kernel without a root, which ends by itself: there are hosts whose /dev/kvm hangs or asserts."""
    command = [QEMU, *ACCELERATORS["kvm"], *MACHINE, "-m", "256", "-serial", "stdio", "-kernel", kernel,
               "-append", "console=ttyS0 panic=-1"]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0 and b"Unable to mount root fs" in run.stdout


class Machine:
    """image: directory with kernel, initrd, disk, scratch and, once saved, state. work: this run's own directory."""

    def __init__(self, image, work, accelerator, saved=True):
        self.work = work
        self.console = f"{work}/console.log"
        self.shell = f"{work}/shell.sock"
        self.deadline = None
        listener = {name: self._listen(name) for name in ("qmp", "tests")}
        layer = "on" if saved else "off"
        command = ["setpriv", "--pdeathsig", "KILL", QEMU, *ACCELERATORS[accelerator], *MACHINE, "-m", "2048",
                   "-kernel", f"{image}/kernel", "-initrd", f"{image}/initrd",
                   # what protects one tenant from another costs much when emulated, and there is one
                   "-append", "root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off systemd.show_status=1",
                   "-drive", f"file={image}/disk,format=raw,if=virtio,cache=unsafe,snapshot={layer}",
                   "-drive", f"file={image}/scratch,format=raw,if=virtio,cache=unsafe,snapshot={layer}",
                   "-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,romfile=",
                   "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                   "-chardev", f"socket,id=tests,path={work}/tests.sock",
                   "-device", "virtserialport,chardev=tests,name=zone.tests",
                   "-chardev", f"socket,id=shell,path={self.shell},server=on,wait=off",
                   "-device", "virtconsole,chardev=shell",
                   "-serial", f"file:{self.console}", "-qmp", f"unix:{work}/qmp.sock"]
        if saved:
            command += ["-incoming", f"exec:cat '{image}/state'"]
        with open(f"{work}/qemu.log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, "TMPDIR": work})
        try:
            self.qmp = self._accept(listener["qmp"]).makefile("rw")
            self.port = self._accept(listener["tests"])
            self.qmp.readline()  # the greeting
            self.command("qmp_capabilities")
            if saved:
                self._wait("paused", 60)
                self.command("cont")
        except BaseException:
            self.end()
            raise

    def _listen(self, name):
        s = socket.socket(socket.AF_UNIX)
        s.bind(f"{self.work}/{name}.sock")
        s.listen(1)
        s.settimeout(20)
        return s

    def _accept(self, listener):
        with listener:
            try:
                s = listener.accept()[0]
            except TimeoutError as e:
                raise Broken(f"QEMU did not start within 20 s: {self.last_words()}") from e
        s.settimeout(60)
        return s

    def command(self, name, **arguments):
        """One command of QEMU's machine protocol; what it returns."""
        try:
            self.qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
            self.qmp.flush()
            while True:
                answer = json.loads(self.qmp.readline() or '{"error": {"desc": "it ended"}}')
                if "error" in answer:
                    raise Broken(f"QEMU: {name}: {answer['error']['desc']}: {self.last_words()}")
                if "return" in answer:
                    return answer["return"]
        except OSError as e:
            raise Broken(f"QEMU: {name}: {e}: {self.last_words()}") from e

    def _wait(self, status, seconds):
        end = time.monotonic() + seconds
        while (now := self.command("query-status")["status"]) != status:
            if time.monotonic() > end:
                raise Broken(f"the machine is {now}, not {status}, after {seconds} s")
            time.sleep(0.05)

    def save(self, path):
        """Stop the machine for good and write its state."""
        self.command("stop")
        self.command("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.command("migrate", uri=f"exec:cat >'{path}'")
        end = time.monotonic() + 120
        while (status := self.command("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled") or time.monotonic() > end:
                raise Broken(f"saving the machine: {status}")
            time.sleep(0.1)
        self.command("quit")
        self.process.wait(20)

    def last_words(self):
        with open(f"{self.work}/qemu.log", encoding="utf-8", errors="replace") as f:
            return f.read().strip()[-500:] or "without a word"

    def console_tail(self):
        try:
            with open(self.console, encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-CONSOLE_TAIL:])
        except FileNotFoundError:
            return ""

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
