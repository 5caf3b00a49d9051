/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Following the events file: inotify says when, the file says what; a rotation is followed to its
 * end. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/core.h"

struct zone_events {
	int run;	 /* /run/zone */
	int watch;	 /* inotify */
	int file;	 /* the events file that is being read; -1: none yet */
	struct buf rest; /* the beginning of a line whose end has not come */
};

int zone_events_open(struct zone_host *h, struct zone_events **ret, struct zerr *e)
{
	struct zone_events *ev = calloc(1, sizeof(*ev));
	char path[32];

	if (!ev)
		return zerr_code(e, ENOMEM, "events");
	ev->run = fcntl(h->run, F_DUPFD_CLOEXEC, 3);
	ev->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	ev->file = fs_open_below(h->run, "events", O_RDONLY, 0);
	if (ev->file >= 0)
		(void)lseek(ev->file, 0, SEEK_END); /* what happened before is not news */
	if (ev->run < 0 || ev->watch < 0 ||
	    inotify_add_watch(ev->watch, fs_fd_path(h->run, path),
			      IN_MODIFY | IN_CREATE | IN_MOVED_FROM) < 0) {
		const int r = zerr_sys(e, "watch events");

		zone_events_close(ev);
		return r;
	}
	*ret = ev;
	return 0;
}

int zone_events_fd(const struct zone_events *ev)
{
	return ev->watch;
}

/* All whole lines that are there. */
static int drain(struct zone_events *ev, struct strv *lines)
{
	char chunk[16384];
	ssize_t n;

	while (ev->file >= 0 && (n = read(ev->file, chunk, sizeof(chunk))) > 0)
		buf_add(&ev->rest, chunk, (size_t)n);
	size_t at = 0;
	for (char *end;
	     ev->rest.len > at && (end = memchr(ev->rest.p + at, '\n', ev->rest.len - at));) {
		*end = '\0';
		if (strv_add(lines, ev->rest.p + at) < 0)
			return -ENOMEM;
		at = (size_t)(end - ev->rest.p) + 1;
	}
	if (at) {
		ev->rest.len -= at;
		memmove(ev->rest.p, ev->rest.p + at, ev->rest.len);
	}
	return ev->rest.failed ? -ENOMEM : 0;
}

int zone_events_next(struct zone_events *ev, struct strv *ret_lines, struct zerr *e)
{
	char scrap[4096];
	struct stat now, there;

	while (read(ev->watch, scrap, sizeof(scrap)) > 0)
		;
	if (drain(ev, ret_lines) < 0)
		return zerr_code(e, ENOMEM, "events");
	AUTO_CLOSE int fresh = fs_open_below(ev->run, "events", O_RDONLY, 0);
	const bool same = fresh >= 0 && ev->file >= 0 && fstat(fresh, &now) == 0 &&
			  fstat(ev->file, &there) == 0 && now.st_ino == there.st_ino;
	if (fresh >= 0 && !same) {
		(void)own_close(ev->file);
		ev->file = own_take_fd(&fresh);
		if (drain(ev, ret_lines) < 0)
			return zerr_code(e, ENOMEM, "events");
	}
	return 0;
}

void zone_events_close(struct zone_events *ev)
{
	if (!ev)
		return;
	(void)own_close(ev->run);
	(void)own_close(ev->watch);
	(void)own_close(ev->file);
	buf_done(&ev->rest);
	free(ev);
}
