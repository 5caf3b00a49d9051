/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that a host with many zones meets one after the other, each with what a zone takes of it
 * (busybox or a small systemd; measured, or counted from what the runtime opens), so that the
 * answer is a number of zones and the line that makes it larger.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "core/check.h"

/* clang-format off */
const struct capacity capacities[] = {
	{ "inotify", "fs.inotify.max_user_instances", "inotify instances of each zone", 0, 128, 0 },
	{ "inotify-watches", "fs.inotify.max_user_watches", "inotify watches of each zone", 0, 65536, 0 },
	{ "inotify-events", "fs.inotify.max_queued_events", "events that wait in one inotify instance", 0, 16384, 0 },
	{ "keys", "kernel.keys.maxkeys", "keys of each user of a zone", 0, 200, 0 },
	{ "keys-bytes", "kernel.keys.maxbytes", "bytes of the keys of each user of a zone", 0, 20000, 0 },
	{ "maps", "vm.max_map_count", "memory maps of one process; databases want 262144", 0, 65530, 0 },
	{ "nr_open", "fs.nr_open", "highest descriptor of a process", 0, 1048576, 0 },
	{ "pty", "kernel.pty.max", "consoles and terminals", 2, 1024, 0 },
	{ "neigh4", "net.ipv4.neigh.default.gc_thresh3", "IPv4 neighbours of all namespaces together", 2, 256, 0 },
	{ "neigh6", "net.ipv6.neigh.default.gc_thresh3", "IPv6 neighbours of all namespaces together", 4, 256, 0 },
	{ "conntrack", "net.netfilter.nf_conntrack_max", "connections through NAT", 64, 16384, 0 },
	{ "pid", "kernel.pid_max", "processes and threads", 20, 2000, 0 },
	{ "threads", "kernel.threads-max", "processes and threads", 20, 2000, 0 },
	{ "files", "fs.file-max", "open files", 150, 50000, 0 },
	{ "userns", "user.max_user_namespaces", "user namespaces, two for each zone", 2, 100, 0 },
	{ "netns", "user.max_net_namespaces", "network namespaces", 1, 100, 0 },
	{ "mntns", "user.max_mnt_namespaces", "mount namespaces, those of services inside too", 8, 100, 0 },
	{ "cgroupns", "user.max_cgroup_namespaces", "cgroup namespaces", 1, 100, 0 },
	{ "aio", "fs.aio-max-nr", "asynchronous I/O of databases", 32, 16384, 0 },
	{ "bpf-jit", "net.core.bpf_jit_limit", "bytes of compiled filters", 32768, 16777216, 0 },
	{ "bridge", "ports of one bridge", "zones on one network; more need more networks", 1, 0, 1023 },
	{ "memcg", "memory control groups", "groups that count memory, those of services inside too", 4, 100, 65535 },
	{ 0 },
};
/* clang-format on */

/* The value of a sysctl; false: this kernel has no such limit. */
static bool read_sysctl(const char *key, uint64_t *ret)
{
	char path[128] = "/proc/sys/", text[32] = "";
	size_t n = strlen(path);

	for (const char *p = key; *p && n + 1 < sizeof(path); p++)
		path[n++] = *p == '.' ? '/' : *p;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	text[strcspn(text, " \t\n")] = '\0';
	return parse_u64(text, UINT64_MAX, ret) == 0;
}

void capacity_check(const struct capacity *c, unsigned zones, struct finding *f)
{
	const unsigned long long need = c->base + (unsigned long long)c->per_zone * zones;
	uint64_t value = c->fixed;

	if (!c->fixed && !read_sysctl(c->key, &value)) {
		SAY(f, CHECK_OK, "%s: this kernel has no such limit", c->effect);
		return;
	}
	const unsigned long long now = value;
	if (!c->per_zone) { /* each zone for itself */
		if (now >= c->base)
			SAY(f, CHECK_OK, "%llu: %s", now, c->effect);
		else
			SAY(f, CHECK_LIMITED, "%llu: %s: sysctl -w %s=%llu", now, c->effect, c->key,
			    c->base);
		return;
	}
	const unsigned long long good = now > c->base ? (now - c->base) / c->per_zone : 0;
	if (now >= need)
		SAY(f, CHECK_OK, "%llu: %s; enough for %llu zones", now, c->effect, good);
	else if (c->fixed)
		SAY(f, CHECK_LIMITED, "%llu: %s; enough for %llu zones, and fixed in the kernel",
		    now, c->effect, good);
	else
		SAY(f, CHECK_LIMITED, "%llu: %s; enough for %llu zones, for %u: sysctl -w %s=%llu",
		    now, c->effect, good, zones, c->key, need);
}
