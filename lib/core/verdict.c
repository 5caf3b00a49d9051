/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See verdict.h. */
#include "core/verdict.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"

#define PREFIX "verdict."

struct word {
	int level;
	struct zerr e;
};

void verdict_send(int fd, int level, const struct zerr *e)
{
	const struct word w = { level, *e };

	(void)!send(fd, &w, sizeof(w), MSG_NOSIGNAL);
}

int verdict_hear(int fd, int flags, struct zerr *ret)
{
	struct word w;
	const ssize_t n = recv(fd, &w, sizeof(w), flags);

	if (n != (ssize_t)sizeof(w))
		return n < 0 ? -errno : -ECONNRESET;
	if (w.level != VERDICT_OUTCOME) {
		log_line((enum log_level)w.level, w.e.msg);
		return 0;
	}
	*ret = w.e;
	return 1;
}

static void address(const struct zone *z, const char *name, struct sockaddr_un *ret)
{
	char path[32];

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%.40s", fs_fd_path(z->run, path),
		       name);
}

int verdict_await(const struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;
	char name[32];

	(void)snprintf(name, sizeof(name), PREFIX "%d", (int)getpid());
	(void)unlinkat(z->run, name, 0);
	address(z, name, &a);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return zerr_sys(e, "verdict socket");
	return own_take_fd(&fd);
}

void verdict_leave(const struct zone *z, int fd)
{
	char name[32];

	(void)snprintf(name, sizeof(name), PREFIX "%d", (int)getpid());
	(void)unlinkat(z->run, name, 0);
	(void)own_close(fd);
}

void verdict_tell(const struct zone *z, int level, const struct zerr *e)
{
	const struct word w = { level, *e };
	const int dup = openat(z->run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		if (!str_starts(d->d_name, PREFIX))
			continue;
		address(z, d->d_name, &a);
		if (sendto(fd, &w, sizeof(w), MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof(a)) < 0)
			(void)unlinkat(z->run, d->d_name, 0); /* who waited has been killed */
	}
}
