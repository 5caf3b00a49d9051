/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone top: what zones use, as it changes. A screen on a terminal, lines or JSON otherwise. */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/module.h"
#include "cmd/out.h"
#include "cmd/screen.h"
#include "cmd/toprows.h"
#include "cmd/verbs.h"

struct top_opts {
	unsigned delay;
	const char *sort;
	bool reverse, batch, tree;
	unsigned count;
};
#define O(member) offsetof(struct top_opts, member)

static const struct opt top_opts[] = {
	{ 'd', "delay", "S", "seconds between two looks (1)", OPT_UINT, O(delay) },
	{ 's', "sort", "n|c|m|b|p", "by name, CPU, memory, block I/O or processes (c)", OPT_ENUM,
	  O(sort) },
	{ 'r', "reverse", NULL, "the other way round", OPT_FLAG, O(reverse) },
	{ 't', "tree", NULL, "groups of each zone, too", OPT_FLAG, O(tree) },
	{ 'b', "batch", NULL, "lines instead of a screen", OPT_FLAG, O(batch) },
	{ 'N', "count", "COUNT", "end after so many looks", OPT_UINT, O(count) },
	{ 0 },
};
static const struct top_opts top_defaults = { .delay = 1, .sort = "c" };

struct top {
	struct cmd *c;
	enum top_sort sort;
	bool reverse, tree;
	int delay_ms;
	struct zone_sampler *sampler;
	struct zone_samples before, now;
	size_t first; /* row on the screen */
	const struct screen_ops *screen;
};

