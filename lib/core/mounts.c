/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside: the trees that came with the go are put in place, what only the zone's own namespaces can
 * mount is mounted, and the host's tree is let go. All targets are looked up in the root without
 * following links: a hostile root can at worst make its own start fail.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"

/* The directory that @path is in. fd. */
static int make_parent(int root, const char *path, struct zerr *e)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");

	return dir ? fs_subdirs(root, dir, 0755, e) : zerr_code(e, ENOMEM, "/%s", path);
}

/* The directory (or with @file the file) @path below @root, made when missing. O_PATH fd. */
static int target(int root, const char *path, bool file, struct zerr *e)
{
	int fd = fs_open_below(root, path, O_PATH | (file ? 0 : O_DIRECTORY), 0);

	if (fd == -ENOENT && file) {
		AUTO_CLOSE int parent = make_parent(root, path, e);
		AUTO_CLOSE int made =
			parent < 0 ? parent
				   : fs_open_below(root, path, O_CREAT | O_EXCL | O_WRONLY, 0644);

		fd = made < 0 ? made : fs_open_below(root, path, O_PATH, 0);
	} else if (fd == -ENOENT) {
		fd = fs_subdirs(root, path, 0755, e);
	}
	if (fd == -ELOOP)
		return zerr_set(e, ELOOP, "/%s is a symbolic link in the root file system", path);
	return fd < 0 ? zerr_code(e, -fd, "/%s", path) : fd;
}

static int put(int root, int tree, const char *path, bool file, struct zerr *e)
{
	AUTO_CLOSE int to = target(root, path, file, e);

	if (to < 0)
		return to;
	if (move_mount(tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "mount /%s", path);
	return 0;
}

static int put_new(int root, const char *type, const char *path, unsigned attrs, struct zerr *e)
{
	AUTO_CLOSE int ctx = fsopen(type, FSOPEN_CLOEXEC);

	if (ctx < 0 || fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return zerr_sys(e, "%s", type);
	AUTO_CLOSE int fd = fsmount(ctx, FSMOUNT_CLOEXEC, attrs);
	if (fd < 0)
		return zerr_sys(e, "%s: mount", type);
	return put(root, fd, path, false, e);
}

/* Bind @from on @to, both below @root. A missing @from is fine. */
static int bind_below(int root, const char *from, const char *to, bool readonly, struct zerr *e)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO_CLOSE int source = fs_open_below(root, from, O_PATH, 0);
	AUTO_CLOSE int over = fs_open_below(root, to, O_PATH, 0);

	if (source < 0 || over < 0)
		return 0;
	AUTO_CLOSE int tree = open_tree(source, "",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
						(readonly ? AT_RECURSIVE : 0));
	if (tree < 0)
		return zerr_sys(e, "bind /%s", from);
	if (readonly && mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro, sizeof(ro)) < 0)
		return zerr_sys(e, "read-only /%s", from);
	if (move_mount(tree, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "bind /%s on /%s", from, to);
	return 0;
}

static const struct {
	enum tree tree;
	const char *path;
} places[] = { { TREE_DEV, "dev" },
	       { TREE_PTS, "dev/pts" },
	       { TREE_SHM, "dev/shm" },
	       { TREE_RUN, "run" },
	       { TREE_HOST, "run/host" },
	       { TREE_CREDENTIALS, "run/host/credentials" },
	       { TREE_EXPORT, "run/host/unix-export" },
	       { TREE_TMP, "tmp" } };

/* proc and sysfs need a fully visible instance in this namespace: so before the old root goes. */
static int kernel_mounts(int root, int sys, struct zerr *e)
{
	const unsigned safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int r = put_new(root, "proc", "proc", safe, e);

	if (r == 0)
		r = sys >= 0 ? put(root, sys, "sys", false, e)
			     : put_new(root, "sysfs", "sys", safe | MOUNT_ATTR_RDONLY, e);
	if (r == 0)
		r = put_new(root, "cgroup2", "sys/fs/cgroup", safe, e);
	if (r == 0 && put_new(root, "mqueue", "dev/mqueue", safe, e) < 0)
		*e = (struct zerr){ 0 }; /* a kernel without POSIX queues */
	return r;
}

static int lxcfs_mounts(const struct gift *g, int root, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < LXCFS_FILES && r == 0; i++)
		if (g->lxcfs[i] >= 0)
			r = zerr_in(e, put(root, g->lxcfs[i], lxcfs_places[i], true, e), "lxcfs");
	return r;
}

int mounts_put(int root, int tree, const char *target, struct zerr *e)
{
	struct stat st;
	const bool file = fstat(tree, &st) == 0 && !S_ISDIR(st.st_mode);

	return put(root, tree, target + strspn(target, "/"), file, e);
}

static int user_mounts(const struct boot *b, const struct gift *g, int root, struct zerr *e)
{
	for (size_t i = 0; i < b->z->spec.mounts_n; i++) {
		const struct mount_spec *m = &b->z->spec.mounts[i];
		/* -1: optional, and its source is missing */
		const int r = g->mount[i] < 0 ? 0 : mounts_put(root, g->mount[i], m->target, e);

		if (r < 0)
			return zerr_in(e, r, "mount.%s", m->name);
	}
	return 0;
}

