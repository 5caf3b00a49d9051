/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Views hold a lock on their directory: what can be locked was left by a process that died. */
#include "core/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/pause.h"
#include "core/snapshot.h"

static int attach(const struct volume *v, int snap, struct zerr *e)
{
	struct volume_attach a = VOLUME_READ;

	a.snap = snap;
	return v->ops->attach(v, &a, e);
}

int view_sweep(const struct zone *z, struct zerr *e)
{
	AUTO_CLOSE int views = fs_open_below(z->dir, "views", O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv names = { 0 };
	int r = 0;

	if (views < 0 || fs_list(views, &names) < 0)
		return 0;
	for (size_t i = 0; i < names.n && r == 0; i++) {
		AUTO_CLOSE int dir = fs_open_below(views, names.v[i], O_RDONLY | O_DIRECTORY, 0);

		if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0)
			r = snapshot_clear(views, names.v[i], e);
	}
	return r;
}

static int take(struct zone *z, const struct status *s, const struct volume *v, int dir,
		struct zerr *e)
{
	struct pause pause = PAUSE_NONE;
	struct zerr ignored = { 0 };
	int r = pause_begin(&pause, z, s, e);

	if (r < 0)
		return r;
	r = v->ops->snapshot(v, dir, e);
	const int t = pause_end(&pause, r < 0 ? &ignored : e);
	if (r == 0 && t == 0 && v->ops->settle)
		r = v->ops->settle(v, dir, e);
	return r < 0 ? r : t;
}

static int of_running(struct zone *z, const struct status *s, const struct volume *v,
		      struct view *ret, struct zerr *e)
{
	int r = view_sweep(z, e);

	if (r == 0)
		r = ret->views = fs_subdir(z->dir, "views", 0700, e);
	if (r < 0)
		return r;
	(void)snprintf(ret->name, sizeof(ret->name), "%d-%llu", (int)getpid(),
		       (unsigned long long)now_boot_ns());
	ret->lock = fs_subdir(ret->views, ret->name, 0700, e);
	if (ret->lock < 0)
		return ret->lock;
	if (flock(ret->lock, LOCK_EX | LOCK_NB) < 0)
		return zerr_sys(e, "lock a view");
	r = take(z, s, v, ret->lock, e);
	return r < 0 ? r : attach(v, ret->lock, e);
}

static int of_snapshot(const struct zone *z, const struct volume *v, const char *name,
		       struct zerr *e)
{
	AUTO_CLOSE int snap = snapshot_open(z, name, e);

	return snap < 0 ? snap : attach(v, snap, e);
}

int view_open(struct zone *z, const struct status *s, const char *snapshot, struct view *ret,
	      struct zerr *e)
{
	struct volume v;
	int r = zone_volume(z, &v, e);

	*ret = (struct view)VIEW_NONE;
	if (r < 0)
		return r;
	AUTO_CLOSE int image = v.image;
	if (snapshot)
		r = of_snapshot(z, &v, snapshot, e);
	else if (s->live)
		r = of_running(z, s, &v, ret, e);
	else
		r = v.ops->attach(&v, &VOLUME_READ, e);
	if (r < 0) {
		view_close(ret);
		return r;
	}
	ret->tree = r;
	ret->ops = v.ops;
	return 0;
}

int view_diff(const struct view *old, const struct view *new, diff_fn *fn, void *ctx,
	      struct zerr *e)
{
	AUTO_STRV struct strv paths = { 0 };
	const bool known =
		old->ops->changed && old->ops->changed(old->tree, new->tree, &paths) == 0;

	return diff_trees(old->tree, new->tree, known ? &paths : NULL, fn, ctx, e);
}

void view_close(struct view *v)
{
	struct zerr ignored = { 0 }; /* what stays is swept by the next view, verify or destroy */

	v->tree = own_close(v->tree);
	if (v->lock >= 0)
		(void)snapshot_clear(v->views, v->name, &ignored);
	v->lock = own_close(v->lock);
	v->views = own_close(v->views);
}
