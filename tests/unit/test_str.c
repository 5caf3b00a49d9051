/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/str.h"

static void buffers_grow(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "%03d,", i);
	buf_str(&b, "end");
	buf_char(&b, '!');
	buf_add(&b, "x\0y", 3);
	assert_false(b.failed);
	assert_int_equal(b.len, 4000 + 3 + 1 + 3);
	assert_int_equal(b.p[b.len], 0);
	assert_memory_equal(b.p + 3996, "999,end!x\0y", 11);
	assert_int_equal(strncmp(b.p, "000,001,", 8), 0);
}

static void a_buffer_remembers_that_memory_ran_out(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	buf_str(&b, "kept");
	buf_add(&b, "", SIZE_MAX / 2);
	assert_true(b.failed);
	buf_str(&b, "ignored");
	assert_string_equal(b.p, "kept");
}

static void vectors_keep_order_and_end(void **state)
{
	AUTO_STRV struct strv v = { 0 };

	(void)state;
	for (int i = 999; i >= 0; i--)
		assert_int_equal(strv_addf(&v, "%03d", i), 0);
	assert_int_equal(v.n, 1000);
	assert_null(v.v[1000]);
	assert_string_equal(v.v[0], "999");
	strv_sort(&v);
	assert_string_equal(v.v[0], "000");
	assert_string_equal(v.v[999], "999");
	assert_true(strv_has(&v, "500"));
	assert_false(strv_has(&v, "1000"));
}

static void split_drops_empty_words(void **state)
{
	AUTO_STRV struct strv v = { 0 };

	(void)state;
	assert_int_equal(strv_split(&v, ",, a,b c,,", ", "), 0);
	assert_int_equal(v.n, 3);
	assert_string_equal(v.v[2], "c");
	assert_int_equal(strv_split(&v, "", ","), 0);
	assert_int_equal(v.n, 3);
}

static void strings_compare(void **state)
{
	char *s = NULL;

	(void)state;
	assert_true(str_starts("abc", "ab"));
	assert_false(str_starts("a", "ab"));
	assert_true(str_ends("abc", "bc"));
	assert_false(str_ends("c", "bc"));
	assert_false(str_eq(NULL, NULL));
	assert_int_equal(str_set(&s, "one"), 0);
	assert_int_equal(str_set(&s, "two"), 0);
	assert_string_equal(s, "two");
	assert_int_equal(str_set(&s, NULL), 0);
	assert_null(s);
}

static void numbers_are_strict(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t n;
	} rows[] = {
		{ "0", 0, 0, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 7 },
		{ "99999999999999999999999", UINT64_MAX, -ERANGE, 7 },
		{ "99999999999999999999999x", UINT64_MAX, -EINVAL, 7 },
		{ "255", 255, 0, 255 },
		{ "256", 255, -ERANGE, 7 },
		{ "9", 5, -ERANGE, 7 },
		{ "007", 9, 0, 7 },
		{ "", 9, -EINVAL, 7 },
		{ " 1", 9, -EINVAL, 7 },
		{ "1 ", 9, -EINVAL, 7 },
		{ "+1", 9, -EINVAL, 7 },
		{ "-1", 9, -EINVAL, 7 },
		{ "0x1", 9, -EINVAL, 7 },
		{ "1.0", 9, -EINVAL, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t n = 7;

		assert_int_equal(parse_u64(rows[i].text, rows[i].max, &n), rows[i].r);
		assert_int_equal(n, rows[i].n);
	}
}

static void sizes_are_strict(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t n;
	} rows[] = {
		{ "0", 0, 0 },
		{ "1K", 0, 1024 },
		{ "3M", 0, 3 << 20 },
		{ "2G", 0, UINT64_C(2) << 30 },
		{ "1T", 0, UINT64_C(1) << 40 },
		{ "16777215T", 0, UINT64_C(16777215) << 40 },
		{ "16777216T", -ERANGE, 7 },
		{ "18446744073709551616", -ERANGE, 7 },
		{ "18446744073709551616X", -EINVAL, 7 },
		{ "", -EINVAL, 7 },
		{ "K", -EINVAL, 7 },
		{ "1k", -EINVAL, 7 },
		{ "1KB", -EINVAL, 7 },
		{ "1 K", -EINVAL, 7 },
		{ "1.5G", -EINVAL, 7 },
		{ "-1K", -EINVAL, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t n = 7;

		assert_int_equal(parse_size(rows[i].text, &n), rows[i].r);
		assert_int_equal(n, rows[i].n);
	}
}

