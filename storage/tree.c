/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories as root file systems: checks, copies, replacement. Must not lose the old root before
 * the new one is on disk. */
#include "storage/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"

int tree_check_private(int dir, struct zerr *e)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return zerr_sys(e, "look at the zone's directory");
	if (st.st_uid != 0 || (st.st_mode & 077))
		return zerr_set(e, EPERM, "the zone's directory is not root's alone (mode 0700)");
	return 0;
}

int tree_check_size(const struct volume *v, struct zerr *e)
{
	if (v->size == 0)
		return 0;
	return zerr_as(e, ZERR_HOST, "the %s backend cannot limit the size of a root",
		       v->ops->name);
}

int tree_copy(int from, int to, const char *name, struct zerr *e)
{
	struct copy_stats stats = { 0 };
	AUTO_CLOSE int fd = -1;
	int r;

	if (mkdirat(to, name, 0700) < 0)
		return zerr_sys(e, "make directory %s", name);
	fd = fs_open_below(to, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return zerr_code(e, -fd, "open %s", name);
	r = copy_tree(from, fd, &stats, e);
	if (r < 0)
		return r;
	/* An empty one costs nothing: the clone of a zone that has not run yet. */
	return stats.entries > 0 && syncfs(fd) < 0 ? zerr_sys(e, "write %s to disk", name) : 0;
}

int tree_copy_name(int from, int to, const char *name, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(from, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? zerr_code(e, -fd, "open %s", name) : tree_copy(fd, to, name, e);
}

/* @fresh becomes @name, and @old is what has to be deleted then (@fresh itself after an exchange).
 */
static int swap(int dir, const char *name, const char *fresh, const char *old, struct zerr *e)
{
	if (renameat2(dir, fresh, dir, name, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
		return zerr_sys(e, "exchange %s", name);
	if (renameat(dir, name, dir, old) < 0 && errno != ENOENT)
		return zerr_sys(e, "rename %s", name);
	return renameat(dir, fresh, dir, name) < 0 ? zerr_sys(e, "rename %s", fresh) : 0;
}

static int remove_both(int dir, const char *fresh, const char *old, struct zerr *e)
{
	const int r = fs_remove(dir, fresh, e);

	return r < 0 ? r : fs_remove(dir, old, e);
}

int tree_replace(int dir, const char *name, int snap, struct zerr *e)
{
	AUTO_FREE char *fresh = str_fmt("%s.new", name), *old = str_fmt("%s.old", name);
	AUTO_CLOSE int from = fs_open_below(snap, name, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (!fresh || !old)
		return zerr_code(e, ENOMEM, "restore");
	if (from < 0)
		return zerr_code(e, -from, "open the snapshot's %s", name);
	/* What an earlier call left: half of the new one, or the old one after the exchange;
	 * between the two renames of swap() the old one is all there is. */
	if (!fs_exists(dir, name) && renameat(dir, old, dir, name) < 0 && errno != ENOENT)
		return zerr_sys(e, "rename %s", old);
	r = remove_both(dir, fresh, old, e);
	if (r == 0)
		r = tree_copy(from, dir, fresh, e);
	if (r == 0)
		r = swap(dir, name, fresh, old, e);
	if (r == 0)
		r = fs_sync_dir(dir) < 0 ? zerr_sys(e, "sync") : 0;
	return r < 0 ? r : remove_both(dir, fresh, old, e);
}

int tree_usage(int dir, uint64_t *ret, struct zerr *e)
{
	static const char *const names[] = { "upper", "rootfs" };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		uint64_t bytes = 0, entries;
		const int r = fs_usage(dir, names[i], &bytes, &entries);

		if (r < 0 && r != -ENOENT)
			return zerr_code(e, -r, "measure %s", names[i]);
		sum += bytes;
	}
	*ret = sum;
	return 0;
}
