/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See starter.h. */
#include "core/starter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/place.h"
#include "core/rlimits.h"
#include "core/verdict.h"

unsigned starter_generation(const struct zone *z)
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
	if (!a->listen_n)
		return 0;
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

void starter_follow(const struct zone *z, int gate)
{
	AUTO_FREE char *self = NULL;
	char place[16];

	if (!place_is_managed(z->h, z->name, NULL))
		return;
	self = realpath("/proc/self/exe", NULL);
	(void)snprintf(place, sizeof(place), "%d", gate);
	char *const argv[] = { (char *)"zone", (char *)".unit", (char *)"follow",
			       z->name,	       place,		NULL };
	const pid_t pid = self ? fork() : -1;
	if (pid == 0) {
		(void)sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		if (gate >= 0)
			(void)fcntl(gate, F_SETFD, 0);
		if (fork() == 0) /* nobody's child: the monitor waits for none but init */
			(void)execv(self, argv);
		_exit(0);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	else
		log_debug("follow: %s", strerror(errno));
}

/* Our own streams lead nowhere. */
static void hand_over(enum log_level level, const char *text, void *arg)
{
	struct starter *s = arg;
	struct zerr e = { 0 };

	(void)zerr_set(&e, 0, "%s", text);
	s->report(s, (int)level, &e);
}

static int walk_up(struct starter *s, struct boot *b, struct zone_start *a, struct zerr *e)
{
	int r = move_streams(a, e);

	if (r == 0)
		r = life_detach(e);
	if (r == 0 && s->unit)
		r = place_here(s->z, s->unit, e);
	if (r == 0)
		r = take_sockets(b, e);
	return r == 0 ? life_up(b, e) : r;
}

int starter_run(struct starter *s, struct boot *b, struct zerr *e)
{
	struct zone_start a = *s->args;

	b->args = &a;
	b->generation = starter_generation(s->z);
	oom_score_forget();
	log_set(hand_over, s);
	int r = walk_up(s, b, &a, e);
	log_set(NULL, NULL);
	if (r == 0) {
		zone_event(s->z->h, s->z->name, "running", NULL);
		*e = (struct zerr){ 0 };
	}
	s->report(s, VERDICT_OUTCOME, e);
	if (r < 0)
		return r;
	keep_store(b);
	starter_follow(s->z, s->gate);
	r = life_become_monitor(b, e); /* exec gives the lock back */
	if (r < 0) {		       /* nobody would hold the console: better not to run */
		struct zerr ignored = { 0 };

		(void)life_down(s->z, &b->state, false, &ignored);
	}
	return r;
}
