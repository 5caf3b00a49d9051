/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device a file has is noted beside it, checked against what the kernel says of the device,
 * and changed only under a lock on the file. */
#include "storage/loopdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"

static int open_node(unsigned number, char path[static LOOPDEV_PATH])
{
	(void)snprintf(path, LOOPDEV_PATH, "/dev/loop%u", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

int loopdev_probe(struct zerr *e)
{
	AUTO_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	return control < 0 ? zerr_as(e, ZERR_HOST, "no loop devices: /dev/loop-control: %s",
				     strerror(errno))
			   : 0;
}

/* Its contents are @file's. An open device is not given to another file. */
static bool is_of(int fd, int file)
{
	struct loop_info64 info;
	struct stat st;

	return ioctl(fd, LOOP_GET_STATUS64, &info) == 0 && fstat(file, &st) == 0 &&
	       info.lo_inode == st.st_ino && info.lo_device == st.st_dev;
}

/* The one that @dir/@note names, while it is @file's. fd or -1. */
static int open_noted(int dir, const char *note, int file, char path[static LOOPDEV_PATH])
{
	AUTO_BUF struct buf text = { 0 };
	uint64_t number;

	if (fs_read(dir, note, 16, &text) < 0 || parse_u64(text.p, 1U << 20, &number) < 0)
		return -1;
	AUTO_CLOSE int fd = open_node((unsigned)number, path);
	return fd >= 0 && is_of(fd, file) ? own_take_fd(&fd) : -1;
}

static int configure(int fd, int file)
{
	/* Always the same, or a file system could not be mounted again: left open, the kernel's
	 * choice changes with what is below the file. Pages are what direct I/O can do everywhere.
	 */
	struct loop_config c = { .fd = (unsigned)file,
				 .block_size = LOOPDEV_BLOCK,
				 .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO };

	if (ioctl(fd, LOOP_CONFIGURE, &c) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	c.info.lo_flags =
		LO_FLAGS_AUTOCLEAR; /* the file's own file system may have no direct I/O */
	return ioctl(fd, LOOP_CONFIGURE, &c) < 0 ? -errno : 0;
}

/* A free device made @file's. fd or -errno. */
static int open_new(int file, unsigned *ret_number, char path[static LOOPDEV_PATH])
{
	AUTO_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	for (int tries = 0; control >= 0 && tries < 64; tries++) {
		const int number = ioctl(control, LOOP_CTL_GET_FREE);

		if (number < 0)
			break;
		AUTO_CLOSE int fd = open_node((unsigned)number, path);
		const int r = fd < 0 ? -errno : configure(fd, file);

		if (r == 0) {
			*ret_number = (unsigned)number;
			return own_take_fd(&fd);
		}
		if (r != -EBUSY) /* somebody was quicker */
			return r;
	}
	return control < 0 || errno ? -errno : -EBUSY;
}

/* Over what is there: on a disk that is full, devices must still be had. */
static int write_note(int dir, const char *note, unsigned number, struct zerr *e)
{
	char text[16];
	const size_t len = (size_t)snprintf(text, sizeof(text), "%010u", number);
	AUTO_CLOSE int fd = fs_open_below(dir, note, O_WRONLY, 0);

	if (fd >= 0 && pwrite(fd, text, len, 0) == (ssize_t)len)
		return 0;
	return fs_write(dir, note, text, len, 0600, false, e);
}

int loopdev_open(int dir, const char *name, char path[static LOOPDEV_PATH], bool *ret_new,
		 struct zerr *e)
{
	AUTO_FREE char *note = str_fmt(LOOPDEV_NOTE, name);
	AUTO_CLOSE int file = fs_open_below(dir, name, O_RDWR, 0);
	AUTO_CLOSE int fd = -1;
	unsigned number = 0;

	if (!note)
		return zerr_code(e, ENOMEM, "loop device");
	if (file < 0)
		return zerr_code(e, -file, "open %s", name);
	/* a descriptor of its own: the device keeps the other one, and a lock with it */
	AUTO_CLOSE int lock = fs_open_below(dir, name, O_RDONLY, 0);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return zerr_sys(e, "lock %s", name);
	fd = open_noted(dir, note, file, path);
	if (ret_new)
		*ret_new = fd < 0;
	if (fd >= 0)
		return own_take_fd(&fd);
	fd = open_new(file, &number, path);
	if (fd < 0)
		return zerr_code(e, -fd, "loop device for %s", name);
	const int r = write_note(dir, note, number, e);
	return r < 0 ? r : own_take_fd(&fd);
}

int loopdev_grown(int fd, struct zerr *e)
{
	return ioctl(fd, LOOP_SET_CAPACITY) < 0 ? zerr_sys(e, "grow the loop device") : 0;
}
