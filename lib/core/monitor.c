/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone-monitor: all that is left of `zone start` while a zone runs. It holds the console's pty
 * masters, writes the log, serves the console's clients and hears the notify socket; when init ends
 * it execs `zone .monitor-ended` in its own place. Linked statically and without stdio or heap, to
 * stay small: nothing is allocated, everything is an argument or in a fixed table. The protocol is
 * in monitor.h.
 */
#include "core/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONSOLES 16
#define CLIENTS	 32
#define ARGS	 96

struct client {
	int fd; /* -1: free */
	int tty;
	bool writer;
	unsigned short pending_len, pending_at; /* input that the pty did not take yet */
};

/* Apart from the table: a page of these is there only once a client has needed it. */
static unsigned char pending[CLIENTS][MONITOR_PACKET];

static struct {
	const char *name, *exe;
	int pid;
	unsigned long long logmax;
	int pidfd, run, top, log, alive, control, notify;
	int console[CONSOLES];
	int consoles;
	int logfile[CONSOLES];
	unsigned long long logged[CONSOLES]; /* bytes in each */
	struct client client[CLIENTS];
	char *args[ARGS];
	int args_n;
} m = { .pidfd = -1, .run = -1, .top = -1, .log = -1, .alive = -1, .control = -1, .notify = -1 };

/* ---- small helpers --------------------------------------------------------------------------- */

static unsigned long long number(const char *s)
{
	unsigned long long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (unsigned long long)(*s++ - '0');
	return n;
}

static char *put_number(char *p, unsigned long long n)
{
	char digits[24];
	int k = 0;

	do
		digits[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		*p++ = digits[--k];
	*p = '\0';
	return p;
}

static long long clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* ---- log ------------------------------------------------------------------------------------- */

/* NAME for /dev/console, NAME:N for the others, with ".1" behind it for what was rotated away.
 * False: it does not fit. */
static bool log_name(char out[static 128], int tty, const char *suffix)
{
	if (strlen(m.name) > 100)
		return false;
	char *p = stpcpy(out, m.name);
	if (tty) {
		*p++ = ':';
		p = put_number(p, (unsigned long long)tty);
	}
	(void)stpcpy(p, suffix);
	return true;
}

static void open_log(int tty)
{
	char name[128];
	struct stat st;

	m.logged[tty] = 0;
	m.logfile[tty] =
		!log_name(name, tty, "")
			? -1
			: openat(m.log, name,
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m.logfile[tty] >= 0 && fstat(m.logfile[tty], &st) == 0)
		m.logged[tty] = (unsigned long long)st.st_size;
}

/* A full log makes room for the next: one that is older goes. */
static void rotate_log(int tty)
{
	char now[128], old[128];

	if (!log_name(now, tty, "") || !log_name(old, tty, ".1"))
		return;
	(void)renameat(m.log, now, m.log, old);
	(void)close(m.logfile[tty]);
	open_log(tty);
}

static void write_log(int tty, const unsigned char *data, size_t len)
{
	if (m.logfile[tty] >= 0 && m.logmax && m.logged[tty] && m.logged[tty] + len > m.logmax)
		rotate_log(tty);
	if (m.logfile[tty] >= 0 &&
	    write(m.logfile[tty], data, len) > 0) /* a full disk costs log, not the zone */
		m.logged[tty] += len;
}

/* ---- clients --------------------------------------------------------------------------------- */

static void drop_client(struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
}

static struct client *add_client(int fd)
{
	for (int i = 0; i < CLIENTS; i++)
		if (m.client[i].fd < 0) {
			m.client[i].fd = fd;
			m.client[i].tty = -1; /* until it says which */
			m.client[i].writer = false;
			m.client[i].pending_len = 0;
			return &m.client[i];
		}
	return NULL;
}

static void accept_client(void)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	const int size = 256 * 1024;
	const int fd = accept4(m.control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != 0 ||
	    !add_client(fd))
		(void)close(fd);
}

/* Output for everyone on @tty. A reader that does not read loses some: the log has all. */
static void broadcast(int tty, const unsigned char *data, size_t len)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &m.client[i];

		if (c->fd >= 0 && c->tty == tty &&
		    send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
			drop_client(c);
	}
}

