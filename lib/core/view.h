/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root as it was at one moment, to be read: that of a snapshot, that of a stopped zone, or that
 * of a running one by way of a snapshot that nobody else sees (views/ in the zone's directory) and
 * that goes with the view. */
#pragma once

#include "base/diff.h"
#include "core/core.h"
#include "core/state.h"

struct view {
	int tree;  /* detached, read-only mount; ids as on disk */
	int views; /* with a snapshot of its own: where that is */
	int lock;  /* held as long as it is used */
	char name[32];
	const struct storage_ops *ops;
};
#define VIEW_NONE                                   \
	{                                           \
		.tree = -1, .views = -1, .lock = -1 \
	}
#define AUTO_VIEW __attribute__((cleanup(view_close)))

/* @snapshot NULL: the present root. The caller holds the lock, and keeps it as long as the view of
 * a zone that does not run, or of a snapshot, is used. */
int view_open(struct zone *z, const struct status *s, const char *snapshot, struct view *ret,
	      struct zerr *e);
void view_close(struct view *v);
/* diff_trees() of two views of one zone, by the backend's own knowledge where it has some. */
int view_diff(const struct view *old, const struct view *new, diff_fn *fn, void *ctx,
	      struct zerr *e);
/* Remove what views of dead processes left. */
int view_sweep(const struct zone *z, struct zerr *e);
