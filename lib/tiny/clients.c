/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who watches and who writes: the clients of the consoles. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tiny/monitor.h"
#include "tiny/protocol.h"

/* Apart from the table: a page of these is there only once a client has needed it. */
static unsigned char pending[CLIENTS][MONITOR_PACKET];

static void drop_client(struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
}

struct client *add_client(int fd)
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

void accept_client(void)
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

struct client *writer_of(int tty)
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

void push_pending(struct client *c)
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

void hear_client(struct client *c)
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

bool hear_console(int tty)
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
