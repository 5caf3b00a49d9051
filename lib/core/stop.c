/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stop, reboot, kill, freeze, wait: what a command asks of a zone that lives. The walk down is the
 * monitor's; it is done here only when no monitor is left. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/adopt.h"
#include "core/guest.h"
#include "core/hooks.h"
#include "core/initctl.h"
#include "core/life.h"
#include "core/restart.h"

#define FREEZE_MS   10000
#define TEARDOWN_MS 30000
#define REBOOT_MS   30000 /* how long a request to reboot waits for an init that is not ready */
#define HANDLER_MS  5000  /* how long a young init may take to install its signal handler */

/* Wait until the process has ended. 0, -ETIMEDOUT, -EINTR. */
static int wait_pidfd(int pidfd, int64_t timeout_ms)
{
	const int64_t deadline = now_ms() + timeout_ms;
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	for (;;) {
		const int64_t left = deadline - now_ms();
		const int n = poll(&p, 1, left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left);

		if (n > 0)
			return 0;
		if (steps_signal())
			return -EINTR;
		if (n == 0 && left <= 0)
			return -ETIMEDOUT;
	}
}

static bool read_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Does the process hear @sig? A first process that neither handles nor awaits a signal never sees
 * it. */
static bool catches(pid_t pid, int sig)
{
	char text[4096];
	unsigned long long mask = 0;

	/* busybox init waits in sigtimedwait, where the mask does not show what it waits for */
	if (read_proc(pid, "syscall", text, sizeof(text)) &&
	    strtol(text, NULL, 10) == SYS_rt_sigtimedwait)
		return true;
	if (!read_proc(pid, "status", text, sizeof(text)))
		return false;
	/* blocked counts too: systemd takes its signals from a signalfd */
	for (int i = 0; i < 2; i++) {
		const char *p = strstr(text, i ? "SigBlk:" : "SigCgt:");

		if (p && sscanf(p + 7, "%llx", &mask) == 1 && (mask >> (sig - 1)) & 1)
			return true;
	}
	return false;
}

/* How long a young init may still take until it listens. */
static int64_t patience_with(const struct record *rec)
{
	const uint64_t up_ms = (now_boot_ns() - record_u64(rec, "started_ns", 0)) / 1000000;

	return up_ms > HANDLER_MS ? 200 : HANDLER_MS - (int64_t)up_ms;
}

/* Wait until init can hear @sig: a young one may not have got that far yet, and one that says when
 * it can is waited for until then. 0; 1: it has ended; -ESRCH. */
static int wait_handler(const struct zone *z, const struct record *rec, int pidfd, int sig,
			int64_t deadline)
{
	const pid_t pid = (pid_t)record_u64(rec, "pid", 0);
	const int64_t until = now_ms() + patience_with(rec);

	for (;;) {
		const bool allowed = guest_takes_signals(z);

		if (allowed && catches(pid, sig))
			return 0;
		if ((allowed && now_ms() > until) || now_ms() > deadline)
			return -ESRCH;
		if (wait_pidfd(pidfd, 10) == 0)
			return 1;
		if (steps_signal())
			return -EINTR;
	}
}

/* A System V init is asked in words, unless the configuration names a signal. 0: it has heard them,
 * or has ended; -errno: no such init, or it does not listen. */
static int ask_in_words(const struct zone *z, const struct record *rec, int pidfd)
{
	const int64_t until = now_ms() + patience_with(rec);
	int r = -EOPNOTSUPP;

	while (!z->spec.stop_signal && str_eq(record_get(rec, "kind"), "sysv") &&
	       (r = initctl_halt(rec)) == -ENXIO && now_ms() < until && !steps_signal())
		if (wait_pidfd(pidfd, 100) == 0)
			return 0;
	return r;
}

/* Ask init, by @sig if nothing else, and wait for its end. */
static int ask_init(const struct zone *z, const struct record *rec, int pidfd, int sig,
		    int64_t deadline)
{
	const int r = wait_handler(z, rec, pidfd, sig, deadline);

	if (r != 0)
		return r < 0 ? r : 0;
	if (ask_in_words(z, rec, pidfd) < 0 && sys_pidfd_send_signal(pidfd, sig) < 0 &&
	    errno != ESRCH)
		return -errno;
	return wait_pidfd(pidfd, deadline - now_ms());
}

static int mark_stopping(struct zone *z, struct record *rec, struct zerr *e)
{
	if (record_set(rec, "stage", "stopping") < 0)
		return zerr_code(e, ENOMEM, "state record");
	const int r = record_save(rec, z->run, "state", STATE_FORMAT, false, e);
	if (r != -ENOSPC && r != -EDQUOT)
		return r;
	/* to stop a zone is a way out of a full disk; without the mark it could only reboot instead
	 */
	log_warn("%s: %s", z->name, e->msg);
	*e = (struct zerr){ 0 };
	return 0;
}

