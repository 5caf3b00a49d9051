/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines of zone@.service, each a word of `zone .unit`:
 *
 * | word   | line            | what it does                                                       |
 * | due    | ExecCondition   | waits for a planned restart; no, when that has been given up       |
 * | start  | ExecStart       | becomes starter and monitor; or the new monitor of one that runs   |
 * | follow | (of start)      | registers with machined, waits until ready, says so, start.delay   |
 * | stop   | ExecStop        | zone stop, unless it was the monitor that died: then the zone goes
 * on | | ended  | ExecStopPost    | what is left is killed and cleaned up after, with the same
 * exception |
 *
 * systemd itself never kills the zone's processes (KillMode=process): each word works from the
 * records, as any command does.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sig.h"
#include "core/adopt.h"
#include "core/guest.h"
#include "core/hooks.h"
#include "core/internal.h"
#include "core/life.h"
#include "core/nics.h"
#include "core/place.h"
#include "core/ready.h"
#include "core/restart.h"
#include "core/systemd.h"
#include "core/tell.h"
#include "core/verdict.h"

#define LOCK_WAIT_MS 60000
#define READY_MS     90000
#define GATE_MS	     30000 /* one that boots for longer does not keep the others waiting */
#define STOP_MORE_S  60	   /* for the way down, beside the zone's deadline and its hooks */
#define LINKS_MAX    64
#define NOT_DUE	     1 /* systemd.service(5): ExecCondition, "skipped" */

struct unit {
	struct zone_host *h;
	const char *name;
	int gate; /* follow's; -1 */
	int journal;
};

static void to_journal(int level, const char *text, void *arg)
{
	const struct unit *u = arg;

	if (level <= (int)LOG_LEVEL_NOTE)
		(void)dprintf(u->journal, "%s: %s\n", u->name, text);
}

static void complain(struct unit *u, const struct zerr *e)
{
	tell("STATUS=%s", e->msg);
	to_journal(LOG_LEVEL_WARN, e->msg, u);
}

static int unit_due(struct unit *u, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };

	if (zone_load(u->h, u->name, 0, &z, e) < 0)
		return 0; /* for the start to tell: this would be passed over */
	const bool due = restart_await(&z) >= 0;
	return due || steps_signal() ? 0 : NOT_DUE; /* when it is stopped, 1 were a failure */
}

/* ---- start ----------------------------------------------------------------------------------- */

static int unit_start(struct unit *u, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	char unit[96];

	(void)snprintf(unit, sizeof(unit), "zone@%s.service", u->name);
	int r = zone_load(u->h, u->name, LOAD_RUN, &z, e);
	if (r < 0)
		return r;
	const int n = restart_await(&z);
	const struct zone_start a = { .stdio = { -1, -1, -1 },
				      .restarts = n > 0 ? (unsigned)n : 0,
				      .unit = unit };
	r = zone_start(u->h, u->name, &a, e);
	verdict_tell(&z, VERDICT_OUTCOME, e);
	if (r < 0 && n > 0 && restart_failed(u->h, u->name, (unsigned)n, true, e)) {
		complain(u, e);
		return RESTART_UNIT;
	}
	return r;
}

/* ---- follow ---------------------------------------------------------------------------------- */

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The record's "xxxxxxxx-xxxx-…" in binary; zeroes when there is none. */
static void uuid_bytes(const char *text, uint8_t ret[static 16])
{
	size_t n = 0;

	memset(ret, 0, 16);
	for (const char *p = text ? text : ""; p[0] && p[1] && n < 16; p++)
		if (*p != '-') {
			ret[n++] = (uint8_t)(digit(p[0]) << 4 | digit(p[1]));
			p++;
		}
}

static void enroll(const struct zone *z, const struct record *state)
{
	int32_t links[LINKS_MAX];
	struct systemd_machine m = { .name = z->name,
				     .leader = (pid_t)record_u64(state, "pid", 0),
				     .links = links };
	struct zerr e = { 0 };
	struct net_link link;
	char root[32];

	/* its root is mounted nowhere on the host */
	(void)snprintf(root, sizeof(root), "/proc/%d/root", (int)m.leader);
	m.root = root;
	uuid_bytes(record_get(&z->manifest, "uuid"), m.id);
	while (m.links_n < LINKS_MAX && nics_link(state, m.links_n, &link) == 0)
		links[m.links_n++] = (int32_t)link.ifindex;
	if (systemd_enroll(&m, &e) < 0) /* machined is nobody's need */
		tell("STATUS=%s", e.msg);
}

static void leave_gate(struct unit *u)
{
	u->gate = own_close(u->gate);
}

