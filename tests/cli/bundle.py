#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exports that no zone wrote: bundle.py list | bundle.py make NAME FILE. Each is a tar archive by zstd that is right up to
the one thing that its name says; `good` has nothing wrong and is the control of all others."""

import hashlib
import io
import subprocess
import sys
import tarfile

CONF = b'format = 1\nroot {\n\tbackend = "dir"\n}\n'
HEAD = b"format=1\nname=hostile\nbackend=dir\ntemplate=none\n"
MASK = (1 << 64) - 1


def number(n):
    return (n & MASK).to_bytes(8, "little")


def text(s):
    return number(len(s) + 1 if s is not None else 0) + (s or b"")


def digest(m, data):
    """The sum of a member without ACLs and extended attributes, as lib/image/digest.c has it."""
    kinds = {tarfile.REGTYPE: 0o100000, tarfile.DIRTYPE: 0o040000, tarfile.SYMTYPE: 0o120000, tarfile.FIFOTYPE: 0o010000}
    link = m.linkname.encode() if m.type == tarfile.LNKTYPE else None
    h = hashlib.sha256(text(m.name.rstrip("/").encode()))
    h.update(text(link) + text(m.linkname.encode() if m.type == tarfile.SYMTYPE else None))
    mode = 0 if link else kinds.get(m.type, 0) | m.mode
    for n in (mode, m.uid, m.gid, m.size if m.type == tarfile.REGTYPE else 0, int(m.mtime), 0, 0):
        h.update(number(n))
    if data and not link:
        h.update(number(0) + data)
    return h.hexdigest()


class Bundle:
    def __init__(self):
        self.out, self.sums = io.BytesIO(), []
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=tarfile.PAX_FORMAT)

    def put(self, name, data=b"", type=tarfile.REGTYPE, link="", mode=0o644, uid=0, **more):
        m = tarfile.TarInfo(name)
        m.type, m.linkname, m.mode, m.uid, m.mtime = type, link, mode, uid, 1000
        m.size = len(data)
        for key, value in more.items():
            setattr(m, key, value)
        self.tar.addfile(m, io.BytesIO(data))
        self.sums.append(f"{digest(m, data)}  {m.name.rstrip('/')}\n")

    def dir(self, name):
        self.put(name, type=tarfile.DIRTYPE, mode=0o755)

    def start(self, head=HEAD, conf=CONF):
        self.put("zone-export", head, mode=0o600)
        self.put("zone.conf", conf, mode=0o600)

    def root(self, prefix=""):
        for d in ("root", "root/etc", "root/bin"):
            self.dir(prefix + d)
        self.put(prefix + "root/etc/os-release", b"ID=x\n")

    def end(self, sums=None):
        self.put("sums", "".join(self.sums).encode() if sums is None else sums)
        self.tar.close()
        return self.out.getvalue()


def simple(*members, head=HEAD, conf=CONF):
    """A bundle with these members (keyword arguments of put) behind an ordinary root."""
    def make():
        b = Bundle()
        b.start(head, conf)
        b.root()
        for m in members:
            b.put(**m)
        return b.end()
    return make


RECORD = b"format=1\nname=s\ncomment=\nbackend=dir\nfresh=0\nconf=format = 1\\n\ncreated=1\n"


def states(*names):
    def make():
        b = Bundle()
        b.start()
        for n in names:
            if n:
                b.put(f"snapshots/{n}/record", RECORD)
            b.root(f"snapshots/{n}/" if n else "")
        return b.end()
    return make


def gone(*names):
    def make():
        b = Bundle()
        b.start()
        b.put("snapshots/s/record", RECORD)
        b.root("snapshots/s/")
        b.put("snapshots/s/root/out", type=tarfile.SYMTYPE, link="/")
        b.put("gone", b"".join(n.encode() + b"\0" for n in names))
        b.dir("root")
        return b.end()
    return make


def without(cut):
    def make():
        b = Bundle()
        for step, action in (("head", lambda: b.put("zone-export", HEAD)), ("conf", lambda: b.put("zone.conf", CONF)),
                             ("root", b.root)):
            if step != cut:
                action()
        if cut == "sums":
            b.tar.close()
            return b.out.getvalue()
        return b.end()
    return make


def behind_the_end():
    b = Bundle()
    b.start()
    b.root()
    b.put("sums", "".join(b.sums).encode())
    b.put("root/late", b"late")
    b.tar.close()
    return b.out.getvalue()


def wrong_sums():
    b = Bundle()
    b.start()
    b.root()
    b.sums[-1] = "0" * 64 + "  root/etc/os-release\n"
    return b.end()


LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
CASES = {
    "good": simple({"name": "root/etc/hosts", "data": b"hosts\n"}, {"name": "root/l", "type": LINK, "link": "/etc"}),
    "good-states": states("a", "b", ""),
    "absolute": simple({"name": "/root/x"}),
    "dotdot": simple({"name": "root/../../x"}),
    "dotdot-snapshot": simple({"name": "snapshots/../../root/x"}),
    "outside-root": simple({"name": "etc/passwd"}),
    "beside-root": simple({"name": "manifest"}),
    "through-link": simple({"name": "root/out", "type": LINK, "link": "/var/tmp"}, {"name": "root/out/zt-canary"}),
    "through-dotdot-link": simple({"name": "root/out", "type": LINK, "link": "../../.."}, {"name": "root/out/zt-canary"}),
    "over-link": simple({"name": "root/etc", "type": LINK, "link": "/etc"}, {"name": "root/etc/zt-canary"}),
    "hard-link-out": simple({"name": "root/x", "type": HARD, "link": "/etc/passwd"}),
    "hard-link-dotdot": simple({"name": "root/x", "type": HARD, "link": "root/../../../etc/passwd"}),
    "hard-link-other": simple({"name": "root/x", "type": HARD, "link": "zone.conf"}),
    "hard-link-data": simple({"name": "root/out", "type": LINK, "link": "/etc/passwd"},
                             {"name": "root/x", "type": HARD, "link": "root/out", "data": b"x" * 600}),
    "block-device": simple({"name": "root/sda", "type": tarfile.BLKTYPE, "devmajor": 8}),
    "big-uid": simple({"name": "root/x", "uid": 70000}),
    "huge-uid": simple({"name": "root/x", "uid": 2**32}),
    "root-no-directory": simple({"name": "root", "data": b"x"}),
    "name-path": simple(head=HEAD.replace(b"hostile", b"../../x")),
    "name-none": simple(head=b"format=1\nbackend=dir\n"),
    "newer-format": simple(head=HEAD.replace(b"format=1", b"format=2")),
    "head-no-record": simple(head=b"\0\1\2"),
    "head-huge": simple(head=HEAD + b"x=" + b"a" * (2 << 20) + b"\n"),
    "conf-bad-key": simple(conf=CONF + b"nosuch = 1\n"),
    "conf-huge": simple(conf=CONF + b"#" * (1 << 20)),
    "snapshot-name": states("a b", ""),
    "snapshot-twice": states("a", "b", "a", ""),
    "snapshot-last": states("", "a"),
    "gone-dotdot": gone("../../zt-canary"),
    "gone-absolute": gone("/var/tmp/zt-canary"),
    "gone-link": gone("out/var/tmp/zt-canary"),
    "no-head": without("head"),
    "no-conf": without("conf"),
    "no-root": without("root"),
    "no-sums": without("sums"),
    "wrong-sums": wrong_sums,
    "behind-the-end": behind_the_end,
    "no-tar": lambda: b"this is no archive" * 1000,
}


def main():
    if sys.argv[1:2] == ["list"]:
        print("\n".join(CASES))
        return
    data = CASES[sys.argv[2]]()
    subprocess.run(["zstd", "-q", "-f", "-o", sys.argv[3]], input=data, check=True)


main()
