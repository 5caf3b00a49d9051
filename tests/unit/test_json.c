/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/json.h"

static void values_and_commas(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	AUTO_STRV struct strv v = { 0 };
	struct json j = { .out = &out };

	(void)state;
	assert_int_equal(strv_split(&v, "x y", " "), 0);
	json_obj(&j, NULL);
	json_str(&j, "s", "text");
	json_str(&j, "none", NULL);
	json_u64(&j, "u", UINT64_MAX);
	json_i64(&j, "i", INT64_MIN);
	json_opt(&j, "o", UINT64_MAX);
	json_opt(&j, "p", 5);
	json_bool(&j, "t", true);
	json_bool(&j, "f", false);
	json_null(&j, "n");
	json_strv(&j, "v", &v);
	json_arr(&j, "a");
	json_obj(&j, NULL);
	json_end_obj(&j);
	json_arr(&j, NULL);
	json_u64(&j, NULL, 1);
	json_u64(&j, NULL, 2);
	json_end_arr(&j);
	json_end_arr(&j);
	json_bool(&j, "last", true);
	json_end_obj(&j);
	assert_string_equal(out.p, "{\"s\":\"text\",\"none\":null,\"u\":18446744073709551615,"
				   "\"i\":-9223372036854775808,\"o\":null,\"p\":5,\"t\":true,"
				   "\"f\":false,\"n\":null,\"v\":[\"x\",\"y\"],\"a\":[{},[1,2]],"
				   "\"last\":true}");
}

static void strings_are_safe(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1b\x1f\x7f", "\"\\u0001\\u001b\\u001f\\u007f\"" },
		{ "Grüße 😀", "\"Grüße 😀\"" },
		{ "\xc2\x9b", "\"\\u009b\"" },
		{ "\xe2\x80\xa8", "\"\\u2028\"" },
		{ "a\xff\xc0\x80z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"" },
		{ "\xf0\x9f\x98", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO_BUF struct buf out = { 0 };

		json_quote(&out, rows[i].in);
		assert_string_equal(out.p, rows[i].out);
	}
}

static void keys_are_escaped_too(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	(void)state;
	json_obj(&j, NULL);
	json_null(&j, "a\"b");
	json_end_obj(&j);
	assert_string_equal(out.p, "{\"a\\\"b\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_commas),
		cmocka_unit_test(strings_are_safe),
		cmocka_unit_test(keys_are_escaped_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
