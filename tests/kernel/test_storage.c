/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backends as a zone sees them: what its root does to the tree, in a user namespace, by each of
 * the ways in which layers can be mounted. The host's mount table stays as it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/own.h"
#include "help.h"
#include "storage/backends.h"
#include "storage/layers.h"

/* cap_net_raw+ep, and the same as a user namespace writes it on disk: for its own root only. */
static const unsigned char cap_v2[20] = { 1, 0, 0, 2, 0, 0x20 };

struct fixture {
	int top, image, zone, userns;
	struct volume v;
	struct volume_attach a;
};

static void make_image(int dir)
{
	char path[64], link[32];
	int bad = 0;

	bad += check(mkdirat(dir, "etc", 0755) == 0, "mkdir etc");
	bad += check(mkdirat(dir, "usr", 0755) == 0, "mkdir usr");
	bad += test_put(dir, "etc/hosts", "lower", 0644);
	bad += test_put(dir, "etc/gone", "lower", 0644);
	bad += test_put(dir, "usr/ping", "lower", 0755);
	bad += test_put(dir, "usr/linked", "lower", 0644);
	bad += test_put(dir, "usr/owned", "lower", 0640);
	bad += check(fchownat(dir, "usr/owned", 1000, 1000, 0) == 0, "chown");
	(void)snprintf(path, sizeof(path), "%s/usr/ping", fs_fd_path(dir, link));
	bad += check(setxattr(path, "security.capability", cap_v2, sizeof(cap_v2), 0) == 0,
		     "setcap");
	bad += check(fchmod(dir, 0751) == 0, "chmod");
	assert_int_equal(bad, 0);
}

static int setup(void **state)
{
	static struct fixture f;
	struct zerr e;

	f.top = test_dir_make();
	f.image = fs_subdir(f.top, "image", 0755, &e);
	f.zone = fs_subdir(f.top, "zone", 0700, &e);
	f.userns = test_userns();
	if (f.image < 0 || f.zone < 0 || f.userns < 0)
		return -1;
	make_image(f.image);
	f.v = (struct volume){ .ops = &storage_overlay, .dir = f.zone, .image = f.image };
	f.a = (struct volume_attach){
		.userns = f.userns, .base = TEST_BASE, .scratch = -1, .snap = -1
	};
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	own_close(f->image);
	own_close(f->zone);
	own_close(f->userns);
	test_dir_remove(f->top);
	return test_mounts_same() ? 0 : -1;
}

static void create(const struct fixture *f)
{
	struct zerr e = { 0 };
	int root = -1;
	const int r = f->v.ops->create(&f->v, &root, &e);

	assert_string_equal(e.msg, "");
	assert_int_equal(r, 0);
	if (root < 0)
		return;
	make_image(root);
	own_close(root);
}

static int attach(const struct fixture *f)
{
	struct zerr e = { 0 };
	const int fd = f->v.ops->attach(&f->v, &f->a, &e);

	assert_string_equal(e.msg, "");
	assert_true(fd >= 0);
	return fd;
}

static bool fails(int r, int err)
{
	return r < 0 && errno == err;
}

