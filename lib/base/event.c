/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events file. One write per line is what makes it lock-free for readers; so a line is bounded
 * and values give way. Must not fail the operation that it tells of. */
#include "base/event.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/utf8.h"

#define EVENTS	   "events"
#define EVENTS_OLD "events.1"

struct event {
	char time[32];
	const char *zone, *name;
	const char *const *fields;
};

/* Fields that are numbers for readers, as everywhere in JSON of ours. */
static const char *const numbers[] = { "delay", "exit_status", "failures",
				       "kills", "pid",	       "restarts" };

/* False: @key is not one of them, or @value none. */
static bool put_number(struct json *j, const char *key, const char *value)
{
	uint64_t n;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (str_eq(key, numbers[i]) && parse_u64(value, UINT64_MAX, &n) == 0) {
			json_u64(j, key, n);
			return true;
		}
	return false;
}

static void put_cut(struct json *j, const char *key, const char *value, size_t cap)
{
	AUTO_BUF struct buf cut = { 0 };

	buf_add(&cut, value, utf8_cut(value, cap));
	if (cut.failed)
		j->out->failed = true;
	else
		json_str(j, key, cut.p);
}

/* The line with no value of a field longer than @cap bytes. */
static void format(const struct event *ev, size_t cap, struct buf *out)
{
	struct json j = { .out = out };

	out->len = 0;
	json_obj(&j, NULL);
	json_str(&j, "time", ev->time);
	json_str(&j, "zone", ev->zone);
	json_str(&j, "event", ev->name);
	for (const char *const *f = ev->fields; f && f[0] && f[1]; f += 2)
		if (!put_number(&j, f[0], f[1]))
			put_cut(&j, f[0], f[1], cap);
	json_end_obj(&j);
	buf_char(out, '\n');
}

/* The line with the longest values that fit. 0, -ENOMEM, or -EMSGSIZE when the keys alone do not.
 */
static int format_fitting(const struct event *ev, struct buf *out)
{
	size_t fits = 0, not = EVENT_MAX;

	while (not -fits > 1) {
		const size_t cap = (fits + not ) / 2;

		format(ev, cap, out);
		if (out->len < EVENT_MAX)
			fits = cap;
		else
			not = cap;
	}
	format(ev, fits, out);
	if (out->failed)
		return -ENOMEM;
	return out->len < EVENT_MAX ? 0 : -EMSGSIZE;
}

/* Rename the full file @fd away. Only one of several writers does; the others, and who is late,
 * still append to the old one, which readers read to its end. */
static int rotate(int dirfd, int fd)
{
	struct stat mine, linked;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : -errno;
	if (fstat(fd, &mine) < 0 || fstatat(dirfd, EVENTS, &linked, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (mine.st_ino != linked.st_ino || mine.st_dev != linked.st_dev)
		return 0;
	return renameat(dirfd, EVENTS, dirfd, EVENTS_OLD) < 0 ? -errno : 0;
}

static int open_events(int dirfd)
{
	return fs_open_below(dirfd, EVENTS, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY,
			     0600);
}

static int append(int dirfd, const struct buf *line)
{
	AUTO_CLOSE int fd = open_events(dirfd);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size + (off_t)line->len > EVENT_ROTATE) {
		const int r = rotate(dirfd, fd);

		if (r < 0)
			return r;
		own_close(fd);
		fd = open_events(dirfd);
		if (fd < 0)
			return fd;
	}
	n = write(fd, line->p, line->len);
	if (n < 0)
		return -errno;
	return (size_t)n == line->len ? 0 : -EIO;
}

int event_emit(int dirfd, const char *zone, const char *event, const char *const *fields,
	       struct zerr *e)
{
	AUTO_BUF struct buf line = { 0 };
	struct event ev = { .zone = zone, .name = event, .fields = fields };
	int r;

	format_time(now_seconds(), ev.time);
	r = format_fitting(&ev, &line);
	if (r == 0)
		r = append(dirfd, &line);
	return r < 0 ? zerr_code(e, -r, "event %s", event) : 0;
}
