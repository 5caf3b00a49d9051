/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone exec: run a command in a running zone, on a pty or with our three streams. */
#include <fcntl.h>
#include <string.h>
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

/* No terminal of ours ever gets into a zone: without a pty, pipes stand in for those among our
 * streams, while the command is started. */
struct streams {
	int saved[3]; /* ours; -1: not replaced */
	int to;	      /* the pipe to its standard input, or -1 */
	int from;     /* the pipe from its output, or -1 */
	int out;      /* where that is printed */
};

static int stand_in(struct streams *s, int fd, int with, struct zerr *e)
{
	s->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (s->saved[fd] < 0 || dup2(with, fd) < 0)
		return zerr_sys(e, "streams");
	return 0;
}

static int streams_replace(struct streams *s, struct zerr *e)
{
	AUTO_CLOSE int input = -1, output = -1;
	int fds[2], r = 0;

	if (isatty(STDIN_FILENO)) {
		if (pipe2(fds, O_CLOEXEC) < 0)
			return zerr_sys(e, "streams");
		input = fds[0];
		s->to = fds[1];
		r = stand_in(s, STDIN_FILENO, input, e);
	}
	for (int fd = STDERR_FILENO; r == 0 && fd >= STDOUT_FILENO; fd--) {
		if (!isatty(fd))
			continue;
		if (output < 0 && pipe2(fds, O_CLOEXEC) < 0)
			return zerr_sys(e, "streams");
		if (output < 0) {
			s->from = fds[0];
			output = fds[1];
		}
		s->out = fd;
		r = stand_in(s, fd, output, e);
	}
	return r;
}

static void streams_restore(struct streams *s)
{
	for (int fd = 0; fd < 3; fd++) {
		if (s->saved[fd] < 0)
			continue;
		(void)dup2(s->saved[fd], fd); /* both are open: this cannot fail */
		s->saved[fd] = own_close(s->saved[fd]);
	}
}

/* The command has a session of its own: signals that reach us are for it. */
static bool pass_signal(void *arg, int sig)
{
	(void)pidfd_send_signal(*(int *)arg, sig, NULL, 0); /* may have ended */
	return true;
}

static int follow(struct tty_pump *p, int pidfd, struct zerr *e)
{
	int r;

	p->pidfd = pidfd;
	p->escape = -1;
	p->send = tty_write;
	p->signal = pass_signal;
	p->arg = &pidfd;
	r = tty_pump(p, e);
	if (r < 0)
		return r;
	if (r == TTY_LEFT)
		return zerr_set(e, EIO, "the terminal has gone");
	r = zone_exec_status(pidfd);
	return r < 0 ? zerr_code(e, -r, "status of the command") : r;
}

static int follow_pty(int pty, int pidfd, struct zerr *e)
{
	struct tty_pump p = {
		.in = STDIN_FILENO,
		.to = pty,
		.from = pty,
		.out = STDOUT_FILENO,
		.raw = true,
		.eof = 'd' & 0x1f,
		.resize = tty_pty_resize,
	};

	return follow(&p, pidfd, e);
}

static int follow_streams(const struct streams *s, int pidfd, struct zerr *e)
{
	struct tty_pump p = {
		.in = s->to >= 0 ? STDIN_FILENO : -1,
		.to = s->to,
		.from = s->from,
		.out = s->out,
		.eof = TTY_EOF_CLOSE,
	};

	return follow(&p, pidfd, e);
}

static int check(const struct exec_opts *o, struct zerr *e)
{
	if (o->tty && o->no_tty)
		return zerr_as(e, ZERR_USAGE, "either -t or -T");
	for (size_t i = 0; i < o->env.n; i++)
		if (o->env.v[i][0] == '=' || !strchr(o->env.v[i], '='))
			return zerr_as(e, ZERR_USAGE, "-e: \"%.100s\" is not K=V", o->env.v[i]);
	return 0;
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
	struct streams s = { .saved = { -1, -1, -1 }, .to = -1, .from = -1, .out = -1 };
	AUTO_CLOSE int pidfd = -1, pty = -1;
	int r = check(o, e);

	(void)tty_size(&x.rows, &x.cols); /* or the usual one */
	if (r == 0)
		r = cmd_host(c, e);
	if (r == 0 && !x.pty)
		r = streams_replace(&s, e);
	if (r == 0)
		r = zone_exec(c->host, c->name, &x, &pidfd, &pty, e);
	streams_restore(&s);
	if (r == 0)
		r = x.pty ? follow_pty(pty, pidfd, e) : follow_streams(&s, pidfd, e);
	return r;
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
