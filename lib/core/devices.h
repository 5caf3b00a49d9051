/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a zone may make and open: a list of rules, compiled to a BPF program on its cgroup.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4 };
#define DEVICE_ANY UINT32_MAX

struct device_rule {
	char type;	 /* 'c' or 'b' */
	unsigned access; /* DEVICE_* or'ed: allowed at once or one by one */
	uint32_t major;
	uint32_t minor; /* DEVICE_ANY: all */
};

#define DEVICES_DEFAULT_MAX 16
/* The rules of every zone, /dev/fuse and /dev/net/tun on demand. Returns how many. */
size_t devices_default(bool fuse, bool tun, struct device_rule ret[static DEVICES_DEFAULT_MAX]);

/* Allow these devices and no other below @cgroup_fd (a cgroup v2 directory). A program that zone
 * attached there before is replaced in one step, others are left alone. Needs CAP_BPF and
 * CAP_NET_ADMIN or CAP_SYS_ADMIN on the host; exit status 7 when the kernel cannot. */
int devices_attach(int cgroup_fd, const struct device_rule *rules, size_t n, struct zerr *e);
