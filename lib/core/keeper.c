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
#include "core/life.h"
#include "core/nics.h"

void life_remember(struct zone *z, const struct record *state, int exit_status)
{
	AUTO_RECORD struct record last = { 0 };
	struct zerr ignored = { 0 };
	const char *generation = record_get(state, "generation");

	if (record_setf(&last, "exit_status", "%d", exit_status) < 0 ||
	    record_set(&last, "generation", generation ? generation : "0") < 0 ||
	    record_setf(&last, "ended", "%lld", (long long)now_seconds()) < 0 ||
	    record_save(&last, z->run, "last", STATE_FORMAT, false, &ignored) < 0)
		log_debug("last: %s", ignored.msg);
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
	const struct {
		const char *what;
		int fd;
	} rows[] = {
		{ "pidfd", b->pidfd },	 { "run", b->z->run },	{ "top", b->z->h->run },
		{ "log", logs },	 { "alive", b->alive }, { "control", b->control },
		{ "notify", b->notify }, { "oom", b->oom },
	};
	/* whatever else the command was started with must not live as long as the zone */
	int r = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == 0; i++)
		r = pass(argv, rows[i].what, rows[i].fd);
	for (unsigned i = 0; i < b->consoles_n && r == 0; i++)
		r = pass(argv, "console", b->consoles[i]);
	for (unsigned i = 0; i < CONSOLES_MAX && r == 0; i++)
		r = pass(argv, "slave", b->slaves[i]);
	for (size_t i = 0; i < b->clients.n && r == 0; i++) {
		(void)fcntl((int)strtol(b->clients.v[i], NULL, 10), F_SETFD, 0);
		r = strv_addf(argv, "client=%s", b->clients.v[i]);
	}
	return r;
}

static int monitor_arguments(struct boot *b, struct strv *argv, struct zerr *e)
{
	AUTO_FREE char *self = realpath("/proc/self/exe", NULL);
	const int logs = fs_subdir(b->z->h->run, ".log", 0700, e); /* the monitor's from now on */

	if (logs < 0)
		return logs;
	if (!self)
		return zerr_sys(e, "/proc/self/exe");
	if (strv_add(argv, "zone-monitor") < 0 || strv_addf(argv, "name=%s", b->z->name) < 0 ||
	    strv_addf(argv, "exe=%s", self) < 0 || strv_addf(argv, "pid=%d", (int)b->pid) < 0 ||
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
	const int r = monitor_arguments(b, &argv, e);
	if (r < 0)
		return r;
	(void)execv(path, argv.v);
	return zerr_sys(e, "exec %s", path);
}

/* ---- after the end ----------------------------------------------------------------------------
 */

static void sweep(struct zone *z, int monitor, const struct record *state)
{
	struct pollfd p = { .fd = monitor, .events = POLLIN };
	struct zerr ignored = { 0 };
	struct net_link link;

	(void)setsid();
	if (monitor >= 0)
		(void)poll(&p, 1, 10000);
	for (int tries = 0; tries < 200 && cg_remove(z->h, z->name, true, &ignored) < 0; tries++)
		(void)usleep(2000);
	zone_unlock(z);
	/* links go with their namespace some milliseconds later; one that does not is ours to
	 * delete */
	for (size_t i = 0; nics_link(state, i, &link) == 0; i++) {
		char name[IF_NAMESIZE];

		for (int tries = 0; tries < 250 && if_indextoname(link.ifindex, name) &&
				    str_eq(name, link.host_name);
		     tries++)
			(void)usleep(20000);
		(void)net_down(&z->h->net, z->name, &link, -1, true, &ignored);
	}
	_exit(0);
}

void life_sweep(struct zone *z, pid_t monitor, const struct record *state)
{
	AUTO_CLOSE int pidfd = sys_pidfd_open(monitor, 0);
	const bool known = z->h->cgroup >= 0;
	struct clone_args a = { .exit_signal = SIGCHLD,
				.flags = known ? CLONE_INTO_CGROUP : 0,
				.cgroup = known ? (uint64_t)z->h->cgroup : 0 };
	const pid_t pid = sys_clone3(&a);

	if (pid == 0)
		sweep(z, pidfd, state);
	if (pid < 0)
		log_debug("sweeper: %s", strerror(errno));
}
