#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a test needs and the guest of the vm lane has is run there: tests/cli/*.bats that say `need FEATURE`, or
NEEDS=FEATURE for the whole file, are tagged `vm` where tests/cli/features.bash says that the guest has it, and not where it has not. tests/vm is run there anyway."""

import os
import re
import sys

import csource

FEATURES = "tests/cli/features.bash"
ROW = re.compile(r"^  ([a-z0-9-]+) +\| (yes|no) +\| ", re.M)
NEED = re.compile(r"^\s*(?:(?:.*&& |.*\{ )?need |NEEDS=\"?)([a-z0-9 -]+)")
TAGS = re.compile(r"^# bats (file|test)_tags=(.*)$")
TEST = re.compile(r'^@test "(.*)" \{')


def needs(path, text):
    """(place, test, features, whether it is tagged) of every need in a file."""
    whole, next_test, test, inside = set(), set(), None, set()
    for number, line in enumerate(text.splitlines(), 1):
        begins = TEST.match(line)
        if tags := TAGS.match(line):
            words = {w.strip() for w in tags[2].split(",")}
            if tags[1] == "file":
                whole |= words
            else:
                next_test |= words
        elif begins:
            test, inside, next_test = begins[1], next_test, set()
        if found := NEED.match(line):
            yield f"{path}:{number}", test or "every test", found[1].split(), "vm" in whole | inside
        if line.startswith("}") or (begins and line.endswith("}")):
            test, inside = None, set()


def main():
    guest = {name: has == "yes" for name, has in ROW.findall(csource.read(FEATURES))}
    offences = []
    for path in csource.files(".bats", under=("tests/cli", "tests/vm", "tests/image")):
        for where, test, features, tagged in needs(path, csource.read(path)):
            tagged |= path.startswith("tests/vm/")
            for feature in features:
                if feature not in guest:
                    offences.append(f"{where}: {FEATURES} has no '{feature}'")
                elif guest[feature] and not tagged:
                    offences.append(f"{where}: '{test}' needs {feature}: tag it vm, so that it is run where that is")
                elif not guest[feature] and tagged:
                    offences.append(f"{where}: '{test}' needs {feature}, which the guest has not: do not tag it vm")
    csource.report("lanes", offences)


main()
