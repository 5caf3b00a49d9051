/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See seat.h. */
#include "core/seat.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/gate.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/place.h"
#include "core/restart.h"
#include "core/starter.h"
#include "core/systemd.h"
#include "core/verdict.h"

static void send_verdict(struct starter *s, int level, const struct zerr *e)
{
	/* the zone runs, whether the command still lives or not */
	verdict_send(s->verdict, level, e);
	if (level == VERDICT_OUTCOME)
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
	int n;

	do
		n = verdict_hear(fd, 0, &v);
	while (n == 0 || (n == -EINTR && !steps_signal()));
	if (n == 1 && v.code == 0)
		return 0;
	if (n == -EINTR) { /* undo what was begun: the starter walks down by itself */
		(void)kill(pid, SIGTERM);
		(void)steps_check(e);
	} else if (n == 1) {
		*e = v;
	} else {
		(void)zerr_set(e, ECHILD, "the starter was killed");
	}
	(void)waitpid(pid, NULL, 0);
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	const bool killed = n != 1; /* else it has walked down itself, or met another */
	if (state_now(z, &s, &ignored) < 0 || !s.live)
		(void)cg_remove_dead(z->h, z->name, true, &ignored);
	else if (killed || s.state != STATE_RUNNING)
		(void)life_repair(z, &s, &ignored);
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

int seat_starter(struct zone *z, const struct zone_start *a, struct zerr *e)
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
		(void)cg_remove_dead(z->h, z->name, true, &(struct zerr){ 0 });
	(void)own_close(pair[0]);
	return r;
}

/* ---- in units -------------------------------------------------------------------------------- */

/* A failure is told by who called us, with what comes to it on the way. */
static void tell_verdict(struct starter *s, int level, const struct zerr *e)
{
	const struct zone_options *o = &s->z->h->o;

	if (level != VERDICT_OUTCOME && o->log)
		o->log(level, e->msg, o->arg);
	if (!e->code)
		verdict_tell(s->z, level, e);
}

/* This process is the main one of the zone's unit. Returns only on failure. */
int seat_here(struct zone *z, const struct zone_start *a, struct zerr *e)
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
bool seat_fits_unit(const struct zone *z, const struct zone_start *a)
{
	return systemd_runs(z->h) && !a->argv && !a->stub && !a->scratch && !a->listen_n &&
	       !(a->set && a->set->n);
}

/* Whether it runs after all. */
static int look_again(const struct zone *z, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	const int r = state_now(z, &s, e);

	if (r < 0 || s.state == STATE_RUNNING || s.state == STATE_FROZEN)
		return r;
	return zerr_hint(e, zerr_set(e, ECANCELED, "systemd has passed over zone@%s", z->name),
			 "systemctl status zone@%s", z->name);
}

/* Have systemd do it. -ENOTCONN: it cannot be asked. */
int seat_unit(struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int verdict = verdict_await(z, e);

	if (verdict < 0)
		return verdict;
	restart_hasten(z);
	zone_unlock(z); /* the unit's process needs it */
	const int r = systemd_start(z->name, verdict, verdict_hear, e);
	verdict_leave(z, own_take_fd(&verdict));
	return r == 1 ? look_again(z, e) : r;
}
