/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copy_tree() and copy_data(): everything that a root file system can hold, and what a hostile one
 * may. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "help.h"

struct dirs {
	int top, from, to;
};

static int setup(void **state)
{
	static struct dirs d;
	struct zerr e;

	d.top = test_dir_make();
	d.from = fs_subdir(d.top, "from", 0700, &e);
	d.to = fs_subdir(d.top, "to", 0700, &e);
	*state = &d;
	return d.from < 0 || d.to < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct dirs *d = *state;

	own_close(d->from);
	own_close(d->to);
	test_dir_remove(d->top);
	return 0;
}

static struct stat stat_of(int dirfd, const char *name)
{
	struct stat st = { 0 };

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void assert_same(const struct dirs *d, const char *name)
{
	const struct stat a = stat_of(d->from, name), b = stat_of(d->to, name);

	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_gid, b.st_gid);
	assert_int_equal(a.st_rdev, b.st_rdev);
	assert_int_equal(a.st_nlink, b.st_nlink);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	if (!S_ISDIR(a.st_mode))
		assert_int_equal(a.st_size, b.st_size);
}

static void assert_copies(const struct dirs *d, uint64_t entries)
{
	struct copy_stats stats = { 0 };
	struct zerr e = { 0 };
	const int r = copy_tree(d->from, d->to, &stats, &e);

	assert_string_equal(e.msg, "");
	assert_int_equal(r, 0);
	assert_int_equal(stats.entries, entries);
}

