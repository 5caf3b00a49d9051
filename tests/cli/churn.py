#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random changes to a tree, and what `zone snapshot --diff` must say of two trees, found by looking at all of both.

usage: churn.py change DIRECTORY SEED | churn.py diff OLD NEW
"""
import os
import random
import stat
import sys


def below(top):
    """Paths of directories (the top included) and of everything else."""
    directories, others = [top], []
    for here, names, files in os.walk(top):
        for name in names + files:
            path = f"{here}/{name}"
            (directories if stat.S_ISDIR(os.lstat(path).st_mode) else others).append(path)
    return directories, others


def change(top, seed):
    r = random.Random(seed)

    def new():
        return f"{r.choice(below(top)[0])}/{r.choice('abcdefgh')}{r.randrange(4)}"

    # Nothing is ever opened through a link, or waited for.
    def opened(path, work, flags=0):
        fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | flags, 0o644)
        try:
            work(fd)
        finally:
            os.close(fd)

    def write(path):
        text = str(r.random()) * r.choice((1, 300))
        opened(path, lambda fd: os.write(fd, text.encode()), os.O_CREAT | r.choice((os.O_TRUNC, os.O_APPEND)))

    def swap(a, b):
        os.rename(a, f"{top}/.swap")
        os.rename(b, a)
        os.rename(f"{top}/.swap", b)

    verbs = (
        (8, lambda d, o: write(new())),
        (5, lambda d, o: os.mkdir(new())),
        (4, lambda d, o: os.rename(r.choice(d[1:]), new())),
        (4, lambda d, o: os.rename(r.choice(o), new())),
        (3, lambda d, o: os.link(r.choice(o), new(), follow_symlinks=False)),
        (2, lambda d, o: os.symlink(r.choice(("a0", "b1/c2", "nowhere")), new())),
        (3, lambda d, o: os.unlink(r.choice(o))),
        (2, lambda d, o: os.rmdir(r.choice(d[1:]))),
        (2, lambda d, o: os.chmod(r.choice(d), r.choice((0o700, 0o755)))),
        (2, lambda d, o: opened(r.choice(o), lambda fd: os.fchmod(fd, r.choice((0o600, 0o755))))),
        (1, lambda d, o: opened(r.choice(o), lambda fd: os.ftruncate(fd, r.randrange(5000)))),
        (2, lambda d, o: swap(r.choice(d[1:]), r.choice(d[1:]))),
        (1, lambda d, o: os.mkfifo(new())),
    )
    for _ in range(r.randrange(5, 60)):
        directories, others = below(top)
        try:
            r.choices([v for _, v in verbs], [n for n, _ in verbs])[0](directories, others)
        except (OSError, IndexError):
            pass  # there already, not empty, into itself, nothing to choose from
        if os.path.lexists(f"{top}/.swap"):  # half a swap
            os.rename(f"{top}/.swap", f"{top}/{r.random()}")


def facts(path, st):
    common = (st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns)
    if stat.S_ISDIR(st.st_mode):
        return common
    data = None
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            data = f.read()
    elif stat.S_ISLNK(st.st_mode):
        data = os.readlink(path)
    return (*common, st.st_size, st.st_nlink, st.st_rdev, data)


def diff(old, new):
    found = []

    def tell(kind, path, st):
        found.append((path + ("/" if stat.S_ISDIR(st.st_mode) else ""), kind))

    def look(path):
        try:
            return os.lstat(path)
        except FileNotFoundError:
            return None

    def compare(path, was, now):
        if was and now and stat.S_IFMT(was.st_mode) == stat.S_IFMT(now.st_mode):
            if facts(old + path, was) != facts(new + path, now):
                tell("M", path, now)
        else:
            if was:
                tell("D", path, was)
            if now:
                tell("A", path, now)
            was = None
        names = set(os.listdir(new + path)) if now and stat.S_ISDIR(now.st_mode) else set()
        if was and stat.S_ISDIR(was.st_mode):
            names |= set(os.listdir(old + path))
        for name in names:
            sub = f"{path}/{name}"
            compare(sub, look(old + sub) if was else None, look(new + sub))

    compare("", os.lstat(old), os.lstat(new))
    order = {"D": 0, "A": 1, "M": 1}
    for path, kind in sorted(found, key=lambda f: (os.fsencode(f[0] or "/"), order[f[1]])):
        print(kind, path or "/")


if len(sys.argv) == 4 and sys.argv[1] == "change":
    os.chroot(sys.argv[2])  # whatever it does, it does in there
    os.chdir("/")
    change(".", int(sys.argv[3]))
elif len(sys.argv) == 4 and sys.argv[1] == "diff":
    diff(sys.argv[2].rstrip("/"), sys.argv[3].rstrip("/"))
else:
    sys.exit(__doc__)
