/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The image module's interface: what the shared object exports under the name zone_image_module. */
#pragma once

#include "base/log.h"
#include "image/image.h"

#define IMAGE_MODULE_VERSION 1

struct image_row { /* one line of a listing; all strings owned by the vector */
	struct image_ref ref;
	char *build, *sha256, *verified;
	uint64_t size;
	bool cached;
};
struct image_rows {
	struct image_row *v;
	size_t n;
};

struct image_publish {
	const char *source;	/* ROOTFS.tar.*, DIR; a zone's root is handed over as source_fd */
	int source_fd;		/* directory, or -1 */
	const char *tree;	/* --dir */
	const char *dist, *release, *arch, *variant, *build; /* NULL: found out */
	const char *sign, *gnupghome;			      /* NULL: not signed */
	unsigned keep;		/* builds of this product to keep; 0: all */
};

struct image_module {
	unsigned version;
	/* The module has its own copy of lib/base: where its warnings go, and how it learns of signals
	 * (the command's steps_signal). Called once by image_module_load(). */
	void (*init)(log_fn *log, int (*signal)(void));
	/* Download (unless a valid cached build is there), verify, unpack, publish into the store.
	 * Concurrent calls for one image share one download. */
	int (*pull)(const struct image_env *env, const struct image_ref *ref,
		    const struct image_source *src, image_progress *progress, void *arg,
		    struct image *ret, struct zerr *e);
	/* The server's list (newest build of each), filtered by the non-NULL fields of @ref. */
	int (*list_remote)(const struct image_env *env, const struct image_ref *ref,
			   const struct image_source *src, struct image_rows *ret, struct zerr *e);
	/* A root file system tarball (and LXC metadata tarball, or NULL) on this host. */
	int (*local)(const struct image_env *env, const char *rootfs, const char *meta,
		     image_progress *progress, void *arg, struct image *ret, struct zerr *e);
	/* An OCI image layout directory, optionally ":TAG". */
	int (*oci)(const struct image_env *env, const char *layout, image_progress *progress, void *arg,
		   struct image *ret, struct zerr *e);
	/* Re-check a stored image: the recorded hashes of its downloads, presence of its tree. Appends
	 * one line for each fault. */
	int (*verify)(const struct image_env *env, const char *fingerprint, struct strv *faults,
		      struct zerr *e);
	int (*publish)(const struct image_publish *p, image_progress *progress, void *arg,
		       struct image *ret, struct zerr *e);
	/* Drop cached downloads (all of them, or only the expired). */
	int (*flush_cache)(const struct image_env *env, bool expired_only, struct zerr *e);
	/* Unpack any tar stream from @fd into directory @dirfd in the confined child. */
	int (*unpack)(int fd, int dirfd, image_progress *progress, void *arg, struct zerr *e);
};

/* Load it (once). NULL with exit status 7 when the shared object is missing or of another version. */
const struct image_module *image_module_load(struct zerr *e);
void image_rows_done(struct image_rows *r);
