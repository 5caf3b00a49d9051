/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone start, the command's half: checks, the groups, one starter cloned into the monitor's group,
 * and its verdict. The starter (life.c) becomes the monitor; nothing of this process stays behind.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/adopt.h"
#include "core/life.h"
#include "core/ready.h"
#include "core/restart.h"
#include "core/rlimits.h"

#define REQUIRED_MS    90000
#define REQUIRED_DEPTH 16

/* -s KEY=VALUE: for this run only, on top of what the file says. */
static int override(struct zone *z, const struct strv *set, struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_SPEC struct zone_spec spec;
	int r = 0;

	spec_init(&spec);
	if (!set || !set->n)
		return 0;
	if ((r = fs_read(z->dir, "zone.conf", 1U << 20, &text)) < 0)
		return zerr_code(e, -r, "zone.conf");
	for (size_t i = 0; i < set->n && r == 0; i++) {
		AUTO_FREE char *key = strdup(set->v[i]);
		char *eq = key ? strchr(key, '=') : NULL;
		bool changed;

		if (!eq)
			return zerr_as(e, ZERR_USAGE, "-s %s: not KEY=VALUE", set->v[i]);
		*eq = '\0';
		r = conf_edit(&text, key, eq + 1, &changed, e);
	}
	if (r == 0)
		r = conf_parse(&spec, text.p ? text.p : "", "-s", e);
	if (r < 0)
		return r;
	struct zone_spec old = z->spec;
	z->spec = spec;
	spec = old;
	return 0;
}

static unsigned next_generation(const struct zone *z)
{
	AUTO_RECORD struct record last = { 0 };
	struct zerr ignored = { 0 };

	if (record_load(&last, z->run, "last", STATE_FORMAT, &ignored) < 0)
		return 0;
	return (unsigned)record_u64(&last, "generation", 0) + 1;
}

