/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives made to do harm. Each is unpacked beside a canary; whatever becomes of the archive, the
 * canary and its directory stay as they were. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/own.h"
#include "help.h"
#include "image/internal.h"
#include "tarmake.h"

#define KEEP ((const char *)1) /* no error is expected: contained is enough */

struct hostile {
	const char *what;
	struct member m[3];
	const char *says; /* part of the message, or KEEP */
};

#define FILE_(n, d)                               \
	{                                         \
		.name = n, .type = '0', .data = d \
	}
#define DIR_(n)                        \
	{                              \
		.name = n, .type = '5' \
	}
#define LINK_(n, l)                               \
	{                                         \
		.name = n, .type = '2', .link = l \
	}
#define HARD_(n, l)                               \
	{                                         \
		.name = n, .type = '1', .link = l \
	}
#define NODE_(n, t, a, b)                                    \
	{                                                    \
		.name = n, .type = t, .major = a, .minor = b \
	}

static const struct hostile table[] = {
	{ "parent", { FILE_("../canary", "evil") }, "'../canary': leads out" },
	{ "parent in the middle", { DIR_("a"), FILE_("a/../../canary", "evil") }, "leads out" },
	{ "parent at the end", { DIR_("./x/../..") }, "member './x/../..': leads out" },
	{ "parent that stays inside", { DIR_("a"), FILE_("a/../b", "x") }, "leads out" },
	{ "only dots", { DIR_("..") }, "leads out" },
	{ "absolute", { FILE_("/etc/canary", "evil") }, "'/etc/canary': leads out" },
	{ "many slashes", { FILE_("//canary", "evil") }, "leads out" },
	{ "no name", { FILE_("", "evil") }, "" },
	{ "write through a link up",
	  { LINK_("l", ".."), FILE_("l/canary", "evil") },
	  "'l/canary': leads through" },
	{ "write through an absolute link",
	  { LINK_("l", "/"), FILE_("l/canary", "evil") },
	  "leads through" },
	{ "write through a link inside",
	  { DIR_("d"), LINK_("l", "d"), FILE_("l/x", "x") },
	  "leads through" },
	{ "directory through a link", { LINK_("l", "/etc"), DIR_("l/d") }, "leads through" },
	{ "link through a link", { LINK_("l", ".."), LINK_("l/m", "/") }, "leads through" },
	{ "link to itself", { LINK_("l", "l"), FILE_("l/x", "x") }, "leads through" },
	{ "file over a link", { LINK_("f", "../canary"), FILE_("f", "evil") }, KEEP },
	{ "directory over a link",
	  { LINK_("d", ".."), DIR_("d/"), FILE_("d/canary", "evil") },
	  KEEP },
	{ "hard link up", { HARD_("h", "../canary") }, "'../canary': leads out" },
	{ "hard link absolute", { HARD_("h", "/etc/passwd") }, "leads out" },
	{ "hard link through a link",
	  { LINK_("l", ".."), HARD_("h", "l/canary") },
	  "leads through" },
	{ "hard link to a link, then data",
	  { LINK_("s", "../canary"), HARD_("h", "s"), FILE_("h", "evil") },
	  KEEP },
	{ "hard link with data",
	  { FILE_("a", "good"), { .name = "h", .type = '1', .link = "a", .data = "evil" } },
	  "Damaged" },
	{ "hard link to nothing", { HARD_("h", "nothing") }, "member 'h'" },
	{ "disk", { NODE_("dev/sda", '4', 8, 0) }, "'dev/sda': is a device node (block 8:0)" },
	{ "memory", { NODE_("dev/mem", '3', 1, 1) }, "is a device node (character 1:1)" },
	{ "port", { NODE_("dev/port", '3', 1, 4) }, "is a device node" },
	{ "block 1:3", { NODE_("dev/null", '4', 1, 3) }, "is a device node" },
	{ "raw disk", { NODE_("sg0", '3', 21, 0) }, "is a device node" },
	{ "owner",
	  { { .name = "big-id", .type = '0', .uid = 65536 } },
	  "'big-id': its owner 65536" },
	{ "group", { { .name = "f", .type = '0', .gid = 100000 } }, "its group 100000" },
	{ "directory's owner",
	  { { .name = "d", .type = '5', .uid = 100000 } },
	  "its owner 100000" },
	{ "root is a link", { LINK_("./", "/etc") }, "" },
	{ "root is a file", { FILE_(".", "x") }, "the root and no directory" },
	{ "file over a full directory",
	  { DIR_("d"), FILE_("d/x", "x"), FILE_("d", "x") },
	  "member 'd'" },
	{ "member below a file", { FILE_("f", "x"), FILE_("f/x", "x") }, "'f/x': leads through" },
	{ "escape sequence", { FILE_("../\033[2Jcanary", "x") }, "'../?[2Jcanary'" },
};

