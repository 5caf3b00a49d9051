/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Root file systems. A volume is what a directory of its own holds (the zone's, 0700 root), for
 * zones made from an image together with the image's tree; a snapshot is the same thing in a
 * directory below snapshots/. Backends are const structs of functions, named in the configuration
 * and never guessed; a capability that is missing is a NULL pointer. On disk ids are always
 * 0–65535. Nothing here is ever mounted where somebody could see it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct volume {
	const struct storage_ops *ops;
	int dir;   /* the zone's directory; borrowed */
	int image; /* root of the tree that this volume is made from or stands on, or -1; borrowed.
		    * Its parent is the image's own directory: what a backend derives from the tree
		    * goes there */
	uint64_t size;	 /* limit in bytes, 0: none */
	uint32_t number; /* no other volume of the host has it: for project quotas */
	const char
		*fs; /* root.fs; NULL: the backend's choice. This and the following are borrowed */
	const char *group; /* lvm.vg */
	const char *pool;  /* lvm.pool */
};

struct volume_attach {
	int userns; /* idmap the tree to this user namespace; -1: leave ids as they are */
	uid_t base; /* first host id of the zone (the overlay's mounter must be mapped); 0 with
		       userns -1 */
	bool readonly;
	int scratch; /* directory for a throw-away layer over the root (`run ZONE`), or -1 */
	int snap; /* a snapshot's directory, whose root is meant; with readonly, without scratch. Or
		     -1 */
};
#define VOLUME_READ \
	((struct volume_attach){ .userns = -1, .readonly = true, .scratch = -1, .snap = -1 })

struct space {		     /* bytes; UINT64_MAX: not known */
	uint64_t referenced; /* what the root has in it */
	uint64_t exclusive;  /* what would become free without it */
};

struct storage_ops {
	const char *name; /* the word in zone.conf */
	bool best;	  /* `best` may mean it */
	bool stands;	  /* a volume goes on needing the tree it was made from */
	/* Can a volume like @v live below v->dir (a zone path, here)? v->size and the rest count;
	 * what is left open of v->fs is settled (static text). 0, or exit status 7 that names what
	 * is missing. */
	int (*probe)(struct volume *v, struct zerr *e);
	/* Make the volume. With an image: ready to attach afterwards. Without: *@ret_root is an
	 * empty directory (owned fd, with a path) that is filled before the first attach. */
	int (*create)(const struct volume *v, int *ret_root, struct zerr *e);
	/* That directory is filled: make it the volume's root. NULL: it is that already. */
	int (*seal)(const struct volume *v, struct zerr *e);
	/* Free what @dir, a zone's or a snapshot's (or an image's, for what was derived from it),
	 * has elsewhere: whole, half or none of it. NULL: removing the directory is enough. */
	int (*release)(int dir, struct zerr *e);
	/* The root as a detached, private mount tree: an fd the caller owns. Nothing becomes
	 * visible in any namespace. -ENOENT when the root is gone. */
	int (*attach)(const struct volume *v, const struct volume_attach *a, struct zerr *e);
	/* Copy the present root into the empty directory @snap. The caller has frozen all who could
	 * write to it, and goes on with settle(). */
	int (*snapshot)(const struct volume *v, int snap, struct zerr *e);
	/* Make the root what it is in @snap: the new one beside the old, swapped by rename, the old
	 * one deleted. Killed anywhere, the same call again finishes it. */
	int (*restore)(const struct volume *v, int snap, struct zerr *e);
	/* Make volume @to from @v's present root, or from @snap when that is not -1; as snapshot().
	 */
	int (*clone)(const struct volume *v, int snap, const struct volume *to, struct zerr *e);
	/* What create(), snapshot() and clone() left in @dir: on disk when it returns, and fit to
	 * be attached. It is a call of its own because nothing need stand still for it. NULL:
	 * nothing is left to do. */
	int (*settle)(const struct volume *v, int dir, struct zerr *e);
	/* Make v->size the limit of a root that had another or none (0 takes the limit away), used
	 * or not. One that is less than what the root has is refused (2). Killed anywhere, the same
	 * call again finishes it. NULL: there are no limits. */
	int (*resize)(const struct volume *v, struct zerr *e);
	/* Bytes that belong to @dir (a zone's or a snapshot's) alone, in whatever time it takes;
	 * UINT64_MAX for what cannot be known. */
	int (*usage)(int dir, uint64_t *ret, struct zerr *e);
	/* The same in a moment, whatever the size. NULL: there is no way. */
	int (*space)(int dir, struct space *ret, struct zerr *e);
	/* Add to @ret, sorted in the end, all paths below the roots @old and @new (two that were
	 * attached, read-only on disk as well) where they can differ, with the directories that
	 * these are in; below a directory that is not the same one in both everything can. 0, or
	 * -errno without message: it is to be found out by looking everywhere. NULL: always. */
	int (*changed)(int old, int new, struct strv *ret);
	/* Is the device gone that the root of @dir is on? False when it is not of this backend.
	 * NULL: it is where its directory is. */
	bool (*lost)(int dir);
	/* Stores for such volumes, made by one command. NULL: any directory will do. */
	const struct pool_ops *pool;
};

/* ---- pools ----------------------------------------------------------------------------------- */

/* A store that zone has prepared. Strings are owned. */
struct pool {
	char *name;
	int dir;	/* where files and mount points of pools are; borrowed */
	char *dir_path; /* the same */
	char *source;	/* device, file, directory or volume group; NULL before plan(): its own file
			   in @dir */
	bool own;	/* zone made the source, and removes it with the pool */
	uint64_t size;	/* asked for, of an own file; 0: as fits */
	char *path;	/* the zone path of its zones; NULL: any */
	char *fs, *group,
		*thin; /* what is to be set for its zones: root.fs, lvm.vg, lvm.pool; or NULL */
	char *tag;     /* what make() marks with it, and nothing else, is the pool's; or NULL */
};

struct pool_ops {
	/* Fill in the rest of @p from what the source is: all that make() will make, and nothing is
	 * made yet. */
	int (*plan)(struct pool *p, struct zerr *e);
	/* Make it. What was there before is refused, and remove() leaves it alone. */
	int (*make)(struct pool *p, struct zerr *e);
	/* Make it usable after a boot. Nothing to do when it is. */
	int (*up)(const struct pool *p, struct zerr *e);
	/* Refuse with status 4 when others than zones have something in it. NULL: that goes along.
	 */
	int (*vacant)(const struct pool *p, struct zerr *e);
	/* Remove it, whole, half made or not at all: nobody lives there. */
	int (*remove)(const struct pool *p, struct zerr *e);
	/* Bytes in all, and used. */
	int (*space)(const struct pool *p, uint64_t *ret_size, uint64_t *ret_used, struct zerr *e);
};

/* The backend called @name. NULL with a usage error that lists them. */
const struct storage_ops *storage_find(const char *name, struct zerr *e);
/* What `best` means for a volume like @v below the zone path v->dir. Never NULL. */
const struct storage_ops *storage_best(struct volume *v);
/* Names of all, NULL-terminated. */
const char *const *storage_names(void);
/* Refuse (2) a limit of @size bytes (0: none) for a root that has @has. */
int storage_check_fits(uint64_t has, uint64_t size, struct zerr *e);
/* ops->release() of every backend: for a directory of which nothing else is known. */
int storage_release(int dir, struct zerr *e);
/* ops->lost(), of any. */
bool storage_lost(int dir);

/* A directory as a detached, private mount tree, idmapped when @userns >= 0. fd or -errno. */
int mount_clone_tree(int dir, int userns, bool readonly, struct zerr *e);
/* The same for @fd, a mount that nobody has attached or shares yet. 0 or -errno. */
int mount_set_tree(int fd, int userns, bool readonly, struct zerr *e);
/* Make what these detached trees (-1: none) are mounted with, read-only or nosuid for example, a
 * thing that root of a user namespace cannot change. Their descriptors stay the same. */
int mount_lock(int *trees, size_t n, struct zerr *e);
