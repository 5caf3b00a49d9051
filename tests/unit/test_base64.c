/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/base64.h, and the values of credential.ID that are written with it. */
#include "unit.h"

#include "base/base64.h"
#include "conf/conf.h"

static const struct {
	const char *text, *data;
} vectors[] = { /* RFC 4648, 10 */
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" }
};

static void vectors_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		AUTO_BUF struct buf text = { 0 }, data = { 0 };

		base64_encode(vectors[i].data, strlen(vectors[i].data), &text);
		assert_string_equal(text.p ? text.p : "", vectors[i].text);
		assert_int_equal(base64_decode(vectors[i].text, &data), 0);
		assert_string_equal(data.p ? data.p : "", vectors[i].data);
	}
}

static void every_byte_survives(void **state)
{
	unsigned char all[256];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (unsigned char)(255 - i);
	for (size_t len = 0; len <= 256; len++) {
		AUTO_BUF struct buf text = { 0 }, data = { 0 };

		base64_encode(all, len, &text);
		assert_int_equal(base64_decode(text.p ? text.p : "", &data), 0);
		assert_int_equal(data.len, len);
		if (len)
			assert_memory_equal(data.p, all, len);
	}
}

static void what_is_not_whole_is_refused(void **state)
{
	static const char *const bad[] = { "Z",	       "Zg",   "Zg=",	 "Zh==", "Zm9=", "====",
					   "Zg==Zg==", "Z g=", "Zm9v\n", "Zm-_", "=Zg=", "Zg=a" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_BUF struct buf data = { 0 };

		assert_int_equal(base64_decode(bad[i], &data), -EINVAL);
	}
}

static void text_stays_text(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *value;
	} rows[] = {
		{ "secret", 6, "secret" },    { "", 0, "" },
		{ "a b\tc", 5, "a b\tc" },    { "line\n", 5, "base64:bGluZQo=" },
		{ "a\0b", 3, "base64:YQBi" }, { "base64:", 7, "base64:YmFzZTY0Og==" },
		{ "\xff", 1, "base64:/w==" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF struct buf value = { 0 }, data = { 0 };

		assert_int_equal(conf_credential_text(rows[i].data, rows[i].len, &value), 0);
		assert_string_equal(value.p ? value.p : "", rows[i].value);
		assert_int_equal(conf_credential(rows[i].value, &data), 0);
		assert_int_equal(data.len, rows[i].len);
		if (data.len)
			assert_memory_equal(data.p, rows[i].data, data.len);
	}
}

static void a_file_can_have_credentials(void **state)
{
	static const char *const bad[] = {
		"credential { x = \"base64:Zh==\" }",
		"credential { a/b = \"x\" }",
		"credential { .hidden = \"x\" }",
	};
	AUTO_SPEC struct zone_spec s;
	struct zerr e = { 0 };

	(void)state;
	spec_init(&s);
	assert_int_equal(conf_parse(&s,
				    "credential { ssh.authorized_keys.root = \"base64:Zg==\" }\n"
				    "credential.other = 'a$b'\n",
				    "f", &e),
			 0);
	assert_string_equal(pairs_get(&s.credentials, "ssh.authorized_keys.root"), "base64:Zg==");
	assert_string_equal(pairs_get(&s.credentials, "other"), "a$b");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_SPEC struct zone_spec t;

		spec_init(&t);
		assert_true(conf_parse(&t, bad[i], "f", &e) < 0);
		assert_int_equal(e.status, ZERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_go_both_ways),
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(what_is_not_whole_is_refused),
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(a_file_can_have_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