static void make_types(int dir)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	AUTO_CLOSE int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[32];

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", fs_fd_path(dir, path));
	assert_int_equal(bind(sock, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(test_put(dir, "setuid", "s", 04755), 0);
	assert_int_equal(fchownat(dir, "setuid", 65535, 7, 0), 0);
	assert_int_equal(fchmodat(dir, "setuid", 06711, 0), 0);
	assert_int_equal(test_put(dir, "empty", "", 0), 0);
	assert_int_equal(test_put(dir, "new\nline \x1b[1m", "x", 0600), 0);
	assert_int_equal(mknodat(dir, "fifo", S_IFIFO | 0640, 0), 0);
	assert_int_equal(mknodat(dir, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	assert_int_equal(mknodat(dir, "whiteout", S_IFCHR, 0), 0);
	assert_int_equal(mknodat(dir, "block", S_IFBLK | 0600, makedev(259, 1 << 19)), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir, "link"), 0);
	assert_int_equal(fchownat(dir, "link", 11, 12, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(mkdirat(dir, "sub", 0), 0);
	assert_int_equal(fchmodat(dir, "sub", 03711, 0), 0);
	assert_int_equal(test_put(dir, "sub/inner", "inner", 0400), 0);
}

static void copies_every_type(void **state)
{
	static const char *const names[] = { "setuid", "empty",	    "new\nline \x1b[1m",
					     "fifo",   "null",	    "whiteout",
					     "block",  "link",	    "socket",
					     "sub",    "sub/inner", "." };
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = -5, .tv_nsec = 123456789 } };
	struct dirs *d = *state;
	char target[64] = "";

	make_types(d->from);
	assert_int_equal(utimensat(d->from, "link", old, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(utimensat(d->from, "sub", old, 0), 0);
	assert_int_equal(fchmod(d->from, 0751), 0);
	assert_copies(d, 11);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_same(d, names[i]);
	assert_true(test_is(d->to, "sub/inner", "inner"));
	assert_int_equal(readlinkat(d->to, "link", target, sizeof(target)), 11);
	assert_string_equal(target, "/etc/passwd");
}

static void assert_xattr(int dirfd, const char *name, const char *attr, const void *want, size_t n)
{
	char path[64], link[32], got[64];

	(void)snprintf(path, sizeof(path), "%s/%s", fs_fd_path(dirfd, link), name);
	assert_int_equal(lgetxattr(path, attr, got, sizeof(got)), n);
	assert_memory_equal(got, want, n);
}

static void set_xattr(int dirfd, const char *name, const char *attr, const void *value, size_t n)
{
	char path[64], link[32];

	(void)snprintf(path, sizeof(path), "%s/%s", fs_fd_path(dirfd, link), name);
	assert_int_equal(lsetxattr(path, attr, value, n, 0), 0);
}

/* cap_net_raw+ep; user::rwx user:5:r-- group::r-x mask::r-x other::--- */
static const unsigned char cap_v2[20] = { 1, 0, 0, 2, 0, 0x20 };
static const unsigned char acl[] = { 2,	   0,	 0,    0, 1,	0,    7,    0,	  0xff,
				     0xff, 0xff, 0xff, 2, 0,	4,    0,    5,	  0,
				     0,	   0,	 4,    0, 5,	0,    0xff, 0xff, 0xff,
				     0xff, 0x10, 0,    5, 0,	0xff, 0xff, 0xff, 0xff,
				     0x20, 0,	 0,    0, 0xff, 0xff, 0xff, 0xff };

static void copies_xattrs(void **state)
{
	struct dirs *d = *state;

	assert_int_equal(test_put(d->from, "ping", "x", 0755), 0);
	assert_int_equal(symlinkat("ping", d->from, "link"), 0);
	assert_int_equal(mkdirat(d->from, "dir", 0755), 0);
	assert_int_equal(test_put(d->from, "dir/plain", "x", 0644), 0);
	assert_int_equal(fchownat(d->from, "ping", 5, 5, 0), 0);
	set_xattr(d->from, "ping", "security.capability", cap_v2, sizeof(cap_v2));
	set_xattr(d->from, "ping", "user.empty", "", 0);
	set_xattr(d->from, "ping", "system.posix_acl_access", acl, sizeof(acl));
	set_xattr(d->from, "link", "trusted.overlay.origin", "o", 1);
	set_xattr(d->from, "dir", "trusted.overlay.opaque", "y", 1);
	set_xattr(d->from, "dir", "system.posix_acl_default", acl, sizeof(acl));
	set_xattr(d->from, ".", "user.top", "t", 1);
	assert_copies(d, 4);
	assert_xattr(d->to, "ping", "security.capability", cap_v2, sizeof(cap_v2));
	assert_xattr(d->to, "ping", "user.empty", "", 0);
	assert_xattr(d->to, "ping", "system.posix_acl_access", acl, sizeof(acl));
	assert_xattr(d->to, "link", "trusted.overlay.origin", "o", 1);
	assert_xattr(d->to, "dir", "trusted.overlay.opaque", "y", 1);
	assert_xattr(d->to, "dir", "system.posix_acl_default", acl, sizeof(acl));
	assert_xattr(d->to, ".", "user.top", "t", 1);
	assert_same(d, "ping");
	assert_same(d, "dir/plain"); /* inherited nothing from its directory */
}

static void copies_hard_links(void **state)
{
	struct dirs *d = *state;
	AUTO_STRV struct strv names = { 0 };
	ino_t ino;

	assert_int_equal(mkdirat(d->from, "a", 0755), 0);
	assert_int_equal(mkdirat(d->from, "a/b", 0755), 0);
	assert_int_equal(test_put(d->from, "a/b/one", "same", 0644), 0);
	assert_int_equal(linkat(d->from, "a/b/one", d->from, "two", 0), 0);
	assert_int_equal(linkat(d->from, "a/b/one", d->from, "a/three", 0), 0);
	assert_int_equal(mknodat(d->from, "w1", S_IFCHR, 0), 0);
	assert_int_equal(linkat(d->from, "w1", d->from, "a/w2", 0), 0);
	/* a second name outside of the tree is none of ours */
	assert_int_equal(test_put(d->from, "alone", "alone", 0644), 0);
	assert_int_equal(linkat(d->from, "alone", d->top, "outside", 0), 0);
	assert_copies(d, 8);
	ino = stat_of(d->to, "two").st_ino;
	assert_int_equal(stat_of(d->to, "a/b/one").st_ino, ino);
	assert_int_equal(stat_of(d->to, "a/three").st_ino, ino);
	assert_int_equal(stat_of(d->to, "two").st_nlink, 3);
	assert_int_equal(stat_of(d->to, "w1").st_ino, stat_of(d->to, "a/w2").st_ino);
	assert_int_equal(stat_of(d->to, "alone").st_nlink, 1);
	assert_same(d, ".");
	assert_int_equal(fs_remove(d->to, ".links", &(struct zerr){ 0 }), 0);
	assert_int_equal(fs_list(d->to, &names), 0);
	assert_int_equal(names.n, 4); /* a alone two w1: the stage is gone */
}

static void keeps_holes(void **state)
{
	struct dirs *d = *state;
	AUTO_CLOSE int fd = openat(d->from, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	AUTO_CLOSE int copy = -1;
	char got[4] = "";

	assert_int_equal(ftruncate(fd, INT64_C(1) << 34), 0);
	assert_int_equal(pwrite(fd, "data", 4, INT64_C(1) << 33), 4);
	assert_copies(d, 1);
	copy = openat(d->to, "sparse", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(copy, got, 4, INT64_C(1) << 33), 4);
	assert_memory_equal(got, "data", 4);
	assert_true(stat_of(d->to, "sparse").st_blocks <= stat_of(d->from, "sparse").st_blocks + 8);
	assert_same(d, "sparse");
}

static void copies_between_file_systems(void **state)
{
	struct dirs *d = *state;
	AUTO_CLOSE int from = openat(d->from, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	AUTO_CLOSE int to = -1;
	uint64_t copied = 0;

	assert_int_equal(ftruncate(from, 3 << 20), 0);
	assert_int_equal(pwrite(from, "end", 3, (3 << 20) - 3), 3);
	to = memfd_create("t", MFD_CLOEXEC);
	assert_int_equal(copy_data(from, to, &copied), 0);
	assert_true(copied > 0 && copied < 1 << 20);
	assert_int_equal(lseek(to, 0, SEEK_END), 3 << 20);
}

/* Ten thousand levels with names that make a path of 2 MB, with few descriptors to do it. */
static void copies_any_depth(void **state)
{
	struct dirs *d = *state;
	const struct rlimit few = { 24, 24 };
	struct rlimit old;
	char name[201] = "";
	int fd = openat(d->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(name, 'd', 200);
	for (int i = 0; i < 10000; i++) {
		int next = -1;

		if (mkdirat(fd, name, 0755) == 0)
			next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		own_close(fd);
		fd = next;
	}
	assert_int_equal(test_put(fd, "one", "bottom", 0600), 0);
	assert_int_equal(linkat(fd, "one", fd, "two", 0), 0);
	own_close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ few.rlim_cur, old.rlim_max }),
			 0);
	assert_copies(d, 10002);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void refuses_mount_points(void **state)
{
	struct dirs *d = *state;
	struct zerr e = { 0 };
	char path[64], link[32];

	assert_int_equal(mkdirat(d->from, "proc", 0755), 0);
	assert_int_equal(test_put(d->from, "file", "", 0644), 0);
	(void)snprintf(path, sizeof(path), "%s/proc", fs_fd_path(d->from, link));
	assert_int_equal(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	assert_int_equal(copy_tree(d->from, d->to, NULL, &e), -EXDEV);
	assert_non_null(strstr(e.msg, "mounted on proc"));
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	(void)snprintf(path, sizeof(path), "%s/file", link);
	assert_int_equal(mount("/etc/passwd", path, NULL, MS_BIND, NULL), 0);
	assert_int_equal(fs_remove(d->to, "proc", &e), 0);
	assert_int_equal(copy_tree(d->from, d->to, NULL, &e), -EXDEV);
	assert_non_null(strstr(e.msg, "mounted on file"));
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

/* Somebody exchanges a directory and a link to another all the time. */
static void swap_for_ever(int dir)
{
	for (;;)
		(void)renameat2(dir, "dir", dir, "link", RENAME_EXCHANGE);
}

static bool is_harmless(int dir, const char *name)
{
	char target[64];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT; /* the copy ended before */
	if (S_ISLNK(st.st_mode))
		return readlinkat(dir, name, target, sizeof(target)) == 4;
	(void)snprintf(target, sizeof(target), "%s/passwd", name);
	return !test_exists(dir, target);
}

static void stays_inside_in_a_race(void **state)
{
	struct dirs *d = *state;
	unsigned whole = 0;
	pid_t pid;

	assert_int_equal(mkdirat(d->from, "dir", 0755), 0);
	assert_int_equal(test_put(d->from, "dir/file", "mine", 0644), 0);
	assert_int_equal(symlinkat("/etc", d->from, "link"), 0);
	pid = fork();
	if (pid == 0)
		swap_for_ever(d->from);
	for (int i = 0; i < 300; i++) {
		struct zerr e = { 0 };
		AUTO_CLOSE int to = fs_subdir(d->to, "copy", 0700, &e);

		whole += copy_tree(d->from, to, NULL, &e) == 0;
		assert_true(is_harmless(to, "dir") && is_harmless(to, "link"));
		assert_int_equal(fs_remove(d->to, "copy", &e), 0);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	assert_true(whole < 300); /* the race was met */
}

static void ends_at_a_signal(void **state)
{
	struct dirs *d = *state;
	struct zerr e = { 0 };

	assert_int_equal(test_put(d->from, "file", "", 0644), 0);
	steps_catch_signals();
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(copy_tree(d->from, d->to, NULL, &e), -EINTR);
	assert_string_equal(e.msg, "interrupted by SIGTERM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies_every_type, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_xattrs, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_hard_links, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_between_file_systems, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_any_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_mount_points, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_inside_in_a_race, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_at_a_signal, setup, teardown),
	};

	test_need_root();
	test_private_mounts();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
