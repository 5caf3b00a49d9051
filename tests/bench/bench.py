#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure zone beside the floor: a static C program that makes the same kernel calls and nothing else.

usage: bench.py BUILD [ROUNDS]      (root; BUILD is a CMake build directory, best of release)

Within each round the cases run in random order; what is printed are minimum, median and 95th percentile in
milliseconds, and the median of the ratios to the floor of the same round. Everything goes to BUILD/bench.json.
It is no test: nothing fails because it is slow.
"""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.realpath(__file__))
if len(sys.argv) < 2 or os.geteuid() != 0:
    sys.exit(__doc__)
build = os.path.realpath(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
work = tempfile.mkdtemp(prefix="zone-bench.", dir="/var/tmp")
os.chmod(work, 0o711)  # the floor's user namespace must pass through
zone_path = f"{build}/bin/zone"
environment = {
    "PATH": f"{build}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
    "ZONE_ETC": f"{work}/etc", "ZONE_VAR": f"{work}/var", "ZONE_RUN": f"{work}/run", "ZONE_CACHE": f"{work}/cache",
}
null = os.open("/dev/null", os.O_RDWR)
streams = [(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1)]
Z = f"bench-{os.getpid()}"


def spawn(*argv):
    """Run to the end; milliseconds."""
    began = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=streams)
    status = os.waitpid(pid, 0)[1]
    took = (time.perf_counter_ns() - began) / 1e6
    if status != 0:
        raise SystemExit(f"{' '.join(argv)}: status {os.waitstatus_to_exitcode(status)}")
    return took


def zone(*argv):
    return spawn(zone_path, *argv)


def prepare():
    """A tiny root for the floor, the same as an image in the store, a running zone for exec."""
    script = r"""
    set -e
    . "$1/../web.bash"
    W=$2
    mkdir -p "$W/root"/{bin,sbin,etc,dev,proc,sys,run,tmp,root}
    cp "$(command -v busybox)" "$W/root/bin/busybox"
    ln -s busybox "$W/root/bin/sh"; ln -s busybox "$W/root/bin/true"; ln -s ../bin/busybox "$W/root/sbin/init"
    printf 'ID=bench\nVERSION_CODENAME=one\n' >"$W/root/etc/os-release"
    printf 'root:x:0:0::/root:/bin/sh\n' >"$W/root/etc/passwd"
    tar -C "$W/root" -cJf "$W/root.tar.xz" .
    gpg_key "$W/gpg"
    zone -q image publish "$W/root.tar.xz" --dir "$W/www" -d bench -r one --sign "$GPG_KEY" --gnupghome "$W/gpg"
    gpgconf --homedir "$W/gpg" --kill all
    web_start "$W/www" "$W/web"
    echo "https://localhost:$WEB_PORT" >"$W/server"
    zone -q image pull bench/one --server "https://localhost:$WEB_PORT" --keyring "$W/gpg/key.gpg" --cafile "$WEB_CA" || { web_stop; exit 1; }
    web_stop
    gcc -O2 -static -o "$W/floor" "$1/floor.c"
    """
    subprocess.run(["bash", "-c", script, "-", here, work], env=environment, check=True)
    server = open(f"{work}/server", encoding="utf-8").read().strip()
    options = ["--", "-d", "bench", "-r", "one", "--server", server, "--keyring", f"{work}/gpg/key.gpg"]
    zone("-q", "create", Z, "-t", "download", *options)
    zone("-q", "create", f"{Z}-up", "-t", "download", *options)
    zone("start", f"{Z}-up", "--", "/bin/busybox", "sleep", "100000")
    info = json.loads(subprocess.run([zone_path, "info", "--json", f"{Z}-up"], env=environment, check=True,
                                     capture_output=True).stdout)
    return options, str(info["pid"]), str(info["monitor_pid"])


def cases(options, pid):
    """Name → (measure, what it is compared with, undo)."""
    run_true = ["--", "/bin/busybox", "sleep", "100000"]

    def stopped(*start):
        zone("start", *start, Z, *run_true)
        return zone("stop", "-k", Z)

    nothing = ["-s", "net.eth0.type=none"]
    return {
        "floor: a process": (lambda: spawn(f"{work}/root/bin/busybox", "true"), None, None),
        "floor: container": (lambda: spawn(f"{work}/floor", "run", f"{work}/root", "1", "/bin/true"), None, None),
        "floor: exec": (lambda: spawn(f"{work}/floor", "exec", pid, "/bin/true"), None, None),
        "zone --version": (lambda: zone("--version"), "floor: a process", None),
        "create, cached image, overlay": (lambda: zone("-q", "create", f"{Z}-new", "-t", "download", *options),
                                          "floor: a process", lambda: zone("destroy", f"{Z}-new")),
        "start, no NIC": (lambda: zone("start", *nothing, Z, *run_true), "floor: container",
                          lambda: zone("stop", "-k", Z)),
        "start, one veth": (lambda: zone("start", Z, *run_true), "floor: container", lambda: zone("stop", "-k", Z)),
        "stop -k, no NIC": (lambda: stopped(*nothing), "floor: a process", None),
        "stop -k, one veth": (stopped, "floor: a process", None),
        "exec true": (lambda: zone("exec", f"{Z}-up", "--", "/bin/true"), "floor: exec", None),
        "info of one": (lambda: zone("info", f"{Z}-up"), "floor: a process", None),
        "ls": (lambda: zone("ls"), "floor: a process", None),
    }


def pss(pid):
    """Kilobytes, proportional and private."""
    rows = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        for line in f:
            word = line.split()
            if word[0] in ("Pss:", "Private_Clean:", "Private_Dirty:"):
                rows[word[0]] = int(word[1])
    return rows["Pss:"], rows["Private_Clean:"] + rows["Private_Dirty:"]


def measure(table):
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


def report(table, times, monitor):
    rows = []
    print(f"{'case':<32}{'min':>9}{'median':>9}{'p95':>9}{'ratio':>8}   ({rounds} rounds, ms)")
    for name, (_, floor, _) in table.items():
        t = sorted(times[name])
        row = {"case": name, "min": t[0], "median": statistics.median(t), "p95": t[int(len(t) * 0.95)]}
        if floor:
            row["floor"] = floor
            row["ratio"] = statistics.median(a / b for a, b in zip(times[name], times[floor]))
        rows.append(row)
        ratio = f"{row['ratio']:.2f}" if floor else ""
        print(f"{name:<32}{row['min']:>9.2f}{row['median']:>9.2f}{row['p95']:>9.2f}{ratio:>8}")
    more = statistics.median(a - b for a, b in zip(times["start, one veth"], times["start, no NIC"]))
    print(f"start: one veth costs {more:.2f} ms")
    whole, private = pss(monitor)
    print(f"monitor: {whole} kB PSS, {private} kB private")
    with open(f"{build}/bench.json", "w", encoding="utf-8") as f:
        json.dump({"kernel": os.uname().release, "cpus": os.cpu_count(), "rounds": rounds, "cases": rows,
                   "monitor_pss_kb": whole, "monitor_private_kb": private, "veth_ms": more, "times_ms": times}, f, indent=1)


def main():
    try:
        options, pid, monitor = prepare()
        table = cases(options, pid)
        report(table, measure(table), monitor)
    finally:
        subprocess.run([zone_path, "destroy", "-f", "-s", "--all"], env=environment, check=False)
        subprocess.run([zone_path, "image", "prune", "--all"], env=environment, check=False,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(work, ignore_errors=True)


main()
