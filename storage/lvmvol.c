/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See lvmvol.h. */
#include "storage/lvmvol.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "storage/blockfs.h"
#include "storage/lvmcmd.h"

#define RECORD_FORMAT 1
#define PREFIX	      "zone-"
#define DIGITS	      16
#define FULL	      80		   /* percent, from which on it is told */
#define EXTENT	      (UINT64_C(4) << 20)  /* a group's own may be larger: it rounds up then */
#define LEAST	      (UINT64_C(16) << 20) /* of room beside the data: what is written at once */

bool lvmvol_is_name(const char *name)
{
	return str_starts(name, PREFIX) && strlen(name) == sizeof(PREFIX) - 1 + DIGITS &&
	       strspn(name + sizeof(PREFIX) - 1, "0123456789abcdef") == DIGITS;
}

const char *lvmvol_group(const struct volume *v)
{
	return v->group ? v->group : "zone";
}

const char *lvmvol_pool(const struct volume *v)
{
	return v->pool ? v->pool : "pool";
}

uint64_t lvmvol_size(const struct volume *v)
{
	return v->size ? v->size : BLOCKFS_SIZE;
}

/* ---- records -------------------------------------------------------------------------------- */

void lvmvol_done(struct lvmvol *l)
{
	record_done(&l->rec);
}

int lvmvol_load(struct lvmvol *l, int dir, const char *file, struct zerr *e)
{
	const int r = record_load(&l->rec, dir, file, RECORD_FORMAT, e);

	if (r < 0)
		return r;
	l->group = record_get(&l->rec, "group");
	l->name = record_get(&l->rec, "name");
	return l->group && l->name ? 0 : zerr_set(e, EPROTO, "%s: damaged", file);
}

int lvmvol_open(struct lvmvol *l, int dir, struct zerr *e)
{
	const int r = lvmvol_load(l, dir, LVMVOL_RECORD, e);

	return r == -ENOENT ? zerr_set(e, ENOENT, "there is no record of its volume") : r;
}

int lvmvol_new(struct lvmvol *l, const struct volume *v, int dir, const char *file, struct zerr *e)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return zerr_sys(e, "random numbers");
	if (record_set(&l->rec, "group", lvmvol_group(v)) < 0 ||
	    record_set(&l->rec, "pool", lvmvol_pool(v)) < 0 ||
	    record_setf(&l->rec, "name", PREFIX "%016llx", (unsigned long long)random) < 0)
		return zerr_code(e, ENOMEM, "volume");
	l->group = record_get(&l->rec, "group");
	l->name = record_get(&l->rec, "name");
	return record_save(&l->rec, dir, file, RECORD_FORMAT, true, e);
}

int lvmvol_release(int dir, const char *file, struct zerr *e)
{
	AUTO_LVMVOL struct lvmvol l = { 0 };
	int r = lvmvol_load(&l, dir, file, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fsync(dir) < 0)
		return zerr_sys(e, "sync");
	r = lvm_remove(l.group, l.name, e);
	return r < 0 ? r : fs_remove(dir, file, e);
}

/* ---- volumes -------------------------------------------------------------------------------- */

/* Of a pool that may not be active yet. */
static int room_of(const struct volume *v, struct lvm_room *ret)
{
	const char *group = lvmvol_group(v), *pool = lvmvol_pool(v);
	struct zerr ignored = { 0 };

	if (lvm_room(group, pool, ret) == 0)
		return 0;
	return lvm_activate(group, pool, &ignored) < 0 ? -ENXIO : lvm_room(group, pool, ret);
}

void lvmvol_tell_room(const struct volume *v)
{
	static bool told; /* a command uses a volume in several ways */
	struct lvm_room room;

	if (told || room_of(v, &room) < 0)
		return;
	const unsigned data = (unsigned)(100 * room.used / room.size);
	told = data >= FULL || room.metadata >= FULL;
	if (told)
		log_warn("thin pool %s/%s is %u %% full (its metadata %u %%)", lvmvol_group(v),
			 lvmvol_pool(v), data, room.metadata);
}

