/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quota groups and references of subvolumes, by ioctls and by searching the trees for single items.
 * What is read from there is little-endian, and laid out as <linux/btrfs_tree.h> says. */
#include "storage/qgroup.h"

#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/subvol.h"

#define LIMIT_NONE UINT64_MAX /* clears it */

/* ---- searching ------------------------------------------------------------------------------ */

/* The first item of @tree with this object and type, and @offset unless that is 0. Its length, at
 * most @size of it in @ret; -ENOENT, or -errno. */
static int find_item(int fd, uint64_t tree, uint64_t object, uint32_t type, uint64_t offset,
		     void *ret, size_t size)
{
	struct btrfs_ioctl_search_args a = { .key = {
						     .tree_id = tree,
						     .min_objectid = object,
						     .max_objectid = object,
						     .min_type = type,
						     .max_type = type,
						     .min_offset = offset,
						     .max_offset = offset ? offset : UINT64_MAX,
						     .max_transid = UINT64_MAX,
						     .nr_items = 1,
					     } };
	struct btrfs_ioctl_search_header h;

	if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &a) < 0)
		return -errno;
	if (a.key.nr_items == 0)
		return -ENOENT;
	memcpy(&h, a.buf, sizeof(h));
	if (h.len > sizeof(a.buf) - sizeof(h))
		return -EPROTO;
	memcpy(ret, a.buf + sizeof(h), h.len < size ? h.len : size);
	return (int)h.len;
}

int qgroup_check_plain(int root, struct zerr *e)
{
	struct {
		struct btrfs_root_ref ref;
		char name[256];
	} __attribute__((packed)) found = { 0 };
	uint64_t number;
	int r = subvol_number(root, &number);

	if (r == 0)
		r = find_item(root, BTRFS_ROOT_TREE_OBJECTID, number, BTRFS_ROOT_REF_KEY, 0, &found,
			      sizeof(found) - 1);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return zerr_code(e, -r, "look for subvolumes inside");
	found.name[sizeof(found.name) - 1] = '\0';
	zerr_clean(found.name);
	r = zerr_as(e, ZERR_STATE,
		    "there is a subvolume in the root, '%s', which would be left out", found.name);
	e->code = EEXIST;
	return zerr_hint(e, -EEXIST, "make a plain directory of it");
}

/* ---- quotas --------------------------------------------------------------------------------- */

int qgroup_space(int root, struct space *ret)
{
	struct btrfs_qgroup_info_item item;
	uint64_t number;
	int r = subvol_number(root, &number);

	if (r == 0)
		r = find_item(root, BTRFS_QUOTA_TREE_OBJECTID, 0, BTRFS_QGROUP_INFO_KEY, number,
			      &item, sizeof(item));
	if (r < (int)sizeof(item))
		return r < 0 ? r : -EPROTO;
	*ret = (struct space){ .referenced = le64toh(item.rfer), .exclusive = le64toh(item.excl) };
	return 0;
}

static int set_limit(int outside, uint64_t number, uint64_t size)
{
	struct btrfs_ioctl_qgroup_limit_args a = {
		.qgroupid = number,
		.lim = { .flags = BTRFS_QGROUP_LIMIT_MAX_RFER,
			 .max_rfer = size ? size : LIMIT_NONE },
	};

	return ioctl(outside, BTRFS_IOC_QGROUP_LIMIT, &a) < 0 ? -errno : 0;
}

/* Not simple quotas: those change the file system's format, count a clone as empty, and forget a
 * restored root. */
static int switch_on(int root, struct zerr *e)
{
	struct btrfs_ioctl_quota_ctl_args a = { .cmd = BTRFS_QUOTA_CTL_ENABLE };

	if (ioctl(root, BTRFS_IOC_QUOTA_CTL, &a) < 0)
		return zerr_as(e, ZERR_HOST, "a size needs btrfs quotas: %s", strerror(errno));
	log_note("quotas are switched on for the whole btrfs, for the size of a root");
	if (ioctl(root, BTRFS_IOC_QUOTA_RESCAN_WAIT) < 0 && errno != EINVAL)
		return zerr_sys(e, "count what is on the btrfs");
	return 0;
}

int qgroup_limit(int outside, int root, uint64_t size, struct zerr *e)
{
	uint64_t number;
	int r = subvol_number(root, &number);

	if (r < 0)
		return zerr_code(e, -r, "limit the subvolume");
	r = set_limit(outside, number, size);
	if ((r == -ENOTCONN || r == -EINVAL || r == -ENOENT) && size == 0)
		return 0; /* no quotas, no limit */
	if (r == -ENOTCONN || r == -EINVAL) {
		r = switch_on(root, e);
		if (r < 0)
			return r;
		r = set_limit(outside, number, size);
	}
	return r < 0 ? zerr_code(e, -r, "limit the subvolume") : 0;
}

int qgroup_check_fits(int root, uint64_t size, struct zerr *e)
{
	struct space s = { 0 };
	int r = 0;

	if (size == 0)
		return 0;
	if (syncfs(root) < 0) /* what is not written yet is not counted yet */
		return zerr_sys(e, "write the root to disk");
	if (qgroup_space(root, &s) < 0) {
		r = switch_on(root, e);
		if (r == 0 && (r = qgroup_space(root, &s)) < 0)
			r = zerr_code(e, -r, "count what is in the root");
	}
	return r < 0 ? r : storage_check_fits(s.referenced, size, e);
}
