/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC_NAME in the files that an image's metadata lists as templates becomes the zone's name: in the
 * zone's own root, never in the shared tree. The paths and the files are the image's, so hostile:
 * they are resolved inside the root, and only small regular files are touched.
 */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/image.h"

#define FILE_MAX 65536
#define WORD	 "LXC_NAME"

static int read_file(int fd, struct buf *ret)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		if ((size_t)n > FILE_MAX - ret->len)
			return -EFBIG;
		buf_add(ret, chunk, (size_t)n);
	}
	return n < 0 ? -errno : ret->failed ? -ENOMEM : 0;
}

/* 1 when there was something to replace, else 0. */
static int replace(const struct buf *in, const char *name, struct buf *out)
{
	const char *p = in->p, *end = in->p + in->len, *hit;
	int found = 0;

	while (p && p < end && (hit = memmem(p, (size_t)(end - p), WORD, strlen(WORD)))) {
		buf_add(out, p, (size_t)(hit - p));
		buf_str(out, name);
		p = hit + strlen(WORD);
		found = 1;
	}
	if (found)
		buf_add(out, p, (size_t)(end - p));
	return found;
}

/* In place: owner, mode and attributes stay, and nothing is made on a mount that maps ids. */
static int expand_file(int fd, const char *name)
{
	AUTO_BUF struct buf in = { 0 }, out = { 0 };
	int r = read_file(fd, &in);

	if (r == -EFBIG || (r == 0 && !replace(&in, name, &out)))
		return 0;
	if (r < 0 || out.failed)
		return r < 0 ? r : -ENOMEM;
	if (lseek(fd, 0, SEEK_SET) < 0 || ftruncate(fd, 0) < 0)
		return -errno;
	return fs_write_all(fd, out.p, out.len);
}

int image_expand_templates(int root, const struct image *i, const char *name, struct zerr *e)
{
	for (size_t n = 0; n < i->templates.n; n++) {
		const char *path = i->templates.v[n];
		AUTO_CLOSE int at = fs_open_in(root, path, O_PATH, 0);
		AUTO_CLOSE int fd = -1;
		struct stat st;
		int r;

		if (at < 0 || fstat(at, &st) < 0 || !S_ISREG(st.st_mode))
			continue; /* the list is only a claim of the image's */
		fd = fs_open_in(root, path, O_RDWR | O_NONBLOCK | O_NOCTTY, 0);
		r = fd < 0 ? fd : expand_file(fd, name);
		if (r < 0)
			return zerr_code(e, -r, "template file %s", path);
	}
	return 0;
}
