/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Root file systems. A volume is a directory of its own (the zone's, 0700 root) plus, for zones made
 * from an image, the image's tree. Backends are const structs of functions, named in the configuration
 * and never guessed; a capability that is missing is a NULL pointer. On disk ids are always 0–65535.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct volume {
	const struct storage_ops *ops;
	int dir;	/* the zone's directory; borrowed */
	int image;	/* root of the image tree this volume stands on, or -1; borrowed */
	uint64_t size;	/* limit in bytes, 0: none */
};

struct volume_attach {
	int userns;	/* idmap the tree to this user namespace; -1: leave ids as they are */
	uid_t base;	/* first host id of the zone (the overlay's mounter must be mapped); 0 with userns -1 */
	bool readonly;
	int scratch;	/* directory for a throw-away layer over the root (`run ZONE`), or -1 */
};

struct storage_ops {
	const char *name; /* the word in zone.conf */
	/* Usable below @dir? 0, or exit status 7 that names what is missing. */
	int (*probe)(int dir, struct zerr *e);
	/* Make the volume. With an image: ready to attach afterwards. Without: *@ret_root is an empty
	 * directory (owned fd) that the template fills before the first attach. */
	int (*create)(const struct volume *v, int *ret_root, struct zerr *e);
	/* Remove what create made, whole or half. NULL: removing the zone's directory is enough. */
	int (*destroy)(const struct volume *v, struct zerr *e);
	/* The root as a detached, private mount tree: an fd the caller owns. Nothing becomes visible in
	 * any namespace. -ENOENT when the root is gone. */
	int (*attach)(const struct volume *v, const struct volume_attach *a, struct zerr *e);
	/* Copy the present root into the empty directory @snap (the caller froze and synced). */
	int (*snapshot)(const struct volume *v, int snap, struct zerr *e);
	/* Make the root what it is in @snap: the new one beside the old, swapped by rename, the old one
	 * deleted. Killed anywhere, the same call again finishes it. */
	int (*restore)(const struct volume *v, int snap, struct zerr *e);
	/* Make volume @to from @v's present root, or from @snap when that is not -1. */
	int (*clone)(const struct volume *v, int snap, const struct volume *to, struct zerr *e);
	/* Bytes that belong to @dir (a zone's or a snapshot's) alone. */
	int (*usage)(int dir, uint64_t *ret, struct zerr *e);
	bool uses_image; /* the volume goes on needing its image's tree */
};

/* The backend called @name. NULL with a usage error that lists them. */
const struct storage_ops *storage_find(const char *name, struct zerr *e);
/* What `best` means below the directory @dir. Never NULL. */
const struct storage_ops *storage_best(int dir);
/* Names of all, NULL-terminated. */
const char *const *storage_names(void);

/* A directory as a detached, private mount tree, idmapped when @userns >= 0. fd or -errno. */
int mount_clone_tree(int dir, int userns, bool readonly, struct zerr *e);
