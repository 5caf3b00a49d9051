/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's half of a new monitor for a zone that runs; adopt_inside.c is the other. */
#include "core/adopt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/adopt_inside.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/place.h"
#include "core/systemd.h"
#include "core/trees.h"
#include "core/verdict.h"

#define UNIT_TRIES 150 /* of 20 ms */

/* What the old monitor held, made anew from inside. What cannot be made is done without: *@e says
 * why. */
static void fetch(struct boot *b, struct zerr *e)
{
	struct adopt_inside in = { .init = b->pidfd, .userns = b->base != 0 };
	struct adopt_gift got = ADOPT_NONE;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)zerr_sys(e, "socket pair");
		return;
	}
	AUTO_CLOSE int ours = pair[0];
	in.sock = pair[1];
	in.notify = hostdir_notify(b, e);
	if (in.notify >= 0)
		(void)child_run(adopt_inside, &in, e);
	(void)own_close(in.sock);
	(void)own_close(in.notify);
	adopt_receive(ours, &got);
	if (got.console >= 0)
		b->consoles[b->consoles_n++] = got.console;
	b->held[HELD_KMSG] = got.kmsg;
	if (got.view >= 0)
		(void)hostdir_show_export(b, got.view, e);
}

static int take_over(struct boot *b, const struct record *state, struct zerr *lost, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr ignored = { 0 };
	int r = 0;

	const bool kept = b->consoles_n && b->notify >= 0; /* by its unit */

	if (!kept)
		keep_drop(b);
	if (b->pidfd < 0)
		b->pidfd = state_pidfd(state, "pid");
	b->pid = (pid_t)record_u64(state, "pid", 0);
	b->generation = (unsigned)record_u64(state, "generation", 0);
	if (b->pidfd < 0)
		return zerr_as(e, ZERR_STATE, "the zone has just ended");
	for (size_t i = 0; i + 1 < state->kv.n && r == 0; i += 2)
		r = record_set(&b->state, state->kv.v[i], state->kv.v[i + 1]);
	if (r < 0)
		return zerr_code(e, ENOMEM, "state record");
	r = life_adopt(b, e);
	if (r < 0)
		return r;
	if (cg_open(b->z->h, b->z->name, &cg, &ignored) == 0)
		b->oom = fs_open_below(cg.payload, "memory.events", O_RDONLY, 0);
	if (!kept)
		fetch(b, lost);
	return 0;
}

int adopt_succeed(struct boot *b, const struct record *state, struct zerr *e)
{
	struct zone *z = b->z;
	struct zerr lost = { 0 };
	const char *const fields[] = { "lost", lost.msg, NULL };

	/* what a monitor goes by; the defaults will do when the file is broken */
	spec_done(&z->spec);
	spec_init(&z->spec);
	(void)conf_load(&z->spec, z->dir, z->name, &lost);
	b->base = (uid_t)record_u64(state, "base", 0);
	const int r = take_over(b, state, &lost, e);
	if (r == 0)
		zone_event(z->h, z->name, "monitor_replaced", lost.code ? fields : NULL);
	return r;
}

static _Noreturn void new_monitor(struct zone *z, const struct record *state, int verdict)
{
	struct zerr e = { 0 };
	struct boot b;

	boot_init(&b, z, NULL);
	int r = life_detach(&e);
	if (r == 0)
		r = adopt_succeed(&b, state, &e);
	verdict_send(verdict, VERDICT_OUTCOME, &e);
	if (r == 0)
		(void)life_become_monitor(&b, &e);
	_exit(1);
}

/* What its unit has kept is better than what we could make. */
static bool ask_unit(const struct zone *z)
{
	struct zerr ignored = { 0 };
	char unit[96];

	(void)snprintf(unit, sizeof(unit), "zone@%s.service", z->name);
	return systemd_begin(unit, &ignored) == 0;
}

bool adopt_is_orphan(const struct zone *z, const struct status *s)
{
	return (s->state == STATE_RUNNING || s->state == STATE_FROZEN) && !state_has_keeper(z->run);
}

int adopt_beget(struct zone *z, const struct status *s, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	struct zerr said = { 0 };
	int pair[2];

	log_note("%s: its monitor has died; it gets a new one", z->name);
	const int r = cg_make(z->h, z->name, (uid_t)record_u64(&s->rec, "base", 0), &cg, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	struct clone_args c = { .flags = CLONE_INTO_CGROUP,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)cg.monitor };
	const pid_t pid = sys_clone3(&c);
	if (pid == 0) {
		(void)own_close(pair[0]);
		new_monitor(z, &s->rec, pair[1]);
	}
	(void)own_close(pair[1]);
	int n = -ECHILD;
	do
		n = pid < 0 ? n : verdict_hear(pair[0], 0, &said);
	while (n == 0 || n == -EINTR);
	(void)own_close(pair[0]);
	if (n != 1)
		return zerr_in(e, zerr_set(e, ECHILD, "it was killed"), "new monitor");
	if (said.code)
		*e = said;
	return zerr_in(e, -said.code, "new monitor");
}

int adopt(struct zone *z, struct status *s, struct zerr *e)
{
	struct status now = { 0 };

	if (!adopt_is_orphan(z, s) || (place_is_managed(z->h, z->name, ".service") && ask_unit(z)))
		return 0;
	int r = adopt_beget(z, s, e);
	if (r == 0)
		r = state_now(z, &now, e);
	if (r < 0)
		return r;
	status_done(s);
	*s = now;
	return 0;
}

void adopt_try(struct zone *z, struct status *s)
{
	struct zerr e = { 0 };

	if (adopt(z, s, &e) < 0)
		log_warn("%s: %s", z->name, e.msg);
}

void adopt_if_orphan(struct zone_host *h, const char *name, const struct zone *z,
		     const struct status *s)
{
	AUTO_ZONE struct zone own = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status now = { 0 };
	struct zerr e = { 0 };

	if (!adopt_is_orphan(z, s))
		return;
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN, &own, &e);
	if (r == 0)
		r = state_now(&own, &now, &e);
	if (r == 0)
		r = adopt(&own, &now, &e);
	if (r < 0)
		log_warn("%s: %s", name, e.msg);
	zone_unlock(&own); /* a unit needs it for that, and takes its time */
	for (int tries = 0; r == 0 && tries < UNIT_TRIES && !state_has_keeper(z->run); tries++)
		(void)usleep(20000);
}