struct place {
	int top, root;
};

static struct place place_make(void)
{
	struct place p = { .top = test_dir_make() };
	struct zerr e = { 0 };

	assert_int_equal(test_put(p.top, "canary", "good", 0600), 0);
	p.root = fs_subdir(p.top, "root", 0755, &e);
	assert_true(p.root >= 0);
	return p;
}

/* Nothing but the canary and the root is there, and it is as it was. */
static void place_done(struct place *p, const char *what)
{
	AUTO_STRV struct strv names = { 0 };
	struct stat st;

	assert_int_equal(fs_list(p->top, &names), 0);
	if (names.n != 2 || !test_is(p->top, "canary", "good") ||
	    fstatat(p->top, "canary", &st, 0) < 0 || st.st_nlink != 1 ||
	    (st.st_mode & 07777) != 0600 || st.st_uid != 0)
		fail_msg("%s: reached the canary", what);
	own_close(p->root);
	test_dir_remove(p->top);
}

static void try_archive(const char *what, int fd, const char *says)
{
	struct place p = place_make();
	struct zerr e = { 0 };
	const int r = unpack_tar(fd, p.root, NULL, NULL, &e);

	if (says != KEEP && (r >= 0 || !strstr(e.msg, says)))
		fail_msg("%s: %d, %s", what, r, e.msg);
	if (r < 0 && strpbrk(e.msg, "\033\n"))
		fail_msg("%s: control characters in the message", what);
	if (says == KEEP && r < 0 && !strstr(e.msg, "member '"))
		fail_msg("%s: %s", what, e.msg);
	place_done(&p, what);
	own_close(fd);
}

static void members(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		AUTO_BUF struct buf tar = { 0 };

		for (size_t k = 0; k < 3 && table[i].m[k].name; k++)
			tar_add(&tar, NULL, &table[i].m[k]);
		tar_end(&tar);
		try_archive(table[i].what, tar_fd(&tar), table[i].says);
	}
}

static void one_pax(const char *what, const char *key, const char *value, size_t len,
		    const char *says)
{
	AUTO_BUF struct buf tar = { 0 }, pax = { 0 };

	tar_pax(&pax, key, value, len);
	tar_add(&tar, &pax, &(struct member){ .name = "file", .type = '0', .data = "x" });
	tar_end(&tar);
	try_archive(what, tar_fd(&tar), says);
}

static void pax_headers(void **state)
{
	static const char cap3[] = "\x01\0\0\x03\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xa0\x86\x01";
	static const char acl[] =
		"\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\7\0\xa0\x86\1\0\4\0\4\0\xff\xff\xff\xff"
		"\x10\0\7\0\xff\xff\xff\xff\x20\0\4\0\xff\xff\xff";

	(void)state;
	one_pax("path", "path", "../canary", 9, "leads out");
	one_pax("huge owner", "uid", "4294967296", 10, "its owner 4294967296");
	one_pax("owner that wraps", "gid", "65536", 5, "its group 65536");
	one_pax("negative owner", "uid", "-1", 2, "");
	one_pax("ACL", "SCHILY.acl.access",
		"user::rw-,user:100000:rwx,group::r--,mask::rwx,other::r--", 56, "100000");
	one_pax("ACL as attribute", "SCHILY.xattr.system.posix_acl_access", acl, sizeof(acl),
		"names an id");
	one_pax("capability", "SCHILY.xattr.security.capability", cap3, sizeof(cap3),
		"names an id");
	one_pax("huge file", "GNU.sparse.realsize", "9223372036854775807", 19, KEEP);
}

