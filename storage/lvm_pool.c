/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of lvm: a thin pool in a volume group that is there, or in one of its own on a device or a
 * file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/own.h"
#include "storage/lvmcmd.h"
#include "storage/pools.h"

#define THIN "pool"

static int make_group(const struct pool *p, const char *device, struct zerr *e)
{
	const char *const pv[] = { "pvcreate", "-qq", device, NULL };
	const char *const vg[] = { "vgcreate", "-qq", p->group, device, NULL };
	/* without -y: what has something on it is refused */
	int r = lvm_run(pv, NULL, e);

	return r < 0 ? r : lvm_run(vg, NULL, e);
}

static int make_thin(const struct pool *p, struct zerr *e)
{
	AUTO_FREE char *name = str_fmt("%s/%s", p->group, p->thin);
	AUTO_FREE char *bytes = str_fmt("%llub", (unsigned long long)p->size);
	/* what a pool of its own file leaves is for growing its metadata */
	const char *const all[] = { "lvcreate", "-qq", "-y", "-T", "-l", "95%FREE", name, NULL };
	const char *const some[] = { "lvcreate", "-qq", "-y", "-T", "-L", bytes, name, NULL };

	if (!name || !bytes)
		return zerr_code(e, ENOMEM, "pool");
	return lvm_run(p->size && !p->own ? some : all, NULL, e);
}

static int lvm_make(struct pool *p, struct zerr *e)
{
	const bool path = pool_is_path(p);
	AUTO_BUF struct buf version = { 0 };
	int r = lvm_run((const char *const[]){ "version", NULL }, &version, e);

	if (r == 0 && access("/dev/mapper/control", F_OK) < 0)
		r = zerr_as(e, ZERR_HOST, "the kernel has no device-mapper");
	if (r == 0 && path)
		r = pool_make_file(p, e);
	if (r < 0)
		return r;
	p->group = path ? str_fmt("zone-%s", p->name) : strdup(p->source);
	p->thin = strdup(path ? THIN : p->name);
	if (!p->group || !p->thin)
		return zerr_code(e, ENOMEM, "pool");
	if (!path)
		return make_thin(p, e);
	char device[128];
	bool fresh;
	/* a loop device goes with its last user, and a group with nothing active in it uses none */
	AUTO_CLOSE int fd = pool_device(p, device, &fresh, e);
	r = fd < 0 ? fd : make_group(p, device, e);
	return r == 0 ? make_thin(p, e) : r;
}

static int lvm_up(const struct pool *p, struct zerr *e)
{
	const char *const scan[] = { "vgchange", "-qq", "--refresh", p->group, NULL };
	char device[128];
	bool fresh = false;

	if (!pool_is_path(p))
		return lvm_activate(p->group, p->thin, e);
	AUTO_CLOSE int fd = pool_device(p, device, &fresh, e);
	int r = fd < 0 ? fd : 0;
	if (r == 0 && fresh)
		(void)lvm_run(
			scan, NULL,
			&(struct zerr){ 0 }); /* what it is told by is not needed everywhere */
	return r == 0 ? lvm_activate(p->group, p->thin, e) : r;
}

static int lvm_remove_pool(const struct pool *p, struct zerr *e)
{
	const char *const vg[] = { "vgremove", "-qq", "-f", "-y", p->group, NULL };
	char device[128];
	bool fresh;
	int r;

	if (!pool_is_path(p))
		return p->group ? lvm_remove(p->group, p->thin, e) : 0;
	if (!p->source)
		return 0;
	AUTO_CLOSE int fd = pool_device(p, device, &fresh, e);
	if (fd == -ENOENT)
		return 0; /* with its device it is gone */
	const char *const pv[] = { "pvremove", "-qq", "-f", "-y", device, NULL };
	AUTO_BUF struct buf there = { 0 };
	const char *const look[] = {
		"vgs", "-qq", "--noheadings", "-o", "vg_name", p->group, NULL
	};
	if (fd < 0)
		return fd;
	if (p->group && lvm_run(look, &there, &(struct zerr){ 0 }) == 0) {
		r = lvm_run(vg, NULL, e);
		if (r == 0)
			r = lvm_run(pv, NULL, e);
		if (r < 0)
			return r;
	}
	return pool_remove_file(p, e);
}

static int lvm_pool_space(const struct pool *p, uint64_t *ret_size, uint64_t *ret_used,
			  struct zerr *e)
{
	struct lvm_room room;
	const int r = lvm_room(p->group, p->thin, &room);

	if (r < 0)
		return zerr_code(e, -r, "thin pool %s/%s", p->group, p->thin);
	*ret_size = room.size;
	*ret_used = room.used;
	return 0;
}

const struct pool_ops pool_lvm = {
	.make = lvm_make,
	.up = lvm_up,
	.remove = lvm_remove_pool,
	.space = lvm_pool_space,
};
