/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of lvm: a thin pool in a volume group that is there, or in one of its own on a device or a
 * file. What zone makes has a tag, which no other pool has: whatever is without it is somebody
 * else's, also under our name, and is never removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/own.h"
#include "storage/lvmcmd.h"
#include "storage/lvmvol.h"
#include "storage/pools.h"

#define THIN "pool"
#define TAG  "made-by-zone"

/* Of pools from before each had its own. */
static const char *tag_of(const struct pool *p)
{
	return p->tag ? p->tag : TAG;
}

static int choose_tag(struct pool *p, struct zerr *e)
{
	char uuid[40];

	if (make_uuid(uuid) < 0)
		return zerr_sys(e, "random numbers");
	p->tag = str_fmt(TAG "-%s", uuid);
	return p->tag ? 0 : zerr_code(e, ENOMEM, "pool");
}

/* What is there is not this pool's, whoever made it: another zone path's, or that of a system that
 * was here before. Asked before there is a record, whose removal takes along what was made. */
static int check_free(const struct pool *p, bool path, struct zerr *e)
{
	AUTO_FREE char *which = path ? str_fmt("vg_name=%s", p->group)
				     : str_fmt("vg_name=%s && lv_name=%s", p->group, p->thin);
	const char *const vgs[] = { "vgs", "-o", "vg_name", "-S", which, NULL };
	const char *const lvs[] = { "lvs", "-o", "lv_name", "-S", which, NULL };
	AUTO_STRV struct strv there = { 0 };
	int r = which ? lvm_ask(path ? vgs : lvs, &there, e) : zerr_code(e, ENOMEM, "pool");

	if (r < 0 || !there.n)
		return r;
	if (path)
		r = zerr_as(e, ZERR_STATE, "a volume group %s exists", p->group);
	else
		r = zerr_as(e, ZERR_STATE, "a volume %s/%s exists", p->group, p->thin);
	return zerr_hint(e, r, "give the pool another name; lvs %s shows what is in there",
			 p->group);
}

static int lvm_plan(struct pool *p, struct zerr *e)
{
	const bool path = pool_is_path(p);
	int r = lvm_check_host(e);

	if (r == 0 && path)
		r = pool_plan_file(p, e);
	if (r < 0)
		return r;
	p->group = path ? str_fmt("zone-%s", p->name) : strdup(p->source);
	p->thin = strdup(path ? THIN : p->name);
	if (!p->group || !p->thin)
		return zerr_code(e, ENOMEM, "pool");
	r = check_free(p, path, e);
	return r == 0 ? choose_tag(p, e) : r;
}

static int make_thin(const struct pool *p, struct zerr *e)
{
	AUTO_FREE char *name = str_fmt("%s/%s", p->group, p->thin);
	AUTO_FREE char *bytes = str_fmt("%llub", (unsigned long long)p->size);
	const bool all = !p->size || p->own;
	/* what a pool of its own file leaves is for growing its metadata */
	const char *const args[] = { "lvcreate",
				     "-qq",
				     "-y",
				     "--addtag",
				     tag_of(p),
				     "-T",
				     all ? "-l" : "-L",
				     all ? "95%FREE" : bytes,
				     name,
				     NULL };

	return name && bytes ? lvm_run(args, NULL, e) : zerr_code(e, ENOMEM, "pool");
}

static int lvm_make(struct pool *p, struct zerr *e)
{
	char device[128];
	bool fresh;
	int r = pool_is_path(p) ? pool_make_file(p, e) : 0;

	if (r < 0 || !pool_is_path(p))
		return r < 0 ? r : make_thin(p, e);
	/* a loop device goes with its last user, and a group with nothing active in it uses none */
	AUTO_CLOSE int fd = pool_device(p, device, &fresh, e);
	/* without -y: what has something on it is refused */
	const char *const args[] = { "vgcreate", "-qq",	 "--addtag", tag_of(p),
				     p->group,	 device, NULL };
	r = fd < 0 ? fd : lvm_run(args, NULL, e);
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

/* Who else has volumes there. */
static int lvm_vacant(const struct pool *p, struct zerr *e)
{
	AUTO_FREE char *which = pool_is_path(p)
					? str_fmt("vg_name=%s && lv_name!=%s", p->group, p->thin)
					: str_fmt("vg_name=%s && pool_lv=%s", p->group, p->thin);
	const char *const args[] = { "lvs", "-o", "lv_name", "-S", which, NULL };
	AUTO_STRV struct strv names = { 0 };
	AUTO_BUF struct buf list = { 0 };
	const int r = which ? lvm_ask(args, &names, e) : zerr_code(e, ENOMEM, "pool");

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (!lvmvol_is_name(names.v[i])) /* those that are may be images' */
			buf_fmt(&list, " %s/%s", p->group, names.v[i]);
	if (r < 0 || !list.p)
		return r;
	return zerr_hint(e, zerr_as(e, ZERR_STATE, "volumes of others are in it:%s", list.p),
			 "lvremove%s", list.p);
}

static int remove_thin(const struct pool *p, struct zerr *e)
{
	AUTO_FREE char *which =
		str_fmt("vg_name=%s && lv_name=%s && lv_tags=%s", p->group, p->thin, tag_of(p));
	const char *const args[] = { "lvs", "-o", "lv_name", "-S", which, NULL };
	AUTO_STRV struct strv ours = { 0 };
	const int r = which ? lvm_ask(args, &ours, e) : zerr_code(e, ENOMEM, "pool");

	return r < 0 || !ours.n ? r : lvm_remove(p->group, p->thin, e);
}

/* The group that is on @device, if it is ours. */
static int remove_group(const struct pool *p, const char *device, struct zerr *e)
{
	AUTO_FREE char *which = str_fmt("vg_tags=%s", tag_of(p));
	const char *const look[] = { "pvs", "-o", "vg_name", "-S", which, device, NULL };
	const char *const vg[] = { "vgremove", "-qq", "-f", "-y", p->group, NULL };
	const char *const pv[] = { "pvremove", "-qq", "-f", "-y", device, NULL };
	AUTO_STRV struct strv ours = { 0 };

	if (!which)
		return zerr_code(e, ENOMEM, "pool");
	if (lvm_ask(look, &ours, &(struct zerr){ 0 }) < 0 || !strv_has(&ours, p->group))
		return 0; /* nothing of LVM's is on it, or not our group */
	const int r = lvm_run(vg, NULL, e);
	return r == 0 ? lvm_run(pv, NULL, e) : r;
}

static int lvm_remove_pool(const struct pool *p, struct zerr *e)
{
	char device[128];
	bool fresh;

	if (!pool_is_path(p))
		return remove_thin(p, e);
	AUTO_CLOSE int fd = pool_device(p, device, &fresh, e);
	if (fd == -ENOENT)
		return 0; /* with its device it is gone */
	const int r = fd < 0 ? fd : remove_group(p, device, e);
	return r == 0 ? pool_remove_file(p, e) : r;
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
	.plan = lvm_plan,
	.make = lvm_make,
	.up = lvm_up,
	.vacant = lvm_vacant,
	.remove = lvm_remove_pool,
	.space = lvm_pool_space,
};
