/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program does what changes LVM's metadata; argument vectors only, answers never asked for.
 * What is looked at all the time is asked from device-mapper directly: a line of text for each
 * device, as dmsetup(8) prints it.
 */
#include "storage/lvmcmd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/run.h"

#define ARGS_MAX   20
#define PROGRAM_MS (5 * 60 * 1000)
#define SECTOR	   512

/* All of its words in one line: the cause is seldom in the last. */
static void tell_words(int fd, struct zerr *e)
{
	char text[512];
	const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	AUTO_STRV struct strv lines = { 0 };
	AUTO_BUF struct buf b = { 0 };

	text[n < 0 ? 0 : n] = '\0';
	if (strv_split(&lines, text, "\n") < 0)
		return;
	for (size_t i = 0; i < lines.n; i++)
		buf_fmt(&b, "%s%s", i ? "; " : "", lines.v[i] + strspn(lines.v[i], " \t"));
	(void)zerr_set(e, EIO, "%s", b.p ? b.p : "it says nothing");
}

int lvm_run(const char *const *args, struct buf *out, struct zerr *e)
{
	static const char *const env[] = { "LVM_SUPPRESS_FD_WARNINGS=1", NULL };
	const char *argv[ARGS_MAX + 5] = { "lvm", args[0] };
	AUTO_CLOSE int words = memfd_create("lvm", MFD_CLOEXEC);
	int status = 0;
	size_t n = 2;

	if (words < 0)
		return zerr_sys(e, "memory file");
	if (access("/run/udev/control", F_OK) < 0) { /* nobody else makes its nodes */
		argv[n++] = "--config";
		argv[n++] = "activation { udev_sync=0 udev_rules=0 }";
	}
	for (size_t i = 1; args[i] && i <= ARGS_MAX; i++)
		argv[n++] = args[i];
	const struct run_args a = {
		.argv = argv, .env = env, .out = out, .stderr_fd = words, .timeout_ms = PROGRAM_MS
	};
	const int r = run_program(&a, &status, e);
	if (r < 0 || status == 0)
		return r;
	tell_words(words, e);
	return zerr_in(e, -EIO, "%s", args[0]);
}

int lvm_ask(const char *const *args, struct strv *ret, struct zerr *e)
{
	const char *all[ARGS_MAX + 1] = { args[0], "-qq", "--noheadings" };
	AUTO_BUF struct buf out = { 0 };
	size_t n = 3;

	for (size_t i = 1; args[i] && n < ARGS_MAX; i++)
		all[n++] = args[i];
	const int r = lvm_run(all, &out, e);
	if (r < 0)
		return r;
	return strv_split(ret, out.p ? out.p : "", " \n") < 0 ? zerr_code(e, ENOMEM, "lvm") : 0;
}

/* ---- device-mapper -------------------------------------------------------------------------- */

/* "GROUP-NAME[-SUFFIX]" with the hyphens inside doubled. */
static char *dm_name(const char *group, const char *name, const char *suffix)
{
	const char *const parts[] = { group, name };
	AUTO_BUF struct buf b = { 0 };

	for (int i = 0; i < 2; i++) {
		if (i)
			buf_char(&b, '-');
		for (const char *p = parts[i]; *p; p++)
			buf_fmt(&b, *p == '-' ? "--" : "%c", *p);
	}
	buf_str(&b, suffix);
	return b.failed || b.len >= DM_NAME_LEN ? NULL : own_take(b.p);
}

char *lvm_node(const char *group, const char *name)
{
	AUTO_FREE char *dm = dm_name(group, name, "");

	return dm ? str_fmt("/dev/mapper/%s", dm) : NULL;
}

/* To open it loads the driver; the node alone is made by devtmpfs, driver or not. */
static int open_control(void)
{
	const int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int lvm_check_host(struct zerr *e)
{
	AUTO_BUF struct buf version = { 0 };
	const int r = lvm_run((const char *const[]){ "version", NULL }, &version, e);
	AUTO_CLOSE int fd = r < 0 ? r : open_control();

	if (r < 0 || fd >= 0)
		return r;
	if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO)
		return zerr_as(e, ZERR_HOST, "the kernel has no device-mapper");
	return zerr_code(e, -fd, "device-mapper");
}

/* The status of the device's first target. 0 or -errno. */
static int dm_status(const char *name, char *ret, size_t size)
{
	union {
		struct dm_ioctl head;
		char bytes[4096];
	} io = { .head = { .version = { DM_VERSION_MAJOR, 0, 0 },
			   .data_size = sizeof(io),
			   .data_start = sizeof(struct dm_ioctl),
			   .flags = DM_NOFLUSH_FLAG } };
	AUTO_CLOSE int fd = open_control();

	if (fd < 0)
		return fd;
	(void)snprintf(io.head.name, sizeof(io.head.name), "%s", name);
	if (ioctl(fd, DM_TABLE_STATUS, &io) < 0)
		return -errno;
	if (io.head.target_count == 0 || (io.head.flags & DM_BUFFER_FULL_FLAG))
		return -ENODATA;
	(void)snprintf(ret, size, "%s",
		       io.bytes + io.head.data_start + sizeof(struct dm_target_spec));
	return 0;
}

