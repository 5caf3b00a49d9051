/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * push and pull. The root is a mount tree idmapped to the zone, the running one's or a detached
 * one; a forked child takes the zone's base as its file system ids, so that what it makes belongs
 * to the zone, and every path inside is resolved in the root: a link there leads nowhere else.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/copy.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/sys.h"
#include "core/rootfd.h"
#include "core/state.h"
#include "core/userns.h"

/* ---- copying --------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where inside a name goes, split into an open directory and a name in it. */
static int open_target(int root, const char *destination, const char *source, char name[static 256],
		       struct zerr *e)
{
	struct stat st;
	AUTO_CLOSE int there = fs_open_in(root, destination, O_PATH, 0);

	if (there >= 0 && fstat(there, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (str_eq(source, "-"))
			return zerr_as(e, ZERR_USAGE, "%s is a directory: give the name of a file",
				       destination);
		(void)snprintf(name, 256, "%s", last_part(source));
		const int dir = fs_open_in(root, destination, O_RDONLY | O_DIRECTORY, 0);
		return dir < 0 ? zerr_code(e, -dir, "%s", destination) : dir;
	}
	AUTO_FREE char *parent = strdup(destination);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	if (!parent)
		return zerr_code(e, ENOMEM, "copy");
	(void)snprintf(name, 256, "%s", slash ? slash + 1 : parent);
	if (!name[0])
		return zerr_set(e, ENOENT, "%s: no such directory in the zone", destination);
	if (slash)
		*slash = '\0';
	const int dir =
		fs_open_in(root, slash && parent[0] ? parent : "/", O_RDONLY | O_DIRECTORY, 0);
	return dir < 0 ? zerr_code(e, -dir, "%s", destination) : dir;
}

static int pump(int from, int to, const char *what, struct zerr *e)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(from, chunk, sizeof(chunk))) > 0) {
		const int r = fs_write_all(to, chunk, (size_t)n);

		if (r < 0)
			return zerr_code(e, -r, "%s: write", what);
		if (steps_check(e) < 0)
			return -EINTR;
	}
	return n < 0 ? zerr_sys(e, "%s: read", what) : 0;
}

