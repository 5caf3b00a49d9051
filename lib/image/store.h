/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of the store share: the record of an image and the layout below .images. */
#pragma once

#include "base/record.h"
#include "image/image.h"

#define IMAGE_RECORD_FORMAT 1
#define STORE_DIR	    ".images"
#define STORE_INDEX	    ".index" /* records by image_ref_key() */
#define STORE_TMP	    ".tmp"   /* being made or removed; every entry holds its own lock */
#define STORE_GATE	    ".lock"  /* held while an entry of .tmp comes or goes */
#define STORE_RECORD	    "image"
#define STORE_ROOT	    "rootfs"
#define STORE_LOCK	    "lock" /* in the image's own directory */

/* All of an image but what its directory says by itself. 0, -ENOMEM; -EPROTO for a damaged record.
 */
int image_to_record(const struct image *i, struct record *ret);
int image_from_record(const struct record *r, struct image *ret);
/* The image's own directory, .images/FINGERPRINT. fd, -ENOENT (exit status 3) with message. */
int image_store_dir(const struct image_env *env, const char *fingerprint, struct zerr *e);
/* Remove .images/.tmp/@name, which may have been an image, and what is kept of it elsewhere. */
int image_store_discard(const struct image_env *env, int tmp, const char *name, struct zerr *e);
