#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every function in a header has a comment above it (its contract), or is in a group of prototypes
without blank lines between them that has one. Every source file begins with the licence and says what
it is for."""

import csource

LICENCE = "/* SPDX-License-Identifier: LGPL-2.1-or-later */"


def check_top(path, text, toks, offences):
    if not text.startswith(LICENCE + "\n"):
        offences.append(f"{path}:1: the first line is not the licence")
    elif len(toks) < 2 or toks[1].kind != "comment" or toks[1].line != 2:
        offences.append(f"{path}:2: no comment says what the file is for")


def check_functions(path, toks, offences):
    """A function is documented when the line above it ends a comment or a documented function."""
    ends = {t.last_line() for t in toks[2:] if t.kind == "comment"}  # not the file's own
    plain = csource.code(toks)
    for d in csource.declarations(plain):
        name = d.function_name()
        if not name:
            continue
        first = d.head[0].line
        last = plain[d.body[1] - 1].line if d.body else d.head[-1].line
        if first - 1 in ends:
            ends.add(last)
        else:
            offences.append(f"{path}:{name.line}: no comment above {name.text}()")


def main():
    offences = []
    for path in csource.files(".c", ".h"):
        text = csource.read(path)
        toks = csource.tokens(text)
        check_top(path, text, toks, offences)
        if path.endswith(".h"):
            check_functions(path, toks, offences)
    csource.report("docs", offences)


main()
