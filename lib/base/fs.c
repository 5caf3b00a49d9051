/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The safe path layer: opening, making directories, reading, replacing, locking. Everything is
 * relative to a descriptor. Must not resolve a link that somebody else could have put there, and
 * must not follow /proc's magic links. */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>

#include "base/own.h"
#include "base/sig.h"
#include "base/sys.h"

/* How long openat2 may answer EAGAIN (somebody renames all the time) before we believe it. */
#define RETRY_MS 2000

static void sleep_us(long us)
{
	const struct timespec t = { .tv_nsec = us * 1000 };

	(void)nanosleep(&t, NULL); /* waking early is fine: all callers loop */
}

static int open_resolve(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	const bool makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	const int64_t deadline = now_ms() + RETRY_MS;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.mode = makes ? mode & 07777 : 0,
		.resolve = resolve,
	};

	for (;;) {
		const int fd = sys_openat2(dirfd, path, &how);

		if (fd >= 0)
			return fd;
		if (errno != EAGAIN || now_ms() >= deadline)
			return -errno;
		sleep_us(50);
	}
}

int fs_open_in(int rootfd, const char *path, int flags, mode_t mode)
{
	return open_resolve(rootfd, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int fs_open_below(int dirfd, const char *path, int flags, mode_t mode)
{
	return open_resolve(dirfd, path, flags, mode,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int fs_open_dir(const char *path, struct zerr *e)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? zerr_sys(e, "open directory %s", path) : fd;
}

static bool one_component(const char *name)
{
	return *name && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, "..");
}

/* Open or make one directory. A new one gets exactly @mode and belongs to root, whatever the umask
 * and a set-group-ID parent say. @follow: the path is the host's own, links are fine. */
static int step_into(int dirfd, const char *name, mode_t mode, bool follow)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	const bool made = mkdirat(dirfd, name, mode) == 0;
	AUTO_CLOSE int fd = -1;

	if (!made && errno != EEXIST)
		return -errno;
	fd = follow ? openat(dirfd, name, flags) : fs_open_below(dirfd, name, flags, 0);
	if (fd < 0)
		return follow ? -errno : fd;
	if (made && (fchmod(fd, mode) < 0 || (geteuid() == 0 && fchown(fd, 0, 0) < 0)))
		return -errno;
	return own_take_fd(&fd);
}

/* mkdir -p: parents get @parents, the last one @mode. */
static int make_path(int dirfd, const char *path, mode_t parents, mode_t mode, bool follow)
{
	AUTO_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv parts = { 0 };

	if (fd < 0)
		return -errno;
	if (strv_split(&parts, path, "/") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < parts.n; i++) {
		int next;

		if (!follow && str_eq(parts.v[i], ".."))
			return -EXDEV;
		next = step_into(fd, parts.v[i], i + 1 < parts.n ? parents : mode, follow);
		if (next < 0)
			return next;
		own_close(fd);
		fd = next;
	}
	return own_take_fd(&fd);
}

int fs_make_dir(const char *path, mode_t mode, struct zerr *e)
{
	AUTO_CLOSE int start = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int fd = start < 0 ? -errno : make_path(start, path, 0755, mode, true);

	return fd < 0 ? zerr_code(e, -fd, "make directory %s", path) : fd;
}

int fs_subdir(int dirfd, const char *name, mode_t mode, struct zerr *e)
{
	const int fd = one_component(name) ? step_into(dirfd, name, mode, false) : -EINVAL;

	return fd < 0 ? zerr_code(e, -fd, "make directory %s", name) : fd;
}

int fs_subdirs(int dirfd, const char *path, mode_t mode, struct zerr *e)
{
	const int fd = make_path(dirfd, path, mode, mode, false);

	return fd < 0 ? zerr_code(e, -fd, "make directory %s", path) : fd;
}

bool fs_exists(int dirfd, const char *name)
{
	struct stat st;

	return one_component(name) && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Everything that @fd still gives, at most @max bytes. */
static int read_all(int fd, size_t max, struct buf *ret)
{
	char chunk[8192];

	for (;;) {
		const ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if ((size_t)n > max - ret->len)
			return -EFBIG;
		buf_add(ret, chunk, (size_t)n);
		if (ret->failed)
			return -ENOMEM;
	}
}

int fs_read(int dirfd, const char *name, size_t max, struct buf *ret)
{
	/* O_NONBLOCK and O_NOCTTY: until fstat it may be a FIFO or a terminal */
	AUTO_CLOSE int fd = fs_open_below(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	AUTO_BUF struct buf all = { 0 };
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	buf_add(&all, NULL, 0); /* an empty file gives an empty string */
	r = read_all(fd, max, &all);
	if (r == 0 && all.failed)
		r = -ENOMEM;
	if (r < 0)
		return r;
	buf_done(ret);
	*ret = all;
	all = (struct buf){ 0 };
	return 0;
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		const ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_sync_dir(int dirfd)
{
	return fsync(dirfd) < 0 ? -errno : 0;
}

/* Make a file of a name that nobody knows; @name gets it. fd or -errno. */
static int open_temp(int dirfd, char name[static 32])
{
	for (int tries = 0; tries < 16; tries++) {
		uint64_t random = 0;
		int fd;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -EIO;
		(void)snprintf(name, 32, ".tmp-%016llx", (unsigned long long)random);
		fd = fs_open_below(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd != -EEXIST)
			return fd;
	}
	return -EEXIST;
}

static int fill(int fd, const void *data, size_t len, mode_t mode, bool durable)
{
	const int r = fs_write_all(fd, data, len);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || (durable && fsync(fd) < 0))
		return -errno;
	return 0;
}

static int write_file(int dirfd, const char *name, const void *data, size_t len, mode_t mode,
		      bool durable)
{
	char temp[32];
	AUTO_CLOSE int fd = open_temp(dirfd, temp);
	int r;

	if (fd < 0)
		return fd;
	r = fill(fd, data, len, mode, durable);
	if (r == 0 && renameat(dirfd, temp, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dirfd, temp, 0); /* the first error is the one to tell */
		return r;
	}
	return durable ? fs_sync_dir(dirfd) : 0;
}

int fs_write(int dirfd, const char *name, const void *data, size_t len, mode_t mode, bool durable,
	     struct zerr *e)
{
	const int r =
		one_component(name) ? write_file(dirfd, name, data, len, mode, durable) : -EINVAL;

	return r < 0 ? zerr_code(e, -r, "write %s", name) : 0;
}

int fs_list(int dirfd, struct strv *ret)
{
	const int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *d = fd < 0 ? NULL : fdopendir(fd);
	AUTO_STRV struct strv names = { 0 };
	struct dirent *entry;

	if (!d) {
		const int r = -errno;

		own_close(fd);
		return r;
	}
	for (errno = 0; (entry = readdir(d)); errno = 0) {
		if (entry->d_name[0] != '.' && strv_add(&names, entry->d_name) < 0)
			return -ENOMEM;
	}
	if (errno)
		return -errno;
	strv_sort(&names);
	strv_done(ret);
	*ret = names;
	names = (struct strv){ 0 };
	return 0;
}

/* One try: 0 and *@ret_fd, -EWOULDBLOCK, -EAGAIN when the file was unlinked under us, or -errno. */
static int try_lock(int dirfd, const char *name, int *ret_fd)
{
	AUTO_CLOSE int fd =
		fs_open_below(dirfd, name, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat mine, linked;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (fstat(fd, &mine) < 0)
		return -errno;
	if (!S_ISREG(mine.st_mode))
		return -EINVAL;
	if (fstatat(dirfd, name, &linked, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	if (mine.st_ino != linked.st_ino || mine.st_dev != linked.st_dev)
		return -ESTALE;
	*ret_fd = own_take_fd(&fd);
	return 0;
}

/* For who waits for a lock, from trying to trying. */
struct turn {
	int64_t deadline;
	int pause_ms;
};

static struct turn turn_begin(int wait_ms)
{
	return (struct turn){ wait_ms < 0 ? INT64_MAX : now_ms() + wait_ms, 1 };
}

/* 0: try again. */
static int turn_wait(struct turn *t, const char *what, struct zerr *e)
{
	if (now_ms() >= t->deadline)
		return zerr_as(e, ZERR_BUSY, "%s is held by another command", what);
	const int r = steps_check(e);
	if (r < 0)
		return r;
	sleep_us(t->pause_ms * 1000L);
	t->pause_ms = t->pause_ms < 20 ? t->pause_ms + 1 : 20;
	return 0;
}

int fs_lock(int dirfd, const char *name, int wait_ms, struct zerr *e)
{
	struct turn turn = turn_begin(wait_ms);
	int r = 0;

	while (r == 0) {
		int fd = -1;

		r = one_component(name) ? try_lock(dirfd, name, &fd) : -EINVAL;
		if (r == 0)
			return fd;
		if (r == -ESTALE) /* whoever unlinked it has gone: at once again */
			r = 0;
		else if (r == -EWOULDBLOCK)
			r = turn_wait(&turn, name, e);
		else
			r = zerr_code(e, -r, "lock %s", name);
	}
	return r;
}

int fs_lock_fd(int fd, int how, const char *what, int wait_ms, struct zerr *e)
{
	struct turn turn = turn_begin(wait_ms);
	int r = 0;

	while (r == 0 && flock(fd, how | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? turn_wait(&turn, what, e) : zerr_sys(e, "lock %s", what);
	return r;
}

char *fs_fd_path(int fd, char out[static 32])
{
	(void)snprintf(out, 32, "/proc/self/fd/%d", fd);
	return out;
}