/* After init has ended: wait for the monitor's walk down, or do it when there is none. What runs by
 * then may be another's start already: @rec is the run that was stopped. */
static int finish(struct zone *z, const struct record *rec, int monitor, struct zerr *e)
{
	const uint64_t began = record_u64(rec, "started_ns", 0);

	const int patience = TEARDOWN_MS + hooks_down_ms(rec, false);

	if (monitor >= 0 && wait_pidfd(monitor, patience) < 0)
		return steps_check(e) < 0 ? -EINTR
					  : zerr_set(e, EBUSY, "teardown takes more than %d s",
						     patience / 1000);
	AUTO_STATUS struct status s = { 0 };
	z->lock = zone_lock(z->h, z->name, e);
	if (z->lock < 0)
		return z->lock;
	int r = state_now(z, &s, e);
	if (r == 0 && s.live && record_u64(&s.rec, "started_ns", 0) == began) {
		r = life_repair(z, &s, e);
		if (r == 0)
			zone_event(z->h, z->name, "stopped", NULL);
	}
	return r;
}

/* A stop that was interrupted is no stop: the zone is what it was, unless init has gone already. */
static int unmark_stopping(struct zone *z, struct record *rec, struct zerr *e)
{
	struct zerr ignored = { 0 };
	AUTO_RECORD struct record now = { 0 };

	steps_hold_signals(true);
	z->lock = zone_lock(z->h, z->name, &ignored);
	if (z->lock >= 0 && record_load(&now, z->run, "state", STATE_FORMAT, &ignored) == 0 &&
	    str_eq(record_get(&now, "stage"), "stopping") &&
	    record_set(rec, "stage", "running") == 0)
		(void)record_save(rec, z->run, "state", STATE_FORMAT, false, &ignored);
	steps_hold_signals(false);
	return steps_check(e);
}

/* From running to stopping: the hook, the mark, thawed. */
static int begin_stop(struct zone *z, struct status *s, int payload, bool kill, struct zerr *e)
{
	const struct hook prestop = hook_of_record(&s->rec, "prestop");
	int r;

	if (!kill && s->state != STATE_FROZEN)
		hook_try(z, &prestop);
	if ((r = steps_check(e)) < 0 || (r = mark_stopping(z, &s->rec, e)) < 0)
		return r;
	zone_event(z->h, z->name, "stopping", NULL);
	/* frozen: dead at once with -k, thawed otherwise; never left frozen half-way */
	return s->state == STATE_FROZEN && !kill ? cg_freeze(payload, false, FREEZE_MS, e) : 0;
}

static int stop_running(struct zone *z, struct status *s, int timeout_ms, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	AUTO_CLOSE int init = state_pidfd(&s->rec, "pid");
	AUTO_CLOSE int monitor = state_pidfd(&s->rec, "monitor");
	int r = cg_open(z->h, z->name, &cg, e);

	if (r < 0) { /* its groups are gone: the monitor is at it, and needs the lock */
		zone_unlock(z);
		return zerr_in(e, finish(z, &s->rec, monitor, e), "stop");
	}
	if (timeout_ms < 0)
		timeout_ms = (int)z->spec.stop_timeout * 1000;
	const int sig = life_signal(&z->spec, record_get(&s->rec, "kind"), false);
	if ((r = begin_stop(z, s, cg.payload, timeout_ms == 0, e)) < 0)
		return r;
	zone_unlock(z);
	r = timeout_ms == 0 || init < 0 ? -ETIMEDOUT
					: ask_init(z, &s->rec, init, sig, now_ms() + timeout_ms);
	if (r == -EINTR)
		return unmark_stopping(z, &s->rec, e);
	if (r < 0 && (r = cg_kill(cg.payload, e)) < 0)
		return r;
	if (init >= 0 && wait_pidfd(init, TEARDOWN_MS) < 0)
		return zerr_set(e, EBUSY, "init does not end");
	cg_close(&cg);
	return finish(z, &s->rec, monitor, e);
}

int zone_stop(struct zone_host *h, const char *name, int timeout_ms, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN, &z, e);

	if (r == 0)
		r = state_now(&z, &s, e);
	if (r == 0 && !s.live)
		restart_cancel(&z);
	if (r < 0 || !s.live)
		return r;
	struct zerr ignored = { 0 };
	(void)conf_load(&z.spec, z.dir, name,
			&ignored); /* a broken file must not keep it running */
	if (s.state == STATE_INCOMPLETE || s.state == STATE_DOWN)
		return life_repair(&z, &s, e);
	return stop_running(&z, &s, timeout_ms, e);
}

