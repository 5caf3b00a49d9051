/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session with an image server: which images it has, and what it says about one build. */
#pragma once

#include "image/fetch.h"
#include "image/remote.h"
#include "image/sig.h"

struct catalog {
	struct image_server server;
	struct fetch *fetch;
	struct sig_keys keys; /* used when `signs` */
	bool signs;	      /* a signature is demanded */
	bool index_signed;    /* the list of images came with a good signature */
	struct remote_images images;
};

/* Choose the server, get key material when it signs. Nothing is asked of the server yet. */
int catalog_open(const struct image_env *env, const struct image_source *src,
		 image_progress *progress, void *arg, struct catalog *ret, struct zerr *e);
void catalog_close(struct catalog *c);
#define AUTO_CATALOG __attribute__((cleanup(catalog_close)))

/* Load the list: simplestreams, or the classic index when the server has none. */
int catalog_list(struct catalog *c, struct zerr *e);
/* The image @ref of the server, loading what is needed. -ENOENT, exit status 3, when it has none.
 */
int catalog_find(struct catalog *c, const struct image_ref *ref, const struct remote_image **ret,
		 struct zerr *e);

struct catalog_hashes {
	char root[65],
		meta[65]; /* meta empty: the server has no metadata tarball that could be checked */
	bool is_signed;
};
/* The hashes of one build's files, signed where the server signs. -ENOENT when the build is gone.
 */
int catalog_hashes(struct catalog *c, const struct remote_image *i, struct catalog_hashes *ret,
		   struct zerr *e);
/* URL of a file of the build; the caller's. NULL: no memory. */
char *catalog_url(const struct catalog *c, const struct remote_image *i, const char *file);
