/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The image module's interface: what the shared object exports under the name zone_image_module. */
#pragma once

#include "base/log.h"
#include "image/image.h"

#define IMAGE_MODULE_VERSION 2

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
	const char *source; /* ROOTFS.tar.*, DIR; a zone's root is handed over as source_fd */
	int source_fd;	    /* directory, or -1 */
	const char *tree;   /* --dir */
	const char *dist, *release, *arch, *variant, *build; /* NULL: found out */
	const char *sign, *gnupghome;			     /* NULL: not signed */
	unsigned keep; /* builds of this product to keep; 0: all */
};

struct image_bundle; /* an exported zone being written or read: bundle.h has its form */
#define BUNDLE_HEAD "zone-export"
#define BUNDLE_CONF "zone.conf"

struct image_module {
	unsigned version;
	/* The module has its own copy of lib/base: where its warnings go, and how it learns of
	 * signals (the command's steps_signal). Called once by image_module_load(). */
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
	int (*oci)(const struct image_env *env, const char *layout, image_progress *progress,
		   void *arg, struct image *ret, struct zerr *e);
	/* Re-check a stored image: the recorded hashes of its downloads, presence of its tree.
	 * Appends one line for each fault. */
	int (*verify)(const struct image_env *env, const char *fingerprint, struct strv *faults,
		      struct zerr *e);
	int (*publish)(const struct image_publish *p, image_progress *progress, void *arg,
		       struct image *ret, struct zerr *e);
	/* Drop cached downloads (all of them, or only the expired). */
	int (*flush_cache)(const struct image_env *env, bool expired_only, struct zerr *e);
	/* Unpack any tar stream from @fd into directory @dirfd in the confined child. */
	int (*unpack)(int fd, int dirfd, image_progress *progress, void *arg, struct zerr *e);

	/* Write an export to @fd: texts (BUNDLE_HEAD and BUNDLE_CONF first; "snapshots/NAME/record"
	 * before each snapshot), then states, oldest first, the present root (@snapshot "") last.
	 * @tree is a detached read-only mount. Of a state that follows another only what @changed
	 * lists (each name with its NUL) is written; @gone are those that are no more. NULL: all.
	 * The first error ends it. */
	int (*export_begin)(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
			    struct zerr *e);
	int (*export_text)(struct image_bundle *b, const char *name, const void *data, size_t len,
			   struct zerr *e);
	int (*export_state)(struct image_bundle *b, const char *snapshot, int tree,
			    const struct buf *changed, const struct buf *gone, struct zerr *e);
	int (*export_end)(struct image_bundle *b, struct zerr *e);

	/* Read one from @fd. 1: the next state is @ret_snapshot's ("": the present root), and what
	 * came before it can be read by import_text(); to be answered by import_state() with a
	 * detached mount, of nobody else's, that has the state before in it. 0: the end, all sums
	 * were right. Nothing that it made is good before that. */
	int (*import_begin)(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
			    struct zerr *e);
	int (*import_next)(struct image_bundle *b, char ret_snapshot[static 64], struct zerr *e);
	/* BUNDLE_HEAD, BUNDLE_CONF, or "record" of the snapshot that import_next() has named. */
	int (*import_text)(struct image_bundle *b, const char *name, struct buf *ret,
			   struct zerr *e);
	int (*import_state)(struct image_bundle *b, int tree, struct zerr *e);
	/* NULL is fine. */
	void (*bundle_close)(struct image_bundle *b);
};

/* Load it (once). NULL with exit status 7 when the shared object is missing or of another version.
 */
const struct image_module *image_module_load(struct zerr *e);
void image_rows_done(struct image_rows *r);
