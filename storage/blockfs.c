/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of file systems and what differs between them. Programs only make them (and give a
 * copied btrfs an identity); the rest is the kernel's. */
#include "storage/blockfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "base/sys.h"
#include "storage/layers.h"

#define ARGS_MAX   12
#define PROGRAM_MS (10 * 60 * 1000)

struct blockfs {
	const char *name;	     /* the kernel's, and the word in zone.conf */
	const char *make[ARGS_MAX];  /* program and arguments; the device comes last */
	const char *renew[ARGS_MAX]; /* for a copy; none: the kernel takes two of one identity */
	bool replays;		     /* only a log that was played back lets it do so */
	bool twins;		     /* the kernel can be told to take two of one identity */
	const char *options[4][2];   /* of the mount; a NULL value: a flag */
	int (*grow)(int root, uint64_t size);
	uint64_t least; /* bytes that its program makes one of */
};

#define MIB (UINT64_C(1) << 20)

/* ---- growing -------------------------------------------------------------------------------- */

/* From ext4's and xfs' own headers, which are not installed everywhere. */
#define EXT4_GROW _IOW('f', 16, uint64_t)
struct xfs_growth {
	uint64_t blocks;
	uint32_t imaxpct;
};
#define XFS_GROW     _IOW('X', 110, struct xfs_growth)
#define XFS_GEOMETRY _IOR('X', 100, struct xfs_geometry)
struct xfs_geometry { /* XFS_IOC_FSGEOMETRY_V1 */
	uint32_t blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct;
	uint64_t datablocks, rtblocks, rtextents, logstart;
	uint8_t uuid[16];
	uint32_t sunit, swidth;
	int32_t version;
	uint32_t flags, logsectsize, rtsectsize, dirblocksize;
};

static int grow_ext4(int root, uint64_t size)
{
	struct statvfs st;

	if (fstatvfs(root, &st) < 0)
		return -errno;
	uint64_t blocks = size / st.f_bsize;
	return ioctl(root, EXT4_GROW, &blocks) < 0 ? -errno : 0;
}

static int grow_xfs(int root, uint64_t size)
{
	struct xfs_geometry g;

	if (ioctl(root, XFS_GEOMETRY, &g) < 0)
		return -errno;
	struct xfs_growth to = { .blocks = size / g.blocksize, .imaxpct = g.imaxpct };
	if (to.blocks <= g.datablocks)
		return 0;
	return ioctl(root, XFS_GROW, &to) < 0 ? -errno : 0;
}