static int zone_ids(void)
{
	struct stat st = { 0 };
	int bad = test_put(AT_FDCWD, "new", "zone", 04755);

	bad += check(stat("/", &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0751, "/");
	bad += check(stat("new", &st) == 0 && st.st_uid == 0 && st.st_gid == 0, "new is root's");
	bad += check(st.st_mode == (S_IFREG | 04755), "its mode");
	bad += check(stat("usr/owned", &st) == 0 && st.st_uid == 1000, "owned by 1000");
	bad += check(chown("usr/owned", 65535, 65535) == 0, "chown to 65535");
	bad += check(fails(chown("usr/owned", 65536, 0), EINVAL), "chown to 65536");
	bad += check(fails(mknod("node", S_IFCHR | 0600, makedev(1, 3)), EPERM), "mknod");
	bad += check(mknod("fifo", S_IFIFO | 0600, 0) == 0, "mkfifo");
	bad += check(fails(setxattr("new", "trusted.overlay.redirect", "/", 1, 0), EPERM),
		     "trusted");
	bad += check(setxattr("new", "user.x", "y", 1, 0) == 0, "user xattr");
	return bad;
}

static int zone_changes(void)
{
	unsigned char cap[24];
	struct stat a = { 0 }, b = { 0 };
	int bad = 0;

	bad += check(unlink("etc/gone") == 0 && fails(access("etc/gone", F_OK), ENOENT), "unlink");
	bad += check(rename("etc", "moved") == 0 && test_is(AT_FDCWD, "moved/hosts", "lower"),
		     "rename of a lower directory");
	bad += check(mkdir("etc", 0755) == 0 && fails(access("etc/hosts", F_OK), ENOENT), "mkdir");
	bad += check(link("usr/linked", "usr/again") == 0, "link");
	bad += check(truncate("usr/again", 0) == 0, "copy-up through a link");
	bad += check(stat("usr/linked", &a) == 0 && stat("usr/again", &b) == 0, "stat");
	bad += check(a.st_ino == b.st_ino && a.st_nlink == 2 && a.st_size == 0, "one file");
	bad += check(chmod("usr/ping", 0711) == 0, "chmod");
	bad += check(getxattr("usr/ping", "security.capability", cap, sizeof(cap)) == 20 &&
			     memcmp(cap, cap_v2, 20) == 0,
		     "capability after copy-up");
	bad += check(setxattr("new", "security.capability", cap_v2, 20, 0) == 0, "setcap");
	bad += check(getxattr("new", "security.capability", cap, sizeof(cap)) == 20, "getcap");
	bad += check(symlink("/etc/shadow", "link") == 0, "symlink");
	return bad;
}

static int zone_works(void *arg)
{
	(void)arg;
	return zone_ids() + zone_changes();
}

static struct stat stat_of(int dirfd, const char *name)
{
	struct stat st = { 0 };

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

/* Ids on disk are those of the zone. */
static void assert_canonical(int root)
{
	assert_int_equal(stat_of(root, "new").st_uid, 0);
	assert_int_equal(stat_of(root, "new").st_mode, S_IFREG | 04755);
	assert_int_equal(stat_of(root, "usr/owned").st_uid, 65535);
	assert_int_equal(stat_of(root, ".").st_mode, S_IFDIR | 0751);
}

static bool way_exists(enum layers_way way)
{
	return way == LAYERS_FDS     ? test_linux(6, 13)
	       : way == LAYERS_PATHS ? test_linux(6, 5)
				     : true;
}

static void works_by(struct fixture *f, enum layers_way way)
{
	if (!way_exists(way))
		skip(); /* the way for older kernels has a test of its own */
	const struct layers l = { .lower = f->image, .writable = f->zone };
	AUTO_CLOSE int upper = -1;
	AUTO_CLOSE int fd = -1;
	struct zerr e = { 0 };

	create(f);
	fd = layers_mount(&l, &f->a, way, &e);
	assert_string_equal(e.msg, "");
	assert_int_equal(test_run_in(f->userns, fd, zone_works, NULL), 0);
	upper = fs_open_below(f->zone, "upper", O_RDONLY | O_DIRECTORY, 0);
	assert_canonical(upper);
	assert_int_equal(stat_of(f->zone, "work").st_mode, S_IFDIR | 0700);
	assert_true(S_ISCHR(stat_of(upper, "moved/gone").st_mode));
	assert_true(test_is(f->image, "etc/gone", "lower"));
	assert_true(test_is(f->image, "usr/linked", "lower"));
}

static void overlay_by_paths(void **state)
{
	works_by(*state, LAYERS_PATHS);
}

static void overlay_by_fds(void **state)
{
	works_by(*state, LAYERS_FDS);
}

static void overlay_by_namespace(void **state)
{
	works_by(*state, LAYERS_NAMESPACE);
}

static void overlay_of_a_template(void **state)
{
	struct fixture *f = *state;

	f->v.image = -1;
	create(f);
	own_close(attach(f));
	/* A second attach, with what the first one left. */
	{
		AUTO_CLOSE int fd = attach(f);

		assert_int_equal(test_run_in(f->userns, fd, zone_works, NULL), 0);
	}
	assert_true(test_exists(f->zone, "upper/new"));
	assert_false(test_exists(f->zone, "rootfs/new"));
	assert_true(test_exists(f->zone, "rootfs/etc/gone"));
}

static void dir_works(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int fd = -1, root = -1;

	f->v.ops = &storage_dir;
	create(f);
	fd = attach(f);
	assert_int_equal(test_run_in(f->userns, fd, zone_works, NULL), 0);
	root = fs_open_below(f->zone, "rootfs", O_RDONLY | O_DIRECTORY, 0);
	assert_canonical(root);
	assert_true(test_is(f->image, "etc/gone", "lower"));
	f->v.image = -1;
}

static int plain_root(void *arg)
{
	struct stat st = { 0 };

	(void)arg;
	return test_put(AT_FDCWD, "new", "root", 0600) +
	       check(stat("usr/owned", &st) == 0 && st.st_uid == 1000, "owned") +
	       check(rename("usr", "usr2") == 0, "rename") +
	       check(mknod("node", S_IFCHR | 0600, makedev(1, 3)) == 0, "mknod");
}

/* A privileged zone: nothing is shifted. */
static void without_user_namespace(void **state)
{
	static const enum layers_way ways[] = { LAYERS_PATHS, LAYERS_FDS, LAYERS_NAMESPACE };
	struct fixture *f = *state;
	const struct layers l = { .lower = f->image, .writable = f->zone };
	struct zerr e = { 0 };

	f->a.userns = -1;
	f->a.base = 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		AUTO_CLOSE int fd = -1;

		if (!way_exists(ways[i]))
			continue;
		create(f);
		fd = layers_mount(&l, &f->a, ways[i], &e);
		assert_string_equal(e.msg, "");
		assert_int_equal(test_run_in(-1, fd, plain_root, NULL), 0);
		assert_true(test_exists(f->zone, "upper/new"));
		assert_int_equal(fs_remove(f->zone, "upper", &e), 0);
	}
}

static int scratch_write(void *arg)
{
	return check(test_is(AT_FDCWD, "kept", "kept"), "what was there before") +
	       test_put(AT_FDCWD, arg, "scratch", 0600) + check(unlink("etc/hosts") == 0, "unlink");
}

static int scratch_again(void *arg)
{
	(void)arg;
	return check(test_is(AT_FDCWD, "a", "scratch"), "the first run's file");
}

static int write_kept(void *arg)
{
	(void)arg;
	return test_put(AT_FDCWD, "kept", "kept", 0644);
}

static void scratch_is_thrown_away(void **state)
{
	static const struct storage_ops *const all[] = { &storage_overlay, &storage_dir };
	struct fixture *f = *state;
	struct zerr e = { 0 };

	for (size_t i = 0; i < 2; i++) {
		AUTO_CLOSE int fd = -1, scratch = fs_subdir(f->top, all[i]->name, 0700, &e);
		AUTO_CLOSE int layered = -1;

		f->v.ops = all[i];
		f->a.scratch = -1;
		create(f);
		fd = attach(f);
		assert_int_equal(test_run_in(f->userns, fd, write_kept, NULL), 0);
		f->a.scratch = scratch;
		layered = attach(f);
		assert_int_equal(test_run_in(f->userns, layered, scratch_write, (void *)"a"), 0);
		assert_true(test_exists(scratch, "upper/a"));
		assert_int_equal(stat_of(scratch, "upper").st_mode, S_IFDIR | 0751);
		assert_false(test_exists(f->zone, "upper/a") || test_exists(f->zone, "rootfs/a"));
		/* a killed run leaves a layer that the kernel would refuse as it is */
		own_close(layered);
		layered = attach(f);
		assert_int_equal(test_run_in(f->userns, layered, scratch_again, NULL), 0);
	}
}

static int cannot_write(void *arg)
{
	(void)arg;
	return check(fails(mkdir("new", 0755), EROFS), "mkdir is EROFS") +
	       check(test_is(AT_FDCWD, "kept", "kept"), "what was there before") +
	       check(test_is(AT_FDCWD, "etc/hosts", "lower"), "lower file");
}

static void readonly_cannot_be_written(void **state)
{
	static const struct storage_ops *const all[] = { &storage_overlay, &storage_dir };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_CLOSE int fd = -1, ro = -1;

		f->v.ops = all[i];
		f->a.readonly = false;
		create(f);
		fd = attach(f);
		assert_int_equal(test_run_in(f->userns, fd, write_kept, NULL), 0);
		fd = own_close(fd);
		f->a.readonly = true;
		ro = attach(f);
		assert_int_equal(test_run_in(f->userns, ro, cannot_write, NULL), 0);
	}
}

