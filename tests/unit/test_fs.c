/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/str.h"
#include "base/walk.h"

static void put(int dir, const char *name, const char *text)
{
	struct zerr e = { 0 };

	assert_int_equal(fs_write(dir, name, text, strlen(text), 0644, false, &e), 0);
}

/* A directory @name below @dir; the fd. */
static int sub(int dir, const char *name)
{
	struct zerr e = { 0 };
	const int fd = fs_subdir(dir, name, 0755, &e);

	assert_true(fd >= 0);
	return fd;
}

static mode_t mode_of(int dir, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void below_follows_nothing_and_stays(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int ok = -1;

	put(dir, "secret", "x");
	put(in, "file", "x");
	assert_int_equal(symlinkat("file", in, "link"), 0);
	assert_int_equal(symlinkat(".", in, "self"), 0);
	ok = fs_open_below(dir, "in/file", O_RDONLY, 0);
	assert_true(ok >= 0);
	assert_int_equal(fcntl(ok, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fs_open_below(in, "link", O_RDONLY, 0), -ELOOP);
	assert_int_equal(fs_open_below(in, "self/file", O_RDONLY, 0), -ELOOP);
	assert_int_equal(fs_open_below(in, "../secret", O_RDONLY, 0), -EXDEV);
	assert_int_equal(fs_open_below(in, "/etc/passwd", O_RDONLY, 0), -EXDEV);
	assert_int_equal(fs_open_below(in, "none", O_RDONLY, 0), -ENOENT);
}

static void in_root_takes_the_directory_for_the_root(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int root = sub(dir, "root");
	AUTO_CLOSE int etc = sub(root, "etc");
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int a = -1, b = -1;
	struct stat want, got;

	put(etc, "name", "x");
	put(dir, "secret", "x");
	assert_int_equal(symlinkat("/etc/name", root, "abs"), 0);
	assert_int_equal(symlinkat("../../../etc/name", root, "up"), 0);
	assert_int_equal(symlinkat("../secret", root, "out"), 0);
	assert_int_equal(fstatat(etc, "name", &want, 0), 0);
	a = fs_open_in(root, "abs", O_RDONLY, 0);
	assert_int_equal(fstat(a, &got), 0);
	assert_int_equal(got.st_ino, want.st_ino);
	b = fs_open_in(root, "/../up", O_RDONLY, 0);
	assert_int_equal(fstat(b, &got), 0);
	assert_int_equal(got.st_ino, want.st_ino);
	assert_int_equal(fs_open_in(root, "out", O_RDONLY, 0), -ENOENT);
	assert_int_equal(fs_open_in(proc, "self/cwd", O_RDONLY, 0), -ELOOP); /* magic */
}

static void directories_get_their_mode_whatever_the_umask(void **state)
{
	const struct tmpdir *t = *state;
	AUTO_FREE char *path = str_fmt("%s/a/b/c", t->path);
	const mode_t old = umask(077);
	AUTO_CLOSE int fd = -1, again = -1, deep = -1;
	struct zerr e = { 0 };

	fd = fs_make_dir(path, 0711, &e);
	deep = fs_subdirs(t->fd, "d/e", 0750, &e);
	(void)umask(old);
	assert_true(fd >= 0 && deep >= 0);
	assert_int_equal(mode_of(t->fd, "a"), 0755);
	assert_int_equal(mode_of(t->fd, "a/b"), 0755);
	assert_int_equal(mode_of(t->fd, "a/b/c"), 0711);
	assert_int_equal(mode_of(t->fd, "d"), 0750);
	assert_int_equal(mode_of(t->fd, "d/e"), 0750);
	again = fs_make_dir(path, 0700, &e); /* what exists keeps its mode */
	assert_true(again >= 0);
	assert_int_equal(mode_of(t->fd, "a/b/c"), 0711);
	assert_int_equal(fs_open_dir("/nonexistent/x", &e), -ENOENT);
	assert_string_equal(e.msg, "open directory /nonexistent/x: No such file or directory");
}

static void making_directories_follows_no_link(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int out = sub(dir, "out");
	struct zerr e = { 0 };

	put(in, "file", "");
	assert_int_equal(symlinkat("../out", in, "link"), 0);
	assert_int_equal(symlinkat("../out/new", in, "dangling"), 0);
	assert_int_equal(fs_subdir(in, "link", 0755, &e), -ELOOP);
	assert_int_equal(fs_subdir(in, "dangling", 0755, &e), -ELOOP);
	assert_int_equal(fs_subdirs(in, "link/x", 0755, &e), -ELOOP);
	assert_int_equal(fs_subdirs(in, "../out/x", 0755, &e), -EXDEV);
	assert_int_equal(fs_subdirs(in, "file/x", 0755, &e), -ENOTDIR);
	assert_int_equal(fs_subdir(in, "a/b", 0755, &e), -EINVAL);
	assert_int_equal(fs_subdir(in, "..", 0755, &e), -EINVAL);
	assert_int_equal(fs_subdir(in, "", 0755, &e), -EINVAL);
	assert_false(fs_exists(out, "x"));
	assert_false(fs_exists(out, "new"));
}

static void reads_are_bounded_and_of_files_only(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_BUF struct buf b = { 0 };

	own_close(sub(dir, "in"));
	put(dir, "five", "12345");
	put(dir, "empty", "");
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(symlinkat("five", dir, "link"), 0);
	assert_int_equal(fs_read(dir, "five", 5, &b), 0);
	assert_string_equal(b.p, "12345");
	assert_int_equal(fs_read(dir, "five", 4, &b), -EFBIG);
	assert_int_equal(fs_read(dir, "fifo", 9, &b), -EINVAL); /* and does not hang */
	assert_int_equal(fs_read(dir, "in", 9, &b), -EISDIR);
	assert_int_equal(fs_read(dir, "link", 9, &b), -ELOOP);
	assert_int_equal(fs_read(dir, "none", 9, &b), -ENOENT);
	assert_string_equal(b.p, "12345"); /* failures change nothing */
	assert_int_equal(fs_read(dir, "empty", 0, &b), 0);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.p, "");
}

static size_t entries_of(int dir)
{
	AUTO_CLOSE int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	fd = -1;
	return n - 2;
}

static void writes_replace_whole_files(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_BUF struct buf b = { 0 };
	AUTO_CLOSE int in = sub(dir, "in");
	struct zerr e = { 0 };

	put(dir, "target", "untouched");
	put(in, "file", "old and longer");
	assert_int_equal(fs_write(in, "file", "new", 3, 0640, true, &e), 0);
	assert_int_equal(mode_of(in, "file"), 0640);
	assert_int_equal(fs_read(in, "file", 99, &b), 0);
	assert_string_equal(b.p, "new");
	assert_int_equal(symlinkat("../target", in, "link"), 0);
	put(in, "link", "replaced"); /* the link, not what it names */
	assert_int_equal(fs_read(dir, "target", 99, &b), 0);
	assert_string_equal(b.p, "untouched");
	assert_int_equal(fs_read(in, "link", 99, &b), 0);
	assert_int_equal(fs_write(in, "a/b", "x", 1, 0600, false, &e), -EINVAL);
	assert_int_equal(fs_write(in, "..", "x", 1, 0600, false, &e), -EINVAL);
	assert_int_equal(fs_write(dir, "in", "x", 1, 0600, false, &e), -EISDIR);
	assert_string_equal(e.msg, "write in: Is a directory");
	assert_int_equal(entries_of(in), 2); /* no temporary file is left */
	assert_int_equal(entries_of(dir), 2);
}

static void lists_are_sorted_without_dots(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_STRV struct strv v = { 0 };

	put(dir, "b", "");
	put(dir, ".hidden", "");
	put(dir, "a", "");
	assert_int_equal(fs_list(dir, &v), 0);
	assert_int_equal(fs_list(dir, &v), 0); /* replaces */
	assert_int_equal(v.n, 2);
	assert_string_equal(v.v[0], "a");
	assert_string_equal(v.v[1], "b");
	assert_int_equal(fs_list(-1, &v), -EBADF);
	assert_int_equal(v.n, 2);
}

#define DEPTH 10000

/* dir/deep/d/d/d…: 10,000 of them, made from the inside out so that few descriptors are needed. */
static void make_deep(int dir)
{
	AUTO_CLOSE int fd = sub(dir, "deep");

	for (int i = 0; i < DEPTH; i++) {
		const int next = (mkdirat(fd, "d", 0755), openat(fd, "d", O_RDONLY | O_CLOEXEC));

		assert_true(next >= 0);
		if (i % 1000 == 0)
			put(next, "file", "x");
		own_close(fd);
		fd = next;
	}
}

static void depth_costs_no_descriptors(void **state)
{
	const int dir = tmpdir_fd(state);
	uint64_t bytes = 0, entries = 0;
	struct rlimit old, few;
	struct zerr e = { 0 };
	int usage, removal;

	make_deep(dir);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = 24;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	usage = fs_usage(dir, "deep", &bytes, &entries);
	removal = fs_remove(dir, "deep", &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(usage, 0);
	assert_int_equal(entries, 1 + DEPTH + DEPTH / 1000);
	assert_string_equal(e.msg, "");
	assert_int_equal(removal, 0);
	assert_false(fs_exists(dir, "deep"));
}

static void removal_touches_nothing_outside(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int out = sub(dir, "out");
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int below = sub(in, "below");
	struct zerr e = { 0 };

	put(out, "canary", "x");
	assert_int_equal(symlinkat("../out", in, "link"), 0);
	assert_int_equal(symlinkat("../../out", below, "link"), 0);
	assert_int_equal(symlinkat("/", below, "root"), 0);
	assert_int_equal(linkat(out, "canary", below, "hard", 0), 0);
	assert_int_equal(mkfifoat(below, "fifo", 0600), 0);
	assert_int_equal(mknodat(below, "socket", S_IFSOCK | 0600, 0), 0);
	put(below, "new\nline", "");
	put(below, "\xff\x1b[31m", "");
	assert_int_equal(symlinkat("out", dir, "toplink"), 0);
	assert_int_equal(fs_remove(dir, "toplink", &e), 0);
	assert_int_equal(fs_remove(dir, "in", &e), 0);
	assert_false(fs_exists(dir, "in"));
	assert_true(fs_exists(out, "canary"));
	assert_int_equal(fs_remove(dir, "in", &e), 0); /* a missing one is fine */
	assert_int_equal(fs_remove(out, "../out", &e), -EINVAL);
	assert_int_equal(fs_remove(out, "..", &e), -EINVAL);
	assert_int_equal(fs_remove(out, ".", &e), -EINVAL);
	assert_int_equal(fs_remove(out, "", &e), -EINVAL);
	assert_true(fs_exists(out, "canary"));
}

static void wide_directories_are_emptied(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	uint64_t bytes = 0, entries = 0;
	struct zerr e = { 0 };

	for (int i = 0; i < 3000; i++) {
		char name[16];
		int fd;

		(void)snprintf(name, sizeof(name), "%d", i);
		if (i % 3 == 0) {
			assert_int_equal(mkdirat(in, name, 0755), 0);
			continue;
		}
		fd = openat(in, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		own_close(fd);
	}
	assert_int_equal(fs_usage(dir, "in", &bytes, &entries), 0);
	assert_int_equal(entries, 3001);
	assert_int_equal(fs_remove(dir, "in", &e), 0);
	assert_false(fs_exists(dir, "in"));
}

static bool set_flag(int dir, const char *name, int flag)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int flags = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return false;
	flags |= flag;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void immutable_things_go_too(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int sealed = sub(in, "sealed");
	struct zerr e = { 0 };

	own_close(sub(in, "empty"));
	put(in, "fixed", "x");
	put(in, "log", "x");
	put(sealed, "file", "x");
	if (!set_flag(in, "fixed", FS_IMMUTABLE_FL))
		skip(); /* not root, or a file system without flags */
	assert_true(set_flag(in, "log", FS_APPEND_FL));
	assert_true(set_flag(in, "sealed", FS_IMMUTABLE_FL));
	assert_true(set_flag(in, "empty", FS_APPEND_FL));
	assert_true(set_flag(dir, "in", FS_IMMUTABLE_FL));
	assert_int_equal(unlinkat(in, "fixed", 0), -1); /* they do forbid it */
	assert_int_equal(fs_remove(dir, "in", &e), 0);
	assert_false(fs_exists(dir, "in"));
}

/* Child of the next test: 0 when all is well. */
static int mounts_in_child(const char *path)
{
	/* opened again: the test's own descriptor belongs to the other mount namespace */
	AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int out = sub(dir, "out");
	AUTO_CLOSE int bound = -1;
	uint64_t bytes = 0, entries = 0;
	struct zerr e = { 0 };

	own_close(sub(in, "mnt"));
	put(out, "canary", "x");
	/* a bind mount of the same file system: device numbers would not show it */
	if (fchdir(dir) < 0 || mount("out", "in/mnt", NULL, MS_BIND, NULL) < 0)
		return 1;
	bound = openat(in, "mnt", O_RDONLY | O_CLOEXEC);
	if (!fs_exists(bound, "canary"))
		return 2;
	if (fs_usage(dir, "in", &bytes, &entries) != 0 || entries != 2)
		return 3;
	if (fs_remove(dir, "in", &e) != -EBUSY ||
	    strcmp(e.msg, "remove in: mnt: Device or resource busy"))
		return 4;
	if (!fs_exists(out, "canary"))
		return 5;
	return umount2("in/mnt", MNT_DETACH) < 0 || fs_remove(dir, "in", &e) < 0;
}

static void mounts_are_not_entered(void **state)
{
	const struct tmpdir *t = *state;
	int status = 0;
	const pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		_exit(mounts_in_child(t->path));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip(); /* needs root */
	assert_int_equal(status, 0);
}

static int move_away(void *ctx, int dirfd, const char *name)
{
	const int dir = *(const int *)ctx;

	if (str_eq(name, "trigger"))
		assert_int_equal(renameat(dir, "in/a/b", dir, "elsewhere"), 0);
	(void)dirfd;
	return 0;
}

static int must_stay_inside(void *ctx, int dirfd, const char *name)
{
	struct stat st, top;

	assert_int_equal(fstat(dirfd, &st), 0);
	assert_int_equal(fstat(*(const int *)ctx, &top), 0);
	assert_true(st.st_ino != top.st_ino);
	assert_string_not_equal(name, "b");
	return 0;
}

static void a_moved_directory_does_not_lead_out(void **state)
{
	static const struct walk_ops ops = { .entry = move_away, .leave = must_stay_inside };
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int a = sub(in, "a");
	AUTO_CLOSE int b = sub(a, "b");

	put(b, "trigger", "");
	assert_int_equal(walk_tree(in, &ops, (void *)&dir), -ESTALE);
}

/* Swap "dir" and "link" for ever. */
static pid_t swapper(int in)
{
	const pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			(void)renameat2(in, "dir", in, "link", RENAME_EXCHANGE);
	}
	return pid;
}

static void races_lead_nowhere(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_CLOSE int real = sub(in, "dir");
	AUTO_CLOSE int out = sub(dir, "out");
	const int64_t end = now_ms() + 300;
	struct zerr e = { 0 };
	unsigned inside = 0;
	pid_t pid;

	put(real, "file", "inside");
	put(out, "file", "outside");
	assert_int_equal(symlinkat("../out", in, "link"), 0);
	pid = swapper(in);
	while (now_ms() < end) {
		AUTO_BUF struct buf b = { 0 };

		if (fs_read(in, "dir/file", 99, &b) == 0) {
			assert_string_equal(b.p, "inside");
			inside++;
		}
	}
	(void)fs_remove(dir, "in", &e); /* may fail while names move, but only inside */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(inside > 0);
	assert_true(fs_exists(out, "file"));
	assert_int_equal(fs_remove(dir, "in", &e), 0);
	assert_true(fs_exists(out, "file"));
}

static void usage_counts_hard_links_once(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_CLOSE int in = sub(dir, "in");
	AUTO_FREE char *data = calloc(1, 1 << 20);
	uint64_t one = 0, many = 0, entries = 0;
	struct zerr e = { 0 };

	assert_non_null(data);
	memset(data, 'x', 1 << 20);
	assert_int_equal(fs_write(in, "big", data, 1 << 20, 0600, true, &e), 0);
	assert_int_equal(fs_usage(dir, "in", &one, &entries), 0);
	assert_int_equal(entries, 2);
	assert_true(one >= 1 << 20);
	for (int i = 0; i < 100; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "link%d", i);
		assert_int_equal(linkat(in, "big", in, name, 0), 0);
	}
	assert_int_equal(fs_usage(dir, "in", &many, &entries), 0);
	assert_int_equal(entries, 102);
	assert_true(many < one + (1 << 19));
	assert_int_equal(fs_usage(dir, "none", &one, &entries), -ENOENT);
	assert_int_equal(symlinkat("in", dir, "link"), 0);
	assert_int_equal(fs_usage(dir, "link", &one, &entries), -ELOOP);
}

static void locks_exclude_and_wait(void **state)
{
	const int dir = tmpdir_fd(state);
	struct zerr e = { 0 };
	AUTO_CLOSE int first = fs_lock(dir, "lock", 0, &e);
	AUTO_CLOSE int other = fs_lock(dir, "other", 0, &e);
	const int64_t start = now_ms();

	assert_true(first >= 0 && other >= 0);
	assert_int_equal(fcntl(first, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fs_lock(dir, "lock", 0, &e), -EWOULDBLOCK);
	assert_int_equal(e.status, ZERR_BUSY);
	assert_true(now_ms() - start < 1000);
	assert_int_equal(fs_lock(dir, "lock", 60, &e), -EWOULDBLOCK);
	assert_true(now_ms() - start >= 60);
	first = own_close(first);
	first = fs_lock(dir, "lock", 0, &e);
	assert_true(first >= 0);
	assert_int_equal(symlinkat("lock2", dir, "link"), 0);
	assert_int_equal(fs_lock(dir, "link", 0, &e), -ELOOP);
	assert_int_equal(fs_lock(dir, "a/b", 0, &e), -EINVAL);
}

static void an_unlinked_lock_is_no_lock(void **state)
{
	const int dir = tmpdir_fd(state);
	struct zerr e = { 0 };
	AUTO_CLOSE int first = fs_lock(dir, "lock", 0, &e);
	AUTO_CLOSE int second = -1;
	struct stat mine, linked;
	const pid_t pid = fork();

	if (pid == 0) { /* holds the same open file: the lock lives until both are gone */
		usleep(80000);
		(void)unlinkat(dir, "lock", 0);
		_exit(0);
	}
	first = own_close(first);
	second = fs_lock(dir, "lock", 10000, &e);
	assert_true(second >= 0);
	assert_int_equal(fstat(second, &mine), 0);
	assert_int_equal(fstatat(dir, "lock", &linked, 0), 0);
	assert_int_equal(mine.st_ino, linked.st_ino);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* 0 when nobody else was ever inside. */
static int lock_and_unlink(int dir)
{
	struct zerr e = { 0 };

	for (int i = 0; i < 2000; i++) {
		AUTO_CLOSE int lock = fs_lock(dir, "lock", 20000, &e);

		if (lock < 0 || mkdirat(dir, "inside", 0700) < 0)
			return 1;
		if (unlinkat(dir, "inside", AT_REMOVEDIR) < 0 || unlinkat(dir, "lock", 0) < 0)
			return 2;
	}
	return 0;
}

static void holders_may_unlink_the_lock(void **state)
{
	const int dir = tmpdir_fd(state);
	pid_t pids[4];
	int status = 0, bad = 0;

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(lock_and_unlink(dir));
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		bad += status != 0;
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tmpdir(below_follows_nothing_and_stays),
		with_tmpdir(in_root_takes_the_directory_for_the_root),
		with_tmpdir(directories_get_their_mode_whatever_the_umask),
		with_tmpdir(making_directories_follows_no_link),
		with_tmpdir(reads_are_bounded_and_of_files_only),
		with_tmpdir(writes_replace_whole_files),
		with_tmpdir(lists_are_sorted_without_dots),
		with_tmpdir(depth_costs_no_descriptors),
		with_tmpdir(removal_touches_nothing_outside),
		with_tmpdir(wide_directories_are_emptied),
		with_tmpdir(immutable_things_go_too),
		with_tmpdir(mounts_are_not_entered),
		with_tmpdir(a_moved_directory_does_not_lead_out),
		with_tmpdir(races_lead_nowhere),
		with_tmpdir(usage_counts_hard_links_once),
		with_tmpdir(locks_exclude_and_wait),
		with_tmpdir(an_unlinked_lock_is_no_lock),
		with_tmpdir(holders_may_unlink_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
