/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only user of libcgroup, a module of its own. */
#include "core/cgvalue.h"

#include <libcgroup.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

__attribute__((visibility("default"))) bool zone_cgroup_on_v1(const char *controller)
{
	struct statfs fs;
	char *path = NULL;

	if (cgroup_init() != 0 || cgroup_get_subsys_mount_point(controller, &path) != 0)
		return false;
	const bool v1 = statfs(path, &fs) == 0 && fs.f_type == CGROUP_SUPER_MAGIC;
	free(path);
	return v1;
}
