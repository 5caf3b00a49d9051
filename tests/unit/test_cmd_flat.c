/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of the events file. */
#include "unit.h"

#include "cmd/flat.h"

static void members_are_found(void **state)
{
	AUTO_STRV struct strv p = { 0 };

	(void)state;
	assert_int_equal(
		flat_parse("{\"time\": \"2026\",\"zone\":\"web\", \"pid\":12,\"x\":null}", &p), 0);
	assert_int_equal(p.n, 8);
	assert_string_equal(flat_get(&p, "time"), "2026");
	assert_string_equal(flat_get(&p, "zone"), "web");
	assert_string_equal(flat_get(&p, "pid"), "12");
	assert_string_equal(flat_get(&p, "x"), "null");
	assert_null(flat_get(&p, "web"));
}

static void an_empty_object_is_one(void **state)
{
	AUTO_STRV struct strv p = { 0 };

	(void)state;
	assert_int_equal(flat_parse("{}", &p), 0);
	assert_int_equal(p.n, 0);
}

static void escapes_of_control_characters_stay(void **state)
{
	AUTO_STRV struct strv p = { 0 };

	(void)state;
	assert_int_equal(flat_parse("{\"a\":\"x\\\"y\\\\z\\u001b[2J\\n\"}", &p), 0);
	assert_string_equal(flat_get(&p, "a"), "x\"y\\z\\u001b[2J\\n");
}

static void other_lines_are_refused(void **state)
{
	static const char *const bad[] = { "",
					   "x",
					   "{",
					   "[1]",
					   "{\"a\"}",
					   "{\"a\":}",
					   "{\"a\":\"b",
					   "{\"a\":\"b\\",
					   "{\"a\":\"b\"",
					   "{\"a\":{}}",
					   "{\"a\":[1]}",
					   "{\"time\":\"2026-01-01T00:0" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_STRV struct strv p = { 0 };

		assert_int_equal(flat_parse(bad[i], &p), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(an_empty_object_is_one),
		cmocka_unit_test(escapes_of_control_characters_stay),
		cmocka_unit_test(other_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
