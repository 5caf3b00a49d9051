# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks share: an installation of zone of its own, cases that run in random order within each round,
and how their times are told."""
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time

here = os.path.dirname(os.path.realpath(__file__))
null = os.open("/dev/null", os.O_RDWR)
streams = [(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1)]


class Bench:
    def __init__(self, build, name):
        self.build = os.path.realpath(build)
        self.work = tempfile.mkdtemp(prefix=f"zone-{name}.", dir="/var/tmp")
        os.chmod(self.work, 0o711)  # the floor's user namespace must pass through
        self.program = f"{self.build}/bin/zone"
        self.environment = {"PATH": f"{self.build}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}
        for place in ("etc", "var", "run", "cache"):
            self.environment[f"ZONE_{place.upper()}"] = f"{self.work}/{place}"
        os.mkdir(f"{self.work}/run", 0o711)  # as on any host, in memory
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0711", "zone-bench", f"{self.work}/run"], check=True)

    def shell(self, script, *args):
        subprocess.run(["bash", "-ec", script, "-", *args], env=self.environment, check=True)

    def floor(self):
        """The bare program, compiled."""
        path = f"{self.work}/floor"
        self.shell('gcc -O2 -static -o "$1" "$2/floor.c"', path, here)
        return path

    def spawn(self, *argv):
        """Run to the end; milliseconds."""
        began = time.perf_counter_ns()
        pid = os.posix_spawn(argv[0], argv, self.environment, file_actions=streams)
        status = os.waitpid(pid, 0)[1]
        took = (time.perf_counter_ns() - began) / 1e6
        if status != 0:
            raise SystemExit(f"{' '.join(argv)}: status {os.waitstatus_to_exitcode(status)}")
        return took

    def zone(self, *argv):
        return self.spawn(self.program, *argv)

    def ask(self, *argv):
        done = subprocess.run([self.program, *argv], env=self.environment, check=True, capture_output=True)
        return json.loads(done.stdout)

    def end(self):
        subprocess.run([self.program, "destroy", "-f", "-s", "--all"], env=self.environment, check=False)
        subprocess.run([self.program, "image", "prune", "--all"], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["umount", "-l", f"{self.work}/run"], check=False)
        shutil.rmtree(self.work, ignore_errors=True)


def measure(table, rounds):
    """table: name → (measure, name of what it is compared with, undo). Lists of milliseconds by name."""
    times = {name: [] for name in table}
    for n in range(rounds + 1):
        names = list(table)
        random.shuffle(names)
        for name in names:
            run, _, undo = table[name]
            took = run()
            if undo:
                undo()
            if n > 0:  # the first round warms up
                times[name].append(took)
    return times


def report(table, times, rounds):
    """Print the table; its rows."""
    rows = []
    width = max(len(name) for name in table) + 2
    print(f"{'case':<{width}}{'min':>9}{'median':>9}{'p95':>9}{'ratio':>8}   ({rounds} rounds, ms)")
    for name, (_, floor, _) in table.items():
        t = sorted(times[name])
        row = {"case": name, "min": t[0], "median": statistics.median(t), "p95": t[int(len(t) * 0.95)]}
        if floor:
            row["floor"] = floor
            row["ratio"] = statistics.median(a / b for a, b in zip(times[name], times[floor]))
        rows.append(row)
        ratio = f"{row['ratio']:.2f}" if floor else ""
        print(f"{name:<{width}}{row['min']:>9.2f}{row['median']:>9.2f}{row['p95']:>9.2f}{ratio:>8}")
    return rows


def save(path, **what):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"kernel": os.uname().release, "cpus": os.cpu_count(), **what}, f, indent=1)
