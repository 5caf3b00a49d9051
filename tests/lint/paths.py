#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Raw path calls are made in lib/base only; everybody else goes through base/fs.h, so that no path that
a guest, an image or another user had a hand in is resolved by accident. Exceptions are rows below."""

import fnmatch

import csource

FORBIDDEN = set("""
    open open64 openat openat2 sys_openat2 creat fopen freopen opendir scandir
    mkdir mkdirat mknod mknodat mkfifo mkfifoat mkstemp mkostemp mkdtemp tmpfile
    mount umount umount2 chroot chdir pivot_root sys_pivot_root swapon
    chown lchown fchownat chmod fchmodat utime utimes utimensat truncate
    rename renameat renameat2 unlink unlinkat remove rmdir link linkat symlink symlinkat
    stat lstat access realpath readlink statfs statvfs
    setxattr lsetxattr getxattr lgetxattr listxattr llistxattr removexattr lremovexattr
    name_to_handle_at open_by_handle_at inotify_add_watch
    ftw nftw fts_open glob wordexp
    system popen execlp execvp execvpe posix_spawnp dlopen
""".split())

# Files (a pattern), the calls that they may make ("*": all), and why that is safe. What a row allows and
# nobody calls is an offence too, so that the table stays short.
ALLOWED = [
    ("lib/base/*", "*", "the safe path layer itself, and what runs programs"),
]


def calls(toks):
    """The forbidden calls among @toks."""
    for i, t in enumerate(toks):
        if t.kind != "ident" or t.text not in FORBIDDEN:
            continue
        before = toks[i - 1].text if i else ""
        after = toks[i + 1].text if i + 1 < len(toks) else ""
        if before in (".", "->") or after != "(":
            continue  # a member, a variable, or `struct stat`
        yield t


def main():
    rows = [(pattern, FORBIDDEN if names == "*" else set(names.split())) for pattern, names, _ in ALLOWED]
    offences, used = [], [set() for _ in rows]
    for path in csource.files(".c", ".h"):
        mine = [i for i, (pattern, _) in enumerate(rows) if fnmatch.fnmatch(path, pattern)]
        for t in calls(csource.code(csource.tokens(csource.read(path)))):
            row = next((i for i in mine if t.text in rows[i][1]), None)
            if row is None:
                offences.append(f"{path}:{t.line}: {t.text}(): use base/fs.h, or add a row with its reason")
            else:
                used[row].add(t.text)
    for (pattern, names), called in zip(rows, used):
        if names is not FORBIDDEN and names - called:
            offences.append(f"the row of {pattern} allows what is not called: {', '.join(sorted(names - called))}")
    csource.report("paths", offences)


main()
