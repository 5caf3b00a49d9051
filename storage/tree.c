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
#include "storage/layers.h"
#include "storage/project.h"

int tree_check_private(int dir, struct zerr *e)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return zerr_sys(e, "look at the zone's directory");
	if (st.st_uid != 0 || (st.st_mode & 077))
		return zerr_set(e, EPERM, "the zone's directory is not root's alone (mode 0700)");
	return 0;
}

/* ---- sizes ---------------------------------------------------------------------------------- */

int tree_probe(struct volume *v, struct zerr *e)
{
	return v->size ? project_check(v->dir, e) : 0;
}

/* Where there are projects every root is one, so that a size set later counts all of it. */
int tree_join(int fd, const struct volume *v, struct zerr *e)
{
	struct zerr none;
	int r;

	if (!v->number || project_check(fd, &none) < 0)
		return v->size ? project_check(fd, e) : 0;
	r = project_join(fd, v->number, false, e);
	return r < 0 ? r : project_limit(fd, v->number, v->size, e);
}

/* fd of the directory @name, all of which is in the project then. */
static int join_all(const struct volume *v, const char *name, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(v->dir, name, O_RDONLY | O_DIRECTORY, 0);
	int r = fd < 0 ? zerr_code(e, -fd, "open %s", name) : project_check(fd, e);

	if (r == 0 && project_of(fd) != v->number) /* made before there were projects */
		r = project_join(fd, v->number, true, e);
	return r < 0 ? r : own_take_fd(&fd);
}

int tree_resize(const struct volume *v, const char *const *names, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	uint64_t used;
	int r = 0;

	for (; *names; names++) {
		(void)own_close(fd);
		fd = join_all(v, *names, e);
		if (fd < 0)
			return fd;
	}
	if (project_used(fd, v->number, &used) == 0) /* only now is all of it counted */
		r = storage_check_fits(used, v->size, e);
	return r < 0 ? r : project_limit(fd, v->number, v->size, e);
}

int tree_space(int dir, const char *name, struct space *ret, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
	const uint32_t number = fd < 0 ? 0 : project_of(fd);
	uint64_t used;
	const int r = number ? project_used(fd, number, &used) : -ENODATA;

	if (r < 0)
		return zerr_code(e, -r, "space of %s", name);
	*ret = (struct space){ .referenced = used, .exclusive = UINT64_MAX };
	return 0;
}

/* ---- making and copying --------------------------------------------------------------------- */

int tree_make(int dir, const char *name, const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	int r;

	if (mkdirat(dir, name, 0700) < 0)
		return zerr_sys(e, "make directory %s", name);
	fd = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return zerr_code(e, -fd, "open %s", name);
	r = v ? tree_join(fd, v, e) : 0;
	return r < 0 ? r : own_take_fd(&fd);
}

int tree_fill(int from, int dir, const char *name, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? zerr_code(e, -fd, "open %s", name) : copy_tree(from, fd, NULL, e);
}

/* An empty one costs nothing: the clone of a zone that has not run yet. */
static bool is_empty(int dir, const char *name)
{
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };

	return fd == -ENOENT || (fd >= 0 && fs_list(fd, &names) == 0 && names.n == 0);
}

int tree_settle(const struct volume *v, int dir, struct zerr *e)
{
	(void)v;
	if (is_empty(dir, "upper") && is_empty(dir, TREE_ROOT))
		return 0;
	return syncfs(dir) < 0 ? zerr_sys(e, "write the root to disk") : 0;
}

int tree_copy(int from, int dir, const char *name, const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int fd = tree_make(dir, name, v, e);

	return fd < 0 ? fd : tree_fill(from, dir, name, e);
}

int tree_copy_name(int from, int dir, const char *name, const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(from, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? zerr_code(e, -fd, "open %s", name) : tree_copy(fd, dir, name, v, e);
}

/* ---- replacing ------------------------------------------------------------------------------ */

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

static int copy_from(const struct volume *v, int snap, const char *name, const char *fresh,
		     struct zerr *e)
{
	AUTO_CLOSE int from = fs_open_below(snap, name, O_RDONLY | O_DIRECTORY, 0);

	if (from < 0)
		return zerr_code(e, -from, "open the snapshot's %s", name);
	const int r = tree_copy(from, v->dir, fresh, v, e);
	return r < 0 || syncfs(v->dir) == 0 ? r : zerr_sys(e, "write %s to disk", name);
}

int tree_replace(const struct volume *v, const char *name, int snap, tree_from_fn *make,
		 struct zerr *e)
{
	AUTO_FREE char *fresh = str_fmt("%s.new", name), *old = str_fmt("%s.old", name);
	int r;

	if (!fresh || !old)
		return zerr_code(e, ENOMEM, "restore");
	/* What an earlier call left: half of the new one, or the old one after the exchange;
	 * between the two renames of swap() the old one is all there is. */
	if (!fs_exists(v->dir, name) && renameat(v->dir, old, v->dir, name) < 0 && errno != ENOENT)
		return zerr_sys(e, "rename %s", old);
	r = remove_both(v->dir, fresh, old, e);
	if (r == 0)
		r = make ? make(v, snap, fresh, e) : copy_from(v, snap, name, fresh, e);
	if (r < 0) {
		struct zerr ignored = { 0 };

		(void)fs_remove(v->dir, fresh, &ignored); /* it may have filled the disk */
		return r;
	}
	r = swap(v->dir, name, fresh, old, e);
	if (r == 0)
		r = fs_sync_dir(v->dir) < 0 ? zerr_sys(e, "sync") : 0;
	return r < 0 ? r : remove_both(v->dir, fresh, old, e);
}

/* ---- attaching, measuring ------------------------------------------------------------------- */

int tree_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	const int holder = a->snap >= 0 ? a->snap : v->dir;
	AUTO_CLOSE int root = fs_open_below(holder, TREE_ROOT, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (root < 0)
		return zerr_code(e, -root, "open " TREE_ROOT);
	r = tree_check_private(v->dir, e);
	if (r < 0)
		return r;
	if (a->scratch >= 0)
		return layers_mount(&(struct layers){ .lower = root, .writable = -1 }, a,
				    LAYERS_ANY, e);
	return mount_clone_tree(root, a->userns, a->readonly, e);
}

int tree_usage(int dir, uint64_t *ret, struct zerr *e)
{
	static const char *const names[] = { "upper", TREE_ROOT };
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
