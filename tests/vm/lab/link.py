# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's side of guest/agent: commands and files in, output and exit statuses out. Every call has a deadline."""
import io
import os
import tarfile
import time

from .machine import Broken

GRACE = 30  # what the agent may take beyond a command's own deadline


class Link:
    def __init__(self, machine):
        self.machine = machine
        self.buffer = b""

    def hello(self, seconds):
        """Until the agent answers; then the guest's clock is set."""
        end = time.monotonic() + seconds
        while True:
            word = os.urandom(4).hex()
            self._send(f"hello {word}\n".encode())
            try:
                while self._line(min(end, time.monotonic() + 5)) != f"={word}".encode():
                    pass
                break
            except TimeoutError:
                if time.monotonic() > end:
                    raise Broken(f"the guest does not answer after {seconds} s") from None
        self._ask(f"clock {time.time():.3f}", 10)

    def reboot(self, seconds):
        """As an administrator does it: everything is stopped, and comes up again."""
        self.machine.command("set-action", reboot="reset")  # -no-reboot is for kernels that panic
        self.run("cat /proc/sys/kernel/random/boot_id >/run/zone-tests.boot; systemctl --no-block reboot", 20, print)
        end = time.monotonic() + seconds
        self._gone(end)
        self.buffer = b""
        self.hello(end - time.monotonic())

    def _gone(self, end):
        """Until the agent has been stopped: it does not answer any more, or not from that boot."""
        while True:
            try:
                if self._ask("run 10 test -e /run/zone-tests.boot", 15) != 0:
                    return
            except Broken:
                return
            if time.monotonic() > end:
                raise Broken("the guest does not go down")
            time.sleep(1)

    def tree(self, entries, where):
        """Unpack in the guest's directory where: pairs (path here, name there)."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, name in entries:
                tar.add(path, name)
        data = packed.getvalue()
        if self._ask(f"tree {len(data)} {where}", 60, data) != 0:
            raise Broken("the guest could not unpack what was sent")

    def run(self, command, seconds, show):
        """Run it in the guest; show(line) gets each line of its output. Its status, 124 at the deadline."""
        return self._ask(f"run {seconds} {command}", seconds + GRACE, show=show)

    def _ask(self, request, seconds, data=b"", show=None):
        self._send(request.encode() + b"\n" + data)
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._line(end)
            except TimeoutError:
                raise Broken(f"the guest fell silent for {seconds} s at: {request[:100]}") from None
            if line.startswith(b"="):
                return int(line[1:])
            if line.startswith(b" ") and show:
                show(line[1:].decode("utf-8", "replace"))

    def _send(self, data):
        port = self.machine.port
        port.settimeout(60)
        try:
            port.sendall(data)
        except OSError as e:
            raise Broken(f"the guest takes nothing more: {e}") from e

    def _line(self, end):
        port = self.machine.port
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            port.settimeout(left)
            try:
                got = port.recv(65536)
            except ConnectionError:
                got = b""
            if not got:
                raise Broken(f"the machine ended: {self.machine.last_words()}")
            self.buffer += got
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")
