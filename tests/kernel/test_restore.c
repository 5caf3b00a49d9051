/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshot, restore, clone and usage. Restore is killed before each of its system calls that change
 * something (the tracer sees them all), and must leave the old or the new root whole and be
 * finished by a second call. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "help.h"
#include "storage/backends.h"

struct fixture {
	int top, image, zone, snap, other;
	struct volume v, to;
	const char *name; /* of the tree in the zone's directory */
};

static struct fixture f;

static int setup(void **state)
{
	struct zerr e;

	(void)state;
	f.top = test_dir_make();
	f.image = fs_subdir(f.top, "image", 0755, &e);
	f.zone = fs_subdir(f.top, "zone", 0700, &e);
	f.snap = fs_subdir(f.top, "snap", 0700, &e);
	f.other = fs_subdir(f.top, "other", 0700, &e);
	if (f.image < 0 || f.zone < 0 || f.snap < 0 || f.other < 0)
		return -1;
	f.v = (struct volume){ .dir = f.zone, .image = f.image };
	f.to = (struct volume){ .dir = f.other, .image = f.image };
	return test_put(f.image, "base", "image", 0644);
}

static int teardown(void **state)
{
	(void)state;
	own_close(f.image);
	own_close(f.zone);
	own_close(f.snap);
	own_close(f.other);
	test_dir_remove(f.top);
	return 0;
}

static int open_tree_dir(int dir, const char *name)
{
	return fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
}

static void use(const struct storage_ops *ops, const char *name)
{
	struct zerr e = { 0 };
	int root = -1;

	f.v.ops = f.to.ops = ops;
	f.name = name;
	assert_int_equal(ops->create(&f.v, &root, &e), 0);
	own_close(root);
}

/* What the zone did before its snapshot. */
static void fill(void)
{
	AUTO_CLOSE int root = open_tree_dir(f.zone, f.name);
	int bad = 0;

	bad += check(mkdirat(root, "dir", 0750) == 0, "mkdir");
	bad += test_put(root, "dir/file", "before", 04711);
	bad += check(linkat(root, "dir/file", root, "link", 0) == 0, "link");
	bad += check(mknodat(root, "white", S_IFCHR, 0) == 0, "whiteout");
	bad += check(fsetxattr(root, "trusted.overlay.opaque", "y", 1, 0) == 0, "xattr");
	assert_int_equal(bad, 0);
}

static bool is_before(int dir)
{
	AUTO_CLOSE int root = open_tree_dir(dir, f.name);
	struct stat a, b, w;
	char value[2];

	return root >= 0 && test_is(root, "dir/file", "before") && !test_exists(root, "after") &&
	       fstatat(root, "dir/file", &a, 0) == 0 && fstatat(root, "link", &b, 0) == 0 &&
	       a.st_ino == b.st_ino && a.st_mode == (S_IFREG | 04711) && a.st_nlink == 2 &&
	       fstatat(root, "white", &w, 0) == 0 && S_ISCHR(w.st_mode) && w.st_rdev == 0 &&
	       fgetxattr(root, "trusted.overlay.opaque", value, 2) == 1;
}

/* And after it. */
static void change(void)
{
	AUTO_CLOSE int root = open_tree_dir(f.zone, f.name);
	int bad = 0;

	bad += check(unlinkat(root, "link", 0) == 0, "unlink");
	bad += check(unlinkat(root, "dir/file", 0) == 0, "unlink");
	bad += test_put(root, "dir/file", "changed", 0600);
	bad += test_put(root, "after", "after", 0600);
	assert_int_equal(bad, 0);
}

static bool is_after(int dir)
{
	AUTO_CLOSE int root = open_tree_dir(dir, f.name);

	return root >= 0 && test_is(root, "dir/file", "changed") && test_exists(root, "after");
}

static void ok(int r, const struct zerr *e)
{
	assert_string_equal(e->msg, "");
	assert_int_equal(r, 0);
}

static void goes_round(const struct storage_ops *ops, const char *name)
{
	uint64_t bytes = 0, snap_bytes = 0;
	struct zerr e = { 0 };

	use(ops, name);
	fill();
	ok(ops->snapshot(&f.v, f.snap, &e), &e);
	assert_true(is_before(f.snap));
	change();
	ok(ops->usage(f.zone, &bytes, &e), &e);
	ok(ops->usage(f.snap, &snap_bytes, &e), &e);
	assert_true(snap_bytes > 0 && bytes > snap_bytes);
	ok(ops->clone(&f.v, -1, &f.to, &e), &e);
	assert_true(is_after(f.other));
	ok(fs_remove(f.other, name, &e), &e);
	ok(ops->clone(&f.v, f.snap, &f.to, &e), &e);
	assert_true(is_before(f.other));
	ok(ops->restore(&f.v, f.snap, &e), &e);
	assert_true(is_before(f.zone));
	assert_true(is_before(f.snap)); /* may be restored again */
}

