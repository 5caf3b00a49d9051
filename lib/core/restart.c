/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See restart.h. */
#include "core/restart.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sig.h"
#include "base/sys.h"
#include "core/internal.h"
#include "core/life.h"
#include "core/place.h"
#include "core/tell.h"

#define RECORD	     "restart"
#define WANTED	     "again"
#define BY_UNIT	     "again.unit"
#define MARK_S	     10
#define LOCK_WAIT_MS 60000

int restart_want(const struct zone *z, struct zerr *e)
{
	return fs_write(z->run, WANTED, "", 0, 0600, false, e);
}

void restart_cancel(const struct zone *z)
{
	if (z->run >= 0 && unlinkat(z->run, RECORD, 0) == 0)
		zone_event(z->h, z->name, "restart_cancelled", NULL);
}

int64_t restart_at(const struct zone *z)
{
	AUTO_RECORD struct record r = { 0 };
	struct zerr ignored = { 0 };

	if (z->run < 0 || record_load(&r, z->run, RECORD, STATE_FORMAT, &ignored) < 0)
		return 0;
	return (int64_t)record_u64(&r, "at", 0);
}

/* ---- planning -------------------------------------------------------------------------------- */

static bool is_due(const struct zone *z, const struct record *state, int status)
{
	return unlinkat(z->run, WANTED, 0) == 0 || restart_wanted(&z->spec, state, status);
}

bool restart_wanted(const struct zone_spec *s, const struct record *state, int status)
{
	if (!str_eq(record_get(state, "stage"), "running") ||
	    str_eq(record_get(state, "custom"), "1"))
		return false; /* it was asked to stop, or was a command's */
	return s->restart == RESTART_ALWAYS || (s->restart == RESTART_ON_FAILURE && status != 0);
}

unsigned restart_pause(const struct zone_spec *s, unsigned n)
{
	uint64_t seconds = s->restart_delay;

	while (n-- > 1 && seconds < s->restart_delay_max)
		seconds *= 2;
	return seconds < s->restart_delay_max ? (unsigned)seconds : s->restart_delay_max;
}

/* Write the plan down. 0, -ERANGE: no more of them; or -errno. */
static int write_plan(const struct zone *z, unsigned n)
{
	AUTO_RECORD struct record r = { 0 };
	char number[16], delay[16];
	const unsigned seconds = restart_pause(&z->spec, n);
	const char *const fields[] = { "delay", delay, "restarts", number, NULL };
	struct zerr e = { 0 };

	(void)snprintf(number, sizeof(number), "%u", n);
	(void)snprintf(delay, sizeof(delay), "%u", seconds);
	if (z->spec.restart_limit && n > z->spec.restart_limit) {
		zone_event(z->h, z->name, "restart_given_up", fields + 2);
		return -ERANGE;
	}
	if (record_set(&r, "restarts", number) < 0 || record_set(&r, "delay", delay) < 0 ||
	    record_setf(&r, "at", "%lld", (long long)now_seconds() + seconds) < 0)
		return -ENOMEM;
	const int w = record_save(&r, z->run, RECORD, STATE_FORMAT, false, &e);
	if (w < 0)
		log_warn("%s: %s", z->name, e.msg);
	else
		zone_event(z->h, z->name, "restart_planned", fields);
	return w;
}

/* Let systemd start the unit again, which then finds the plan. */
static void mark_for_unit(const struct zone *z)
{
	struct zerr ignored = { 0 };

	(void)fs_write(z->run, BY_UNIT, "", 0, 0600, false, &ignored);
}

static _Noreturn void become_sleeper(const struct zone *z)
{
	AUTO_FREE char *self = realpath("/proc/self/exe", NULL);
	char *const argv[] = { (char *)"zone", (char *)".restart", z->name, NULL };

	(void)setsid();
	(void)sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (self)
		(void)execv(self, argv);
	_exit(1);
}

bool restart_plan(struct zone *z, const struct record *state, int status)
{
	const uint64_t up = (now_boot_ns() - record_u64(state, "started_ns", 0)) / 1000000000;
	struct zerr ignored = { 0 };

	spec_done(&z->spec);
	spec_init(&z->spec);
	if (z->dir < 0 || conf_load(&z->spec, z->dir, z->name, &ignored) < 0 ||
	    !is_due(z, state, status))
		return false;
	const unsigned before =
		up > z->spec.restart_delay_max ? 0 : (unsigned)record_u64(state, "restarts", 0);
	if (write_plan(z, before + 1) < 0)
		return false;
	if (place_is_managed(z->h, z->name, ".service"))
		mark_for_unit(z);
	else if (life_fork_outside(z->h) == 0)
		become_sleeper(z);
	return true;
}

