/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The groups of a zone: made, delegated, frozen, killed, removed, read. Limits are in limits.c. */
#include "core/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/place.h"

#define DEPTH_MAX     64
#define DEPTH_TEXT    "64"
#define CGROUP2_MAGIC 0x63677270 /* linux/magic.h: CGROUP2_SUPER_MAGIC */

void cg_close(struct cg *c)
{
	c->group = own_close(c->group);
	c->monitor = own_close(c->monitor);
	c->payload = own_close(c->payload);
}

static int open_v2(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs s;

	if (fd < 0 || fstatfs(fd, &s) < 0 || s.f_type != CGROUP2_MAGIC)
		return -ENOENT;
	return own_take_fd(&fd);
}

/* Mounted elsewhere than usual: ask the mount table. */
static int search_mounts(char path[static PATH_MAX])
{
	AUTO_FCLOSE FILE *f = fopen("/proc/self/mountinfo", "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0;

	while (f && getline(&line, &cap, f) > 0) {
		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s / %4095s", path) == 1) {
			const int fd = open_v2(path);

			if (fd >= 0)
				return fd;
		}
	}
	return -ENOENT;
}

int cg_root(struct zone_host *h, struct zerr *e)
{
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char path[PATH_MAX];
	int fd = -ENOENT;

	if (h->cgroup >= 0)
		return 0;
	for (size_t i = 0; i < 2 && fd < 0; i++) {
		fd = open_v2(usual[i]);
		(void)snprintf(path, sizeof(path), "%s", usual[i]);
	}
	if (fd < 0)
		fd = search_mounts(path);
	if (fd < 0)
		return zerr_hint(e,
				 zerr_as(e, ZERR_HOST, "cgroup: no cgroup v2 hierarchy is mounted"),
				 "mount -t cgroup2 none /sys/fs/cgroup");
	h->cgroup = fd;
	h->cgroup_path = strdup(path);
	return h->cgroup_path ? 0 : zerr_code(e, ENOMEM, "cgroup");
}

/* Turn on for the children whatever controllers the group has. Each on its own: one that is refused
 * (bound to v1, real-time processes) must not keep the others off. */
static void enable_controllers(int group)
{
	AUTO_BUF struct buf have = { 0 };
	AUTO_STRV struct strv names = { 0 };
	AUTO_CLOSE int fd = fs_open_below(group, "cgroup.subtree_control", O_WRONLY, 0);
	char word[64];

	if (fd < 0 || fs_read(group, "cgroup.controllers", 4096, &have) < 0 || !have.p ||
	    strv_split(&names, have.p, " \n") < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const int n = snprintf(word, sizeof(word), "+%s", names.v[i]);

		(void)!write(fd, word,
			     (size_t)n); /* what is missing shows when a limit asks for it */
	}
}

