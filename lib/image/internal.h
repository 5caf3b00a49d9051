/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of lib/image share among themselves. The store's writing half is in the static
 * library; everything else here lives in the module. Nobody outside the folder includes this.
 */
#pragma once

#include "image/hash.h"
#include "image/image.h"
#include "image/module.h"

/* ---- store_make.c: how an image gets into the store ----------------------------------------- */

/* An image being made in .images/.tmp/XXXX; locked, so that only what a dead process left is swept.
 */
struct image_build {
	int images; /* .images */
	int lock;
	int dir;    /* .images/.tmp/XXXX, 0700; scratch space of the maker beside rootfs/ */
	int rootfs; /* .images/.tmp/XXXX/rootfs, empty, 0755 root: the tree goes here */
	char name[32];
};
#define IMAGE_BUILD_NONE                                          \
	{                                                         \
		.images = -1, .lock = -1, .dir = -1, .rootfs = -1 \
	}
/* On a variable that starts as IMAGE_BUILD_NONE: what was not committed is removed. */
#define AUTO_BUILD __attribute__((cleanup(image_store_abort)))

/* Make an empty tree for @fingerprint (64 hex digits). 0, or -EEXIST without message when the store
 * has it already, or -errno. */
int image_store_begin(const struct image_env *env, const char *fingerprint, struct image_build *ret,
		      struct zerr *e);
/* Sync the tree, write the record (created and size are filled in here), publish it by rename and
 * enter it in the index under i->ref. Anything else that stands beside rootfs/ is removed. An equal
 * image that somebody else published meanwhile counts as success. Only `expiry` and `created` of @i
 * may be 0, and only `requirements` and `server` may be NULL. */
int image_store_commit(const struct image_env *env, struct image_build *b, struct image *i,
		       struct zerr *e);
/* Remove what was begun; nothing to do after a commit. */
void image_store_abort(struct image_build *b);
/* Replace the record of a stored image by @i, and enter it in the index under @ref (its name, or an
 * alias). */
int image_store_enter(const struct image_env *env, const struct image_ref *ref,
		      const struct image *i, struct zerr *e);

/* ---- meta.c: LXC's metadata tarball --------------------------------------------------------- */

/* Unpack the tarball @fd (confined, below b->dir) and take from it what zone takes: the
 * architecture (i->ref.arch is filled when NULL and must agree when not), i->expiry (unchanged when
 * it does not say), i->templates. A tarball without `config` (or
 * Incus' metadata.yaml) is an error. */
int image_meta_read(struct image_build *b, int fd, struct image *i, struct zerr *e);

/* ---- unpack.c, local.c, oci.c, publish.c: the contracts are in module.h ---------------------- */

/* Everything that is read from @fd (from where it stands) into the tree @dirfd, in the confined
 * child; tar, plain or by gzip, bzip2, xz or zstd. */
int unpack_tar(int fd, int dirfd, image_progress *progress, void *arg, struct zerr *e);
/* @meta may be NULL. */
int image_local(const struct image_env *env, const char *rootfs, const char *meta,
		image_progress *progress, void *arg, struct image *ret, struct zerr *e);
/* @layout "DIR[:TAG]". */
int image_oci(const struct image_env *env, const char *layout, image_progress *progress, void *arg,
	      struct image *ret, struct zerr *e);
/* *@ret: the name, build, fingerprint and packed size of what was published. */
int image_publish(const struct image_publish *p, image_progress *progress, void *arg,
		  struct image *ret, struct zerr *e);
