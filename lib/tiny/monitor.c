/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone-monitor: all that is left of `zone start` while a zone runs. It holds the console's pty
 * masters, writes the log, serves the console's clients and hears the notify socket; when init ends
 * it execs `zone .monitor-ended` in its own place. Linked statically and without stdio or heap, to
 * stay small: nothing is allocated, everything is an argument or in a fixed table.
 */
#include "tiny/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct monitor m = { .pidfd = -1,
		     .run = -1,
		     .top = -1,
		     .log = -1,
		     .alive = -1,
		     .control = -1,
		     .notify = -1,
		     .oom = -1 };

long long clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

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
	} fds[] = { { "pidfd=", &m.pidfd },   { "run=", &m.run },     { "top=", &m.top },
		    { "log=", &m.log },	      { "alive=", &m.alive }, { "control=", &m.control },
		    { "notify=", &m.notify }, { "oom=", &m.oom } };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (starts(arg, fds[i].key))
			*fds[i].fd = (int)number(arg + strlen(fds[i].key));
	if (starts(arg, "name="))
		m.name = arg + 5;
	else if (starts(arg, "exe="))
		m.exe = arg + 4;
	else if (starts(arg, "self="))
		m.self = arg + 5;
	else if (starts(arg, "pid="))
		m.pid = (int)number(arg + 4);
	else if (starts(arg, "logmax="))
		m.logmax = number(arg + 7);
	else if (starts(arg, "health="))
		m.health = (long long)number(arg + 7);
	else if (starts(arg, "console=") && m.consoles < CONSOLES)
		m.console[m.consoles++] = (int)number(arg + 8);
	else if (starts(arg, "client=") || starts(arg, "oom_kills=")) {
		if (arg[0] == 'c')
			restore_client(arg + 7);
		else
			m.oom_kills = number(arg + 10);
		return; /* told anew at the end: they change */
	}
	if (m.args_n < ARGS - CLIENTS - 4)
		m.args[m.args_n++] = arg;
}

/* Exec in our place, with what was given to us and with what has come since. Returns when that
 * fails. */
static void become(const char *path, char **argv)
{
	static char text[CLIENTS][48], kills[40];
	const int before = m.args_n;

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
	(void)put_number(stpcpy(kills, "oom_kills="), m.oom_kills);
	m.args[m.args_n++] = kills;
	m.args[m.args_n] = NULL;
	(void)execv(path, argv);
	m.args_n = before;
	for (int i = 0; i < CLIENTS; i++)
		if (m.client[i].fd >= 0)
			(void)fcntl(m.client[i].fd, F_SETFD, FD_CLOEXEC);
}

/* Drain what the zone said last, then the walk down takes our place. */
static void init_ended(void)
{
	for (int i = 0; i < m.consoles; i++)
		for (int k = 0; k < 256; k++) {
			struct pollfd p = { .fd = m.console[i], .events = POLLIN };

			if (poll(&p, 1, 0) != 1 || !(p.revents & POLLIN) || !hear_console(i))
				break;
		}
	become(m.exe, m.args);
	_exit(1); /* the next command finds a dead monitor and walks down itself */
}

/* SIGHUP: a new version of this program has been installed. Nobody notices. */
static volatile sig_atomic_t renew;

static void note_renew(int sig)
{
	(void)sig;
	renew = 1;
}

static void become_new(void)
{
	renew = 0;
	if (!m.self)
		return;
	m.args[1] = (char *)"zone-monitor";
	become(m.self, &m.args[1]);
	m.args[1] = (char *)".monitor-ended";
}

enum { POLL_INIT, POLL_CONTROL, POLL_NOTIFY, POLL_OOM, POLL_FIXED };
static struct pollfd polled[POLL_FIXED + CONSOLES + CLIENTS];

/* Left alone until this time, 0: not. A console that nobody inside has open would always be ready,
 * and a zone at its memory's limit tells so without end. */
static long long closed[CONSOLES], oom_told;
#define CLOSED_MS 250
#define OOM_MS	  1000

/* Whether to leave it alone; *@timeout is set when so. */
static bool rests(long long *until, int ms, int *timeout)
{
	if (*until && clock_ms() >= *until)
		*until = 0;
	if (*until && (*timeout < 0 || ms < *timeout))
		*timeout = ms;
	return *until != 0;
}

/* When the next check of the zone's health is due; its result is the business of who makes it. */
static long long health_due;

static void check_health(void)
{
	if (!m.health || clock_ms() < health_due)
		return;
	health_due = clock_ms() + m.health;
	run_zone((char *const[]){ (char *)"zone", (char *)".health", (char *)m.name, NULL });
}

/* What to wait for: init, the sockets, memory, the consoles, the clients whose input has been
 * taken. */
static int fill_polled(int *ret_timeout)
{
	const int fixed[POLL_FIXED] = { m.pidfd, m.control, m.notify, m.oom };
	int n = POLL_FIXED;

	*ret_timeout = -1;
	if (m.health) {
		const long long left = health_due - clock_ms();

		*ret_timeout = left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
	}
	for (int i = 0; i < POLL_FIXED; i++)
		polled[i] = (struct pollfd){ .fd = fixed[i], .events = POLLIN };
	polled[POLL_OOM].events = POLLPRI;
	if (rests(&oom_told, OOM_MS, ret_timeout))
		polled[POLL_OOM].fd = -1;
	for (int i = 0; i < m.consoles; i++) {
		const struct client *w = writer_of(i);
		const short out = w && w->pending_len ? POLLOUT : 0;
		const bool idle = rests(&closed[i], CLOSED_MS, ret_timeout);

		polled[n++] = (struct pollfd){ .fd = idle ? -1 : m.console[i],
					       .events = (short)(POLLIN | out) };
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
	sigset_t waiting; /* SIGHUP comes only while we wait, or it could come just before */

	(void)sigemptyset(&waiting);
	for (;;) {
		int timeout;
		const int n = fill_polled(&timeout);
		const struct timespec t = { timeout / 1000, timeout % 1000 * 1000000L };

		if (renew)
			become_new();
		if (ppoll(polled, (nfds_t)n, timeout < 0 ? NULL : &t, &waiting) < 0)
			continue;
		check_health();
		for (int i = 0; i < m.consoles; i++)
			serve_console(i, polled[POLL_FIXED + i].revents);
		for (int i = 0; i < CLIENTS; i++)
			if (polled[POLL_FIXED + m.consoles + i].revents && m.client[i].fd >= 0)
				hear_client(&m.client[i]);
		if (polled[POLL_NOTIFY].revents)
			hear_notify();
		if (polled[POLL_OOM].revents) {
			hear_oom();
			oom_told = clock_ms() + OOM_MS;
		}
		if (polled[POLL_CONTROL].revents)
			accept_client();
		if (polled[POLL_INIT].revents)
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
	(void)signal(SIGINT, SIG_IGN);
	struct sigaction hup = { .sa_handler = note_renew };
	sigset_t hold;
	(void)sigemptyset(&hold);
	(void)sigaddset(&hold, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &hold, NULL);
	(void)sigaction(SIGHUP, &hup, NULL);
	load_said();
	hear_oom();
	health_due = clock_ms() + m.health;
	loop();
}
