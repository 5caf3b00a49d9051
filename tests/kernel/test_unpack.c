/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a good archive becomes: everything kept, by every compression; and what packing gives back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/own.h"
#include "help.h"
#include "image/internal.h"
#include "image/unpack.h"
#include "tarmake.h"

#define LONG_DIR "long/" X50 "/" X50 "/" X50 "/" X50
#define X50	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NEWLINE	 "new\nline \xc3\xa9" /* composed */
#define NFD	 "e\xcc\x81"	      /* decomposed: another name */
#define BYTES	 "no\xff\xfeutf8"

/* cap_net_raw=ep, revision 2, as stored. */
static const char net_raw[] = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
#define NET_RAW_LEN 20

static void add(struct buf *tar, const char *name, char type, unsigned mode, const char *data)
{
	tar_add(tar, NULL,
		&(struct member){ .name = name,
				  .type = type,
				  .mode = mode,
				  .data = data,
				  .mtime = 1000000000 });
}

/* Everything that a root file system has, one of each. */
static void make_good(struct buf *tar)
{
	AUTO_BUF struct buf pax = { 0 };

	add(tar, "./", '5', 0711, NULL);
	add(tar, "./etc/", '5', 0750, NULL);
	add(tar, "./etc/hostname", '0', 0644, "LXC_NAME\n");
	add(tar, "./bin/su", '0', 04755, "su");
	add(tar, "./bin/wall", '0', 02755, "wall");
	add(tar, "./tmp/", '5', 01777, NULL);
	add(tar, "./fifo", '6', 0600, NULL);
	tar_add(tar, NULL,
		&(struct member){ .name = "./bin/again", .type = '1', .link = "./bin/su" });
	tar_add(tar, NULL, &(struct member){ .name = "./abs", .type = '2', .link = "/etc/passwd" });
	tar_add(tar, NULL,
		&(struct member){ .name = "./dev/null", .type = '3', .major = 1, .minor = 3 });
	tar_add(tar, NULL, &(struct member){ .name = "./whiteout", .type = '3' });
	tar_add(tar, NULL,
		&(struct member){ .name = "./nobody", .type = '0', .uid = 65534, .gid = 65535 });
	tar_pax(&pax, "SCHILY.xattr.user.note", "a\0b", 3);
	tar_pax(&pax, "SCHILY.xattr.security.capability", net_raw, NET_RAW_LEN);
	tar_pax(&pax, "SCHILY.xattr.trusted.overlay.opaque", "y", 1);
	tar_pax(&pax, "SCHILY.xattr.security.selinux", "x", 1);
	tar_add(tar, &pax,
		&(struct member){
			.name = "./bin/ping", .type = '0', .mode = 0755, .data = "ping" });
	tar_pax(&pax, "SCHILY.acl.access",
		"user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", 54);
	tar_add(tar, &pax, &(struct member){ .name = "./acl", .type = '0', .data = "acl" });
	tar_pax(&pax, "path", "./" NEWLINE, strlen("./" NEWLINE));
	tar_add(tar, &pax, &(struct member){ .name = "x", .type = '0', .data = "newline" });
	tar_pax(&pax, "path", "./" NFD, strlen("./" NFD));
	tar_add(tar, &pax, &(struct member){ .name = "x", .type = '0', .data = "nfd" });
	tar_pax(&pax, "path", "./" BYTES, strlen("./" BYTES));
	tar_add(tar, &pax, &(struct member){ .name = "x", .type = '0', .data = "bytes" });
	tar_long(tar, 'L', "./" LONG_DIR "/file");
	add(tar, "x", '0', 0644, "long");
	tar_pax(&pax, "GNU.sparse.major", "0", 1);
	tar_pax(&pax, "GNU.sparse.minor", "1", 1);
	tar_pax(&pax, "GNU.sparse.name", "./sparse", 8);
	tar_pax(&pax, "GNU.sparse.size", "8388608", 7);
	tar_pax(&pax, "GNU.sparse.numblocks", "1", 1);
	tar_pax(&pax, "GNU.sparse.map", "4194304,4", 9);
	tar_add(tar, &pax, &(struct member){ .name = "x", .type = '0', .data = "data" });
	tar_end(tar);
}

static void is(int dir, const char *name, mode_t mode, unsigned uid, unsigned gid)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("%s is not there", name);
	assert_int_equal(st.st_mode, mode);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
}

