/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking without changing: what a server has, and whether a stored image is still what it was. */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/cache.h"
#include "image/catalog.h"
#include "image/hash.h"
#include "image/pull.h"
#include "image/ref.h"
#include "image/store.h"

/* ---- list ----------------------------------------------------------------------------------- */

static int fill_row(const struct image_env *env, const struct catalog *c,
		    const struct remote_image *i, struct image_row *row)
{
	AUTO_IMAGE struct image stored = { 0 };
	struct zerr ignored = { 0 };
	int r = image_ref_copy(&row->ref, &i->ref);

	if (r == 0)
		r = str_set(&row->build, i->build);
	if (r == 0)
		r = str_set(&row->sha256, i->sha256);
	row->size = i->size;
	row->cached = image_store_find(env, &i->ref, c->server.url, &stored, &ignored) == 0 &&
		      str_eq(stored.build, i->build);
	if (r == 0 && row->cached)
		r = str_set(&row->verified, stored.verified);
	return r;
}

int image_list_remote(const struct image_env *env, const struct image_ref *ref,
		      const struct image_source *src, struct image_rows *ret, struct zerr *e)
{
	AUTO_CATALOG struct catalog c = { 0 };
	struct image_rows rows = { 0 };
	int r = catalog_open(env, src, NULL, NULL, &c, e);

	if (r == 0)
		r = catalog_list(&c, e);
	if (r < 0)
		return r;
	remote_sort(&c.images);
	rows.v = calloc(c.images.n + 1, sizeof(*rows.v));
	if (!rows.v)
		return zerr_code(e, ENOMEM, "list of images");
	for (size_t i = 0; r == 0 && i < c.images.n; i++)
		if (image_ref_match(&c.images.v[i].ref, ref))
			r = fill_row(env, &c, &c.images.v[i], &rows.v[rows.n++]);
	if (r < 0) {
		image_rows_done(&rows);
		return zerr_code(e, -r, "list of images");
	}
	*ret = rows;
	return 0;
}

/* ---- verify --------------------------------------------------------------------------------- */

/* The tree: there, root's, and with as many entries as were unpacked. */
static int check_tree(int dir, const struct image *i, struct strv *faults, struct zerr *e)
{
	uint64_t bytes = 0, entries = 0;
	struct stat st;
	int r;

	if (fstatat(dir, STORE_ROOT, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
		r = strv_addf(faults, "%.12s: its tree is missing", i->fingerprint);
		return r < 0 ? zerr_code(e, ENOMEM, "faults") : 0;
	}
	r = fs_usage(dir, STORE_ROOT, &bytes, &entries);
	if (r < 0)
		return zerr_code(e, -r, "image %.12s", i->fingerprint);
	if (st.st_uid != 0 || st.st_gid != 0 || (st.st_mode & 07777) != 0755)
		r = strv_addf(faults, "%.12s: its root is %u:%u %04o instead of 0:0 0755",
			      i->fingerprint, st.st_uid, st.st_gid, st.st_mode & 07777U);
	if (r == 0 && entries != i->entries)
		r = strv_addf(faults, "%.12s: %llu files in its tree instead of %llu",
			      i->fingerprint, (unsigned long long)entries,
			      (unsigned long long)i->entries);
	return r < 0 ? zerr_code(e, ENOMEM, "faults") : 0;
}

static int check_download(const struct image_env *env, const struct image *i, struct strv *faults,
			  struct zerr *e)
{
	AUTO_CLOSE int fd = cache_find_root(env, i, e);
	char hex[HASH_HEX];
	int r;

	if (fd < 0) /* flushed since: nothing wrong with that */
		return fd == -ENOENT ? 0 : fd;
	r = hash_fd(fd, hex, e);
	if (r == 0 && strcmp(hex, i->fingerprint) != 0 &&
	    strv_addf(faults, "%.12s: its download in the cache has SHA-256 %.12s", i->fingerprint,
		      hex) < 0)
		r = zerr_code(e, ENOMEM, "faults");
	return r;
}

int image_verify(const struct image_env *env, const char *fingerprint, struct strv *faults,
		 struct zerr *e)
{
	AUTO_IMAGE struct image i = { 0 };
	AUTO_CLOSE int dir = image_store_dir(env, fingerprint, e);
	int r;

	if (dir < 0)
		return dir;
	r = image_store_load(env, fingerprint, &i, e);
	if (r == -EPROTO) { /* a damaged record is what we look for */
		r = strv_add(faults, e->msg);
		*e = (struct zerr){ 0 };
		return r < 0 ? zerr_code(e, ENOMEM, "faults") : 0;
	}
	if (r == 0)
		r = check_tree(dir, &i, faults, e);
	if (r == 0 && i.server)
		r = check_download(env, &i, faults, e);
	return r;
}