/* Load a running zone and open its init. */
static int load_running(struct zone_host *h, const char *name, enum verb_class what, struct zone *z,
			struct status *s, struct zerr *e)
{
	int r = zone_load(h, name, LOAD_LOCK, z, e);

	if (r == 0)
		r = state_now(z, s, e);
	if (r == 0)
		r = state_allows(s, what, name, e);
	return r == 0 ? adopt(z, s, e) : r; /* somebody has to see what comes of it */
}

static int signal_init(const struct status *s, int sig, struct zerr *e)
{
	AUTO_CLOSE int init = state_pidfd(&s->rec, "pid");

	if (init < 0 || sys_pidfd_send_signal(init, sig) < 0)
		return zerr_code(e, ESRCH, "signal init");
	return 0;
}

int zone_reboot(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	int r = load_running(h, name, DO_EXEC, &z, &s, e);

	if (r < 0)
		return r;
	(void)conf_load(&z.spec, z.dir, name, &ignored);
	const char *kind = record_get(&s.rec, "kind");
	const int sig = life_signal(&z.spec, kind, true);
	AUTO_CLOSE int init = state_pidfd(&s.rec, "pid");
	if (init < 0 || wait_handler(&z, &s.rec, init, sig, now_ms() + REBOOT_MS) < 0)
		return zerr_hint(e,
				 zerr_as(e, ZERR_STATE,
					 "init (%s) does not listen for a request to reboot", kind),
				 "zone restart %s", name);
	/* one whose monitor was replaced ends without saying how */
	if (record_set(&s.rec, "asked", "reboot") < 0)
		return zerr_code(e, ENOMEM, "state record");
	r = record_save(&s.rec, z.run, "state", STATE_FORMAT, false, e);
	return r < 0 ? r : signal_init(&s, sig, e);
}

int zone_kill(struct zone_host *h, const char *name, const char *signal, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	const int sig = signal ? conf_signal(signal) : SIGKILL;

	if (sig < 0)
		return zerr_as(e, ZERR_USAGE, "'%s' is not a signal", signal);
	const int r = load_running(h, name, DO_FREEZE, &z, &s, e);
	return r < 0 ? r : signal_init(&s, sig, e);
}

int zone_freeze(struct zone_host *h, const char *name, bool freeze, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	AUTO_CG struct cg cg = CG_NONE;
	int r = load_running(h, name, DO_FREEZE, &z, &s, e);

	if (r < 0)
		return r;
	if ((s.state == STATE_FROZEN) == freeze)
		return 0;
	if ((r = cg_open(h, name, &cg, e)) < 0)
		return zerr_code(e, -r, "cgroup");
	r = cg_freeze(cg.payload, freeze, FREEZE_MS, e);
	if (r < 0 && freeze) { /* half frozen helps nobody */
		struct zerr ignored = { 0 };

		(void)cg_freeze(cg.payload, false, FREEZE_MS, &ignored);
	}
	if (r == 0)
		zone_event(h, name, freeze ? "frozen" : "thawed", NULL);
	return r;
}

int zone_wait(struct zone_host *h, const char *name, const char *states, int timeout_ms,
	      struct zerr *e)
{
	const int64_t deadline = now_ms() + timeout_ms;
	unsigned mask;
	int r = state_parse(states, &mask, e);

	if (r < 0)
		return r;
	/* the events file changes with every state; a poll besides covers what writes none (a
	 * killed monitor) */
	AUTO_CLOSE int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32], scrap[4096];
	if (watch >= 0)
		(void)inotify_add_watch(watch, fs_fd_path(h->run, path), IN_MODIFY | IN_CREATE);
	for (;;) {
		AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
		AUTO_STATUS struct status s = { 0 };
		struct pollfd p = { .fd = watch, .events = POLLIN };

		r = zone_load(h, name, 0, &z, e);
		if (r == 0)
			r = state_now(&z, &s, e);
		if (r < 0 || (mask >> s.state) & 1)
			return r;
		const int64_t left = timeout_ms < 0 ? 1000 : deadline - now_ms();
		if (left <= 0)
			return zerr_set(e, ETIMEDOUT, "still %s after %d s", state_name(s.state),
					timeout_ms / 1000);
		(void)poll(&p, 1, left < 1000 ? (int)left : 1000);
		(void)!read(watch, scrap, sizeof(scrap));
		if (steps_check(e) < 0)
			return -EINTR;
	}
}