static void stale_work_is_emptied(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int stale = -1, fd = -1;
	struct zerr e = { 0 };

	create(f);
	stale = fs_subdirs(f->zone, "work/work/#1/deep", 0700, &e);
	assert_int_equal(test_put(stale, "left", "x", 0600), 0);
	fd = attach(f);
	assert_int_equal(test_run_in(f->userns, fd, zone_works, NULL), 0);
	assert_false(test_exists(f->zone, "work/work/#1"));
}

/* A host directory whose mount is shared (every systemd host): what is mounted in the tree must not
 * appear there. */
static void tree_is_private(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int tree = -1, shared = -1;
	char path[64], link[32];

	assert_int_equal(mkdirat(f->zone, "x", 0755), 0);
	assert_int_equal(mount(fs_fd_path(f->zone, link), link, NULL, MS_BIND, NULL), 0);
	shared = openat(f->top, "zone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mount(NULL, fs_fd_path(shared, link), NULL, MS_SHARED, NULL), 0);
	tree = mount_clone_tree(shared, f->userns, false, &(struct zerr){ 0 });
	assert_true(tree >= 0);
	assert_int_equal(move_mount(tree, "", f->image, "etc", MOVE_MOUNT_F_EMPTY_PATH), 0);
	(void)snprintf(path, sizeof(path), "%s/x", fs_fd_path(tree, link));
	assert_int_equal(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	assert_int_not_equal(stat_of(tree, "x").st_dev, stat_of(f->zone, "x").st_dev);
	assert_int_equal(stat_of(shared, "x").st_dev, stat_of(f->zone, "x").st_dev);
	assert_int_equal(umount2(fs_fd_path(tree, link), MNT_DETACH), 0);
	assert_int_equal(umount2(fs_fd_path(shared, link), MNT_DETACH), 0);
}

static void refusals(void **state)
{
	struct fixture *f = *state;
	struct zerr e = { 0 };
	int root;

	assert_int_equal(storage_overlay.attach(&f->v, &f->a, &e), -ENOENT);
	assert_int_equal(storage_dir.attach(&f->v, &f->a, &e), -ENOENT);
	f->v.size = 1 << 20;
	assert_true(storage_overlay.create(&f->v, &root, &e) < 0);
	assert_int_equal(e.status, ZERR_HOST);
	f->v.size = 0;
	assert_int_equal(fchmod(f->zone, 0711), 0);
	assert_int_equal(storage_overlay.create(&f->v, &root, &e), -EPERM);
	assert_int_equal(storage_dir.create(&f->v, &root, &e), -EPERM);
	assert_int_equal(fchmod(f->zone, 0700), 0);
	create(f);
	assert_int_equal(fchmod(f->zone, 0701), 0);
	assert_int_equal(storage_overlay.attach(&f->v, &f->a, &e), -EPERM);
}

static void unmapped_base_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct zerr e = { 0 };

	create(f);
	f->a.base = 0; /* not in the map of the user namespace */
	assert_true(storage_overlay.attach(&f->v, &f->a, &e) < 0);
	assert_int_equal(e.code, EROFS);
}

static void registry(void **state)
{
	struct fixture *f = *state;
	struct zerr e = { 0 };

	assert_ptr_equal(storage_find("overlay", &e), &storage_overlay);
	assert_ptr_equal(storage_find("dir", &e), &storage_dir);
	assert_null(storage_find("overlai", &e));
	assert_int_equal(e.status, ZERR_USAGE);
	assert_non_null(strstr(e.msg, "btrfs, overlay, lvm, loop, dir"));
	assert_string_equal(e.hint, "did you mean overlay?");
	assert_ptr_equal(storage_best(&f->v), &storage_overlay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(overlay_by_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay_by_fds, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay_by_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay_of_a_template, setup, teardown),
		cmocka_unit_test_setup_teardown(dir_works, setup, teardown),
		cmocka_unit_test_setup_teardown(without_user_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(scratch_is_thrown_away, setup, teardown),
		cmocka_unit_test_setup_teardown(readonly_cannot_be_written, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_work_is_emptied, setup, teardown),
		cmocka_unit_test_setup_teardown(tree_is_private, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(unmapped_base_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(registry, setup, teardown),
	};

	test_need_root();
	test_private_mounts();
	(void)test_mounts_same();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