static int wait_ready(struct unit *u, struct zone *z, struct zerr *e)
{
	int r = ready_wait(z, u->gate >= 0 ? GATE_MS : READY_MS, e);

	if (r != -ETIMEDOUT || u->gate < 0)
		return r;
	*e = (struct zerr){ 0 };
	leave_gate(u);
	return ready_wait(z, READY_MS - GATE_MS, e);
}

static int unit_follow(struct unit *u, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_RECORD struct record state = { 0 };
	const bool boots = u->gate >= 0;
	int r = zone_load(u->h, u->name, LOAD_SPEC, &z, e);

	if (r == 0)
		r = record_load(&state, z.run, "state", STATE_FORMAT, e);
	if (r < 0)
		return r;
	tell_patience(READY_MS / 1000 + z.spec.start_delay + STOP_MORE_S);
	enroll(&z, &state);
	r = wait_ready(u, &z, e);
	leave_gate(u);
	if (r == -ECHILD) /* the unit sees that for itself */
		return r;
	if (boots && z.spec.start_delay)
		(void)poll(NULL, 0, (int)z.spec.start_delay * 1000);
	tell("READY=1\nSTATUS=%s", r < 0 ? e->msg : "runs");
	return r;
}

/* ---- stop ------------------------------------------------------------------------------------ */

/* Whether the monitor alone has died: the zone goes on, and the unit's next process takes it over.
 */
static bool lives_on(const struct zone *z, const struct status *s)
{
	static const char *const accidents[] = { "signal", "core-dump", "oom-kill", "watchdog" };
	const char *result = getenv("SERVICE_RESULT");
	bool accident = false;

	for (size_t i = 0; i < sizeof(accidents) / sizeof(accidents[0]); i++)
		accident |= str_eq(result, accidents[i]);
	return accident && (s->state == STATE_RUNNING || s->state == STATE_FROZEN) &&
	       !state_has_keeper(z->run);
}

/* Load zone and state; true when there is something of this unit's run to be stopped. */
static int look(struct unit *u, int what, struct zone *z, struct status *s, struct zerr *e)
{
	int r = zone_load(u->h, u->name, what, z, e);

	if (r < 0) /* stopped, and destroyed at once */
		return e->status == ZERR_MISSING ? 0 : r;
	r = state_now(z, s, e);
	return r < 0 ? r : s->live && place_contains_us(u->h, u->name) && !lives_on(z, s);
}

static int unit_stop(struct unit *u, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	const int r = look(u, 0, &z, &s, e);

	if (r <= 0)
		return r;
	(void)conf_load(&z.spec, z.dir, z.name, &ignored);
	tell_patience(z.spec.stop_timeout + (unsigned)hooks_down_ms(&s.rec, true) / 1000 +
		      STOP_MORE_S);
	tell("STATUS=stops");
	return zone_stop(u->h, u->name, -1, e);
}

static int unit_ended(struct unit *u, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r;

	/* Nothing was started. Before version 254 systemd cannot do that beside groups that have
	 * controllers, and takes its own failure for the condition's. */
	if (str_eq(getenv("SERVICE_RESULT"), "exec-condition")) {
		r = adopt_left(u->h, u->name, e);
		return r < 0 && e->status == ZERR_MISSING ? 0 : r;
	}
	r = look(u, 0, &z, &s, e);

	if (s.live && lives_on(&z, &s))
		return 0;
	/* before the unit is gone: machined would stop what comes next; but not of a run elsewhere,
	 * in a scope */
	if (!s.live || r > 0)
		systemd_dismiss(u->name);
	if (r <= 0)
		return r;
	z.lock = zone_lock(u->h, u->name, e);
	return z.lock < 0 ? z.lock : life_repair(&z, &s, e);
}

/* ---- words ----------------------------------------------------------------------------------- */

int internal_unit(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct unit *u, struct zerr *e);
	} words[] = { { "due", unit_due },
		      { "start", unit_start },
		      { "follow", unit_follow },
		      { "stop", unit_stop },
		      { "ended", unit_ended } };
	AUTO_CLOSE int complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	struct unit u = { .name = argc > 2 ? argv[2] : "", .gate = -1, .journal = complaints };
	const struct zone_options o = { .lock_wait_ms = LOCK_WAIT_MS,
					.log = to_journal,
					.arg = &u };
	struct zerr e = { 0 };
	int r = -EINVAL;

	if (argc < 3)
		return ZERR_USAGE;
	if (argc > 3)
		u.gate = (int)strtol(argv[3], NULL, 10);
	steps_catch_signals();
	tell_as(u.name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(argv[1], words[i].name) && (r = zone_host_open(&o, &u.h, &e)) == 0)
			r = words[i].run(&u, &e);
	leave_gate(&u);
	if (r < 0)
		complain(&u, &e);
	zone_host_close(u.h);
	return r < 0 ? (e.status ? e.status : ZERR_FAILED) : r;
}
