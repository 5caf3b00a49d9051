/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classic index, SHA256SUMS, and finding an image in a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "image/remote.h"

#define GOOD \
	"testos;1.0;amd64;default;20260101_00:00;/images/testos/1.0/amd64/default/20260101_00:00/"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static size_t count(const char *text)
{
	AUTO_REMOTES struct remote_images r = { 0 };

	assert_int_equal(index_parse(text, strlen(text), &r), 0);
	return r.n;
}

static void takes_good_lines(void **state)
{
	static const char text[] = GOOD "\n"
					"a;2;arm64;cloud;20260102_10:00;//images//a/\r\n"
					"b;3;amd64;default;20260103;/x";
	AUTO_REMOTES struct remote_images r = { 0 };

	(void)state;
	assert_int_equal(index_parse(text, sizeof(text) - 1, &r), 0);
	assert_int_equal(r.n, 3);
	assert_string_equal(r.v[0].ref.dist, "testos");
	assert_string_equal(r.v[0].build, "20260101_00:00");
	assert_string_equal(r.v[0].path, "images/testos/1.0/amd64/default/20260101_00:00");
	assert_string_equal(r.v[0].file, "rootfs.tar.xz");
	assert_null(r.v[0].sha256);
	assert_string_equal(r.v[1].path, "images/a");
	assert_string_equal(r.v[2].path, "x");
}

static void drops_bad_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"\r\n",
		"a;1;amd64;default;20260101",		       /* five fields */
		"a;1;amd64;default;20260101;/x;y",	       /* seven */
		"a;1;amd64;default;;/x",		       /* no build */
		"a;1;amd64;default;20260101;",		       /* no path */
		"a;1;amd64;default;20260101;/",		       /* an empty one */
		"a;1;amd64;default;20260101;/a/../../etc/",    /* out of the tree */
		"a;1;amd64;default;20260101;https://other/x/", /* elsewhere */
		"a;1;amd64;default;20260101;x/",	       /* relative */
		"a;1;amd64;default;20260101;/x?y/",	       /* not a plain path */
		"../a;1;amd64;default;20260101;/x/",	       /* names that are paths */
		"a;..;amd64;default;20260101;/x/",
		"a;1;;default;20260101;/x/",
		"a;1;amd64;de fault;20260101;/x/",
		"a;1;amd64;default;today;/x/",
		"a;1;amd64;default;20260101\t;/x/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_BUF struct buf b = { 0 };

		buf_fmt(&b, "%s\n" GOOD "\n", bad[i]);
		if (count(b.p) != 1)
			fail_msg("line %zu was taken: %s", i, bad[i]);
	}
}

static void survives_bytes(void **state)
{
	static const char nul[] = "a;1;amd64;default;20260101;/x\0y/\n" GOOD "\n";
	AUTO_REMOTES struct remote_images r = { 0 };
	AUTO_BUF struct buf longer = { 0 };

	(void)state;
	assert_int_equal(index_parse(nul, sizeof(nul) - 1, &r), 0);
	assert_int_equal(r.n, 1);
	for (int i = 0; i < 5000; i++)
		buf_str(&longer, "a;");
	buf_str(&longer, "\n" GOOD "\n");
	assert_int_equal(count(longer.p), 1);
	assert_int_equal(count(";;;;;\n;;;;;\n"), 0);
}

static void finds_by_name_and_alias(void **state)
{
	static const char text[] = GOOD "\n"
					"debian;trixie;amd64;default;20260102;/d/\n"
					"debian;trixie;arm64;default;20260102;/e/\n";
	struct image_ref ref = { (char *)"debian", (char *)"13", (char *)"arm64",
				 (char *)"default" };
	AUTO_REMOTES struct remote_images r = { 0 };
	AUTO_BUF struct buf near = { 0 };

	(void)state;
	assert_int_equal(index_parse(text, sizeof(text) - 1, &r), 0);
	assert_null(remote_find(&r, &ref));
	remote_suggest(&r, &ref, &near);
	assert_string_equal(near.p, "debian/trixie/arm64/default");
	assert_int_equal(str_set(&r.v[1].aliases, "debian/13/default,debian/13"), 0);
	assert_int_equal(str_set(&r.v[2].aliases, "debian/13/default,debian/13"), 0);
	assert_ptr_equal(remote_find(&r, &ref), &r.v[2]);
	ref.variant = (char *)"cloud";
	assert_null(remote_find(&r, &ref));
	ref.variant = (char *)"default";
	ref.release = (char *)"trixie";
	assert_ptr_equal(remote_find(&r, &ref), &r.v[2]);
	remote_sort(&r);
	assert_string_equal(r.v[2].ref.dist, "testos");
}

static void reads_sums(void **state)
{
	char hex[65];

	(void)state;
	assert_true(
		sums_find(A64 "  meta.tar.xz\n" B64 " *rootfs.tar.xz\r\n", "rootfs.tar.xz", hex));
	assert_string_equal(hex, B64);
	assert_true(sums_find(A64 "  x", "x", hex)); /* no newline at the end */
	assert_true(sums_find(A64 "  x\n" A64 "  x\n", "x", hex));
	assert_false(sums_find(A64 "  x\n" B64 "  x\n", "x", hex)); /* two opinions */
	assert_false(sums_find(A64 "  rootfs.tar.xz.asc\n", "rootfs.tar.xz", hex));
	assert_false(sums_find(A64 "  ./rootfs.tar.xz\n", "rootfs.tar.xz", hex));
	assert_false(sums_find("abc  x\n", "x", hex));
	assert_false(sums_find("\n\n", "x", hex));
	assert_false(sums_find("", "x", hex));
	assert_false(sums_find("zz" A64 "  x\n", "x", hex));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_good_lines), cmocka_unit_test(drops_bad_lines),
		cmocka_unit_test(survives_bytes),   cmocka_unit_test(finds_by_name_and_alias),
		cmocka_unit_test(reads_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
