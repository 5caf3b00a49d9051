/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone start, the command's half: checks, the groups, one starter cloned into the monitor's group,
 * and its verdict. The starter (life.c) becomes the monitor; nothing of this process stays behind.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/life.h"
#include "core/ready.h"
#include "core/rlimits.h"

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

static unsigned next_generation(const struct zone *z)
{
	AUTO_RECORD struct record last = { 0 };
	struct zerr ignored = { 0 };

	if (record_load(&last, z->run, "last", STATE_FORMAT, &ignored) < 0)
		return 0;
	return (unsigned)record_u64(&last, "generation", 0) + 1;
}

/* The starter's streams: nothing of the caller's terminal may live on in the monitor. The stub's
 * streams are moved out of the way first. */
static int detach_streams(struct zone_start *a, struct zerr *e)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3 && a->stub; i++)
		if (a->stdio[i] >= 0 && (a->stdio[i] = fcntl(a->stdio[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return zerr_sys(e, "streams");
	for (int i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			return zerr_sys(e, "/dev/null");
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static _Noreturn void starter(struct zone *z, const struct zone_start *args, int verdict)
{
	struct zone_start a = *args;
	struct zerr e = { 0 };
	struct boot b;

	reset_signals();
	oom_score_forget();
	(void)setsid();
	boot_init(&b, z, &a);
	b.generation = next_generation(z);
	int r = detach_streams(&a, &e);
	if (r == 0)
		r = life_up(&b, &e);
	if (r == 0) {
		zone_event(z->h, z->name, "running", NULL);
		e = (struct zerr){ 0 };
	}
	const bool told = send(verdict, &e, sizeof(e), MSG_NOSIGNAL) == (ssize_t)sizeof(e);
	if (r < 0)
		_exit(1);
	verdict = own_close(verdict);
	(void)told;			 /* the zone runs, whether the command still lives or not */
	r = life_become_monitor(&b, &e); /* exec gives the lock back */
	if (r < 0) {			 /* nobody would hold the console: better not to run */
		struct zerr ignored = { 0 };

		(void)life_down(z, &b.state, false, &ignored);
	}
	_exit(1);
}

static int clone_starter(struct zone *z, const struct zone_start *a, int group, int pair[static 2],
			 pid_t *ret, struct zerr *e)
{
	struct clone_args c = { .flags = CLONE_INTO_CGROUP,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)group };

	const pid_t pid = sys_clone3(&c);
	if (pid == 0) {
		(void)own_close(pair[0]);
		starter(z, a, pair[1]);
	}
	if (pid < 0)
		return zerr_sys(e, "clone the starter");
	*ret = pid;
	return 0;
}

/* Wait for the verdict; a starter that was killed is cleaned up after. */
static int hear_verdict(struct zone *z, int fd, pid_t pid, struct zerr *e)
{
	struct zerr v = { 0 };
	ssize_t n;

	do
		n = recv(fd, &v, sizeof(v), 0);
	while (n < 0 && errno == EINTR && !steps_signal());
	if (n == (ssize_t)sizeof(v) && v.code == 0)
		return 0;
	if (n < 0 && steps_signal()) { /* undo what was begun: the starter walks down by itself */
		(void)kill(pid, SIGTERM);
		(void)steps_check(e);
	} else if (n == (ssize_t)sizeof(v)) {
		*e = v;
	} else {
		(void)zerr_set(e, ECHILD, "the starter was killed");
	}
	(void)waitpid(pid, NULL, 0);
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	const bool killed =
		n != (ssize_t)sizeof(v); /* else it has walked down itself, or met another */
	if (state_now(z, &s, &ignored) == 0 && s.live && (killed || s.state != STATE_RUNNING))
		(void)life_repair(z, &s, &ignored);
	(void)cg_remove(z->h, z->name, true, &ignored);
	return -e->code;
}

static int run_starter(struct zone *z, const struct zone_start *a, struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	pid_t pid = 0;
	int pair[2];

	int r = cg_make(z->h, z->name, zone_base(z), &cg, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	zone_event(z->h, z->name, "starting", NULL);
	r = clone_starter(z, a, cg.monitor, pair, &pid, e);
	(void)own_close(pair[1]);
	cg_close(&cg);
	if (r == 0)
		r = hear_verdict(z, pair[0], pid, e);
	else
		(void)cg_remove(z->h, z->name, true, &(struct zerr){ 0 });
	(void)own_close(pair[0]);
	return r;
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
	if (s.state == STATE_RUNNING)
		return 1;
	return state_allows(&s, DO_START, z->name, e);
}

int zone_start(struct zone_host *h, const char *name, const struct zone_start *a, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	int r = zone_load(h, name, LOAD_LOCK | LOAD_RUN, &z, e);

	if (r == 0)
		r = check(&z, a, e);
	if (r < 0)
		return r;
	if (r == 0) {
		r = zone_load_spec(&z, e); /* the lock stays ours: nobody starts it in between */
		if (r == 0)
			r = override(&z, a->set, e);
		if (r == 0)
			r = run_starter(&z, a, e);
		if (r < 0)
			return r;
	}
	zone_unlock(&z);
	if (r == 1 && a->wait == ZONE_WAIT_NETWORK && (r = zone_load_spec(&z, e)) < 0)
		return r;
	if (a->wait == ZONE_WAIT_NONE || a->wait == ZONE_WAIT_RUNNING)
		return 0;
	return a->wait == ZONE_WAIT_NETWORK ? network_wait(&z, a->timeout_ms, e)
					    : ready_wait(&z, a->timeout_ms, e);
}
