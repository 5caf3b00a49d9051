#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""zone.conf(5) has every row of the key table and no other: type, default, when it takes effect, who
may set it, and all words of those that take one of a list."""

import re

import csource

TABLE, PAGE = "lib/conf/keys.c", "man/zone.conf.5"
TYPES = {
    "STR": "text", "BOOL": "boolean", "UINT": "number", "SIZE": "size", "SECS": "seconds", "ENUM": "word",
    "LIST": "list",
}


def macros(text):
    """Macros whose rows are for the host's administrator only."""
    text = text.replace("\\\n", " ")
    return [m[1] for m in re.finditer(r"#define (\w+)\([^)]*\)(.*)", text) if ".root_only = true" in m[2]]


def table(text):
    """{name: (tag, words)} as the page should have it."""
    rows = {}
    host_only = macros(text)
    body = text[text.index("conf_keys[] = {"):]
    for row in re.findall(r"\{ *(\.name = .*?) *\},?\n", body[: body.index("{ 0 }")], re.S):
        field = dict(re.findall(r'\.(\w+) = (?:KEY_)?("[^"]*"|\w+)', row))
        name, missing = field["name"].strip('"'), field.get("missing", '""').strip('"')
        parts = [TYPES[field["type"]]]
        parts += [f"default {missing}"] if missing else []
        parts += ["live" if field.get("live") == "true" else "next start"]
        if field.get("root_only") == "true" or any(f"{m}(" in row for m in host_only):
            parts += ["host only"]
        words = field["values"].strip('"').split("|") if field["type"] == "ENUM" else []
        rows[name] = (", ".join(parts), words)
    return rows


def page(text):
    """[(line, name, tag, body)] of the section KEYS."""
    start, items = text.index("\n.Sh KEYS\n"), []
    keys = text[start : text.index("\n.Sh ", start + 1)]
    for m in re.finditer(r"^\.It Cm (\S+(?: Ns (?:Ar|Cm) \S+)*) Pq (.*)\n((?:(?!\.It Cm .* Pq ).*\n)*)", keys, re.M):
        name = re.sub(r" Ns (Ar|Cm) |\\&", "", m[1])
        items.append((text.count("\n", 0, start + m.start()) + 1, name, m[2], m[3]))
    return items


def main():
    offences = []
    rows = table(csource.read(TABLE))
    if len(rows) != csource.read(TABLE).count(".name = "):
        offences.append(f"{TABLE}: only {len(rows)} rows were understood")
    seen = set()
    for line, name, tag, body in page(csource.read(PAGE)):
        want, words = rows.get(name, (None, []))
        if name in seen:
            offences.append(f"{PAGE}:{line}: {name} is there twice")
        elif want is None:
            offences.append(f"{PAGE}:{line}: {name} is not in the table")
        elif tag != want:
            offences.append(f"{PAGE}:{line}: {name}: ({tag}) should be ({want})")
        said = set(re.split(r"[\s,]+", " ".join(re.findall(r"^\.(?:It )?Cm (.*)$", body, re.M))))
        offences += [f"{PAGE}:{line}: {name}: nothing about {w}" for w in words if w not in said]
        seen.add(name)
    offences += [f"{PAGE}: nothing about {name}" for name in rows if name not in seen]
    csource.report("keys", offences)


main()
