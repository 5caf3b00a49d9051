/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone autostart, enable, disable. The plan is the library's; here it is walked, several zones at a
 * time: forwards to start, backwards to stop or reboot.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/each.h"
#include "cmd/out.h"
#include "cmd/start.h"

enum { UNSET = -2 };

struct autostart_opts {
	bool list, reboot, shutdown, kill, all, ignore_auto;
	const char *groups;
	int timeout; /* seconds */
	unsigned jobs;
	/* not options: what the children go by */
	const struct zone_plan *plan;
	int64_t deadline; /* now_ms(); 0: none */
};
#define A(member) offsetof(struct autostart_opts, member)

static const struct opt autostart_opts[] = {
	{ 'L', "list", NULL, "list them, with their delays, and do nothing", OPT_FLAG, A(list) },
	{ 'r', "reboot", NULL, "ask those that run to reboot", OPT_FLAG, A(reboot) },
	{ 's', "shutdown", NULL, "stop those that run, in the reverse order", OPT_FLAG,
	  A(shutdown) },
	{ 'k', "kill", NULL, "kill those that run", OPT_FLAG, A(kill) },
	{ 'g', "groups", "GROUP[,GROUP]", "those of these groups; an empty one: of none", OPT_STR,
	  A(groups) },
	{ 'a', "all", NULL, "of all groups and of none", OPT_FLAG, A(all) },
	{ 'A', "ignore-auto", NULL, "whether or not they have autostart", OPT_FLAG,
	  A(ignore_auto) },
	{ 't', "timeout", "S", "with -s, kill what is left after so many seconds", OPT_SECS,
	  A(timeout) },
	{ 'j', "jobs", "N", "so many zones at a time (as many as processors)", OPT_UINT, A(jobs) },
	{ 0 },
};
static const struct autostart_opts autostart_defaults = { .timeout = UNSET };

/* ---- whose turn it is ------------------------------------------------------------------------ */

enum turn { PENDING, UNDER_WAY, DONE, FAILED };

/* One that waits for another; hard: it cannot do without. */
struct edge {
	size_t waiter, on;
	bool hard;
};

struct place {
	enum turn turn;
	unsigned blocked;   /* by so many that are not over */
	const char *broken; /* it cannot do without this one, which has failed */
};

struct walk {
	struct cmd *c;
	const struct zone_plan *plan;
	bool back; /* stop, reboot */
	struct place *v;
	struct edge *edges;
	size_t edges_n;
	int64_t pause; /* nothing begins before this time */
	int status;    /* of those that were never begun */
};

static int add_edges(struct walk *w, size_t i, const struct strv *names, bool hard)
{
	for (size_t k = 0; k < names->n; k++)
		for (size_t on = 0; on < w->plan->n; on++) {
			if (!str_eq(w->plan->v[on].name, names->v[k]))
				continue;
			struct edge *more = reallocarray(w->edges, w->edges_n + 1, sizeof(*more));

			if (!more)
				return -ENOMEM;
			w->edges = more;
			more[w->edges_n++] = (struct edge){ w->back ? on : i, w->back ? i : on,
							    hard && !w->back };
			w->v[w->back ? on : i].blocked++;
		}
	return 0;
}

/* It has ended, well or not: those that waited for it may be free now. */
static void settle(struct walk *w, size_t i, bool well)
{
	w->v[i].turn = well ? DONE : FAILED;
	for (size_t k = 0; k < w->edges_n; k++) {
		struct place *waiter = &w->v[w->edges[k].waiter];

		if (w->edges[k].on != i)
			continue;
		waiter->blocked--;
		if (!well && w->edges[k].hard)
			waiter->broken = w->plan->v[i].name;
	}
}

/* The order whose turn it is: of all that are not over the first, or going back the last. */
static int present_order(const struct walk *w)
{
	int order = w->back ? INT_MIN : INT_MAX;

	for (size_t i = 0; i < w->plan->n; i++) {
		const int own = w->plan->v[i].order;

		if (w->v[i].turn <= UNDER_WAY && (w->back ? own > order : own < order))
			order = own;
	}
	return order;
}

/* It will not be begun; say why. True when that is so. */
static bool give_up(struct walk *w, size_t i)
{
	const struct zone_plan_entry *x = &w->plan->v[i];
	struct zerr e = { 0 };

	if (w->back || (!x->refused && !w->v[i].broken))
		return false;
	if (x->refused)
		(void)zerr_set(&e, EINVAL, "%s", x->refused);
	else
		(void)zerr_set(&e, ECANCELED, "it requires %s, which did not start",
			       w->v[i].broken);
	w->status = status_combine(w->status, cmd_fail(w->c, x->name, &e));
	settle(w, i, false);
	return true;
}

