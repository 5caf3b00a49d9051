/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unpacking and packing: decoder, archive and confined child put together. Nothing of an archive is
 * looked at outside the child.
 */
#include "image/unpack.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/archive.h"
#include "image/confine.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/internal.h"
#include "image/layer.h"

#define CAP(name) (1ULL << (name))
/* No CAP_MKNOD: device nodes are left out, and fifos need none. */
#define CAPS_UNPACK                                                                   \
	(CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_FOWNER) | CAP(CAP_FSETID) | \
	 CAP(CAP_SETFCAP))
#define CAPS_PACK (CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_DAC_OVERRIDE))

static ssize_t next_block(void *arg, const void **ret, struct zerr *e)
{
	return decode_next(arg, ret, e);
}

/* Bytes from where @fd stands to its end, for progress; 0 for what has no size. */
static uint64_t size_left(int fd)
{
	const off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(fd, &st) < 0 || st.st_size < at)
		return 0;
	return (uint64_t)(st.st_size - at);
}

static int unpack_child(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	AUTO_DECODE struct decode *d = decode_open(fd, &stats->done, e);
	const struct archive_input in = { .next = next_block, .arg = d };
	const struct archive_unpack u = { .stats = stats };
	int r;

	(void)arg;
	if (!d)
		return -e->code;
	r = archive_unpack(&in, &u, e);
	if (r == 0 && atomic_load(&stats->entries) == 0)
		return zerr_set(e, EPROTO, "the archive is empty");
	return r;
}

static int run_unpack(const struct confined *c, struct zerr *e)
{
	struct confined_stats stats;
	int r = confined_run(c, &stats, e);

	if (r == 0 && atomic_load(&stats.skipped_xattrs))
		log_warn("unpack: %llu user.* attributes were left out, the file system takes none",
			 atomic_load(&stats.skipped_xattrs));
	return r;
}

/* What the archive says about its root, if anything, comes after. */
static int plain_root(int dirfd, struct zerr *e)
{
	if (fchown(dirfd, 0, 0) < 0 || fchmod(dirfd, 0755) < 0)
		return zerr_sys(e, "unpack: root");
	return 0;
}

int unpack_tar(int fd, int dirfd, image_progress *progress, void *arg, struct zerr *e)
{
	const struct confined c = {
		.what = "unpack",
		.root = dirfd,
		.caps = CAPS_UNPACK,
		.locale = "C",
		.fd = fd,
		.run = unpack_child,
		.progress = progress,
		.progress_arg = arg,
		.total = size_left(fd),
	};
	const int r = plain_root(dirfd, e);

	return r < 0 ? r : run_unpack(&c, e);
}

/* ---- layers --------------------------------------------------------------------------------- */

static int remove_pass(int fd, int root, struct zerr *e)
{
	atomic_ullong consumed = 0;
	AUTO_DECODE struct decode *d = decode_open(fd, &consumed, e);
	const struct archive_input in = { .next = next_block, .arg = d };

	if (!d)
		return -e->code;
	return archive_list(&in, layer_remove, &root, e);
}

static int layer_child(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	const bool lowest = *(const bool *)arg;
	AUTO_CLOSE int root = fs_open_below(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	AUTO_DECODE struct decode *d = NULL;
	struct archive_input in = { .next = next_block };
	const struct archive_unpack u = {
		.through_links = true,
		.before = layer_make_room,
		.arg = &root,
		.stats = stats,
	};
	int r = root < 0 ? zerr_code(e, -root, "layer") : 0;

	if (r == 0 && !lowest)
		r = remove_pass(fd, root, e);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = zerr_sys(e, "layer");
	if (r < 0)
		return r;
	d = decode_open(fd, &stats->done, e);
	if (!d)
		return -e->code;
	in.arg = d;
	return archive_unpack(&in, &u, e);
}

int unpack_layer(int fd, int dirfd, bool lowest, image_progress *progress, void *arg,
		 struct zerr *e)
{
	struct confined c = {
		.what = "unpack",
		.root = dirfd,
		.caps = CAPS_UNPACK,
		.locale = "C",
		.fd = fd,
		.run = layer_child,
		.arg = &lowest,
		.progress = progress,
		.progress_arg = arg,
	};

	int r = lowest ? plain_root(dirfd, e) : 0;

	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return zerr_sys(e, "layer");
	c.total = size_left(fd);
	return run_unpack(&c, e);
}

/* ---- packing -------------------------------------------------------------------------------- */

static int pack_child(int fd, struct confined_stats *stats, void *arg, struct zerr *e)
{
	AUTO_ENCODE struct encode *x = encode_open(fd, &encode_xz, e);
	const struct archive_output out = { .write = encode_write, .arg = x };
	int r;

	(void)arg;
	if (!x)
		return -e->code;
	r = archive_pack(&out, stats, e);
	return r < 0 ? r : encode_end(x, e);
}

int pack_tree(int dirfd, int fd, image_progress *progress, void *arg, struct zerr *e)
{
	const struct confined c = {
		.what = "pack",
		.root = dirfd,
		.readonly = true,
		.caps = CAPS_PACK,
		.locale = "C.UTF-8", /* pax names are UTF-8; others are marked as binary */
		.fd = fd,
		.run = pack_child,
		.progress = progress,
		.progress_arg = arg,
	};

	return confined_run(&c, NULL, e);
}
