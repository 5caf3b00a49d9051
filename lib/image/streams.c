/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Simplestreams: index.json and the product files it names. The text comes from outside, so the
 * number of its values is bounded before anything is built from it, and what does not pass the
 * checks of ref.h is left out.
 */
#include <string.h>

#include "base/own.h"
#include "image/json_read.h"
#include "image/ref.h"
#include "image/remote.h"

#define REQUIREMENTS_MAX 512
#define VALUE_LIMIT	 4000000 /* commas and brackets: some 400 MB of json-c objects at the worst */

static struct jdoc *parse(const char *text, size_t len, const char *what, struct zerr *e)
{
	size_t values = 0;

	for (size_t i = 0; i < len; i++)
		values += text[i] == ',' || text[i] == '{' || text[i] == '[';
	if (values > VALUE_LIMIT) {
		(void)zerr_set(e, EFBIG, "%s: too large", what);
		return NULL;
	}
	return jdoc_parse(text, len, what, e);
}

/* ---- index.json ----------------------------------------------------------------------------- */

int streams_index(const char *text, size_t len, struct strv *ret, struct zerr *e)
{
	static const char what[] = "streams/v1/index.json";
	AUTO_JDOC struct jdoc *doc = parse(text, len, what, e);
	const struct jval *index, *entry;
	const char *name;
	void *pos = NULL;

	if (!doc)
		return -e->code;
	index = jval_get(jdoc_root(doc), "index");
	if (!index)
		return zerr_set(e, EPROTO, "%s: no index in it", what);
	while (jval_next(index, &pos, &name, &entry)) {
		const char *path = jval_get_str(entry, "path");

		if (str_eq(jval_get_str(entry, "datatype"), "image-downloads") &&
		    image_path_ok(path) && !strv_has(ret, path) && strv_add(ret, path) < 0)
			return zerr_code(e, ENOMEM, "%s", what);
	}
	return 0;
}

/* ---- products ------------------------------------------------------------------------------- */

/* "a=b,c=d" of the requirements map; words only. */
static int take_requirements(const struct jval *product, struct remote_image *i)
{
	const struct jval *map = jval_get(product, "requirements"), *value;
	AUTO_BUF struct buf b = { 0 };
	const char *key;
	void *pos = NULL;

	while (jval_next(map, &pos, &key, &value)) {
		const char *text = jval_str(value);

		if (image_word_ok(key) && image_word_ok(text) && b.len < REQUIREMENTS_MAX)
			buf_fmt(&b, "%s%s=%s", b.len ? "," : "", key, text);
	}
	if (b.failed)
		return -ENOMEM;
	return b.len ? str_set(&i->requirements, b.p) : 0;
}

/* The root tarball among the items of a version; its strings are borrowed from the document. */
struct root_item {
	const char *path, *file, *sha256;
	uint64_t size;
};

/* True when it is there and everything about it is in order. */
static bool root_item_find(const struct jval *version, struct root_item *ret)
{
	const struct jval *item = jval_get(jval_get(version, "items"), "root.tar.xz");
	const char *path = jval_get_str(item, "path"), *slash = path ? strrchr(path, '/') : NULL;

	*ret = (struct root_item){ .path = path, .sha256 = jval_get_str(item, "sha256") };
	if (!slash || !image_path_ok(path) || !image_fingerprint_ok(ret->sha256) ||
	    jval_u64(jval_get(item, "size"), &ret->size) < 0 || ret->size == 0)
		return false;
	ret->file = slash + 1;
	return true;
}

/* The newest version that has a root tarball. 0, -ENOENT, -ENOMEM. */
static int take_version(const struct jval *product, struct remote_image *i)
{
	const struct jval *versions = jval_get(product, "versions"), *version;
	struct root_item best = { 0 }, item;
	const char *build = NULL, *name;
	void *pos = NULL;

	while (jval_next(versions, &pos, &name, &version)) {
		if (image_build_ok(name) && (!build || strcmp(name, build) > 0) &&
		    root_item_find(version, &item)) {
			build = name;
			best = item;
		}
	}
	if (!build)
		return -ENOENT;
	i->path = strndup(best.path, (size_t)(best.file - best.path - 1));
	i->size = best.size;
	if (!i->path || str_set(&i->build, build) < 0 || str_set(&i->file, best.file) < 0 ||
	    str_set(&i->sha256, best.sha256) < 0)
		return -ENOMEM;
	return 0;
}

/* The key "dist:release:arch:variant" names the image; the product's own fields are for people. */
static int take_name(const char *key, struct remote_image *i)
{
	AUTO_STRV struct strv words = { 0 };

	if (strv_split(&words, key, ":") < 0)
		return -ENOMEM;
	if (words.n != 4)
		return -ENOENT;
	for (size_t n = 0; n < 4; n++)
		if (!image_word_ok(words.v[n]))
			return -ENOENT;
	return image_ref_copy(
		&i->ref, &(struct image_ref){ words.v[0], words.v[1], words.v[2], words.v[3] });
}

/* 0, -ENOENT (not for us), -ENOMEM. */
static int take_product(const char *key, const struct jval *product, struct remote_images *ret)
{
	struct remote_image i = { 0 };
	const char *aliases = jval_get_str(product, "aliases");
	int r = take_name(key, &i);

	if (r == 0)
		r = take_version(product, &i);
	if (r == 0)
		r = take_requirements(product, &i);
	if (r == 0 && aliases)
		r = str_set(&i.aliases, aliases);
	if (r == 0)
		return remote_add(ret, &i);
	remote_image_done(&i);
	return r;
}

int streams_products(const char *text, size_t len, struct remote_images *ret, struct zerr *e)
{
	AUTO_JDOC struct jdoc *doc = parse(text, len, "image list", e);
	const struct jval *product;
	const char *key;
	void *pos = NULL;

	if (!doc)
		return -e->code;
	if (!str_eq(jval_get_str(jdoc_root(doc), "format"), "products:1.0"))
		return zerr_set(e, EPROTO, "image list: not of format products:1.0");
	while (jval_next(jval_get(jdoc_root(doc), "products"), &pos, &key, &product)) {
		const int r = take_product(key, product, ret);

		if (r < 0 && r != -ENOENT)
			return zerr_code(e, -r, "image list");
	}
	return 0;
}
