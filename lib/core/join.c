/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See join.h. */
#include "core/join.h"

#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/own.h"
#include "base/sys.h"
#include "core/state.h"

/* The zone's root may look at whoever shares its user namespace: not at us. */
int join_enter(int init, int flags, struct zerr *e)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (setns(init, flags) < 0)
		return errno == ESRCH ? zerr_as(e, ZERR_STATE, "the zone has just ended")
				      : zerr_sys(e, "join the zone's namespaces");
	if ((flags & CLONE_NEWUSER) && (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
					setresuid(0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0))
		return zerr_sys(e, "become root of the zone");
	return 0;
}

/* Of all above the standard ones, leave these two. */
static void close_others(unsigned a, unsigned b)
{
	const unsigned low = a < b ? a : b, high = a < b ? b : a;

	if (low > 3)
		(void)sys_close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)sys_close_range(low + 1, high - 1, 0);
	(void)sys_close_range(high + 1, ~0U, 0);
}

static _Noreturn void child(int init, int flags, int keep, int sock,
			    int (*fn)(void *ctx, struct zerr *e), void *ctx)
{
	struct zerr e = { 0 };
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = join_enter(init, flags, &e);
	close_others((unsigned)sock, (unsigned)(keep < 0 ? sock : keep));
	if (r == 0)
		r = fn(ctx, &e);
	if (r < 0 && !e.code)
		(void)zerr_code(&e, -r, "inside the zone");
	(void)send(sock, &e, sizeof(e), MSG_NOSIGNAL);
	_exit(0);
}

int join_run(const struct record *state, int flags, int keep, int (*fn)(void *ctx, struct zerr *e),
	     void *ctx, struct zerr *e)
{
	AUTO_CLOSE int init = state_pidfd(state, "pid");
	struct zerr said = { 0 };
	int pair[2];

	if (init < 0)
		return zerr_as(e, ZERR_STATE, "the zone has just ended");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return zerr_sys(e, "socket pair");
	const pid_t pid = fork();
	if (pid == 0)
		child(init, flags, keep, pair[1], fn, ctx);
	(void)own_close(pair[1]);
	ssize_t n;
	do
		n = pid < 0 ? -1 : recv(pair[0], &said, sizeof(said), 0);
	while (n < 0 && pid > 0 && errno == EINTR);
	(void)own_close(pair[0]);
	if (pid < 0)
		return zerr_sys(e, "fork");
	(void)waitpid(pid, NULL, 0);
	if (n != (ssize_t)sizeof(said))
		return zerr_set(e, ECHILD, "the child inside the zone was killed");
	if (said.code)
		*e = said;
	return -said.code;
}
