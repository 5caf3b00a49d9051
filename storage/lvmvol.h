/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thin volumes with a file system of a zone's, and the records that say which belongs to which
 * directory: written before the volume is made and removed after it. */
#pragma once

#include "base/record.h"
#include "storage/storage.h"

#define LVMVOL_RECORD "volume"

struct lvmvol {
	struct record rec;
	const char *group, *name; /* in it */
};

/* For automatic variables. */
void lvmvol_done(struct lvmvol *l);
#define AUTO_LVMVOL __attribute__((cleanup(lvmvol_done)))

/* Whether a volume of this name is one of zone's. */
bool lvmvol_is_name(const char *name);
/* Where volumes like @v are, and how large, with what holds where nothing is set. */
const char *lvmvol_group(const struct volume *v);
const char *lvmvol_pool(const struct volume *v);
uint64_t lvmvol_size(const struct volume *v);

/* What the record @file in @dir says. 0, or -ENOENT without message. */
int lvmvol_load(struct lvmvol *l, int dir, const char *file, struct zerr *e);
/* The same for a root's or a snapshot's own record, which must be there. */
int lvmvol_open(struct lvmvol *l, int dir, struct zerr *e);
/* A name that nobody has, written down before it is used. */
int lvmvol_new(struct lvmvol *l, const struct volume *v, int dir, const char *file, struct zerr *e);
/* Remove the volume, if it is there, then the record, if that is there. */
int lvmvol_release(int dir, const char *file, struct zerr *e);

/* Warn of a pool that is nearly full, once in a command: that harms all that is on it. */
void lvmvol_tell_room(const struct volume *v);
/* Refuse what is known not to fit: @bytes of data and a little. */
int lvmvol_check_room(const struct volume *v, uint64_t bytes, struct zerr *e);

/* Make @to a thin copy of @from, not active. An origin in use is suspended for it, its file system
 * complete on disk. */
int lvmvol_copy(const struct volume *v, const struct lvmvol *from, const struct lvmvol *to,
		struct zerr *e);
/* A new volume of @size with the tree @from in it; its record is @file in @dir. */
int lvmvol_make(const struct volume *v, int dir, const char *file, uint64_t size, int from,
		struct zerr *e);
/* Its node, which it has when this returns 0; the caller owns the string. */
int lvmvol_node(const struct lvmvol *l, char **ret, struct zerr *e);
/* The size of a node's device in bytes; 0: not known. */
uint64_t lvmvol_bytes(const char *node);
/* Give a copy's file system an identity of its own, where it needs one. @root: not a snapshot's. */
int lvmvol_renew(const struct volume *v, const struct lvmvol *l, bool root, struct zerr *e);
/* Make it, used or not, @size bytes large if it is smaller. */
int lvmvol_grow(const struct volume *v, const struct lvmvol *l, uint64_t size, struct zerr *e);
