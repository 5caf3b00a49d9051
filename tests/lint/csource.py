# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lint scripts know of C: which files there are, tokens, top-level declarations, nesting.
Enough for this tree's style, by no means a compiler."""

import os
import re
import sys

# The tree to look at: the one that this file is in, or (for the scripts' own test) the argument.
ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.abspath(os.path.dirname(__file__) + "/../..")
CODE = ("lib", "net", "storage", "templates", "cmd")

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<pp>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
      | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
      | (?P<char>[uUL]?'(?:\\.|[^'\\\n])*')
      | (?P<ident>[A-Za-z_]\w*)
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      | (?P<punct>->|&&|\|\||\+\+|--|<<|>>|[<>=!]=|[^\s\w])
    """,
    re.X | re.S | re.M,
)


class Token:
    __slots__ = ("kind", "text", "line")

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line

    def last_line(self):
        return self.line + self.text.count("\n")


def files(*suffixes, under=CODE):
    """Paths relative to the tree's root, sorted."""
    found = []
    for folder in under:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.relpath(os.path.join(where, n), ROOT) for n in names if n.endswith(suffixes)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def tokens(text):
    """All tokens; a preprocessor directive is one, continuation lines included."""
    line, at, result = 1, 0, []
    for m in TOKEN.finditer(text):
        line += text.count("\n", at, m.start())
        at = m.start()
        result.append(Token(m.lastgroup, m.group(), line))
    return result


def code(toks):
    """Without comments and directives."""
    return [t for t in toks if t.kind not in ("comment", "pp")]


def includes(toks):
    """(line, name, quoted) of each #include."""
    for t in toks:
        m = t.kind == "pp" and re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', t.text)
        if m:
            yield t.line, m.group(2), m.group(1) == '"'


CLOSE = {"(": ")", "[": "]", "{": "}"}


def skip(toks, i):
    """The index behind the bracket that closes toks[i]."""
    depth = 0
    while i < len(toks):
        if toks[i].kind == "punct":
            if toks[i].text in CLOSE:
                depth += 1
            elif toks[i].text in CLOSE.values():
                depth -= 1
                if depth == 0:
                    return i + 1
        i += 1
    return i


class Declaration:
    """Something at file scope: its tokens up to `;` or `{`, and the body's range when it has one."""

    def __init__(self, head, body):
        self.head, self.body = head, body

    def function_name(self):
        """The token that names the function that this declares or defines, or None."""
        words = {t.text for t in self.head}
        if "typedef" in words or "_Static_assert" in words:
            return None
        i = 0
        while i < len(self.head):
            t = self.head[i]
            if t.text == "=":
                return None
            if t.text == "__attribute__":
                i = skip(self.head, i + 1)
                continue
            if t.text == "(":
                name = self.head[i - 1] if i else None
                pointer = i + 1 < len(self.head) and self.head[i + 1].text == "*"
                return name if name and name.kind == "ident" and not pointer else None
            i += 1
        return None


def declarations(toks):
    """Declarations at file scope of toks (comments and directives left out)."""
    head, i = [], 0
    while i < len(toks):
        t = toks[i]
        if t.text == ";":
            if head:
                yield Declaration(head, None)
            head = []
            i += 1
        elif t.text == "{":
            end = skip(toks, i)
            d = Declaration(head, (i, end))
            if d.function_name():
                yield d
                head = []
            i = end  # a struct's members or an initializer: the declaration goes on to its `;`
        elif t.text in ("(", "["):
            end = skip(toks, i)
            head += toks[i:end]
            i = end
        else:
            head.append(t)
            i += 1


def report(name, offences, notes=()):
    """Print what was found; exit 1 when there are offences."""
    for line in notes:
        print(f"note: {line}")
    for line in offences:
        print(line)
    if offences:
        print(f"{name}: {len(offences)} offence(s)")
    sys.exit(1 if offences else 0)