/* The next look; the one before it is kept for the rates. */
static int look(struct top *t, struct zerr *e)
{
	struct zone_samples next = { 0 };
	const int r = zone_sample(t->sampler, t->tree ? ZONE_SAMPLE_GROUPS : 0, &next, e);

	if (r < 0)
		return r;
	zone_samples_done(&t->before);
	t->before = t->now;
	t->now = next;
	return 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int print_view(const struct top *t, const struct top_view *v, struct zerr *e)
{
	const unsigned columns = out_columns(STDOUT_FILENO);
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	if (t->c->opt.json) {
		json_arr(&j, NULL);
		for (size_t i = 0; i < v->n; i++)
			top_json(&j, &v->v[i]);
		json_end_arr(&j);
		buf_char(&out, '\n');
	} else {
		top_summary(v, &out);
		buf_char(&out, '\n');
		top_heading(columns, &out);
		for (size_t i = 0; i < v->n; i++) {
			buf_char(&out, '\n');
			top_line(&v->v[i], columns, &out);
		}
		buf_str(&out, "\n\n");
	}
	const int r = out_write(&out, e);
	return r < 0 ? r : out_flush(e);
}

static int run_batch(struct top *t, unsigned count, struct zerr *e)
{
	int r = look(t, e);

	for (unsigned n = 0; r == 0 && (!count || n < count); n++) {
		struct pollfd reader = { .fd = STDOUT_FILENO };
		struct top_view v = { 0 };

		/* a signal, or the end of our reader */
		if (poll(&reader, 1, t->delay_ms) != 0 || zone_signal())
			break;
		r = look(t, e);
		if (r == 0 && top_compute(&t->before, &t->now, t->sort, t->reverse, &v) < 0)
			r = zerr_code(e, ENOMEM, "top");
		if (r == 0)
			r = print_view(t, &v, e);
		top_done(&v);
	}
	return r;
}

/* ---- screen ---------------------------------------------------------------------------------- */

#define LINES_ABOVE 2 /* the summary and the heading */

static void clamp(struct top *t, const struct top_view *v, unsigned rows)
{
	const size_t fit = rows > LINES_ABOVE ? rows - LINES_ABOVE : 1;
	const size_t last = v->n > fit ? v->n - fit : 0;

	if (t->first > last)
		t->first = last;
}

static int show(struct top *t, const struct top_view *v, struct zerr *e)
{
	AUTO_STRV struct strv lines = { 0 };
	AUTO_BUF struct buf line = { 0 };
	unsigned rows, columns;
	int r = 0;

	t->screen->size(&rows, &columns);
	clamp(t, v, rows);
	top_summary(v, &line);
	buf_str(&line, "   q quit  n c m b p sort  r reverse  t tree");
	for (size_t i = 0; r == 0 && !line.failed && i < rows; i++) {
		const size_t row = t->first + i - LINES_ABOVE + 1;

		r = strv_add(&lines, line.p ? line.p : "");
		line.len = 0;
		if (i + 1 < LINES_ABOVE)
			top_heading(columns, &line);
		else if (row < v->n)
			top_line(&v->v[row], columns, &line);
		else
			break;
	}
	if (r < 0 || line.failed)
		return zerr_code(e, ENOMEM, "top");
	t->screen->draw(&lines, LINES_ABOVE - 1);
	return 0;
}

static void scroll(struct top *t, int key)
{
	const size_t page = 10;

	if (key == SCREEN_UP && t->first)
		t->first--;
	else if (key == SCREEN_DOWN)
		t->first++;
	else if (key == SCREEN_PAGE_UP)
		t->first = t->first > page ? t->first - page : 0;
	else if (key == SCREEN_PAGE_DOWN)
		t->first += page;
	else if (key == SCREEN_HOME)
		t->first = 0;
	else if (key == SCREEN_END)
		t->first = t->now.n;
}

/* False: the user leaves. */
static bool handle(struct top *t, int key)
{
	const int sort = key > 0 && key < 256 ? top_sort_of(key) : -1;

	if (key == 'q' || key == 'Q')
		return false;
	if (sort >= 0)
		t->sort = (enum top_sort)sort;
	else if (key == 'r')
		t->reverse = !t->reverse;
	else if (key == 't')
		t->tree = !t->tree;
	else
		scroll(t, key);
	return true;
}

/* Keys until the time of the next look. False: the user leaves, or a signal came. */
static bool wait_keys(struct top *t, int64_t until, struct zerr *e, int *ret)
{
	for (int64_t left; (left = until - now_ms()) > 0;) {
		struct top_view v = { 0 };
		const int key = t->screen->key((int)left);

		if (zone_signal() || !handle(t, key))
			return false;
		if (top_compute(&t->before, &t->now, t->sort, t->reverse, &v) < 0)
			*ret = zerr_code(e, ENOMEM, "top");
		else
			*ret = show(t, &v, e);
		top_done(&v);
		if (*ret < 0)
			return false;
	}
	return true;
}

static int run_screen(struct top *t, unsigned count, struct zerr *e)
{
	int r = 0;

	for (unsigned n = 0; r == 0 && (!count || n < count); n++) {
		struct top_view v = { 0 };
		/* the first rates come soon, then as asked */
		const int64_t until = now_ms() + (n ? t->delay_ms : 300);

		r = look(t, e);
		if (r == 0 && top_compute(&t->before, &t->now, t->sort, t->reverse, &v) < 0)
			r = zerr_code(e, ENOMEM, "top");
		if (r == 0)
			r = show(t, &v, e);
		top_done(&v);
		if (r == 0 && !wait_keys(t, until, e, &r))
			break;
	}
	return r;
}

static int open_screen(struct top *t, struct zerr *e)
{
	t->screen = module_symbol("zone-screen.so", "zone_screen", e);
	return t->screen ? t->screen->open(e) : -e->code;
}

static int top_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct top_opts *o = opts;
	struct top t = { .c = c,
			 .sort = (enum top_sort)top_sort_of(o->sort[0]),
			 .reverse = o->reverse,
			 .tree = o->tree,
			 .delay_ms = cmd_ms(o->delay < INT_MAX ? (int)o->delay : INT_MAX) };
	int r = cmd_host(c, e);

	if (r == 0 && !o->delay)
		r = zerr_as(e, ZERR_USAGE, "-d 0: at least one second");
	if (r == 0)
		r = zone_sampler_open(c->host, &t.sampler, e);
	if (r < 0)
		return r;
	if (o->batch || c->opt.json || !out_is_terminal(STDOUT_FILENO) ||
	    !out_is_terminal(STDIN_FILENO)) {
		r = run_batch(&t, o->count, e);
	} else {
		r = open_screen(&t, e);
		if (r == 0) {
			r = run_screen(&t, o->count, e);
			t.screen->close();
		}
	}
	zone_samples_done(&t.before);
	zone_samples_done(&t.now);
	zone_sampler_close(t.sampler);
	return r;
}

const struct verb verb_top = {
	.name = "top",
	.args = "",
	.help = "what running zones use, as it changes",
	.group = GROUP_LOOK,
	.opts = top_opts,
	.defaults = &top_defaults,
	.opts_size = sizeof(struct top_opts),
	.run = top_run,
};
