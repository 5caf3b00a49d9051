/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See each.h. With -j every zone is a child that reports by a pipe: the library's handle is not for
 * several threads, and an interrupted child undoes its own work.
 */
#include "cmd/each.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

enum { JOBS_MAX = 256 };

struct job {
	pid_t pid; /* 0: the slot is free */
	int fd;
	size_t i; /* of the names */
};

struct jobs {
	const struct turns *turns;
	struct job v[JOBS_MAX];
	unsigned n;
	int status;   /* combined so far */
	sigset_t old; /* outside of jobs_wait() SIGINT and SIGTERM are blocked, none is missed */
};

struct report {
	int r;
	struct zerr e;
};
_Static_assert(sizeof(struct report) <= PIPE_BUF, "must cross a pipe in one atomic write");

bool each_wanted(const struct cmd *c, const char *name)
{
	for (int i = 0; i < c->n_args; i++)
		if (name && fnmatch(c->args[i], name, 0) == 0)
			return true;
	return c->n_args == 0;
}

int each_names(struct cmd *c, struct strv *ret, struct zerr *e)
{
	const int r = cmd_host(c, e);

	if (r < 0)
		return r;
	if (c->n_args == 0)
		return zone_names(c->host, ret, e);
	return zone_match(c->host, c->args, c->n_args, ret, e);
}

static bool is_named(const struct cmd *c, const char *name)
{
	for (int i = 0; i < c->n_args; i++)
		if (str_eq(c->args[i], name))
			return true;
	return false;
}

static bool has_gone(struct cmd *c, const char *name)
{
	AUTO_STRV struct strv now = { 0 };
	struct zerr ignored = { 0 };

	return zone_names(c->host, &now, &ignored) == 0 && !strv_has(&now, name);
}

/* One zone. What --all or a glob stood for may be destroyed before its turn comes: nothing is left
 * to do. */
static int do_one(struct cmd *c, const char *name, void *opts, struct zerr *e)
{
	const int r = c->verb->each(c, name, opts, e);

	return r < 0 && e->status == ZERR_MISSING && !is_named(c, name) && has_gone(c, name) ? 0
											     : r;
}

static int one_after_another(struct cmd *c, const struct strv *names, void *opts)
{
	int status = 0;

	for (size_t i = 0; i < names->n && !zone_signal(); i++) {
		struct zerr e = { 0 };

		if (do_one(c, names->v[i], opts, &e) < 0)
			status = status_combine(status, cmd_fail(c, names->v[i], &e));
	}
	return zone_signal() ? status_combine(status, ZERR_FAILED) : status;
}

/* In the child: a host handle of its own, since the parent's shares file offsets with its siblings.
 */
static void __attribute__((noreturn))
job_child(struct cmd *c, const char *name, void *opts, int fd, const sigset_t *mask)
{
	struct report rep = { 0 };

	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	c->host = NULL;
	rep.r = cmd_open(c, true, &c->host, &rep.e);
	if (rep.r == 0)
		rep.r = do_one(c, name, opts, &rep.e);
	if (fflush(stdout) != 0 && rep.r >= 0)
		rep.r = zerr_sys(&rep.e, "standard output");
	_exit(write(fd, &rep, sizeof(rep)) == (ssize_t)sizeof(rep) ? 0 : 1);
}

static int job_start(struct cmd *c, struct jobs *all, size_t i, void *opts, struct zerr *e)
{
	const char *name = all->turns->names->v[i];
	struct job *j = all->v;
	int fds[2];

	while (j->pid != 0)
		j++;
	if (fflush(stdout) != 0)
		return zerr_sys(e, "standard output");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return zerr_sys(e, "pipe");
	j->pid = fork();
	if (j->pid == 0)
		job_child(c, name, opts, fds[1], &all->old);
	own_close(fds[1]);
	j->fd = fds[0];
	j->i = i;
	if (j->pid < 0) {
		j->pid = 0;
		j->fd = own_close(j->fd);
		return zerr_sys(e, "fork");
	}
	return 0;
}

