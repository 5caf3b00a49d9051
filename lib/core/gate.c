/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate.h. Locks of files, so that a place is never lost with the process that had it. */
#include "core/gate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sig.h"
#include "core/tell.h"

#define TOLD_S	  10 /* systemd hears every so often that we wait ... */
#define PATIENT_S 60 /* ... and shall give us so long */

static void wake(int sig)
{
	(void)sig;
}

/* Open place @i; with @wait until it is ours. A descriptor, or -EAGAIN, -EINTR. */
static int take(int dir, unsigned i, bool wait)
{
	struct flock lock = { .l_type = F_WRLCK };
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", i);
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return fd;
	if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return own_take_fd(&fd);
}

/* Until place @i is free, with a word to systemd from time to time. */
static int wait_for(int dir, unsigned i, struct zerr *e)
{
	const struct sigaction waking = { .sa_handler = wake };
	const struct itimerval often = { { TOLD_S, 0 }, { TOLD_S, 0 } }, never = { 0 };
	int fd = -EINTR;

	(void)sigaction(SIGALRM, &waking, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	tell("STATUS=waits until fewer zones boot");
	while (fd == -EINTR && steps_check(e) == 0) {
		tell_patience(PATIENT_S);
		fd = take(dir, i, true);
	}
	(void)setitimer(ITIMER_REAL, &never, NULL);
	return fd;
}

int gate_enter(struct zone_host *h, struct zerr *e)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned places = cpus > 0 ? (unsigned)cpus : 1;
	AUTO_CLOSE int dir = fs_subdir(h->run, ".lock.boot", 0700, e);
	int fd = -EAGAIN;

	if (dir < 0)
		return dir;
	for (unsigned i = 0; i < places && fd == -EAGAIN; i++)
		fd = take(dir, i, false);
	if (fd == -EAGAIN)
		fd = wait_for(dir, (unsigned)getpid() % places, e);
	if (fd >= 0)
		tell_patience(PATIENT_S);
	return fd < 0 && !e->code ? zerr_code(e, -fd, "gate") : fd;
}