void restart_hasten(const struct zone *z)
{
	AUTO_RECORD struct record r = { 0 };
	struct zerr e = { 0 };

	if (record_load(&r, z->run, RECORD, STATE_FORMAT, &e) == 0 &&
	    record_setf(&r, "at", "%lld", (long long)now_seconds()) == 0 &&
	    record_save(&r, z->run, RECORD, STATE_FORMAT, false, &e) < 0)
		log_warn("%s: %s", z->name, e.msg);
}

/* Write the next plan down after the @n-th restart has failed. */
static bool plan_next(struct zone_host *h, const char *name, unsigned n, bool unit)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };

	if (zone_load(h, name, LOAD_LOCK | LOAD_RUN, &z, &ignored) < 0 ||
	    state_now(&z, &s, &ignored) < 0 || s.live || /* somebody was faster */
	    conf_load(&z.spec, z.dir, name, &ignored) < 0)
		return false;
	(void)unlinkat(z.run, RECORD, 0);
	if (write_plan(&z, n + 1) < 0)
		return false;
	if (unit)
		mark_for_unit(&z);
	return true;
}

bool restart_failed(struct zone_host *h, const char *name, unsigned n, bool unit,
		    const struct zerr *why)
{
	const char *const fields[] = { "error", why->msg, NULL };

	if (steps_signal() || why->status == ZERR_MISSING || why->status == ZERR_STATE)
		return false; /* given up, destroyed, or somebody else is at it */
	zone_event(h, name, "restart_failed", fields);
	return plan_next(h, name, n, unit);
}

/* ---- the process that sleeps ----------------------------------------------------------------- */

/* Until it is time. False: the plan has been given up. */
static bool sleep_until_due(const struct zone *z)
{
	char path[32], scrap[4096];
	int64_t at;
	AUTO_CLOSE int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (watch < 0 || inotify_add_watch(watch, fs_fd_path(z->run, path),
					   IN_DELETE | IN_DELETE_SELF | IN_MOVED_TO) < 0)
		return false;
	for (;;) {
		if ((at = restart_at(z)) == 0)
			return false;
		const int64_t left = at - now_seconds();
		struct pollfd p = { .fd = watch, .events = POLLIN };

		if (left <= 0)
			return true;
		tell("STATUS=starts again in %lld s", (long long)left);
		tell_patience((unsigned)left + 60);
		(void)steps_poll(&p, 1, (int)(left < 1000 ? left * 1000 : 1000000));
		(void)!read(watch, scrap, sizeof(scrap));
		if (steps_signal()) { /* systemd stops the unit */
			restart_cancel(z);
			return false;
		}
	}
}

/* A mark of the end, which the unit's next start finds at once; one that was never found means
 * nothing any more. */
static bool was_marked(const struct zone *z)
{
	struct stat st;
	const bool fresh =
		fstatat(z->run, BY_UNIT, &st, 0) == 0 && st.st_mtime + MARK_S >= now_seconds();

	(void)unlinkat(z->run, BY_UNIT, 0);
	return fresh;
}

int restart_await(const struct zone *z)
{
	AUTO_RECORD struct record plan = { 0 };
	struct zerr e = { 0 };
	const bool planned = z->run >= 0 && was_marked(z);

	if (z->run < 0 || restart_at(z) == 0)
		return planned ? -ECANCELED : 0;
	if (!sleep_until_due(z) || record_load(&plan, z->run, RECORD, STATE_FORMAT, &e) < 0)
		return -ECANCELED;
	return (int)record_u64(&plan, "restarts", 1);
}

static int start_again(struct zone_host *h, const char *name, unsigned n, struct zerr *e)
{
	const struct zone_start a = { .wait = ZONE_WAIT_RUNNING,
				      .stdio = { -1, -1, -1 },
				      .restarts = n };

	return zone_start(h, name, &a, e);
}

/* One plan: wait for it, and carry it out. 1: it failed, and another one was made. */
static int carry_out(struct zone_host *h, const char *name)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_RECORD struct record plan = { 0 };
	struct zerr e = { 0 };

	if (zone_load(h, name, 0, &z, &e) < 0 ||
	    record_load(&plan, z.run, RECORD, STATE_FORMAT, &e) < 0 || !sleep_until_due(&z))
		return 0;
	const unsigned n = (unsigned)record_u64(&plan, "restarts", 1);
	return start_again(h, name, n, &e) < 0 && restart_failed(h, name, n, false, &e);
}

int internal_restart(int argc, char **argv)
{
	const struct zone_options o = { .lock_wait_ms = LOCK_WAIT_MS };
	struct zone_host *h = NULL;
	struct zerr e = { 0 };

	if (argc != 2)
		return ZERR_USAGE;
	if (zone_host_open(&o, &h, &e) < 0)
		return ZERR_FAILED;
	while (carry_out(h, argv[1]) == 1)
		;
	zone_host_close(h);
	return ZERR_OK;
}
