/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An exported zone: one tar archive, by zstd, in this order:
 *   zone-export                what it is, a record (core/bundle.h); zone.conf
 *   snapshots/NAME/record      for each snapshot, oldest first
 *   snapshots/NAME/gone        names that are to be removed, each with its NUL (not for the first
 * state) snapshots/NAME/root/…      the whole root for the first state, then what changed since the
 * one before: all directories, all files with several names, and whatever differs gone, root/… the
 * same for the present root sums                       SHA-256 of every member before Everything in
 * it is hostile when it comes back. What the confined child and its parent say to each other about
 * it is here; what they offer is in module.h.
 */
#pragma once

#include <stddef.h>

#include "image/confine.h"
#include "image/module.h"

#define BUNDLE_SUMS	 "sums"
#define BUNDLE_SNAPSHOTS "snapshots/"
#define BUNDLE_ROOT	 "root/"
#define BUNDLE_GONE	 "gone"
#define BUNDLE_RECORD	 "record"
#define BUNDLE_TEXT_MAX	 (1U << 20) /* of a record or configuration */
#define BUNDLE_LIST_MAX	 (1U << 30) /* of names */

enum bundle_kind {
	BUNDLE_TEXT,  /* export: a member; descriptor: its contents */
	BUNDLE_STATE, /* export: a tree; descriptors: it, and with `delta` lists of what changed and
		       * what is gone. import: the child asks for the tree of this one */
	BUNDLE_TREE,  /* import: the answer; descriptor: the tree */
	BUNDLE_END,   /* export: no more */
	BUNDLE_DONE,  /* export: the child has done what it was told */
};
#define BUNDLE_FDS 3
struct bundle_message {
	int kind;
	bool delta;
	char name[128]; /* of a member; of a state: its prefix, "" or "snapshots/NAME/" */
};

/* Send @m with @n descriptors (borrowed). 0 or -errno. */
int bundle_send(int socket, const struct bundle_message *m, const int *fds, size_t n,
		struct zerr *e);
/* Receive one; @ret_fds are owned, -1 for those that did not come. 0, -EPIPE at the end, or -errno.
 */
int bundle_receive(int socket, struct bundle_message *ret, int ret_fds[static BUNDLE_FDS],
		   struct zerr *e);

/* Parent's side of a child that works on a bundle. */
struct image_bundle {
	struct confined c;
	struct confined_child child;
	int meta; /* import: tmpfs with the texts that came last; the child's root */
};
/* Start a child that works as @c says, with a root of its own. *@ret is the caller's:
 * bundle_close(). 0 or -errno. */
int bundle_start(const struct confined *c, struct image_bundle **ret, struct zerr *e);

/* export.c, import.c: contracts in module.h */
int export_begin(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
		 struct zerr *e);
int export_text(struct image_bundle *b, const char *name, const void *data, size_t len,
		struct zerr *e);
int export_state(struct image_bundle *b, const char *snapshot, int tree, const struct buf *changed,
		 const struct buf *gone, struct zerr *e);
int export_end(struct image_bundle *b, struct zerr *e);
int import_begin(int fd, image_progress *progress, void *arg, struct image_bundle **ret,
		 struct zerr *e);
int import_next(struct image_bundle *b, char ret_snapshot[static 64], struct zerr *e);
int import_text(struct image_bundle *b, const char *name, struct buf *ret, struct zerr *e);
int import_state(struct image_bundle *b, int tree, struct zerr *e);
void bundle_close(struct image_bundle *b);
