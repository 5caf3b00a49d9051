#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""zone(8) has, under monitor, every event that is emitted and no other."""

import re

import csource

PAGE, SECTION = "man/zone.8", "\n.Ss monitor\n"
CALL = re.compile(r"\b(zone_event|append_event)\(([^;]*);")
ALIAS = "events"


def emitted():
    """{event: path} of all calls; an event is a word in them."""
    found = {}
    for path in csource.files(".c"):
        for name, call in CALL.findall(csource.read(path)):
            words = re.findall(r'"([a-z_-]+)"', call)
            for word in words[:1] if name == "append_event" else words:  # its others are a field
                found.setdefault(word, path)
    return found


def told(text):
    start = text.index(SECTION) + 1
    body = text[start : text.index("\n.Ss ", start)]
    words = re.split(r"[\s,;:.()]+", " ".join(re.findall(r"^\.Cm (.*)$", body, re.M)))
    return set(words) - {"", ALIAS}


def main():
    events, page = emitted(), told(csource.read(PAGE))
    offences = [f"{events[e]}: event {e} is not in {PAGE}" for e in sorted(set(events) - page)]
    offences += [f"{PAGE}: there is no event {e}" for e in sorted(page - set(events))]
    csource.report("events", offences)


main()
