/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stacking by overlayfs. Its layers are idmapped, not the overlay, and it keeps the credentials of
 * whoever mounted it: they must be those of the zone's base id with all capabilities, or the mount
 * "succeeds" read-only. So a short-lived child with a memory of its own does it (our own ids must
 * never be the zone's), sharing our descriptor table. Must not mount anything in our namespace.
 */
#include "storage/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/share.h"
#include "base/sys.h"
#include "storage/project.h"
#include "storage/scaffold.h"

#define LOWER_MAX 2

struct job {		      /* what the child works on */
	int lower[LOWER_MAX]; /* detached trees, top first; owned by the parent */
	unsigned lowers;
	int writable;	/* detached tree with upper/ and work/, or -1 */
	bool throwaway; /* the upper layer need not survive a crash of the host */
	uid_t base;
	enum layers_way way;
	unsigned mount_attr;
};

/* ---- upper and work ------------------------------------------------------------------------- */

int layers_make(int dir, int lower, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	int r = fs_remove(dir, "upper.new", e);

	if (r < 0 || fs_exists(dir, "upper"))
		return r;
	fd = fs_subdir(dir, "upper.new", 0700, e);
	if (fd < 0)
		return fd;
	r = copy_dir_attributes(lower, fd, e);
	if (r < 0)
		return r;
	if (renameat(dir, "upper.new", dir, "upper") < 0)
		return zerr_sys(e, "rename upper.new");
	return 0;
}

/* Between projects there is no renaming, which is what the overlay does all the time. */
static int join_project(int dir, int work, struct zerr *e)
{
	AUTO_CLOSE int upper = fs_open_below(dir, "upper", O_RDONLY | O_DIRECTORY, 0);
	const uint32_t number = upper < 0 ? 0 : project_of(upper);

	return number ? project_join(work, number, false, e) : 0;
}

/* What a crash left in work/ would make the next mount fail or cost the kernel time. */
static int reset_work(int dir, struct zerr *e)
{
	AUTO_CLOSE int work = fs_subdir(dir, "work", 0700, e);
	AUTO_CLOSE int again = -1;
	int r;

	if (work < 0)
		return work;
	if ((unlinkat(work, "work", AT_REMOVEDIR) == 0 || errno == ENOENT) &&
	    !fs_exists(work, "incompat"))
		return join_project(dir, work, e);
	r = fs_remove(dir, "work", e);
	if (r < 0)
		return r;
	again = fs_subdir(dir, "work", 0700, e);
	return again < 0 ? again : join_project(dir, again, e);
}

/* ---- the child ------------------------------------------------------------------------------ */

/* The kernel's own words stand in the context's log (6.5 and newer). */
static int fs_fail(int fs, const char *what, struct zerr *e)
{
	const int code = errno;
	char log[256];
	const ssize_t n = read(fs, log, sizeof(log) - 1);

	if (n <= 2)
		return zerr_code(e, code, "%s", what);
	log[n] = '\0';
	log[strcspn(log, "\n")] = '\0';
	zerr_clean(log);
	return zerr_code(e, code, "%s: %s", what, log + 2); /* behind "e " */
}

static int set_option(int fs, const char *key, const char *value, struct zerr *e)
{
	if (fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0)
		return fs_fail(fs, key, e);
	return 0;
}

static int set_paths(const struct job *j, int fs, int upper, int work, struct zerr *e)
{
	char lower[LOWER_MAX * 24] = "", path[32];
	size_t len = 0;
	int r;

	for (unsigned i = 0; i < j->lowers; i++)
		len += (size_t)snprintf(lower + len, sizeof(lower) - len, "%s/proc/self/fd/%d",
					i ? ":" : "", j->lower[i]);
	r = set_option(fs, "lowerdir", lower, e);
	if (r == 0 && upper >= 0)
		r = set_option(fs, "upperdir", fs_fd_path(upper, path), e);
	if (r == 0 && upper >= 0)
		r = set_option(fs, "workdir", fs_fd_path(work, path), e);
	return r;
}

static int set_fds(const struct job *j, int fs, int upper, int work, struct zerr *e)
{
	for (unsigned i = 0; i < j->lowers; i++) {
		if (fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL, j->lower[i]) < 0)
			return fs_fail(fs, "lowerdir", e);
	}
	if (upper >= 0 && (fsconfig(fs, FSCONFIG_SET_FD, "upperdir", NULL, upper) < 0 ||
			   fsconfig(fs, FSCONFIG_SET_FD, "workdir", NULL, work) < 0))
		return fs_fail(fs, "upperdir", e);
	return 0;
}

