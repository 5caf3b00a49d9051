/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot --diff: two views of a root, compared. */
#include <string.h>
#include <sys/file.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/snapshot.h"
#include "core/view.h"

static int add(void *ctx, enum diff_kind kind, const char *path, bool directory)
{
	struct zone_changes *c = ctx;
	static const enum zone_change_kind kinds[] = { ZONE_CHANGE_ADDED, ZONE_CHANGE_CHANGED,
						       ZONE_CHANGE_REMOVED };

	if ((c->n & (c->n + 1)) == 0) { /* full: n is 0, 1, 3, 7, … */
		struct zone_change *v = reallocarray(c->v, 2 * (c->n + 1), sizeof(*v));

		if (!v)
			return -ENOMEM;
		c->v = v;
	}
	char *copy = str_fmt("/%s%s", str_eq(path, ".") ? "" : path,
			     directory && !str_eq(path, ".") ? "/" : "");
	if (!copy)
		return -ENOMEM;
	c->v[c->n++] = (struct zone_change){ kinds[kind], copy };
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct zone_change *x = a, *y = b;
	const int r = strcmp(x->path, y->path);

	return r ? r : (int)x->kind - (int)y->kind;
}

void zone_changes_done(struct zone_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	*c = (struct zone_changes){ 0 };
}

static int compare(struct zone *z, const struct status *s, const char *a, const char *b,
		   struct zone_changes *ret, struct zerr *e)
{
	AUTO_VIEW struct view old = VIEW_NONE, new = VIEW_NONE;
	int r = view_open(z, s, a, &old, e);

	if (r == 0)
		r = view_open(z, s, b, &new, e);
	/* what a snapshot is read from stays until then; a running zone can do what it wants */
	AUTO_CLOSE int used = r == 0 ? snapshot_use(z, e) : -1;
	if (r == 0 && used < 0)
		return used;
	if (r == 0 && s->live)
		zone_unlock(z);
	return r == 0 ? view_diff(&old, &new, add, ret, e) : r;
}

int zone_snapshot_diff(struct zone_host *h, const char *name, const char *a, const char *b,
		       struct zone_changes *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = name_check_snapshot(a, e);

	*ret = (struct zone_changes){ 0 };
	if (r == 0 && b)
		r = name_check_snapshot(b, e);
	if (r == 0)
		r = state_load_storage(h, name, &z, &s, e);
	if (r == 0)
		r = compare(&z, &s, a, b, ret, e);
	if (r == 0 && ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_path);
	if (r < 0)
		zone_changes_done(ret);
	return r;
}
