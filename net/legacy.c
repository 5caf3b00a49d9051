/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The old iptables by their socket options. Only read when the table is there already: to ask for
 * it would make the kernel load it. Of the blob that the kernel gives, only the entry that the
 * chain ends in is looked at: `underflow` says where it is.
 */
#include "net/legacy.h"

#include <arpa/inet.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "base/own.h"

#define SIZE_MAX_BLOB (64U << 20)

/* Both families have the same structures under different names. */
struct kind {
	int family, level, info, entries;
	const char *tables; /* of this namespace, below /proc/net */
	size_t target_at;   /* where an entry says how far on its target is */
};

static const struct kind kinds[] = {
	{ AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES, "ip_tables_names",
	  offsetof(struct ipt_entry, target_offset) },
	{ AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES, "ip6_tables_names",
	  offsetof(struct ip6t_entry, target_offset) },
};

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries),
	       "one code for both families");

static bool is_loaded(const struct kind *k)
{
	struct zerr unused = { 0 };
	AUTO_CLOSE int dir = fs_open_dir("/proc/net", &unused);
	AUTO_BUF struct buf text = { 0 };
	AUTO_STRV struct strv names = { 0 };

	return dir >= 0 && fs_read(dir, k->tables, 4096, &text) == 0 && text.p &&
	       strv_split(&names, text.p, "\n") == 0 && strv_has(&names, "filter");
}

/* The verdict of the entry at @at in the blob of @size bytes; 0 when there is none. */
static int verdict_at(const struct kind *k, const char *blob, size_t size, size_t at)
{
	struct xt_standard_target target;
	uint16_t offset;

	if (at > size || size - at < k->target_at + sizeof(offset))
		return 0;
	memcpy(&offset, blob + at + k->target_at, sizeof(offset));
	if (size - at < offset || size - at - offset < sizeof(target))
		return 0;
	memcpy(&target, blob + at + offset, sizeof(target));
	return target.verdict;
}

static bool policy_drops(const struct kind *k, int fd)
{
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t len = sizeof(info);
	AUTO_FREE struct ipt_get_entries *all = NULL;

	if (getsockopt(fd, k->level, k->info, &info, &len) < 0 || info.size > SIZE_MAX_BLOB ||
	    !(info.valid_hooks & 1U << NF_INET_FORWARD))
		return false;
	len = (socklen_t)(sizeof(*all) + info.size);
	all = calloc(1, len);
	if (!all)
		return false;
	strcpy(all->name, info.name);
	all->size = info.size;
	if (getsockopt(fd, k->level, k->entries, all, &len) < 0)
		return false; /* changed meanwhile */
	return verdict_at(k, (const char *)all + sizeof(*all), info.size,
			  info.underflow[NF_INET_FORWARD]) == -NF_DROP - 1;
}

bool legacy_drops(int family)
{
	const struct kind *k = &kinds[family == AF_INET6];
	AUTO_CLOSE int fd = -1;

	if (!is_loaded(k))
		return false;
	fd = socket(k->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	return fd >= 0 && policy_drops(k, fd);
}
