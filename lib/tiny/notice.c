/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the zone tells (the notify socket) and what the kernel tells of it (out of memory). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tiny/monitor.h"

void append_event(const char *what, const char *key, const char *value)
{
	char line[512], *p = line;
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
	if (key) {
		p = stpcpy(stpcpy(p, "\",\""), key);
		p = stpcpy(stpcpy(p, "\":\""), value);
	}
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
		append_event("ready", NULL, NULL);
	}
}

/* Datagrams of KEY=VALUE lines; only init's count. */
void hear_notify(void)
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
	hear_said(text);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Of memory.events; what was counted last when it cannot be read. */
static unsigned long long count_kills(void)
{
	char text[256];
	const ssize_t n = pread(m.oom, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (n < 0) { /* the group has gone */
		(void)close(m.oom);
		m.oom = -1;
	}
	const char *p = strstr(text, "oom_kill ");
	return p ? number(p + strlen("oom_kill ")) : m.oom_kills;
}

/* A child of a child, so that none is ever ours to wait for, with no descriptor of ours. */
void run_zone(char *const argv[])
{
	const pid_t pid = fork();

	if (pid == 0) {
		(void)syscall(SYS_close_range, 3, ~0U, 0);
		if (fork() == 0)
			(void)execv(m.exe, argv);
		_exit(0);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

/* Who was killed is in the kernel's log: reading that is zone's. */
void hear_oom(void)
{
	char fresh[24], all[24];
	const unsigned long long kills = m.oom < 0 ? m.oom_kills : count_kills();

	if (kills == m.oom_kills)
		return;
	(void)put_number(fresh, kills - m.oom_kills);
	(void)put_number(all, kills);
	m.oom_kills = kills;
	run_zone((char *const[]){ (char *)"zone", (char *)".oom", (char *)m.name, fresh, all,
				  NULL });
}
