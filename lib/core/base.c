/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking for each other by uuid. */
#include "core/base.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/own.h"

struct search {
	const char *uuid;
	int tree;	    /* found: owned */
	struct strv *names; /* of those that stand on it */
};

static bool has_uuid(const struct record *manifest, const char *uuid)
{
	return str_eq(record_get(manifest, "uuid"), uuid);
}

static int take_tree(void *arg, const char *name, int dir, const struct record *manifest)
{
	struct search *s = arg;

	(void)name;
	if (!has_uuid(manifest, s->uuid))
		return 0;
	s->tree = fs_open_below(dir, BASE_TREE, O_RDONLY | O_DIRECTORY, 0);
	return 1;
}

/* Where the manifest says that it was. */
static void look_there(const struct zone *z, struct search *s)
{
	AUTO_ZONE struct zone b = { .dir = -1, .run = -1, .lock = -1 };
	struct zerr ignored = { 0 };
	const char *name = record_get(&z->manifest, "base.name");

	if (name && zone_load(z->h, name, 0, &b, &ignored) == 0 && b.dir >= 0 &&
	    record_load(&b.manifest, b.dir, "manifest", MANIFEST_FORMAT, &ignored) == 0)
		(void)take_tree(s, name, b.dir, &b.manifest);
}

int base_open(const struct zone *z, struct zerr *e)
{
	struct search s = { .uuid = record_get(&z->manifest, "base"), .tree = -1 };

	look_there(z, &s);
	if (s.tree < 0) {
		const int r = zone_each(z->h, take_tree, &s, e);

		if (r < 0)
			return r;
	}
	return s.tree >= 0
		       ? s.tree
		       : zerr_set(e, ENOENT, "zone %s, whose root this one stands on, is not there",
				  record_get(&z->manifest, "base.name"));
}

int base_share(const struct zone *z, struct zerr *e)
{
	return fs_exists(z->dir, "shared") ? 0 : fs_write(z->dir, "shared", "", 0, 0600, true, e);
}

static int take_name(void *arg, const char *name, int dir, const struct record *manifest)
{
	struct search *s = arg;

	(void)dir;
	return str_eq(record_get(manifest, "base"), s->uuid) ? strv_add(s->names, name) : 0;
}

int base_dependants(const struct zone *z, struct strv *ret, struct zerr *e)
{
	AUTO_RECORD struct record m = { 0 };

	if (z->dir < 0 || !fs_exists(z->dir, "shared"))
		return 0;
	int r = record_load(&m, z->dir, "manifest", MANIFEST_FORMAT, e);
	if (r < 0)
		return r;
	r = zone_each(z->h, take_name,
		      &(struct search){ .uuid = record_get(&m, "uuid"), .names = ret }, e);
	return r == -ENOMEM ? zerr_code(e, ENOMEM, "dependants") : r;
}
