/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of a new size before the backend is asked. */
#include "core/resize.h"

#include "base/own.h"

static int check(const struct volume *v, uint64_t old, struct zerr *e)
{
	char a[16], b[16];
	struct zerr ignored = { 0 };
	struct space s;

	if (v->size == 0)
		return 0;
	if (v->size < old)
		return zerr_as(e, ZERR_USAGE, "it is %s, and %s is less: a root does not shrink",
			       format_size(old, a), format_size(v->size, b));
	if (v->ops->space && v->ops->space(v->dir, &s, &ignored) == 0 && s.referenced != UINT64_MAX)
		return storage_check_fits(s.referenced, v->size, e);
	return 0;
}

int resize_root(const struct zone *z, const struct zone_spec *from, const struct zone_spec *to,
		struct zerr *e)
{
	struct volume at, v;

	if (from->root_size == to->root_size)
		return 0;
	int r = zone_volume(z, &at, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int image = at.image;
	volume_of(to, z->entry.slot, &v);
	v.ops = at.ops;
	v.dir = at.dir;
	v.image = image;
	if (!v.ops->resize)
		return zerr_as(e, ZERR_HOST, "root.size: backend %s has no sizes", v.ops->name);
	r = check(&v, from->root_size, e);
	if (r == 0)
		r = v.ops->resize(&v, e);
	return zerr_in(e, r, "root.size");
}