/* Here the data does belong to the link: it is passed over, the file keeps its own. */
static void hard_link_with_data(void **state)
{
	struct place p = place_make();
	AUTO_BUF struct buf tar = { 0 }, pax = { 0 };
	AUTO_CLOSE int fd = -1;
	struct zerr e = { 0 };

	(void)state;
	tar_add(&tar, NULL, &(struct member){ .name = "a", .type = '0', .data = "good" });
	tar_pax(&pax, "size", "4", 1);
	tar_add(&tar, &pax,
		&(struct member){ .name = "h", .type = '1', .link = "a", .data = "evil" });
	tar_add(&tar, NULL, &(struct member){ .name = "b", .type = '0', .data = "next" });
	tar_end(&tar);
	fd = tar_fd(&tar);
	if (unpack_tar(fd, p.root, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(test_is(p.root, "a", "good"));
	assert_true(test_is(p.root, "b", "next"));
	place_done(&p, "hard link with data");
}

static void names_too_long(void **state)
{
	AUTO_BUF struct buf tar = { 0 }, part = { 0 };
	char name[5001];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 200; i < sizeof(name) - 1; i += 200)
		name[i] = '/';
	tar_long(&tar, 'L', name);
	tar_add(&tar, NULL, &(struct member){ .name = "x", .type = '0', .data = "x" });
	tar_end(&tar);
	try_archive("path", tar_fd(&tar), "too long");
	memset(name, 'x', 300);
	name[300] = '\0';
	tar_long(&part, 'L', name);
	tar_add(&part, NULL, &(struct member){ .name = "x", .type = '0', .data = "x" });
	tar_end(&part);
	try_archive("component", tar_fd(&part), "File name too long");
}

/* 2,000 directories, each in the one before: unpacked, and removable again. */
static void deep_tree(void **state)
{
	AUTO_BUF struct buf tar = { 0 }, name = { 0 };

	(void)state;
	for (unsigned i = 0; i < 2000; i++)
		buf_str(&name, "d/");
	tar_long(&tar, 'L', name.p);
	tar_add(&tar, NULL, &(struct member){ .name = "x", .type = '5' });
	tar_end(&tar);
	try_archive("deep tree", tar_fd(&tar), KEEP);
}

static void many_entries(void **state)
{
	AUTO_BUF struct buf tar = { 0 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%s%u", i % 2 ? "d" : "l", i);
		tar_add(&tar, NULL,
			&(struct member){ .name = name, .type = i % 2 ? '5' : '2', .link = "/" });
	}
	tar_end(&tar);
	try_archive("many entries", tar_fd(&tar), KEEP);
}

/* ---- damage --------------------------------------------------------------------------------- */

static int cut(int fd, size_t len, int flip)
{
	AUTO_BUF struct buf b = { 0 };
	char block[4096];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, block, sizeof(block))) > 0)
		buf_add(&b, block, (size_t)n);
	own_close(fd);
	if (flip)
		b.p[b.len / 2] ^= 0x55;
	else
		b.len = len ? len : b.len / 2;
	return tar_fd(&b);
}

static void damaged(void **state)
{
	static const char *const programs[] = { "xz", "gzip", "zstd" };
	AUTO_BUF struct buf tar = { 0 };
	char *noise = malloc(300000);

	(void)state;
	for (unsigned i = 0, x = 1; i < 300000; i++)
		noise[i] = (char)((x = x * 1103515245 + 12345) >> 16);
	tar_add(&tar, NULL,
		&(struct member){ .name = "a", .type = '0', .data = noise, .len = 300000 });
	tar_end(&tar);
	for (unsigned i = 0; i < 3; i++) {
		int fd = tar_compressed(&tar, programs[i]);

		if (fd < 0)
			continue;
		try_archive("truncated", cut(fd, 0, 0), "trunc");
		if (i != 1) /* gzip's checksum comes too late for libarchive */
			try_archive("corrupt", cut(tar_compressed(&tar, programs[i]), 0, 1),
				    "corrupt");
	}
	try_archive("truncated tar", cut(tar_fd(&tar), 100000, 0), "runcated");
	try_archive("end missing in xz", cut(tar_compressed(&tar, "xz"), 300000, 0), "truncated");
	try_archive("noise", tar_fd(&(struct buf){ .p = noise, .len = 300000 }),
		    "not a tar archive");
	free(noise);
}

static void empty(void **state)
{
	AUTO_BUF struct buf tar = { 0 };

	(void)state;
	try_archive("nothing", tar_fd(&tar), "not a tar archive");
	tar_end(&tar);
	try_archive("no members", tar_fd(&tar), "empty");
	buf_done(&tar);
	tar_header(&tar, &(struct member){ .name = "big", .type = '0' }, 1ULL << 32);
	try_archive("claims 4 GiB", tar_fd(&tar), "runcated");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),	  cmocka_unit_test(pax_headers),
		cmocka_unit_test(names_too_long), cmocka_unit_test(hard_link_with_data),
		cmocka_unit_test(deep_tree),	  cmocka_unit_test(many_entries),
		cmocka_unit_test(damaged),	  cmocka_unit_test(empty),
	};

	test_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
