/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The indices of a tree. images.json is the truth; index.json and the classic index are made from
 * it anew each time. Products and builds that are in it already are copied as they stand.
 */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "image/json_read.h"
#include "image/publish.h"
#include "image/ref.h"

#define PRODUCTS "streams/v1/images.json"

static void json_raw(struct json *j, const char *key, const struct jval *v)
{
	if (j->comma)
		buf_char(j->out, ',');
	json_quote(j->out, key);
	buf_char(j->out, ':');
	jval_text(v, j->out);
	j->comma = true;
}

static void item(struct json *j, const char *key, const char *dir, const char *file,
		 const struct publish_file *f, const char *combined)
{
	AUTO_FREE char *path = str_fmt("%s/%s", dir, file);

	if (!path)
		j->out->failed = true;
	json_obj(j, key);
	if (combined) {
		json_str(j, "combined_rootxz_sha256", combined);
		json_str(j, "combined_sha256", combined);
	}
	json_str(j, "ftype", key);
	json_str(j, "path", path);
	json_str(j, "sha256", f->sha256);
	json_u64(j, "size", f->size);
	json_end_obj(j);
}

static void version(struct json *j, const struct publish_build *b)
{
	AUTO_FREE char *product = publish_product_dir(&b->image.ref);
	AUTO_FREE char *dir = product ? str_fmt("%s/%s", product, b->image.build) : NULL;

	if (!dir) {
		j->out->failed = true;
		return;
	}
	json_obj(j, b->image.build);
	json_obj(j, "items");
	item(j, "incus.tar.xz", dir, "incus.tar.xz", &b->incus, b->combined);
	item(j, "lxd.tar.xz", dir, "incus.tar.xz", &b->incus, b->combined);
	item(j, "root.tar.xz", dir, "rootfs.tar.xz", &b->rootfs, NULL);
	json_end_obj(j);
	json_end_obj(j);
}

/* Which builds stay: the newest @keep, ours counted. Names of builds sort by time. */
static int choose_builds(const struct jval *versions, const struct publish_build *b, unsigned keep,
			 struct strv *stay, struct strv *dropped)
{
	AUTO_FREE char *product = publish_product_dir(&b->image.ref);
	AUTO_STRV struct strv names = { 0 };
	const struct jval *v;
	const char *name;
	void *pos = NULL;
	size_t first;

	while (jval_next(versions, &pos, &name, &v))
		if (!str_eq(name, b->image.build) && strv_add(&names, name) < 0)
			return -ENOMEM;
	strv_sort(&names);
	first = keep && names.n > keep - 1 ? names.n - (keep - 1) : 0;
	for (size_t i = 0; i < names.n; i++) {
		if (i >= first && strv_add(stay, names.v[i]) < 0)
			return -ENOMEM;
		/* what is no build of ours is none of our directories either */
		if (i < first && image_build_ok(names.v[i]) &&
		    (!product || strv_addf(dropped, "%s/%s", product, names.v[i]) < 0))
			return -ENOMEM;
	}
	return product ? 0 : -ENOMEM;
}

static void aliases(struct json *j, const struct publish_build *b)
{
	const struct image_ref *r = &b->image.ref;
	const char *const releases[] = { r->release, b->version };
	AUTO_BUF struct buf t = { 0 };

	for (size_t i = 0; i < 2; i++) {
		if (!releases[i])
			continue;
		buf_fmt(&t, "%s%s/%s/%s", t.len ? "," : "", r->dist, releases[i], r->variant);
		if (str_eq(r->variant, "default"))
			buf_fmt(&t, ",%s/%s", r->dist, releases[i]);
	}
	json_str(j, "aliases", t.p);
	j->out->failed |= t.failed;
}

static void product_head(struct json *j, const struct publish_build *b)
{
	const struct image_ref *r = &b->image.ref;
	AUTO_FREE char *os = strdup(r->dist);

	if (!os) {
		j->out->failed = true;
		return;
	}
	os[0] = (char)toupper((unsigned char)os[0]);
	aliases(j, b);
	json_str(j, "arch", r->arch);
	json_str(j, "os", os);
	json_str(j, "release", r->release);
	json_str(j, "release_title", r->release);
	json_str(j, "variant", r->variant);
	json_obj(j, "requirements");
	json_end_obj(j);
}

