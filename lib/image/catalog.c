/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server offers: simplestreams first, the classic index where there is none, and SHA256SUMS
 * of a build. A signature that is there must be good. It must be there for SHA256SUMS; the lists
 * need none of their own then.
 */
#include "image/catalog.h"

#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "image/ref.h"

#define JSON_MAX  (64U << 20)
#define INDEX_MAX (16U << 20)
#define SUMS_MAX  (1U << 20)
#define SIG_MAX	  (64U << 10)
#define META_FILE "meta.tar.xz"
#define SUMS_FILE "SHA256SUMS"

int catalog_open(const struct image_env *env, const struct image_source *src,
		 image_progress *progress, void *arg, struct catalog *ret, struct zerr *e)
{
	const struct fetch_options o = {
		.cafile = src->cafile,
		.timeout = src->timeout,
		.progress = progress,
		.progress_arg = arg,
	};
	AUTO_CATALOG struct catalog c = { 0 };
	int r = image_server_find(env, src, &c.server, e);

	if (r == 0)
		r = fetch_open(&o, &c.fetch, e);
	if (r < 0)
		return r;
	c.signs = image_server_signs(&c.server, src);
	if (c.signs)
		r = sig_keys_open(env, &c.server, src, &c.keys, e);
	else if (src->no_verify)
		log_note("%s: signatures are not checked", c.server.url);
	else
		log_warn("%s: no key of this server is known; its images are checked by hash alone",
			 c.server.url);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct catalog){ 0 };
	return 0;
}

void catalog_close(struct catalog *c)
{
	fetch_close(c->fetch);
	image_server_done(&c->server);
	sig_keys_done(&c->keys);
	remote_images_done(&c->images);
	*c = (struct catalog){ 0 };
}

char *catalog_url(const struct catalog *c, const struct remote_image *i, const char *file)
{
	return str_fmt("%s/%s/%s", c->server.url, i->path, file);
}

/* ---- signed texts --------------------------------------------------------------------------- */

/* The text at @url and, where the server signs, its signature at @url@suffix. *@ret_signed: it was
 * there and good. -ENOENT when there is no such text. */
static int get_signed(struct catalog *c, const char *url, const char *suffix, size_t max,
		      struct buf *ret, bool *ret_signed, struct zerr *e)
{
	AUTO_FREE char *sig_url = str_fmt("%s%s", url, suffix);
	AUTO_BUF struct buf sig = { 0 };
	int r = sig_url ? fetch_text(c->fetch, url, max, ret, e) : zerr_code(e, ENOMEM, "%s", url);

	*ret_signed = false;
	if (r < 0 || !c->signs)
		return r;
	r = fetch_text(c->fetch, sig_url, SIG_MAX, &sig, e);
	if (r == -ENOENT) {
		*e = (struct zerr){ 0 };
		return 0;
	}
	if (r == 0)
		r = sig_check(&c->keys, url, ret, &sig, e);
	*ret_signed = r == 0;
	return r;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static int load_products(struct catalog *c, const char *path, struct zerr *e)
{
	AUTO_FREE char *url = str_fmt("%s/%s", c->server.url, path);
	AUTO_BUF struct buf text = { 0 };
	bool is_signed = false;
	int r = url ? get_signed(c, url, ".gpg", JSON_MAX, &text, &is_signed, e)
		    : zerr_code(e, ENOMEM, "%s", path);

	if (r < 0)
		return r;
	c->index_signed = c->index_signed && is_signed;
	r = streams_products(text.p, text.len, &c->images, e);
	return zerr_in(e, r, "%s", url);
}

/* 0, -ENOENT when the server has no simplestreams. */
static int load_streams(struct catalog *c, struct zerr *e)
{
	AUTO_FREE char *url = str_fmt("%s/streams/v1/index.json", c->server.url);
	AUTO_STRV struct strv paths = { 0 };
	AUTO_BUF struct buf text = { 0 };
	int r = url ? fetch_text(c->fetch, url, JSON_MAX, &text, e) : zerr_code(e, ENOMEM, "index");

	if (r == 0)
		r = zerr_in(e, streams_index(text.p, text.len, &paths, e), "%s", c->server.url);
	c->index_signed = true;
	for (size_t i = 0; r == 0 && i < paths.n; i++) {
		r = load_products(c, paths.v[i], e);
		if (r == -ENOENT) /* listed and not there is no reason to look elsewhere */
			e->code = EIO;
		r = r == -ENOENT ? -EIO : r;
	}
	return r;
}

static int load_classic(struct catalog *c, struct zerr *e)
{
	static const char *const names[] = { "index-system.7", "index-system" };
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_FREE char *url = str_fmt("%s/meta/1.0/%s", c->server.url, names[i]);
		AUTO_BUF struct buf text = { 0 };

		*e = (struct zerr){ 0 };
		r = url ? get_signed(c, url, ".asc", INDEX_MAX, &text, &c->index_signed, e)
			: zerr_code(e, ENOMEM, "index");
		if (r == 0 && index_parse(text.p, text.len, &c->images) < 0)
			r = zerr_code(e, ENOMEM, "%s", url);
	}
	return r;
}

