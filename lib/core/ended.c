/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When init has ended the monitor execs this in its own place (same process, so init is still its
 * child): reap, walk down, and for a reboot walk up again with the same console clients, log and
 * control socket, and become the monitor again. The configuration is read anew.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/guest.h"
#include "core/internal.h"
#include "core/keep.h"
#include "core/life.h"
#include "core/restart.h"
#include "core/starter.h"
#include "core/tell.h"

#define LOCK_WAIT_MS 60000
#define REAPED_MS    5000 /* the host's init may be slow to reap */
#define REBOOT_MS    1000 /* no two reboots within less */

/* What the monitor was given and gives back, by the names of life.c's monitor_arguments(). */
struct inherited {
	const char *name;
	int pidfd, run, top, log, alive, control, notify;
	int listen[ZONE_LISTEN_MAX];
	unsigned listen_n;
	const char *listen_names;
	struct strv clients;
};

static void take(struct inherited *in, char *arg)
{
	static const struct {
		const char *key;
		size_t off;
	} fds[] = {
		{ "pidfd=", offsetof(struct inherited, pidfd) },
		{ "run=", offsetof(struct inherited, run) },
		{ "top=", offsetof(struct inherited, top) },
		{ "log=", offsetof(struct inherited, log) },
		{ "alive=", offsetof(struct inherited, alive) },
		{ "control=", offsetof(struct inherited, control) },
		{ "notify=", offsetof(struct inherited, notify) },
	};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (str_starts(arg, fds[i].key)) {
			const int fd = (int)strtol(arg + strlen(fds[i].key), NULL, 10);

			memcpy((char *)in + fds[i].off, &fd, sizeof(fd));
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
	if (str_starts(arg, "name="))
		in->name = arg + 5;
	else if (str_starts(arg, "listen_names="))
		in->listen_names = strchr(arg, '=') + 1;
	/* a reboot makes new ones */
	if (str_starts(arg, "console=") || str_starts(arg, "held=") || str_starts(arg, "oom="))
		(void)close((int)strtol(strchr(arg, '=') + 1, NULL, 10));
	if (str_starts(arg, "listen=") && in->listen_n < ZONE_LISTEN_MAX) {
		const int fd = (int)strtol(arg + 7, NULL, 10);

		in->listen[in->listen_n++] = fd;
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (str_starts(arg, "client=")) /* stays open over the exec that follows a reboot */
		(void)strv_add(&in->clients, arg + 7);
}

/* The wait status of init, when it is not our child: its monitor was replaced. The kernel tells
 * once it has been reaped, by whoever had to; then its pidfd hangs up. */
static int ask_kernel(int pidfd, int *ret_status)
{
	struct pollfd p = { .fd = pidfd };

	if (sys_pidfd_exit(pidfd, ret_status) == 0)
		return 0;
	if (errno == ENOTTY)
		return -ENODATA; /* before Linux 6.13 */
	(void)poll(&p, 1, REAPED_MS);
	return sys_pidfd_exit(pidfd, ret_status) == 0 ? 0 : -ENODATA;
}

/* The wait status of our child. 0 or -ECHILD. */
static int wait_child(int pidfd, int *ret_status)
{
	siginfo_t si = { 0 };

	while (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = si.si_code == CLD_EXITED ? W_EXITCODE(si.si_status, 0) : si.si_status;
	return 0;
}

/* Reap init. The status as a shell gives it, -1 when it is not known; *@ret_reboot by the kernel's
 * reboot(2) in a pid namespace: SIGHUP for a restart, SIGINT for halt and power off. */
static int reap(int pidfd, bool *ret_reboot)
{
	int status = 0;

	*ret_reboot = false;
	const bool ours = wait_child(pidfd, &status) == 0;
	if (!ours && ask_kernel(pidfd, &status) < 0)
		return -1;
	/* reboot(2) and power off inside are SIGKILL there; what wait(2) says of them is not told
	 */
	if (!ours && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	*ret_reboot = WTERMSIG(status) == SIGHUP;
	if (WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGINT)
		return 0; /* it asked to go: no failure */
	return 128 + WTERMSIG(status);
}

static void event_stopped(struct zone *z, int status, const char *shutdown)
{
	char text[16];
	const char *const fields[] = { "exit_status", text, shutdown ? "shutdown" : NULL, shutdown,
				       NULL };
	const char *const unknown[] = { shutdown ? "shutdown" : NULL, shutdown, NULL };

	(void)snprintf(text, sizeof(text), "%d", status);
	zone_event(z->h, z->name, "stopped", status < 0 ? unknown : fields);
}

/* Consoles see the end of the zone, and nobody thinks that a monitor lives. */
static void let_go(struct inherited *in)
{
	in->alive = own_close(in->alive);
	in->control = own_close(in->control);
	in->notify = own_close(in->notify);
	for (size_t i = 0; i < in->clients.n; i++)
		(void)close((int)strtol(in->clients.v[i], NULL, 10));
	strv_done(&in->clients);
}

/* What systemd is to think of the unit: of one that was asked to stop no ill. */
static int unit_failed(const struct record *rec, int status)
{
	return status > 0 && str_eq(record_get(rec, "stage"), "running");
}

static int go_down(struct zone *z, const struct record *rec, int status, struct inherited *in,
		   struct zerr *e)
{
	AUTO_RECORD struct record said = { 0 };

	(void)guest_said(z, &said); /* the way down removes it */
	/* before the record goes: who sees STOPPED also finds the status */
	life_remember(z, rec, status);
	const int r = life_down(z, rec, false, e);

	event_stopped(z, status, record_get(&said, "shutdown"));
	if (r < 0)
		log_warn("%s: %s", z->name, e->msg);
	let_go(in);
	const bool again = r == 0 && restart_plan(z, rec, status);
	life_sweep(z, getpid(), rec);
	if (r < 0)
		return 1;
	if (again)
		return RESTART_UNIT;
	const int failed = unit_failed(rec, status);
	/* a good end before readiness systemd takes for a fault, and starts it again */
	if (!failed)
		tell("READY=1");
	return failed;
}

/* Up again in place. Returns only when that failed, with the zone down. */
static int reboot(struct zone *z, const struct record *rec, struct inherited *in, struct zerr *e)
{
	const struct zone_start plain = { .stdio = { -1, -1, -1 },
					  .restarts = (unsigned)record_u64(rec, "restarts", 0) };
	struct boot b;

	zone_event(z->h, z->name, "rebooting", NULL);
	int r = life_down(z, rec, true, e);
	if (r == 0) {
		spec_done(&z->spec);
		spec_init(&z->spec);
		r = conf_load(&z->spec, z->dir, z->name, e);
	}
	boot_init(&b, z, &plain);
	b.generation = (unsigned)record_u64(rec, "generation", 0) + 1;
	b.alive = in->alive;
	b.control = in->control;
	b.clients = in->clients;
	b.listen_n = in->listen_n;
	memcpy(b.listen, in->listen, sizeof(b.listen));
	if (r == 0 && str_set(&b.listen_names, in->listen_names) < 0)
		r = zerr_code(e, ENOMEM, "sockets for init");
	if (r == 0)
		r = life_up(&b, e);
	if (r == 0) {
		zone_event(z->h, z->name, "running", NULL);
		keep_store(&b);
		starter_follow(z, -1);
		r = life_become_monitor(&b, e); /* exec gives the lock back */
	}
	return r;
}

/* Going down and up is work of the host's, outside the zone's limits: an init that reboots at once
 * must not get it done without end. Before the lock: a stop can come in between. */
static void slow_down(int run)
{
	AUTO_RECORD struct record rec = { 0 };
	struct zerr ignored = { 0 };

	if (record_load(&rec, run, "state", STATE_FORMAT, &ignored) < 0)
		return;
	const uint64_t up = (now_boot_ns() - record_u64(&rec, "started_ns", 0)) / 1000000;
	if (up < REBOOT_MS)
		(void)poll(NULL, 0, (int)(REBOOT_MS - up));
}

/* Of an init that was not our child: how it said that it would end, or what it was asked for. */
static void ask_guest(const struct zone *z, const struct record *rec, int *status, bool *reboots)
{
	AUTO_RECORD struct record said = { 0 };
	const char *how = guest_said(z, &said) == 0 ? record_get(&said, "shutdown") : NULL;

	if (!how)
		how = record_get(rec, "asked");
	if (!how)
		return;
	*reboots = str_eq(how, "reboot") || str_eq(how, "kexec");
	*status = 0;
}

static int work(struct zone_host *h, struct inherited *in, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_RECORD struct record rec = { 0 };
	bool wants_reboot;
	int status = reap(in->pidfd, &wants_reboot);

	if (wants_reboot)
		slow_down(in->run);
	int r = zone_load(h, in->name, LOAD_LOCK | LOAD_RUN, &z, e);

	if (r == 0)
		r = record_load(&rec, z.run, "state", STATE_FORMAT, e);
	if (r == -ENOENT)
		return 0; /* somebody walked it down already */
	if (r < 0)
		return 1;
	if (z.dir >= 0) {
		struct zerr ignored = { 0 };

		(void)record_load(&z.manifest, z.dir, "manifest", MANIFEST_FORMAT, &ignored);
	}
	if (status < 0)
		ask_guest(&z, &rec, &status, &wants_reboot);
	if (record_setf(&rec, "exit_status", "%d", status) < 0)
		return 1;
	if (wants_reboot && str_eq(record_get(&rec, "stage"), "running") &&
	    !str_eq(record_get(&rec, "custom"), "1")) {
		r = reboot(&z, &rec, in, e);
		if (r < 0)
			log_warn("%s: reboot: %s", z.name, e->msg);
		r = go_down(&z, &rec, status, in, e);
		return r == 0 ? RESTART_UNIT : r; /* where it could not be done in place */
	}
	return go_down(&z, &rec, status, in, e);
}

int internal_ended(int argc, char **argv)
{
	struct inherited in = { .pidfd = -1,
				.run = -1,
				.top = -1,
				.log = -1,
				.alive = -1,
				.control = -1,
				.notify = -1 };
	const struct zone_options o = { .lock_wait_ms = LOCK_WAIT_MS };
	struct zone_host *h = NULL;
	struct zerr e = { 0 };
	int r = 1;

	for (int i = 1; i < argc; i++)
		take(&in, argv[i]);
	if (!in.name || in.pidfd < 0)
		return 2;
	if (zone_host_open(&o, &h, &e) == 0)
		r = work(h, &in, &e);
	strv_done(&in.clients);
	zone_host_close(h);
	return r;
}