/* In the scaffold, which is the current directory. */
static int set_names(const struct job *j, int fs, struct zerr *e)
{
	int r = set_option(fs, "lowerdir", j->lowers == 1 ? "0" : "0:1", e);

	if (r == 0 && j->writable >= 0)
		r = set_option(fs, "upperdir", "w/upper", e);
	if (r == 0 && j->writable >= 0)
		r = set_option(fs, "workdir", "w/work", e);
	return r;
}

static int set_layers(const struct job *j, int fs, enum layers_way way, struct zerr *e)
{
	const int flags = O_PATH | O_DIRECTORY;
	AUTO_CLOSE int upper = -1, work = -1;

	if (way == LAYERS_NAMESPACE)
		return set_names(j, fs, e);
	if (j->writable >= 0) {
		upper = fs_open_below(j->writable, "upper", flags, 0);
		work = fs_open_below(j->writable, "work", flags, 0);
		if (upper < 0 || work < 0)
			return zerr_code(e, upper < 0 ? -upper : -work, "open the upper layer");
	}
	return way == LAYERS_PATHS ? set_paths(j, fs, upper, work, e)
				   : set_fds(j, fs, upper, work, e);
}

static int set_options(const struct job *j, int fs, struct zerr *e)
{
	static const char *const options[][2] = { { "index", "off" },
						  { "metacopy", "off" },
						  { "xino", "auto" } };
	int r = set_option(fs, "redirect_dir", j->writable >= 0 ? "on" : "follow", e);

	for (size_t i = 0; r == 0 && i < sizeof(options) / sizeof(*options); i++)
		r = set_option(fs, options[i][0], options[i][1], e);
	if (r == 0 && j->throwaway && fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		r = fs_fail(fs, "volatile", e);
	return r;
}

/* The layers under names in a directory of their own. */
static int make_scaffold(const struct job *j, struct zerr *e)
{
	AUTO_CLOSE int dir = scaffold_make(e);
	int r = dir < 0 ? dir : 0;

	for (unsigned i = 0; r == 0 && i < j->lowers; i++)
		r = scaffold_add(dir, i == 0 ? "0" : "1", j->lower[i], e);
	return r == 0 && j->writable >= 0 ? scaffold_add(dir, "w", j->writable, e) : r;
}

static int mount_by(const struct job *j, enum layers_way way, struct zerr *e)
{
	AUTO_CLOSE int fs = -1;
	int fd, r = way == LAYERS_NAMESPACE ? make_scaffold(j, e) : 0;

	if (r < 0)
		return r;
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return zerr_sys(e, "open overlay");
	r = set_layers(j, fs, way, e);
	if (r == 0)
		r = set_options(j, fs, e);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_fail(fs, "mount overlay", e);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, j->mount_attr);
	return fd < 0 ? fs_fail(fs, "mount overlay", e) : fd;
}

/* By descriptors (6.13) before by paths (6.5): what is older than both refuses a descriptor without
 * a word, but leaves a line in its log for a path. */
static int try_ways(const struct job *j, struct zerr *e)
{
	int r;

	if (j->way != LAYERS_ANY)
		return mount_by(j, j->way, e);
	r = mount_by(j, LAYERS_FDS, e);
	if (r == -EINVAL)
		r = mount_by(j, LAYERS_PATHS, e);
	if (r == -EINVAL || r == -EOPNOTSUPP || r == -ENOENT)
		r = mount_by(j, LAYERS_NAMESPACE, e);
	return r;
}

