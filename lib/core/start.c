/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone start, the command's half: whether it may be started, what it requires, settings of this
 * run. Where the starter lives is seat.c's, what it does life.c's.
 */
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "core/adopt.h"
#include "core/autostart.h"
#include "core/life.h"
#include "core/ready.h"
#include "core/restart.h"
#include "core/seat.h"
#include "core/tell.h"

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

/* A circle of zones is named once, whatever the way to it; -EDEADLK is that. */
static int too_deep(struct zone_host *h, const char *name, const struct zone_spec *s,
		    struct zerr *e)
{
	if (autostart_check(h, name, s, e) == 0)
		return zerr_set(e, ELOOP, "more than %d zones, each requiring the next",
				REQUIRED_DEPTH);
	e->code = EDEADLK;
	e->status = ZERR_FAILED;
	return -EDEADLK;
}

/* start.requires, one after the other; without our lock, which theirs may wait for. */
static int start_required(struct zone_host *h, const char *name, const struct zone_spec *s,
			  const struct zone_start *a, struct zerr *e)
{
	const struct zone_start other = { .wait = ZONE_WAIT_READY,
					  .timeout_ms = REQUIRED_MS,
					  .stdio = { -1, -1, -1 },
					  .depth = a->depth + 1 };
	int r = a->depth < REQUIRED_DEPTH ? 0 : too_deep(h, name, s, e);

	for (size_t i = 0; i < s->start_requires.n && r == 0; i++) {
		tell_patience(REQUIRED_MS / 1000 + 30);
		r = zone_start(h, s->start_requires.v[i], &other, e);
		if (r != -EDEADLK)
			r = zerr_in(e, r, "it requires %s", s->start_requires.v[i]);
	}
	return r;
}

/* With the lock, and everything that it stands on. */
static int start_locked(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	int r = seat_fits_unit(z, a) && !a->unit ? seat_unit(z, e) : -ENOTCONN;

	if (r != -ENOTCONN)
		return r;
	*e = (struct zerr){ 0 };
	if (z->lock < 0 && (z->lock = zone_lock(z->h, z->name, e)) < 0)
		return z->lock;
	r = settle_restart(z, a, e);
	if (r == 0)
		r = override(z, a->set, e);
	if (r == 0)
		r = a->unit ? seat_here(z, a, e) : seat_starter(z, a, e);
	return r;
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
		r = before_the_wait(start_required(h, name, &z.spec, a, e), e);
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
