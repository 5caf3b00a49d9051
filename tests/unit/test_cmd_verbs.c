/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of verbs and options: complete, free of contradictions, and found by every name. */
#include "unit.h"

#include "cmd/verbs.h"

static bool last(const struct opt *o)
{
	return !o->letter && !o->name;
}

static void every_verb_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; verbs[i]; i++) {
		const struct verb *v = verbs[i];

		assert_true(v->name && v->args && v->help && *v->help);
		assert_true(v->run || v->each);
		assert_true(!v->opts == !v->opts_size);
		assert_true(!v->defaults || v->opts);
		if (v->flags & VERB_NAMES)
			assert_int_equal(v->max_args, -1);
		if (i > 0) /* help prints a title where the group changes */
			assert_true(v->group >= verbs[i - 1]->group);
	}
}

/* Among @a, and between @a and @b, no letter or name comes twice. */
static void assert_no_clash(const char *verb, const struct opt *a, const struct opt *b)
{
	for (; a && !last(a); a++) {
		assert_true(a->help && *a->help);
		for (int t = 0; t < 2; t++) {
			const struct opt *o = t == 0 ? a + 1 : b;

			for (; o && !last(o); o++)
				if ((a->letter && a->letter == o->letter) ||
				    str_eq(a->name, o->name))
					fail_msg("%s: -%c --%s is there twice", verb,
						 a->letter ? a->letter : ' ', a->name);
		}
	}
}

static void options_do_not_clash(void **state)
{
	(void)state;
	assert_no_clash("zone", global_opts, NULL);
	for (size_t i = 0; verbs[i]; i++)
		assert_no_clash(verbs[i]->name, verbs[i]->opts, verb_common(verbs[i]));
}

static void values_lie_in_their_structure(void **state)
{
	(void)state;
	for (size_t i = 0; verbs[i]; i++)
		for (const struct opt *o = verbs[i]->opts; o && !last(o); o++)
			assert_true(o->off < verbs[i]->opts_size);
}

static bool has(const struct opt *o, const char *name)
{
	for (; !last(o); o++)
		if (str_eq(o->name, name))
			return true;
	return false;
}

static void common_options_fit_the_verb(void **state)
{
	(void)state;
	assert_true(has(verb_common(&verb_stop), "all") && has(verb_common(&verb_stop), "name"));
	assert_false(has(verb_common(&verb_get), "all"));
	assert_true(has(verb_common(&verb_get), "name") && has(verb_common(&verb_ls), "name"));
	assert_false(has(verb_common(&verb_checkconfig), "name"));
	for (size_t i = 0; verbs[i]; i++)
		assert_true(has(verb_common(verbs[i]), "json") &&
			    has(verb_common(verbs[i]), "help"));
}

static void verbs_are_found_by_name_and_alias(void **state)
{
	(void)state;
	assert_ptr_equal(verb_find("start", NULL), &verb_start);
	assert_ptr_equal(verb_find("attach", NULL), &verb_exec);
	assert_ptr_equal(verb_find("unfreeze", NULL), &verb_thaw);
	assert_ptr_equal(verb_find("list", NULL), &verb_ls);
	assert_ptr_equal(verb_find("events", NULL), &verb_monitor);
	assert_ptr_equal(verb_find("image", "list"), &verb_image_ls);
	assert_ptr_equal(verb_find("snapshot", NULL), &verb_snapshot);
	assert_ptr_equal(verb_find("snapshot", "rm"), &verb_snapshot_rm);
	assert_null(verb_find("star", NULL));
	assert_null(verb_find("image", NULL));
	assert_null(verb_find("start", "ls"));
	assert_true(verb_is_group("image") && verb_is_group("snapshot"));
	assert_false(verb_is_group("imag") || verb_is_group("start"));
}

static void words_are_listed_once(void **state)
{
	AUTO_STRV struct strv all = { 0 }, image = { 0 };

	(void)state;
	assert_int_equal(verb_words(NULL, &all), 0);
	assert_true(strv_has(&all, "image") && strv_has(&all, "unfreeze"));
	strv_sort(&all);
	for (size_t i = 1; i < all.n; i++)
		assert_string_not_equal(all.v[i], all.v[i - 1]);
	assert_int_equal(verb_words("image", &image), 0);
	assert_true(strv_has(&image, "publish") && strv_has(&image, "list"));
	assert_false(strv_has(&image, "restore"));
}

static void unknown_verbs_suggest_the_nearest(void **state)
{
	struct zerr e = { 0 };

	(void)state;
	assert_true(verb_unknown(NULL, "sotp", &e) < 0);
	assert_int_equal(e.status, ZERR_USAGE);
	assert_non_null(strstr(e.hint, "\"stop\""));
	e = (struct zerr){ 0 };
	assert_true(verb_unknown("image", "prun", &e) < 0);
	assert_non_null(strstr(e.hint, "\"image prune\""));
}

static void statuses_of_commands(void **state)
{
	static const struct {
		int status, plain, exec, run;
	} rows[] = {
		{ ZERR_FAILED, 1, 125, 125 }, { ZERR_USAGE, 2, 125, 125 },
		{ ZERR_MISSING, 3, 3, 125 },  { ZERR_STATE, 4, 4, 125 },
		{ ZERR_PERM, 5, 125, 125 },   { ZERR_BUSY, 6, 125, 125 },
		{ ZERR_HOST, 7, 125, 125 },   { 126, 126, 126, 126 },
		{ 127, 127, 127, 127 },	      { 0, 1, 125, 125 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct zerr e = { .code = EIO, .status = rows[i].status };

		assert_int_equal(cmd_status(&verb_start, &e), rows[i].plain);
		assert_int_equal(cmd_status(NULL, &e), rows[i].plain);
		assert_int_equal(cmd_status(&verb_exec, &e), rows[i].exec);
		assert_int_equal(cmd_status(&verb_run, &e), rows[i].run);
	}
}

static void seconds_become_milliseconds(void **state)
{
	(void)state;
	assert_int_equal(cmd_ms(0), 0);
	assert_int_equal(cmd_ms(90), 90000);
	assert_int_equal(cmd_ms(-1), -1);
	assert_int_equal(cmd_ms(INT_MAX), INT_MAX);
}

static void help_names_every_verb_and_option(void **state)
{
	AUTO_BUF struct buf all = { 0 };

	(void)state;
	help_all(&all);
	for (size_t i = 0; verbs[i]; i++) {
		AUTO_BUF struct buf one = { 0 };

		assert_non_null(strstr(all.p, verbs[i]->name));
		help_verb(verbs[i], &one);
		for (const struct opt *o = verbs[i]->opts; o && !last(o); o++)
			assert_non_null(strstr(one.p, o->help));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_complete),
		cmocka_unit_test(options_do_not_clash),
		cmocka_unit_test(values_lie_in_their_structure),
		cmocka_unit_test(common_options_fit_the_verb),
		cmocka_unit_test(verbs_are_found_by_name_and_alias),
		cmocka_unit_test(words_are_listed_once),
		cmocka_unit_test(unknown_verbs_suggest_the_nearest),
		cmocka_unit_test(statuses_of_commands),
		cmocka_unit_test(seconds_become_milliseconds),
		cmocka_unit_test(help_names_every_verb_and_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