/* Nobody reads that console, so its writer's input is pending and its end was not heard. */
static bool has_gone(const struct client *c)
{
	struct pollfd p = { .fd = c->fd };

	return c->pending_len && poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

static struct client *writer_of(int tty)
{
	for (int i = 0; i < CLIENTS; i++)
		if (m.client[i].fd >= 0 && m.client[i].tty == tty && m.client[i].writer)
			return &m.client[i];
	return NULL;
}

static void attach(struct client *c, const struct monitor_attach *a)
{
	static const char taken[] =
		"\r\n[another console took over; this one is read-only now]\r\n";
	struct monitor_hello hello = { 0 };
	struct client *old = writer_of(a->tty);

	if (a->tty < 0 || a->tty >= m.consoles) {
		hello.refused = 1;
		(void)send(c->fd, &hello, sizeof(hello), MSG_NOSIGNAL);
		drop_client(c);
		return;
	}
	c->tty = a->tty;
	if (old && has_gone(old)) {
		drop_client(old);
		old = NULL;
	}
	if (!(a->flags & MONITOR_READONLY) && old && (a->flags & MONITOR_FORCE)) {
		(void)send(old->fd, taken, sizeof(taken) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		old->writer = false;
		old->pending_len = 0; /* or it would not be listened to again */
		old = NULL;
	}
	c->writer = !(a->flags & MONITOR_READONLY) && !old;
	hello.writer = c->writer;
	hello.log_end = m.logged[a->tty];
	if (send(c->fd, &hello, sizeof(hello), MSG_NOSIGNAL) < 0)
		drop_client(c);
}

static unsigned char *pending_of(const struct client *c)
{
	return pending[c - m.client];
}

static void push_pending(struct client *c)
{
	while (c->pending_len) {
		const ssize_t n =
			write(m.console[c->tty], pending_of(c) + c->pending_at, c->pending_len);

		if (n <= 0) {
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				c->pending_len = 0;
			return;
		}
		c->pending_at = (unsigned short)(c->pending_at + n);
		c->pending_len = (unsigned short)(c->pending_len - n);
	}
}

static void hear_client(struct client *c)
{
	unsigned char packet[1 + MONITOR_PACKET];
	struct monitor_attach a;
	struct winsize w = { 0 };
	const ssize_t n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop_client(c);
		return;
	}
	if (packet[0] == MONITOR_ATTACH && n == (ssize_t)(1 + sizeof(a)) && c->tty < 0) {
		memcpy(&a, packet + 1, sizeof(a));
		attach(c, &a);
	} else if (packet[0] == MONITOR_INPUT && c->writer && c->tty < m.consoles) {
		memcpy(pending_of(c), packet + 1, (size_t)n - 1);
		c->pending_at = 0;
		c->pending_len = (unsigned short)(n - 1);
		push_pending(c);
	} else if (packet[0] == MONITOR_RESIZE && n == 5 && c->writer && c->tty < m.consoles) {
		memcpy(&w.ws_row, packet + 1, 2);
		memcpy(&w.ws_col, packet + 3, 2);
		(void)ioctl(m.console[c->tty], TIOCSWINSZ, &w);
	}
}

static bool hear_console(int tty)
{
	unsigned char data[MONITOR_PACKET];
	const ssize_t n = read(m.console[tty], data, sizeof(data));

	if (n <= 0)
		return n == 0 || errno == EAGAIN ||
		       errno == EINTR; /* EIO: nobody has it open now */
	write_log(tty, data, (size_t)n);
	broadcast(tty, data, (size_t)n);
	return true;
}

/* ---- notify ---------------------------------------------------------------------------------- */

static void append_event(const char *what)
{
	char line[256], *p = line;
	struct timespec now;
	struct tm t;
	const int fd = openat(m.top, "events",
			      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &t);
	p = stpcpy(p, "{\"time\":\"");
	p = put_number(p, (unsigned long long)t.tm_year + 1900);
	const int parts[] = { t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec };
	for (int i = 0; i < 5; i++) {
		*p++ = "--T::"[i];
		*p++ = (char)('0' + parts[i] / 10);
		*p++ = (char)('0' + parts[i] % 10);
	}
	p = stpcpy(p, "Z\",\"zone\":\"");
	p = stpcpy(p, m.name);
	p = stpcpy(p, "\",\"event\":\"");
	p = stpcpy(p, what);
	p = stpcpy(p, "\"}\n");
	(void)!write(fd, line, (size_t)(p - line)); /* a lost event is not worth a zone */
	(void)close(fd);
}

static void mark_ready(void)
{
	const int fd =
		openat(m.run, "ready", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0) {
		(void)close(fd);
		append_event("ready");
	}
}

/* Datagrams of KEY=VALUE lines; only init's count. */
static void hear_notify(void)
{
	char text[2048], control[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int) * 16)];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	const ssize_t n = recvmsg(m.notify, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct ucred from = { 0 };

	if (n < 0)
		return;
	text[n] = '\0';
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&from, CMSG_DATA(c), sizeof(from));
		for (size_t i = 0;
		     c->cmsg_type == SCM_RIGHTS && CMSG_LEN(sizeof(int) * (i + 1)) <= c->cmsg_len;
		     i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			(void)close(fd); /* nobody asked for it */
		}
	}
	if (from.pid != m.pid)
		return;
	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (starts(line, "READY=1") && (line[7] == '\n' || line[7] == '\0'))
			mark_ready();
}

/* ---- life ------------------------------------------------------------------------------------ */

/* "FD:TTY:w": a client that was attached before the zone rebooted. */
static void restore_client(const char *s)
{
	const char *tty = strchr(s, ':');
	const char *role = tty ? strchr(tty + 1, ':') : NULL;
	struct client *c = role ? add_client((int)number(s)) : NULL;

	if (!c)
		return;
	(void)fcntl(c->fd, F_SETFD, FD_CLOEXEC);
	c->tty = (int)number(tty + 1);
	c->writer = role[1] == 'w';
}