int cg_write(int group, const char *file, const char *text)
{
	AUTO_CLOSE int fd = fs_open_below(group, file, O_WRONLY, 0);

	if (fd < 0)
		return fd;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* The files that the zone's root may write; limits stay the host's. */
static int delegate(int payload, uid_t owner, struct zerr *e)
{
	static const char *const files[] = {
		"cgroup.procs",	  "cgroup.threads",  "cgroup.subtree_control",
		"memory.reclaim", "memory.pressure", "cpu.pressure",
		"io.pressure",	  "irq.pressure",    "cgroup.pressure"
	};

	/* what is delegated can be nested, but not deeper than remove_tree() goes */
	(void)cg_write(payload, "cgroup.max.depth", DEPTH_TEXT);
	if (fchown(payload, owner, owner) < 0)
		return zerr_sys(e, "cgroup: delegate");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (fchownat(payload, files[i], owner, owner, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return zerr_sys(e, "cgroup: delegate %s", files[i]);
	return 0;
}

char *cg_path(const struct zone_host *h, const char *name, const char *child)
{
	char group[PATH_MAX];

	place_group(h, name, group);
	return str_fmt("%s%s%s", group, child ? "/" : "", child ? child : "");
}

static int make_group(int parent, const char *name, struct zerr *e)
{
	const int fd = fs_subdir(parent, name, 0755, e);

	return zerr_in(e, fd, "cgroup");
}

/* A group of our own making, with what controllers it can have. */
static int make_own(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_CLOSE int top = -1, group = -1;

	for (int tries = 0; tries < 8 && group < 0; tries++) {
		/* the last zone of others may take the top group away between the two */
		top = own_close(top);
		if ((top = make_group(h->cgroup, h->group, e)) >= 0)
			group = make_group(top, name, e);
	}
	if (group < 0)
		return group;
	*e = (struct zerr){ 0 };
	enable_controllers(h->cgroup);
	enable_controllers(top);
	return own_take_fd(&group);
}

/* systemd has made the unit's group, with all controllers, and given it to us. */
static int open_given(struct zone_host *h, const char *name, struct zerr *e)
{
	char path[PATH_MAX];

	place_group(h, name, path);
	const int fd = fs_open_below(h->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? zerr_code(e, -fd, "cgroup /%s", path) : fd;
}

int cg_make(struct zone_host *h, const char *name, uid_t owner, struct cg *ret, struct zerr *e)
{
	AUTO_CG struct cg c = CG_NONE;
	int r = cg_root(h, e);

	if (r < 0)
		return r;
	c.group = place_is_given(h, name) ? open_given(h, name, e) : make_own(h, name, e);
	if (c.group < 0)
		return c.group;
	enable_controllers(c.group);
	if ((c.monitor = make_group(c.group, "monitor", e)) < 0)
		return c.monitor;
	if ((c.payload = make_group(c.group, "payload", e)) < 0)
		return c.payload;
	if (owner && (r = delegate(c.payload, owner, e)) < 0)
		return r;
	*ret = c;
	c = (struct cg)CG_NONE;
	return 0;
}

void cg_kill_monitor(struct zone_host *h, const char *name)
{
	char path[PATH_MAX];
	struct zerr ignored = { 0 };

	if (cg_root(h, &ignored) < 0)
		return;
	place_group(h, name, path);
	(void)strncat(path, "/monitor", sizeof(path) - strlen(path) - 1);
	AUTO_CLOSE int fd = fs_open_below(h->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0)
		(void)cg_kill(fd, &ignored);
}

int cg_open(struct zone_host *h, const char *name, struct cg *ret, struct zerr *e)
{
	char path[PATH_MAX];
	const int r = cg_root(h, e);

	if (r < 0)
		return r;
	place_group(h, name, path);
	(void)strncat(path, "/payload", sizeof(path) - strlen(path) - 1);
	const int fd = fs_open_below(h->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return -ENOENT;
	*ret = (struct cg){ .group = -1, .monitor = -1, .payload = fd };
	return 0;
}

/* The zone's root names its own groups: one may begin with a dot. */
static bool is_child(const struct dirent *d)
{
	return d->d_type == DT_DIR && !str_eq(d->d_name, ".") && !str_eq(d->d_name, "..");
}

/* rmdir the group @name with all groups below it; the depth is bounded by cgroup.max.depth,
 * for level privileged here. */
static int remove_tree(int parent, const char *name, unsigned depth)
{
	AUTO_CLOSE int fd = fs_open_below(parent, name, O_RDONLY | O_DIRECTORY, 0);
	struct dirent *d;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	const int dup = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	AUTO_CLOSEDIR DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		if (is_child(d)) {
			const int r = remove_tree(fd, d->d_name, depth + 1);

			if (r < 0)
				return r;
		}
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* A group of our own making, and the one above it when we were the last. */
static int remove_own(struct zone_host *h, const char *group)
{
	if (unlinkat(h->cgroup, group, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	(void)unlinkat(h->cgroup, h->group, AT_REMOVEDIR);
	return 0;
}

int cg_remove(struct zone_host *h, const char *name, bool monitor, struct zerr *e)
{
	char path[PATH_MAX];
	int r = cg_root(h, e);

	if (r < 0)
		return r;
	place_group(h, name, path);
	AUTO_CLOSE int group = fs_open_below(h->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (group < 0)
		return 0;
	r = remove_tree(group, "payload", 0);
	if (r == 0 && monitor)
		r = remove_tree(group, "monitor", 0);
	if (r == 0 && monitor && !place_is_managed(h, name, NULL)) /* else it is systemd's */
		r = remove_own(h, path);
	return r < 0 ? zerr_code(e, -r, "cgroup: remove") : 0;
}

int cg_remove_dead(struct zone_host *h, const char *name, bool monitor, struct zerr *e)
{
	int r, tries = 0;

	while ((r = cg_remove(h, name, monitor, e)) == -EBUSY && tries++ < 100) {
		*e = (struct zerr){ 0 };
		(void)usleep(2000);
	}
	return r;
}

int cg_exec_leaf(int payload, uid_t owner, struct zerr *e)
{
	AUTO_CLOSE int fd = make_group(payload, "zone-exec", e);

	if (fd >= 0 && owner)
		(void)delegate(fd, owner, e);
	return own_take_fd(&fd);
}

int cg_kill(int group, struct zerr *e)
{
	const int r = cg_write(group, "cgroup.kill", "1");

	return r < 0 ? zerr_code(e, -r, "cgroup: kill") : 0;
}

static int read_events(int fd, bool *ret_populated, bool *ret_frozen)
{
	char text[128];
	const ssize_t n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret_populated = strstr(text, "populated 1") != NULL;
	*ret_frozen = strstr(text, "frozen 1") != NULL;
	return 0;
}

int cg_events(int group, bool *ret_populated, bool *ret_frozen)
{
	AUTO_CLOSE int fd = openat(group, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : read_events(fd, ret_populated, ret_frozen);
}

int cg_state(struct zone_host *h, const char *name, bool *ret_populated, bool *ret_frozen)
{
	struct zerr ignored = { 0 };
	char path[PATH_MAX];

	if (cg_root(h, &ignored) < 0)
		return -ENOENT;
	place_group(h, name, path);
	(void)strncat(path, "/payload/cgroup.events", sizeof(path) - strlen(path) - 1);
	AUTO_CLOSE int fd = fs_open_below(h->cgroup, path, O_RDONLY, 0);
	return fd < 0 ? fd : read_events(fd, ret_populated, ret_frozen);
}

/* Wait for a state of cgroup.events; the file wakes with POLLPRI when it changes. */
static int wait_events(int group, int timeout_ms, bool want_frozen, bool value)
{
	AUTO_CLOSE int fd = openat(group, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const int64_t deadline = now_ms() + timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	const char *const want = want_frozen ? (value ? "frozen 1" : "frozen 0")
					     : (value ? "populated 1" : "populated 0");
	char text[128];

	if (fd < 0)
		return -errno;
	for (;;) {
		const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (strstr(text, want))
			return 0;
		const int64_t left = deadline - now_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

int cg_freeze(int group, bool freeze, int timeout_ms, struct zerr *e)
{
	int r = cg_write(group, "cgroup.freeze", freeze ? "1" : "0");

	if (r == 0)
		r = wait_events(group, timeout_ms, true, freeze);
	return r < 0 ? zerr_code(e, -r, "cgroup: %s", freeze ? "freeze" : "thaw") : 0;
}

int cg_wait_empty(int group, int timeout_ms)
{
	return wait_events(group, timeout_ms, false, false);
}

uint64_t cg_number(int group, const char *file)
{
	AUTO_CLOSE int fd = openat(group, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[32];
	uint64_t value;

	if (fd < 0)
		return UINT64_MAX;
	const ssize_t n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return UINT64_MAX;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_u64(text, UINT64_MAX, &value) < 0 ? UINT64_MAX : value;
}

static void count_below(int group, unsigned depth, pid_t *pids, size_t max, size_t *n)
{
	AUTO_BUF struct buf text = { 0 };
	char *save = NULL;
	struct dirent *d;

	if (depth > DEPTH_MAX)
		return;
	if (fs_read(group, "cgroup.procs", 4U << 20, &text) == 0 && text.len)
		for (char *t = strtok_r(text.p, "\n", &save); t; t = strtok_r(NULL, "\n", &save)) {
			if (pids && *n < max)
				pids[*n] = (pid_t)strtol(t, NULL, 10);
			++*n;
		}
	const int fd = openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir)))
		if (is_child(d)) {
			AUTO_CLOSE int sub =
				openat(group, d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (sub >= 0)
				count_below(sub, depth + 1, pids, max, n);
		}
}

size_t cg_pids(int group, pid_t *ret, size_t max)
{
	size_t n = 0;

	count_below(group, 0, ret, max, &n);
	return n;
}

int cg_children(int group, struct strv *ret)
{
	const int fd = openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	int r = dir ? 0 : -errno;

	strv_done(ret);
	while (r == 0 && (d = readdir(dir)))
		if (is_child(d))
			r = strv_add(ret, d->d_name);
	strv_sort(ret);
	return r;
}
