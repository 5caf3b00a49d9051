/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache of downloads: CACHE/SERVER/DIST:RELEASE:ARCH:VARIANT/ with the files of one build,
 * whole or in part. Nothing in it is believed: its files are used under their hashes only. */
#pragma once

#include "image/source.h"

#define CACHE_ROOT "rootfs.tar.xz" /* the names here, whatever they are on the server */
#define CACHE_META "meta.tar.xz"

struct cache_slot {
	int dir, lock;
};
#define CACHE_SLOT_NONE               \
	{                             \
		.dir = -1, .lock = -1 \
	}
/* Give the place back. */
void cache_close(struct cache_slot *s);
#define AUTO_SLOT __attribute__((cleanup(cache_close)))

/* Open and lock an image's place, waiting for whoever downloads it now. 0, -EINTR, -errno. */
int cache_open(const struct image_env *env, const struct image_server *server,
	       const struct image_ref *ref, struct cache_slot *ret, struct zerr *e);
/* The place is for @build from now on: what another build left in it goes. */
int cache_begin(const struct cache_slot *s, const char *build, struct zerr *e);
/* Note until when the downloads are worth keeping. */
int cache_expire(const struct cache_slot *s, const char *build, int64_t expiry, struct zerr *e);
/* The root tarball that @i was made from, when it is still there: fd, or -ENOENT without message.
 */
int cache_find_root(const struct image_env *env, const struct image *i, struct zerr *e);
/* Remove all downloads, or the expired; those in use by another command stay. */
int cache_flush(const struct image_env *env, bool expired_only, struct zerr *e);
