#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure traffic of zones beside that of namespaces on a bridge and veths made by hand, without any rules.

usage: network.py BUILD [ROUNDS]      (root, in a network namespace of its own)

Within each round the cases run in random order; what is printed are medians, and the median of the ratios of the same
round (more is better for both: round trips are turned round). It is no test: nothing fails because it is slow.
"""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.realpath(__file__))
if len(sys.argv) < 2 or os.geteuid() != 0:
    sys.exit(__doc__)
build = os.path.realpath(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
work = tempfile.mkdtemp(prefix="zone-bench.", dir="/var/tmp")
os.chmod(work, 0o711)
environment = {
    "PATH": f"{build}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
    "ZONE_ETC": f"{work}/etc", "ZONE_VAR": f"{work}/var", "ZONE_RUN": f"{work}/run", "ZONE_CACHE": f"{work}/cache",
}
Z = f"bench-{os.getpid()}"
ROUND_TRIPS, STREAM_MS, PORT = 4000, 700, 7000
held = []  # processes to end


def run(*argv):
    return subprocess.run(argv, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def background(*argv):
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    held.append(process)
    process.stdout.readline()
    return process


def by_hand():
    """Two namespaces on a bridge; process ids and addresses."""
    run("ip", "link", "add", "name", "hand0", "type", "bridge")
    run("ip", "addr", "add", "10.200.0.1/24", "dev", "hand0")
    run("ip", "link", "set", "hand0", "up")
    ends = []
    for n in (2, 3):
        pid = str(background("unshare", "--net", "sh", "-c", "echo ready; exec sleep 100000").pid)
        run("ip", "link", "add", "name", f"hand{n}", "type", "veth", "peer", "name", "eth0", "netns", pid)
        run("ip", "link", "set", f"hand{n}", "master", "hand0", "up")
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"10.200.0.{n}/24", "dev", "eth0"],
                      ["link", "set", "eth0", "up"]):
            run("nsenter", "-t", pid, "-n", "ip", *words)
        ends.append((pid, f"10.200.0.{n}"))
    return ends, "10.200.0.1"


def by_zone():
    """Two zones on their network."""
    ends = []
    for n in (1, 2):
        run("zone", "-q", "create", f"{Z}-{n}", "-t", "busybox")
        run("zone", "start", f"{Z}-{n}")
        info = json.loads(run("zone", "info", "--json", f"{Z}-{n}"))
        ends.append((str(info["pid"]), info["ipv4"][0]))
    host = json.loads(run("zone", "network", "info", "--json", "zonebr0"))["ipv4"].replace("0/16", "1")
    return ends, host


def inside(pid):
    return ["nsenter", "-t", pid, "-n"]


def cases(name, ends, host):
    traffic = f"{work}/traffic"
    for pid, _ in ends:
        background(*inside(pid), traffic, "serve", str(PORT))
    (a, at_a), (_, at_b) = ends
    port = str(PORT)

    def rtt(where, to):
        return lambda: 1e3 / float(run(*where, traffic, "rtt", to, port, str(ROUND_TRIPS)))

    def stream(where, to):
        return lambda: float(run(*where, traffic, "stream", to, port, str(STREAM_MS)))

    return {("host to zone, round trips per ms", name): rtt([], at_a),
            ("zone to zone, round trips per ms", name): rtt(inside(a), at_b),
            ("zone to host, round trips per ms", name): rtt(inside(a), host),
            ("host to zone, Mbit/s", name): stream([], at_a),
            ("zone to zone, Mbit/s", name): stream(inside(a), at_b),
            ("zone to host, Mbit/s", name): stream(inside(a), host)}


def main():
    try:
        run("gcc", "-O2", "-o", f"{work}/traffic", f"{here}/traffic.c")
        background(f"{work}/traffic", "serve", str(PORT))
        table = {**cases("hand", *by_hand()), **cases("zone", *by_zone())}
        got = {key: [] for key in table}
        for n in range(rounds + 1):
            keys = list(table)
            random.shuffle(keys)
            for key in keys:
                value = table[key]()
                if n > 0:  # the first round warms up
                    got[key].append(value)
        print(f"{'case':<36}{'by hand':>10}{'zone':>10}{'ratio':>8}   ({rounds} rounds, medians)")
        rows = []
        for what in dict.fromkeys(key[0] for key in table):
            hand, zone = got[(what, "hand")], got[(what, "zone")]
            ratio = statistics.median(z / h for z, h in zip(zone, hand))
            rows.append({"case": what, "hand": statistics.median(hand), "zone": statistics.median(zone), "ratio": ratio})
            print(f"{what:<36}{rows[-1]['hand']:>10.1f}{rows[-1]['zone']:>10.1f}{ratio:>8.3f}")
        with open(f"{build}/bench-network.json", "w", encoding="utf-8") as f:
            json.dump({"kernel": os.uname().release, "rounds": rounds, "cases": rows}, f, indent=1)
    finally:
        for process in held:
            process.kill()
            process.wait()
        subprocess.run(["zone", "destroy", "-f", "--all"], env=environment, check=False)
        shutil.rmtree(work, ignore_errors=True)


main()