static void has_xattr(int dir, const char *name, const char *key, const char *value, ssize_t len)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char got[256];

	assert_int_equal(fgetxattr(fd, key, got, sizeof(got)), len);
	if (len > 0)
		assert_memory_equal(got, value, (size_t)len);
}

static void check_good(int d)
{
	struct stat a, b;
	char link[32] = "";

	is(d, ".", S_IFDIR | 0711, 0, 0);
	is(d, "etc", S_IFDIR | 0750, 0, 0);
	is(d, "bin/su", S_IFREG | 04755, 0, 0);
	is(d, "bin/wall", S_IFREG | 02755, 0, 0);
	is(d, "tmp", S_IFDIR | 01777, 0, 0);
	is(d, "fifo", S_IFIFO | 0600, 0, 0);
	is(d, "nobody", S_IFREG | 0644, 65534, 65535);
	assert_true(test_is(d, "etc/hostname", "LXC_NAME\n"));
	assert_true(test_is(d, "bin/ping", "ping"));
	assert_true(test_is(d, NEWLINE, "newline"));
	assert_true(test_is(d, NFD, "nfd"));
	assert_true(test_is(d, BYTES, "bytes"));
	assert_true(test_is(d, LONG_DIR "/file", "long"));
	assert_int_equal(readlinkat(d, "abs", link, sizeof(link) - 1), 11);
	assert_string_equal(link, "/etc/passwd");
	assert_false(test_exists(d, "dev/null"));
	assert_false(test_exists(d, "whiteout"));
	assert_int_equal(fstatat(d, "bin/su", &a, 0) | fstatat(d, "bin/again", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	has_xattr(d, "bin/ping", "user.note", "a\0b", 3);
	has_xattr(d, "bin/ping", "security.capability", net_raw, NET_RAW_LEN);
	has_xattr(d, "bin/ping", "trusted.overlay.opaque", NULL, -1);
	has_xattr(d, "acl", "system.posix_acl_access",
		  "\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\7\0\xe8\3\0\0\4\0\4\0\xff\xff\xff\xff"
		  "\x10\0\7\0\xff\xff\xff\xff\x20\0\4\0\xff\xff\xff\xff",
		  44);
	assert_int_equal(fstatat(d, "sparse", &a, 0), 0);
	assert_int_equal(a.st_size, 8388608);
	assert_true(a.st_blocks * 512 < 1 << 20);
}

static void times_are(int d)
{
	static const char *const names[] = { ".", "etc", "tmp", "bin/su" };
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(fstatat(d, names[i], &st, 0), 0);
		if (st.st_mtime != 1000000000)
			fail_msg("%s: the time is %lld", names[i], (long long)st.st_mtime);
	}
}

static void unpack_good(int fd)
{
	const int d = test_dir_make();
	struct zerr e = { 0 };

	if (fd < 0) {
		test_dir_remove(d);
		skip();
	}
	if (unpack_tar(fd, d, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	check_good(d);
	times_are(d);
	own_close(fd);
	test_dir_remove(d);
}

static void keeps_everything(void **state)
{
	AUTO_BUF struct buf tar = { 0 };

	(void)state;
	make_good(&tar);
	unpack_good(tar_fd(&tar));
	unpack_good(tar_compressed(&tar, "gzip"));
	unpack_good(tar_compressed(&tar, "xz"));
}

static void takes_zstd(void **state)
{
	AUTO_BUF struct buf tar = { 0 };

	(void)state;
	make_good(&tar);
	unpack_good(tar_compressed(&tar, "zstd"));
}

/* A pipe has no size and cannot be rewound; the kind is told by its first bytes all the same. */
static void reads_a_pipe(void **state)
{
	AUTO_BUF struct buf tar = { 0 };
	AUTO_CLOSE int xz = -1;
	char block[4096];
	int p[2];
	ssize_t n;

	(void)state;
	make_good(&tar);
	xz = tar_compressed(&tar, "xz");
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	(void)fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	while ((n = read(xz, block, sizeof(block))) > 0)
		assert_int_equal(write(p[1], block, (size_t)n), n);
	own_close(p[1]);
	unpack_good(p[0]);
}

static void root_without_entry(void **state)
{
	const int d = test_dir_make();
	AUTO_BUF struct buf tar = { 0 };
	AUTO_CLOSE int fd = -1;
	struct zerr e = { 0 };

	(void)state;
	add(&tar, "a/b/c", '0', 0600, "deep");
	tar_end(&tar);
	fd = tar_fd(&tar);
	assert_int_equal(fchmod(d, 0700) | fchown(d, 5, 5), 0);
	assert_int_equal(unpack_tar(fd, d, NULL, NULL, &e), 0);
	is(d, ".", S_IFDIR | 0755, 0, 0);
	is(d, "a/b", S_IFDIR | 0755, 0, 0); /* not named by the archive */
	is(d, "a/b/c", S_IFREG | 0600, 0, 0);
	test_dir_remove(d);
}

/* Packed and unpacked again, a tree is the same. */
static void packs_what_it_unpacked(void **state)
{
	const int d = test_dir_make(), again = test_dir_make();
	AUTO_BUF struct buf tar = { 0 };
	AUTO_CLOSE int in = -1, out = memfd_create("out", MFD_CLOEXEC);
	struct zerr e = { 0 };

	(void)state;
	make_good(&tar);
	in = tar_fd(&tar);
	assert_int_equal(unpack_tar(in, d, NULL, NULL, &e), 0);
	assert_int_equal(mknodat(d, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	if (pack_tree(d, out, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(lseek(out, 0, SEEK_SET), 0);
	if (unpack_tar(out, again, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	check_good(again);
	assert_false(test_exists(again, "null"));
	test_dir_remove(d);
	test_dir_remove(again);
}

static void pack_refuses_ids(void **state)
{
	const int d = test_dir_make();
	AUTO_CLOSE int out = memfd_create("out", MFD_CLOEXEC);
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(test_put(d, "file", "x", 0644), 0);
	assert_int_equal(fchownat(d, "file", 70000, 0, 0), 0);
	assert_true(pack_tree(d, out, NULL, NULL, &e) < 0);
	assert_non_null(strstr(e.msg, "file"));
	assert_non_null(strstr(e.msg, "70000"));
	test_dir_remove(d);
}

static void seen(void *arg, const char *what, uint64_t done, uint64_t total)
{
	uint64_t *last = arg;

	assert_string_equal(what, "unpack");
	assert_true(done >= last[0] && done <= total);
	last[0] = done;
	last[1]++;
}

static void tells_progress(void **state)
{
	const int d = test_dir_make();
	AUTO_BUF struct buf tar = { 0 };
	AUTO_CLOSE int fd = -1;
	uint64_t last[2] = { 0 };
	struct zerr e = { 0 };

	(void)state;
	make_good(&tar);
	fd = tar_fd(&tar);
	assert_int_equal(unpack_tar(fd, d, seen, last, &e), 0);
	assert_int_equal(last[0], tar.len);
	assert_true(last[1] > 0);
	test_dir_remove(d);
}

/* A small file system: the archive does not fit, the error says so, and space stays free. */
static void full_disk(void **state)
{
	const int top = test_dir_make();
	AUTO_BUF struct buf tar = { 0 };
	AUTO_FREE char *zeros = calloc(1, 48 << 20);
	AUTO_FREE char *path = NULL;
	AUTO_CLOSE int fd = -1;
	struct zerr e = { 0 };
	char link[32];
	int d;

	(void)state;
	path = realpath(fs_fd_path(top, link), NULL);
	assert_non_null(path);
	assert_int_equal(mount("none", path, "tmpfs", 0, "size=32m"), 0);
	d = fs_open_dir(path, &e);
	tar_add(&tar, NULL,
		&(struct member){ .name = "bomb", .type = '0', .data = zeros, .len = 48 << 20 });
	tar_end(&tar);
	fd = tar_compressed(&tar, "xz");
	if (unpack_tar(fd, d, NULL, NULL, &e) != -ENOSPC || !strstr(e.msg, "1 %"))
		fail_msg("%s", e.msg);
	own_close(d);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	test_dir_remove(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_everything),	  cmocka_unit_test(takes_zstd),
		cmocka_unit_test(reads_a_pipe),		  cmocka_unit_test(root_without_entry),
		cmocka_unit_test(packs_what_it_unpacked), cmocka_unit_test(pack_refuses_ids),
		cmocka_unit_test(tells_progress),	  cmocka_unit_test(full_disk),
	};

	test_need_root();
	test_private_mounts();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
