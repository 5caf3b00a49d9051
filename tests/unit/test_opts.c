/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "base/opts.h"

struct values {
	bool all, force;
	const char *comment, *state;
	unsigned jobs;
	int timeout;
	uint64_t size;
	struct strv sets;
};

struct globals {
	bool quiet;
	const char *path;
};

#define AT(field) offsetof(struct values, field)

static const struct opt table[] = {
	{ 'a', "all", NULL, "all zones", OPT_FLAG, AT(all) },
	{ 'f', NULL, NULL, "by force", OPT_FLAG, AT(force) },
	{ 'c', "comment", "TEXT", "what it is for", OPT_STR, AT(comment) },
	{ 'j', NULL, "N", "so many at once", OPT_UINT, AT(jobs) },
	{ 't', "timeout", "SECONDS", "give up", OPT_SECS, AT(timeout) },
	{ 0, "size", "SIZE", "of the root", OPT_SIZE, AT(size) },
	{ 's', "set", "KEY=VALUE", "a key", OPT_LIST, AT(sets) },
	{ 0, "state", "up|down", "wait for", OPT_ENUM, AT(state) },
	{ 0 },
};

static const struct opt global_table[] = {
	{ 'q', "quiet", NULL, "say less", OPT_FLAG, offsetof(struct globals, quiet) },
	{ 'P', "path", "DIR", "where zones are", OPT_STR, offsetof(struct globals, path) },
	{ 0 },
};

/* One parse of a line that is split at spaces. */
struct parsed {
	struct values v;
	struct globals g;
	struct strv words;
	char *argv[32];
	int operands, rest, r;
	struct zerr e;
};

static void parsed_done(struct parsed *p)
{
	strv_done(&p->v.sets);
	strv_done(&p->words);
}

#define AUTO_PARSED __attribute__((cleanup(parsed_done)))

static void parse(struct parsed *p, const char *line, bool stop)
{
	const struct opt_parse how = { .opts = table,
				       .out = &p->v,
				       .also = global_table,
				       .also_out = &p->g,
				       .stop_at_operand = stop };

	assert_int_equal(strv_split(&p->words, line, " "), 0);
	assert_true(p->words.n < 32);
	for (size_t i = 0; i < p->words.n; i++)
		p->argv[i] = p->words.v[i];
	p->operands = p->rest = -7;
	p->r = opts_parse(&how, (int)p->words.n, p->argv, &p->operands, &p->rest, &p->e);
}

static void every_type_and_spelling(void **state)
{
	AUTO_PARSED struct parsed p = { 0 };

	(void)state;
	parse(&p,
	      "-afc text web -j4 --timeout=infinity --size 2G -s a=1 -sb=2 --set=c=3 db "
	      "--state=down -q --path /x",
	      false);
	assert_int_equal(p.r, 0);
	assert_true(p.v.all && p.v.force && p.g.quiet);
	assert_string_equal(p.v.comment, "text");
	assert_int_equal(p.v.jobs, 4);
	assert_int_equal(p.v.timeout, -1);
	assert_int_equal(p.v.size, UINT64_C(2) << 30);
	assert_int_equal(p.v.sets.n, 3);
	assert_string_equal(p.v.sets.v[1], "b=2");
	assert_string_equal(p.v.sets.v[2], "c=3");
	assert_string_equal(p.v.state, "down");
	assert_string_equal(p.g.path, "/x");
	assert_int_equal(p.operands, 2);
	assert_string_equal(p.argv[0], "web");
	assert_string_equal(p.argv[1], "db");
	assert_int_equal(p.rest, (int)p.words.n);
}

static void double_dash_ends_options(void **state)
{
	AUTO_PARSED struct parsed p = { 0 };

	(void)state;
	parse(&p, "web -a -- -f --what -- x", false);
	assert_int_equal(p.r, 0);
	assert_true(p.v.all);
	assert_false(p.v.force);
	assert_int_equal(p.operands, 1);
	assert_int_equal(p.rest, 3);
	assert_string_equal(p.argv[p.rest], "-f");
}

