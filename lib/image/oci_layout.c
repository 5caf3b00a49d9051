/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout directory: index.json, tags, platforms, blobs. Everything in it is hostile until a
 * digest vouches for it, and its JSON even then; links in it are not followed.
 */
#include "image/oci_layout.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/ref.h"
#include "image/rootfs.h"

#define JSON_MAX   (4U << 20)
#define DEPTH_MAX  4 /* of an index in an index */
#define REF_NAME   "org.opencontainers.image.ref.name"
#define IMAGE_NAME "io.containerd.image.name"

void oci_layout_done(struct oci_layout *l)
{
	l->dir = own_close(l->dir);
	own_free_p(&l->path);
	own_free_p(&l->tag);
}

static bool is_layout(const char *path, int *ret_dir)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int dir = host_open(path, O_RDONLY | O_DIRECTORY, &ignored);

	if (dir < 0 || !fs_exists(dir, "index.json"))
		return false;
	*ret_dir = own_take_fd(&dir);
	return true;
}

int oci_layout_open(const char *text, struct oci_layout *ret, struct zerr *e)
{
	AUTO_LAYOUT struct oci_layout l = { .dir = -1, .path = strdup(text) };
	char *colon;

	if (!l.path)
		return zerr_code(e, ENOMEM, "OCI layout");
	if (!is_layout(l.path, &l.dir)) {
		colon = strrchr(l.path, ':');
		if (colon && !strchr(colon, '/')) {
			l.tag = strdup(colon + 1);
			*colon = '\0';
		}
		if (!l.tag || !is_layout(l.path, &l.dir))
			return zerr_as(e, ZERR_USAGE,
				       "%s: no OCI image layout (a directory with "
				       "index.json) is there",
				       text);
	}
	*ret = l;
	l = (struct oci_layout){ .dir = -1 };
	return 0;
}

/* ---- blobs ---------------------------------------------------------------------------------- */

static int bad_blob(const struct oci_layout *l, const char *digest, const char *why, struct zerr *e)
{
	return zerr_set(e, EPROTO, "%s: blob %.19s: %s", l->path, digest ? digest : "(none)", why);
}

/* The blob's file, of the right size. @ret_hex points into the descriptor. */
static int open_sized(const struct oci_layout *l, const struct jval *descriptor,
		      const char **ret_hex, struct zerr *e)
{
	const char *digest = jval_get_str(descriptor, "digest");
	AUTO_CLOSE int fd = -1;
	char path[128];
	struct stat st;
	uint64_t size;

	if (!digest || !str_starts(digest, "sha256:") || !image_fingerprint_ok(digest + 7))
		return bad_blob(l, digest, "only sha256 digests are known", e);
	if (jval_u64(jval_get(descriptor, "size"), &size) < 0)
		return bad_blob(l, digest, "its size is missing", e);
	(void)snprintf(path, sizeof(path), "blobs/sha256/%s", digest + 7);
	fd = fs_open_below(l->dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return bad_blob(l, digest, strerror(-fd), e);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return bad_blob(l, digest, "is not of the size that its descriptor says", e);
	*ret_hex = digest + 7;
	return own_take_fd(&fd);
}

int oci_blob_there(const struct oci_layout *l, const struct jval *descriptor, struct zerr *e)
{
	const char *hex;
	AUTO_CLOSE int fd = open_sized(l, descriptor, &hex, e);

	return fd < 0 ? fd : 0;
}

int oci_blob_open(const struct oci_layout *l, const struct jval *descriptor,
		  char hex[static HASH_HEX], struct zerr *e)
{
	const char *digest = NULL;
	AUTO_CLOSE int fd = open_sized(l, descriptor, &digest, e);
	char actual[HASH_HEX];
	int r = fd < 0 ? fd : hash_fd(fd, actual, e);

	if (r < 0)
		return r;
	if (!str_eq(actual, digest))
		return bad_blob(l, jval_get_str(descriptor, "digest"),
				"its contents have another SHA-256", e);
	memcpy(hex, actual, HASH_HEX);
	return own_take_fd(&fd);
}

struct jdoc *oci_blob_json(const struct oci_layout *l, const struct jval *descriptor,
			   char hex[static HASH_HEX], struct zerr *e)
{
	AUTO_CLOSE int fd = oci_blob_open(l, descriptor, hex, e);
	AUTO_BUF struct buf text = { 0 };
	char chunk[8192], what[32];
	ssize_t n;

	if (fd < 0)
		return NULL;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && text.len <= JSON_MAX)
		buf_add(&text, chunk, (size_t)n);
	(void)snprintf(what, sizeof(what), "blob %.12s", hex);
	if (n != 0 || text.failed || !text.len) {
		(void)zerr_set(e, EPROTO, "%s: too large, empty or unreadable", what);
		return NULL;
	}
	return jdoc_parse(text.p, text.len, what, e);
}

