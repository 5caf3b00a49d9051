#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run a command on a terminal and talk to it.

usage: terminal.py [STEP…] -- COMMAND…
  expect:REGEX   wait up to 10 s until the output since the last match has REGEX
  send:TEXT      type TEXT (\\n, \\x01 and the like are understood)
  size:ROWSxCOLS set the size of the terminal (and tell the command)
  sleep:SECONDS
  close          hang up
Afterwards everything the command printed goes to standard output; the exit status is the command's (128+N
for a signal), or 99 when something expected did not come.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

cut = sys.argv.index("--")
steps, command = sys.argv[1:cut], sys.argv[cut + 1:]
pid, master = pty.fork()
if pid == 0:
    os.environ.setdefault("TERM", "vt100")
    os.execvp(command[0], command)

seen, matched = b"", 0


def read(deadline):
    """Read what is there until the deadline; False at end of file."""
    global seen
    if not select.select([master], [], [], max(0, deadline - time.monotonic()))[0]:
        return True
    try:
        data = os.read(master, 65536)
    except OSError:
        return False
    seen += data
    return bool(data)


def expect(pattern):
    global matched
    deadline = time.monotonic() + 10
    alive = True
    while True:
        found = re.search(pattern.encode(), seen[matched:], re.S | re.M)
        if found:
            matched += found.end()
            return True
        if not alive or time.monotonic() > deadline:
            return False
        alive = read(deadline)


missing = None
for step in steps:
    word, _, text = step.partition(":")
    if word == "expect":
        if not expect(text):
            missing = text
            break
    elif word == "send":
        os.write(master, text.encode().decode("unicode_escape").encode("latin-1"))
    elif word == "size":
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *map(int, text.split("x")), 0, 0))
    elif word == "sleep":
        end = time.monotonic() + float(text)
        while time.monotonic() < end and read(end):
            pass
    elif word == "close":
        os.close(master)
        break
    else:
        sys.exit(f"unknown step {step}")

deadline = time.monotonic() + 20
status = None
while status is None:
    done, raw = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(raw)
    elif missing is not None or time.monotonic() > deadline:
        os.kill(pid, signal.SIGKILL)
        missing = missing or "(its end)"
    if "close" not in steps:
        read(time.monotonic() + 0.05)
    else:
        time.sleep(0.05)
while "close" not in steps and select.select([master], [], [], 0.1)[0] and read(time.monotonic() + 0.1):
    pass
sys.stdout.buffer.write(seen)
sys.stdout.flush()
if missing is not None:
    print(f"\nterminal.py: expected, but did not come: {missing}", file=sys.stderr)
    sys.exit(99)
sys.exit(128 - status if status < 0 else status)