int lvm_room(const char *group, const char *pool, struct lvm_room *ret)
{
	unsigned long long id, meta_used, meta_all, used, all;
	char text[512];
	AUTO_FREE char *used_name = dm_name(group, pool, "-tpool"),
		       *plain = dm_name(group, pool, "");
	const char *dm = used_name;
	int r = dm ? dm_status(dm, text, sizeof(text)) : -ENOMEM;

	if (r == -ENXIO && (dm = plain)) /* with no volume in use it is the pool itself */
		r = dm_status(dm, text, sizeof(text));
	AUTO_FREE char *node = dm ? str_fmt("/dev/mapper/%s", dm) : NULL;
	if (r < 0 || !node)
		return r < 0 ? r : -ENOMEM;
	if (sscanf(text, "%llu %llu/%llu %llu/%llu", &id, &meta_used, &meta_all, &used, &all) !=
		    5 ||
	    !meta_all || !all)
		return -EPROTO;
	AUTO_CLOSE int fd = open(node, O_RDONLY | O_CLOEXEC);
	uint64_t size = 0;
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
		return -errno;
	*ret = (struct lvm_room){ .size = size,
				  .used = size / all * used,
				  .metadata = (unsigned)(100 * meta_used / meta_all) };
	return 0;
}

int lvm_mapped(const char *group, const char *name, uint64_t *ret)
{
	unsigned long long sectors;
	char text[512];
	AUTO_FREE char *dm = dm_name(group, name, "");
	const int r = dm ? dm_status(dm, text, sizeof(text)) : -ENOMEM;

	if (r < 0)
		return r;
	if (sscanf(text, "%llu", &sectors) != 1)
		return -EPROTO;
	*ret = sectors * SECTOR;
	return 0;
}

/* ---- commands ------------------------------------------------------------------------------- */

bool lvm_is_active(const char *group, const char *name)
{
	AUTO_FREE char *node = lvm_node(group, name);

	return node && access(node, F_OK) == 0;
}

bool lvm_has_group(const char *group)
{
	AUTO_FREE char *which = str_fmt("vg_name=%s && vg_missing_pv_count=0", group);
	const char *const args[] = { "vgs", "-o", "vg_name", "-S", which, NULL };
	AUTO_STRV struct strv found = { 0 };

	return !which || lvm_ask(args, &found, &(struct zerr){ 0 }) < 0 || found.n > 0;
}

int lvm_activate(const char *group, const char *name, struct zerr *e)
{
	AUTO_FREE char *path = str_fmt("%s/%s", group, name);
	const char *const args[] = { "lvchange", "-qq", "-ay", "-K", path, NULL };

	if (!path)
		return zerr_code(e, ENOMEM, "lvm");
	return lvm_is_active(group, name) ? 0 : lvm_run(args, NULL, e);
}

/* The attributes of what the group has of that name, if it has. */
static int find(const char *group, const char *name, struct strv *ret, struct zerr *e)
{
	AUTO_FREE char *which = str_fmt("vg_name=%s && lv_name=%s", group, name);
	const char *const args[] = { "lvs", "-o", "lv_attr", "-S", which, NULL };

	return which ? lvm_ask(args, ret, e) : zerr_code(e, ENOMEM, "lvm");
}

/* The program is slow to begin: what is seldom so is asked only when it failed. */
int lvm_remove(const char *group, const char *name, struct zerr *e)
{
	AUTO_FREE char *path = str_fmt("%s/%s", group, name);
	AUTO_STRV struct strv there = { 0 };
	const char *const args[] = { "lvremove", "-qq", "-f", "-y", path, NULL };
	struct zerr missing = { 0 };

	if (!path)
		return zerr_code(e, ENOMEM, "lvm");
	const int r = lvm_run(args, NULL, e);
	if (r < 0 && find(group, name, &there, &missing) == 0 && !there.n) {
		*e = (struct zerr){ 0 };
		return 0;
	}
	return r;
}

int lvm_check_pool(const char *group, const char *pool, struct zerr *e)
{
	AUTO_STRV struct strv there = { 0 };
	struct lvm_room room;
	int r = lvm_room(group, pool, &room) == 0 ? 1 : find(group, pool, &there, e);

	if (r != 0)
		return r < 0 ? r : 0; /* one that is active needs no looking for */
	if (there.n && there.v[0][0] == 't')
		return 0;
	r = zerr_as(e, ZERR_HOST, "no thin pool %s/%s", group, pool);
	return zerr_hint(e, r,
			 "zone pool create NAME --lvm makes one; lvm.vg and lvm.pool name it");
}
