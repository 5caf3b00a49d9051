/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root file system tarball of this host into the store. Its fingerprint is that of the tarball,
 * so a file that was downloaded before is not unpacked again; of the metadata only what
 * image_meta_read() takes counts.
 */
#include <fcntl.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/internal.h"
#include "image/rootfs.h"

static int describe(struct image *i, const struct image_build *b, const struct stat *st,
		    const char *fingerprint)
{
	i->build = build_name(st->st_mtime);
	if (!i->build || str_set(&i->fingerprint, fingerprint) < 0 ||
	    str_set(&i->verified, "none") < 0 || str_set(&i->ref.variant, "local") < 0)
		return -ENOMEM;
	return rootfs_identify(b->rootfs, "local", "unknown", &i->ref);
}

/* @meta may be -1. */
static int make_image(const struct image_env *env, int rootfs, int meta, const char *fingerprint,
		      image_progress *progress, void *arg, struct image *i, struct zerr *e)
{
	AUTO_BUILD struct image_build b = IMAGE_BUILD_NONE;
	struct stat st;
	int r = image_store_begin(env, fingerprint, &b, e);

	if (r < 0)
		return r == -EEXIST ? image_store_load(env, fingerprint, i, e) : r;
	if (meta >= 0)
		r = image_meta_read(&b, meta, i, e);
	if (r == 0)
		r = unpack_tar(rootfs, b.rootfs, progress, arg, e);
	if (r < 0)
		return r;
	if (fstat(rootfs, &st) < 0 || describe(i, &b, &st, fingerprint) < 0)
		return zerr_code(e, ENOMEM, "image");
	return image_store_commit(env, &b, i, e);
}

/* A regular file, at its beginning. */
static int open_tarball(const char *path, struct zerr *e)
{
	AUTO_CLOSE int fd = host_open(path, O_RDONLY, e);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return zerr_as(e, ZERR_USAGE, "%s: not a file", path);
	return own_take_fd(&fd);
}

int image_local(const struct image_env *env, const char *rootfs, const char *meta,
		image_progress *progress, void *arg, struct image *ret, struct zerr *e)
{
	AUTO_IMAGE struct image i = { 0 };
	AUTO_CLOSE int fd = open_tarball(rootfs, e);
	AUTO_CLOSE int meta_fd = -1;
	char hex[HASH_HEX];
	int r;

	if (fd < 0)
		return fd;
	if (meta) {
		meta_fd = open_tarball(meta, e);
		if (meta_fd < 0)
			return meta_fd;
	}
	r = hash_fd(fd, hex, e);
	if (r == 0)
		r = make_image(env, fd, meta_fd, hex, progress, arg, &i, e);
	if (r < 0)
		return zerr_in(e, r, "%s", rootfs);
	*ret = i;
	i = (struct image){ 0 };
	return 0;
}