static int attach_root(int root, struct zerr *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return zerr_sys(e, "cut propagation");
	return move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0
		       ? zerr_sys(e, "root")
		       : 0;
}

/* The root becomes "/", the host's tree goes. */
static int enter(int root, struct zerr *e)
{
	if (fchdir(root) < 0 || sys_pivot_root(".", ".") < 0)
		return zerr_sys(e, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return zerr_sys(e, "let the host's tree go");
	if (chdir("/") < 0)
		return zerr_sys(e, "chdir /");
	return 0;
}

int mounts_become_root(int root, struct zerr *e)
{
	const int r = attach_root(root, e);

	return r == 0 ? enter(root, e) : r;
}

int mounts_inside(const struct boot *b, const struct gift *g, struct zerr *e)
{
	const int root = g->tree[TREE_ROOT];
	int r = attach_root(root, e);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == 0; i++)
		if (g->tree[places[i].tree] >= 0)
			r = put(root, g->tree[places[i].tree], places[i].path, false, e);
	if (r == 0)
		r = kernel_mounts(root, g->tree[TREE_SYS], e);
	if (r == 0)
		r = lxcfs_mounts(g, root, e);
	if (r == 0)
		r = bind_below(root, "dev/pts/0", "dev/console", false, e);
	if (r == 0 && g->tree[TREE_JOURNAL] >= 0)
		r = put(root, g->tree[TREE_JOURNAL], b->hand->journal, false, e);
	if (r == 0)
		r = user_mounts(b, g, root, e);
	return r == 0 ? enter(root, e) : r;
}

/* Read-only: the zone's services must not write here. Root of a user namespace could undo it; the
 * namespace itself is the boundary. */
static const char *const read_only[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sysrq-trigger" };

static const char *const masked[] = { "proc/kcore",
				      "proc/keys",
				      "proc/latency_stats",
				      "proc/timer_list",
				      "proc/sched_debug",
				      "proc/kallsyms",
				      "proc/scsi",
				      "proc/acpi",
				      "proc/asound",
				      "proc/interrupts",
				      "sys/firmware",
				      "sys/kernel/debug",
				      "sys/kernel/tracing",
				      "sys/kernel/security",
				      "sys/kernel/slab",
				      "sys/fs/pstore",
				      "sys/devices/virtual/powercap",
				      "sys/devices/virtual/dmi" };

/* Files of /run/host that stand in for the kernel's. */
static const struct {
	const char *source, *path;
} covered[] = {
	{ "boot-id", "proc/sys/kernel/random/boot_id" },
	{ "kmsg", "proc/kmsg" },
};

/* Put @source of @host, the tree of /run/host itself (a mount of the zone's may hide its place),
 * over @path; NULL: what nobody may read. */
static int cover(int root, int host, const char *source, const char *path, struct zerr *e)
{
	struct stat st;

	AUTO_CLOSE int over = fs_open_below(root, path, O_PATH, 0);
	if (over < 0 || fstat(over, &st) < 0)
		return 0; /* this kernel has no such file */
	if (!source)
		source = S_ISDIR(st.st_mode) ? "inaccessible/dir" : "inaccessible/reg";
	AUTO_CLOSE int tree =
		open_tree(host, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0 ||
	    move_mount(tree, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "cover /%s", path);
	return 0;
}

/* /proc/sys read-only, but what belongs to a network namespace of the zone's own. */
static int protect_sysctls(int root, bool own_net, struct zerr *e)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO_CLOSE int sys = fs_open_below(root, "proc/sys", O_PATH, 0);
	AUTO_CLOSE int net = fs_open_below(root, "proc/sys/net", O_PATH, 0);

	if (sys < 0 || net < 0)
		return zerr_code(e, ENOENT, "/proc/sys");
	AUTO_CLOSE int all =
		open_tree(sys, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	AUTO_CLOSE int own =
		open_tree(net, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (all < 0 || own < 0 || mount_setattr(all, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0 ||
	    move_mount(all, "", sys, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "/proc/sys read-only");
	if (!own_net)
		return 0;
	AUTO_CLOSE int over = fs_open_below(root, "proc/sys/net", O_PATH, 0);
	if (over < 0 ||
	    move_mount(own, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "/proc/sys/net");
	return 0;
}

int mounts_protect(const struct boot *b, const struct gift *g, struct zerr *e)
{
	AUTO_CLOSE int root = fs_open_dir("/", e);
	int r = root < 0 ? root : protect_sysctls(root, b->share == NET_OWN, e);

	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]) && r == 0; i++)
		r = bind_below(root, read_only[i], read_only[i], true, e);
	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]) && r == 0; i++)
		r = cover(root, g->tree[TREE_HOST], NULL, masked[i], e);
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]) && r == 0; i++)
		r = cover(root, g->tree[TREE_HOST], covered[i].source, covered[i].path, e);
	if (r == 0 && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		r = zerr_sys(e, "share mounts inside");
	return r;
}
