#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""zone(8) has every verb and option of the command's tables, with the same operands and arguments, and
no other. The tables are asked from the command itself: manopts.py ZONE [PAGE]."""

import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def spelling(option):
    """An option as the page's tag has it: "-t --timeout S"."""
    words = [f"-{option['letter']}"] if option["letter"] else []
    words += [f"--{option['name']}"] if option["name"] else []
    return " ".join(words + ([option["arg"]] if option["arg"] else []))


def tables(zone):
    """{section: {what it must have}} of the command; the common options are section OPTIONS."""
    t = json.loads(subprocess.run([zone, "help", "--json"], check=True, capture_output=True).stdout)
    rows = {"OPTIONS": {spelling(o) for o in t["global_options"] + t["common_options"]}}
    for verb in t["verbs"]:
        rows[verb["name"]] = {f"zone {verb['name']} {verb['args']}".strip()}
        rows[verb["name"]] |= {f"also called {verb['alias']}"} if verb["alias"] else set()
        rows[verb["name"]] |= {spelling(o) for o in verb["options"]}
    return rows


def option(line):
    """The spelling of ".It Fl t , Fl -timeout Ar S"."""
    words = line.split()[1:]
    return " ".join(f"-{w}" if words[i] == "Fl" else w
                    for i, w in enumerate(words[1:]) if w not in ("Fl", "Ar", ","))


def page(text):
    """The same from the page: its section OPTIONS and the subsections of VERBS."""
    rows, chapter, section, before = {}, None, None, None
    for line in text.splitlines():
        if line.startswith(".Sh "):
            chapter = line[4:]
            section = rows.setdefault(chapter, set()) if chapter == "OPTIONS" else None
        elif line.startswith(".Ss ") and chapter == "VERBS":
            section = rows.setdefault(line[4:], set())
        elif section is not None and line.startswith(".It Fl "):
            section.add(option(line))
        elif section is not None and line.startswith(".Dl zone "):
            section.add(line[4:].replace("\\-", "-"))
        elif section is not None and before == "Also called":
            section.add("also called " + line.removeprefix(".Cm ").removesuffix(" ."))
        before = line
    return rows


def main():
    path = sys.argv[2] if len(sys.argv) > 2 else os.path.join(TOP, "man", "zone.8")
    with open(path, encoding="utf-8") as f:
        have = page(f.read())
    want, offences = tables(sys.argv[1]), []
    for section in sorted(want.keys() | have.keys()):
        wanted, found = want.get(section, set()), have.get(section, set())
        offences += [f"{section}: not in the page: {w}" for w in sorted(wanted - found)]
        offences += [f"{section}: not in the command: {w}" for w in sorted(found - wanted)]
        if section not in want:
            offences.append(f"{section}: no such verb")
    for offence in offences:
        print(offence)
    sys.exit(bool(offences))


main()
