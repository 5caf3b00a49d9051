#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The size and shape of files and functions. What is over a soft limit is noted, over a hard one (or a
limit that has no soft form) it is an offence."""

import re

import csource

FILE_SOFT, FILE_HARD = 400, 600  # lines of a .c file
FUNCTION_SOFT, FUNCTION_HARD = 60, 80  # lines, signature and braces included
COMPLEXITY = 15  # 1 + decisions
NESTING = 4  # control structures inside each other
INCLUDES_SOFT, INCLUDES_HARD = 15, 20
# Tests are tables and lists of cases: only the hard limit counts for the length of their files.
TESTS = "tests/"

# The one file that may ask what it is compiled on, and the public header, which C++ programs include.
CONDITIONALS = {
    "lib/base/sys.h": None,
    "lib/zone.h": "__cplusplus",
}

DECISIONS = {"if", "for", "while", "case", "&&", "||", "?"}
CONTROLS = {"if", "for", "while", "switch"}


class Nesting:
    """Walks a function's body by its statements; `deepest` is (depth, line)."""

    def __init__(self, toks):
        self.toks, self.i, self.deepest = toks, 0, (0, 0)

    def text(self):
        return self.toks[self.i].text if self.i < len(self.toks) else ""

    def block(self, depth):
        self.i += 1  # {
        while self.i < len(self.toks) and self.text() != "}":
            self.statement(depth)
        self.i += 1

    def inner(self, depth):
        if self.i < len(self.toks) and depth + 1 > self.deepest[0]:
            self.deepest = (depth + 1, self.toks[self.i].line)
        self.statement(depth + 1)

    def expression(self, depth):
        """Up to `;`. A brace right behind `)` is the body of a loop that a macro makes."""
        before = ""
        while self.i < len(self.toks) and self.text() not in (";", "}"):
            word = self.text()
            if word == "{" and before == ")":
                self.inner(depth)
                return
            self.i = csource.skip(self.toks, self.i) if word in csource.CLOSE else self.i + 1
            before = {"(": ")"}.get(word, word)
        if self.text() == ";":
            self.i += 1

    def statement(self, depth):
        word = self.text()
        if word == "{":
            self.block(depth)
        elif word in CONTROLS:
            self.i = csource.skip(self.toks, self.i + 1)
            self.inner(depth)
            if word == "if" and self.text() == "else":
                self.i += 1
                if self.text() == "if":  # `else if` is a row of choices, not a deeper one
                    self.statement(depth)
                else:
                    self.inner(depth)
        elif word == "do":
            self.i += 1
            self.inner(depth)
            self.expression(depth)
        elif word in ("case", "default"):
            while self.i < len(self.toks) and self.text() != ":":
                self.i += 1
            self.i += 1
        else:
            self.expression(depth)


def check_directives(path, toks, offences):
    for t in toks:
        if t.kind != "pp":
            continue
        if re.match(r"\s*#\s*define\b", t.text):
            word = re.search(r"\b(return|goto)\b", re.sub(r"/\*.*?\*/", "", t.text, flags=re.S))
            if word:
                offences.append(f"{path}:{t.line}: a macro contains {word.group()}")
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", t.text):
            allowed = CONDITIONALS.get(path, "") if path in CONDITIONALS else ""
            if allowed is None or (allowed and allowed in t.text):
                continue
            offences.append(f"{path}:{t.line}: conditional compilation outside lib/base/sys.h")


def decides(body, i):
    """True for a decision; labels in a row are one."""
    t = body[i]
    if t.kind not in ("ident", "punct") or t.text not in DECISIONS:
        return False
    return t.text != "case" or body[i - 1].text != ":"


def check_function(path, toks, d, offences, notes):
    name, body = d.function_name(), toks[d.body[0]:d.body[1]]
    where = f"{path}:{name.line}: {name.text}()"
    lines = body[-1].line - d.head[0].line + 1
    if lines > FUNCTION_SOFT:
        (offences if lines > FUNCTION_HARD else notes).append(
            f"{where} has {lines} lines (soft {FUNCTION_SOFT}, hard {FUNCTION_HARD})")
    complexity = 1 + sum(decides(body, i) for i in range(len(body)))
    if complexity > COMPLEXITY:
        offences.append(f"{where} has complexity {complexity} (limit {COMPLEXITY})")
    walk = Nesting(body)
    walk.block(0)
    if walk.deepest[0] > NESTING:
        offences.append(f"{path}:{walk.deepest[1]}: {name.text}() nests {walk.deepest[0]} deep "
                        f"(limit {NESTING})")


def check_file(path, offences, notes):
    text = csource.read(path)
    toks = csource.tokens(text)
    plain = csource.code(toks)
    lines = text.count("\n")
    if path.endswith(".c") and lines > FILE_SOFT:
        if lines > FILE_HARD or not path.startswith(TESTS):
            (offences if lines > FILE_HARD else notes).append(
                f"{path}: {lines} lines (soft {FILE_SOFT}, hard {FILE_HARD})")
    count = len(list(csource.includes(toks)))
    if count > INCLUDES_SOFT:
        (offences if count > INCLUDES_HARD else notes).append(
            f"{path}: {count} includes (soft {INCLUDES_SOFT}, hard {INCLUDES_HARD})")
    check_directives(path, toks, offences)
    offences += [f"{path}:{t.line}: goto" for t in plain if t.kind == "ident" and t.text == "goto"]
    for d in csource.declarations(plain):
        if d.body:
            check_function(path, plain, d, offences, notes)


def main():
    offences, notes = [], []
    for path in csource.files(".c", ".h", under=csource.CODE + ("tests",)):
        check_file(path, offences, notes)
    csource.report("metrics", offences, notes)


main()
