/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See gate.h. A place is a file and a lock of it, so that none is lost with the process that had
 * it. Who finds all of them taken queues, again by a lock; the first in the queue looks at them
 * whenever one has been closed. So a place that is free is taken at once, and one process at a time
 * looks.
 */
#include "core/gate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sig.h"
#include "core/tell.h"

#define PLACES_MAX 128
#define TOLD_S	   10 /* systemd hears every so often that we wait ... */
#define PATIENCE_S 60 /* ... and shall give us so long */

struct gate {
	int dir, watch;
	unsigned n;
	int place[PLACES_MAX]; /* open, and not locked */
};

static void gate_done(struct gate *g)
{
	for (unsigned i = 0; i < g->n; i++)
		g->place[i] = own_close(g->place[i]);
	g->dir = own_close(g->dir);
	g->watch = own_close(g->watch);
}
#define AUTO_GATE __attribute__((cleanup(gate_done)))

static int gate_open(struct gate *g, int run, unsigned places, struct zerr *e)
{
	char path[32], name[16];

	g->dir = fs_subdir(run, ".lock.boot", 0700, e);
	if (g->dir < 0)
		return g->dir;
	g->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (g->watch >= 0)
		(void)inotify_add_watch(g->watch, fs_fd_path(g->dir, path), IN_CLOSE_WRITE);
	while (g->n < places && g->n < PLACES_MAX) {
		(void)snprintf(name, sizeof(name), "%u", g->n);
		const int fd = fs_open_below(g->dir, name, O_RDWR | O_CREAT, 0600);
		if (fd < 0)
			return zerr_code(e, -fd, "gate");
		g->place[g->n++] = fd;
	}
	return 0;
}

static int lock(int fd, int how)
{
	struct flock whole = { .l_type = F_WRLCK };

	return fcntl(fd, how, &whole) < 0 ? -errno : 0;
}

/* The first place that is free: its descriptor is the caller's. -1: there is none. */
static int take(struct gate *g)
{
	for (unsigned i = 0; i < g->n; i++)
		if (lock(g->place[i], F_OFD_SETLK) == 0)
			return own_take_fd(&g->place[i]);
	return -1;
}

/* The first in the queue, until a place is free. */
static int watch_places(struct gate *g, struct zerr *e)
{
	struct pollfd p = { .fd = g->watch, .events = POLLIN };
	char scrap[4096];
	int fd = take(g), r = 0;

	while (fd < 0 && (r = steps_check(e)) == 0) {
		tell_patience(PATIENCE_S);
		(void)poll(&p, 1, g->watch < 0 ? 200 : TOLD_S * 1000);
		while (g->watch >= 0 && read(g->watch, scrap, sizeof(scrap)) > 0)
			;
		fd = take(g);
	}
	return r < 0 ? r : fd;
}

static void wake(int sig)
{
	(void)sig;
}

static int wait_turn(struct gate *g, struct zerr *e)
{
	const struct sigaction waking = { .sa_handler = wake };
	const struct itimerval often = { { TOLD_S, 0 }, { TOLD_S, 0 } }, never = { 0 };
	AUTO_CLOSE int queue = fs_open_below(g->dir, "queue", O_RDWR | O_CREAT, 0600);
	int r = -EINTR;

	if (queue < 0)
		return zerr_code(e, -queue, "gate");
	tell("STATUS=waits until fewer zones boot");
	(void)sigaction(SIGALRM, &waking, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	while (r == -EINTR && (r = steps_check(e)) == 0) {
		tell_patience(PATIENCE_S);
		r = lock(queue, F_OFD_SETLKW);
	}
	if (r == 0)
		r = watch_places(g, e);
	(void)setitimer(ITIMER_REAL, &never, NULL);
	return r < 0 && !e->code ? zerr_code(e, -r, "gate") : r;
}

int gate_enter_at(int run, unsigned places, struct zerr *e)
{
	AUTO_GATE struct gate g = { .dir = -1, .watch = -1 };
	const int r = gate_open(&g, run, places, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int fd = take(&g);
	if (fd < 0)
		fd = wait_turn(&g, e);
	if (fd >= 0)
		tell_patience(PATIENCE_S);
	return fd < 0 ? fd : own_take_fd(&fd);
}

int gate_enter(struct zone_host *h, struct zerr *e)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return gate_enter_at(h->run, cpus > 0 ? (unsigned)cpus : 1, e);
}
