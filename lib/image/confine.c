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
#include <sys/socket.h>

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

static void tell(const struct confined_child *ch, uint64_t done)
{
	const struct confined *c = ch->c;

	if (c->progress)
		c->progress(c->progress_arg, c->what, c->total && done > c->total ? c->total : done,
			    c->total);
}

/* Done, told to end, or gone astray: an honest child that closes the pipe has its exit status
 * already. Not reaped yet, so the pid is still its own. */
static int reap(struct confined_child *ch, int *ret_status)
{
	const pid_t pid = ch->pid;

	ch->pid = 0;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int confined_wait(struct confined_child *ch, struct zerr *e)
{
	struct pollfd p[] = { { .fd = ch->report, .events = POLLIN },
			      { .fd = ch->talk, .events = POLLIN } };
	int status = 0, r = 0;
	char byte;

	for (;;) {
		const int n = poll(p, 2, TICK_MS);

		r = steps_check(e);
		if (r < 0 || (n > 0 && p[0].revents))
			break;
		if (n > 0 && recv(ch->talk, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
			return 1;
		if (n > 0) /* it has closed its end: what is left is its verdict */
			p[1].fd = -1;
		tell(ch, atomic_load(&ch->stats->done));
	}
	if (reap(ch, &status) < 0)
		return zerr_sys(e, "wait for the unpacker");
	if (r == 0)
		r = verdict(ch->report, status, e);
	if (r == 0)
		tell(ch, ch->c->total ? ch->c->total : atomic_load(&ch->stats->done));
	return r;
}

void confined_stop(struct confined_child *ch)
{
	int status;

	if (ch->pid > 0)
		(void)reap(ch, &status);
	ch->report = own_close(ch->report);
	ch->talk = own_close(ch->talk);
	if (ch->stats)
		(void)munmap(ch->stats, sizeof(*ch->stats));
	ch->stats = NULL;
}

int confined_start(const struct confined *c, struct confined_child *ret, struct zerr *e)
{
	struct confined_child ch = { .c = c, .report = -1, .talk = -1 };
	const pid_t parent = getpid();
	int fds[2], talk[2] = { -1, -1 };

	void *shared = mmap(NULL, sizeof(*ch.stats), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return zerr_sys(e, "mmap");
	ch.stats = shared;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		confined_stop(&ch);
		return zerr_sys(e, "pipe");
	}
	AUTO_CLOSE int report = fds[1];
	ch.report = fds[0];
	if (c->talks && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) < 0) {
		confined_stop(&ch);
		return zerr_sys(e, "socket pair");
	}
	AUTO_CLOSE int theirs = talk[1];
	ch.talk = talk[0];
	ch.pid = fork();
	if (ch.pid == 0)
		confined_child(c, ch.stats, parent, report, theirs);
	if (ch.pid < 0) {
		confined_stop(&ch);
		return zerr_sys(e, "fork");
	}
	*ret = ch;
	return 0;
}

int confined_run(const struct confined *c, struct confined_stats *ret, struct zerr *e)
{
	struct confined_child ch = CONFINED_NONE;
	int r = confined_start(c, &ch, e);

	if (r < 0)
		return r;
	r = confined_wait(&ch, e);
	if (ret)
		memcpy(ret, ch.stats, sizeof(*ret));
	confined_stop(&ch);
	return r;
}
