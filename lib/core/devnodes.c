/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes of a zone: made with the rest of its /dev at start, or later in the /dev that it has
 * then. That one is believed only when it still is the file system that the host made, and nothing
 * below it is followed: the zone's root may have put anything there. A node gives nothing that the
 * device program (devices.c) does not allow.
 */
#include "core/devnodes.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/devices.h"
#include "core/join.h"
#include "core/live.h"

/* Where it appears, below /dev. */
static const char *place(const struct device_spec *d)
{
	return (d->target ? d->target : d->path) + strlen("/dev/");
}

/* The directory of @path below @dev, made and given to the zone where missing; *@ret_last is the
 * last component. */
static int parent(int dev, const char *path, uid_t base, const char **ret_last, struct zerr *e)
{
	AUTO_CLOSE int dir = fcntl(dev, F_DUPFD_CLOEXEC, 3);
	const char *slash;
	struct stat top, st;

	if (fstat(dev, &top) < 0)
		return zerr_sys(e, "/dev");
	for (; dir >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		AUTO_FREE char *name = strndup(path, (size_t)(slash - path));
		const bool there = name && fs_exists(dir, name);
		AUTO_CLOSE int next =
			name ? fs_subdir(dir, name, 0755, e) : zerr_code(e, ENOMEM, "device");

		if (next < 0)
			return next;
		if (fstat(next, &st) < 0 || st.st_dev != top.st_dev)
			return zerr_set(e, EXDEV, "device: something is mounted on /dev/%s", path);
		if (!there && fchown(next, base, base) < 0)
			return zerr_sys(e, "/dev/%s", path);
		(void)own_close(dir);
		dir = own_take_fd(&next);
	}
	if (dir < 0)
		return zerr_sys(e, "/dev");
	*ret_last = path;
	return own_take_fd(&dir);
}

/* Whether @name is that very device already. */
static bool is_node(int dir, const char *name, const struct stat *device)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_rdev == device->st_rdev &&
	       (st.st_mode & S_IFMT) == (device->st_mode & S_IFMT);
}

/* @host is what it is on the host. */
static int make_one(const struct device_spec *d, const struct stat *host, int dev, uid_t base,
		    struct zerr *e)
{
	const mode_t mode = (mode_t)strtoul(d->mode, NULL, 8);
	const char *name;

	if (!host->st_mode)
		return 0;
	AUTO_CLOSE int dir = parent(dev, place(d), base, &name, e);
	if (dir < 0)
		return dir;
	const mode_t mask = umask(0); /* no path leads to the node from inside to change it later */
	const int made =
		mknodat(dir, name, (host->st_mode & S_IFMT) | mode, host->st_rdev) < 0 ? errno : 0;
	(void)umask(mask);
	if (made && !(made == EEXIST && is_node(dir, name, host)))
		return zerr_code(e, made, "device.%s: /dev/%s", d->name, place(d));
	/* by name: what could be put in its place is the zone's own, in its own /dev */
	if (fchownat(dir, name, base + d->uid, base + d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "device.%s: owner", d->name);
	return 0;
}

struct stat *devnodes_look(const struct zone_spec *s, struct zerr *e)
{
	AUTO_FREE struct stat *v = calloc(s->devices_n + 1, sizeof(*v));
	int r = v ? 0 : zerr_code(e, ENOMEM, "devices");

	for (size_t i = 0; i < s->devices_n && r == 0; i++)
		r = device_stat(&s->devices[i], &v[i], e);
	return r < 0 ? NULL : own_take(v);
}

int devnodes_make(const struct zone_spec *s, int dev, uid_t base, struct zerr *e)
{
	AUTO_FREE struct stat *host = devnodes_look(s, e);
	int r = host ? 0 : -e->code;

	for (size_t i = 0; i < s->devices_n && r == 0; i++)
		r = make_one(&s->devices[i], &host[i], dev, base, e);
	return r;
}

/* ---- live ------------------------------------------------------------------------------------ */

static bool same_text(const char *a, const char *b)
{
	return a == b || str_eq(a, b);
}

static bool same(const struct device_spec *a, const struct device_spec *b)
{
	return same_text(a->path, b->path) && same_text(a->target, b->target) &&
	       same_text(a->mode, b->mode) && a->uid == b->uid && a->gid == b->gid;
}

static const struct device_spec *find(const struct zone_spec *s, const char *name)
{
	for (size_t i = 0; i < s->devices_n; i++)
		if (str_eq(s->devices[i].name, name))
			return &s->devices[i];
	return NULL;
}

/* Whether @d of one specification stands in the other as it is. */
static bool stays(const struct zone_spec *other, const struct device_spec *d)
{
	const struct device_spec *o = find(other, d->name);

	return o && same(o, d);
}

/* Only a device node: the zone may have made something else of the name. */
static void remove_one(const struct device_spec *d, int dev, uid_t base)
{
	struct zerr lost = { 0 };
	struct stat st;
	const char *name;

	AUTO_CLOSE int dir = d->path ? parent(dev, place(d), base, &name, &lost) : -1;
	if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		(void)unlinkat(dir, name, 0);
}

/* The zone's /dev, in a child that has joined its mount namespace alone. */
static int open_dev(const struct record *state, struct zerr *e)
{
	AUTO_CLOSE int root = fs_open_dir("/", e);
	AUTO_CLOSE int dev =
		root < 0 ? root : fs_open_below(root, "dev", O_RDONLY | O_DIRECTORY, 0);
	struct stat st;

	if (dev < 0 || fstat(dev, &st) < 0 || st.st_dev != record_u64(state, "dev", 0))
		return zerr_set(e, ENODEV, "device: /dev of the zone is not the one it was given");
	return own_take_fd(&dev);
}

struct nodes {
	const struct live *l;
	const struct stat *host; /* of l->to */
};

static int change_nodes(void *ctx, struct zerr *e)
{
	const struct nodes *n = ctx;
	const struct live *l = n->l;
	const uid_t base = (uid_t)record_u64(l->state, "base", 0);
	AUTO_CLOSE int dev = open_dev(l->state, e);
	int r = dev < 0 ? dev : 0;

	for (size_t i = 0; i < l->from->devices_n && r == 0; i++)
		if (!stays(l->to, &l->from->devices[i]))
			remove_one(&l->from->devices[i], dev, base);
	for (size_t i = 0; i < l->to->devices_n && r == 0; i++)
		if (!stays(l->from, &l->to->devices[i]))
			r = make_one(&l->to->devices[i], &n->host[i], dev, base, e);
	return r;
}

static bool differ(const struct zone_spec *a, const struct zone_spec *b)
{
	bool any = a->devices_n != b->devices_n;

	for (size_t i = 0; i < a->devices_n; i++) {
		const struct device_spec *o = find(b, a->devices[i].name);

		any |= !o || !same(o, &a->devices[i]) ||
		       !same_text(o->access, a->devices[i].access);
	}
	return any;
}

static int change(const struct live *l, struct zerr *e)
{
	AUTO_FREE struct stat *host = devnodes_look(l->to, e);
	struct nodes n = { l, host };
	const int r = host ? devices_apply(l->to, l->payload, e) : -e->code;

	return r < 0 ? r : join_run(l->state, CLONE_NEWNS, -1, change_nodes, &n, e);
}

int devices_live(const struct live *l, struct zerr *e)
{
	const struct live back = live_back(l, l->later);
	struct zerr lost = { 0 };
	int r = 0;

	if (!differ(l->from, l->to))
		return 0;
	r = change(l, e);
	if (r < 0)
		(void)change(&back, &lost);
	return r;
}