/* Take the report of a child whose pipe is readable. Returns the zone's status. */
static int job_end(struct cmd *c, const char *name, struct job *j)
{
	struct report rep = { 0 };
	const ssize_t n = read(j->fd, &rep, sizeof(rep));
	int wstatus = 0;

	while (waitpid(j->pid, &wstatus, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(rep)) {
		rep = (struct report){ .r = -EIO };
		if (WIFSIGNALED(wstatus))
			zerr_set(&rep.e, EIO, "its process was killed by signal %d",
				 WTERMSIG(wstatus));
		else
			zerr_set(&rep.e, EIO, "its process ended with status %d",
				 WEXITSTATUS(wstatus));
	}
	j->pid = 0;
	j->fd = own_close(j->fd);
	return rep.r < 0 ? cmd_fail(c, name, &rep.e) : 0;
}

static unsigned jobs_running(const struct jobs *all)
{
	unsigned n = 0;

	for (unsigned i = 0; i < all->n; i++)
		n += all->v[i].pid != 0;
	return n;
}

static void job_ended(struct cmd *c, struct jobs *all, size_t i, int status)
{
	all->status = status_combine(all->status, status);
	if (all->turns->ended)
		all->turns->ended(all->turns->arg, i, status);
	(void)c;
}

/* Wait until at least one child has reported, at most @ms; an interruption is passed on to all. */
static void jobs_wait(struct cmd *c, struct jobs *all, int ms)
{
	const struct timespec patience = { ms / 1000, ms % 1000 * 1000000L };
	struct pollfd fds[JOBS_MAX];

	for (unsigned i = 0; i < all->n; i++)
		fds[i] = (struct pollfd){ .fd = all->v[i].pid ? all->v[i].fd : -1,
					  .events = POLLIN };
	if (ppoll(fds, all->n, ms < 0 ? NULL : &patience, &all->old) < 0) {
		for (unsigned i = 0; zone_signal() && i < all->n; i++)
			if (all->v[i].pid)
				(void)kill(all->v[i].pid, zone_signal()); /* may have ended */
		return;
	}
	for (unsigned i = 0; i < all->n; i++)
		if (fds[i].fd >= 0 && fds[i].revents) {
			const size_t k = all->v[i].i;

			job_ended(c, all, k, job_end(c, all->turns->names->v[k], &all->v[i]));
		}
}

int each_in_turn(struct cmd *c, const struct turns *t, unsigned jobs, void *opts)
{
	struct jobs all = { .turns = t, .n = jobs < JOBS_MAX ? jobs : JOBS_MAX };
	sigset_t stop;
	int i = 0;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, &all.old);
	while (i != TURN_END && !zone_signal()) {
		struct zerr e = { 0 };
		int ms = -1;

		i = jobs_running(&all) == all.n ? TURN_WAIT : t->next(t->arg, &ms);
		if (i == TURN_WAIT)
			jobs_wait(c, &all, ms);
		else if (i >= 0 && job_start(c, &all, (size_t)i, opts, &e) < 0)
			job_ended(c, &all, (size_t)i, cmd_fail(c, t->names->v[i], &e));
	}
	while (jobs_running(&all) > 0)
		jobs_wait(c, &all, -1);
	(void)sigprocmask(SIG_SETMASK, &all.old, NULL);
	return zone_signal() ? status_combine(all.status, ZERR_FAILED) : all.status;
}

/* One behind the other. */
struct queue {
	size_t n, at;
};

static int next_in_queue(void *arg, int *ret_ms)
{
	struct queue *q = arg;

	(void)ret_ms;
	return q->at < q->n ? (int)q->at++ : TURN_END;
}

static int side_by_side(struct cmd *c, const struct strv *names, void *opts)
{
	struct queue q = { .n = names->n };
	const struct turns t = { .names = names, .arg = &q, .next = next_in_queue };

	return each_in_turn(c, &t, c->opt.jobs, opts);
}

int each_begin(struct cmd *c, struct strv *ret, struct zerr *e)
{
	return c->opt.jobs == 0 ? zerr_as(e, ZERR_USAGE, "-j 0: at least one")
				: each_names(c, ret, e);
}

int each_of(struct cmd *c, const struct strv *names, void *opts)
{
	return c->opt.jobs > 1 && names->n > 1 ? side_by_side(c, names, opts)
					       : one_after_another(c, names, opts);
}

int each_run(struct cmd *c, void *opts, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	const int r = each_begin(c, &names, e);

	return r < 0 ? r : each_of(c, &names, opts);
}