static void overlay_round(void **state)
{
	(void)state;
	goes_round(&storage_overlay, "upper");
	assert_false(fs_exists(f.zone, "rootfs"));
}

static void dir_round(void **state)
{
	(void)state;
	goes_round(&storage_dir, "rootfs");
}

/* A zone that a template built: no image, its clone stands on the same lower tree. */
static void overlay_without_image(void **state)
{
	struct zerr e = { 0 };
	int root = -1;

	(void)state;
	f.v.image = f.to.image = -1;
	f.v.ops = f.to.ops = &storage_overlay;
	f.name = "upper";
	ok(storage_overlay.create(&f.v, &root, &e), &e);
	assert_int_equal(test_put(root, "base", "template", 0644), 0);
	assert_int_equal(fchmod(root, 0711), 0);
	own_close(root);
	ok(storage_overlay.snapshot(&f.v, f.snap, &e), &e);
	f.to.image = open_tree_dir(f.zone, "rootfs");
	ok(storage_overlay.clone(&f.v, -1, &f.to, &e), &e);
	f.to.image = own_close(f.to.image);
	assert_false(test_exists(f.other, "rootfs"));
	assert_true(test_exists(f.other, "upper"));
	ok(storage_overlay.restore(&f.v, f.snap, &e), &e);
	assert_true(test_is(f.zone, "rootfs/base", "template"));
}

/* ---- killed ---------------------------------------------------------------------------------- */

static bool changes(long nr)
{
	static const long all[] = { SYS_mkdirat,  SYS_openat2, SYS_renameat2, SYS_renameat,
				    SYS_unlinkat, SYS_linkat,  SYS_mknodat,   SYS_symlinkat,
				    SYS_fchownat, SYS_syncfs,  SYS_ftruncate, SYS_copy_file_range };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i] == nr)
			return true;
	}
	return false;
}

/* Kill @pid, stopped at its first instruction, before its @nth such call. True when it did not get
 * that far. */
static bool kill_at(pid_t pid, unsigned nth)
{
	struct __ptrace_syscall_info info;
	int status = 0;

	(void)waitpid(pid, &status, 0);
	(void)ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 ||
		    waitpid(pid, &status, 0) != pid || WIFEXITED(status))
			return true;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
			continue;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && changes((long)info.entry.nr) &&
		    nth-- == 0)
			break;
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return false;
}

static bool restore_killed(unsigned nth)
{
	const pid_t pid = fork();
	struct zerr e;

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		_exit(f.v.ops->restore(&f.v, f.snap, &e) == 0 ? 0 : 1);
	}
	assert_true(pid > 0);
	return kill_at(pid, nth);
}

static void killed_anywhere(const struct storage_ops *ops, const char *name)
{
	bool done = false, old = false, new = false;
	struct zerr e = { 0 };
	unsigned n = 0;

	use(ops, name);
	fill();
	ok(ops->snapshot(&f.v, f.snap, &e), &e);
	for (; !done; n++) {
		ok(fs_remove(f.zone, name, &e), &e);
		ok(ops->clone(&f.v, f.snap, &f.v, &e), &e);
		change();
		done = restore_killed(n);
		assert_true(is_before(f.zone) || is_after(f.zone));
		old |= is_after(f.zone);
		new |= is_before(f.zone);
		ok(ops->restore(&f.v, f.snap, &e), &e);
		assert_true(is_before(f.zone));
		assert_false(fs_exists(f.zone, "upper.new") || fs_exists(f.zone, "upper.old"));
		assert_false(fs_exists(f.zone, "rootfs.new") || fs_exists(f.zone, "rootfs.old"));
	}
	assert_true(old && new);
	assert_true(n > 20);
}

static void overlay_killed(void **state)
{
	(void)state;
	killed_anywhere(&storage_overlay, "upper");
}

static void dir_killed(void **state)
{
	(void)state;
	killed_anywhere(&storage_dir, "rootfs");
}

/* What a file system without RENAME_EXCHANGE leaves between the two renames. */
static void half_renamed(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	use(&storage_dir, "rootfs");
	fill();
	ok(storage_dir.snapshot(&f.v, f.snap, &e), &e);
	change();
	assert_int_equal(renameat(f.zone, "rootfs", f.zone, "rootfs.old"), 0);
	ok(storage_dir.restore(&f.v, f.snap, &e), &e);
	assert_true(is_before(f.zone));
	assert_false(fs_exists(f.zone, "rootfs.old"));
}

static void missing_snapshot(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	use(&storage_overlay, "upper");
	assert_int_equal(storage_overlay.restore(&f.v, f.snap, &e), -ENOENT);
	assert_true(fs_exists(f.zone, "upper"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(overlay_round, setup, teardown),
		cmocka_unit_test_setup_teardown(dir_round, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay_without_image, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(dir_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(half_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_snapshot, setup, teardown),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
