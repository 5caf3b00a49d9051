/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying one file's data, by the cheapest way that the two file systems have in common: shared
 * blocks, copying in the kernel, copying through us. Holes stay holes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"

#define CHUNK (1 << 20)

/* What says only that copy_file_range() cannot be used between these two. */
static bool not_here(int err)
{
	return err == EXDEV || err == EOPNOTSUPP || err == ENOSYS || err == EINVAL || err == EPERM;
}

/* Both offsets stand at the beginning of the range. */
static int copy_through(int from, int to, uint64_t len, uint64_t *copied)
{
	AUTO_FREE char *chunk = malloc(CHUNK);

	if (!chunk)
		return -ENOMEM;
	while (len > 0) {
		const ssize_t n = read(from, chunk, len < CHUNK ? len : CHUNK);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0; /* cut meanwhile */
		r = fs_write_all(to, chunk, (size_t)n);
		if (r < 0)
			return r;
		len -= (uint64_t)n;
		*copied += (uint64_t)n;
	}
	return 0;
}

static int copy_range(int from, int to, off_t start, off_t end, uint64_t *copied)
{
	if (lseek(from, start, SEEK_SET) < 0 || lseek(to, start, SEEK_SET) < 0)
		return -errno;
	while (start < end) {
		const ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)(end - start), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && not_here(errno))) /* 0: some file systems mean the same */
			return copy_through(from, to, (uint64_t)(end - start), copied);
		if (n < 0)
			return -errno;
		start += n;
		*copied += (uint64_t)n;
	}
	return 0;
}

static int copy_extents(int from, int to, off_t size, uint64_t *copied)
{
	off_t end = 0;

	while (end < size) {
		const off_t start = lseek(from, end, SEEK_DATA);
		int r;

		if (start < 0)
			return errno == ENXIO ? 0 : -errno; /* a hole up to the end */
		end = lseek(from, start, SEEK_HOLE);
		if (end < 0)
			return -errno;
		r = copy_range(from, to, start, end < size ? end : size, copied);
		if (r < 0)
			return r;
	}
	return 0;
}

int copy_data(int from, int to, uint64_t *ret_copied)
{
	struct stat st;
	int r;

	if (fstat(from, &st) < 0)
		return -errno;
	if (st.st_size == 0 || ioctl(to, FICLONE, from) == 0)
		return 0;
	r = copy_extents(from, to, st.st_size, ret_copied);
	if (r < 0)
		return r;
	return ftruncate(to, st.st_size) < 0 ? -errno : 0;
}
