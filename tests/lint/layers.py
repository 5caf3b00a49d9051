#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Includes go downwards only, never in a circle, by paths relative to lib/ or the tree's root; and each
third-party header is included by exactly one .c file."""

import os

import csource

# What a folder may include besides itself. Folders in one row of the design never see each other.
LAYERS = {
    "lib/base": set(),
    "lib/tiny": set(),  # programs of their own; the core sees the monitor's protocol
    "lib/conf": {"lib/base"},
    "net": {"lib/base", "lib/conf"},
    "storage": {"lib/base", "lib/conf"},
    "lib/image": {"lib/base", "lib/conf"},
    "templates": {"lib/base", "lib/conf", "net", "storage", "lib/image"},
    "lib/core": {"lib/base", "lib/tiny", "lib/conf", "net", "storage", "lib/image", "templates", "lib"},
    # the public header, and what it takes to build the library
    "lib": {"lib/base"},
    # sees the public header and base; conf, net, storage and core are the library's own business
    "cmd": {"lib/base", "lib"},
}

# Library: its headers. One .c file of ours may include them, which keeps the library replaceable.
LIBRARIES = {
    "libmnl": ("libmnl/",),
    "libarchive": ("archive.h", "archive_entry.h"),
    "curl": ("curl/",),
    "json-c": ("json-c/", "json.h"),
    "gpgme": ("gpgme.h",),
    "libcap": ("sys/capability.h",),
    "libseccomp": ("seccomp.h",),
    "libcgroup": ("libcgroup.h", "libcgroup/"),
    "confuse": ("confuse.h",),
    "crypt": ("crypt.h",),
    "nftables": ("nftables/",),
    "lzma": ("lzma.h", "lzma/"),
    "ncurses": ("curses.h", "ncurses.h"),
    "zstd": ("zstd.h", "zstd_errors.h"),
}


# So many .c files may include them; one where nothing is said. libarchive's two halves, reading and writing, have
# nothing in common but their types, and together are more than a file may be.
FILES = {"libarchive": 2}


def folder(path):
    return os.path.dirname(path)


def resolve(name):
    """The file that a quoted include means, or None."""
    for path in ("lib/" + name, name):
        if os.path.isfile(os.path.join(csource.ROOT, path)):
            return path
    return None


def library(name):
    for lib, headers in LIBRARIES.items():
        if any(name == h or (h.endswith("/") and name.startswith(h)) for h in headers):
            return lib
    return None


def cycles(graph):
    """One path for each circle that a depth-first walk closes."""
    state, found = {}, []

    def visit(node, path):
        state[node] = "open"
        for to in sorted(graph.get(node, ())):
            if state.get(to) == "open":
                found.append(path[path.index(to):] + [to])
            elif to not in state:
                visit(to, path + [to])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return found


def main():
    offences, graph, users = [], {}, {}
    for path in csource.files(".c", ".h"):
        own = folder(path)
        if own not in LAYERS:
            offences.append(f"{path}: folder {own} has no row in the table of layers")
            continue
        for line, name, quoted in csource.includes(csource.tokens(csource.read(path))):
            lib = library(name)
            if lib and not (quoted and resolve(name)):
                users.setdefault(lib, {}).setdefault(path, line)
            if not quoted:
                continue
            target = resolve(name)
            if not target:
                offences.append(f'{path}:{line}: "{name}" is no file below lib/ or the root')
                continue
            graph.setdefault(path, set()).add(target)
            if folder(target) != own and folder(target) not in LAYERS[own]:
                offences.append(f"{path}:{line}: {own} must not see {folder(target)} ({name})")
    for lib, where in sorted(users.items()):
        for path in sorted(where):
            if not path.endswith(".c"):
                offences.append(f"{path}:{where[path]}: a header of {lib} in a header of ours")
        if len(where) > FILES.get(lib, 1):
            offences.append(f"{lib}: its headers are in {len(where)} files: {', '.join(sorted(where))}")
    offences += ["include cycle: " + " -> ".join(c) for c in cycles(graph)]
    csource.report("layers", offences)


main()
