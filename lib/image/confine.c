/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parent's half of a confined child: fork, wait with progress, take over its one error record.
 * The child's half, what it gives up and in which order, is in confine_child.c.
 */
#include "image/confine.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "image/confine_child.h"

#define TICK_MS 100

/* The record as the child sent it; nothing in it is believed. */
static int take_record(struct zerr *said, ssize_t len, struct zerr *e)
{
	if (len != (ssize_t)sizeof(*said) || said->code <= 0 || said->code > 4095)
		return zerr_set(e, EPROTO, "the unpacker sent nonsense");
	said->msg[sizeof(said->msg) - 1] = 0;
	said->hint[0] = 0;
	zerr_clean(said->msg);
	return zerr_set(e, said->code, "%s", said->msg);
}

static int verdict(int pipe_fd, int status, struct zerr *e)
{
	struct zerr said;
	const ssize_t len = read(pipe_fd, &said, sizeof(said));

	if (len > 0)
		return take_record(&said, len, e);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return zerr_set(e, EIO, "the unpacker was killed by signal %d", WTERMSIG(status));
	return zerr_set(e, EIO, "the unpacker ended with status %d", WEXITSTATUS(status));
}

static void tell(const struct confined *c, uint64_t done)
{
	if (c->progress)
		c->progress(c->progress_arg, c->what, c->total && done > c->total ? c->total : done,
			    c->total);
}

/* Wait for @pid. 0, or -EINTR when it was killed because a signal came. */
static int wait_child(const struct confined *c, pid_t pid, int pipe_fd,
		      const struct confined_stats *stats, int *ret_status, struct zerr *e)
{
	struct pollfd p = { .fd = pipe_fd, .events = POLLIN };
	int r = 0;

	for (;;) {
		const int n = poll(&p, 1, TICK_MS);

		r = steps_check(e);
		if (n > 0 || r < 0)
			break;
		tell(c, atomic_load(&stats->done));
	}
	/* Done, told to end, or gone astray: an honest child that closes the pipe has its exit
	 * status already. Not reaped yet, so the pid is still its own. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return zerr_sys(e, "wait for the unpacker");
	return r;
}

static void stats_unmap(struct confined_stats **s)
{
	if (*s)
		(void)munmap(*s, sizeof(**s));
}

int confined_run(const struct confined *c, struct confined_stats *ret, struct zerr *e)
{
	__attribute__((cleanup(stats_unmap))) struct confined_stats *stats = NULL;
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	int fds[2], status = 0, r;
	const pid_t parent = getpid();
	pid_t pid;
	void *shared = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return zerr_sys(e, "mmap");
	stats = shared;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return zerr_sys(e, "pipe");
	from = fds[0];
	to = fds[1];
	pid = fork();
	if (pid < 0)
		return zerr_sys(e, "fork");
	if (pid == 0)
		confined_child(c, stats, parent, to);
	to = own_close(to);
	r = wait_child(c, pid, from, stats, &status, e);
	if (r == 0)
		r = verdict(from, status, e);
	if (r == 0)
		tell(c, c->total);
	if (ret)
		memcpy(ret, stats, sizeof(*ret));
	return r;
}
