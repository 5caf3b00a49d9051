/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From words to the verb, its names, operands and options. No zone is looked for. */
#include "unit.h"

#include "cmd/verbs.h"

struct line {
	struct cmd c;
	struct zerr e;
	struct strv words;
	char *argv[32];
	int r;
};

static void line_done(struct line *l)
{
	cmd_done(&l->c);
	strv_done(&l->words);
}
#define AUTO_LINE __attribute__((cleanup(line_done)))

/* Parse "zone @text", split at spaces; "_" is the empty word. */
static void parse(struct line *l, const char *text)
{
	int n = 0;

	assert_int_equal(strv_add(&l->words, "zone"), 0);
	assert_int_equal(strv_split(&l->words, text, " "), 0);
	for (size_t i = 0; i < l->words.n; i++) {
		if (str_eq(l->words.v[i], "_"))
			l->words.v[i][0] = '\0';
		l->argv[n++] = l->words.v[i];
	}
	l->r = cmd_parse(&l->c, n, l->argv, &l->e);
}

/* The names and operands, and what stands behind "--", as one text. */
static const char *operands(const struct line *l, struct buf *out)
{
	buf_done(out);
	buf_fmt(out, "%s:", l->c.name ? l->c.name : "");
	for (int i = 0; i < l->c.n_args; i++)
		buf_fmt(out, " %s", l->c.args[i]);
	for (int i = 0; i < l->c.n_rest; i++)
		buf_fmt(out, "%s %s", i == 0 ? " --" : "", l->c.rest[i]);
	return out->p;
}

static void lines_that_are_right(void **state)
{
	static const struct {
		const char *text, *verb, *operands;
	} rows[] = {
		{ "stop web", "stop", ": web" },
		{ "stop web db -t 3", "stop", ": web db" },
		{ "stop -n web db -n x", "stop", ": web x db" },
		{ "-q --json stop --all", "stop", ":" },
		{ "stop -- web", "stop", ": web" },
		{ "get web hostname", "get", "web: hostname" },
		{ "get hostname -n web", "get", "web: hostname" },
		{ "exec web -u alice -- ls -l --", "exec", "web: -- ls -l --" },
		{ "attach -n web -- -n", "exec", "web: -- -n" },
		{ "run a/b -- x", "run", ": a/b -- x" },
		{ "run -n web -- x", "run", ": web -- x" },
		{ "create -t none web -- a", "create", "web: -- a" },
		{ "create NULL -t download -- --list", "create", ": -- --list" },
		{ "create -t download -- --list", "create", ": -- --list" },
		{ "push web a b c", "push", "web: a b c" },
		{ "push web - /x", "push", "web: - /x" },
		{ "snapshot web", "snapshot", "web:" },
		{ "snapshot -n ls", "snapshot", "ls:" },
		{ "snapshot ls web", "snapshot ls", "web:" },
		{ "snapshot ls ls", "snapshot ls", "ls:" },
		{ "snapshot ls -n ls", "snapshot ls", "ls:" },
		{ "snapshot -n web ls", "snapshot ls", "web:" },
		{ "snapshot --json list web", "snapshot ls", "web:" },
		{ "snapshot -c ls web", "snapshot", "web:" },
		{ "snapshot rm web ls rm", "snapshot rm", "web: ls rm" },
		{ "image ls", "image ls", ":" },
		{ "image --json ls", "image ls", ":" },
		{ "image rm a/b c/d", "image rm", ": a/b c/d" },
		{ "verify", "verify", ":" },
		{ "start web[12]* db", "start", ": web[12]* db" },
		{ "help image ls", "help", ": image ls" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_LINE struct line l = { 0 };
		AUTO_BUF struct buf out = { 0 };

		parse(&l, rows[i].text);
		if (l.r < 0)
			fail_msg("%s: %s", rows[i].text, l.e.msg);
		assert_string_equal(l.c.verb->name, rows[i].verb);
		assert_string_equal(operands(&l, &out), rows[i].operands);
	}
}

static void lines_that_are_wrong(void **state)
{
	static const char *const rows[] = {
		"_",
		"",
		"sotp web",
		"--nosuch ls",
		"stop",
		"stop --all web",
		"stop --nosuch web",
		"stop -t x web",
		"stop -t -5 web",
		"stop we;b*",
		"start --wait=x web",
		"get",
		"get web a b",
		"get -n web -n db",
		"get Web",
		"get _",
		"get -n _",
		"get a/b",
		"create",
		"create NULL x",
		"create web extra",
		"exec",
		"exec web ls",
		"run",
		"run a/b c",
		"push web a",
		"set web",
		"unset web",
		"image",
		"image nosuch",
		"image rm",
		"image pull",
		"image pull a b",
		"snapshot",
		"snapshot ls",
		"snapshot web a b",
		"snapshot restore a",
		"snapshot rm web",
		"checkconfig x",
		"help a b c",
		"console web db",
		"edit -j 2 web",
		"get --all",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_LINE struct line l = { 0 };

		parse(&l, rows[i]);
		if (l.r >= 0)
			fail_msg("taken: %s", rows[i]);
		assert_int_equal(l.e.status, ZERR_USAGE);
		assert_true(*l.e.msg);
	}
}

static void common_options_stand_before_and_after(void **state)
{
	AUTO_LINE struct line a = { 0 }, b = { 0 };

	(void)state;
	parse(&a, "-P /x --lock-wait 3 -v --json ls");
	parse(&b, "ls -P /x --lock-wait 3 -v --json");
	assert_int_equal(a.r, 0);
	assert_int_equal(b.r, 0);
	assert_string_equal(a.c.opt.path, "/x");
	assert_string_equal(b.c.opt.path, "/x");
	assert_int_equal(a.c.opt.lock_wait, 3);
	assert_int_equal(b.c.opt.lock_wait, 3);
	assert_true(a.c.opt.json && b.c.opt.json && a.c.opt.verbose && b.c.opt.verbose);
}

static void defaults_hold_without_options(void **state)
{
	AUTO_LINE struct line l = { 0 };

	(void)state;
	parse(&l, "stop web");
	assert_int_equal(l.c.opt.lock_wait, 10);
	assert_int_equal(l.c.opt.jobs, 1);
	assert_false(l.c.opt.all || l.c.opt.json || l.c.opt.quiet);
	assert_null(l.c.rest);
}

static void help_is_found_anywhere(void **state)
{
	static const char *const rows[] = { "-h", "start -h", "start web --help", "snapshot ls -h",
					    "image -h" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_LINE struct line l = { 0 };

		parse(&l, rows[i]);
		assert_int_equal(l.r, 0);
		assert_true(l.c.opt.help);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_are_right),
		cmocka_unit_test(lines_that_are_wrong),
		cmocka_unit_test(common_options_stand_before_and_after),
		cmocka_unit_test(defaults_hold_without_options),
		cmocka_unit_test(help_is_found_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
