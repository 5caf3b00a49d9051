/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings below /proc/sys/net. What was turned on stays on when the network goes: somebody else
 * may have come to need it. */
#include "net/sysctl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "net/addr.h"
#include "net/link.h"

/* The setting's first character, or -errno. */
static int get(int dir, const char *path)
{
	AUTO_BUF struct buf text = { 0 };
	const int r = fs_read(dir, path, 64, &text);

	if (r < 0)
		return r;
	return text.len ? text.p[0] : -ENODATA;
}

static int set(int dir, const char *path, const char *value, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dir, path, O_WRONLY, 0);
	int r = fd;

	if (fd >= 0)
		r = fs_write_all(fd, value, strlen(value));
	return r < 0 ? zerr_code(e, -r, "set /proc/sys/net/%s to %s", path, value) : 0;
}

/* "IPv4 forwarding", which @why: "NAT needs". */
static int turn_on(int dir, const char *path, const char *what, const char *why, struct zerr *e)
{
	const int now = get(dir, path);
	int r;

	if (now < 0)
		return zerr_code(e, -now, "/proc/sys/net/%s", path);
	if (now == '1')
		return 0;
	r = set(dir, path, "1", e);
	if (r == 0)
		log_note("%s was off and is now on (/proc/sys/net/%s): %s it", what, path, why);
	return r;
}

int forward_ipv4(const char *why, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_dir("/proc/sys/net", e);

	return dir < 0 ? dir : turn_on(dir, "ipv4/ip_forward", "IPv4 forwarding", why, e);
}

/* Links that got a route by router advertisement. */
struct ra_links {
	unsigned index[64];
	size_t n;
};

static int take_ra(const struct addr_entry *a, void *arg)
{
	struct ra_links *links = arg;

	if (a->by_ra && a->index && links->n < sizeof(links->index) / sizeof(*links->index))
		links->index[links->n++] = a->index;
	return 0;
}

static int keep_ra(struct nl *nl, int dir, unsigned index, struct zerr *e)
{
	struct link_info link;
	char path[sizeof("ipv6/conf//accept_ra") + IFNAMSIZ];
	int r;

	r = link_find(nl, index, NULL, &link, e);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	(void)snprintf(path, sizeof(path), "ipv6/conf/%s/accept_ra", link.name);
	if (get(dir, path) != '1')
		return 0;
	r = set(dir, path, "2", e);
	if (r == 0)
		log_note("%s goes on accepting router advertisements (accept_ra=2)", link.name);
	return r;
}

int forward_ipv6(struct nl *nl, const char *why, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_dir("/proc/sys/net", e);
	struct ra_links links = { 0 };
	int r;

	if (dir < 0)
		return dir;
	if (get(dir, "ipv6/conf/all/forwarding") == '1')
		return 0;
	r = addr_list_routes(nl, AF_INET6, take_ra, &links, e);
	if (r < 0 && r != -EAGAIN)
		return r;
	for (size_t i = 0; i < links.n; i++) {
		r = keep_ra(nl, dir, links.index[i], e);
		if (r < 0)
			return r;
	}
	return turn_on(dir, "ipv6/conf/all/forwarding", "IPv6 forwarding", why, e);
}

/* Set one of interface @name's. */
static int set_of(const char *family, const char *name, const char *key, const char *value,
		  struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_dir("/proc/sys/net", e);
	char path[64 + IFNAMSIZ];

	(void)snprintf(path, sizeof(path), "%s/conf/%s/%s", family, name, key);
	return dir < 0 ? dir : set(dir, path, value, e);
}

int route_localnet(const char *name, struct zerr *e)
{
	return set_of("ipv4", name, "route_localnet", "1", e);
}

int proxy_ndp(const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_dir("/proc/sys/net", e);
	char path[64 + IFNAMSIZ];

	(void)snprintf(path, sizeof(path), "ipv6/conf/%s/proxy_ndp", name);
	return dir < 0 ? dir
		       : turn_on(dir, path, "proxy neighbour discovery", "a routed interface needs",
				 e);
}

int refuse_ra(const char *name, struct zerr *e)
{
	const int r = set_of("ipv6", name, "accept_ra", "0", e);

	return r == -ENOENT ? 0 : r;
}
