/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The image verbs: the store is asked directly, a server only through the module. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/state.h"
#include "image/module.h"

void zone_images_done(struct zone_images *i)
{
	for (size_t k = 0; k < i->n; k++) {
		char *const strings[] = { i->v[k].dist,	   i->v[k].release, i->v[k].arch,
					  i->v[k].variant, i->v[k].build,   i->v[k].sha256,
					  i->v[k].verified };

		for (size_t s = 0; s < sizeof(strings) / sizeof(strings[0]); s++)
			free(strings[s]);
	}
	free(i->v);
	*i = (struct zone_images){ 0 };
}

static int add(struct zone_images *to, const struct image_ref *ref, const char *build,
	       const char *sha256, const char *verified, uint64_t size, bool cached)
{
	struct zone_image *v = reallocarray(to->v, to->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	to->v = v;
	v += to->n++;
	*v = (struct zone_image){ .size_bytes = size, .cached = cached };
	if (str_set(&v->dist, ref->dist) < 0 || str_set(&v->release, ref->release) < 0 ||
	    str_set(&v->arch, ref->arch) < 0 || str_set(&v->variant, ref->variant) < 0 ||
	    str_set(&v->build, build) < 0 || str_set(&v->sha256, sha256) < 0 ||
	    str_set(&v->verified, verified) < 0)
		return -ENOMEM;
	return 0;
}

static int add_image(struct zone_images *to, const struct image *i, struct zerr *e)
{
	return add(to, &i->ref, i->build, i->fingerprint, i->verified, i->size, true) < 0
		       ? zerr_code(e, ENOMEM, "images")
		       : 0;
}

static bool matches(const char *want, const char *have)
{
	return !want || str_eq(want, have);
}

static int list_stored(struct zone_host *h, const struct image_ref *want, struct zone_images *ret,
		       struct zerr *e)
{
	AUTO_STRV struct strv all = { 0 };
	int r = image_store_list(&h->images, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++) {
		AUTO_IMAGE struct image img = { 0 };
		struct zerr ignored = { 0 };

		if (image_store_load(&h->images, all.v[i], &img, &ignored) < 0)
			continue; /* `image verify` names the damaged */
		if (matches(want->dist, img.ref.dist) && matches(want->release, img.ref.release) &&
		    matches(want->arch, img.ref.arch))
			r = add_image(ret, &img, e);
	}
	return r;
}

static struct image_source source_of(const struct zone_image_source *s)
{
	if (!s)
		return (struct image_source){ 0 };
	return (struct image_source){ .server = s->server,
				      .keyring = s->keyring,
				      .cafile = s->cafile,
				      .require_signature = s->require_signature,
				      .no_verify = s->no_verify,
				      .force_cache = s->force_cache,
				      .timeout = s->timeout };
}

int zone_image_list(struct zone_host *h, bool remote, const char *dist, const char *release,
		    const char *arch, const struct zone_image_source *s, struct zone_images *ret,
		    struct zerr *e)
{
	const struct image_ref want = { (char *)dist, (char *)release, (char *)arch, NULL };
	const struct image_source source = source_of(s);
	struct image_rows rows = { 0 };

	if (!remote)
		return list_stored(h, &want, ret, e);
	const struct image_module *m = image_module_load(e);
	if (!m)
		return -ENOENT;
	int r = m->list_remote(&h->images, &want, &source, &rows, e);
	for (size_t i = 0; i < rows.n && r == 0; i++) {
		const struct image_row *row = &rows.v[i];

		if (add(ret, &row->ref, row->build, row->sha256, row->verified, row->size,
			row->cached) < 0)
			r = zerr_code(e, ENOMEM, "images");
	}
	image_rows_done(&rows);
	return r;
}

int zone_image_pull(struct zone_host *h, const char *image, const struct zone_image_source *s,
		    struct zone_images *ret, struct zerr *e)
{
	const struct image_source source = source_of(s);
	AUTO_IMAGE struct image img = { 0 };
	struct image_ref ref = { 0 };
	int r = image_ref_parse(image, &ref, e);
	const struct image_module *m = r < 0 ? NULL : image_module_load(e);

	if (r == 0)
		r = m ? m->pull(&h->images, &ref, &source, h->o.progress, h->o.arg, &img, e)
		      : -ENOENT;
	image_ref_done(&ref);
	return r < 0 ? r : add_image(ret, &img, e);
}

/* Fingerprints of all stored images that @image names (every server's). Exit status 3 for none. */
static int find(struct zone_host *h, const char *image, struct strv *ret, struct zerr *e)
{
	AUTO_STRV struct strv all = { 0 };
	struct image_ref ref = { 0 };
	int r = image_ref_parse(image, &ref, e);

	if (r == 0)
		r = image_store_list(&h->images, &all, e);
	for (size_t i = 0; i < all.n && r == 0; i++) {
		AUTO_IMAGE struct image img = { 0 };
		struct zerr ignored = { 0 };

		if (image_store_load(&h->images, all.v[i], &img, &ignored) < 0)
			continue;
		if (str_eq(ref.dist, img.ref.dist) && str_eq(ref.release, img.ref.release) &&
		    str_eq(ref.arch, img.ref.arch) && str_eq(ref.variant, img.ref.variant) &&
		    strv_add(ret, all.v[i]) < 0)
			r = zerr_code(e, ENOMEM, "images");
	}
	image_ref_done(&ref);
	if (r == 0 && !ret->n)
		r = zerr_hint(e, zerr_as(e, ZERR_MISSING, "no such image here"),
			      "zone image ls shows what there is");
	return r;
}

int zone_image_remove(struct zone_host *h, const char *image, struct zerr *e)
{
	AUTO_STRV struct strv found = { 0 };
	int r = find(h, image, &found, e);

	for (size_t i = 0; i < found.n && r == 0; i++)
		r = image_store_remove(&h->images, found.v[i], e);
	return r;
}

static int prune_one(struct zone_host *h, const char *fingerprint, bool all, struct strv *ret,
		     struct zerr *e)
{
	AUTO_IMAGE struct image img = { 0 };
	AUTO_STRV struct strv users = { 0 };
	struct zerr ignored = { 0 };
	const bool whole = image_store_load(&h->images, fingerprint, &img, &ignored) == 0;

	int r = h->images.users(h->images.users_arg, fingerprint, &users, e);
	if (r < 0 || users.n)
		return r;
	if (whole && !all && (!img.expiry || img.expiry > now_seconds()))
		return 0;
	r = image_store_remove(&h->images, fingerprint, e);
	if (r < 0)
		return r == -EBUSY ? 0 : r; /* somebody has just begun to use it */
	AUTO_FREE char *name =
		whole ? str_fmt("%s/%s/%s/%s %s", img.ref.dist, img.ref.release, img.ref.arch,
				img.ref.variant, img.build ? img.build : "")
		      : strdup(fingerprint);
	return !name || strv_add(ret, name) < 0 ? zerr_code(e, ENOMEM, "images") : 0;
}

int zone_image_prune(struct zone_host *h, bool all, struct strv *ret, struct zerr *e)
{
	AUTO_STRV struct strv found = { 0 };
	int r = image_store_list(&h->images, &found, e);

	for (size_t i = 0; i < found.n && r == 0; i++)
		r = prune_one(h, found.v[i], all, ret, e);
	const struct image_module *m = r < 0 ? NULL : image_module_load(e);
	if (r == 0)
		r = m ? m->flush_cache(&h->images, !all, e) : -ENOENT;
	return r;
}

int zone_image_verify(struct zone_host *h, const char *image, struct strv *faults, struct zerr *e)
{
	AUTO_STRV struct strv found = { 0 };
	const struct image_module *m = image_module_load(e);
	int r = !m	? -ENOENT
		: image ? find(h, image, &found, e)
			: image_store_list(&h->images, &found, e);

	for (size_t i = 0; i < found.n && r == 0; i++)
		r = m->verify(&h->images, found.v[i], faults, e);
	return r;
}

/* The root of a stopped zone, or a host path. */
static int open_source(struct zone_host *h, const char *source, int *ret_fd, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	struct volume v;
	struct zerr other = { 0 };

	*ret_fd = -1;
	if (strchr(source, '/') || access(source, F_OK) == 0 || name_check_zone(source, &other) < 0)
		return 0; /* the module opens paths itself */
	int r = zone_load(h, source, LOAD_LOCK | LOAD_SPEC, &z, e);
	if (r == 0)
		r = state_now(&z, &s, e);
	if (r == 0 && s.live)
		r = zerr_hint(e, zerr_as(e, ZERR_STATE, "the zone is %s", state_name(s.state)),
			      "zone stop %s", source);
	if (r == 0)
		r = state_allows(&s, DO_STORAGE, source, e);
	if (r == 0)
		r = zone_volume(&z, &v, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int image = v.image;
	r = v.ops->attach(&v, &VOLUME_READ, e);
	if (r < 0)
		return r;
	*ret_fd = r;
	return 0;
}

int zone_image_publish(struct zone_host *h, const struct zone_publish *p, struct zone_images *ret,
		       struct zerr *e)
{
	AUTO_IMAGE struct image img = { 0 };
	const struct image_module *m = image_module_load(e);
	AUTO_CLOSE int fd = -1;
	int r = m ? open_source(h, p->source, &fd, e) : -ENOENT;

	if (r < 0)
		return r;
	const struct image_publish a = { .source = p->source,
					 .source_fd = fd,
					 .tree = p->tree,
					 .dist = p->dist,
					 .release = p->release,
					 .arch = p->arch,
					 .variant = p->variant,
					 .build = p->build,
					 .sign = p->sign,
					 .gnupghome = p->gnupghome,
					 .keep = p->keep };
	r = m->publish(&a, h->o.progress, h->o.arg, &img, e);
	return r < 0 ? r : add_image(ret, &img, e);
}
