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
    ("lib/core/account.c", "open", "runs inside the zone: its root is \"/\" there"),
    ("lib/core/accounts.c", "access fchownat mkdirat open openat rename unlink",
     "runs inside the zone: its root is \"/\" there"),
    ("lib/core/adopt_inside.c", "openat umount2", "runs inside the zone: its root is \"/\" there"),
    ("lib/core/cgroup.c", "fchownat fopen open openat unlinkat", "cgroupfs and /proc: the kernel's names"),
    ("lib/core/cgvalue.c", "statfs", "the mount point of a controller"),
    ("lib/core/create.c", "realpath", "/proc/self/fd of the root that a template is to fill"),
    ("lib/core/creation.c", "mkdirat openat", "the zone's directory in root's 0711 zone path, and \"..\" of one"),
    ("lib/core/capacity.c", "open", "/proc/sys"),
    ("lib/core/devices.c", "stat", "the host's device that device.NAME.path names"),
    ("lib/core/devnodes.c", "fchownat mknodat unlinkat", "one component below a directory of the /dev that the host made"),
    ("lib/core/enter.c", "chdir execvpe open", "runs inside the zone: its root is \"/\" there"),
    ("lib/core/events.c", "inotify_add_watch", "our own run directory, by descriptor"),
    ("lib/core/exec.c", "open", "our own /proc/self"),
    ("lib/core/export.c", "open rename stat unlink", "the file that the command line names"),
    ("lib/core/files.c", "mkdirat open openat renameat stat symlinkat unlinkat",
     "host paths of the command line; inside: one component below a directory that fs_open_in() gave"),
    ("lib/core/firstuse.c", "access open", "files that the command line names; and inside the zone"),
    ("lib/core/gate.c", "inotify_add_watch", "our own run directory, by descriptor"),
    ("lib/core/generator.c", "access open symlinkat unlink", "systemd's directory for generated units, and /run"),
    ("lib/core/health.c", "open", "/dev/null"),
    ("lib/core/hooks.c", "fopen", "/proc: our own children"),
    ("lib/core/forwards.c", "open", "directories of the index"),
    ("lib/core/host.c", "open openat realpath", "the host's places and directories of the index"),
    ("lib/core/hostdir.c", "fchmodat fchownat openat symlinkat unlinkat",
     "fresh file systems that nobody else has seen; a fixed name in the zone's own run directory"),
    ("lib/core/identity.c", "lstat open readlink rename stat symlink unlink",
     "the host's /etc, and the zone's from inside it"),
    ("lib/core/images.c", "access", "is the argument of publish a path of the host?"),
    ("lib/core/import.c", "open", "the file that the command line names"),
    ("lib/core/index.c", "fopen", "/etc/subuid and /etc/subgid"),
    ("lib/core/initenv.c", "open", "our own zone-init"),
    ("lib/core/initfind.c", "open readlink", "/proc/self/fd: where a path inside ended"),
    ("lib/core/keeper.c", "open realpath", "/dev/null, /proc/self/exe"),
    ("lib/core/life.c", "unlinkat", "fixed names in the zone's own run directory"),
    ("lib/core/place.c", "fopen symlinkat unlinkat", "/proc/self/cgroup; a fixed name in the zone's own run directory"),
    ("lib/core/starter.c", "realpath", "/proc/self/exe"),
    ("lib/core/systemd.c", "access", "/run/systemd"),
    ("lib/core/unitfiles.c", "renameat2", "one component, in directories of /etc/systemd"),
    ("lib/core/verdict.c", "openat unlinkat", "the zone's own run directory"),
    ("lib/core/limits.c", "stat", "the block device that limits.io names"),
    ("lib/core/mounts.c", "chdir mount sys_pivot_root umount2", "the mount namespace of the zone itself"),
    ("lib/core/ready.c", "inotify_add_watch open", "our own run directory and /proc"),
    ("lib/core/restart.c", "inotify_add_watch realpath unlinkat",
     "fixed names in the zone's own run directory; /proc/self/exe"),
    ("lib/core/rootfd.c", "open", "/proc/PID of a zone's init"),
    ("lib/core/rename.c", "openat renameat renameat2", "names of zones in root's own zone path and run directory; of units"),
    ("lib/core/rlimits.c", "open", "/proc/self"),
    ("lib/core/sample.c", "openat", "cgroupfs: the kernel's names"),
    ("lib/core/seccomp.c", "dlopen", "our own module, beside the program or in the libexec directory"),
    ("lib/core/share.c", "open", "/proc/PID/ns of a zone's init, and our own"),
    ("lib/core/snapshot.c", "unlinkat", "a fixed name in the snapshot's own directory"),
    ("lib/core/spawn.c", "open", "/proc/PID of our own children"),
    ("lib/core/start.c", "unlinkat", "a fixed name in the zone's own run directory"),
    ("lib/core/state.c", "open", "/proc/PID/stat"),
    ("lib/core/stop.c", "inotify_add_watch open", "our own run directory and /proc"),
    ("lib/core/treemake.c", "fchmodat fchownat mkdirat mknodat openat symlinkat",
     "fresh file systems that nobody else has seen"),
    ("lib/core/networks.c", "open", "directories of the index"),
    ("lib/core/oom.c", "open", "the kernel's log"),
    ("lib/core/sysctls.c", "open", "/proc/sys"),
    ("lib/core/trials.c", "access open", "/proc and our own programs"),
    ("lib/core/trials_cgroup.c", "unlinkat", "a group that was made for the trial"),
    ("lib/core/service.c", "unlinkat", "cgroupfs: the kernel's names"),
    ("lib/core/tap.c", "open", "the file that the command line names"),
    ("lib/core/trees.c", "fchownat openat", "fresh file systems that nobody else has seen"),
    ("lib/core/usermounts.c", "open", "the source that the configuration names"),
    ("lib/core/usermounts_live.c", "fopen umount2", "/proc/PID; inside: below a directory that fs_open_below() gave"),
    ("lib/core/userns.c", "open", "/proc/PID of our own child"),
    ("net/nic_phys.c", "open", "our own /proc/thread-self"),
    ("net/pin.c", "umount2", "a fixed name in root's own run directory"),
    ("net/use.c", "unlinkat", "an empty directory of ours in root's own run directory"),
    ("lib/core/zonedir.c", "open renameat2 unlinkat", "names of zones in root's own zone path"),
    ("lib/tiny/consolelog.c", "openat renameat", "fixed names in our own run directory; links no library"),
    ("lib/tiny/guest.c", "openat renameat", "fixed names in our own run directory; links no library"),
    ("lib/tiny/init.c", "execvpe", "the stub init, inside the zone"),
    ("lib/tiny/notice.c", "openat", "fixed names in our own run directory; links no library"),
    ("lib/core/usage.c", "openat", "cgroupfs: the kernel's names"),
    ("lib/core/pool.c", "access", "the source that the administrator named"),
    ("storage/btrfs_pool.c", "fchmodat umount2", "the fresh file system of a pool; root's own mount point"),
    ("storage/loop_pool.c", "stat", "the directory that the command line names"),
    ("storage/lvm.c", "openat renameat2", "\"..\" of root's own image directory; a fixed name in root's own zone directory"),
    ("storage/lvmvol.c", "open", "/dev/mapper"),
    ("storage/lvmcmd.c", "access open", "/dev/mapper, /run/udev"),
    ("storage/pools.c", "open stat statvfs", "the device or file that the command line names"),
    ("storage/layers.c", "renameat unlinkat", "fixed names in root's own zone directory"),
    ("storage/mount_lock.c", "chroot", "a mount namespace and a tmpfs of its own"),
    ("storage/scaffold.c", "mkdirat mknodat mount", "a mount namespace and a tmpfs of its own"),
    ("storage/loop.c", "openat renameat", "fixed names in root's own image directory, 0700, and its \"..\""),
    ("storage/loopdev.c", "open", "/dev/loop-control and /dev/loopN"),
    ("storage/tree.c", "mkdirat renameat renameat2", "fixed names in root's own zone directory, 0700"),
    ("lib/image/confine_child.c", "chdir chroot fopen mount open sys_pivot_root umount2",
     "the mount namespace of the confined child; /dev/null and /proc/self before it is entered"),
    ("lib/image/publish.c", "renameat renameat2", "fixed names below the administrator's own tree"),
    ("lib/image/rootfs.c", "realpath", "files of the host that the command line names"),
    ("lib/image/target.c", "lsetxattr", "runs in the confined child: its root is the tree"),
    ("templates/busybox.c", "symlinkat", "into a root that this template has just made"),
    ("cmd/edit.c", "open unlink", "the caller's own temporary file, by the name that mkostemps() made"),
    ("cmd/tty.c", "open", "our own standard output once more, by /proc/self/fd/1"),
    ("lib/image/cache.c", "renameat", "names in the download cache, root's and 0700"),
    ("lib/image/fetch.c", "renameat", "names in the download cache, root's and 0700"),
    ("lib/image/module.c", "dlopen", "our own module, beside the program or in the libexec directory"),
    ("lib/image/sig.c", "open", "the keyring that the command line names"),
    ("lib/image/source.c", "realpath stat", "the keyring that the command line names"),
    ("lib/image/store.c", "renameat", "fingerprints in root's own .images, 0700"),
    ("lib/image/store_make.c", "renameat2", "fingerprints in root's own .images, 0700"),
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
    seen = list(csource.files(".c", ".h"))
    for path in seen:
        mine = [i for i, (pattern, _) in enumerate(rows) if fnmatch.fnmatch(path, pattern)]
        for t in calls(csource.code(csource.tokens(csource.read(path)))):
            row = next((i for i in mine if t.text in rows[i][1]), None)
            if row is None:
                offences.append(f"{path}:{t.line}: {t.text}(): use base/fs.h, or add a row with its reason")
            else:
                used[row].add(t.text)
    for (pattern, names), called in zip(rows, used):
        there = any(fnmatch.fnmatch(path, pattern) for path in seen)
        if there and names is not FORBIDDEN and names - called:
            offences.append(f"the row of {pattern} allows what is not called: {', '.join(sorted(names - called))}")
    csource.report("paths", offences)


main()