/* The first that waits for nothing; when nothing is under way that could change that, the first
 * that is left (of a circle, going back). The number of all: none. */
static size_t first_free(const struct walk *w)
{
	const size_t n = w->plan->n;
	const int order = present_order(w);
	bool busy = false;
	size_t any = n;

	for (size_t i = 0; i < n; i++) {
		busy |= w->v[i].turn == UNDER_WAY;
		if (w->v[i].turn != PENDING)
			continue;
		any = any < n ? any : i;
		if (w->v[i].blocked == 0 && w->plan->v[i].order == order)
			return i;
	}
	return busy ? n : any;
}

/* Those that will never be begun. True: some are left that may. */
static bool sort_out(struct walk *w)
{
	bool again = true, left = false;

	while (again) {
		again = left = false;
		for (size_t i = 0; i < w->plan->n; i++)
			if (w->v[i].turn == PENDING) {
				again |= give_up(w, i);
				left |= w->v[i].turn == PENDING;
			}
	}
	return left;
}

static int next_turn(void *arg, int *ret_ms)
{
	struct walk *w = arg;
	const int64_t now = now_ms();

	if (!sort_out(w))
		return TURN_END;
	const size_t i = first_free(w);
	if (i == w->plan->n)
		return TURN_WAIT;
	if (now < w->pause) {
		*ret_ms = (int)(w->pause - now);
		return TURN_WAIT;
	}
	w->v[i].turn = UNDER_WAY;
	return (int)i;
}

static void turn_ended(void *arg, size_t i, int status)
{
	struct walk *w = arg;
	const int64_t until = now_ms() + (int64_t)w->plan->v[i].delay * 1000;

	settle(w, i, status == 0);
	if (!w->back && status == 0 && until > w->pause)
		w->pause = until;
}

/* ---- what is done with one ------------------------------------------------------------------- */

static const struct zone_plan_entry *entry_of(const struct zone_plan *p, const char *name)
{
	size_t i = 0;

	while (strcmp(p->v[i].name, name) != 0)
		i++;
	return &p->v[i];
}

/* The zone's own deadline, or what is left of ours when that is less. */
static int stop_ms(struct cmd *c, const char *name, const struct autostart_opts *o)
{
	AUTO_STRV struct strv own = { 0 };
	struct zerr ignored = { 0 };
	uint64_t seconds = 60;
	const int64_t left = o->deadline - now_ms();

	if (o->kill)
		return 0;
	if (!o->deadline)
		return -1;
	if (zone_get(c->host, name, "stop.timeout", &own, &ignored) == 0)
		(void)parse_u64(own.v[1], INT32_MAX / 1000, &seconds); /* it was checked */
	return left < 0 ? 0 : left < (int64_t)seconds * 1000 ? (int)left : (int)seconds * 1000;
}

static int autostart_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const struct autostart_opts *o = opts;
	/* who is waited for should be of use by then */
	const bool waited = entry_of(o->plan, name)->waited_for;
	const struct zone_start s = { .wait = waited ? ZONE_WAIT_READY : ZONE_WAIT_RUNNING,
				      .timeout_ms = START_TIMEOUT * 1000,
				      .stdio = { -1, -1, -1 } };

	if (o->reboot)
		return zone_reboot(c->host, name, e);
	if (o->shutdown || o->kill)
		return zone_stop(c->host, name, stop_ms(c, name, o), e);
	return start_zone(c, name, &s, e);
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int list_plan(struct cmd *c, const struct zone_plan *p, struct zerr *e)
{
	AUTO_BUF struct buf out = { 0 };
	struct json j = { .out = &out };

	if (c->opt.json)
		json_arr(&j, NULL);
	for (size_t i = 0; i < p->n; i++) {
		const struct zone_plan_entry *x = &p->v[i];

		if (!c->opt.json) {
			buf_fmt(&out, "%s %u\n", x->name, x->delay);
			continue;
		}
		json_obj(&j, NULL);
		json_str(&j, "name", x->name);
		json_i64(&j, "order", x->order);
		json_u64(&j, "delay", x->delay);
		json_strv(&j, "after", &x->after);
		json_strv(&j, "requires", &x->requires);
		json_bool(&j, "pulled", x->pulled);
		json_str(&j, "refused", x->refused);
		json_end_obj(&j);
	}
	if (c->opt.json) {
		json_end_arr(&j);
		buf_char(&out, '\n');
	}
	return out_write(&out, e);
}

/* Empty words count: they are the zones without groups. */
static int split_groups(const char *text, struct strv *ret)
{
	int r = 0;

	for (;; text++) {
		const size_t len = strcspn(text, ",");

		r = strv_addf(ret, "%.*s", (int)len, text);
		text += len;
		if (r < 0 || !*text)
			return r;
	}
}

