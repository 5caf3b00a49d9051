/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone exec, the host's half: one clone3 into a leaf of the payload group with the pid namespace
 * joined; enter.c is what runs inside. The command's streams are ours, or a pty of the zone's own
 * devpts whose master comes back by the socket.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/adopt.h"
#include "core/enter.h"
#include "core/life.h"
#include "core/rlimits.h"

/* Receive the pty's master (if there is one) or the error. */
static int hear(int sock, int *ret_pty, struct zerr *e)
{
	for (;;) {
		struct zerr said = { 0 };
		int pty;
		const ssize_t n = fdpass_receive(sock, &said, sizeof(said), &pty, 1, 0);

		if (n < 0 && errno == EINTR && !steps_signal())
			continue;
		if (n < 0) /* frozen meanwhile, by the host or by itself: that may last */
			return steps_check(e) < 0 ? -EINTR : zerr_sys(e, "exec");
		if (n == 0)
			return 0; /* exec closed it */
		if (pty >= 0 && ret_pty) {
			*ret_pty = pty;
			continue;
		}
		*e = said;
		return -said.code;
	}
}

/* A zone that ends meanwhile: its processes cannot be joined, nor its pid namespace populated. */
static int has_ended(struct zerr *e)
{
	return zerr_as(e, ZERR_STATE, "the zone has just ended");
}

static int clone_into(const struct enter *x, int leaf, int pair[static 2], int *ret_pidfd,
		      pid_t *ret_pid, struct zerr *e)
{
	struct clone_args a = { .flags = CLONE_INTO_CGROUP | CLONE_PIDFD,
				.exit_signal = SIGCHLD,
				.cgroup = (uint64_t)leaf,
				.pidfd = (uintptr_t)ret_pidfd };

	const pid_t pid = sys_clone3(&a);
	if (pid == 0) {
		(void)own_close(pair[0]);
		enter_main(x, pair[1]);
	}
	if (pid < 0)
		return errno == ENOMEM && sys_pidfd_send_signal(x->init, 0) < 0
			       ? has_ended(e)
			       : zerr_sys(e, "clone");
	*ret_pid = pid;
	return 0;
}

static int spawn(struct enter *x, int leaf, int *ret_pidfd, int *ret_pty, struct zerr *e)
{
	AUTO_CLOSE int own_pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	pid_t pid = 0;
	int pair[2];

	if (own_pid < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	int r = setns(x->init, CLONE_NEWPID) < 0
			? (errno == ESRCH ? has_ended(e) : zerr_sys(e, "join the zone"))
			: 0;
	if (r == 0) {
		r = clone_into(x, leaf, pair, ret_pidfd, &pid, e);
		if (setns(own_pid, CLONE_NEWPID) < 0 &&
		    r == 0) /* our own next child is not the zone's */
			r = zerr_sys(e, "leave the zone");
	}
	(void)own_close(pair[1]);
	if (r == 0)
		r = hear(pair[0], ret_pty, e);
	(void)own_close(pair[0]);
	if (r < 0 && pid > 0) {
		(void)kill(pid, SIGKILL); /* it has ended but for an interrupted wait */
		(void)waitpid(pid, NULL, 0);
	}
	return r;
}

static int prepare(struct zone_host *h, const char *name, struct zone *z, struct enter *x,
		   struct cg *cg, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	int r = zone_load(h, name, 0, z, e);

	if (r == 0)
		r = state_now(z, &s, e);
	if (r == 0)
		r = state_allows(&s, DO_EXEC, name, e);
	if (r < 0)
		return r;
	adopt_if_orphan(h, name, z, &s);
	/* the record's word, not the configuration's: a level that is for the next start must not
	 * give this one, still in its user namespace, a process of the host's root */
	const enum security_level level =
		(enum security_level)record_u64(&s.rec, "level", LEVEL_DEFAULT);
	x->init = state_pidfd(&s.rec, "pid");
	x->base = (uid_t)record_u64(&s.rec, "base", 0);
	x->userns = level != LEVEL_PRIVILEGED;
	x->caps = record_u64(&s.rec, "caps", 0);
	x->no_new_privs = record_u64(&s.rec, "no_new_privs", 0) != 0;
	if (rlimits_read(record_get(&s.rec, "rlimits"), &x->rlimits) < 0)
		return zerr_code(e, ENOMEM, "limits");
	if (x->init < 0 || cg_open(h, name, cg, e) < 0)
		return has_ended(e);
	AUTO_CLOSE int cache = fs_make_dir(h->cache, 0700, e);
	AUTO_CLOSE int filters = cache < 0 ? cache : fs_subdir(cache, "seccomp", 0700, e);
	if (filters < 0)
		return filters;
	return seccomp_prepare(filters, level, record_u64(&s.rec, "compat32", 0) != 0, x->caps,
			       &x->filter, e);
}

static int check_environment(const struct zone_exec *a, struct zerr *e)
{
	for (size_t i = 0; a->env && i < a->env->n; i++) {
		const char *eq = strchr(a->env->v[i], '=');

		if (!eq || eq == a->env->v[i])
			return zerr_as(e, ZERR_USAGE, "-e %s: not NAME=VALUE", a->env->v[i]);
	}
	return 0;
}

int zone_exec(struct zone_host *h, const char *name, const struct zone_exec *args, int *ret_pidfd,
	      int *ret_pty, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_CG struct cg cg = CG_NONE;
	struct enter x = { .args = args, .init = -1 };
	int pidfd = -1, pty = -1;

	int r = check_environment(args, e);
	if (r == 0)
		r = prepare(h, name, &z, &x, &cg, e);
	if (r == 0) {
		AUTO_CLOSE int leaf = cg_exec_leaf(cg.payload, x.base, e);

		r = leaf < 0 ? leaf : spawn(&x, leaf, &pidfd, args->pty ? &pty : NULL, e);
	}
	seccomp_done(&x.filter);
	pairs_done(&x.rlimits);
	(void)own_close(x.init);
	if (r < 0) {
		(void)own_close(pidfd);
		(void)own_close(pty);
		if (e->status == ZERR_FAILED || e->status == ZERR_HOST || e->status == ZERR_USAGE)
			e->status = 125;
		return r;
	}
	*ret_pidfd = pidfd;
	if (ret_pty)
		*ret_pty = pty;
	return 0;
}

int zone_exec_status(int pidfd)
{
	siginfo_t si = { 0 };

	while (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED) < 0)
		if (errno != EINTR)
			return 125;
	return si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
}