static void nothing_and_only_a_dash(void **state)
{
	AUTO_PARSED struct parsed none = { 0 }, dash = { 0 }, end = { 0 };

	(void)state;
	parse(&none, "", false);
	assert_int_equal(none.r, 0);
	assert_int_equal(none.operands, 0);
	assert_int_equal(none.rest, 0);
	parse(&dash, "- -c -", false); /* standard input, and a value */
	assert_int_equal(dash.r, 0);
	assert_int_equal(dash.operands, 1);
	assert_string_equal(dash.v.comment, "-");
	parse(&end, "web --", false);
	assert_int_equal(end.rest, 2);
	assert_int_equal(end.operands, 1);
}

static void stop_at_operand_leaves_the_rest_alone(void **state)
{
	AUTO_PARSED struct parsed p = { 0 };

	(void)state;
	parse(&p, "-q start -a -- --x", true);
	assert_int_equal(p.r, 0);
	assert_false(p.v.all);
	assert_int_equal(p.operands, 4);
	assert_string_equal(p.argv[0], "start");
	assert_string_equal(p.argv[1], "-a");
	assert_string_equal(p.argv[2], "--");
	assert_string_equal(p.argv[3], "--x");
	assert_int_equal(p.rest, 5);
}

static void mistakes_are_usage_errors(void **state)
{
	static const struct {
		const char *line, *msg, *hint;
	} rows[] = {
		{ "--al", "unknown option --al", "did you mean --all?" },
		{ "--timout=3", "unknown option --timout", "did you mean --timeout?" },
		{ "--qiet", "unknown option --qiet", "did you mean --quiet?" },
		{ "--frobnicate", "unknown option --frobnicate", "" },
		{ "--=x", "unknown option --", "" },
		{ "-x", "unknown option -x", "" },
		{ "-A", "unknown option -A", "did you mean -a?" },
		{ "-ax", "unknown option -x", "" },
		{ "web -5", "unknown option -5", "" },
		{ "--all=yes", "option --all takes no argument", "" },
		{ "-c", "option -c needs TEXT", "" },
		{ "--comment", "option --comment needs TEXT", "" },
		{ "-ac -- x", "option -c needs TEXT", "" },
		{ "-j -1", "option -j: '-1' is not a whole number", "" },
		{ "-j4x", "option -j: '4x' is not a whole number", "" },
		{ "-j 4294967296", "option -j: '4294967296' is too large", "" },
		{ "-t 1.5", "option -t: '1.5' is not whole seconds or \"infinity\"", "" },
		{ "--timeout=2147483648", "option --timeout: '2147483648' is too large", "" },
		{ "--timeout=", "option --timeout: '' is not whole seconds or \"infinity\"", "" },
		{ "--size=1X", "option --size: '1X' is not a size such as 512M or 2G", "" },
		{ "--state=u", "option --state: 'u' is not up|down", "" },
		{ "--state=up|down", "option --state: 'up|down' is not up|down", "" },
		{ "--state=", "option --state: '' is not up|down", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		AUTO_PARSED struct parsed p = { 0 };

		parse(&p, rows[i].line, false);
		assert_int_equal(p.r, -EINVAL);
		assert_int_equal(p.e.status, ZERR_USAGE);
		assert_string_equal(p.e.msg, rows[i].msg);
		assert_string_equal(p.e.hint, rows[i].hint);
		assert_int_equal(p.operands, -7); /* results untouched */
	}
}

static void help_has_two_columns(void **state)
{
	static const struct opt long_one[] = {
		{ 'a', "all", NULL, "all zones", OPT_FLAG, 0 },
		{ 'f', NULL, NULL, "by force", OPT_FLAG, 0 },
		{ 0, "size", "SIZE", "of the root", OPT_SIZE, 0 },
		{ 0, "very", "an-argument-of-many-words", "text", OPT_STR, 0 },
		{ 0 },
	};
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	opts_help(long_one, &out);
	assert_string_equal(out.p, "  -a, --all         all zones\n"
				   "  -f                by force\n"
				   "      --size SIZE   of the root\n"
				   "      --very an-argument-of-many-words\n"
				   "                    text\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_and_spelling),
		cmocka_unit_test(double_dash_ends_options),
		cmocka_unit_test(nothing_and_only_a_dash),
		cmocka_unit_test(stop_at_operand_leaves_the_rest_alone),
		cmocka_unit_test(mistakes_are_usage_errors),
		cmocka_unit_test(help_has_two_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
