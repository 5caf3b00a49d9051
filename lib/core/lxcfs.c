/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See lxcfs.h. It finds out by the reading process whose limits are asked for, so that one mount of
 * the host serves all zones. */
#include "core/lxcfs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/storage.h"

const char *const lxcfs_places[LXCFS_FILES] = { "proc/cpuinfo", "proc/diskstats",
						"proc/loadavg", "proc/meminfo",
						"proc/stat",	"proc/swaps",
						"proc/uptime",	"sys/devices/system/cpu/online" };

/* Its directory; -1: not mounted, or it does not answer. */
static int open_root(void)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int dir = fs_open_dir("/var/lib/lxcfs", &ignored);
	struct statfs fs;

	return dir >= 0 && fstatfs(dir, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC
		       ? own_take_fd(&dir)
		       : -1;
}

bool lxcfs_is_there(void)
{
	AUTO_CLOSE int dir = open_root();

	return dir >= 0;
}

void lxcfs_trees(int ret[LXCFS_FILES])
{
	AUTO_CLOSE int root = open_root();
	struct zerr ignored = { 0 };

	for (size_t i = 0; i < LXCFS_FILES; i++) {
		AUTO_CLOSE int file =
			root < 0 ? -1 : fs_open_below(root, lxcfs_places[i], O_PATH, 0);

		ret[i] = file < 0 ? -1 : mount_clone_tree(file, -1, true, &ignored);
		if (ret[i] < 0)
			ret[i] = -1;
	}
}
