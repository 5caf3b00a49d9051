/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of images, builds and paths on a server: what is taken, what is refused and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image/ref.h"

static void parses_names(void **state)
{
	struct image_ref r;
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(image_ref_parse("alpine/3.22", &r, &e), 0);
	assert_string_equal(r.dist, "alpine");
	assert_string_equal(r.release, "3.22");
	assert_string_equal(r.arch, image_host_arch());
	assert_string_equal(r.variant, "default");
	image_ref_done(&r);
	assert_int_equal(image_ref_parse("debian/trixie/arm64/cloud", &r, &e), 0);
	assert_string_equal(r.arch, "arm64");
	assert_string_equal(r.variant, "cloud");
	image_ref_done(&r);
}

static void refuses_names(void **state)
{
	static const char *const bad[] = {
		"",
		"debian",
		"/debian/12",
		"debian/12/",
		"debian//12",
		"a/b/c/d/e",
		"../etc",
		"a/..",
		"a/.b",
		"a/b c",
		"a/b\n",
		"a/b;c",
		"a/b/c:d",
		"-a/b",
		"a/b/\xc3\xa4",
		"a/%2e%2e",
		"a/1234567890123456789012345678901234567890123456789012345678901",
	};
	struct image_ref r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct zerr e = { 0 };

		assert_true(image_ref_parse(bad[i], &r, &e) < 0);
		assert_int_equal(e.status, ZERR_USAGE);
	}
}

static void checks_builds(void **state)
{
	(void)state;
	assert_true(image_build_ok("20260820_13:00"));
	assert_true(image_build_ok("20260820"));
	assert_false(image_build_ok("2026082_13:00"));
	assert_false(image_build_ok("20260820/.."));
	assert_false(image_build_ok("20260820 13"));
	assert_false(image_build_ok("latest"));
	assert_false(image_build_ok(NULL));
}

static void checks_paths(void **state)
{
	static const char *const good[] = {
		"images/alpine/3.22/amd64/default/20260820_13:00/rootfs.tar.xz", "a", "a+b/c~d/e@f"
	};
	static const char *const bad[] = { "",	      "/a",    "a/",   "a//b", "a/../b",
					   "..",      "a/./b", "a/.b", "a b",  "a?b",
					   "a#b",     "a%2fb", "a\\b", "a\nb", "http://h",
					   "a\x80/b", NULL };
	char deep[3001];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(image_path_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(image_path_ok(bad[i]));
	for (size_t i = 0; i < 3000; i++)
		deep[i] = i % 2 ? '/' : 'a';
	deep[2999] = 'a';
	deep[3000] = '\0';
	assert_false(image_path_ok(deep));
}

static void matches_filters(void **state)
{
	const struct image_ref r = { (char *)"a", (char *)"1", (char *)"amd64", (char *)"default" };
	const struct image_ref arch = { .arch = (char *)"amd64" };
	const struct image_ref other = { .arch = (char *)"arm64" };

	(void)state;
	assert_true(image_ref_match(&r, NULL));
	assert_true(image_ref_match(&r, &arch));
	assert_false(image_ref_match(&r, &other));
}

static void checks_arch(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(image_arch_check(image_host_arch(), &e), 0);
	assert_true(image_arch_check("vax", &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_true(image_arch_check("loongarch64", &e) < 0 ||
		    strcmp(image_host_arch(), "loongarch64") == 0);
	if (strcmp(image_host_arch(), "amd64") == 0) {
		assert_int_equal(image_arch_check("i386", &e), 0);
		assert_true(image_arch_check("x86_64", &e) < 0);
		assert_non_null(strstr(e.hint, "amd64"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_names),	   cmocka_unit_test(refuses_names),
		cmocka_unit_test(checks_builds),   cmocka_unit_test(checks_paths),
		cmocka_unit_test(matches_filters), cmocka_unit_test(checks_arch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
