#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure create, clone, snapshot, restore and destroy beside the bare system calls, and on roots of two sizes.

usage: storage.py BUILD [ROUNDS [MEGABYTES [TIMES]]]

Root, in a mount namespace of its own. BUILD is a CMake build directory, best of release. 20 rounds, with roots of 160 MB
and of 24 times that, in files with a btrfs and an ext4 below /var/tmp, which need room for 4 × both.
What should not depend on the size is compared with the same on the small root, everything else with the system call,
or with tar for what unpacks. Everything goes to BUILD/storage.json. It is no test: nothing fails because it is slow.
"""
import os
import sys
import time

sys.dont_write_bytecode = True
from harness import Bench, here, measure, report, save  # noqa: E402 (no bytecode in the tree)

if len(sys.argv) < 2 or os.geteuid() != 0:
    sys.exit(__doc__)
rounds, small, times = (int(v) for v in (sys.argv[2:5] + ["20", "160", "24"][len(sys.argv[2:5]):]))
bench = Bench(sys.argv[1], "storage")
work, zone, spawn = bench.work, bench.zone, bench.spawn
SIZES = {"small": small, "large": small * times}

PREPARE = r"""
W=$1
for type in btrfs ext4; do
    truncate -s "$2M" "$W/$type.img"
    mkfs.$type -q "$W/$type.img" 2>/dev/null
    mkdir -m 711 "$W/$type"
    mount -o loop "$W/$type.img" "$W/$type"
done
"""

# A root of that many megabytes in files of 80 kB, as a tarball and as an image of a server. The small one is unpacked by the
# cases, and does not compress; the large one does, or packing it would take most of an hour.
TREE = r"""
. "$4/../web.bash"
W=$1 name=$2 megabytes=$3
mkdir -p "$W/tree"/{bin,sbin,etc,dev,proc,sys,run,tmp,root,data}
cp "$(command -v busybox)" "$W/tree/bin/busybox"
ln -sf busybox "$W/tree/bin/sh"; ln -sf ../bin/busybox "$W/tree/sbin/init"
printf 'ID=bench\nVERSION_CODENAME=%s\n' "$name" >"$W/tree/etc/os-release"
for n in $(seq $((megabytes / 8))); do
    mkdir "$W/tree/data/$n"
    if [ "$name" = small ]; then cat /dev/urandom; else yes "$n of $megabytes"; fi | head -c $((8 << 20)) |
        split -a 3 -b 80k - "$W/tree/data/$n/f"
done
tar -C "$W/tree" -I 'zstd -1' -cf "$W/$name.tar.zst" .
[ -d "$W/gpg" ] || { gpg_key "$W/gpg"; echo "$GPG_KEY" >"$W/key"; }
zone -q image publish "$W/$name.tar.zst" --dir "$W/www" -d bench -r "$name" --sign "$(cat "$W/key")" --gnupghome "$W/gpg" >/dev/null
gpgconf --homedir "$W/gpg" --kill all
[ "$name" != small ] || tar -C "$W/tree" -I 'xz -T0 -1 --block-size=8MiB' -cf "$W/small.tar.xz" .
rm -r "$W/tree"
"""

# Every file system has every image before anything is measured.
PULL = r"""
. "$2/../web.bash"
W=$1
web_start "$W/www" "$W/web"
trap web_stop EXIT
echo "https://localhost:$WEB_PORT" >"$W/server"
for place in btrfs ext4; do
    for name in small large; do
        zone -q -P "$W/$place" image pull "bench/$name" --server "$(cat "$W/server")" --keyring "$W/gpg/key.gpg" --cafile "$WEB_CA" >/dev/null
    done
