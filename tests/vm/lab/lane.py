# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lane: which files and tests it runs, and the order of a run in a loaded guest.

All of tests/vm/*.bats, and of tests/cli/*.bats what is tagged `vm` (bats' own `# bats file_tags=` and `test_tags=`).
"""
import glob
import os
import re
import time

from .machine import Broken

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TOP = os.path.dirname(TESTS)
THERE = "/srv/zone"  # the sources in the guest, as far as tests need them
SENT = ["tests/cli", "tests/vm", "tests/web.bash", "tests/image/server.py"]
FILE_SECONDS, INSTALL_SECONDS = 300, 240
TAGGED = re.compile(r"^\s*# bats (file|test)_tags=(.*,)?\s*vm\s*(,|$)", re.MULTILINE)
FIRST = "tests/vm/package.bats"  # while nothing but the package and its dependencies is installed


def tagged(path):
    with open(path, encoding="utf-8") as f:
        return bool(TAGGED.search(f.read()))


def chosen(names):
    """Files of the lane relative to the top, the package's first; all or those that are named, by path or word."""
    own = sorted(glob.glob(f"{TESTS}/vm/*.bats"))
    shared = [p for p in sorted(glob.glob(f"{TESTS}/cli/*.bats")) if tagged(p)]
    files = [os.path.relpath(p, TOP) for p in own + shared]
    if names:
        known = {f: f for f in files} | {os.path.basename(f)[:-5]: f for f in reversed(files)}
        wanted = [os.path.relpath(n, TOP) if os.path.exists(n) else n for n in names]
        for name in wanted:
            if name not in known:
                raise Broken(f"{name}: no file of this lane; it has {' '.join(sorted(k for k in known if '/' not in k))}")
        files = [known[name] for name in wanted]
    return sorted(files, key=lambda f: f != FIRST)


def packages(build):
    debs = sorted(glob.glob(f"{build}/packages/*.deb"))
    if not debs:
        raise Broken(f"no packages in {build}/packages: make deb")
    return debs


def show(line):
    print(line, flush=True)


def install(link, build):
    """The sources and the packages go in, and dpkg with the dependencies that they declare."""
    link.tree([*((f"{TOP}/{name}", name) for name in SENT), (f"{build}/tests", "tools"),
               *((deb, f"debs/{os.path.basename(deb)}") for deb in packages(build))], THERE)
    began = time.monotonic()
    lines = []
    status = link.run(f"DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install {THERE}/debs/*.deb",
                      INSTALL_SECONDS, lines.append)
    if status != 0:
        raise Broken("the packages do not install; what they depend on must be in tests/vm/guest/repository\n" + "\n".join(lines))
    show(f"installed in {time.monotonic() - began:.0f} s")


def tools(link):
    """What tests call and zone's own dependencies could hide behind."""
    status = link.run("DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install busybox-static nftables",
                      INSTALL_SECONDS, lambda line: None)
    if status != 0:
        raise Broken("the tests' tools do not install")


def command(name):
    """Files of this lane's own see the machine as it is, the others in namespaces of their own as elsewhere."""
    own = name.startswith("tests/vm/")
    where = f"ZONE_TEST_LANE=vm ZONE_HELPERS=/usr/libexec/zone ZONE_TEST_TOOLS={THERE}/tools"
    return f"{where} ZONE_TEST_HOST_NET={int(own)} tests/cli/run /usr/bin {'' if own else '--filter-tags vm'} {name}"


def run(link, files, end):
    """Run the files until the moment end; how many failed. Each is named with its status, the failed ones again at the end."""
    failed = []
    ready = False
    for name in files:
        if name != FIRST and not ready:
            tools(link)
            ready = True
        left = int(end - time.monotonic())
        if left <= 0:
            raise Broken(f"out of time before {name}; failed so far: {' '.join(failed) or 'none'}")
        show(f"--- {name}")
        began = time.monotonic()
        status = link.run(f"cd {THERE} && {command(name)}", min(left, FILE_SECONDS), show)
        what = {0: "passed", 124: "failed: deadline"}.get(status, f"failed: status {status}")
        show(f"=== {name}: {what} in {time.monotonic() - began:.0f} s")
        if status != 0:
            failed.append(name)
    show(f"{len(files) - len(failed)} of {len(files)} files passed" + (f"; failed: {' '.join(failed)}" if failed else ""))
    return len(failed)
