#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure what many zones cost those who look at them.

usage: crowd.py BUILD [ZONES]      (root; BUILD is a CMake build directory, best of release; 500 zones)

Prints how long it takes to start and to list them all, and how much of one processor `top` uses when it looks once a
second. It is no test: nothing fails because it is slow.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

if len(sys.argv) < 2 or os.geteuid() != 0:
    sys.exit(__doc__)
build = os.path.realpath(sys.argv[1])
zones = int(sys.argv[2]) if len(sys.argv) > 2 else 500
work = tempfile.mkdtemp(prefix="zone-crowd.", dir="/var/tmp")
environment = {
    "PATH": f"{build}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
    "ZONE_ETC": f"{work}/etc", "ZONE_VAR": f"{work}/var", "ZONE_RUN": f"{work}/run", "ZONE_CACHE": f"{work}/cache",
}


def zone(*argv):
    """Seconds by the clock and by the processor, of the command and what it waits for."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([f"{build}/bin/zone", *argv], env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def best(*argv):
    return min(zone(*argv) for _ in range(5))


def main():
    try:
        for n in range(zones):
            zone("-q", "create", f"crowd-{n}", "-t", "busybox", "-B", "dir", "-s", "net.eth0.type=none")
        took, _ = zone("start", "-q", "-j", "8", "--all")
        print(f"{zones} zones started in {took:.1f} s, {took / zones * 1000:.1f} ms each")
        time.sleep(2)
        process, _ = best("--version")
        for verb in (["ls"], ["ls", "-F", "NAME,STATE,PID"], ["ls", "-f"], ["ls", "--json"], ["metrics"]):
            took, _ = best(*verb)
            print(f"{' '.join(verb):<24} {took * 1000:7.1f} ms, {(took - process) / zones * 1e6:6.1f} µs for each zone")
        # the first look learns the zones; what counts is each one after it
        _, short = zone("top", "-b", "-N", "1")
        _, long = zone("top", "-b", "-N", "11")
        print(f"top, once a second: {(long - short) / 10 * 100:.1f} % of one processor")
    finally:
        subprocess.run([f"{build}/bin/zone", "destroy", "-q", "-f", "--all", "-j", "8"], env=environment, check=False)
        shutil.rmtree(work, ignore_errors=True)


main()
