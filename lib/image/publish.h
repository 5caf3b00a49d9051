/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that publish an image: what is known about the build, and the texts made from
 * it. */
#pragma once

#include "image/hash.h"
#include "image/image.h"

struct publish_file {
	char sha256[HASH_HEX];
	uint64_t size;
};

struct publish_build {
	struct image image; /* name, build, created, expiry */
	char *description;  /* PRETTY_NAME, or NULL */
	char *version;	    /* VERSION_ID when it is not the release itself, or NULL */
	struct publish_file rootfs, meta, incus;
	char combined[HASH_HEX]; /* SHA-256 of incus.tar.xz and rootfs.tar.xz in one */
};
/* Free what @b holds. */
void publish_build_done(struct publish_build *b);

/* "images/DIST/RELEASE/ARCH/VARIANT", the caller's; NULL: no memory. */
char *publish_product_dir(const struct image_ref *ref);

/* ---- publish_meta.c: what goes beside the root file system's tarball ------------------------- */

/* Files of meta.tar.xz into directory @dir; @root is looked at for files with LXC_NAME. */
int publish_meta_files(const struct publish_build *b, int root, int dir, struct zerr *e);
/* metadata.yaml of incus.tar.xz into directory @dir. */
int publish_incus_files(const struct publish_build *b, int dir, struct zerr *e);
/* SHA256SUMS */
void publish_sums(const struct publish_build *b, struct buf *out);

/* ---- publish_json.c: the indices ------------------------------------------------------------- */

/* images.json with @b entered into @old (NULL: there was none). @keep 0: all builds stay; otherwise
 * the newest @keep of this product, and paths of the others are appended to @dropped. */
int publish_images(const char *old, size_t old_len, const struct publish_build *b, unsigned keep,
		   struct buf *out, struct strv *dropped, struct zerr *e);
/* index.json and the classic index, both made from the new images.json. */
int publish_indices(const struct buf *images, struct buf *index, struct buf *classic,
		    struct zerr *e);