static void truth_values(void **state)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };
	static const char *const bad[] = { "", "Yes", "y", "2", "true ", "-1" };
	bool b;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		b = false;
		assert_int_equal(parse_bool(yes[i], &b), 0);
		assert_true(b);
		assert_int_equal(parse_bool(no[i], &b), 0);
		assert_false(b);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parse_bool(bad[i], &b), -EINVAL);
}

static void sizes_and_times_for_people(void **state)
{
	char size[16], when[32];

	(void)state;
	assert_string_equal(format_size(0, size), "0 B");
	assert_string_equal(format_size(1023, size), "1023 B");
	assert_string_equal(format_size(1024, size), "1.0 KiB");
	assert_string_equal(format_size(1536, size), "1.5 KiB");
	assert_string_equal(format_size((1 << 20) - 1, size), "1023.9 KiB");
	assert_string_equal(format_size(UINT64_C(3) << 29, size), "1.5 GiB");
	assert_string_equal(format_size(UINT64_MAX, size), "15.9 EiB");
	assert_string_equal(format_time(0, when), "1970-01-01T00:00:00Z");
	assert_string_equal(format_time(951782400, when), "2000-02-29T00:00:00Z");
	assert_string_equal(format_time(INT64_MAX, when), "9999-12-31T23:59:59Z");
	assert_string_equal(format_time(INT64_MIN, when), "1970-01-01T00:00:00Z");
}

static void clocks_go_forward(void **state)
{
	const uint64_t boot = now_boot_ns();
	const int64_t ms = now_ms();

	(void)state;
	assert_true(now_seconds() > 1600000000);
	assert_true(now_boot_ns() >= boot && boot > 0);
	assert_true(now_ms() >= ms && ms > 0);
}

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void zone_names(void **state)
{
	static const char *const good[] = { "a", "0", "web", "web-1", "a--b", X63 };
	static const char *const bad[] = { "",	  "-a", "a-",  "A", "a.b", "a_b", "a b",
					   "a/b", "..", "a\n", X64, "ü",   "*" };
	struct zerr e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(name_check_zone(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(name_check_zone(bad[i], &e), -EINVAL);
		assert_int_equal(e.status, ZERR_USAGE);
		assert_true(e.hint[0]);
	}
	assert_int_equal(name_check_zone("we\033[1mb", &e), -EINVAL);
	assert_string_equal(e.msg, "'we?[1mb' is not a zone name");
}

static void snapshot_names(void **state)
{
	static const char *const good[] = { "a", "A", "0", "snap0", "a.b_c-", "all", X63 };
	static const char *const bad[] = { "", ".a", "_a", "-a", "ALL", "a/b", "..", "a b", X64 };
	struct zerr e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(name_check_snapshot(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(name_check_snapshot(bad[i], &e), -EINVAL);
		assert_int_equal(e.status, ZERR_USAGE);
	}
}

static void distances(void **state)
{
	static const char *const verbs[] = { "create", "destroy", "start", "stop", "ls", NULL };

	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("abc", ""), 3);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("start", "strat"), 2);
	assert_string_equal(str_nearest("strat", verbs), "start");
	assert_string_equal(str_nearest("crate", verbs), "create");
	assert_string_equal(str_nearest("destr", verbs), "destroy");
	assert_string_equal(str_nearest("stop", verbs), "stop");
	assert_null(str_nearest("frobnicate", verbs));
	assert_null(str_nearest("rm", verbs)); /* two of two letters differ */
	assert_null(str_nearest("", verbs));
}

static void lists_of_processors(void **st)
{
	(void)st;
	assert_true(cpulist_has("0-3,8", 0));
	assert_true(cpulist_has("0-3,8", 3));
	assert_true(cpulist_has("0-3,8", 8));
	assert_false(cpulist_has("0-3,8", 4));
	assert_true(cpulist_has("7", 7));
	assert_false(cpulist_has("", 0));
	assert_false(cpulist_has("\n", 0));
	assert_false(cpulist_has("x", 0));
	assert_false(cpulist_has("1,", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_processors),
		cmocka_unit_test(buffers_grow),
		cmocka_unit_test(a_buffer_remembers_that_memory_ran_out),
		cmocka_unit_test(vectors_keep_order_and_end),
		cmocka_unit_test(split_drops_empty_words),
		cmocka_unit_test(strings_compare),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(sizes_are_strict),
		cmocka_unit_test(truth_values),
		cmocka_unit_test(sizes_and_times_for_people),
		cmocka_unit_test(clocks_go_forward),
		cmocka_unit_test(zone_names),
		cmocka_unit_test(snapshot_names),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
