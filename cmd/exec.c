/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone exec: run a command in a running zone, on a pty or with our three streams. */
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/tty.h"
#include "cmd/verbs.h"

struct exec_opts {
	const char *user, *workdir;
	struct strv env;
	bool clear_env, no_tty, tty;
};
#define O(member) offsetof(struct exec_opts, member)

static const struct opt exec_opts[] = {
	{ 'u', "user", "USER[:GROUP]", "as whom, looked up inside (root)", OPT_STR, O(user) },
	{ 'w', "workdir", "DIR", "where (the user's home)", OPT_STR, O(workdir) },
	{ 'e', "env", "K=V", "a variable of its environment; may be repeated", OPT_LIST, O(env) },
	{ 0, "clear-env", NULL, "with no other variables", OPT_FLAG, O(clear_env) },
	{ 'T', "no-tty", NULL, "never on a pty", OPT_FLAG, O(no_tty) },
	{ 't', "tty", NULL, "always on a pty", OPT_FLAG, O(tty) },
	{ 0 },
};

/* The command has a session of its own: signals that reach us are for it. */
static bool pass_signal(void *arg, int sig)
{
	(void)pidfd_send_signal(*(int *)arg, sig, NULL, 0); /* may have ended */
	return true;
}

static int exec_run(struct cmd *c, void *opts, struct zerr *e)
{
	const struct exec_opts *o = opts;
	struct zone_exec x = {
		.user = o->user,
		.workdir = o->workdir,
		.env = &o->env,
		.clear_env = o->clear_env,
		.pty = o->tty || (!o->no_tty && tty_is_ours()),
		.argv = c->rest,
	};
	AUTO_CLOSE int pidfd = -1, pty = -1;
	struct tty_pump p = { .escape = -1, .raw = true, .eof = 'd' & 0x1f };
	int r;

	if (o->tty && o->no_tty)
		return zerr_as(e, ZERR_USAGE, "either -t or -T");
	(void)tty_size(&x.rows, &x.cols); /* or the usual one */
	r = cmd_host(c, e);
	if (r == 0)
		r = zone_exec(c->host, c->name, &x, &pidfd, &pty, e);
	if (r < 0)
		return r;
	p.fd = x.pty ? pty : -1;
	p.pidfd = pidfd;
	p.send = tty_pty_send;
	p.resize = tty_pty_resize;
	p.signal = pass_signal;
	p.arg = &pidfd;
	r = tty_pump(&p, e);
	if (r < 0)
		return r;
	if (r == TTY_LEFT)
		return zerr_set(e, EIO, "the terminal has gone");
	r = zone_exec_status(pidfd);
	return r < 0 ? zerr_code(e, -r, "status of the command") : r;
}

const struct verb verb_exec = {
	.name = "exec",
	.alias = "attach",
	.args = "NAME [-- CMD...]",
	.help = "run a command in a running zone; without one, a shell",
	.group = GROUP_INSIDE,
	.flags = VERB_NAME | VERB_REST | VERB_COMMAND | VERB_STATE,
	.opts = exec_opts,
	.opts_size = sizeof(struct exec_opts),
	.run = exec_run,
};
