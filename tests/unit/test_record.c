/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/record.h"

static void set_get_unset(void **state)
{
	AUTO_RECORD struct record r = { 0 };

	(void)state;
	assert_int_equal(record_set(&r, "a", "1"), 0);
	assert_int_equal(record_setf(&r, "b", "%d", 2), 0);
	assert_int_equal(record_set(&r, "c", "b"), 0);
	assert_int_equal(record_set(&r, "a", "one"), 0);
	assert_int_equal(r.kv.n, 6);
	assert_string_equal(record_get(&r, "a"), "one");
	assert_int_equal(record_u64(&r, "b", 9), 2);
	assert_int_equal(record_u64(&r, "a", 9), 9);
	assert_int_equal(record_u64(&r, "none", 9), 9);
	record_unset(&r, "b"); /* which is also a value */
	assert_null(record_get(&r, "b"));
	assert_string_equal(record_get(&r, "c"), "b");
	record_unset(&r, "none");
	assert_int_equal(r.kv.n, 4);
	assert_null(r.kv.v[4]);
	for (int i = 0; i < 50; i++)
		assert_int_equal(record_setf(&r, i % 2 ? "odd" : "even", "%d", i), 0);
	assert_int_equal(r.kv.n, 8);
}

static void keys_that_would_not_parse_are_refused(void **state)
{
	static const char *const bad[] = { "", "a=b", "a b", "a\nb", "format", "ü", "\x7f" };
	AUTO_RECORD struct record r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(record_set(&r, bad[i], "x"), -EINVAL);
	assert_int_equal(r.kv.n, 0);
}

static void any_text_comes_back(void **state)
{
	static const char *const texts[] = { "",    "=",    "a=b",	"\n",
					     "\\",  "\\n",  "\\x41",	"\x01\x1b\x7f",
					     "ü€😀", "\xff", " spaces ", "two\nlines\\" };
	const int dir = tmpdir_fd(state);
	AUTO_RECORD struct record in = { 0 }, out = { 0 };
	struct zerr e = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%zu", i);
		assert_int_equal(record_set(&in, key, texts[i]), 0);
	}
	assert_int_equal(record_save(&in, dir, "rec", 3, true, &e), 0);
	assert_int_equal(record_load(&out, dir, "rec", 3, &e), 0);
	assert_int_equal(out.kv.n, in.kv.n);
	for (size_t i = 0; i < in.kv.n; i++)
		assert_string_equal(out.kv.v[i], in.kv.v[i]);
	assert_int_equal(record_load(&out, dir, "rec", 3, &e), 0); /* replaces, leaks nothing */
	assert_int_equal(out.kv.n, in.kv.n);
}

static void damage_is_noticed(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"a=1\n",
		"format=1",
		"format=\n",
		"format=0\n",
		"format=x\n",
		"format=-1\n",
		"format=99999999999999999999\n",
		" format=1\n",
		"format=1\na=1", /* cut */
		"format=1\na\n",
		"format=1\n\n",
		"format=1\n=1\n",
		"format=1\na b=1\n",
		"format=1\na=\\\n",
		"format=1\na=\\q\n",
		"format=1\na=\\x4\n",
		"format=1\na=\\x4G\n",
		"format=1\na=\\x00\n",
		"format=1\na=\x1b\n",
		"format=1\na=\t\n",
		"format=1\na=1\nb=1\na=2\n",
		"format=1\nformat=1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		AUTO_RECORD struct record r = { 0 };
		struct zerr e = { 0 };

		assert_int_equal(record_set(&r, "kept", "1"), 0);
		assert_int_equal(record_parse(&r, bad[i], 1, "file", &e), -EPROTO);
		assert_int_equal(strncmp(e.msg, "file: ", 6), 0);
		assert_string_equal(record_get(&r, "kept"), "1");
	}
}

static void newer_formats_are_refused_and_older_read(void **state)
{
	AUTO_RECORD struct record r = { 0 };
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(record_parse(&r, "format=3\nwhat ever", 2, "f", &e), -ENOTSUP);
	assert_string_equal(e.msg, "f: format 3 is newer than this program");
	assert_int_equal(record_parse(&r, "format=1\na=1\n", 2, "f", &e), 0);
	assert_string_equal(record_get(&r, "a"), "1");
	assert_int_equal(record_parse(&r, "format=2\n", 2, "f", &e), 0);
	assert_int_equal(r.kv.n, 0);
}

static void files_that_are_no_records(void **state)
{
	const int dir = tmpdir_fd(state);
	AUTO_RECORD struct record r = { 0 };
	struct zerr e = { 0 };

	assert_int_equal(record_set(&r, "a", "1"), 0);
	assert_int_equal(record_load(&r, dir, "none", 1, &e), -ENOENT);
	assert_int_equal(r.kv.n, 0);
	assert_int_equal(e.code, 0);
	assert_int_equal(fs_write(dir, "zero", "format=1\na=1\0\n", 15, 0600, false, &e), 0);
	assert_int_equal(record_load(&r, dir, "zero", 1, &e), -EPROTO);
	assert_int_equal(symlinkat("zero", dir, "link"), 0);
	assert_int_equal(record_load(&r, dir, "link", 1, &e), -ELOOP);
	assert_int_equal(record_set(&r, "a", "1"), 0);
	assert_int_equal(record_save(&r, dir, "rec", 1, false, &e), 0);
	assert_int_equal(record_load(&r, dir, "rec", 1, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_get_unset),
		cmocka_unit_test(keys_that_would_not_parse_are_refused),
		with_tmpdir(any_text_comes_back),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(newer_formats_are_refused_and_older_read),
		with_tmpdir(files_that_are_no_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