int catalog_list(struct catalog *c, struct zerr *e)
{
	int r = load_streams(c, e);

	if (r == -ENOENT) {
		r = load_classic(c, e);
		if (r == -ENOENT)
			return zerr_set(e, ENOENT,
					"%s: no image server (neither streams/v1/index.json nor "
					"meta/1.0/index-system)",
					c->server.url);
	}
	return r;
}

static int not_found(const struct catalog *c, const struct image_ref *ref, struct zerr *e)
{
	AUTO_BUF struct buf near = { 0 };

	(void)zerr_as(e, ZERR_MISSING, "%s: has no image %s/%s/%s/%s", c->server.url, ref->dist,
		      ref->release, ref->arch, ref->variant);
	e->code = ENOENT;
	remote_suggest(&c->images, ref, &near);
	if (near.len)
		return zerr_hint(e, -ENOENT, "it has %s", near.p);
	return zerr_hint(e, -ENOENT, "`zone image ls --remote` lists what it has");
}

int catalog_find(struct catalog *c, const struct image_ref *ref, const struct remote_image **ret,
		 struct zerr *e)
{
	struct zerr why = { 0 };
	int r = catalog_list(c, e);

	if (r < 0)
		return r;
	*ret = remote_find(&c->images, ref);
	/* in the other list, perhaps; what was found above comes first in any case */
	if (!*ret)
		r = load_classic(c, &why);
	if (r == -EINTR) {
		*e = why;
		return r;
	}
	if (!*ret && r == 0)
		*ret = remote_find(&c->images, ref);
	return *ret ? 0 : not_found(c, ref, e);
}

/* ---- one build ------------------------------------------------------------------------------ */

static int build_gone(const struct catalog *c, const struct remote_image *i, struct zerr *e)
{
	const int r = zerr_set(e, ENOENT, "%s: lists build %s of %s/%s/%s/%s but does not have it",
			       c->server.url, i->build, i->ref.dist, i->ref.release, i->ref.arch,
			       i->ref.variant);

	return zerr_hint(e, r, "its list is out of date: try again later, or another server");
}

/* There is no SHA256SUMS: the hash of the list will do, when nobody had to sign, or the list was.
 */
static int hashes_of_list(struct catalog *c, const struct remote_image *i,
			  struct catalog_hashes *ret, struct zerr *e)
{
	AUTO_FREE char *url = catalog_url(c, i, i->file);
	int r = url ? fetch_exists(c->fetch, url, e) : zerr_code(e, ENOMEM, "image");

	if (r < 0)
		return r;
	*e = (struct zerr){ 0 };
	if (r == 0)
		return build_gone(c, i, e);
	if (!i->sha256)
		return zerr_set(e, EBADMSG, "%s/%s: there is no %s to check it by", c->server.url,
				i->path, SUMS_FILE);
	if (c->signs && !c->index_signed)
		return zerr_set(e, EBADMSG, "%s/%s: there is no signed %s", c->server.url, i->path,
				SUMS_FILE);
	(void)memcpy(ret->root, i->sha256, sizeof(ret->root));
	ret->is_signed = c->signs;
	return 0;
}

int catalog_hashes(struct catalog *c, const struct remote_image *i, struct catalog_hashes *ret,
		   struct zerr *e)
{
	AUTO_FREE char *url = catalog_url(c, i, SUMS_FILE);
	AUTO_BUF struct buf text = { 0 };
	int r;

	*ret = (struct catalog_hashes){ 0 };
	r = url ? get_signed(c, url, ".asc", SUMS_MAX, &text, &ret->is_signed, e)
		: zerr_code(e, ENOMEM, "image");
	if (r == -ENOENT) {
		*e = (struct zerr){ 0 };
		return hashes_of_list(c, i, ret, e);
	}
	if (r < 0)
		return r;
	if (c->signs && !ret->is_signed)
		return zerr_set(e, EBADMSG, "%s: not signed, and the server's key is known", url);
	if (!sums_find(text.p, i->file, ret->root))
		return zerr_set(e, EBADMSG, "%s: no hash of %s in it", url, i->file);
	if (i->sha256 && strcmp(i->sha256, ret->root) != 0)
		return zerr_set(e, EBADMSG, "%s: disagrees with the list of images about %s", url,
				i->file);
	if (!sums_find(text.p, META_FILE, ret->meta))
		ret->meta[0] = '\0';
	return 0;
}