/* Writable in name only is what a mounter gets whom the upper layer's idmap does not know. */
static int check_writable(int fd, struct zerr *e)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return zerr_sys(e, "look at the overlay");
	if (st.f_flag & ST_RDONLY)
		return zerr_set(e, EROFS,
				"the overlay is read-only: its work directory cannot be used");
	return 0;
}

/* The raw calls change this task alone; libc's would look for threads to change. */
static int become(uid_t base, struct zerr *e)
{
	const uid_t keep = (uid_t)-1;

	if (base == 0)
		return 0;
	if (syscall(SYS_setresgid, keep, base, keep) < 0 ||
	    syscall(SYS_setresuid, keep, base, keep) < 0 || sys_caps_raise() < 0)
		return zerr_sys(e, "become id %u", base);
	return 0;
}

static int stack(void *ctx, struct zerr *e)
{
	const struct job *j = ctx;
	int r = become(j->base, e);
	int fd = r < 0 ? r : try_ways(j, e);

	if (fd < 0 || j->writable < 0 || (j->mount_attr & MOUNT_ATTR_RDONLY))
		return fd;
	r = check_writable(fd, e);
	if (r == 0)
		return fd;
	own_close(fd);
	return r;
}

/* ---- the parent ----------------------------------------------------------------------------- */

static int add_lower(struct job *j, int dir, int userns, struct zerr *e)
{
	const int fd = mount_clone_tree(dir, userns, false, e);

	if (fd >= 0)
		j->lower[j->lowers++] = fd;
	return fd < 0 ? fd : 0;
}

/* The bottom. A mount that is detached already cannot be cloned before Linux 6.15. */
static int add_bottom(struct job *j, const struct layers *l, int userns, struct zerr *e)
{
	if (!l->lower_fresh)
		return add_lower(j, l->lower, userns, e);
	const int fd = fcntl(l->lower, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return zerr_sys(e, "layers");
	j->lower[j->lowers++] = fd;
	return mount_set_tree(fd, userns, false, e);
}

static int set_writable(struct job *j, int dir, int userns, struct zerr *e)
{
	const int r = reset_work(dir, e);

	if (r < 0)
		return r;
	j->writable = mount_clone_tree(dir, userns, false, e);
	return j->writable < 0 ? j->writable : 0;
}

/* Without a need to write, what was written before is one more lower layer. */
static int add_layers(struct job *j, const struct layers *l, const struct volume_attach *a,
		      struct zerr *e)
{
	const bool writes = l->writable >= 0 && a->scratch < 0 && !a->readonly;
	AUTO_CLOSE int upper = -1;
	int top = l->lower, r = 0;

	if (l->writable >= 0 && !writes) {
		upper = top = fs_open_below(l->writable, "upper", O_RDONLY | O_DIRECTORY, 0);
		if (upper < 0)
			return zerr_code(e, -upper, "open the upper layer");
		r = add_lower(j, upper, a->userns, e);
	}
	if (r == 0 && a->scratch >= 0) /* before a fresh mount shows shifted owners */
		r = layers_make(a->scratch, top, e);
	if (r == 0)
		r = add_bottom(j, l, a->userns, e);
	if (r < 0)
		return r;
	if (writes)
		return set_writable(j, l->writable, a->userns, e);
	return a->scratch < 0 ? 0 : set_writable(j, a->scratch, a->userns, e);
}

int layers_mount(const struct layers *l, const struct volume_attach *a, enum layers_way way,
		 struct zerr *e)
{
	struct job j = {
		.writable = -1,
		.throwaway = a->scratch >= 0,
		.base = a->userns >= 0 ? a->base : 0,
		.way = way,
		.mount_attr = a->readonly ? MOUNT_ATTR_RDONLY : 0,
	};
	const int r = add_layers(&j, l, a, e);
	const int fd = r < 0 ? r : share_run(stack, &j, e);

	for (unsigned i = 0; i < j.lowers; i++)
		own_close(j.lower[i]);
	own_close(j.writable);
	return fd;
}
