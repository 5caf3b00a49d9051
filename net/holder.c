/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who listens on a port of the host: the kernel lists its sockets (sock_diag(7)), and the process
 * that has one is found by its number among the descriptors below /proc.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "net/forward.h"
#include "net/nlm.h"

#define STATE_LISTEN 10 /* of TCP, in the kernel's tcp_states.h */
#define STATE_CLOSE  7	/* of UDP: bound, but not to one peer */

struct search {
	const struct forward *f;
	uint8_t family;
	uint32_t inode; /* of the first socket that is in the way */
};

/* Whether a socket bound to @address takes what comes for @f. */
static bool in_the_way(const struct search *s, const void *address)
{
	static const unsigned char any[16];
	const size_t len = s->family == AF_INET6 ? 16 : 4;
	const bool all = memcmp(address, any, len) == 0;

	if (all || memcmp(s->f->address, any, 16) == 0)
		return !s->f->family || s->f->family == s->family ||
		       (all && s->family == AF_INET6); /* such a socket may take IPv4, too */
	return s->f->family == s->family && memcmp(address, s->f->address, len) == 0;
}

static int take_socket(const struct nlmsghdr *h, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct search *s = arg;
	unsigned port;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return -EPROTO;
	port = ntohs(m->id.idiag_sport);
	if (!s->inode && port >= s->f->first && port <= s->f->last &&
	    in_the_way(s, m->id.idiag_src))
		s->inode = m->idiag_inode;
	return 0;
}

static int find_socket(struct search *s, struct zerr *e)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = s->family,
		.sdiag_protocol = s->f->udp ? IPPROTO_UDP : IPPROTO_TCP,
		.idiag_states = 1U << (s->f->udp ? STATE_CLOSE : STATE_LISTEN),
	};
	AUTO_NL struct nl nl = { 0 };
	struct nlm m;
	int r = nl_open_protocol(&nl, NETLINK_SOCK_DIAG, e);

	if (r < 0)
		return r;
	nlm_begin(&m, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request, sizeof(request));
	r = nl_call(&nl, &m, take_socket, s, e);
	/* a kernel without it: two may get in each other's way, and nobody is told */
	return r == -EAGAIN || r == -ENOENT ? 0 : zerr_in(e, r, "list sockets");
}

/* Whether process directory @proc has the socket among its descriptors. */
static bool has_socket(int proc, const char *link)
{
	const int fd = fs_open_below(proc, "fd", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char to[64];

	while (dir && (d = readdir(dir))) {
		const ssize_t n = readlinkat(dirfd(dir), d->d_name, to, sizeof(to) - 1);

		if (n <= 0)
			continue;
		to[n] = '\0';
		if (str_eq(to, link))
			return true;
	}
	return false;
}

static char *describe(int proc, const char *pid)
{
	AUTO_BUF struct buf comm = { 0 };

	if (fs_read(proc, "comm", 64, &comm) < 0 || !comm.p)
		return str_fmt("process %s", pid);
	comm.p[strcspn(comm.p, "\n")] = '\0';
	return str_fmt("%s (process %s)", comm.p, pid);
}

/* The process that has socket @inode. Sockets of the kernel's own have none. */
static int find_process(uint32_t inode, char **ret, struct zerr *e)
{
	AUTO_CLOSE int top = fs_open_dir("/proc", e);
	const int fd = top < 0 ? top : fcntl(top, F_DUPFD_CLOEXEC, 3);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char link[32];

	(void)snprintf(link, sizeof(link), "socket:[%u]", inode);
	while (dir && (d = readdir(dir))) {
		AUTO_CLOSE int proc = -1;

		if (d->d_name[strspn(d->d_name, "0123456789")])
			continue;
		proc = fs_open_below(top, d->d_name, O_RDONLY | O_DIRECTORY, 0);
		if (proc >= 0 && has_socket(proc, link)) {
			*ret = describe(proc, d->d_name);
			return *ret ? 0 : zerr_code(e, ENOMEM, "holder");
		}
	}
	*ret = strdup("a process that does not show");
	return *ret ? 0 : zerr_code(e, ENOMEM, "holder");
}

int forward_holder(const struct forward *f, char **ret, struct zerr *e)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct search s = { .f = f };
	int r = 0;

	*ret = NULL;
	for (size_t i = 0; r == 0 && !s.inode && i < 2; i++) {
		s.family = families[i];
		r = find_socket(&s, e);
	}
	return r < 0 || !s.inode ? r : find_process(s.inode, ret, e);
}