/* Whether there is nothing to stop, or to reboot: what starts just now or is to start again has to
 * be stopped, too. */
static bool at_rest(const struct zone_info *i, bool reboot)
{
	static const char *const words[] = { "CONFIGURED", "UNAVAILABLE", "STOPPED" };
	bool rests = false;

	if (reboot)
		return !str_eq(i->state, "RUNNING") && !str_eq(i->state, "FROZEN");
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		rests |= str_eq(i->state, words[k]);
	return rests && !i->restart_at;
}

/* Leave those that are at rest alone. */
static void settle_resting(struct walk *w, bool reboot)
{
	for (size_t i = 0; i < w->plan->n; i++) {
		struct zone_info info = { 0 };
		struct zerr ignored = { 0 };

		if (zone_info_row(w->c->host, w->plan->v[i].name, 0, &info, &ignored) < 0 ||
		    at_rest(&info, reboot))
			settle(w, i, true);
		zone_info_done(&info);
	}
}

static int prepare(struct walk *w, struct strv *names)
{
	int r = w->v ? 0 : -ENOMEM;

	for (size_t i = 0; i < w->plan->n && r == 0; i++) {
		r = strv_add(names, w->plan->v[i].name);
		if (r == 0)
			r = add_edges(w, i, &w->plan->v[i].after, false);
		if (r == 0)
			r = add_edges(w, i, &w->plan->v[i].requires, true);
	}
	return r;
}

static int walk_plan(struct cmd *c, struct autostart_opts *o, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	AUTO_FREE struct place *v = calloc(o->plan->n + 1, sizeof(*v));
	struct walk w = {
		.c = c, .plan = o->plan, .v = v, .back = o->reboot || o->shutdown || o->kill
	};
	const struct turns t = {
		.names = &names, .arg = &w, .next = next_turn, .ended = turn_ended
	};
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned jobs = o->jobs ? o->jobs : cpus > 0 ? (unsigned)cpus : 1;
	int r = prepare(&w, &names);

	if (r == 0 && w.back)
		settle_resting(&w, o->reboot);
	if (r == 0)
		r = each_in_turn(c, &t, jobs, o);
	free(w.edges);
	return r < 0 ? zerr_code(e, ENOMEM, "autostart") : status_combine(r, w.status);
}

static int autostart_run(struct cmd *c, void *opts, struct zerr *e)
{
	struct autostart_opts *o = opts;
	AUTO_STRV struct strv groups = { 0 };
	struct zone_autostart a = { .all = o->all, .ignore_auto = o->ignore_auto };
	struct zone_plan plan = { 0 };
	int r;

	if (o->list + o->reboot + o->shutdown + o->kill > 1)
		return zerr_as(e, ZERR_USAGE, "only one of -L, -r, -s and -k");
	if (o->timeout != UNSET && !o->shutdown)
		return zerr_as(e, ZERR_USAGE, "-t goes with -s");
	if (o->groups && split_groups(o->groups, &groups) < 0)
		return zerr_code(e, ENOMEM, "groups");
	if (o->groups)
		a.groups = &groups;
	if (o->timeout >= 0)
		o->deadline = now_ms() + cmd_ms(o->timeout);
	r = cmd_host(c, e);
	if (r == 0)
		r = zone_plan_make(c->host, &a, &plan, e);
	if (r < 0)
		return r;
	o->plan = &plan;
	r = o->list ? list_plan(c, &plan, e) : walk_plan(c, o, e);
	zone_plan_done(&plan);
	return r;
}

const struct verb verb_autostart = {
	.name = "autostart",
	.args = "",
	.help = "start the zones that are to run, in their order",
	.group = GROUP_LIFE,
	.opts = autostart_opts,
	.opts_size = sizeof(struct autostart_opts),
	.defaults = &autostart_defaults,
	.run = autostart_run,
	.each = autostart_each,
};

static int enable_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	(void)opts;
	return zone_enable(c->host, name, true, e);
}

static int disable_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	(void)opts;
	return zone_enable(c->host, name, false, e);
}

/* Once for all of them: it takes systemd a while. */
static int enable_run(struct cmd *c, void *opts, struct zerr *e)
{
	const int r = each_run(c, opts, e);

	zone_units_reload(c->host);
	return r;
}

const struct verb verb_enable = {
	.name = "enable",
	.args = "NAME...",
	.help = "start zones when the host boots",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.run = enable_run,
	.each = enable_each,
};

const struct verb verb_disable = {
	.name = "disable",
	.args = "NAME...",
	.help = "no longer do so",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES,
	.max_args = -1,
	.run = enable_run,
	.each = disable_each,
};
