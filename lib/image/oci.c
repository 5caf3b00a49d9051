/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image of an OCI layout into the store: its layers, unpacked in order, and what its
 * configuration asks for as inert text in the image's record. The fingerprint is the manifest's
 * digest.
 */
#include <string.h>

#include "base/own.h"
#include "image/internal.h"
#include "image/oci_layout.h"
#include "image/ref.h"
#include "image/rootfs.h"
#include "image/unpack.h"

#define LAYERS_MAX 512
#define WORDS_MAX  65536 /* bytes of what a configuration asks for */

/* ---- the configuration ---------------------------------------------------------------------- */

static int add_words(struct strv *ret, size_t *bytes, const char *key, const struct jval *list,
		     struct zerr *e)
{
	AUTO_STRV struct strv words = { 0 };

	if (jval_strv(list, &words) < 0)
		return zerr_set(e, EPROTO, "configuration: %s is no list of strings", key);
	for (size_t i = 0; i < words.n; i++) {
		*bytes += strlen(words.v[i]);
		if (*bytes > WORDS_MAX)
			return zerr_set(e, E2BIG, "configuration: %s is too long", key);
		if (strv_addf(ret, "%s=%s", key, words.v[i]) < 0)
			return zerr_code(e, ENOMEM, "configuration");
	}
	return 0;
}

static int add_word(struct strv *ret, const char *key, const char *value, struct zerr *e)
{
	if (!value || !*value || strlen(value) > 4096)
		return 0;
	return strv_addf(ret, "%s=%s", key, value) < 0 ? zerr_code(e, ENOMEM, "configuration") : 0;
}

static int take_requests(const struct jval *config, struct strv *ret, struct zerr *e)
{
	size_t bytes = 0;
	int r = add_words(ret, &bytes, "argv", jval_get(config, "Entrypoint"), e);

	if (r == 0)
		r = add_words(ret, &bytes, "argv", jval_get(config, "Cmd"), e);
	if (r == 0)
		r = add_words(ret, &bytes, "env", jval_get(config, "Env"), e);
	if (r == 0)
		r = add_word(ret, "workdir", jval_get_str(config, "WorkingDir"), e);
	if (r == 0)
		r = add_word(ret, "user", jval_get_str(config, "User"), e);
	if (r == 0)
		r = add_word(ret, "stop", jval_get_str(config, "StopSignal"), e);
	return r;
}

/* "2026-01-31T12:34:56Z" → "20260131_12:34" */
static int take_build(const char *created, struct image *i)
{
	int y, mo, d, h, mi;

	if (!created || sscanf(created, "%4d-%2d-%2dT%2d:%2d", &y, &mo, &d, &h, &mi) != 5 ||
	    y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0)
		return str_set(&i->build, "19700101_00:00");
	i->build = str_fmt("%04d%02d%02d_%02d:%02d", y, mo, d, h, mi);
	return i->build ? 0 : -ENOMEM;
}

static int read_config(const struct oci_layout *l, const struct jval *manifest, struct image *i,
		       struct zerr *e)
{
	char hex[HASH_HEX];
	AUTO_JDOC struct jdoc *doc = oci_blob_json(l, jval_get(manifest, "config"), hex, e);
	const struct jval *c = doc ? jdoc_root(doc) : NULL;
	const char *arch;
	int r;

	if (!doc)
		return -e->code;
	arch = arch_canonical(jval_get_str(c, "architecture"));
	if (!str_eq(jval_get_str(c, "os"), "linux") || !arch)
		return zerr_as(e, ZERR_USAGE, "the image is not for linux/%s", image_host_arch());
	r = image_arch_check(arch, e);
	if (r < 0)
		return r;
	if (str_set(&i->ref.arch, arch) < 0 || take_build(jval_get_str(c, "created"), i) < 0)
		return zerr_code(e, ENOMEM, "configuration");
	return take_requests(jval_get(c, "config"), &i->oci, e);
}

/* ---- layers --------------------------------------------------------------------------------- */

static int unpack_one(const struct oci_layout *l, const struct jval *layer, int rootfs, bool lowest,
		      image_progress *progress, void *arg, struct zerr *e)
{
	char hex[HASH_HEX];
	AUTO_CLOSE int fd = oci_blob_open(l, layer, hex, e);

	if (fd < 0)
		return fd;
	return unpack_layer(fd, rootfs, lowest, progress, arg, e);
}

/* Before anything is made: all of them are there. */
static int check_layers(const struct oci_layout *l, const struct jval *layers, struct zerr *e)
{
	const size_t n = jval_len(layers);
	int r = 0;

	if (n == 0 || n > LAYERS_MAX)
		return zerr_set(e, EPROTO, "the manifest lists %zu layers", n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = zerr_in(e, oci_blob_there(l, jval_at(layers, i), e), "layer %zu of %zu", i + 1,
			    n);
	return r;
}

static int unpack_layers(const struct oci_layout *l, const struct jval *layers, int rootfs,
			 image_progress *progress, void *arg, struct zerr *e)
{
	const size_t n = jval_len(layers);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = zerr_in(e, unpack_one(l, jval_at(layers, i), rootfs, i == 0, progress, arg, e),
			    "layer %zu of %zu", i + 1, n);
	return r;
}

static int describe(struct image *i, int rootfs, const struct oci_layout *l,
		    const char *fingerprint)
{
	const char *tag = image_word_ok(l->tag) ? l->tag : "latest";

	if (str_set(&i->fingerprint, fingerprint) < 0 || str_set(&i->verified, "hash") < 0 ||
	    str_set(&i->ref.variant, "oci") < 0)
		return -ENOMEM;
	return rootfs_identify(rootfs, "oci", tag, &i->ref);
}

static int make_image(const struct image_env *env, const struct oci_layout *l,
		      const struct jval *manifest, const char *fingerprint,
		      image_progress *progress, void *arg, struct image *i, struct zerr *e)
{
	const struct jval *layers = jval_get(manifest, "layers");
	AUTO_BUILD struct image_build b = IMAGE_BUILD_NONE;
	int r = check_layers(l, layers, e);

	if (r == 0)
		r = read_config(l, manifest, i, e);
	if (r < 0)
		return r;
	r = image_store_begin(env, fingerprint, &b, e);
	if (r == -EEXIST) {
		image_done(i);
		return image_store_load(env, fingerprint, i, e);
	}
	if (r == 0)
		r = unpack_layers(l, layers, b.rootfs, progress, arg, e);
	if (r < 0)
		return r;
	if (describe(i, b.rootfs, l, fingerprint) < 0)
		return zerr_code(e, ENOMEM, "image");
	return image_store_commit(env, &b, i, e);
}

int image_oci(const struct image_env *env, const char *layout, image_progress *progress, void *arg,
	      struct image *ret, struct zerr *e)
{
	AUTO_LAYOUT struct oci_layout l = { .dir = -1 };
	AUTO_JDOC struct jdoc *manifest = NULL;
	AUTO_IMAGE struct image i = { 0 };
	char hex[HASH_HEX];
	int r = oci_layout_open(layout, &l, e);

	if (r < 0)
		return r;
	manifest = oci_manifest(&l, hex, e);
	if (!manifest)
		return -e->code;
	r = make_image(env, &l, jdoc_root(manifest), hex, progress, arg, &i, e);
	if (r < 0)
		return zerr_in(e, r, "%s", l.path);
	*ret = i;
	i = (struct image){ 0 };
	return 0;
}