static int grow_btrfs(int root, uint64_t size)
{
	struct btrfs_ioctl_vol_args a = { .name = "max" };

	(void)size;
	return ioctl(root, BTRFS_IOC_RESIZE, &a) < 0 ? -errno : 0;
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct blockfs types[] = {
	{ .name = "ext4",
	  .make = { "mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E",
		    "lazy_itable_init=1,lazy_journal_init=1" },
	  .options = { { "discard", NULL }, { "errors", "remount-ro" }, { "noinit_itable", NULL } },
	  .grow = grow_ext4 },
	{ .name = "xfs",
	  .make = { "mkfs.xfs", "-q", "-f" },
	  .renew = { "xfs_db", "-x", "-c", "uuid generate" }, /* writes its log anew */
	  .replays = true,
	  .twins = true,
	  .options = { { "discard", NULL }, { "nouuid", NULL } },
	  .grow = grow_xfs,
	  .least = 300 * MIB },
	{ .name = "btrfs",
	  .make = { "mkfs.btrfs", "-q", "-f" },
	  .renew = { "btrfstune", "-f", "-m" },
	  .options = { { "discard", NULL } },
	  .grow = grow_btrfs,
	  .least = 110 * MIB },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

const struct blockfs *blockfs_find(const char *name, struct zerr *e)
{
	for (size_t i = 0; i < TYPES; i++)
		if (!name || str_eq(name, types[i].name))
			return &types[i];
	(void)zerr_as(e, ZERR_USAGE, "root.fs: '%s' is none of ext4, xfs and btrfs", name);
	return NULL;
}

const char *blockfs_name(const struct blockfs *f)
{
	return f->name;
}

int blockfs_probe(const struct blockfs *f, struct zerr *e)
{
	AUTO_CLOSE int fs = fsopen(f->name, FSOPEN_CLOEXEC);
	AUTO_FREE char *make = run_find(f->make[0]), *renew = NULL;

	if (fs < 0)
		return zerr_as(e, ZERR_HOST, "the kernel has no %s", f->name);
	if (f->renew[0])
		renew = run_find(f->renew[0]);
	if (make && (renew || !f->renew[0]))
		return 0;
	return zerr_hint(e,
			 zerr_as(e, ZERR_HOST, "no program %s on this host",
				 make ? f->renew[0] : f->make[0]),
			 "install the package that has it");
}

/* Growing a mounted ext4 takes a capability that root has not got everywhere. */
static bool has_resource(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &head, caps) == 0 && (caps[0].effective >> CAP_SYS_RESOURCE & 1);
}

const struct blockfs *blockfs_best(uint64_t size)
{
	struct zerr ignored = { 0 };

	for (size_t i = has_resource() ? 0 : 1; i < TYPES; i++)
		if (size >= types[i].least && blockfs_probe(&types[i], &ignored) == 0)
			return &types[i];
	return &types[0];
}

/* ---- programs ------------------------------------------------------------------------------- */

static int run_status(const char *const *args, const char *device, int *ret_status, struct zerr *e)
{
	const char *argv[ARGS_MAX + 2];
	size_t n = 0;

	while (args[n]) {
		argv[n] = args[n];
		n++;
	}
	argv[n++] = device;
	argv[n] = NULL;
	return run_program(&(struct run_args){ .argv = argv, .timeout_ms = PROGRAM_MS }, ret_status,
			   e);
}

static int run_on(const char *const *args, const char *device, struct zerr *e)
{
	return run_status(args, device, NULL, e);
}

bool blockfs_renews(const struct blockfs *f, bool root)
{
	return f->renew[0] && (root || !f->twins);
}

/* Its root, opened to work on: what fsmount() gives is only a place. */
static int open_root(const struct blockfs *f, const char *device, struct zerr *e)
{
	AUTO_CLOSE int mount = blockfs_mount(f, device, e);
	const int fd = mount < 0 ? mount : fs_open_below(mount, ".", O_RDONLY | O_DIRECTORY, 0);

	return mount >= 0 && fd < 0 ? zerr_code(e, -fd, "open the %s on %s", f->name, device) : fd;
}

int blockfs_renew(const struct blockfs *f, const char *device, struct zerr *e)
{
	AUTO_CLOSE int mount = f->replays ? blockfs_mount(f, device, e) : -1;

	if (f->replays && mount < 0)
		return mount;
	mount = own_close(mount);
	return f->renew[0] ? run_on(f->renew, device, e) : 0;
}

int blockfs_make(const struct blockfs *f, const char *device, int from, struct zerr *e)
{
	struct zerr ignored = { 0 };
	AUTO_CLOSE int root = -1;
	int r = run_on(f->make, device, e);

	if (r < 0)
		return r;
	root = open_root(f, device, e);
	if (root < 0)
		return root;
	(void)fs_remove(root, "lost+found",
			&ignored); /* of no use to the zone; fsck makes its own */
	if (from >= 0)
		r = copy_tree(from, root, NULL, e);
	return r < 0 || syncfs(root) == 0 ? r : zerr_sys(e, "write the root to disk");
}

/* ---- mounting ------------------------------------------------------------------------------- */

static int set_options(const struct blockfs *f, int fs, const char *device)
{
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", device, 0) < 0)
		return -1;
	for (size_t i = 0; i < 4 && f->options[i][0]; i++) {
		const char *value = f->options[i][1];

		if (fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, f->options[i][0],
			     value, 0) < 0)
			return -1;
	}
	return 0;
}

int blockfs_mount(const struct blockfs *f, const char *device, struct zerr *e)
{
	AUTO_CLOSE int fs = fsopen(f->name, FSOPEN_CLOEXEC);
	int fd = -1;

	if (fs >= 0 && set_options(f, fs, device) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? zerr_sys(e, "mount the %s on %s", f->name, device) : fd;
}

int blockfs_attach(const struct blockfs *f, const char *device, const struct volume_attach *a,
		   struct zerr *e)
{
	AUTO_CLOSE int root = blockfs_mount(f, device, e);
	int r;

	if (root < 0)
		return root;
	if (a->scratch >= 0)
		return layers_mount(
			&(struct layers){ .lower = root, .writable = -1, .lower_fresh = true }, a,
			LAYERS_ANY, e);
	r = mount_set_tree(root, a->userns, a->readonly, e);
	return r < 0 ? r : own_take_fd(&root);
}

/* What the kernel does not permit to do to a mounted ext4. */
static int grow_unmounted(const struct blockfs *f, const char *device, struct zerr *e)
{
	static const char *const check[] = { "e2fsck", "-f", "-p", NULL };
	static const char *const grow[] = { "resize2fs", NULL };
	struct zerr busy = { 0 };
	int status = 0;
	int r = f->grow == grow_ext4 ? run_status(check, device, &status, &busy) : -EPERM;

	if (r < 0 || status > 1) /* 1: something was put right */
		return zerr_hint(e,
				 zerr_as(e, ZERR_HOST,
					 "to grow the %s in use needs CAP_SYS_RESOURCE", f->name),
				 "stop the zone first");
	return run_on(grow, device, e);
}

int blockfs_grow(const struct blockfs *f, const char *device, uint64_t size, struct zerr *e)
{
	AUTO_CLOSE int root = open_root(f, device, e);
	const int r = root < 0 ? root : f->grow(root, size);

	if (root < 0 || r == 0)
		return r;
	root = own_close(root);
	return r == -EPERM ? grow_unmounted(f, device, e)
			   : zerr_code(e, -r, "grow the %s", f->name);
}
