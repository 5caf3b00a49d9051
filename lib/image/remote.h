/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server offers, whichever index said so. Every string in here has passed the checks of
 * ref.h. */
#pragma once

#include "image/image.h"

struct remote_image {
	struct image_ref ref;
	char *build;
	char *path;   /* directory of the build, relative to the server, no slash at either end */
	char *file;   /* the root tarball's name in it */
	char *sha256; /* of the root tarball; NULL: the index does not say */
	char *requirements; /* "cgroup=v1,…"; NULL: none */
	char *aliases;	    /* "debian/13,debian/13/default"; NULL: none */
	uint64_t size;	    /* of the root tarball; 0: the index does not say */
};
struct remote_images {
	struct remote_image *v;
	size_t n, cap;
};

/* Release what belongs to it. */
void remote_image_done(struct remote_image *i);
void remote_images_done(struct remote_images *r);
#define AUTO_REMOTES __attribute__((cleanup(remote_images_done)))

/* Append @i, whose strings then belong to the vector (and are freed when it fails). 0 or -ENOMEM.
 */
int remote_add(struct remote_images *r, struct remote_image *i);
/* The image of exactly that name, else the one that has it as alias, else NULL. */
const struct remote_image *remote_find(const struct remote_images *r, const struct image_ref *ref);
/* "DIST/RELEASE/ARCH/VARIANT" of up to five images that the caller may have meant, or "". */
void remote_suggest(const struct remote_images *r, const struct image_ref *ref, struct buf *ret);
void remote_sort(struct remote_images *r);

/* index.c: the classic index, lines `dist;release;arch;variant;build;url`. Lines that are not of
 * that form, or name what no image may be called, are left out. 0 or -ENOMEM. */
int index_parse(const char *text, size_t len, struct remote_images *ret);

/* streams.c: simplestreams. */

/* index.json: paths of the product files. -EPROTO with message when it is not such a file. */
int streams_index(const char *text, size_t len, struct strv *ret, struct zerr *e);
/* images.json: the newest complete build of each product, appended to @ret. */
int streams_products(const char *text, size_t len, struct remote_images *ret, struct zerr *e);

/* index.c as well: SHA256SUMS. The hash of @name in @text; false when it is not (once, well-formed)
 * there. */
bool sums_find(const char *text, const char *name, char ret[static 65]);
