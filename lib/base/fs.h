/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The safe path layer. Whatever touches a path that a guest, an image or another user could have a
 * hand in goes through here: directory descriptors only, openat2 with RESOLVE_*, no magic links.
 * tests/lint/paths.py forbids the raw calls elsewhere. All descriptors are O_CLOEXEC and owned by
 * the caller. RESOLVE_* fails EAGAIN while somebody renames; that is retried until a deadline.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* Open a directory by a host path that only root can change (configuration, state). fd or -errno.
 */
int fs_open_dir(const char *path, struct zerr *e);
/* The same, made with @mode (and its missing parents, 0755) when it is not there. */
int fs_make_dir(const char *path, mode_t mode, struct zerr *e);

/* Open @path as if @rootfd were "/": links and ".." stay inside. fd or -errno; no message. */
int fs_open_in(int rootfd, const char *path, int flags, mode_t mode);
/* Open @path below @dirfd; no link is followed, nothing leads out. fd or -errno; no message. */
int fs_open_below(int dirfd, const char *path, int flags, mode_t mode);
/* Open or make the directory @name (one component) below @dirfd. fd or -errno with message. */
int fs_subdir(int dirfd, const char *name, mode_t mode, struct zerr *e);
/* mkdir -p of @path below @dirfd, owner root; no link is followed. fd of the last or -errno. */
int fs_subdirs(int dirfd, const char *path, mode_t mode, struct zerr *e);
/* True when @name (one component) exists below @dirfd, of whatever type. */
bool fs_exists(int dirfd, const char *name);

/* Whole contents of a regular file of at most @max bytes, from @dirfd below, replacing what *@ret
 * has. 0 or -errno (-EFBIG, -EISDIR, -EINVAL for other types); no message. */
int fs_read(int dirfd, const char *name, size_t max, struct buf *ret);
/* Replace the file @name (one component) by rename; @durable also syncs file and directory. 0 or
 * -errno with message. */
int fs_write(int dirfd, const char *name, const void *data, size_t len, mode_t mode, bool durable,
	     struct zerr *e);
/* Write all of @len bytes to @fd, retrying short writes. 0 or -errno. */
int fs_write_all(int fd, const void *data, size_t len);
/* Sync a directory. 0 or -errno. */
int fs_sync_dir(int dirfd);

/* Remove @name below @dirfd with everything in it, of any depth; never follows a link or crosses a
 * mount. A missing one is fine. Attributes that forbid it (immutable, append) are cleared. */
int fs_remove(int dirfd, const char *name, struct zerr *e);
/* Sum of st_blocks*512 of @dirfd/@name and what is below, hard links once, and number of entries.
 * Mounts are not entered. 0 or -errno; no message. */
int fs_usage(int dirfd, const char *name, uint64_t *ret_bytes, uint64_t *ret_entries);

/* Names in a directory, sorted, without those that begin with a dot, replacing what *@ret has. 0 or
 * -errno. */
int fs_list(int dirfd, struct strv *ret);

/* Take an exclusive flock on @name below @dirfd, made when missing, waiting at most @wait_ms
 * (-1 for ever, 0 not at all). The lock goes when the fd is closed; who holds it may unlink the
 * file. fd, -EWOULDBLOCK with exit status 6, or -EINTR (steps_signal()). */
int fs_lock(int dirfd, const char *name, int wait_ms, struct zerr *e);
/* The same of what is open as @fd: flock(@fd, @how), waiting so, called @what. 0 or as above. */
int fs_lock_fd(int fd, int how, const char *what, int wait_ms, struct zerr *e);

/* /proc/self/fd/N for calls that take only paths; @out needs 32 bytes. Returns @out. */
char *fs_fd_path(int fd, char out[static 32]);