static void take_argument(char *arg)
{
	static const struct {
		const char *key;
		int *fd;
	} fds[] = { { "pidfd=", &m.pidfd },  { "run=", &m.run },     { "top=", &m.top },
		    { "log=", &m.log },	     { "alive=", &m.alive }, { "control=", &m.control },
		    { "notify=", &m.notify } };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (starts(arg, fds[i].key))
			*fds[i].fd = (int)number(arg + strlen(fds[i].key));
	if (starts(arg, "name="))
		m.name = arg + 5;
	else if (starts(arg, "exe="))
		m.exe = arg + 4;
	else if (starts(arg, "pid="))
		m.pid = (int)number(arg + 4);
	else if (starts(arg, "logmax="))
		m.logmax = number(arg + 7);
	else if (starts(arg, "console=") && m.consoles < CONSOLES)
		m.console[m.consoles++] = (int)number(arg + 8);
	else if (starts(arg, "client=")) {
		restore_client(arg + 7);
		return; /* told anew at the end: they come and go */
	}
	if (m.args_n < ARGS - CLIENTS - 3)
		m.args[m.args_n++] = arg;
}

/* Drain what the zone said last, then exec the walk down in our place. */
static void init_ended(void)
{
	static char text[CLIENTS][48];

	for (int i = 0; i < m.consoles; i++)
		for (int k = 0; k < 256; k++) {
			struct pollfd p = { .fd = m.console[i], .events = POLLIN };

			if (poll(&p, 1, 0) != 1 || !(p.revents & POLLIN) || !hear_console(i))
				break;
		}
	for (int i = 0; i < CLIENTS; i++) {
		const struct client *c = &m.client[i];

		if (c->fd < 0 || c->tty < 0)
			continue;
		char *p = put_number(stpcpy(text[i], "client="), (unsigned long long)c->fd);
		*p++ = ':';
		p = put_number(p, (unsigned long long)c->tty);
		(void)stpcpy(p, c->writer ? ":w" : ":r");
		(void)fcntl(c->fd, F_SETFD, 0);
		m.args[m.args_n++] = text[i];
	}
	m.args[m.args_n] = NULL;
	(void)execv(m.exe, m.args);
	_exit(1); /* the next command finds a dead monitor and walks down itself */
}

static struct pollfd polled[3 + CONSOLES + CLIENTS];
static long long
	closed[CONSOLES]; /* nobody inside has it open: looked at again at this time; 0: open */
#define CLOSED_MS 250

/* What to wait for: init, the sockets, the consoles, the clients whose input has been taken. */
static int fill_polled(int *ret_timeout)
{
	int n = 3;

	polled[0] = (struct pollfd){ .fd = m.pidfd, .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = m.control, .events = POLLIN };
	polled[2] = (struct pollfd){ .fd = m.notify, .events = POLLIN };
	*ret_timeout = -1;
	for (int i = 0; i < m.consoles; i++) {
		const struct client *w = writer_of(i);
		const short out = w && w->pending_len ? POLLOUT : 0;

		polled[n++] = (struct pollfd){ .fd = closed[i] ? -1 : m.console[i],
					       .events = (short)(POLLIN | out) };
		if (closed[i])
			*ret_timeout = CLOSED_MS;
	}
	for (int i = 0; i < CLIENTS; i++)
		polled[n++] = (struct pollfd){ .fd = m.client[i].pending_len ? -1 : m.client[i].fd,
					       .events = POLLIN };
	return n;
}

static void serve_console(int tty, short events)
{
	struct client *w = writer_of(tty);

	if (events & (POLLIN | POLLHUP | POLLERR))
		closed[tty] = hear_console(tty) ? 0 : clock_ms() + CLOSED_MS;
	if ((events & POLLOUT) && w)
		push_pending(w);
}

static void loop(void)
{
	for (;;) {
		int timeout;
		const int n = fill_polled(&timeout);

		if (poll(polled, (nfds_t)n, timeout) < 0)
			continue;
		for (int i = 0; i < m.consoles; i++) {
			if (closed[i] && clock_ms() >= closed[i])
				closed[i] = 0;
			serve_console(i, polled[3 + i].revents);
		}
		for (int i = 0; i < CLIENTS; i++)
			if (polled[3 + m.consoles + i].revents && m.client[i].fd >= 0)
				hear_client(&m.client[i]);
		if (polled[2].revents)
			hear_notify();
		if (polled[1].revents)
			accept_client();
		if (polled[0].revents)
			init_ended();
	}
}

int main(int argc, char **argv)
{
	for (int i = 0; i < CLIENTS; i++)
		m.client[i].fd = -1;
	m.args[m.args_n++] = (char *)"zone";
	m.args[m.args_n++] = (char *)".monitor-ended";
	for (int i = 1; i < argc; i++)
		take_argument(argv[i]);
	if (!m.name || !m.exe || m.pidfd < 0 || m.run < 0 || m.log < 0)
		return 2;
	for (int i = 0; i < m.consoles; i++) {
		(void)fcntl(m.console[i], F_SETFL, fcntl(m.console[i], F_GETFL) | O_NONBLOCK);
		open_log(i);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	loop();
}