static int product(struct json *j, const char *key, const struct jval *old,
		   const struct publish_build *b, unsigned keep, struct strv *dropped)
{
	const struct jval *versions = jval_get(old, "versions");
	AUTO_STRV struct strv stay = { 0 };
	const int r = choose_builds(versions, b, keep, &stay, dropped);

	if (r < 0)
		return r;
	json_obj(j, key);
	product_head(j, b);
	json_obj(j, "versions");
	for (size_t i = 0; i < stay.n; i++)
		json_raw(j, stay.v[i], jval_get(versions, stay.v[i]));
	version(j, b);
	json_end_obj(j);
	json_end_obj(j);
	return 0;
}

int publish_images(const char *old, size_t old_len, const struct publish_build *b, unsigned keep,
		   struct buf *out, struct strv *dropped, struct zerr *e)
{
	AUTO_JDOC struct jdoc *doc = old ? jdoc_parse(old, old_len, PRODUCTS, e) : NULL;
	const struct jval *products = doc ? jval_get(jdoc_root(doc), "products") : NULL;
	AUTO_FREE char *key = image_ref_key(&b->image.ref);
	struct json j = { .out = out };
	const struct jval *v;
	const char *name;
	void *pos = NULL;
	int r;

	if (old && !doc)
		return -e->code;
	if (!key)
		return zerr_code(e, ENOMEM, PRODUCTS);
	json_obj(&j, NULL);
	json_str(&j, "content_id", "images");
	json_str(&j, "datatype", "image-downloads");
	json_str(&j, "format", "products:1.0");
	json_obj(&j, "products");
	while (jval_next(products, &pos, &name, &v))
		if (!str_eq(name, key))
			json_raw(&j, name, v);
	r = product(&j, key, jval_get(products, key), b, keep, dropped);
	json_end_obj(&j);
	json_end_obj(&j);
	buf_char(out, '\n');
	return r < 0 || out->failed ? zerr_code(e, ENOMEM, PRODUCTS) : 0;
}

/* ---- from images.json ----------------------------------------------------------------------- */

/* `dist;release;arch;variant;build;/path/` of a product's newest build that has a root tarball. */
static int classic_line(const char *key, const struct jval *p, struct buf *out)
{
	AUTO_STRV struct strv words = { 0 };
	const char *name, *build = NULL, *path = NULL, *slash;
	const struct jval *v;
	void *pos = NULL;

	while (jval_next(jval_get(p, "versions"), &pos, &name, &v)) {
		const struct jval *root = jval_get(jval_get(v, "items"), "root.tar.xz");

		if (jval_get_str(root, "path") && (!build || strcmp(name, build) > 0)) {
			build = name;
			path = jval_get_str(root, "path");
		}
	}
	slash = path ? strrchr(path, '/') : NULL;
	if (strv_split(&words, key, ":") < 0)
		return -ENOMEM;
	if (!slash || words.n != 4 || strpbrk(path, ";\n\r") || strpbrk(build, ";\n\r"))
		return 0;
	buf_fmt(out, "%s;%s;%s;%s;%s;/%.*s/\n", words.v[0], words.v[1], words.v[2], words.v[3],
		build, (int)(slash - path), path);
	return 0;
}

int publish_indices(const struct buf *images, struct buf *index, struct buf *classic,
		    struct zerr *e)
{
	AUTO_JDOC struct jdoc *doc = jdoc_parse(images->p, images->len, PRODUCTS, e);
	const struct jval *products, *v;
	struct json j = { .out = index };
	const char *name;
	void *pos = NULL;
	int r = 0;

	if (!doc)
		return -e->code;
	products = jval_get(jdoc_root(doc), "products");
	json_obj(&j, NULL);
	json_obj(&j, "index");
	json_obj(&j, "images");
	json_str(&j, "datatype", "image-downloads");
	json_str(&j, "path", PRODUCTS);
	json_str(&j, "format", "products:1.0");
	json_arr(&j, "products");
	while (r == 0 && jval_next(products, &pos, &name, &v)) {
		json_str(&j, NULL, name);
		r = classic_line(name, v, classic);
	}
	json_end_arr(&j);
	json_end_obj(&j);
	json_end_obj(&j);
	json_str(&j, "format", "index:1.0");
	json_end_obj(&j);
	buf_char(index, '\n');
	return r < 0 || index->failed || classic->failed ? zerr_code(e, ENOMEM, "index") : 0;
}
