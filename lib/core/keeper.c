/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who keeps a running zone, and what is left of it afterwards: becoming the monitor, remembering
 * how it ended, sweeping up behind the last process. */
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "base/sys.h"
#include "core/guest.h"
#include "core/life.h"
#include "core/nics.h"
#include "core/place.h"
#include "core/systemd.h"

void life_remember(struct zone *z, const struct record *state, int exit_status)
{
	AUTO_RECORD struct record last = { 0 };
	struct zerr ignored = { 0 };
	const char *generation = record_get(state, "generation");
	AUTO_RECORD struct record said = { 0 };
	const char *shutdown = guest_said(z, &said) == 0 ? record_get(&said, "shutdown") : NULL;

	if (record_setf(&last, "exit_status", "%d", exit_status) < 0 ||
	    record_set(&last, "generation", generation ? generation : "0") < 0 ||
	    (shutdown && record_set(&last, "shutdown", shutdown) < 0) ||
	    record_setf(&last, "ended", "%lld", (long long)now_seconds()) < 0 ||
	    record_save(&last, z->run, "last", STATE_FORMAT, false, &ignored) < 0)
		log_debug("last: %s", ignored.msg);
}

int life_detach(struct zerr *e)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)setsid();
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN); /* to a monitor it means something: this is none yet */
	for (int i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			return zerr_sys(e, "/dev/null");
	return 0;
}

/* Keep @fd over the exec, and tell the monitor its number. */
static int pass(struct strv *argv, const char *what, int fd)
{
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_SETFD, 0) < 0)
		return -errno;
	return strv_addf(argv, "%s=%d", what, fd);
}

static int pass_descriptors(const struct boot *b, int logs, struct strv *argv)
{
	const struct zone *z = b->z;
	const struct {
		const char *what;
		const int *fds;
		unsigned n;
	} rows[] = {
		{ "pidfd", &b->pidfd, 1 },
		{ "run", &z->run, 1 },
		{ "top", &z->h->run, 1 },
		{ "log", &logs, 1 },
		{ "alive", &b->alive, 1 },
		{ "control", &b->control, 1 },
		{ "notify", &b->notify, 1 },
		{ "oom", &b->oom, 1 },
		{ "console", b->consoles, b->consoles_n },
		{ "held", b->slaves, CONSOLES_MAX },
		{ "held", b->held, HELD_N },
		{ "listen", b->listen, b->listen_n },
	};
	/* whatever else the command was started with must not live as long as the zone */
	int r = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned k = 0; k < rows[i].n && r == 0; k++)
			r = pass(argv, rows[i].what, rows[i].fds[k]);
	if (r == 0 && b->listen_names)
		r = strv_addf(argv, "listen_names=%s", b->listen_names);
	for (size_t i = 0; i < b->clients.n && r == 0; i++) {
		(void)fcntl((int)strtol(b->clients.v[i], NULL, 10), F_SETFD, 0);
		r = strv_addf(argv, "client=%s", b->clients.v[i]);
	}
	return r;
}

static int monitor_arguments(struct boot *b, const char *path, struct strv *argv, struct zerr *e)
{
	AUTO_FREE char *self = realpath("/proc/self/exe", NULL);
	const int logs = fs_subdir(b->z->h->run, ".log", 0700, e); /* the monitor's from now on */

	if (logs < 0)
		return logs;
	if (!self)
		return zerr_sys(e, "/proc/self/exe");
	if (strv_add(argv, "zone-monitor") < 0 || strv_addf(argv, "name=%s", b->z->name) < 0 ||
	    strv_addf(argv, "exe=%s", self) < 0 || strv_addf(argv, "self=%s", path) < 0 ||
	    strv_addf(argv, "pid=%d", (int)b->pid) < 0 ||
	    (b->z->spec.health_command &&
	     strv_addf(argv, "health=%llu", 1000ULL * b->z->spec.health_interval) < 0) ||
	    strv_addf(argv, "logmax=%llu", (unsigned long long)b->z->spec.console_log_size) < 0)
		return zerr_code(e, ENOMEM, "monitor");
	const int r = pass_descriptors(b, logs, argv);
	return r < 0 ? zerr_code(e, -r, "monitor") : 0;
}

int life_become_monitor(struct boot *b, struct zerr *e)
{
	AUTO_FREE char *path = run_helper("zone-monitor");
	AUTO_STRV struct strv argv = { 0 };

	if (!path)
		return zerr_code(e, ENOMEM, "monitor");
	const int r = monitor_arguments(b, path, &argv, e);
	if (r < 0)
		return r;
	(void)execv(path, argv.v);
	return zerr_sys(e, "exec %s", path);
}

/* ---- after the end ----------------------------------------------------------------------------
 */

/* Links go with their namespace some milliseconds later; one that does not is ours to delete. */
static bool stays(const struct net_link *link)
{
	char name[IF_NAMESIZE];

	for (int tries = 0; tries < 250; tries++) {
		if (!if_indextoname(link->ifindex, name) || !str_eq(name, link->host_name))
			return false;
		(void)usleep(20000);
	}
	return true;
}

static void sweep(struct zone *z, int monitor, const struct record *state)
{
	struct pollfd p = { .fd = monitor, .events = POLLIN };
	struct zerr ignored = { 0 };
	struct net_link link;

	(void)setsid();
	const bool managed = place_is_managed(z->h, z->name, NULL);

	if (place_is_managed(z->h, z->name, ".scope")) /* a unit does it itself */
		systemd_dismiss(z->name);
	if (monitor >= 0)
		(void)poll(&p, 1, 10000);
	for (int tries = 0; !managed && tries < 200 && cg_remove(z->h, z->name, true, &ignored) < 0;
	     tries++)
		(void)usleep(tries < 100 ? 2000 : 50000);
	zone_unlock(z);
	for (size_t i = 0; nics_link(state, i, &link) == 0; i++)
		if (stays(&link))
			(void)net_down(&z->h->net, z->name, &link, -1, true, &ignored);
	_exit(0);
}

pid_t life_fork_outside(struct zone_host *h)
{
	struct zerr ignored = { 0 };
	const bool known = h->cgroup >= 0 || cg_root(h, &ignored) == 0;
	struct clone_args a = { .exit_signal = SIGCHLD,
				.flags = known ? CLONE_INTO_CGROUP : 0,
				.cgroup = known ? (uint64_t)h->cgroup : 0 };

	return sys_clone3(&a);
}

void life_sweep(struct zone *z, pid_t monitor, const struct record *state)
{
	AUTO_CLOSE int pidfd = sys_pidfd_open(monitor, 0);
	const pid_t pid = life_fork_outside(z->h);

	if (pid == 0)
		sweep(z, pidfd, state);
	if (pid < 0)
		log_debug("sweeper: %s", strerror(errno));
}