/* One regular file from @from into @dir/@name: written beside, then renamed over. */
static int copy_file(int from, int dir, const char *name, const struct stat *st, struct zerr *e)
{
	char temp[280];

	(void)snprintf(temp, sizeof(temp), ".%.240s.zone-%d", name, (int)getpid());
	AUTO_CLOSE int to = fs_open_below(dir, temp, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (to < 0)
		return zerr_code(e, -to, "%s", name);
	int r = pump(from, to, name, e);
	if (r == 0 && fchmod(to, st ? st->st_mode & 0777 : 0644) < 0)
		r = zerr_sys(e, "%s: mode", name);
	if (r == 0 && st) {
		const struct timespec times[] = { st->st_atim, st->st_mtim };

		(void)futimens(to, times); /* a file system without times keeps the new ones */
	}
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = zerr_sys(e, "%s", name);
	if (r < 0)
		(void)unlinkat(dir, temp, 0);
	return r;
}

static int copy_any(int from_dir, const char *from, int dir, const char *name, unsigned depth,
		    struct zerr *e);

/* As whom we are here: the zone's ids would not take the host's root for an owner. */
static int make_directory(int dir, const char *name, mode_t mode, struct zerr *e)
{
	const bool made = mkdirat(dir, name, mode) == 0;

	if (!made && errno != EEXIST)
		return zerr_sys(e, "%s", name);
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return zerr_code(e, -fd, "%s", name);
	if (made && fchmod(fd, mode) < 0) /* without the set-group-ID of its parent */
		return zerr_sys(e, "%s: mode", name);
	return own_take_fd(&fd);
}

static int copy_directory(int from, int dir, const char *name, mode_t mode, unsigned depth,
			  struct zerr *e)
{
	AUTO_CLOSE int to = make_directory(dir, name, mode & 0777, e);
	struct dirent *d;
	int r = 0;

	if (to < 0)
		return to;
	if (depth > 256)
		return zerr_set(e, ELOOP, "%s: nested too deep", name);
	const int dup = fcntl(from, F_DUPFD_CLOEXEC, 3);
	AUTO_CLOSEDIR DIR *list = dup < 0 ? NULL : fdopendir(dup);
	while (list && (d = readdir(list)) && r == 0)
		if (!str_eq(d->d_name, ".") && !str_eq(d->d_name, ".."))
			r = copy_any(from, d->d_name, to, d->d_name, depth + 1, e);
	return r;
}

static int copy_link(int from_dir, const char *from, int dir, const char *name, struct zerr *e)
{
	char target[PATH_MAX];
	const ssize_t n = readlinkat(from_dir, from, target, sizeof(target) - 1);

	if (n < 0)
		return zerr_sys(e, "%s", from);
	target[n] = '\0';
	(void)unlinkat(dir, name, 0);
	return symlinkat(target, dir, name) < 0 ? zerr_sys(e, "%s", name) : 0;
}

static int copy_any(int from_dir, const char *from, int dir, const char *name, unsigned depth,
		    struct zerr *e)
{
	struct stat st;

	if (fstatat(from_dir, from, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "%s", from);
	if (S_ISLNK(st.st_mode))
		return copy_link(from_dir, from, dir, name, e);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0; /* sockets, fifos and devices are not files to carry */
	AUTO_CLOSE int fd =
		openat(from_dir, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return zerr_sys(e, "%s", from);
	if (S_ISDIR(st.st_mode))
		return copy_directory(fd, dir, name, st.st_mode, depth, e);
	return copy_file(fd, dir, name, &st, e);
}

/* ---- both ways --------------------------------------------------------------------------------
 */

static int push_one(int root, const char *source, const char *destination, struct zerr *e)
{
	char name[256];
	AUTO_CLOSE int dir = open_target(root, destination, source, name, e);

	if (dir < 0)
		return dir;
	if (str_eq(source, "-"))
		return copy_file(0, dir, name, NULL, e);
	AUTO_FREE char *plain = strdup(source);
	size_t len = plain ? strlen(plain) : 0;
	while (len > 1 && plain[len - 1] == '/')
		plain[--len] = '\0';
	if (!name[0])
		(void)snprintf(name, sizeof(name), "%s", plain ? last_part(plain) : "");
	return plain ? copy_any(AT_FDCWD, plain, dir, name, 0, e) : zerr_code(e, ENOMEM, "push");
}

/* Where on the host a pulled file goes: the directory, and the name in it. */
static int open_host_target(const char *destination, const char *source, const char **ret_name,
			    struct zerr *e)
{
	struct stat to;
	const bool into = stat(destination, &to) == 0 && S_ISDIR(to.st_mode);
	AUTO_FREE char *parent = strdup(destination);
	char *slash = parent && !into ? strrchr(parent, '/') : NULL;

	*ret_name = into ? last_part(source) : last_part(destination);
	if (slash)
		*slash = '\0';
	const char *where = into ? destination : !slash ? "." : parent[0] ? parent : "/";
	const int dir = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? zerr_sys(e, "%s", where) : dir;
}

/* The source inside, looked up in the root. */
static int open_source(int root, const char *source, struct stat *st, struct zerr *e)
{
	/* looked at before it is opened: merely to open a device node can do something to the host
	 */
	AUTO_CLOSE int there = fs_open_in(root, source, O_PATH, 0);
	char path[32];

	if (there < 0 || fstat(there, st) < 0)
		return zerr_code(e, there < 0 ? -there : errno, "%s (in the zone)", source);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return zerr_set(e, EINVAL, "%s (in the zone) is neither a file nor a directory",
				source);
	const int fd = open(fs_fd_path(there, path), O_RDONLY | O_CLOEXEC);
	return fd < 0 ? zerr_sys(e, "%s (in the zone)", source) : fd;
}

static int pull_one(int root, const char *source, const char *destination, struct zerr *e)
{
	struct stat st;
	AUTO_CLOSE int fd = open_source(root, source, &st, e);

	if (fd < 0)
		return fd;
	if (str_eq(destination, "-"))
		return S_ISREG(st.st_mode) ? pump(fd, 1, source, e)
					   : zerr_as(e, ZERR_USAGE, "%s is a directory", source);
	const char *name;
	AUTO_CLOSE int dir = open_host_target(destination, source, &name, e);
	if (dir < 0)
		return dir;
	return S_ISREG(st.st_mode) ? copy_file(fd, dir, name, &st, e)
				   : copy_directory(fd, dir, name, st.st_mode, 0, e);
}

/* File system ids of the zone's root; the capabilities that the change takes away are raised again.
 */
static int become_zone(uid_t base)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	(void)setfsgid(base);
	(void)setfsuid(base);
	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	d[0].effective = d[0].permitted;
	d[1].effective = d[1].permitted;
	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

struct transfer {
	int root;
	uid_t base;
	bool push;
	char *const *sources;
	int n;
	const char *destination;
};

/* In a child: ids and umask change, and a hostile root can at worst end it. */
static int transfer_all(void *arg, struct zerr *e)
{
	const struct transfer *t = arg;
	int r = 0;

	(void)umask(0);
	if (t->push && t->base && (r = become_zone(t->base)) < 0)
		return zerr_code(e, -r, "ids of the zone");
	for (int i = 0; i < t->n && r == 0; i++)
		r = t->push ? push_one(t->root, t->sources[i], t->destination, e)
			    : pull_one(t->root, t->sources[i], t->destination, e);
	return r;
}

int zone_copy_files(struct zone_host *h, const char *name, bool push, char *const *sources, int n,
		    const char *destination, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STATUS struct status s = { 0 };
	int r = state_load_storage(h, name, &z, &s, e);

	if (r < 0)
		return r;
	const bool runs = s.state == STATE_RUNNING || s.state == STATE_FROZEN;
	const uid_t base = runs ? (uid_t)record_u64(&s.rec, "base", 0) : zone_base(&z);
	AUTO_CLOSE int ns = runs || !base ? -1 : userns_make(base, e);
	if (!runs && base && ns < 0)
		return ns;
	AUTO_CLOSE int root = runs ? rootfd_running(&s.rec, e) : rootfd_stopped(&z, ns, !push, e);
	if (root < 0)
		return root;
	if (s.live) /* a running zone's lock is not ours to keep during a long copy */
		zone_unlock(&z);
	struct transfer t = { root, base, push, sources, n, destination };
	return child_run(transfer_all, &t, e);
}
