/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Simplestreams: index.json and the product files it names. The only user of json-c. The text comes from
 * outside, so its depth and the number of its values are bounded before anything is built from it, and
 * what does not pass the checks of ref.h is left out.
 */
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/own.h"
#include "image/ref.h"
#include "image/remote.h"

#define DEPTH_LIMIT 16
#define VALUE_LIMIT 4000000 /* commas and brackets: some 400 MB of json-c objects at the worst */

static void put_p(struct json_object **o)
{
	if (*o)
		(void)json_object_put(*o);
}

/* ---- reading JSON --------------------------------------------------------------------------- */

static struct json_object *parse(const char *text, size_t len, const char *what, struct zerr *e)
{
	struct json_tokener *tok;
	struct json_object *o = NULL;
	enum json_tokener_error error;
	size_t values = 0;

	for (size_t i = 0; i < len; i++)
		values += text[i] == ',' || text[i] == '{' || text[i] == '[';
	if (values > VALUE_LIMIT || len > INT_MAX) {
		(void)zerr_set(e, EFBIG, "%s: too large", what);
		return NULL;
	}
	tok = json_tokener_new_ex(DEPTH_LIMIT);
	if (!tok) {
		(void)zerr_code(e, ENOMEM, "%s", what);
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len);
	error = json_tokener_get_error(tok);
	json_tokener_free(tok);
	if (error != json_tokener_success || !json_object_is_type(o, json_type_object)) {
		(void)zerr_set(e, EPROTO, "%s: not a JSON object%s%s", what,
			       error == json_tokener_success ? "" : ": ",
			       error == json_tokener_success ? "" : json_tokener_error_desc(error));
		put_p(&o);
		return NULL;
	}
	return o;
}

/* The member @key of @o when it has that type, else NULL. Borrowed. */
static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, type))
		return NULL;
	return v;
}

/* A string member without a NUL in it, or NULL. */
static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = member(o, key, json_type_string);
	const char *s = v ? json_object_get_string(v) : NULL;

	return s && strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

/* ---- index.json ----------------------------------------------------------------------------- */

int streams_index(const char *text, size_t len, struct strv *ret, struct zerr *e)
{
	__attribute__((cleanup(put_p))) struct json_object *top =
		parse(text, len, "streams/v1/index.json", e);
	struct json_object *index;
	int r = 0;

	if (!top)
		return -e->code;
	index = member(top, "index", json_type_object);
	if (!index)
		return zerr_set(e, EPROTO, "streams/v1/index.json: no index in it");
	json_object_object_foreach(index, name, entry)
	{
		const char *path = text_of(entry, "path");

		(void)name;
		if (r == 0 && str_eq(text_of(entry, "datatype"), "image-downloads") &&
		    image_path_ok(path) && !strv_has(ret, path))
			r = strv_add(ret, path);
	}
	return r < 0 ? zerr_code(e, ENOMEM, "streams/v1/index.json") : 0;
}

/* ---- products ------------------------------------------------------------------------------- */

/* "a=b,c=d" of the strings in the requirements map; words only. */
static int take_requirements(struct json_object *product, struct remote_image *i)
{
	struct json_object *map = member(product, "requirements", json_type_object);
	AUTO_BUF struct buf b = { 0 };

	if (!map)
		return 0;
	json_object_object_foreach(map, key, value)
	{
		const char *v = json_object_is_type(value, json_type_string)
					? json_object_get_string(value)
					: NULL;

		if (image_word_ok(key) && image_word_ok(v) && b.len < 512)
			buf_fmt(&b, "%s%s=%s", b.len ? "," : "", key, v);
	}
	if (b.failed)
		return -ENOMEM;
	return b.len ? str_set(&i->requirements, b.p) : 0;
}

/* The root tarball among the items of a version. True when it is there and everything about it is in
 * order; its strings are borrowed from the JSON. */
struct root_item {
	const char *path, *file, *sha256;
	uint64_t size;
};

static bool root_item_find(struct json_object *version, struct root_item *ret)
{
	struct json_object *items = member(version, "items", json_type_object);
	struct json_object *item = member(items, "root.tar.xz", json_type_object);
	struct json_object *size = member(item, "size", json_type_int);
	const char *path = text_of(item, "path"), *slash = path ? strrchr(path, '/') : NULL;

	if (!slash || !image_path_ok(path) || !size || json_object_get_int64(size) <= 0 ||
	    !image_fingerprint_ok(text_of(item, "sha256")))
		return false;
	*ret = (struct root_item){
		.path = path,
		.file = slash + 1,
		.sha256 = text_of(item, "sha256"),
		.size = json_object_get_uint64(size),
	};
	return true;
}

/* The newest version that has a root tarball. */
static int take_version(struct json_object *product, struct remote_image *i)
{
	struct json_object *versions = member(product, "versions", json_type_object);
	struct root_item best, item;
	const char *build = NULL;

	if (!versions)
		return -ENOENT;
	json_object_object_foreach(versions, name, version)
	{
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
	return image_ref_copy(&i->ref, &(struct image_ref){ words.v[0], words.v[1], words.v[2],
							    words.v[3] });
}

/* 0, -ENOENT (not for us), -ENOMEM. */
static int take_product(const char *key, struct json_object *product, struct remote_images *ret)
{
	struct remote_image i = { 0 };
	const char *aliases = text_of(product, "aliases");
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
	__attribute__((cleanup(put_p))) struct json_object *top =
		parse(text, len, "image list", e);
	struct json_object *products;

	if (!top)
		return -e->code;
	products = member(top, "products", json_type_object);
	if (!products || !str_eq(text_of(top, "format"), "products:1.0"))
		return zerr_set(e, EPROTO, "image list: not of format products:1.0");
	json_object_object_foreach(products, key, product)
	{
		const int r = take_product(key, product, ret);

		if (r < 0 && r != -ENOENT)
			return zerr_code(e, -r, "image list");
	}
	return 0;
}
