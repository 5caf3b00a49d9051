/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The escape key of the console: how it is named, and what it does to what is typed. */
#include "unit.h"

#include "cmd/escape.h"

enum { CTRL_A = 1 };

/* What is sent when @pieces are typed, one read after the other; "LEFT" is appended on leaving. */
static const char *typed(int key, const char *const *pieces, struct buf *out)
{
	struct escape x = { .key = key };

	buf_done(out);
	buf_str(out, "");
	for (; *pieces; pieces++) {
		if (escape_feed(&x, *pieces, strlen(*pieces), out)) {
			buf_str(out, "LEFT");
			break;
		}
	}
	return out->p;
}

#define TYPED(key, ...) typed(key, (const char *const[]){ __VA_ARGS__, NULL }, &out)

static void plain_text_passes(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	assert_string_equal(TYPED(CTRL_A, "ls -l\r", "q"), "ls -l\rq");
}

static void key_and_q_leave(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	assert_string_equal(TYPED(CTRL_A, "ab\x01qcd"), "abLEFT");
	assert_string_equal(TYPED(CTRL_A, "ab\x01", "q"), "abLEFT");
}

static void key_twice_sends_one(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	assert_string_equal(TYPED(CTRL_A, "\x01\x01"), "\x01");
	assert_string_equal(TYPED(CTRL_A, "\x01\x01q"), "\x01q");
	assert_string_equal(TYPED(CTRL_A, "\x01\x01\x01", "q"), "\x01LEFT");
}

static void key_and_another_send_both(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	assert_string_equal(TYPED(CTRL_A, "\x01", "x"), "\x01x");
}

static void another_key_or_none(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	assert_string_equal(TYPED('t' & 0x1f, "\x01q\x14q"), "\x01qLEFT");
	assert_string_equal(TYPED(-1, "\x01q\xff"), "\x01q\xff");
}

static int parsed(const char *text)
{
	struct zerr e = { 0 };
	int key = -2;
	const int r = escape_parse(text, &key, &e);

	assert_true(r == 0 || (e.status == ZERR_USAGE && key == -2));
	return key;
}

static void keys_are_parsed(void **state)
{
	char name[8];

	(void)state;
	assert_int_equal(parsed("^a"), 1);
	assert_int_equal(parsed("a"), 1);
	assert_int_equal(parsed("A"), 1);
	assert_int_equal(parsed("\x01"), 1);
	assert_int_equal(parsed("^]"), 0x1d);
	assert_int_equal(parsed("none"), -1);
	assert_string_equal(escape_name(1, name), "Ctrl-a");
	assert_string_equal(escape_name(0x1d, name), "Ctrl-]");
}

static void other_keys_are_refused(void **state)
{
	static const char *const bad[] = { "", "^", "1", "ab", "^1", "^aa", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parsed(bad[i]), -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_passes),
		cmocka_unit_test(key_and_q_leave),
		cmocka_unit_test(key_twice_sends_one),
		cmocka_unit_test(key_and_another_send_both),
		cmocka_unit_test(another_key_or_none),
		cmocka_unit_test(keys_are_parsed),
		cmocka_unit_test(other_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