/* ---- which image ---------------------------------------------------------------------------- */

static const char *note(const struct jval *descriptor, const char *key)
{
	return jval_get_str(jval_get(descriptor, "annotations"), key);
}

/* "…:TAG", or TAG itself. */
static bool is_tag(const char *name, const char *tag)
{
	const char *colon = name ? strrchr(name, ':') : NULL;

	return str_eq(name, tag) || (colon && str_eq(colon + 1, tag));
}

static bool has_tag(const struct jval *d, const char *tag)
{
	return is_tag(note(d, REF_NAME), tag) || is_tag(note(d, IMAGE_NAME), tag);
}

static bool fits_platform(const struct jval *d)
{
	const struct jval *p = jval_get(d, "platform");

	if (!p)
		return true; /* its configuration will say */
	return str_eq(jval_get_str(p, "os"), "linux") &&
	       str_eq(arch_canonical(jval_get_str(p, "architecture")), image_host_arch());
}

/* The tags that the index has; several manifests may share one. */
static int list_tags(const struct jval *list, struct strv *ret)
{
	for (size_t i = 0; i < jval_len(list); i++) {
		const char *name = note(jval_at(list, i), REF_NAME);

		if (name && !strv_has(ret, name) && strv_add(ret, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int no_such_tag(const struct oci_layout *l, const struct strv *tags, const char *tag,
		       struct zerr *e)
{
	AUTO_BUF struct buf names = { 0 };
	int r;

	for (size_t i = 0; i < tags->n && i < 16; i++)
		buf_fmt(&names, "%s%s", i ? ", " : "", tags->v[i]);
	if (tag)
		r = zerr_as(e, ZERR_MISSING, "%s: no image has the tag %s", l->path, tag);
	else
		r = zerr_as(e, ZERR_USAGE, "%s: several images are there: name one as %s:TAG",
			    l->path, l->path);
	return names.p ? zerr_hint(e, r, "tags: %s", names.p) : r;
}

/* The tag that counts: the one asked for, or the only one, or "latest"; *@ret NULL when there is
 * none. */
static int choose_tag(const struct oci_layout *l, const struct jval *list, char **ret,
		      struct zerr *e)
{
	AUTO_STRV struct strv tags = { 0 };
	const char *tag = l->tag;

	if (list_tags(list, &tags) < 0)
		return zerr_code(e, ENOMEM, "%s", l->path);
	if (!tag && tags.n == 1)
		tag = tags.v[0];
	else if (!tag && tags.n > 1)
		tag = "latest";
	if (tag) {
		for (size_t i = 0; i < jval_len(list); i++)
			if (has_tag(jval_at(list, i), tag))
				return str_set(ret, tag) < 0 ? zerr_code(e, ENOMEM, "tag") : 0;
		return no_such_tag(l, &tags, l->tag, e);
	}
	return str_set(ret, NULL);
}

/* Down from an index to the manifest of our platform. @tag NULL: all entries count. */
static struct jdoc *find_manifest(const struct oci_layout *l, const struct jval *list,
				  const char *tag, unsigned depth, char hex[static HASH_HEX],
				  struct zerr *e)
{
	for (size_t i = 0; depth < DEPTH_MAX && i < jval_len(list); i++) {
		const struct jval *d = jval_at(list, i);
		struct jdoc *doc, *inner;

		if ((tag && !has_tag(d, tag)) || !fits_platform(d))
			continue;
		doc = oci_blob_json(l, d, hex, e);
		if (!doc || jval_get(jdoc_root(doc), "layers"))
			return doc;
		inner = find_manifest(l, jval_get(jdoc_root(doc), "manifests"), NULL, depth + 1,
				      hex, e);
		jdoc_free(doc);
		return inner;
	}
	(void)zerr_set(e, ENOENT, "%s: no image for linux/%s", l->path, image_host_arch());
	return NULL;
}

struct jdoc *oci_manifest(const struct oci_layout *l, char hex[static HASH_HEX], struct zerr *e)
{
	AUTO_BUF struct buf text = { 0 };
	AUTO_JDOC struct jdoc *index = NULL;
	AUTO_FREE char *tag = NULL;
	const struct jval *list;
	int r = fs_read(l->dir, "index.json", JSON_MAX, &text);

	if (r < 0) {
		(void)zerr_code(e, -r, "%s/index.json", l->path);
		return NULL;
	}
	index = jdoc_parse(text.p, text.len, "index.json", e);
	if (!index)
		return NULL;
	list = jval_get(jdoc_root(index), "manifests");
	if (choose_tag(l, list, &tag, e) < 0)
		return NULL;
	return find_manifest(l, list, tag, 0, hex, e);
}
