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
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/adopt.h"
#include "core/gate.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/place.h"
#include "core/ready.h"
#include "core/restart.h"
#include "core/starter.h"
#include "core/systemd.h"
#include "core/tell.h"
#include "core/verdict.h"

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

static void send_verdict(struct starter *s, const struct zerr *e)
{
	/* the zone runs, whether the command still lives or not */
	(void)!send(s->verdict, e, sizeof(*e), MSG_NOSIGNAL);
	s->verdict = own_close(s->verdict);
}

/* In the child. @go: a pipe whose one word says that it may begin; NULL: it may. */
static _Noreturn void starter(struct starter *s, int *go)
{
	struct zerr e = { 0 };
	struct boot b;
	char word;

	boot_init(&b, s->z, s->args);
	if (go)
		go[1] = own_close(go[1]);
	if (!go || read(go[0], &word, 1) == 1)
		(void)starter_run(s, &b, &e);
	_exit(1);
}

/* @group: of the monitor; -1: the caller's, which it leaves for a unit's. */
static int clone_starter(struct starter *s, int group, int *go, pid_t *ret, struct zerr *e)
{
	struct clone_args c = { .flags = group < 0 ? 0 : CLONE_INTO_CGROUP,
				.exit_signal = SIGCHLD,
				.cgroup = group < 0 ? 0 : (uint64_t)group };

	const pid_t pid = sys_clone3(&c);
	if (pid == 0)
		starter(s, go);
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

/* In a group of our own. */
static int seat_own(struct starter *s, pid_t *ret, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;

	place_own(s->z);
	const int r = cg_make(s->z->h, s->z->name, zone_base(s->z), &cg, e);
	return r < 0 ? r : clone_starter(s, cg.monitor, NULL, ret, e);
}

/* In a scope that systemd makes around the child, which waits for it. */
static int seat_scope(struct starter *s, pid_t *ret, struct zerr *e)
{
	char unit[96];
	pid_t pid = 0;
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return zerr_sys(e, "pipe");
	(void)snprintf(unit, sizeof(unit), "zone-%s.scope", s->z->name);
	s->unit = unit;
	int r = clone_starter(s, -1, go, &pid, e);
	(void)own_close(go[0]);
	if (r == 0)
		r = systemd_scope(s->z->name, pid, e);
	if (r == 0 && write(go[1], "g", 1) != 1)
		r = zerr_sys(e, "starter");
	(void)own_close(go[1]); /* without the word it ends */
	s->unit = NULL;
	if (r < 0 && pid > 0)
		(void)waitpid(pid, NULL, 0);
	if (r == 0)
		*ret = pid;
	return r;
}

static int seat(struct starter *s, pid_t *ret, struct zerr *e)
{
	int r = systemd_runs(s->z->h) ? seat_scope(s, ret, e) : -ENOTCONN;

	if (r != -ENOTCONN)
		return r;
	if (e->code)
		log_warn("%s: %s; it runs outside of systemd's units", s->z->name, e->msg);
	*e = (struct zerr){ 0 };
	return seat_own(s, ret, e);
}

static int run_starter(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	struct starter s = { .z = z, .args = a, .gate = -1, .report = send_verdict };
	pid_t pid = 0;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	s.verdict = pair[1];
	zone_event(z->h, z->name, "starting", NULL);
	int r = seat(&s, &pid, e);
	(void)own_close(pair[1]);
	if (r == 0)
		r = hear_verdict(z, pair[0], pid, e);
	else
		(void)cg_remove(z->h, z->name, true, &(struct zerr){ 0 });
	(void)own_close(pair[0]);
	return r;
}

/* ---- in units -------------------------------------------------------------------------------- */

/* A failure is told by who called us, with what comes to it on the way. */
static void tell_verdict(struct starter *s, const struct zerr *e)
{
	if (!e->code)
		verdict_tell(s->z, e);
}

/* This process is the main one of the zone's unit. Returns only on failure. */
static int start_here(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	struct starter s = { .z = z, .args = a, .unit = a->unit, .report = tell_verdict };
	struct boot b;

	boot_init(&b, z, a);
	int r = keep_take(&b, e);
	if (r == 0)
		r = s.gate = gate_enter(z->h, e);
	if (r < 0)
		return r;
	keep_drop(&b); /* of a run that has ended */
	zone_event(z->h, z->name, "starting", NULL);
	return starter_run(&s, &b, e);
}

/* The unit goes by the configuration alone: anything else is a scope's. */
static bool fits_unit(const struct zone *z, const struct zone_start *a)
{
	return systemd_runs(z->h) && !a->argv && !a->stub && !a->scratch && !a->listen_n &&
	       !(a->set && a->set->n);
}

/* Have systemd do it. -ENOTCONN: it cannot be asked. */
static int start_unit(struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int verdict = verdict_await(z, e);

	if (verdict < 0)
		return verdict;
	restart_hasten(z);
	zone_unlock(z); /* the unit's process needs it */
	const int r = systemd_start(z->name, verdict, e);
	verdict_leave(z, own_take_fd(&verdict));
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
	if (a->unit && (s.state == STATE_RUNNING || s.state == STATE_FROZEN))
		return adopt_here(z, &s, a->unit, e);
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

	for (size_t i = 0; i < s->start_requires.n && r == 0; i++) {
		tell_patience(REQUIRED_MS / 1000 + 30);
		r = zerr_in(e, zone_start(h, s->start_requires.v[i], &other, e), "it requires %s",
			    s->start_requires.v[i]);
	}
	return r;
}

/* With the lock, and everything that it stands on. */
static int start_locked(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	int r = fits_unit(z, a) && !a->unit ? start_unit(z, e) : -ENOTCONN;

	if (r != -ENOTCONN)
		return r;
	*e = (struct zerr){ 0 };
	if (z->lock < 0 && (z->lock = zone_lock(z->h, z->name, e)) < 0)
		return z->lock;
	r = settle_restart(z, a, e);
	if (r == 0)
		r = override(z, a->set, e);
	if (r == 0)
		r = a->unit ? start_here(z, a, e) : run_starter(z, a, e);
	return r;
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
		r = start_required(h, &z.spec, a, e);
		return r < 0 ? r : zone_start(h, name, &again, e);
	}
	if (r == 0)
		r = start_locked(&z, a, e);
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