int lvmvol_check_room(const struct volume *v, uint64_t bytes, struct zerr *e)
{
	struct lvm_room room;
	char wants[16], has[16];

	if (room_of(v, &room) < 0 || bytes + LEAST <= room.size - room.used)
		return 0; /* not known, or enough */
	return zerr_code(e, ENOSPC, "%s into the thin pool %s/%s, which has %s left",
			 format_size(bytes + LEAST, wants), lvmvol_group(v), lvmvol_pool(v),
			 format_size(room.size - room.used, has));
}

/* @size as LVM is told it, in whole extents. The caller owns it; NULL: no memory. */
static char *extents(uint64_t size)
{
	return str_fmt("%llub", (unsigned long long)((size + EXTENT - 1) / EXTENT * EXTENT));
}

static int make_thin(const struct volume *v, const struct lvmvol *l, uint64_t size, struct zerr *e)
{
	AUTO_FREE char *pool = str_fmt("%s/%s", l->group, lvmvol_pool(v));
	AUTO_FREE char *bytes = extents(size);
	const char *const args[] = { "lvcreate", "-qq", "-y",	 "-Wy", "-T", "-V",
				     bytes,	 "-n",	l->name, pool,	NULL };

	return pool && bytes ? lvm_run(args, NULL, e) : zerr_code(e, ENOMEM, "lvm");
}

int lvmvol_copy(const struct volume *v, const struct lvmvol *from, const struct lvmvol *to,
		struct zerr *e)
{
	AUTO_FREE char *origin = str_fmt("%s/%s", from->group, from->name);
	const char *const args[] = { "lvcreate", "-qq", "-y", "-s", "-n", to->name, origin, NULL };
	const int r = lvmvol_check_room(v, 0, e);

	if (r < 0)
		return r;
	return origin ? lvm_run(args, NULL, e) : zerr_code(e, ENOMEM, "lvm");
}

int lvmvol_node(const struct lvmvol *l, char **ret, struct zerr *e)
{
	const int r = lvm_activate(l->group, l->name, e);

	if (r < 0)
		return r;
	*ret = lvm_node(l->group, l->name);
	return *ret ? 0 : zerr_code(e, ENOMEM, "lvm");
}

int lvmvol_renew(const struct volume *v, const struct lvmvol *l, bool root, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_FREE char *node = NULL;
	int r = f ? 0 : -EINVAL;

	if (r < 0 || !blockfs_renews(f, root))
		return r;
	r = lvmvol_node(l, &node, e);
	return r < 0 ? r : blockfs_renew(f, node, e);
}

uint64_t lvmvol_bytes(const char *node)
{
	AUTO_CLOSE int fd = open(node, O_RDONLY | O_CLOEXEC);
	uint64_t size = 0;

	return fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

int lvmvol_grow(const struct volume *v, const struct lvmvol *l, uint64_t size, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_FREE char *node = NULL, *path = str_fmt("%s/%s", l->group, l->name);
	AUTO_FREE char *bytes = extents(size);
	const char *const args[] = { "lvextend", "-qq", "-L", bytes, path, NULL };
	int r = f ? lvmvol_node(l, &node, e) : -EINVAL;

	if (r < 0)
		return r;
	if (!path || !bytes)
		return zerr_code(e, ENOMEM, "lvm");
	if (lvmvol_bytes(node) < size)
		r = lvm_run(args, NULL, e);
	return r < 0 ? r : blockfs_grow(f, node, lvmvol_bytes(node), e);
}

int lvmvol_make(const struct volume *v, int dir, const char *file, uint64_t size, int from,
		struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_LVMVOL struct lvmvol l = { 0 };
	AUTO_FREE char *node = NULL;
	int r = f ? lvmvol_new(&l, v, dir, file, e) : -EINVAL;

	if (r == 0)
		r = make_thin(v, &l, size, e);
	if (r == 0)
		r = lvmvol_node(&l, &node, e);
	return r < 0 ? r : blockfs_make(f, node, from, e);
}
