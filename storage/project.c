/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Project quotas, by quotactl_fd() and the attributes that xfs brought to the kernel. Whatever is
 * not a file or directory cannot be put into a project later; its bytes do not count. */
#include "storage/project.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "base/walk.h"

#define BLOCK 1024 /* bytes that a unit of the limits is */

static int control(int dir, int cmd, uint32_t number, void *arg)
{
	return sys_quotactl_fd(dir, (unsigned)QCMD(cmd, PRJQUOTA), (int)number, arg) < 0 ? -errno
											 : 0;
}

int project_check(int dir, struct zerr *e)
{
	const uint16_t wanted = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
	struct fs_quota_stat st = { .qs_version = FS_QSTAT_VERSION };
	int r = control(dir, Q_XGETQSTAT, 0, &st);

	if (r == 0 && (st.qs_flags & wanted) == wanted)
		return 0;
	r = zerr_as(e, ZERR_HOST, "a size needs project quotas, and this file system has none");
	return zerr_hint(e, r,
			 "mount it with the option prjquota (ext4 also needs tune2fs -O project)");
}

static int set_project(int fd, uint32_t number, bool directory)
{
	const uint32_t inherit = directory ? FS_XFLAG_PROJINHERIT : 0; /* ext4: not of a file */
	struct fsxattr x;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		return -errno;
	if (x.fsx_projid == number && (x.fsx_xflags & inherit) == inherit)
		return 0;
	x.fsx_projid = number;
	x.fsx_xflags |= inherit;
	return ioctl(fd, FS_IOC_FSSETXATTR, &x) < 0 ? -errno : 0;
}

static int join_entry(void *ctx, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	AUTO_CLOSE int fd = fs_open_below(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	const int r = fd < 0 ? fd : set_project(fd, *(const uint32_t *)ctx, S_ISDIR(st.st_mode));

	return r == -ENOENT ? 0 : r;
}

int project_join(int dir, uint32_t number, bool deep, struct zerr *e)
{
	static const struct walk_ops ops = { .entry = join_entry, .leave = join_entry };
	int r = set_project(dir, number, true);

	if (r == 0 && deep)
		r = walk_tree(dir, &ops, &number);
	return r < 0 ? zerr_code(e, -r, "project quota") : 0;
}

uint32_t project_of(int dir)
{
	struct fsxattr x;

	return ioctl(dir, FS_IOC_FSGETXATTR, &x) == 0 ? x.fsx_projid : 0;
}

int project_limit(int dir, uint32_t number, uint64_t size, struct zerr *e)
{
	struct if_dqblk limit = {
		.dqb_bhardlimit = size / BLOCK,
		.dqb_bsoftlimit = 0,
		.dqb_valid = QIF_BLIMITS,
	};
	const int r = control(dir, Q_SETQUOTA, number, &limit);

	return r < 0 ? zerr_code(e, -r, "project quota") : 0;
}

int project_used(int dir, uint32_t number, uint64_t *ret)
{
	struct if_dqblk now = { 0 };
	const int r = control(dir, Q_GETQUOTA, number, &now);

	if (r == 0)
		*ret = now.dqb_curspace;
	return r;
}
