/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of a server's images: what both kinds of index are turned into, and how one is found in
 * it. */
#include "image/remote.h"

#include <string.h>

#include "base/own.h"
#include "image/ref.h"

#define SUGGESTIONS 5

void remote_image_done(struct remote_image *i)
{
	image_ref_done(&i->ref);
	free(i->build);
	free(i->path);
	free(i->file);
	free(i->sha256);
	free(i->requirements);
	free(i->aliases);
	*i = (struct remote_image){ 0 };
}

void remote_images_done(struct remote_images *r)
{
	for (size_t i = 0; i < r->n; i++)
		remote_image_done(&r->v[i]);
	free(r->v);
	*r = (struct remote_images){ 0 };
}

int remote_add(struct remote_images *r, struct remote_image *i)
{
	if (r->n == r->cap) {
		const size_t cap = r->cap ? 2 * r->cap : 64;
		struct remote_image *v = reallocarray(r->v, cap, sizeof(*v));

		if (!v) {
			remote_image_done(i);
			return -ENOMEM;
		}
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = *i;
	*i = (struct remote_image){ 0 };
	return 0;
}

/* "DIST/RELEASE/VARIANT", or "DIST/RELEASE" for the default one, is a word of the list. */
static bool is_alias(const struct remote_image *i, const struct image_ref *ref)
{
	AUTO_STRV struct strv words = { 0 };
	AUTO_FREE char *full = NULL;

	if (!i->aliases || !str_eq(i->ref.arch, ref->arch) ||
	    !str_eq(i->ref.variant, ref->variant) || strv_split(&words, i->aliases, ",") < 0)
		return false;
	full = str_eq(ref->variant, "default")
		       ? str_fmt("%s/%s", ref->dist, ref->release)
		       : str_fmt("%s/%s/%s", ref->dist, ref->release, ref->variant);
	return full && strv_has(&words, full);
}

const struct remote_image *remote_find(const struct remote_images *r, const struct image_ref *ref)
{
	for (size_t i = 0; i < r->n; i++)
		if (image_ref_equal(&r->v[i].ref, ref))
			return &r->v[i];
	for (size_t i = 0; i < r->n; i++)
		if (is_alias(&r->v[i], ref))
			return &r->v[i];
	return NULL;
}

/* The same distribution's releases, or else distributions with a similar name. */
static bool near(const struct image_ref *a, const struct image_ref *ref, bool same_dist)
{
	if (!str_eq(a->arch, ref->arch))
		return same_dist && str_eq(a->dist, ref->dist) && str_eq(a->release, ref->release);
	return same_dist ? str_eq(a->dist, ref->dist) : str_distance(a->dist, ref->dist) <= 2;
}

void remote_suggest(const struct remote_images *r, const struct image_ref *ref, struct buf *ret)
{
	for (int pass = 0; pass < 2 && ret->len == 0; pass++) {
		unsigned n = 0;

		for (size_t i = 0; i < r->n && n < SUGGESTIONS; i++) {
			const struct image_ref *a = &r->v[i].ref;

			if (near(a, ref, pass == 0))
				buf_fmt(ret, "%s%s/%s/%s/%s", n++ ? ", " : "", a->dist, a->release,
					a->arch, a->variant);
		}
	}
}

static int compare(const void *pa, const void *pb)
{
	const struct image_ref *a = &((const struct remote_image *)pa)->ref;
	const struct image_ref *b = &((const struct remote_image *)pb)->ref;
	int r = strcmp(a->dist, b->dist);

	r = r ? r : strverscmp(a->release, b->release);
	r = r ? r : strcmp(a->arch, b->arch);
	return r ? r : strcmp(a->variant, b->variant);
}

void remote_sort(struct remote_images *r)
{
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), compare);
}
