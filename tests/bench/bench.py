#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure zone beside the floor: a static C program that makes the same kernel calls and nothing else.

usage: bench.py BUILD [ROUNDS]      (root; BUILD is a CMake build directory, best of release)

Within each round the cases run in random order; what is printed are minimum, median and 95th percentile in
milliseconds, and the median of the ratios to the floor of the same round. Everything goes to BUILD/bench.json.
It is no test: nothing fails because it is slow.
"""
import os
import statistics
import sys

sys.dont_write_bytecode = True
from harness import Bench, here, measure, report, save  # noqa: E402 (no bytecode in the tree)

if len(sys.argv) < 2 or os.geteuid() != 0:
    sys.exit(__doc__)
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
bench = Bench(sys.argv[1], "bench")
work, spawn, zone = bench.work, bench.spawn, bench.zone
Z = f"bench-{os.getpid()}"


def prepare():
    """A tiny root for the floor, the same as an image in the store, a running zone for exec."""
    script = r"""
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
    """
    bench.shell(script, here, work)
    bench.floor()
    server = open(f"{work}/server", encoding="utf-8").read().strip()
    options = ["--", "-d", "bench", "-r", "one", "--server", server, "--keyring", f"{work}/gpg/key.gpg"]
    zone("-q", "create", Z, "-t", "download", *options)
    zone("-q", "create", f"{Z}-up", "-t", "download", *options)
    zone("start", f"{Z}-up", "--", "/bin/busybox", "sleep", "100000")
    info = bench.ask("info", "--json", f"{Z}-up")
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


def main():
    try:
        options, pid, monitor = prepare()
        table = cases(options, pid)
        times = measure(table, rounds)
        rows = report(table, times, rounds)
        more = statistics.median(a - b for a, b in zip(times["start, one veth"], times["start, no NIC"]))
        print(f"start: one veth costs {more:.2f} ms")
        whole, private = pss(monitor)
        print(f"monitor: {whole} kB PSS, {private} kB private")
        save(f"{bench.build}/bench.json", rounds=rounds, cases=rows, monitor_pss_kb=whole, monitor_private_kb=private,
             veth_ms=more, times_ms=times)
    finally:
        bench.end()


main()