/* The stub's streams go out of the way of life_detach(). */
static int move_streams(struct zone_start *a, struct zerr *e)
{
	for (int i = 0; i < 3 && a->stub; i++)
		if (a->stdio[i] >= 0 && (a->stdio[i] = fcntl(a->stdio[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return zerr_sys(e, "streams");
	return 0;
}

static int take_sockets(struct boot *b, struct zerr *e)
{
	const struct zone_start *a = b->args;

	if (a->listen_n > ZONE_LISTEN_MAX)
		return zerr_set(e, E2BIG, "more than %d sockets for init", ZONE_LISTEN_MAX);
	for (unsigned i = 0; i < a->listen_n; i++) {
		b->listen[i] = fcntl(a->listen[i], F_DUPFD_CLOEXEC, 3);
		if (b->listen[i] < 0)
			return zerr_sys(e, "socket %u for init", i);
		b->listen_n++;
	}
	return str_set(&b->listen_names, a->listen_names) < 0
		       ? zerr_code(e, ENOMEM, "sockets for init")
		       : 0;
}

static _Noreturn void starter(struct zone *z, const struct zone_start *args, int verdict)
{
	struct zone_start a = *args;
	struct zerr e = { 0 };
	struct boot b;

	oom_score_forget();
	boot_init(&b, z, &a);
	b.generation = next_generation(z);
	int r = move_streams(&a, &e);
	if (r == 0)
		r = life_detach(&e);
	if (r == 0)
		r = take_sockets(&b, &e);
	if (r == 0)
		r = life_up(&b, &e);
	if (r == 0) {
		zone_event(z->h, z->name, "running", NULL);
		e = (struct zerr){ 0 };
	}
	const bool told = send(verdict, &e, sizeof(e), MSG_NOSIGNAL) == (ssize_t)sizeof(e);
	if (r < 0)
		_exit(1);
	verdict = own_close(verdict);
	(void)told;			 /* the zone runs, whether the command still lives or not */
	r = life_become_monitor(&b, &e); /* exec gives the lock back */
	if (r < 0) {			 /* nobody would hold the console: better not to run */
		struct zerr ignored = { 0 };

		(void)life_down(z, &b.state, false, &ignored);
	}
	_exit(1);
}

static int clone_starter(struct zone *z, const struct zone_start *a, int group, int pair[static 2],
			 pid_t *ret, struct zerr *e)
{
	struct clone_args c = { .flags = CLONE_INTO_CGROUP,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)group };

	const pid_t pid = sys_clone3(&c);
	if (pid == 0) {
		(void)own_close(pair[0]);
		starter(z, a, pair[1]);
	}
	if (pid < 0)
		return zerr_sys(e, "clone the starter");
	*ret = pid;
	return 0;
}

/* Wait for the verdict; a starter that was killed is cleaned up after. */
static int hear_verdict(struct zone *z, int fd, pid_t pid, struct zerr *e)
{
	struct zerr v = { 0 };
	ssize_t n;

	do
		n = recv(fd, &v, sizeof(v), 0);
	while (n < 0 && errno == EINTR && !steps_signal());
	if (n == (ssize_t)sizeof(v) && v.code == 0)
		return 0;
	if (n < 0 && steps_signal()) { /* undo what was begun: the starter walks down by itself */
		(void)kill(pid, SIGTERM);
		(void)steps_check(e);
	} else if (n == (ssize_t)sizeof(v)) {
		*e = v;
	} else {
		(void)zerr_set(e, ECHILD, "the starter was killed");
	}
	(void)waitpid(pid, NULL, 0);
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	const bool killed =
		n != (ssize_t)sizeof(v); /* else it has walked down itself, or met another */
	if (state_now(z, &s, &ignored) == 0 && s.live && (killed || s.state != STATE_RUNNING))
		(void)life_repair(z, &s, &ignored);
	(void)cg_remove(z->h, z->name, true, &ignored);
	return -e->code;
}

static int run_starter(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	pid_t pid = 0;
	int pair[2];

	int r = cg_make(z->h, z->name, zone_base(z), &cg, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	zone_event(z->h, z->name, "starting", NULL);
	r = clone_starter(z, a, cg.monitor, pair, &pid, e);
	(void)own_close(pair[1]);
	cg_close(&cg);
	if (r == 0)
		r = hear_verdict(z, pair[0], pid, e);
	else
		(void)cg_remove(z->h, z->name, true, &(struct zerr){ 0 });
	(void)own_close(pair[0]);
	return r;
}

/* A restart that was planned is ours now, or has been given up meanwhile. */
static int settle_restart(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	if (a->restarts && !restart_at(z))
		return zerr_as(e, ZERR_STATE, "the restart was cancelled");
	if (a->restarts)
		(void)unlinkat(z->run, "restart", 0);
	else
		restart_cancel(z);
	return 0;
}

/* Whether there is anything to do, and may be done. 1: it runs already. */
static int check(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	int r = state_now(z, &s, e);

	if (r == 0 && s.live &&
	    s.state == STATE_INCOMPLETE) { /* a killed start: its repair is ours */
		r = life_repair(z, &s, e);
		status_done(&s);
		if (r == 0)
			r = state_now(z, &s, e);
	}
	if (r < 0)
		return r;
	if (s.state == STATE_RUNNING && (a->argv || (a->set && a->set->n)))
		return zerr_hint(e,
				 zerr_as(e, ZERR_STATE,
					 "the zone is RUNNING, with its own command and settings"),
				 "zone stop %s", z->name);
	if (s.state == STATE_RUNNING) {
		r = adopt(z, &s, e);
		return r < 0 ? r : 1;
	}
	return state_allows(&s, DO_START, z->name, e);
}

/* start.requires, one after the other; without our lock, which theirs may wait for. */
static int start_required(struct zone_host *h, const struct zone_spec *s,
			  const struct zone_start *a, struct zerr *e)
{
	const struct zone_start other = { .wait = ZONE_WAIT_READY,
					  .timeout_ms = REQUIRED_MS,
					  .stdio = { -1, -1, -1 },
					  .depth = a->depth + 1 };
	int r = a->depth < REQUIRED_DEPTH
			? 0
			: zerr_set(e, ELOOP, "more than %d zones, each requiring the next",
				   REQUIRED_DEPTH);

	for (size_t i = 0; i < s->start_requires.n && r == 0; i++)
		r = zerr_in(e, zone_start(h, s->start_requires.v[i], &other, e), "it requires %s",
			    s->start_requires.v[i]);
	return r;
}

/* With the lock, and everything that it stands on. */
static int start_locked(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	int r = settle_restart(z, a, e);

	if (r == 0)
		r = override(z, a->set, e);
	return r == 0 ? run_starter(z, a, e) : r;
}

/* -ETIMEDOUT is for the wait for this zone alone, not for its hooks or those that it requires. */
static int before_the_wait(int r, struct zerr *e)
{
	if (r == -ETIMEDOUT)
		e->code = EIO;
	return r == -ETIMEDOUT ? -EIO : r;
}

int zone_start(struct zone_host *h, const char *name, const struct zone_start *a, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN, &z, e);

	if (r == 0)
		r = check(&z, a, e);
	if (r == 0)
		r = zone_load_spec(&z, e); /* the lock stays ours: nobody starts it in between */
	if (r == 0 && z.spec.start_requires.n && !a->met) {
		struct zone_start again = *a;

		again.met = true;
		zone_unlock(&z);
		r = before_the_wait(start_required(h, &z.spec, a, e), e);
		return r < 0 ? r : zone_start(h, name, &again, e);
	}
	if (r == 0)
		r = before_the_wait(start_locked(&z, a, e), e);
	if (r < 0)
		return r;
	zone_unlock(&z);
	if (r == 1 && a->wait == ZONE_WAIT_NETWORK && (r = zone_load_spec(&z, e)) < 0)
		return r;
	if (a->wait == ZONE_WAIT_NONE || a->wait == ZONE_WAIT_RUNNING)
		return 0;
	return a->wait == ZONE_WAIT_NETWORK ? network_wait(&z, a->timeout_ms, e)
					    : ready_wait(&z, a->timeout_ms, e);
}
