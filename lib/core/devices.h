/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a zone may make and open: a list of rules, compiled to a BPF program on its cgroup.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "conf/spec.h"

enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4 };
#define DEVICE_ANY UINT32_MAX

struct device_rule {
	char type;	 /* 'c' or 'b' */
	unsigned access; /* DEVICE_* or'ed: allowed at once or one by one */
	uint32_t major;
	uint32_t minor; /* DEVICE_ANY: all */
};

#define DEVICES_MAX 128
/* The rules of a zone: the usual nodes, /dev/fuse and /dev/net/tun on demand, device.NAME.*. Their
 * number; exit status 7 for a device that this host does not have, unless it is optional. */
int devices_rules(const struct zone_spec *s, struct device_rule ret[static DEVICES_MAX],
		  struct zerr *e);
/* devices_rules() and devices_attach(). */
int devices_apply(const struct zone_spec *s, int cgroup_fd, struct zerr *e);
/* What device.NAME.path is on this host: 0 in st_mode when it is missing and optional. Exit status
 * 7 when it is missing, a usage error when it is no device. Never to be asked inside a zone, where
 * the path is the zone's. */
int device_stat(const struct device_spec *d, struct stat *ret, struct zerr *e);

/* Allow these devices and no other below @cgroup_fd (a cgroup v2 directory). A program that zone
 * attached there before is replaced in one step, others are left alone. Needs CAP_BPF and
 * CAP_NET_ADMIN or CAP_SYS_ADMIN on the host; exit status 7 when the kernel cannot. */
int devices_attach(int cgroup_fd, const struct device_rule *rules, size_t n, struct zerr *e);
