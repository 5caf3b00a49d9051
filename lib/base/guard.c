/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard waits at a pipe whose other end is ours alone: the kernel closes it when we are gone.
 */
#include "base/guard.h"

#include <fcntl.h>
#include <signal.h>

#include "base/own.h"
#include "base/sys.h"

enum { FD_PIPE = 3, FD_OBJECT, FD_FREE };

static _Noreturn void wait_and_undo(const struct guard *g, int from)
{
	sigset_t all;
	char c;

	(void)setsid(); /* out of reach of a terminal's signals and of who kills our group */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	from = fcntl(from, F_DUPFD_CLOEXEC, FD_FREE);
	const int object = fcntl(g->fd, F_DUPFD_CLOEXEC, FD_FREE);
	/* whatever else we hold (locks, the caller's streams) goes with the caller */
	if (from < 0 || object < 0 || dup2(from, FD_PIPE) < 0 || dup2(object, FD_OBJECT) < 0)
		_exit(1);
	for (int i = 0; i < FD_PIPE; i++)
		(void)close(i);
	(void)sys_close_range(FD_FREE, ~0U, 0);
	while (read(FD_PIPE, &c, 1) < 0 && errno == EINTR)
		;
	_exit(g->undo(FD_OBJECT) < 0);
}

int guard_start(struct guard *g, guard_fn *undo, int fd, struct zerr *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return zerr_sys(e, "pipe");
	*g = (struct guard){ .undo = undo, .fd = fd, .pipe = ends[1] };
	g->pid = fork();
	if (g->pid == 0) {
		(void)close(ends[1]);
		wait_and_undo(g, ends[0]);
	}
	(void)own_close(ends[0]);
	if (g->pid > 0)
		return 0;
	const int r = zerr_sys(e, "fork");
	(void)own_close(g->pipe);
	*g = (struct guard)GUARD_NONE;
	return r;
}

int guard_end(struct guard *g)
{
	const struct guard was = *g;
	int status = 1;

	if (was.pid <= 0)
		return 0;
	*g = (struct guard)GUARD_NONE;
	(void)own_close(was.pipe);
	while (waitpid(was.pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : was.undo(was.fd);
}
