/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Consoles from the client's side: attaching to the monitor, and the log that it writes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/adopt.h"
#include "core/state.h"
#include "tiny/protocol.h"

_Static_assert(ZONE_CONSOLE_PACKET == MONITOR_PACKET, "the public constant is the protocol's");

static int dial(const struct zone *z, struct zerr *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = 5 };
	char path[32];

	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/control", fs_fd_path(z->run, path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return zerr_hint(e, zerr_sys(e, "the zone's monitor does not answer"),
				 "zone restart %s", z->name);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return own_take_fd(&fd);
}

static int greet(int fd, unsigned tty, int flags, struct monitor_hello *ret, struct zerr *e)
{
	unsigned char packet[1 + sizeof(struct monitor_attach)] = { MONITOR_ATTACH };
	const struct monitor_attach a = { .tty = (int32_t)tty, .flags = flags };
	const struct timeval none = { 0 };

	memcpy(packet + 1, &a, sizeof(a));
	if (send(fd, packet, sizeof(packet), MSG_NOSIGNAL) < 0 ||
	    recv(fd, ret, sizeof(*ret), 0) != (ssize_t)sizeof(*ret))
		return zerr_set(e, EPIPE, "the zone's monitor does not answer");
	if (ret->refused)
		return zerr_hint(e, zerr_as(e, ZERR_USAGE, "there is no console %u", tty),
				 "console.ttys says how many there are");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	return 0;
}

int zone_console(struct zone_host *h, const char *name, unsigned tty, int flags, bool *ret_writer,
		 uint64_t *ret_history, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct monitor_hello hello = { 0 };
	int r = zone_load(h, name, 0, &z, e);

	if (r == 0)
		r = state_now(&z, &s, e);
	if (r < 0)
		return r;
	if (s.state != STATE_FROZEN && s.state != STATE_STOPPING &&
	    (r = state_allows(&s, DO_EXEC, name, e)) < 0)
		return r;
	adopt_if_orphan(h, name, &z, &s);
	AUTO_CLOSE int fd = dial(&z, e);
	if (fd < 0)
		return fd;
	r = greet(fd, tty,
		  (flags & ZONE_CONSOLE_READONLY ? MONITOR_READONLY : 0) |
			  (flags & ZONE_CONSOLE_FORCE ? MONITOR_FORCE : 0),
		  &hello, e);
	if (r < 0)
		return r;
	*ret_writer = hello.writer;
	*ret_history = hello.log_end;
	return own_take_fd(&fd);
}

static int send_typed(int fd, unsigned char type, const void *data, size_t len)
{
	struct iovec iov[] = { { &type, 1 }, { (void *)data, len } };
	const struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int zone_console_input(int fd, const void *data, size_t len)
{
	return len > MONITOR_PACKET ? -EMSGSIZE : send_typed(fd, MONITOR_INPUT, data, len);
}

int zone_console_resize(int fd, unsigned short rows, unsigned short cols)
{
	const unsigned short size[] = { rows, cols };

	return send_typed(fd, MONITOR_RESIZE, size, sizeof(size));
}

/* At most the last @max bytes before @end of one file, appended. */
static int read_part(int logs, const char *name, uint64_t end, size_t max, struct buf *ret)
{
	AUTO_CLOSE int fd = fs_open_below(logs, name, O_RDONLY, 0);
	struct stat st;
	char chunk[16384];

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	const uint64_t stop = end < (uint64_t)st.st_size ? end : (uint64_t)st.st_size;
	uint64_t at = stop > max ? stop - max : 0;
	while (at < stop) {
		const size_t want = stop - at < sizeof(chunk) ? (size_t)(stop - at) : sizeof(chunk);
		const ssize_t n = pread(fd, chunk, want, (off_t)at);

		if (n <= 0)
			break;
		buf_add(ret, chunk, (size_t)n);
		at += (uint64_t)n;
	}
	return ret->failed ? -ENOMEM : 0;
}

int zone_log_read(struct zone_host *h, const char *name, unsigned tty, uint64_t end, size_t max,
		  struct buf *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	int r = zone_load(h, name, 0, &z, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int logs = fs_open_below(h->run, ".log", O_RDONLY | O_DIRECTORY, 0);
	AUTO_BUF struct buf now = { 0 };
	char file[96], old[100];
	(void)snprintf(file, sizeof(file), tty ? "%s:%u" : "%s", name, tty);
	(void)snprintf(old, sizeof(old), "%s.1", file);
	r = logs < 0 ? logs : read_part(logs, file, end, max, &now);
	if (r == 0 && now.len < max) {
		(void)read_part(logs, old, UINT64_MAX, max - now.len,
				ret); /* the part before it, if any */
	}
	if (now.len)
		buf_add(ret, now.p, now.len);
	return r == -ENOENT ? 0 : r < 0 ? zerr_code(e, -r, "console log") : 0;
}

int zone_log_end(struct zone_host *h, const char *name, uint64_t *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = zone_load(h, name, 0, &z, e);
	struct stat st;

	if (r < 0)
		return r;
	AUTO_CLOSE int logs = fs_open_below(h->run, ".log", O_RDONLY | O_DIRECTORY, 0);
	*ret = logs >= 0 && fstatat(logs, name, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? (uint64_t)st.st_size
		       : 0;
	return 0;
}

int zone_log_tail(struct zone_host *h, const char *name, unsigned lines, struct strv *ret,
		  struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = zone_log_read(h, name, 0, UINT64_MAX, 65536, &text, e);
	size_t start = text.len;

	if (r < 0 || !text.len)
		return r;
	if (start && text.p[start - 1] == '\n')
		start--;
	for (unsigned n = 0; start > 0; start--)
		if (text.p[start - 1] == '\n' && ++n == lines)
			break;
	char *save = NULL;
	for (char *l = strtok_r(text.p + start, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		l[strcspn(l, "\r")] = '\0';
		zerr_clean(l);
		if (strv_add(ret, l) < 0)
			return zerr_code(e, ENOMEM, "console log");
	}
	return 0;
}