done
"""


class Place:
    """A zone of one size on one file system, and the verbs on it."""

    def __init__(self, file_system, backend, size):
        self.path, self.backend = f"{work}/{file_system}", backend
        self.name = f"{file_system}-{backend}-{size}"
        with open(f"{work}/server", encoding="ascii") as f:
            self.options = ["-B", backend, "-t", "download", "-s", "net.eth0.type=none", "--", "-d", "bench", "-r", size,
                            "--server", f.read().strip(), "--keyring", f"{work}/gpg/key.gpg"]
        zone("-q", "-P", self.path, "create", self.name, *self.options)
        zone("snapshot", "-N", "base", self.name)
        self.settle()

    def settle(self):
        """What was freed in the background or waits to be written must not be paid by the next case."""
        os.sync()

    def create(self):
        return zone("-q", "-P", self.path, "create", f"{self.name}-new", *self.options)

    def destroy(self):
        took = zone("destroy", "-s", f"{self.name}-new")
        self.settle()
        return took

    def clone(self):
        return zone("-P", self.path, "clone", self.name, f"{self.name}-new")

    def snapshot(self):
        return zone("snapshot", "-N", "new", self.name)

    def delete(self):
        took = zone("snapshot", "-d", "new", self.name)
        self.settle()
        return took

    def restore(self):
        return zone("snapshot", "-r", "base", self.name)

    def after(self, first, then):
        """Only the second is measured."""
        first()
        os.sync()
        return then()


def btrfs_cases(floor, places):
    root = f"{work}/btrfs/{places['small'].name}/rootfs"
    snapshot = lambda: spawn(floor, "snapshot", root, f"{work}/btrfs", "floor")  # noqa: E731
    delete = lambda: spawn(floor, "delete", f"{work}/btrfs", "floor")  # noqa: E731
    table = {
        "floor: snapshot of a subvolume": (snapshot, None, delete),
        "floor: deletion of one": (lambda: (snapshot(), os.sync(), delete())[2], None, None),
    }
    for size, p in places.items():
        of = {"small": (list(table)[0], list(table)[1])}.get(size)

        def row(verb, run, undo, by=0):
            table[f"btrfs, {size}: {verb}"] = (run, of[by] if of else f"btrfs, small: {verb}", undo)

        row("create, cached image", p.create, p.destroy)
        row("clone", p.clone, p.destroy)
        row("snapshot", p.snapshot, p.delete)
        row("restore", p.restore, p.settle)
        row("snapshot -d", lambda p=p: p.after(p.snapshot, p.delete), None, 1)
        row("destroy", lambda p=p: p.after(p.clone, p.destroy), None, 1)
    return table


def ext4_cases(places, plain):
    table = {"floor: a process": (lambda: spawn("/bin/true"), None, None)}
    for size, p in places.items():
        def row(verb, run, undo):
            table[f"ext4 overlay, {size}: {verb}"] = (
                run, "floor: a process" if size == "small" else f"ext4 overlay, small: {verb}", undo)

        row("create, cached image", p.create, p.destroy)
        row("clone", p.clone, p.destroy)
        row("snapshot", p.snapshot, p.delete)
        row("restore", p.restore, p.settle)
        row("destroy", lambda p=p: p.after(p.create, p.destroy), None)
    table["ext4 dir, small: create"] = (plain.create, "floor: a process", plain.destroy)
    table["ext4 dir, small: destroy"] = (lambda: plain.after(plain.create, plain.destroy), "ext4 dir, small: create", None)
    return table


def unpack_cases():
    """A new image each time: tar with the same filter, and a sync of what it wrote, is the floor."""
    table = {}
    to = f"{work}/ext4/unpacked"
    for suffix, program in (("xz", "xz -T0"), ("zst", "zstd")):
        def tar(program=program, suffix=suffix):
            os.mkdir(to)
            began = time.perf_counter_ns()
            spawn("/bin/tar", "-I", program, "-C", to, "-xf", f"{work}/small.tar.{suffix}")
            spawn("/bin/sync", "-f", to)
            return (time.perf_counter_ns() - began) / 1e6

        def pull(suffix=suffix):
            return zone("-q", "-P", f"{work}/ext4", "create", "unpack", "-t", "local", "-s", "net.eth0.type=none", "--", "-f",
                        f"{work}/small.tar.{suffix}")

        def forget():
            zone("destroy", "unpack")
            bench.shell("zone -P $1/ext4 image prune --all >/dev/null; sync", work)

        table[f"floor: tar, {program}"] = (tar, None, lambda: bench.shell('rm -r "$1"; sync', to))
        table[f"unpack, .tar.{suffix}"] = (pull, f"floor: tar, {program}", forget)
    return table


def main():
    rows, raw = [], {}

    def run(table, n):
        t = measure(table, n)
        rows.extend(report(table, t, n))
        raw.update(t)

    try:
        bench.shell(PREPARE, work, str(4 * sum(SIZES.values()) + 2048))
        floor = bench.floor()
        for size, megabytes in SIZES.items():
            bench.shell(TREE, work, size, str(megabytes), here)
        run(unpack_cases(), max(3, rounds // 4))
        bench.shell(PULL, work, here)
        run(btrfs_cases(floor, {s: Place("btrfs", "btrfs", s) for s in SIZES}), rounds)
        run(ext4_cases({s: Place("ext4", "overlay", s) for s in SIZES}, Place("ext4", "dir", "small")), rounds)
        save(f"{bench.build}/storage.json", rounds=rounds, megabytes=SIZES, cases=rows, times_ms=raw)
    finally:
        bench.shell('zone destroy -f -s --all || :; umount "$1/btrfs" "$1/ext4" || :', work)
        bench.end()


main()
