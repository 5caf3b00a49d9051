# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lane: which files and tests it has, what goes into the guest for them, and how one is run.

All of tests/vm/*.bats, and of tests/cli/*.bats what is tagged `vm` (bats' own `# bats file_tags=` and `test_tags=`). A file
that measures the processor is tagged `alone`: no other machine runs beside it; one that takes many minutes `long`: it is
run when it is named; in one that is tagged `boot` the guest is rebooted between the tests tagged `first` and `second`.
"""
import glob
import os
import re
import time

from .machine import Broken

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TOP = os.path.dirname(TESTS)
THERE = "/srv/zone"  # the sources in the guest, as far as tests need them
SENT = ["tests/cli", "tests/vm", "tests/web.bash", "tests/image/server.py", "tests/bench",
        "lib", "net", "storage", "templates"]  # tests of faults read the names of steps there
FILE_SECONDS, INSTALL_SECONDS, BOOT_SECONDS = 600, 240, 450
PROGRAM = re.compile(r"/test_kernel_\w+$")
FIRST = "tests/vm/package.bats"  # while nothing but the package and its dependencies is installed


def tagged(path, tag):
    with open(path, encoding="utf-8") as f:
        return bool(re.search(rf"^# bats (file|test)_tags=(.*,)?\s*{tag}\s*(,|$)", f.read(), re.MULTILINE))


def alone(name):
    return name == FIRST or tagged(f"{TOP}/{name}", "alone")


def chosen(names):
    """Files of the lane relative to the top, in the order of running: all that are not long, or those that are named, by
    path or word (`long` names all of those)."""
    own = sorted(glob.glob(f"{TESTS}/vm/*.bats"))
    shared = [p for p in glob.glob(f"{TESTS}/cli/*.bats") if tagged(p, "vm")]
    shared.sort(key=os.path.getsize, reverse=True)  # the longest does not begin last
    files = [os.path.relpath(p, TOP) for p in own + shared]
    long = [f for f in files if tagged(f"{TOP}/{f}", "long")]
    if not names:
        files = [f for f in files if f not in long]
    elif names == ["long"]:
        files = long
    else:
        known = {f: f for f in files} | {os.path.basename(f)[:-5]: f for f in reversed(files)}
        wanted = [os.path.relpath(n, TOP) if os.path.exists(n) else n for n in names]
        for name in wanted:
            if name not in known:
                raise Broken(f"{name}: no file of this lane; it has {' '.join(sorted(k for k in known if '/' not in k))}")
        files = [known[name] for name in wanted]
    return sorted(files, key=lambda f: (f != FIRST, not alone(f)))


def install(link, debs):
    """Sources, test programs and packages go in, and dpkg with the dependencies that they declare. The time it took."""
    found = sorted(glob.glob(f"{debs}/*.deb"))
    if not found:
        raise Broken(f"no packages in {debs}")
    programs = [p for p in glob.glob(f"{TOP}/build/clean/*/*") if os.path.basename(p) in ("answer", "guest-probe", "ledger", "notify") or PROGRAM.search(p)]
    link.tree([*((f"{TOP}/{name}", name) for name in SENT), *((p, f"tools/{os.path.basename(p)}") for p in programs),
               *((p, f"debs/{os.path.basename(p)}") for p in found)], THERE)
    began = time.monotonic()
    lines = []
    status = link.run(f"DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install {THERE}/debs/*.deb",
                      INSTALL_SECONDS, lines.append)
    if status != 0:
        raise Broken("the packages do not install; what they depend on must be in tests/vm/guest/repository\n" + "\n".join(lines))
    return time.monotonic() - began


def tools(link):
    """What tests call and zone's own dependencies could hide behind."""
    status = link.run("DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "
                      "busybox-static nftables libcmocka0",
                      INSTALL_SECONDS, lambda line: None)
    if status != 0:
        raise Broken("the tests' tools do not install")


def run(link, name, seconds, show):
    """One file; its exit status."""
    if not tagged(f"{TOP}/{name}", "boot"):
        return link.run(f"cd {THERE} && {command(name)}", seconds, show)
    end = time.monotonic() + seconds
    status = link.run(f"cd {THERE} && {command(name, 'first')}", seconds, show)
    if status != 0:
        return status
    link.reboot(min(BOOT_SECONDS, end - time.monotonic()))
    return link.run(f"cd {THERE} && {command(name, 'second')}", int(end - time.monotonic()), show)


def command(name, part=""):
    """Files of this lane's own see the machine as it is, the others in namespaces of their own as elsewhere."""
    own = name.startswith("tests/vm/")
    tag = part if own else "vm"
    where = f"ZONE_TEST_LANE=vm ZONE_HELPERS=/usr/libexec/zone ZONE_TEST_TOOLS={THERE}/tools"
    return f"{where} ZONE_TEST_HOST_NET={int(own)} tests/cli/run /usr/bin {f'--filter-tags {tag}' if tag else ''} {name}"
