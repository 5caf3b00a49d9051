# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who runs the files: one or two machines loaded from the same guest, each file on the next that is free.

A machine that breaks fails the file that it was running; the other goes on. The files that must be alone are run by
the first before the second is loaded.
"""
import contextlib
import os
import shutil
import threading
import time

from . import image, lane
from .machine import Broken

LANE_SECONDS = 2400  # a third of it where nothing else runs


class Crew:
    def __init__(self, guest, debs, files):
        self.guest, self.debs, self.files = guest, debs, files
        self.end = time.monotonic() + LANE_SECONDS
        self.alone = [f for f in files if lane.alone(f)]
        self.rest = [f for f in files if not lane.alone(f)]
        self.size = min(2, len(self.rest), len(os.sched_getaffinity(0))) or 1
        self.mutex = threading.Lock()  # for the lists and the output
        self.crowd = threading.Event()  # nobody needs to be alone any more
        self.passed = set()
        self.machines = []

    def run(self):
        """All files; true when all passed. Says at the end which did not."""
        with contextlib.ExitStack() as stack:
            works = [stack.enter_context(image.workplace()) for _ in range(self.size)]
            stack.callback(lambda: [m.end() for m in self.machines])
            threads = [threading.Thread(target=self._member, args=(w, w == works[0]), daemon=True) for w in works]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        failed = [f for f in self.files if f not in self.passed]
        names = f"; failed: {' '.join(failed)}" if failed else ""
        self._print(f"{len(self.passed)} of {len(self.files)} files passed{names}")
        return not failed

    def _print(self, *lines):
        with self.mutex:
            print(*lines, sep="\n", flush=True)

    def _take(self, first):
        with self.mutex:
            if first and self.alone:
                return self.alone.pop(0)
            if first:
                self.crowd.set()
            return self.rest.pop(0) if self.rest else None

    def _member(self, work, first):
        try:
            if not first:
                self.crowd.wait()
            name = self._take(first)
            if name:
                self._machine(work, first, name)
        except Broken as e:
            self._print(f"tests/vm/run: {e}")
        finally:
            self.crowd.set()

    def _machine(self, work, first, name):
        m, good = None, False
        try:
            m, link = image.loaded(work, self.guest)
            self.machines.append(m)
            self._print(f"installed in {lane.install(link, self.debs):.0f} s")
            results = []
            if name == lane.FIRST:
                results.append(self._file(link, name))
                name = self._take(first)
            if name:
                lane.tools(link)
            while name:
                results.append(self._file(link, name))
                name = self._take(first)
            good = all(results)
        finally:
            if m:
                m.end()
                if not good:
                    log = f"{image.CACHE}/vm-console.log"
                    shutil.copy(m.console, log)
                    self._print(f"--- the end of the console ({log})", m.console_tail())

    def _file(self, link, name):
        """One file; its output as it comes where nobody else is heard, else in one piece."""
        began = time.monotonic()
        seconds = min(lane.FILE_SECONDS, int(self.end - began))
        lines = [f"--- {name}"]
        live = self.size == 1
        if live:
            self._print(lines[0])
        status = None
        try:
            if seconds > 0:
                status = lane.run(link, name, seconds, self._print if live else lines.append)
        finally:
            what = {0: "passed", 124: "failed: deadline", None: "failed"}.get(status, f"failed: status {status}")
            lines.append(f"=== {name}: {what} in {time.monotonic() - began:.0f} s")
            self._print(*(lines[-1:] if live else lines))
        if status == 0:
            self.passed.add(name)
        return status == 0
