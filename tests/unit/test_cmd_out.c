/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Columns, and what is let through to a terminal. */
#include "unit.h"

#include "cmd/each.h"
#include "cmd/out.h"

static const char *const heads[] = { "NAME", "STATE", "IPV4" };

static void fill(struct out_table *t, const char *const *cells)
{
	for (; *cells; cells++)
		out_cell(t, *cells);
}

#define FILL(t, ...) fill(t, (const char *const[]){ __VA_ARGS__, NULL })

static void columns_are_aligned(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 3 };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	FILL(&t, "a", "RUNNING", "10.0.0.1", "long-name", "STOPPED", "");
	out_table(&t, &out);
	assert_string_equal(out.p, "NAME      STATE   IPV4\n"
				   "a         RUNNING 10.0.0.1\n"
				   "long-name STOPPED -\n");
}

static void a_table_without_rows_is_nothing(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 3 };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	out_table(&t, &out);
	assert_int_equal(out.len, 0);
}

static void width_is_counted_in_characters(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 2 };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	FILL(&t, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4", "x", "abcde", "y");
	out_table(&t, &out);
	assert_string_equal(out.p, "NAME  STATE\n"
				   "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4 x\n"
				   "abcde y\n");
}

static void colour_does_not_count(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 3, .colour = true };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	FILL(&t, "a", "DOWN", "x");
	out_table(&t, &out);
	assert_string_equal(out.p, "NAME STATE IPV4\n"
				   "a    \033[31mDOWN\033[0m  x\n");
}

static void cells_are_cleaned(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 1 };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	out_cell(&t, "a\033[2J\nb");
	out_cell_fmt(&t, "%s", "\a");
	out_table(&t, &out);
	assert_string_equal(out.p, "NAME\na?[2J?b\n?\n");
}

static void lists_are_joined(void **state)
{
	AUTO_TABLE struct out_table t = { .heads = heads, .columns = 3 };
	AUTO_STRV struct strv v = { 0 };

	(void)state;
	out_cell_strv(&t, &v, ", ");
	assert_int_equal(strv_add(&v, "a"), 0);
	assert_int_equal(strv_add(&v, "b"), 0);
	out_cell_strv(&t, &v, ", ");
	out_cell_strv(&t, &v, ",");
	assert_string_equal(t.cells.v[0], "-");
	assert_string_equal(t.cells.v[1], "a, b");
	assert_string_equal(t.cells.v[2], "a,b");
}

static void names_fill_columns_downwards(void **state)
{
	AUTO_STRV struct strv v = { 0 };
	AUTO_BUF struct buf wide = { 0 }, narrow = { 0 }, none = { 0 };

	(void)state;
	assert_int_equal(strv_split(&v, "a bb ccc d e", " "), 0);
	out_names(&v, 10, &wide); /* two columns of 3 and their gap fit */
	assert_string_equal(wide.p, "a    d\nbb   e\nccc\n");
	out_names(&v, 0, &narrow);
	assert_string_equal(narrow.p, "a\nbb\nccc\nd\ne\n");
	v.n = 0;
	out_names(&v, 80, &none);
	assert_int_equal(none.len, 0);
	v.n = 5;
}

static void logs_lose_escape_sequences(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain\r\nlines\n", "plain\nlines\n" },
		{ "\033[1;32mok\033[0m done", "ok done" },
		{ "\033]0;title\aa\033]0;title\033\\b", "ab" },
		{ "\033Pq#0\033\\x\033(By\033=z", "xyz" },
		{ "\033]never ends\nnext", "\nnext" },
		{ "a\tb\001c", "a b?c" },
		{ "cut \033[3", "cut " },
		{ "cut \033", "cut " },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF struct buf out = { 0 };

		out_log(&out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(out.p ? out.p : "", rows[i].out);
	}
}

static void a_log_may_hold_anything(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	char all[512];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i * 167 % 256);
	out_log(&out, all, sizeof(all));
	for (size_t i = 0; i < out.len; i++)
		assert_true((unsigned char)out.p[i] >= ' ' || out.p[i] == '\n');
}

static void values_have_their_type_in_json(void **state)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	(void)state;
	json_obj(&j, NULL);
	out_json_auto(&j, "n", "2147483648");
	out_json_auto(&j, "b", "true");
	out_json_auto(&j, "s", "1.5");
	out_json_auto(&j, "z", NULL);
	out_json_time(&j, "t", 1700000000);
	out_json_time(&j, "u", 0);
	json_end_obj(&j);
	assert_string_equal(out.p, "{\"n\":2147483648,\"b\":true,\"s\":\"1.5\",\"z\":null,"
				   "\"t\":\"2023-11-14T22:13:20Z\",\"u\":null}");
}

static void statuses_combine(void **state)
{
	(void)state;
	assert_int_equal(status_combine(0, 0), 0);
	assert_int_equal(status_combine(0, 3), 3);
	assert_int_equal(status_combine(3, 0), 3);
	assert_int_equal(status_combine(3, 3), 3);
	assert_int_equal(status_combine(3, 4), 1);
	assert_int_equal(status_combine(status_combine(3, 4), 3), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(a_table_without_rows_is_nothing),
		cmocka_unit_test(width_is_counted_in_characters),
		cmocka_unit_test(colour_does_not_count),
		cmocka_unit_test(cells_are_cleaned),
		cmocka_unit_test(lists_are_joined),
		cmocka_unit_test(names_fill_columns_downwards),
		cmocka_unit_test(logs_lose_escape_sequences),
		cmocka_unit_test(a_log_may_hold_anything),
		cmocka_unit_test(values_have_their_type_in_json),
		cmocka_unit_test(statuses_combine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
