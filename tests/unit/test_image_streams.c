/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simplestreams: the newest complete build of each product, and nothing that a hostile server says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "image/remote.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ITEM(path) \
	"{\"ftype\":\"root.tar.xz\",\"sha256\":\"" SHA "\",\"size\":10,\"path\":\"" path "\"}"
#define VERSION(path) "{\"items\":{\"root.tar.xz\":" ITEM(path) "}}"
#define PRODUCT(versions) \
	"{\"aliases\":\"t/one,t\",\"requirements\":{},\"versions\":{" versions "}}"
#define FILE_OF(products) "{\"format\":\"products:1.0\",\"products\":{" products "}}\n"

static int parse(const char *text, struct remote_images *r)
{
	struct zerr e = { 0 };
	const int n = streams_products(text, strlen(text), r, &e);

	assert_true(n == 0 || (n == -e.code && e.msg[0]));
	return n;
}

static size_t count(const char *text)
{
	AUTO_REMOTES struct remote_images r = { 0 };

	assert_int_equal(parse(text, &r), 0);
	return r.n;
}

static void reads_the_index(void **state)
{
	static const char text[] =
		"{\"index\":{\"images\":{\"datatype\":\"image-downloads\",\"path\":\"streams/v1/"
		"images."
		"json\",\"products\":[\"a\"]},\"other\":{\"datatype\":\"image-ids\",\"path\":\"x\"}"
		","
		"\"evil\":{\"datatype\":\"image-downloads\",\"path\":\"../../etc/"
		"passwd\"},\"twice\":{"
		"\"datatype\":\"image-downloads\",\"path\":\"streams/v1/images.json\"},\"odd\":7}}";
	AUTO_STRV struct strv paths = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(streams_index(text, sizeof(text) - 1, &paths, &e), 0);
	assert_int_equal(paths.n, 1);
	assert_string_equal(paths.v[0], "streams/v1/images.json");
	assert_true(streams_index("<html>", 6, &paths, &e) < 0);
	assert_true(streams_index("[]", 2, &paths, &e) < 0);
	assert_true(streams_index("", 0, &paths, &e) < 0);
}

#define BUILD(name) "\"" name "\":" VERSION("i/" name "/rootfs.tar.xz")
#define OTHER(name) "\"" name "\":{\"items\":{\"disk.qcow2\":{}}}"
#define NEEDS	    "\"requirements\":{\"cgroup\":\"v1\",\"secureboot\":\"false\",\"x\":3}"

static void takes_the_newest(void **state)
{
	static const char text[] = FILE_OF(
		"\"t:1:amd64:default\":{\"aliases\":\"t/one\"," NEEDS
		",\"versions\":{" BUILD("20260101_00:00") "," BUILD("20260301_00:00") "," OTHER(
			"20260401_00:00") "," BUILD("latest") "}}");
	AUTO_REMOTES struct remote_images r = { 0 };

	(void)state;
	assert_int_equal(parse(text, &r), 0);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.v[0].build, "20260301_00:00");
	assert_string_equal(r.v[0].path, "i/20260301_00:00");
	assert_string_equal(r.v[0].file, "rootfs.tar.xz");
	assert_string_equal(r.v[0].sha256, SHA);
	assert_string_equal(r.v[0].requirements, "cgroup=v1,secureboot=false");
	assert_string_equal(r.v[0].aliases, "t/one");
	assert_int_equal(r.v[0].size, 10);
}

static void drops_what_is_odd(void **state)
{
	static const char *const odd[] = {
		"\"t:1:amd64\":" PRODUCT("\"20260101\":" VERSION("a/b")),
		"\"t:1:amd64:default:x\":" PRODUCT("\"20260101\":" VERSION("a/b")),
		"\"t:..:amd64:default\":" PRODUCT("\"20260101\":" VERSION("a/b")),
		"\"t:1/2:amd64:default\":" PRODUCT("\"20260101\":" VERSION("a/b")),
		"\"t:1:amd64:default\":" PRODUCT("\"2026/..\":" VERSION("a/b")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":" VERSION("../b")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":" VERSION("/a/b")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":" VERSION("b")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":" VERSION("a/b\\u0000c")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":" VERSION("http://h/b")),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":{\"items\":[]}"),
		"\"t:1:amd64:default\":" PRODUCT("\"20260101\":7"),
		"\"t:1:amd64:default\":{\"versions\":[]}",
		"\"t:1:amd64:default\":null",
		"\"t:1:amd64:default\":" PRODUCT(
			"\"20260101\":{\"items\":{\"root.tar.xz\":{\"sha256\":\"" SHA
			"\",\"size\":-1,\"path\":\"a/b\"}}}"),
		"\"t:1:amd64:default\":" PRODUCT(
			"\"20260101\":{\"items\":{\"root.tar.xz\":{\"sha256\":\"" SHA
			"\",\"size\":\"9\",\"path\":\"a/b\"}}}"),
		"\"t:1:amd64:default\":" PRODUCT(
			"\"20260101\":{\"items\":{\"root.tar.xz\":{\"sha256\":\"0\",\"size\":9,"
			"\"path\":\"a/b\"}}}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		AUTO_BUF struct buf b = { 0 };

		buf_fmt(&b,
			FILE_OF("%s,\"good:1:amd64:default\":" PRODUCT(
				"\"20260101\":" VERSION("a/b"))),
			odd[i]);
		if (count(b.p) != 1)
			fail_msg("product %zu was taken: %s", i, odd[i]);
	}
}

static void refuses_other_files(void **state)
{
	static const char *const bad[] = { "",
					   "{",
					   "[]",
					   "7",
					   "null",
					   "<html></html>",
					   "{}",
					   "{\"format\":\"products:9\",\"products\":{}}",
					   "{\"format\":\"products:1.0\",\"products\":{}} x" };
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_REMOTES struct remote_images r = { 0 };

		if (parse(bad[i], &r) == 0)
			fail_msg("taken: %s", bad[i]);
	}
	for (int i = 0; i < 100; i++) /* too deep */
		buf_str(&b, "{\"a\":");
	{
		AUTO_REMOTES struct remote_images r = { 0 };

		assert_true(parse(b.p, &r) < 0);
	}
	assert_int_equal(count(FILE_OF("")), 0);
}

/* Small text, large memory: refused before anything is built from it. */
static void bounds_memory(void **state)
{
	AUTO_REMOTES struct remote_images r = { 0 };
	const size_t n = 5000000;
	char *text = malloc(2 * n + 1);
	struct zerr e = { 0 };

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 2 * i, "0,", 2);
	text[0] = '[';
	assert_int_equal(streams_products(text, 2 * n, &r, &e), -EFBIG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_index),   cmocka_unit_test(takes_the_newest),
		cmocka_unit_test(drops_what_is_odd), cmocka_unit_test(refuses_other_files),
		cmocka_unit_test(bounds_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
