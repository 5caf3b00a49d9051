/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where two read-only subvolumes can differ, by the kernel's own comparison of their metadata: the
 * stream that it sends for the way from one to the other, without data, read for its paths alone.
 * Some are those of halfway, and of the names of a file only one is told: so what comes out is
 * where to look, not what changed.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/subvol.h"
#include "storage/backends.h"

#define STREAM_MOST \
	(16U << 20)	/* bytes; with more changes than that, to look at all is no slower */
#define NAMES_SIZE 4096 /* the kernel gives no more */

/* From fs/btrfs/send.h of Linux, where the stream is defined. */
#define MAGIC "btrfs-stream"
struct stream_head {
	char magic[sizeof(MAGIC)];
	uint32_t version;
} __attribute__((packed));
struct command_head {
	uint32_t len; /* of the attributes */
	uint16_t command;
	uint32_t crc;
} __attribute__((packed));
struct attribute_head {
	uint16_t type, len;
} __attribute__((packed));
enum { COMMAND_END = 21 };
enum { ATTRIBUTE_PATH = 15, ATTRIBUTE_PATH_TO = 16, ATTRIBUTE_PATH_LINK = 17 };

/* ---- paths ---------------------------------------------------------------------------------- */

/* @path and the directories that it is in. */
static int add(struct strv *to, const char *path, size_t len)
{
	for (size_t n = len; n > 0; n--) {
		if (n < len && path[n] != '/')
			continue;
		if (strv_addf(to, "%.*s", (int)n, path) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* All names that the file @ino has. */
static int add_names(struct strv *to, int root, uint64_t ino)
{
	union {
		struct btrfs_data_container head;
		char bytes[NAMES_SIZE];
	} names;
	struct btrfs_ioctl_ino_path_args a = { .inum = ino,
					       .size = sizeof(names),
					       .fspath = (uintptr_t)&names };
	int r = 0;

	if (ioctl(root, BTRFS_IOC_INO_PATHS, &a) < 0)
		return -errno;
	if (names.head.elem_missed)
		return -E2BIG;
	for (uint32_t i = 0; i < names.head.elem_cnt && r == 0; i++) {
		const char *path = (const char *)names.head.val + names.head.val[i];

		r = add(to, path, strlen(path));
	}
	return r;
}

/* What @path is in @root, if anything: its other names, too. */
static int add_links(struct strv *to, int root, const char *path)
{
	AUTO_CLOSE int fd = fs_open_below(root, path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || st.st_nlink < 2)
		return 0;
	return add_names(to, root, st.st_ino);
}

/* ---- the stream ----------------------------------------------------------------------------- */

/* The paths among the attributes of one command. */
static int take_paths(struct strv *to, const char *p, size_t len)
{
	struct attribute_head a;
	int r = 0;

	for (; len >= sizeof(a) && r == 0; len -= a.len, p += a.len) {
		memcpy(&a, p, sizeof(a));
		a.type = le16toh(a.type);
		a.len = le16toh(a.len);
		p += sizeof(a);
		len -= sizeof(a);
		if (a.len > len)
			return -EPROTO;
		if (a.type >= ATTRIBUTE_PATH && a.type <= ATTRIBUTE_PATH_LINK)
			r = add(to, p, strnlen(p, a.len));
	}
	return r;
}

static int take_commands(struct strv *to, const char *p, size_t len)
{
	struct stream_head head;
	struct command_head c;

	memcpy(&head, p, sizeof(head));
	if (memcmp(head.magic, MAGIC, sizeof(MAGIC)) != 0)
		return -EPROTO;
	p += sizeof(head);
	len -= sizeof(head);
	while (len >= sizeof(c)) {
		memcpy(&c, p, sizeof(c));
		p += sizeof(c);
		len -= sizeof(c);
		if (le16toh(c.command) == COMMAND_END)
			return 0;
		if (le32toh(c.len) > len)
			return -EPROTO;
		const int r = take_paths(to, p, le32toh(c.len));
		if (r < 0)
			return r;
		p += le32toh(c.len);
		len -= le32toh(c.len);
	}
	return -EPROTO;
}

/* A file in memory with the stream; what does not fit fails. fd or -errno. */
static int send(int old, int new)
{
	AUTO_CLOSE int fd = memfd_create("changes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct btrfs_ioctl_send_args a = { .send_fd = fd, .flags = BTRFS_SEND_FLAG_NO_FILE_DATA };
	uint64_t parent;
	const int r = subvol_number(old, &parent);

	if (r < 0)
		return r;
	a.parent_root = parent;
	if (fd < 0 || ftruncate(fd, STREAM_MOST) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0 ||
	    ioctl(new, BTRFS_IOC_SEND, &a) < 0)
		return -errno;
	return own_take_fd(&fd);
}

int btrfs_changed(int old, int new, struct strv *ret)
{
	AUTO_CLOSE int a = fs_open_below(old, ".", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int b = fs_open_below(new, ".", O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int fd = a < 0 ? a : b < 0 ? b : send(a, b);

	if (fd < 0)
		return fd;
	void *stream = mmap(NULL, STREAM_MOST, PROT_READ, MAP_SHARED, fd, 0);
	if (stream == MAP_FAILED)
		return -errno;
	int r = take_commands(ret, stream, STREAM_MOST);
	(void)munmap(stream, STREAM_MOST);
	for (size_t i = 0, n = ret->n; i < n && r == 0; i++) {
		r = add_links(ret, a, ret->v[i]);
		if (r == 0)
			r = add_links(ret, b, ret->v[i]);
	}
	strv_sort(ret);
	return r;
}
