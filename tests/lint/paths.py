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

# File (a pattern), the calls that it may make, and why that is safe. A row that nothing uses any more
# is an offence too.
ALLOWED = [
    ("lib/base/*", FORBIDDEN, "the safe path layer itself, and what runs programs"),
    ("storage/tree.c", {"mkdirat", "renameat", "renameat2"},
     "fixed names in the zone's directory, which root alone can enter"),
    ("storage/layers.c", {"mkdirat", "mount", "renameat", "unlinkat"},
     "fixed names as above; a mount namespace and a tmpfs of its own, by descriptor"),
    ("lib/core/seccomp.c", {"dlopen"}, "our own module, by run_helper()"),
]


def calls(toks):
    """Names that are called (or named without a call: a pointer to it would do as much)."""
    for i, t in enumerate(toks):
        if t.kind != "ident" or t.text not in FORBIDDEN:
            continue
        before = toks[i - 1].text if i else ""
        after = toks[i + 1].text if i + 1 < len(toks) else ""
        if before in (".", "->") or after != "(":
            continue  # a member, a variable, or `struct stat`
        yield t


def main():
    offences, used = [], set()
    for path in csource.files(".c", ".h"):
        rows = [i for i, (pattern, _, _) in enumerate(ALLOWED) if fnmatch.fnmatch(path, pattern)]
        for t in calls(csource.code(csource.tokens(csource.read(path)))):
            row = next((i for i in rows if t.text in ALLOWED[i][1]), None)
            if row is None:
                offences.append(f"{path}:{t.line}: {t.text}(): use base/fs.h, or add a row with its reason")
            used.add((row, t.text))
    for i, (pattern, names, reason) in enumerate(ALLOWED):
        if not reason:
            offences.append(f"the row of {pattern} gives no reason")
        unused = {n for n in names if (i, n) not in used}
        if unused and names is not FORBIDDEN:
            offences.append(f"the row of {pattern} allows what is not called: {', '.join(sorted(unused))}")
    csource.report("paths", offences)


main()
