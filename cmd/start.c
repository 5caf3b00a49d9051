/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone start, in the background or (-F) in the foreground. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/each.h"
#include "cmd/foreground.h"
#include "cmd/out.h"
#include "cmd/start.h"

enum { TAIL_LINES = 10 };

struct start_opts {
	bool foreground, daemon;
	const char *wait;
	int timeout;
	struct strv set;
};
#define O(member) offsetof(struct start_opts, member)

static const struct opt start_opts[] = {
	{ 'F', "foreground", NULL, "stay with it, on its console; leave with its status", OPT_FLAG,
	  O(foreground) },
	{ 'd', "daemon", NULL, "in the background (the default)", OPT_FLAG, O(daemon) },
	{ 0, "wait", START_WAITS, "for what (running)", OPT_ENUM, O(wait) },
	{ 't', "timeout", "S", "wait so many seconds (90)", OPT_SECS, O(timeout) },
	{ 's', "set", "KEY=VALUE", "a key, for this run only; may be repeated", OPT_LIST, O(set) },
	{ 0 },
};
static const struct start_opts start_defaults = { .wait = "running", .timeout = START_TIMEOUT };

enum zone_wait start_wait(const char *word)
{
	if (str_eq(word, "none"))
		return ZONE_WAIT_NONE;
	if (str_eq(word, "ready"))
		return ZONE_WAIT_READY;
	return str_eq(word, "network") ? ZONE_WAIT_NETWORK : ZONE_WAIT_RUNNING;
}

/* The zone came up too slowly: what its console says tells why. */
static void print_tail(struct cmd *c, const char *name)
{
	AUTO_STRV struct strv lines = { 0 };
	AUTO_BUF struct buf text = { 0 };
	struct zerr e = { 0 };

	if (zone_log_tail(c->host, name, TAIL_LINES, &lines, &e) < 0 || lines.n == 0)
		return;
	buf_fmt(&text, "note: the last lines of %s's console:\n", name);
	for (size_t i = 0; i < lines.n; i++) {
		buf_str(&text, "  ");
		out_clean(&text, lines.v[i]);
		buf_char(&text, '\n');
	}
	progress_clear(&c->progress);
	if (!text.failed)
		(void)fwrite(text.p, 1, text.len, stderr); /* the error itself follows */
}

int start_zone(struct cmd *c, const char *name, const struct zone_start *s, struct zerr *e)
{
	const int r = zone_start(c->host, name, s, e);

	if (r == -ETIMEDOUT)
		print_tail(c, name);
	return r;
}

/* Sockets that our own manager has opened for the zone, by sd_listen_fds(3). */
static void take_sockets(struct zone_start *s)
{
	static int fds[ZONE_LISTEN_MAX];
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	uint64_t value;

	if (!pid || !n || parse_u64(pid, INT32_MAX, &value) < 0 || (pid_t)value != getpid() ||
	    parse_u64(n, ZONE_LISTEN_MAX, &value) < 0)
		return;
	for (unsigned i = 0; i < value; i++)
		fds[i] = 3 + (int)i;
	s->listen = fds;
	s->listen_n = (unsigned)value;
	s->listen_names = getenv("LISTEN_FDNAMES");
}

static struct zone_start start_of(const struct cmd *c, const struct start_opts *o)
{
	return (struct zone_start){
		.wait = start_wait(o->wait),
		.timeout_ms = cmd_ms(o->timeout),
		.set = &o->set,
		.argv = c->rest,
		.stdio = { -1, -1, -1 },
	};
}

static int start_each(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	struct zone_start s = start_of(c, opts);

	if (c->n_args == 1 && !c->opt.all)
		take_sockets(&s);
	return start_zone(c, name, &s, e);
}

/* Stop the zone while its console goes on being shown: in a child. A second signal kills it. */
static void foreground_signal(struct cmd *c, struct foreground *f, int sig, unsigned count)
{
	struct zerr e = { 0 };

	(void)sig;
	if (count > 1) {
		(void)zone_kill(c->host, f->name, NULL, &e); /* may have ended by itself */
		return;
	}
	f->helper = fork();
	if (f->helper != 0)
		return;
	c->host = NULL;
	zone_hold_signals(true);
	if (cmd_open(c, true, &c->host, &e) < 0 || zone_stop(c->host, f->name, -1, &e) < 0)
		(void)cmd_fail(c, f->name, &e);
	_exit(0);
}

static int start_foreground(struct cmd *c, const char *name, const struct start_opts *o,
			    struct zerr *e)
{
	struct zone_start s = start_of(c, o);
	struct foreground f = {
		.name = name, .console = true, .escape = 'a' & 0x1f, .signal = foreground_signal
	};
	int r = zone_log_end(c->host, name, &f.log, e);

	take_sockets(&s);
	if (r == 0)
		r = start_zone(c, name, &s, e);
	if (r < 0)
		return r;
	if (isatty(STDIN_FILENO) && !c->opt.quiet)
		(void)fprintf(stderr, "note: console of %s; Ctrl-a q stops it\n", name);
	return foreground(c, &f, e);
}

static int start_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct start_opts *o = opts;
	AUTO_STRV struct strv names = { 0 };
	int r;

	if (o->foreground && o->daemon)
		return zerr_as(e, ZERR_USAGE, "either -F or -d");
	if (!o->foreground && !c->rest)
		return each_run(c, opts, e);
	r = each_names(c, &names, e);
	if (r < 0)
		return r;
	if (names.n != 1)
		return zerr_as(e, ZERR_USAGE, "%s takes one zone",
			       o->foreground ? "-F" : "a command");
	if (!o->foreground)
		return each_run(c, opts, e);
	c->name = c->n_args > 0 ? c->args[0] : NULL;
	return start_foreground(c, names.v[0], o, e);
}

const struct verb verb_start = {
	.name = "start",
	.args = "NAME... [-- CMD...]",
	.help = "start zones, or CMD in place of a zone's init",
	.group = GROUP_LIFE,
	.flags = VERB_NAMES | VERB_REST,
	.max_args = -1,
	.opts = start_opts,
	.opts_size = sizeof(struct start_opts),
	.defaults = &start_defaults,
	.run = start_run,
	.each = start_each,
};
