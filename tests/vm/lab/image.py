# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests: built once, booted once, kept by a key of all that they were made of.

A kept guest is a directory vm-KEY of the tests' cache with what Machine loads. It appears by rename when it is
complete; who uses it holds a shared lock on it; guests that nobody used for three days go when another one is built.
"""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

from . import machine
from .link import Link
from .machine import Broken, Machine

CACHE = os.environ.get("ZONE_TEST_CACHE", "/var/cache/zone-tests")
VM = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
KERNEL = "linux-image-cloud-amd64"
BUILD_SECONDS, BOOT_SECONDS, LOAD_SECONDS, UNUSED = 600, 300, 60, 3 * 24 * 3600


@contextlib.contextmanager
def lock(name, how=fcntl.LOCK_EX, told=None):
    """A lock file of the cache; told is printed when somebody else holds it."""
    os.makedirs(CACHE, exist_ok=True)
    with open(f"{CACHE}/{name}.lock", "w", encoding="ascii") as f:
        try:
            fcntl.flock(f, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if told:
                print(told, flush=True)
            fcntl.flock(f, how)
        os.utime(f.name)
        yield


@contextlib.contextmanager
def workplace():
    """A directory of this run's own, short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="zone-vm.", dir="/var/tmp") as work:
        yield work


def read(path):
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii", errors="replace") as f:
        return f.read()
    return ""


def accelerator(kernel, verdict=None):
    """What works here: tried once in each boot of this host, or what was found to be so since."""
    boot = read("/proc/sys/kernel/random/boot_id").strip()
    with lock("vm-accelerator"):
        known, _, which = read(f"{CACHE}/vm-accelerator").strip().partition(" ")
        if known != boot or verdict:
            which = verdict or ("kvm" if machine.kvm_works(kernel) else "tcg")
            with open(f"{CACHE}/vm-accelerator", "w", encoding="ascii") as f:
                f.write(f"{boot} {which}\n")
    return which


def key():
    """The name of the guest that would be built now."""
    h = hashlib.sha256(machine.version().encode())
    sources = [f"{VM}/guest/{name}" for name in sorted(os.listdir(f"{VM}/guest"))]
    sources += [f"{VM}/lab/machine.py", f"{VM}/../debian.bash", f"{VM}/../debian-image.sh"]
    for path in sources:
        with open(path, "rb") as f:
            h.update(f.read())
    # As this host's apt knows it: on another distribution not the guest's, but it changes when that does.
    policy = subprocess.run(["apt-cache", "policy", KERNEL], capture_output=True, text=True, check=False).stdout
    h.update("".join(line for line in policy.splitlines() if "Candidate" in line).encode())
    return f"vm-{h.hexdigest()[:12]}"


def usable(path):
    return os.path.exists(f"{path}/state") and read(f"{path}/accelerator") == accelerator(f"{path}/kernel")


@contextlib.contextmanager
def guest():
    """The directory of the present guest, built when it is not there, locked while it is used."""
    name = key()
    path = f"{CACHE}/{name}"
    while True:
        with lock(name, fcntl.LOCK_SH, "waiting for another run that builds the guest"):
            if usable(path):
                yield path
                return
        with lock(name, fcntl.LOCK_EX, "waiting for another run that uses or builds the guest"):
            if not usable(path):
                prune(name)
                build(path)


def build(path):
    """Make it; where KVM fails only now it is not there afterwards, and the next try is without."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vm-part.", dir=CACHE) as part:
        print(f"building the guest {os.path.basename(path)}", flush=True)
        log = f"{CACHE}/{os.path.basename(path)}.log"
        with open(log, "wb") as f:
            done = subprocess.run(["timeout", "-k", "10", str(BUILD_SECONDS), f"{VM}/guest/build", part],
                                  stdin=subprocess.DEVNULL, stdout=f, stderr=f, check=False)
        if done.returncode != 0:
            raise Broken(f"building the guest: status {done.returncode}\n" + "\n".join(read(log).splitlines()[-25:]))
        os.unlink(log)
        which = accelerator(f"{part}/kernel")
        print(f"booting it ({which})", flush=True)
        try:
            boot(part, which)
            with workplace() as work:
                loaded(work, part, which)[0].end()
        except Broken as e:
            if which == "tcg":
                raise
            print(f"KVM is no good here: {e}", flush=True)
            accelerator(None, "tcg")
            return
        with open(f"{part}/accelerator", "w", encoding="ascii") as f:
            f.write(which)
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        for name in ("kernel", "initrd", "disk", "scratch", "accelerator", "console.log", "state"):
            os.rename(f"{part}/{name}", f"{path}/{name}")
    print(f"the guest is kept in {path} ({time.monotonic() - began:.0f} s)", flush=True)


def loaded(work, path, which=None):
    """A machine that goes on where the guest was saved, and the way to it."""
    m = Machine(path, work, which or read(f"{path}/accelerator"))
    try:
        link = Link(m)
        link.hello(LOAD_SECONDS)
    except BaseException:
        m.end()
        raise
    return m, link


def boot(part, which):
    """Boot for the first and only time, and keep the state."""
    with workplace() as work:
        m = Machine(part, work, which, saved=False)
        try:
            link = Link(m)
            link.hello(BOOT_SECONDS)
            lines = []
            status = link.run("systemctl is-system-running --wait; systemctl --failed --no-legend; sync", 60, lines.append)
            if status != 0 or lines[0] != "running":
                raise Broken("the guest does not come up whole:\n" + "\n".join(lines))
            m.save(f"{part}/state")
        except Broken as e:
            raise Broken(f"{e}\n--- console\n{m.console_tail()}") from None
        finally:
            m.end()
        shutil.copy(m.console, f"{part}/console.log")


def prune(present):
    """Remove guests that were not used for three days."""
    for name in os.listdir(CACHE):
        path = f"{CACHE}/{name}"
        if not name.startswith("vm-") or name == present or not os.path.isdir(path):
            continue
        age = time.time() - max(os.stat(p).st_mtime for p in (path, f"{path}.lock") if os.path.exists(p))
        if age < UNUSED:
            continue
        with contextlib.suppress(OSError), open(f"{path}.lock", "w", encoding="ascii") as f:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)


def remove_all():
    for name in os.listdir(CACHE) if os.path.isdir(CACHE) else []:
        if name.startswith("vm-") and os.path.isdir(f"{CACHE}/{name}"):
            with lock(name, told=f"waiting for a run that uses {name}"):
                shutil.rmtree(f"{CACHE}/{name}")
