/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child that does one thing and says how it went: one struct zerr over a pipe, or nothing. */
#include "base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sig.h"

static int hear(pid_t pid, int fd, struct zerr *e)
{
	struct zerr said;
	int status = 0, r = 0;
	ssize_t n;

	while ((n = read(fd, &said, sizeof(said))) < 0 && errno == EINTR)
		if (steps_signal())
			(void)kill(pid, SIGTERM);
	if (n == (ssize_t)sizeof(said)) {
		*e = said;
		r = -said.code;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r == 0 && status != 0 ? zerr_set(e, EINTR, "it was ended by a signal") : r;
}

int child_run(child_fn *fn, void *arg, struct zerr *e)
{
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return zerr_sys(e, "pipe");
	const pid_t pid = fork();
	if (pid == 0) {
		struct zerr own = { 0 };

		(void)own_close(pair[0]);
		if (fn(arg, &own) < 0 && write(pair[1], &own, sizeof(own)) < 0)
			_exit(2);
		_exit(0);
	}
	(void)own_close(pair[1]);
	r = pid < 0 ? zerr_sys(e, "fork") : hear(pid, pair[0], e);
	(void)own_close(pair[0]);
	return r;
}
