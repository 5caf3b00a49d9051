/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/err.h"
#include "base/utf8.h"

static void layers_read_from_outside_to_the_cause(void **state)
{
	struct zerr e = { 0 };
	int r;

	(void)state;
	r = zerr_code(&e, ENOSPC, "write %s", "record");
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(zerr_in(&e, r, "start %s", "web"), -ENOSPC);
	assert_string_equal(e.msg, "start web: write record: No space left on device");
	assert_int_equal(e.code, ENOSPC);
	assert_int_equal(e.status, ZERR_FAILED);
}

static void success_changes_nothing(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(zerr_in(&e, 3, "prefix"), 3);
	assert_int_equal(zerr_hint(&e, 0, "hint"), 0);
	assert_int_equal(e.code, 0);
	assert_string_equal(e.msg, "");
	assert_string_equal(e.hint, "");
}

static void context_without_message_is_the_errno(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	assert_int_equal(zerr_in(&e, -EACCES, "open it"), -EACCES);
	assert_string_equal(e.msg, "open it: Permission denied");
	assert_int_equal(e.code, EACCES);
}

static void statuses_have_an_errno_of_their_own(void **state)
{
	static const struct {
		enum zerr_status status;
		int code;
	} rows[] = {
		{ ZERR_FAILED, EIO },	{ ZERR_USAGE, EINVAL }, { ZERR_MISSING, ENOENT },
		{ ZERR_STATE, EEXIST }, { ZERR_PERM, EPERM },	{ ZERR_BUSY, EWOULDBLOCK },
		{ ZERR_HOST, ENOTSUP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zerr e = { 0 };

		assert_int_equal(zerr_as(&e, rows[i].status, "x"), -rows[i].code);
		assert_int_equal(e.status, rows[i].status);
		assert_int_equal(e.code, rows[i].code);
	}
}

static void first_hint_stays_and_a_new_error_drops_it(void **state)
{
	struct zerr e = { 0 };
	const int r = zerr_set(&e, EIO, "a");

	(void)state;
	zerr_hint(&e, r, "try %d", 1);
	zerr_hint(&e, r, "try %d", 2);
	assert_string_equal(e.hint, "try 1");
	zerr_in(&e, r, "b");
	assert_string_equal(e.hint, "try 1");
	zerr_set(&e, EIO, "c");
	assert_string_equal(e.hint, "");
}

static void arguments_may_be_the_message_itself(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	zerr_set(&e, EIO, "inner");
	zerr_set(&e, EINVAL, "outer (%s)", e.msg);
	assert_string_equal(e.msg, "outer (inner)");
}

static void no_error_struct_is_fine(void **state)
{
	(void)state;
	assert_int_equal(zerr_set(NULL, EIO, "x"), -EIO);
	assert_int_equal(zerr_code(NULL, EIO, "x"), -EIO);
	assert_int_equal(zerr_as(NULL, ZERR_USAGE, "x"), -EINVAL);
	assert_int_equal(zerr_in(NULL, -EIO, "x"), -EIO);
	assert_int_equal(zerr_hint(NULL, -EIO, "x"), -EIO);
}

static void long_texts_are_cut_between_characters(void **state)
{
	char text[4096];
	struct zerr e = { 0 };

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'a', sizeof(text));
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "€", 3);
		text[sizeof(text) - 1] = '\0';
		zerr_set(&e, EIO, "%s", text);
		assert_in_range(strlen(e.msg), sizeof(e.msg) - 4, sizeof(e.msg) - 1);
		assert_null(strchr(e.msg, '?'));
		zerr_code(&e, ENOENT, "%s", text); /* what is cut is the front part */
		assert_true(strlen(e.msg) < sizeof(e.msg));
		assert_non_null(strstr(e.msg, ": No such file or directory"));
		assert_int_equal(zerr_in(&e, -ENOENT, "%s", text), -ENOENT);
		assert_true(strlen(e.msg) < sizeof(e.msg));
	}
}

static void control_characters_never_reach_a_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\033[31mb\n\tc\x7f", "a?[31mb??c?" },
		{ "Grüße, €, 😀", "Grüße, €, 😀" },
		{ "C1 \xc2\x9b"
		  "31m",
		  "C1 ?31m" },
		{ "raw \x9b"
		  "31m",
		  "raw ?31m" },
		{ "cut \xe2\x82", "cut ??" },
		{ "overlong \xc0\x9b \xe0\x80\x9b", "overlong ?? ???" },
		{ "surrogate \xed\xa0\x80", "surrogate ???" },
		{ "too high \xf4\x90\x80\x80", "too high ????" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct zerr e = { 0 };
		char text[64];

		(void)snprintf(text, sizeof(text), "%s", rows[i].in);
		zerr_clean(text);
		assert_string_equal(text, rows[i].out);
		zerr_set(&e, EIO, "%s", rows[i].in);
		assert_string_equal(e.msg, rows[i].out);
	}
}

static void utf8_is_cut_at_characters_only(void **state)
{
	uint32_t code = 0;

	(void)state;
	assert_int_equal(utf8_char("€", &code), 3);
	assert_int_equal(code, 0x20ac);
	assert_int_equal(utf8_char("", NULL), 0);
	assert_int_equal(utf8_cut("a€b", 0), 0);
	assert_int_equal(utf8_cut("a€b", 1), 1);
	assert_int_equal(utf8_cut("a€b", 2), 1);
	assert_int_equal(utf8_cut("a€b", 3), 1);
	assert_int_equal(utf8_cut("a€b", 4), 4);
	assert_int_equal(utf8_cut("a€b", 99), 5);
	assert_int_equal(utf8_cut("€", 2), 0);
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 6), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_read_from_outside_to_the_cause),
		cmocka_unit_test(success_changes_nothing),
		cmocka_unit_test(context_without_message_is_the_errno),
		cmocka_unit_test(statuses_have_an_errno_of_their_own),
		cmocka_unit_test(first_hint_stays_and_a_new_error_drops_it),
		cmocka_unit_test(arguments_may_be_the_message_itself),
		cmocka_unit_test(no_error_struct_is_fine),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(control_characters_never_reach_a_terminal),
		cmocka_unit_test(utf8_is_cut_at_characters_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
